// SPDX-License-Identifier: GPL-2.0-only

//! Requests, decoded, and the functions that carry them out.
//!
//! The system call tells apart only the [`Request`]s that need no tracee in a ptrace-stop. For all
//! others it freezes the tracee and calls the architecture's `arch_ptrace()`, which is C. That
//! passes on what is not its own, to be decoded as an [`Operation`].

#![forbid(unsafe_code)]

use crate::{
    access::PermittedOptions,
    config,
    detach,
    memory,
    options::{
        DetachSignal,
        ResumeSignal, //
    },
    regset::{
        self,
        Direction, //
    },
    resume::{
        self,
        Resume, //
    },
    siginfo,
    sigmask,
    stop::Stopped,
    syscall_info,
    task::Caller,
    user::{
        self,
        Abi, //
    }, //
};
use kernel::{
    bindings,
    prelude::*, //
};

/// What the first argument of ptrace(2) asks for, as far as the system call must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// `PTRACE_ATTACH`: trace a task, and stop it.
    Attach,
    /// `PTRACE_SEIZE`: trace a task.
    Seize,
    /// `PTRACE_INTERRUPT`: trap a tracee without a signal. In any state.
    Interrupt,
    /// `PTRACE_KILL`: send `SIGKILL` to a tracee. In any state.
    Kill,
    /// `PTRACE_GET_TRACEE_INFO`: tell what a tracee does. In any state.
    GetTraceeInfo,
    /// Any other number. It needs a tracee in a ptrace-stop, even to be told that it is no request.
    Other,
}

impl Request {
    /// `PTRACE_TRACEME`: be traced by one's parent. The one request that names no task.
    pub(crate) const TRACEME: c_long = bindings::PTRACE_TRACEME as c_long;

    /// `PTRACE_DETACH`: let go of a tracee in a ptrace-stop.
    pub(crate) const DETACH: c_long = bindings::PTRACE_DETACH as c_long;

    /// Decodes the first argument of a request that names a task. It counts in its full width:
    /// 0x1_0000_0010 is no `PTRACE_ATTACH`.
    pub(crate) fn decode(request: c_long) -> Self {
        match u32::try_from(request) {
            Ok(bindings::PTRACE_ATTACH) => Self::Attach,
            Ok(bindings::PTRACE_SEIZE) => Self::Seize,
            Ok(bindings::PTRACE_INTERRUPT) => Self::Interrupt,
            Ok(bindings::PTRACE_KILL) => Self::Kill,
            Ok(bindings::PTRACE_GET_TRACEE_INFO) => Self::GetTraceeInfo,
            _ => Self::Other,
        }
    }
}

/// What is to be done with a tracee in a ptrace-stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// `PTRACE_PEEKTEXT`, `PTRACE_PEEKDATA`
    Peek,
    /// `PTRACE_POKETEXT`, `PTRACE_POKEDATA`
    Poke,
    /// `PTRACE_SETOPTIONS`, and `PTRACE_OLDSETOPTIONS` where there is one
    SetOptions,
    /// `PTRACE_GETEVENTMSG`
    GetEventMessage,
    /// `PTRACE_GETSIGINFO`
    GetSiginfo,
    /// `PTRACE_SETSIGINFO`
    SetSiginfo,
    /// `PTRACE_PEEKSIGINFO`
    PeekSiginfo,
    /// `PTRACE_GETSIGMASK`
    GetSigmask,
    /// `PTRACE_SETSIGMASK`
    SetSigmask,
    /// `PTRACE_LISTEN`
    Listen,
    /// `PTRACE_DETACH`
    Detach,
    /// `PTRACE_CONT` and its like
    Resume(Resume),
    /// `PTRACE_GETREGSET`, `PTRACE_SETREGSET`
    Regset(Direction),
    /// `PTRACE_GET_SYSCALL_INFO`
    GetSyscallInfo,
    /// `PTRACE_SET_SYSCALL_INFO`
    SetSyscallInfo,
    /// `PTRACE_SECCOMP_GET_FILTER`
    SeccompFilter,
    /// `PTRACE_SECCOMP_GET_METADATA`
    SeccompMetadata,
    /// `PTRACE_GET_RSEQ_CONFIGURATION`
    #[cfg(CONFIG_RSEQ)]
    Rseq,
    /// `PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG`
    SetDispatch,
    /// `PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG`
    GetDispatch,
    /// `PTRACE_GETFDPIC`
    GetFdpic,
}

// Numbers that are the architecture's, and below 0 where it has no such request.
const OLDSETOPTIONS: c_long = bindings::PTRACE_SHIM_OLDSETOPTIONS as c_long;
const SINGLEBLOCK: c_long = bindings::PTRACE_SHIM_SINGLEBLOCK as c_long;
const SYSEMU: c_long = bindings::PTRACE_SHIM_SYSEMU as c_long;
const SYSEMU_SINGLESTEP: c_long = bindings::PTRACE_SHIM_SYSEMU_SINGLESTEP as c_long;
const GETFDPIC: c_long = bindings::PTRACE_SHIM_GETFDPIC as c_long;

