// SPDX-License-Identifier: GPL-2.0-only

//! How often each request was made, and how often it failed, for debugfs.
//!
//! Off unless the module parameter `stats` is set: `ptrace_rs.stats=1` on the kernel's command
//! line.

use kernel::{
    bindings,
    fmt,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// The numbers that have a counter of their own: two ranges, beside one for all others.
const OLD: usize = 0x40;
const NEW: usize = 0x40;
const OTHERS: usize = OLD + NEW;

/// Where the second range of numbers begins.
const NEW_BASE: usize = bindings::PTRACE_SETOPTIONS as usize;

/// The counters of one request.
struct Counter {
    calls: Atomic<u64>,
    errors: Atomic<u64>,
}

static COUNTERS: [Counter; OTHERS + 1] = [const {
    Counter {
        calls: Atomic::new(0),
        errors: Atomic::new(0),
    }
}; OTHERS + 1];

/// Begins to count.
pub(crate) fn enable() {
    let enabled = &raw mut bindings::ptrace_shim_stats;
    // SAFETY: A variable of C that nobody else stores to. Other CPUs load it, hence the volatile
    // store.
    unsafe { enabled.write_volatile(true) };
}

/// Whether requests are counted.
///
/// A variable of C: an atomic one of Rust is read by a call, and by all who do not count, too.
#[inline]
fn is_enabled() -> bool {
    let enabled = &raw const bindings::ptrace_shim_stats;
    // SAFETY: A variable of C, stored to once, hence the volatile load.
    unsafe { enabled.read_volatile() }
}

/// Counts a system call with this first argument, which returned this.
#[inline]
pub(crate) fn count(request: c_long, ret: c_long) {
    if is_enabled() {
        add(request, ret < 0);
    }
}

#[cold]
fn add(request: c_long, is_error: bool) {
    if let Some(counter) = COUNTERS.get(slot(request)) {
        counter.calls.fetch_add(1, Relaxed);
        counter.errors.fetch_add(u64::from(is_error), Relaxed);
    }
}

/// Where a request is counted.
fn slot(request: c_long) -> usize {
    match usize::try_from(request) {
        Ok(number) if number < OLD => number,
        Ok(number) if (NEW_BASE..NEW_BASE + NEW).contains(&number) => number - NEW_BASE + OLD,
        _ => OTHERS,
    }
}

/// The request that is counted there; [`None`] for all others.
fn request(slot: usize) -> Option<usize> {
    match slot {
        0..OLD => Some(slot),
        OLD..OTHERS => Some(slot - OLD + NEW_BASE),
        _ => None,
    }
}

/// The counters of the requests that were made, a line each: number, calls, errors.
pub(crate) struct Table;

impl Table {
    /// Writes the lines.
    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("request calls errors\n")?;
        for (slot, counter) in COUNTERS.iter().enumerate() {
            let calls = counter.calls.load(Relaxed);
            if calls == 0 {
                continue;
            }
            let errors = counter.errors.load(Relaxed);
            match request(slot) {
                Some(number) => writeln!(f, "{number:#x} {calls} {errors}")?,
                None => writeln!(f, "other {calls} {errors}")?,
            }
        }
        Ok(())
    }
}

#[cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)]
#[kunit_tests(ptrace_rs_stats)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_under_its_number() {
        for number in 0..0x1_0000 {
            let known = number < 0x40 || (0x4200..0x4240).contains(&number);
            let expected = known.then_some(number as usize);
            assert_eq!(request(slot(number)), expected);
        }
        for number in [-1, c_long::MIN, c_long::MAX] {
            assert_eq!(slot(number), OTHERS);
        }
    }
}
