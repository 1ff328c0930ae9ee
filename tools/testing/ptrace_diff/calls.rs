// SPDX-License-Identifier: GPL-2.0

//! Requests with their arguments.

use crate::arch::{nr, CHANGES, FPREGS, NOTHINGS, REGS, REQUEST_33, SETS, USER};
use crate::random::Random;
use crate::shared::{play, BUFFER};
use crate::transcript::request;
use crate::values::{
    interesting, options, pointer, register, remote, resume_signal, user_register, AREA, KERNEL,
    WORD,
};

/// What the buffer holds before the request, besides the fill.
#[derive(Clone, Copy)]
pub enum Input {
    None,
    /// These words of 8 bytes, at an address.
    Words(usize, [u64; 4]),
    /// An iovec at `data`.
    Iovec {
        base: usize,
        length: usize,
    },
    /// What `get` returns for the same arguments but `addr`, with `size` bytes of `value` put at
    /// `offset` of `base`.
    Changed {
        get: usize,
        addr: usize,
        base: usize,
        offset: usize,
        value: u64,
        size: usize,
        /// The length of the iovec at `data`, if there is one.
        iovec: Option<usize>,
    },
}

pub struct Call {
    pub request: usize,
    pub pid: usize,
    pub addr: usize,
    pub data: usize,
    pub input: Input,
}

impl Call {
    pub fn new(request: usize, pid: usize, addr: usize, data: usize) -> Self {
        Self {
            request,
            pid,
            addr,
            data,
            input: Input::None,
        }
    }
}

pub fn attach(random: &mut Random, tid: usize, devel: bool) -> Call {
    if random.percent(35) {
        let (addr, data) = (interesting(random), interesting(random));
        return Call::new(request("ATTACH"), tid, addr, data);
    }
    let addr = if random.percent(6) {
        interesting(random)
    } else {
        0
    };
    let mut data = if random.percent(25) {
        0
    } else {
        options(random)
    };
    if devel && random.percent(50) {
        data |= 1 << 31;
    }
    Call::new(request("SEIZE"), tid, addr, data)
}

fn changed(get: usize, base: usize, (offset, value): (usize, usize)) -> Input {
    Input::Changed {
        get,
        addr: 0,
        base,
        offset,
        value: value as u64,
        size: WORD,
        iovec: None,
    }
}

/// What a tracee does, in any state of it.
pub fn info(random: &mut Random, tid: usize) -> Call {
    let size = random.pick(&[32, 32, 32, 32, 0, 4, 31, 40, usize::MAX]);
    let data = pointer(random, 32);
    Call::new(request("GET_TRACEE_INFO"), tid, size, data)
}

/// A request that needs a tracee in a ptrace-stop.
pub fn stopped(random: &mut Random, tid: usize, slot: usize) -> Call {
    let name = random.weighed(&[
        (3, "PEEKTEXT"),
        (4, "PEEKDATA"),
        (6, "PEEKUSR"),
        (2, "POKETEXT"),
        (4, "POKEDATA"),
        (6, "POKEUSR"),
        (30, "CONT"),
        (1, "KILL"),
        (6, "SINGLESTEP"),
        (6, "GETREGS"),
        (4, "SETREGS"),
        (2, "GETFPREGS"),
        (2, "SETFPREGS"),
        (4, "DETACH"),
        (1, "GETFPXREGS"),
        (1, "SETFPXREGS"),
        (2, "OLDSETOPTIONS"),
        (12, "SYSCALL"),
        (1, "GET_THREAD_AREA"),
        (1, "SET_THREAD_AREA"),
        (2, "ARCH_PRCTL"),
        (2, "SYSEMU"),
        (1, "SYSEMU_SINGLESTEP"),
        (2, REQUEST_33),
        (7, "SETOPTIONS"),
        (4, "GETEVENTMSG"),
        (5, "GETSIGINFO"),
        (4, "SETSIGINFO"),
        (6, "GETREGSET"),
        (4, "SETREGSET"),
        (4, "LISTEN"),
        (4, "PEEKSIGINFO"),
        (3, "GETSIGMASK"),
        (3, "SETSIGMASK"),
        (3, "SECCOMP_GET_FILTER"),
        (2, "SECCOMP_GET_METADATA"),
        (6, "GET_SYSCALL_INFO"),
        (2, "GET_RSEQ_CONFIGURATION"),
        (2, "SET_SYSCALL_USER_DISPATCH_CONFIG"),
        (2, "GET_SYSCALL_USER_DISPATCH_CONFIG"),
        (5, "SET_SYSCALL_INFO"),
        (1, "unknown"),
    ]);
    let mut call = Call::new(request(name), tid, interesting(random), 0);
    fill(random, name, slot, &mut call);
    call
}

