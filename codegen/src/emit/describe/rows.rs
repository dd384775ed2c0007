//! The transitions of a machine as Rust. Of `n` steps that may each be left out, any may follow any before it: so where
//! there are many, what is written is rows of states, which are put in the order that makes the rows long.
use std::collections::{BTreeMap, BTreeSet};

use longhaul_describe::{Cause, Ways};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::Facts;

/// The value of `MachineDescription::transitions`.
pub(super) fn transitions(facts: &Facts) -> TokenStream {
    // So many are easier to read one by one, and for rustc there is no difference.
    if facts.transitions.len() <= 4 * facts.states.len() + 64 {
        let each = facts.transitions.iter().map(|(from, to, cause)| {
            let cause = format_ident!("{cause:?}");
            quote! {
                ::longhaul::machine::TransitionDescription {
                    from: #from, to: #to, cause: ::longhaul::machine::Cause::#cause
                }
            }
        });
        return quote!(&[#(#each),*]);
    }
    let states = order(facts);
    let rows = rows(&states, &facts.transitions).into_iter().map(|(from, first, last, cause)| {
        let [from, first, last] = [from, first, last].map(Literal::u16_unsuffixed);
        let cause = format_ident!("{cause:?}");
        quote!((#from, #first, #last, ::longhaul::machine::Cause::#cause))
    });
    quote! {{
        static TRANSITIONS: ::std::sync::LazyLock<::std::vec::Vec<::longhaul::machine::TransitionDescription>> =
            ::std::sync::LazyLock::new(|| ::longhaul::machine::transitions(&[#(#states),*], &[#(#rows),*]));
        TRANSITIONS.as_slice()
    }}
}

/// The states, those of one branch side by side.
fn order(facts: &Facts) -> Vec<&str> {
    let mut inner: Vec<_> = facts.states.iter().collect();
    inner.sort_by_key(|state| state.within.clone());
    let names = inner.into_iter().map(|state| state.name.as_str());
    std::iter::once("Start").chain(names).chain(["Done"]).collect()
}

/// The transitions as rows of numbers in `states`.
fn rows(states: &[&str], transitions: &[(String, String, Cause)]) -> Vec<Ways> {
    let number = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
    let numbers: BTreeMap<&str, u16> =
        states.iter().enumerate().map(|(at, name)| (*name, number(at))).collect();
    let mut to: BTreeMap<(u16, Cause), BTreeSet<u16>> = BTreeMap::new();
    for (from, next, cause) in transitions {
        if let (Some(from), Some(next)) = (numbers.get(from.as_str()), numbers.get(next.as_str())) {
            to.entry((*from, *cause)).or_default().insert(*next);
        }
    }
    let mut rows: Vec<Ways> = Vec::new();
    for ((from, cause), next) in to {
        for to in next {
            match rows.last_mut() {
                Some(row) if (row.0, row.2 + 1, row.3) == (from, to, cause) => row.2 = to,
                _ => rows.push((from, to, to, cause)),
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_transitions() {
        let states = ["Start", "A", "B", "C", "D", "Done"];
        let all: Vec<(String, String, Cause)> = [
            ("Start", "A", Cause::Started),
            ("A", "Done", Cause::Error),
            ("A", "A", Cause::Result),
            ("A", "C", Cause::Result),
            ("A", "D", Cause::Result),
            ("A", "Done", Cause::Result),
            ("B", "B", Cause::Entered),
        ]
        .map(|(from, to, cause)| (from.to_owned(), to.to_owned(), cause))
        .to_vec();
        let rows = rows(&states, &all);
        assert_eq!(rows.len(), 5, "{rows:?}");
        let again = longhaul_describe::transitions(&states, &rows);
        let again: BTreeSet<_> =
            again.iter().map(|way| (way.from.to_owned(), way.to.to_owned(), way.cause)).collect();
        assert_eq!(again, all.into_iter().collect());
    }
}
