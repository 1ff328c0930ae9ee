// SPDX-License-Identifier: GPL-2.0

//! Carries out the tracer's operations, and notes their results.

use crate::arch::{nr, REG_FLAGS, SIGINFO_TIMES, SPIN_IS_STEADY, UNSTEADY_FLAGS};
use crate::calls::{Call, Input};
use crate::generate::How;
use crate::shared::{BUFFER, BUFFER_SIZE};
use crate::sys::{self, call, call2, call3, call4, Code};
use crate::tracer::Tracer;
use crate::transcript::{note, request, Bytes, Name, Returned};

/// The byte that fills memory, so that writes to it show.
const FILL: u8 = 0xa5;
const SIGCHLD: u8 = 17;

/// Puts bytes at an address, if that is in the buffer.
fn put(address: usize, bytes: &[u8]) {
    let at = address.wrapping_sub(BUFFER);
    if at < BUFFER_SIZE {
        let room = &mut sys::buffer()[at..];
        let length = bytes.len().min(room.len());
        room[..length].copy_from_slice(&bytes[..length]);
    }
}

fn put_iovec(address: usize, base: usize, length: usize) {
    put(address, &base.to_ne_bytes());
    put(
        address.wrapping_add(size_of::<usize>()),
        &length.to_ne_bytes(),
    );
}

/// Prepares the buffer for a request.
fn prepare(call: &Call) {
    sys::buffer().fill(FILL);
    match call.input {
        Input::None => {}
        Input::Words(address, words) => {
            for (index, word) in words.iter().enumerate() {
                put(address.wrapping_add(8 * index), &word.to_ne_bytes());
            }
        }
        Input::Iovec { base, length } => put_iovec(call.data, base, length),
        Input::Changed {
            get,
            addr,
            base,
            offset,
            value,
            size,
            iovec,
        } => {
            if let Some(length) = iovec {
                put_iovec(call.data, base, length);
            }
            let returned = call4(nr::PTRACE, get, call.pid, addr, call.data);
            note!("({} = {}) ", Name(get), Returned(returned));
            put(base.wrapping_add(offset), &value.to_ne_bytes()[..size]);
            if let Some(length) = iovec {
                put_iovec(call.data, base, length);
            }
        }
    }
}

/// What a request returns that could not copy.
const EFAULT: isize = -14;

/// Makes a request, and notes its arguments, its result, and what it wrote.
pub fn ptrace(tracer: &mut Tracer, call: &Call) {
    note!(
        "{} {:#x} {:#x} {:#x} ",
        Name(call.request),
        call.pid,
        call.addr,
        call.data
    );
    prepare(call);
    let mut before = [0; BUFFER_SIZE];
    before.copy_from_slice(sys::buffer());
    let returned = call4(nr::PTRACE, call.request, call.pid, call.addr, call.data);
    let new_request = call.request == request("GET_TRACEE_INFO");
    if new_request {
        note!("{{ ");
    }
    note!("= {}", Returned(returned));
    if returned == 0 {
        tracer.succeeded(call.request, call.pid);
    }
    // A fault leaves a part of it behind, where the processor cannot store a word at any address.
    let reasons = call.request == request("GETEVENTMSG")
        && matches!(returned, 0 | EFAULT)
        && (tracer.replaced_siginfo || is_event_stop(call.pid));
    if reasons {
        note!(" {{");
    }
    if call.request == request("GETSIGINFO") {
        hide_times(call.data, &before);
    } else if call.request == request("PEEKSIGINFO") {
        for index in 0..returned.max(0) as usize {
            hide_times(call.data + 128 * index, &before);
        }
    }
    if let Some(flags) = flags_of(call).filter(|_| returned == 0) {
        hide_flags(flags, &before);
    }
    if !SPIN_IS_STEADY {
        hide_spin();
    }
    let now = &sys::buffer()[..];
    let differs = |at: &usize| now[*at] != before[*at];
    if let Some(first) = (0..BUFFER_SIZE).find(differs) {
        let last = (0..BUFFER_SIZE).rfind(differs).unwrap_or(first);
        note!(" {:#x}: {}", BUFFER + first, Bytes(&now[first..=last]));
    }
    if new_request || reasons {
        note!("}}");
    }
}

/// Whether the tracee is in a `PTRACE_EVENT_STOP`, by its siginfo.
fn is_event_stop(pid: usize) -> bool {
    let mut info = [0u32; 32];
    let address = info.as_mut_ptr().addr();
    let returned = call4(nr::PTRACE, request("GETSIGINFO"), pid, 0, address);
    returned == 0 && info[2] >> 8 == 128
}

