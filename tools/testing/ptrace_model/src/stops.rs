// SPDX-License-Identifier: GPL-2.0

//! The stops: INTERRUPT, group stops, LISTEN, attaching to a task that is stopped, detaching,
//! `SIGKILL`. The actors are a tracer, or one after the other; who sends `SIGSTOP`, `SIGCONT` and
//! `SIGKILL`; the tracee and another thread of its group, which has no tracer. A step is one hold
//! of the siglock.

use crate::{
    checks::{goes_round, is_quiet, Fault as Named, GoesOn, Protocol},
    jobctl::{
        rules::{INTERRUPT, NEW, NOTIFY, STOP, STOP_PENDING, TRAPPING},
        Jobctl,
    },
    prelude::c_ulong,
    signal::{
        self, Fault, Group, Place, Sibling, Signals, Thread, Traced, Tracee, Who, Why, Wrong, ALL,
        FROZEN, LISTENING, STOPPED, TRACED, TRAPS,
    },
};
use stateright::{Model, Property};
use std::fmt;

pub struct Stops(Signals);

/// Where the tracer is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tracer {
    /// In user mode, or where no request is carried out.
    Idle,
    /// In `ptrace_attach()`, until the tracee is in its stop.
    Waits,
    /// In a request, for which the tracee is frozen.
    Freezes,
    /// As before, with nothing left to do but to unfreeze the tracee.
    IsDone,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State {
    group: Group,
    tracer: Tracer,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// What the kernel does by itself.
    GetSignal(Who),
    GoOn(Who),
    IsDead(Who),
    ExecGoesOn(Who),
    WaitIsOver,
    Unfreeze,
    /// What somebody does of his own will.
    Attach,
    Seize,
    Interrupt,
    Freeze,
    Cont,
    ContToStop,
    Listen,
    Detach,
    TracerExits,
    Stop,
    Continue,
    Kill,
    Event,
    SetMask,
    Exec(Who),
    Exit(Who),
}

const EVERY_STEP: [Step; 27] = [
    Step::GetSignal(Tracee),
    Step::GetSignal(Sibling),
    Step::GoOn(Tracee),
    Step::IsDead(Tracee),
    Step::IsDead(Sibling),
    Step::ExecGoesOn(Tracee),
    Step::ExecGoesOn(Sibling),
    Step::WaitIsOver,
    Step::Unfreeze,
    Step::Attach,
    Step::Seize,
    Step::Interrupt,
    Step::Freeze,
    Step::Cont,
    Step::ContToStop,
    Step::Listen,
    Step::Detach,
    Step::TracerExits,
    Step::Stop,
    Step::Continue,
    Step::Kill,
    Step::Event,
    Step::SetMask,
    Step::Exec(Tracee),
    Step::Exec(Sibling),
    Step::Exit(Tracee),
    Step::Exit(Sibling),
];

impl Thread {
    fn new(jobctl: c_ulong, traced: Traced) -> Self {
        Self {
            jobctl,
            place: Place::Runs,
            traced,
            sigpending: jobctl & ALL != 0,
            sigkill: false,
            sigstop: false,
            resumed_to_stop: false,
            owed: false,
            asked: jobctl & TRAPS,
        }
    }

    fn is_in(&self, one: Why) -> bool {
        matches!(self.place, Place::Trap { why, .. } if why == one)
    }

    fn is_in_trap(&self) -> bool {
        matches!(self.place, Place::Trap { .. })
    }

    fn sleeps_in_trap(&self) -> bool {
        matches!(self.place, Place::Trap { asleep: true, .. })
    }

    fn awake_in_trap(&self) -> Option<Why> {
        match self.place {
            Place::Trap { why, asleep: false } => Some(why),
            _ => None,
        }
    }
}

impl State {
    fn tracee(&self) -> &Thread {
        self.group.of(Tracee)
    }

