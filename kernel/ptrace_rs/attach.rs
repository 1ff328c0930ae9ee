// SPDX-License-Identifier: GPL-2.0-only

//! `PTRACE_TRACEME`, `PTRACE_ATTACH` and `PTRACE_SEIZE`: how a task gets a tracer.

#![forbid(unsafe_code)]

use crate::{
    access::{
        Permission,
        PermittedOptions, //
    },
    list::{
        self,
        Attach,
        Linked,
        Untraced,
        UntracedCaller, //
    },
    lock::{
        CredGuard,
        TasklistWrite, //
    },
    task::{
        self,
        Entry, //
    }, //
};
use kernel::{
    bindings,
    prelude::*,
    task::{
        CurrentTask,
        Task, //
    }, //
};

/// What `PTRACE_SEIZE` asks for, by its last two arguments.
///
/// `EIO` if `addr` is not 0 or if there is an option that is none, and what
/// [`PermittedOptions::new`] says.
#[inline]
fn seized(addr: c_ulong, options: c_ulong, current: &CurrentTask) -> Result<Attach> {
    if addr != 0 {
        return Err(EIO);
    }
    PermittedOptions::new(without_devel(options), current, EIO).map(Attach::Seized)
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

/// Makes the caller the tracer of `task`, by `PTRACE_SEIZE` with its last two arguments, or by
/// `PTRACE_ATTACH`, which ignores them.
///
/// Sleeps. First what [`seized()`] says; then `EPERM` for a thread of the kernel or of the caller's
/// own process, for one that the caller may not look into, that exits, or that has a tracer; what a
/// security module says; and `ERESTARTNOINTR` if a signal comes while the task is in exec.
// Always inlined: a call would be 5 to 17 instructions of each attach.
#[doc(alias = "ptrace_attach")]
#[inline(always)]
pub(crate) fn attach(
    task: &Task,
    seize: bool,
    addr: c_ulong,
    data: c_ulong,
    entry: &mut Entry<'_>,
) -> Result {
    let how = if seize {
        seized(addr, data, entry)?
    } else {
        Attach::NotSeized
    };
    task::audit(task);
    if task::is_kthread(task) || task::same_thread_group(task, entry) {
        return Err(EPERM);
    }
    attach_if_permitted(task, how, entry)
}

/// Makes the caller the tracer of a task of another process: the part of [`attach()`] that asks for
/// permission, and sleeps.
// Not inlined: all other requests would have its frame below them.
#[inline(never)]
fn attach_if_permitted(task: &Task, how: Attach, entry: &mut Entry<'_>) -> Result {
    {
        // exec determines credentials differently under ptrace: not in the middle of it.
        let not_in_exec = CredGuard::lock_interruptible(task, entry).ok_or(ERESTARTNOINTR)?;
        let permission = Permission::attach(&not_in_exec, entry)?;

        let tasklist = TasklistWrite::lock_irq(entry);
        let untraced = Untraced::check(permission, tasklist.caller(), &tasklist).ok_or(EPERM)?;
        bring_to_stop(list::link(untraced, how, &tasklist), how);
    }

    // If SIGKILL ends the wait, the caller does not return to user mode but exits, and detaches the
    // task; until then, nobody can attach it.
    entry.wait_while_trapping(task);
    entry.tell_connector(task, bindings::PTRACE_ATTACH);
    Ok(())
}

/// Has a task that was just attached stop, unless it was seized; and takes one that is in a group
/// stop from there to a ptrace-stop.
///
/// The way from one stop to the other is hidden from the thread that attaches, which waits for it
/// to be over, but not from others: their `wait()` with `WNOHANG` may find the task running.
#[doc(alias = "ptrace_set_stopped")]
#[inline]
fn bring_to_stop(mut tracee: Linked<'_>, how: Attach) {
    if matches!(how, Attach::NotSeized) {
        tracee.send_stop();
    }
    // The siglock protects both ways, into a group stop and out of it.
    tracee.trap_from_group_stop();
}

/// Makes the parent of the caller its tracer.
///
/// `EPERM` if it has one, or what a security module says. Success, with no tracer, if the parent
/// exits: it would let go of the task at once.
#[doc(alias = "ptrace_traceme")]
#[inline]
pub(crate) fn traceme(entry: &mut Entry<'_>) -> Result {
    let tasklist = TasklistWrite::lock_irq(entry);
    if let Some(untraced) = UntracedCaller::check(tasklist.caller(), &tasklist)? {
        list::link_caller(untraced, &tasklist);
    }
    Ok(())
}
