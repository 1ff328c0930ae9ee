// SPDX-License-Identifier: GPL-2.0

//! What arm64 and riscv64 have in common: system call numbers, which newer machines share, and no
//! registers that are reached but in sets.

use super::super::Row;

pub mod nr {
    pub const MOUNT: usize = 40;
    pub const OPENAT: usize = 56;
    pub const CLOSE: usize = 57;
    /// ppoll(2), which with no arguments is pause(2).
    pub const PAUSE: usize = 73;
    pub const EXIT_GROUP: usize = 94;
    pub const NANOSLEEP: usize = 101;
    pub const PTRACE: usize = 117;
    pub const SCHED_SETSCHEDULER: usize = 119;
    pub const SCHED_SETAFFINITY: usize = 122;
    pub const TGKILL: usize = 131;
    pub const REBOOT: usize = 142;
    pub const GETPID: usize = 172;
    pub const GETPPID: usize = 173;
    pub const MMAP: usize = 222;
    pub const WAIT4: usize = 260;
    pub const PROCESS_VM_READV: usize = 270;
    pub const KCMP: usize = 272;
}

/// A 64-bit program cannot make system calls as a 32-bit one.
pub const COMPAT_CALLS: bool = false;
pub const MAP_32BIT: usize = 0;

pub fn compat_ptrace(_request: usize, _pid: usize, _addr: usize, _data: usize) -> isize {
    unreachable!()
}

/// PTRACE_GETSIGMASK: there is no PTRACE_PEEKUSR.
pub const CHEAP: usize = 0x420a;

/// Registers are in sets only.
pub fn own_rows(_data: usize) -> [Row; 0] {
    []
}

pub fn own_compat_rows(_data: usize) -> [Row; 0] {
    []
}
