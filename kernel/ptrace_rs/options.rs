// SPDX-License-Identifier: GPL-2.0-only

//! The options of a tracer and the signals that a tracee goes on with, which are numbers that were
//! checked; and the flags of a tracee.

#![forbid(unsafe_code)]

use kernel::{
    bindings,
    prelude::*, //
};

/// Options that exist, `PTRACE_O_*`.
///
/// Whether the caller may set them is another question: see
/// [`PermittedOptions`](crate::access::PermittedOptions).
///
/// # Invariants
///
/// All bits are of options that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options(c_uint);

impl Options {
    /// The options, if there is no bit that is none.
    pub(crate) fn from_bits(bits: c_ulong) -> Option<Self> {
        const MASK: c_ulong = bindings::PTRACE_O_MASK as c_ulong;

        // INVARIANT: Just checked. CAST: The mask is 32 bits wide.
        (bits & !MASK == 0).then_some(Self(bits as c_uint))
    }

    /// Whether the tracee is to be free of its seccomp filters.
    #[doc(alias = "PTRACE_O_SUSPEND_SECCOMP")]
    pub(crate) fn suspend_seccomp(self) -> bool {
        self.0 & bindings::PTRACE_O_SUSPEND_SECCOMP != 0
    }
}

/// The ptrace flags of a tracee, `PT_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PtFlags(c_uint);

impl PtFlags {
    /// Those of a tracee that was not seized: `PTRACE_ATTACH` or `PTRACE_TRACEME`.
    pub(crate) const NOT_SEIZED: Self = Self(bindings::PT_PTRACED);

    /// Those of a tracee that was seized: `PTRACE_SEIZE`.
    pub(crate) fn seized(options: Options) -> Self {
        Self(bindings::PT_PTRACED | bindings::PT_SEIZED).with_options(options)
    }

    /// The flags as they were read.
    pub(crate) fn new(flags: c_uint) -> Self {
        Self(flags)
    }

    /// The flags, as they are stored.
    pub(crate) fn bits(self) -> c_uint {
        self.0
    }

    /// With these options, and no others.
    pub(crate) fn with_options(self, options: Options) -> Self {
        const MASK: c_uint = bindings::PTRACE_O_MASK << bindings::PT_OPT_FLAG_SHIFT;

        Self(self.0 & !MASK | options.0 << bindings::PT_OPT_FLAG_SHIFT)
    }

    /// The options of the tracee, `PTRACE_O_*`.
    pub(crate) fn options(self) -> u32 {
        self.0 >> bindings::PT_OPT_FLAG_SHIFT & bindings::PTRACE_O_MASK
    }

    /// Whether the tracee was attached with `PTRACE_SEIZE`.
    #[doc(alias = "PT_SEIZED")]
    pub(crate) fn is_seized(self) -> bool {
        self.0 & bindings::PT_SEIZED != 0
    }

    /// Whether the tracee is to be killed when its tracer exits.
    #[doc(alias = "PT_EXITKILL")]
    pub(crate) fn kills_on_exit(self) -> bool {
        const EXITKILL: c_uint = bindings::PTRACE_O_EXITKILL << bindings::PT_OPT_FLAG_SHIFT;

        self.0 & EXITKILL != 0
    }

    /// Whether the tracee is free of its seccomp filters.
    #[doc(alias = "PT_SUSPEND_SECCOMP")]
    pub(crate) fn suspends_seccomp(self) -> bool {
        const SUSPEND: c_uint = bindings::PTRACE_O_SUSPEND_SECCOMP << bindings::PT_OPT_FLAG_SHIFT;

        self.0 & SUSPEND != 0
    }
}

/// Whether `number` is that of a signal, or 0 for none.
#[doc(alias = "valid_signal")]
fn is_signal(number: c_ulong) -> bool {
    number <= bindings::_NSIG as c_ulong
}

/// The signal that a tracee goes on with: the last argument, in its full width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResumeSignal(c_int);

impl ResumeSignal {
    /// Checks the number of a signal. `EIO` if there is none of it.
    pub(crate) fn new(data: c_ulong) -> Result<Self> {
        // CAST: The number of a signal fits.
        is_signal(data).then_some(Self(data as c_int)).ok_or(EIO)
    }

    /// The number; 0 for no signal.
    pub(crate) fn number(self) -> c_int {
        self.0
    }
}

/// The signal that a tracee is detached with: the low 32 bits of the last argument, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DetachSignal(c_int);

impl DetachSignal {
    /// Checks the number of a signal. `EIO` if there is none of it.
    pub(crate) fn new(data: c_ulong) -> Result<Self> {
        // CAST: The truncation that C does by the type of a parameter.
        let number = data as c_uint;
        is_signal(number as c_ulong)
            .then_some(Self(number as c_int))
            .ok_or(EIO)
    }

    /// The number; 0 for no signal.
    pub(crate) fn number(self) -> c_int {
        self.0
    }
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_options)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_an_option_or_refused() {
        for bit in 0..c_ulong::BITS {
            let known = bit < 8 || bit == 20 || bit == 21;
            assert_eq!(Options::from_bits(1 << bit).is_some(), known);
        }
        assert!(Options::from_bits(0x3000ff).is_some());
        assert!(Options::from_bits(0).is_some());
    }

    #[test]
    fn options_replace_options_and_nothing_else() {
        let all = Options(0x3000ff);
        let none = Options(0);
        let seized = PtFlags::seized(all);
        assert!(seized.is_seized() && seized.kills_on_exit() && seized.suspends_seccomp());
        assert_eq!(seized.with_options(none), PtFlags::seized(none));
        assert_eq!(
            PtFlags::NOT_SEIZED.with_options(all).with_options(none),
            PtFlags::NOT_SEIZED
        );
        assert!(!PtFlags::NOT_SEIZED.with_options(all).is_seized());
    }

    #[test]
    fn a_signal_is_0_to_64() {
        for number in 0..=64 {
            assert_eq!(
                ResumeSignal::new(number).map(|s| s.number()),
                Ok(number as c_int)
            );
            assert_eq!(
                DetachSignal::new(number).map(|s| s.number()),
                Ok(number as c_int)
            );
        }
        for number in [65, 127, 128, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
            assert_eq!(ResumeSignal::new(number), Err(EIO));
            assert_eq!(DetachSignal::new(number), Err(EIO));
        }
    }

    #[test]
    #[cfg(CONFIG_64BIT)]
    fn only_detach_truncates() {
        for high in [1 << 32, 1 << 63, !0 << 32] {
            assert_eq!(ResumeSignal::new(high), Err(EIO));
            assert_eq!(DetachSignal::new(high).map(|s| s.number()), Ok(0));
            assert_eq!(DetachSignal::new(high | 9).map(|s| s.number()), Ok(9));
            assert_eq!(DetachSignal::new(high | 65), Err(EIO));
        }
    }
}
