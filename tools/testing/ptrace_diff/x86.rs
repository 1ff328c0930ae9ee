// SPDX-License-Identifier: GPL-2.0

//! What 64-bit and 32-bit programs have in common on x86.

/// What the flags can be set to.
pub const FLAGS: [usize; 3] = [0x246, 0x2d7, 0x202];
/// RF. Under emulation, whether a 32-bit task has RF at a system call differs from run to run on
/// the same kernel.
pub const UNSTEADY_FLAGS: u32 = 1 << 16;
/// Whether a task that spins is always at the same instruction.
pub const SPIN_IS_STEADY: bool = true;

/// Whether sigaction(2) takes code that returns from a handler.
pub const RESTORER: bool = true;

/// What two requests are whose numbers have another meaning on each machine.
pub const REQUEST_33: &str = "SINGLEBLOCK";
pub const REQUEST_34: &str = "unknown";
/// The requests after which a tracee makes one step.
pub const STEPS: [usize; 3] = [9, 32, 33];

/// Sets of registers, and names of none.
pub const SETS: [usize; 13] = [
    1,
    1,
    1,
    2,
    2,
    0x202,
    0x202,
    0x200,
    0x201,
    0x204,
    0x46e6_2b7f,
    3,
    (1u64 << 32 | 1) as usize,
];
/// Of sets in which not only general registers are changed: offsets and new values.
pub const CHANGES: [(usize, &[(usize, usize)]); 2] = [(2, &FLOATS), (0x202, &FLOATS)];
const FLOATS: [(usize, usize); 6] = [
    (0, 0xffff_0040),
    (24, 0xffff_0040),
    (96, 0xffff_0040),
    (160, 0xffff_0040),
    (512, 0xffff_0040),
    (528, 0xffff_0040),
];

/// The instruction behind a breakpoint, and instructions that do nothing.
pub const BEHIND_BREAKPOINT: usize = 1;
pub const NOTHINGS: usize = 0x9090_9090_9090_9090_u64 as usize;
