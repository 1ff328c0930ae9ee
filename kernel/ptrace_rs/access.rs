// SPDX-License-Identifier: GPL-2.0-only

//! Who may look into whom, who may trace whom, and which options a tracer may set.

#![forbid(unsafe_code)]

use crate::{
    cred::{
        self,
        Dumpable,
        ExecState, //
    },
    lock::{
        AllocGuard,
        CredGuard,
        TasklistWrite, //
    },
    options::{
        Options,
        PtFlags, //
    },
    task::{
        self,
        Caller, //
    }, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::rcu,
    task::{
        CurrentTask,
        Task, //
    },
    types::NotThreadSafe, //
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

/// The check of credentials, and its result.
mod creds {
    use super::{
        Ids,
        Mode, //
    };
    use crate::cred::{
        self,
        UserAndGroup, //
    };
    use kernel::{
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

    /// A task whose credentials were checked; whatever is read of it now is read later.
    pub(super) struct CredsChecked<'t>(&'t Task);

    impl<'t> CredsChecked<'t> {
        /// The task.
        pub(super) fn task(&self) -> &'t Task {
            self.0
        }
    }

    /// Checks that the credentials of `task` are those of the current task, or else that it has the
    /// capability to look into tasks of their user namespace.
    pub(super) fn check<'t>(
        task: &'t Task,
        mode: Mode,
        ids: Ids,
        current: &CurrentTask,
    ) -> Option<CredsChecked<'t>> {
        {
            let guard = rcu::read_lock();
            // The ids of a caller with FSCREDS are those that access to files goes by: the request
            // came by a system call on a file. With REALCREDS, they are the real ones and not the
            // effective ones, which a setuid program has of another user: the caller has asked for
            // access to a process in so many words, so that there is no doubt whose access it is.
            let caller = match ids {
                Ids::Fs => UserAndGroup::fs_ids(cred::of_current(current, &guard)),
                Ids::Real => UserAndGroup::real_ids(cred::of_current(current, &guard)),
            };
            let target = cred::of_task(task, &guard);
            let granted = caller.are_all_of(target)
                || cred::user_ns(target).has_cap_sys_ptrace(mode.audits());
            if !granted {
                return None;
            }
        }
        // A task that drops privileges and becomes undumpable, as by setresuid(), must not be taken
        // for one that has dropped them and is dumpable: read dumpable after the credentials. Pairs
        // with the write barrier in commit_creds().
        smp_mb(Read);
        Some(CredsChecked(task))
    }
}
use creds::CredsChecked;

/// Whether the program of the task may be looked into by who has its credentials, or else the
/// current task may look into any in the program's user namespace.
#[doc(alias = "task_still_dumpable")]
fn is_still_dumpable(creds: CredsChecked<'_>, mode: Mode) -> bool {
    let task = creds.task();
    let guard = rcu::read_lock();
    let Some(state) = ExecState::of(task, &guard) else {
        return false;
    };
    state.dumpable() == Dumpable::Owner || state.user_ns().has_cap_sys_ptrace(mode.audits())
}

/// Whether the current task may look into the task whose `alloc_lock` is held.
///
/// `EPERM`, or what a security module says. Attaching refuses some cases that this allows, where
/// it could not be done.
// Always inlined: a call would be 21 instructions, and kcmp(2) has two.
#[doc(alias = "__ptrace_may_access")]
#[inline(always)]
pub(crate) fn may_access(lock: &AllocGuard<'_>, mode: Mode, current: &CurrentTask) -> Result {
    let task = lock.task();
    let Some(ids) = mode.ids() else {
        cred::warn_no_creds();
        return Err(EPERM);
    };
    // Security modules are not asked about introspection.
    if task::same_thread_group(task, current) {
        return Ok(());
    }
    let creds = creds::check(task, mode, ids, current).ok_or(EPERM)?;
    if !is_still_dumpable(creds, mode) {
        return Err(EPERM);
    }
    cred::security_access_check(lock, mode.0)
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

/// The permission to trace a task, which holds as long as the lock under which it was given.
pub(crate) struct Permission<'p> {
    task: &'p Task,
    _not_send: NotThreadSafe,
}

impl<'p> Permission<'p> {
    /// Asks whether the caller may attach to a task, which stays out of exec meanwhile.
    ///
    /// `EPERM`, or what a security module says.
    // exec determines credentials differently under ptrace: a permission from before must not be
    // used after it.
    #[inline]
    pub(crate) fn attach(not_in_exec: &'p CredGuard<'_>, caller: &mut Caller<'_>) -> Result<Self> {
        let task = not_in_exec.task();
        let current = caller.current();
        // A lock of its own: it does not nest with tasklist_lock.
        let lock = AllocGuard::lock(task, caller);
        may_access(&lock, Mode::ATTACH_REALCREDS, current)?;
        Ok(Self {
            task,
            _not_send: NotThreadSafe,
        })
    }

    /// Asks whether the parent of the caller may trace it: what a security module says.
    #[inline]
    pub(crate) fn traceme(
        caller: &'p Caller<'_>,
        parent: &Task,
        lock: &'p TasklistWrite,
    ) -> Result<Self> {
        cred::security_traceme(parent, lock)?;
        Ok(Self {
            task: caller,
            _not_send: NotThreadSafe,
        })
    }

    /// The task that may be traced.
    #[inline]
    pub(crate) fn task(&self) -> &'p Task {
        self.task
    }
}

/// Options that the current task may set.
///
/// # Invariants
///
/// The current task was allowed to set `PTRACE_O_SUSPEND_SECCOMP`, if that is among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PermittedOptions(Options);

impl PermittedOptions {
    /// Checks options, and whether the current task may set them.
    ///
    /// `unknown` if there are bits that are no option: `PTRACE_SEIZE` and `PTRACE_SETOPTIONS` have
    /// always had different errors for that. Then, for `PTRACE_O_SUSPEND_SECCOMP`: `EINVAL` if the
    /// kernel has no such thing, and `EPERM` if the task is no administrator, or is under seccomp
    /// itself, or would be but for that option.
    #[doc(alias = "check_ptrace_options")]
    pub(crate) fn new(bits: c_ulong, current: &CurrentTask, unknown: Error) -> Result<Self> {
        let options = Options::from_bits(bits).ok_or(unknown)?;
        if options.suspend_seccomp() {
            if !cfg!(CONFIG_CHECKPOINT_RESTORE) || !cfg!(CONFIG_SECCOMP) {
                return Err(EINVAL);
            }
            if !cred::is_sys_admin(current) {
                return Err(EPERM);
            }
            let suspended = PtFlags::new(task::ptrace_flags(current)).suspends_seccomp();
            if cred::is_under_seccomp(current) || suspended {
                return Err(EPERM);
            }
        }
        // INVARIANT: Just checked.
        Ok(Self(options))
    }

    /// The options.
    #[inline]
    pub(crate) fn get(self) -> Options {
        self.0
    }
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
