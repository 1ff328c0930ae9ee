// SPDX-License-Identifier: GPL-2.0

//! The 32-bit machine: the same as `x86_64.rs`, with the conventions of i386.

use core::arch::global_asm;

#[path = "x86.rs"]
mod x86;
pub use x86::*;

global_asm!(
    ".globl diff_start",
    "diff_start:",
    "mov eax, esp",
    "mov ecx, [esp + 4]",
    "cmp byte ptr [ecx], 0",
    "je 1f",
    "and esp, -16",
    "sub esp, 12",
    "push eax",
    "call diff_main",
    "ud2",
    "1: xor eax, eax",
    "mov edx, 1",
    "jmp 2f",
    ".globl diff_enter",
    "diff_enter:",
    "mov eax, [esp + 4]",
    "mov edx, [esp + 8]",
    "2: lea ecx, [eax + 1]",
    "imul ecx, ecx, {stack}",
    "lea esp, [DIFF_STACKS + ecx - 8]",
    "push edx",
    "push eax",
    "xor eax, eax",
    "xor ebx, ebx",
    "xor ecx, ecx",
    "xor edx, edx",
    "xor esi, esi",
    "xor edi, edi",
    "xor ebp, ebp",
    "fninit",
    "pxor xmm0, xmm0",
    "pxor xmm1, xmm1",
    "pxor xmm2, xmm2",
    "pxor xmm3, xmm3",
    "pxor xmm4, xmm4",
    "pxor xmm5, xmm5",
    "pxor xmm6, xmm6",
    "pxor xmm7, xmm7",
    "call tracee_main",
    "ud2",
    ".globl diff_syscall",
    "diff_syscall:",
    "push ebp",
    "push ebx",
    "push esi",
    "push edi",
    "mov eax, [esp + 20]",
    "mov ebx, [esp + 24]",
    "mov ecx, [esp + 28]",
    "mov edx, [esp + 32]",
    "mov esi, [esp + 36]",
    "mov edi, [esp + 40]",
    "mov ebp, [esp + 44]",
    "int 0x80",
    "pop edi",
    "pop esi",
    "pop ebx",
    "pop ebp",
    "ret",
    ".globl diff_thread",
    "diff_thread:",
    "push ebx",
    "push esi",
    "push edi",
    "mov ebx, [esp + 16]",
    "mov edi, [esp + 20]",
    "mov edx, [esp + 24]",
    "lea ecx, [edi + 1]",
    "imul ecx, ecx, {stack}",
    "lea ecx, [DIFF_STACKS + ecx]",
    "xor esi, esi",
    "mov eax, 120",
    "int 0x80",
    "test eax, eax",
    "jz 1f",
    "pop edi",
    "pop esi",
    "pop ebx",
    "ret",
    "1: mov eax, edi",
    "xor edx, edx",
    "jmp 2b",
    ".globl diff_spin",
    "diff_spin:",
    "mov eax, [esp + 4]",
    "3: mov dword ptr [eax + 4], 1",
    ".globl diff_spin_here",
    "diff_spin_here:",
    "jmp [eax]",
    ".globl diff_spin_seen",
    "diff_spin_seen:",
    "mov dword ptr [eax], offset diff_spin_here",
    "jmp 3b",
    ".globl diff_spin_leave",
    "diff_spin_leave:",
    "ret",
    ".globl diff_handler",
    "diff_handler:",
    "lock inc dword ptr [DIFF_PLAY]",
    "ret",
    // The signal's three arguments lie where sigreturn wants them.
    ".globl diff_restorer",
    "diff_restorer:",
    "mov eax, 173",
    "int 0x80",
    ".globl diff_compat",
    "diff_compat:",
    "mov eax, 24",
    "int 0x80",
    "ret",
    ".globl diff_null",
    "diff_null:",
    "mov eax, ds:[0]",
    "ret",
    ".globl diff_undefined",
    "diff_undefined:",
    "ud2",
    "ret",
    ".globl diff_breakpoint",
    "diff_breakpoint:",
    "int3",
    "nop",
    "nop",
    "nop",
    "nop",
    "ret",
    ".globl memcpy",
    "memcpy:",
    ".globl memmove",
    "memmove:",
    "push edi",
    "push esi",
    "mov edi, [esp + 12]",
    "mov esi, [esp + 16]",
    "mov ecx, [esp + 20]",
    "mov eax, edi",
    "cmp edi, esi",
    "jbe 1f",
    "lea edi, [edi + ecx - 1]",
    "lea esi, [esi + ecx - 1]",
    "std",
    "1: rep movsb",
    "cld",
    "pop esi",
    "pop edi",
    "ret",
    ".globl memset",
    "memset:",
    "push edi",
    "mov edi, [esp + 8]",
    "mov eax, [esp + 12]",
    "mov ecx, [esp + 16]",
    "rep stosb",
    "mov eax, [esp + 8]",
    "pop edi",
    "ret",
    ".globl memcmp, bcmp",
    "memcmp:",
    "bcmp:",
    "push edi",
    "push esi",
    "mov esi, [esp + 12]",
    "mov edi, [esp + 16]",
    "mov ecx, [esp + 20]",
    "xor eax, eax",
    "cmp eax, eax",
    "repe cmpsb",
    "seta al",
    "setb dl",
    "sub al, dl",
    "movsx eax, al",
    "pop esi",
    "pop edi",
    "ret",
    stack = const crate::shared::STACK,
);

