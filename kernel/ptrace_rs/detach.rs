// SPDX-License-Identifier: GPL-2.0-only

//! `PTRACE_DETACH`, and what happens to tracees when their tracer exits.

#![forbid(unsafe_code)]

use crate::{
    list::{
        CurrentTracer,
        Dead,
        DeadList,
        ExitingTracer,
        Leaving,
        Unlinked, //
    },
    lock::TasklistWrite,
    options::DetachSignal,
    stop::Stopped,
    task::{
        self,
        Caller, //
    }, //
};
use kernel::bindings;

/// Takes a task from its tracer, and puts it in the state that its group is in.
///
/// That is a group stop, if one is in effect or begins, and else it runs. From a ptrace-stop, it
/// gets to a group stop by way of running, which is hidden from nobody.
///
/// From `PTRACE_DETACH`, it is in a ptrace-stop, unless it was killed meanwhile; from the exit
/// of its tracer, it may be in any state. Takes the siglock. `BUG()`s if it is not traced.
#[doc(alias = "__ptrace_unlink")]
pub(crate) fn unlink<'t>(leaving: Leaving<'t>, tasklist: &'t TasklistWrite) -> Unlinked<'t> {
    task::bug_on(task::ptrace_flags(leaving.task()) == 0);

    leaving.clear_syscall_work();

    let mut sighand = leaving.unlink(tasklist);
    sighand.join_group_stop();

    // One in a ptrace-stop leaves it; one that is to stop with its group gets to do so. No others,
    // since this might end a TASK_KILLABLE sleep.
    let jobctl = sighand.jobctl();
    if jobctl.has_stop_pending() || jobctl.is_in_ptrace_stop() {
        sighand.wake();
    }
    sighand.unlock()
}

/// Takes a task from its tracer; returns it if it is a zombie that the tracer is to reap, when it
/// has dropped `tasklist_lock`.
///
/// That a zombie had a tracer has kept its real parent from being told, and itself from being
/// reaped: that is made up for here.
// Always inlined: a call would be 17 instructions for each tracee of a tracer that exits.
#[doc(alias = "__ptrace_detach")]
#[inline(always)]
fn unlink_and_bury<'t>(
    tracer: &CurrentTracer<'_>,
    leaving: Leaving<'t>,
    tasklist: &'t TasklistWrite,
) -> Option<Dead<'t>> {
    let zombie = unlink(leaving, tasklist).zombie()?;

    let dead = if !zombie.is_group_leader() {
        true
    } else if !zombie.is_only_thread() {
        false
    } else if !zombie.is_child_of(tracer) {
        zombie.notify_parent()
    } else if tracer.ignores_children(tasklist) || zombie.is_autoreaped() {
        // Its own child, which would have reaped itself. Threads of the tracer may wait for it.
        zombie.wake_up_parent(tracer);
        true
    } else {
        false
    };
    dead.then(|| zombie.bury())
}

/// Lets go of a tracee, which goes on with `signal`, or as its group stop says.
///
/// Takes `tasklist_lock` for writing. Sleeps.
// Always inlined: it is called from one place only, at the deepest.
#[doc(alias = "ptrace_detach")]
#[inline(always)]
pub(crate) fn detach(stopped: Stopped<'_>, signal: DetachSignal, caller: &mut Caller<'_>) {
    stopped.disable();
    let child = {
        let tasklist = TasklistWrite::lock_irq(caller);
        // It is frozen: SIGKILL does not wake it, and only its tracer lets go of it.
        stopped.warn_if_gone(&tasklist);
        // Under the lock that wait_task_stopped() holds: see Stopped::resume().
        stopped.set_detach_signal(signal, &tasklist);
        let leaving = Leaving::stopped(stopped);
        let child = leaving.task();
        // It is no zombie.
        let tracer = CurrentTracer::caller(tasklist.caller());
        let _ = unlink_and_bury(&tracer, leaving, &tasklist);
        child
    };
    caller.tell_connector(child, bindings::PTRACE_DETACH);
}

/// Lets go of all tracees of a task that exits, and puts those on `dead` that are to be reaped.
#[doc(alias = "exit_ptrace")]
pub(crate) fn exit(exiting: &mut ExitingTracer<'_>, mut dead: DeadList, tasklist: &TasklistWrite) {
    let tracer = exiting.tracer();
    while let Some(leaving) = exiting.first_tracee(tasklist) {
        if let Some(child) = unlink_and_bury(&tracer, leaving, tasklist) {
            dead.push(child, tasklist);
        }
    }
}
