// SPDX-License-Identifier: GPL-2.0-only

//! The system call that a tracee is in: `PTRACE_GET_SYSCALL_INFO` and `PTRACE_SET_SYSCALL_INFO`.

#![forbid(unsafe_code)]

use crate::{
    arch::{
        SyscallInfo,
        SYSCALL_ARGS, //
    },
    stop::Stopped,
    user, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// Which stop of a system call a tracee is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    /// In none.
    None,
    /// On entering a call.
    Entry,
    /// On leaving it.
    Exit,
    /// By a seccomp filter, on entering a call.
    Seccomp,
}

impl Op {
    /// The stop with this `si_code` and this message. Without `PTRACE_O_TRACESYSGOOD`, entering and
    /// leaving a call cannot be told from a breakpoint.
    #[doc(alias = "ptrace_get_syscall_info_op")]
    fn new(si_code: Option<c_int>, message: c_ulong) -> Self {
        const SYSCALL: c_int = (bindings::SIGTRAP | 0x80) as c_int;
        const SECCOMP: c_int = (bindings::SIGTRAP | bindings::PTRACE_EVENT_SECCOMP << 8) as c_int;
        const ENTRY: c_ulong = bindings::PTRACE_EVENTMSG_SYSCALL_ENTRY as c_ulong;
        const EXIT: c_ulong = bindings::PTRACE_EVENTMSG_SYSCALL_EXIT as c_ulong;

        match (si_code, message) {
            (Some(SYSCALL), ENTRY) => Self::Entry,
            (Some(SYSCALL), EXIT) => Self::Exit,
            (Some(SECCOMP), _) => Self::Seccomp,
            _ => Self::None,
        }
    }

    /// The stop that the tracee is in.
    fn of(stopped: &Stopped<'_>) -> Self {
        Self::new(stopped.si_code(), stopped.message())
    }

    /// `PTRACE_SYSCALL_INFO_*`.
    fn number(self) -> u8 {
        let number = match self {
            Self::None => bindings::PTRACE_SYSCALL_INFO_NONE,
            Self::Entry => bindings::PTRACE_SYSCALL_INFO_ENTRY,
            Self::Exit => bindings::PTRACE_SYSCALL_INFO_EXIT,
            Self::Seccomp => bindings::PTRACE_SYSCALL_INFO_SECCOMP,
        };
        // CAST: Numbers below 4.
        number as u8
    }

    /// How much there is to tell of the stop, in bytes: up to and with the last field.
    fn size(self) -> usize {
        const NR: usize = core::mem::offset_of!(SyscallInfo, nr_or_rval);
        const ARGS: usize = core::mem::offset_of!(SyscallInfo, args);
        const RET_DATA: usize = core::mem::offset_of!(SyscallInfo, ret_data);

        match self {
            Self::None => NR,
            Self::Entry => RET_DATA,
            Self::Exit => ARGS + 1,
            Self::Seccomp => RET_DATA + size_of::<u32>(),
        }
    }
}

/// Tells the caller of the system call, in up to `size` bytes; returns how many there are to tell.
// Always inlined: it is called from one place only, and tracers of system calls do nothing else.
#[doc(alias = "ptrace_get_syscall_info")]
#[inline(always)]
pub(crate) fn get(stopped: &Stopped<'_>, size: c_ulong, data: c_ulong) -> Result<c_int> {
    let op = Op::of(stopped);
    let mut info = SyscallInfo::new(op.number());
    info.fill_in_where(stopped);
    match op {
        Op::None => {}
        Op::Entry => fill_entry(&mut info, stopped),
        Op::Exit => {
            let error = stopped.syscall_error();
            let value = if error != 0 {
                error
            } else {
                stopped.syscall_return_value()
            };
            // CAST: Extends the sign, as C does.
            info.nr_or_rval = value as i64 as u64;
            let mut first = [0; 8];
            first[0] = u8::from(error != 0);
            info.args[0] = u64::from_ne_bytes(first);
        }
        Op::Seccomp => {
            fill_entry(&mut info, stopped);
            // CAST: The truncation that C does.
            info.ret_data = stopped.message() as u32;
        }
    }
    user::copy_prefix_to_user(&info, size.min(op.size()), data)?;
    // CAST: No more than the size of the structure.
    Ok(op.size() as c_int)
}

/// Fills in the number and the arguments of the call.
#[inline]
#[doc(alias = "ptrace_get_syscall_info_entry")]
fn fill_entry(info: &mut SyscallInfo, stopped: &Stopped<'_>) {
    // CAST: Extends the sign, as C does.
    info.nr_or_rval = i64::from(stopped.syscall_nr()) as u64;
    for (to, from) in info.args.iter_mut().zip(stopped.syscall_args()) {
        *to = from as u64;
    }
}