    /// Whether the step can be taken.
    fn allows(&self, step: Step) -> bool {
        let tracee = self.tracee();
        let idle = self.tracer == Tracer::Idle;
        let traced = tracee.traced != Traced::No;
        let freezes = self.tracer == Tracer::Freezes;
        let runs = |who| self.group.of(who).place == Place::Runs;
        match step {
            Step::GetSignal(who) => {
                let thread = self.group.of(who);
                thread.place == Place::InSignal || runs(who) && thread.sigpending
            }
            Step::GoOn(who) => self.group.of(who).awake_in_trap().is_some(),
            Step::IsDead(who) => self.group.of(who).place == Place::Exits,
            Step::ExecGoesOn(who) => {
                let alone = self.group.of(who.other()).place == Place::Dead;
                let thread = self.group.of(who);
                thread.place == Place::Exec && (alone || thread.sigkill)
            }
            Step::WaitIsOver => self.tracer == Tracer::Waits && tracee.jobctl & TRAPPING == 0,
            Step::Unfreeze => matches!(self.tracer, Tracer::Freezes | Tracer::IsDone),
            Step::Attach | Step::Seize => idle && !traced && tracee.place != Place::Dead,
            Step::Interrupt => idle && tracee.traced == Traced::Seized,
            // Attached::freeze()
            Step::Freeze => {
                let jobctl = Jobctl::new(tracee.jobctl);
                let stopped = jobctl.is_in_ptrace_stop() && !jobctl.is_listening();
                idle && traced && stopped && !tracee.sigkill
            }
            Step::Cont | Step::Detach => freezes,
            Step::ContToStop => freezes && tracee.is_in(Why::Signal),
            // Stopped::listen()
            Step::Listen => {
                freezes && tracee.traced == Traced::Seized && tracee.is_in(Why::EventStop)
            }
            Step::TracerExits => traced && matches!(self.tracer, Tracer::Idle | Tracer::Waits),
            Step::Stop | Step::Continue | Step::Kill => !self.group.exits,
            Step::Event => traced && runs(Tracee),
            Step::SetMask => runs(Tracee),
            Step::Exec(who) => {
                let alone = self.group.of(who.other()).place == Place::Dead;
                runs(who) && !alone && !self.group.exits && !self.group.execs
            }
            Step::Exit(who) => runs(who),
        }
    }
}

/// What the crate does; a function names the one that it is in the crate.
impl Stops {
    /// `list::link()` and `Linked::trap_from_group_stop()`, in one hold of the siglock.
    fn attach(&self, state: &mut State, traced: Traced) {
        let tracee = state.group.at(Tracee);
        tracee.traced = traced;
        tracee.ask(tracee.jobctl & STOP_PENDING);
        if traced == Traced::Attached {
            self.0.send_stop_to_tracee(&mut state.group);
        }
        let tracee = state.group.at(Tracee);
        if Jobctl::new(tracee.jobctl).is_group_stopped()
            && self.0.set_pending(tracee, signal::stop_trapping())
        {
            tracee.ask(STOP);
            tracee.jobctl = Jobctl::new(tracee.jobctl).without_group_stopped().bits();
            tracee.wake_up_stopped();
            state.tracer = Tracer::Waits;
        }
    }

    /// `Seized::trap()`
    fn interrupt(&self, state: &mut State) {
        let tracee = state.group.at(Tracee);
        if self.0.set_pending(tracee, signal::interrupt()) {
            tracee.ask(INTERRUPT);
            tracee.owed = tracee.place != Place::Dead;
            tracee.ptrace_signal_wake_up(Jobctl::new(tracee.jobctl).is_listening());
        }
    }

    /// `Stopped::listen()`
    fn listen(&self, state: &mut State) {
        let tracee = state.group.at(Tracee);
        let jobctl = Jobctl::new(tracee.jobctl).with_listening();
        tracee.jobctl = jobctl.bits();
        if jobctl.has_trap_notify() && self.0.fault != Some(Fault::ListenSeesNoNotify) {
            tracee.ptrace_signal_wake_up(jobctl.is_listening());
        }
        state.tracer = Tracer::IsDone;
    }

