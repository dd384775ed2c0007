//! Which variables tasks are put into. Each keeps them to the end of its scope, as in any Rust; what is not named any more
//! would otherwise not be stored, and a task that nothing names ends.
//!
//! What a variable is of type is not known here. It keeps a task where `ctx.spawn(..)`, or another variable that keeps one, is a part
//! of what it is given, or a method gives it whose result names `Task`: directly, in a tuple, list or variant, through the closure of a chain, by a method with it as an argument
//! (`push`, or `add` of a type of one's own), or by a function with it that changes the variable or makes its value. A variable
//! that is taken for one that keeps tasks, and is none, is stored for nothing.
use std::collections::{BTreeMap, BTreeSet};

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, Ident, Stmt, Token};

use super::Shape;
use super::place::peel;
use crate::analyse::{bound_by, codes};
use crate::cfg::{BlockId, Code, CodeTokens, Graph, Instr, MatchHead, Poll, Polled, Term};
use crate::names::{VarId, Vars};

/// Methods that put their arguments into what they are called on.
const PUTTING: &[&str] = &[
    "push",
    "push_back",
    "push_front",
    "insert",
    "extend",
    "append",
    "replace",
    "get_or_insert",
    "get_or_insert_with",
    "or_insert",
    "or_insert_with",
];

/// Methods that give out a part of what they are called on, by reference.
const GIVING_OUT: &[&str] = &[
    "pop",
    "pop_back",
    "pop_first",
    "pop_front",
    "pop_last",
    "remove",
    "replace",
    "split_off",
    "swap_remove",
    "take",
    "drain",
];

/// Other methods that take what they are called on by reference, and give nothing of it out as a value.
const LOOKING: &[&str] = &[
    "as_deref",
    "as_mut",
    "as_ref",
    "as_slice",
    "back",
    "back_mut",
    "cancel",
    "chunks",
    "clear",
    "contains",
    "contains_key",
    "entry",
    "first",
    "first_mut",
    "front",
    "front_mut",
    "get",
    "get_mut",
    "is_empty",
    "is_err",
    "is_none",
    "is_ok",
    "is_some",
    "iter",
    "iter_mut",
    "keys",
    "last",
    "last_mut",
    "len",
    "retain",
    "reverse",
    "rotate_left",
    "rotate_right",
    "swap",
    "truncate",
    "values",
    "values_mut",
    "windows",
];

fn is_one_of(call: &ExprMethodCall, names: &[&str]) -> bool {
    names.contains(&call.method.to_string().as_str())
}

/// Whether a method that is called on what keeps tasks does not move it.
pub(crate) fn takes_by_reference(call: &ExprMethodCall) -> bool {
    [PUTTING, GIVING_OUT, LOOKING].iter().any(|names| is_one_of(call, names))
}

/// Notes all of them, with the blocks that put tasks into them.
pub(super) fn note(graph: &mut Graph, context: Option<&Ident>, methods: &BTreeMap<String, Shape>) {
    let mut kept = given(graph, methods);
    loop {
        let before = kept.len();
        for id in graph.block_ids() {
            let keepers = kept.iter().map(|(var, _)| *var).collect();
            let found = found_in(graph, id, &keepers, context);
            // A borrow keeps nothing; a closure gives what it begins.
            kept.extend(found.into_iter().filter(|(var, _)| !graph.is_borrow(*var)));
        }
        if kept.len() == before {
            break;
        }
    }
    kept.retain(|(var, _)| graph.var(*var).rebuild.is_none());
    graph.tasks_kept = kept.into_iter().collect();
}

/// The parameters whose types name tasks, and what is awaited of methods whose results do.
fn given(graph: &Graph, methods: &BTreeMap<String, Shape>) -> BTreeSet<(VarId, BlockId)> {
    let mut given = BTreeSet::new();
    for id in graph.block_ids() {
        let declared = graph.block(id).instrs.iter().filter_map(|instr| match instr {
            Instr::Arguments { declares, .. } => Some(declares),
            _ => None,
        });
        let is_of_tasks = |var: &&VarId| graph.var(**var).ty.as_ref().is_some_and(names_task);
        given.extend(declared.flatten().filter(is_of_tasks).map(|var| (*var, id)));
        let gives_tasks = |method: &Ident| {
            methods.get(&method.to_string()).is_some_and(|method| names_task(&method.output))
        };
        given.extend(graph.block(id).instrs.iter().filter_map(|instr| match instr {
            Instr::Poll(Poll { what: Polled::Call { method, .. }, output, .. }) if gives_tasks(method) => {
                Some((*output, id))
            }
            _ => None,
        }));
    }
    given
}

