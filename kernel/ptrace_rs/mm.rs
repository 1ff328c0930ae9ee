// SPDX-License-Identifier: GPL-2.0-only

//! The memory of a tracee.

use crate::{
    access,
    task::Caller, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    prelude::*,
    task::{
        CurrentTask,
        Task, //
    }, //
};

/// The memory of a task, referenced.
///
/// # Invariants
///
/// Holds a reference to the users of the memory.
struct TaskMm(NonNull<bindings::mm_struct>);

impl TaskMm {
    /// The memory of `task`, unless it has none: a thread of the kernel, or one that has exited.
    #[doc(alias = "get_task_mm")]
    fn of(task: &Task) -> Option<Self> {
        // SAFETY: `task` is a valid task.
        let mm = unsafe { bindings::get_task_mm(task.as_ptr()) };
        // INVARIANT: The function took a reference where it returned something.
        NonNull::new(mm).map(Self)
    }
}

impl Drop for TaskMm {
    fn drop(&mut self) {
        // SAFETY: By the type's invariant, there is a reference to give back.
        unsafe { bindings::mmput(self.0.as_ptr()) };
    }
}

/// The memory of a tracee that the current task may look into.
///
/// # Invariants
///
/// The current task traced the task when the memory was known to stay, and was allowed to look into
/// it.
pub(crate) struct TraceeMm<'t>(TaskMm, PhantomData<&'t Task>);

impl<'t> TraceeMm<'t> {
    /// The memory of `task`, if the caller traces it and may still look into it. Takes and releases
    /// the `alloc_lock` of `task`.
    #[inline]
    pub(crate) fn of(task: &'t Task, caller: &mut Caller<'_>) -> Option<Self> {
        // SAFETY: By the mutable borrow of the caller, no lock is held.
        unsafe { Self::of_raw(task, caller) }
    }

    /// As [`Self::of`], for a caller in C.
    ///
    /// The reference comes first: what is asked about is then what is copied.
    ///
    /// # Safety
    ///
    /// Process context with no lock held.
    #[inline]
    pub(crate) unsafe fn of_raw(task: &'t Task, current: &CurrentTask) -> Option<Self> {
        let mm = TaskMm::of(task)?;
        // INVARIANT: As is seen here.
        access::tracer_may_access(task, current).then(|| Self(mm, PhantomData))
    }

    /// Copies between `len` bytes at `buffer` and the memory at `addr`; `FOLL_WRITE` in `flags`
    /// says in which direction. Returns how much was copied: less than all where the memory ends.
    /// Sleeps.
    ///
    /// # Safety
    ///
    /// `buffer` is valid for `len` bytes: to read, with `FOLL_WRITE`, and else to write.
    #[doc(alias = "access_remote_vm")]
    #[inline]
    pub(crate) unsafe fn copy_raw(
        &self,
        addr: c_ulong,
        buffer: *mut c_void,
        len: c_int,
        flags: c_uint,
    ) -> c_int {
        // SAFETY: By the type's invariant, the memory is referenced, and by the requirement of this
        // function, `buffer` is valid for `len` bytes.
        unsafe { bindings::access_remote_vm(self.0 .0.as_ptr(), addr, buffer, len, flags) }
    }

    /// Copies the word at `addr`; returns whether all of it could be copied. Sleeps.
    #[inline]
    fn copy_word<const SIZE: usize>(
        &self,
        addr: c_ulong,
        word: &mut [u8; SIZE],
        flags: c_uint,
    ) -> bool {
        let buffer = word.as_mut_ptr().cast();
        // CAST: The size of a word.
        let size = SIZE as c_int;
        // SAFETY: `word` is valid for its size.
        let copied = unsafe { self.copy_raw(addr, buffer, size, flags) };
        copied == size
    }

    /// Reads the word at `addr`, even if the program may not read it; [`None`] if it cannot be
    /// read.
    #[inline]
    pub(crate) fn read_word<const SIZE: usize>(&self, addr: c_ulong) -> Option<[u8; SIZE]> {
        let mut word = [0; SIZE];
        self.copy_word(addr, &mut word, bindings::FOLL_FORCE)
            .then_some(word)
    }

    /// Writes the word at `addr`, even if the program may not write it; returns whether all of it
    /// could be written.
    #[inline]
    pub(crate) fn write_word<const SIZE: usize>(
        &self,
        addr: c_ulong,
        mut word: [u8; SIZE],
    ) -> bool {
        self.copy_word(addr, &mut word, bindings::FOLL_FORCE | bindings::FOLL_WRITE)
    }
}
