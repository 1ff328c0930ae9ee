// SPDX-License-Identifier: GPL-2.0

//! What kernel/signal.c does to the two threads of a group, one of which may have a tracer. A
//! function has the name that it has there, and is one part of a hold of the siglock, which both
//! threads share.

use crate::{
    bindings,
    jobctl::{
        rules::{
            self, CONSUME, DEQUEUED, INTERRUPT, NEW, NOTIFY, SIGNAL, STOP, STOP_PENDING, TRAPPING,
        },
        Jobctl, Pending,
    },
    prelude::c_ulong,
};

pub const STOPPED: c_ulong = bindings::JOBCTL_STOPPED as c_ulong;
pub const TRACED: c_ulong = bindings::JOBCTL_TRACED as c_ulong;
pub const LISTENING: c_ulong = bindings::JOBCTL_LISTENING as c_ulong;
pub const FROZEN: c_ulong = bindings::JOBCTL_PTRACE_FROZEN as c_ulong;
pub const TRAPS: c_ulong = bindings::JOBCTL_TRAP_MASK as c_ulong;
pub const ALL: c_ulong = bindings::JOBCTL_PENDING_MASK as c_ulong;
const SIGSTOP: c_ulong = bindings::SIGSTOP as c_ulong;

/// A fault of the stops; the names of the faults, and what they break, are in `stops.rs`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    NotInTrapMask,
    ClearedByEventStop,
    ClearedOneByOne,
    SetOnDying,
    NotRecalculated,
    StopOutlivesCont,
    StopNotTaken,
    ReasonsAfterClear,
    TrappingStays,
    NotifyWakesNobody,
    ListenSeesNoNotify,
    KillOfFrozen,
    UnfreezeSeesNoKill,
}

/// The threads: the one that may have a tracer, and another of its group.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Who {
    Tracee,
    Sibling,
}

pub use Who::{Sibling, Tracee};

impl Who {
    pub fn other(self) -> Self {
        match self {
            Tracee => Sibling,
            Sibling => Tracee,
        }
    }
}

/// What a ptrace-stop is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Why {
    /// A system call, an event: no job control.
    Event,
    /// Before a `SIGSTOP` is delivered.
    Signal,
    /// A trap of job control of a seized tracee: `PTRACE_EVENT_STOP`.
    EventStop,
    /// A trap of job control of one that is not seized.
    GroupStop,
}

