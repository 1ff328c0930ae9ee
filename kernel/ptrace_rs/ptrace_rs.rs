// SPDX-License-Identifier: GPL-2.0-only

//! The ptrace(2) system call.
//!
//! A call enters through [`ffi`], is decoded once into a [`request::Request`], and is carried out
//! by the module that is named after the request. What a request may do to a task follows from
//! the type that its function takes: [`tracee::Attached`] for a tracee in any state. The fields
//! of a task are read in [`task`] and locks are taken in [`lock`]; these two and [`ffi`] are the
//! only modules with `unsafe` code.
//!
//! C header: [`include/linux/ptrace.h`](srctree/include/linux/ptrace.h).

use kernel::prelude::*;

mod ffi;
mod interrupt;
mod jobctl;
mod lock;
mod request;
mod task;
mod tracee;

module! {
    type: PtraceModule,
    name: "ptrace_rs",
    authors: ["The developers of ptrace in Rust for Linux"],
    description: "ptrace(2) in Rust",
    license: "GPL",
}

/// The system call as a module of the kernel: its place in the log, for now.
///
/// The system call itself needs no set-up and works before this is initialised.
struct PtraceModule;

impl kernel::Module for PtraceModule {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_info!("ptrace(2) is built from Rust\n");
        Ok(Self)
    }
}
