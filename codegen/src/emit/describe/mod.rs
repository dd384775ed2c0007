//! `Workflow::describe`: the machine's states, transitions and slots as data; and the same as a diagram in the docs.

mod rows;
mod ways;
use longhaul_describe::{Branch, Cause, State, Transition, Wait};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use self::rows::transitions;
use self::ways::ways;
use super::{Machine, step_name};
use crate::analyse::{Analysis, SlotKind};
use crate::cfg::{Concurrency, Ends, Graph, Poll, Polled, TaskId};
use crate::model::Workflow;

/// What is known of a machine from its source.
pub(crate) struct Facts {
    workflow: String,
    method: String,
    states: Vec<StateFacts>,
    transitions: Vec<(String, String, Cause)>,
    /// All slots, as the frame has them.
    slots: Vec<(String, SlotKind)>,
}

struct StateFacts {
    name: String,
    waits_for: String,
    wait: WaitFacts,
    line: u32,
    slots: Vec<String>,
    within: Option<(String, u16)>,
}

enum WaitFacts {
    Plain(Wait<'static>),
    Call(String),
}

/// A machine of its own: an async method, or an `async` block in one that is a value.
struct Part<'a> {
    /// The method; the full name of a block.
    name: String,
    graph: &'a Graph,
    analysis: &'a Analysis,
}

impl<'a> Part<'a> {
    /// The part that is the method itself.
    fn method(machine: &'a Machine<'_>) -> Self {
        Part { name: plain_name(&machine.method.name), graph: &machine.graph, analysis: &machine.analysis }
    }

    /// The blocks in it, and those in them.
    fn sites(&self) -> Vec<Part<'a>> {
        let all = self.graph.sites.iter().zip(&self.analysis.sites);
        all.flat_map(|(site, analysis)| {
            let part = Part { name: site.name.clone(), graph: &site.graph, analysis };
            let within = part.sites();
            std::iter::once(part).chain(within)
        })
        .collect()
    }
}

impl Facts {
    fn of(workflow: &str, part: &Part<'_>) -> Self {
        let Part { graph, analysis, name } = part;
        let states = analysis.states.iter().filter_map(|state| {
            let poll = graph.poll(state.block)?;
            Some(StateFacts {
                name: state.name.clone(),
                waits_for: poll.source.clone(),
                wait: wait(graph, poll),
                line: u32::try_from(poll.span.start().line).unwrap_or(0),
                slots: state.live.iter().map(|number| analysis.slots[*number].name.clone()).collect(),
                within: around(part, state.task).map(|(of, number)| (of.to_owned(), number)),
            })
        });
        Facts {
            workflow: workflow.to_owned(),
            method: name.clone(),
            states: states.collect(),
            transitions: ways(part),
            slots: analysis.slots.iter().map(|slot| (slot.name.clone(), slot.kind)).collect(),
        }
    }

    fn waits(&self) -> impl Iterator<Item = State<'_>> {
        self.states.iter().map(|state| State {
            name: &state.name,
            waits_for: &state.waits_for,
            wait: match &state.wait {
                WaitFacts::Plain(wait) => *wait,
                WaitFacts::Call(method) => Wait::Call { method },
            },
            line: state.line,
            slots: &[],
            within: state.within.as_ref().map(|(of, number)| Branch { of, number: *number }),
        })
    }
}

