// SPDX-License-Identifier: GPL-2.0-only

//! Locks as evidence: who has a guard may do what the lock protects.
//!
//! From the outside in: `cred_guard_mutex`, then `alloc_lock` or `tasklist_lock`, which do not
//! nest, then the siglock.

use crate::{
    jobctl::{
        Jobctl,
        Pending, //
    },
    list::Unlinked,
    options::ResumeSignal,
    stop::Stopped,
    task::{
        self,
        read_field,
        write_field, //
    },
    user::SigInfo, //
};
use core::{
    ops::Deref,
    ptr, //
};
use kernel::{
    bindings,
    prelude::*,
    task::Task,
    types::NotThreadSafe, //
};

/// Evidence that `tasklist_lock` is held, for reading or for writing.
pub(crate) trait TasklistHeld: private::Sealed {}

mod private {
    /// What only this module implements.
    pub(crate) trait Sealed {}
    impl Sealed for super::TasklistRead {}
    impl Sealed for super::TasklistWrite {}
    impl Sealed for super::Saved {}
    impl Sealed for super::Irq {}
    impl Sealed for super::Nested {}
    impl Sealed for super::NestedUnlinked {}
}

/// Evidence that `tasklist_lock` is held for reading.
///
/// # Invariants
///
/// The lock is held for reading by this context while a value of this type exists.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct TasklistRead(NotThreadSafe);

impl TasklistHeld for TasklistRead {}

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

/// Evidence that `tasklist_lock` is held for writing, with interrupts disabled.
///
/// # Invariants
///
/// The lock is held for writing by this context while a value of this type exists.
pub(crate) struct TasklistWrite(NotThreadSafe);

impl TasklistHeld for TasklistWrite {}

impl TasklistWrite {
    /// Takes the lock and disables interrupts; both must not be so yet.
    #[doc(alias = "write_lock_irq")]
    #[inline]
    pub(crate) fn lock_irq() -> TasklistWriteGuard {
        // SAFETY: Taking the lock needs no more than a valid lock, and this one is static.
        unsafe { bindings::ptrace_shim_write_lock_irq_tasklist() };
        // INVARIANT: It was just taken.
        TasklistWriteGuard(Self(NotThreadSafe))
    }

    /// Evidence of a lock that C has taken and will release.
    ///
    /// # Safety
    ///
    /// The lock is held for writing, with interrupts disabled, for as long as the value exists.
    #[inline]
    pub(crate) unsafe fn assume_held() -> Self {
        // INVARIANT: By the requirement of this function.
        Self(NotThreadSafe)
    }
}

/// Releases `tasklist_lock` when it is dropped.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct TasklistWriteGuard(TasklistWrite);

impl Deref for TasklistWriteGuard {
    type Target = TasklistWrite;

    #[inline]
    fn deref(&self) -> &TasklistWrite {
        &self.0
    }
}

impl Drop for TasklistWriteGuard {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the invariant of the evidence inside, this context holds the lock, and only
        // `lock_irq()` makes a guard of it.
        unsafe { bindings::ptrace_shim_write_unlock_irq_tasklist() };
    }
}

/// Evidence that a task's `alloc_lock` is held: its `mm`, `fs` and `files` do not change. Its
/// credentials may.
///
/// # Invariants
///
/// The lock is held by this context while a value of this type exists.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct AllocGuard<'t>(&'t Task, NotThreadSafe);

impl<'t> AllocGuard<'t> {
    /// Takes the lock. Must not be called with `tasklist_lock` held for writing.
    #[doc(alias = "task_lock")]
    #[inline]
    pub(crate) fn lock(task: &'t Task) -> Self {
        // SAFETY: `task` is a valid task, and so is its lock.
        unsafe { bindings::ptrace_shim_task_lock(task.as_ptr()) };
        // INVARIANT: It was just taken.
        Self(task, NotThreadSafe)
    }

    /// The task whose lock this is.
    #[inline]
    pub(crate) fn task(&self) -> &'t Task {
        self.0
    }
}

impl Drop for AllocGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type's invariant, this context holds the lock.
        unsafe { bindings::ptrace_shim_task_unlock(self.0.as_ptr()) };
    }
}

