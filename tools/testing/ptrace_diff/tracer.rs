// SPDX-License-Identifier: GPL-2.0

//! The tracer makes its tracees, and does one operation after the other. Before each, it waits
//! until all tasks are at rest.

use crate::arch::{nr, STEPS};
use crate::generate::{self, Operation, View};
use crate::perform;
use crate::random::Random;
use crate::shared::{pipe, SLOTS};
use crate::sys::{self, call0, call1, call2, call3, Code};
use crate::task::Task;
use crate::tracee::Command;
use crate::transcript::{note, request, Returned};
use core::sync::atomic::Ordering::SeqCst;

/// The settings of a run.
#[derive(Clone, Copy)]
pub struct Settings {
    /// Do no more than this many operations.
    pub upto: usize,
    /// Let options have bit 31, which is not the same on all kernels.
    pub devel: bool,
}

pub struct Tracer {
    random: Random,
    pub tasks: [Option<Task>; SLOTS],
    /// Slots that a task was told to make a task for.
    promised: [bool; SLOTS],
    /// The last command to each task, and how many commands it had done by then.
    told: [Command; SLOTS],
    done: [u32; SLOTS],
    /// Whether a siginfo was replaced, which need not say any more what its stop is.
    pub replaced_siginfo: bool,
}

/// Runs a sequence in a process of its own.
pub fn run(seed: u64, settings: Settings) -> ! {
    let mut tracer = Tracer {
        random: Random::new(seed),
        tasks: [const { None }; SLOTS],
        promised: [false; SLOTS],
        told: [Command::Nothing; SLOTS],
        done: [0; SLOTS],
        replaced_siginfo: false,
    };
    tracer.prepare();
    // The length does not depend on how many of the operations are done.
    let length = 20 + tracer.random.below(41);
    for number in 1..=length.min(settings.upto) {
        let views = tracer.views();
        let next = generate::next(&mut tracer.random, &views, settings.devel);
        let Some(operation) = next else { break };
        note!("{number:2} ");
        tracer.carry_out(operation);
        tracer.settle();
        if tracer.lost() {
            note!(" | a task was made anew\n");
            break;
        }
        tracer.describe();
    }
    sys::exit(0)
}

impl Tracer {
    /// Makes the tracees and their pipes.
    fn prepare(&mut self) {
        for slot in 0..SLOTS {
            let mut ends = [0u32; 2];
            call2(nr::PIPE2, ends.as_mut_ptr().addr(), 0);
            for (index, end) in ends.iter().enumerate() {
                let end = *end as usize;
                if end != pipe(slot) + index {
                    call3(nr::DUP3, end, pipe(slot) + index, 0);
                    call1(nr::CLOSE, end);
                }
            }
        }
        if self.random.percent(20) {
            // No privileges, but dumpable.
            const SET_DUMPABLE: usize = 4;
            call3(nr::SETRESUID, 1000, 1000, 1000);
            call2(nr::PRCTL, SET_DUMPABLE, 1);
            note!("unprivileged\n");
        }
        for slot in 0..1 + self.random.below(2) {
            self.spawn(slot);
        }
        self.settle();
        self.describe();
    }

    /// Makes a tracee.
    fn spawn(&mut self, slot: usize) {
        const SIGCHLD: usize = 17;
        let tid = sys::clone(SIGCHLD, 0);
        if tid == 0 {
            call2(nr::SETPGID, 0, 0);
            sys::enter(slot);
        }
        sys::shared().slots[slot].tid.store(tid as u32, SeqCst);
        // Most have handlers, or they would soon be dead.
        if self.random.percent(75) {
            for signal in [10, 12, 34, 35] {
                let what = 2 + self.random.below(2);
                self.command(slot, Command::Action, signal | what << 8);
            }
        }
        // Set up what the requests can read but tracees seldom have.
        if self.random.percent(20) {
            let kind = self.random.below(3);
            self.command(slot, Command::Seccomp, kind);
        }
        if self.random.percent(20) {
            self.command(slot, Command::Rseq, 0);
        }
    }

    fn views(&self) -> [View; SLOTS] {
        core::array::from_fn(|slot| match &self.tasks[slot] {
            Some(task) => View {
                tid: task.tid,
                group: task.group,
                state: task.state,
                traced: task.traced,
                spinning: task.state == b'R',
            },
            None => View {
                tid: 0,
                group: 0,
                state: if self.promised[slot] { b'.' } else { b'-' },
                traced: false,
                spinning: false,
            },
        })
    }

    /// Adds new tasks; returns true if there were any.
    fn adopt(&mut self) -> bool {
        let mut new = false;
        for (slot, task) in self.tasks.iter_mut().enumerate() {
            let tid = sys::shared().slots[slot].tid.load(SeqCst) as usize;
            if task.is_none() && tid != 0 {
                *task = Some(Task::new(tid));
                new = true;
            }
        }
        new
    }

