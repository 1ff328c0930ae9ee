// SPDX-License-Identifier: GPL-2.0

//! The layout of memory, and what tracer and tracees tell each other in it.
//!
//! All addresses are the same in each run, since registers hold addresses, and the transcript has
//! the registers.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicIsize, AtomicU32, AtomicUsize};

/// How many tasks there may be in a sequence; each has a slot.
pub const SLOTS: usize = 8;
/// The size of a tracee's stack.
pub const STACK: usize = 16384;
/// The address of the memory that all processes share, and its descriptor.
pub const SHARED: usize = 0x2000_0000;
pub const SHARED_FD: usize = 4;
/// The address and size of the buffer that the tracer passes to ptrace(2). Nothing follows it.
pub const BUFFER: usize = 0x3000_0000;
pub const BUFFER_SIZE: usize = 8192;
/// The room for a transcript.
pub const TEXT: usize = 1 << 20;

/// The descriptor from which the task of a slot reads its commands. The next one is the other end.
pub const fn pipe(slot: usize) -> usize {
    10 + 2 * slot
}

/// A task, as the others know it.
///
/// A spinning task stays at one instruction, a jump to `target`, which is that very instruction.
/// So its registers are the same whenever it enters a ptrace-stop. To see it run, the tracer clears
/// `spinning` and lets `target` point to code that restores both.
#[repr(C)]
pub struct Slot {
    pub target: AtomicUsize,
    pub spinning: AtomicU32,
    pub tid: AtomicU32,
    /// How many commands were carried out, and what the last one returned.
    pub done: AtomicU32,
    pub result: AtomicIsize,
}

#[repr(C)]
pub struct Shared {
    pub slots: [Slot; SLOTS],
    pub text_length: AtomicUsize,
    pub text: UnsafeCell<[u8; TEXT]>,
}

pub const SHARED_SIZE: usize = (size_of::<Shared>() + 4095) & !4095;

/// Memory to peek and poke. The signal handlers count in its first word.
#[repr(C, align(4096))]
pub struct Play(pub UnsafeCell<[u8; 4096]>);
// SAFETY: Nothing in this program reads or writes it but the kernel and the handler.
unsafe impl Sync for Play {}
#[no_mangle]
pub static DIFF_PLAY: Play = Play(UnsafeCell::new([0; 4096]));

#[repr(C, align(4096))]
pub struct Stacks(UnsafeCell<[u8; SLOTS * STACK]>);
// SAFETY: Each task uses its own part, as its stack.
unsafe impl Sync for Stacks {}
#[no_mangle]
pub static DIFF_STACKS: Stacks = Stacks(UnsafeCell::new([0; SLOTS * STACK]));

/// The top of the stack of a slot.
pub fn stack_top(slot: usize) -> usize {
    (&raw const DIFF_STACKS).addr() + (slot + 1) * STACK
}

pub fn play() -> usize {
    (&raw const DIFF_PLAY).addr()
}
