//! From the body of an async method to its control-flow graph.
//!
//! After this: no `.await`, `join!`, `select!` or `timeout` is left in any [`Code`]; what was evaluated before
//! an await and is needed after it is in a variable; every `return`, `?`, and every `break` or `continue` of a
//! loop that became blocks is an [`Exit`].

mod again;
mod assign;
mod branches;
mod build;
mod capitals;
mod changes;
mod concurrent;
mod control;
mod entries;
mod expr;
mod find;
mod given;
mod kept_tasks;
mod label;
mod loops;
mod macros;
mod meanwhile;
mod operands;
pub(crate) mod order;
mod own_call;
mod place;
mod select;
mod site;
mod sources;
mod step;
mod stmt;
mod taken;
mod verbatim;
mod views;
mod zipped;

pub(crate) use find::{attributes_on_awaits, each_ident, is_concurrent};
pub(crate) use given::without_names;
pub(crate) use kept_tasks::takes_by_reference;
pub(crate) use label::camel;
pub(crate) use macros::macro_values;
pub(crate) use place::{is_compound_assignment, peel};
pub(crate) use select::branches_of;
pub(crate) use site::site_tag;
use std::collections::{BTreeMap, BTreeSet};
pub(crate) use step::{nested_pattern, plain, step_tag};
pub(crate) use verbatim::{exits_in, placeholder};

use proc_macro2::Span;
use quote::{format_ident, quote};
use syn::{Expr, Ident, Pat, Type};

use crate::cfg::{
    Block, BlockId, Code, CodeTokens, Ends, Graph, Instr, MAIN, Poll, Polled, Scope, ScopeId, Task, TaskId,
    Term, Var,
};
use crate::diag::Errors;
use crate::model::Method;
use crate::names::{Env, Mentioned, Unique, VarId, Vars, bindings};
use crate::parameters::Passing;

/// What lowering one method needs to know of the others.
pub(crate) struct Surroundings<'a> {
    /// The name of the workflow's type.
    pub(crate) workflow: &'a Ident,
    /// Whether a signal can change the workflow's value while it waits.
    pub(crate) signals: bool,
    /// The methods of the impl, async or not, that take `&mut self`.
    pub(crate) mutating: &'a BTreeSet<String>,
    /// Whether it is a function of its own, and no method.
    pub(crate) is_function: bool,
    /// The async methods of the impl.
    pub(crate) methods: &'a BTreeMap<String, Shape>,
}

/// How an async method is called.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Whether it takes `self`.
    pub(crate) receiver: bool,
    /// Where it takes its context, the receiver not counted.
    pub(crate) context_at: Option<usize>,
    /// The type of its other arguments: one as it is, several as a tuple.
    pub(crate) arguments: proc_macro2::TokenStream,
    /// The type of what it gives.
    pub(crate) output: Type,
    /// How each of them is handed over.
    pub(crate) passing: Vec<Passing>,
    /// Whether its types depend on the call.
    pub(crate) is_generic: bool,
}

/// Lowers one async method.
pub(crate) fn lower(method: &Method, around: &Surroundings<'_>, errors: &mut Errors) -> Graph {
    let mut lower = Lower::new(method.name.to_string(), method.context.clone(), around, errors);
    lower.arguments(method);
    lower.method_body(&capitals::bound(&method.body));
    kept_tasks::note(&mut lower.graph, lower.context.as_ref(), lower.around.methods);
    step::check_names(&lower.graph, lower.errors);
    lower.graph
}

struct Lower<'a, 'e> {
    graph: Graph,
    env: Env,
    scope: ScopeId,
    task: TaskId,
    /// The block that is being written. After a jump it is one that nothing leads to.
    current: BlockId,
    loops: Vec<Loop>,
    /// The names that were given to states by hand.
    names: BTreeSet<String>,
    /// The suspensions so far of the statement that is being lowered, without those of statements inside it.
    suspended: Vec<BlockId>,
    /// The name of the `&Context` parameter.
    context: Option<Ident>,
    /// What tasks that begin here are named after.
    name: String,
    site_names: Unique,
    /// The code of the branches beside the one that is being lowered, and of those around it.
    beside: Vec<Expr>,
    around: &'a Surroundings<'a>,
    errors: &'e mut Errors,
}

/// A loop or labelled block that became blocks.
struct Loop {
    label: Option<String>,
    /// Where `continue` goes; a labelled block has no such place.
    head: Option<BlockId>,
    exit: BlockId,
    /// Where the value of `break value` goes.
    result: Option<VarId>,
    task: TaskId,
}

/// An operation that is about to be awaited.
struct Operation {
    /// What is evaluated and begun, and the async method that it calls, if it does.
    begin: Option<(Code, Option<Ident>)>,
    what: Polled,
    label: Label,
}