/// Evidence that a process is not in the middle of exec: its `cred_guard_mutex` is held.
///
/// # Invariants
///
/// The mutex is held by this context while a value of this type exists.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct CredGuard<'t>(&'t Task, NotThreadSafe);

impl<'t> CredGuard<'t> {
    /// Takes the mutex, or returns [`None`] if a signal came first. Sleeps.
    #[doc(alias = "mutex_lock_interruptible")]
    #[inline]
    pub(crate) fn lock_interruptible(task: &'t Task) -> Option<Self> {
        // SAFETY: `task` is a valid task, whose signal struct lives as long as it does.
        let failed = unsafe { bindings::ptrace_shim_cred_guard_lock_interruptible(task.as_ptr()) };
        // INVARIANT: It was just taken, where the function returned 0. `then()` and not
        // `then_some()`: a guard that is only made to be dropped would unlock.
        (failed == 0).then(|| Self(task, NotThreadSafe))
    }
}

impl Drop for CredGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type's invariant, this context holds the mutex.
        unsafe { bindings::ptrace_shim_cred_guard_unlock(self.0.as_ptr()) };
    }
}

/// How a siglock was taken, and so how it is to be released.
pub(crate) trait Taken: private::Sealed {
    /// Releases the siglock of `task`.
    ///
    /// # Safety
    ///
    /// This context holds it, and took it in this way.
    unsafe fn release(&mut self, task: &Task);
}

/// Taken by `lock_task_sighand()`, which saved these flags.
pub(crate) struct Saved(c_ulong);

impl Taken for Saved {
    #[inline]
    unsafe fn release(&mut self, task: &Task) {
        // SAFETY: By the requirement of this function; the flags are those that were saved.
        unsafe { bindings::ptrace_shim_unlock_task_sighand(task.as_ptr(), &mut self.0) };
    }
}

/// Taken where interrupts were enabled, and are to be again.
pub(crate) struct Irq;

impl Taken for Irq {
    #[inline]
    unsafe fn release(&mut self, task: &Task) {
        // SAFETY: By the requirement of this function.
        unsafe { bindings::ptrace_shim_siglock_unlock_irq(task.as_ptr()) };
    }
}

/// Taken where interrupts were disabled, and are to stay so.
pub(crate) struct Nested;

impl Taken for Nested {
    #[inline]
    unsafe fn release(&mut self, task: &Task) {
        // SAFETY: By the requirement of this function.
        unsafe { bindings::ptrace_shim_siglock_unlock(task.as_ptr()) };
    }
}

/// As [`Nested`], of a task that was taken from its tracer: its stop may be ended.
pub(crate) struct NestedUnlinked;

impl Taken for NestedUnlinked {
    #[inline]
    unsafe fn release(&mut self, task: &Task) {
        // SAFETY: By the requirement of this function.
        unsafe { Nested.release(task) };
    }
}

/// Evidence that a task's siglock is held, with interrupts disabled.
///
/// There are three ways to take it, which differ in what they ask for; how it was taken is in the
/// type of the guard, so that they cannot be mixed up.
///
/// # Invariants
///
/// `task->sighand` is not null and does not change, and its siglock is held by this context, which
/// took it as `T` says, while a value of this type exists.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct SighandGuard<'t, T: Taken> {
    task: &'t Task,
    taken: T,
    _not_send: NotThreadSafe,
}

impl<'t> SighandGuard<'t, Saved> {
    /// Takes the siglock of `task`, or returns [`None`] if `task` has been released.
    ///
    /// The only way that asks for nothing: right for a task that may be dying.
    #[doc(alias = "lock_task_sighand")]
    #[inline]
    pub(crate) fn try_lock(task: &'t Task) -> Option<Self> {
        let mut flags = 0;
        // SAFETY: `task` is a valid task, and `flags` a place for a word.
        let sighand = unsafe { bindings::lock_task_sighand(task.as_ptr(), &mut flags) };
        // SAFETY: Where it is not null, the lock was just taken, and pins `task->sighand`.
        (!sighand.is_null()).then(|| unsafe { Self::new(task, Saved(flags)) })
    }
}