    /// `Leaving::unlink()` and `detach::unlink()`, in one hold of the siglock.
    fn unlink(&self, state: &mut State) {
        let in_stop = state.group.is_in_stop();
        let tracee = state.group.at(Tracee);
        tracee.traced = Traced::No;
        tracee.owed = false;
        tracee.asked = 0;
        self.0.clear_pending(tracee, self.0.traps());
        tracee.jobctl &= !TRAPPING;
        if tracee.place != Place::Dead && in_stop {
            tracee.jobctl = Jobctl::new(tracee.jobctl).with_stop_pending().bits();
        }
        let jobctl = Jobctl::new(tracee.jobctl);
        if jobctl.has_stop_pending() || jobctl.is_in_ptrace_stop() {
            tracee.ptrace_signal_wake_up(true);
        }
        state.tracer = Tracer::Idle;
    }

    /// `Frozen::thaw()`
    fn unfreeze(&self, state: &mut State) {
        let tracee = state.group.at(Tracee);
        tracee.jobctl = Jobctl::new(tracee.jobctl).without_frozen().bits();
        if tracee.sigkill && self.0.fault != Some(Fault::UnfreezeSeesNoKill) {
            tracee.resume();
        }
        state.tracer = Tracer::Idle;
    }

    /// `Stopped::resume()`
    fn resume(&self, state: &mut State, to_stop: bool) {
        let tracee = state.group.at(Tracee);
        tracee.resumed_to_stop = to_stop;
        tracee.resume();
        state.tracer = Tracer::IsDone;
    }

    fn take(&self, state: &mut State, step: Step) {
        let group = &mut state.group;
        match step {
            Step::GetSignal(who) => self.0.get_signal(group, who, None),
            Step::GoOn(who) => {
                if let Some(why) = group.of(who).awake_in_trap() {
                    self.0.go_on(group, who, why);
                }
            }
            Step::IsDead(who) => self.0.exit(group, who),
            Step::ExecGoesOn(who) => {
                group.execs = false;
                group.at(who).place = Place::Runs;
            }
            Step::WaitIsOver => state.tracer = Tracer::Idle,
            Step::Unfreeze => self.unfreeze(state),
            Step::Attach => self.attach(state, Traced::Attached),
            Step::Seize => self.attach(state, Traced::Seized),
            Step::Interrupt => self.interrupt(state),
            Step::Freeze => {
                let tracee = group.at(Tracee);
                tracee.jobctl = Jobctl::new(tracee.jobctl).with_frozen().bits();
                state.tracer = Tracer::Freezes;
            }
            Step::Cont => self.resume(state, false),
            Step::ContToStop => self.resume(state, true),
            Step::Listen => self.listen(state),
            Step::Detach | Step::TracerExits => self.unlink(state),
            Step::Stop => self.0.send_stop(group),
            Step::Continue => self.0.send_cont(group),
            Step::Kill => self.0.send_kill(group),
            Step::Event => {
                self.0.ptrace_stop(group, Tracee, Why::Event);
            }
            Step::SetMask => self.0.recalc_sigpending(group, Tracee),
            Step::Exec(who) => self.0.exec(group, who),
            Step::Exit(who) => self.0.begin_exit(group, who),
        }
    }
}

