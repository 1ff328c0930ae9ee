// SPDX-License-Identifier: GPL-2.0-only

//! How a stopped tracee goes on: `PTRACE_CONT`, `PTRACE_SYSCALL` and their like.

#![forbid(unsafe_code)]

use crate::{
    arch,
    lock::SighandGuard,
    options::ResumeSignal,
    stop::Stopped, //
};
use kernel::prelude::*;

/// Until when a tracee goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// `PTRACE_CONT`: until a signal or an event.
    Cont,
    /// `PTRACE_SYSCALL`: until it enters or leaves a system call, too.
    Syscall,
    /// `PTRACE_SINGLESTEP`: for an instruction.
    SingleStep,
    /// `PTRACE_SINGLEBLOCK`: until it jumps.
    SingleBlock,
    /// `PTRACE_SYSEMU`: until it enters a system call, which is then not carried out.
    Sysemu,
    /// `PTRACE_SYSEMU_SINGLESTEP`: for an instruction, which may be such a system call.
    SysemuSingleStep,
}

/// Has a tracee go on, with `signal`.
///
/// Takes the siglock. `EIO` if the architecture has no such steps; whether system calls are traced
/// has changed even then.
#[doc(alias = "ptrace_resume")]
pub(crate) fn resume(stopped: Stopped<'_>, how: Resume, signal: ResumeSignal) -> Result {
    let task = stopped.task();
    let emulates = matches!(how, Resume::Sysemu | Resume::SysemuSingleStep);
    arch::set_syscall_work(task, how == Resume::Syscall, emulates);
    match how {
        Resume::SingleBlock => arch::enable_block_step(&stopped)?,
        Resume::SingleStep | Resume::SysemuSingleStep => arch::enable_single_step(&stopped)?,
        Resume::Cont | Resume::Syscall | Resume::Sysemu => arch::disable_single_step(&stopped),
    }

    // The status and the state change together under the siglock, which wait_task_stopped() holds:
    // in between, the signal would look like another report. Also if the status is the same: what
    // was not reported yet must not be cleared after this.
    SighandGuard::resume(stopped, signal);
    Ok(())
}
