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

/// Carries out an operation for a 32-bit caller; returns what the system call is to return.
///
/// As [`Operation::carry_out`]. The last two arguments are those of the caller, no wider than it
/// has given them.
#[doc(alias = "compat_ptrace_request")]
pub(crate) fn carry_out(
    operation: Operation,
    stopped: Stopped<'_>,
    addr: u32,
    data: u32,
    caller: &mut Caller<'_>,
) -> Result<c_int> {
    let pointer = || user::compat_ptr(data);
    // CAST: Extends with zeros, as C does.
    let (wide_addr, wide_data) = (addr as c_ulong, data as c_ulong);
    let done = match operation {
        Operation::Peek => memory::compat_peek(&stopped, wide_addr, pointer(), caller),
        Operation::Poke => memory::compat_poke(&stopped, wide_addr, data, caller),
        Operation::GetEventMessage => request::get_event_message(&stopped, pointer(), Abi::Compat),
        Operation::GetSiginfo => siginfo::get(&stopped, pointer(), Abi::Compat, caller),
        Operation::SetSiginfo => siginfo::set(&stopped, pointer(), Abi::Compat, caller),
        Operation::Regset(direction) => {
            regset::copy(&stopped, direction, wide_addr, pointer(), Abi::Compat)
        }
        operation => return operation.carry_out(stopped, wide_addr, wide_data, caller),
    };
    done.map(|()| 0)
}
