//! From an analysed workflow to Rust. Nothing here can go wrong any more, but for one thing that only shows
//! when the arms are laid out: a way out past a name that is bound twice.

mod describe;
pub(crate) use describe::{Facts, facts};
#[cfg(feature = "dump")]
pub(crate) use describe::{drawn, schema};
pub(crate) mod function;
mod handle;
mod handlers;
mod machine;
mod spawned;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::analyse::{Analysis, SlotKind, State};
use crate::attributes::under;
use crate::cfg::Graph;
use crate::diag::{Errors, unusable};
use crate::instances::Instance;
use crate::lower::{at, camel};
use crate::model::{Method, Workflow};
use crate::names::ident;

/// One async method with its machine.
pub(crate) struct Machine<'a> {
    pub(crate) method: &'a Method,
    pub(crate) graph: Graph,
    pub(crate) analysis: Analysis,
}

/// The name of the function that steps a method's machine.
pub(crate) fn step_name(method: &Ident) -> Ident {
    let name = method.to_string();
    format_ident!("__{}", name.trim_start_matches("r#"), span = at(method.span()))
}

fn names(workflow: &Workflow, method: &Method, is_run: bool) -> machine::Names {
    let part = if is_run { String::new() } else { camel(&method.name.to_string()) };
    machine::Names {
        workflow: workflow.name.clone(),
        state: format_ident!("{}{}State", workflow.name, part, span = at(workflow.name.span())),
        frame: format_ident!("{}{}Frame", workflow.name, part, span = at(workflow.name.span())),
        path: format!("{}::{}", workflow.name, method.name),
    }
}

/// The types of a machine, and of those written within it.
fn machine_types(graph: &Graph, analysis: &Analysis, names: &machine::Names) -> TokenStream {
    let (states, frame) = (states(graph, analysis, names), frame(analysis, names));
    let sites = graph
        .sites
        .iter()
        .zip(&analysis.sites)
        .map(|(site, analysis)| machine_types(&site.graph, analysis, &names.of_site(&site.name)));
    quote!(#states #frame #(#sites)*)
}

/// The whole expansion of `#[workflow]`.
pub(crate) fn workflow(workflow: &Workflow, machines: &[Machine<'_>], errors: &mut Errors) -> TokenStream {
    let mut types = TokenStream::new();
    let mut steps = TokenStream::new();
    for (number, machine) in machines.iter().enumerate() {
        let names = names(workflow, machine.method, number == 0);
        let made = machine_types(&machine.graph, &machine.analysis, &names);
        types.extend(machine.method.attributes.under_cfg(made));
        steps.extend(machine::step_fn(machine.method, &machine.graph, &machine.analysis, &names, errors));
    }
    let Workflow { ty, plain, attrs, generics, .. } = workflow;
    let (params, _, bounds) = generics.split_for_impl();
    let implementation = implementation(workflow, machines);
    let handle = handle::handle(workflow);
    let (cfgs, attrs): (Vec<_>, Vec<_>) = attrs.iter().partition(|attr| attr.path().is_ident("cfg"));
    under(
        &cfgs,
        quote! {
            #(#attrs)*
            impl #params #ty #bounds {
                #(#plain)*
            }
            #types
            #[automatically_derived]
            impl #params #ty #bounds {
                #steps
            }
            #implementation
            #handle
        },
    )
}

/// What stands in for a workflow with errors, so that no second error follows from the first: its plain items, and all
/// that other code may name.
pub(crate) fn plain_items(workflow: &Workflow, machines: &[Machine<'_>]) -> TokenStream {
    let Workflow { ty, plain, attrs, generics, .. } = workflow;
    let (params, _, bounds) = generics.split_for_impl();
    let handle = handle::handle(workflow);
    let run = workflow.methods.first();
    let unusable = unusable();
    let states = machines.iter().enumerate().map(|(number, machine)| {
        let names = names(workflow, machine.method, number == 0);
        machine.method.attributes.under_cfg(states(&machine.graph, &machine.analysis, &names))
    });
    let implementation = run.map(|run| {
        let step = step_name(&run.name);
        let (arguments, output) = (arguments(run), &run.output);
        let implementation = implementation(workflow, &[]);
        quote! {
            #[automatically_derived]
            impl #params #ty #bounds {
                #[doc(hidden)]
                fn #step(
                    &mut self,
                    _: &::longhaul::machine::Context,
                    _: &mut ::longhaul::machine::Sub<#arguments>,
                ) -> ::core::task::Poll<#output> {
                    #unusable
                }
            }
            #implementation
        }
    });
    quote! {
        #(#attrs)*
        #[allow(unused, unreachable_code)]
        impl #params #ty #bounds {
            #(#plain)*
        }
        #(#states)*
        #implementation
        #handle
    }
}

