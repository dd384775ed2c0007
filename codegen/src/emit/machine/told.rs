//! Variables that an arm takes and puts back as they were, or that are lists which it only adds to, or only takes from the front of: their
//! slots are told so. What was taken down of such a variable is used again, or brought up to date, and not all of it is written anew.
use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall, ExprReference};

use super::Emit;
use crate::analyse::{SlotKind, codes};
use crate::cfg::{BlockId, Code, CodeTokens, Instr, MatchHead, Term};
use crate::lower::each_ident;
use crate::names::{VarId, Vars};

/// Methods of `Vec` and `VecDeque` that add to the end and do nothing else. Whether it is one of these is known when it runs.
const GROWS: &[&str] = &["push", "push_back", "extend", "extend_from_slice", "append"];
/// Those that take from the front.
const SHRINKS: &[&str] = &["pop_front"];

/// Those that do nothing to a list, nor hand out what could.
const COUNTS: &[&str] = &["len", "is_empty"];
/// Methods of the standard library's collections that take `&self`.
const LOOKS: &[&str] = &[
    "iter",
    "keys",
    "values",
    "range",
    "get",
    "first",
    "last",
    "front",
    "back",
    "contains",
    "contains_key",
    "as_slice",
    "clone",
];

/// By variable, the method by which its slot is told where it is put back.
pub(super) type Told = BTreeMap<VarId, Ident>;

/// Each of these a slot has twice: rustc decides by its type which is meant.
const SAME: &str = "same";
const SAME_LIST: &str = "same_list";

impl Emit<'_> {
    /// Of the variables that the arm of `head` takes out of slots and puts back, those of which its slot is told something.
    pub(super) fn told(&self, head: BlockId, taken: &Vars) -> Told {
        let graph = self.graph;
        let blocks = || {
            let inside = |block: &BlockId| self.analysis.arm[block.0] == Some(head);
            graph.block_ids().filter(inside).map(|block| graph.block(block))
        };
        // The code of the arm, and what is made again in it.
        let codes: Vec<&Code> = blocks().flat_map(codes).collect();
        let named: Vars = codes.iter().flat_map(|code| &code.uses).copied().collect();
        let rebuilds = graph.with_needs(&named).into_iter().filter_map(|var| graph.var(var).rebuild.as_ref());
        let again: Vec<(TokenStream, Option<Expr>)> =
            rebuilds.map(|made| (made.expr.clone(), syn::parse2(made.expr.clone()).ok())).collect();
        let mut uses = Uses::default();
        for code in &codes {
            match &code.tokens {
                CodeTokens::Stmt(stmt) => uses.visit_stmt(stmt),
                CodeTokens::Expr(expr) => uses.visit_expr(expr),
            }
        }
        again.iter().filter_map(|(_, expr)| expr.as_ref()).for_each(|expr| uses.visit_expr(expr));

        let found = self.analysis.found_in(graph, head);
        let mut told = Told::new();
        for var in taken & &found {
            let data = graph.var(var);
            let Some(known) = uses.0.get(&data.ident) else { continue };
            if data.rebuild.is_some()
                || data.parts.is_some()
                || self.analysis.slot(SlotKind::Kept(var)).is_none()
                || blocks().any(|block| is_used_otherwise(&block.instrs, &block.term, var))
            {
                continue;
            }
            let in_code = |code: &&Code| {
                let tokens = tokens(code);
                // In a text, too, as of a format.
                in_texts(tokens.clone(), &data.ident.to_string()) + occurrences(tokens, &data.ident)
            };
            let again = again.iter().map(|(tokens, _)| occurrences(tokens.clone(), &data.ident));
            if codes.iter().map(in_code).chain(again).sum::<usize>() == known.count()
                && let Some(tell) = known.tell()
            {
                told.insert(var, Ident::new(tell, Span::call_site()));
            }
        }
        told
    }
}

fn tokens(code: &Code) -> TokenStream {
    match &code.tokens {
        CodeTokens::Stmt(stmt) => stmt.to_token_stream(),
        CodeTokens::Expr(expr) => expr.to_token_stream(),
    }
}

/// How often a name is used in which way.
#[derive(Debug, Default)]
struct Known {
    grows: usize,
    shrinks: usize,
    counts: usize,
    looks: usize,
    borrows: usize,
}

impl Known {
    fn count(&self) -> usize {
        self.grows + self.shrinks + self.counts + self.looks + self.borrows
    }

    fn tell(&self) -> Option<&'static str> {
        match self {
            Known { grows: 0, shrinks: 0, counts: 0, looks: 0, .. } => Some(SAME),
            Known { grows: 0, shrinks: 0, .. } => Some(SAME_LIST),
            Known { shrinks: 0, looks: 0, borrows: 0, .. } => Some("grew"),
            Known { grows: 0, looks: 0, borrows: 0, .. } => Some("shrank"),
            _ => None,
        }
    }
}

/// The uses of names.
#[derive(Default)]
struct Uses(BTreeMap<Ident, Known>);

impl Uses {
    fn of(&mut self, expr: &Expr) -> Option<&mut Known> {
        let Expr::Path(path) = expr else { return None };
        Some(self.0.entry(path.path.get_ident()?.clone()).or_default())
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let is = |list: &[&str]| list.iter().any(|name| call.method == name);
        let (grows, shrinks, counts, looks) = (is(GROWS), is(SHRINKS), is(COUNTS), is(LOOKS));
        if (grows || shrinks || counts || looks)
            && let Some(known) = self.of(&call.receiver)
        {
            known.grows += usize::from(grows);
            known.shrinks += usize::from(shrinks);
            known.counts += usize::from(counts);
            known.looks += usize::from(looks);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_reference(&mut self, reference: &'ast ExprReference) {
        if reference.mutability.is_none()
            && let Some(known) = self.of(&reference.expr)
        {
            known.borrows += 1;
        }
        visit::visit_expr_reference(self, reference);
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

/// How often a name stands in a piece of code.
fn occurrences(tokens: TokenStream, name: &Ident) -> usize {
    let mut count = 0;
    each_ident(tokens, &mut |ident| count += usize::from(ident == name));
    count
}

fn in_texts(tokens: TokenStream, name: &str) -> usize {
    let found = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => in_texts(group.stream(), name),
        TokenTree::Literal(literal) => usize::from(literal.to_string().contains(name)),
        _ => 0,
    });
    found.sum()
}