/// Changes the system call, as the caller says.
///
/// `EINVAL` if `size` is less than that of the structure, before `EFAULT`; `EINVAL` for what is not
/// 0 and has no meaning, for another stop than the tracee is in, and outside such a stop; `ERANGE`
/// for what does not fit in a register.
#[doc(alias = "ptrace_set_syscall_info")]
pub(crate) fn set(stopped: &Stopped<'_>, size: c_ulong, data: c_ulong) -> Result {
    if size < size_of::<SyscallInfo>() {
        return Err(EINVAL);
    }
    // What later versions of the structure add is not looked at: that there is something in it
    // would have to be said in the flags.
    let info: SyscallInfo = user::copy_from_user(data)?;
    if info.flags != 0 || info.reserved != 0 {
        return Err(EINVAL);
    }
    let op = Op::of(stopped);
    if info.op != op.number() {
        return Err(EINVAL);
    }
    match op {
        Op::None => Err(EINVAL),
        // What the filter says is not changed.
        Op::Entry | Op::Seccomp => {
            let nr = checked_nr(info.nr_or_rval)?;
            let args = checked_args(&info.args)?;
            stopped.set_syscall_nr(nr);
            // No call, no arguments; and where the first is in the register of the result, setting
            // it would change that.
            if nr != -1 {
                stopped.set_syscall_args(&args);
            }
            Ok(())
        }
        Op::Exit => {
            let value = checked_rval(info.nr_or_rval)?;
            if info.args[0].to_ne_bytes()[0] != 0 {
                // CAST: The truncation that C does by the type of a parameter.
                stopped.set_syscall_return_value(value as c_int, 0);
            } else {
                stopped.set_syscall_return_value(0, value);
            }
            Ok(())
        }
    }
}

/// The number of a call: an `int`, with its sign extended. `ERANGE` for any other.
fn checked_nr(nr: u64) -> Result<c_int> {
    // CAST: Looks at all the bits as at those of a signed number.
    c_int::try_from(nr as i64).map_err(|_| ERANGE)
}

/// The result of a call: a `long`, with its sign extended. `ERANGE` for any other.
fn checked_rval(rval: u64) -> Result<c_long> {
    // CAST: Looks at all the bits as at those of a signed number.
    c_long::try_from(rval as i64).map_err(|_| ERANGE)
}

/// The arguments of a call: each an `unsigned long`. `ERANGE` for any other.
fn checked_args(from: &[u64; SYSCALL_ARGS]) -> Result<[c_ulong; SYSCALL_ARGS]> {
    let mut args = [0; SYSCALL_ARGS];
    for (to, from) in args.iter_mut().zip(from) {
        *to = c_ulong::try_from(*from).map_err(|_| ERANGE)?;
    }
    Ok(args)
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_syscall_info)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_told_by_code_and_message() {
        for message in 0..4 {
            assert_eq!(Op::new(None, message), Op::None);
            for code in 0..0x1000 {
                let expected = match (code, message) {
                    (0x85, 1) => Op::Entry,
                    (0x85, 2) => Op::Exit,
                    (0x705, _) => Op::Seccomp,
                    _ => Op::None,
                };
                assert_eq!(Op::new(Some(code), message), expected);
            }
        }
    }

    #[test]
    fn sizes_are_those_of_the_interface() {
        assert_eq!(Op::None.size(), 24);
        assert_eq!(Op::Entry.size(), 80);
        assert_eq!(Op::Exit.size(), 33);
        assert_eq!(Op::Seccomp.size(), 84);
        assert_eq!(size_of::<SyscallInfo>(), 88);
    }

    #[test]
    fn a_number_is_an_int() {
        for (nr, expected) in [
            (0, Ok(0)),
            (0x7fff_ffff, Ok(0x7fff_ffff)),
            (u64::MAX, Ok(-1)),
            (0xffff_ffff_8000_0000, Ok(c_int::MIN)),
            (0x8000_0000, Err(ERANGE)),
            (0xffff_ffff, Err(ERANGE)),
            (0x1_0000_0000, Err(ERANGE)),
            (0xffff_ffff_7fff_ffff, Err(ERANGE)),
            (0x8000_0000_0000_0000, Err(ERANGE)),
        ] {
            assert_eq!(checked_nr(nr), expected);
        }
    }

    #[test]
    #[cfg(CONFIG_64BIT)]
    fn all_values_are_words_of_64_bits() {
        assert_eq!(checked_rval(u64::MAX), Ok(-1));
        assert_eq!(checked_rval(1 << 63), Ok(c_long::MIN));
        assert_eq!(checked_args(&[u64::MAX; 6]), Ok([c_ulong::MAX; 6]));
    }
}
