// SPDX-License-Identifier: GPL-2.0-only

//! Credentials, the capabilities that come with them, and what security modules say.
//!
//! [`Credential`] is that of the `kernel` crate, which knows of no id but the effective user's, of
//! no group and of no user namespace: these are read here.

use crate::{
    error::to_result,
    lock::{
        AllocGuard,
        TasklistWrite, //
    },
    task::{
        place,
        rcu_dereference,
        read_once,
        Caller, //
    }, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    cred::Credential,
    prelude::*,
    sync::{
        aref::ARef,
        rcu, //
    },
    task::{
        CurrentTask,
        Task, //
    }, //
};

/// Reads an id of credentials; 0 on a kernel that has only one user, as `__kuid_val()`.
///
/// Not a `Kuid`: there is no such type for groups, and its comparison is a call.
macro_rules! id {
    ($cred:expr, $field:ident) => {
        if cfg!(CONFIG_MULTIUSER) {
            // SAFETY: A `Credential` is valid, and its ids do not change.
            unsafe { (*$cred.as_ptr()).$field.val }
        } else {
            0
        }
    };
}

/// A user and a group, as the kernel numbers them in all namespaces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct UserAndGroup {
    uid: u32,
    gid: u32,
}

impl UserAndGroup {
    /// The ids of `cred` that access to files goes by.
    #[inline]
    pub(crate) fn fs_ids(cred: &Credential) -> Self {
        Self {
            uid: id!(cred, fsuid),
            gid: id!(cred, fsgid),
        }
    }

    /// The real ids of `cred`.
    #[inline]
    pub(crate) fn real_ids(cred: &Credential) -> Self {
        Self {
            uid: id!(cred, uid),
            gid: id!(cred, gid),
        }
    }

    /// Whether the real, the effective and the saved ids of `cred` are all these.
    #[inline]
    pub(crate) fn are_all_of(self, cred: &Credential) -> bool {
        self.uid == id!(cred, euid)
            && self.uid == id!(cred, suid)
            && self.uid == id!(cred, uid)
            && self.gid == id!(cred, egid)
            && self.gid == id!(cred, sgid)
            && self.gid == id!(cred, gid)
    }
}

/// The subjective credentials of the current task, which it acts with.
///
/// Valid under the RCU guard, even if the task changes them: they are freed after a grace period.
#[doc(alias = "current_cred")]
#[inline]
pub(crate) fn of_current<'g>(current: &CurrentTask, _guard: &'g rcu::Guard) -> &'g Credential {
    // SAFETY: The place of a field, which only the current task changes.
    let cred = unsafe { place!(current, cred).read() };
    // SAFETY: A task has credentials, and holds a reference to them until it changes them.
    unsafe { Credential::from_ptr(cred) }
}

/// The objective credentials of `task`, which count when others act on it.
#[doc(alias = "__task_cred")]
#[inline]
pub(crate) fn of_task<'g>(task: &Task, _guard: &'g rcu::Guard) -> &'g Credential {
    // SAFETY: The place of a field, which `commit_creds()` publishes.
    let cred = unsafe { rcu_dereference!(place!(task, real_cred)) };
    // SAFETY: A task has credentials, and those that were read under RCU are valid as long as the
    // guard lives.
    unsafe { Credential::from_ptr(cred) }
}

/// The credentials of the task that has asked to trace, whether it asks to be the tracer or to be
/// the tracee.
///
/// What a tracee's `ptracer_cred` may be. The credentials of a parent that is made a tracer without
/// having asked are not of this type.
pub(crate) struct RequesterCred<'c>(&'c Credential);

impl<'c> RequesterCred<'c> {
    /// The subjective credentials of the caller of ptrace(2).
    #[doc(alias = "current_cred")]
    #[inline]
    pub(crate) fn of(caller: &'c Caller<'_>) -> Self {
        // SAFETY: The place of a field, which only the current task changes.
        let cred = unsafe { place!(caller, cred).read() };
        // SAFETY: A task has credentials, and the caller does not change them in this system call.
        Self(unsafe { Credential::from_ptr(cred) })
    }

    /// The credentials that C passes on from a tracee to the child that it makes.
    ///
    /// # Safety
    ///
    /// `cred` points to credentials that are valid for `'c`, and that were checked when the tracer
    /// attached the tracee.
    pub(crate) unsafe fn from_raw(cred: *const bindings::cred) -> Self {
        // SAFETY: By the requirement of this function.
        Self(unsafe { Credential::from_ptr(cred) })
    }

    /// Takes a reference, for a field of C to hold.
    #[doc(alias = "get_cred")]
    #[inline]
    pub(crate) fn get(&self) -> *const bindings::cred {
        ARef::into_raw(ARef::from(self.0)).as_ptr().cast()
    }
}

/// The user namespace of credentials.
#[inline]
pub(crate) fn user_ns(cred: &Credential) -> UserNs<'_> {
    // SAFETY: A `Credential` is valid, and its namespace does not change.
    let ns = unsafe { (*cred.as_ptr()).user_ns };
    // INVARIANT: Credentials hold a reference to their namespace.
    UserNs(ns, PhantomData)
}

/// A borrowed user namespace.
///
/// # Invariants
///
/// The pointer is to a user namespace that is valid for `'a`.
#[derive(Clone, Copy)]
pub(crate) struct UserNs<'a>(*mut bindings::user_namespace, PhantomData<&'a ()>);

