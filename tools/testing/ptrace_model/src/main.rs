// SPDX-License-Identifier: GPL-2.0

//! ptrace_model: check models of the protocol between tracers and tracees, in every order in which
//! their steps can come; and that faults of the models are found.
//! doc/model.md says what is in the models, and what is not.

mod checks;
mod exits;
#[allow(dead_code)]
#[path = "../../../../kernel/ptrace_rs/jobctl.rs"]
mod jobctl;
mod link;
mod signal;
mod stops;
mod stub;

// What jobctl.rs knows as the kernel's crate.
extern crate self as kernel;
pub use stub::{bindings, prelude};

use checks::Protocol;
use std::process::ExitCode;

/// What is done with a model.
struct Checks {
    properties: fn() -> bool,
    holes: fn(),
    faults: fn() -> bool,
}

impl Checks {
    const fn of<M: Protocol>() -> Self {
        Self {
            properties: checks::check::<M>,
            holes: checks::tell_what_is_broken::<M>,
            faults: checks::check_faults::<M>,
        }
    }
}

const MODELS: [Checks; 3] = [
    Checks::of::<stops::Stops>(),
    Checks::of::<link::Link>(),
    Checks::of::<exits::Exits>(),
];

fn main() -> ExitCode {
    println!(
        "{:8}  {:>9}  {:>5}  {:>7}",
        "model", "states", "depth", "seconds"
    );
    let hold = MODELS.each_ref().map(|model| (model.properties)());
    println!("\nHoles");
    for model in &MODELS {
        (model.holes)();
    }
    println!("\nFaults");
    let found = MODELS.each_ref().map(|model| (model.faults)());
    if hold.into_iter().chain(found).all(|good| good) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
