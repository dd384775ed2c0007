//! Lists that an arm only adds to, or only takes from the front of: their slots are told so. What was taken down of such a list is
//! brought up to date, and not all of it is written anew.
use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall};

use super::Emit;
use crate::analyse::{SlotKind, codes};
use crate::cfg::{BlockId, Code, CodeTokens, Instr, MatchHead, Term};
use crate::lower::each_ident;
use crate::names::{VarId, Vars};

/// Methods of `Vec` and `VecDeque` that add to the end and do nothing else. Whether it is one of these is known when it runs.
const GROWS: &[&str] = &["push", "push_back", "extend", "extend_from_slice", "append"];
/// Those that take from the front.
const SHRINKS: &[&str] = &["pop_front"];

/// By variable, what its slot is told where it is put back.
pub(super) type Told = BTreeMap<VarId, Ident>;

impl Emit<'_> {
    /// Of the variables that the arm of `head` takes out of slots and puts back, those that are such lists.
    pub(super) fn lists(&self, head: BlockId, taken: &Vars) -> Told {
        let graph = self.graph;
        let blocks = || {
            let inside = |block: &BlockId| self.analysis.arm[block.0] == Some(head);
            graph.block_ids().filter(inside).map(|block| graph.block(block))
        };
        let mut calls = Calls::default();
        blocks().flat_map(codes).for_each(|code| calls.look(code));
        if calls.0.is_empty() {
            return Told::new();
        }
        let found = self.analysis.found_in(graph, head);
        let mut told = Told::new();
        for var in taken & &found {
            let data = graph.var(var);
            let Some((method, count)) = calls.0.get(&data.ident) else { continue };
            if data.rebuild.is_some()
                || data.parts.is_some()
                || self.analysis.slot(SlotKind::Kept(var)).is_none()
                || blocks().any(|block| is_used_otherwise(&block.instrs, &block.term, var))
            {
                continue;
            }
            // What borrows from it is made again of it.
            let borrowed = |code: &Code| {
                let others: Vars = code.uses.iter().copied().filter(|used| *used != var).collect();
                graph.with_needs(&others).contains(&var)
            };
            let uses = || blocks().flat_map(codes);
            if !uses().any(borrowed)
                && uses().map(|code| occurrences(code, &data.ident)).sum::<usize>() == *count
                && let Some(method) = method
            {
                told.insert(var, format_ident!("{method}"));
            }
        }
        told
    }
}

/// By name, what is told where nothing but its methods is called, if that is one thing; and how many calls these are.
#[derive(Default)]
struct Calls(BTreeMap<Ident, (Option<&'static str>, usize)>);

impl Calls {
    fn look(&mut self, code: &Code) {
        match &code.tokens {
            CodeTokens::Stmt(stmt) => self.visit_stmt(stmt),
            CodeTokens::Expr(expr) => self.visit_expr(expr),
        }
    }
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let is = |list: &[&str]| list.iter().any(|name| call.method == name);
        let tells = match () {
            () if is(GROWS) => Some("grew"),
            () if is(SHRINKS) => Some("shrank"),
            () => None,
        };
        if let (Some(tells), Expr::Path(path)) = (tells, &*call.receiver)
            && let Some(name) = path.path.get_ident()
        {
            let (told, count) = self.0.entry(name.clone()).or_insert((Some(tells), 0));
            *told = told.filter(|told| *told == tells);
            *count += 1;
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// Whether something other than code uses it.
fn is_used_otherwise(instrs: &[Instr], term: &Term, var: VarId) -> bool {
    let by_head = matches!(
        term,
        Term::Match { head: MatchHead::Cursor(used) | MatchHead::Nth { index: used, .. } | MatchHead::Winner(used), .. }
            if *used == var
    );
    by_head
        || instrs.iter().any(|instr| match instr {
            Instr::Declare(used) | Instr::Assign(used, _) | Instr::Advance(used) => *used == var,
            Instr::Bound(all) | Instr::Arguments { declares: all, .. } => all.contains(&var),
            Instr::Code(code) => code.declares.contains(&var) || code.kills.contains(&var),
            _ => false,
        })
}

/// How often a name stands in a piece of code; in a text, too, as of a format.
fn occurrences(code: &Code, name: &Ident) -> usize {
    let tokens = match &code.tokens {
        CodeTokens::Stmt(stmt) => stmt.to_token_stream(),
        CodeTokens::Expr(expr) => expr.to_token_stream(),
    };
    let mut count = 0;
    each_ident(tokens.clone(), &mut |ident| count += usize::from(ident == name));
    count + in_texts(tokens, &name.to_string())
}

fn in_texts(tokens: TokenStream, name: &str) -> usize {
    let found = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => in_texts(group.stream(), name),
        TokenTree::Literal(literal) => usize::from(literal.to_string().contains(name)),
        _ => 0,
    });
    found.sum()
}
