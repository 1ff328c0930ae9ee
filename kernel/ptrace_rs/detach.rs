// SPDX-License-Identifier: GPL-2.0-only

//! `PTRACE_DETACH`, and what happens to tracees when their tracer exits.

#![forbid(unsafe_code)]

use crate::{
    arch,
    list::{
        self,
        Dead,
        DeadList,
        ExitingTracer,
        Leaving,
        Unlinked, //
    },
    lock::{
        SighandGuard,
        TasklistWrite, //
    },
    options::{
        DetachSignal,
        PtFlags, //
    },
    stop::Stopped,
    task, //
};
use kernel::{
    bindings,
    task::{
        CurrentTask,
        Task, //
    }, //
};

/// Takes a task from its tracer, and puts it in the state that its group is in.
///
/// That is a group stop, if one is in effect or begins, and else it runs. From a ptrace stop, it
/// gets to a group stop by way of running, which is hidden from nobody.
///
/// From `PTRACE_DETACH`, it is in a ptrace stop, unless it was killed meanwhile; from the exit
/// of its tracer, it may be in any state. Takes the siglock. `BUG()`s if it is not traced.
#[doc(alias = "__ptrace_unlink")]
pub(crate) fn unlink<'t>(leaving: Leaving<'t>, tasklist: &'t TasklistWrite) -> Unlinked<'t> {
    let child = leaving.task();
    task::bug_on(task::ptrace_flags(child) == 0);

    arch::set_syscall_work(child, false, false);

    let unlinked = list::unlink(leaving, tasklist);

    let mut sighand = SighandGuard::lock_unlinked(&unlinked, tasklist);
    task::clear_ptrace_flags(child, tasklist);
    sighand.clear_traps();

    if !task::is_exiting(child) && sighand.group_stop_in_effect() {
        sighand.join_group_stop();
    }

    // Only what is in a ptrace stop may be woken so: else, a TASK_KILLABLE sleep might end.
    let jobctl = sighand.jobctl();
    if jobctl.has_stop_pending() || jobctl.is_traced() {
        sighand.wake();
    }
    unlinked
}

/// Takes a task from `tracer`; returns it if it is a zombie that the caller is to reap, when it
/// has dropped `tasklist_lock`.
///
/// That a zombie had a tracer has kept its real parent from being told, and itself from being
/// reaped: that is made up for here.
#[doc(alias = "__ptrace_detach")]
#[inline(always)]
fn unlink_and_bury<'t>(
    tracer: &Task,
    leaving: Leaving<'t>,
    tasklist: &'t TasklistWrite,
) -> Option<Dead<'t>> {
    let zombie = unlink(leaving, tasklist).zombie(tasklist)?;
    let child = zombie.task();

    let dead = if !task::is_group_leader(child) {
        true
    } else if !task::is_only_thread(child, tasklist) {
        false
    } else if !task::same_thread_group(zombie.real_parent(tasklist), tracer) {
        task::notify_parent(&zombie, tasklist)
    } else if ignores_children(tracer, tasklist) || task::is_autoreaped(child) {
        // Its own child, which would have reaped itself. Threads of the tracer may wait for it.
        task::wake_up_parent(child, tracer, tasklist);
        true
    } else {
        false
    };
    dead.then(|| zombie.bury(tasklist))
}

/// Whether the children of `task` reap themselves.
fn ignores_children(task: &Task, tasklist: &TasklistWrite) -> bool {
    SighandGuard::lock_nested(task, tasklist).is_some_and(|sighand| sighand.ignores_children())
}

/// Lets go of a tracee, which goes on with `signal`, or as its group stop says.
///
/// Takes `tasklist_lock` for writing. Sleeps.
#[doc(alias = "ptrace_detach")]
pub(crate) fn detach(stopped: Stopped<'_>, signal: DetachSignal, current: &CurrentTask) {
    let child = stopped.task();
    arch::disable(&stopped);
    {
        let tasklist = TasklistWrite::lock_irq();
        // Frozen, it was not killed, and only its tracer lets go of it.
        kernel::warn_on!(task::ptrace_flags(child) == 0 || task::exit_state(child, &tasklist) != 0);
        // Under the lock that wait_task_stopped() holds: see resume().
        task::set_detach_signal(&stopped, signal, &tasklist);
        // It is no zombie.
        let _ = unlink_and_bury(current, Leaving::stopped(stopped), &tasklist);
    }
    task::tell_connector(child, bindings::PTRACE_DETACH);
}

/// Lets go of all tracees of a task that exits, and puts those on `dead` that are to be reaped.
#[doc(alias = "exit_ptrace")]
pub(crate) fn exit(tracer: &ExitingTracer<'_>, mut dead: DeadList, tasklist: &TasklistWrite) {
    while let Some(leaving) = tracer.first_tracee(tasklist) {
        let child = leaving.task();
        if PtFlags::new(task::ptrace_flags(child)).kills_on_exit() {
            task::kill_by_kernel(child);
        }
        if let Some(child) = unlink_and_bury(tracer.task(), leaving, tasklist) {
            dead.push(child, tasklist);
        }
    }
}
