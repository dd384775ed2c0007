//! Loops with an await in them.
use proc_macro2::Span;
use quote::quote;
use syn::Expr;
use syn::spanned::Spanned;

use super::place::peel;
use super::{Dest, Loop, Lower, VarId};
use crate::cfg::{BlockId, Instr, MatchArm, MatchHead, Rebuild, Term};
use crate::names::{Vars, bindings};

/// Methods that go over what they borrow, the same each time.
const BORROWING: &[&str] = &[
    "iter",
    "iter_mut",
    "keys",
    "values",
    "values_mut",
    "chars",
    "char_indices",
    "bytes",
    "lines",
    "split_whitespace",
];

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
        let span = expr.expr.span();
        if let Some(items) = self.kept_items(&expr.expr) {
            let zero: Expr = syn::parse_quote!(0usize);
            let Expr::Path(index) = self.spill(zero, span) else { return };
            let index = self.graph.vars.iter().rposition(|var| index.path.is_ident(&var.ident)).map(VarId);
            if let Some(index) = index {
                let needs = self.needs(&items);
                let code = self.code(items);
                self.for_loop(expr, MatchHead::Nth { items: code, index }, Some((index, needs)));
            }
        } else {
            let items = self.expr(&expr.expr);
            let cursor: Expr = syn::parse_quote_spanned!(super::at(span)=> ::longhaul::machine::IntoCursor::into_cursor(#items));
            self.spill(cursor, span);
            let cursor = VarId(self.graph.vars.len() - 1);
            self.for_loop(expr, MatchHead::Cursor(cursor), None);
        }
        self.deliver(syn::parse_quote!(()), dest);
    }

    /// The head matches on the next item. Items of kept places are borrowed again after a resume.
    pub(super) fn for_loop(
        &mut self,
        expr: &syn::ExprForLoop,
        head: MatchHead,
        again: Option<(VarId, Vars)>,
    ) {
        self.looping(expr.label.as_ref(), None, |this, _, exit| {
            let start = this.current;
            let (over, after) = (this.block("Over"), this.block("Again"));
            this.go(over);
            this.graph.blocks[over.0].term = Term::Jump(exit);
            let mark = this.enter_scope();
            let pat = &*expr.pat;
            let declares = this.bind(pat, None);
            if let (Some((index, mut needs)), MatchHead::Nth { items, .. }) = (again, &head) {
                let crate::cfg::CodeTokens::Expr(items) = &items.tokens else { return };
                let ident = this.graph.var(index).ident.clone();
                let expr: Expr = syn::parse_quote! {
                    ::longhaul::machine::nth(#items, #ident - 1).expect("a kept collection keeps its items")
                };
                needs.insert(index);
                // What `mut` binds by value may have been changed since: that is kept.
                if bindings(pat)
                    .iter()
                    .all(|binding| binding.mutability.is_none() || binding.by_ref.is_some())
                {
                    let of_self = this.is_of_self(&expr);
                    let binds = declares.clone();
                    let rebuild = Rebuild {
                        pat: quote!(#pat),
                        refutable: false,
                        looked_up: false,
                        expr: quote!(#expr),
                        of_self,
                        needs,
                        binds,
                    };
                    for var in &declares {
                        this.graph.vars[var.0].rebuild = Some(rebuild.clone());
                    }
                }
            }
            let body = this.block("Body");
            let (bound, advance) = (
                declares.clone(),
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

    /// `&kept`, `&mut kept`, `kept.iter()` and the like, adapters that only count behind them: what a loop can find its
    /// place in again.
    pub(super) fn kept_items(&mut self, expr: &Expr) -> Option<Expr> {
        let place = match peel(expr) {
            Expr::Reference(reference) => &reference.expr,
            Expr::Path(path) => {
                let var = self.env.lookup(&path.path.get_ident()?.to_string())?;
                return self.graph.var(var).rebuild.is_some().then(|| expr.clone());
            }
            Expr::MethodCall(call) => {
                let method = call.method.to_string();
                let adapts = match method.as_str() {
                    "enumerate" | "rev" => call.args.is_empty(),
                    "skip" | "take" | "step_by" | "chunks" | "windows" => {
                        call.args.iter().all(|argument| self.is_constant(argument))
                    }
                    _ => false,
                };
                if adapts && !matches!(method.as_str(), "chunks" | "windows") {
                    return self.kept_items(&call.receiver).is_some().then(|| expr.clone());
                }
                let borrows = BORROWING.contains(&method.as_str()) && call.args.is_empty();
                if !(adapts || borrows) {
                    return None;
                }
                &call.receiver
            }
            _ => return None,
        };
        self.is_place(place).then(|| expr.clone())
    }
}
