// SPDX-License-Identifier: GPL-2.0-only

//! `PTRACE_INTERRUPT`: trap a tracee with no signal and no effect on job control; and
//! `PTRACE_KILL`.

#![forbid(unsafe_code)]

use crate::{
    stop::Attached,
    task::Entry, //
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
// Always inlined: it is called from one place only.
#[inline(always)]
pub(crate) fn interrupt(task: &Task, entry: &mut Entry<'_>) -> Result {
    let tracee = Attached::lock(task, entry).ok_or(ESRCH)?;
    // Only a tracer that has seized the task knows PTRACE_EVENT_STOP.
    tracee.seized().ok_or(EIO)?.trap();
    Ok(())
}

/// `PTRACE_KILL`: sends `SIGKILL` to the tracee, which may be in any state.
///
/// Takes and releases the siglock. `ESRCH` if the caller does not trace the task.
#[inline]
pub(crate) fn kill(task: &Task, entry: &mut Entry<'_>) -> Result {
    Attached::lock(task, entry).ok_or(ESRCH)?.kill();
    Ok(())
}
