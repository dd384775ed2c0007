//! What a pattern binds of a borrow or look, and how that is made again after an await.
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, PatIdent};

use super::Lower;
use super::entries::found_again;
use super::order::found_among;
use super::place::peel;
use super::sources::Source;
use crate::cfg::{BlockId, Rebuild};
use crate::names::{VarId, Vars, bindings};

/// How some of the names that a pattern binds are made again. It is found before the names are bound, since the value
/// names what was bound before.
pub(super) struct Again {
    pub(super) rebuild: Rebuild,
    pub(super) names: Vec<String>,
}

/// Through what a pattern binds.
#[derive(Clone, Copy, PartialEq)]
enum Through {
    /// A place itself: `ref` borrows, the rest moves or copies.
    Place,
    /// A reference: what is bound by value behind it is copied, the rest borrows.
    Reference,
    /// A look: whether a name borrows depends on types.
    Look,
}

impl Lower<'_, '_> {
    /// How what `pat` binds of `value` is made again. A refutable pattern has matched when it is bound.
    pub(super) fn again(&self, pat: &Pat, value: &Expr, refutable: bool) -> Vec<Again> {
        let mut found = Vec::new();
        self.find_again(pat, value, refutable, &mut found);
        found
    }

    /// Notes it for the variables that the pattern has bound now.
    pub(super) fn note_again(&mut self, again: Vec<Again>, binds: &[VarId]) {
        for Again { mut rebuild, names } in again {
            rebuild.binds = binds
                .iter()
                .copied()
                .filter(|var| names.contains(&self.graph.var(*var).ident.to_string()))
                .collect();
            for var in rebuild.binds.clone() {
                self.graph.vars[var.0].rebuild = Some(rebuild.clone());
            }
        }
    }

    fn find_again(&self, pat: &Pat, value: &Expr, refutable: bool, found: &mut Vec<Again>) {
        match (pat, peel(value)) {
            (Pat::Paren(inner), value) => self.find_again(&inner.pat, value, refutable, found),
            (Pat::Tuple(pats), Expr::Tuple(values))
                if pats.elems.len() == values.elems.len()
                    && !pats.elems.iter().any(|pat| matches!(pat, Pat::Rest(_))) =>
            {
                for (pat, value) in pats.elems.iter().zip(&values.elems) {
                    self.find_again(pat, value, refutable, found);
                }
            }
            (Pat::Type(typed), value) => match &*typed.pat {
                // With the type where it is written: `let name: &str = &order.name;`.
                Pat::Ident(ident) => found.extend(self.whole(ident, pat, value)),
                inner => self.find_again(inner, value, refutable, found),
            },
            (Pat::Ident(ident), value) if binds_all(ident) => {
                found.extend(self.whole(ident, pat, value));
            }
            (pat, value) => self.parts(pat, value, refutable, found),
        }
    }

