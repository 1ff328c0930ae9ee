// SPDX-License-Identifier: GPL-2.0

//! The arm64 machine: the same as `x86_64.rs`.

use super::{
    PRSTATUS,
    SINGLESTEP, //
};
use std::arch::asm;

#[path = "generic.rs"]
mod generic;
pub use generic::*;

/// The counter runs.
pub fn start_counter() {}

/// The instructions executed so far: under `-icount shift=0`, the virtual counter, whose rate is
/// 1 GHz on QEMU's `-cpu max`, counts these.
#[inline(always)]
pub fn instructions() -> u64 {
    let count;
    // SAFETY: The kernel lets every program read it.
    unsafe { asm!("mrs {count}, cntvct_el0", count = out(reg) count) };
    count
}

/// Executes 2 instructions for each of `n`.
#[inline(always)]
pub fn count_down(n: u64) {
    // SAFETY: Counts a register down.
    unsafe { asm!("2:", "subs {n}, {n}, #1", "b.ne 2b", n = inout(reg) n => _) };
}

/// Uses its CPU, with no system call.
pub fn spin() {
    // SAFETY: Jumps back and forth for ever.
    unsafe { asm!("2:", "b 3f", "3:", "b 2b") };
}

/// A system call; returns an error as a negative number.
#[inline(always)]
pub fn call<const N: usize>(nr: usize, args: [usize; N]) -> isize {
    let arg = |i| args.get(i).copied().unwrap_or(0);
    let ret;
    // SAFETY: Addresses are of memory that the caller lends for the call.
    unsafe {
        asm!("svc #0", in("x8") nr, inlateout("x0") arg(0) => ret, in("x1") arg(1),
            in("x2") arg(2), in("x3") arg(3), in("x4") arg(4), in("x5") arg(5))
    };
    ret
}

pub const STEPS: [(&str, usize); 1] = [("singlestep", SINGLESTEP)];

pub const SETS: [(&str, usize); 5] = [
    ("sve", 0x405),
    ("prfpreg", 2),
    ("prstatus", PRSTATUS),
    ("tls", 0x401),
    ("system_call", 0x404),
];
