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

/// How much of a set is copied to or from a buffer of `len` bytes, for `count` registers of `size`
/// bytes each: no more than the set has. `EINVAL` if `len` is no whole number of registers.
pub(crate) fn copied_size(len: usize, size: c_uint, count: c_uint) -> Result<c_uint> {
    // A set of registers of no size cannot be.
    if len.checked_rem(size as usize) != Some(0) {
        return Err(EINVAL);
    }
    let all = count.wrapping_mul(size);
    // CAST: No more than `all`.
    Ok(len.min(all as usize) as c_uint)
}

/// Copies registers, as the iovec at `data` of the caller says, which is told how much was copied.
///
/// `EFAULT` for the iovec; `EINVAL` if there is no set of the name `note`, or if the size is no
/// whole number of registers; then what the set says.
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
    let size = match direction {
        Direction::Get => set.copy_to_user(&buffer)?,
        Direction::Set => set.copy_from_user(&buffer)?,
    };
    buffer.put_len(size as usize)
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_regset)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_whole_number_of_registers() {
        for len in 0..64 {
            assert_eq!(copied_size(len, 8, 27).is_ok(), len % 8 == 0);
        }
        assert_eq!(copied_size(usize::MAX, 8, 27), Err(EINVAL));
        assert_eq!(copied_size(8, 0, 27), Err(EINVAL));
    }

    #[test]
    fn no_more_than_the_set_is_copied() {
        assert_eq!(copied_size(0, 8, 27), Ok(0));
        assert_eq!(copied_size(208, 8, 27), Ok(208));
        assert_eq!(copied_size(216, 8, 27), Ok(216));
        assert_eq!(copied_size(224, 8, 27), Ok(216));
        assert_eq!(copied_size(usize::MAX & !7, 8, 27), Ok(216));
    }
}