/// What `draw` makes of the machines, as far as the source shows them.
pub(crate) fn drawn<T>(all: &[Facts], draw: impl FnOnce(&[longhaul_describe::Machine<'_>]) -> T) -> T {
    let names: Vec<Vec<Vec<&str>>> = all
        .iter()
        .map(|facts| {
            facts.states.iter().map(|state| state.slots.iter().map(String::as_str).collect()).collect()
        })
        .collect();
    let states: Vec<Vec<State<'_>>> = all
        .iter()
        .zip(&names)
        .map(|(facts, names)| {
            let waits = facts.waits().zip(names).map(|(state, slots)| State { slots, ..state });
            std::iter::once(State::START).chain(waits).chain([State::DONE]).collect()
        })
        .collect();
    let transitions: Vec<Vec<Transition<'_>>> = all
        .iter()
        .map(|facts| {
            let all = facts.transitions.iter();
            all.map(|(from, to, cause)| Transition { from, to, cause: *cause }).collect()
        })
        .collect();
    let machines: Vec<_> = all
        .iter()
        .zip(states.iter().zip(&transitions))
        .map(|(facts, (states, transitions))| longhaul_describe::Machine {
            workflow: &facts.workflow,
            method: &facts.method,
            file: "",
            states,
            transitions,
            slots: facts
                .slots
                .iter()
                .map(|(name, _)| longhaul_describe::Slot { name, type_name: "_", functions: Vec::new() })
                .collect(),
        })
        .collect();
    draw(&machines)
}

fn wait(graph: &Graph, poll: &Poll) -> WaitFacts {
    WaitFacts::Plain(match &poll.what {
        Polled::Operation => match poll.ends {
            Ends::Result => Wait::Operation,
            Ends::Timer => Wait::Timer,
            Ends::Cancelled => Wait::Cancellation,
        },
        Polled::Condition(_) => Wait::Condition,
        Polled::Call { method, .. } => return WaitFacts::Call(plain_name(method)),
        Polled::Branches(construct) => match graph.constructs[construct.0].kind {
            Concurrency::Join => Wait::Join,
            Concurrency::TryJoin => Wait::TryJoin,
            Concurrency::Select => Wait::Select,
            Concurrency::Timeout => Wait::Timeout,
            Concurrency::Scope => Wait::Scope,
            Concurrency::Shield => Wait::Shield,
        },
    })
}

/// A method's name, which may be a keyword.
fn plain_name(method: &Ident) -> String {
    method.to_string().trim_start_matches("r#").to_owned()
}

/// The state of the construct that a branch belongs to, and the branch's place in it.
fn around<'a>(part: &'a Part<'_>, task: TaskId) -> Option<(&'a str, u16)> {
    let (construct, number) = part.graph.tasks[task.0].branch_of?;
    let poll = part.graph.constructs[construct.0].poll;
    let state = part.analysis.state(poll)?;
    Some((&state.name, u16::try_from(number).unwrap_or(u16::MAX)))
}

/// The machines of the blocks in a method or function, whose slots `step` shows of `task`.
fn blocks(workflow: &str, name: &TokenStream, around: &Machine<'_>, step: &TokenStream) -> Vec<TokenStream> {
    let described = Part::method(around).sites().into_iter().map(|site| {
        let body = &site.name;
        let slots = quote! {
            Shown(|ctx| {
                let task = ::longhaul::machine::task_to_show(#body);
                let _ = #step;
            })
        };
        description(&Facts::of(workflow, &site), name, &slots)
    });
    described.collect()
}

/// `fn describe()` of a function: its machine, and those of the blocks in it.
pub(super) fn of_function(name: &str, around: &Machine<'_>) -> TokenStream {
    let step = step_name(&around.method.name);
    let name_of = quote!(#name);
    let own = machine(name, &name_of, around, &quote!(#step(ctx, machine)));
    let step = quote!(<Self as ::longhaul::machine::Function>::step_spawned(ctx, task));
    let blocks = blocks(name, &name_of, around, &step);
    quote!(::longhaul::machine::described(&[#own #(, #blocks)*]))
}

/// `fn describe()`
pub(super) fn describe(workflow: &Workflow, machines: &[Machine<'_>]) -> TokenStream {
    let name = workflow.name.to_string();
    let name_of = super::name_of(workflow);
    let described = machines.iter().flat_map(|described| {
        let step = quote! {
            <Self as ::longhaul::Workflow>::step_spawned(
                &mut <Self as ::core::default::Default>::default(), ctx, task,
            )
        };
        let blocks = blocks(&name, &name_of, described, &step);
        let step = step_name(&described.method.name);
        let call = if described.method.receiver.is_some() {
            quote!(Self::#step(&mut <Self as ::core::default::Default>::default(), ctx, machine))
        } else {
            quote!(Self::#step(ctx, machine))
        };
        let method = machine(&name, &name_of, described, &call);
        let cfgs = &described.method.attributes.cfgs;
        std::iter::once(method).chain(blocks).map(|one| quote!(#(#cfgs)* #one)).collect::<Vec<_>>()
    });
    quote! {
        fn describe() -> ::std::vec::Vec<::longhaul::machine::MachineDescription> {
            ::longhaul::machine::with_functions(&|| ::longhaul::machine::described(&[#(#described),*]))
        }
    }
}

/// One machine of `workflow`, whose slots `call` shows.
pub(super) fn machine(
    workflow: &str,
    name: &TokenStream,
    machine: &Machine<'_>,
    call: &TokenStream,
) -> TokenStream {
    let facts = Facts::of(workflow, &Part::method(machine));
    let slots = if machine.method.generics.params.is_empty() {
        quote! {
            Shown(|ctx| {
                let machine = &mut ::longhaul::machine::Sub::stored(::std::vec::Vec::new());
                let _ = #call;
            })
        }
    } else {
        // Each call may have other types.
        let names = facts.slots.iter().map(|(name, _)| name);
        quote!(Named(&[#(#names),*]))
    };
    description(&facts, name, &slots)
}

fn description(facts: &Facts, name: &TokenStream, slots: &TokenStream) -> TokenStream {
    let method = &facts.method;
    let states = facts.states.iter().zip(facts.waits()).map(|(facts, state)| self::state(facts, &state));
    let transitions = transitions(facts);
    quote! {
        ::longhaul::machine::Described {
            workflow: #name,
            method: #method,
            file: ::core::file!(),
            states: &[
                ::longhaul::machine::StateDescription::START,
                #(#states,)*
                ::longhaul::machine::StateDescription::DONE,
            ],
            transitions: #transitions,
            slots: ::longhaul::machine::DescribedSlots::#slots,
        }
    }
}

fn state(facts: &StateFacts, state: &State<'_>) -> TokenStream {
    let State { name, waits_for, line, .. } = state;
    let slots = &facts.slots;
    let wait = match state.wait {
        Wait::Call { method } => quote!(Call { method: #method }),
        plain => {
            let plain = format_ident!("{plain:?}");
            quote!(#plain)
        }
    };
    let within = if let Some(Branch { of, number }) = state.within {
        quote!(::core::option::Option::Some(::longhaul::machine::Branch { of: #of, number: #number }))
    } else {
        quote!(::core::option::Option::None)
    };
    quote! {
        ::longhaul::machine::StateDescription {
            name: #name,
            waits_for: #waits_for,
            wait: ::longhaul::machine::WaitsFor::#wait,
            line: #line,
            slots: &[#(#slots),*],
            within: #within,
        }
    }
}

/// The facts of a workflow's machines.
pub(crate) fn facts(workflow: &str, machines: &[Machine<'_>]) -> Vec<Facts> {
    let parts = machines.iter().flat_map(|machine| {
        let method = Part::method(machine);
        let sites = method.sites();
        std::iter::once(method).chain(sites)
    });
    parts.map(|part| Facts::of(workflow, &part)).collect()
}

/// How many ways a diagram in the docs has at most: Mermaid itself shows no more.
const MOST_DRAWN: usize = 500;

/// The diagram of a workflow, for its docs.
pub(super) fn docs(workflow: &str, machines: &[Machine<'_>]) -> TokenStream {
    let facts = facts(workflow, machines);
    if facts.iter().map(|facts| facts.transitions.len()).sum::<usize>() > MOST_DRAWN {
        let text = "Its diagram is too large to be shown here; `describe()` has all of it.";
        return quote!(#[doc = #text]);
    }
    let diagram = drawn(&facts, |machines| longhaul_describe::mermaid(machines, &[]));
    let text = format!("What a run waits for, and what it does next:\n\n```mermaid\n{diagram}```");
    quote!(#[doc = #text])
}

/// What a workflow stores, as far as its source shows it: the types of variables are not known here.
#[cfg(feature = "dump")]
pub(crate) fn schema(all: &[Facts]) -> longhaul_describe::schema::Schema {
    use longhaul_describe::schema::{MachineSchema, Schema, SlotForm, StateSchema, Type};

    let inferred = || Type::Opaque("inferred".to_owned());
    let form = |facts: &Facts, name: &String| {
        let kind = facts.slots.iter().find(|(slot, _)| slot == name).map(|(_, kind)| *kind);
        let state = facts.states.iter().find(|state| state.slots.contains(name)).map(|state| &state.wait);
        match (kind, state) {
            (Some(SlotKind::Position(_)), _) => SlotForm::Position,
            (Some(SlotKind::Output(_)), _) => SlotForm::Output(inferred()),
            (Some(SlotKind::Call(_)), Some(WaitFacts::Call(method))) => SlotForm::Machine(method.clone()),
            (Some(SlotKind::Wait(_)), Some(WaitFacts::Plain(Wait::Timer))) => SlotForm::Timer,
            (Some(SlotKind::Wait(_) | SlotKind::Call(_)), _) => SlotForm::Wait("operation".to_owned()),
            (Some(SlotKind::Kept(_)) | None, _) => SlotForm::Kept(inferred()),
        }
    };
    let machines = all.iter().map(|facts| MachineSchema {
        name: facts.method.clone(),
        states: facts
            .states
            .iter()
            .map(|state| StateSchema {
                name: state.name.clone(),
                within: state.within.clone(),
                slots: state.slots.iter().map(|name| (name.clone(), form(facts, name))).collect(),
            })
            .collect(),
    });
    let workflow = all.first().map(|facts| facts.workflow.clone()).unwrap_or_default();
    Schema { workflow, machines: machines.collect(), ..Schema::default() }
}
