// SPDX-License-Identifier: GPL-2.0-only

//! The ptrace(2) system call.
//!
//! A call enters through [`ffi`] and is told apart by [`request`]; each request is carried out by
//! the module that is named after it. What it may do to a task follows from the type that its
//! function takes: [`stop::Attached`] for a tracee in any state, [`stop::Stopped`] for one whose
//! registers, memory and siginfo stay as they are; and from the lock guards of [`lock`].
//!
//! Raw pointers and `unsafe` are in [`ffi`] and in the modules that are about one kind of thing
//! that C owns: [`task`], [`lock`], [`list`], [`cred`], [`user`], [`arch`] and [`config`]; in
//! [`stop`], for what C's word is taken for, that a tracee is stopped, and for what ends a stop
//! when nobody relies on it any more; and in [`stats`], for its variable.
//!
//! C header: [`include/linux/ptrace.h`](srctree/include/linux/ptrace.h).

use kernel::{
    debugfs::{
        Dir,
        File, //
    },
    fmt,
    prelude::*, //
};

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
mod options;
mod regset;
mod request;
mod resume;
mod siginfo;
mod sigmask;
mod stats;
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
    params: {
        stats: bool {
            default: false,
            description: "Count the calls and errors of each request, for debugfs",
        },
    },
}

/// The version of the crate: that of the series, as it was posted.
const VERSION: &str = "1";

/// What of the system call can be seen in debugfs, under `ptrace_rs`.
///
/// The system call itself needs no set-up, and works before this is initialised.
#[pin_data]
struct PtraceModule {
    _dir: Dir,
    #[pin]
    _requests: File<stats::Table>,
    #[pin]
    _version: File<&'static str>,
}

impl kernel::InPlaceModule for PtraceModule {
    fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
        if module_parameters::stats.value() {
            stats::enable();
        }
        let dir = Dir::new(c"ptrace_rs");
        try_pin_init!(Self {
            _requests <- dir.read_callback_file(c"requests", stats::Table, &stats::Table::show),
            _version <- dir.read_callback_file(c"version", VERSION, &show_version),
            _dir: dir,
        })
    }
}

/// Writes the version, as a line.
fn show_version(version: &&'static str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "{version}")
}