/// How a suspension is called and shown.
struct Label {
    name: String,
    source: String,
    /// Whether it is a sleep.
    ends: Ends,
    span: Span,
}

/// What becomes of a block's value.
#[derive(Debug, Clone, Copy)]
enum Dest {
    Ignore,
    Var(VarId),
    /// It is the task's.
    Return,
}

impl<'a, 'e> Lower<'a, 'e> {
    /// At the beginning of a machine.
    fn new(
        name: String,
        context: Option<Ident>,
        around: &'a Surroundings<'a>,
        errors: &'e mut Errors,
    ) -> Self {
        let mut graph = Graph::default();
        graph.scopes.push(Scope { parent: None, items: Vec::new() });
        graph.tasks.push(Task { branch_of: None, entry: BlockId(0) });
        let mut lower = Lower {
            graph,
            env: Env::default(),
            scope: ScopeId(0),
            task: MAIN,
            current: BlockId(0),
            loops: Vec::new(),
            names: BTreeSet::new(),
            suspended: Vec::new(),
            context,
            name,
            site_names: Unique::default(),
            beside: Vec::new(),
            around,
            errors,
        };
        let entry = lower.block("Start");
        lower.go(entry);
        lower
    }
}

impl Lower<'_, '_> {
    // Blocks.

    fn block(&mut self, hint: &'static str) -> BlockId {
        let block =
            Block { scope: self.scope, task: self.task, instrs: Vec::new(), term: Term::Unreachable, hint };
        self.graph.blocks.push(block);
        BlockId(self.graph.blocks.len() - 1)
    }

    /// Writes on in `block`. The order in which blocks are first written is that of the source.
    fn go(&mut self, block: BlockId) {
        self.current = block;
        if !self.graph.order.contains(&block) {
            self.graph.order.push(block);
        }
    }

    fn push(&mut self, instr: Instr) {
        self.graph.blocks[self.current.0].instrs.push(instr);
    }

    /// Ends the current block and goes on with `next`.
    fn end(&mut self, term: Term, next: BlockId) {
        self.graph.blocks[self.current.0].term = term;
        self.go(next);
        self.graph.blocks[next.0].scope = self.scope;
    }

    /// Ends the current block with a way out; what is written after it is dead.
    fn leave(&mut self, term: Term) {
        let dead = self.block("Dead");
        self.end(term, dead);
    }

    // Scopes.

    fn enter_scope(&mut self) -> (ScopeId, usize) {
        let outer = self.scope;
        self.graph.scopes.push(Scope { parent: Some(outer), items: Vec::new() });
        self.scope = ScopeId(self.graph.scopes.len() - 1);
        (outer, self.env.enter())
    }

    fn leave_scope(&mut self, (outer, mark): (ScopeId, usize)) {
        self.scope = outer;
        self.env.leave(mark);
    }

