// SPDX-License-Identifier: GPL-2.0-only

//! What other parts of the kernel have set up in a tracee: restartable sequences, seccomp filters,
//! syscall user dispatch.
//!
//! The latter two are looked at and changed by those parts, which know the layout.

#[cfg(CONFIG_RSEQ)]
use crate::user;
use crate::{
    error::{
        to_result,
        to_value, //
    },
    stop::Stopped, //
};
use core::ptr;
use kernel::{
    bindings,
    prelude::*, //
};

/// `PTRACE_GET_RSEQ_CONFIGURATION`: tells the caller of restartable sequences, in up to `size`
/// bytes; returns how many there are to tell.
#[cfg(CONFIG_RSEQ)]
#[doc(alias = "ptrace_get_rseq_configuration")]
pub(crate) fn rseq(stopped: &Stopped<'_>, size: c_ulong, data: c_ulong) -> Result<c_int> {
    user::copy_prefix_to_user(&stopped.rseq(), size, data)?;
    // CAST: The size of a small structure.
    Ok(size_of::<bindings::ptrace_rseq_configuration>() as c_int)
}

/// `PTRACE_SECCOMP_GET_FILTER`: the instructions of a filter.
#[doc(alias = "seccomp_get_filter")]
pub(crate) fn seccomp_filter(
    stopped: &Stopped<'_>,
    index: c_ulong,
    data: c_ulong,
) -> Result<c_int> {
    let data = ptr::without_provenance_mut(data);
    // SAFETY: A valid task; the function checks the address.
    to_value(unsafe {
        bindings::ptrace_shim_seccomp_get_filter(stopped.task().as_ptr(), index, data)
    })
}

/// `PTRACE_SECCOMP_GET_METADATA`: the flags of a filter.
#[doc(alias = "seccomp_get_metadata")]
pub(crate) fn seccomp_metadata(
    stopped: &Stopped<'_>,
    size: c_ulong,
    data: c_ulong,
) -> Result<c_int> {
    let data = ptr::without_provenance_mut(data);
    // SAFETY: A valid task; the function checks the address.
    to_value(unsafe {
        bindings::ptrace_shim_seccomp_get_metadata(stopped.task().as_ptr(), size, data)
    })
}

/// `PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG`.
#[doc(alias = "syscall_user_dispatch_set_config")]
pub(crate) fn set_dispatch(stopped: &Stopped<'_>, size: c_ulong, data: c_ulong) -> Result<c_int> {
    let task = stopped.task().as_ptr();
    let data = ptr::without_provenance_mut(data);
    // SAFETY: A tracee in a ptrace-stop; the function checks the address.
    to_value(unsafe { bindings::ptrace_shim_syscall_user_dispatch_set_config(task, size, data) })
}

/// `PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG`.
#[doc(alias = "syscall_user_dispatch_get_config")]
pub(crate) fn get_dispatch(stopped: &Stopped<'_>, size: c_ulong, data: c_ulong) -> Result<c_int> {
    let task = stopped.task().as_ptr();
    let data = ptr::without_provenance_mut(data);
    // SAFETY: A tracee in a ptrace-stop; the function checks the address.
    to_value(unsafe { bindings::ptrace_shim_syscall_user_dispatch_get_config(task, size, data) })
}

/// `PTRACE_GETFDPIC`: where the segments of the program, or of its interpreter, were loaded.
///
/// `ESRCH` if the tracee has no memory.
pub(crate) fn fdpic_loadmap(stopped: &Stopped<'_>, which: c_ulong) -> Result<c_ulong> {
    let mut loadmap = 0;
    // SAFETY: A valid task, and a place for a word.
    to_result(unsafe {
        bindings::ptrace_shim_getfdpic(stopped.task().as_ptr(), which, &mut loadmap)
    })?;
    Ok(loadmap)
}
