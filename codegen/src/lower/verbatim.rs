//! Code without an await stays as it is written, but for its ways out: `return`, `?`, and each `break` or
//! `continue` of a loop that became blocks turn into placeholder calls, which emission replaces.
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, Stmt};

use super::find::each_ident;
use super::given::NoNames;
use super::{Lower, at, build};
use crate::cfg::{Asks, Exit, ExitId, ExitTo};
use crate::diag;
use crate::names::bindings;

const PLACEHOLDER: &str = "__longhaul_exit_";

/// The exits that a piece of code has placeholders for.
pub(crate) fn exits_in(code: impl quote::ToTokens) -> Vec<ExitId> {
    let mut exits = Vec::new();
    each_ident(quote!(#code), &mut |ident| exits.extend(placeholder(ident)));
    exits
}

/// The exit that an identifier is a placeholder for.
pub(crate) fn placeholder(ident: &proc_macro2::Ident) -> Option<ExitId> {
    ident.to_string().strip_prefix(PLACEHOLDER).and_then(|number| number.parse().ok()).map(ExitId)
}

impl Lower<'_, '_> {
    /// An await-free expression with its exits replaced.
    pub(super) fn verbatim(&mut self, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        NoNames(self.errors).visit_expr_mut(&mut expr);
        Rewrite::new(self).visit_expr_mut(&mut expr);
        expr
    }

    /// An await-free statement with its exits replaced.
    pub(super) fn verbatim_stmt(&mut self, stmt: &Stmt) -> Stmt {
        let mut stmt = stmt.clone();
        NoNames(self.errors).visit_stmt_mut(&mut stmt);
        Rewrite::new(self).visit_stmt_mut(&mut stmt);
        stmt
    }

    /// `operand?` where `operand` is await-free and its exits are replaced.
    pub(super) fn question(&mut self, operand: &Expr, span: Span) -> Expr {
        Rewrite::new(self).question(operand, span)
    }

    /// Where `break` or `continue` goes from code that stands outside of any loop of its own.
    pub(super) fn loop_exit(&mut self, label: Option<&syn::Lifetime>, is_break: bool) -> Option<ExitTo> {
        let task = self.task;
        let found = self.loops.iter().rev().filter(|entry| entry.task == task).find(|entry| match label {
            Some(label) => entry.label.as_deref() == Some(&label.ident.to_string()),
            None => entry.head.is_some(),
        })?;
        Some(if is_break {
            ExitTo::Block(found.exit, found.result)
        } else {
            ExitTo::Block(found.head?, None)
        })
    }
}

/// What verbatim code has around a place in it.
#[derive(Default)]
pub(super) struct Around {
    /// The names that it binds.
    pub(super) hidden: Vec<String>,
    /// The items of its blocks, outermost first.
    pub(super) items: Vec<Vec<syn::Item>>,
}

struct Rewrite<'l, 'a, 'e> {
    lower: &'l mut Lower<'a, 'e>,
    around: Around,
    /// Within a closure, whose `return`, `?` and loops are its own.
    in_closure: bool,
    /// The loops and labelled blocks of the verbatim code around this place, by label; `true` for loops.
    inner: Vec<(Option<String>, bool)>,
}

impl<'l, 'a, 'e> Rewrite<'l, 'a, 'e> {
    fn new(lower: &'l mut Lower<'a, 'e>) -> Self {
        Rewrite { lower, around: Around::default(), in_closure: false, inner: Vec::new() }
    }

    fn exit(&mut self, to: ExitTo, value: Option<&Expr>, span: Span) -> Expr {
        self.lower.graph.exits.push(Exit { to, hidden: self.around.hidden.clone(), asks: Asks::default() });
        let name = format_ident!("{}{}", PLACEHOLDER, self.lower.graph.exits.len() - 1, span = at(span));
        build::call(build::name(name), value.cloned(), Span::call_site())
    }

    fn question(&mut self, operand: &Expr, span: Span) -> Expr {
        let span = at(span);
        let ident = |name| Ident::new(name, span);
        let residual = build::call_of_machine(["FromResidual", "from_residual"], ident("__residual"));
        let asks = Asks { vars: self.lower.temps_in(quote!(#operand)), again: !exits_in(operand).is_empty() };
        let exit = self.exit(ExitTo::Return, Some(&residual), span);
        if let Some(exit) = self.lower.graph.exits.last_mut() {
            exit.asks = asks;
        }
        let asked = build::call_of_machine(["Question", "question"], ident("__operand"));
        let goes_on = build::control_flow("Continue", ident("__value"));
        let breaks = build::control_flow("Break", ident("__residual"));
        let value = build::name(ident("__value"));
        let arms = vec![build::arm(goes_on, value, span), build::arm(breaks, exit, span)];
        let answered = build::match_of(asked, arms, span);
        let arm = build::arm(build::binding(ident("__operand")), answered, span);
        build::match_of(operand.clone(), vec![arm], span)
    }

    /// Where a `break` or `continue` goes, unless it stays within the verbatim code.
    fn leaves(&mut self, label: Option<&syn::Lifetime>, is_break: bool) -> Option<ExitTo> {
        let stays = match label {
            Some(label) => {
                let label = label.ident.to_string();
                self.inner.iter().any(|(inner, _)| inner.as_ref() == Some(&label))
            }
            None => self.inner.iter().any(|(_, is_loop)| *is_loop),
        };
        if stays { None } else { self.lower.loop_exit(label, is_break) }
    }

    /// A call of an async method as a value.
    fn own_call(&mut self, expr: &Expr) -> Expr {
        let Some(call) = self.lower.own_call(expr) else { return expr.clone() };
        let mut arguments = self.lower.handed_over(&call);
        self.lower.check_receiver(call.receiver);
        for argument in &mut arguments {
            self.visit_expr_mut(argument);
        }
        let arguments = call.all(&arguments);
        self.lower.call_value(&call.name, &arguments)
    }

    /// Whether a macro's input may have a block, call or operation in it that becomes a machine of its own.
    fn makes_tasks(&self, tokens: TokenStream) -> bool {
        let mut found = false;
        each_ident(tokens, &mut |ident| {
            found |= ident == "async"
                || ident == "spawn"
                || self.lower.around.methods.contains_key(&ident.to_string());
        });
        found
    }

    fn scoped(&mut self, inner: impl FnOnce(&mut Self)) {
        let mark = self.around.hidden.len();
        inner(self);
        self.around.hidden.truncate(mark);
    }

    fn hide(&mut self, pat: &Pat) {
        self.around.hidden.extend(bindings(pat).iter().map(|binding| binding.ident.to_string()));
    }

    fn within(&mut self, label: Option<&syn::Label>, is_loop: bool, inner: impl FnOnce(&mut Self)) {
        self.inner.push((label.map(|label| label.name.ident.to_string()), is_loop));
        self.scoped(inner);
        self.inner.pop();
    }
}

impl VisitMut for Rewrite<'_, '_, '_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Try(_) | Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) if self.in_closure => {
                visit_mut::visit_expr_mut(self, expr);
            }
            Expr::Try(question) => {
                self.visit_expr_mut(&mut question.expr);
                *expr = self.question(&question.expr, question.question_token.span());
            }
            Expr::Return(leave) => {
                if let Some(value) = &mut leave.expr {
                    self.visit_expr_mut(value);
                }
                let unit: Expr = syn::parse_quote!(());
                let value = leave.expr.as_deref().unwrap_or(&unit);
                *expr = self.exit(ExitTo::Return, Some(value), leave.return_token.span);
            }
            Expr::Break(leave) => {
                if let Some(value) = &mut leave.expr {
                    self.visit_expr_mut(value);
                }
                if let Some(to) = self.leaves(leave.label.as_ref(), true) {
                    let unit: Expr = syn::parse_quote!(());
                    let value = match (leave.expr.as_deref(), to) {
                        (None, ExitTo::Block(_, Some(_))) => Some(&unit),
                        (value, _) => value,
                    };
                    *expr = self.exit(to, value, leave.break_token.span);
                }
            }
            Expr::Continue(leave) => {
                if let Some(to) = self.leaves(leave.label.as_ref(), false) {
                    *expr = self.exit(to, None, leave.continue_token.span);
                }
            }
            Expr::Async(block) => *expr = self.lower.async_value(block, &self.around),
            Expr::MethodCall(call) if self.lower.is_step(call) => {
                *expr = self.lower.step_value(call, &self.around);
            }
            Expr::Closure(closure) => {
                if closure.asyncness.is_some() {
                    return self.lower.errors.on(&*closure, diag::ASYNC_CLOSURE);
                } else if let Some(found) = first_await(&closure.body) {
                    self.lower.errors.on(found, diag::AWAIT_IN_CLOSURE);
                }
                let outer = std::mem::replace(&mut self.in_closure, true);
                self.scoped(|this| {
                    closure.inputs.iter().for_each(|input| this.hide(input));
                    this.visit_expr_mut(&mut closure.body);
                });
                self.in_closure = outer;
            }
            Expr::Const(_) => {
                if let Some(found) = first_await(expr) {
                    self.lower.errors.on(found, diag::AWAIT_IN_CONST);
                }
            }
            Expr::MethodCall(_) | Expr::Call(_) if self.lower.own_call(expr).is_some() => {
                *expr = self.own_call(expr);
            }
            Expr::MethodCall(call) if self.lower.spawn_argument(call).is_some() => {
                let written = call.args[0].clone();
                self.visit_expr_mut(&mut call.args[0]);
                call.args[0] = self.lower.spawned_operation(&written, &call.args[0]);
            }
            Expr::Block(block) if block.label.is_some() => {
                let label = block.label.clone();
                self.within(label.as_ref(), false, |this| visit_mut::visit_expr_block_mut(this, block));
            }
            _ => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        if let Stmt::Expr(expr, Some(_)) = stmt {
            if self.lower.own_call(expr).is_some() {
                return self.lower.errors.on(&*expr, diag::HELPER_NOT_AWAITED);
            }
            if self.lower.is_step_value(expr) {
                return self.lower.errors.on(&*expr, diag::STEP_NOT_AWAITED);
            }
            if self.lower.is_spawn(expr) {
                return self.lower.errors.on(&*expr, diag::TASK_DROPPED);
            }
        }
        visit_mut::visit_stmt_mut(self, stmt);
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        let leaves = has_exit(mac.tokens.clone());
        let is_lowered = super::meanwhile::is_written_here(mac);
        if is_lowered || (!leaves && !self.makes_tasks(mac.tokens.clone())) {
            return;
        }
        match super::macros::Arguments::parse(mac) {
            Some(mut arguments) => {
                for value in arguments.values_mut() {
                    self.visit_expr_mut(value);
                }
                mac.tokens = arguments.to_tokens();
            }
            None if leaves => self.lower.errors.on(&*mac, diag::EXIT_IN_MACRO),
            None => {}
        }
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        let items = block.stmts.iter().filter_map(|stmt| match stmt {
            Stmt::Item(item) => Some(item.clone()),
            _ => None,
        });
        self.around.items.push(items.collect());
        self.scoped(|this| visit_mut::visit_block_mut(this, block));
        self.around.items.pop();
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let Some(init) = &mut local.init {
            self.visit_local_init_mut(init);
        }
        self.hide(&local.pat);
    }

    fn visit_expr_let_mut(&mut self, expr: &mut syn::ExprLet) {
        self.visit_expr_mut(&mut expr.expr);
        self.hide(&expr.pat);
    }

    fn visit_expr_if_mut(&mut self, expr: &mut syn::ExprIf) {
        self.scoped(|this| {
            this.visit_expr_mut(&mut expr.cond);
            this.visit_block_mut(&mut expr.then_branch);
        });
        if let Some((_, otherwise)) = &mut expr.else_branch {
            self.visit_expr_mut(otherwise);
        }
    }

    fn visit_expr_while_mut(&mut self, expr: &mut syn::ExprWhile) {
        let label = expr.label.clone();
        self.within(label.as_ref(), true, |this| visit_mut::visit_expr_while_mut(this, expr));
    }

    fn visit_expr_loop_mut(&mut self, expr: &mut syn::ExprLoop) {
        let label = expr.label.clone();
        self.within(label.as_ref(), true, |this| visit_mut::visit_expr_loop_mut(this, expr));
    }

    fn visit_expr_for_loop_mut(&mut self, expr: &mut syn::ExprForLoop) {
        self.visit_expr_mut(&mut expr.expr);
        let label = expr.label.clone();
        self.within(label.as_ref(), true, |this| {
            this.hide(&expr.pat);
            this.visit_block_mut(&mut expr.body);
        });
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.scoped(|this| {
            this.hide(&arm.pat);
            visit_mut::visit_arm_mut(this, arm);
        });
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Whether a macro's input has a `return`, `break`, `continue` or postfix `?` in it.
fn has_exit(tokens: TokenStream) -> bool {
    let (mut after_value, mut after_arrow) = (false, false);
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) if ident == "return" || ident == "break" || ident == "continue" => {
                return true;
            }
            TokenTree::Punct(punct) if punct.as_char() == '?' && after_value => return true,
            TokenTree::Group(group) if has_exit(group.stream()) => return true,
            _ => {}
        }
        // `info!(?value)` shows a value; only what follows a value is the operator, as in `None::<T>?`.
        let punct = match &token {
            TokenTree::Punct(punct) => Some(punct.as_char()),
            _ => None,
        };
        after_value = punct.is_none() || (punct == Some('>') && !after_arrow);
        after_arrow = matches!(punct, Some('=' | '-'));
    }
    false
}

/// The first `.await` anywhere in an expression: all of what is awaited, or the word alone in a macro's input.
fn first_await(expr: &Expr) -> Option<TokenStream> {
    struct First(Option<TokenStream>);
    impl<'ast> syn::visit::Visit<'ast> for First {
        fn visit_expr_await(&mut self, found: &'ast syn::ExprAwait) {
            self.0.get_or_insert_with(|| quote!(#found));
        }
        // Of their own.
        fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            match super::macros::macro_values(mac) {
                Some(values) => values.iter().for_each(|value| First::visit_expr(self, value)),
                None => each_ident(mac.tokens.clone(), &mut |ident| {
                    if ident == "await" {
                        self.0.get_or_insert_with(|| quote!(#ident));
                    }
                }),
            }
        }
    }
    let mut first = First(None);
    syn::visit::Visit::visit_expr(&mut first, expr);
    first.0
}