/// The arguments of a request.
fn fill(random: &mut Random, name: &str, slot: usize, call: &mut Call) {
    match name {
        "PEEKTEXT" | "PEEKDATA" => {
            call.addr = remote(random, slot, false);
            call.data = pointer(random, WORD);
        }
        "POKETEXT" | "POKEDATA" => {
            call.addr = remote(random, slot, true);
            call.data = NOTHINGS;
        }
        "PEEKUSR" => {
            call.addr =
                WORD * random.below(USER / WORD + 8) + random.pick(&[0, 0, 0, 0, 0, 0, 0, 1]);
            call.data = pointer(random, WORD);
        }
        "POKEUSR" => {
            (call.addr, call.data) = user_register(random);
            if random.percent(10) {
                call.addr = random.pick(&[1, USER, USER - WORD, REGS, usize::MAX - 7]);
            }
        }
        "CONT" | "SYSCALL" | "SINGLESTEP" | "SINGLEBLOCK" | "SYSEMU" | "SYSEMU_SINGLESTEP"
        | "DETACH" => call.data = resume_signal(random),
        "GETREGS" => call.data = pointer(random, REGS),
        "SETREGS" => {
            call.data = pointer(random, REGS);
            call.input = changed(request("GETREGS"), call.data, register(random));
        }
        "GETFPREGS" | "GETFPXREGS" => call.data = pointer(random, FPREGS),
        "SETFPREGS" | "SETFPXREGS" => {
            call.data = pointer(random, FPREGS);
            let offset = random.pick(&[0, 24, 28, 96]);
            call.input = changed(call.request - 1, call.data, (offset, 0xffff_0040));
        }
        "GET_THREAD_AREA" | "SET_THREAD_AREA" => {
            call.addr = random.pick(&[0, 11, 12, 13, 14, 15, usize::MAX]);
            call.data = pointer(random, 16);
            let flags = random.pick(&[0x51, 0x28, 0xff]);
            call.input = Input::Words(call.data, [call.addr as u64, 0xf_ffff | flags << 32, 0, 0]);
        }
        "ARCH_PRCTL" => {
            call.data = random.pick(&[0x1001, 0x1002, 0x1003, 0x1004, 0x5003, 0x5005, 0x9999]);
            call.addr = match call.data {
                0x1001 | 0x1002 => random.pick(&[0, play(), KERNEL]),
                _ => pointer(random, WORD),
            };
        }
        "SETOPTIONS" | "OLDSETOPTIONS" => call.data = options(random),
        "GETEVENTMSG" => call.data = pointer(random, WORD),
        "GETSIGINFO" => call.data = pointer(random, 128),
        "SETSIGINFO" => set_siginfo(random, call),
        "PEEKSIGINFO" => {
            call.addr = pointer(random, 16);
            call.data = BUFFER + 1024 + pointer(random, 256) % 4096;
            let offset = random.pick(&[0, 0, 0, 1, 2, 1 << 32, u64::MAX]);
            let flags = random.pick(&[0, 0, 1, 1, 2]);
            let count = random.pick(&[1, 2, 4, 10, 0, u32::MAX as u64]);
            call.input = Input::Words(call.addr, [offset, flags | count << 32, 0, 0]);
        }
        "GETSIGMASK" | "SETSIGMASK" => {
            call.addr = random.pick(&[8, 8, 8, 8, 8, 8, 4, 16, 0, usize::MAX]);
            call.data = pointer(random, 8);
            let mask = random.pick(&[0, 1 << 9, 1 << 11 | 1 << 33, u64::MAX]);
            call.input = Input::Words(call.data, [mask, 0, 0, 0]);
        }
        "GETREGSET" | "SETREGSET" => regset(random, call),
        "PEEKMTETAGS" => {
            call.addr = remote(random, slot, false);
            call.data = pointer(random, 2 * WORD);
            let length = random.pick(&[1, 1, 4, 0, 300]);
            call.input = Input::Iovec { base: AREA, length };
        }
        "SECCOMP_GET_FILTER" => {
            call.addr = random.pick(&[0, 0, 0, 1, 2, usize::MAX]);
            call.data = pointer(random, 32);
            call.data = random.pick(&[0, BUFFER, call.data]);
        }
        "SECCOMP_GET_METADATA" => {
            call.addr = random.pick(&[16, 16, 8, 12, 4, 0, 24]);
            call.data = pointer(random, 16);
            call.input = Input::Words(call.data, [random.pick(&[0, 0, 1, u64::MAX]), 0, 0, 0]);
        }
        "GET_SYSCALL_INFO" => {
            call.addr = random.pick(&[88, 88, 88, 0, 1, 24, 33, 80, 84, 96, usize::MAX]);
            call.data = pointer(random, 88);
        }
        "SET_SYSCALL_INFO" => set_syscall_info(random, call),
        "GET_RSEQ_CONFIGURATION" => {
            call.addr = random.pick(&[24, 24, 8, 0, 32, usize::MAX]);
            call.data = pointer(random, 24);
        }
        "SET_SYSCALL_USER_DISPATCH_CONFIG" | "GET_SYSCALL_USER_DISPATCH_CONFIG" => {
            call.addr = random.pick(&[32, 32, 32, 32, 31, 33, 0]);
            call.data = pointer(random, 32);
            let selector = play() as u64 + 3000;
            let words = random.pick(&[
                [0; 4],
                [0; 4],
                [1, selector, 0, 0x1000_0000],
                [1, 0, 0, 0x1000_0000],
                [2, selector, 8, 0],
                [1, selector, 1, u64::MAX],
                [1, u64::MAX, 0, 0x1000_0000],
                [0, selector, 0, 0],
                [3, 0, 0, 0],
            ]);
            call.input = Input::Words(call.data, words);
        }
        "unknown" => call.request = random.pick(&[10, 11, 20, 22, 23, 34, 0x4214, 0xdead]),
        _ => {}
    }
}

