//! What can be awaited in a workflow is a future for rust-analyzer, which sees bodies as plain async Rust.
#![allow(missing_docs)]

use std::path::Path;

const PLAIN: &str = include_str!("../src/plain.rs");

/// The types for which the trait `Awaitable` is implemented in this folder, without their parameters.
fn awaitable(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(awaitable(&path));
            continue;
        }
        let source = std::fs::read_to_string(path).unwrap();
        for line in source.lines().filter(|line| line.starts_with("impl")) {
            if let Some((_, ty)) = line.split_once(" Awaitable for ") {
                found.push(ty.split(['<', ' ']).next().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn each_operation_is_a_future_for_rust_analyzer() {
    let types = awaitable(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/machine"));
    assert!(types.len() > 8, "{types:?}");
    // An `async` block is a future there, and so is a box with a future in it.
    for ty in types.iter().filter(|ty| !["AsyncBlock", "std::pin::Pin", "&mut"].contains(&ty.as_str())) {
        let entry = format!("] {ty}");
        assert!(
            PLAIN.lines().any(|line| line.trim().starts_with('[') && line.contains(&entry)),
            "`{ty}` can be awaited in a workflow: runtime/src/plain.rs has to say what that gives"
        );
    }
}
