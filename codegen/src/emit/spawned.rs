//! `Workflow::step_spawned`: from the name of a task's body to the body.
use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::machine::site_names;
use super::{Machine, arguments, step_name};
use crate::cfg::Graph;
use crate::model::Workflow;

/// `Function::step_spawned`: its tasks are the blocks in it.
pub(super) fn step_spawned_of_function(machine: &Machine<'_>) -> TokenStream {
    let sites = sites(&machine.graph);
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

/// The names of all tasks that a machine's blocks can become.
fn sites(graph: &Graph) -> Vec<&str> {
    graph.sites.iter().flat_map(site_names).collect()
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
        let sites = sites(&machine.graph);
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
