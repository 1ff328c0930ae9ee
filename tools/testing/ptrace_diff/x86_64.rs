// SPDX-License-Identifier: GPL-2.0

//! The 64-bit machine: entry, system calls and the few routines whose every instruction matters.

use core::arch::global_asm;

#[path = "x86.rs"]
mod x86;
pub use x86::*;

global_asm!(
    // An empty argv[0] is the mark of a tracee that has executed itself.
    ".globl diff_start",
    "diff_start:",
    "mov rdi, rsp",
    "mov rax, [rsp + 8]",
    "cmp byte ptr [rax], 0",
    "je 1f",
    "and rsp, -16",
    "call diff_main",
    "ud2",
    "1: xor edi, edi",
    "mov esi, 1",
    // diff_enter(slot, fresh): run the tracee on its own stack, with all registers cleared.
    ".globl diff_enter",
    "diff_enter:",
    "lea rax, [rdi + 1]",
    "imul rax, rax, {stack}",
    "lea rsp, [DIFF_STACKS + rax]",
    "xor eax, eax",
    "xor ebx, ebx",
    "xor ecx, ecx",
    "xor edx, edx",
    "xor ebp, ebp",
    "xor r8d, r8d",
    "xor r9d, r9d",
    "xor r10d, r10d",
    "xor r11d, r11d",
    "xor r12d, r12d",
    "xor r13d, r13d",
    "xor r14d, r14d",
    "xor r15d, r15d",
    "fninit",
    "pxor xmm0, xmm0",
    "pxor xmm1, xmm1",
    "pxor xmm2, xmm2",
    "pxor xmm3, xmm3",
    "pxor xmm4, xmm4",
    "pxor xmm5, xmm5",
    "pxor xmm6, xmm6",
    "pxor xmm7, xmm7",
    "pxor xmm8, xmm8",
    "pxor xmm9, xmm9",
    "pxor xmm10, xmm10",
    "pxor xmm11, xmm11",
    "pxor xmm12, xmm12",
    "pxor xmm13, xmm13",
    "pxor xmm14, xmm14",
    "pxor xmm15, xmm15",
    "call tracee_main",
    "ud2",
    // diff_syscall(number, six arguments)
    ".globl diff_syscall",
    "diff_syscall:",
    "mov rax, rdi",
    "mov rdi, rsi",
    "mov rsi, rdx",
    "mov rdx, rcx",
    "mov r10, r8",
    "mov r8, r9",
    "mov r9, [rsp + 8]",
    "syscall",
    "ret",
    // diff_thread(flags, slot, tid): clone(2) with the stack of the slot.
    ".globl diff_thread",
    "diff_thread:",
    "mov r9, rsi",
    "lea rsi, [r9 + 1]",
    "imul rsi, rsi, {stack}",
    "lea rsi, [DIFF_STACKS + rsi]",
    "xor r10d, r10d",
    "xor r8d, r8d",
    "mov eax, 56",
    "syscall",
    "test rax, rax",
    "jz 1f",
    "ret",
    "1: mov rdi, r9",
    "xor esi, esi",
    "jmp diff_enter",
    // diff_spin(slot): see shared::Slot.
    ".globl diff_spin",
    "diff_spin:",
    "mov dword ptr [rdi + 8], 1",
    ".globl diff_spin_here",
    "diff_spin_here:",
    "jmp [rdi]",
    ".globl diff_spin_seen",
    "diff_spin_seen:",
    "mov qword ptr [rdi], offset diff_spin_here",
    "jmp diff_spin",
    ".globl diff_spin_leave",
    "diff_spin_leave:",
    "ret",
    // A signal handler that counts, and the code that returns from it.
    ".globl diff_handler",
    "diff_handler:",
    "lock inc dword ptr [DIFF_PLAY]",
    "ret",
    ".globl diff_restorer",
    "diff_restorer:",
    "mov eax, 15",
    "syscall",
    // getuid() of the 32-bit kind.
    ".globl diff_compat",
    "diff_compat:",
    "mov eax, 24",
    "int 0x80",
    "ret",
    // Faults, and instructions to be poked.
    ".globl diff_null",
    "diff_null:",
    "mov eax, [0]",
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
    // Functions that the compiler calls.
    ".globl memcpy",
    "memcpy:",
    "mov rax, rdi",
    "mov rcx, rdx",
    "rep movsb",
    "ret",
    ".globl memmove",
    "memmove:",
    "mov rax, rdi",
    "mov rcx, rdx",
    "cmp rdi, rsi",
    "jbe 1f",
    "lea rdi, [rdi + rcx - 1]",
    "lea rsi, [rsi + rcx - 1]",
    "std",
    "1: rep movsb",
    "cld",
    "ret",
    ".globl memset",
    "memset:",
    "mov r8, rdi",
    "mov eax, esi",
    "mov rcx, rdx",
    "rep stosb",
    "mov rax, r8",
    "ret",
    ".globl memcmp, bcmp",
    "memcmp:",
    "bcmp:",
    "mov rcx, rdx",
    "xor eax, eax",
    "cmp eax, eax",
    "repe cmpsb",
    "seta al",
    "setb dl",
    "sub al, dl",
    "movsx eax, al",
    "ret",
    stack = const crate::shared::STACK,
);

