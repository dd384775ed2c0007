//! Control flow with an await in it: `if`, `match`, loops, blocks, `&&` and `||`.

use proc_macro2::Span;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Block, Expr, Pat};

use super::expr::peel;
use super::find::expr_awaits;
use super::{Dest, Loop, Lower, VarId};
use crate::cfg::{BlockId, Code, Instr, MatchArm, MatchHead, Term};
use crate::diag;
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
        let (otherwise, after) = (self.block("Else"), self.block("After"));
        let inner = self.condition_blocks(&expr.cond, otherwise, after);
        self.scoped(|this| this.statements(&expr.then_branch, dest));
        self.fall_through(inner, after);
        self.leave_scope(mark);
        for block in [otherwise, after] {
            self.graph.blocks[block.0].scope = self.scope;
        }
        self.go(otherwise);
        match &expr.else_branch {
            Some((_, branch)) => self.branch_value(branch, dest),
            None => self.deliver(syn::parse_quote!(()), dest),
        }
        self.graph.blocks[self.current.0].term = Term::Fall(after);
        self.go(after);
    }

    /// Tests a condition, and goes on in the block that is reached where it holds. A chain with an await behind a
    /// `let` is tested in steps, each within the one before; gives where the inner ones end.
    fn condition_blocks(&mut self, cond: &Expr, otherwise: BlockId, after: BlockId) -> Vec<BlockId> {
        let mut inner = Vec::new();
        for (number, step) in steps(cond).iter().enumerate() {
            let cond = self.cond(step);
            let then = self.block("Then");
            let after = if number == 0 { after } else { self.block("AfterThen") };
            if number > 0 {
                inner.push(after);
            }
            let declares = cond.declares.clone();
            self.graph.blocks[self.current.0].term = Term::If { cond, then, otherwise, after };
            self.go(then);
            self.push(Instr::Bound(declares));
        }
        inner
    }

    /// Ends what [`Lower::condition_blocks`] began.
    fn fall_through(&mut self, mut inner: Vec<BlockId>, after: BlockId) {
        while let Some(next) = inner.pop() {
            self.graph.blocks[self.current.0].term = Term::Fall(next);
            self.go(next);
        }
        self.graph.blocks[self.current.0].term = Term::Fall(after);
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

    /// One step of a condition, of which the first test alone may await. What it binds belongs to the current scope.
    fn cond(&mut self, tests: &[Expr]) -> Code {
        let mut tests = tests.to_vec();
        if let Some(first) = tests.first_mut() {
            *first = match peel(first) {
                Expr::Let(binding) if expr_awaits(&binding.expr) => {
                    let value = self.expr(&binding.expr);
                    let mut binding = binding.clone();
                    binding.expr = Box::new(value);
                    Expr::Let(binding)
                }
                first => self.expr(first),
            };
        }
        let expr = match &tests[..] {
            [test] => self.verbatim(test),
            tests => self.verbatim(&syn::parse_quote!(#(#tests)&&*)),
        };
        let mut code = self.code(expr.clone());
        let mut lets = Vec::new();
        collect_lets(&expr, &mut lets);
        for (pat, value) in lets {
            code.declares.extend(self.bind_borrows(&pat, &value));
        }
        code
    }

    fn match_expr(&mut self, expr: &syn::ExprMatch, dest: Dest) {
        let value = self.expr(&expr.expr);
        let head = MatchHead::Value(self.code(value.clone()));
        let start = self.current;
        let after = self.block("After");
        let mut arms = Vec::new();
        for arm in &expr.arms {
            let mark = self.enter_scope();
            let (pat, guard) = match &arm.pat {
                Pat::Guard(guarded) => (&*guarded.pat, Some(&*guarded.guard)),
                pat => (pat, None),
            };
            let declares = self.bind_borrows(pat, &value);
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
                // What `mut` binds by value may have been changed since: that is kept.
                if bindings(pat)
                    .iter()
                    .all(|binding| binding.mutability.is_none() || binding.by_ref.is_some())
                {
                    this.rebuild(pat, false, expr, needs, &declares);
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
    fn kept_items(&mut self, expr: &Expr) -> Option<Expr> {
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
                if !adapts && !(BORROWING.contains(&method.as_str()) && call.args.is_empty()) {
                    return None;
                }
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

/// The steps that a condition is tested in: a test with an await begins a new one if there is a `let`, whose names it
/// may use.
fn steps(cond: &Expr) -> Vec<Vec<Expr>> {
    if !has_let(cond) {
        return vec![vec![cond.clone()]];
    }
    let mut tests = Vec::new();
    collect_tests(cond, &mut tests);
    let mut steps: Vec<Vec<Expr>> = Vec::new();
    for test in tests {
        match steps.last_mut() {
            Some(step) if !expr_awaits(&test) => step.push(test),
            _ => steps.push(vec![test]),
        }
    }
    steps
}

fn collect_tests(cond: &Expr, tests: &mut Vec<Expr>) {
    match cond {
        Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
            collect_tests(&binary.left, tests);
            collect_tests(&binary.right, tests);
        }
        test => tests.push(test.clone()),
    }
}

/// The `let`s in a condition, in order: pattern and value.
fn collect_lets(expr: &Expr, lets: &mut Vec<(Pat, Expr)>) {
    match peel(expr) {
        Expr::Let(binding) => lets.push(((*binding.pat).clone(), (*binding.expr).clone())),
        Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
            collect_lets(&binary.left, lets);
            collect_lets(&binary.right, lets);
        }
        _ => {}
    }
}

/// A `Block` as an expression, for branches.
pub(super) fn block_of(expr: &Expr) -> Block {
    Block { brace_token: syn::token::Brace::default(), stmts: vec![syn::Stmt::Expr(expr.clone(), None)] }
}
