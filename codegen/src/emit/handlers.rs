//! How signals, updates and queries reach their methods: the parts of `impl Workflow` that dispatch by name.
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Type;

use crate::attributes::cfgs;
use crate::model::{Handler, Workflow};

/// A stand-in for a workflow with errors calls nothing.
pub(super) fn handlers(workflow: &Workflow, stand_in: bool) -> TokenStream {
    let called = |handlers: &'_ [Handler]| if stand_in { 0 } else { handlers.len() };
    let signals = workflow.signals[..called(&workflow.signals)].iter().map(signal);
    let queries = workflow.queries[..called(&workflow.queries)].iter().map(query);
    let (signal_types, query_names) = (types(&workflow.signals), names(&workflow.queries));
    let unknown_signal = unknown(workflow, "signal", &workflow.signals);
    let unknown_query = unknown(workflow, "query", &workflow.queries);
    let updates = updates(workflow, called(&workflow.updates));
    quote! {
        const SIGNALS: &'static [::longhaul::workflow::SignalType] = &[#(#signal_types),*];
        const QUERIES: &'static [&'static str] = &[#(#query_names),*];
        fn signal(
            &mut self,
            ctx: &::longhaul::machine::Context,
            name: &str,
            args: &::longhaul::codec::Payload,
        ) -> ::core::result::Result<(), ::longhaul::workflow::HandlerError> {
            match name {
                #(#signals)*
                _ => #unknown_signal,
            }
        }
        fn query(
            &self,
            name: &str,
            args: &::longhaul::codec::Payload,
        ) -> ::core::result::Result<::longhaul::codec::Payload, ::longhaul::workflow::HandlerError> {
            match name {
                #(#queries)*
                _ => #unknown_query,
            }
        }
        #updates
    }
}

fn signal(signal: &Handler) -> TokenStream {
    let (name, text) = (&signal.name, signal.name.to_string());
    let (values, arguments) = (argument_names(signal), arguments(signal));
    let handle = if signal.is_async { begin(signal) } else { quote!(self.#name(#(#values),*);) };
    let cfgs = cfgs(&signal.attrs);
    quote! {
        #(#cfgs)*
        #text => {
            #arguments
            #handle
            ::core::result::Result::Ok(())
        }
    }
}

fn query(query: &Handler) -> TokenStream {
    let (name, text) = (&query.name, query.name.to_string());
    let (values, arguments) = (argument_names(query), arguments(query));
    let cfgs = cfgs(&query.attrs);
    quote! {
        #(#cfgs)*
        #text => {
            #arguments
            ::longhaul::workflow::handler_answer(#text, &self.#name(#(#values),*))
        }
    }
}

/// `UPDATES`, `validate` and `update`; nothing for a workflow without updates.
fn updates(workflow: &Workflow, called: usize) -> TokenStream {
    if workflow.updates.is_empty() {
        return TokenStream::new();
    }
    let called = &workflow.updates[..called];
    let (types, unknown) = (types(&workflow.updates), unknown(workflow, "update", &workflow.updates));
    let (validated, updated) = (called.iter().map(validate), called.iter().map(update));
    let answer = quote! {
        ::core::result::Result<
            ::core::option::Option<::longhaul::codec::Payload>,
            ::longhaul::workflow::HandlerError,
        >
    };
    quote! {
        const UPDATES: &'static [::longhaul::workflow::SignalType] = &[#(#types),*];
        fn validate(&self, name: &str, args: &::longhaul::codec::Payload) -> #answer {
            match name {
                #(#validated)*
                _ => #unknown,
            }
        }
        fn update(
            &mut self,
            ctx: &::longhaul::machine::Context,
            name: &str,
            args: &::longhaul::codec::Payload,
        ) -> #answer {
            match name {
                #(#updated)*
                _ => #unknown,
            }
        }
    }
}

fn validate(update: &Handler) -> TokenStream {
    let (text, output) = (update.name.to_string(), &update.output);
    let (values, arguments) = (argument_names(update), arguments(update));
    let cfgs = cfgs(&update.attrs);
    let Some(validator) = &update.validator else {
        return quote!(#(#cfgs)* #text => { #arguments ::core::result::Result::Ok(::core::option::Option::None) });
    };
    quote! {
        #(#cfgs)*
        #text => {
            #arguments
            match self.#validator(#(&#values),*) {
                ::core::result::Result::Ok(()) => ::core::result::Result::Ok(::core::option::Option::None),
                ::core::result::Result::Err(refusal) => {
                    let answer: #output = ::core::result::Result::Err(refusal);
                    ::longhaul::workflow::handler_answer(#text, &answer).map(::core::option::Option::Some)
                }
            }
        }
    }
}

fn update(update: &Handler) -> TokenStream {
    let (name, text) = (&update.name, update.name.to_string());
    let (values, arguments) = (argument_names(update), arguments(update));
    let handle = if update.is_async {
        let begin = begin(update);
        quote!(#begin ::core::result::Result::Ok(::core::option::Option::None))
    } else {
        quote! {
            ::longhaul::workflow::handler_answer(#text, &self.#name(#(#values),*))
                .map(::core::option::Option::Some)
        }
    };
    let cfgs = cfgs(&update.attrs);
    quote!(#(#cfgs)* #text => { #arguments #handle })
}

/// Begins the machine of an async handler.
fn begin(handler: &Handler) -> TokenStream {
    let text = handler.name.to_string();
    let values = argument_names(handler);
    let arguments = if let [value] = &values[..] { quote!(#value) } else { quote!((#(#values),*)) };
    quote!(ctx.spawn_handler(#text, #arguments);)
}

/// `let (a, b,): (A, B,) = ..;`
fn arguments(handler: &Handler) -> TokenStream {
    let (text, values, types) = (handler.name.to_string(), argument_names(handler), argument_types(handler));
    quote!(let (#(#values,)*): (#(#types,)*) = ::longhaul::workflow::handler_arguments(#text, args)?;)
}

fn types(handlers: &[Handler]) -> Vec<TokenStream> {
    let of = |handler: &Handler| {
        let (name, types) = (handler.name.to_string(), argument_types(handler));
        let cfgs = cfgs(&handler.attrs);
        quote!(#(#cfgs)* ::longhaul::workflow::SignalType::of::<(#(#types,)*)>(#name))
    };
    handlers.iter().map(of).collect()
}

fn names(handlers: &[Handler]) -> Vec<TokenStream> {
    let of = |handler: &Handler| {
        let (cfgs, name) = (cfgs(&handler.attrs), handler.name.to_string());
        quote!(#(#cfgs)* #name)
    };
    handlers.iter().map(of).collect()
}

fn unknown(workflow: &Workflow, kind: &str, handlers: &[Handler]) -> TokenStream {
    let (workflow, names) = (super::name_of(workflow), names(handlers));
    quote! {
        ::core::result::Result::Err(::longhaul::workflow::HandlerError::unknown(
            #workflow, #kind, name, &[#(#names),*],
        ))
    }
}

fn argument_types(handler: &Handler) -> Vec<&Type> {
    handler.arguments.iter().map(|(_, ty)| ty).collect()
}

fn argument_names(handler: &Handler) -> Vec<Ident> {
    (0..handler.arguments.len()).map(|number| format_ident!("argument{number}")).collect()
}
