// SPDX-License-Identifier: GPL-2.0-only

//! The ptrace(2) system call.
//!
//! A call enters through [`ffi`] and is told apart by [`request`]; each request is carried out by
//! the module that is named after it. What it may do to a task follows from the type that its
//! function takes: [`stop::Attached`] for a tracee in any state, [`stop::Stopped`] for one whose
//! registers, memory and siginfo stay as they are; and from the lock guards of [`lock`].
//!
//! Raw pointers and `unsafe` are in [`ffi`] and in the modules that are about one kind of thing
//! that C owns: [`task`], [`lock`], [`list`], [`cred`], [`user`] and [`arch`].
//!
//! C header: [`include/linux/ptrace.h`](srctree/include/linux/ptrace.h).

use kernel::prelude::*;

mod access;
mod arch;
mod attach;
#[cfg(CONFIG_COMPAT)]
mod compat;
mod config;
mod cred;
mod detach;
mod ffi;
mod interrupt;
mod jobctl;
mod list;
mod lock;
mod memory;
mod options;
mod regset;
mod request;
mod resume;
mod siginfo;
mod sigmask;
mod stop;
mod syscall_info;
mod task;
mod user;

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
