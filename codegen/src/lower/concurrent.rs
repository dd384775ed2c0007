//! `join!`, `try_join!`, `select!` and `timeout`: branches beside each other at one suspension.
//!
//! A branch that is only an awaitable begins where the construct does and has no code of its own. An `async`
//! block is a task: its code runs within the construct's poll, with a position of its own.
use quote::quote;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Block, Expr, Macro, Token};

use super::control::block_of;
use super::find::expr_awaits;
use super::given::{take_branch_name, without_names};
use super::label::{source_text, tidy};
use super::place::peel;
use super::select::is_select;
use super::{Dest, Label, Lower, VarId};
use crate::cfg::{Concurrency, Construct, ConstructId, Door, Instr, Polled, Task, TaskId, Term};
use crate::diag;

impl Lower<'_, '_> {
    /// `join!`, `try_join!` or `select!` as an expression.
    pub(super) fn concurrent_macro(&mut self, mac: &Macro) -> Expr {
        if is_select(mac) {
            let var = self.result_var(mac.path.span());
            self.select(mac, Dest::Var(var));
            return self.path(var);
        }
        let parser = syn::punctuated::Punctuated::<Expr, Token![,]>::parse_terminated;
        let branches = match parser.parse2(mac.tokens.clone()) {
            Ok(branches) => branches,
            Err(error) => {
                self.errors.push(error);
                return syn::parse_quote!(::core::unreachable!());
            }
        };
        if branches.is_empty() {
            self.errors.on(mac, diag::BRANCHES);
            return syn::parse_quote!(::core::unreachable!());
        }
        let kind = if mac.path.segments.last().is_some_and(|last| last.ident == "try_join") {
            Concurrency::TryJoin
        } else {
            Concurrency::Join
        };
        let name = if kind == Concurrency::Join { "Join" } else { "TryJoin" };
        let label = Self::macro_label(name, mac);
        let (output, _) = self.construct(kind, branches.iter().collect(), label);
        self.path(output)
    }

    pub(super) fn macro_label(name: &str, mac: &Macro) -> Label {
        let source = tidy(&without_names(quote!(#mac)).to_string());
        Label { name: name.to_owned(), source, timer: false, span: mac.path.span() }
    }

    /// `timeout(limit, operation).await`: a race that the operation wins when both are ready.
    pub(super) fn timeout(&mut self, limit: &Expr, operation: &Expr, whole: &Expr) -> Expr {
        let limit = self.expr(limit);
        let timer: Expr = syn::parse_quote!(::longhaul::machine::sleep(#limit));
        let (name, source) = ("Timeout".to_owned(), source_text(whole));
        let label = Label { name, source, timer: false, span: whole.span() };
        let construct = self.graph.constructs.len();
        let (winner, outputs) = self.construct(Concurrency::Timeout, vec![operation, &timer], label);
        let (winner, output) = (self.path(winner), self.path(outputs[0]));
        let result = self.spill(
            syn::parse_quote! {
                match #winner {
                    0 => ::core::result::Result::Ok(#output.take()),
                    _ => ::core::result::Result::Err(::longhaul::machine::Elapsed),
                }
            },
            whole.span(),
        );
        self.graph.constructs[construct].result = self.temps_in(quote!(#result)).first().copied();
        result
    }

    /// `ctx.scope(operation).await` or `shield(operation).await`.
    pub(super) fn guarded(&mut self, kind: Concurrency, operation: &Expr, whole: &Expr) -> Expr {
        let name = if kind == Concurrency::Scope { "Scope" } else { "Shield" };
        let (name, source) = (name.to_owned(), source_text(whole));
        let label = Label { name, source, timer: false, span: whole.span() };
        let (output, _) = self.construct(kind, vec![operation], label);
        self.path(output)
    }

    /// Lowers the branches; gives the construct's output and each branch's.
    pub(super) fn construct(
        &mut self,
        kind: Concurrency,
        branches: Vec<&Expr>,
        label: Label,
    ) -> (VarId, Vec<VarId>) {
        self.construct_with_doors(kind, branches, Vec::new(), label)
    }

    /// The same for branches that may be shut, which the doors say.
    pub(super) fn construct_with_doors(
        &mut self,
        kind: Concurrency,
        branches: Vec<&Expr>,
        doors: Vec<(Door, Option<Expr>)>,
        label: Label,
    ) -> (VarId, Vec<VarId>) {
        let construct = ConstructId(self.graph.constructs.len());
        let poll = self.block("Branches");
        self.graph.constructs.push(Construct {
            kind,
            branches: Vec::new(),
            poll,
            outputs: Vec::new(),
            result: None,
            doors: Vec::new(),
        });
        // What each awaitable branch is made of is evaluated and begun here, in order.
        let mut plans = Vec::new();
        for branch in branches {
            let task = TaskId(self.graph.tasks.len());
            let place = self.graph.constructs[construct.0].branches.len();
            let entry = self.block("Branch");
            self.graph.blocks[entry.0].task = task;
            self.graph.tasks.push(Task { branch_of: Some((construct, place)), entry });
            self.graph.constructs[construct.0].branches.push(task);
            let (plain, mut names) = take_branch_name(branch);
            let plan = match peel(&plain) {
                Expr::Async(block) => Plan::Body(self.branch_body(block)),
                awaitable if expr_awaits(awaitable) || self.wrapper(awaitable).is_some() => {
                    // A statement, with its name.
                    names.clear();
                    Plan::Body(block_of(&syn::parse_quote!(#branch.await)))
                }
                awaitable => {
                    let operation = self.operation(awaitable);
                    if let Some((code, call)) = operation.begin {
                        self.push(Instr::Begin { poll: entry, operation: code, call });
                    }
                    Plan::Awaitable(operation.what, operation.label)
                }
            };
            plans.push((task, entry, branch.span(), plan, names));
        }
        for (place, (door, guard)) in doors.into_iter().enumerate() {
            self.graph.constructs[construct.0].doors.push(door);
            if let Some(guard) = guard {
                let open = self.code(guard);
                self.push(Instr::Open { branch: self.graph.constructs[construct.0].branches[place], open });
            }
        }
        self.end(Term::Suspend(poll), poll);
        let output = self.poll(Polled::Branches(construct), label);
        let mut outputs = Vec::new();
        for (task, entry, span, plan, names) in plans {
            outputs.push(self.temp("o", span));
            self.apart(|this| {
                this.branch(task, entry, plan);
                this.give_name(names);
            });
        }
        self.graph.constructs[construct.0].outputs.clone_from(&outputs);
        (output, outputs)
    }

    fn branch(&mut self, task: TaskId, entry: crate::cfg::BlockId, plan: Plan) {
        let outside = (self.task, self.current, std::mem::take(&mut self.loops));
        let mark = self.enter_scope();
        self.task = task;
        self.go(entry);
        self.graph.blocks[entry.0].scope = self.scope;
        match plan {
            Plan::Awaitable(what, label) => {
                let output = self.poll(what, label);
                let value = self.path(output);
                self.deliver(value, Dest::Return);
            }
            Plan::Body(body) => self.statements(&body, Dest::Return),
        }
        self.leave_scope(mark);
        (self.task, self.current, self.loops) = outside;
    }
}

/// What a branch is.
enum Plan {
    Awaitable(Polled, Label),
    Body(Block),
}
