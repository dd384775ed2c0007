//! One machine as Rust: the states, the frame, and the function whose closure rustc infers the slots' types in.

mod arms;
mod branches;
mod code;
mod seq;
mod slots;
mod suspend;
mod tasks;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use self::slots::{hidden_somewhere, passing_slot};
use self::suspend::begun_name;
use crate::analyse::{Analysis, SlotKind};
use crate::cfg::{Graph, MAIN, TaskId};
use crate::diag::Errors;
use crate::model::Method;
use crate::names::Vars;

/// The names of the items of one machine.
pub(crate) struct Names {
    /// `CheckoutState`
    pub(crate) state: Ident,
    /// `CheckoutFrame`
    pub(crate) frame: Ident,
    /// `__run`
    pub(crate) step: Ident,
    /// `Checkout::run`
    pub(crate) path: String,
}

/// The function that steps the machine.
pub(crate) fn step_fn(
    method: &Method,
    graph: &Graph,
    analysis: &Analysis,
    names: &Names,
    errors: &mut Errors,
) -> TokenStream {
    let mut emit = Emit { graph, analysis, names, errors, hides: hidden_somewhere(graph) };
    let Names { frame, step, .. } = names;
    let arguments = super::arguments(method);
    let receiver = match &method.receiver {
        Some(receiver) => quote!(#receiver,),
        None => quote!(),
    };
    let output = &method.output;
    let holes = analysis.slots.iter().filter(|slot| !is_position(slot.kind)).map(|_| quote!(_));
    let context =
        method.context.as_ref().map(|context| quote!(let #context: &::longhaul::machine::Context = __ctx;));
    let items = &graph.items;
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
    let entry = emit.entry(MAIN);
    let arms = emit.arms(MAIN);
    quote! {
        #[doc(hidden)]
        #[allow(
            unused_macros, irrefutable_let_patterns, unused_mut, unused_variables, unused_assignments, unused_parens, unused_braces, unused_labels,
            unreachable_code, unused_must_use, dead_code, unexpected_cfgs, clippy::all, clippy::pedantic
        )]
        fn #step(
            #receiver
            __ctx: &::longhaul::machine::Context,
            __machine: &mut ::longhaul::machine::Sub<#arguments>,
        ) -> ::core::task::Poll<#output> {
            #[cfg(rust_analyzer)]
            return ::core::task::Poll::Pending;
            #(#[cfg(not(rust_analyzer))] #items)*
            #context
            #[cfg(not(rust_analyzer))]
            return ::longhaul::machine::drive(
                __machine,
                __ctx,
                |__frame: &mut #frame<#(#holes),*>, __op| -> ::core::task::Poll<#output> {
                    let mut __arguments = match __op {
                        ::longhaul::machine::Op::Step(arguments) => arguments,
                        ::longhaul::machine::Op::Spawned(__spawned) => {
                            return ::longhaul::machine::no_such_task(__ctx, __spawned);
                        }
                        ::longhaul::machine::Op::Slots(__slots) => {
                            #slots
                            return ::core::task::Poll::Pending;
                        }
                    };
                    #blocks
                    #(#passing)*
                    #(#operations)*
                    let mut __block = match __frame.at {
                        #entry
                        __other => return ::longhaul::machine::misplaced(__ctx, __other),
                    };
                    '__machine: loop {
                        match __block {
                            #arms
                        }
                    }
                },
            );
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
}