impl<'t> SighandGuard<'t, Irq> {
    /// Takes the siglock of `task` and disables interrupts, under the read-locked `tasklist_lock`;
    /// or returns [`None`] if `task` has been released.
    #[doc(alias = "spin_lock_irq")]
    #[inline]
    pub(crate) fn lock_irq(task: &'t Task, _lock: &'t TasklistRead) -> Option<Self> {
        if task::sighand(task).is_null() {
            return None;
        }
        // SAFETY: `task->sighand` is not null, and is set to null, or by exec to another, under the
        // write-locked `tasklist_lock` only, which `_lock` rules out.
        unsafe { bindings::ptrace_shim_siglock_lock_irq(task.as_ptr()) };
        // SAFETY: It was just taken, and pins `task->sighand`.
        Some(unsafe { Self::new(task, Irq) })
    }

    /// Takes the siglock of a stopped tracee and disables interrupts.
    #[doc(alias = "spin_lock_irq")]
    #[inline]
    pub(crate) fn lock_stopped(stopped: &Stopped<'t>) -> Self {
        let task = stopped.task();
        // SAFETY: A stopped tracee has not been released, so that `task->sighand` is not null; nor
        // is it in exec, which might make it another.
        unsafe { bindings::ptrace_shim_siglock_lock_irq(task.as_ptr()) };
        // SAFETY: It was just taken, and pins `task->sighand`.
        unsafe { Self::new(task, Irq) }
    }

    /// Has a stopped tracee go on with `signal`: sets its status, and ends its stop.
    ///
    /// Takes and releases its siglock.
    #[doc(alias = "ptrace_resume")]
    #[inline]
    pub(crate) fn resume(stopped: Stopped<'t>, signal: ResumeSignal) {
        let mut sighand = Self::lock_stopped(&stopped);
        // SAFETY: The status of a stopped tracee is written by its tracer, under the siglock, which
        // is held by the type's invariant.
        unsafe { write_field!(sighand.task, exit_code, signal.number()) };
        sighand.end_ptrace_stop();
    }
}

impl<'t> SighandGuard<'t, Nested> {
    /// Takes the siglock of `task` where interrupts are disabled already, under the write-locked
    /// `tasklist_lock`; or returns [`None`] if `task` has been released.
    #[doc(alias = "spin_lock")]
    #[inline]
    pub(crate) fn lock_nested(task: &'t Task, _lock: &'t TasklistWrite) -> Option<Self> {
        if task::sighand(task).is_null() {
            return None;
        }
        // SAFETY: `task->sighand` is not null, and is set to null, or by exec to another, only by
        // who holds `tasklist_lock` for writing, which is this context.
        unsafe { bindings::ptrace_shim_siglock_lock(task.as_ptr()) };
        // SAFETY: It was just taken, and pins `task->sighand`.
        Some(unsafe { Self::new(task, Nested) })
    }
}

impl<'t> SighandGuard<'t, NestedUnlinked> {
    /// Takes the siglock of a task that was taken from its tracer under the same lock, where
    /// interrupts are disabled already.
    #[doc(alias = "spin_lock")]
    #[inline]
    pub(crate) fn lock_unlinked(unlinked: &Unlinked<'t>, _lock: &'t TasklistWrite) -> Self {
        let task = unlinked.task();
        // SAFETY: By the invariant of `unlinked`, the task has not been released, so that
        // `task->sighand` is not null; and it is set to another only by who holds `_lock`.
        unsafe { bindings::ptrace_shim_siglock_lock(task.as_ptr()) };
        // SAFETY: It was just taken, and pins `task->sighand`.
        unsafe { Self::new(task, NestedUnlinked) }
    }

    /// Ends the stop of the task, if it is in one, and has it look at what is pending.
    #[doc(alias = "ptrace_signal_wake_up")]
    #[inline]
    pub(crate) fn wake(&mut self) {
        // SAFETY: The siglock is held by the type's invariant.
        unsafe { bindings::ptrace_shim_signal_wake_up(self.task.as_ptr(), true) };
    }
}

impl<'t, T: Taken> SighandGuard<'t, T> {
    /// The guard of a lock that was just taken.
    ///
    /// # Safety
    ///
    /// This context has taken the siglock of `task` in the way that `taken` says, with
    /// `task->sighand` not null.
    #[inline]
    unsafe fn new(task: &'t Task, taken: T) -> Self {
        // INVARIANT: By the requirement of this function.
        Self {
            task,
            taken,
            _not_send: NotThreadSafe,
        }
    }

