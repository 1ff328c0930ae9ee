// SPDX-License-Identifier: GPL-2.0-only

//! Tracees, in whatever state and stopped: what a request must hold to be carried out.
//!
//! C stands in the middle of a request that needs a stopped tracee: the system call freezes the
//! tracee and calls the architecture's `arch_ptrace()`, which calls `ptrace_request()`. So the
//! duty to unfreeze, [`Frozen`], and the right to look, [`Stopped`], are two types.

use crate::{
    lock::{
        SighandGuard,
        TasklistHeld,
        TasklistRead, //
    },
    options::PtFlags,
    task, //
};
use kernel::{
    bindings,
    prelude::*,
    task::{
        CurrentTask,
        Task, //
    },
    types::NotThreadSafe, //
};

/// Whether the current task traces `task`.
fn is_traced(task: &Task, current: &CurrentTask, lock: &impl TasklistHeld) -> bool {
    task::ptrace_flags(task) != 0 && task::is_parent(task, current, lock)
}

/// A task that the calling thread traces. It may be running, stopped or dying.
///
/// # Invariants
///
/// The task was seen to be traced by the current task, under `tasklist_lock`. As long as the task
/// lives, nobody but the current task can change that.
pub(crate) struct Attached<'t> {
    task: &'t Task,
    _not_send: NotThreadSafe,
}

impl<'t> Attached<'t> {
    /// Checks that the current task traces `task`, whatever state it is in.
    ///
    /// Takes `tasklist_lock` for reading. `ESRCH` if the current task does not trace it.
    #[doc(alias = "ptrace_check_attach")]
    pub(crate) fn check(task: &'t Task, current: &CurrentTask) -> Result<Self> {
        if !is_traced(task, current, &TasklistRead::lock()) {
            return Err(ESRCH);
        }
        // INVARIANT: It was just seen, under the lock.
        Ok(Self {
            task,
            _not_send: NotThreadSafe,
        })
    }

    /// The task.
    pub(crate) fn task(&self) -> &'t Task {
        self.task
    }

    /// Whether the tracee was attached with `PTRACE_SEIZE`.
    #[doc(alias = "PT_SEIZED")]
    pub(crate) fn is_seized(&self) -> bool {
        PtFlags::new(task::ptrace_flags(self.task)).is_seized()
    }

    /// `PTRACE_KILL`: sends `SIGKILL`, and no more.
    pub(crate) fn kill(&self) {
        task::kill(self.task);
    }
}

/// The duty to unfreeze a tracee that was frozen in its stop, for one request.
///
/// Not by `Drop`: after `PTRACE_DETACH`, the task may be another tracer's, and frozen by it.
///
/// # Invariants
///
/// The current task traces the task, and has set its `JOBCTL_PTRACE_FROZEN`.
#[must_use = "the tracee must be unfrozen"]
pub(crate) struct Frozen<'t> {
    task: &'t Task,
    _not_send: NotThreadSafe,
}

impl<'t> Frozen<'t> {
    /// Checks that the current task traces `task` and that it is in a ptrace stop, and sees to it
    /// that it stays there, even if it is sent `SIGKILL`, and is off the CPU.
    ///
    /// Takes `tasklist_lock` for reading, and the siglock of `task`. Sleeps. [`None`] if the
    /// current task does not trace it, or if it is not stopped or is being killed.
    #[doc(alias = "ptrace_check_attach")]
    #[doc(alias = "ptrace_freeze_traced")]
    // Always inlined: every request comes through here.
    #[inline(always)]
    pub(crate) fn freeze(task: &'t Task, current: &CurrentTask) -> Option<Self> {
        {
            let tasklist = TasklistRead::lock();
            if !is_traced(task, current, &tasklist) {
                return None;
            }
            // Without the lock: only the tracer sets it.
            if task::jobctl(task).is_listening() {
                return None;
            }
            let mut sighand = SighandGuard::lock_irq(task, &tasklist)?;
            let stopped = sighand.jobctl().is_traced()
                && !has_spurious_pid(task)
                && !sighand.fatal_signal_pending();
            if !stopped {
                return None;
            }
            sighand.freeze();
        }
        // INVARIANT: Both were just seen to, under the locks.
        let frozen = Self {
            task,
            _not_send: NotThreadSafe,
        };
        if !task::wait_inactive(task) {
            // What is frozen does not leave its stop.
            frozen.unfreeze();
            return None;
        }
        Some(frozen)
    }

