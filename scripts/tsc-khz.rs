// SPDX-License-Identifier: GPL-2.0

//! Prints the frequency of this machine's time stamp counter in kHz.
//!
//! Under TCG, a guest's time stamp counter is the host's, and nothing in a machine without ACPI
//! tells the guest how fast it runs. It then has no clock but the timer tick.

use std::{
    arch::x86_64::_rdtsc,
    thread,
    time::{
        Duration,
        Instant, //
    }, //
};

fn main() {
    let start = Instant::now();
    // SAFETY: Every x86-64 processor has the instruction.
    let first = unsafe { _rdtsc() };
    thread::sleep(Duration::from_millis(200));
    // SAFETY: As above.
    let last = unsafe { _rdtsc() };
    let elapsed = start.elapsed().as_micros();
    println!("{}", u128::from(last - first) * 1000 / elapsed);
}
