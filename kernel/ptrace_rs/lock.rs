// SPDX-License-Identifier: GPL-2.0-only

//! Locks as evidence: whoever holds a guard may access what the lock protects.
//!
//! From the outside in: `cred_guard_mutex`, then `alloc_lock` or `tasklist_lock`, which do not
//! nest where the latter is held for writing, then the siglock.
//!
//! A guard has the reads of what its lock protects that are right for any task. What is right for a
//! tracee only is in the modules above, on the types that prove that it is one.

use crate::{
    jobctl::{
        Jobctl,
        Pending, //
    },
    task::{
        self,
        place,
        rcu_dereference,
        read_once,
        write_once,
        Caller, //
    }, //
};
use core::{
    marker::PhantomData,
    ops::Deref, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::rcu,
    task::Task,
    types::NotThreadSafe, //
};

mod private {
    /// What only this module implements.
    pub(crate) trait Sealed {}
    impl Sealed for super::Irq {}
    impl Sealed for super::Nested {}
}

/// Evidence that `tasklist_lock` is held for writing, with interrupts disabled.
///
/// With `CONFIG_PREEMPT_RT`, interrupts stay enabled, as for [`SighandGuard`].
///
/// # Invariants
///
/// The lock is held for writing by this context while a value of this type exists.
pub(crate) struct TasklistWrite(NotThreadSafe);

impl TasklistWrite {
    /// Takes the lock and disables interrupts.
    #[doc(alias = "write_lock_irq")]
    #[inline]
    pub(crate) fn lock_irq<'g, 'c>(caller: &'g mut Caller<'c>) -> TasklistWriteGuard<'g, 'c> {
        // SAFETY: The lock is static. By the mutable borrow of the caller, interrupts are enabled
        // and this context holds no spinning lock.
        unsafe { bindings::ptrace_shim_write_lock_irq_tasklist() };
        // INVARIANT: It was just taken.
        let lock = Self(NotThreadSafe);
        TasklistWriteGuard { lock, caller }
    }

    /// Evidence of a lock that C has taken and will release.
    ///
    /// # Safety
    ///
    /// The lock is held for writing, with interrupts disabled, for as long as the value exists.
    #[inline]
    pub(crate) unsafe fn assume_held() -> Self {
        // SAFETY: An FFI call with no additional requirements.
        unsafe { bindings::ptrace_shim_lockdep_assert_tasklist_write() };
        // INVARIANT: By the requirement of this function.
        Self(NotThreadSafe)
    }
}

/// Releases `tasklist_lock` when it is dropped, and enables interrupts.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct TasklistWriteGuard<'g, 'c> {
    lock: TasklistWrite,
    caller: &'g mut Caller<'c>,
}

impl<'c> TasklistWriteGuard<'_, 'c> {
    /// The task that has taken the lock.
    #[inline]
    pub(crate) fn caller(&self) -> &Caller<'c> {
        self.caller
    }
}

impl Deref for TasklistWriteGuard<'_, '_> {
    type Target = TasklistWrite;

    #[inline]
    fn deref(&self) -> &TasklistWrite {
        &self.lock
    }
}

impl Drop for TasklistWriteGuard<'_, '_> {
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
    /// Takes the lock of a task.
    #[doc(alias = "task_lock")]
    #[inline]
    pub(crate) fn lock(task: &'t Task, _caller: &'t mut Caller<'_>) -> Self {
        // SAFETY: `task` is a valid task. By the mutable borrow of the caller, this context holds
        // no spinning lock.
        unsafe { Self::lock_raw(task) }
    }

