// SPDX-License-Identifier: GPL-2.0-only

//! A tracee's memory: `PTRACE_PEEKDATA`, `PTRACE_POKEDATA` and their like.

#![forbid(unsafe_code)]

use crate::{
    access,
    task,
    user::{
        self,
        Abi, //
    }, //
};
use kernel::{
    bindings,
    current,
    prelude::*,
    task::Task, //
};

/// To read what the program may not read.
const READ: c_uint = bindings::FOLL_FORCE;
/// To write what the program may not write.
const WRITE: c_uint = bindings::FOLL_FORCE | bindings::FOLL_WRITE;

/// How much is copied at once.
const CHUNK: usize = 128;

/// Copies between `buffer` and the memory of `task`, if the current task traces it and may still
/// look into it. Returns how many bytes were copied; 0, and no error, where it may not.
#[doc(alias = "ptrace_access_vm")]
fn access_vm(task: &Task, addr: c_ulong, buffer: &mut [u8], flags: c_uint) -> usize {
    task::access_vm(task, addr, buffer, flags, may_access)
}

/// Whether the current task traces `task` and may look into its memory.
pub(crate) fn may_access(task: &Task) -> bool {
    access::tracer_may_access(task, current!())
}

/// Puts the word at `addr` of the tracee's memory at `data` of the caller's. `EIO` if it cannot be
/// read, before `EFAULT`.
#[doc(alias = "generic_ptrace_peekdata")]
pub(crate) fn peek(task: &Task, addr: c_ulong, data: c_ulong) -> Result {
    let mut word = [0; size_of::<c_ulong>()];
    if access_vm(task, addr, &mut word, READ) != word.len() {
        return Err(EIO);
    }
    user::put_word(c_ulong::from_ne_bytes(word), data, Abi::Native)
}

/// Writes `data` at `addr` of the tracee's memory. `EIO` if it cannot be written.
#[doc(alias = "generic_ptrace_pokedata")]
pub(crate) fn poke(task: &Task, addr: c_ulong, data: c_ulong) -> Result {
    let mut word = data.to_ne_bytes();
    if access_vm(task, addr, &mut word, WRITE) != word.len() {
        return Err(EIO);
    }
    Ok(())
}

/// [`peek`] for a 32-bit caller, whose words are of 4 bytes.
#[cfg(CONFIG_COMPAT)]
pub(crate) fn compat_peek(task: &Task, addr: c_ulong, data: c_ulong) -> Result {
    let mut word = [0; size_of::<u32>()];
    if access_vm(task, addr, &mut word, READ) != word.len() {
        return Err(EIO);
    }
    user::put_word(u32::from_ne_bytes(word) as c_ulong, data, Abi::Compat)
}

/// [`poke`] for a 32-bit caller, whose words are of 4 bytes.
#[cfg(CONFIG_COMPAT)]
pub(crate) fn compat_poke(task: &Task, addr: c_ulong, data: u32) -> Result {
    let mut word = data.to_ne_bytes();
    if access_vm(task, addr, &mut word, WRITE) != word.len() {
        return Err(EIO);
    }
    Ok(())
}

/// Copies `len` bytes at `from` of the tracee's memory to `to` of the caller's.
///
/// Returns how many were copied, up to what cannot be read; `EIO` if that is the first, `EFAULT`.
#[doc(alias = "ptrace_readdata")]
pub(crate) fn read(task: &Task, from: c_ulong, to: c_ulong, len: usize) -> Result<usize> {
    let mut buffer = [0; CHUNK];
    let mut done = 0;
    while done < len {
        let chunk = CHUNK.min(len - done);
        let chunk = buffer.get_mut(..chunk).ok_or(EIO)?;
        let copied = access_vm(task, from.wrapping_add(done), chunk, READ);
        if copied == 0 {
            break;
        }
        let chunk = chunk.get(..copied).ok_or(EIO)?;
        user::copy_bytes_to_user(chunk, to.wrapping_add(done))?;
        done += copied;
    }
    if done == 0 && len != 0 {
        return Err(EIO);
    }
    Ok(done)
}

/// Copies `len` bytes at `from` of the caller's memory to `to` of the tracee's.
///
/// Returns how many were copied, up to what cannot be written; `EIO` if that is the first,
/// `EFAULT`.
#[doc(alias = "ptrace_writedata")]
pub(crate) fn write(task: &Task, from: c_ulong, to: c_ulong, len: usize) -> Result<usize> {
    let mut buffer = [0; CHUNK];
    let mut done = 0;
    while done < len {
        let chunk = CHUNK.min(len - done);
        let chunk = buffer.get_mut(..chunk).ok_or(EIO)?;
        user::copy_bytes_from_user(from.wrapping_add(done), chunk)?;
        let copied = access_vm(task, to.wrapping_add(done), chunk, WRITE);
        if copied == 0 {
            break;
        }
        done += copied;
    }
    if done == 0 && len != 0 {
        return Err(EIO);
    }
    Ok(done)
}
