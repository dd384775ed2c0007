//! The typed handle of a workflow.
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Type;

use super::{Split, bounds, split};
use crate::lower::at;
use crate::model::{Handler, Workflow};

pub(super) fn name(workflow: &Workflow) -> Ident {
    format_ident!("{}Handle", workflow.name, span = at(workflow.name.span()))
}

/// `CheckoutHandle`: a run's handle with a method for each signal and query.
pub(super) fn handle(workflow: &Workflow) -> TokenStream {
    let (name, ty) = (name(workflow), &workflow.ty);
    let (generics, bounds) =
        (workflow.generics.split_for_impl().0, bounds(workflow, &quote!(::longhaul::Workflow)));
    let default = workflow.generics.params.is_empty().then(|| quote!(= #ty));
    let docs =
        format!("A handle to a run of [`{0}`]: its signals, updates and queries as methods.", workflow.name);
    let signals = workflow.signals.iter().map(|signal| {
        let Handler { name, attrs, vis, .. } = signal;
        let (params, values) = params(signal);
        let text = name.to_string();
        quote! {
            #(#attrs)*
            ///
            /// Signals the run: durable once this returns.
            #vis async fn #name(&self, #(#params),*) -> ::core::result::Result<(), ::longhaul::SignalError> {
                self.0.signal(#text, &(#(#values,)*)).await
            }
        }
    });
    let queries = workflow.queries.iter().map(|query| {
        let Handler { name, attrs, vis, output, .. } = query;
        let (params, values) = params(query);
        let text = name.to_string();
        quote! {
            #(#attrs)*
            ///
            /// Asks the run: the answer is of its last committed state.
            #vis async fn #name(&self, #(#params),*) -> ::core::result::Result<#output, ::longhaul::QueryError> {
                self.0.query(#text, &(#(#values,)*)).await
            }
        }
    });
    let updates = workflow.updates.iter().map(update);
    quote! {
        // Generic, so that a private workflow's handle can be a public type; the default is the only use.
        #[doc = #docs]
        #[allow(private_interfaces)]
        #[automatically_derived]
        pub struct #name<W #default>(::longhaul::RunHandle<W>);
        #[automatically_derived]
        #[allow(private_interfaces, dead_code, clippy::pedantic)]
        impl #generics #name<#ty> #bounds {
            #(#signals)*
            #(#updates)*
            #(#queries)*
        }
        #[automatically_derived]
        impl<W> ::core::clone::Clone for #name<W> {
            fn clone(&self) -> Self {
                #name(::core::clone::Clone::clone(&self.0))
            }
        }
        #[automatically_derived]
        impl<W> ::core::convert::From<::longhaul::RunHandle<W>> for #name<W> {
            fn from(handle: ::longhaul::RunHandle<W>) -> Self {
                #name(handle)
            }
        }
        #[automatically_derived]
        impl<W> ::core::ops::Deref for #name<W> {
            type Target = ::longhaul::RunHandle<W>;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    }
}

/// The handle's method of an update.
fn update(update: &Handler) -> TokenStream {
    let Handler { name, attrs, vis, output, .. } = update;
    let (params, values) = params(update);
    let text = name.to_string();
    let Split { output, error, is_result } = split(output);
    let method = if is_result { quote!(try_update) } else { quote!(update) };
    quote! {
        #(#attrs)*
        ///
        /// Updates the run, once it is awaited: durable when it is accepted, answered when it is done.
        #vis fn #name(&self, #(#params),*) -> ::longhaul::Update<#output, #error> {
            self.0.#method(#text, &(#(#values,)*))
        }
    }
}

/// The parameters of a handle's method and what is sent for each: a text may be given as `&str`.
fn params(handler: &Handler) -> (Vec<TokenStream>, Vec<TokenStream>) {
    handler
        .arguments
        .iter()
        .map(|(name, ty)| {
            if is_string(ty) {
                (
                    quote!(#name: impl ::core::convert::Into<#ty>),
                    quote!(::core::convert::Into::<#ty>::into(#name)),
                )
            } else {
                (quote!(#name: #ty), quote!(#name))
            }
        })
        .unzip()
}

fn is_string(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "String"))
}