    /// Ends the duty after a request that has left the tracee attached, or has failed to detach it.
    ///
    /// Takes and releases the siglock.
    #[doc(alias = "ptrace_unfreeze_traced")]
    #[inline]
    pub(crate) fn unfreeze(self) {
        // The task may be awake, and may have cleared the bit itself; and it may be dead.
        if let Some(mut sighand) = SighandGuard::try_lock(self.task) {
            // SAFETY: Who makes a `Stopped` keeps this value for longer.
            unsafe { sighand.unfreeze() };
        }
    }

    /// Ends the duty after the tracee was detached: who may have frozen it now is another tracer.
    pub(crate) fn forget(self) {}
}

/// Whether the number that the tracer knows the tracee by may be another's by now.
///
/// The tracee has changed its number in exec, to that of the leader, and the tracer has not yet
/// taken the event that says so: it probably means the old leader.
#[doc(alias = "looks_like_a_spurious_pid")]
fn has_spurious_pid(task: &Task) -> bool {
    const EXEC: c_int = (bindings::PTRACE_EVENT_EXEC << 8 | bindings::SIGTRAP) as c_int;

    if task::exit_code(task) != EXEC {
        return false;
    }
    // CAST: Extends the sign, as C's comparison of an `int` with an `unsigned long` does.
    task::vnr(task) as c_ulong != task::ptrace_message(task)
}

/// A tracee that is in a ptrace stop, does not leave it, and is off the CPU: its registers, its
/// siginfo, its options and its memory may be looked at.
///
/// # Invariants
///
/// A [`Frozen`] for the task exists in the system call that is being carried out, and the task was
/// not resumed or detached since.
pub(crate) struct Stopped<'t> {
    task: &'t Task,
    _not_send: NotThreadSafe,
}

impl<'t> Stopped<'t> {
    /// The tracee that C passes on between the two halves of a request.
    ///
    /// # Safety
    ///
    /// The current task holds a [`Frozen`] for `task`, which was not resumed or detached since, and
    /// keeps it for as long as the value exists. There is no other value of this type for `task`.
    pub(crate) unsafe fn assume(task: &'t Task) -> Self {
        // INVARIANT: By the requirement of this function.
        Self {
            task,
            _not_send: NotThreadSafe,
        }
    }

    /// The task.
    pub(crate) fn task(&self) -> &'t Task {
        self.task
    }

    /// The tracee's ptrace flags.
    pub(crate) fn flags(&self) -> PtFlags {
        PtFlags::new(task::ptrace_flags(self.task))
    }

    /// `PTRACE_LISTEN`: the tracee stays in its group stop, but leaves it by itself to report a
    /// change of that. Until then, it is not stopped for `wait()` and for ptrace.
    ///
    /// `EIO` if it was not attached with `PTRACE_SEIZE`, or if this is no `PTRACE_EVENT_STOP`.
    pub(crate) fn listen(self) -> Result {
        if !self.flags().is_seized() {
            return Err(EIO);
        }
        let mut sighand = SighandGuard::try_lock(self.task).ok_or(EIO)?;
        match sighand.stop_si_code() {
            Some(code) if code >> 8 == bindings::PTRACE_EVENT_STOP as c_int => {}
            _ => return Err(EIO),
        }
        // SAFETY: There was this one only, which is not used any more.
        unsafe { sighand.listen() };
        // What happened between the begin of this stop and now.
        if sighand.jobctl().has_trap_notify() {
            sighand.wake_to_trap();
        }
        Ok(())
    }
}
