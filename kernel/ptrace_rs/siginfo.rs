// SPDX-License-Identifier: GPL-2.0-only

//! Siginfo: of the ptrace-stop that a tracee is in, and of the signals that are pending for it.
//!
//! `PTRACE_GETSIGINFO`, `PTRACE_SETSIGINFO`, `PTRACE_PEEKSIGINFO`.

#![forbid(unsafe_code)]

use crate::{
    stop::Stopped,
    task::Caller,
    user::{
        Abi,
        PeekArgs,
        SigInfo, //
    }, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// What a siginfo takes of the caller's memory, whatever its ABI, in `PTRACE_PEEKSIGINFO`.
const STRIDE: c_ulong = size_of::<bindings::siginfo_t>();

/// Copies out the siginfo of the stop that the tracee is in.
///
/// `EINVAL` if the stop has none, before `EFAULT`.
#[doc(alias = "ptrace_getsiginfo")]
pub(crate) fn get(
    stopped: &Stopped<'_>,
    data: c_ulong,
    abi: Abi,
    caller: &mut Caller<'_>,
) -> Result {
    let mut info = SigInfo::zeroed();
    if !stopped.lock(caller).copy_stop_siginfo(&mut info) {
        return Err(EINVAL);
    }
    info.copy_to_user(data, abi)
}

/// Replaces the siginfo of the stop that the tracee is in.
///
/// `EFAULT` or `E2BIG` for what cannot be copied in, before `EINVAL` if the stop has none.
#[doc(alias = "ptrace_setsiginfo")]
pub(crate) fn set(
    stopped: &Stopped<'_>,
    data: c_ulong,
    abi: Abi,
    caller: &mut Caller<'_>,
) -> Result {
    let mut info = SigInfo::zeroed();
    info.copy_from_user(data, abi)?;
    let done = stopped.lock(caller).set_stop_siginfo(&info);
    done.then_some(()).ok_or(EINVAL)
}

/// What `PTRACE_PEEKSIGINFO` is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Peek {
    /// Of the signals that are pending for the process, not for the thread.
    shared: bool,
    /// The first one wanted.
    offset: usize,
    /// How many are wanted at the most.
    count: c_int,
}

impl Peek {
    /// Checks the arguments; [`None`] if what they ask for is not there in any case.
    fn new(flags: u32, offset: u64, count: c_int) -> Result<Option<Self>> {
        if flags & !bindings::PTRACE_PEEKSIGINFO_SHARED != 0 || count < 0 {
            return Err(EINVAL);
        }
        // No list is that long.
        let Ok(offset) = usize::try_from(offset) else {
            return Ok(None);
        };
        Ok(Some(Self {
            shared: flags & bindings::PTRACE_PEEKSIGINFO_SHARED != 0,
            offset,
            count,
        }))
    }
}

/// Copies out the siginfo of signals that are pending, without taking them; returns how many.
///
/// Stops early at the end of the list, at a fault, and at a signal for the caller. It is an error
/// only if there was nothing before it.
#[doc(alias = "ptrace_peek_siginfo")]
#[inline]
pub(crate) fn peek(
    stopped: &Stopped<'_>,
    addr: c_ulong,
    data: c_ulong,
    caller: &mut Caller<'_>,
) -> Result<c_int> {
    let args = PeekArgs::copy_from_user(addr)?;
    let Some(peek) = Peek::new(args.flags(), args.offset(), args.count())? else {
        return Ok(0);
    };

    // A request that has an ABI of its own in no other place: here the caller's counts.
    let abi = Abi::of_caller();
    let mut info = SigInfo::zeroed();
    let mut to = data;
    let mut done: c_int = 0;
    while done < peek.count {
        // Wraps where the offset is at the end of its range, as it does in C.
        let index = peek.offset.wrapping_add(done as usize);
        let found = stopped
            .lock(caller)
            .copy_pending_siginfo(peek.shared, index, &mut info);
        if !found {
            break;
        }
        if let Err(error) = info.copy_to_user(to, abi) {
            if done == 0 {
                return Err(error);
            }
            break;
        }
        to = to.wrapping_add(STRIDE);
        done += 1;
        if caller.signal_pending() {
            break;
        }
        caller.cond_resched();
    }
    Ok(done)
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_siginfo)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shared_flag_is_known() {
        for bit in 0..u32::BITS {
            assert_eq!(Peek::new(1 << bit, 0, 1).is_ok(), bit == 0);
        }
        assert_eq!(
            Peek::new(0, 0, 1).map(|p| p.map(|p| p.shared)),
            Ok(Some(false))
        );
        assert_eq!(
            Peek::new(1, 0, 1).map(|p| p.map(|p| p.shared)),
            Ok(Some(true))
        );
    }

    #[test]
    fn a_count_is_not_negative() {
        for count in [-1, c_int::MIN] {
            assert_eq!(Peek::new(0, 0, count), Err(EINVAL));
        }
        for count in [0, 1, c_int::MAX] {
            assert_eq!(
                Peek::new(0, 0, count).map(|p| p.map(|p| p.count)),
                Ok(Some(count))
            );
        }
    }

    #[test]
    fn an_offset_that_is_no_index_is_beyond_the_end() {
        let largest = usize::MAX as u64;
        assert!(Peek::new(0, largest, 1).is_ok_and(|p| p.is_some()));
        if largest < u64::MAX {
            assert_eq!(Peek::new(0, largest + 1, 1), Ok(None));
        }
    }

    #[test]
    fn the_stride_is_128() {
        assert_eq!(STRIDE, 128);
    }
}
