// SPDX-License-Identifier: GPL-2.0

//! Who traces a task: the stores to its `ptrace` and `parent`, and the check of a request. A step
//! is one load or one store, or a lock that is taken or dropped. `Attached` in
//! kernel/ptrace_rs/stop.rs, and `lock_tracee()` in kernel/ptrace.c, have the proof that this
//! checks.

use crate::checks::{Fault as Named, Protocol};
use stateright::{Model, Property};
use std::fmt;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    OldLink,
    OldUnlink,
    CheckBeforeLock,
    OrphanedWhileTraced,
    ReleasedWhileTraced,
}

pub struct Link(Option<Fault>);

/// Who may hold a lock, or be a parent. The helper is another thread of the first tracer, which
/// reaps the tracee. Init is the parent of orphans.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Actor {
    First,
    Second,
    Parent,
    Init,
    Tracee,
    Helper,
}

use Actor::*;

const ACTORS: [Actor; 6] = [First, Second, Parent, Init, Tracee, Helper];

/// What an actor does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Deed {
    /// `PTRACE_SEIZE`
    Link,
    /// `PTRACE_TRACEME`
    LinkCaller,
    /// `PTRACE_DETACH`, or the exit of a tracer
    Unlink,
    /// Any other request
    Request,
    /// The real parent exits: `forget_original_parent()`
    Orphan,
    /// `release_task()`
    Release,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    TakeTasklist,
    DropTasklist,
    TakeSiglock,
    DropSiglock,
    /// Ends the deed unless the task is neither traced nor a zombie.
    IfUntraced,
    /// Ends the deed unless the real parent is still there.
    IfParentLives,
    /// Leaves out the next steps, so many, unless this is the tracer.
    IfTracer(usize),
    /// Leaves out the next steps, so many, unless somebody traces the task.
    IfTraced(usize),
    StoreParentMe,
    StoreParentReal,
    SetPtrace,
    ClearPtrace,
    /// Ends the deed if what is read is 0.
    ReadPtrace,
    /// Ends the deed unless this is what is read.
    ReadParent,
    CarryOut,
    BeginExit,
    StoreRealParentInit,
    /// `parent` of a task that is not traced goes with `real_parent`.
    StoreParentIfUntraced,
    ClearSighand,
}

use Step::*;

const LINK: &[Step] = &[
    TakeTasklist,
    IfUntraced,
    TakeSiglock,
    StoreParentMe,
    SetPtrace,
    DropSiglock,
    DropTasklist,
];
const OLD_LINK: &[Step] = &[
    TakeTasklist,
    IfUntraced,
    SetPtrace,
    StoreParentMe,
    TakeSiglock,
    DropSiglock,
    DropTasklist,
];
const LINK_CALLER: &[Step] = &[
    TakeTasklist,
    IfUntraced,
    IfParentLives,
    StoreParentReal,
    SetPtrace,
    DropTasklist,
];
const UNLINK: &[Step] = &[
    TakeTasklist,
    IfTracer(4),
    TakeSiglock,
    ClearPtrace,
    StoreParentReal,
    DropSiglock,
    DropTasklist,
];
const OLD_UNLINK: &[Step] = &[
    TakeTasklist,
    IfTracer(4),
    StoreParentReal,
    TakeSiglock,
    ClearPtrace,
    DropSiglock,
    DropTasklist,
];
const REQUEST: &[Step] = &[
    ReadPtrace,
    TakeSiglock,
    ReadPtrace,
    ReadParent,
    CarryOut,
    DropSiglock,
];
const REQUEST_BEFORE_LOCK: &[Step] = &[ReadPtrace, ReadParent, TakeSiglock, CarryOut, DropSiglock];
const ORPHAN: &[Step] = &[
    BeginExit,
    TakeTasklist,
    IfTracer(4),
    TakeSiglock,
    ClearPtrace,
    StoreParentReal,
    DropSiglock,
    StoreRealParentInit,
    StoreParentIfUntraced,
    DropTasklist,
];
const ORPHAN_TRACED: &[Step] = &[
    BeginExit,
    TakeTasklist,
    IfTracer(4),
    TakeSiglock,
    ClearPtrace,
    StoreParentReal,
    DropSiglock,
    StoreRealParentInit,
    StoreParentReal,
    DropTasklist,
];
const RELEASE: &[Step] = &[
    TakeTasklist,
    IfTraced(4),
    TakeSiglock,
    ClearPtrace,
    StoreParentReal,
    DropSiglock,
    TakeSiglock,
    ClearSighand,
    DropSiglock,
    DropTasklist,
];
const RELEASE_TRACED: &[Step] = &[
    TakeTasklist,
    TakeSiglock,
    ClearSighand,
    DropSiglock,
    IfTraced(2),
    ClearPtrace,
    StoreParentReal,
    DropTasklist,
];

