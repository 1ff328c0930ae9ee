// SPDX-License-Identifier: GPL-2.0

//! The numbers that requests pass: valid ones, ones at a boundary, and wild ones.

use crate::arch::{
    nr, BEHIND_BREAKPOINT, FLAGS, REG_ARG, REG_FLAGS, REG_IP, REG_NR, REG_RET, USER_DEBUG,
};
use crate::random::Random;
use crate::shared::{self, play, BUFFER, BUFFER_SIZE};
use crate::sys::{address_of, Code};

pub const WORD: usize = size_of::<usize>();
const END: usize = BUFFER + BUFFER_SIZE;
/// An address of the kernel.
pub const KERNEL: usize = 1 << (usize::BITS - 1);
/// The memory to which an iovec and the like points.
pub const AREA: usize = BUFFER + 2048;

/// A number that may uncover an error.
pub fn interesting(random: &mut Random) -> usize {
    random.weighed(&[
        (40, 0),
        (4, 1),
        (4, 8),
        (2, 0x7fff_ffff),
        (2, 0x8000_0000),
        (2, 0xffff_ffff),
        (3, usize::MAX),
        (2, usize::MAX - 7),
        (2, KERNEL),
        (2, 4096),
    ])
}

/// Where the kernel is to read or write `size` bytes.
pub fn pointer(random: &mut Random, size: usize) -> usize {
    match random.below(40) {
        0 => 0,
        1 => KERNEL,
        2 => usize::MAX - 7,
        3 | 4 => END - size,
        5 => END - size + 1 + random.below(size.max(1)),
        6 => END,
        7 | 8 => BUFFER + 3,
        _ => BUFFER + 64 * random.below(16),
    }
}

/// A signal with which to resume.
pub fn resume_signal(random: &mut Random) -> usize {
    let high = if usize::BITS == 64 { 1 << 32 } else { 1 << 20 };
    random.weighed(&[
        (60, 0),
        (6, 10),
        (3, 12),
        (3, 18),
        (4, 19),
        (2, 20),
        (4, 34),
        (1, 64),
        (1, 17),
        (1, 9),
        (2, 65),
        (2, usize::MAX),
        (2, high),
    ])
}

/// A set of options; never 1 << 31, which is not the same on all kernels.
pub fn options(random: &mut Random) -> usize {
    const VALID: [usize; 10] = [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x10_0000, 0x20_0000];
    let mut options = 0;
    for (index, option) in VALID.iter().enumerate() {
        let chance = match index {
            0 => 60,
            1..=7 => 50,
            _ => 8,
        };
        if random.percent(chance) {
            options |= option;
        }
    }
    if random.percent(8) {
        let high = if usize::BITS == 64 { 1 << 33 } else { 1 << 30 };
        options |= random.pick(&[0x100, 0x40_0000, 1 << 24, high]);
    }
    options
}

/// A register to change: its offset, and its new value.
pub fn register(random: &mut Random) -> (usize, usize) {
    let number = random.pick(&[usize::MAX, nr::GETUID, 9999]);
    let address = random.pick(&[0, address_of(Code::Breakpoint) + BEHIND_BREAKPOINT, KERNEL]);
    let flags = random.pick(&FLAGS);
    random.weighed(&[
        (6, (REG_RET, usize::MAX - 511)),
        (4, (REG_RET, 16)),
        (6, (REG_NR, number)),
        (6, (REG_ARG, 3)),
        (4, (REG_FLAGS, flags)),
        (2, (REG_IP, address)),
        (3, (REG_IP + WORD, 0xffff)),
        (1, (REG_IP + WORD, 0)),
    ])
}

/// A register of `struct user` to change, including debug registers.
pub fn user_register(random: &mut Random) -> (usize, usize) {
    if random.percent(60) {
        return register(random);
    }
    let number = random.pick(&[0, 1, 3, 4, 6, 7, 7, 7]);
    let value = match number {
        7 => random.pick(&[0, 1, 0xd_0001, 0xf_0001, 0x2_0001, 0x400, 0x9_0003]),
        6 => random.pick(&[0, 0xffff_0ff0, usize::MAX]),
        _ => random.pick(&[play(), play() + 1, address_of(Code::Breakpoint), KERNEL]),
    };
    (USER_DEBUG + WORD * number, value)
}

/// An address in the tracee.
pub fn remote(random: &mut Random, slot: usize, write: bool) -> usize {
    let stack = shared::stack_top(slot) - WORD * random.below(16);
    let word = play() + WORD * random.below(64);
    random.weighed(&[
        (8, word),
        (2, play() + 4096 - 4),
        (3, address_of(Code::Breakpoint) + BEHIND_BREAKPOINT),
        (if write { 0 } else { 3 }, stack),
        (2, END - 4),
        (1, 0),
        (1, KERNEL),
        (1, usize::MAX - 7),
        // The vsyscall page, if there is one.
        (1, (-0xa0_0000isize) as usize),
    ])
}