impl Model for Stops {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        // A task that nobody traces, and one that was attached as it was made.
        [Thread::new(0, Traced::No), Thread::new(NEW, Traced::Seized)]
            .map(|tracee| State {
                group: Group {
                    threads: [tracee, Thread::new(0, Traced::No)],
                    stopped: false,
                    exits: false,
                    execs: false,
                    count: 0,
                    sigstop: false,
                    wrong: None,
                },
                tracer: Tracer::Idle,
            })
            .to_vec()
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        // What is wrong is the end of a story.
        if state.group.wrong.is_none() {
            steps.extend(EVERY_STEP.into_iter().filter(|step| state.allows(*step)));
        }
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut state = *last;
        self.take(&mut state, step);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(LOST, |model, state: &State| {
                let tracee = state.tracee();
                let pends = tracee.jobctl & INTERRUPT != 0;
                !tracee.owed || pends && (tracee.is_in_trap() || !is_quiet(model, state))
            }),
            Property::always(DOUBLE, |_, state: &State| {
                state.group.wrong != Some(Wrong::DoubleStop)
            }),
            Property::always(LISTEN, |_, state: &State| {
                let tracee = state.tracee();
                let listens = tracee.jobctl & LISTENING != 0 && tracee.jobctl & NOTIFY != 0;
                !(listens && tracee.sleeps_in_trap())
            }),
            Property::always(TRAPPED, |model, state: &State| {
                state.tracee().jobctl & TRAPPING == 0 || !is_quiet(model, state)
            }),
            Property::always(KILLED, |model, state: &State| {
                let dead = |who| state.group.of(who).place == Place::Dead;
                !state.group.exits || dead(Tracee) && dead(Sibling) || !is_quiet(model, state)
            }),
            Property::always(UNTRACED, |_, state: &State| {
                let tracee = state.tracee();
                tracee.traced != Traced::No || tracee.jobctl & (TRAPS | TRAPPING) == 0
            }),
            Property::always(DYING, |_, state: &State| {
                !state.tracee().sigkill || state.tracee().jobctl & (TRAPS | TRAPPING) == 0
            }),
            Property::always(REASONS, |_, state: &State| {
                state.group.wrong != Some(Wrong::NoReasons)
            }),
            Property::always(HELD, |_, state: &State| {
                state.tracer != Tracer::Freezes || state.tracee().sleeps_in_trap()
            }),
            Property::always(QUIET, |_, state: &State| {
                state.group.wrong != Some(Wrong::Warning)
            }),
            Property::always(ROUND, |model, state: &State| !goes_round(model, state)),
        ]
    }
}

impl GoesOn for Stops {
    fn is_own(step: &Step) -> bool {
        use Step::*;
        matches!(
            step,
            GetSignal(_) | GoOn(_) | IsDead(_) | ExecGoesOn(_) | WaitIsOver | Unfreeze
        )
    }
}

const LOST: &str = "an INTERRUPT is lost to another trap, to exec or to death only";
const DOUBLE: &str = "nothing stops a tracee twice";
const LISTEN: &str = "LISTEN does not sleep through NOTIFY";
const TRAPPED: &str = "TRAPPING is cleared";
const KILLED: &str = "SIGKILL ends both threads";
const UNTRACED: &str = "no trap is pending for a task that is not traced";
const DYING: &str = "no trap is pending for a task that SIGKILL was sent to";
const REASONS: &str = "the reasons of a stop are not none";
const HELD: &str = "a tracee that is frozen stays in its stop";
const QUIET: &str = "no warning of kernel/signal.c is reached";
const ROUND: &str = "no thread goes round in get_signal()";

impl Protocol for Stops {
    type Fault = Fault;

    const NAME: &'static str = "stops";

