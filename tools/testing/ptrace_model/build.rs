// SPDX-License-Identifier: GPL-2.0

//! Makes `bindings.rs` of the headers of the series, in the tree that `KERNEL_TREE` names: the
//! model has the bits of the kernel, and no copy of them.

use std::{env, fs, path::Path};

/// The headers, and how the names begin that are taken from them.
const HEADERS: [(&str, &str); 2] = [
    ("include/linux/sched/jobctl.h", "JOBCTL_"),
    ("include/uapi/linux/ptrace.h", "PTRACE_STOP_REASON_"),
];

/// The constants of a header, as Rust: what an expression of C says there, it says in Rust, too,
/// but for the suffix of a number.
fn constants(header: &str, prefix: &str) -> String {
    header
        .replace("\\\n", " ")
        .lines()
        .filter_map(|line| {
            line.strip_prefix("#define ")?
                .split_once(char::is_whitespace)
        })
        .filter(|(name, _)| name.starts_with(prefix))
        .map(|(name, value)| {
            let value = value
                .split("/*")
                .next()
                .unwrap_or_default()
                .replace("1UL", "1");
            format!("pub const {name}: u32 = {};\n", value.trim())
        })
        .collect()
}

fn main() {
    println!("cargo:rerun-if-env-changed=KERNEL_TREE");
    // The rules that the KUnit suites of the crate share with the model.
    println!("cargo:rustc-check-cfg=cfg(CONFIG_PTRACE_RUST_KUNIT_TEST)");
    println!("cargo:rustc-cfg=CONFIG_PTRACE_RUST_KUNIT_TEST");

    let tree = env::var("KERNEL_TREE").expect("KERNEL_TREE names a tree of the series");
    let mut bindings = String::new();
    for (header, prefix) in HEADERS {
        let path = Path::new(&tree).join(header);
        println!("cargo:rerun-if-changed={}", path.display());
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        bindings += &constants(&text, prefix);
    }
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("bindings.rs"), bindings).expect("the output directory");
}
