//! One machine as Rust: the states, the frame, and the function whose closure rustc infers the slots' types in.

mod arms;
mod ask;
mod branches;
mod code;
mod lints;
mod seq;
mod sites;
mod slots;
mod spares;
mod suspend;
mod tasks;
mod told;
mod uses;
pub(crate) use self::sites::inner_names;
use std::cell::Cell;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use self::lints::Elsewhere;
use self::slots::{hidden_somewhere, passing_slot};
use self::suspend::begun_name;
use crate::analyse::{Analysis, SlotKind};
use crate::cfg::{Graph, MAIN, TaskId};
use crate::diag::Errors;
use crate::lower::{at, camel};
use crate::model::Method;
use crate::names::Vars;

/// The names of the items of one machine.
pub(crate) struct Names {
    /// The workflow's.
    pub(crate) workflow: Ident,
    /// `CheckoutState`
    pub(crate) state: Ident,
    /// `CheckoutFrame`
    pub(crate) frame: Ident,
    /// `Checkout::run`
    pub(crate) path: String,
}

impl Names {
    /// Those of an `async` block that is a value, by its full name: `run.Charge`.
    pub(crate) fn of_site(&self, site: &str) -> Self {
        let part: String = site.split('.').map(camel).collect();
        let Names { workflow, path, .. } = self;
        let (name, span) = (camel(&workflow.to_string()), at(workflow.span()));
        let path = path.split_once("::").map_or_else(|| site.to_owned(), |(of, _)| format!("{of}::{site}"));
        Names {
            workflow: workflow.clone(),
            state: format_ident!("{name}{part}State", span = span),
            frame: format_ident!("{name}{part}Frame", span = span),
            path,
        }
    }
}

/// The function that steps the machine.
pub(crate) fn step_fn(
    method: &Method,
    graph: &Graph,
    analysis: &Analysis,
    names: &Names,
    errors: &mut Errors,
) -> TokenStream {
    let arguments = super::arguments(method);
    let receiver = match &method.receiver {
        Some(receiver) => quote!(#receiver,),
        None => quote!(),
    };
    let output = &method.output;
    let (generics, _, bounds) = method.generics.split_for_impl();
    // With the type that the user has written, or an import of it would be unused.
    let context = method.context_type.as_ref().map(|ty| {
        let Some(context) = &method.context else { return quote!(let _: &#ty = __ctx;) };
        // A call of another async method does without.
        let touch = crate::names::mentions(&method.body, context).then(|| quote!(let _ = #context;));
        quote!(let #context: &#ty = __ctx; #touch)
    });
    let allowed = lints::allowed(&method.body);
    let step = super::step_name(&method.name);
    let items = items(graph);
    let body = body(graph, analysis, names, &quote!(#output), errors);
    let (cfgs, others) = (&method.attributes.cfgs, &method.attributes.others);
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(
            unused_macros, irrefutable_let_patterns, unused_parens, unused_braces, unused_labels,
            unreachable_code, path_statements, dead_code, unexpected_cfgs, clippy::all, clippy::pedantic
        )]
        #(#others)*
        #(#[allow(#allowed)])*
        fn #step #generics(
            #receiver
            __ctx: &::longhaul::machine::Context,
            __machine: &mut ::longhaul::machine::Sub<#arguments>,
        ) -> ::core::task::Poll<#output>
        #bounds
        {
            #[cfg(rust_analyzer)]
            return ::core::task::Poll::Pending;
            #(#[cfg(not(rust_analyzer))] #items)*
            #context
            #[cfg(not(rust_analyzer))]
            return ::longhaul::machine::drive(__machine, __ctx, #body);
        }
    }
}

/// The items that a body declares, those of the `async` blocks in it, too.
fn items(graph: &Graph) -> Vec<&syn::Item> {
    graph.items.iter().chain(graph.sites.iter().flat_map(|site| items(&site.graph))).collect()
}

/// The closure that is a machine's body.
fn body(
    graph: &Graph,
    analysis: &Analysis,
    names: &Names,
    output: &TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    let (hides, elsewhere) = (hidden_somewhere(graph), Elsewhere::of(graph, analysis));
    let mut emit = Emit { graph, analysis, names, errors, hides, elsewhere, asks_rustc: Cell::new(false) };
    let frame = &names.frame;
    let holes = analysis.slots.iter().filter(|slot| !is_position(slot.kind)).map(|_| quote!(_));
    let slots = emit.visits();
    let passing = analysis.passing.iter().map(|var| {
        let slot = passing_slot(graph, *var);
        quote!(let mut #slot = ::longhaul::machine::Slot::empty();)
    });
    let operations: Vec<_> = (1..graph.tasks.len())
        .filter_map(|task| emit.awaitable_branch(TaskId(task)))
        .filter(|(poll, _)| analysis.arm[poll.0].is_some())
        .map(|(poll, _)| {
            let begun = begun_name(poll);
            quote!(let mut #begun = ::core::option::Option::None;)
        })
        .collect();
    let blocks = emit.block_enum(MAIN);
    let tags = emit.site_tags();
    let spawned = emit.spawned_op();
    let entry = emit.entry_of(MAIN);
    let arms = emit.arms(MAIN);
    let may_differ = emit.asks_rustc.get().then(|| {
        quote!(
            #[allow(unused_imports)]
            use ::longhaul::machine::MayDiffer as _;
        )
    });
    quote! {
        |__frame: &mut #frame<#(#holes),*>, __op| -> ::core::task::Poll<#output> {
            #tags
            let __arguments = match __op {
                ::longhaul::machine::Op::Step(arguments) => arguments,
                ::longhaul::machine::Op::Spawned(__spawned) => #spawned,
                ::longhaul::machine::Op::Slots(__slots) => {
                    #slots
                    return ::core::task::Poll::Pending;
                }
            };
            #blocks
            #may_differ
            #(#passing)*
            #(#operations)*
            let mut __block = #entry;
            '__machine: loop {
                match __block {
                    #arms
                }
            }
        }
    }
}

fn is_position(kind: SlotKind) -> bool {
    matches!(kind, SlotKind::Position(_))
}

struct Emit<'a> {
    graph: &'a Graph,
    analysis: &'a Analysis,
    names: &'a Names,
    errors: &'a mut Errors,
    /// The variables whose name something else has, too.
    hides: Vars,
    elsewhere: Elsewhere,
    /// Whether a slot is told something, of which rustc decides if it is true for its type.
    asks_rustc: Cell<bool>,
}