    /// The job control bits of the task.
    #[inline]
    pub(crate) fn jobctl(&self) -> Jobctl {
        task::jobctl(self.task)
    }

    /// Stores job control bits.
    #[inline]
    fn set_jobctl(&mut self, jobctl: Jobctl) {
        // SAFETY: They are protected by the siglock, which is held by the type's invariant.
        unsafe { write_field!(self.task, jobctl, jobctl.bits()) };
    }

    /// Keeps the stop that the task is in from ending.
    #[doc(alias = "JOBCTL_PTRACE_FROZEN")]
    #[inline]
    pub(crate) fn freeze(&mut self) {
        self.set_jobctl(self.jobctl().with_frozen());
    }

    /// Lets the stop that the task is in end; at once, if it was sent `SIGKILL` meanwhile, which
    /// has not woken it.
    ///
    /// # Safety
    ///
    /// There is no [`Stopped`] of the task.
    #[doc(alias = "JOBCTL_PTRACE_FROZEN")]
    #[inline]
    pub(crate) unsafe fn unfreeze(&mut self) {
        self.set_jobctl(self.jobctl().without_frozen());
        if self.fatal_signal_pending() {
            self.end_ptrace_stop();
        }
    }

    /// Has the task, which is in a ptrace stop, wait for events: it may leave its stop then.
    ///
    /// # Safety
    ///
    /// There is no [`Stopped`] of the task.
    #[doc(alias = "JOBCTL_LISTENING")]
    #[inline]
    pub(crate) unsafe fn listen(&mut self) {
        self.set_jobctl(self.jobctl().with_listening());
    }

    /// Has the task take part in the group stop that is in effect.
    ///
    /// Unlike what is set by [`Self::set_pending`], this leaves the signal of the stop alone.
    #[doc(alias = "JOBCTL_STOP_PENDING")]
    #[inline]
    pub(crate) fn join_group_stop(&mut self) {
        self.set_jobctl(self.jobctl().with_stop_pending());
    }

    /// Sets `pending`, unless the task is dying; returns whether it did.
    #[doc(alias = "task_set_jobctl_pending")]
    #[inline]
    pub(crate) fn set_pending(&mut self, pending: Pending) -> bool {
        // SAFETY: The siglock is held by the type's invariant, and `pending` satisfies by its own
        // what the function checks with `BUG_ON()`.
        unsafe { bindings::task_set_jobctl_pending(self.task.as_ptr(), pending.bits()) }
    }

    /// Clears all traps that are pending, and `JOBCTL_TRAPPING` in any case.
    #[doc(alias = "task_clear_jobctl_pending")]
    #[doc(alias = "task_clear_jobctl_trapping")]
    #[inline]
    pub(crate) fn clear_traps(&mut self) {
        let traps = bindings::JOBCTL_TRAP_MASK as c_ulong;
        // SAFETY: The siglock is held by the type's invariant, and these are bits of
        // `JOBCTL_PENDING_MASK`, as the function asks for.
        unsafe { bindings::task_clear_jobctl_pending(self.task.as_ptr(), traps) };
        // SAFETY: The siglock is held by the type's invariant.
        unsafe { bindings::task_clear_jobctl_trapping(self.task.as_ptr()) };
    }

    /// Whether the task's group is stopped, or is in the process of stopping.
    #[inline]
    pub(crate) fn group_stop_in_effect(&self) -> bool {
        let signal = task::signal(self.task);
        // SAFETY: The signal struct of a task lives as long as the task does, and its fields are
        // protected by the siglock, which is held by the type's invariant.
        let flags = unsafe { (*signal).flags };
        // SAFETY: As above.
        let stopping = unsafe { (*signal).group_stop_count };
        flags & bindings::SIGNAL_STOP_STOPPED != 0 || stopping != 0
    }

