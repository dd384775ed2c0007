//! Statements.
use quote::quote;
use syn::spanned::Spanned;
use syn::{Block, Expr, Local, Pat, Stmt};

use super::find::{expr_awaits, stmt_awaits};
use super::given::take_name;
use super::verbatim::exits_in;
use super::{Dest, Lower};
use crate::cfg::{Code, CodeTokens, Instr, Term};
use crate::diag;
use crate::names::{Mentioned, VarId, Vars};

impl Lower<'_, '_> {
    pub(super) fn method_body(&mut self, body: &Block) {
        self.statements(body, Dest::Return);
    }

    /// The statements of a block, in the current scope.
    pub(super) fn statements(&mut self, block: &Block, dest: Dest) {
        self.declare_items(block);
        let last = block.stmts.len().checked_sub(1);
        let mut delivered = false;
        for (position, stmt) in block.stmts.iter().enumerate() {
            let is_last = Some(position) == last;
            let named = take_name(stmt);
            let stmt = named.as_ref().map_or(stmt, |(stmt, _)| stmt);
            self.apart(|this| {
                match stmt {
                    Stmt::Expr(expr, None) if is_last => {
                        delivered = true;
                        this.tail(expr, dest);
                    }
                    Stmt::Macro(stmt) if is_last && stmt.semi_token.is_none() => {
                        delivered = true;
                        let mac =
                            Expr::Macro(syn::ExprMacro { attrs: stmt.attrs.clone(), mac: stmt.mac.clone() });
                        this.tail(&mac, dest);
                    }
                    _ => this.stmt(stmt),
                }
                if let Some((_, names)) = named.clone() {
                    this.give_name(names);
                }
            });
        }
        if !delivered {
            self.deliver(syn::parse_quote!(()), dest);
        }
    }

    /// The items of a block are its own, where they can be written more than once. Types cannot: a value of one may be
    /// in a slot. Where a block has types, its items are those of the whole body.
    fn declare_items(&mut self, block: &Block) {
        let items = block.stmts.iter().filter_map(|stmt| match stmt {
            Stmt::Item(item) => Some(item.clone()),
            _ => None,
        });
        let items: Vec<syn::Item> = items.collect();
        let scope = &mut self.graph.scopes[self.scope.0];
        if scope.parent.is_some() && items.iter().all(can_be_written_again) {
            // Not each copy is used.
            scope.items.extend(items.into_iter().map(|item| match item {
                syn::Item::Use(mut item) => {
                    item.attrs.push(syn::parse_quote!(#[allow(unused_imports)]));
                    syn::Item::Use(item)
                }
                item => item,
            }));
        } else {
            self.graph.items.extend(items);
        }
    }

    /// An expression whose value is the block's.
    fn tail(&mut self, expr: &Expr, dest: Dest) {
        if let Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) = expr {
            self.jump(expr);
            return;
        }
        if expr_awaits(expr) && self.control(expr, dest) {
            return;
        }
        let value = self.expr(expr);
        self.deliver(value, dest);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Local(local) => self.local(local),
            // They are declared as their block begins.
            Stmt::Item(_) => {}
            Stmt::Expr(expr, semi) => self.expression_stmt(stmt, expr, semi.is_some()),
            Stmt::Macro(mac) if stmt_awaits(stmt) => {
                let mac = Expr::Macro(syn::ExprMacro { attrs: mac.attrs.clone(), mac: mac.mac.clone() });
                self.no_cfg(&mac);
                let value = self.expr(&mac);
                self.expr_stmt(unused(value, &mac));
            }
            Stmt::Macro(_) => self.verbatim_statement(stmt),
        }
    }

    fn expression_stmt(&mut self, stmt: &Stmt, expr: &Expr, semi: bool) {
        match expr {
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => {
                self.jump(expr);
            }
            Expr::Assign(_) => {
                let value = self.expr(expr);
                self.expr_stmt(value);
            }
            _ if expr_awaits(expr) => {
                self.no_cfg(expr);
                if self.control(expr, Dest::Ignore) {
                    return;
                }
                let value = self.expr(expr);
                if semi || !matches!(value, Expr::Path(_)) {
                    self.expr_stmt(unused(value, expr));
                }
            }
            _ => self.verbatim_statement(stmt),
        }
    }

