// SPDX-License-Identifier: GPL-2.0-only

//! Who may look into whom.

#![forbid(unsafe_code)]

use crate::{
    cred::CredRef,
    lock::AllocGuard,
    task::{
        self,
        Dumpable,
        ExecState, //
    }, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::{
        barrier::{
            smp_mb,
            Read, //
        },
        rcu, //
    },
    task::{
        CurrentTask,
        Task, //
    }, //
};

/// What is to be done to a task, and in whose name: `PTRACE_MODE_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mode(c_uint);

/// Which ids of the caller count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ids {
    /// Those that access to files goes by: the check is for a system call on a file.
    Fs,
    /// The real ones: the caller has asked for access to a process in so many words.
    Real,
}

impl Mode {
    /// To attach.
    pub(crate) const ATTACH_REALCREDS: Self =
        Self(bindings::PTRACE_MODE_ATTACH | bindings::PTRACE_MODE_REALCREDS);

    /// The mode that C asks for.
    pub(crate) fn new(mode: c_uint) -> Self {
        Self(mode)
    }

    /// Which ids count; [`None`] for a caller that has not said so, or has said both.
    fn ids(self) -> Option<Ids> {
        let fs = self.0 & bindings::PTRACE_MODE_FSCREDS != 0;
        let real = self.0 & bindings::PTRACE_MODE_REALCREDS != 0;
        match (fs, real) {
            (true, false) => Some(Ids::Fs),
            (false, true) => Some(Ids::Real),
            _ => None,
        }
    }

    /// Whether the use of a capability is to be recorded.
    fn audits(self) -> bool {
        self.0 & bindings::PTRACE_MODE_NOAUDIT == 0
    }
}

/// Whether the program of `task` may be looked into by who has its credentials, or else the
/// current task may look into any in the program's user namespace.
#[doc(alias = "task_still_dumpable")]
fn is_still_dumpable(task: &Task, mode: Mode) -> bool {
    let guard = rcu::read_lock();
    let Some(state) = ExecState::of(task, &guard) else {
        return false;
    };
    state.dumpable() == Dumpable::Owner || state.user_ns().has_cap_sys_ptrace(mode.audits())
}

/// Whether the credentials of `task` are those of the current task, or else it has the capability
/// to look into tasks of their user namespace.
fn has_credentials_for(task: &Task, mode: Mode, ids: Ids, current: &CurrentTask) -> bool {
    let guard = rcu::read_lock();
    let caller = match ids {
        Ids::Fs => CredRef::current(current).fs_ids(),
        Ids::Real => CredRef::current(current).real_ids(),
    };
    let target = CredRef::of(task, &guard);
    target.are_all(caller) || target.user_ns().has_cap_sys_ptrace(mode.audits())
}

/// Whether the current task may look into the task whose `alloc_lock` is held.
///
/// `EPERM`, or what a security module says. Attaching refuses some cases that this allows, where
/// it could not be done.
#[doc(alias = "__ptrace_may_access")]
#[inline]
pub(crate) fn may_access(lock: &AllocGuard<'_>, mode: Mode, current: &CurrentTask) -> Result {
    let task = lock.task();
    let Some(ids) = mode.ids() else {
        crate::arch::warn_no_creds();
        return Err(EPERM);
    };
    // Security modules are not asked about introspection.
    if task::same_thread_group(task, current) {
        return Ok(());
    }
    if !has_credentials_for(task, mode, ids, current) {
        return Err(EPERM);
    }
    // A task that drops privileges and becomes undumpable, as by setresuid(), must not be taken for
    // one that has dropped them and is dumpable: read dumpable after the credentials. Pairs with
    // the write barrier in commit_creds().
    smp_mb(Read);
    if !is_still_dumpable(task, mode) {
        return Err(EPERM);
    }
    task::security_access_check(lock, mode.0)
}

/// Whether the current task, which is its tracer, may still look into the memory of `task`.
///
/// Asked at each access, and so less than what was asked when it attached: no credentials, and no
/// security modules.
#[doc(alias = "ptracer_access_allowed")]
pub(crate) fn tracer_may_access(task: &Task, current: &CurrentTask) -> bool {
    let guard = rcu::read_lock();
    if !task::is_traced_by(task, current) {
        return false;
    }
    let Some(state) = ExecState::of(task, &guard) else {
        return false;
    };
    state.dumpable() == Dumpable::Owner || state.user_ns().has_tracer_of(task)
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_access)]
mod tests {
    use super::*;

    #[test]
    fn one_kind_of_ids_is_asked_for() {
        for mode in 0..32 {
            let expected = match mode >> 3 {
                1 => Some(Ids::Fs),
                2 => Some(Ids::Real),
                _ => None,
            };
            assert_eq!(Mode(mode).ids(), expected);
            assert_eq!(Mode(mode).audits(), mode & 4 == 0);
        }
        assert_eq!(Mode::ATTACH_REALCREDS.ids(), Some(Ids::Real));
    }
}
