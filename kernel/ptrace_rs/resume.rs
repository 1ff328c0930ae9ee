// SPDX-License-Identifier: GPL-2.0-only

//! How a tracee in a ptrace-stop goes on: `PTRACE_CONT`, `PTRACE_SYSCALL` and their like.

#![forbid(unsafe_code)]

use crate::{
    options::ResumeSignal,
    stop::Stopped,
    task::Caller, //
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
pub(crate) fn resume(
    stopped: Stopped<'_>,
    how: Resume,
    signal: ResumeSignal,
    caller: &mut Caller<'_>,
) -> Result {
    let emulates = matches!(how, Resume::Sysemu | Resume::SysemuSingleStep);
    stopped.set_syscall_work(how == Resume::Syscall, emulates);
    match how {
        Resume::SingleBlock => stopped.enable_block_step()?,
        Resume::SingleStep | Resume::SysemuSingleStep => stopped.enable_single_step()?,
        Resume::Cont | Resume::Syscall | Resume::Sysemu => stopped.disable_single_step(),
    }
    stopped.resume(signal, caller);
    Ok(())
}
