//! What is needed of a variable: fields of it, or all but fields that are assigned first.
use std::collections::BTreeSet;

use super::fields::{Way, overlap};

/// What is needed of a variable.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Needed {
    Fields(BTreeSet<Way>),
    /// All of it but these.
    AllBut(BTreeSet<Way>),
}

/// Whether one of some ways leads to `way`, or to what it is within.
fn leads_to(ways: &BTreeSet<Way>, way: &Way) -> bool {
    ways.iter().any(|known| way.starts_with(known))
}

impl Needed {
    pub(super) fn nothing() -> Self {
        Needed::Fields(BTreeSet::new())
    }

    pub(super) fn all() -> Self {
        Needed::AllBut(BTreeSet::new())
    }

    pub(super) fn add(&mut self, more: &Needed) {
        *self = match (&*self, more) {
            (Needed::Fields(fields), Needed::Fields(more)) => Needed::Fields(fields | more),
            (Needed::AllBut(but), Needed::Fields(fields)) | (Needed::Fields(fields), Needed::AllBut(but)) => {
                let is_free = |way: &&Way| !fields.iter().any(|field| overlap(field, way));
                Needed::AllBut(but.iter().filter(is_free).cloned().collect())
            }
            (Needed::AllBut(one), Needed::AllBut(other)) => {
                let both = one.iter().filter(|way| leads_to(other, way));
                Needed::AllBut(both.chain(other.iter().filter(|way| leads_to(one, way))).cloned().collect())
            }
        };
    }

    /// What is needed before a field is assigned.
    pub(super) fn before_assigned(&mut self, way: &Way) {
        match self {
            Needed::Fields(fields) => fields.retain(|field| !field.starts_with(way)),
            Needed::AllBut(but) => {
                but.retain(|known| !known.starts_with(way));
                but.insert(way.clone());
            }
        }
    }

    /// Whether something of a field is needed.
    pub(super) fn has(&self, way: &Way) -> bool {
        match self {
            Needed::Fields(fields) => fields.iter().any(|field| overlap(field, way)),
            Needed::AllBut(but) => !leads_to(but, way),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(text: &str) -> BTreeSet<Way> {
        text.split_whitespace().map(|way| way.split('.').map(str::to_owned).collect()).collect()
    }

    fn sum(mut one: Needed, other: &Needed) -> Needed {
        one.add(other);
        one
    }

    #[test]
    fn what_is_needed_on_either_way_is_needed() {
        let (fields, all_but) = (|text| Needed::Fields(ways(text)), |text| Needed::AllBut(ways(text)));
        assert_eq!(sum(fields("a b.c"), &fields("b")), fields("a b b.c"));
        assert_eq!(sum(all_but("a b c"), &fields("b.x c")), all_but("a"));
        assert_eq!(sum(all_but("a b.x c"), &all_but("a.y b d")), all_but("a.y b.x"));
        assert_eq!(sum(fields("a"), &all_but("a b")), all_but("b"));
    }

    #[test]
    fn what_is_assigned_is_not_needed_before() {
        let mut fields = Needed::Fields(ways("a.x a b"));
        fields.before_assigned(&vec!["a".to_owned()]);
        assert_eq!(fields, Needed::Fields(ways("b")));
        let mut all = Needed::AllBut(ways("a.x"));
        all.before_assigned(&vec!["a".to_owned()]);
        assert_eq!(all, Needed::AllBut(ways("a")));
        assert!(!all.has(&vec!["a".to_owned(), "y".to_owned()]));
        assert!(all.has(&vec!["b".to_owned()]));
    }
}
