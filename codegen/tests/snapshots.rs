//! Each case of `cases/`, expanded: the code as a reader would see it, or the errors with their places.
#![allow(missing_docs)]

mod support;

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
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

/// The names of ours, and those of them that functions, methods, fields and what a path leads to have.
#[derive(Default)]
struct Ours {
    all: BTreeSet<String>,
    not_local: BTreeSet<String>,
}

impl Ours {
    fn collect(&mut self, tokens: TokenStream) {
        let mut before = String::new();
        for token in tokens {
            match &token {
                TokenTree::Ident(name) if name.to_string().starts_with("__") => {
                    self.all.insert(name.to_string());
                    if ["fn", ".", ":"].contains(&before.as_str()) {
                        self.not_local.insert(name.to_string());
                    }
                }
                TokenTree::Group(group) => self.collect(group.stream()),
                _ => {}
            }
            before = token.to_string();
        }
    }
}

#[test]
fn a_variable_of_the_user_with_a_name_of_ours_is_an_error() {
    let mut names = Ours::default();
    for (name, source) in cases() {
        // What is generated for activities holds no code of the user.
        if !name.starts_with("activit") {
            names.collect(expand(&source).expect("a case is an item with an attribute"));
        }
    }
    let locals: Vec<_> = names.all.difference(&names.not_local).collect();
    assert!(locals.len() > 20, "{locals:?}");
    for name in locals {
        let source = format!(
            "#[workflow] impl Flow {{ #[run] async fn run(&mut self) {{ let {name} = num(1).await; f({name}); }} }}"
        );
        let errors = errors(&expand(&source).expect("it is an item with an attribute"));
        assert_eq!(errors.len(), 1, "{name}: {errors:?}");
        assert!(errors[0].message.contains("[LH0508]"), "{name}: {errors:?}");
    }
}
