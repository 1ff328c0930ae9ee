// SPDX-License-Identifier: GPL-2.0-only

//! `PTRACE_INTERRUPT`: trap a tracee with no signal and no effect on job control.

#![forbid(unsafe_code)]

use crate::{
    jobctl::Pending,
    stop::Attached,
    task::Caller, //
};
use kernel::prelude::*;

/// Makes the tracee, which may be in any state, take a trap.
///
/// At least one trap happens after this, unless the tracee dies first. It need not be the one that
/// was asked for: any trap clears what is pending here. A ptrace-stop that the tracee is already in
/// is not disturbed; the trap that was asked for then follows when that ends.
///
/// Takes and releases the siglock. `EIO` if the tracee was not attached with `PTRACE_SEIZE`, or if
/// it has been released.
pub(crate) fn interrupt(tracee: &Attached<'_>, caller: &mut Caller<'_>) -> Result {
    // Stopping a task that the tracer does not know to be stopped works with SEIZE only, which knows
    // PTRACE_EVENT_STOP.
    if !tracee.is_seized() {
        return Err(EIO);
    }

    let mut sighand = tracee.lock(caller).ok_or(EIO)?;
    if sighand.set_pending(Pending::TRAP_INTERRUPT) {
        // A tracee that listens leaves its stop and traps again.
        sighand.wake_to_trap();
    }
    Ok(())
}
