//! Each case of `cases/`, expanded: the code as a reader would see it, or the errors with their places.
#![allow(missing_docs)]

mod support;

use support::{cases, errors, expand, shown, underlined};

#[test]
fn each_case_expands_as_it_did() {
    for (name, source) in cases() {
        let expanded = expand(&source).expect("a case is an item with an attribute");
        let errors = errors(&expanded);
        let shown = if errors.is_empty() {
            shown(expanded)
        } else {
            errors.iter().map(|error| underlined(&source, error)).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(name, shown);
    }
}