/// Where a thread is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// In user mode, or on its way there.
    Runs,
    /// In `get_signal()`, between two holds of the siglock.
    InSignal,
    /// In `ptrace_stop()`.
    Trap { why: Why, asleep: bool },
    /// In a group stop, asleep.
    Group,
    /// In exec, which waits for the other thread to be dead.
    Exec,
    /// In `do_exit()`: `SIGKILL` is taken, `PF_EXITING` is not set.
    Exits,
    /// A zombie.
    Dead,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Traced {
    No,
    Attached,
    Seized,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Thread {
    pub jobctl: c_ulong,
    pub place: Place,
    pub traced: Traced,
    /// `TIF_SIGPENDING`
    pub sigpending: bool,
    /// Pending for the thread alone.
    pub sigkill: bool,
    pub sigstop: bool,
    /// Whether the tracer has it go on with `SIGSTOP`.
    pub resumed_to_stop: bool,
    /// For the properties: whether an INTERRUPT has not been followed by what may follow it.
    pub owed: bool,
    /// For the properties: what it was asked to trap for since it last did.
    pub asked: c_ulong,
}

/// What must never be, as seen where it happens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wrong {
    DoubleStop,
    NoReasons,
    Warning,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Group {
    pub threads: [Thread; 2],
    /// `SIGNAL_STOP_STOPPED`
    pub stopped: bool,
    /// `SIGNAL_GROUP_EXIT`
    pub exits: bool,
    /// `group_exec_task`
    pub execs: bool,
    /// `group_stop_count`
    pub count: u8,
    /// A `SIGSTOP` that is pending for the group.
    pub sigstop: bool,
    pub wrong: Option<Wrong>,
}

/// The functions of C, with a fault or without.
#[derive(Clone, Copy)]
pub struct Signals {
    pub fault: Option<Fault>,
}

impl Group {
    pub fn of(&self, who: Who) -> &Thread {
        &self.threads[who as usize]
    }

    pub fn at(&mut self, who: Who) -> &mut Thread {
        &mut self.threads[who as usize]
    }

    /// Whether a group stop is in effect, or begins.
    pub fn is_in_stop(&self) -> bool {
        self.stopped || self.count != 0
    }

    /// `signal->flags = SIGNAL_GROUP_EXIT`
    fn begin_exit(&mut self) {
        self.exits = true;
        self.stopped = false;
        self.count = 0;
    }
}

impl Thread {
    /// `wake_up_state()`
    fn wake_up(&mut self, traced: bool, stopped: bool) {
        match &mut self.place {
            Place::Trap { asleep, .. } if traced => *asleep = false,
            Place::Group if stopped => self.place = Place::InSignal,
            _ => {}
        }
    }

    /// `ptrace_signal_wake_up()`
    pub fn ptrace_signal_wake_up(&mut self, resume: bool) {
        self.sigpending = true;
        if resume {
            self.jobctl &= !TRACED;
            self.wake_up(true, false);
        }
    }

    /// `signal_wake_up_state()` with `__TASK_STOPPED`
    pub fn wake_up_stopped(&mut self) {
        self.sigpending = true;
        self.wake_up(false, true);
    }

    /// Ends a ptrace-stop.
    pub fn resume(&mut self) {
        self.jobctl = Jobctl::new(self.jobctl).without_traced().bits();
        self.wake_up(true, false);
    }

    /// `task_is_stopped_or_traced()`
    fn is_stopped_or_traced(&self) -> bool {
        self.jobctl & (STOPPED | TRACED) != 0
    }

    /// Notes what a trap may be for.
    pub fn ask(&mut self, pending: c_ulong) {
        self.asked |= pending & TRAPS;
        if pending & STOP_PENDING != 0 {
            self.asked |= STOP;
        }
    }
}

impl Signals {
    fn has(self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// `JOBCTL_TRAP_MASK`
    pub fn traps(self) -> c_ulong {
        if self.has(Fault::NotInTrapMask) {
            TRAPS & !INTERRUPT
        } else {
            TRAPS
        }
    }

    /// What `recalc_sigpending_tsk()` sets `TIF_SIGPENDING` for.
    fn has_pending(self, group: &Group, who: Who) -> bool {
        let thread = group.of(who);
        let seen = if self.has(Fault::NotRecalculated) {
            ALL & !INTERRUPT
        } else {
            ALL
        };
        thread.jobctl & seen != 0 || thread.sigkill || thread.sigstop || group.sigstop
    }

    /// `recalc_sigpending()`
    pub fn recalc_sigpending(self, group: &mut Group, who: Who) {
        group.at(who).sigpending = self.has_pending(group, who);
    }

    /// `task_set_jobctl_pending()`
    pub fn set_pending(self, thread: &mut Thread, pending: c_ulong) -> bool {
        // A thread is dead as soon as PF_EXITING is set, here.
        let dying = thread.sigpending && thread.sigkill || thread.place == Place::Dead;
        if dying && !self.has(Fault::SetOnDying) {
            return false;
        }
        thread.jobctl = rules::set(thread.jobctl, pending);
        true
    }

    /// `task_clear_jobctl_pending()`
    pub fn clear_pending(self, thread: &mut Thread, pending: c_ulong) {
        let trapping = thread.jobctl & TRAPPING;
        thread.jobctl = rules::clear(thread.jobctl, pending, ALL);
        if self.has(Fault::TrappingStays) {
            thread.jobctl |= trapping;
        }
    }

    /// `task_participate_group_stop()`
    fn participate(self, group: &mut Group, who: Who) {
        let consume = group.of(who).jobctl & CONSUME != 0;
        self.clear_pending(group.at(who), STOP_PENDING);
        if !consume {
            return;
        }
        if group.count == 0 {
            group.wrong = Some(Wrong::Warning);
        }
        group.count = group.count.saturating_sub(1);
        if group.count == 0 {
            group.stopped = true;
        }
    }

    /// `signal_wake_up()`
    fn signal_wake_up(self, thread: &mut Thread, fatal: bool) {
        thread.sigpending = true;
        if fatal && (thread.jobctl & FROZEN == 0 || self.has(Fault::KillOfFrozen)) {
            thread.jobctl &= !(STOPPED | TRACED);
            thread.wake_up(true, true);
        }
    }

    /// `ptrace_trap_notify()`
    fn trap_notify(self, thread: &mut Thread) {
        self.set_pending(thread, NOTIFY);
        thread.ask(NOTIFY);
        let listens = thread.jobctl & LISTENING != 0;
        thread.ptrace_signal_wake_up(listens && !self.has(Fault::NotifyWakesNobody));
    }

    /// `SIGSTOP` to the process: `prepare_signal()` and `complete_signal()`
    pub fn send_stop(self, group: &mut Group) {
        if group.exits {
            return;
        }
        group.sigstop = true;
        for who in [Tracee, Sibling] {
            let thread = group.at(who);
            if thread.place != Place::Dead && !thread.is_stopped_or_traced() {
                thread.sigpending = true;
                return;
            }
        }
    }

    /// `SIGSTOP` to the tracee alone, as `PTRACE_ATTACH` sends it.
    pub fn send_stop_to_tracee(self, group: &mut Group) {
        let exits = group.exits;
        let tracee = group.at(Tracee);
        if exits || tracee.place == Place::Dead {
            return;
        }
        tracee.sigstop = true;
        if !tracee.is_stopped_or_traced() {
            tracee.sigpending = true;
        }
    }

    /// `SIGCONT` to the process, which does nothing more than what `prepare_signal()` does.
    pub fn send_cont(self, group: &mut Group) {
        if group.exits {
            return;
        }
        group.sigstop = false;
        for who in [Tracee, Sibling] {
            let thread = group.at(who);
            thread.sigstop = false;
            if !self.has(Fault::StopOutlivesCont) {
                self.clear_pending(thread, STOP_PENDING);
            }
            if thread.traced == Traced::Seized {
                self.trap_notify(thread);
            } else {
                thread.jobctl &= !STOPPED;
                thread.wake_up(false, true);
            }
        }
        group.stopped = false;
        group.count = 0;
    }

    /// Kills one thread, as `complete_signal()` and `zap_other_threads()` do.
    fn zap(self, thread: &mut Thread) {
        self.clear_pending(thread, ALL);
        thread.owed = false;
        if thread.place != Place::Dead {
            thread.sigkill = true;
            self.signal_wake_up(thread, true);
        }
    }

    /// `SIGKILL` to the process: `complete_signal()`
    pub fn send_kill(self, group: &mut Group) {
        if group.exits {
            return;
        }
        group.begin_exit();
        for who in [Tracee, Sibling] {
            self.zap(group.at(who));
        }
    }

    /// A thread calls exec: `zap_other_threads()`
    pub fn exec(self, group: &mut Group, who: Who) {
        group.execs = true;
        group.count = 0;
        let thread = group.at(who);
        self.clear_pending(thread, ALL);
        thread.owed = false;
        thread.place = Place::Exec;
        self.zap(group.at(who.other()));
    }

    /// Begins to exit: `get_signal()` where `SIGKILL` was taken, or `exit()`
    pub fn begin_exit(self, group: &mut Group, who: Who) {
        let others_live = !matches!(group.of(who.other()).place, Place::Exits | Place::Dead);
        let thread = group.at(who);
        thread.sigkill = false;
        thread.owed = false;
        thread.place = Place::Exits;
        if !others_live && !group.exits {
            group.begin_exit();
        }
    }

    /// `exit_signals()`, and the rest of `do_exit()`
    pub fn exit(self, group: &mut Group, who: Who) {
        let alone = group.of(who.other()).place == Place::Dead;
        if group.of(who).sigpending && !alone && !group.exits {
            if group.sigstop && !group.of(who.other()).is_stopped_or_traced() {
                group.at(who.other()).sigpending = true;
            }
            if group.of(who).jobctl & STOP_PENDING != 0 {
                self.participate(group, who);
            }
        }
        let thread = group.at(who);
        thread.sigkill = false;
        thread.sigstop = false;
        thread.owed = false;
        thread.place = Place::Dead;
    }

    /// `ptrace_stop()`, up to where it sleeps; returns whether it does.
    pub fn ptrace_stop(self, group: &mut Group, who: Who, why: Why) -> bool {
        let thread = group.at(who);
        if thread.traced == Traced::No || thread.sigkill {
            return false;
        }
        thread.place = Place::Trap { why, asleep: true };
        thread.jobctl |= TRACED;

        let before = thread.jobctl;
        if matches!(why, Why::EventStop | Why::GroupStop) && before & STOP_PENDING != 0 {
            if !self.has(Fault::StopNotTaken) {
                self.participate(group, who);
            }
        }
        let thread = group.at(who);
        let event_stop = why == Why::EventStop;
        let any = if self.has(Fault::ClearedByEventStop) && !event_stop {
            STOP | NEW
        } else if self.has(Fault::ClearedOneByOne) && before & INTERRUPT != 0 {
            INTERRUPT | NEW
        } else {
            STOP | INTERRUPT | NEW
        };
        thread.jobctl = rules::trap(thread.jobctl, event_stop, any, ALL);
        let told = if self.has(Fault::ReasonsAfterClear) {
            thread.jobctl
        } else {
            before
        };
        let again = before & TRAPS & !thread.asked != 0;
        if event_stop && Jobctl::new(told).stop_reasons() == 0 {
            group.wrong = Some(Wrong::NoReasons);
        } else if event_stop && again {
            group.wrong = Some(Wrong::DoubleStop);
        }
        let thread = group.at(who);
        thread.owed = false;
        // Another trap serves neither a group stop that it did not take part in, nor NOTIFY.
        thread.asked &= if event_stop { 0 } else { NOTIFY | STOP };
        true
    }

    /// The rest of `ptrace_stop()`, once it is woken.
    pub fn leave_stop(self, group: &mut Group, who: Who) {
        let pending = self.has_pending(group, who);
        let thread = group.at(who);
        thread.jobctl &= !(LISTENING | FROZEN);
        thread.sigpending |= pending;
    }

    /// `do_signal_stop()`; returns whether the thread sleeps in a group stop.
    fn do_signal_stop(self, group: &mut Group, who: Who, signal: c_ulong) -> bool {
        if group.of(who).jobctl & STOP_PENDING == 0 {
            if group.of(who).jobctl & DEQUEUED == 0 || group.exits || group.execs {
                return false;
            }
            group.count = 0;
            let stop = signal | STOP_PENDING | CONSUME;
            if self.set_pending(group.at(who), stop) {
                group.at(who).ask(stop);
                group.count += 1;
            }
            let other = group.at(who.other());
            if other.jobctl & STOPPED == 0 && self.set_pending(other, stop) {
                other.ask(stop);
                if other.traced == Traced::Seized {
                    self.trap_notify(other);
                } else {
                    self.signal_wake_up(other, false);
                }
                group.count += 1;
            }
        }
        if group.of(who).traced != Traced::No {
            self.set_pending(group.at(who), STOP);
            return false;
        }
        self.participate(group, who);
        let thread = group.at(who);
        thread.jobctl |= STOPPED;
        thread.place = Place::Group;
        true
    }

    /// `do_jobctl_trap()`; returns whether the thread sleeps.
    fn do_jobctl_trap(self, group: &mut Group, who: Who) -> bool {
        let seized = group.of(who).traced == Traced::Seized;
        let in_stop = group.is_in_stop();
        let has_signal = group.of(who).jobctl & SIGNAL != 0;
        if !has_signal && (!seized || in_stop) {
            group.wrong = Some(Wrong::Warning);
        }
        let why = if seized {
            Why::EventStop
        } else {
            Why::GroupStop
        };
        self.ptrace_stop(group, who, why)
    }

    /// One hold of the siglock in `get_signal()`, from `signal`, which the tracer may have had it
    /// go on with.
    pub fn get_signal(self, group: &mut Group, who: Who, signal: Option<c_ulong>) {
        group.at(who).place = Place::InSignal;
        let mut signal = signal;
        loop {
            if let Some(signal) = signal.take() {
                if self.do_signal_stop(group, who, signal) {
                    return;
                }
            }
            if group.exits || group.execs {
                return self.begin_exit(group, who);
            }
            if group.of(who).jobctl & STOP_PENDING != 0 && self.do_signal_stop(group, who, 0) {
                return;
            }
            if group.of(who).jobctl & self.traps() != 0 {
                self.do_jobctl_trap(group, who);
                return;
            }
            if group.of(who).sigstop {
                group.at(who).sigstop = false;
            } else if group.sigstop {
                group.sigstop = false;
            } else {
                self.recalc_sigpending(group, who);
                group.at(who).place = Place::Runs;
                return;
            }
            group.at(who).jobctl |= DEQUEUED;
            if self.ptrace_stop(group, who, Why::Signal) {
                return;
            }
            signal = Some(SIGSTOP);
        }
    }

    /// A thread that is awake again goes on after `ptrace_stop()`.
    pub fn go_on(self, group: &mut Group, who: Who, why: Why) {
        self.leave_stop(group, who);
        let thread = group.at(who);
        match why {
            Why::Event => thread.place = Place::Runs,
            Why::EventStop | Why::GroupStop => thread.place = Place::InSignal,
            Why::Signal => {
                let mut signal = std::mem::take(&mut thread.resumed_to_stop).then_some(SIGSTOP);
                if thread.sigkill && signal.take().is_some() {
                    thread.sigstop = true;
                }
                self.get_signal(group, who, signal);
            }
        }
    }
}

/// The bits of `PTRACE_INTERRUPT`, and of an attach to a task in a group stop, as the crate has
/// them.
pub fn interrupt() -> c_ulong {
    Pending::TRAP_INTERRUPT.bits()
}

pub fn stop_trapping() -> c_ulong {
    Pending::TRAP_STOP_TRAPPING.bits()
}
