// SPDX-License-Identifier: GPL-2.0

//! The exit of tasks that trace each other: `ptrace_event_exit()` in kernel/exit.c, which decides
//! whether a task stops in `PTRACE_EVENT_EXIT`. Everybody asks for that event. There are three
//! tasks, each a process of its own, or two of them threads of one process. Each is traced by any
//! task of another process, or by none: in chains, in circles of two and of three, or not at all.

use crate::checks::{is_quiet, Fault as Named, GoesOn, Protocol};
use stateright::{Model, Property};
use std::fmt;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    NoMend,
    GroupOnly,
    LooksForExiting,
    LooksFirst,
    LetsNobodyGo,
    WaitsForNobody,
}

pub struct Exits(Option<Fault>);

const TASKS: usize = 3;

/// The first task of the process of each.
type Processes = [usize; TASKS];
const APART: Processes = [0, 1, 2];
const TWO_THREADS: Processes = [0, 0, 2];

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    Runs,
    /// In `do_exit()`, before `synchronize_group_exit()`.
    BeginsExit,
    /// After it, before the tracer is looked at.
    Looks,
    /// Has found the tracer, and not yet its siglock.
    HasFound(usize),
    /// The tracer is there.
    IsToStop,
    /// In `PTRACE_EVENT_EXIT`.
    Stops,
    /// After the stop, before `exit_ptrace()`.
    LetsGo,
    Dead,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State {
    process: Processes,
    place: [Place; TASKS],
    tracer: [Option<usize>; TASKS],
    /// A pending `SIGKILL`, which is taken where the exit begins.
    sigkill: [bool; TASKS],
    /// `SIGNAL_GROUP_EXIT`
    exits: [bool; TASKS],
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The kernel goes on with the exit of a task.
    Go(usize),
    /// Somebody kills a process.
    Kill(usize),
    /// A task calls `exit()`, which ends no other thread.
    Exit(usize),
    /// The tracer of a task has it go on; or lets go of it.
    Cont(usize),
    Detach(usize),
}

impl State {
    /// Whether the task goes on in its exit, or is to begin with it.
    fn goes_on(&self, task: usize) -> bool {
        match self.place[task] {
            Place::Runs => self.sigkill[task],
            Place::Stops | Place::Dead => false,
            _ => true,
        }
    }

    /// Whether the process of the task exits: `SIGNAL_GROUP_EXIT`
    fn exits(&self, task: usize) -> bool {
        self.exits[self.process[task]]
    }

    fn kill(&mut self, process: usize) {
        self.exits[process] = true;
        for task in 0..TASKS {
            if self.process[task] != process {
                continue;
            }
            if self.place[task] != Place::Dead {
                self.sigkill[task] = true;
            }
            if self.place[task] == Place::Stops {
                self.place[task] = Place::LetsGo;
            }
        }
    }

    /// `synchronize_group_exit()`
    fn synchronize_group_exit(&mut self, task: usize) {
        let is_last = (0..TASKS).all(|other| {
            let has_come = !matches!(self.place[other], Place::Runs | Place::BeginsExit);
            other == task || self.process[other] != self.process[task] || has_come
        });
        if is_last {
            self.exits[self.process[task]] = true;
        }
    }

    fn let_go(&mut self, task: usize) {
        self.tracer[task] = None;
        if self.place[task] == Place::Stops {
            self.place[task] = Place::LetsGo;
        }
    }
}

impl Exits {
    fn has(&self, fault: Fault) -> bool {
        self.0 == Some(fault)
    }

    /// Whether the tracer can still take a task out of a stop, as `ptracer_is_there()` sees it.
    fn is_there(&self, state: &State, tracer: usize) -> bool {
        if self.has(Fault::NoMend) {
            true
        } else if self.has(Fault::WaitsForNobody) {
            false
        } else if self.has(Fault::LooksForExiting) {
            // PF_EXITING is set after PTRACE_EVENT_EXIT.
            !matches!(state.place[tracer], Place::LetsGo | Place::Dead)
        } else if self.has(Fault::GroupOnly) {
            !state.exits(tracer)
        } else {
            // PF_POSTCOREDUMP is set by synchronize_group_exit().
            !state.exits(tracer) && matches!(state.place[tracer], Place::Runs | Place::BeginsExit)
        }
    }

    fn go(&self, state: &mut State, task: usize) {
        let looks_first = self.has(Fault::LooksFirst);
        state.place[task] = match state.place[task] {
            Place::Runs => {
                state.sigkill[task] = false;
                if looks_first {
                    Place::Looks
                } else {
                    Place::BeginsExit
                }
            }
            Place::BeginsExit => {
                state.synchronize_group_exit(task);
                if looks_first {
                    Place::IsToStop
                } else {
                    Place::Looks
                }
            }
            Place::Looks => match state.tracer[task] {
                Some(tracer) => Place::HasFound(tracer),
                None => Place::LetsGo,
            },
            Place::HasFound(tracer) if !self.is_there(state, tracer) => Place::LetsGo,
            Place::HasFound(_) if looks_first => Place::BeginsExit,
            Place::HasFound(_) => Place::IsToStop,
            // ptrace_stop()
            Place::IsToStop if state.tracer[task].is_none() || state.sigkill[task] => Place::LetsGo,
            Place::IsToStop => Place::Stops,
            Place::LetsGo => {
                // exit_ptrace()
                for tracee in 0..TASKS {
                    if state.tracer[tracee] == Some(task) && !self.has(Fault::LetsNobodyGo) {
                        state.let_go(tracee);
                    }
                }
                state.sigkill[task] = false;
                Place::Dead
            }
            place @ (Place::Stops | Place::Dead) => place,
        };
    }
}

