//! What code does to what is needed of a variable, last thing first.
use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::{Block, Expr, Stmt};

use super::fields::{Way, fields_of, place};
use super::needed::Needed;
use crate::cfg::{BlockId, ExitId};
use crate::lower::{exits_in, peel, placeholder};

pub(super) enum Backward {
    /// It is needed.
    Needs(Needed),
    /// A field of it gets another value.
    Assigns(Way),
    /// It gets another value, or the code does not come to what is behind.
    Ends,
    /// The code may lead there.
    Leads(BlockId),
    /// It does one of these.
    Either(Vec<Vec<Backward>>),
}

/// What is needed of a variable at some place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NeededAt {
    /// What is read of it.
    pub(super) read: Needed,
    /// What is named of it, and be it to assign it.
    pub(super) named: Needed,
}

impl NeededAt {
    pub(super) fn nothing() -> Self {
        NeededAt { read: Needed::nothing(), named: Needed::nothing() }
    }

    fn add(&mut self, more: &NeededAt) {
        self.read.add(&more.read);
        self.named.add(&more.named);
    }

    /// Goes back over some steps, with what is needed where each block begins.
    pub(super) fn before(mut self, steps: &[Backward], blocks: &[NeededAt]) -> NeededAt {
        for step in steps {
            match step {
                Backward::Needs(more) => {
                    self.read.add(more);
                    self.named.add(more);
                }
                Backward::Assigns(way) => {
                    self.read.before_assigned(way);
                    self.named.add(&Needed::Fields(BTreeSet::from([way.clone()])));
                }
                Backward::Ends => self = NeededAt::nothing(),
                Backward::Leads(next) => self.add(&blocks[next.0]),
                Backward::Either(ways) => {
                    let before = ways.iter().map(|steps| self.clone().before(steps, blocks));
                    self = before
                        .reduce(|mut one, other| {
                            one.add(&other);
                            one
                        })
                        .unwrap_or(self);
                }
            }
        }
        self
    }
}

/// The steps of code that assigns fields of a variable somewhere within it; none if it does not, or has another variable of that
/// name.
pub(super) fn steps_of(
    code: &Stmt,
    name: &str,
    leads: &dyn Fn(ExitId) -> Option<BlockId>,
) -> Option<Vec<Backward>> {
    let mut finds = Finds { name, assigns: false, binds: false };
    finds.visit_stmt(code);
    if !finds.assigns || finds.binds {
        return None;
    }
    let mut walk = Walk { name, leads, steps: Vec::new() };
    walk.stmt(code);
    Some(walk.steps)
}

struct Finds<'n> {
    name: &'n str,
    assigns: bool,
    binds: bool,
}

impl<'ast> Visit<'ast> for Finds<'_> {
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        self.assigns |= place(&assign.left).is_some_and(|(of, way)| of == self.name && !way.is_empty());
        visit::visit_expr_assign(self, assign);
    }

    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        self.binds |= pat.ident == self.name;
        visit::visit_pat_ident(self, pat);
    }
}

struct Walk<'w> {
    name: &'w str,
    leads: &'w dyn Fn(ExitId) -> Option<BlockId>,
    steps: Vec<Backward>,
}

