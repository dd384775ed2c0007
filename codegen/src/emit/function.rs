//! The expansion of `#[workflow] async fn`: a call to be awaited, and a type of the function's name to be started.
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Machine, Split, arguments, describe, machine, machine_types, spawned, split, step_name};
use crate::diag::{Errors, unusable};
use crate::function::Function;
use crate::lower::{at, camel};
use crate::parameters::of_caller;

/// The name as text.
fn text(name: &Ident) -> String {
    name.to_string().trim_start_matches("r#").to_owned()
}

/// The whole expansion.
pub(crate) fn function(function: &Function, machine: &Machine<'_>, errors: &mut Errors) -> TokenStream {
    let name = &function.name;
    let span = at(name.span());
    let names = machine::Names {
        state: format_ident!("{}State", camel(&text(name)), span = span),
        frame: format_ident!("{}Frame", camel(&text(name)), span = span),
        workflow: name.clone(),
        path: text(name),
    };
    let step = machine::step_fn(machine.method, &machine.graph, &machine.analysis, &names, errors);
    let description = describe::of_function(&text(name), machine);
    let types = machine_types(&machine.graph, &machine.analysis, &names);
    let (step_spawned, steps) =
        (spawned::step_spawned_of_function(machine), spawned::steps_of_function(machine));
    let step_spawned = quote!(#steps #step_spawned);
    let docs = describe::docs(&text(name), std::slice::from_ref(machine));
    let around = around(function, &description, &step_spawned, &docs);
    function.method.attributes.under_cfg(quote! {
        #around
        #types
        #step
    })
}

/// What stands in for a function with errors, so that its calls are no errors, too.
pub(crate) fn stand_in(function: &Function) -> TokenStream {
    let step = step_name(&function.name);
    let (input, output) = (arguments(&function.method), &function.method.output);
    let name = text(&function.name);
    let unusable = unusable();
    let around = around(
        function,
        &quote! {
            ::std::vec![::longhaul::machine::MachineDescription {
                workflow: #name, method: #name, file: ::core::file!(), states: &[], transitions: &[], slots: ::std::vec::Vec::new(),
            }]
        },
        &TokenStream::new(),
        &TokenStream::new(),
    );
    function.method.attributes.under_cfg(quote! {
        #around
        #[doc(hidden)]
        fn #step(
            _: &::longhaul::machine::Context,
            _: &mut ::longhaul::machine::Sub<#input>,
        ) -> ::core::task::Poll<#output> {
            #unusable
        }
    })
}

