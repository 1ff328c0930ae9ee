// SPDX-License-Identifier: GPL-2.0

//! The x86-64 machine: the counter, system calls and their numbers, and the requests that only it
//! has.

use super::{
    Row,
    PRSTATUS,
    SINGLESTEP, //
};
use std::arch::{
    asm,
    x86_64::_rdtsc, //
};

/// The counter runs.
pub fn start_counter() {}

/// The instructions executed so far: under `-icount shift=0`, the time stamp counter counts these.
#[inline(always)]
pub fn instructions() -> u64 {
    // SAFETY: Every x86-64 processor has the instruction.
    unsafe { _rdtsc() }
}

/// Executes 2 instructions for each of `n`.
#[inline(always)]
pub fn count_down(n: u64) {
    // SAFETY: Counts a register down.
    unsafe { asm!("2:", "dec {n}", "jnz 2b", n = inout(reg) n => _) };
}

/// Uses its CPU, with no system call.
pub fn spin() {
    // SAFETY: Jumps back and forth for ever.
    unsafe { asm!("2:", "jmp 3f", "3:", "jmp 2b") };
}

/// The numbers of system calls.
pub mod nr {
    pub const CLOSE: usize = 3;
    pub const MMAP: usize = 9;
    pub const PAUSE: usize = 34;
    pub const NANOSLEEP: usize = 35;
    pub const GETPID: usize = 39;
    pub const WAIT4: usize = 61;
    pub const PTRACE: usize = 101;
    pub const GETPPID: usize = 110;
    pub const SCHED_SETSCHEDULER: usize = 144;
    pub const MOUNT: usize = 165;
    pub const REBOOT: usize = 169;
    pub const SCHED_SETAFFINITY: usize = 203;
    pub const EXIT_GROUP: usize = 231;
    pub const TGKILL: usize = 234;
    pub const OPENAT: usize = 257;
    pub const PROCESS_VM_READV: usize = 310;
    pub const KCMP: usize = 312;
}

/// A system call; returns an error as a negative number.
#[inline(always)]
pub fn call<const N: usize>(nr: usize, args: [usize; N]) -> isize {
    let arg = |i| args.get(i).copied().unwrap_or(0);
    let ret;
    // SAFETY: Addresses are of memory that the caller lends for the call.
    unsafe {
        asm!("syscall", inlateout("rax") nr => ret, in("rdi") arg(0), in("rsi") arg(1),
            in("rdx") arg(2), in("r10") arg(3), in("r8") arg(4), in("r9") arg(5),
            lateout("rcx") _, lateout("r11") _)
    };
    ret
}

/// A system call as 32-bit programs make it. Addresses must be below 4 GiB.
#[inline(always)]
fn compat_call(nr: u32, a: u32, b: u32, c: u32, d: u32) -> i32 {
    let ret;
    // SAFETY: As in `call()`. The register that the compiler keeps for itself is put back.
    unsafe {
        asm!("xchg {b:r}, rbx", "int 0x80", "xchg {b:r}, rbx", b = inout(reg) a as u64 => _,
            inlateout("eax") nr => ret, in("ecx") b, in("edx") c, in("esi") d,
            lateout("r8") _, lateout("r9") _, lateout("r10") _, lateout("r11") _)
    };
    ret
}

/// ptrace(2) of 32-bit programs.
#[inline(always)]
pub fn compat_ptrace(request: usize, pid: usize, addr: usize, data: usize) -> isize {
    const PTRACE: u32 = 26;

    compat_call(PTRACE, request as u32, pid as u32, addr as u32, data as u32) as isize
}

/// Whether a program can make system calls as a 32-bit one.
pub const COMPAT_CALLS: bool = true;
/// What has mmap(2) choose an address that 32-bit programs can name.
pub const MAP_32BIT: usize = 0x40;

const PEEKUSR: usize = 3;

/// What asks for little besides what every request does, with 8 and where a word goes.
pub const CHEAP: usize = PEEKUSR;

/// What resumes a tracee for a moment. QEMU traps a block after any instruction, while processors
/// trap after a jump.
pub const STEPS: [(&str, usize); 2] = [("singlestep", SINGLESTEP), ("singleblock", 33)];

/// Requests that not every machine has.
pub fn own_rows(data: usize) -> [Row; 8] {
    const ARCH_GET_FS: usize = 0x1003;

    [
        ("peekusr", PEEKUSR, 8, data),
        ("pokeusr", 6, 8, 0),
        ("getregs", 12, 0, data),
        ("setregs", 13, 0, data),
        ("getfpregs", 14, 0, data),
        ("setfpregs", 15, 0, data),
        ("arch_prctl", 30, data, ARCH_GET_FS),
        ("oldsetoptions", 21, 0, 0),
    ]
}

/// The same of 32-bit programs.
pub fn own_compat_rows(data: usize) -> [Row; 2] {
    [
        ("compat_peekusr", PEEKUSR, 0, data),
        ("compat_getregs", 12, 0, data),
    ]
}

/// Sets of registers, none larger than the one before.
pub const SETS: [(&str, usize); 3] = [("xstate", 0x202), ("prfpreg", 2), ("prstatus", PRSTATUS)];
