// SPDX-License-Identifier: GPL-2.0

//! Chooses the next operation. It depends on the seed and on what was seen of the tasks, which is
//! the same in each run and, if nothing differs, on each kernel.

use crate::arch::COMPAT;
use crate::calls::{self, Call};
use crate::random::Random;
use crate::shared::SLOTS;
use crate::tracee::Command;
use crate::transcript::request;
use crate::values;

/// What is seen of the task in a slot.
#[derive(Clone, Copy)]
pub struct View {
    pub tid: usize,
    pub group: usize,
    /// Its state as /proc/PID/stat has it; `-` if there was none yet,
    /// `.` if there may be one soon, `X` when it is gone.
    pub state: u8,
    pub traced: bool,
    pub spinning: bool,
}

impl View {
    pub fn alive(&self) -> bool {
        !matches!(self.state, b'-' | b'.' | b'X' | b'Z')
    }
}

#[derive(Clone, Copy)]
pub enum How {
    Kill,
    Tgkill,
    Queue,
}

pub enum Operation {
    Ptrace(Call),
    Signal {
        how: How,
        group: usize,
        tid: usize,
        signal: usize,
        value: usize,
    },
    /// wait4(2), or waitid(2) with `id` of the kind `kind`; without `WNOHANG` if something has
    /// happened and `block` is set.
    Wait {
        kind: Option<usize>,
        id: usize,
        options: usize,
        block: bool,
    },
    Command {
        slot: usize,
        command: Command,
        argument: usize,
    },
    /// Make another tracee.
    Spawn {
        slot: usize,
    },
    /// Make a task leave its loop.
    Release {
        slot: usize,
    },
}

pub const SIGNALS: [(usize, usize); 14] = [
    (8, 19),
    (8, 18),
    (4, 20),
    (7, 10),
    (5, 12),
    (6, 34),
    (3, 35),
    (1, 64),
    (2, 17),
    (2, 28),
    (2, 9),
    (1, 15),
    (1, 5),
    (1, 65),
];

#[derive(Clone, Copy)]
enum Class {
    Stopped,
    Any,
    Attach,
    Interrupt,
    Info,
    Signal,
    Wait,
    Command,
    Release,
}

/// The next operation, or none if no task is left.
pub fn next(random: &mut Random, views: &[View; SLOTS], devel: bool) -> Option<Operation> {
    use Class::*;
    let alive = views.iter().filter(|view| view.alive()).count();
    let free = views.iter().position(|view| view.state == b'-');
    if alive == 0 || alive == 1 && random.percent(4) {
        if let Some(slot) = free {
            return Some(Operation::Spawn { slot });
        }
    }
    if alive == 0 {
        return None;
    }
    // Mostly one that is alive; now and then one that was.
    let mut slot = random.below(SLOTS);
    let any = random.percent(3);
    while !(views[slot].alive() || any && views[slot].tid != 0) {
        slot = (slot + 1) % SLOTS;
    }
    let view = &views[slot];
    let class = if view.state == b't' {
        random.weighed(&[
            (68, Stopped),
            (3, Any),
            (1, Attach),
            (4, Interrupt),
            (3, Info),
            (7, Signal),
            (12, Wait),
            (9, Command),
        ])
    } else if view.spinning {
        random.weighed(&[
            (4, Any),
            (if view.traced { 5 } else { 40 }, Attach),
            (30, Interrupt),
            (6, Info),
            (20, Signal),
            (10, Wait),
            (15, Release),
        ])
    } else if view.traced {
        random.weighed(&[
            (9, Any),
            (2, Attach),
            (22, Interrupt),
            (5, Info),
            (23, Signal),
            (14, Wait),
            (30, Command),
        ])
    } else {
        random.weighed(&[
            (6, Any),
            (42, Attach),
            (3, Interrupt),
            (1, Info),
            (13, Signal),
            (9, Wait),
            (27, Command),
        ])
    };
    // A task in execve(2) waits for its other threads to exit, and a tracer that attaches to it
    // waits for the task: for ever, if the threads wait for that tracer.
    let class = match class {
        Attach | Any if views.iter().any(|view| view.state == b'D') => Wait,
        other => other,
    };
    Some(match class {
        Stopped => Operation::Ptrace(calls::stopped(random, view.tid, slot)),
        Any => Operation::Ptrace(any_state(random, view.tid, slot, devel)),
        Attach => Operation::Ptrace(calls::attach(random, view.tid, devel)),
        Interrupt => Operation::Ptrace(Call::new(
            request("INTERRUPT"),
            view.tid,
            values::interesting(random),
            values::interesting(random),
        )),
        Info => Operation::Ptrace(calls::info(random, view.tid)),
        Signal => signal(random, views, view),
        Wait => wait(random, view),
        Command => command(random, views, slot),
        Release => Operation::Release { slot },
    })
}