    fn verbatim_statement(&mut self, stmt: &Stmt) {
        let stmt = self.verbatim_stmt(stmt);
        let mut visitor = Mentioned::new(&self.env);
        syn::visit::Visit::visit_stmt(&mut visitor, &stmt);
        let mut uses = visitor.vars;
        uses.extend(self.temps_in(quote!(#stmt)));
        let exits = exits_in(&stmt);
        self.push(Instr::Code(Code {
            tokens: CodeTokens::Stmt(Box::new(stmt)),
            uses,
            kills: Vars::new(),
            declares: Vec::new(),
            exits,
        }));
    }

    /// `return`, `break` or `continue` as a statement of its own.
    pub(super) fn jump(&mut self, expr: &Expr) {
        match expr {
            Expr::Return(leave) => {
                let value = match &leave.expr {
                    Some(value) if expr_awaits(value) && self.control(value, Dest::Return) => return,
                    Some(value) => self.expr(value),
                    None => syn::parse_quote!(()),
                };
                self.deliver(value, Dest::Return);
            }
            Expr::Break(leave) => {
                let value = leave.expr.as_ref().map(|value| self.expr(value));
                match self.loop_exit(leave.label.as_ref(), true) {
                    Some(crate::cfg::ExitTo::Block(exit, result)) => {
                        match (result, value) {
                            (Some(var), value) => {
                                self.assign(var, value.unwrap_or_else(|| syn::parse_quote!(())));
                            }
                            (None, Some(value)) => self.expr_stmt(value),
                            (None, None) => {}
                        }
                        self.leave(Term::Jump(exit));
                    }
                    // Not in a loop: rustc says so better than we could.
                    _ => self.expr_stmt(expr.clone()),
                }
            }
            Expr::Continue(leave) => match self.loop_exit(leave.label.as_ref(), false) {
                Some(crate::cfg::ExitTo::Block(head, _)) => self.leave(Term::Jump(head)),
                _ => self.expr_stmt(expr.clone()),
            },
            _ => {}
        }
    }

    fn no_cfg(&mut self, expr: &Expr) {
        let attrs = match expr {
            Expr::Await(expr) => &expr.attrs,
            Expr::Call(expr) => &expr.attrs,
            Expr::If(expr) => &expr.attrs,
            Expr::Match(expr) => &expr.attrs,
            Expr::Macro(expr) => &expr.attrs,
            Expr::Block(expr) => &expr.attrs,
            Expr::Loop(expr) => &expr.attrs,
            Expr::While(expr) => &expr.attrs,
            Expr::ForLoop(expr) => &expr.attrs,
            Expr::Try(expr) => &expr.attrs,
            _ => return,
        };
        if let Some(attr) = attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
            self.errors.on(attr, diag::AWAIT_UNDER_CFG);
        }
    }

    fn local(&mut self, local: &Local) {
        if let Some(attr) = local.attrs.iter().find(|attr| attr.path().is_ident("cfg"))
            && stmt_awaits(&Stmt::Local(local.clone()))
        {
            self.errors.on(attr, diag::AWAIT_UNDER_CFG);
        }
        let (pat, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            pat => (pat, None),
        };
        let Some(init) = &local.init else {
            let binds = self.bind(pat, ty);
            for var in binds {
                self.push(Instr::Declare(var));
            }
            return;
        };
        let value = self.expr(&init.expr);
        if let Some((_, otherwise)) = &init.diverge {
            let value = self.referent(value);
            if expr_awaits(otherwise) {
                return self.let_else(&local.pat, &value, otherwise);
            }
            let otherwise = self.verbatim(otherwise);
            let mut local = local.clone();
            local.init = Some(syn::LocalInit {
                eq_token: init.eq_token,
                expr: Box::new(before_else(value.clone())),
                diverge: Some((init.diverge.as_ref().expect("it is there").0, Box::new(otherwise))),
            });
            let again = self.again(pat, &value, true);
            let binds = self.let_stmt(local, pat, ty);
            self.note_again(again, &binds);
            return;
        }
        let value = self.referent(value);
        if let (true, Pat::Wild(wild)) = (self.is_spawn(&init.expr), pat) {
            self.errors.on(wild, diag::TASK_DROPPED);
        }
        let again = self.again(&local.pat, &value, false);
        let mut local = local.clone();
        local.init =
            Some(syn::LocalInit { eq_token: init.eq_token, expr: Box::new(value.clone()), diverge: None });
        let binds = self.let_stmt(local, pat, ty);
        self.note_again(again, &binds);
    }

    pub(super) fn let_stmt(&mut self, local: Local, pat: &Pat, ty: Option<&syn::Type>) -> Vec<VarId> {
        let uses = {
            let mut visitor = Mentioned::new(&self.env);
            if let Some(init) = &local.init {
                syn::visit::Visit::visit_local_init(&mut visitor, init);
            }
            let mut vars = visitor.vars;
            vars.extend(self.temps_in(quote!(#local)));
            vars
        };
        let exits = exits_in(&local);
        let declares = self.bind(pat, ty);
        self.push(Instr::Code(Code {
            tokens: CodeTokens::Stmt(Box::new(Stmt::Local(local))),
            uses,
            kills: Vars::new(),
            declares: declares.clone(),
            exits,
        }));
        declares
    }

    fn let_else(&mut self, pat: &Pat, value: &Expr, otherwise: &Expr) {
        let code = self.code(before_else(value.clone()));
        let at_else = self.block("Else");
        let next = self.block("Next");
        let current = self.current;
        self.go(at_else);
        match otherwise {
            Expr::Block(block) => self.scoped(|this| this.statements(&block.block, Dest::Ignore)),
            other => self.errors.on(other, diag::AWAIT_IN_OTHER),
        }
        let declares = self.bind_borrows(pat_of(pat), value);
        self.go(current);
        // The bindings are the next block's; they are declared as it begins.
        self.end(Term::LetElse { pat: pat.clone(), code, otherwise: at_else, next }, next);
        self.push(Instr::Bound(declares));
    }
}

/// The output of an await that nothing is done with. Should that be wrong, it is said of the user's own token.
fn unused(output: Expr, awaited: &Expr) -> Expr {
    if !matches!(output, Expr::Path(_)) {
        return output;
    }
    let span = awaited.span();
    syn::parse_quote_spanned!(span=> ::longhaul::machine::unused(#output))
}

/// The value of a `let .. else`, which may not end in a brace.
fn before_else(value: Expr) -> Expr {
    if matches!(value, Expr::Path(_)) { value } else { syn::parse_quote!((#value)) }
}

fn pat_of(pat: &Pat) -> &Pat {
    match pat {
        Pat::Type(typed) => &typed.pat,
        pat => pat,
    }
}

/// Whether an item means the same when it is there twice.
fn can_be_written_again(item: &syn::Item) -> bool {
    use syn::Item::{Const, Fn, Macro, Type, Use};
    matches!(item, Const(_) | Fn(_) | Macro(_) | Type(_) | Use(_))
}
