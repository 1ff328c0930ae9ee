// SPDX-License-Identifier: GPL-2.0-only

//! `PTRACE_GET_TRACEE_INFO`: what a tracee does, in any state of it.

#![forbid(unsafe_code)]

use crate::{
    stop::Attached,
    task::Entry,
    user::{
        self,
        TraceeInfo, //
    }, //
};
use kernel::{
    prelude::*,
    task::Task, //
};

/// Copies what the tracee does to `data`: the first `size` bytes, if it is more. Returns how many
/// bytes there are.
///
/// Takes and releases the siglock. `ESRCH` if the caller does not trace the task; `EFAULT`.
// Not inlined: other requests do without its frame.
#[doc(alias = "ptrace_get_tracee_info")]
#[inline(never)]
pub(crate) fn get(
    task: &Task,
    size: c_ulong,
    data: c_ulong,
    entry: &mut Entry<'_>,
) -> Result<c_int> {
    let info = Attached::lock(task, entry).ok_or(ESRCH)?.info();
    user::copy_prefix_to_user(&info, size, data)?;
    // CAST: The size of a structure fits.
    Ok(size_of::<TraceeInfo>() as c_int)
}
