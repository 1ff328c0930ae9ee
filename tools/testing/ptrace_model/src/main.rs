// SPDX-License-Identifier: GPL-2.0

//! ptrace_model: check models of the protocol between tracers and tracees, in every order in which
//! their steps can come; and that faults of the models are found.
//! Documentation/core-api/ptrace-model.rst says what is in the models, and what is not.

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

use std::process::ExitCode;

fn main() -> ExitCode {
    println!(
        "{:8}  {:>9}  {:>5}  {:>7}",
        "model", "states", "depth", "seconds"
    );
    let holds = [
        checks::check::<stops::Stops>(),
        checks::check::<link::Link>(),
        checks::check::<exits::Exits>(),
    ];
    println!("\nHoles");
    checks::tell_what_is_broken::<stops::Stops>();
    checks::tell_what_is_broken::<link::Link>();
    checks::tell_what_is_broken::<exits::Exits>();
    println!("\nFaults");
    let found = [
        checks::check_faults::<stops::Stops>(),
        checks::check_faults::<link::Link>(),
        checks::check_faults::<exits::Exits>(),
    ];
    if holds.into_iter().chain(found).all(|good| good) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
