//! The parameters of an async function: what is stored of each, and how it is handed over.
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, FnArg, GenericParam, Generics, Pat, Signature, Stmt, Type, TypeParamBound};

use crate::diag::{self, Errors};
use crate::lower::at;
use crate::model::Method;
use crate::storable::{meant, names_dyn, names_lifetime, names_unstorable, owned};

/// The prefix of the variable that holds the copy of what was lent; its slot has the name without it.
pub(crate) const LENT: &str = "__lent_";

/// The parameters, sorted.
#[derive(Default)]
pub(crate) struct Parameters {
    /// The name of the `&Context` parameter.
    pub(crate) context: Option<Ident>,
    /// What stands for `Context` in it.
    pub(crate) context_type: Option<syn::Path>,
    /// Where the `&Context` parameter stands among all but the receiver.
    pub(crate) context_at: Option<usize>,
    /// The other parameters.
    pub(crate) arguments: Vec<Argument>,
    /// The type and const parameters, `impl Trait` among them, with their bounds.
    pub(crate) generics: Generics,
    /// What the body begins with: what was lent, borrowed from the copy.
    pub(crate) prologue: Vec<Stmt>,
}

pub(crate) struct Argument {
    /// What the machine binds.
    pub(crate) pat: Pat,
    /// What is stored.
    pub(crate) ty: Type,
    /// As it is written.
    pub(crate) written: (Pat, Type),
    pub(crate) passing: Passing,
}

/// How an argument becomes what is stored.
#[derive(Debug, Clone)]
pub(crate) enum Passing {
    /// It is.
    Value,
    /// `&T`: a copy is kept.
    Lent(Box<Type>),
    /// `impl Into<T>`: it is converted at the call.
    Into(Box<Type>),
}

impl Passing {
    /// What a caller's argument is stored as.
    pub(crate) fn stored(&self, value: &Expr) -> Expr {
        let span = at(value.span());
        match self {
            Passing::Value => value.clone(),
            Passing::Lent(ty) => {
                syn::parse_quote_spanned!(span=> ::longhaul::machine::keep_a_copy::<#ty>(#value))
            }
            Passing::Into(ty) => syn::parse_quote_spanned!(span=> ::core::convert::Into::<#ty>::into(#value)),
        }
    }
}

/// What an async function is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `#[run]`, or an async handler: its parameters come out of the store and are values, all of them.
    Run,
    /// Another method of the impl.
    Method,
    /// A function of its own, which has one name and one form.
    Function,
}

/// Sorts the parameters of an async function.
pub(crate) fn sort(signature: &Signature, kind: Kind, errors: &mut Errors) -> Parameters {
    let mut sorted = Parameters { generics: signature.generics.clone(), ..Parameters::default() };
    let types = signature.generics.params.iter().filter(|param| !matches!(param, GenericParam::Lifetime(_)));
    sorted.generics.params = types.cloned().collect();
    if kind != Kind::Method
        && let Some(param) = sorted.generics.params.first()
    {
        errors.on(param, diag::GENERIC_METHOD);
        sorted.generics = Generics::default();
    }
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let context_at = context_of(signature);
    for (position, typed) in typed.enumerate() {
        if context_at == Some(position) {
            sorted.context_at = Some(position);
            sorted.context_type = context_path(&typed.ty).cloned();
            if let Pat::Ident(pat) = &*typed.pat {
                sorted.context = Some(pat.ident.clone());
            }
            continue;
        }
        if kind == Kind::Run {
            sorted.value(&typed.pat, &typed.ty, errors);
        } else {
            sorted.argument(&typed.pat, &typed.ty, kind, errors);
        }
    }
    sorted.hide_generics();
    sorted
}

impl Parameters {
    fn push(&mut self, pat: Pat, ty: Type, written: (&Pat, &Type), passing: Passing) {
        let written = (written.0.clone(), written.1.clone());
        self.arguments.push(Argument { pat, ty, written, passing });
    }

    fn argument(&mut self, pat: &Pat, ty: &Type, kind: Kind, errors: &mut Errors) {
        match ty {
            Type::Reference(reference)
                if reference.mutability.is_none()
                    && reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static")
                    && names_unstorable(&reference.elem).is_none()
                    && names_dyn(&reference.elem).is_none()
                    && names_lifetime(&reference.elem).is_none() =>
            {
                self.lent(pat, ty, &reference.elem);
            }
            Type::Reference(syn::TypeReference { elem, mutability: None, .. })
                if kind == Kind::Method && names_lifetime(elem).is_none() =>
            {
                // `&impl Trait`, in parentheses where it has several bounds.
                if let Type::ImplTrait(bounds) = without_parentheses(elem) {
                    let name = self.named(bounds);
                    self.lent(pat, ty, &name);
                } else {
                    self.value(pat, ty, errors);
                }
            }
            Type::ImplTrait(bounds) if names_lifetime(ty).is_none() => {
                if let Some(target) = into(&bounds.bounds) {
                    self.push(pat.clone(), target.clone(), (pat, ty), Passing::Into(Box::new(target)));
                } else if kind == Kind::Function {
                    self.value(pat, ty, errors);
                } else {
                    let name = self.named(bounds);
                    self.push(pat.clone(), name, (pat, ty), Passing::Value);
                }
            }
            _ => self.value(pat, ty, errors),
        }
    }

    /// What a caller names cannot be a type parameter of the function: it is inferred there.
    fn hide_generics(&mut self) {
        let names: Vec<Ident> = self.generics.params.iter().filter_map(name_of).collect();
        for argument in &mut self.arguments {
            if let Passing::Lent(ty) | Passing::Into(ty) = &mut argument.passing {
                Hidden(&names).visit_type_mut(ty);
            }
        }
    }