    /// Code in a scope of its own, with braces around it where it has variables.
    fn scoped<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.enter_scope();
        let scope = self.scope;
        self.push(Instr::Enter(scope));
        let value = inner(self);
        self.push(Instr::Leave(scope));
        self.leave_scope(mark);
        value
    }

    // Variables.

    fn var(&mut self, ident: Ident, mutable: bool, ty: Option<Type>) -> VarId {
        self.graph.vars.push(Var { ident, mutable, scope: self.scope, rebuild: None, ty, parts: None });
        VarId(self.graph.vars.len() - 1)
    }

    /// A variable that no user can name; it is visible everywhere after.
    fn temp(&mut self, kind: &str, span: Span) -> VarId {
        let ident = format_ident!("__{}{}", kind, self.graph.vars.len(), span = at(span));
        self.var(ident, true, None)
    }

    /// The expression that names a variable.
    fn path(&self, var: VarId) -> Expr {
        build::name(self.graph.var(var).ident.clone())
    }

    /// Declares what a pattern binds, in the current scope.
    fn bind(&mut self, pat: &Pat, ty: Option<&Type>) -> Vec<VarId> {
        let whole = matches!(pat, Pat::Ident(ident) if again::binds_all(ident) && ident.by_ref.is_none());
        bindings(pat)
            .into_iter()
            .map(|binding| {
                let ty = if whole { ty.cloned() } else { None };
                let mutable = binding.mutability.is_some() && binding.by_ref.is_none();
                let var = self.var(binding.ident.clone(), mutable, ty);
                self.env.bind(&binding.ident, var);
                var
            })
            .collect()
    }

    // Code.

    /// What `expr` names: variables of the source, and temporaries wherever they come from.
    fn mentions(&self, expr: &Expr) -> Vars {
        let mut vars = Mentioned::in_expr(&self.env, expr);
        vars.extend(self.temps_in(quote!(#expr)));
        vars
    }

    fn temps_in(&self, tokens: proc_macro2::TokenStream) -> Vars {
        let mut vars = Vars::new();
        find::each_ident(tokens, &mut |ident| {
            let name = ident.to_string();
            if is_temp_name(&name)
                && let Some(at) = self.graph.vars.iter().rposition(|var| var.ident == name)
            {
                vars.insert(VarId(at));
            }
        });
        vars
    }

    /// An await-free expression whose exits are placeholders already, as code.
    fn code(&self, expr: Expr) -> Code {
        let uses = self.mentions(&expr);
        let exits = verbatim::exits_in(&expr);
        Code {
            tokens: CodeTokens::Expr(Box::new(expr)),
            uses,
            kills: Vars::new(),
            declares: Vec::new(),
            exits,
        }
    }

    /// The variables that stand alone on the left of an assignment.
    fn assigned(&self, left: &Expr, vars: &mut Vars) {
        match left {
            Expr::Path(path) => {
                vars.extend(path.path.get_ident().and_then(|name| self.env.lookup(&name.to_string())));
            }
            Expr::Paren(inner) => self.assigned(&inner.expr, vars),
            Expr::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.assigned(elem, vars)),
            Expr::Array(array) => array.elems.iter().for_each(|elem| self.assigned(elem, vars)),
            Expr::Call(call) => call.args.iter().for_each(|arg| self.assigned(arg, vars)),
            _ => {}
        }
    }

    fn assign(&mut self, var: VarId, value: Expr) {
        let code = self.code(value);
        self.push(Instr::Assign(var, code));
    }

    /// Delivers the value of a block.
    fn deliver(&mut self, value: Expr, dest: Dest) {
        match dest {
            Dest::Ignore => self.expr_stmt(value),
            Dest::Var(var) => self.assign(var, value),
            Dest::Return => {
                let code = self.code(value);
                self.leave(Term::Return(code));
            }
        }
    }

    fn expr_stmt(&mut self, value: Expr) {
        if let Expr::Tuple(tuple) = &value
            && tuple.elems.is_empty()
        {
            return;
        }
        let mut code = self.code(value);
        if let CodeTokens::Expr(expr) = &code.tokens
            && let Expr::Assign(assign) = &**expr
        {
            // Assigned whole: what it was before does not matter, unless the value is made of it.
            let mut assigned = Vars::new();
            self.assigned(&assign.left, &mut assigned);
            code.kills = &assigned - &self.mentions(&assign.right);
            code.uses = &code.uses - &code.kills;
        }
        let CodeTokens::Expr(expr) = code.tokens else { return };
        let stmt = syn::Stmt::Expr(*expr, Some(syn::Token![;](Span::call_site())));
        self.push(Instr::Code(Code { tokens: CodeTokens::Stmt(Box::new(stmt)), ..code }));
    }

    /// Binds a pattern; what it borrows from a kept place is made again after a resume.
    fn bind_borrows(&mut self, pat: &Pat, value: &Expr) -> Vec<VarId> {
        let again = self.again(pat, value, true);
        let gone = self.may_be_gone(value);
        let binds = self.bind(pat, None);
        self.note_again(again, &binds);
        let kept = binds.iter().filter(|var| gone && self.graph.var(**var).rebuild.is_none());
        self.graph.may_be_gone.extend(kept.collect::<Vec<_>>());
        binds
    }

    // Suspension.

    /// Suspends until `operation` is done; gives the output's variable.
    fn suspend(&mut self, operation: Operation) -> VarId {
        let block = self.block("Poll");
        if let Some((operation, call)) = operation.begin {
            self.push(Instr::Begin { poll: block, operation, call });
        }
        self.end(Term::Suspend(block), block);
        self.poll(operation.what, operation.label)
    }

    /// The first instruction of a poll block.
    fn poll(&mut self, what: Polled, label: Label) -> VarId {
        let output = self.temp("r", label.span);
        self.suspended.push(self.current);
        let Label { name, source, ends, span } = label;
        self.push(Instr::Poll(Poll { what, output, name, given: None, source, ends, span }));
        output
    }

    fn arguments(&mut self, method: &Method) {
        let mut declares = Vec::new();
        for argument in &method.arguments {
            declares.extend(self.bind(&capitals::bound_by(&argument.pat), Some(&argument.ty)));
        }
        let pats = method.arguments.iter().map(|argument| argument.pat.clone()).collect();
        self.push(Instr::Arguments { pats, declares });
    }
}

/// Whether a name is one of [`Lower::temp`].
pub(crate) fn is_temp_name(name: &str) -> bool {
    name.strip_prefix("__").is_some_and(|rest| {
        rest.len() > 1
            && rest.starts_with(['t', 'v', 'r', 'o'])
            && rest[1..].bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// `span`, for an identifier of ours: shown at the user's place, resolved as ours.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}
