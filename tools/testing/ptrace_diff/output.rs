// SPDX-License-Identifier: GPL-2.0

//! Prints transcripts or their hashes, and how often each operation was done.

use crate::arch::nr;
use crate::sys::{self, call3};
use crate::transcript::{Name, REQUESTS};
use core::fmt::Write;

/// Standard output, in large pieces.
pub struct Output {
    bytes: [u8; 32768],
    length: usize,
}

impl Write for Output {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

fn write(fd: usize, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let written = call3(nr::WRITE, fd, bytes.as_ptr().addr(), bytes.len());
        if written <= 0 {
            sys::exit(1);
        }
        bytes = &bytes[written as usize..];
    }
}

pub fn complain(text: &[u8]) {
    write(2, text);
}

pub fn fail(text: &[u8]) -> ! {
    complain(b"ptrace-diff: ");
    complain(text);
    sys::exit(1)
}

impl Output {
    pub fn new() -> Self {
        Self {
            bytes: [0; 32768],
            length: 0,
        }
    }

    fn put(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = &mut self.bytes[self.length..];
            let length = room.len().min(bytes.len());
            room[..length].copy_from_slice(&bytes[..length]);
            self.length += length;
            bytes = &bytes[length..];
            if self.length == self.bytes.len() {
                self.flush();
            }
        }
    }

    pub fn flush(&mut self) {
        write(1, &self.bytes[..self.length]);
        self.length = 0;
    }

    pub fn transcript(&mut self, seed: u64, text: &[u8], in_time: bool) {
        let _ = writeln!(self, "== seed {seed}");
        self.put(text);
        if !in_time {
            self.put(b"\nTIMEOUT\n");
        }
    }

    /// A line with the hash, with that of all but what is in braces, and with the number of
    /// operations.
    pub fn hash(&mut self, seed: u64, text: &[u8], in_time: bool) {
        let mut hidden = false;
        let outside = text.iter().filter(|byte| {
            hidden = **byte == b'{' || hidden && **byte != b'}';
            !hidden
        });
        let (all, without) = (hash(text.iter()), hash(outside));
        let end = if in_time { "" } else { " TIMEOUT" };
        let operations = operations(text).count();
        let _ = writeln!(self, "{seed} {all:016x} {without:016x} {operations}{end}");
    }
}

/// FNV-1a.
fn hash<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// The lines of a transcript that are operations, without their number.
fn operations(text: &[u8]) -> impl Iterator<Item = &str> {
    let lines = core::str::from_utf8(text).unwrap_or("").lines();
    lines.filter_map(|line| {
        let (number, rest) = line.trim_start().split_once(' ')?;
        number.parse::<usize>().ok().map(|_| rest)
    })
}

/// Operations that are no requests, by the first word of their line.
const OTHERS: [&str; 8] = [
    "kill",
    "tgkill",
    "tgsigqueue",
    "wait4",
    "waitid",
    "tell",
    "spawn",
    "release",
];

/// How often each operation was done, and how often it succeeded.
pub struct Totals {
    requests: [(usize, usize); REQUESTS.len()],
    others: [(usize, usize); OTHERS.len()],
    unknown: (usize, usize),
    pub timeouts: usize,
}

impl Totals {
    pub fn new() -> Self {
        Self {
            requests: [(0, 0); REQUESTS.len()],
            others: [(0, 0); OTHERS.len()],
            unknown: (0, 0),
            timeouts: 0,
        }
    }

    pub fn count(&mut self, text: &[u8], in_time: bool) {
        self.timeouts += usize::from(!in_time);
        for operation in operations(text) {
            let mut words = operation.split(' ');
            let name = words.next().unwrap_or("");
            if name == "tell" && words.nth(1) == Some("Traceme") {
                // The tracee has the result: check whether it is there already, and 0.
                self.requests[0].0 += 1;
                self.requests[0].1 += usize::from(operation.contains(":0)"));
            }
            let result = operation.split(" = ").last().unwrap_or("");
            let known = REQUESTS
                .iter()
                .position(|(candidate, _)| *candidate == name);
            let other = OTHERS.iter().position(|candidate| *candidate == name);
            let (done, succeeded) = match (known, other) {
                (Some(index), _) => &mut self.requests[index],
                (_, Some(index)) => &mut self.others[index],
                _ => &mut self.unknown,
            };
            *done += 1;
            *succeeded += usize::from(!result.starts_with('-'));
        }
    }

    /// Prints lines that begin with "--": an operation, how often done, how often with success.
    pub fn print(&self, output: &mut Output) {
        for (index, (name, number)) in REQUESTS.iter().enumerate() {
            let (done, succeeded) = self.requests[index];
            if *name != "unknown" {
                let _ = writeln!(output, "-- {} {done} {succeeded}", Name(*number));
            }
        }
        for (name, (done, succeeded)) in OTHERS.iter().zip(self.others) {
            let _ = writeln!(output, "-- {name} {done} {succeeded}");
        }
        let (done, succeeded) = self.unknown;
        let _ = writeln!(output, "-- unknown {done} {succeeded}");
    }
}
