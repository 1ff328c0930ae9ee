// SPDX-License-Identifier: GPL-2.0-only

//! Credentials, and the capabilities that come with them.

use crate::task::read_field;
use core::marker::PhantomData;
use kernel::{
    bindings,
    prelude::*,
    sync::rcu,
    task::{
        CurrentTask,
        Task, //
    }, //
};

/// Borrowed credentials.
///
/// # Invariants
///
/// The pointer is to credentials that are valid for `'a`.
#[derive(Clone, Copy)]
pub(crate) struct CredRef<'a>(*const bindings::cred, PhantomData<&'a bindings::cred>);

/// Reads an id of credentials; 0 on a kernel that has only one user, as `__kuid_val()`.
macro_rules! id {
    ($cred:expr, $field:ident) => {
        if cfg!(CONFIG_MULTIUSER) {
            // SAFETY: By the type's invariant, the credentials are valid, and their ids do not
            // change.
            unsafe { (*$cred.0).$field.val }
        } else {
            0
        }
    };
}

/// A user and a group, as the kernel numbers them in all namespaces.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ids {
    uid: u32,
    gid: u32,
}

impl<'a> CredRef<'a> {
    /// The subjective credentials of the current task: what it acts with.
    #[doc(alias = "current_cred")]
    #[inline]
    pub(crate) fn current(current: &'a CurrentTask) -> Self {
        // INVARIANT: The credentials of the current task are replaced by nobody else.
        Self(read_field!(current, cred), PhantomData)
    }

    /// The objective credentials of `task`: what others have to do with.
    #[doc(alias = "__task_cred")]
    #[inline]
    pub(crate) fn of(task: &Task, _guard: &'a rcu::Guard) -> Self {
        // INVARIANT: Credentials that were current under the lock are valid as long as it is held.
        Self(read_field!(task, real_cred), PhantomData)
    }

    /// Credentials behind a pointer from C.
    ///
    /// # Safety
    ///
    /// `cred` points to credentials that are valid for `'a`.
    pub(crate) unsafe fn from_raw(cred: *const bindings::cred) -> Self {
        // INVARIANT: By the requirement of this function.
        Self(cred, PhantomData)
    }

    /// Takes a reference, for C to hold.
    #[doc(alias = "get_cred")]
    pub(crate) fn get(&self) -> *const bindings::cred {
        // SAFETY: By the type's invariant, the credentials are valid.
        unsafe { bindings::get_cred(self.0) }
    }

    /// The ids that access to files goes by.
    #[inline]
    pub(crate) fn fs_ids(&self) -> Ids {
        Ids {
            uid: id!(self, fsuid),
            gid: id!(self, fsgid),
        }
    }

    /// The real ids.
    #[inline]
    pub(crate) fn real_ids(&self) -> Ids {
        Ids {
            uid: id!(self, uid),
            gid: id!(self, gid),
        }
    }

    /// Whether the real, the effective and the saved ids are all `ids`.
    #[inline]
    pub(crate) fn are_all(&self, ids: Ids) -> bool {
        ids.uid == id!(self, euid)
            && ids.uid == id!(self, suid)
            && ids.uid == id!(self, uid)
            && ids.gid == id!(self, egid)
            && ids.gid == id!(self, sgid)
            && ids.gid == id!(self, gid)
    }

    /// The user namespace of the credentials.
    #[inline]
    pub(crate) fn user_ns(&self) -> UserNs<'a> {
        // SAFETY: By the type's invariant, the credentials are valid.
        let ns = unsafe { (*self.0).user_ns };
        // INVARIANT: Credentials hold a reference to their namespace.
        UserNs(ns, PhantomData)
    }
}

/// A borrowed user namespace.
///
/// # Invariants
///
/// The pointer is to a user namespace that is valid for `'a`.
#[derive(Clone, Copy)]
pub(crate) struct UserNs<'a>(*mut bindings::user_namespace, PhantomData<&'a ()>);

impl UserNs<'_> {
    /// The namespace behind a pointer from C.
    ///
    /// # Safety
    ///
    /// `ns` points to a user namespace that is valid for as long as the value exists.
    #[inline]
    pub(crate) unsafe fn from_raw(ns: *mut bindings::user_namespace) -> Self {
        // INVARIANT: By the requirement of this function.
        Self(ns, PhantomData)
    }

    /// Whether the current task has `CAP_SYS_PTRACE` in the namespace; with a record in the audit,
    /// unless not `audit`.
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

    /// Whether who attached `task` had `CAP_SYS_PTRACE` in the namespace; true if nobody did.
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