impl UserNs<'_> {
    /// Whether the current task has `CAP_SYS_PTRACE` in the namespace; with a record in the audit
    /// if `audit`.
    #[doc(alias = "ns_capable")]
    #[inline]
    pub(crate) fn has_cap_sys_ptrace(self, audit: bool) -> bool {
        let cap = bindings::CAP_SYS_PTRACE as c_int;
        if audit {
            // SAFETY: By the type's invariant, the namespace is valid.
            unsafe { bindings::ptrace_shim_ns_capable(self.0, cap) }
        } else {
            // SAFETY: By the type's invariant, the namespace is valid.
            unsafe { bindings::ptrace_shim_ns_capable_noaudit(self.0, cap) }
        }
    }

    /// Whether the tracer of `task` had `CAP_SYS_PTRACE` in the namespace when it attached; true if
    /// there is no tracer.
    #[doc(alias = "ptracer_capable")]
    #[inline]
    pub(crate) fn has_tracer_of(self, task: &Task) -> bool {
        // SAFETY: `task` is a valid task, and by the type's invariant the namespace is valid.
        unsafe { bindings::ptracer_capable(task.as_ptr(), self.0) }
    }
}

/// Whether the current task has `CAP_SYS_ADMIN` in the initial user namespace.
#[doc(alias = "capable")]
#[inline]
pub(crate) fn is_sys_admin(_current: &CurrentTask) -> bool {
    // SAFETY: An FFI call with no additional requirements.
    unsafe { bindings::ptrace_shim_capable(bindings::CAP_SYS_ADMIN as c_int) }
}

/// Whether the current task is under seccomp, in whatever mode.
#[doc(alias = "seccomp_mode")]
#[inline]
pub(crate) fn is_under_seccomp(_current: &CurrentTask) -> bool {
    // SAFETY: An FFI call with no additional requirements.
    let mode = unsafe { bindings::ptrace_shim_current_seccomp_mode() };
    mode != bindings::SECCOMP_MODE_DISABLED as c_int
}

/// Whether the owner of a program may look into a task that runs it.
///
/// Not a `bool`: C has three values, of which one grants something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dumpable {
    /// Whoever has the same credentials may.
    Owner,
    /// Nobody may, or root alone.
    No,
}

/// What exec has left of the program that a task runs. It outlives the memory of the task.
///
/// # Invariants
///
/// The pointer is to the `exec_state` of a task, valid while the RCU guard lives.
pub(crate) struct ExecState<'rcu>(
    NonNull<bindings::task_exec_state>,
    PhantomData<&'rcu rcu::Guard>,
);

impl<'rcu> ExecState<'rcu> {
    /// The state of `task`, at this moment.
    #[doc(alias = "task_exec_state_rcu")]
    #[inline]
    pub(crate) fn of(task: &Task, _guard: &'rcu rcu::Guard) -> Option<Self> {
        // SAFETY: `task` is a valid task, and the RCU read side lock is held.
        let state = unsafe { bindings::task_exec_state_rcu(task.as_ptr()) };
        // INVARIANT: What was returned is valid as long as the lock is held.
        NonNull::new(state).map(|state| Self(state, PhantomData))
    }

    /// Whether the task's owner may look into it.
    #[inline]
    pub(crate) fn dumpable(&self) -> Dumpable {
        // SAFETY: By the type's invariant, the state is valid.
        let dumpable = unsafe { &raw mut (*self.0.as_ptr()).dumpable };
        // SAFETY: As above; it is stored to as a word.
        match unsafe { read_once!(dumpable) } {
            bindings::task_dumpable_TASK_DUMPABLE_OWNER => Dumpable::Owner,
            _ => Dumpable::No,
        }
    }

    /// The user namespace that the program was started in.
    #[inline]
    pub(crate) fn user_ns(&self) -> UserNs<'rcu> {
        // SAFETY: By the type's invariant, the state is valid, and this does not change.
        let ns = unsafe { (*self.0.as_ptr()).user_ns };
        // INVARIANT: The state holds a reference to its namespace.
        UserNs(ns, PhantomData)
    }
}

/// Asks the security modules whether the current task may look into `task`.
#[doc(alias = "security_ptrace_access_check")]
#[inline]
pub(crate) fn security_access_check(lock: &AllocGuard<'_>, mode: c_uint) -> Result {
    let task = lock.task().as_ptr();
    // SAFETY: A valid task, whose `alloc_lock` is held, as the hooks expect.
    granted(unsafe { bindings::ptrace_shim_security_ptrace_access_check(task, mode) })
}

/// Asks the security modules whether `parent` may trace the current task.
#[doc(alias = "security_ptrace_traceme")]
pub(crate) fn security_traceme(parent: &Task, _lock: &TasklistWrite) -> Result {
    // SAFETY: A valid task; the hooks expect `tasklist_lock` to be held for writing.
    granted(unsafe { bindings::ptrace_shim_security_ptrace_traceme(parent.as_ptr()) })
}

/// What a security module says: only 0 grants anything, whatever else it may return.
#[inline]
fn granted(ret: c_int) -> Result {
    to_result(ret)?;
    if ret == 0 {
        Ok(())
    } else {
        Err(EPERM)
    }
}

/// Warns of a caller in the kernel that does not say which credentials are to count.
#[cold]
pub(crate) fn warn_no_creds() {
    // SAFETY: An FFI call with no additional requirements.
    unsafe { bindings::ptrace_shim_warn_no_creds() };
}
