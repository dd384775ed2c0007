//! `async` blocks and calls of async methods as values.
//!
//! A branch of `join!` and the like is part of the machine around it. An `async move` block anywhere else is a machine
//! of its own, with what it captures as its arguments: then as many of it can run as there are values. Its body is
//! written within the body of the machine around it (a *site*), so that rustc infers its types there.
use proc_macro2::Span;
use quote::format_ident;
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprAsync, ExprMethodCall, Ident, Item};

use super::label::{ends, source_text, state_name};
use super::place::peel;
use super::taken::{Found, Taken};
use super::verbatim::Around;
use super::{Label, Lower, at, find};
use crate::cfg::{Graph, Instr, Site};
use crate::diag;
use crate::names::VarId;

/// An `async` block that is to be a machine of its own.
struct Inner<'x> {
    taken: Taken,
    /// The items of the blocks around it, outermost first.
    items: Vec<Vec<Item>>,
    body: &'x Block,
}

impl Lower<'_, '_> {
    /// An `async` block as a value.
    pub(super) fn async_value(&mut self, block: &ExprAsync, around: &Around) -> Expr {
        let Some(taken) = self.taken_along(block, &around.hidden) else {
            return syn::parse_quote!(::core::unreachable!());
        };
        let body = &block.block;
        let name = find::first_await(body).map_or_else(|| "Block".to_owned(), |awaited| state_name(&awaited));
        let values: Expr = match taken.values() {
            [value] => value.clone(),
            values => syn::parse_quote!((#(#values),*)),
        };
        let items = self.items_around(around);
        let inner = Inner { taken, items, body };
        self.site(&name, inner, &values, None, block.async_token.span)
    }

    /// The items that code here sees, but for those that are seen in all of the body.
    pub(super) fn items_around(&self, around: &Around) -> Vec<Vec<Item>> {
        let scopes =
            self.graph.scope_chain(self.scope).into_iter().map(|scope| &self.graph.scopes[scope.0].items);
        scopes.chain(&around.items).filter(|items| !items.is_empty()).cloned().collect()
    }

    /// `ctx.spawn(operation)`, where the operation is to be made a block of its own.
    pub(super) fn spawned_operation(&mut self, written: &Expr, operation: &Expr) -> Expr {
        let taken = format_ident!("__operation", span = at(written.span()));
        let body: Block = syn::parse_quote!({ #taken.await });
        let (name, source) = (state_name(written), source_text(written));
        let label = Label { name, source, ends: ends(written), span: written.span() };
        let name = label.name.clone();
        let inner = Inner { taken: Taken::of(taken), items: Vec::new(), body: &body };
        self.site(&name, inner, operation, Some(label), written.span())
    }

    /// The only argument of `ctx.spawn(..)`, if it is neither a block nor a call of an async method.
    pub(super) fn spawn_argument<'x>(&self, call: &'x ExprMethodCall) -> Option<&'x Expr> {
        if call.method != "spawn" || call.args.len() != 1 || !self.is_ctx(&call.receiver) {
            return None;
        }
        let operation = peel(&call.args[0]);
        let is_value =
            matches!(operation, Expr::Async(_)) || is_made(operation) || self.own_call(operation).is_some();
        (!is_value).then_some(operation)
    }

    /// Whether an expression is `ctx.spawn(..)`.
    pub(super) fn is_spawn(&self, expr: &Expr) -> bool {
        matches!(peel(expr), Expr::MethodCall(call) if call.method == "spawn" && self.is_ctx(&call.receiver))
    }

    /// The block of a branch: one that moves has copies of its own of what is changed, made now if code that is evaluated
    /// before it begins might change them.
    pub(super) fn branch_body(&mut self, block: &ExprAsync, hold: bool) -> Block {
        let mut body = block.block.clone();
        if block.capture.is_some() {
            let mut own = Vec::new();
            for Found { ident, var } in self.captures(block, &[]) {
                let changes =
                    |var: VarId| self.graph.var(var).mutable && self.graph.var(var).rebuild.is_none();
                if !var.is_some_and(changes) {
                    continue;
                }
                let mut value: Expr = syn::parse_quote!(#ident);
                if hold {
                    value = self.spill(value, ident.span());
                }
                own.push(syn::parse_quote!(let mut #ident = #value;));
            }
            body.stmts.splice(0..0, own);
        }
        body
    }

    /// A call of an async method of the impl as a value: its name, its arguments as they are now.
    pub(super) fn call_value(&mut self, method: &Ident, arguments: &Expr) -> Expr {
        let shape = &self.around.methods[&method.to_string()];
        if shape.is_generic {
            self.errors.on(method, diag::GENERIC_TASK);
            return syn::parse_quote!(::core::unreachable!());
        }
        self.graph.spawned_methods.insert(method.to_string());
        let (types, output) = (&shape.arguments, &shape.output);
        let name = method.to_string();
        let span = at(method.span());
        syn::parse_quote_spanned! {span=>
            ::longhaul::machine::AsyncBlock::new(#name, ::longhaul::machine::Site::<#types, #output>::new(), #arguments)
        }
    }

    /// Lowers `inner` as a machine of its own; gives the block as a value that holds `values`.
    fn site(
        &mut self,
        name: &str,
        inner: Inner<'_>,
        values: &Expr,
        label: Option<Label>,
        span: Span,
    ) -> Expr {
        let method = self.name.split('.').next().unwrap_or_default();
        if self.around.methods.get(method).is_some_and(|shape| shape.is_generic) {
            self.errors.push(diag::BLOCK_GENERIC.at(span));
            return syn::parse_quote!(::core::unreachable!());
        }
        let name = self.site_names.name(&format!("{}.{name}", self.name), "");
        let mut graph = self.lower_site(&name, inner);
        if let Some(Label { name, source, ends, span }) = label {
            let polls = graph.blocks.iter_mut().flat_map(|block| &mut block.instrs);
            for poll in polls.filter_map(|instr| match instr {
                Instr::Poll(poll) => Some(poll),
                _ => None,
            }) {
                (poll.name, poll.source) = (name.clone(), source.clone());
                (poll.ends, poll.span) = (ends, span);
            }
        }
        let tag = site_tag(self.graph.sites.len());
        self.graph.sites.push(Site { name: name.clone(), block: self.current, graph });
        syn::parse_quote_spanned! {at(span)=>
            ::longhaul::machine::AsyncBlock::new(#name, #tag, #values)
        }
    }

    fn lower_site(&mut self, name: &str, inner: Inner<'_>) -> Graph {
        let Inner { taken, items, body } = inner;
        let mut lower = Lower::new(name.to_owned(), self.context.clone(), self.around, self.errors);
        let mut declares = Vec::new();
        let mut pats = Vec::new();
        for ident in &taken.captures {
            let var = lower.var(ident.clone(), true, None);
            lower.env.bind(ident, var);
            declares.push(var);
            pats.push(syn::parse_quote!(mut #ident));
        }
        lower.push(Instr::Arguments { pats, declares });
        for items in items {
            lower.enter_scope();
            lower.graph.scopes[lower.scope.0].items = items;
            lower.push(Instr::Enter(lower.scope));
        }
        lower.make_again(taken.made_again);
        lower.method_body(body);
        super::kept_tasks::note(&mut lower.graph, lower.context.as_ref(), lower.around.methods);
        let methods = std::mem::take(&mut lower.graph.spawned_methods);
        let graph = lower.graph;
        self.graph.spawned_methods.extend(methods);
        graph
    }
}

/// Whether an expression is what a block or call was made before: a condition is looked at more than once.
fn is_made(expr: &Expr) -> bool {
    let Expr::Call(call) = expr else { return false };
    let Expr::Path(function) = &*call.func else { return false };
    function.path.leading_colon.is_some()
        && function.path.segments.iter().rev().nth(1).is_some_and(|segment| segment.ident == "AsyncBlock")
}

/// What ties the types of a site together, within the machine that it is written in.
pub(crate) fn site_tag(number: usize) -> Ident {
    format_ident!("__site{number}")
}
