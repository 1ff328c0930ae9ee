// SPDX-License-Identifier: GPL-2.0-only

//! The signals that a tracee blocks: `PTRACE_GETSIGMASK` and `PTRACE_SETSIGMASK`.

#![forbid(unsafe_code)]

use crate::{
    stop::Stopped,
    task::{
        self,
        Caller, //
    },
    user::{
        self,
        SigMask, //
    }, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// The size of a mask, which the caller must name. `EINVAL` for any other.
fn check_size(size: c_ulong) -> Result {
    if size == size_of::<bindings::sigset_t>() {
        Ok(())
    } else {
        Err(EINVAL)
    }
}

/// Copies the mask to the caller: the one that the tracee will have in user mode.
pub(crate) fn get(stopped: &Stopped<'_>, size: c_ulong, data: c_ulong) -> Result {
    check_size(size)?;
    let mask = SigMask(stopped.blocked());
    user::copy_to_user(&mask, data)
}

/// Sets the mask from that of the caller.
///
/// `EPERM`, before all else, for a thread that works for the kernel: it only ever takes `SIGKILL`
/// and `SIGSTOP`.
pub(crate) fn set(
    stopped: &Stopped<'_>,
    size: c_ulong,
    data: c_ulong,
    caller: &mut Caller<'_>,
) -> Result {
    if task::is_user_worker(stopped.task()) {
        return Err(EPERM);
    }
    check_size(size)?;
    let SigMask(mask) = user::copy_from_user(data)?;
    // Every thread looks at what is pending when it is resumed: nothing is recalculated here.
    stopped.lock(caller).set_blocked(without_unblockable(mask));
    stopped.keep_blocked();
    Ok(())
}

/// Without the signals that cannot be blocked.
#[doc(alias = "sigdelsetmask")]
fn without_unblockable(mut mask: bindings::sigset_t) -> bindings::sigset_t {
    let [first, ..] = &mut mask.sig;
    *first &= !(1 << (bindings::SIGKILL - 1) | 1 << (bindings::SIGSTOP - 1));
    mask
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_sigmask)]
mod tests {
    use super::*;

    #[test]
    fn only_the_size_of_a_mask_is_right() {
        for size in 0..64 {
            assert_eq!(check_size(size).is_ok(), size == 8);
        }
        assert_eq!(check_size(c_ulong::MAX), Err(EINVAL));
    }

    #[test]
    fn kill_and_stop_cannot_be_blocked() {
        let mut mask = bindings::sigset_t::default();
        mask.sig.fill(!0);
        let mask = without_unblockable(mask);
        let [first, ..] = mask.sig;
        assert_eq!(!first, 1 << 8 | 1 << 18);
    }
}
