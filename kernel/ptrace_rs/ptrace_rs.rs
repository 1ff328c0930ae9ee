// SPDX-License-Identifier: GPL-2.0-only

//! The ptrace(2) system call.
//!
//! A call enters through [`ffi`] and is decoded by [`request`]. The module of its group carries
//! it out. What it may do to a task follows from the type that its function takes:
//! [`stop::Attached`] for a tracee in any state, [`stop::Stopped`] for one whose registers, memory
//! and siginfo hold still; and from the lock guards of [`lock`].
//!
//! Raw pointers and `unsafe` are in [`ffi`] and in the modules that are about one kind of thing
//! that C owns. All others forbid `unsafe`, but for this one, which only lists them.
//!
//! The modules are on floors, from the top down; a module uses only modules of lower floors. The
//! table is in `Documentation/core-api/ptrace-rust.rst`.
//!
//! C header: [`include/linux/ptrace.h`](srctree/include/linux/ptrace.h).

mod access;
mod arch;
mod attach;
#[cfg(CONFIG_COMPAT)]
mod compat;
mod config;
mod cred;
mod detach;
mod error;
mod ffi;
mod interrupt;
mod jobctl;
mod list;
mod lock;
mod memory;
mod mm;
mod options;
mod regset;
mod request;
mod resume;
mod siginfo;
mod sigmask;
mod stop;
mod syscall_info;
mod task;
mod tracee_info;
mod user;
