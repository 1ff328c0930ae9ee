// SPDX-License-Identifier: GPL-2.0-only

//! Conversion between the errors of C functions and [`Result`].

#![forbid(unsafe_code)]

use kernel::prelude::*;

/// The result of a function of C that returns 0, or an error as a negative value.
///
/// As `kernel::error::to_result()`, which is not inlined.
#[inline]
pub(crate) fn to_result(ret: c_int) -> Result {
    if ret < 0 {
        return Err(Error::from_errno(ret));
    }
    Ok(())
}

/// The result of a function of C that returns a value, or an error as a negative one.
#[inline]
pub(crate) fn to_value(ret: c_int) -> Result<c_int> {
    to_result(ret).map(|()| ret)
}

/// What C is to return: a value that is not negative, or an error as one that is.
#[inline]
pub(crate) fn to_ret(result: Result<c_int>) -> c_int {
    result.unwrap_or_else(|error| error.to_errno())
}
