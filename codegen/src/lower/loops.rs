//! Loops with an await in them.
use proc_macro2::Span;
use quote::quote;
use syn::Expr;
use syn::spanned::Spanned;

use super::sources::Source;
use super::{Dest, Loop, Lower, VarId, order};
use crate::cfg::{BlockId, Instr, MatchArm, MatchHead, Term};

impl Lower<'_, '_> {
    /// The variable that `break value` fills.
    pub(super) fn loop_result(&mut self, dest: Dest, span: Span) -> Option<VarId> {
        match dest {
            Dest::Ignore => None,
            Dest::Var(var) => Some(var),
            Dest::Return => Some(self.result_var(span)),
        }
    }

    pub(super) fn deliver_result(&mut self, result: Option<VarId>, dest: Dest) {
        if let (Some(var), Dest::Return) = (result, dest) {
            let value = self.path(var);
            self.deliver(value, dest);
        }
    }

    /// The blocks of a loop: `body` is written at its head.
    pub(super) fn looping(
        &mut self,
        label: Option<&syn::Label>,
        result: Option<VarId>,
        body: impl FnOnce(&mut Self, BlockId, BlockId),
    ) {
        let (head, exit) = (self.block("Loop"), self.block("AfterLoop"));
        self.end(Term::Jump(head), head);
        self.loops.push(Loop {
            label: label.map(|label| label.name.ident.to_string()),
            head: Some(head),
            exit,
            result,
            task: self.task,
        });
        body(self, head, exit);
        self.loops.pop();
        self.end(Term::Jump(head), exit);
    }

    pub(super) fn loop_expr(&mut self, expr: &syn::ExprLoop, dest: Dest) {
        let result = self.loop_result(dest, expr.span());
        self.looping(expr.label.as_ref(), result, |this, _, _| {
            this.scoped(|this| this.statements(&expr.body, Dest::Ignore));
        });
        self.deliver_result(result, dest);
    }

    pub(super) fn while_expr(&mut self, expr: &syn::ExprWhile, dest: Dest) {
        self.looping(expr.label.as_ref(), None, |this, _, exit| {
            let mark = this.enter_scope();
            let (over, after) = (this.block("Over"), this.block("Again"));
            let inner = this.condition_blocks(&expr.cond, over, after);
            this.scoped(|this| this.statements(&expr.body, Dest::Ignore));
            this.fall_through(inner, after);
            this.leave_scope(mark);
            for block in [over, after] {
                this.graph.blocks[block.0].scope = this.scope;
            }
            this.go(over);
            this.graph.blocks[over.0].term = Term::Jump(exit);
            this.go(after);
        });
        self.deliver(syn::parse_quote!(()), dest);
    }

    pub(super) fn for_expr(&mut self, expr: &syn::ExprForLoop, dest: Dest) {
        let unzipped = self.unzipped(expr);
        let expr = unzipped.as_ref().unwrap_or(expr);
        let span = expr.expr.span();
        let value = self.expr(&expr.expr);
        match self.source(value) {
            Ok(source) => {
                let begin = begin(&source.items);
                self.spill(begin, span);
                let index = VarId(self.graph.vars.len() - 1);
                let place = self.path(index);
                let head = if source.lazy.is_empty() {
                    MatchHead::Nth { items: self.code(source.items.clone()), index }
                } else {
                    let items = &source.items;
                    let rest = syn::parse_quote!(::longhaul::machine::from(#items, &mut #place));
                    let rest = source.adapted(rest);
                    MatchHead::Value(self.code(syn::parse_quote!(::core::iter::Iterator::next(&mut #rest))))
                };
                self.for_loop(expr, head, Some((source, index)));
            }
            Err(items) => {
                let cursor: Expr = syn::parse_quote!(::longhaul::machine::cursor(#items));
                self.spill(cursor, span);
                let cursor = VarId(self.graph.vars.len() - 1);
                self.for_loop(expr, MatchHead::Cursor(cursor), None);
            }
        }
        self.deliver(syn::parse_quote!(()), dest);
    }

    /// The head matches on the next item. Items of a source are looked up again after a resume.
    fn for_loop(&mut self, expr: &syn::ExprForLoop, head: MatchHead, source: Option<(Source, VarId)>) {
        self.looping(expr.label.as_ref(), None, |this, _, exit| {
            let start = this.current;
            let (over, after) = (this.block("Over"), this.block("Again"));
            this.go(over);
            this.graph.blocks[over.0].term = Term::Jump(exit);
            let mark = this.enter_scope();
            let pat = &*expr.pat;
            let again = source.map(|(source, index)| this.item_again(pat, &source, index, exit));
            let declares = this.bind(pat, None);
            this.note_again(again.unwrap_or_default(), &declares);
            let body = this.block("Body");
            let (bound, advance) = (
                declares,
                match &head {
                    MatchHead::Nth { index, .. } => Some(*index),
                    _ => None,
                },
            );
            this.inside(body, after, |this| {
                this.push(Instr::Bound(bound));
                if let Some(index) = advance {
                    this.push(Instr::Advance(index));
                }
                this.statements(&expr.body, Dest::Ignore);
            });
            this.leave_scope(mark);
            let arms = vec![
                MatchArm { pat: quote!(::core::option::Option::Some(#pat)), guard: None, block: body },
                MatchArm { pat: quote!(::core::option::Option::None), guard: None, block: over },
            ];
            this.go(start);
            this.end(Term::Match { head, arms, after }, after);
        });
    }
}

/// The position at which a loop over these items begins.
fn begin(items: &Expr) -> Expr {
    let asked = order::asked(items, None);
    if asked.is_empty() { syn::parse_quote!(0usize) } else { syn::parse_quote!({ #asked 0usize }) }
}
