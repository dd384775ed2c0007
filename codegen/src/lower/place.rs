//! What an expression is: a place, a constant, something that borrows.
use syn::Expr;

use super::{Lower, is_temp_name};

impl Lower<'_, '_> {
    /// Whether a place is within `self`, or a borrow of such a place.
    pub(super) fn is_of_self(&self, place: &Expr) -> bool {
        match peel(place) {
            Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
                let var = self.env.lookup(&name.to_string());
                let rebuild = var.and_then(|var| self.graph.var(var).rebuild.as_ref());
                name == "self" || rebuild.is_some_and(|rebuild| rebuild.of_self)
            }),
            Expr::Reference(reference) => self.is_of_self(&reference.expr),
            Expr::Field(field) => self.is_of_self(&field.base),
            Expr::Index(index) => self.is_of_self(&index.expr),
            Expr::Unary(unary) => self.is_of_self(&unary.expr),
            Expr::MethodCall(call) => self.is_of_self(&call.receiver),
            // `nth(items, index).expect(..)`: an item of a loop.
            Expr::Call(call) => call.args.first().is_some_and(|first| self.is_of_self(first)),
            _ => false,
        }
    }

    /// Whether an expression names a place that is the same before and after other code runs: a variable,
    /// `self`, fields of these, and elements at an index that cannot change.
    pub(super) fn is_place(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
                name == "self"
                    || self.env.lookup(&name.to_string()).is_some()
                    || is_temp_name(&name.to_string())
            }),
            Expr::Field(field) => self.is_place(&field.base),
            Expr::Paren(inner) => self.is_place(&inner.expr),
            Expr::Group(inner) => self.is_place(&inner.expr),
            Expr::Unary(syn::ExprUnary { op: syn::UnOp::Deref(_), expr, .. }) => self.is_place(expr),
            Expr::Index(index) => self.is_place(&index.expr) && self.is_fixed(&index.index),
            _ => false,
        }
    }

    /// Whether an expression is a place but for indexes that may change.
    pub(super) fn is_place_at_indexes(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Index(index) => self.is_place_at_indexes(&index.expr),
            Expr::Field(field) => self.is_place_at_indexes(&field.base),
            Expr::Paren(inner) => self.is_place_at_indexes(&inner.expr),
            expr => self.is_place(expr),
        }
    }

    /// Whether an index means the same whenever it is evaluated.
    pub(super) fn is_fixed(&self, index: &Expr) -> bool {
        match index {
            Expr::Range(range) => [&range.start, &range.end]
                .into_iter()
                .all(|end| end.as_ref().is_none_or(|end| self.is_fixed(end))),
            Expr::Path(path) if path.path.get_ident().is_some() => {
                let name = path.path.segments[0].ident.to_string();
                is_temp_name(&name) || self.env.lookup(&name).is_some_and(|var| !self.graph.var(var).mutable)
            }
            Expr::Reference(reference) => self.is_fixed(&reference.expr),
            // As `repeatable` makes it of a value.
            Expr::Call(call) => {
                matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "clone"))
                    && call
                        .args
                        .iter()
                        .all(|arg| matches!(arg, Expr::Reference(arg) if Self::is_temp(&arg.expr)))
            }
            other => self.is_constant(other),
        }
    }

    /// Whether an expression is a literal or names a constant, function or type.
    pub(super) fn is_constant(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Lit(_) => true,
            // A name that is no variable is that of a constant, function or type.
            Expr::Path(path) => path.path.get_ident().is_none_or(|name| {
                let name = name.to_string();
                name != "self" && !is_temp_name(&name) && self.env.lookup(&name).is_none()
            }),
            Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr, .. }) => self.is_constant(expr),
            Expr::Index(index) => self.is_constant(&index.expr) && self.is_constant(&index.index),
            Expr::Range(range) => {
                [&range.start, &range.end].into_iter().flatten().all(|end| self.is_constant(end))
            }
            Expr::Reference(reference) => self.is_constant(&reference.expr),
            Expr::Array(array) => array.elems.iter().all(|elem| self.is_constant(elem)),
            Expr::Tuple(tuple) => tuple.elems.iter().all(|elem| self.is_constant(elem)),
            Expr::Paren(inner) => self.is_constant(&inner.expr),
            Expr::Group(inner) => self.is_constant(&inner.expr),
            _ => false,
        }
    }

    /// Whether an expression is a variable that is a borrow, made again after a resume, and always the same.
    pub(super) fn is_made_again(&self, expr: &Expr) -> bool {
        let Expr::Path(path) = expr else { return false };
        let name = path.path.get_ident().map(ToString::to_string);
        name.and_then(|name| self.env.lookup(&name)).is_some_and(|var| {
            let var = self.graph.var(var);
            var.rebuild.is_some() && !var.mutable
        })
    }

    pub(super) fn is_temp(expr: &Expr) -> bool {
        matches!(expr, Expr::Path(path) if path.path.get_ident().is_some_and(|name| is_temp_name(&name.to_string())))
    }
}

/// Without parentheses and invisible groups.
pub(crate) fn peel(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => peel(&inner.expr),
        Expr::Group(inner) => peel(&inner.expr),
        expr => expr,
    }
}

pub(crate) fn is_compound_assignment(op: &syn::BinOp) -> bool {
    use syn::BinOp::{
        AddAssign, BitAndAssign, BitOrAssign, BitXorAssign, DivAssign, MulAssign, RemAssign, ShlAssign,
        ShrAssign, SubAssign,
    };
    matches!(
        op,
        AddAssign(_)
            | SubAssign(_)
            | MulAssign(_)
            | DivAssign(_)
            | RemAssign(_)
            | BitXorAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | ShlAssign(_)
            | ShrAssign(_)
    )
}

pub(super) fn is_comparison(op: &syn::BinOp) -> bool {
    use syn::BinOp::{Eq, Ge, Gt, Le, Lt, Ne};
    matches!(op, Eq(_) | Lt(_) | Le(_) | Ne(_) | Ge(_) | Gt(_))
}