    const FAULTS: &'static [Named<Fault>] = &[
        Named {
            fault: Fault::NotInTrapMask,
            name: "in PENDING_MASK but not in TRAP_MASK",
            breaks: &[UNTRACED, ROUND],
        },
        Named {
            fault: Fault::ClearedByEventStop,
            name: "INTERRUPT is cleared only by EVENT_STOP",
            breaks: &[DOUBLE],
        },
        Named {
            fault: Fault::ClearedOneByOne,
            name: "a trap clears INTERRUPT, or else STOP",
            breaks: &[DOUBLE],
        },
        Named {
            fault: Fault::NotRecalculated,
            name: "recalc_sigpending() does not look for INTERRUPT",
            breaks: &[LOST],
        },
        Named {
            fault: Fault::StopOutlivesCont,
            name: "SIGCONT leaves STOP_PENDING",
            breaks: &[QUIET],
        },
        Named {
            fault: Fault::StopNotTaken,
            name: "a trap does not take part in the group stop",
            breaks: &[DOUBLE],
        },
        Named {
            fault: Fault::SetOnDying,
            name: "set on a dying task",
            breaks: &[DYING],
        },
        Named {
            fault: Fault::ReasonsAfterClear,
            name: "reasons are read after they are cleared",
            breaks: &[REASONS],
        },
        Named {
            fault: Fault::TrappingStays,
            name: "what kills a task leaves TRAPPING",
            breaks: &[TRAPPED],
        },
        Named {
            fault: Fault::NotifyWakesNobody,
            name: "NOTIFY does not wake who listens",
            breaks: &[LISTEN],
        },
        Named {
            fault: Fault::ListenSeesNoNotify,
            name: "LISTEN does not look for NOTIFY",
            breaks: &[LISTEN],
        },
        Named {
            fault: Fault::KillOfFrozen,
            name: "SIGKILL wakes a tracee that is frozen",
            breaks: &[HELD],
        },
        Named {
            fault: Fault::UnfreezeSeesNoKill,
            name: "the unfreeze does not look for SIGKILL",
            breaks: &[KILLED],
        },
    ];

    const HOLES: &'static [&'static str] = &[];

    fn with(fault: Option<Fault>) -> Self {
        Self(Signals { fault })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |who: &Who| match who {
            Tracee => "the tracee",
            Sibling => "the sibling",
        };
        match self {
            Step::GetSignal(who) => write!(f, "{} looks for signals and traps", name(who)),
            Step::GoOn(who) => write!(f, "{} is awake, and leaves its stop", name(who)),
            Step::IsDead(who) => write!(f, "{} is dead", name(who)),
            Step::ExecGoesOn(who) => write!(f, "{} goes on in exec", name(who)),
            Step::WaitIsOver => write!(f, "the tracer sees TRAPPING cleared"),
            Step::Unfreeze => write!(f, "the tracer unfreezes the tracee"),
            Step::Attach => write!(f, "a tracer attaches"),
            Step::Seize => write!(f, "a tracer seizes"),
            Step::Interrupt => write!(f, "the tracer interrupts"),
            Step::Freeze => write!(f, "the tracer freezes the tracee for a request"),
            Step::Cont => write!(f, "which is CONT"),
            Step::ContToStop => write!(f, "which is CONT with SIGSTOP"),
            Step::Listen => write!(f, "which is LISTEN"),
            Step::Detach => write!(f, "which is DETACH"),
            Step::TracerExits => write!(f, "the tracer exits"),
            Step::Stop => write!(f, "somebody sends SIGSTOP"),
            Step::Continue => write!(f, "somebody sends SIGCONT"),
            Step::Kill => write!(f, "somebody sends SIGKILL"),
            Step::Event => write!(f, "the tracee stops for an event"),
            Step::SetMask => write!(f, "the tracee changes its mask of signals"),
            Step::Exec(who) => write!(f, "{} calls exec, which kills the other", name(who)),
            Step::Exit(who) => write!(f, "{} calls exit", name(who)),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(c_ulong, &str); 10] = [
            (STOP_PENDING, "STOP_PENDING"),
            (STOP, "TRAP_STOP"),
            (NOTIFY, "TRAP_NOTIFY"),
            (INTERRUPT, "TRAP_INTERRUPT"),
            (NEW, "TRAP_NEW"),
            (TRAPPING, "TRAPPING"),
            (LISTENING, "LISTENING"),
            (FROZEN, "FROZEN"),
            (STOPPED, "STOPPED"),
            (TRACED, "TRACED"),
        ];
        let tracee = self.tracee();
        write!(
            f,
            "{}",
            match tracee.place {
                Place::Runs => "runs",
                Place::InSignal => "in get_signal()",
                Place::Trap { why, asleep } => match (why, asleep) {
                    (Why::Event, true) => "in a stop for an event",
                    (Why::Signal, true) => "in a stop for a signal",
                    (Why::EventStop, true) => "in PTRACE_EVENT_STOP",
                    (Why::GroupStop, true) => "in a stop for its group stop",
                    (_, false) => "awake",
                },
                Place::Group => "in a group stop",
                Place::Exec => "in exec",
                Place::Exits => "exits",
                Place::Dead => "dead",
            }
        )?;
        for (bit, name) in NAMES {
            if tracee.jobctl & bit != 0 {
                write!(f, " {name}")?;
            }
        }
        if tracee.sigkill {
            write!(f, " SIGKILL")?;
        }
        match self.group.wrong {
            Some(Wrong::DoubleStop) => write!(f, ": for what it has stopped for before"),
            Some(Wrong::NoReasons) => write!(f, ": and tells no reason"),
            Some(Wrong::Warning) => write!(f, ": and the kernel warns"),
            None => Ok(()),
        }
    }
}
