// SPDX-License-Identifier: GPL-2.0

//! ptrace-diff runs pseudo-random sequences of ptrace(2) requests, signals and waits, and prints
//! all results. On one kernel, a seed always gives the same transcript. So if the transcripts of
//! two kernels differ, the kernels differ.
//!
//! The processes of a sequence have a PID namespace of their own, so that PIDs are always the same,
//! one CPU, and no randomized addresses. The next operation starts only when all tasks are at rest
//! after the one before.

#![no_std]
#![no_main]

#[cfg_attr(target_arch = "aarch64", path = "arm64.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64.rs")]
#[cfg_attr(target_arch = "x86", path = "i686.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod arch;
mod calls;
mod generate;
mod output;
mod perform;
mod random;
mod shared;
mod sys;
mod task;
mod tracee;
mod tracer;
mod transcript;
mod values;

use arch::nr;
use core::sync::atomic::Ordering::SeqCst;
use output::{Output, Totals};
use shared::{BUFFER, BUFFER_SIZE, SHARED, SHARED_FD, SHARED_SIZE};
use sys::{call0, call1, call2, call3, call4};
use tracer::Settings;

const USAGE: &[u8] =
    b"usage: ptrace-diff run [--hash] [--devel] [--upto K] [--limit SECONDS] A..B\n";

struct Arguments {
    hash: bool,
    settings: Settings,
    /// How long a sequence may take, in seconds.
    limit: usize,
    first: u64,
    last: u64,
}

fn parse(stack: *const usize) -> Option<Arguments> {
    let mut arguments = Arguments {
        hash: false,
        settings: Settings {
            upto: usize::MAX,
            devel: false,
        },
        limit: 30,
        first: 0,
        last: 0,
    };
    let next = |index| sys::argument(stack, index).and_then(|text| core::str::from_utf8(text).ok());
    if next(1) != Some("run") {
        return None;
    }
    let mut index = 2;
    loop {
        match next(index)? {
            "--hash" => arguments.hash = true,
            "--devel" => arguments.settings.devel = true,
            "--upto" => {
                index += 1;
                arguments.settings.upto = next(index)?.parse().ok()?;
            }
            "--limit" => {
                index += 1;
                arguments.limit = next(index)?.parse().ok()?;
            }
            seeds => {
                let (first, last) = seeds.split_once("..").unwrap_or((seeds, seeds));
                arguments.first = first.parse().ok()?;
                arguments.last = last.parse().ok()?;
                return next(index + 1).is_none().then_some(arguments);
            }
        }
        index += 1;
    }
}

#[no_mangle]
extern "C" fn diff_main(stack: *const usize) -> ! {
    let Some(arguments) = parse(stack) else {
        output::complain(USAGE);
        sys::exit(2);
    };
    fix_addresses(stack);
    map_memory();
    settle_down();
    let mut output = Output::new();
    let mut totals = Totals::new();
    for seed in arguments.first..=arguments.last {
        let ended = sequence(seed, &arguments);
        let text = sys::text();
        // A tracer that panics has not finished its sequence, either.
        let in_time = ended && core::str::from_utf8(text).is_ok_and(|text| !text.contains("PANIC"));
        totals.count(text, in_time);
        if arguments.hash {
            output.hash(seed, text, in_time);
        } else {
            output.transcript(seed, text, in_time);
        }
    }
    totals.print(&mut output);
    output.flush();
    sys::exit(usize::from(totals.timeouts != 0));
}

/// Executes the program again without randomized addresses, if they are randomized.
fn fix_addresses(stack: *const usize) {
    const ADDR_NO_RANDOMIZE: usize = 0x4_0000;
    let personality = call1(nr::PERSONALITY, 0xffff_ffff) as usize;
    if personality & ADDR_NO_RANDOMIZE == 0 {
        call1(nr::PERSONALITY, personality | ADDR_NO_RANDOMIZE);
        let path = c"/proc/self/exe".as_ptr().addr();
        let nothing = [0usize];
        let argv = stack.wrapping_add(1).addr();
        call3(nr::EXECVE, path, argv, nothing.as_ptr().addr());
        output::fail(b"cannot execute /proc/self/exe\n");
    }
}

