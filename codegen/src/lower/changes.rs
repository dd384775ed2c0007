//! Which places some code changes.
//!
//! A place that an operand names, and that a later operand changes, is copied before: Rust would refuse to borrow it so
//! long, so its value is taken.
use std::collections::BTreeSet;

use syn::parse::Parser;
use syn::visit::{self, Visit};
use syn::{Expr, Macro, Token};

use super::macros::macro_values;
use super::place::{is_compound_assignment, peel};
use super::select::select_codes;

/// A variable or a field of one: its names, outermost first.
type Path = Vec<String>;

/// Whether any of `codes` changes the place `expr`, or a part of it, or what it is a part of. `mutating` are the methods
/// that take `&mut self`.
pub(super) fn any_changes<'c>(
    codes: impl IntoIterator<Item = &'c Expr>,
    expr: &Expr,
    mutating: &BTreeSet<String>,
) -> bool {
    let Some(place) = path(expr) else { return false };
    let mut changes = Changes { place, mutating, found: false };
    for code in codes {
        changes.visit_expr(code);
    }
    changes.found
}

/// What a place is part of. An element or what a borrow borrows counts as all of it.
fn path(place: &Expr) -> Option<Path> {
    match peel(place) {
        Expr::Path(path) => Some(vec![path.path.get_ident()?.to_string()]),
        Expr::Field(field) => {
            let mut path = path(&field.base)?;
            if matches!(peel(&field.base), Expr::Path(_) | Expr::Field(_)) {
                path.push(match &field.member {
                    syn::Member::Named(name) => name.to_string(),
                    syn::Member::Unnamed(index) => index.index.to_string(),
                });
            }
            Some(path)
        }
        Expr::Index(index) => path(&index.expr),
        Expr::Unary(syn::ExprUnary { op: syn::UnOp::Deref(_), expr, .. }) => path(expr),
        _ => None,
    }
}

struct Changes<'m> {
    place: Path,
    mutating: &'m BTreeSet<String>,
    found: bool,
}

impl Changes<'_> {
    fn changed(&mut self, place: &Expr) {
        if let Expr::Tuple(tuple) = peel(place) {
            return tuple.elems.iter().for_each(|elem| self.changed(elem));
        }
        if let Some(other) = path(place) {
            self.found |= self.place.iter().zip(&other).all(|(one, other)| one == other);
        }
    }
}

impl<'ast> Visit<'ast> for Changes<'_> {
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        self.changed(&assign.left);
        visit::visit_expr_assign(self, assign);
    }
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if is_compound_assignment(&binary.op) {
            self.changed(&binary.left);
        }
        visit::visit_expr_binary(self, binary);
    }
    fn visit_expr_reference(&mut self, reference: &'ast syn::ExprReference) {
        if reference.mutability.is_some() {
            self.changed(&reference.expr);
        }
        visit::visit_expr_reference(self, reference);
    }
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if self.mutating.contains(&call.method.to_string())
            && matches!(peel(&call.receiver), Expr::Path(path) if path.path.is_ident("self"))
        {
            self.found |= self.place[0] == "self";
        }
        visit::visit_expr_method_call(self, call);
    }
    fn visit_macro(&mut self, mac: &'ast Macro) {
        let parser = syn::punctuated::Punctuated::<Expr, Token![,]>::parse_terminated;
        let arguments = parser.parse2(mac.tokens.clone()).ok().map(|all| all.into_iter().collect());
        let arguments: Vec<Expr> =
            select_codes(mac).or_else(|| macro_values(mac)).or(arguments).unwrap_or_default();
        for argument in &arguments {
            // The visit borrows its tree for as long as it goes: this one ends here.
            let mut inner = Changes { place: self.place.clone(), mutating: self.mutating, found: false };
            inner.visit_expr(argument);
            self.found |= inner.found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn a_place_is_changed_by_what_changes_it_or_a_part_of_it() {
        let mutating = BTreeSet::from(["bump".to_owned()]);
        let changed = |place: Expr, code: Expr| any_changes([&code], &place, &mutating);
        assert!(changed(
            parse_quote!(x),
            parse_quote!({
                x += 1;
                x
            })
        ));
        assert!(changed(parse_quote!(self.count), parse_quote!(f(self.bump(1)))));
        assert!(changed(parse_quote!(p.x), parse_quote!(f(&mut p))));
        assert!(changed(parse_quote!(*r), parse_quote!(*r = 2)));
        assert!(changed(
            parse_quote!(x),
            parse_quote!(format!("{}", {
                (x, y) = (1, 2);
                x
            }))
        ));
        assert!(changed(parse_quote!(x), parse_quote!(select! { _ = f() => { x += 1; } })));
        assert!(changed(parse_quote!(self.count), parse_quote!(select! { _ = f(self.bump(1)) => 0 })));
        assert!(changed(
            parse_quote!(x),
            parse_quote!(vec![
                {
                    x += 1;
                    x
                };
                2
            ])
        ));
        assert!(!changed(parse_quote!(self.name), parse_quote!(self.count += 1)));
        assert!(!changed(parse_quote!(self.name), parse_quote!(f(self.look(1)))));
        assert!(!changed(parse_quote!(x), parse_quote!(f(x, &x, self.bump(x)))));
        assert!(!changed(parse_quote!(f().x), parse_quote!(x = 1)));
    }
}
