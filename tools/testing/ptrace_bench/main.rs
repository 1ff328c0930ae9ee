// SPDX-License-Identifier: GPL-2.0

//! Counts the instructions of each request of ptrace(2).
//!
//! This program is the first and only process of a guest with one CPU. The guest's counter of time
//! counts instructions: QEMU with `-icount shift=0`. The program prints a line
//! `bench: NAME INSTRUCTIONS` for each request and for each common sequence of requests: the least
//! of many, from user mode to user mode. That is what they take when nothing comes between: no
//! interrupt, and no allocation that has to look for memory. The median is not the same in each
//! build of a kernel: from one tick to another, signals take objects of their slab in another way.

mod cycles;
mod requests;
// ptrace_scale has it, too.
#[allow(dead_code)]
mod sys;

use sys::{
    count_down,
    instructions,
    mount_proc,
    reboot,
    run_first,
    spawn,
    start_counter,
    wait, //
};

/// How often the program measures something small, something of which some take longer, something
/// that forks, and something large.
pub const MOST: usize = 1001;
pub const MANY: usize = 101;
pub const SOME: usize = 51;
pub const FEW: usize = 31;

/// Prints the least.
pub fn report(name: &str, counts: &[u64]) {
    let least = counts.iter().min().expect("a measurement");
    println!("bench: {name} {least}");
}

/// Measures `what`, each time after `before`, and checks that it returns `expected`.
#[inline(always)]
pub fn measure_after(
    name: &str,
    times: usize,
    expected: isize,
    mut before: impl FnMut(),
    mut what: impl FnMut() -> isize,
) {
    let mut counts = Vec::with_capacity(times);
    for _ in 0..times {
        before();
        let start = instructions();
        let ret = what();
        let end = instructions();
        assert_eq!(ret, expected, "{name}");
        counts.push(end - start - 1);
    }
    report(name, &counts);
}

/// Measures `what`, and checks that it returns `expected`.
#[inline(always)]
pub fn measure(name: &str, expected: isize, what: impl FnMut() -> isize) {
    measure_after(name, MANY, expected, || (), what);
}

/// Checks that the counter counts instructions.
fn check_counter() {
    let rounds = |n: u64| {
        let start = instructions();
        count_down(n);
        instructions() - start
    };
    let least = |n: u64| (0..9).map(|_| rounds(n)).min();
    let (one, two) = (least(1000), least(2000));
    let expected = one.map(|n| n + 2000);
    assert_eq!(expected, two, "this counts no instructions");
}

/// Skips small PIDs, so that every kernel takes as long to look up those that follow.
fn skip_small_pids() {
    while wait(spawn(|| ())) == 0 {
        if spawn(|| ()) > 128 {
            break;
        }
    }
}

fn main() {
    mount_proc();
    start_counter();
    check_counter();
    skip_small_pids();
    run_first();
    requests::all();
    cycles::all();
    // Who stops at each call has seen all that there are by then, and would stop at thousands.
    if !std::env::args().any(|argument| argument == "calls") {
        cycles::threads();
    }
    println!("bench: done");
    reboot();
}
