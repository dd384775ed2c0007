//! `#[activity]` and `#[activities]`: functions that run outside of the machine, called from it by type.

mod options;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, ImplItem, ImplItemFn, ItemFn, ItemImpl, Pat, Signature, Type, Visibility};

use self::options::Options;
use crate::diag::{self, Errors, refused};
use crate::emit::{Split, split};
use crate::lower::at;
use crate::parse::{self, Bodies};
use crate::storable::{meant, names_dyn, names_unstorable};

/// The parameters of an activity, the context aside.
struct Params {
    pats: Vec<Pat>,
    types: Vec<Type>,
    /// Whether the context is asked for, and where among all but the receiver.
    context_at: Option<usize>,
}

fn params(signature: &Signature, errors: &mut Errors) -> Params {
    let mut params = Params { pats: Vec::new(), types: Vec::new(), context_at: None };
    if signature.asyncness.is_none() {
        errors.on(signature, diag::ACTIVITY_ASYNC);
    }
    if let Some(found) = names_dyn(&return_type(signature)) {
        errors.on(found, diag::DYN_OUTPUT);
    }
    if let Some(param) = signature.generics.params.first() {
        errors.on(param, diag::ACTIVITY_GENERIC);
    }
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (position, typed) in typed.enumerate() {
        match &*typed.ty {
            Type::Path(path)
                if path.path.segments.last().is_some_and(|last| last.ident == "ActivityContext") =>
            {
                params.context_at = Some(position);
                continue;
            }
            _ => {}
        }
        if let Some(found) = names_unstorable(&typed.ty) {
            errors.on(found, diag::ACTIVITY_ARGUMENT);
        }
        params.pats.push((*typed.pat).clone());
        params.types.push(meant(&typed.ty));
    }
    params
}

/// `impl Activity` for `marker`, which calls `target(.., context, arguments)`.
struct Implementation<'a> {
    marker: &'a Ident,
    name: String,
    options: &'a Options,
    params: &'a Params,
    output: Type,
    deps: TokenStream,
    target: TokenStream,
    receiver: bool,
    /// Whether it has errors: then it stands for its type alone, so that calls of it are no errors.
    broken: bool,
}

