//! `Workflow::describe`: the machine's states, transitions and slots as data.
use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::{Machine, step_name};
use crate::analyse::successors;
use crate::cfg::{BlockId, Graph, MAIN, TaskId};
use crate::model::Workflow;

pub(super) fn describe(workflow: &Workflow, machines: &[Machine<'_>]) -> TokenStream {
    let name = workflow.name.to_string();
    let described = machines.iter().map(|described| {
        let step = step_name(&described.method.name);
        let call = if described.method.receiver.is_some() {
            quote!(Self::#step(&mut <Self as ::core::default::Default>::default(), ctx, machine))
        } else {
            quote!(Self::#step(ctx, machine))
        };
        machine(&name, described, &call)
    });
    quote! {
        fn describe() -> ::std::vec::Vec<::longhaul::machine::MachineDescription> {
            ::std::vec![#(#described),*]
        }
    }
}

/// One machine of `workflow`, whose slots `call` shows.
pub(super) fn machine(workflow: &str, machine: &Machine<'_>, call: &TokenStream) -> TokenStream {
    let method = machine.method.name.to_string();
    let method = method.trim_start_matches("r#");
    let states = states(machine);
    let transitions = transitions(machine);
    quote! {
        ::longhaul::machine::MachineDescription {
            workflow: #workflow,
            method: #method,
            states: &[#states],
            transitions: &[#transitions],
            slots: ::longhaul::machine::slots(|ctx, machine| { let _ = #call; }),
        }
    }
}

fn states(machine: &Machine<'_>) -> TokenStream {
    let Machine { graph, analysis, .. } = machine;
    let mut states = plain_state("Start");
    for state in &analysis.states {
        let Some(poll) = graph.poll(state.block) else { continue };
        let (name, source) = (&state.name, &poll.source);
        let line = u32::try_from(poll.span.start().line).unwrap_or(0);
        let slots = state.live.iter().map(|number| &analysis.slots[*number].name);
        let within = if let Some(outer) = around(machine, state.task) {
            quote!(::core::option::Option::Some(#outer))
        } else {
            quote!(::core::option::Option::None)
        };
        states.extend(quote! {
            ::longhaul::machine::StateDescription {
                name: #name,
                waits_for: #source,
                line: #line,
                slots: &[#(#slots),*],
                within: #within,
            },
        });
    }
    states.extend(plain_state("Done"));
    states
}

fn plain_state(name: &str) -> TokenStream {
    quote! {
        ::longhaul::machine::StateDescription {
            name: #name,
            waits_for: "",
            line: 0,
            slots: &[],
            within: ::core::option::Option::None,
        },
    }
}

/// The state of the construct that a branch belongs to.
fn around<'a>(machine: &'a Machine<'_>, task: TaskId) -> Option<&'a str> {
    let (construct, _) = machine.graph.tasks[task.0].branch_of?;
    let poll = machine.graph.constructs[construct.0].poll;
    machine.analysis.state(poll).map(|state| state.name.as_str())
}

/// From each state the states that can come next in the same task; from a construct's also those its branches begin in.
fn transitions(machine: &Machine<'_>) -> TokenStream {
    let Machine { graph, analysis, .. } = machine;
    let mut transitions = TokenStream::new();
    let mut add = |from: &str, start: BlockId, task: TaskId, cause: TokenStream| {
        for next in next_states(graph, start, task) {
            let to = match next {
                Some(block) => analysis.state(block).map_or("Done", |state| state.name.as_str()),
                // A branch that is done leaves the construct to see whether it is, too.
                None => around(machine, task).unwrap_or("Done"),
            };
            transitions.extend(quote! {
                ::longhaul::machine::TransitionDescription {
                    from: #from,
                    to: #to,
                    cause: ::longhaul::machine::Cause::#cause,
                },
            });
        }
    };
    add("Start", graph.tasks[MAIN.0].entry, MAIN, quote!(Started));
    for state in &analysis.states {
        add(&state.name, state.block, state.task, quote!(Resolved));
    }
    transitions
}

/// The poll blocks reachable from `start` without passing another; `None` for the end of the task.
fn next_states(graph: &Graph, start: BlockId, task: TaskId) -> BTreeSet<Option<BlockId>> {
    let mut next = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut todo = vec![start];
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        let block = graph.block(id);
        if block.task == task && graph.ends_task(block) {
            next.insert(None);
        }
        for target in successors(graph, id) {
            if graph.poll(target).is_some() {
                next.insert(Some(target));
            } else if graph.is_within(graph.block(target).task, task) {
                todo.push(target);
            }
        }
    }
    next
}
