// SPDX-License-Identifier: GPL-2.0

//! The arm64 machine: the same as `x86_64.rs`, with the conventions of arm64.

use core::arch::global_asm;

#[path = "generic.rs"]
mod generic;
pub use generic::nr;

global_asm!(
    ".arch_extension lse",
    ".globl diff_start",
    "diff_start:",
    "mov x0, sp",
    "ldr x1, [x0, #8]",
    "ldrb w1, [x1]",
    "cbz w1, 1f",
    "bl diff_main",
    "udf #0",
    "1: mov x0, xzr",
    "mov x1, #1",
    ".globl diff_enter",
    "diff_enter:",
    "add x2, x0, #1",
    "mov x3, #{stack}",
    "adrp x4, DIFF_STACKS",
    "add x4, x4, :lo12:DIFF_STACKS",
    "madd x2, x2, x3, x4",
    "mov sp, x2",
    ".irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16",
    "mov x\\n, xzr",
    ".endr",
    ".irp n, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30",
    "mov x\\n, xzr",
    ".endr",
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "movi v\\n\\().2d, #0",
    ".endr",
    ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31",
    "movi v\\n\\().2d, #0",
    ".endr",
    "msr fpcr, xzr",
    "msr fpsr, xzr",
    "bl tracee_main",
    "udf #0",
    ".globl diff_syscall",
    "diff_syscall:",
    "mov x8, x0",
    "mov x0, x1",
    "mov x1, x2",
    "mov x2, x3",
    "mov x3, x4",
    "mov x4, x5",
    "mov x5, x6",
    "svc #0",
    "ret",
    ".globl diff_thread",
    "diff_thread:",
    "mov x9, x1",
    "add x1, x1, #1",
    "mov x3, #{stack}",
    "adrp x4, DIFF_STACKS",
    "add x4, x4, :lo12:DIFF_STACKS",
    "madd x1, x1, x3, x4",
    "mov x3, xzr",
    "mov x4, xzr",
    "mov x8, #220",
    "svc #0",
    "cbz x0, 1f",
    "ret",
    "1: mov x0, x9",
    "mov x1, xzr",
    "b diff_enter",
    // A jump takes two instructions. The register that it needs is the same at both, unless it goes
    // elsewhere. A `br` would show in the flags.
    ".globl diff_spin",
    "diff_spin:",
    "adr x1, diff_spin_here",
    "mov w2, #1",
    "str w2, [x0, #8]",
    ".globl diff_spin_here",
    "diff_spin_here:",
    "ldr x1, [x0]",
    "ret x1",
    ".globl diff_spin_seen",
    "diff_spin_seen:",
    "adr x1, diff_spin_here",
    "str x1, [x0]",
    "b diff_spin",
    ".globl diff_spin_leave",
    "diff_spin_leave:",
    "ret",
    ".globl diff_handler",
    "diff_handler:",
    "adrp x9, DIFF_PLAY",
    "add x9, x9, :lo12:DIFF_PLAY",
    "mov w10, #1",
    "stadd w10, [x9]",
    "ret",
    ".globl diff_restorer",
    "diff_restorer:",
    "mov x8, #139",
    "svc #0",
    // There is no 32-bit kind of call.
    ".globl diff_compat",
    "diff_compat:",
    "ret",
    ".globl diff_null",
    "diff_null:",
    "mov x0, xzr",
    "ldr w0, [x0]",
    "ret",
    ".globl diff_undefined",
    "diff_undefined:",
    "udf #0",
    "ret",
    ".globl diff_breakpoint",
    "diff_breakpoint:",
    "brk #0",
    "nop",
    "nop",
    "ret",
    ".globl memcpy",
    "memcpy:",
    ".globl memmove",
    "memmove:",
    "cmp x0, x1",
    "b.hi 2f",
    "mov x3, xzr",
    "1: cmp x3, x2",
    "b.eq 3f",
    "ldrb w4, [x1, x3]",
    "strb w4, [x0, x3]",
    "add x3, x3, #1",
    "b 1b",
    "2: cbz x2, 3f",
    "sub x2, x2, #1",
    "ldrb w4, [x1, x2]",
    "strb w4, [x0, x2]",
    "b 2b",
    "3: ret",
    ".globl memset",
    "memset:",
    "cbz x2, 1f",
    "sub x2, x2, #1",
    "strb w1, [x0, x2]",
    "b memset",
    "1: ret",
    ".globl memcmp, bcmp",
    "memcmp:",
    "bcmp:",
    "mov x3, xzr",
    "1: cmp x3, x2",
    "b.eq 2f",
    "ldrb w4, [x0, x3]",
    "ldrb w5, [x1, x3]",
    "add x3, x3, #1",
    "cmp w4, w5",
    "b.eq 1b",
    "sub w0, w4, w5",
    "ret",
    "2: mov w0, wzr",
    "ret",
    stack = const crate::shared::STACK,
);

/// `struct user_pt_regs`.
pub const REGS: usize = 272;
pub const REG_IP: usize = 256;
pub const REG_FLAGS: usize = 264;
pub const REG_NR: usize = 64;
pub const REG_RET: usize = 0;
pub const REG_ARG: usize = 0;
/// There is no `struct user`: the requests for it fail with any number.
pub const USER: usize = 928;
pub const USER_DEBUG: usize = 848;
pub const FPREGS: usize = 528;
pub const SIGINFO_TIMES: core::ops::Range<usize> = 32..48;

/// Two of them are good ones.
pub const FLAGS: [usize; 3] = [0x6000_0000, 0x8000_1000, 0x2d7];
pub const UNSTEADY_FLAGS: u32 = 0;
pub const SPIN_IS_STEADY: bool = false;

pub const COMPAT: bool = false;
pub const RESTORER: bool = true;

pub const REQUEST_33: &str = "PEEKMTETAGS";
pub const REQUEST_34: &str = "POKEMTETAGS";
pub const STEPS: [usize; 2] = [9, 32];

/// Not those of the keys of pointer authentication, which are random.
pub const SETS: [usize; 22] = [
    1,
    1,
    1,
    1,
    2,
    2,
    0x401,
    0x401,
    0x402,
    0x403,
    0x404,
    0x404,
    0x405,
    0x405,
    0x406,
    0x409,
    0x40a,
    0x40b,
    0x40c,
    0x40f,
    3,
    1 << 32 | 1,
];
pub const CHANGES: [(usize, &[(usize, usize)]); 6] = [
    (2, &FLOATS),
    (0x402, &BREAKPOINTS),
    (0x403, &BREAKPOINTS),
    (0x404, &[(0, nr::GETUID), (0, 9999), (0, usize::MAX)]),
    (0x405, &FLOATS),
    (0x409, &[(0, 1), (0, 3), (0, 0), (0, 1 << 40)]),
];
const FLOATS: [(usize, usize); 5] = [(0, 7), (8, 1), (16, 7), (512, 0xffff), (516, 1 << 22)];
/// An address, then whether and how it is watched.
const BREAKPOINTS: [(usize, usize); 5] = [
    (8, crate::shared::SHARED),
    (8, usize::MAX - 7),
    (16, 0x1e5),
    (16, 0x1ff5),
    (16, 0),
];

/// The instruction behind a breakpoint, and instructions that do nothing.
pub const BEHIND_BREAKPOINT: usize = 4;
pub const NOTHINGS: usize = 0xd503_201f_d503_201f;
