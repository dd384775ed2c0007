//! `Workflow::step_spawned`: from the name of a task's body to the body.
use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::machine::inner_names;
use super::{Machine, arguments, step_name};
use crate::cfg::Graph;
use crate::model::Workflow;

/// `Function::step_spawned`: its tasks are the blocks in it.
pub(super) fn step_spawned_of_function(machine: &Machine<'_>) -> TokenStream {
    let sites = inner_names(&machine.graph);
    if sites.is_empty() {
        return TokenStream::new();
    }
    let (step, arguments) = (step_name(&machine.method.name), arguments(machine.method));
    quote! {
        fn step_spawned(
            ctx: &::longhaul::machine::Context,
            spawned: ::std::boxed::Box<::longhaul::machine::Spawned>,
        ) -> ::std::boxed::Box<::longhaul::machine::Spawned> {
            let mut around = ::longhaul::machine::Sub::<#arguments>::within(spawned);
            let _ = #step(ctx, &mut around);
            around.into_spawned()
        }
    }
}

/// The names of a method's local steps.
fn steps(graph: &Graph) -> Vec<&str> {
    let within = graph.sites.iter().flat_map(|site| steps(&site.graph));
    graph.steps.iter().map(|step| step.name.as_str()).chain(within).collect()
}

/// `Function::STEPS`
pub(super) fn steps_of_function(machine: &Machine<'_>) -> TokenStream {
    let steps = steps(&machine.graph);
    if steps.is_empty() {
        return TokenStream::new();
    }
    quote!(const STEPS: &'static [&'static str] = &[#(#steps),*];)
}

/// `Workflow::steps`
pub(super) fn steps_of_methods(machines: &[Machine<'_>]) -> TokenStream {
    let mut added = TokenStream::new();
    for machine in machines {
        let (steps, cfgs) = (steps(&machine.graph), &machine.method.attributes.cfgs);
        if !steps.is_empty() {
            added.extend(quote!(#(#cfgs)* steps.methods::<Self>(&[#(#steps),*]);));
        }
    }
    if added.is_empty() {
        return added;
    }
    quote! {
        fn steps(steps: &mut ::longhaul::machine::Steps) {
            #added
            steps.awaited::<Self>();
        }
    }
}

pub(super) fn step_spawned(workflow: &Workflow, machines: &[Machine<'_>]) -> TokenStream {
    let handlers = workflow.async_handlers().map(ToString::to_string);
    let called = machines.iter().flat_map(|machine| machine.graph.spawned_methods.iter().cloned());
    let spawned: BTreeSet<String> = handlers.chain(called).collect();
    let mut cases = TokenStream::new();
    for machine in machines {
        let method = machine.method;
        let (name, step, arguments) = (method.name.to_string(), step_name(&method.name), arguments(method));
        let receiver = if method.receiver.is_some() { quote!(self.) } else { quote!(Self::) };
        let cfgs = &method.attributes.cfgs;
        if spawned.contains(&name) {
            cases.extend(quote! {
                #(#cfgs)*
                #name => ::longhaul::machine::step_method(
                    &mut spawned,
                    ctx,
                    |machine: &mut ::longhaul::machine::Sub<#arguments>| #receiver #step(ctx, machine),
                ),
            });
        }
        let sites = inner_names(&machine.graph);
        if !sites.is_empty() {
            cases.extend(quote! {
                #(#cfgs)*
                #(#sites)|* => {
                    let mut around = ::longhaul::machine::Sub::<#arguments>::within(spawned);
                    let _ = #receiver #step(ctx, &mut around);
                    return around.into_spawned();
                }
            });
        }
    }
    if cases.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn step_spawned(
            &mut self,
            ctx: &::longhaul::machine::Context,
            mut spawned: ::std::boxed::Box<::longhaul::machine::Spawned>,
        ) -> ::std::boxed::Box<::longhaul::machine::Spawned> {
            match spawned.body() {
                #cases
                _ => {
                    let _ = ::longhaul::machine::no_such_task::<()>(ctx, &spawned);
                }
            }
            spawned
        }
    }
}
