//! Control flow with an await in it: `if`, `match`, loops, blocks, `&&` and `||`.
use quote::quote;
use syn::spanned::Spanned;
use syn::{Block, Expr, Pat};

use super::find::expr_awaits;
use super::given::is_named;
use super::place::peel;
use super::{Dest, Loop, Lower};
use crate::cfg::{BlockId, Code, Instr, MatchArm, MatchHead, Term};
use crate::diag;

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
            Expr::Unsafe(expr) => self.errors.on(expr, diag::AWAIT_IN_UNSAFE),
            Expr::Macro(expr) if super::select::is_select(&expr.mac) => self.select(&expr.mac, dest),
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => self.jump(expr),
            _ => return false,
        }
        true
    }

    /// A block of source as the inside of some construct: it begins in `start` and falls to `after`.
    pub(super) fn inside(&mut self, start: BlockId, after: BlockId, inner: impl FnOnce(&mut Self)) {
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
    pub(super) fn condition_blocks(
        &mut self,
        cond: &Expr,
        otherwise: BlockId,
        after: BlockId,
    ) -> Vec<BlockId> {
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
    pub(super) fn fall_through(&mut self, mut inner: Vec<BlockId>, after: BlockId) {
        while let Some(next) = inner.pop() {
            self.graph.blocks[self.current.0].term = Term::Fall(next);
            self.go(next);
        }
        self.graph.blocks[self.current.0].term = Term::Fall(after);
    }

    /// A value in its own scope.
    fn branch_value(&mut self, expr: &Expr, dest: Dest) {
        self.scoped(|this| this.value_here(expr, dest));
    }

    /// A value in the current scope.
    pub(super) fn value_here(&mut self, expr: &Expr, dest: Dest) {
        self.apart(|this| match expr {
            Expr::Block(block) if block.label.is_none() => this.statements(&block.block, dest),
            expr if is_named(expr) => this.statements(&block_of(expr), dest),
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
                Expr::Let(binding) => {
                    let value = self.expr(&binding.expr);
                    let value = self.scrutinee(value);
                    let mut binding = binding.clone();
                    binding.expr = Box::new(value);
                    Expr::Let(binding)
                }
                // With its parentheses: `(a || b) && let Some(c) = d`, `(Point { x } == y)`.
                _ => self.expr(first),
            };
        }
        let expr = match &tests[..] {
            [test] => self.verbatim(test),
            tests => self.verbatim(&syn::parse_quote!(#(#tests)&&*)),
        };
        self.code_with_lets(expr)
    }

    /// The code of a condition, whose `let`s belong to the current scope.
    fn code_with_lets(&mut self, expr: Expr) -> Code {
        let mut lets = Vec::new();
        collect_lets(&expr, &mut lets);
        let mut code = self.code(expr);
        for (pat, value) in lets {
            code.declares.extend(self.bind_borrows(&pat, &value));
        }
        code
    }

    fn match_expr(&mut self, expr: &syn::ExprMatch, dest: Dest) {
        let value = self.expr(&expr.expr);
        let value = self.scrutinee(value);
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
            let mut bound = self.bind_borrows(pat, &value);
            let guard = guard.map(|guard| {
                if expr_awaits(guard) {
                    self.errors.on(guard, diag::AWAIT_IN_GUARD);
                }
                let guard = if expr_awaits(guard) { syn::parse_quote!(true) } else { self.verbatim(guard) };
                let code = self.code_with_lets(guard);
                bound.extend(&code.declares);
                code
            });
            if let Some(attr) = arm.attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
                self.errors.on(attr, diag::AWAIT_UNDER_CFG);
            }
            let block = self.block("Arm");
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

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn counted(cond: &Expr) -> Vec<usize> {
        steps(cond).iter().map(Vec::len).collect()
    }

    #[test]
    fn a_condition_is_tested_in_a_new_step_where_an_await_may_use_what_a_let_bound() {
        assert_eq!(counted(&parse_quote!(a && b.await)), [1], "without a `let` it is an expression");
        assert_eq!(counted(&parse_quote!(let Some(x) = a && x > 1 && y)), [3]);
        assert_eq!(counted(&parse_quote!(let Some(x) = a.await && x > 1)), [2]);
        assert_eq!(counted(&parse_quote!(let Some(x) = a && f(x).await && x > 1 && g(x).await)), [1, 2, 1]);
    }
}