/// System call numbers.
pub mod nr {
    pub const READ: usize = 0;
    pub const WRITE: usize = 1;
    pub const CLOSE: usize = 3;
    pub const MMAP: usize = 9;
    pub const SIGACTION: usize = 13;
    pub const SIGPROCMASK: usize = 14;
    pub const PREAD: usize = 17;
    pub const SCHED_YIELD: usize = 24;
    pub const NANOSLEEP: usize = 35;
    pub const GETPID: usize = 39;
    pub const CLONE: usize = 56;
    pub const EXECVE: usize = 59;
    pub const EXIT: usize = 60;
    pub const WAIT4: usize = 61;
    pub const KILL: usize = 62;
    pub const FTRUNCATE: usize = 77;
    pub const PTRACE: usize = 101;
    pub const GETUID: usize = 102;
    pub const SETPGID: usize = 109;
    pub const SETSID: usize = 112;
    pub const SETRESUID: usize = 117;
    pub const PERSONALITY: usize = 135;
    pub const PRCTL: usize = 157;
    pub const SETRLIMIT: usize = 160;
    pub const MOUNT: usize = 165;
    pub const GETTID: usize = 186;
    pub const SCHED_SETAFFINITY: usize = 203;
    pub const EXIT_GROUP: usize = 231;
    pub const TGKILL: usize = 234;
    pub const WAITID: usize = 247;
    pub const OPENAT: usize = 257;
    pub const PPOLL: usize = 271;
    pub const DUP3: usize = 292;
    pub const PIPE2: usize = 293;
    pub const TGSIGQUEUEINFO: usize = 297;
    pub const MEMFD_CREATE: usize = 319;
    pub const RSEQ: usize = 334;
    pub const PIDFD_OPEN: usize = 434;
}

/// `struct user_regs_struct`: its size, and the offsets of registers that can be changed with a
/// known effect.
pub const REGS: usize = 216;
pub const REG_IP: usize = 128;
pub const REG_FLAGS: usize = 144;
pub const REG_NR: usize = 120;
pub const REG_RET: usize = 80;
pub const REG_ARG: usize = 112;
/// `struct user`, and its debug registers.
pub const USER: usize = 928;
pub const USER_DEBUG: usize = 848;
pub const FPREGS: usize = 512;
/// Where a siginfo of `SIGCHLD` has its two times.
pub const SIGINFO_TIMES: core::ops::Range<usize> = 32..48;

/// Whether a program can make system calls of 32 bits besides its own.
pub const COMPAT: bool = true;
