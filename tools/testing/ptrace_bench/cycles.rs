// SPDX-License-Identifier: GPL-2.0

//! Sequences of several requests, with what the tracee does meanwhile: from one ptrace-stop to the
//! next, from attaching to detaching, and with many tracees.

use crate::{
    measure_after,
    report,
    requests::trapped,
    sys::*,
    FEW,
    MANY,
    MOST,
    SOME, //
};
use std::{
    fs,
    io::{
        Read,
        Write, //
    },
    os::unix::net::UnixStream,
    thread, //
};

pub fn all() {
    resume();
    system_calls();
    steps();
    listen();
    attach("running", spawn(spin));
    attach("sleeping", spawn(sleep));
    traceme();
}

/// Sleeps, until it is killed.
fn sleep() {
    loop {
        pause();
    }
}

/// Resumes the tracee until its next ptrace-stop; returns 0 if that is `expected`.
#[inline(always)]
fn go(request: usize, pid: usize, expected: isize) -> isize {
    match ptrace(request, pid, 0, 0) {
        0 => wait(pid) - expected,
        error => error,
    }
}

#[inline(always)]
fn measure_go(name: &str, times: usize, request: usize, pid: usize, expected: isize) {
    measure_after(name, times, 0, || (), || go(request, pid, expected));
}

/// The request alone, and with the way to a signal-delivery-stop.
fn resume() {
    const STOP: isize = stop(SIGUSR1, 0);

    // Without a tracer, the signal would kill it.
    let (mut traced, mut is_traced) = UnixStream::pair().expect("socketpair");
    let pid = spawn(|| {
        traced.read_exact(&mut [0]).expect("a tracer");
        loop {
            let me = getpid();
            tgkill(me, me, SIGUSR1 as usize);
        }
    });
    assert_eq!(ptrace(SEIZE, pid, 0, 0), 0);
    is_traced.write_all(&[0]).expect("the child");
    assert_eq!(wait(pid), STOP);
    measure_go("cont_to_signal", MOST, CONT, pid, STOP);
    assert_eq!(ptrace(CONT, pid, 0, 0), 0);
    let to_stop = || assert_eq!(wait(pid), STOP);
    measure_after("cont", MANY, 0, to_stop, || ptrace(CONT, pid, 0, 0));
    kill(pid);
}

/// A system call, from before its entry to its exit.
fn system_calls() {
    const STOP: isize = stop(SIGTRAP | 0x80, 0);

    let pid = trapped(TRACESYSGOOD, || _ = getppid());
    assert_eq!(go(SYSCALL, pid, STOP), 0);
    assert_eq!(go(SYSCALL, pid, STOP), 0);
    let pair = || go(SYSCALL, pid, STOP) | go(SYSCALL, pid, STOP);
    measure_after("syscall_pair", MANY, 0, || (), pair);
    measure_go("sysemu", MANY, SYSEMU, pid, STOP);
    kill(pid);
}

fn steps() {
    let pid = trapped(0, spin);
    for (name, request) in STEPS {
        measure_go(name, MANY, request, pid, stop(SIGTRAP, 0));
    }
    kill(pid);
}

/// PTRACE_INTERRUPT ends the listening of a tracee.
fn listen() {
    let pid = trapped(0, pause);
    let there_and_back = || ptrace(LISTEN, pid, 0, 0) | go(INTERRUPT, pid, EVENT_STOP);
    measure_after("listen_interrupt", MANY, 0, || (), there_and_back);
    kill(pid);
}

