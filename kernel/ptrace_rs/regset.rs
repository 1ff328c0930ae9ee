// SPDX-License-Identifier: GPL-2.0-only

//! A tracee's registers, in the sets that core dumps have: `PTRACE_GETREGSET` and
//! `PTRACE_SETREGSET`.

#![forbid(unsafe_code)]

use crate::{
    arch::Regset,
    stop::Stopped,
    user::{
        Abi,
        UserBuffer, //
    }, //
};
use kernel::prelude::*;

/// Which way registers are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To the caller.
    Get,
    /// To the tracee.
    Set,
}

/// Copies registers, as the iovec at `data` of the caller says, which is told how much was copied.
///
/// `EFAULT` for the iovec; `EINVAL` if there is no set of the name `note`, or if the size is no
/// whole number of registers; then what the set says.
// Always inlined: a call would be 25 instructions of each request.
#[doc(alias = "ptrace_regset")]
#[inline(always)]
pub(crate) fn copy(
    stopped: &Stopped<'_>,
    direction: Direction,
    note: c_ulong,
    data: c_ulong,
    abi: Abi,
) -> Result {
    let buffer = UserBuffer::get(data, abi)?;
    // CAST: The truncation that C does by the type of a parameter.
    let set = Regset::find(stopped, note as u32).ok_or(EINVAL)?;
    let part = set.part(buffer.len())?;
    match direction {
        Direction::Get => part.copy_to_user(&buffer)?,
        Direction::Set => part.copy_from_user(&buffer)?,
    }
    buffer.put_len(part.size())
}
