// SPDX-License-Identifier: GPL-2.0

//! What stands in for the kernel's crate `kernel`, as far as `jobctl.rs` uses it.

#[allow(dead_code, unused_parens)]
pub mod bindings {
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));

    pub const SIGSTOP: u32 = 19;
    pub const SIGTSTP: u32 = 20;
}

pub mod prelude {
    pub use macros::kunit_tests;

    /// As wide as in the kernel, on every machine that the model runs on.
    #[allow(non_camel_case_types)]
    pub type c_ulong = usize;
}