impl Operation {
    /// Decodes the first argument of ptrace(2), or returns [`None`] if it is no request.
    // Always inlined, as is what matches it next: of the two tables, one is left.
    #[inline(always)]
    pub(crate) fn decode(request: c_long) -> Option<Self> {
        Some(match u32::try_from(request).ok()? {
            bindings::PTRACE_PEEKTEXT | bindings::PTRACE_PEEKDATA => Self::Peek,
            bindings::PTRACE_POKETEXT | bindings::PTRACE_POKEDATA => Self::Poke,
            bindings::PTRACE_SETOPTIONS => Self::SetOptions,
            bindings::PTRACE_GETEVENTMSG => Self::GetEventMessage,
            bindings::PTRACE_GETSIGINFO => Self::GetSiginfo,
            bindings::PTRACE_SETSIGINFO => Self::SetSiginfo,
            bindings::PTRACE_PEEKSIGINFO => Self::PeekSiginfo,
            bindings::PTRACE_GETSIGMASK => Self::GetSigmask,
            bindings::PTRACE_SETSIGMASK => Self::SetSigmask,
            bindings::PTRACE_LISTEN => Self::Listen,
            bindings::PTRACE_DETACH => Self::Detach,
            bindings::PTRACE_CONT => Self::Resume(Resume::Cont),
            bindings::PTRACE_SYSCALL => Self::Resume(Resume::Syscall),
            bindings::PTRACE_SINGLESTEP => Self::Resume(Resume::SingleStep),
            bindings::PTRACE_GETREGSET => Self::Regset(Direction::Get),
            bindings::PTRACE_SETREGSET => Self::Regset(Direction::Set),
            bindings::PTRACE_GET_SYSCALL_INFO => Self::GetSyscallInfo,
            bindings::PTRACE_SET_SYSCALL_INFO => Self::SetSyscallInfo,
            bindings::PTRACE_SECCOMP_GET_FILTER => Self::SeccompFilter,
            bindings::PTRACE_SECCOMP_GET_METADATA => Self::SeccompMetadata,
            #[cfg(CONFIG_RSEQ)]
            bindings::PTRACE_GET_RSEQ_CONFIGURATION => Self::Rseq,
            bindings::PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG => Self::SetDispatch,
            bindings::PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG => Self::GetDispatch,
            _ => match request {
                OLDSETOPTIONS => Self::SetOptions,
                SINGLEBLOCK => Self::Resume(Resume::SingleBlock),
                SYSEMU => Self::Resume(Resume::Sysemu),
                SYSEMU_SINGLESTEP => Self::Resume(Resume::SysemuSingleStep),
                GETFDPIC => Self::GetFdpic,
                _ => return None,
            },
        })
    }

    /// Carries out the operation, for a caller of the native ABI; returns what the system call is
    /// to return.
    ///
    /// Process context with no lock held. The last two arguments are those of ptrace(2), and mean
    /// what the operation says.
    // Always inlined: called, it would be 384 bytes more.
    #[doc(alias = "ptrace_request")]
    #[inline(always)]
    pub(crate) fn carry_out(
        self,
        stopped: Stopped<'_>,
        addr: c_ulong,
        data: c_ulong,
        caller: &mut Caller<'_>,
    ) -> Result<c_int> {
        let done = match self {
            Self::Peek => memory::peek(&stopped, addr, data, caller),
            Self::Poke => memory::poke(&stopped, addr, data, caller),
            Self::SetOptions => set_options(&stopped, data, caller),
            Self::GetEventMessage => get_event_message(&stopped, data, Abi::Native),
            Self::GetSiginfo => siginfo::get(&stopped, data, Abi::Native, caller),
            Self::SetSiginfo => siginfo::set(&stopped, data, Abi::Native, caller),
            Self::PeekSiginfo => return siginfo::peek(&stopped, addr, data, caller),
            Self::GetSigmask => sigmask::get(&stopped, addr, data),
            Self::SetSigmask => sigmask::set(&stopped, addr, data, caller),
            Self::Listen => stopped.listen(caller),
            Self::Detach => {
                let signal = DetachSignal::new(data)?;
                detach::detach(stopped, signal, caller);
                Ok(())
            }
            Self::Resume(how) => {
                let signal = ResumeSignal::new(data)?;
                resume::resume(stopped, how, signal, caller)
            }
            Self::Regset(direction) => regset::copy(&stopped, direction, addr, data, Abi::Native),
            Self::GetSyscallInfo => return syscall_info::get(&stopped, addr, data),
            Self::SetSyscallInfo => syscall_info::set(&stopped, addr, data),
            Self::SeccompFilter => return config::seccomp_filter(&stopped, addr, data),
            Self::SeccompMetadata => return config::seccomp_metadata(&stopped, addr, data),
            #[cfg(CONFIG_RSEQ)]
            Self::Rseq => return config::rseq(&stopped, addr, data),
            Self::SetDispatch => return config::set_dispatch(&stopped, addr, data),
            Self::GetDispatch => return config::get_dispatch(&stopped, addr, data),
            Self::GetFdpic => config::fdpic_loadmap(&stopped, addr)
                .and_then(|loadmap| user::put_word(loadmap, data, Abi::Native)),
        };
        done.map(|()| 0)
    }
}