/// A deed, and how far it has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Doing {
    deed: Deed,
    at: usize,
    /// Whether the actor has been the tracer for all of a request.
    as_tracer: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wrong {
    CarriedOut,
    Refused,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State {
    ptrace: bool,
    parent: Actor,
    real_parent: Actor,
    tasklist: Option<Actor>,
    siglock: Option<Actor>,
    /// The tracee is dead, and its `sighand` is NULL.
    zombie: bool,
    released: bool,
    parent_exits: bool,
    doing: [Option<Doing>; ACTORS.len()],
    /// For the properties: who traces the task, from `SetPtrace` to `ClearPtrace`.
    tracer: Option<Actor>,
    wrong: Option<Wrong>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    Begin(Actor, Deed),
    Go(Actor, Step),
    TraceeDies,
}

impl Link {
    fn steps(&self, deed: Deed) -> &'static [Step] {
        match (deed, self.0) {
            (Deed::Link, Some(Fault::OldLink)) => OLD_LINK,
            (Deed::Link, _) => LINK,
            (Deed::LinkCaller, _) => LINK_CALLER,
            (Deed::Unlink, Some(Fault::OldUnlink)) => OLD_UNLINK,
            (Deed::Unlink, _) => UNLINK,
            (Deed::Request, Some(Fault::CheckBeforeLock)) => REQUEST_BEFORE_LOCK,
            (Deed::Request, _) => REQUEST,
            (Deed::Orphan, Some(Fault::OrphanedWhileTraced)) => ORPHAN_TRACED,
            (Deed::Orphan, _) => ORPHAN,
            (Deed::Release, Some(Fault::ReleasedWhileTraced)) => RELEASE_TRACED,
            (Deed::Release, _) => RELEASE,
        }
    }

    fn take(&self, state: &mut State, actor: Actor, step: Step) {
        let mut ends = false;
        let mut skipped = 0;
        match step {
            TakeTasklist => state.tasklist = Some(actor),
            DropTasklist => state.tasklist = None,
            // lock_task_sighand()
            TakeSiglock if state.released => ends = true,
            TakeSiglock => state.siglock = Some(actor),
            DropSiglock => state.siglock = None,
            IfUntraced => ends = state.ptrace || state.zombie,
            IfParentLives => ends = state.parent_exits && state.real_parent == Parent,
            IfTracer(steps) if state.tracer != Some(actor) => skipped = steps,
            IfTraced(steps) if !state.ptrace => skipped = steps,
            IfTracer(_) | IfTraced(_) => {}
            StoreParentMe => state.parent = actor,
            StoreParentReal => state.parent = state.real_parent,
            SetPtrace => {
                state.ptrace = true;
                state.tracer = Some(if actor == Tracee {
                    state.real_parent
                } else {
                    actor
                });
            }
            ClearPtrace => {
                state.ptrace = false;
                state.tracer = None;
                // Who was the tracer is not to be let through, from here on.
                state
                    .doing
                    .iter_mut()
                    .flatten()
                    .for_each(|doing| doing.as_tracer = false);
            }
            ReadPtrace => ends = !state.ptrace,
            ReadParent => ends = state.parent != actor,
            CarryOut => {
                if state.tracer != Some(actor) {
                    state.wrong = Some(Wrong::CarriedOut);
                }
            }
            BeginExit => state.parent_exits = true,
            StoreRealParentInit => state.real_parent = Init,
            StoreParentIfUntraced => {
                if !state.ptrace {
                    state.parent = state.real_parent;
                }
            }
            ClearSighand => state.released = true,
        }
        let Some(doing) = &mut state.doing[actor as usize] else {
            return;
        };
        doing.at += 1 + skipped;
        let is_done = doing.at == self.steps(doing.deed).len();
        if ends {
            if doing.as_tracer && state.wrong.is_none() {
                state.wrong = Some(Wrong::Refused);
            }
            // It drops what it holds.
            for lock in [&mut state.siglock, &mut state.tasklist] {
                if *lock == Some(actor) {
                    *lock = None;
                }
            }
        }
        if ends || is_done {
            state.doing[actor as usize] = None;
        }
    }
}

impl State {
    /// Whether the actor may begin with this.
    fn allows(&self, actor: Actor, deed: Deed) -> bool {
        let parent_lives = !self.parent_exits;
        match deed {
            Deed::Link => matches!(actor, First | Second),
            Deed::LinkCaller => actor == Tracee && !self.zombie,
            Deed::Unlink => {
                matches!(actor, First | Second | Parent | Init) && self.tracer == Some(actor)
            }
            Deed::Request => match actor {
                First | Second | Init => true,
                Parent => parent_lives,
                Tracee | Helper => false,
            },
            Deed::Orphan => actor == Parent && parent_lives,
            Deed::Release => actor == Helper && self.zombie && !self.released,
        }
    }

    /// Whether the actor can take the step now.
    fn is_free(&self, step: Step) -> bool {
        match step {
            TakeTasklist => self.tasklist.is_none(),
            TakeSiglock => self.siglock.is_none(),
            _ => true,
        }
    }
}

