//! Control flow with an await in it: `if`, `match`, loops, blocks, `&&` and `||`.

use proc_macro2::Span;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Block, Expr, Pat};

use super::expr::peel;
use super::find::expr_awaits;
use super::{Dest, Loop, Lower, VarId};
use crate::cfg::{BlockId, Code, Instr, MatchArm, MatchHead, Rebuild, Term};
use crate::diag;
use crate::names::Vars;

impl Lower<'_, '_> {
    /// Lowers control flow, its value going to `dest`; `false` where `expr` is something else.
    pub(super) fn control(&mut self, expr: &Expr, dest: Dest) -> bool {
        match expr {
            Expr::If(expr) => self.if_expr(expr, dest),
            Expr::Match(expr) => self.match_expr(expr, dest),
            Expr::Block(expr) => self.block_expr(expr, dest),
            Expr::Loop(expr) => self.loop_expr(expr, dest),
            Expr::While(expr) => self.while_expr(expr, dest),
            Expr::ForLoop(expr) => self.for_expr(expr, dest),
            Expr::Paren(expr) => return self.control(&expr.expr, dest),
            Expr::Group(expr) => return self.control(&expr.expr, dest),
            Expr::Binary(expr) => match expr.op {
                syn::BinOp::And(_) => self.short_circuit(expr, true, dest),
                syn::BinOp::Or(_) => self.short_circuit(expr, false, dest),
                _ => return false,
            },
            Expr::Unsafe(expr) => self.errors.at(expr.unsafe_token.span, diag::AWAIT_IN_UNSAFE),
            Expr::Macro(expr) if super::concurrent::is_select(&expr.mac) => self.select(&expr.mac, dest),
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => self.jump(expr),
            _ => return false,
        }
        true
    }

    /// A block of source as the inside of some construct: it begins in `start` and falls to `after`.
    fn inside(&mut self, start: BlockId, after: BlockId, inner: impl FnOnce(&mut Self)) {
        self.go(start);
        self.scoped(inner);
        self.graph.blocks[self.current.0].term = Term::Fall(after);
    }

    fn if_expr(&mut self, expr: &syn::ExprIf, dest: Dest) {
        let mark = self.enter_scope();
        let cond = self.cond(&expr.cond);
        let (then, otherwise, after) = (self.block("Then"), self.block("Else"), self.block("After"));
        let start = self.current;
        let declares = cond.declares.clone();
        self.inside(then, after, |this| {
            this.push(Instr::Bound(declares));
            this.statements(&expr.then_branch, dest);
        });
        self.leave_scope(mark);
        self.graph.blocks[otherwise.0].scope = self.scope;
        self.graph.blocks[after.0].scope = self.scope;
        self.go(otherwise);
        match &expr.else_branch {
            Some((_, branch)) => self.branch_value(branch, dest),
            None => self.deliver(syn::parse_quote!(()), dest),
        }
        self.graph.blocks[self.current.0].term = Term::Fall(after);
        self.go(start);
        self.end(Term::If { cond, then, otherwise, after }, after);
    }

    /// A value in its own scope.
    fn branch_value(&mut self, expr: &Expr, dest: Dest) {
        self.scoped(|this| match expr {
            Expr::Block(block) if block.label.is_none() => this.statements(&block.block, dest),
            expr => {
                if expr_awaits(expr) && this.control(expr, dest) {
                    return;
                }
                match expr {
                    Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => this.jump(expr),
                    _ => {
                        let value = this.expr(expr);
                        this.deliver(value, dest);
                    }
                }
            }
        });
    }

    /// A condition: what it binds belongs to the current scope.
    fn cond(&mut self, cond: &Expr) -> Code {
        let expr = match peel(cond) {
            Expr::Let(binding) if expr_awaits(&binding.expr) => {
                let value = self.expr(&binding.expr);
                let mut binding = binding.clone();
                binding.expr = Box::new(value);
                Expr::Let(binding)
            }
            other if expr_awaits(other) && has_let(other) => {
                self.errors.on(other, diag::AWAIT_IN_CHAIN);
                syn::parse_quote!(true)
            }
            other => self.expr(other),
        };
        let mut code = self.code(expr.clone());
        let mut pats = Vec::new();
        collect_lets(&expr, &mut pats);
        for pat in pats {
            code.declares.extend(self.bind(&pat, None));
        }
        code
    }

