// SPDX-License-Identifier: GPL-2.0-only

//! `PTRACE_TRACEME`, `PTRACE_ATTACH` and `PTRACE_SEIZE`: how a task gets a tracer.

#![forbid(unsafe_code)]

use crate::{
    access::{
        self,
        Mode, //
    },
    cred::CredRef,
    jobctl::Pending,
    list::{
        self,
        Tracer,
        Untraced, //
    },
    lock::{
        AllocGuard,
        CredGuard,
        SighandGuard,
        TasklistWrite, //
    },
    options::{
        Options,
        PtFlags, //
    },
    task, //
};
use kernel::{
    bindings,
    prelude::*,
    task::{
        CurrentTask,
        Task, //
    }, //
};

/// The flags of a tracee that `PTRACE_SEIZE` attaches, from its last two arguments.
///
/// `EIO` if `addr` is not 0 or if there is an option that is none, and what [`Options::new`] says.
pub(crate) fn seize_flags(
    addr: c_ulong,
    options: c_ulong,
    current: &CurrentTask,
) -> Result<PtFlags> {
    if addr != 0 {
        return Err(EIO);
    }
    Options::new(without_devel(options), current, EIO).map(PtFlags::seized)
}

/// Without the flag that callers had to set while `PTRACE_SEIZE` was in development, where that is
/// to be accepted.
fn without_devel(options: c_ulong) -> c_ulong {
    if cfg!(CONFIG_PTRACE_SEIZE_DEVEL) {
        options & !(bindings::PTRACE_SEIZE_DEVEL as c_ulong)
    } else {
        options
    }
}

/// Makes the current task the tracer of `task`.
///
/// Sleeps. `EPERM` for a thread of the kernel or of the caller's own process, for one that the
/// caller may not look into, that exits, or that has a tracer; what a security module says; and
/// `ERESTARTNOINTR` if a signal comes while the task is in exec.
// Always inlined, as all that is called from one place only: a frame is a part of the cost.
#[doc(alias = "ptrace_attach")]
#[inline(always)]
pub(crate) fn attach(task: &Task, flags: PtFlags, current: &CurrentTask) -> Result {
    task::audit(task);
    if task::is_kthread(task) || task::same_thread_group(task, current) {
        return Err(EPERM);
    }

    {
        // exec determines credentials differently under ptrace: not in the middle of it.
        let _not_in_exec = CredGuard::lock_interruptible(task).ok_or(ERESTARTNOINTR)?;

        // A lock of its own: it does not nest with tasklist_lock.
        access::may_access(&AllocGuard::lock(task), Mode::ATTACH_REALCREDS, current)?;

        let tasklist = TasklistWrite::lock_irq();
        let untraced = Untraced::check(task, &tasklist).ok_or(EPERM)?;
        let cred = CredRef::current(current);
        list::attach(untraced, flags, Tracer::current(current), &cred, &tasklist);
        bring_to_stop(task, flags, &tasklist);
    }

    // If SIGKILL ends the wait, the caller does not return to user mode but exits, and detaches the
    // task; until then, nobody can attach it.
    task::wait_while_trapping(task);
    task::tell_connector(task, bindings::PTRACE_ATTACH);
    Ok(())
}

/// Has a task that was just attached stop, unless it was seized; and takes one that is in a group
/// stop from there to a ptrace stop.
///
/// The way from one stop to the other is hidden from the thread that attaches, which waits for it
/// to be over, but not from others: their `wait()` with `WNOHANG` may find the task running.
#[doc(alias = "ptrace_set_stopped")]
#[inline(always)]
fn bring_to_stop(task: &Task, flags: PtFlags, tasklist: &TasklistWrite) {
    // A task that has not exited has not been released.
    let Some(mut sighand) = SighandGuard::lock_nested(task, tasklist) else {
        return;
    };
    if !flags.is_seized() {
        sighand.send_stop();
    }
    // The siglock protects both ways, into a group stop and out of it.
    if sighand.jobctl().is_stopped() && sighand.set_pending(Pending::TRAP_STOP_TRAPPING) {
        sighand.wake_from_group_stop();
    }
}

/// Makes the parent of the current task its tracer.
///
/// `EPERM` if it has one, or what a security module says. Success, with no tracer, if the parent
/// exits: it would let go of the task at once.
#[doc(alias = "ptrace_traceme")]
#[inline(always)]
pub(crate) fn traceme(current: &CurrentTask) -> Result {
    let tasklist = TasklistWrite::lock_irq();
    let untraced = Untraced::current(current, &tasklist).ok_or(EPERM)?;
    task::security_traceme(task::parent(current, &tasklist), &tasklist)?;
    if let Some(tracer) = Tracer::real_parent(current, &tasklist) {
        // With the task's own credentials: with those of the parent, which has asked for nothing,
        // an unprivileged task could run a program with privileges under a tracer.
        let cred = CredRef::current(current);
        list::attach(untraced, PtFlags::ATTACHED, tracer, &cred, &tasklist);
    }
    Ok(())
}
