// SPDX-License-Identifier: GPL-2.0

//! What arm64 and riscv64 have in common: system call numbers, which newer machines share.

pub mod nr {
    pub const DUP3: usize = 24;
    pub const MOUNT: usize = 40;
    pub const FTRUNCATE: usize = 46;
    pub const OPENAT: usize = 56;
    pub const CLOSE: usize = 57;
    pub const PIPE2: usize = 59;
    pub const READ: usize = 63;
    pub const WRITE: usize = 64;
    pub const PREAD: usize = 67;
    pub const PPOLL: usize = 73;
    pub const PERSONALITY: usize = 92;
    pub const EXIT: usize = 93;
    pub const EXIT_GROUP: usize = 94;
    pub const WAITID: usize = 95;
    pub const NANOSLEEP: usize = 101;
    pub const PTRACE: usize = 117;
    pub const SCHED_SETAFFINITY: usize = 122;
    pub const SCHED_YIELD: usize = 124;
    pub const KILL: usize = 129;
    pub const TGKILL: usize = 131;
    pub const SIGACTION: usize = 134;
    pub const SIGPROCMASK: usize = 135;
    pub const SETRESUID: usize = 147;
    pub const SETPGID: usize = 154;
    pub const SETSID: usize = 157;
    pub const SETRLIMIT: usize = 164;
    pub const PRCTL: usize = 167;
    pub const GETPID: usize = 172;
    pub const GETUID: usize = 174;
    pub const GETTID: usize = 178;
    pub const CLONE: usize = 220;
    pub const EXECVE: usize = 221;
    pub const MMAP: usize = 222;
    pub const TGSIGQUEUEINFO: usize = 240;
    pub const WAIT4: usize = 260;
    pub const MEMFD_CREATE: usize = 279;
    pub const RSEQ: usize = 293;
    pub const PIDFD_OPEN: usize = 434;
}