/// From attaching to detaching, and each request alone. Before each, the tracee runs until it is
/// where it always is.
fn attach(state: &str, pid: usize) {
    let measure_after = |name: &str, before: &dyn Fn(), what: &dyn Fn() -> isize| {
        measure_after(&format!("{name}_{state}"), MANY, 0, before, what)
    };
    let seize = || ptrace(SEIZE, pid, 0, 0);
    let interrupt = || ptrace(INTERRUPT, pid, 0, 0);
    let attach = || ptrace(ATTACH, pid, 0, 0);
    let detach = || ptrace(DETACH, pid, 0, 0);
    let to_trap = || go(INTERRUPT, pid, EVENT_STOP);
    let to_stop = || wait(pid) - stop(SIGSTOP, 0);
    let done = |ret| assert_eq!(ret, 0, "{state}");

    let all = || seize() | to_trap() | detach();
    measure_after("seize_interrupt_detach", &let_others_run, &all);
    let all = || attach() | to_stop() | detach();
    measure_after("attach_detach", &let_others_run, &all);

    let before = || {
        done(seize() | to_trap());
        let_others_run();
    };
    measure_after("detach", &before, &detach);

    done(seize());
    let before = || {
        done(to_trap() | detach());
        let_others_run();
    };
    measure_after("seize", &before, &seize);

    done(interrupt());
    let before = || {
        done((wait(pid) - EVENT_STOP) | ptrace(CONT, pid, 0, 0));
        let_others_run();
    };
    measure_after("interrupt", &before, &interrupt);

    done((wait(pid) - EVENT_STOP) | detach() | attach());
    let before = || {
        done(to_stop() | detach());
        let_others_run();
    };
    measure_after("attach", &before, &attach);
    kill(pid);
}

/// A child that calls PTRACE_TRACEME, and exits: the request, and all from fork() to wait().
fn traceme() {
    let count = shared_page();
    let mut alone = Vec::new();
    let all = || {
        let pid = spawn(|| {
            let start = instructions();
            let ret = ptrace(TRACEME, 0, 0, 0);
            let end = instructions();
            if ret == 0 {
                // SAFETY: The page is shared with the parent, which waits.
                unsafe { count.write(end - start - 1) };
            }
        });
        wait(pid)
    };
    measure_after("fork_traceme_exit", SOME, 0, || (), all);
    for _ in 0..SOME {
        assert_eq!(all(), 0);
        // SAFETY: The child, which has written it, is gone.
        alone.push(unsafe { count.read() });
    }
    report("traceme", &alone);
}

/// The threads of the process that has many.
const THREADS: usize = 1000;

/// A tracer that attaches to some threads of a process with many threads, and exits.
pub fn threads() {
    let (mut ready, mut is_ready) = UnixStream::pair().expect("socketpair");
    let pid = spawn(|| {
        for _ in 1..THREADS {
            let builder = thread::Builder::new().stack_size(16384);
            builder.spawn(pause).expect("a thread");
        }
        is_ready.write_all(b".").expect("the parent");
        pause();
    });
    ready.read_exact(&mut [0]).expect("the threads");
    let tids: Vec<usize> = fs::read_dir(format!("/proc/{pid}/task"))
        .expect("the threads")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    assert_eq!(tids.len(), THREADS);

    for number in [0, 1, 10, 100, THREADS] {
        tracer_of(&tids[..number]);
    }
    kill(pid);
}

fn tracer_of(tids: &[usize]) {
    let counts = shared_page().cast::<[u64; 2]>();
    let mut attaching = Vec::new();
    let mut exiting = Vec::new();
    let times = if tids.len() < THREADS { MANY } else { FEW };
    for _ in 0..times {
        let pid = spawn(|| {
            let start = instructions();
            for tid in tids {
                if ptrace(SEIZE, *tid, 0, 0) != 0 {
                    return;
                }
            }
            let end = instructions();
            // SAFETY: The page is shared with the parent, which waits.
            unsafe { counts.write([end - start - 1, instructions()]) };
        });
        assert_eq!(wait(pid), 0);
        let end = instructions();
        // SAFETY: The child, which has written them, is gone.
        let [attach, exit] = unsafe { counts.replace([0, end]) };
        attaching.push(attach);
        exiting.push(end - exit - 1);
    }
    let number = tids.len();
    if number != 0 {
        report(&format!("seize_{number}_threads"), &attaching);
    }
    report(&format!("exit_with_{number}_tracees"), &exiting);
}
