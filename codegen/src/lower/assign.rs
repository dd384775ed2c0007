//! Compound assignments whose value awaits.
//!
//! For the built-in types Rust evaluates the value first, then the place; for all others the place first. The value goes
//! first here. That is the same for a place that the value does not change; elsewhere the types must be built-in, of
//! which the emitted `right_first` makes sure.
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprBinary};

use super::Lower;
use super::find::expr_awaits;
use super::place::{is_compound_assignment, peel};

impl Lower<'_, '_> {
    /// `place += value` where one of the two awaits.
    pub(super) fn compound_assignment(&mut self, assignment: &ExprBinary) -> Expr {
        let certain = !expr_awaits(&assignment.left) && is_certain(&assignment.left, &assignment.right);
        let mut right = self.expr(&assignment.right);
        if !certain {
            let span = right.span();
            right = self.spill(right, span);
        }
        let left = self.expr(&assignment.left);
        if certain {
            let mut assignment = assignment.clone();
            (assignment.left, assignment.right) = (Box::new(left), Box::new(right));
            return Expr::Binary(assignment);
        }
        let span = super::at(assignment.left.span());
        let op = &assignment.op;
        let check: Expr =
            syn::parse_quote_spanned!(span=> ::longhaul::machine::right_first(__place, &#right));
        syn::parse_quote! {
            {
                let __place = &mut #left;
                #check;
                *__place #op #right;
            }
        }
    }
}

/// Whether `place` is the same before and after `value` is evaluated, and evaluating it does nothing else.
fn is_certain(place: &Expr, value: &Expr) -> bool {
    let mut names = Vec::new();
    let plain = match place {
        Expr::Index(index) => is_certain(&index.expr, value) && reads(&index.index, &mut names),
        Expr::Field(field) => is_certain(&field.base, value),
        Expr::Paren(inner) => is_certain(&inner.expr, value),
        Expr::Group(inner) => is_certain(&inner.expr, value),
        Expr::Unary(syn::ExprUnary { op: syn::UnOp::Deref(_), expr, .. }) => is_certain(expr, value),
        place => matches!(place, Expr::Path(_)),
    };
    plain && names.iter().all(|name| !changes(value, name))
}

/// Whether an index only reads variables, whose names are noted.
fn reads(index: &Expr, names: &mut Vec<String>) -> bool {
    match index {
        Expr::Lit(_) => true,
        Expr::Path(path) => {
            names.extend(path.path.get_ident().map(ToString::to_string));
            true
        }
        Expr::Field(field) => reads(&field.base, names),
        Expr::Paren(inner) => reads(&inner.expr, names),
        Expr::Group(inner) => reads(&inner.expr, names),
        Expr::Cast(cast) => reads(&cast.expr, names),
        Expr::Reference(reference) if reference.mutability.is_none() => reads(&reference.expr, names),
        Expr::Unary(unary) => reads(&unary.expr, names),
        Expr::Binary(binary) if !is_compound_assignment(&binary.op) => {
            reads(&binary.left, names) && reads(&binary.right, names)
        }
        Expr::MethodCall(call) => {
            call.method == "len" && call.args.is_empty() && reads(&call.receiver, names)
        }
        _ => false,
    }
}

/// Whether code may change the variable of that name: it is assigned, lent mutably, or a method is called on it.
fn changes(code: &Expr, name: &str) -> bool {
    struct Changes<'n>(&'n str, bool);
    impl Changes<'_> {
        fn within(&mut self, place: &Expr) {
            self.1 |= match peel(place) {
                Expr::Path(path) => path.path.is_ident(self.0),
                Expr::Field(field) => return self.within(&field.base),
                Expr::Index(index) => return self.within(&index.expr),
                Expr::Unary(unary) => return self.within(&unary.expr),
                Expr::Tuple(tuple) => return tuple.elems.iter().for_each(|elem| self.within(elem)),
                _ => false,
            };
        }
    }
    impl<'ast> Visit<'ast> for Changes<'_> {
        fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
            self.within(&assign.left);
            visit::visit_expr_assign(self, assign);
        }
        fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
            if is_compound_assignment(&binary.op) {
                self.within(&binary.left);
            }
            visit::visit_expr_binary(self, binary);
        }
        fn visit_expr_reference(&mut self, reference: &'ast syn::ExprReference) {
            if reference.mutability.is_some() {
                self.within(&reference.expr);
            }
            visit::visit_expr_reference(self, reference);
        }
        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            self.within(&call.receiver);
            visit::visit_expr_method_call(self, call);
        }
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            // Whatever it does with the name.
            super::find::each_ident(mac.tokens.clone(), &mut |ident| self.1 |= ident == self.0);
        }
    }
    let mut found = Changes(name, false);
    found.visit_expr(code);
    found.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn a_place_is_certain_when_the_value_does_not_change_it() {
        let certain = |assignment: Expr| {
            let Expr::Binary(ExprBinary { left, right, .. }) = assignment else { panic!("an assignment") };
            is_certain(&left, &right)
        };
        assert!(certain(parse_quote!(v[i] += f(i).await)));
        assert!(certain(parse_quote!(self.rows[i + 1][j as usize].x += f(v[i]).await)));
        assert!(certain(parse_quote!(v[v.len() - 1] += f().await)));
        assert!(!certain(parse_quote!(
            v[i] += {
                i += 1;
                f().await
            }
        )));
        assert!(!certain(parse_quote!(v[i] += f(&mut i).await)));
        assert!(!certain(parse_quote!(v[self.at] += self.next().await)));
        assert!(!certain(parse_quote!(v[next()] += f().await)));
        assert!(!certain(parse_quote!(*map.entry(k).or_default() += f().await)));
    }
}
