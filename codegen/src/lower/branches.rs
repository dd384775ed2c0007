//! The branches of a construct: what each is, and how they come to stand beside each other.
//!
//! As in plain Rust, what the branches are made of is evaluated first, in order and outside of all of them: awaits in it
//! are those of the code around, and so is a `?`. Only then does the first branch begin. Of a `timeout`, `scope` or
//! `shield` that is itself a branch, its own branches are made then, too.
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Block, Expr};

use super::expr::Wrapper;
use super::find::expr_awaits;
use super::given::{Names, take_branch_name};
use super::label::source_text;
use super::operands::Mode;
use super::place::peel;
use super::{Dest, Label, Lower, Operation, VarId};
use crate::cfg::{
    BlockId, Concurrency, Construct, ConstructId, Door, Ends, Instr, Polled, Task, TaskId, Term,
};

/// A construct, all that its branches are made of being evaluated.
pub(super) struct Plan {
    kind: Concurrency,
    branches: Vec<Planned>,
    label: Label,
    /// The function that the source calls, of which nothing else is left.
    function: Option<syn::Path>,
}

/// What a branch is going to be.
struct Planned {
    what: What<Operation, Plan>,
    names: Names,
    span: Span,
}

/// What a branch is.
enum What<O, C> {
    /// Something that is begun and waited for.
    Operation(O),
    /// An `async` block.
    Body(Block),
    /// Another construct.
    Construct(C),
}

/// A construct that has its place in the graph.
struct Built {
    id: ConstructId,
    poll: BlockId,
    kind: Concurrency,
    branches: Vec<Branch>,
    label: Label,
}

/// A branch that has its place in the graph.
struct Branch {
    task: TaskId,
    entry: BlockId,
    what: What<(Polled, Label), Built>,
    names: Names,
    span: Span,
}

impl Lower<'_, '_> {
    /// A construct of these branches; gives its output and each branch's. The doors say which branches may be shut.
    pub(super) fn construct(
        &mut self,
        kind: Concurrency,
        branches: &[&Expr],
        doors: Vec<(Door, Option<Expr>)>,
        label: Label,
    ) -> (VarId, Vec<VarId>) {
        let planned = branches.iter().enumerate().map(|(place, branch)| {
            let later = branches[place + 1..].iter().any(|later| expr_awaits(later));
            self.planned(branch, later)
        });
        let plan = Plan { branches: planned.collect(), kind, label, function: None };
        let built = self.build(plan, self.task);
        for (place, (door, guard)) in doors.into_iter().enumerate() {
            let construct = &mut self.graph.constructs[built.id.0];
            construct.doors.push(door);
            let branch = construct.branches[place];
            if let Some(guard) = guard {
                let open = self.code(guard);
                self.push(Instr::Open { branch, open });
            }
        }
        self.wait_for(built)
    }

    /// `timeout(limit, operation)`, `ctx.scope(operation)` or `shield(operation)`, awaited.
    pub(super) fn wrapped(&mut self, wrapper: &Wrapper<'_>, whole: &Expr) -> Expr {
        let plan = self.plan(wrapper, whole, false);
        let built = self.build(plan, self.task);
        self.output_of(built)
    }

