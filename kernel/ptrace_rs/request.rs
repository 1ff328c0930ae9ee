// SPDX-License-Identifier: GPL-2.0-only

//! Requests, decoded.

#![forbid(unsafe_code)]

use kernel::{
    bindings,
    prelude::*, //
};

/// A request that this crate carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// `PTRACE_INTERRUPT`: trap a seized tracee without a signal.
    Interrupt,
}

impl Request {
    /// Decodes the first argument of ptrace(2), or returns [`None`] if it is another request.
    ///
    /// The argument counts in its full width: 0x1_0000_4207 is no request.
    pub(crate) fn decode(request: c_long) -> Option<Self> {
        match u32::try_from(request).ok()? {
            bindings::PTRACE_INTERRUPT => Some(Self::Interrupt),
            _ => None,
        }
    }
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_request)]
mod tests {
    use super::*;

    #[test]
    fn only_the_number_of_interrupt_is_interrupt() {
        for number in 0..0x1_0000 {
            let expected = (number == 0x4207).then_some(Request::Interrupt);
            assert_eq!(Request::decode(number), expected);
            assert_eq!(Request::decode(-number), None);
        }
    }

    #[test]
    #[cfg(CONFIG_64BIT)]
    fn the_high_half_counts() {
        for bit in 32..64 {
            assert_eq!(Request::decode(0x4207 | 1 << bit), None);
        }
    }
}
