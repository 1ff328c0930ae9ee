// SPDX-License-Identifier: GPL-2.0-only

//! Tracees: what a request was told apart from, by the time it is carried out.

#![forbid(unsafe_code)]

use crate::{
    lock::TasklistRead,
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

/// A task that the calling thread traces. It may be running, stopped or dying.
///
/// # Invariants
///
/// The task was seen to be traced by the current task, under `tasklist_lock`. As long as the task
/// lives, nobody but the current task can change that.
pub(crate) struct Attached<'a> {
    task: &'a Task,
    _not_send: NotThreadSafe,
}

impl<'a> Attached<'a> {
    /// Checks that the current task traces `task`, whatever state it is in.
    ///
    /// Takes `tasklist_lock` for reading. `ESRCH` if the current task does not trace it.
    #[doc(alias = "ptrace_check_attach")]
    pub(crate) fn check(task: &'a Task, current: &CurrentTask) -> Result<Self> {
        let tasklist = TasklistRead::lock();
        if task::ptrace_flags(task) == 0 || !task::is_parent(task, current, &tasklist) {
            return Err(ESRCH);
        }
        // INVARIANT: It was just seen, under the lock.
        Ok(Self {
            task,
            _not_send: NotThreadSafe,
        })
    }

    /// The task.
    pub(crate) fn task(&self) -> &'a Task {
        self.task
    }

    /// Whether the tracee was attached with `PTRACE_SEIZE`.
    #[doc(alias = "PT_SEIZED")]
    pub(crate) fn is_seized(&self) -> bool {
        task::ptrace_flags(self.task) & bindings::PT_SEIZED != 0
    }
}
