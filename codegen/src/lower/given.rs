//! States named by hand: `#[state(AwaitingApproval)]` on a statement, or on a branch of `join!`, `select!` or `timeout`.
//!
//! The attribute names the one suspension of what it stands on. What is in blocks inside there are statements of their
//! own: a name there belongs to them, and so do their suspensions.
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, Ident, Stmt};

use super::Lower;
use super::expr::call_of;
use crate::cfg::Instr;
use crate::diag::{self, is_attr};

const STATE: &str = "state";

/// Names that are taken off what they stand on.
pub(super) type Names = Vec<Attribute>;

/// Takes the names off a statement or expression, but not off what is in a block of its own.
#[derive(Default)]
struct Take(Names);

impl VisitMut for Take {
    fn visit_attributes_mut(&mut self, attrs: &mut Vec<Attribute>) {
        self.0.extend(attrs.extract_if(.., |attr| is_attr(attr, STATE)));
    }
    fn visit_block_mut(&mut self, _: &mut syn::Block) {}
    fn visit_arm_mut(&mut self, _: &mut syn::Arm) {}
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
    fn visit_expr_block_mut(&mut self, block: &mut syn::ExprBlock) {
        self.visit_attributes_mut(&mut block.attrs);
    }
    fn visit_expr_async_mut(&mut self, block: &mut syn::ExprAsync) {
        self.visit_attributes_mut(&mut block.attrs);
    }
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        // What a `timeout` limits is a branch.
        if call_of::<2>(expr, "timeout").is_some()
            && let Expr::Call(call) = expr
        {
            self.visit_attributes_mut(&mut call.attrs);
            return self.visit_expr_mut(&mut call.args[0]);
        }
        visit_mut::visit_expr_mut(self, expr);
    }
    fn visit_expr_match_mut(&mut self, expr: &mut syn::ExprMatch) {
        self.visit_attributes_mut(&mut expr.attrs);
        self.visit_expr_mut(&mut expr.expr);
    }
}

/// Whether there is a name in some code, in blocks or not.
#[derive(Default)]
struct Has(bool);

impl<'ast> Visit<'ast> for Has {
    fn visit_attribute(&mut self, attr: &'ast Attribute) {
        self.0 |= is_attr(attr, STATE);
    }
}

/// A statement without its name; `None` where it has none.
pub(super) fn take_name(stmt: &Stmt) -> Option<(Stmt, Names)> {
    let mut has = Has::default();
    has.visit_stmt(stmt);
    if !has.0 {
        return None;
    }
    let mut stmt = stmt.clone();
    let mut take = Take::default();
    take.visit_stmt_mut(&mut stmt);
    Some((stmt, take.0))
}

/// A branch without its name.
pub(super) fn take_branch_name(branch: &Expr) -> (Expr, Names) {
    let mut branch = branch.clone();
    let mut take = Take::default();
    take.visit_expr_mut(&mut branch);
    (branch, take.0)
}

/// Whether an expression that is no block has a name on it, as the body of a `match` arm may.
pub(super) fn is_named(expr: &Expr) -> bool {
    let mut has = Has::default();
    if !matches!(expr, Expr::Block(_)) {
        has.visit_expr(expr);
    }
    has.0
}

/// The first `#[state(..)]` in a macro's input.
pub(super) fn name_in_tokens(tokens: TokenStream) -> Option<Group> {
    let mut pound = false;
    for token in tokens {
        match &token {
            TokenTree::Group(group) if pound && is_state(group) => return Some(group.clone()),
            TokenTree::Group(group) => {
                if let Some(name) = name_in_tokens(group.stream()) {
                    return Some(name);
                }
            }
            _ => {}
        }
        pound = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
    }
    None
}

/// All `#[state(..)]` taken out, inside macros too: how the same source is compiled as plain async Rust.
pub(crate) fn without_names(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let pound = matches!(out.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
                if pound && is_state(&group) {
                    out.pop();
                    continue;
                }
                let mut inner = Group::new(group.delimiter(), without_names(group.stream()));
                inner.set_span(group.span());
                out.push(inner.into());
            }
            token => out.push(token),
        }
    }
    out.into_iter().collect()
}

fn is_state(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket
        && syn::parse2::<syn::Meta>(group.stream())
            .is_ok_and(|meta| meta.path().segments.last().is_some_and(|last| last.ident == STATE))
}

impl Lower<'_, '_> {
    /// What `lower` lowers is a statement, or as good as one: its suspensions are not those of what it stands in.
    pub(super) fn apart<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::take(&mut self.suspended);
        let value = lower(self);
        self.suspended = outer;
        value
    }

    /// Gives a name to the one suspension of the statement that was lowered just now.
    pub(super) fn give_name(&mut self, names: Names) {
        let mut attrs = names.into_iter();
        let Some(attr) = attrs.next() else { return };
        if let Some(second) = attrs.next() {
            return self.errors.on(second, diag::STATE_SECOND_NAME);
        }
        let Some(name) = self.read_name(&attr) else { return };
        match self.suspended[..] {
            [] => self.errors.on(attr, diag::STATE_WITHOUT_AWAIT),
            [block] => {
                if let Some(Instr::Poll(poll)) = self.graph.blocks[block.0].instrs.first_mut() {
                    poll.given = Some(name);
                }
            }
            _ => {
                let count = self.suspended.len().to_string();
                self.errors.on(attr, diag::STATE_OF_SEVERAL.with(&[&name.to_string(), &count]));
            }
        }
    }

    fn read_name(&mut self, attr: &Attribute) -> Option<Ident> {
        let Ok(name) = attr.parse_args::<Ident>() else {
            self.errors.on(attr, diag::STATE_NAME);
            return None;
        };
        let text = name.to_string();
        if !text.starts_with(char::is_uppercase) {
            self.errors.on(&name, diag::STATE_NAME);
        } else if text == "Start" || text == "Done" {
            self.errors.on(&name, diag::STATE_OURS.with(&[&text]));
        } else if !self.names.insert(text.clone()) {
            self.errors.on(&name, diag::STATE_TWICE.with(&[&text]));
        } else {
            return Some(name);
        }
        None
    }
}

/// Names in code without an await name nothing.
pub(super) struct NoNames<'e>(pub(super) &'e mut crate::diag::Errors);

impl VisitMut for NoNames<'_> {
    fn visit_attribute_mut(&mut self, attr: &mut Attribute) {
        if is_attr(attr, STATE) {
            self.0.on(attr, diag::STATE_WITHOUT_AWAIT);
        }
    }
    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        if let Some(name) = name_in_tokens(mac.tokens.clone()) {
            self.0.on(name, diag::STATE_WITHOUT_AWAIT);
        }
        visit_mut::visit_macro_mut(self, mac);
    }
}
