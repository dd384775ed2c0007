//! Which constructs of the language the written programs have: a table, and what finds them in a program.
//!
//! A test counts them over some thousand programs: each of the table occurs, and nothing is found that it does not name. What
//! programs do not have is in [`MISSING`], each with where it is tested instead.

mod calls;
mod find;
mod functions;

pub use self::find::found;

/// The constructs, by kind.
pub const CONSTRUCTS: &[(&str, &[&str])] = &[
    (
        "an await as",
        &[
            "an argument",
            "an argument of a method",
            "a receiver",
            "a left operand",
            "a right operand",
            "an operand of `&&` or `||`",
            "an operand of `-` or `!`",
            "an element",
            "a field of a literal",
            "the base of a literal",
            "an index",
            "an end of a range",
            "what is borrowed",
            "what is cast",
            "the base of a field",
            "an argument of `format!`",
            "an argument of `vec!`",
            "an argument of `matches!`",
            "an argument of `assert!`",
            "a condition",
            "a `let` of a condition",
            "the head of a `match`",
            "the head of a `for`",
            "a `let`",
            "a `let` with an `else`",
            "what is assigned",
            "what is added",
            "what a `?` asks",
            "the value of a block",
            "the value of a `return`",
            "the value of a `break`",
            "a statement",
        ],
    ),
    (
        "control flow",
        &[
            "`if let`",
            "`let` in a chain",
            "`while`",
            "`while let`",
            "`loop`",
            "`for`",
            "`let .. else`",
            "a guard",
            "a label",
            "a labelled block",
            "`break`",
            "`break` with a label",
            "`break` with a value",
            "`continue`",
            "`continue` with a label",
            "`return`",
            "`return` in a block",
            "`?`",
            "`?` in a block",
            "a late `let`",
            "a part that is moved",
            "a constant",
            "a closure",
        ],
    ),
    (
        "patterns",
        &[
            "alternatives",
            "`@`",
            "a range",
            "a slice",
            "the rest of a slice",
            "`ref`",
            "`ref mut`",
            "`&`",
            "a struct",
            "a tuple",
        ],
    ),
    (
        "loops over",
        &[
            "a range",
            "a range with adapters",
            "a list",
            "an array",
            "an option or other value",
            "`&` of a place",
            "`&mut` of a place",
            "`iter`",
            "`iter_mut`",
            "`rev`",
            "`enumerate`",
            "`zip`",
            "`skip`",
            "`take`",
            "`step_by`",
            "`chunks`",
            "`filter`",
            "`map`",
            "`chars`",
            "`values_mut`",
            "a queue",
            "a map",
        ],
    ),
    (
        "borrows",
        &[
            "`&` of a variable",
            "`&mut` of a variable",
            "`&` of a field",
            "`&mut` of a field",
            "`&` of a borrow",
            "`&mut` of a borrow",
            "a look into a list",
            "a mutable look into a list",
        ],
    ),
    (
        "functions",
        &[
            "a method of `&mut self`",
            "a method of `&self`",
            "a function of the impl",
            "a generic function",
            "references as parameters",
            "recursion",
            "a constant of the impl",
            "a plain method",
            "an async signal",
            "a signal",
            "an async update",
            "an update",
        ],
    ),
    (
        "functions marked `#[workflow]`:",
        &[
            "a value as a parameter",
            "a reference as a parameter",
            "a task as a parameter",
            "a trigger as a parameter",
            "a task as the output",
            "a call in the impl",
            "a call of another",
            "a call of itself",
            "a call as a branch",
            "a call as a task",
            "a call in a list",
            "a call in a timeout, a shield or a scope",
            "a loop within",
            "`return` within",
            "branches within",
            "a condition within",
            "a task within",
            "a block as a value within",
            "a trigger within",
            "a scope within",
            "a shield within",
            "a local step within",
        ],
    ),
    (
        "concurrency",
        &[
            "`join!`",
            "`try_join!`",
            "`select!`",
            "a guard in `select!`",
            "a pattern in `select!`",
            "`else` in `select!`",
            "a task by reference",
            "`timeout`",
            "`shield`",
            "`scope`",
            "`spawn` of a block",
            "`spawn` of a call",
            "`spawn` of something else",
            "a block as a value",
            "`trigger`",
            "`resolve`",
            "`cancel`",
            "`detach`",
            "`drop` of a handle",
            "`cancelled`",
            "`is_cancelled`",
            "`wait_until`",
            "`sleep`",
            "`all_handlers_finished`",
            "a local step",
            "`join_all`",
            "`try_join_all`",
            "`concurrency`",
            "a list of blocks",
            "a list of tasks",
            "a handle in the workflow's value",
            "handles in a list of the workflow's value",
            "a trigger in the workflow's value",
        ],
    ),
];

/// What no program has, and where it is tested.
pub const MISSING: &[(&str, &str)] = &[
    ("`impl Trait` as a parameter, trait methods, generic workflows", "tests/bodies/themes/generics.rs"),
    ("sets, lists of lists, texts that are split, general iterators", "tests/bodies/themes/sources.rs"),
    (
        "parts moved out of a late `let` or a branch's output: what is left, after an await, rustc refuses",
        "nowhere",
    ),
    ("items other than constants within a body", "tests/bodies/themes/names.rs"),
    ("`println!`, `write!`, macros of the user's", "tests/bodies/themes/macros.rs"),
    ("options of a call", "runtime/tests/engine"),
];

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::choices::Choices;
    use crate::write;

    #[test]
    fn programs_have_all_constructs() {
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for seed in 0..1500 {
            let written = write::program("Counted", Choices::random(seed));
            let file = syn::parse_file(&written.source).expect("it is Rust");
            for one in found(&file) {
                *counts.entry(one).or_default() += 1;
            }
        }
        let table: BTreeSet<_> =
            CONSTRUCTS.iter().flat_map(|(kind, names)| names.iter().map(|name| (*kind, *name))).collect();
        for (kind, name) in &table {
            println!("{:5}  {kind} {name}", counts.get(&(*kind, *name)).copied().unwrap_or_default());
        }
        let missed: Vec<_> = table.iter().filter(|one| !counts.contains_key(*one)).collect();
        assert!(missed.is_empty(), "no program has {missed:?}");
        let unknown: Vec<_> = counts.keys().filter(|one| !table.contains(*one)).collect();
        assert!(unknown.is_empty(), "the table does not have {unknown:?}");
    }
}