/// `PTRACE_SETOPTIONS`: replaces all options, or none. `EINVAL` for what is no option.
#[doc(alias = "ptrace_setoptions")]
fn set_options(stopped: &Stopped<'_>, data: c_ulong, caller: &Caller<'_>) -> Result {
    stopped.set_options(PermittedOptions::new(data, caller, EINVAL)?);
    Ok(())
}

/// `PTRACE_GETEVENTMSG`: what the stop tells beside its status.
pub(crate) fn get_event_message(stopped: &Stopped<'_>, data: c_ulong, abi: Abi) -> Result {
    user::put_word(stopped.message(), data, abi)
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_request)]
mod tests {
    use super::*;

    /// The requests that the system call tells apart.
    fn expected_request(number: c_long) -> Request {
        match number {
            8 => Request::Kill,
            16 => Request::Attach,
            0x4206 => Request::Seize,
            0x4207 => Request::Interrupt,
            0x4213 => Request::GetTraceeInfo,
            _ => Request::Other,
        }
    }

    /// The operations by their numbers, as far as these are the same for all architectures.
    fn expected_operation(number: c_long) -> Option<Operation> {
        Some(match number {
            1 | 2 => Operation::Peek,
            4 | 5 => Operation::Poke,
            7 => Operation::Resume(Resume::Cont),
            9 => Operation::Resume(Resume::SingleStep),
            17 => Operation::Detach,
            24 => Operation::Resume(Resume::Syscall),
            0x4200 => Operation::SetOptions,
            0x4201 => Operation::GetEventMessage,
            0x4202 => Operation::GetSiginfo,
            0x4203 => Operation::SetSiginfo,
            0x4204 => Operation::Regset(Direction::Get),
            0x4205 => Operation::Regset(Direction::Set),
            0x4208 => Operation::Listen,
            0x4209 => Operation::PeekSiginfo,
            0x420a => Operation::GetSigmask,
            0x420b => Operation::SetSigmask,
            0x420c => Operation::SeccompFilter,
            0x420d => Operation::SeccompMetadata,
            0x420e => Operation::GetSyscallInfo,
            #[cfg(CONFIG_RSEQ)]
            0x420f => Operation::Rseq,
            0x4210 => Operation::SetDispatch,
            0x4211 => Operation::GetDispatch,
            0x4212 => Operation::SetSyscallInfo,
            number if number == OLDSETOPTIONS => Operation::SetOptions,
            number if number == SINGLEBLOCK => Operation::Resume(Resume::SingleBlock),
            number if number == SYSEMU => Operation::Resume(Resume::Sysemu),
            number if number == SYSEMU_SINGLESTEP => Operation::Resume(Resume::SysemuSingleStep),
            number if number == GETFDPIC => Operation::GetFdpic,
            _ => return None,
        })
    }

    #[test]
    fn every_number_is_what_it_says() {
        for number in 0..0x1_0000 {
            assert_eq!(Request::decode(number), expected_request(number));
            assert_eq!(Operation::decode(number), expected_operation(number));
        }
    }

    #[test]
    fn no_number_is_negative() {
        for number in 1..0x1_0000 {
            assert_eq!(Request::decode(-number), Request::Other);
            assert_eq!(Operation::decode(-number), None);
        }
        assert_eq!(Operation::decode(c_long::MIN), None);
    }

    #[test]
    #[cfg(CONFIG_64BIT)]
    fn the_high_half_counts() {
        for number in 0..0x4300 {
            for bit in 32..64 {
                let number = number | 1 << bit;
                assert_eq!(Request::decode(number), Request::Other);
                assert_eq!(Operation::decode(number), None);
            }
        }
    }

    /// What the architecture's `<asm/ptrace.h>` has; where it has none, a number below zero.
    #[test]
    fn an_architecture_has_numbers_of_its_own() {
        let expected = if cfg!(CONFIG_UML) {
            (21, -2, -3, -4)
        } else if cfg!(CONFIG_X86_64) {
            (21, 33, 31, 32)
        } else if cfg!(any(CONFIG_ARM64, CONFIG_RISCV)) {
            (-1, -2, 31, 32)
        } else {
            (-1, -2, -3, -4)
        };
        let numbers = (OLDSETOPTIONS, SINGLEBLOCK, SYSEMU, SYSEMU_SINGLESTEP);
        assert_eq!(numbers, expected);
    }
}