/// Whether a type is `Task<_>`, or has it in it.
fn names_task(ty: &syn::Type) -> bool {
    struct Names(bool);
    impl<'ast> Visit<'ast> for Names {
        fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
            self.0 |= segment.ident == "Task";
            visit::visit_path_segment(self, segment);
        }
    }
    let mut names = Names(false);
    names.visit_type(ty);
    names.0
}

fn found_in(graph: &Graph, id: BlockId, keepers: &Vars, context: Option<&Ident>) -> Vec<(VarId, BlockId)> {
    let block = graph.block(id);
    let mut found = Vec::new();
    for code in codes(block) {
        let mut search = Search { names: names(graph, code), keepers, context, found: Vec::new() };
        search.code(code);
        found.extend(search.found.into_iter().map(|var| (var, id)));
    }
    // What a pattern takes out of it.
    let (head, to): (_, Vec<BlockId>) = match &block.term {
        Term::Match { head: MatchHead::Cursor(var), arms, .. } if keepers.contains(var) => {
            return with_bound(graph, found, arms.iter().map(|arm| arm.block));
        }
        Term::Match { head: MatchHead::Value(code), arms, .. } => {
            (code, arms.iter().map(|arm| arm.block).collect())
        }
        Term::LetElse { code, next, .. } => (code, vec![*next]),
        Term::If { cond, then, .. } => (cond, vec![*then]),
        _ => return found,
    };
    let search = Search { names: names(graph, head), keepers, context, found: Vec::new() };
    let CodeTokens::Expr(expr) = &head.tokens else { return found };
    if search.is_taken_from(expr) { with_bound(graph, found, to) } else { found }
}

/// With what is bound on the way to some blocks.
fn with_bound(
    graph: &Graph,
    mut found: Vec<(VarId, BlockId)>,
    to: impl IntoIterator<Item = BlockId>,
) -> Vec<(VarId, BlockId)> {
    for id in to {
        found.extend(bound_by(graph.block(id)).into_iter().map(|var| (var, id)));
    }
    found
}

fn names(graph: &Graph, code: &Code) -> BTreeMap<String, VarId> {
    let all = code.uses.iter().chain(&code.kills);
    all.map(|var| (graph.var(*var).ident.to_string(), *var)).collect()
}

/// Looks for what is put into variables, in one piece of code.
struct Search<'s> {
    /// The variables that it names.
    names: BTreeMap<String, VarId>,
    keepers: &'s Vars,
    context: Option<&'s Ident>,
    found: Vec<VarId>,
}

