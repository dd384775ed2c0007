//! Which variables may have a `&'static str` in them: serde could not read one back, so they are stored another way.
use std::collections::BTreeMap;

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, Stmt, Type};

use super::place::peel;
use super::verbatim::placeholder;
use super::{Lower, VarId};
use crate::analyse::codes;
use crate::cfg::{CodeTokens, ExitTo};

impl Lower<'_, '_> {
    /// Whether a string literal is, or is in, the value of an expression.
    pub(super) fn has_text(&self, value: &Expr) -> bool {
        match peel(value) {
            Expr::Lit(literal) => matches!(literal.lit, syn::Lit::Str(_)),
            Expr::Path(path) => {
                let var = path.path.get_ident().and_then(|name| self.named(&name.to_string()));
                var.is_some_and(|var| self.graph.var(var).text)
            }
            Expr::If(expr) => {
                let otherwise = expr.else_branch.as_ref().map(|(_, otherwise)| &**otherwise);
                self.block_has_text(&expr.then_branch) || otherwise.is_some_and(|expr| self.has_text(expr))
            }
            Expr::Match(expr) => expr.arms.iter().any(|arm| self.has_text(&arm.body)),
            Expr::Block(expr) => self.block_has_text(&expr.block),
            Expr::Tuple(tuple) => tuple.elems.iter().any(|elem| self.has_text(elem)),
            Expr::Array(array) => array.elems.iter().any(|elem| self.has_text(elem)),
            Expr::Call(call) => {
                let wraps = ["Some", "Ok", "Err"];
                matches!(&*call.func, Expr::Path(path) if wraps.iter().any(|name| path.path.is_ident(name)))
                    && call.args.iter().any(|argument| self.has_text(argument))
            }
            Expr::Macro(mac) if mac.mac.path.is_ident("vec") => {
                let elems = mac
                    .mac
                    .parse_body_with(syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated);
                elems.is_ok_and(|elems| elems.iter().any(|elem| self.has_text(elem)))
            }
            _ => false,
        }
    }

    fn block_has_text(&self, block: &syn::Block) -> bool {
        matches!(block.stmts.last(), Some(Stmt::Expr(value, None)) if self.has_text(value))
    }

    /// The variable of that name, temporaries included.
    fn named(&self, name: &str) -> Option<VarId> {
        let temp = || self.graph.vars.iter().rposition(|var| var.ident == name).map(VarId);
        self.env.lookup(name).or_else(|| super::is_temp_name(name).then(temp).flatten())
    }

    pub(super) fn note_text(&mut self, text: bool, vars: &[VarId]) {
        for var in vars {
            self.graph.vars[var.0].text |= text;
        }
    }

    /// Notes the variables that a text is assigned to somewhere: `label = "late";`, `break "found"`.
    pub(super) fn note_assigned_texts(&mut self) {
        let mut found = Vec::new();
        for code in self.graph.blocks.iter().flat_map(codes) {
            let named = code.uses.union(&code.kills);
            let names = named.map(|var| (self.graph.var(*var).ident.to_string(), *var)).collect();
            let mut assigned = Assigned { lower: self, names, found: &mut found };
            match &code.tokens {
                CodeTokens::Stmt(stmt) => assigned.visit_stmt(stmt),
                CodeTokens::Expr(expr) => assigned.visit_expr(expr),
            }
        }
        self.note_text(true, &found);
    }
}

struct Assigned<'l> {
    lower: &'l Lower<'l, 'l>,
    names: BTreeMap<String, VarId>,
    found: &'l mut Vec<VarId>,
}

impl<'ast> Visit<'ast> for Assigned<'_> {
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        if let Expr::Path(path) = peel(&assign.left)
            && self.lower.has_text(&assign.right)
        {
            self.found.extend(path.path.get_ident().and_then(|name| self.names.get(&name.to_string())));
        }
        visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func
            && let Some(exit) = path.path.get_ident().and_then(placeholder)
            && let ExitTo::Block(_, Some(result)) = self.lower.graph.exits[exit.0].to
            && call.args.iter().any(|value| self.lower.has_text(value))
        {
            self.found.push(result);
        }
        visit::visit_expr_call(self, call);
    }
}

/// Whether a written type has a `&'static str` in it.
pub(super) fn is_text(ty: &Type) -> bool {
    ty.to_token_stream().to_string().contains("& 'static str")
}