    /// Evaluates what the construct is made of. With `hold` other code is evaluated before it begins, which may wait.
    fn plan(&mut self, wrapper: &Wrapper<'_>, whole: &Expr, hold: bool) -> Plan {
        let source = source_text(whole);
        let label =
            |name: &str| Label { name: name.to_owned(), source, ends: Ends::Result, span: whole.span() };
        let (kind, branches, label) = match wrapper {
            Wrapper::Timeout(limit, operation) => {
                let mut limit = self.expr(limit);
                if hold || expr_awaits(operation) {
                    limit = self.hold(limit, Mode::Value);
                }
                let operation = self.planned(operation, hold);
                let timer = self.planned(&syn::parse_quote!(::longhaul::machine::sleep(#limit)), false);
                (Concurrency::Timeout, vec![operation, timer], label("Timeout"))
            }
            Wrapper::Scope(operation) => {
                (Concurrency::Scope, vec![self.planned(operation, hold)], label("Scope"))
            }
            Wrapper::Shield(operation) => {
                (Concurrency::Shield, vec![self.planned(operation, hold)], label("Shield"))
            }
        };
        let function = match whole {
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) => Some(path.path.clone()),
                _ => None,
            },
            _ => None,
        };
        Plan { kind, branches, label, function }
    }

    fn planned(&mut self, branch: &Expr, hold: bool) -> Planned {
        let (plain, names) = take_branch_name(branch);
        let awaitable = peel(&plain);
        let what = if let Expr::Async(block) = awaitable {
            What::Body(self.branch_body(block, hold))
        } else if let Some(wrapper) = self.wrapper(awaitable) {
            What::Construct(self.plan(&wrapper, awaitable, hold))
        } else {
            What::Operation(self.operation(awaitable, hold))
        };
        Planned { what, names, span: branch.span() }
    }

    /// Makes a place in the graph for a construct that `within` waits for, and hands each branch what it begins.
    fn build(&mut self, plan: Plan, within: TaskId) -> Built {
        let Plan { kind, branches, label, function } = plan;
        let id = ConstructId(self.graph.constructs.len());
        let poll = self.block("Branches");
        self.graph.blocks[poll.0].task = within;
        self.graph.constructs.push(Construct {
            kind,
            function,
            branches: Vec::new(),
            poll,
            outputs: Vec::new(),
            result: None,
            doors: Vec::new(),
        });
        for place in 0..branches.len() {
            let task = TaskId(self.graph.tasks.len());
            let entry = self.block("Branch");
            self.graph.blocks[entry.0].task = task;
            self.graph.tasks.push(Task { branch_of: Some((id, place)), entry });
            self.graph.constructs[id.0].branches.push(task);
        }
        let tasks = self.graph.constructs[id.0].branches.clone();
        let mut branches: Vec<_> = tasks.into_iter().zip(branches).collect();
        // The limit is written before what it limits.
        let limited = kind == Concurrency::Timeout;
        if limited {
            branches.reverse();
        }
        let branches = branches.into_iter().map(|(task, branch)| self.build_branch(task, branch));
        let mut branches: Vec<_> = branches.collect();
        if limited {
            branches.reverse();
        }
        Built { id, poll, kind, branches, label }
    }

    fn build_branch(&mut self, task: TaskId, Planned { what, names, span }: Planned) -> Branch {
        let entry = self.graph.tasks[task.0].entry;
        let what = match what {
            What::Operation(Operation { begin, what, label }) => {
                if let Some((operation, call)) = begin {
                    self.push(Instr::Begin { poll: entry, operation, call });
                }
                What::Operation((what, label))
            }
            What::Body(body) => What::Body(body),
            What::Construct(plan) => What::Construct(self.build(plan, task)),
        };
        Branch { task, entry, what, names, span }
    }

    /// Suspends until the construct is done; gives its output and each branch's.
    fn wait_for(&mut self, built: Built) -> (VarId, Vec<VarId>) {
        let Built { id, poll, branches, label, .. } = built;
        self.end(Term::Suspend(poll), poll);
        let output = self.poll(Polled::Branches(id), label);
        let mut outputs = Vec::new();
        let bodies: Vec<Vec<Expr>> = branches.iter().map(|branch| bodies(&branch.what)).collect();
        for (place, Branch { task, entry, what, names, span }) in branches.into_iter().enumerate() {
            outputs.push(self.temp("o", span));
            let mark = self.beside.len();
            let others = bodies.iter().enumerate().filter(|(other, _)| *other != place);
            self.beside.extend(others.flat_map(|(_, bodies)| bodies.iter().cloned()));
            self.apart(|this| {
                this.branch(task, entry, what);
                this.give_name(names);
            });
            self.beside.truncate(mark);
        }
        self.graph.constructs[id.0].outputs.clone_from(&outputs);
        (output, outputs)
    }

    /// Suspends until the construct is done; gives what it comes to.
    fn output_of(&mut self, built: Built) -> Expr {
        let (id, kind, span) = (built.id, built.kind, built.label.span);
        let (output, outputs) = self.wait_for(built);
        let output = self.path(output);
        if kind != Concurrency::Timeout {
            return output;
        }
        let value = self.path(outputs[0]);
        let result = self.spill(
            syn::parse_quote! {
                match #output {
                    0 => ::core::result::Result::Ok(#value.take()),
                    _ => ::core::result::Result::Err(::longhaul::machine::Elapsed),
                }
            },
            span,
        );
        self.graph.constructs[id.0].result = self.temps_in(quote::quote!(#result)).first().copied();
        result
    }

    fn branch(&mut self, task: TaskId, entry: BlockId, what: What<(Polled, Label), Built>) {
        let outside = (self.task, self.current, std::mem::take(&mut self.loops));
        let mark = self.enter_scope();
        self.task = task;
        self.go(entry);
        self.graph.blocks[entry.0].scope = self.scope;
        match what {
            What::Operation((what, label)) => {
                let output = self.poll(what, label);
                let value = self.path(output);
                self.deliver(value, Dest::Return);
            }
            What::Body(body) => self.statements(&body, Dest::Return),
            What::Construct(built) => {
                let value = self.output_of(built);
                self.deliver(value, Dest::Return);
            }
        }
        self.leave_scope(mark);
        (self.task, self.current, self.loops) = outside;
    }
}

/// The code of a branch, where it has code of its own.
fn bodies(what: &What<(Polled, Label), Built>) -> Vec<Expr> {
    match what {
        What::Operation(_) => Vec::new(),
        What::Body(body) => vec![syn::parse_quote!(#body)],
        What::Construct(built) => built.branches.iter().flat_map(|branch| bodies(&branch.what)).collect(),
    }
}