    /// Takes the lock of a task, for a caller in C.
    ///
    /// # Safety
    ///
    /// This context does not hold `tasklist_lock` for writing, with which this lock does not nest.
    #[inline]
    pub(crate) unsafe fn lock_raw(task: &'t Task) -> Self {
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
    pub(crate) fn lock_interruptible(task: &'t Task, _caller: &mut Caller<'_>) -> Option<Self> {
        // SAFETY: `task` is a valid task, whose signal struct lives as long as it does. By the
        // mutable borrow of the caller, this context may sleep.
        let failed = unsafe { bindings::ptrace_shim_cred_guard_lock_interruptible(task.as_ptr()) };
        // INVARIANT: It was just taken, where the function returned 0. `then()` and not
        // `then_some()`: a guard that is only made to be dropped would unlock.
        (failed == 0).then(|| Self(task, NotThreadSafe))
    }

    /// The task that is not in exec.
    #[inline]
    pub(crate) fn task(&self) -> &'t Task {
        self.0
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
    unsafe fn release(task: &Task);
}

/// Taken where interrupts were enabled, and are to be again.
pub(crate) struct Irq;

impl Taken for Irq {
    #[inline]
    unsafe fn release(task: &Task) {
        // SAFETY: By the requirement of this function.
        unsafe { bindings::ptrace_shim_siglock_unlock_irq(task.as_ptr()) };
    }
}

/// Taken where interrupts were disabled, and are to stay so.
pub(crate) struct Nested;

impl Taken for Nested {
    #[inline]
    unsafe fn release(task: &Task) {
        // SAFETY: By the requirement of this function.
        unsafe { bindings::ptrace_shim_siglock_unlock(task.as_ptr()) };
    }
}

/// Evidence that a task's siglock is held, with interrupts disabled.
///
/// There are two ways to take it, which differ in what they do with interrupts. The type of the
/// guard says which one it was, and so how it is released.
///
/// With `CONFIG_PREEMPT_RT`, the siglock sleeps and interrupts stay enabled: what the guard proves
/// is that the lock is held.
///
/// # Invariants
///
/// `task->sighand` is not null and does not change, and its siglock is held by this context, which
/// took it as `T` says, while a value of this type exists.
#[must_use = "the lock unlocks immediately when the guard is unused"]
pub(crate) struct SighandGuard<'g, T: Taken> {
    task: &'g Task,
    _taken: PhantomData<T>,
    _not_send: NotThreadSafe,
}

impl<'g> SighandGuard<'g, Irq> {
    /// Takes the siglock of `task` and disables interrupts, or returns [`None`] if `task` has been
    /// released.
    ///
    /// Right for any task, one that is dying included.
    // Always inlined: every request comes through here twice.
    #[doc(alias = "lock_task_sighand")]
    #[doc(alias = "lock_sighand_irq")]
    #[inline(always)]
    pub(crate) fn try_lock(task: &'g Task, _caller: &'g mut Caller<'_>) -> Option<Self> {
        let _rcu = rcu::read_lock();
        loop {
            // SAFETY: A valid place; C publishes the pointer by `rcu_assign_pointer()`.
            let sighand = unsafe { rcu_dereference!(place!(task, sighand)) };
            if sighand.is_null() {
                return None;
            }
            // SAFETY: Under RCU, what the pointer points to stays a siglock, if maybe another
            // task's: `SLAB_TYPESAFE_BY_RCU`. By the mutable borrow of the caller, interrupts are
            // enabled, and this context holds no siglock.
            unsafe { bindings::ptrace_shim_sighand_lock_irq(sighand) };
            // SAFETY: A valid place, which is stored to as a word.
            if sighand == unsafe { read_once!(place!(task, sighand)) } {
                // SAFETY: It was just taken, it is the task's, and so pins `task->sighand`.
                return Some(unsafe { Self::new(task) });
            }
            // SAFETY: It was just taken.
            unsafe { bindings::ptrace_shim_sighand_unlock_irq(sighand) };
        }
    }

    /// Takes the siglock of `task` and disables interrupts.
    ///
    /// # Safety
    ///
    /// `task->sighand` is not null and does not change until the guard is dropped.
    #[doc(alias = "spin_lock_irq")]
    #[inline]
    pub(crate) unsafe fn lock_irq(task: &'g Task, _caller: &'g mut Caller<'_>) -> Self {
        // SAFETY: By the requirement of this function. By the mutable borrow of the caller,
        // interrupts are enabled.
        unsafe { bindings::ptrace_shim_siglock_lock_irq(task.as_ptr()) };
        // SAFETY: It was just taken, and by the requirement of this function.
        unsafe { Self::new(task) }
    }
}