/// A signal to a task or to its process.
fn signal(random: &mut Random, views: &[View; SLOTS], to: &View) -> Operation {
    const SIGCONT: usize = 18;
    let how = random.pick(&[How::Kill, How::Tgkill, How::Tgkill, How::Queue]);
    let signal = random.weighed(&SIGNALS);
    // It wakes all threads. The scheduler decides which of them takes the signal of a process.
    let others = |view: &View| view.alive() && view.group == to.group && view.tid != to.tid;
    let how = match how {
        How::Kill if signal == SIGCONT && views.iter().any(others) => How::Tgkill,
        how => how,
    };
    Operation::Signal {
        how,
        group: to.group,
        tid: to.tid,
        signal,
        value: random.below(100),
    }
}

/// A request to a tracee in any state or to no tracee, or a number that is no request.
fn any_state(random: &mut Random, tid: usize, slot: usize, devel: bool) -> Call {
    let mut call = match random.below(10) {
        0 => Call::new(request("KILL"), tid, 0, 0),
        1 | 2 => calls::attach(random, tid, devel),
        _ => calls::stopped(random, tid, slot),
    };
    match random.below(4) {
        // No such task, the tracer itself, and numbers too large.
        0 => {
            let high = if usize::BITS == 64 {
                1 << 32 | tid
            } else {
                tid
            };
            call.pid = random.pick(&[0, usize::MAX, 2, 9999, 0x8000_0000, high]);
        }
        1 => {
            let high = if usize::BITS == 64 { 1 << 32 } else { 1 << 30 };
            call.request |= random.pick(&[high, 1 << (usize::BITS - 1), 0x1_0000]);
        }
        2 => call.request = random.pick(&[10, 11, 20, 22, 34, 0x4214, 0xdead, usize::MAX]),
        _ => {}
    }
    call
}

fn wait(random: &mut Random, view: &View) -> Operation {
    const NOHANG: usize = 1;
    const WALL: usize = 0x4000_0000;
    const NOWAIT: usize = 0x100_0000;
    let block = random.percent(30);
    let mut options = NOHANG;
    if random.percent(80) {
        options |= WALL;
    }
    if random.percent(75) {
        options |= 2;
    }
    if random.percent(30) {
        options |= 8;
    }
    if random.percent(40) {
        if random.percent(25) {
            options |= NOWAIT;
        }
        let all = random.percent(30);
        return Operation::Wait {
            kind: Some(if all { 0 } else { 1 }),
            id: if all { 0 } else { view.tid },
            options: options | random.pick(&[4, 4, 4, 2]),
            block,
        };
    }
    if random.percent(4) {
        options |= 0x8000_0000;
    }
    Operation::Wait {
        kind: None,
        id: if random.percent(35) {
            usize::MAX
        } else {
            view.tid
        },
        options,
        block,
    }
}

fn command(random: &mut Random, views: &[View; SLOTS], slot: usize) -> Operation {
    use Command::*;
    let free = views.iter().position(|view| view.state == b'-');
    let mut command = random.weighed(&[
        (4, Nothing),
        (8, Getuid),
        (if COMPAT { 3 } else { 0 }, Compat),
        (10, Fork),
        (6, Vfork),
        (10, Thread),
        (7, Exec),
        (3, Exit),
        (2, ExitGroup),
        (8, Raise),
        (5, Block),
        (8, Action),
        (if views[slot].traced { 1 } else { 8 }, Traceme),
        (6, Spin),
        (4, Seccomp),
        (3, Fault),
        (2, Dumpable),
        // Wait at once: a parent in vfork(2) runs on before its child can be waited for.
        (if views[slot].state == b'S' { 4 } else { 0 }, Wait),
        (3, Rseq),
    ]);
    if matches!(command, Fork | Vfork | Thread) && free.is_none() {
        command = Getuid;
    }
    let argument = match command {
        Fork | Vfork | Thread => {
            free.unwrap_or(0) | random.weighed(&[(7, 0), (1, 0x100), (1, 0x200), (1, 0x300)])
        }
        Exit | ExitGroup => random.below(256),
        Raise => random.weighed(&SIGNALS),
        Block => random.pick(&[0, 1 << 9, 1 << 9 | 1 << 11, 1 << 16, 1 << 19, 0x7fff_ffff]),
        Action => random.pick(&[10, 12, 17, 18, 20, 28, 9]) | random.below(4) << 8,
        Seccomp => random.below(3),
        Fault => random.below(3),
        Dumpable => random.below(2),
        _ => 0,
    };
    Operation::Command {
        slot,
        command,
        argument,
    }
}
