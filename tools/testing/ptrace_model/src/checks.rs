// SPDX-License-Identifier: GPL-2.0

//! How a model is checked, and its faults, and what is printed of that.

use stateright::{Checker, HasDiscoveries, Model};
use std::{
    collections::{BTreeSet, HashSet},
    fmt::Display,
    hash::Hash,
    time::Instant,
};

/// A fault of a model, and the properties that it breaks.
pub struct Fault<F: 'static> {
    pub fault: F,
    pub name: &'static str,
    pub breaks: &'static [&'static str],
}

/// A model that can be made with a fault in it.
pub trait Protocol:
    Model<
        State: Clone + Display + Eq + Hash + Send + Sync + 'static,
        Action: Clone + Display + PartialEq + Send + Sync + 'static,
    > + Sized
    + Send
    + Sync
    + 'static
{
    type Fault: Copy + 'static;

    const NAME: &'static str;
    const FAULTS: &'static [Fault<Self::Fault>];
    /// Properties that are known not to hold of the kernel as it is.
    const HOLES: &'static [&'static str];

    fn with(fault: Option<Self::Fault>) -> Self;
}

/// A model in which some steps are taken by nobody's will, and are taken if nothing else is.
///
/// What is to happen in the end is checked where none of them is left: [`is_quiet()`]. That they
/// come to an end is a property of its own: [`goes_round()`].
pub trait GoesOn: Model<State: Clone + Eq + Hash> {
    fn is_own(step: &Self::Action) -> bool;
}

fn own_steps<M: GoesOn>(model: &M, state: &M::State) -> Vec<M::Action> {
    let mut steps = Vec::new();
    model.actions(state, &mut steps);
    steps.retain(M::is_own);
    steps
}

/// Whether nothing happens any more by itself.
pub fn is_quiet<M: GoesOn>(model: &M, state: &M::State) -> bool {
    own_steps(model, state).is_empty()
}

/// Whether what happens by itself may go on for ever, as there is a circle of such steps.
pub fn goes_round<M: GoesOn>(model: &M, state: &M::State) -> bool {
    /// `path`: the states on the way here; `done`: those from where there is an end.
    fn walk<M: GoesOn>(
        model: &M,
        state: &M::State,
        path: &mut Vec<M::State>,
        done: &mut HashSet<M::State>,
    ) -> bool {
        if done.contains(state) {
            return false;
        }
        if path.contains(state) {
            return true;
        }
        path.push(state.clone());
        let round = own_steps(model, state)
            .into_iter()
            .filter_map(|step| model.next_state(state, step))
            .any(|next| walk(model, &next, path, done));
        path.pop();
        done.insert(state.clone());
        round
    }

    walk(model, state, &mut Vec::new(), &mut HashSet::new())
}

/// Checks the model as it is, and prints a line of the table for it and one for each property;
/// returns whether all properties hold but for the holes.
pub fn check<M: Protocol>() -> bool {
    let start = Instant::now();
    // By one thread: the depth is exact.
    let checker = M::with(None).checker().spawn_bfs().join();
    println!(
        "{:8}  {:>9}  {:>5}  {:>7.1}",
        M::NAME,
        checker.unique_state_count(),
        checker.max_depth(),
        start.elapsed().as_secs_f32()
    );
    let mut as_expected = true;
    for property in checker.model().properties() {
        let broken = checker.discovery(property.name).is_some();
        let known = M::HOLES.contains(&property.name);
        let verdict = match (broken, known) {
            (false, false) => "holds",
            (true, true) => "HOLE",
            (true, false) => "BROKEN",
            (false, true) => "NO HOLE",
        };
        println!("    {verdict:7} {}", property.name);
        as_expected &= broken == known;
    }
    as_expected
}

/// Prints how properties are broken in the model as it is.
pub fn tell_what_is_broken<M: Protocol>() {
    for property in M::with(None).properties() {
        if let Some(story) = shortest::<M>(None, property.name) {
            println!("\n{}, with no fault, breaks: {}", M::NAME, property.name);
            tell(&story);
        }
    }
}

/// Checks that each fault of the model breaks what it is to break, and prints how; returns whether
/// all do, and whether there is one for each property: a property that cannot be broken says nothing.
pub fn check_faults<M: Protocol>() -> bool {
    let mut found = true;
    for property in M::with(None).properties() {
        let broken = |fault: &Fault<_>| fault.breaks.contains(&property.name);
        if !M::FAULTS.iter().any(broken) {
            println!("\n{}: NO FAULT BREAKS: {}", M::NAME, property.name);
            found = false;
        }
    }
    for fault in M::FAULTS {
        println!("\n{}: {}", M::NAME, fault.name);
        for property in fault.breaks {
            if let Some(story) = shortest::<M>(Some(fault.fault), property) {
                println!("  breaks: {property}");
                tell(&story);
            } else {
                println!("  DOES NOT BREAK: {property}");
                found = false;
            }
        }
    }
    found
}

type Story<M> = Vec<(<M as Model>::State, Option<<M as Model>::Action>)>;

/// The shortest story in which the model, with the fault or without, breaks the property. What the checker finds is one of the
/// first, so that it is asked for a shorter one until there is none.
fn shortest<M: Protocol>(fault: Option<M::Fault>, property: &'static str) -> Option<Story<M>> {
    let mut story: Option<Story<M>> = None;
    loop {
        let mut builder = M::with(fault)
            .checker()
            .finish_when(HasDiscoveries::AllOf(BTreeSet::from([property])));
        if let Some(story) = &story {
            builder = builder.target_max_depth(story.len());
        }
        match builder.spawn_bfs().join().discovery(property) {
            Some(found) => story = Some(found.into_vec()),
            None => return story,
        }
    }
}

/// Prints a story, a line for each step, with what the state is after it.
fn tell<State: Display, Step: Display>(story: &[(State, Option<Step>)]) {
    let mut states = story.iter().map(|(state, _)| state);
    if let Some(first) = states.next() {
        println!("    {:>2}. {:56}  {first}", 0, "at first");
    }
    let steps = story.iter().filter_map(|(_, step)| step.as_ref());
    for (number, (step, state)) in steps.zip(states).enumerate() {
        println!("    {:>2}. {:56}  {state}", number + 1, step.to_string());
    }
}