impl Model for Link {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            ptrace: false,
            parent: Parent,
            real_parent: Parent,
            tasklist: None,
            siglock: None,
            zombie: false,
            released: false,
            parent_exits: false,
            doing: [None; ACTORS.len()],
            tracer: None,
            wrong: None,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.wrong.is_some() {
            return;
        }
        for actor in ACTORS {
            if let Some(doing) = state.doing[actor as usize] {
                let step = self.steps(doing.deed)[doing.at];
                if state.is_free(step) {
                    actions.push(Action::Go(actor, step));
                }
                continue;
            }
            use Deed::*;
            for deed in [Link, LinkCaller, Unlink, Request, Orphan, Release] {
                if state.allows(actor, deed) {
                    actions.push(Action::Begin(actor, deed));
                }
            }
        }
        if !state.zombie && state.doing[Tracee as usize].is_none() {
            actions.push(Action::TraceeDies);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        match action {
            Action::Begin(actor, deed) => {
                let as_tracer = deed == Deed::Request && state.tracer == Some(actor);
                state.doing[actor as usize] = Some(Doing {
                    deed,
                    at: 0,
                    as_tracer,
                });
            }
            Action::Go(actor, step) => self.take(&mut state, actor, step),
            Action::TraceeDies => state.zombie = true,
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(TRACER, |_, state: &State| {
                state.wrong != Some(Wrong::CarriedOut)
            }),
            Property::always(REFUSED, |_, state: &State| {
                state.wrong != Some(Wrong::Refused)
            }),
            Property::always(LAST, |_, state: &State| {
                !state.released || state.siglock.is_some() || !state.ptrace
            }),
        ]
    }
}

const TRACER: &str = "no request is carried out by one who is not the tracer";
const REFUSED: &str = "no request of the tracer is refused";
const LAST: &str = "a task that is released is not traced";

impl Protocol for Link {
    type Fault = Fault;

    const NAME: &'static str = "link";

    const FAULTS: &'static [Named<Fault>] = &[
        Named {
            fault: Fault::OldLink,
            name: "the old order of stores in link",
            breaks: &[TRACER],
        },
        Named {
            fault: Fault::OldUnlink,
            name: "the old order of stores in unlink",
            breaks: &[TRACER],
        },
        Named {
            fault: Fault::CheckBeforeLock,
            name: "the check reads the pair before it takes the siglock",
            breaks: &[TRACER],
        },
        Named {
            fault: Fault::OrphanedWhileTraced,
            name: "the exit of the real parent changes the parent of a tracee",
            breaks: &[TRACER, REFUSED],
        },
        Named {
            fault: Fault::ReleasedWhileTraced,
            name: "a task is released first and then taken from its tracer",
            breaks: &[LAST],
        },
    ];

    const HOLES: &'static [&'static str] = &[];

    fn with(fault: Option<Fault>) -> Self {
        Self(fault)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            First => "the first tracer",
            Second => "the second tracer",
            Parent => "the real parent",
            Init => "init",
            Tracee => "the tracee",
            Helper => "a thread of the tracer",
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (actor, what) = match self {
            Action::Begin(actor, deed) => (
                *actor,
                match deed {
                    Deed::Link => "begins to seize the tracee",
                    Deed::LinkCaller => "begins TRACEME",
                    Deed::Unlink => "begins to let go of the tracee",
                    Deed::Request => "begins a request",
                    Deed::Orphan => "begins to exit",
                    Deed::Release => "begins to reap the tracee",
                },
            ),
            Action::Go(actor, step) => (
                *actor,
                match step {
                    TakeTasklist => "takes tasklist_lock",
                    DropTasklist => "drops tasklist_lock",
                    TakeSiglock => "takes the siglock",
                    DropSiglock => "drops the siglock",
                    IfUntraced => "looks whether the tracee has a tracer",
                    IfParentLives => "looks whether the real parent exits",
                    IfTracer(_) => "looks for tracees",
                    IfTraced(_) => "looks whether the tracee is traced",
                    StoreParentMe => "stores itself to parent",
                    StoreParentReal => "stores real_parent to parent",
                    SetPtrace => "sets ptrace",
                    ClearPtrace => "clears ptrace",
                    ReadPtrace => "reads ptrace",
                    ReadParent => "reads parent",
                    CarryOut => "carries its request out",
                    BeginExit => "sets PF_EXITING",
                    StoreRealParentInit => "stores init to real_parent",
                    StoreParentIfUntraced => "stores parent if ptrace is 0",
                    ClearSighand => "clears sighand",
                },
            ),
            Action::TraceeDies => (Tracee, "dies"),
        };
        write!(f, "{actor} {what}")
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ptrace = if self.ptrace { "set" } else { "0" };
        write!(f, "ptrace {ptrace}, parent: {}", self.parent)?;
        match self.wrong {
            Some(Wrong::CarriedOut) => write!(f, ", which is not the tracer"),
            Some(Wrong::Refused) => write!(f, ": a request of the tracer is refused"),
            None => Ok(()),
        }
    }
}