    /// Whether a task with changed registers has made another one for a slot that had one. Two
    /// tasks read the same commands in no fixed order.
    fn lost(&self) -> bool {
        let slots = sys::shared().slots.iter();
        slots.zip(&self.tasks).any(|(slot, task)| {
            let tid = slot.tid.load(SeqCst) as usize;
            task.as_ref().is_some_and(|task| task.tid != tid)
        })
    }

    /// Waits until all tasks are at rest. They all run on the tracer's CPU.
    fn settle(&mut self) {
        let mut calm = false;
        let mut polls = 0;
        self.tasks.iter_mut().flatten().for_each(Task::disturbed);
        loop {
            self.adopt();
            let mut settled = true;
            let mut moving = false;
            for (slot, task) in self.tasks.iter_mut().enumerate() {
                if let Some(task) = task.as_mut().filter(|task| !task.gone()) {
                    let at_rest = task.settled(&sys::shared().slots[slot]);
                    settled &= at_rest;
                    moving |= !at_rest && !task.asked();
                }
            }
            if settled && !self.adopt() {
                // A task may have woken or killed another one that was at rest before. So tasks
                // that spin must show that once more, when the others are at rest.
                if calm {
                    return;
                }
                calm = true;
                self.tasks.iter_mut().flatten().for_each(Task::show_again);
                continue;
            }
            calm &= !moving;
            polls += 1;
            if polls < 20 {
                call0(nr::SCHED_YIELD);
            } else {
                let wait = [0usize, 20_000];
                call2(nr::NANOSLEEP, wait.as_ptr().addr(), 0);
            }
        }
    }

    /// Ends the line of an operation with what tasks did since, and their states.
    fn describe(&mut self) {
        note!(" |");
        for slot in 0..SLOTS {
            let Some(task) = &mut self.tasks[slot] else {
                continue;
            };
            note!(" {}", task.state as char);
            let shared = &sys::shared().slots[slot];
            let done = shared.done.load(SeqCst);
            if done != self.done[slot] {
                self.done[slot] = done;
                let result = shared.result.load(SeqCst);
                note!("({done}:{})", Returned(result));
                task.traced |= self.told[slot] == Command::Traceme && result == 0;
            }
        }
        note!("\n");
    }

    fn carry_out(&mut self, operation: Operation) {
        match operation {
            Operation::Ptrace(call) => perform::ptrace(self, &call),
            Operation::Signal {
                how,
                group,
                tid,
                signal,
                value,
            } => perform::signal(how, group, tid, signal, value),
            Operation::Wait {
                kind,
                id,
                options,
                block,
            } => perform::wait(kind, id, options, block),
            Operation::Command {
                slot,
                command,
                argument,
            } => {
                note!("tell {slot} {command:?} {argument:#x}");
                self.command(slot, command, argument);
            }
            Operation::Spawn { slot } => {
                note!("spawn {slot}");
                self.spawn(slot);
            }
            Operation::Release { slot } => {
                note!("release {slot}");
                let slot = &sys::shared().slots[slot];
                // With `spinning` clear, the tracer does not ask whether it spins, which would
                // overwrite `target`.
                slot.spinning.store(0, SeqCst);
                slot.target.store(sys::address_of(Code::SpinLeave), SeqCst);
            }
        }
    }

    fn command(&mut self, slot: usize, command: Command, argument: usize) {
        self.told[slot] = command;
        if matches!(command, Command::Fork | Command::Vfork | Command::Thread) {
            self.promised[argument & 0xff] = true;
        }
        let words = [command as usize, argument];
        let address = words.as_ptr().addr();
        call3(nr::WRITE, pipe(slot) + 1, address, size_of_val(&words));
    }

    /// Records what a successful request has changed.
    pub fn succeeded(&mut self, number: usize, pid: usize) {
        const ATTACH: usize = request("ATTACH");
        const SEIZE: usize = request("SEIZE");
        const DETACH: usize = request("DETACH");
        const CONT: usize = request("CONT");
        const SYSCALL: usize = request("SYSCALL");
        const SYSEMU: usize = request("SYSEMU");
        self.replaced_siginfo |= number == request("SETSIGINFO");
        let known = |task: &&mut Task| task.tid == pid;
        let Some(task) = self.tasks.iter_mut().flatten().find(known) else {
            return;
        };
        match number {
            ATTACH | SEIZE => task.traced = true,
            DETACH => (task.traced, task.stepping) = (false, false),
            step if STEPS.contains(&step) => task.stepping = true,
            CONT | SYSCALL | SYSEMU => task.stepping = false,
            _ => {}
        }
    }
}