    /// A name for all of a value.
    fn whole(&self, ident: &PatIdent, pat: &Pat, value: &Expr) -> Option<Again> {
        let look = matches!(value, Expr::MethodCall(_));
        let again = match value {
            _ if ident.by_ref.is_some() => self.is_view(value),
            // It may be another by then.
            _ if ident.mutability.is_some() => false,
            Expr::Reference(_) | Expr::MethodCall(_) => self.is_view(value),
            value => self.is_static(value) || is_remade_closure(value),
        };
        let looked_up = look && ident.by_ref.is_none() && !Self::is_mutable_look(value);
        again.then(|| {
            let rebuild = Rebuild { looked_up, ..self.made_of(quote!(#pat), value) };
            Again { rebuild, names: vec![ident.ident.to_string()] }
        })
    }

    /// What a pattern finds within a value.
    fn parts(&self, pat: &Pat, value: &Expr, refutable: bool, found: &mut Vec<Again>) {
        // A signal may have changed `self` by then: what is borrowed of it so is refused where it is kept.
        if refutable && self.may_be_gone(value) {
            return;
        }
        let Some(through) = self.through(value) else { return };
        if through == Through::Look {
            for binding in bindings(pat).into_iter().filter(|binding| binding.mutability.is_none()) {
                let (name, ident) = (binding.ident.to_string(), &binding.ident);
                let only = parenthesised(&masked(pat, |ident, _| ident.ident == name));
                let expr = quote!({ let #only = #value else { ::core::panic!(#GONE) }; #ident });
                let rebuild = Rebuild { expr, looked_up: true, ..self.made_of(quote!(#ident), value) };
                found.push(Again { rebuild, names: vec![name] });
            }
            return;
        }
        let mut names = Vec::new();
        let borrowing = masked(pat, |ident, copied| {
            let borrows = ident.by_ref.is_some()
                || (through == Through::Reference && !copied && ident.mutability.is_none());
            if borrows {
                names.push(ident.ident.to_string());
            }
            borrows
        });
        if !names.is_empty() {
            let rebuild = Rebuild { refutable, ..self.made_of(parenthesised(&borrowing), value) };
            found.push(Again { rebuild, names });
        }
    }

    /// Whether a handler may take away what a pattern has found in a value.
    pub(super) fn may_be_gone(&self, value: &Expr) -> bool {
        self.around.signals && self.is_of_self(value)
    }

    /// How what the pattern of a loop binds is made again, in the turn that `index` counts.
    pub(super) fn item_again(&self, pat: &Pat, source: &Source, index: VarId, exit: BlockId) -> Vec<Again> {
        // They are stored as any value is.
        if source.numbers {
            return Vec::new();
        }
        let items = &source.items;
        let at = &self.graph.var(index).ident;
        let nth: Expr = syn::parse_quote!(::longhaul::machine::nth(#items, #at - 1));
        let found = if source.passes() {
            nth
        } else {
            let one = source.adapted(syn::parse_quote!(::core::iter::IntoIterator::into_iter(#nth)));
            syn::parse_quote!(::core::iter::Iterator::next(&mut #one))
        };
        let mut needs = self.needs(&found);
        needs.insert(index);
        let of_self = self.is_of_self(items);
        let rebuild = Rebuild {
            needs,
            of_self,
            // What is not there any more was taken away by a signal, or by another branch: then the loop is over.
            or_leave: of_self.then_some(exit),
            ..self.made_of(quote!(#pat), &found)
        };
        let bound = bindings(pat);
        let remade = |binding: &PatIdent| binding.mutability.is_none() || binding.by_ref.is_some();
        if source.own_items {
            let each = bound.into_iter().filter(remade).map(|binding| {
                let (name, ident) = (binding.ident.to_string(), &binding.ident);
                let only = masked(pat, |ident, _| ident.ident == name);
                let value = if rebuild.or_leave.is_some() {
                    quote!(#found.map(|#only| #ident))
                } else {
                    quote!({ let #only = #found.expect(#KEEPS); #ident })
                };
                let looked_up = binding.by_ref.is_none();
                let rebuild = Rebuild { pat: quote!(#ident), expr: value, looked_up, ..rebuild.clone() };
                Again { rebuild, names: vec![name] }
            });
            return each.collect();
        }
        // What `mut` binds by value may have been changed since: that is kept.
        let mut names = Vec::new();
        let remade = masked(pat, |ident, _| {
            let again = remade(ident);
            if again {
                names.push(ident.ident.to_string());
            }
            again
        });
        if names.is_empty() {
            return Vec::new();
        }
        let expr = if rebuild.or_leave.is_some() { quote!(#found) } else { quote!(#found.expect(#KEEPS)) };
        vec![Again { rebuild: Rebuild { pat: quote!(#remade), expr, ..rebuild }, names }]
    }

    fn through(&self, value: &Expr) -> Option<Through> {
        match value {
            Expr::Path(path) => {
                let var = path.path.get_ident().and_then(|name| self.env.lookup(&name.to_string()));
                let rebuild = var.and_then(|var| self.graph.var(var).rebuild.as_ref());
                match rebuild {
                    Some(rebuild) if rebuild.looked_up => Some(Through::Look),
                    Some(_) => Some(Through::Reference),
                    None => self.is_place(value).then_some(Through::Place),
                }
            }
            value if !self.is_view(value) => None,
            Expr::Reference(_) => Some(Through::Reference),
            Expr::MethodCall(_) if Self::is_mutable_look(value) => Some(Through::Reference),
            Expr::MethodCall(_) => Some(Through::Look),
            _ => Some(Through::Place),
        }
    }

    fn made_of(&self, pat: proc_macro2::TokenStream, value: &Expr) -> Rebuild {
        let value = &found_again(value);
        Rebuild {
            pat,
            refutable: false,
            looked_up: false,
            or_leave: None,
            expr: quote!(#value),
            among: found_among(value).cloned(),
            of_self: self.is_of_self(value),
            needs: self.needs(value),
            binds: Vec::new(),
        }
    }

    /// Whether a value that is none of a variable's is the same again, and may be a `&'static str`.
    fn is_static(&self, value: &Expr) -> bool {
        match value {
            Expr::Lit(literal) => matches!(literal.lit, syn::Lit::Str(_) | syn::Lit::ByteStr(_)),
            Expr::Array(array) => {
                array.elems.iter().all(|elem| self.is_static(elem)) && !array.elems.is_empty()
            }
            // `GREETING`, `limits::NAME`
            Expr::Path(path) => {
                path.qself.is_none()
                    && self.is_constant(value)
                    && path.path.segments.last().is_some_and(|last| is_constant_name(&last.ident.to_string()))
            }
            _ => false,
        }
    }

    /// What `code` needs when it is evaluated again.
    pub(super) fn needs(&self, expr: &Expr) -> Vars {
        self.mentions(expr)
    }
}

const KEEPS: &str = "a kept collection keeps its items";
const GONE: &str = "a kept place holds what it held before the await";

/// Whether a value is a closure that is the same when it is written again: it borrows what it names.
fn is_remade_closure(value: &Expr) -> bool {
    matches!(value, Expr::Closure(closure) if closure.capture.is_none())
}

/// `name`, or `NAME @ _`.
pub(super) fn binds_all(ident: &PatIdent) -> bool {
    ident.subpat.as_ref().is_none_or(|(_, within)| matches!(**within, Pat::Wild(_)))
}

/// `LIKE_THIS`: what Rust's own naming lints ask of constants and statics.
fn is_constant_name(name: &str) -> bool {
    name.len() > 1 && name.chars().all(|c| c.is_uppercase() || c.is_ascii_digit() || c == '_')
}

/// A pattern in front of which a `|` or behind which an `else` can stand.
fn parenthesised(pat: &Pat) -> proc_macro2::TokenStream {
    if let Pat::Or(_) = pat { quote!((#pat)) } else { quote!(#pat) }
}

/// A pattern that matches the same, but binds only what `keep` says. It is told whether the name stands behind a `&`
/// of the pattern, where it is a copy.
pub(super) fn masked(pat: &Pat, keep: impl FnMut(&PatIdent, bool) -> bool) -> Pat {
    struct Mask<F> {
        names: Vec<String>,
        keep: F,
        copied: bool,
    }
    impl<F: FnMut(&PatIdent, bool) -> bool> VisitMut for Mask<F> {
        fn visit_pat_mut(&mut self, pat: &mut Pat) {
            match pat {
                Pat::Ident(ident) if self.names.contains(&ident.ident.to_string()) => {
                    let kept = (self.keep)(ident, self.copied);
                    let within = ident.subpat.as_mut().map(|(_, within)| {
                        self.visit_pat_mut(within);
                        (**within).clone()
                    });
                    if !kept {
                        *pat = within.unwrap_or_else(|| syn::parse_quote!(_));
                    }
                }
                Pat::Reference(reference) => {
                    let outside = std::mem::replace(&mut self.copied, true);
                    self.visit_pat_mut(&mut reference.pat);
                    self.copied = outside;
                }
                pat => visit_mut::visit_pat_mut(self, pat),
            }
        }
        fn visit_field_pat_mut(&mut self, field: &mut syn::FieldPat) {
            self.visit_pat_mut(&mut field.pat);
            if field.colon_token.is_none() && !matches!(*field.pat, Pat::Ident(_)) {
                field.colon_token = Some(syn::token::Colon::default());
            }
        }
        fn visit_expr_mut(&mut self, _: &mut Expr) {}
    }
    let names = bindings(pat).iter().map(|binding| binding.ident.to_string()).collect();
    let mut pat = pat.clone();
    Mask { names, keep, copied: false }.visit_pat_mut(&mut pat);
    pat
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;
    use syn::parse::Parser;

    fn only_references(text: &str) -> String {
        let pat = Pat::parse_multi.parse_str(text).expect("a pattern");
        masked(&pat, |ident, copied| ident.by_ref.is_some() || !copied).to_token_stream().to_string()
    }

    #[test]
    fn a_masked_pattern_matches_the_same() {
        assert_eq!(only_references("Some(&(a, ref b))"), "Some (& (_ , ref b))");
        assert_eq!(
            only_references("&Order { id, ref name, items: [x @ 1, ..] }"),
            "& Order { id : _ , ref name , items : [1 , ..] }"
        );
        assert_eq!(only_references("A(x) | B { x, .. }"), "A (x) | B { x , .. }");
    }
}