/// The type of the function's name, the function that gives a call, and what the two implement.
fn around(
    function: &Function,
    description: &TokenStream,
    step_spawned: &TokenStream,
    docs_of_run: &TokenStream,
) -> TokenStream {
    let Function { name, vis, method } = function;
    let (docs, others) = (&method.attributes.docs, &method.attributes.others);
    let type_docs = format!("The workflow `{name}`, as a type: for runs of its own.");
    let (params, values) = of_caller(method);
    let values = if let [value] = &values[..] { quote!(#value) } else { quote!((#(#values),*)) };
    let (input, output) = (arguments(method), &method.output);
    let step = step_name(name);
    let span = method.arguments.first().map_or_else(|| at(name.span()), |argument| at(argument.ty.span()));
    let arguments = quote_spanned!(span=> type Arguments = #input;);
    let text = text(name);
    let workflow = workflow(function, docs_of_run);
    quote! {
        #[doc = #type_docs]
        ///
        #(#docs)*
        #[allow(non_camel_case_types)]
        #[derive(Debug, Default)]
        #vis struct #name {}
        #(#docs)*
        ///
        /// A call, to be awaited in a workflow, whose run it becomes a part of.
        #[allow(dead_code, unused_variables, unreachable_code, clippy::all, clippy::pedantic)]
        #(#others)*
        #vis fn #name(#(#params),*) -> ::longhaul::machine::Call<#name> {
            ::longhaul::machine::Call::new(#values)
        }
        #[automatically_derived]
        #[allow(deprecated)]
        impl ::longhaul::machine::Function for #name {
            const NAME: &'static str = #text;
            #arguments
            type Output = #output;
            fn step(
                ctx: &::longhaul::machine::Context,
                machine: &mut ::longhaul::machine::Sub<Self::Arguments>,
            ) -> ::core::task::Poll<Self::Output> {
                #step(ctx, machine)
            }
            #step_spawned
            fn describe() -> ::std::vec::Vec<::longhaul::machine::MachineDescription> {
                #description
            }
        }
        #workflow
    }
}

/// `impl Workflow`: a run of its own has no value, no signals and no queries.
fn workflow(function: &Function, docs: &TokenStream) -> TokenStream {
    let Function { name, vis, method, .. } = function;
    let text = text(name);
    let Split { output, error, is_result } = split(&method.output);
    let result = if is_result { quote!(result) } else { quote!(::core::result::Result::Ok(result)) };
    let step = step_name(name);
    let handle = format_ident!("{}Handle", camel(&text), span = at(name.span()));
    let handle_docs = format!("A handle to a run of `{name}`.");
    quote! {
        #[doc = #handle_docs]
        #[allow(dead_code)]
        #vis type #handle = ::longhaul::RunHandle<#name>;
        #[automatically_derived]
        impl ::longhaul::machine::serde::Serialize for #name {
            fn serialize<S: ::longhaul::machine::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_unit()
            }
        }
        #[automatically_derived]
        impl<'de> ::longhaul::machine::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::longhaul::machine::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                <() as ::longhaul::machine::serde::Deserialize<'de>>::deserialize(deserializer).map(|()| #name {})
            }
        }
        #docs
        #[automatically_derived]
        #[allow(deprecated)]
        impl ::longhaul::Workflow for #name {
            const NAME: &'static str = #text;
            type Input = <Self as ::longhaul::machine::Function>::Arguments;
            type Output = #output;
            type Error = #error;
            type Handle = ::longhaul::RunHandle<Self>;
            const SIGNALS: &'static [::longhaul::workflow::SignalType] = &[];
            const QUERIES: &'static [&'static str] = &[];
            fn signal(
                &mut self,
                _: &::longhaul::machine::Context,
                name: &str,
                _: &::longhaul::codec::Payload,
            ) -> ::core::result::Result<(), ::longhaul::workflow::HandlerError> {
                ::core::result::Result::Err(::longhaul::workflow::HandlerError::unknown(#text, "signal", name, &[]))
            }
            fn query(
                &self,
                name: &str,
                _: &::longhaul::codec::Payload,
            ) -> ::core::result::Result<::longhaul::codec::Payload, ::longhaul::workflow::HandlerError> {
                ::core::result::Result::Err(::longhaul::workflow::HandlerError::unknown(#text, "query", name, &[]))
            }
            fn step_spawned(
                &mut self,
                ctx: &::longhaul::machine::Context,
                spawned: ::std::boxed::Box<::longhaul::machine::Spawned>,
            ) -> ::std::boxed::Box<::longhaul::machine::Spawned> {
                <Self as ::longhaul::machine::Function>::step_spawned(ctx, spawned)
            }
            fn step(
                &mut self,
                ctx: &::longhaul::machine::Context,
                machine: &mut ::longhaul::machine::Sub<Self::Input>,
            ) -> ::core::task::Poll<::core::result::Result<Self::Output, Self::Error>> {
                #step(ctx, machine).map(|result| #result)
            }
            fn describe() -> ::std::vec::Vec<::longhaul::machine::MachineDescription> {
                ::longhaul::machine::with_functions(&<Self as ::longhaul::machine::Function>::describe)
            }
            fn steps(steps: &mut ::longhaul::machine::Steps) {
                steps.function::<Self>();
            }
        }
    }
}
