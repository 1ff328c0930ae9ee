// SPDX-License-Identifier: GPL-2.0-only

//! The job control bits of a task, and which of them may be set pending.
//!
//! C header: [`include/linux/sched/jobctl.h`](srctree/include/linux/sched/jobctl.h).

#![forbid(unsafe_code)]

use kernel::{
    bindings,
    prelude::*, //
};

/// A value of `task_struct::jobctl`, read under the task's siglock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Jobctl(c_ulong);

impl Jobctl {
    /// Wraps a value as it was read.
    pub(crate) fn new(bits: c_ulong) -> Self {
        Self(bits)
    }

    /// The value, as it is stored.
    #[inline]
    pub(crate) fn bits(self) -> c_ulong {
        self.0
    }

    #[inline]
    fn has(self, bit: u32) -> bool {
        self.0 & bit as c_ulong != 0
    }

    #[inline]
    fn with(self, bit: u32) -> Self {
        Self(self.0 | bit as c_ulong)
    }

    #[inline]
    fn without(self, bit: u32) -> Self {
        Self(self.0 & !(bit as c_ulong))
    }

    /// Whether the tracer has set the tracee to wait for events with `PTRACE_LISTEN`.
    #[doc(alias = "JOBCTL_LISTENING")]
    #[inline]
    pub(crate) fn is_listening(self) -> bool {
        self.has(bindings::JOBCTL_LISTENING)
    }

    /// Whether the task is in a ptrace stop.
    #[doc(alias = "JOBCTL_TRACED")]
    #[inline]
    pub(crate) fn is_traced(self) -> bool {
        self.has(bindings::JOBCTL_TRACED)
    }

    /// Whether the task is in a group stop, and not in a ptrace stop.
    #[doc(alias = "JOBCTL_STOPPED")]
    #[inline]
    pub(crate) fn is_stopped(self) -> bool {
        self.has(bindings::JOBCTL_STOPPED)
    }

    /// Whether a change of the group stop is to be told to the tracer.
    #[doc(alias = "JOBCTL_TRAP_NOTIFY")]
    #[inline]
    pub(crate) fn has_trap_notify(self) -> bool {
        self.has(bindings::JOBCTL_TRAP_NOTIFY)
    }

    /// Whether the task is to take part in a group stop.
    #[doc(alias = "JOBCTL_STOP_PENDING")]
    #[inline]
    pub(crate) fn has_stop_pending(self) -> bool {
        self.has(bindings::JOBCTL_STOP_PENDING)
    }

    /// With the tracee waiting for events.
    #[doc(alias = "JOBCTL_LISTENING")]
    #[inline]
    pub(crate) fn with_listening(self) -> Self {
        self.with(bindings::JOBCTL_LISTENING)
    }

    /// With the task to take part in a group stop, as one that is in effect when it is detached.
    ///
    /// Unlike what is set pending by a [`Pending`], this leaves the signal of the stop alone.
    #[doc(alias = "JOBCTL_STOP_PENDING")]
    #[inline]
    pub(crate) fn with_stop_pending(self) -> Self {
        self.with(bindings::JOBCTL_STOP_PENDING)
    }

    /// With the stop that the tracee is in kept from ending.
    #[doc(alias = "JOBCTL_PTRACE_FROZEN")]
    #[inline]
    pub(crate) fn with_frozen(self) -> Self {
        self.with(bindings::JOBCTL_PTRACE_FROZEN)
    }

    /// With the stop that the tracee is in free to end.
    #[doc(alias = "JOBCTL_PTRACE_FROZEN")]
    #[inline]
    pub(crate) fn without_frozen(self) -> Self {
        self.without(bindings::JOBCTL_PTRACE_FROZEN)
    }

    /// With the ptrace stop at its end.
    #[doc(alias = "JOBCTL_TRACED")]
    #[inline]
    pub(crate) fn without_traced(self) -> Self {
        self.without(bindings::JOBCTL_TRACED)
    }

    /// With the group stop at its end.
    #[doc(alias = "JOBCTL_STOPPED")]
    #[inline]
    pub(crate) fn without_stopped(self) -> Self {
        self.without(bindings::JOBCTL_STOPPED)
    }
}

/// What `task_set_jobctl_pending()` is to set.
///
/// # Invariants
///
/// The bits satisfy what that function would otherwise `BUG()` on: nothing outside
/// `JOBCTL_PENDING_MASK`, `JOBCTL_STOP_CONSUME`, `JOBCTL_STOP_SIGMASK` and `JOBCTL_TRAPPING`, and
/// the last only together with a bit of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pending(c_ulong);

impl Pending {
    /// Trap for `PTRACE_INTERRUPT`.
    ///
    /// Cleared by the next trap of the task, whatever it is for.
    // INVARIANT: Asserted at compile time below.
    #[doc(alias = "JOBCTL_TRAP_INTERRUPT")]
    pub(crate) const TRAP_INTERRUPT: Self = Self(bindings::JOBCTL_TRAP_INTERRUPT as c_ulong);

    /// Trap for a group stop that is in effect, and hide from the tracer that attaches how the
    /// task gets there.
    // INVARIANT: Asserted at compile time below.
    #[doc(alias = "JOBCTL_TRAP_STOP")]
    #[doc(alias = "JOBCTL_TRAPPING")]
    pub(crate) const TRAP_STOP_TRAPPING: Self =
        Self((bindings::JOBCTL_TRAP_STOP | bindings::JOBCTL_TRAPPING) as c_ulong);

    /// The bits, for `task_set_jobctl_pending()`.
    pub(crate) fn bits(self) -> c_ulong {
        self.0
    }

    /// Whether the type's invariant holds.
    const fn is_valid(self) -> bool {
        const ALLOWED: c_ulong = bindings::JOBCTL_PENDING_MASK as c_ulong
            | bindings::JOBCTL_STOP_CONSUME as c_ulong
            | bindings::JOBCTL_STOP_SIGMASK as c_ulong
            | bindings::JOBCTL_TRAPPING as c_ulong;

        self.0 & !ALLOWED == 0
            && (self.0 & bindings::JOBCTL_TRAPPING as c_ulong == 0
                || self.0 & bindings::JOBCTL_PENDING_MASK as c_ulong != 0)
    }
}

const _: () = assert!(Pending::TRAP_INTERRUPT.is_valid());
const _: () = assert!(Pending::TRAP_STOP_TRAPPING.is_valid());

// A trap that is not in `JOBCTL_TRAP_MASK` would keep `TIF_SIGPENDING` set and never be taken.
const _: () = assert!(
    bindings::JOBCTL_TRAP_INTERRUPT & !bindings::JOBCTL_TRAP_MASK == 0
        && bindings::JOBCTL_TRAP_MASK & !bindings::JOBCTL_PENDING_MASK == 0
);

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_jobctl)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listening_bit_is_listening() {
        for bit in 0..c_ulong::BITS {
            assert_eq!(Jobctl::new(1 << bit).is_listening(), bit == 22);
        }
    }

    #[test]
    fn trapping_alone_may_not_be_pending() {
        let trapping = bindings::JOBCTL_TRAPPING as c_ulong;
        assert!(!Pending(trapping).is_valid());
        assert!(Pending(trapping | Pending::TRAP_INTERRUPT.bits()).is_valid());
    }

    #[test]
    fn the_states_of_a_stop_may_not_be_pending() {
        // LISTENING, TRAP_FREEZE, PTRACE_FROZEN, STOPPED and TRACED, and what is not used.
        for bit in [16, 22, 23, 24, 26, 27, 28, 29, 30, 31] {
            assert!(!Pending(1 << bit).is_valid());
        }
    }
}
