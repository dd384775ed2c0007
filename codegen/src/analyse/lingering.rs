//! Tasks live as long as their variables: to the end of the scope, whether anybody names them again or not.
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, UnOp};

use super::{codes, mentioned, successors};
use crate::cfg::{Block, BlockId, CodeTokens, ExitTo, Graph};
use crate::names::{VarId, Vars};

/// For each block the tasks that live where it begins, for no other reason than that their variables are in scope and
/// nothing was moved out of them.
pub(super) fn lingering(graph: &Graph, reachable: &[bool]) -> Vec<Vars> {
    let mut lingering = vec![Vars::new(); graph.blocks.len()];
    for (var, kept_in) in &graph.tasks_kept {
        let moving = graph.block_ids().filter(|id| reachable[id.0] && moves(graph, graph.block(*id), *var));
        let moving: Vec<BlockId> = moving.collect();
        let moved =
            reached(graph, reachable, *var, moving.iter().flat_map(|id| behind(graph, *id)).collect());
        if moving.contains(kept_in) {
            continue;
        }
        let alive = reached(graph, reachable, *var, behind(graph, *kept_in));
        for id in graph.block_ids().filter(|id| alive[id.0] && !moved[id.0]) {
            lingering[id.0].insert(*var);
        }
    }
    lingering
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

/// The blocks that these lead to, as long as they are in the variable's scope.
fn reached(graph: &Graph, reachable: &[bool], var: VarId, mut next: Vec<BlockId>) -> Vec<bool> {
    let mut reached = vec![false; graph.blocks.len()];
    while let Some(id) = next.pop() {
        let in_scope = graph.scope_chain(graph.block(id).scope).contains(&graph.var(var).scope);
        if in_scope && reachable[id.0] && !reached[id.0] {
            reached[id.0] = true;
            next.extend(successors(graph, id));
        }
    }
    reached
}

/// Whether something in a block may move out of a variable, or put another task into it.
fn moves(graph: &Graph, block: &Block, var: VarId) -> bool {
    if !mentioned(graph, block).0.contains(&var) {
        return false;
    }
    let mut visitor = Moves { name: graph.var(var).ident.to_string(), found: false };
    for code in codes(block).filter(|code| code.uses.contains(&var) || code.kills.contains(&var)) {
        match &code.tokens {
            CodeTokens::Stmt(stmt) => visitor.visit_stmt(stmt),
            CodeTokens::Expr(expr) => visitor.visit_expr(expr),
        }
    }
    visitor.found
}

/// Finds a variable where it is not only looked at: anything but `&name`, `&mut name` and `name.cancel()`.
struct Moves {
    name: String,
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

    fn names_it(&self, tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == self.name,
            TokenTree::Group(group) => self.names_it(group.stream()),
            _ => false,
        })
    }
}

impl<'ast> Visit<'ast> for Moves {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Reference(reference) if self.is_named(&reference.expr) => {}
            Expr::MethodCall(call) if call.method == "cancel" && self.is_named(&call.receiver) => {}
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
