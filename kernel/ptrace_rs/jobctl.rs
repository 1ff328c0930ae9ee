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

    /// Whether the task is in a ptrace-stop.
    #[doc(alias = "JOBCTL_TRACED")]
    #[inline]
    pub(crate) fn is_in_ptrace_stop(self) -> bool {
        self.has(bindings::JOBCTL_TRACED)
    }

    /// Whether the task is in a group stop, and not in a ptrace-stop.
    #[doc(alias = "JOBCTL_STOPPED")]
    #[inline]
    pub(crate) fn is_group_stopped(self) -> bool {
        self.has(bindings::JOBCTL_STOPPED)
    }

    /// Whether a change of the group stop is to be told to the tracer.
    #[doc(alias = "JOBCTL_TRAP_NOTIFY")]
    #[inline]
    pub(crate) fn has_trap_notify(self) -> bool {
        self.has(bindings::JOBCTL_TRAP_NOTIFY)
    }

    /// What the traps that are pending are for: `PTRACE_STOP_REASON_*`.
    #[doc(alias = "ptrace_stop_reasons")]
    pub(crate) fn stop_reasons(self) -> u32 {
        let reason = |trap, reason| if self.has(trap) { reason } else { 0 };
        reason(
            bindings::JOBCTL_TRAP_INTERRUPT,
            bindings::PTRACE_STOP_REASON_INTERRUPT,
        ) | reason(
            bindings::JOBCTL_TRAP_STOP,
            bindings::PTRACE_STOP_REASON_GROUP_STOP,
        ) | reason(
            bindings::JOBCTL_TRAP_NOTIFY,
            bindings::PTRACE_STOP_REASON_NOTIFY,
        ) | reason(bindings::JOBCTL_TRAP_NEW, bindings::PTRACE_STOP_REASON_NEW)
    }

    /// The signal of the last group stop that the task knows of; 0 if there was none.
    #[doc(alias = "JOBCTL_STOP_SIGMASK")]
    #[inline]
    pub(crate) fn stop_signal(self) -> u32 {
        // CAST: The mask has 16 bits.
        (self.0 & bindings::JOBCTL_STOP_SIGMASK as c_ulong) as u32
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

    /// With the ptrace-stop at its end.
    #[doc(alias = "JOBCTL_TRACED")]
    #[inline]
    pub(crate) fn without_traced(self) -> Self {
        self.without(bindings::JOBCTL_TRACED)
    }

    /// With the group stop at its end.
    #[doc(alias = "JOBCTL_STOPPED")]
    #[inline]
    pub(crate) fn without_group_stopped(self) -> Self {
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
    #[doc(alias = "JOBCTL_TRAP_INTERRUPT")]
    pub(crate) const TRAP_INTERRUPT: Self = Self::constant(bindings::JOBCTL_TRAP_INTERRUPT);

    /// Trap for a group stop that is in effect, and hide from the tracer that attaches how the
    /// task gets there.
    #[doc(alias = "JOBCTL_TRAP_STOP")]
    #[doc(alias = "JOBCTL_TRAPPING")]
    pub(crate) const TRAP_STOP_TRAPPING: Self =
        Self::constant(bindings::JOBCTL_TRAP_STOP | bindings::JOBCTL_TRAPPING);

    /// Makes one of the constants; does not compile for what the type must not hold.
    const fn constant(bits: u32) -> Self {
        // INVARIANT: Asserted, where a constant is evaluated: at compile time.
        let pending = Self(bits as c_ulong);
        assert!(pending.is_valid());
        pending
    }

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

// A trap that is not in `JOBCTL_TRAP_MASK` would keep `TIF_SIGPENDING` set and never be taken.
const _: () = assert!(
    bindings::JOBCTL_TRAP_INTERRUPT & !bindings::JOBCTL_TRAP_MASK == 0
        && bindings::JOBCTL_TRAP_MASK & !bindings::JOBCTL_PENDING_MASK == 0
);

/// What C does to the bits of a task that is not dying, to compare with: every function here is
/// of values alone. That C does so is tested where the siglock is.
#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
pub(crate) mod rules {
    use super::*;

    const fn bit(bits: u32) -> c_ulong {
        bits as c_ulong
    }

    pub(crate) const SIGNAL: c_ulong = bit(bindings::JOBCTL_STOP_SIGMASK);
    pub(crate) const DEQUEUED: c_ulong = bit(bindings::JOBCTL_STOP_DEQUEUED);
    pub(crate) const STOP_PENDING: c_ulong = bit(bindings::JOBCTL_STOP_PENDING);
    pub(crate) const CONSUME: c_ulong = bit(bindings::JOBCTL_STOP_CONSUME);
    pub(crate) const STOP: c_ulong = bit(bindings::JOBCTL_TRAP_STOP);
    pub(crate) const NOTIFY: c_ulong = bit(bindings::JOBCTL_TRAP_NOTIFY);
    pub(crate) const TRAPPING: c_ulong = bit(bindings::JOBCTL_TRAPPING);
    pub(crate) const FREEZE: c_ulong = bit(bindings::JOBCTL_TRAP_FREEZE);
    pub(crate) const INTERRUPT: c_ulong = bit(bindings::JOBCTL_TRAP_INTERRUPT);
    pub(crate) const NEW: c_ulong = bit(bindings::JOBCTL_TRAP_NEW);

    /// Every combination of the thirteen bits, each without a signal and with one.
    pub(crate) fn states() -> impl Iterator<Item = c_ulong> {
        (0..1 << 13).flat_map(|bits: c_ulong| [bits << 16, bits << 16 | bit(bindings::SIGSTOP)])
    }

    /// `task_set_jobctl_pending()`
    pub(crate) fn set(mut jobctl: c_ulong, pending: c_ulong) -> c_ulong {
        if pending & SIGNAL != 0 {
            jobctl &= !SIGNAL;
        }
        jobctl | pending
    }

    /// `task_clear_jobctl_pending()`, where `all` is `JOBCTL_PENDING_MASK`.
    pub(crate) fn clear(mut jobctl: c_ulong, mut pending: c_ulong, all: c_ulong) -> c_ulong {
        if pending & STOP_PENDING != 0 {
            pending |= CONSUME | DEQUEUED;
        }
        jobctl &= !pending;
        if jobctl & all == 0 {
            jobctl &= !TRAPPING;
        }
        jobctl
    }

    /// What `ptrace_stop()` clears for a trap, where `any` is what any trap clears.
    pub(crate) fn trap(jobctl: c_ulong, event_stop: bool, any: c_ulong, all: c_ulong) -> c_ulong {
        let jobctl = clear(jobctl, any, all);
        let jobctl = if event_stop {
            clear(jobctl, NOTIFY, all)
        } else {
            jobctl
        };
        jobctl & !TRAPPING
    }
}

/// That bits of their own for `PTRACE_INTERRUPT` and for a new tracee cannot be told, but for the
/// reasons of a stop, from the days when they shared `JOBCTL_TRAP_STOP`: what a task has then is
/// what it has now, with the three bits as one, and all that reads or changes the bits keeps it so.
#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_jobctl)]
mod tests {
    use super::{
        rules::*,
        *, //
    };

    /// The masks as they are, and as they were.
    const TRAPS: c_ulong = bindings::JOBCTL_TRAP_MASK as c_ulong;
    const ALL: c_ulong = bindings::JOBCTL_PENDING_MASK as c_ulong;
    const OLD_TRAPS: c_ulong = STOP | NOTIFY;
    const OLD_ALL: c_ulong = STOP_PENDING | OLD_TRAPS;

    /// What the bits were before there was one for `PTRACE_INTERRUPT`, and one for a new tracee.
    fn old(jobctl: c_ulong) -> c_ulong {
        if jobctl & (INTERRUPT | NEW) != 0 {
            jobctl & !(INTERRUPT | NEW) | STOP
        } else {
            jobctl
        }
    }

    #[test]
    fn who_reads_the_bits_sees_what_was_seen() {
        for now in states() {
            let then = old(now);
            assert_eq!((now & TRAPS != 0), (then & OLD_TRAPS != 0));
            assert_eq!((now & ALL != 0), (then & OLD_ALL != 0));
            assert_eq!(
                (now & (ALL | FREEZE) == FREEZE),
                (then & (OLD_ALL | FREEZE) == FREEZE)
            );
            // Every other bit is read alone.
            let others = !(STOP | INTERRUPT | NEW);
            assert_eq!(now & others, then & others);
        }
    }

    #[test]
    fn to_interrupt_is_what_it_was() {
        for now in states() {
            let interrupted = set(now, Pending::TRAP_INTERRUPT.bits());
            assert_eq!(old(interrupted), set(old(now), STOP));
        }
    }

    #[test]
    fn what_else_is_set_is_what_it_was() {
        let stop = STOP_PENDING | CONSUME | bindings::SIGTSTP as c_ulong;
        for now in states() {
            for pending in [STOP, STOP | TRAPPING, NOTIFY, STOP_PENDING, stop] {
                assert_eq!(old(set(now, pending)), set(old(now), pending));
            }
        }
    }

    #[test]
    fn what_is_cleared_is_what_it_was() {
        for now in states() {
            for (mask, old_mask) in [
                (ALL, OLD_ALL),
                (TRAPS, OLD_TRAPS),
                (NOTIFY, NOTIFY),
                (STOP_PENDING, STOP_PENDING),
            ] {
                let cleared = clear(now, mask, ALL);
                assert_eq!(old(cleared), clear(old(now), old_mask, OLD_ALL));
            }
        }
    }

    #[test]
    fn a_trap_clears_what_it_did() {
        for now in states() {
            for event_stop in [false, true] {
                let trapped = trap(now, event_stop, STOP | INTERRUPT | NEW, ALL);
                assert_eq!(old(trapped), trap(old(now), event_stop, STOP, OLD_ALL));
                assert_eq!(trapped & (STOP | INTERRUPT | NEW | TRAPPING), 0);
            }
        }
    }

    #[test]
    fn what_may_be_pending_is_what_c_takes() {
        for bits in states() {
            let others = bits & !(ALL | CONSUME | SIGNAL | TRAPPING) != 0;
            let trapping_alone = bits & TRAPPING != 0 && bits & ALL == 0;
            assert_eq!(Pending(bits).is_valid(), !others && !trapping_alone);
        }
    }

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
        // STOP_DEQUEUED, LISTENING, TRAP_FREEZE, PTRACE_FROZEN, STOPPED and TRACED; and what is not
        // used.
        for bit in [16, 22, 23, 24, 26, 27, 29, 30, 31] {
            assert!(!Pending(1 << bit).is_valid());
        }
    }

    #[test]
    fn a_stop_keeps_all_other_bits() {
        for bits in states() {
            let now = Jobctl::new(bits);
            assert_eq!(now.with_stop_pending().bits(), bits | STOP_PENDING);
            assert_eq!(now.with_frozen().bits(), bits | 1 << 24);
            assert_eq!(now.without_frozen().bits(), bits & !(1 << 24));
            assert_eq!(now.with_listening().bits(), bits | 1 << 22);
            assert_eq!(now.without_group_stopped().bits(), bits & !(1 << 26));
            assert_eq!(now.without_traced().bits(), bits & !(1 << 27));
        }
    }
}