impl Implementation<'_> {
    fn tokens(&self) -> TokenStream {
        let Implementation { marker, name, options, params, output, deps, target, receiver, broken } = self;
        let types = &params.types;
        let values: Vec<_> = (0..types.len()).map(|number| format_ident!("argument{number}")).collect();
        let mut arguments: Vec<TokenStream> = values.iter().map(|value| quote!(#value)).collect();
        if let Some(position) = params.context_at {
            arguments.insert(position, quote!(ctx));
        }
        if *receiver {
            arguments.insert(0, quote!(&*deps));
        }
        let output = if *broken { &meant(output) } else { output };
        let Split { output: ok, error, is_result } = split(output);
        let result = if *broken {
            diag::unusable()
        } else if is_result {
            quote!(::longhaul::activity::ActivityReturn::into_result(#target(#(#arguments),*).await))
        } else {
            quote!(::core::result::Result::Ok(#target(#(#arguments),*).await))
        };
        let retry = options.retry_tokens();
        let options = options.tokens();
        let retry = if *broken { quote!(::longhaul::activity::Retry::ByPolicy) } else { retry };
        let span = types.first().map_or_else(proc_macro2::Span::call_site, |ty| at(ty.span()));
        let input = quote_spanned!(span=> type Input = (#(#types,)*););
        quote! {
            #[automatically_derived]
            impl ::longhaul::Activity for #marker {
                const NAME: &'static str = #name;
                #input
                type Output = #ok;
                type Error = #error;
                type Deps = #deps;
                fn options() -> ::longhaul::ActivityOptions {
                    #options
                }
                #[allow(unused_variables, clippy::all, clippy::pedantic)]
                fn retry(error: &Self::Error) -> ::longhaul::activity::Retry {
                    #retry
                }
                fn read_error(
                    ctx: &::longhaul::machine::Context,
                    error: ::longhaul::codec::Payload,
                ) -> ::core::option::Option<Self::Error> {
                    #[allow(unused_imports)]
                    use ::longhaul::activity::{ReadByType as _, ReadNothing as _};
                    ::longhaul::activity::ReadError::<Self::Error>(::core::marker::PhantomData).read(ctx, error)
                }
                #[allow(unused_variables, clippy::all, clippy::pedantic)]
                async fn call(
                    deps: ::std::sync::Arc<Self::Deps>,
                    ctx: ::longhaul::ActivityContext,
                    input: Self::Input,
                ) -> ::core::result::Result<Self::Output, Self::Error> {
                    let (#(#values,)*) = input;
                    #result
                }
            }
        }
    }
}

/// The function that a workflow calls: it gives the call, not begun.
fn caller(
    vis: &Visibility,
    attrs: &[syn::Attribute],
    name: &Ident,
    marker: &TokenStream,
    params: &Params,
) -> TokenStream {
    let names: Vec<_> = params
        .pats
        .iter()
        .enumerate()
        .map(|(number, pat)| match pat {
            Pat::Ident(pat) => pat.ident.clone(),
            _ => format_ident!("argument{number}"),
        })
        .collect();
    let types = &params.types;
    let docs = attrs.iter().filter(|attr| attr.path().is_ident("doc") || attr.path().is_ident("cfg"));
    quote! {
        #(#docs)*
        ///
        /// A call of the activity, to be awaited in a workflow.
        #[allow(dead_code, clippy::pedantic)]
        #vis fn #name(#(#names: #types),*) -> ::longhaul::ActivityCall<#marker> {
            ::longhaul::ActivityCall::new((#(#names,)*))
        }
    }
}

fn parse_options(attr: TokenStream, errors: &mut Errors) -> Options {
    match syn::parse2(attr) {
        Ok(options) => options,
        Err(error) => {
            errors.push(error);
            Options::default()
        }
    }
}

fn return_type(signature: &Signature) -> Type {
    match &signature.output {
        syn::ReturnType::Default => syn::parse_quote!(()),
        syn::ReturnType::Type(_, ty) => (**ty).clone(),
    }
}

/// `#[activity]` on a free function.
#[allow(clippy::needless_pass_by_value)] // As proc macros are called.
pub(crate) fn function(attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let function: ItemFn = match parse::item(item.clone(), Bodies::Own, &mut errors) {
        Ok(function) => function,
        Err(error) => {
            let is_item = syn::parse2::<syn::Item>(item.clone()).is_ok();
            let error = refused(if is_item { diag::ACTIVITY_ASYNC.at(error.span()) } else { error });
            return quote!(#item #error);
        }
    };
    let options = parse_options(attr, &mut errors);
    if let Some(receiver) = function.sig.receiver() {
        errors.on(receiver, diag::ACTIVITY_SELF_OUTSIDE);
    }
    let params = params(&function.sig, &mut errors);
    let broken = !errors.is_empty();
    if broken && (function.sig.receiver().is_some() || !function.sig.generics.params.is_empty()) {
        return errors.into_tokens();
    }
    let name = &function.sig.ident;
    let body_name = format_ident!("__{}", name, span = at(name.span()));
    let mut body = function.clone();
    body.sig.ident = body_name.clone();
    body.vis = Visibility::Inherited;
    body.attrs.retain(|attr| !attr.path().is_ident("doc"));
    body.attrs.push(syn::parse_quote!(#[doc(hidden)]));
    body.attrs.push(syn::parse_quote!(#[allow(clippy::unused_async, clippy::needless_pass_by_value)]));
    let vis = &function.vis;
    let caller = caller(vis, &function.attrs, name, &quote!(#name), &params);
    let implementation = Implementation {
        marker: name,
        name: name.to_string(),
        options: &options,
        params: &params,
        output: return_type(&function.sig),
        deps: quote!(()),
        target: quote!(#body_name),
        receiver: false,
        broken,
    }
    .tokens();
    let docs = format!("The activity `{name}`, as a type: for registering it with an engine.");
    let body = if broken { errors.into_tokens() } else { body.into_token_stream() };
    quote! {
        #[doc = #docs]
        #[allow(non_camel_case_types)]
        #vis struct #name {}
        #caller
        #implementation
        #body
    }
}

/// `#[activities]` on an impl.
#[allow(clippy::needless_pass_by_value)] // As proc macros are called.
pub(crate) fn set(attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    if !attr.is_empty() {
        errors.on(
            &attr,
            diag::unknown_option(&attr.to_string(), "there are none here; options go on each `#[activity]`"),
        );
    }
    let mut item: ItemImpl = match parse::item(item.clone(), Bodies::OfItsItems, &mut errors) {
        Ok(item) => item,
        Err(error) => {
            let error = refused(error);
            return quote!(#item #error);
        }
    };
    let ty = (*item.self_ty).clone();
    let type_name = match &ty {
        Type::Path(path) if item.generics.params.is_empty() && item.trait_.is_none() => {
            path.path.segments.last().map(|last| last.ident.clone())
        }
        _ => None,
    };
    let Some(type_name) = type_name else {
        errors.on(&item.self_ty, diag::ACTIVITIES_IMPL);
        return errors.into_tokens();
    };
    let mut outside = TokenStream::new();
    let mut callers = TokenStream::new();
    let mut markers = Vec::new();
    for entry in &mut item.items {
        let ImplItem::Fn(method) = entry else { continue };
        let Some(position) = method.attrs.iter().position(|attr| diag::is_attr(attr, "activity")) else {
            continue;
        };
        let attribute = method.attrs.remove(position);
        let options = match attribute.meta {
            syn::Meta::List(list) => parse_options(list.tokens, &mut errors),
            _ => Options::default(),
        };
        let (marker, tokens, caller) = activity_method(&type_name, &ty, method, &options, &mut errors);
        outside.extend(tokens);
        callers.extend(caller);
        markers.push(marker);
    }
    if markers.is_empty() && errors.is_empty() {
        errors.on(&item.self_ty, diag::NO_ACTIVITY);
    }
    let errors = errors.into_tokens();
    quote! {
        #item
        #[automatically_derived]
        impl #ty {
            #callers
        }
        #outside
        #[automatically_derived]
        impl ::longhaul::activity::ActivitySet for #ty {
            fn register(
                self: ::std::sync::Arc<Self>,
                registry: &mut dyn ::longhaul::activity::ActivityRegistry,
            ) {
                #(registry.add(::longhaul::activity::RegisteredActivity::new::<#markers>(
                    ::core::clone::Clone::clone(&self),
                ));)*
            }
        }
        #errors
    }
}

/// One method of a set: its marker type, what stands outside the impl, and the function that workflows call.
fn activity_method(
    type_name: &Ident,
    ty: &Type,
    method: &mut ImplItemFn,
    options: &Options,
    errors: &mut Errors,
) -> (Ident, TokenStream, TokenStream) {
    let name = method.sig.ident.clone();
    let before = errors.len();
    match method.sig.receiver().map(|receiver| &receiver.kind) {
        Some(syn::ReceiverKind::Reference(_, _, None)) => {}
        _ => errors.on(&name, diag::ACTIVITY_SELF),
    }
    let params = params(&method.sig, errors);
    let marker = format_ident!("{}_{}", type_name, name, span = at(name.span()));
    let body_name = format_ident!("__{}", name, span = at(name.span()));
    let caller = caller(&method.vis, &method.attrs, &name, &quote!(#marker), &params);
    let implementation = Implementation {
        marker: &marker,
        name: format!("{type_name}::{name}"),
        options,
        params: &params,
        output: return_type(&method.sig),
        deps: quote!(#ty),
        target: quote!(<#ty>::#body_name),
        receiver: true,
        broken: errors.len() > before,
    }
    .tokens();
    let docs = format!("The activity `{type_name}::{name}`, as a type.");
    method.sig.ident = body_name;
    method.vis = Visibility::Inherited;
    method.attrs.retain(|attr| !attr.path().is_ident("doc"));
    method.attrs.push(
        syn::parse_quote!(#[allow(clippy::unused_async, clippy::needless_pass_by_value, clippy::unused_self)]),
    );
    let tokens = quote! {
        #[doc = #docs]
        // Generic, so that a private type's activity can be a public type; the default is the only use.
        #[allow(non_camel_case_types, private_interfaces)]
        pub struct #marker<S = #ty>(::core::marker::PhantomData<fn() -> S>);
        #implementation
    };
    (marker, tokens, caller)
}