impl Search<'_> {
    fn code(&mut self, code: &Code) {
        match &code.tokens {
            CodeTokens::Stmt(stmt) => {
                if let Stmt::Local(local) = &**stmt
                    && local.init.as_ref().is_some_and(|init| self.keeps(&init.expr))
                {
                    self.found.extend(&code.declares);
                }
                self.visit_stmt(stmt);
            }
            CodeTokens::Expr(expr) => self.visit_expr(expr),
        }
    }

    fn put(&mut self, place: &Expr) {
        let var = root(place).and_then(|name| self.names.get(&name.to_string()));
        self.found.extend(var);
    }

    /// What a function with a task may put it into: what it borrows to change it.
    fn put_into<'x>(&mut self, arguments: impl Iterator<Item = &'x Expr>) {
        for argument in arguments {
            if let Expr::Reference(syn::ExprReference { mutability: Some(_), expr, .. }) = peel(argument) {
                self.put(expr);
            }
        }
    }

    /// Whether a task is a part of what an expression gives.
    fn keeps(&self, expr: &Expr) -> bool {
        match peel(expr) {
            Expr::Path(path) => path
                .path
                .get_ident()
                .and_then(|name| self.names.get(&name.to_string()))
                .is_some_and(|var| self.keepers.contains(var)),
            Expr::MethodCall(call) => self.is_spawn(call) || self.is_kept_through(call),
            Expr::Call(call) => {
                self.keeps(&call.func)
                    || call.args.iter().any(|arg| self.keeps(arg))
                    || (is_made_of_arguments(call) && call.args.iter().any(|arg| self.is_emptied(arg)))
            }
            Expr::Tuple(tuple) => tuple.elems.iter().any(|elem| self.keeps(elem)),
            Expr::Array(array) => array.elems.iter().any(|elem| self.keeps(elem)),
            Expr::Struct(literal) => {
                literal.fields.iter().any(|field| self.keeps(&field.expr))
                    || literal.rest.as_ref().is_some_and(|rest| self.keeps(rest))
            }
            Expr::Field(field) => self.keeps(&field.base),
            Expr::Try(operand) => self.keeps(&operand.expr),
            Expr::Closure(closure) => self.keeps(&closure.body),
            Expr::Block(block) => self.ends_with(&block.block),
            Expr::If(branch) => {
                self.ends_with(&branch.then_branch)
                    || branch.else_branch.as_ref().is_some_and(|(_, otherwise)| self.keeps(otherwise))
            }
            Expr::Match(choice) => choice.arms.iter().any(|arm| self.keeps(&arm.body)),
            Expr::Macro(mac) if mac.mac.path.is_ident("vec") => {
                let list = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(mac.mac.tokens.clone());
                list.is_ok_and(|list| list.iter().any(|elem| self.keeps(elem)))
            }
            _ => false,
        }
    }

    /// The argument of `std::mem::take(&mut tasks)`.
    fn is_emptied(&self, argument: &Expr) -> bool {
        matches!(peel(argument), Expr::Reference(place) if place.mutability.is_some() && self.keeps(&place.expr))
    }

    /// Whether the value of a block keeps a task: it may be made of what the block's own variables keep.
    fn ends_with(&self, block: &syn::Block) -> bool {
        let begins = |stmt: &Stmt| match stmt {
            Stmt::Local(local) => local.init.as_ref().is_some_and(|init| self.keeps(&init.expr)),
            _ => false,
        };
        match block.stmts.last() {
            Some(Stmt::Expr(expr, None)) => self.keeps(expr) || block.stmts.iter().any(begins),
            _ => false,
        }
    }

    fn is_spawn(&self, call: &ExprMethodCall) -> bool {
        let is_context = |expr: &Expr| match expr {
            Expr::Path(path) => self.context.is_some_and(|context| path.path.is_ident(context)),
            _ => false,
        };
        call.method == "spawn" && is_context(peel(&call.receiver))
    }

    /// `items.map(|item| ctx.spawn(..)).collect()`, `task.clone()`
    fn is_kept_through(&self, call: &ExprMethodCall) -> bool {
        let gives = is_one_of(call, GIVING_OUT) || !takes_by_reference(call);
        gives && (self.keeps(&call.receiver) || call.args.iter().any(|arg| self.keeps(arg)))
    }

    /// Whether the value of a `match` or `let` keeps tasks, or a condition with a `let`.
    fn is_taken_from(&self, expr: &Expr) -> bool {
        match peel(expr) {
            Expr::Let(test) => self.keeps(&test.expr),
            Expr::Binary(binary) => self.is_taken_from(&binary.left) || self.is_taken_from(&binary.right),
            expr => self.keeps(expr),
        }
    }
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.args.iter().any(|arg| self.keeps(arg)) {
            self.put(&call.receiver);
            self.put_into(call.args.iter());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if call.args.iter().any(|arg| self.keeps(arg)) {
            self.put_into(call.args.iter());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        if self.keeps(&assign.right) {
            self.put(&assign.left);
        }
        visit::visit_expr_assign(self, assign);
    }
}

/// Whether what a call gives is made of its arguments: `Some(..)`, `Holder::new(..)`, `VecDeque::from(..)`.
fn is_made_of_arguments(call: &ExprCall) -> bool {
    let Expr::Path(function) = &*call.func else { return false };
    function.path.segments.last().is_some_and(|last| {
        let name = last.ident.to_string();
        name.starts_with(char::is_uppercase)
            || matches!(name.as_str(), "cursor" | "from" | "from_iter" | "new" | "take")
    })
}

/// The variable that a place is within.
fn root(place: &Expr) -> Option<&Ident> {
    match peel(place) {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Field(field) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        Expr::Unary(unary) => root(&unary.expr),
        Expr::Reference(reference) => root(&reference.expr),
        Expr::MethodCall(call) => root(&call.receiver),
        _ => None,
    }
}
