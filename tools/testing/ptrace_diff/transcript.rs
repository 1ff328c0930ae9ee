// SPDX-License-Identifier: GPL-2.0

//! Writes the transcript: names for numbers, and bytes in a short form.
//!
//! What kernels without the series do not tell is in braces, so that it can be left out.

use crate::arch::{REQUEST_33, REQUEST_34};
use crate::sys;
use core::fmt::{Display, Formatter, Result, Write};

/// Where `write!` writes to.
pub struct Transcript;

impl Write for Transcript {
    fn write_str(&mut self, text: &str) -> Result {
        sys::append(text.as_bytes());
        Ok(())
    }
}

/// Writes to the transcript.
macro_rules! note {
    ($($argument:tt)*) => {{
        use core::fmt::Write;
        let _ = write!($crate::transcript::Transcript, $($argument)*);
    }};
}
pub(crate) use note;

/// The requests by name. The kernel does not know numbers that are not here.
pub const REQUESTS: [(&str, usize); 51] = [
    ("TRACEME", 0),
    ("PEEKTEXT", 1),
    ("PEEKDATA", 2),
    ("PEEKUSR", 3),
    ("POKETEXT", 4),
    ("POKEDATA", 5),
    ("POKEUSR", 6),
    ("CONT", 7),
    ("KILL", 8),
    ("SINGLESTEP", 9),
    ("GETREGS", 12),
    ("SETREGS", 13),
    ("GETFPREGS", 14),
    ("SETFPREGS", 15),
    ("ATTACH", 16),
    ("DETACH", 17),
    ("GETFPXREGS", 18),
    ("SETFPXREGS", 19),
    ("OLDSETOPTIONS", 21),
    ("SYSCALL", 24),
    ("GET_THREAD_AREA", 25),
    ("SET_THREAD_AREA", 26),
    ("ARCH_PRCTL", 30),
    ("SYSEMU", 31),
    ("SYSEMU_SINGLESTEP", 32),
    (REQUEST_33, 33),
    (REQUEST_34, 34),
    ("SETOPTIONS", 0x4200),
    ("GETEVENTMSG", 0x4201),
    ("GETSIGINFO", 0x4202),
    ("SETSIGINFO", 0x4203),
    ("GETREGSET", 0x4204),
    ("SETREGSET", 0x4205),
    ("SEIZE", 0x4206),
    ("INTERRUPT", 0x4207),
    ("LISTEN", 0x4208),
    ("PEEKSIGINFO", 0x4209),
    ("GETSIGMASK", 0x420a),
    ("SETSIGMASK", 0x420b),
    ("SECCOMP_GET_FILTER", 0x420c),
    ("SECCOMP_GET_METADATA", 0x420d),
    ("GET_SYSCALL_INFO", 0x420e),
    ("GET_RSEQ_CONFIGURATION", 0x420f),
    ("SET_SYSCALL_USER_DISPATCH_CONFIG", 0x4210),
    ("GET_SYSCALL_USER_DISPATCH_CONFIG", 0x4211),
    ("SET_SYSCALL_INFO", 0x4212),
    ("GET_TRACEE_INFO", 0x4213),
    // Numbers near the others.
    ("unknown", 10),
    ("unknown", 11),
    ("unknown", 0x4214),
    ("unknown", 0xdead),
];

/// The number of a request.
pub const fn request(name: &str) -> usize {
    let mut i = 0;
    while i < REQUESTS.len() {
        let (candidate, number) = REQUESTS[i];
        if equal(candidate, name) {
            return number;
        }
        i += 1;
    }
    panic!("no such request")
}

const fn equal(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    a.len() == i && b.len() == i
}

/// A request, for reading.
pub struct Name(pub usize);

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match REQUESTS.iter().find(|(_, number)| *number == self.0) {
            Some((name, _)) if *name != "unknown" => f.write_str(name),
            _ => write!(f, "unknown({:#x})", self.0),
        }
    }
}

/// What a system call returned.
pub struct Returned(pub isize);

impl Display for Returned {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        const ERRORS: [(isize, &str); 18] = [
            (1, "EPERM"),
            (3, "ESRCH"),
            (4, "EINTR"),
            (5, "EIO"),
            (6, "ENXIO"),
            (7, "E2BIG"),
            (10, "ECHILD"),
            (11, "EAGAIN"),
            (12, "ENOMEM"),
            (13, "EACCES"),
            (14, "EFAULT"),
            (16, "EBUSY"),
            (19, "ENODEV"),
            (22, "EINVAL"),
            (34, "ERANGE"),
            (38, "ENOSYS"),
            (95, "EOPNOTSUPP"),
            (2, "ENOENT"),
        ];
        match ERRORS.iter().find(|(number, _)| -number == self.0) {
            Some((_, name)) => write!(f, "-{name}"),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Bytes in hexadecimal. A value more than thrice in a row appears once, with its count.
pub struct Bytes<'a>(pub &'a [u8]);

impl Display for Bytes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut rest = self.0;
        while let Some(&first) = rest.first() {
            let run = rest.iter().take_while(|byte| **byte == first).count();
            if run > 3 {
                write!(f, "({first:02x}*{run})")?;
                rest = &rest[run..];
            } else {
                write!(f, "{first:02x}")?;
                rest = &rest[1..];
            }
        }
        Ok(())
    }
}
