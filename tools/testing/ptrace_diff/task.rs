// SPDX-License-Identifier: GPL-2.0

//! The state of a task as seen from outside, and whether the task is at rest.

use crate::arch::nr;
use crate::shared::Slot;
use crate::sys::{self, call4, Code};
use core::fmt::Write;
use core::sync::atomic::Ordering::SeqCst;

/// A short text.
pub struct Text {
    bytes: [u8; 64],
    length: usize,
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let room = &mut self.bytes[self.length..];
        room[..text.len()].copy_from_slice(text.as_bytes());
        self.length += text.len();
        Ok(())
    }
}

/// Opens a file of /proc for a task.
fn open(tid: usize, name: &str) -> usize {
    const CLOEXEC: usize = 0o2_000_000;
    let mut path = Text {
        bytes: [0; 64],
        length: 0,
    };
    let _ = write!(path, "/proc/{tid}/task/{tid}/{name}\0");
    call4(nr::OPENAT, 0, path.bytes.as_ptr().addr(), CLOEXEC, 0) as usize
}

/// The text of a file, from its beginning.
fn read(fd: usize, into: &mut [u8]) -> &[u8] {
    let length = call4(nr::PREAD, fd, into.as_mut_ptr().addr(), into.len(), 0);
    &into[..usize::try_from(length).unwrap_or(0)]
}

/// The number that a text begins with; negative ones are none.
fn number(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = |sum: usize, byte: &u8| sum.wrapping_mul(10).wrapping_add((byte - b'0') as usize);
    (digits > 0).then(|| text[..digits].iter().fold(0, value))
}

/// How often in a row a task must be found waiting to count as at rest: more than 20 ms.
const LONG_WAIT: u32 = 1000;

/// The same for a task whose system call is not shown: more than 2 ms.
const HIDDEN_WAIT: u32 = 100;

/// A task that the tracer knows.
pub struct Task {
    pub tid: usize,
    pub group: usize,
    pub state: u8,
    /// Whether it has a tracer, as the successful requests tell.
    pub traced: bool,
    /// A SIGTRAP follows its next instruction, which must not be one of `diff_spin_seen`.
    pub stepping: bool,
    syscall: usize,
    stat: usize,
    /// Whether it was asked to show that it spins, and whether it did.
    asked: bool,
    seen: bool,
    /// How often in a row it was found in an uninterruptible wait that the number of its system
    /// call does not explain.
    waited: u32,
}

impl Task {
    pub fn new(tid: usize) -> Self {
        let status = open(tid, "status");
        let mut text = [0; 512];
        let text = read(status, &mut text);
        let key = b"\nTgid:\t";
        let group = text
            .windows(key.len())
            .position(|window| window == key)
            .and_then(|at| number(&text[at + key.len()..]));
        sys::call1(nr::CLOSE, status);
        Self {
            tid,
            group: group.unwrap_or(tid),
            state: b'?',
            traced: false,
            stepping: false,
            syscall: open(tid, "syscall"),
            stat: open(tid, "stat"),
            asked: false,
            seen: false,
            waited: 0,
        }
    }

    pub fn gone(&self) -> bool {
        self.state == b'X'
    }

    /// Something has happened: what was seen of the task no longer counts.
    pub fn disturbed(&mut self) {
        self.seen = false;
        self.waited = 0;
    }

    /// If it spins, it must show that once more.
    pub fn show_again(&mut self) {
        self.seen = false;
    }

    /// Whether it was asked to show that it spins, and has not yet.
    pub fn asked(&self) -> bool {
        self.asked
    }

    /// Looks at the task; returns true if it is at rest: it will do nothing more by itself.
    ///
    /// /proc/PID/syscall is "running" unless the task has left its CPU for good, and the number of
    /// a system call otherwise.
    pub fn settled(&mut self, slot: &Slot) -> bool {
        let mut text = [0; 192];
        let text = read(self.syscall, &mut text);
        // /proc shows nothing of a task that is gone. It shows an unprivileged tracer nothing of a
        // task that is not dumpable, as each task is for a moment in execve(2).
        let hidden = text.is_empty();
        let running = text.starts_with(b"running");
        self.state = if running { b'R' } else { self.read_state() };
        if running || hidden && self.state == b'R' {
            return self.spins(slot);
        }
        let call = number(text);
        self.answered(slot);
        self.traced |= self.state == b't';
        match self.state {
            b't' | b'T' | b'Z' | b'X' => true,
            b'S' | b'D' if hidden => {
                self.waited += 1;
                self.waited > HIDDEN_WAIT
            }
            b'S' => call == Some(nr::READ),
            // It waits for a child or for its threads to exit. If the tracer has changed the
            // number since, only time tells.
            b'D' => {
                self.waited += 1;
                call == Some(nr::CLONE) || call == Some(nr::EXECVE) || self.waited > LONG_WAIT
            }
            _ => false,
        }
    }

    fn read_state(&self) -> u8 {
        let mut text = [0; 128];
        let text = read(self.stat, &mut text);
        let name = text.iter().rposition(|byte| *byte == b')');
        name.and_then(|at| text.get(at + 2))
            .map_or(b'X', |state| *state)
    }

    /// Whether the task has spun since this was first asked.
    fn spins(&mut self, slot: &Slot) -> bool {
        if self.asked && slot.spinning.load(SeqCst) != 0 {
            self.asked = false;
            self.seen = true;
        }
        if self.asked || self.seen {
            return self.seen;
        }
        if slot.spinning.load(SeqCst) != 0 && !self.stepping {
            self.asked = true;
            slot.spinning.store(0, SeqCst);
            slot.target.store(sys::address_of(Code::SpinSeen), SeqCst);
        }
        false
    }

    /// The task no longer runs: the tracer takes back its question.
    fn answered(&mut self, slot: &Slot) {
        if self.asked {
            self.asked = false;
            slot.target.store(sys::address_of(Code::SpinHere), SeqCst);
            slot.spinning.store(1, SeqCst);
        }
    }
}