    /// Whether the task's process ignores its children, which then reap themselves.
    #[doc(alias = "ignoring_children")]
    pub(crate) fn ignores_children(&self) -> bool {
        const SIG_IGN: usize = 1;

        let sighand = task::sighand(self.task);
        // SAFETY: By the type's invariant, `sighand` is not null, and its actions are protected by
        // the siglock, which is held.
        let action = unsafe { &raw const (*sighand).action[bindings::SIGCHLD as usize - 1].sa };
        // SAFETY: As above. CAST: A handler is a pointer, of which `SIG_IGN` is no function.
        let handler = unsafe { (&raw const (*action).sa_handler).cast::<usize>().read() };
        // SAFETY: As above.
        let flags = unsafe { (*action).sa_flags };
        handler == SIG_IGN || flags & bindings::SA_NOCLDWAIT as c_ulong != 0
    }

    /// Whether a `SIGKILL` is pending for the task.
    #[doc(alias = "__fatal_signal_pending")]
    #[inline]
    pub(crate) fn fatal_signal_pending(&self) -> bool {
        let [first, ..] = read_field!(self.task, pending.signal.sig);
        first & 1 << (bindings::SIGKILL - 1) != 0
    }

    /// Queues a `SIGSTOP` from the kernel for the task alone.
    #[doc(alias = "send_signal_locked")]
    pub(crate) fn send_stop(&mut self) {
        // SAFETY: The siglock is held by the type's invariant, and the second argument is one of
        // the values that are no pointer. The result says that the signal was not queued, which it
        // is not for a task that is exiting.
        unsafe {
            bindings::send_signal_locked(
                bindings::SIGSTOP as c_int,
                task::SEND_SIG_PRIV,
                self.task.as_ptr(),
                bindings::pid_type_PIDTYPE_PID,
            )
        };
    }

    /// Has the task look for traps: sets `TIF_SIGPENDING`, and wakes it from an interruptible
    /// sleep.
    ///
    /// Also from the one stop that gives way, that of a tracee that listens, to enter it again.
    #[doc(alias = "ptrace_signal_wake_up")]
    #[inline]
    pub(crate) fn wake_to_trap(&mut self) {
        let listening = self.jobctl().is_listening();
        // SAFETY: The siglock is held by the type's invariant.
        unsafe { bindings::ptrace_shim_signal_wake_up(self.task.as_ptr(), listening) };
    }

    /// Wakes the task from a group stop, to look at what is pending.
    #[doc(alias = "signal_wake_up_state")]
    pub(crate) fn wake_from_group_stop(&mut self) {
        self.set_jobctl(self.jobctl().without_stopped());
        // SAFETY: The siglock is held by the type's invariant.
        unsafe { bindings::signal_wake_up_state(self.task.as_ptr(), bindings::__TASK_STOPPED) };
    }

    /// Ends the ptrace stop that the task is in, and wakes it.
    #[doc(alias = "wake_up_state")]
    #[inline]
    fn end_ptrace_stop(&mut self) {
        self.set_jobctl(self.jobctl().without_traced());
        // SAFETY: `self.task` is a valid task.
        unsafe { bindings::wake_up_state(self.task.as_ptr(), bindings::__TASK_TRACED) };
    }

    /// The siginfo of the stop that the task is in; null if it has none.
    #[inline]
    fn last_siginfo(&self) -> *mut bindings::kernel_siginfo {
        read_field!(self.task, last_siginfo)
    }

    /// The `si_code` of the stop that the task is in, if it has a siginfo.
    #[inline]
    pub(crate) fn stop_si_code(&self) -> Option<c_int> {
        let info = self.last_siginfo();
        if info.is_null() {
            return None;
        }
        // SAFETY: Where it is not null, it is the siginfo of the stop, which does not end while the
        // siglock is held, as it is by the type's invariant.
        Some(unsafe { (*info).__bindgen_anon_1.si_code })
    }

    /// Copies the siginfo of the stop that the task is in, if it has one.
    #[inline]
    pub(crate) fn stop_siginfo(&self) -> Option<SigInfo> {
        let info = self.last_siginfo();
        if info.is_null() {
            return None;
        }
        // SAFETY: As in `stop_si_code()`.
        Some(unsafe { SigInfo::copy_from(info) })
    }

