// SPDX-License-Identifier: GPL-2.0

//! The riscv64 machine: the same as `x86_64.rs`.

use super::PRSTATUS;
use std::arch::asm;

#[path = "generic.rs"]
mod generic;
pub use generic::*;

/// Has the kernel let the counter of instructions run: by an event of perf, of the whole CPU, which
/// stays. That a program may read it is `kernel.perf_user_access=2`.
pub fn start_counter() {
    const PERF_EVENT_OPEN: usize = 241;
    const PERF_COUNT_HW_INSTRUCTIONS: u64 = 1;
    const ANY: usize = -1_isize as usize;

    // `perf_event_attr` as it first was: its type, which is 0, and its size; what is counted; and
    // that the event is pinned.
    let mut attr = [0_u64; 8];
    attr[0] = (size_of_val(&attr) as u64) << 32;
    attr[1] = PERF_COUNT_HW_INSTRUCTIONS;
    attr[5] = 1 << 2;
    let ret = call(PERF_EVENT_OPEN, [attr.as_ptr() as usize, ANY, 0, ANY, 0]);
    assert!(ret >= 0, "perf_event_open(): {ret}");
}

/// The instructions executed so far: under `-icount shift=0`, QEMU's counter of retired instructions
/// counts these. That of time is too slow for it.
#[inline(always)]
pub fn instructions() -> u64 {
    let count;
    // SAFETY: The kernel lets every program read it.
    unsafe { asm!("rdinstret {count}", count = out(reg) count) };
    count
}

/// Executes 2 instructions for each of `n`.
#[inline(always)]
pub fn count_down(n: u64) {
    // SAFETY: Counts a register down.
    unsafe { asm!("2:", "addi {n}, {n}, -1", "bnez {n}, 2b", n = inout(reg) n => _) };
}

/// Uses its CPU, with no system call.
pub fn spin() {
    // SAFETY: Jumps back and forth for ever.
    unsafe { asm!("2:", "j 3f", "3:", "j 2b") };
}

/// A system call; returns an error as a negative number.
#[inline(always)]
pub fn call<const N: usize>(nr: usize, args: [usize; N]) -> isize {
    let arg = |i| args.get(i).copied().unwrap_or(0);
    let ret;
    // SAFETY: Addresses are of memory that the caller lends for the call, which leaves the vectors
    // that a program must not rely on there.
    unsafe {
        asm!("ecall", in("a7") nr, inlateout("a0") arg(0) => ret, in("a1") arg(1),
            in("a2") arg(2), in("a3") arg(3), in("a4") arg(4), in("a5") arg(5))
    };
    ret
}

/// There are no steps.
pub const STEPS: [(&str, usize); 0] = [];

pub const SETS: [(&str, usize); 2] = [("prfpreg", 2), ("prstatus", PRSTATUS)];