/// Hides the times in the siginfo of a child's exit, which are never the same.
fn hide_times(address: usize, before: &[u8; BUFFER_SIZE]) {
    let at = address.wrapping_sub(BUFFER);
    if at >= BUFFER_SIZE - SIGINFO_TIMES.end {
        return;
    }
    let info = &mut sys::buffer()[at..];
    if info[0] == SIGCHLD && info[..4] != before[at..at + 4] {
        info[SIGINFO_TIMES].fill(0);
    }
}

/// Where a request puts the tracee's flags.
fn flags_of(call: &Call) -> Option<usize> {
    const GETREGS: usize = request("GETREGS");
    const GETREGSET: usize = request("GETREGSET");
    const PEEKUSR: usize = request("PEEKUSR");
    match (call.request, call.addr, &call.input) {
        (GETREGS, _, _) => Some(call.data.wrapping_add(REG_FLAGS)),
        (GETREGSET, 1, Input::Iovec { base, .. }) => Some(base.wrapping_add(REG_FLAGS)),
        (PEEKUSR, REG_FLAGS, _) => Some(call.data),
        _ => None,
    }
}

/// Hides flags that differ from run to run on the same kernel.
fn hide_flags(flags: usize, before: &[u8; BUFFER_SIZE]) {
    for (index, unsteady) in UNSTEADY_FLAGS.to_le_bytes().into_iter().enumerate() {
        let at = flags.wrapping_add(index).wrapping_sub(BUFFER);
        if at < BUFFER_SIZE && sys::buffer()[at] != before[at] {
            sys::buffer()[at] &= !unsteady;
        }
    }
}

/// Hides at which of the instructions of its loop a task spins.
fn hide_spin() {
    let here = sys::address_of(Code::SpinHere);
    let inside = here + 1..sys::address_of(Code::SpinSeen);
    let buffer = sys::buffer();
    for at in 0..BUFFER_SIZE - size_of::<usize>() {
        let word = &mut buffer[at..at + size_of::<usize>()];
        // The least byte tells soon that it is none of these.
        if word[1] == here.to_le_bytes()[1]
            && word
                .try_into()
                .is_ok_and(|word| inside.contains(&usize::from_ne_bytes(word)))
        {
            word.copy_from_slice(&here.to_ne_bytes());
        }
    }
}

pub fn signal(how: How, group: usize, tid: usize, signal: usize, value: usize) {
    let (name, returned) = match how {
        How::Kill => ("kill", call2(nr::KILL, group, signal)),
        How::Tgkill => ("tgkill", call3(nr::TGKILL, group, tid, signal)),
        How::Queue => {
            const SI_QUEUE: u32 = u32::MAX;
            let mut info = [0u32; 32];
            info[0] = signal as u32;
            info[2] = SI_QUEUE;
            // These words include si_pid, si_uid and si_value in both widths.
            info[3..8].fill(value as u32);
            let address = info.as_ptr().addr();
            let returned = call4(nr::TGSIGQUEUEINFO, group, tid, signal, address);
            ("tgsigqueue", returned)
        }
    };
    note!(
        "{name} {group} {tid} {signal} {value} = {}",
        Returned(returned)
    );
}

pub fn wait(kind: Option<usize>, id: usize, options: usize, block: bool) {
    const NOHANG: usize = 1;
    const EXITED: usize = 4;
    const ALL: usize = 0;
    const PID: usize = 1;
    const NOWAIT: usize = 0x100_0000;
    let mut info = [0u32; 32];
    let address = info.as_mut_ptr().addr();
    let mut options = options;
    if block {
        // Wait without WNOHANG only if there is something to wait for.
        let (peek, peek_id) = match kind {
            Some(kind) => (kind, id),
            None if id == usize::MAX => (ALL, 0),
            None => (PID, id),
        };
        let exited = if kind.is_none() { EXITED } else { 0 };
        let look = options | exited | NOWAIT;
        let returned = call(nr::WAITID, [peek, peek_id, address, look, 0, 0]);
        if returned == 0 && info[0] != 0 {
            options &= !NOHANG;
        }
    }
    match kind {
        None => {
            let mut status = u32::from_ne_bytes([FILL; 4]);
            let returned = call4(nr::WAIT4, id, (&raw mut status).addr(), options, 0);
            note!(
                "wait4 {id:#x} {options:#x} = {} {status:#x}",
                Returned(returned)
            );
        }
        Some(kind) => {
            info.fill(u32::from_ne_bytes([FILL; 4]));
            let returned = call(nr::WAITID, [kind, id, address, options, 0, 0]);
            note!(
                "waitid {kind} {id:#x} {options:#x} = {} ",
                Returned(returned)
            );
            for word in info {
                if word != u32::from_ne_bytes([FILL; 4]) {
                    note!("{}.", Bytes(&word.to_ne_bytes()));
                }
            }
        }
    }
}