    fn match_expr(&mut self, expr: &syn::ExprMatch, dest: Dest) {
        let value = self.expr(&expr.expr);
        let head = MatchHead::Value(self.code(value));
        let start = self.current;
        let after = self.block("After");
        let mut arms = Vec::new();
        for arm in &expr.arms {
            let mark = self.enter_scope();
            let (pat, guard) = match &arm.pat {
                Pat::Guard(guarded) => (&*guarded.pat, Some(&*guarded.guard)),
                pat => (pat, None),
            };
            let declares = self.bind(pat, None);
            let guard = guard.map(|guard| {
                if expr_awaits(guard) {
                    self.errors.on(guard, diag::AWAIT_IN_GUARD);
                }
                let guard = if expr_awaits(guard) { syn::parse_quote!(true) } else { self.verbatim(guard) };
                self.code(guard)
            });
            if let Some(attr) = arm.attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
                self.errors.on(attr, diag::AWAIT_UNDER_CFG);
            }
            let block = self.block("Arm");
            let bound = declares.clone();
            self.inside(block, after, |this| {
                this.push(Instr::Bound(bound));
                this.branch_value(&arm.body, dest);
            });
            arms.push(MatchArm { pat: quote!(#pat), guard, block });
            self.leave_scope(mark);
        }
        self.go(start);
        self.end(Term::Match { head, arms, after }, after);
    }

    fn block_expr(&mut self, expr: &syn::ExprBlock, dest: Dest) {
        let Some(label) = &expr.label else {
            return self.scoped(|this| this.statements(&expr.block, dest));
        };
        let exit = self.block("AfterBlock");
        let result = self.loop_result(dest, expr.span());
        self.loops.push(Loop {
            label: Some(label.name.ident.to_string()),
            head: None,
            exit,
            result,
            task: self.task,
        });
        let inner = result.map_or(Dest::Ignore, Dest::Var);
        self.scoped(|this| this.statements(&expr.block, inner));
        self.loops.pop();
        self.end(Term::Jump(exit), exit);
        self.deliver_result(result, dest);
    }

    /// The variable that `break value` fills.
    fn loop_result(&mut self, dest: Dest, span: Span) -> Option<VarId> {
        match dest {
            Dest::Ignore => None,
            Dest::Var(var) => Some(var),
            Dest::Return => Some(self.result_var(span)),
        }
    }

    fn deliver_result(&mut self, result: Option<VarId>, dest: Dest) {
        if let (Some(var), Dest::Return) = (result, dest) {
            let value = self.path(var);
            self.deliver(value, dest);
        }
    }

    /// The blocks of a loop: `body` is written at its head.
    fn looping(
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

    fn loop_expr(&mut self, expr: &syn::ExprLoop, dest: Dest) {
        let result = self.loop_result(dest, expr.span());
        self.looping(expr.label.as_ref(), result, |this, _, _| {
            this.scoped(|this| this.statements(&expr.body, Dest::Ignore));
        });
        self.deliver_result(result, dest);
    }

    fn while_expr(&mut self, expr: &syn::ExprWhile, dest: Dest) {
        self.looping(expr.label.as_ref(), None, |this, _, exit| {
            let mark = this.enter_scope();
            let cond = this.cond(&expr.cond);
            let (body, over, after) = (this.block("Body"), this.block("Over"), this.block("Again"));
            let start = this.current;
            let declares = cond.declares.clone();
            this.inside(body, after, |this| {
                this.push(Instr::Bound(declares));
                this.statements(&expr.body, Dest::Ignore);
            });
            this.leave_scope(mark);
            for block in [over, after] {
                this.graph.blocks[block.0].scope = this.scope;
            }
            this.go(over);
            this.graph.blocks[over.0].term = Term::Jump(exit);
            this.go(start);
            this.end(Term::If { cond, then: body, otherwise: over, after }, after);
        });
        self.deliver(syn::parse_quote!(()), dest);
    }

    fn for_expr(&mut self, expr: &syn::ExprForLoop, dest: Dest) {
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
    fn for_loop(&mut self, expr: &syn::ExprForLoop, head: MatchHead, again: Option<(VarId, Vars)>) {
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
                let expr = quote! {
                    ::longhaul::machine::nth(#items, #ident - 1).expect("a kept collection keeps its items")
                };
                needs.insert(index);
                let rebuild = Rebuild { pat: quote!(#pat), expr, needs, binds: declares.clone() };
                for var in &declares {
                    this.graph.vars[var.0].rebuild = Some(rebuild.clone());
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

    /// `&kept`, `&mut kept`, `kept.iter()`, `kept.iter_mut()`: what a loop can find its place in again.
    fn kept_items(&mut self, expr: &Expr) -> Option<Expr> {
        let place = match peel(expr) {
            Expr::Reference(reference) => &reference.expr,
            Expr::Path(path) => {
                let var = self.env.lookup(&path.path.get_ident()?.to_string())?;
                return self.graph.var(var).rebuild.is_some().then(|| expr.clone());
            }
            Expr::MethodCall(call)
                if (call.method == "iter" || call.method == "iter_mut") && call.args.is_empty() =>
            {
                &call.receiver
            }
            _ => return None,
        };
        self.is_place(place).then(|| expr.clone())
    }

    fn short_circuit(&mut self, expr: &syn::ExprBinary, and: bool, dest: Dest) {
        let (left, right) = (&*expr.left, &*expr.right);
        let rewritten: syn::ExprIf = if and {
            syn::parse_quote!(if #left { #right } else { false })
        } else {
            syn::parse_quote!(if #left { true } else { #right })
        };
        self.if_expr(&rewritten, dest);
    }
}

fn has_let(expr: &Expr) -> bool {
    match peel(expr) {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

/// The patterns of the `let`s in a condition, in order.
fn collect_lets(expr: &Expr, pats: &mut Vec<Pat>) {
    match peel(expr) {
        Expr::Let(binding) => pats.push((*binding.pat).clone()),
        Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
            collect_lets(&binary.left, pats);
            collect_lets(&binary.right, pats);
        }
        _ => {}
    }
}

/// A `Block` as an expression, for branches.
pub(super) fn block_of(expr: &Expr) -> Block {
    Block { brace_token: syn::token::Brace::default(), stmts: vec![syn::Stmt::Expr(expr.clone(), None)] }
}