    /// Replaces the siginfo of the stop that the task is in; returns whether it has one.
    #[inline]
    pub(crate) fn set_stop_siginfo(&mut self, new: &SigInfo) -> bool {
        let info = self.last_siginfo();
        if info.is_null() {
            return false;
        }
        // SAFETY: As in `stop_si_code()`.
        unsafe { new.copy_to(info) };
        true
    }

    /// Copies the siginfo at `index` of the signals that are pending for the task or, if `shared`,
    /// for its process; returns [`None`] if there are not that many.
    pub(crate) fn pending_siginfo(&self, shared: bool, mut index: usize) -> Option<SigInfo> {
        let task = self.task.as_ptr();
        let signal = task::signal(self.task);
        let head = if shared {
            // SAFETY: The signal struct of a task lives as long as the task does.
            unsafe { &raw const (*signal).shared_pending.list }
        } else {
            // SAFETY: `task` is a valid task.
            unsafe { &raw const (*task).pending.list }
        };
        // SAFETY: The list is protected by the siglock, which is held by the type's invariant.
        let mut entry = unsafe { (*head).next };
        while !ptr::eq(entry, head) {
            if index == 0 {
                // SAFETY: An entry of this list that is not its head is in a `sigqueue`.
                let queued = unsafe { kernel::container_of!(entry, bindings::sigqueue, list) };
                // SAFETY: As above; it is not freed before it is taken off the list.
                return Some(unsafe { SigInfo::copy_from(&raw const (*queued).info) });
            }
            index -= 1;
            // SAFETY: `entry` is an entry of the list.
            entry = unsafe { (*entry).next };
        }
        None
    }

    /// Sets the mask of signals that the task blocks.
    #[inline]
    pub(crate) fn set_blocked(&mut self, blocked: bindings::sigset_t) {
        // SAFETY: This is protected by the siglock, which is held by the type's invariant.
        unsafe { write_field!(self.task, blocked, blocked) };
    }
}

impl<T: Taken> Drop for SighandGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type's invariant, this context holds the lock, and took it as `T` says.
        unsafe { self.taken.release(self.task) };
    }
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_lock)]
mod tests {
    use super::*;
    use crate::jobctl::rules;
    use kernel::current;

    const ALL: c_ulong = bindings::JOBCTL_PENDING_MASK as c_ulong;

    /// What `change` makes of these job control bits, of a task that is not dying: the one that
    /// runs the test, which is itself again when the lock is released.
    fn changed(
        bits: c_ulong,
        change: impl FnOnce(&mut SighandGuard<'_, Saved>),
    ) -> Option<c_ulong> {
        let task = current!();
        let mut sighand = SighandGuard::try_lock(task)?;
        let before = sighand.jobctl();
        sighand.set_jobctl(Jobctl::new(bits));
        change(&mut sighand);
        let after = sighand.jobctl().bits();
        sighand.set_jobctl(before);
        Some(after)
    }

    #[test]
    fn pending_bits_are_set_as_the_rules_say() {
        for bits in rules::states() {
            for pending in [Pending::TRAP_INTERRUPT, Pending::TRAP_STOP_TRAPPING] {
                let mut done = false;
                let after = changed(bits, |sighand| done = sighand.set_pending(pending));
                assert!(done);
                assert_eq!(after, Some(rules::set(bits, pending.bits())));
            }
        }
    }

    #[test]
    fn traps_are_cleared_as_the_rules_say() {
        for bits in rules::states() {
            let after = changed(bits, |sighand| sighand.clear_traps());
            let traps = bindings::JOBCTL_TRAP_MASK as c_ulong;
            let expected = rules::clear(bits, traps, ALL) & !rules::TRAPPING;
            assert_eq!(after, Some(expected));
        }
    }

    #[test]
    fn a_stop_keeps_all_other_bits() {
        for bits in rules::states() {
            let join = changed(bits, |sighand| sighand.join_group_stop());
            assert_eq!(join, Some(bits | rules::STOP_PENDING));
            let frozen = changed(bits, |sighand| sighand.freeze());
            assert_eq!(frozen, Some(bits | 1 << 24));
            // SAFETY: The task is no tracee.
            let unfrozen = changed(bits, |sighand| unsafe { sighand.unfreeze() });
            assert_eq!(unfrozen, Some(bits & !(1 << 24)));
        }
    }
}
