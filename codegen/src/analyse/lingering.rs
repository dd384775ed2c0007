//! Tasks live as long as their variables: to the end of the scope, whether anybody names them again or not.
use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, Stmt, UnOp};

use super::{codes, mentioned, successors};
use crate::cfg::{Block, BlockId, CodeTokens, ConstructId, ExitTo, Graph, TaskId};
use crate::lower::takes_by_reference;
use crate::names::{VarId, Vars};

/// For each block the variables that live where it begins for no other reason than that tasks were put into them, they are in
/// scope, and nothing was moved out of them.
pub(super) fn lingering(graph: &Graph, reachable: &[bool]) -> Vec<Vars> {
    let mut lingering = vec![Vars::new(); graph.blocks.len()];
    let mut kept: BTreeMap<VarId, Vec<BlockId>> = BTreeMap::new();
    for (var, kept_in) in &graph.tasks_kept {
        kept.entry(*var).or_default().push(*kept_in);
    }
    for (var, kept_in) in kept {
        let (mut moving, mut assigning) = (Vec::new(), Vec::new());
        for id in graph.block_ids().filter(|id| reachable[id.0]) {
            let (moves, assigns) = moves(graph, graph.block(id), var);
            moving.extend(moves.then_some(id));
            assigning.extend(assigns.then_some(id));
        }
        let behind = |ids: &[BlockId]| ids.iter().flat_map(|id| behind(graph, *id)).collect();
        let around: Vec<_> = moving.iter().flat_map(|id| branches_around(graph, *id)).collect();
        let polls = around.iter().map(|(construct, _)| graph.constructs[construct.0].poll);
        let moved_by: Vec<BlockId> = moving.iter().copied().chain(polls).collect();
        let moved = reached(graph, reachable, var, behind(&moved_by), &assigning);
        // A branch that moves out of it has it for itself.
        let taken_along = |id: BlockId| {
            around.iter().any(|(construct, branch)| {
                let task = graph.block(id).task;
                let in_construct =
                    graph.constructs[construct.0].branches.iter().any(|of| graph.is_within(task, *of));
                id == graph.constructs[construct.0].poll || (in_construct && !graph.is_within(task, *branch))
            })
        };
        let keeping: Vec<BlockId> = kept_in.into_iter().filter(|id| !moving.contains(id)).collect();
        let alive = reached(graph, reachable, var, behind(&keeping), &[]);
        for id in graph.block_ids().filter(|id| alive[id.0] && !moved[id.0] && !taken_along(*id)) {
            lingering[id.0].insert(var);
        }
    }
    lingering
}

/// The constructs that a block is in a branch of, innermost first, with that branch.
fn branches_around(graph: &Graph, id: BlockId) -> Vec<(ConstructId, TaskId)> {
    let mut around = Vec::new();
    let mut task = graph.block(id).task;
    while let Some((construct, _)) = graph.tasks[task.0].branch_of {
        around.push((construct, task));
        task = graph.construct_task(construct);
    }
    around
}

/// Where a block leads to when it is done. The branches of a construct that it waits for come before.
fn behind(graph: &Graph, id: BlockId) -> Vec<BlockId> {
    let block = graph.block(id);
    let mut next = block.term.targets();
    next.extend(codes(block).flat_map(|code| &code.exits).filter_map(|exit| match graph.exits[exit.0].to {
        ExitTo::Block(target, _) => Some(target),
        ExitTo::Return => None,
    }));
    next
}

/// The blocks that these lead to, as long as they are in the variable's scope; past those that end it, none.
fn reached(
    graph: &Graph,
    reachable: &[bool],
    var: VarId,
    mut next: Vec<BlockId>,
    ending: &[BlockId],
) -> Vec<bool> {
    let mut reached = vec![false; graph.blocks.len()];
    while let Some(id) = next.pop() {
        let in_scope = graph.scope_chain(graph.block(id).scope).contains(&graph.var(var).scope);
        if in_scope && reachable[id.0] && !reached[id.0] {
            reached[id.0] = true;
            if !ending.contains(&id) {
                next.extend(successors(graph, id));
            }
        }
    }
    reached
}

/// Whether something in a block may move out of a variable, and does not fill it again; and whether something gives it a
/// new value as a whole.
fn moves(graph: &Graph, block: &Block, var: VarId) -> (bool, bool) {
    if !mentioned(graph, block).0.contains(&var) {
        return (false, false);
    }
    let (name, mutable) = (graph.var(var).ident.to_string(), graph.var(var).mutable);
    let mut visitor = Moves { name, mutable, found: false };
    let mut assigned = false;
    for code in codes(block).filter(|code| code.uses.contains(&var) || code.kills.contains(&var)) {
        match &code.tokens {
            CodeTokens::Stmt(stmt) => visitor.visit_stmt(stmt),
            CodeTokens::Expr(expr) => visitor.visit_expr(expr),
        }
        if code.kills.contains(&var) {
            (visitor.found, assigned) = (false, true);
        }
    }
    (visitor.found, assigned)
}

/// Finds a variable where it is not only looked at or changed in place: anything but `&name`, `&mut name`, `name = ..` and
/// methods that take it by reference.
struct Moves {
    name: String,
    mutable: bool,
    found: bool,
}

impl Moves {
    fn is_named(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => path.path.is_ident(&self.name),
            Expr::Paren(inner) => self.is_named(&inner.expr),
            Expr::Group(inner) => self.is_named(&inner.expr),
            _ => false,
        }
    }

    /// Whether an expression is the variable, or a place in it; the indexes on the way are looked through.
    fn is_within(&mut self, expr: &Expr) -> bool {
        match expr {
            Expr::Field(field) => self.is_within(&field.base),
            Expr::Index(index) if self.is_within(&index.expr) => {
                self.visit_expr(&index.index);
                true
            }
            Expr::Paren(inner) => self.is_within(&inner.expr),
            expr => self.is_named(expr),
        }
    }

    fn names_it(&self, tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == self.name,
            TokenTree::Group(group) => self.names_it(group.stream()),
            _ => false,
        })
    }
}

impl<'ast> Visit<'ast> for Moves {
    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        // `pool.add(task);`, of which nobody wants what it gives: it changes the variable.
        if let Stmt::Expr(Expr::MethodCall(call), Some(_)) = stmt
            && self.mutable
            && !call.args.is_empty()
        {
            let (mut calls, mut receiver) = (vec![call], &*call.receiver);
            while let Expr::MethodCall(inner) = receiver {
                calls.push(inner);
                receiver = &inner.receiver;
            }
            if self.is_within(receiver) {
                let arguments = calls.iter().flat_map(|call| &call.args);
                return arguments.for_each(|argument| self.visit_expr(argument));
            }
        }
        visit::visit_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Reference(reference) if self.is_within(&reference.expr) => {}
            Expr::MethodCall(call) if takes_by_reference(call) && self.is_within(&call.receiver) => {
                call.args.iter().for_each(|argument| self.visit_expr(argument));
            }
            Expr::Assign(assign) if self.is_within(&assign.left) => {
                self.visit_expr(&assign.right);
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) && self.is_named(&unary.expr) => {}
            expr if self.is_named(expr) => self.found = true,
            expr => visit::visit_expr(self, expr),
        }
    }

    // What a macro does with it is not known; format strings look at it.
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.found |= self.names_it(mac.tokens.to_token_stream());
    }
}