/// System call numbers.
pub mod nr {
    pub const EXIT: usize = 1;
    pub const READ: usize = 3;
    pub const WRITE: usize = 4;
    pub const CLOSE: usize = 6;
    pub const EXECVE: usize = 11;
    pub const GETPID: usize = 20;
    pub const MOUNT: usize = 21;
    pub const GETUID: usize = 24;
    pub const PTRACE: usize = 26;
    pub const KILL: usize = 37;
    pub const SETPGID: usize = 57;
    pub const SETSID: usize = 66;
    pub const SETRLIMIT: usize = 75;
    pub const FTRUNCATE: usize = 93;
    pub const WAIT4: usize = 114;
    pub const CLONE: usize = 120;
    pub const PERSONALITY: usize = 136;
    pub const SCHED_YIELD: usize = 158;
    pub const NANOSLEEP: usize = 162;
    pub const PRCTL: usize = 172;
    pub const SIGACTION: usize = 174;
    pub const SIGPROCMASK: usize = 175;
    pub const PREAD: usize = 180;
    pub const MMAP: usize = 192;
    pub const SETRESUID: usize = 208;
    pub const GETTID: usize = 224;
    pub const SCHED_SETAFFINITY: usize = 241;
    pub const EXIT_GROUP: usize = 252;
    pub const TGKILL: usize = 270;
    pub const WAITID: usize = 284;
    pub const OPENAT: usize = 295;
    pub const PPOLL: usize = 309;
    pub const DUP3: usize = 330;
    pub const PIPE2: usize = 331;
    pub const TGSIGQUEUEINFO: usize = 335;
    pub const MEMFD_CREATE: usize = 356;
    pub const RSEQ: usize = 386;
    pub const PIDFD_OPEN: usize = 434;
}

/// `struct user_regs_struct`: its size, and the offsets of registers that can be changed with a
/// known effect.
pub const REGS: usize = 68;
pub const REG_IP: usize = 48;
pub const REG_FLAGS: usize = 56;
pub const REG_NR: usize = 44;
pub const REG_RET: usize = 24;
pub const REG_ARG: usize = 0;
/// `struct user`, and its debug registers.
pub const USER: usize = 284;
pub const USER_DEBUG: usize = 252;
pub const FPREGS: usize = 108;
/// Where a siginfo of `SIGCHLD` has its two times.
pub const SIGINFO_TIMES: core::ops::Range<usize> = 24..32;

pub const COMPAT: bool = false;
