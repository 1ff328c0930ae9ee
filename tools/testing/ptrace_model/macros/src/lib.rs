// SPDX-License-Identifier: GPL-2.0

//! What stands in for the kernel's `macros` crate.

use proc_macro::TokenStream;

/// A suite of KUnit, which `cargo test` runs here.
#[proc_macro_attribute]
pub fn kunit_tests(_suite: TokenStream, tests: TokenStream) -> TokenStream {
    let mut out: TokenStream = "#[cfg(test)]".parse().expect("an attribute");
    out.extend(tests);
    out
}