    /// The type parameter that an `impl Trait` is.
    fn named(&mut self, bounds: &syn::TypeImplTrait) -> Type {
        let name = format_ident!("__Impl{}", self.arguments.len(), span = at(bounds.span()));
        let bounds = &bounds.bounds;
        self.generics.params.push(syn::parse_quote!(#name: #bounds));
        syn::parse_quote!(#name)
    }

    fn value(&mut self, pat: &Pat, ty: &Type, errors: &mut Errors) {
        self.push(pat.clone(), stored(ty, errors), (pat, ty), Passing::Value);
    }

    fn lent(&mut self, pat: &Pat, ty: &Type, target: &Type) {
        let span = at(pat.span());
        let number = self.arguments.len();
        let name = match pat {
            Pat::Ident(pat) => pat.ident.to_string().trim_start_matches("r#").to_owned(),
            _ => format!("argument{number}"),
        };
        let kept = Ident::new(&format!("{LENT}{name}"), span);
        // With the type, so that what is kept of a `&str` is seen as one.
        if let Pat::Ident(_) = pat {
            self.prologue.push(syn::parse_quote_spanned!(span=> let #pat: &#target = &#kept;));
        } else {
            let whole = format_ident!("__whole{number}", span = span);
            self.prologue.push(syn::parse_quote_spanned!(span=> let #whole: &#target = &#kept;));
            self.prologue.push(syn::parse_quote_spanned!(span=> let #pat = #whole;));
        }
        self.push(
            syn::parse_quote!(#kept),
            owned(target),
            (pat, ty),
            Passing::Lent(Box::new(target.clone())),
        );
    }
}

/// The parameters of a function that is called with the arguments as they are written, and what it stores of them.
pub(crate) fn of_caller(method: &Method) -> (Vec<TokenStream>, Vec<Expr>) {
    let mut params = Vec::new();
    let mut values = Vec::new();
    for (number, argument) in method.arguments.iter().enumerate() {
        let (pat, ty) = &argument.written;
        let name = match pat {
            Pat::Ident(pat) => pat.ident.clone(),
            _ => format_ident!("argument{number}"),
        };
        if matches!(argument.passing, Passing::Value) && names_unstorable(ty).is_some() {
            // An error has been noted: that the caller's argument has another type would be a second one.
            params.push(quote!(#name: impl ::core::marker::Sized));
            values.push(syn::parse_quote!({ let _ = #name; ::core::unreachable!() }));
        } else {
            params.push(quote!(#name: #ty));
            values.push(argument.passing.stored(&syn::parse_quote!(#name)));
        }
    }
    if let Some(position) = method.context_at {
        let name = method.context.clone().unwrap_or_else(|| Ident::new("_ctx", Span::call_site()));
        params.insert(position, quote!(#name: &::longhaul::machine::Context));
    }
    (params, values)
}

fn name_of(param: &GenericParam) -> Option<Ident> {
    match param {
        GenericParam::Type(param) => Some(param.ident.clone()),
        GenericParam::Const(param) => Some(param.ident.clone()),
        GenericParam::Lifetime(_) => None,
    }
}

/// Puts `_` for each type that names one of these.
struct Hidden<'a>(&'a [Ident]);

impl VisitMut for Hidden<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        let first = match &*ty {
            Type::Path(path) if path.qself.is_none() => path.path.segments.first(),
            Type::Path(_) | Type::Array(_) => return *ty = syn::parse_quote!(_),
            _ => None,
        };
        if first.is_some_and(|first| self.0.contains(&first.ident)) {
            *ty = syn::parse_quote!(_);
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}

fn without_parentheses(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => without_parentheses(&inner.elem),
        Type::Group(inner) => without_parentheses(&inner.elem),
        ty => ty,
    }
}

/// The `T` of `impl Into<T>`.
fn into(bounds: &syn::punctuated::Punctuated<TypeParamBound, syn::Token![+]>) -> Option<Type> {
    let [TypeParamBound::Trait(bound)] = &bounds.iter().collect::<Vec<_>>()[..] else { return None };
    let last = bound.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(ty) if last.ident == "Into" => Some(ty.clone()),
        _ => None,
    }
}

/// A parameter's type: what was meant where it cannot be stored.
pub(crate) fn stored(ty: &Type, errors: &mut Errors) -> Type {
    match names_unstorable(ty) {
        Some(found @ Type::Reference(_)) => errors.on(found, diag::REF_PARAM),
        Some(found) => errors.on(found, diag::IMPL_PARAM),
        None => return ty.clone(),
    }
    meant(ty)
}

/// Which of a function's typed parameters is the context: a `&Context`. Where another type has that name, too, the one
/// whose path says more: `&longhaul::Context`.
pub(crate) fn context_of(signature: &Signature) -> Option<usize> {
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(&*typed.ty),
        FnArg::Receiver(_) => None,
    });
    let contexts = typed.enumerate().filter_map(|(position, ty)| Some((position, context_path(ty)?)));
    // The first of those with the longest path.
    contexts.min_by_key(|(_, path)| std::cmp::Reverse(path.segments.len())).map(|(position, _)| position)
}

/// The path of a type that may be the context's: `&Context`, but not `&self::Context`.
fn context_path(ty: &Type) -> Option<&syn::Path> {
    let Type::Reference(reference) = ty else { return None };
    let Type::Path(path) = &*reference.elem else { return None };
    let (first, last) = (path.path.segments.first()?, path.path.segments.last()?);
    (last.ident == "Context" && first.ident != "self" && first.ident != "super").then_some(&path.path)
}