fn map_memory() {
    const SHARED_FLAG: usize = 1;
    const PRIVATE_ANONYMOUS: usize = 0x22;
    let fd = call2(nr::MEMFD_CREATE, c"ptrace-diff".as_ptr().addr(), 0) as usize;
    if fd != SHARED_FD {
        call3(nr::DUP3, fd, SHARED_FD, 0);
        call1(nr::CLOSE, fd);
    }
    call2(nr::FTRUNCATE, SHARED_FD, SHARED_SIZE);
    let mapped = sys::map(SHARED, SHARED_SIZE, SHARED_FLAG, SHARED_FD)
        && sys::map(BUFFER, BUFFER_SIZE, PRIVATE_ANONYMOUS, usize::MAX);
    if !mapped {
        output::fail(b"cannot map memory\n");
    }
}

/// Sets what all processes inherit.
fn settle_down() {
    let cpu = [1usize];
    call3(
        nr::SCHED_SETAFFINITY,
        0,
        size_of_val(&cpu),
        cpu.as_ptr().addr(),
    );
    const CORE: usize = 4;
    let none = [0usize, 0];
    call2(nr::SETRLIMIT, CORE, none.as_ptr().addr());
}

/// Runs one sequence in namespaces of its own; returns false if it did not end in time.
fn sequence(seed: u64, arguments: &Arguments) -> bool {
    const NEWPID_NEWNS: usize = 0x2002_0000;
    let shared = sys::shared();
    for slot in &shared.slots {
        slot.target.store(0, SeqCst);
        slot.spinning.store(0, SeqCst);
        slot.tid.store(0, SeqCst);
        slot.done.store(0, SeqCst);
        slot.result.store(0, SeqCst);
    }
    shared.text_length.store(0, SeqCst);
    let init = sys::clone(NEWPID_NEWNS | SIGCHLD, 0);
    if init == 0 {
        supervise(seed, arguments);
    }
    if init < 0 {
        output::fail(b"cannot make namespaces: this is for root, in a guest\n");
    }
    let mut status = 0u32;
    call4(nr::WAIT4, init as usize, (&raw mut status).addr(), 0, 0);
    match status {
        IN_TIME => true,
        LATE => false,
        _ => output::fail(b"cannot prepare a sequence\n"),
    }
}

const SIGCHLD: usize = 17;
/// The statuses with which the first process of a namespace exits.
const IN_TIME: u32 = 0;
const LATE: u32 = 3 << 8;

/// The first process of the namespaces. Its exit kills all others there. The tracer has PID 2.
fn supervise(seed: u64, arguments: &Arguments) -> ! {
    const PRIVATE_RECURSIVE: usize = 1 << 18 | 1 << 14;
    let (kind, root, proc) = (c"proc".as_ptr(), c"/".as_ptr(), c"/proc".as_ptr());
    call4(nr::MOUNT, kind.addr(), root.addr(), 0, PRIVATE_RECURSIVE);
    if call4(nr::MOUNT, kind.addr(), proc.addr(), kind.addr(), 0) != 0 {
        output::fail(b"cannot mount /proc\n");
    }
    call0(nr::SETSID);
    let tracer = sys::clone(SIGCHLD, 0) as usize;
    if tracer == 0 {
        tracer::run(seed, arguments.settings);
    }
    let fd = call2(nr::PIDFD_OPEN, tracer, 0);
    let (poll, limit) = ([fd as u32, 1], [arguments.limit, 0]);
    let (poll, limit) = (poll.as_ptr().addr(), limit.as_ptr().addr());
    let ended = call4(nr::PPOLL, poll, 1, limit, 0) == 1;
    sys::exit(if ended { 0 } else { 3 })
}
