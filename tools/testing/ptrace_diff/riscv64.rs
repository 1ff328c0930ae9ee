// SPDX-License-Identifier: GPL-2.0

//! The riscv64 machine: the same as `x86_64.rs`, with the conventions of riscv64.

use core::arch::global_asm;

#[path = "generic.rs"]
mod generic;
pub use generic::nr;

global_asm!(
    // The linker may have code address data by gp, which so must be set first.
    ".option push",
    ".option arch, rv64gc",
    ".globl diff_start",
    "diff_start:",
    ".option push",
    ".option norelax",
    "la gp, __global_pointer$",
    ".option pop",
    "mv a0, sp",
    "ld a1, 8(a0)",
    "lbu a1, 0(a1)",
    "beqz a1, 1f",
    "call diff_main",
    "unimp",
    "1: li a0, 0",
    "li a1, 1",
    ".globl diff_enter",
    "diff_enter:",
    "addi a2, a0, 1",
    "li a3, {stack}",
    "mul a2, a2, a3",
    "la a4, DIFF_STACKS",
    "add sp, a2, a4",
    ".irp n, ra, tp, t0, t1, t2, t3, t4, t5, t6, a2, a3, a4, a5, a6, a7",
    "li \\n, 0",
    ".endr",
    ".irp n, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11",
    "li \\n, 0",
    ".endr",
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "fmv.d.x f\\n, zero",
    ".endr",
    ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
    "fmv.d.x f\\n, zero",
    ".endr",
    "fscsr zero",
    "call tracee_main",
    "unimp",
    ".globl diff_syscall",
    "diff_syscall:",
    "mv a7, a0",
    "mv a0, a1",
    "mv a1, a2",
    "mv a2, a3",
    "mv a3, a4",
    "mv a4, a5",
    "mv a5, a6",
    "ecall",
    "ret",
    ".globl diff_thread",
    "diff_thread:",
    "mv t0, a1",
    "addi a1, a1, 1",
    "li a3, {stack}",
    "mul a1, a1, a3",
    "la a4, DIFF_STACKS",
    "add a1, a1, a4",
    "li a3, 0",
    "li a4, 0",
    "li a7, {clone}",
    "ecall",
    "beqz a0, 1f",
    "ret",
    "1: mv a0, t0",
    "li a1, 0",
    "j diff_enter",
    // A jump takes two instructions. The register that it needs is the same at both, unless it goes
    // elsewhere.
    ".globl diff_spin",
    "diff_spin:",
    "la a1, diff_spin_here",
    "li a2, 1",
    "sw a2, 8(a0)",
    ".globl diff_spin_here",
    "diff_spin_here:",
    "ld a1, 0(a0)",
    "jr a1",
    ".globl diff_spin_seen",
    "diff_spin_seen:",
    "la a1, diff_spin_here",
    "sd a1, 0(a0)",
    "j diff_spin",
    ".globl diff_spin_leave",
    "diff_spin_leave:",
    "ret",
    ".globl diff_handler",
    "diff_handler:",
    "la t0, DIFF_PLAY",
    "li t1, 1",
    "amoadd.w zero, t1, (t0)",
    "ret",
    // The kernel has code of its own that returns from a handler, and takes none from a program.
    ".globl diff_restorer",
    "diff_restorer:",
    "unimp",
    // There is no 32-bit kind of call.
    ".globl diff_compat",
    "diff_compat:",
    "ret",
    ".globl diff_null",
    "diff_null:",
    "lw a0, 0(zero)",
    "ret",
    ".globl diff_undefined",
    "diff_undefined:",
    "unimp",
    "ret",
    // Instructions of 4 bytes, so that one that is poked replaces one.
    ".option push",
    ".option norvc",
    ".balign 4",
    ".globl diff_breakpoint",
    "diff_breakpoint:",
    "ebreak",
    "nop",
    "nop",
    "ret",
    ".option pop",
    ".globl memcpy",
    "memcpy:",
    ".globl memmove",
    "memmove:",
    "bgtu a0, a1, 2f",
    "li a3, 0",
    "1: beq a3, a2, 3f",
    "add a4, a1, a3",
    "lbu a5, 0(a4)",
    "add a4, a0, a3",
    "sb a5, 0(a4)",
    "addi a3, a3, 1",
    "j 1b",
    "2: beqz a2, 3f",
    "addi a2, a2, -1",
    "add a4, a1, a2",
    "lbu a5, 0(a4)",
    "add a4, a0, a2",
    "sb a5, 0(a4)",
    "j 2b",
    "3: ret",
    ".globl memset",
    "memset:",
    "beqz a2, 1f",
    "addi a2, a2, -1",
    "add a3, a0, a2",
    "sb a1, 0(a3)",
    "j memset",
    "1: ret",
    ".globl memcmp, bcmp",
    "memcmp:",
    "bcmp:",
    "beqz a2, 1f",
    "lbu a3, 0(a0)",
    "lbu a4, 0(a1)",
    "addi a0, a0, 1",
    "addi a1, a1, 1",
    "addi a2, a2, -1",
    "beq a3, a4, bcmp",
    "sub a0, a3, a4",
    "ret",
    "1: li a0, 0",
    "ret",
    ".option pop",
    stack = const crate::shared::STACK,
    clone = const nr::CLONE,
);

/// `struct user_regs_struct`. There are no flags: a register that this program does not use is in
/// their place.
pub const REGS: usize = 256;
pub const REG_IP: usize = 0;
pub const REG_FLAGS: usize = 32;
pub const REG_NR: usize = 136;
pub const REG_RET: usize = 80;
pub const REG_ARG: usize = 80;
/// There is no `struct user`: the requests for it fail with any number.
pub const USER: usize = 928;
pub const USER_DEBUG: usize = 848;
pub const FPREGS: usize = 264;
pub const SIGINFO_TIMES: core::ops::Range<usize> = 32..48;

/// Numbers as good as any.
pub const FLAGS: [usize; 3] = [0, 0x246, usize::MAX];
pub const UNSTEADY_FLAGS: u32 = 0;
pub const SPIN_IS_STEADY: bool = false;

pub const COMPAT: bool = false;
/// `sigaction(2)` takes no code that returns from a handler.
pub const RESTORER: bool = false;

pub const REQUEST_33: &str = "GETFDPIC";
pub const REQUEST_34: &str = "unknown";
/// There are no steps.
pub const STEPS: [usize; 0] = [];

/// The set of vectors is there only for a task that has used them, which these do not.
pub const SETS: [usize; 14] = [
    1,
    1,
    1,
    1,
    2,
    2,
    2,
    0x901,
    0x902,
    0x902,
    0x903,
    0x900,
    3,
    1 << 32 | 1,
];
pub const CHANGES: [(usize, &[(usize, usize)]); 3] = [
    (2, &FLOATS),
    (0x902, &[(0, 1), (0, 7 << 24), (0, 0), (0, 1 << 40)]),
    (0x903, &CONTROL_FLOW),
];
const FLOATS: [(usize, usize); 5] = [(0, 7), (8, 1), (80, usize::MAX), (256, 0x1f), (256, 0xe0)];
/// What is on, then the pointer of the shadow stack.
const CONTROL_FLOW: [(usize, usize); 5] = [
    (0, 0),
    (0, 4),
    (0, 8),
    (0, 1 << 40),
    (8, crate::shared::SHARED),
];

/// The instruction behind a breakpoint, and instructions that do nothing.
pub const BEHIND_BREAKPOINT: usize = 4;
pub const NOTHINGS: usize = 0x0000_0013_0000_0013;