impl Model for Exits {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let mut all = Vec::new();
        for process in [APART, TWO_THREADS] {
            let mut relations = vec![[None; TASKS]];
            for task in 0..TASKS {
                for tracer in (0..TASKS).filter(|tracer| process[*tracer] != process[task]) {
                    let untraced = relations.iter().filter(|one| one[task].is_none());
                    let mut traced: Vec<_> = untraced.copied().collect();
                    traced.iter_mut().for_each(|one| one[task] = Some(tracer));
                    relations.extend(traced);
                }
            }
            all.extend(relations.into_iter().map(|tracer| State {
                process,
                place: [Place::Runs; TASKS],
                tracer,
                sigkill: [false; TASKS],
                exits: [false; TASKS],
            }));
        }
        all
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        for task in 0..TASKS {
            if state.goes_on(task) {
                steps.push(Step::Go(task));
            }
            if state.place[task] == Place::Runs {
                steps.push(Step::Exit(task));
            }
            if let (Place::Stops, Some(tracer)) = (state.place[task], state.tracer[task]) {
                if state.place[tracer] == Place::Runs {
                    steps.extend([Step::Cont(task), Step::Detach(task)]);
                }
            }
        }
        for process in 0..TASKS {
            if state.process.contains(&process) && !state.exits[process] {
                steps.push(Step::Kill(process));
            }
        }
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut state = *last;
        match step {
            Step::Go(task) | Step::Exit(task) => self.go(&mut state, task),
            Step::Kill(process) => state.kill(process),
            Step::Cont(task) => state.place[task] = Place::LetsGo,
            Step::Detach(task) => state.let_go(task),
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ENDS, |model, state: &State| {
                !is_quiet(model, state) || (0..TASKS).all(|task| !is_stuck(state, task))
            }),
            Property::always(SEEN, |model: &Exits, state: &State| {
                (0..TASKS).all(|task| match state.place[task] {
                    Place::HasFound(tracer) => {
                        let goes_on = state.place[tracer] == Place::Runs && !state.exits(tracer);
                        !goes_on || model.is_there(state, tracer)
                    }
                    _ => true,
                })
            }),
        ]
    }
}

impl GoesOn for Exits {
    // A task comes to no place again, so that these come to an end.
    fn is_own(step: &Step) -> bool {
        matches!(step, Step::Go(_))
    }
}

/// Whether a task waits in its stop for what does not come, whoever is sent `SIGKILL`: for a tracer
/// that is dead, or in a circle of tracers that wait, of which none can be sent that any more.
fn is_stuck(state: &State, task: usize) -> bool {
    let mut killable = false;
    let mut at = task;
    // After so many, it has been through a circle, if there is one.
    for _ in 0..=TASKS {
        if state.place[at] != Place::Stops {
            return state.place[at] == Place::Dead && at != task;
        }
        killable |= !state.exits(at);
        match state.tracer[at] {
            Some(tracer) => at = tracer,
            None => return true,
        }
    }
    !killable
}

const ENDS: &str = "SIGKILL ends every task, also those that trace each other";
const SEEN: &str = "no tracer that goes on misses the event";

impl Protocol for Exits {
    type Fault = Fault;

    const NAME: &'static str = "exits";

    const FAULTS: &'static [Named<Fault>] = &[
        Named {
            fault: Fault::NoMend,
            name: "no mend of the cycle",
            breaks: &[ENDS],
        },
        Named {
            fault: Fault::GroupOnly,
            name: "looks for the exit of the tracer's group only",
            breaks: &[ENDS],
        },
        Named {
            fault: Fault::LooksForExiting,
            name: "looks for PF_EXITING of the tracer, which comes later",
            breaks: &[ENDS],
        },
        Named {
            fault: Fault::LooksFirst,
            name: "looks at the tracer before its own group is marked",
            breaks: &[ENDS],
        },
        Named {
            fault: Fault::LetsNobodyGo,
            name: "a tracer that exits does not let go",
            breaks: &[ENDS],
        },
        Named {
            fault: Fault::WaitsForNobody,
            name: "no tracer is waited for",
            breaks: &[SEEN],
        },
    ];

    const HOLES: &'static [&'static str] = &[];

    fn with(fault: Option<Fault>) -> Self {
        Self(fault)
    }
}

const NAMES: [&str; TASKS] = ["A", "B", "C"];

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Go(task) => write!(f, "{} goes on", NAMES[*task]),
            Step::Kill(process) => write!(
                f,
                "somebody sends SIGKILL to the process of {}",
                NAMES[*process]
            ),
            Step::Exit(task) => write!(f, "{} calls exit", NAMES[*task]),
            Step::Cont(task) => write!(f, "the tracer has {} go on", NAMES[*task]),
            Step::Detach(task) => write!(f, "the tracer detaches {}", NAMES[*task]),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.process == TWO_THREADS {
            write!(f, "A and B are threads of one process; ")?;
        }
        let places = (0..TASKS).map(|task| {
            let place = match self.place[task] {
                Place::Runs if self.sigkill[task] => "is killed",
                Place::Runs => "runs",
                Place::BeginsExit => "exits",
                Place::Looks => "looks for its tracer",
                Place::HasFound(_) => "looks whether that exits",
                Place::IsToStop => "is to stop",
                Place::Stops => "is in EVENT_EXIT",
                Place::LetsGo => "lets go of its tracees",
                Place::Dead => "is dead",
            };
            match self.tracer[task] {
                Some(tracer) => format!("{} (tracer {}) {place}", NAMES[task], NAMES[tracer]),
                None => format!("{} {place}", NAMES[task]),
            }
        });
        f.write_str(&places.collect::<Vec<_>>().join("; "))
    }
}
