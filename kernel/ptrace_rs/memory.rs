// SPDX-License-Identifier: GPL-2.0-only

//! A word of a tracee's memory: `PTRACE_PEEKTEXT`, `PTRACE_PEEKDATA`, `PTRACE_POKETEXT` and
//! `PTRACE_POKEDATA`.

#![forbid(unsafe_code)]

use crate::{
    mm::TraceeMm,
    stop::Stopped,
    task::Caller,
    user::{
        self,
        Abi, //
    }, //
};
use kernel::prelude::*;

/// Reads the word at `addr` of the tracee. `EIO` if it cannot be read.
#[doc(alias = "ptrace_access_vm")]
#[inline]
fn read<const SIZE: usize>(
    stopped: &Stopped<'_>,
    addr: c_ulong,
    caller: &mut Caller<'_>,
) -> Result<[u8; SIZE]> {
    TraceeMm::of(stopped.task(), caller)
        .and_then(|mm| mm.read_word(addr))
        .ok_or(EIO)
}

/// Writes a word at `addr` of the tracee. `EIO` if it cannot be written.
#[doc(alias = "ptrace_access_vm")]
#[inline]
fn write<const SIZE: usize>(
    stopped: &Stopped<'_>,
    addr: c_ulong,
    word: [u8; SIZE],
    caller: &mut Caller<'_>,
) -> Result {
    TraceeMm::of(stopped.task(), caller)
        .is_some_and(|mm| mm.write_word(addr, word))
        .then_some(())
        .ok_or(EIO)
}

/// Puts the word at `addr` of the tracee's memory at `data` of the caller's. `EIO` if it cannot be
/// read, before `EFAULT`.
#[doc(alias = "generic_ptrace_peekdata")]
pub(crate) fn peek(
    stopped: &Stopped<'_>,
    addr: c_ulong,
    data: c_ulong,
    caller: &mut Caller<'_>,
) -> Result {
    let word = c_ulong::from_ne_bytes(read(stopped, addr, caller)?);
    user::put_word(word, data, Abi::Native)
}

/// Writes `data` at `addr` of the tracee's memory. `EIO` if it cannot be written.
#[doc(alias = "generic_ptrace_pokedata")]
pub(crate) fn poke(
    stopped: &Stopped<'_>,
    addr: c_ulong,
    data: c_ulong,
    caller: &mut Caller<'_>,
) -> Result {
    write(stopped, addr, data.to_ne_bytes(), caller)
}

/// [`peek`] for a 32-bit caller, whose words are of 4 bytes.
#[cfg(CONFIG_COMPAT)]
pub(crate) fn compat_peek(
    stopped: &Stopped<'_>,
    addr: c_ulong,
    data: c_ulong,
    caller: &mut Caller<'_>,
) -> Result {
    let word = u32::from_ne_bytes(read(stopped, addr, caller)?);
    user::put_word(word as c_ulong, data, Abi::Compat)
}

/// [`poke`] for a 32-bit caller, whose words are of 4 bytes.
#[cfg(CONFIG_COMPAT)]
pub(crate) fn compat_poke(
    stopped: &Stopped<'_>,
    addr: c_ulong,
    data: u32,
    caller: &mut Caller<'_>,
) -> Result {
    write(stopped, addr, data.to_ne_bytes(), caller)
}
