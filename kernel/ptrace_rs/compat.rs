// SPDX-License-Identifier: GPL-2.0-only

//! Operations that differ for 32-bit callers on a 64-bit kernel.

#![forbid(unsafe_code)]

use crate::{
    memory,
    regset,
    request::{
        self,
        Operation, //
    },
    siginfo,
    stop::Stopped,
    task::Caller,
    user::{
        self,
        Abi, //
    }, //
};
use kernel::prelude::*;

/// Carries out an operation that differs for a 32-bit caller; [`None`] if it does not.
///
/// As [`Operation::carry_out`]. The last two arguments are those of the caller, no wider than it
/// has given them.
#[doc(alias = "compat_ptrace_request")]
#[inline]
pub(crate) fn carry_out(
    operation: Operation,
    stopped: &Stopped<'_>,
    addr: u32,
    data: u32,
    caller: &mut Caller<'_>,
) -> Option<Result> {
    let pointer = || user::compat_ptr(data);
    // CAST: Extends with zeros, as C does.
    let addr = addr as c_ulong;
    Some(match operation {
        Operation::Peek => memory::compat_peek(stopped, addr, pointer(), caller),
        Operation::Poke => memory::compat_poke(stopped, addr, data, caller),
        Operation::GetEventMessage => request::get_event_message(stopped, pointer(), Abi::Compat),
        Operation::GetSiginfo => siginfo::get(stopped, pointer(), Abi::Compat, caller),
        Operation::SetSiginfo => siginfo::set(stopped, pointer(), Abi::Compat, caller),
        Operation::Regset(direction) => {
            regset::copy(stopped, direction, addr, pointer(), Abi::Compat)
        }
        _ => return None,
    })
}
