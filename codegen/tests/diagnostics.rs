//! The catalogue of errors, held to its examples: `diagnostics/CODE.rs` is a mistake and what to write instead.
//!
//! Each has a snapshot of what is underlined and said. `docs/DIAGNOSTICS.md` is made of the catalogue and the
//! examples; `UPDATE_DOCS=1 cargo test -p longhaul-codegen --test diagnostics` writes it anew.
#![allow(missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use longhaul_codegen::{Diagnostic, diagnostics};
use support::{cases, errors, expand, underlined};

const INSTEAD: &str = "// Instead:\n";

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Each example: the mistake, and what to write instead.
fn examples() -> BTreeMap<String, (String, String)> {
    let examples = std::fs::read_dir(folder("tests/diagnostics")).expect("there are examples");
    examples
        .map(|entry| {
            let path = entry.expect("it can be read").path();
            let code = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
            let source = std::fs::read_to_string(&path).expect("it is text");
            let (mistake, instead) = source.split_once(INSTEAD).expect("an example has both parts");
            (code, (mistake.trim().to_owned(), instead.trim().to_owned()))
        })
        .collect()
}

#[test]
fn each_entry_has_an_example_and_each_example_an_entry() {
    let codes: Vec<&str> = diagnostics().iter().map(|entry| entry.code).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "codes go up, each is there once: {codes:?}");
    assert_eq!(examples().keys().map(String::as_str).collect::<Vec<_>>(), codes);
    for entry in diagnostics() {
        let number = entry.code.strip_prefix("LH").expect("a code begins with LH");
        assert!(number.len() == 4 && number.chars().all(|c| c.is_ascii_digit()), "{}", entry.code);
        for text in [entry.cause, entry.why, entry.instead] {
            assert!(
                !text.is_empty() && !text.ends_with('.') && !text.contains('\n'),
                "{}: {text}",
                entry.code
            );
        }
    }
}

#[test]
fn each_mistake_is_underlined_and_explained_once() {
    for (code, (mistake, _)) in examples() {
        let expanded = expand(&mistake).expect("an example is an item with an attribute");
        let errors = errors(&expanded);
        assert_eq!(errors.len(), 1, "{code}: one mistake, one error: {errors:?}");
        assert!(errors[0].message.contains(&format!("[{code}]")), "{code}: {errors:?}");
        insta::assert_snapshot!(code, underlined(&mistake, &errors[0]));
    }
}

#[test]
fn what_stands_instead_is_accepted() {
    for (code, (_, instead)) in examples() {
        let expanded = expand(&instead).expect("an example is an item with an attribute");
        let errors = errors(&expanded);
        assert!(errors.is_empty(), "{code}: {errors:?}");
    }
}

#[test]
fn no_error_is_worded_outside_of_the_catalogue() {
    // By what the cases show ..
    let mut seen = 0;
    for (name, source) in cases() {
        for error in errors(&expand(&source).expect("a case is an item with an attribute")) {
            let known =
                diagnostics().iter().any(|entry| error.message.contains(&format!("[{}]\n", entry.code)));
            assert!(known, "{name}: {}", error.message);
            seen += 1;
        }
    }
    assert!(seen > 5, "{seen} errors in the cases");
    // .. and by the source: outside of `diag` no error is made, and there is no text to make one of.
    let mut files = vec![folder("src")];
    let mut read = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()),
            );
            continue;
        }
        if path.starts_with(folder("src/diag")) {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a source file");
        let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for banned in ["Error::new", "compile_error", "new_spanned", ".error("] {
                assert!(!line.contains(banned), "{}: `{banned}` is for `diag`: {line}", path.display());
            }
        }
        read += 1;
    }
    assert!(read > 20, "{read} files");
}

/// What is said of a mistake: the cause, why, and what to write instead. Where a value is put in, the example shows one.
fn said(entry: &Diagnostic, mistake: &str) -> [String; 3] {
    let expanded = expand(mistake).expect("an example is an item with an attribute");
    let message = errors(&expanded).remove(0).message;
    let [cause, why, rewrite] = &message.lines().collect::<Vec<_>>()[..] else {
        panic!("{}: a cause, why, and what to write: {message}", entry.code)
    };
    let code = format!(" [{}]", entry.code);
    [cause.trim_end_matches(&code), why.trim_start_matches("why: "), rewrite.trim_start_matches("instead: ")]
        .map(str::to_owned)
}

/// `docs/DIAGNOSTICS.md`, as it has to be.
fn guide() -> String {
    let mut guide = String::from(
        "# What the compiler says\n\n\
         Every error of `#[workflow]`, `#[activity]` and `#[activities]`: why it is one, and what to write instead. An error\n\
         shows its code in brackets. This file is made of the catalogue (`codegen/src/diag/catalogue.rs`) and its\n\
         examples (`codegen/tests/diagnostics`), and a test keeps it so.\n\n\
         What depends on types is said by rustc, in words of the traits it asks for: a value that is kept across an\n\
         `.await` and cannot be stored, a future that is not durable, a `?` that cannot convert.\n",
    );
    for (entry, (mistake, instead)) in diagnostics().iter().zip(examples().values()) {
        let [cause, why, rewrite] = said(entry, mistake);
        write!(
            guide,
            "\n## {}\n\n**{cause}**\n\nWhy: {why}.\n\n```rust,ignore\n{mistake}\n```\n\nInstead: {rewrite}.\n\n```rust,ignore\n{instead}\n```\n",
            entry.code
        )
        .expect("a string can be written to");
    }
    guide
}

#[test]
fn the_guide_is_made_of_the_catalogue_and_the_examples() {
    let path = folder("../docs/DIAGNOSTICS.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, guide()).expect("the guide can be written");
    }
    let written = std::fs::read_to_string(&path).expect("there is a guide");
    assert!(
        written == guide(),
        "docs/DIAGNOSTICS.md is not up to date: UPDATE_DOCS=1 cargo test -p longhaul-codegen --test diagnostics"
    );
}

/// The table in `docs/LANGUAGE.md` of what is not.
fn refused() -> String {
    let mut table = String::from("\n| what | instead | why | |\n| --- | --- | --- | --- |\n");
    // Without the shapes of methods and branches, of which the guide tells, and options.
    let language = diagnostics().iter().zip(examples().into_values()).filter(|(entry, _)| {
        ("LH0009".."LH0400").contains(&entry.code)
            && !["LH0016", "LH0017", "LH0018", "LH0030", "LH0031", "LH0032", "LH0301", "LH0302"]
                .contains(&entry.code)
    });
    for (entry, (mistake, _)) in language {
        let [cause, why, instead] = said(entry, &mistake).map(|text| text.replace('|', "\\|"));
        let code = entry.code;
        writeln!(table, "| {cause} | {instead} | {why} | [{code}](DIAGNOSTICS.md#{}) |", code.to_lowercase())
            .expect("a string can be written to");
    }
    table
}

#[test]
fn the_language_guide_lists_what_is_refused() {
    let path = folder("../docs/LANGUAGE.md");
    let written = std::fs::read_to_string(&path).expect("there is a guide");
    let (before, rest) = written.split_once("<!-- from the catalogue -->\n").expect("the table begins");
    let (_, after) = rest.split_once("<!-- to here -->").expect("the table ends");
    let expected = format!("{before}<!-- from the catalogue -->\n{}\n<!-- to here -->{after}", refused());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).expect("the guide can be written");
        return;
    }
    assert!(
        written == expected,
        "docs/LANGUAGE.md is not up to date: UPDATE_DOCS=1 cargo test -p longhaul-codegen --test diagnostics"
    );
}
