// SPDX-License-Identifier: GPL-2.0-only

//! The functions that C calls, and the seam to the requests that are still C.
//!
//! Each turns raw arguments into types and a [`Result`] into an errno, and does nothing else.

use crate::{
    interrupt,
    request::Request,
    task, //
};
use kernel::{
    bindings,
    current,
    prelude::*, //
};

/// Carries out `request`, and turns what it returns into a system call's return value.
fn dispatch(request: Request, pid: c_long) -> c_long {
    let result = match request {
        Request::Interrupt => task::find_by_vpid(pid)
            .ok_or(ESRCH)
            .and_then(|child| interrupt::interrupt(&child, current!())),
    };
    match result {
        Ok(()) => 0,
        // CAST: An errno fits in every integer type of C.
        Err(error) => error.to_errno() as c_long,
    }
}

/// ptrace(2), native.
///
/// # Safety
///
/// To be called in process context with no lock held, by the system call's entry in `shim.c`.
#[export]
pub(crate) unsafe extern "C" fn ptrace_rs_syscall(
    request: c_long,
    pid: c_long,
    addr: c_ulong,
    data: c_ulong,
) -> c_long {
    match Request::decode(request) {
        Some(request) => dispatch(request, pid),
        // SAFETY: This is process context with no lock held, which is all that it asks for.
        None => unsafe { bindings::ptrace_c_syscall(request, pid, addr, data) },
    }
}

/// ptrace(2), as 32-bit programs call it.
///
/// # Safety
///
/// To be called in process context with no lock held, by the system call's entry in `shim.c`.
#[cfg(CONFIG_COMPAT)]
#[export]
pub(crate) unsafe extern "C" fn ptrace_rs_compat_syscall(
    request: bindings::compat_long_t,
    pid: bindings::compat_long_t,
    addr: bindings::compat_long_t,
    data: bindings::compat_long_t,
) -> c_long {
    // CAST: Sign-extends, as C does. No request number is negative.
    match Request::decode(request as c_long) {
        // CAST: As above.
        Some(request) => dispatch(request, pid as c_long),
        // SAFETY: This is process context with no lock held, which is all that it asks for.
        None => unsafe { bindings::ptrace_c_compat_syscall(request, pid, addr, data) },
    }
}
