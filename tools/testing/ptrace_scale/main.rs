// SPDX-License-Identifier: GPL-2.0

//! Measures tracers beside each other: requests per second of one tracer, of two that have a tracee
//! each, of two beside a process that forks all the time; and how long it takes to attach to a
//! thousand threads and to detach from them.
//!
//! This program is the first and only process of a guest. It prints a line `scale: NAME NUMBER` for
//! each: how many there were in a second.

#[allow(dead_code)]
#[path = "../ptrace_bench/sys.rs"]
mod sys;

use std::{
    fs,
    sync::atomic::{
        AtomicU64,
        Ordering::SeqCst, //
    },
    thread,
    time::{
        Duration,
        Instant, //
    }, //
};
use sys::{
    call,
    getpid,
    kill,
    mount_proc,
    nr,
    pause,
    ptrace,
    reboot,
    shared_page,
    spawn,
    wait,
    CHEAP,
    DETACH,
    EVENT_STOP,
    INTERRUPT,
    SEIZE, //
};

const SPAN: Duration = Duration::from_millis(250);
const THREADS: usize = 1000;

/// What the processes of a measurement share.
struct Shared {
    ready: AtomicU64,
    go: AtomicU64,
    stop: AtomicU64,
    requests: AtomicU64,
    forks: AtomicU64,
}

/// Keeps the caller on one CPU.
fn stay_on(cpu: usize) {
    let mask = [1usize << cpu];
    let ret = call(nr::SCHED_SETAFFINITY, [0, 8, mask.as_ptr() as usize]);
    assert_eq!(ret, 0, "sched_setaffinity");
}

fn wait_until(value: &AtomicU64, wanted: u64) {
    while value.load(SeqCst) != wanted {
        thread::yield_now();
    }
}

/// A tracer that makes requests to its tracee, which is in a ptrace-stop, until it is told to end.
fn trace(shared: &Shared, cpu: usize) {
    stay_on(cpu);
    let word = shared_page() as usize;
    let pid = spawn(|| loop {
        pause()
    });
    assert_eq!(ptrace(SEIZE, pid, 0, 0), 0);
    assert_eq!(ptrace(INTERRUPT, pid, 0, 0), 0);
    assert_eq!(wait(pid), EVENT_STOP);
    shared.ready.fetch_add(1, SeqCst);
    wait_until(&shared.go, 1);
    let mut done = 0;
    while shared.stop.load(SeqCst) == 0 {
        for _ in 0..100 {
            ptrace(CHEAP, pid, 8, word);
        }
        done += 100;
    }
    shared.requests.fetch_add(done, SeqCst);
    kill(pid);
}

/// A process that forks until it is told to end.
fn fork_on(shared: &Shared, cpu: usize) {
    stay_on(cpu);
    shared.ready.fetch_add(1, SeqCst);
    wait_until(&shared.go, 1);
    let mut done = 0;
    while shared.stop.load(SeqCst) == 0 {
        wait(spawn(|| ()));
        done += 1;
    }
    shared.forks.fetch_add(done, SeqCst);
}

/// Runs tracers on the first CPUs and, if asked for, a process that forks on the next; returns how
/// many requests and forks there were in a second.
fn beside(tracers: usize, forker: bool, cpus: usize) -> (f64, f64) {
    let page = shared_page().cast::<Shared>();
    // SAFETY: A page of zeros that nobody else uses, and that is never unmapped.
    let shared = unsafe { &*page };
    let mut pids: Vec<usize> = (0..tracers)
        .map(|cpu| spawn(|| trace(shared, cpu)))
        .collect();
    if forker {
        pids.push(spawn(|| fork_on(shared, tracers % cpus)));
    }
    wait_until(&shared.ready, pids.len() as u64);
    let start = Instant::now();
    shared.go.store(1, SeqCst);
    thread::sleep(SPAN);
    shared.stop.store(1, SeqCst);
    for pid in pids {
        assert_eq!(wait(pid), 0);
    }
    let seconds = start.elapsed().as_secs_f64();
    let per_second = |count: &AtomicU64| count.load(SeqCst) as f64 / seconds;
    (per_second(&shared.requests), per_second(&shared.forks))
}

/// How many threads a second are attached, and then detached in a ptrace-stop.
fn attach_and_detach() -> f64 {
    let page = shared_page().cast::<Shared>();
    // SAFETY: As in `beside()`.
    let shared = unsafe { &*page };
    let pid = spawn(|| {
        for _ in 1..THREADS {
            let builder = thread::Builder::new().stack_size(16384);
            builder.spawn(pause).expect("a thread");
        }
        shared.ready.store(1, SeqCst);
        pause();
    });
    wait_until(&shared.ready, 1);
    let tids: Vec<usize> = fs::read_dir(format!("/proc/{pid}/task"))
        .expect("the threads")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    assert_eq!(tids.len(), THREADS);
    let start = Instant::now();
    for tid in &tids {
        assert_eq!(ptrace(SEIZE, *tid, 0, 0), 0);
        assert_eq!(ptrace(INTERRUPT, *tid, 0, 0), 0);
    }
    for tid in &tids {
        assert_eq!(wait(*tid), EVENT_STOP);
        assert_eq!(ptrace(DETACH, *tid, 0, 0), 0);
    }
    let seconds = start.elapsed().as_secs_f64();
    kill(pid);
    THREADS as f64 / seconds
}

fn main() {
    mount_proc();
    assert_eq!(getpid(), 1, "this is for a guest of its own");
    let cpus = thread::available_parallelism().map_or(1, |cpus| cpus.get());
    let (one, _) = beside(1, false, cpus);
    let (two, _) = beside(2, false, cpus);
    let (two_beside_forks, forks_beside_two) = beside(2, true, cpus);
    let (_, forks_alone) = beside(0, true, cpus);
    for (name, number) in [
        ("one_tracer", one),
        ("two_tracers", two),
        ("two_tracers_beside_forks", two_beside_forks),
        ("forks_alone", forks_alone),
        ("forks_beside_two_tracers", forks_beside_two),
        ("threads_attached_and_detached", attach_and_detach()),
    ] {
        println!("scale: {name} {number:.0}");
    }
    println!("scale: done");
    reboot();
}