/// The enum of a machine's states.
fn states(graph: &Graph, analysis: &Analysis, names: &machine::Names) -> TokenStream {
    let machine::Names { state, path, .. } = names;
    let docs = format!("Where `{path}` can be: before its first step, at each of its awaits, or done.");
    let variants: Vec<_> = analysis.states.iter().map(|state| variant(graph, state)).collect();
    let variant_docs = analysis.states.iter().map(|state| {
        let source = graph.poll(state.block).map(|poll| poll.source.clone()).unwrap_or_default();
        format!("At `{source}`.")
    });
    let texts: Vec<_> = variants.iter().map(ToString::to_string).collect();
    let live = analysis.states.iter().map(|state| {
        let live = state.live.iter().map(|number| u16::try_from(*number).unwrap_or(u16::MAX));
        quote!(&[#(#live),*])
    });
    quote! {
        #[doc = #docs]
        // No more traits than are needed: for each, rustc reads all impls of it that there are.
        #[derive(Clone, Copy)]
        #[automatically_derived]
        pub enum #state {
            /// Before the first step.
            Start,
            #(#[doc = #variant_docs] #variants,)*
            /// After the last step.
            Done,
        }
        #[automatically_derived]
        impl ::longhaul::machine::State for #state {
            const MACHINE: &'static str = #path;
            const ALL: &'static [Self] = &[Self::Start, #(Self::#variants,)* Self::Done];
            const TABLE: &'static [::longhaul::machine::StateEntry] =
                &[("Start", &[]), #((#texts, #live),)* ("Done", &[])];
            fn place(self) -> usize {
                self as usize
            }
        }
    }
}

/// A state as a variant; where its name was given by hand, at that place.
fn variant(graph: &Graph, state: &State) -> Ident {
    let given = graph.poll(state.block).and_then(|poll| poll.given.as_ref());
    Ident::new(&state.name, at(given.map_or_else(proc_macro2::Span::call_site, Ident::span)))
}

/// The struct of a machine's slots. The types are parameters: the body says what they are.
fn frame(analysis: &Analysis, names: &machine::Names) -> TokenStream {
    let (frame, state) = (&names.frame, &names.state);
    let mut params = Vec::new();
    let mut fields = TokenStream::new();
    let mut empty = TokenStream::new();
    for slot in &analysis.slots {
        let field = ident(&slot.name, proc_macro2::Span::call_site());
        if matches!(slot.kind, SlotKind::Position(_)) {
            fields.extend(quote!(pub #field: #state,));
            empty.extend(quote!(#field: #state::Start,));
            continue;
        }
        let param = format_ident!("{}T", camel(&slot.name));
        let param = if params.contains(&param) { format_ident!("{}{}", param, params.len()) } else { param };
        fields.extend(quote!(pub #field: ::longhaul::machine::Slot<#param>,));
        empty.extend(quote!(#field: ::longhaul::machine::Slot::empty(),));
        params.push(param);
    }
    quote! {
        #[doc(hidden)]
        #[automatically_derived]
        pub struct #frame<#(#params),*> {
            pub at: #state,
            #fields
        }
        #[automatically_derived]
        impl<#(#params: 'static),*> ::longhaul::machine::Frame for #frame<#(#params),*> {
            type State = #state;
            const EMPTY: Self = #frame { at: #state::Start, #empty };
        }
    }
}

/// What a method is called with: one argument as it is, several as a tuple.
pub(crate) fn arguments(method: &Method) -> TokenStream {
    let types: Vec<_> = method.arguments.iter().map(|argument| &argument.ty).collect();
    if let [ty] = types[..] { quote!(#ty) } else { quote!((#(#types),*)) }
}

/// How a method's output splits into what it gives and what it fails with.
pub(crate) struct Split {
    pub(crate) output: TokenStream,
    pub(crate) error: TokenStream,
    pub(crate) is_result: bool,
}

/// A return type called `Result` is one; any other cannot fail.
pub(crate) fn split(ty: &Type) -> Split {
    let is_result = matches!(ty, Type::Path(path)
        if path.qself.is_none() && path.path.segments.last().is_some_and(|last| last.ident == "Result"));
    if is_result {
        let span = at(ty.span());
        Split {
            output: quote_spanned!(span=> <#ty as ::longhaul::activity::ActivityReturn>::Output),
            error: quote_spanned!(span=> <#ty as ::longhaul::activity::ActivityReturn>::Error),
            is_result,
        }
    } else {
        Split { output: quote!(#ty), error: quote!(::longhaul::Never), is_result }
    }
}

/// `impl Workflow`
fn implementation(workflow: &Workflow, machines: &[Machine<'_>]) -> TokenStream {
    let Some(run) = workflow.methods.first() else { return TokenStream::new() };
    let (ty, name) = (&workflow.ty, workflow.name.to_string());
    let step = step_name(&run.name);
    let Split { output, error, is_result } = split(&run.output);
    // What is called `Result` and is none is said of the return type alone.
    let of_output = at(run.output.span());
    let result = if is_result {
        quote_spanned!(of_output=> ::longhaul::activity::ActivityReturn::into_result)
    } else {
        quote!(::core::result::Result::Ok)
    };
    let step = quote_spanned! {of_output=>
        fn step(
            &mut self,
            ctx: &::longhaul::machine::Context,
            machine: &mut ::longhaul::machine::Sub<Self::Input>,
        ) -> ::core::task::Poll<::core::result::Result<Self::Output, Self::Error>> {
            self.#step(ctx, machine).map(#result)
        }
    };
    let input = arguments(run);
    let handlers = handlers::handlers(workflow, machines.is_empty());
    let handle = handle::name(workflow);
    let describe = describe::describe(workflow, machines);
    // Without machines there are errors, and no diagram.
    let docs = (!machines.is_empty()).then(|| describe::docs(&name, machines));
    let step_spawned = spawned::step_spawned(workflow, machines);
    let steps = spawned::steps_of_methods(machines);
    let span = at(ty.span());
    let bounds = bounds(workflow, &quote!(::longhaul::workflow::Instance));
    let params = workflow.generics.split_for_impl().0;
    let head = quote_spanned!(span=> impl #params ::longhaul::Workflow for #ty #bounds);
    let instances = workflow.instances.iter().map(instance);
    let name = name_of(workflow);
    let docs_of_run = &run.attributes.docs;
    quote! {
        #(#docs_of_run)*
        #docs
        #[automatically_derived]
        #[allow(deprecated)]
        #head {
            const NAME: &'static str = #name;
            type Input = #input;
            type Output = #output;
            type Error = #error;
            type Handle = #handle<#ty>;
            #handlers
            #step
            #step_spawned
            #steps
            #describe
        }
        #(#instances)*
    }
}

/// `impl Instance for Checkout<Card>`
fn instance(instance: &Instance) -> TokenStream {
    let Instance { ty, name } = instance;
    let span = at(ty.span());
    let head = quote_spanned!(span=> impl ::longhaul::workflow::Instance for #ty);
    quote! {
        #[automatically_derived]
        #head {
            const NAME: &'static str = #name;
        }
    }
}

/// The bounds of the impl; of a generic workflow, only the instances have what `has` says.
fn bounds(workflow: &Workflow, has: &TokenStream) -> Option<syn::WhereClause> {
    let mut generics = workflow.generics.clone();
    if !generics.params.is_empty() {
        let ty = &workflow.ty;
        generics.make_where_clause().predicates.push(syn::parse_quote!(#ty: #has));
    }
    generics.where_clause
}

/// The workflow's name, within `impl Workflow`.
fn name_of(workflow: &Workflow) -> TokenStream {
    if workflow.generics.params.is_empty() {
        let name = workflow.name.to_string();
        quote!(#name)
    } else {
        quote!(<Self as ::longhaul::workflow::Instance>::NAME)
    }
}
