//! `LONGHAUL_DUMP=Checkout cargo build` prints the expansion of `Checkout` while it is compiled.
//!
//! Cargo does not know of the variable, and stable Rust has no way to tell it: a crate that is up to date is not compiled,
//! and prints nothing. Touch a file of it first.

use std::io::Write;
use std::process::{Command, Stdio};

use proc_macro::TokenStream;

/// Gives the expansion, and prints it where somebody asked for it: by the name of its item, or `*` for all.
pub(crate) fn shown(item: &TokenStream, expanded: TokenStream) -> TokenStream {
    let Ok(asked) = std::env::var("LONGHAUL_DUMP") else { return expanded };
    let Some(name) = longhaul_codegen::name_of(item.clone().into()) else { return expanded };
    if asked == name || asked == "*" {
        let text = expanded.to_string();
        // In one piece, since rustc compiles several crates at a time.
        let shown = format!("// The expansion of `{name}`:\n{}\n", formatted(&text).unwrap_or(text));
        // Nobody is served by a build that fails because its output is closed.
        let _ = std::io::stderr().write_all(shown.as_bytes());
    }
    expanded
}

/// The text as rustfmt has it; `None` where there is no rustfmt.
fn formatted(text: &str) -> Option<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // It reads all before it writes. What is dropped here is closed, so that it comes to an end.
    rustfmt.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = rustfmt.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.is_empty()).then_some(text)
}