impl Walk<'_> {
    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Expr(expr, _) => self.expr(expr),
            Stmt::Local(local) => {
                let init = local.init.iter();
                let parts =
                    init.map(|init| (&init.expr, init.diverge.as_ref().map(|(_, otherwise)| otherwise)));
                parts.for_each(|(value, otherwise)| self.rest(quote!((#value) #otherwise)));
            }
            stmt => self.rest(stmt.to_token_stream()),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match peel(expr) {
            Expr::Assign(assign) => match place(&assign.left) {
                Some((of, way)) if of == self.name && !way.is_empty() => {
                    self.steps.push(Backward::Assigns(way));
                    self.rest(assign.right.to_token_stream());
                }
                _ => self.rest(assign.to_token_stream()),
            },
            Expr::If(expr) => {
                let then = self.apart(|this| this.block(&expr.then_branch));
                let otherwise = self.apart(|this| {
                    if let Some((_, otherwise)) = &expr.else_branch {
                        this.expr(otherwise);
                    }
                });
                self.steps.push(Backward::Either(vec![then, otherwise]));
                self.rest(expr.cond.to_token_stream());
            }
            Expr::Match(expr) => {
                let arms = expr.arms.iter().map(|arm| {
                    self.apart(|this| {
                        this.expr(&arm.body);
                        this.rest(arm.pat.to_token_stream());
                    })
                });
                let arms = arms.collect();
                self.steps.push(Backward::Either(arms));
                self.rest(expr.expr.to_token_stream());
            }
            Expr::Block(expr) if expr.label.is_none() => self.block(&expr.block),
            Expr::Call(call) => {
                let exit = match &*call.func {
                    Expr::Path(path) => path.path.get_ident().and_then(placeholder),
                    _ => None,
                };
                if let Some(exit) = exit {
                    self.steps.push(Backward::Ends);
                    self.steps.extend((self.leads)(exit).map(Backward::Leads));
                    return self.rest(call.args.to_token_stream());
                }
                self.rest(call.to_token_stream());
            }
            expr => self.rest(expr.to_token_stream()),
        }
    }

    fn block(&mut self, block: &Block) {
        block.stmts.iter().rev().for_each(|stmt| self.stmt(stmt));
    }

    fn apart(&mut self, inner: impl FnOnce(&mut Self)) -> Vec<Backward> {
        let outer = std::mem::take(&mut self.steps);
        inner(self);
        std::mem::replace(&mut self.steps, outer)
    }

    /// What is not looked into.
    fn rest(&mut self, code: TokenStream) {
        self.steps.extend(exits_in(&code).into_iter().filter_map(self.leads).map(Backward::Leads));
        let fields = fields_of(code, self.name);
        self.steps.push(Backward::Needs(fields.map_or(Needed::all(), Needed::Fields)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read before some code of which one field is assigned, where all is needed behind it, and `id` where it leaves.
    fn read(code: &str) -> String {
        let code = syn::parse_str(code).expect("a statement");
        let steps = steps_of(&code, "o", &|_| Some(BlockId(0))).expect("a field is assigned");
        let left = Needed::Fields(BTreeSet::from([vec!["id".to_owned()]]));
        let blocks = [NeededAt { read: left.clone(), named: left }];
        let all = NeededAt { read: Needed::all(), named: Needed::all() };
        let (but, ways) = match all.before(&steps, &blocks).read {
            Needed::Fields(ways) => ("", ways),
            Needed::AllBut(ways) => ("all but ", ways),
        };
        but.to_owned() + &ways.iter().map(|way| way.join(".")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_field_that_is_assigned_on_all_ways_is_not_needed() {
        assert_eq!(read("o.a = f(o.b.c);"), "all but a");
        assert_eq!(read("if x { o.a = 1; } else { o.a = o.b; o.c = 2; }"), "all but a");
        assert_eq!(read("if x { o.a = 1; }"), "all but ");
        assert_eq!(read("match x { 0 => o.a = 1, _ => { o.b = 1; o.a = 2; } }"), "all but a");
        assert_eq!(read("{ o.a = 1; g(&o); o.b = 1; }"), "all but a");
    }

    #[test]
    fn a_way_out_needs_what_is_needed_where_it_leads() {
        assert_eq!(read("{ o.a = 1; __longhaul_exit_0(); }"), "id");
        assert_eq!(read("{ o.id = 1; __longhaul_exit_0(); }"), "");
        assert_eq!(read("if x { o.a = 1; o.id = 2; __longhaul_exit_0(); } else { o.a = 1; }"), "all but a");
        assert_eq!(read("{ o.a = h(__longhaul_exit_0()); }"), "all but a");
        assert_eq!(read("{ o.id = h(__longhaul_exit_0()); }"), "all but ");
    }

    #[test]
    fn another_variable_of_the_name_is_not_mistaken_for_it() {
        let steps = |code| steps_of(&syn::parse_str(code).expect("a statement"), "o", &|_| None).is_some();
        assert!(!steps("if let Some(o) = x { o.a = 1; }"));
        assert!(!steps("f(&o);"));
        assert!(steps("if x { o.a = 1; }"));
    }
}