fn set_siginfo(random: &mut Random, call: &mut Call) {
    call.data = pointer(random, 128);
    if random.percent(30) {
        // A kind that the kernel does not know: with and without a tail.
        let signal = random.pick(&[10, 34, 65]);
        let code = random.pick(&[0xffff_ffff, 0x80, 0x8005, 77]);
        call.input = Input::Words(call.data, [signal, code, 0, 0]);
        return;
    }
    let code = random.pick(&[0x8005, 0xffff_ffff, 0, 6]);
    let (offset, value) = random.pick(&[(0, 12), (0, 0), (4, 7), (8, code), (8, code)]);
    call.input = Input::Changed {
        get: request("GETSIGINFO"),
        addr: 0,
        base: call.data,
        offset,
        value,
        size: 4,
        iovec: None,
    };
}

fn set_syscall_info(random: &mut Random, call: &mut Call) {
    const NONE: u64 = u64::MAX;
    call.addr = random.pick(&[88, 88, 88, 88, 88, 88, 87, 96, 0]);
    call.data = pointer(random, 88);
    let (offset, size, value) = random.pick(&[
        (0, 1, 1),
        (0, 1, 2),
        (1, 1, 1),
        (2, 2, 1),
        (24, 8, nr::GETUID as u64),
        (24, 8, nr::GETUID as u64),
        (24, 8, 0),
        (24, 8, 16),
        (40, 8, 0),
        (48, 8, 8),
        (24, 8, NONE),
        (24, 8, 1 << 32),
        (32, 8, 3),
        (32, 8, 1 << 33),
        (32, 1, 1),
        (80, 8, 0),
    ]);
    call.input = Input::Changed {
        get: request("GET_SYSCALL_INFO"),
        addr: 88,
        base: call.data,
        offset,
        value,
        size,
        iovec: None,
    };
}

fn regset(random: &mut Random, call: &mut Call) {
    call.addr = random.pick(&SETS);
    call.data = pointer(random, 2 * WORD);
    let length = random.pick(&[4096, 4096, 4096, REGS, FPREGS, WORD, 0, 3, 4096 - 4]);
    let base = if random.percent(90) {
        AREA
    } else {
        pointer(random, 512)
    };
    call.input = Input::Iovec { base, length };
    if call.request == request("GETREGSET") {
        return;
    }
    let (offset, value) = match CHANGES.iter().find(|(set, _)| *set == call.addr) {
        Some((_, changes)) => random.pick(changes),
        None => register(random),
    };
    call.input = Input::Changed {
        get: request("GETREGSET"),
        addr: call.addr,
        base,
        offset,
        value: value as u64,
        size: WORD,
        iovec: Some(length),
    };
}
