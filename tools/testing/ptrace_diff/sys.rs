// SPDX-License-Identifier: GPL-2.0

//! System calls, and all unsafe code. The program has no C library, since its start-up code and the
//! values that it keeps in registers differ from run to run.
//!
//! Functions that take addresses as numbers also take wild ones: the kernel checks them. Valid
//! addresses are in the tracer's buffer.

use crate::arch::nr;
use crate::shared::{self, Shared, Slot, BUFFER, BUFFER_SIZE};
use core::panic::PanicInfo;

extern "C" {
    fn diff_syscall(nr: usize, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize)
        -> isize;
    fn diff_thread(flags: usize, slot: usize, tid: usize) -> isize;
    fn diff_enter(slot: usize, fresh: usize) -> !;
    fn diff_spin(slot: &Slot);
    fn diff_compat() -> isize;
    fn diff_null() -> isize;
    fn diff_undefined() -> isize;
    fn diff_breakpoint() -> isize;
    static diff_spin_here: u8;
    static diff_spin_seen: u8;
    static diff_spin_leave: u8;
    static diff_handler: u8;
    static diff_restorer: u8;
}

/// The address of code that other modules need.
pub fn address_of(what: Code) -> usize {
    match what {
        Code::SpinHere => (&raw const diff_spin_here).addr(),
        Code::SpinSeen => (&raw const diff_spin_seen).addr(),
        Code::SpinLeave => (&raw const diff_spin_leave).addr(),
        Code::Handler => (&raw const diff_handler).addr(),
        Code::Restorer => (&raw const diff_restorer).addr(),
        Code::Breakpoint => diff_breakpoint as *const () as usize,
    }
}

pub enum Code {
    SpinHere,
    SpinSeen,
    SpinLeave,
    Handler,
    Restorer,
    Breakpoint,
}

/// A system call; negative is an error.
pub fn call(number: usize, a: [usize; 6]) -> isize {
    // SAFETY: The kernel checks what it is given, and callers give it only memory that is theirs.
    unsafe { diff_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) }
}

pub fn call0(number: usize) -> isize {
    call(number, [0; 6])
}

pub fn call1(number: usize, a: usize) -> isize {
    call(number, [a, 0, 0, 0, 0, 0])
}

pub fn call2(number: usize, a: usize, b: usize) -> isize {
    call(number, [a, b, 0, 0, 0, 0])
}

pub fn call3(number: usize, a: usize, b: usize, c: usize) -> isize {
    call(number, [a, b, c, 0, 0, 0])
}

pub fn call4(number: usize, a: usize, b: usize, c: usize, d: usize) -> isize {
    call(number, [a, b, c, d, 0, 0])
}

pub fn exit(status: usize) -> ! {
    loop {
        call1(nr::EXIT_GROUP, status);
    }
}

/// fork(2); the number of the new task goes to `tid`, if it is not 0.
pub fn clone(flags: usize, tid: usize) -> isize {
    call3(nr::CLONE, flags, 0, tid)
}

pub fn thread(flags: usize, slot: usize, tid: usize) -> isize {
    // SAFETY: The new task has the stack of its slot for itself.
    unsafe { diff_thread(flags, slot, tid) }
}

/// Becomes the tracee of a slot.
pub fn enter(slot: usize) -> ! {
    // SAFETY: There is a stack for each slot.
    unsafe { diff_enter(slot, 0) }
}

/// Stays at one instruction until it is told to leave.
pub fn spin(slot: &Slot) {
    // SAFETY: It only reads and writes the slot.
    unsafe { diff_spin(slot) }
}

/// Causes a fault, or makes a 32-bit system call.
pub fn fault(kind: usize) -> isize {
    // SAFETY: Each raises a signal, or returns.
    unsafe {
        match kind {
            0 => diff_null(),
            1 => diff_undefined(),
            2 => diff_breakpoint(),
            _ => diff_compat(),
        }
    }
}

/// Maps memory at an address; returns whether that succeeded.
pub fn map(address: usize, size: usize, flags: usize, fd: usize) -> bool {
    const READ_WRITE: usize = 3;
    const FIXED: usize = 0x10;
    call(nr::MMAP, [address, size, READ_WRITE, flags | FIXED, fd, 0]) == address as isize
}

/// The memory that all processes share. The program maps it before anything else.
pub fn shared() -> &'static Shared {
    // SAFETY: It stays mapped, and has only atomics and `text`, which has rules of its own.
    unsafe { &*(shared::SHARED as *const Shared) }
}

/// Appends to the transcript, as far as the bytes fit.
pub fn append(bytes: &[u8]) {
    let shared = shared();
    let length = shared
        .text_length
        .load(core::sync::atomic::Ordering::Relaxed);
    let room = (shared::TEXT - length).min(bytes.len());
    // SAFETY: It fits, and only the tracer writes to it.
    unsafe {
        let to = shared.text.get().cast::<u8>().add(length);
        to.copy_from_nonoverlapping(bytes.as_ptr(), room);
    }
    shared
        .text_length
        .store(length + room, core::sync::atomic::Ordering::Relaxed);
}

/// The transcript. The caller reads it when the tracer has exited.
pub fn text() -> &'static [u8] {
    let length = shared()
        .text_length
        .load(core::sync::atomic::Ordering::Relaxed);
    // SAFETY: `length` bytes were written, and nothing writes while the caller reads.
    unsafe { core::slice::from_raw_parts(shared().text.get().cast(), length) }
}

/// The tracer's buffer.
pub fn buffer() -> &'static mut [u8] {
    // SAFETY: It is mapped; there is one thread, which makes a new reference each time.
    unsafe { core::slice::from_raw_parts_mut(BUFFER as *mut u8, BUFFER_SIZE) }
}

/// An argument of the program.
pub fn argument(stack: *const usize, index: usize) -> Option<&'static [u8]> {
    // SAFETY: The kernel's initial stack has argc, then argv with its end mark.
    unsafe {
        if index >= *stack {
            return None;
        }
        let string = *stack.add(1 + index) as *const u8;
        let length = (0..).find(|at| *string.add(*at) == 0)?;
        Some(core::slice::from_raw_parts(string, length))
    }
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    use core::fmt::Write;
    let _ = writeln!(crate::transcript::Transcript, "PANIC {}", info);
    exit(70)
}

/// The precompiled core library refers to it. Nothing here unwinds.
#[no_mangle]
pub extern "C" fn rust_eh_personality() {}