impl<'g> SighandGuard<'g, Nested> {
    /// Takes the siglock of `task` where interrupts are disabled already.
    ///
    /// # Safety
    ///
    /// `task` has not been released, so that `task->sighand` is not null. This context does not
    /// hold a siglock.
    #[doc(alias = "spin_lock")]
    #[inline]
    pub(crate) unsafe fn lock_nested(task: &'g Task, _lock: &'g TasklistWrite) -> Self {
        // SAFETY: By the requirement of this function, there is a siglock.
        unsafe { bindings::ptrace_shim_siglock_lock(task.as_ptr()) };
        // SAFETY: It was just taken. `task->sighand` is set to null, or by exec to another, only by
        // who holds `tasklist_lock` for writing, as this context does.
        unsafe { Self::new(task) }
    }
}

impl<'g, T: Taken> SighandGuard<'g, T> {
    /// The guard of a lock that was just taken.
    ///
    /// # Safety
    ///
    /// This context has taken the siglock of `task` in the way that `T` says, with `task->sighand`
    /// not null, and not to change while the lock is held.
    #[inline]
    unsafe fn new(task: &'g Task) -> Self {
        // INVARIANT: By the requirement of this function.
        Self {
            task,
            _taken: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// The task whose siglock this is.
    #[inline]
    pub(crate) fn task(&self) -> &Task {
        self.task
    }

    /// The job control bits of the task.
    #[inline]
    pub(crate) fn jobctl(&self) -> Jobctl {
        // SAFETY: The siglock protects this, which is held by the type's invariant.
        Jobctl::new(unsafe { place!(self.task, jobctl).read() })
    }

    /// Stores job control bits of the task.
    ///
    /// # Safety
    ///
    /// The change is one that C allows for a task in its state: a trap is pending only for one that
    /// is traced, and a stop ends only if nobody relies on it.
    #[inline]
    pub(crate) unsafe fn set_jobctl(&mut self, jobctl: Jobctl) {
        // SAFETY: The siglock protects this, which is held by the type's invariant. Others read it
        // without.
        unsafe { write_once!(place!(self.task, jobctl), jobctl.bits()) };
    }

    /// Sets pending bits, unless the task is dying; returns whether it did.
    ///
    /// # Safety
    ///
    /// The task is traced.
    #[doc(alias = "task_set_jobctl_pending")]
    #[inline]
    pub(crate) unsafe fn set_pending(&mut self, pending: Pending) -> bool {
        // SAFETY: The siglock is held by the type's invariant, and the bits satisfy what the
        // function checks with `BUG_ON()`, by the invariant of `Pending`.
        unsafe { bindings::task_set_jobctl_pending(self.task.as_ptr(), pending.bits()) }
    }

    /// Queues a signal for the task alone, with a siginfo that is one of `SEND_SIG_*`.
    ///
    /// It is not queued for a task that is exiting, and need not be.
    ///
    /// # Safety
    ///
    /// The current task may send the signal, and `info` is no pointer.
    #[doc(alias = "send_signal_locked")]
    pub(crate) unsafe fn send(&mut self, signal: u32, info: *mut bindings::kernel_siginfo) {
        // CAST: A number of a signal fits.
        // SAFETY: The siglock is held by the type's invariant.
        unsafe {
            bindings::send_signal_locked(
                signal as c_int,
                info,
                self.task.as_ptr(),
                bindings::pid_type_PIDTYPE_PID,
            )
        };
    }

    /// Whether the task's group is stopped, or is in the process of stopping.
    #[inline]
    pub(crate) fn group_stop_in_effect(&self) -> bool {
        // SAFETY: As in `signal_flags()`.
        let stopping = unsafe { (*task::signal(self.task)).group_stop_count };
        self.signal_flags() & bindings::SIGNAL_STOP_STOPPED != 0 || stopping != 0
    }

    /// Whether the task leads its thread group and is not its last thread, so that `wait()` does
    /// not report its end yet.
    #[doc(alias = "delay_group_leader")]
    pub(crate) fn leads_others(&self) -> bool {
        // SAFETY: A valid task; the siglock protects the list of its threads, which is held.
        let alone = unsafe { bindings::ptrace_shim_thread_group_empty(self.task.as_ptr()) };
        task::is_group_leader(self.task) && !alone
    }

    /// Whether the task's process exits: each of its threads has been sent `SIGKILL`.
    #[doc(alias = "SIGNAL_GROUP_EXIT")]
    pub(crate) fn group_exits(&self) -> bool {
        self.signal_flags() & bindings::SIGNAL_GROUP_EXIT != 0
    }

    /// The flags of the task's process, `SIGNAL_*`.
    #[inline]
    fn signal_flags(&self) -> c_uint {
        // SAFETY: The signal struct of a task lives as long as the task does, and the siglock
        // protects its fields, which is held by the type's invariant.
        unsafe { (*task::signal(self.task)).flags }
    }

    /// Whether the task's process ignores its children, which then reap themselves.
    #[doc(alias = "ignoring_children")]
    pub(crate) fn ignores_children(&self) -> bool {
        const SIG_IGN: usize = 1;

        // SAFETY: The siglock pins this, which is held by the type's invariant.
        let sighand = unsafe { place!(self.task, sighand).read() };
        // SAFETY: By the type's invariant, `sighand` is not null, and the siglock protects its
        // actions.
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
        // SAFETY: The siglock protects this, which is held by the type's invariant.
        let [first, ..] = unsafe { place!(self.task, pending.signal.sig).read() };
        first & 1 << (bindings::SIGKILL - 1) != 0
    }
}

impl<T: Taken> Drop for SighandGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: By the type's invariant, this context holds the lock, and took it as `T` says.
        unsafe { T::release(self.task) };
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
    fn changed(bits: c_ulong, change: impl FnOnce(&mut SighandGuard<'_, Irq>)) -> Option<c_ulong> {
        let task = current!();
        // SAFETY: No lock is held, and there is no other such value.
        let mut caller = unsafe { Caller::in_syscall(task) };
        let mut sighand = SighandGuard::try_lock(task, &mut caller)?;
        let before = sighand.jobctl();
        // SAFETY: The task sees nothing of this before it is undone.
        unsafe { sighand.set_jobctl(Jobctl::new(bits)) };
        change(&mut sighand);
        let after = sighand.jobctl().bits();
        // SAFETY: As it was.
        unsafe { sighand.set_jobctl(before) };
        Some(after)
    }

    #[test]
    fn pending_bits_are_set_as_the_rules_say() {
        for bits in rules::states() {
            for pending in [Pending::TRAP_INTERRUPT, Pending::TRAP_STOP_TRAPPING] {
                let mut done = false;
                let after = changed(bits, |sighand| {
                    // SAFETY: What the task is not traced for is undone before it sees it.
                    done = unsafe { sighand.set_pending(pending) };
                });
                assert!(done);
                assert_eq!(after, Some(rules::set(bits, pending.bits())));
            }
        }
    }

    #[test]
    fn traps_are_cleared_as_the_rules_say() {
        let traps = bindings::JOBCTL_TRAP_MASK as c_ulong;
        for bits in rules::states() {
            let after = changed(bits, |sighand| {
                let task = sighand.task().as_ptr();
                // SAFETY: The siglock is held.
                unsafe { bindings::task_clear_jobctl_pending(task, traps) };
                // SAFETY: The siglock is held.
                unsafe { bindings::task_clear_jobctl_trapping(task) };
            });
            let expected = rules::clear(bits, traps, ALL) & !rules::TRAPPING;
            assert_eq!(after, Some(expected));
        }
    }
}
