// SPDX-License-Identifier: GPL-2.0-only

//! Locks as evidence: who has a guard may do what the lock protects.

use crate::jobctl::{
    Jobctl,
    Pending, //
};
use core::ptr;
use kernel::{
    bindings,
    prelude::*,
    task::Task,
    types::NotThreadSafe, //
};

/// Evidence that `tasklist_lock` is held for reading.
///
/// # Invariants
///
/// The lock is held for reading by this context while a value of this type exists.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct TasklistRead(NotThreadSafe);

impl TasklistRead {
    /// Takes the lock; it must not be held for writing by the caller.
    #[doc(alias = "read_lock")]
    #[inline]
    pub(crate) fn lock() -> Self {
        // SAFETY: Taking the lock needs no more than a valid lock, and this one is static.
        unsafe { bindings::ptrace_shim_read_lock_tasklist() };
        // INVARIANT: It was just taken.
        Self(NotThreadSafe)
    }
}

impl Drop for TasklistRead {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type's invariant, this context holds the lock for reading.
        unsafe { bindings::ptrace_shim_read_unlock_tasklist() };
    }
}

/// Evidence that a task's siglock is held, with interrupts disabled.
///
/// # Invariants
///
/// `task->sighand` is not null and does not change, and its siglock is held by this context, which
/// got `flags` from `lock_task_sighand()`, while a value of this type exists.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct SighandGuard<'t> {
    task: &'t Task,
    flags: c_ulong,
    _not_send: NotThreadSafe,
}

impl<'t> SighandGuard<'t> {
    /// Takes the siglock of `task`, or returns [`None`] if `task` has been released.
    ///
    /// The only way to take it that is right for a task that may be dying.
    #[doc(alias = "lock_task_sighand")]
    #[inline]
    pub(crate) fn try_lock(task: &'t Task) -> Option<Self> {
        let mut flags = 0;
        // SAFETY: `task` is a valid task, and `flags` a place for a word.
        let sighand = unsafe { bindings::lock_task_sighand(task.as_ptr(), &mut flags) };
        // INVARIANT: Where it is not null, the lock was just taken and pins `task->sighand`.
        (!sighand.is_null()).then_some(Self {
            task,
            flags,
            _not_send: NotThreadSafe,
        })
    }

    /// The job control bits of the task.
    #[inline]
    pub(crate) fn jobctl(&self) -> Jobctl {
        // SAFETY: `task` is a valid task, so that the place of the field is too.
        let jobctl = unsafe { &raw const (*self.task.as_ptr()).jobctl };
        // SAFETY: The field is protected by the siglock, which is held by the type's invariant.
        Jobctl::new(unsafe { ptr::read(jobctl) })
    }

    /// Sets `pending`, unless the task is dying; returns whether it did.
    #[doc(alias = "task_set_jobctl_pending")]
    #[inline]
    pub(crate) fn set_pending(&mut self, pending: Pending) -> bool {
        // SAFETY: The siglock is held by the type's invariant, and `pending` satisfies by its own
        // what the function checks with `BUG_ON()`.
        unsafe { bindings::task_set_jobctl_pending(self.task.as_ptr(), pending.bits()) }
    }

    /// Makes the task look at what is pending: sets `TIF_SIGPENDING` and wakes it from an
    /// interruptible sleep or, with `resume`, from the stop that it is in.
    #[doc(alias = "ptrace_signal_wake_up")]
    #[inline]
    pub(crate) fn signal_wake_up(&mut self, resume: bool) {
        // SAFETY: The siglock is held by the type's invariant.
        unsafe { bindings::ptrace_shim_signal_wake_up(self.task.as_ptr(), resume) };
    }
}

impl Drop for SighandGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type's invariant, this context holds the lock, and `flags` is what
        // `lock_task_sighand()` gave for it.
        unsafe { bindings::ptrace_shim_unlock_task_sighand(self.task.as_ptr(), &mut self.flags) };
    }
}
