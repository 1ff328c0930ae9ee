// SPDX-License-Identifier: GPL-2.0-only

//! `PTRACE_INTERRUPT`: trap a tracee with no signal and no effect on job control; and `PTRACE_KILL`.

#![forbid(unsafe_code)]

use crate::{
    jobctl::Pending,
    stop::Attached,
    task::Caller, //
};
use kernel::{
    prelude::*,
    task::Task, //
};

/// Makes the tracee, which may be in any state, take a trap.
///
/// At least one trap happens after this, unless the tracee dies first. It need not be the one that
/// was asked for: any trap clears what is pending here. A ptrace-stop that the tracee is already in
/// is not disturbed; the trap that was asked for then follows when that ends.
///
/// Takes and releases the siglock. `ESRCH` if the caller does not trace the task, `EIO` if that was
/// not attached with `PTRACE_SEIZE`.
pub(crate) fn interrupt(task: &Task, caller: &mut Caller<'_>) -> Result {
    let mut tracee = Attached::lock(task, caller).ok_or(ESRCH)?;
    // Only who has seized a task knows PTRACE_EVENT_STOP.
    if !tracee.is_seized() {
        return Err(EIO);
    }
    if tracee.set_pending(Pending::TRAP_INTERRUPT) {
        // A tracee that listens leaves its stop and traps again.
        tracee.wake_to_trap();
    }
    Ok(())
}

/// `PTRACE_KILL`: sends `SIGKILL` to the tracee, which may be in any state.
///
/// Takes and releases the siglock. `ESRCH` if the caller does not trace the task.
pub(crate) fn kill(task: &Task, caller: &mut Caller<'_>) -> Result {
    Attached::lock(task, caller).ok_or(ESRCH)?.kill();
    Ok(())
}
