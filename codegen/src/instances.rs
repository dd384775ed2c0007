//! The instances of a generic workflow: `#[workflow(for = [Checkout<Card>, Checkout<Cash> as "cash"])]`.
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{GenericParam, Generics, LitStr, PathArguments, Token, Type};

use crate::diag::{self, Errors};

/// One type that runs can be started with.
pub(crate) struct Instance {
    pub(crate) ty: Type,
    /// The name under which its runs are stored.
    pub(crate) name: String,
}

/// The options of `#[workflow(..)]`.
#[derive(Default)]
pub(crate) struct Options {
    instances: Vec<Instance>,
    /// Whether they could not be read.
    broken: bool,
}

impl Parse for Instance {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ty: Type = input.parse()?;
        let name = if input.peek(Token![as]) {
            input.parse::<Token![as]>()?;
            input.parse::<LitStr>()?.value()
        } else {
            written(&ty)
        };
        Ok(Instance { ty, name })
    }
}

impl Options {
    /// Reads what stands in the attribute's parentheses.
    pub(crate) fn parse(attr: &TokenStream, errors: &mut Errors) -> Self {
        let mut options = Options::default();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let name = input.call(Ident::parse_any)?;
                if name != "for" {
                    return Err(
                        diag::unknown_option(&name.to_string(), "there is one, `for`").at(name.span())
                    );
                }
                input.parse::<Token![=]>().map_err(|error| diag::INSTANCES.at(error.span()))?;
                let list;
                syn::bracketed!(list in input);
                options.instances.extend(Punctuated::<Instance, Token![,]>::parse_terminated(&list)?);
                input.parse::<Option<Token![,]>>()?;
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(attr.clone()) {
            errors.push(error);
            options.broken = true;
        }
        options
    }

    /// Holds the instances against the impl; gives those that are some.
    pub(crate) fn checked(self, name: &Ident, generics: &Generics, errors: &mut Errors) -> Vec<Instance> {
        let lifetimes = generics.params.iter().filter(|param| matches!(param, GenericParam::Lifetime(_)));
        let mut wrong = errors.len();
        for lifetime in lifetimes {
            errors.on(lifetime, diag::LIFETIME_IMPL);
        }
        if let Some(param) = generics.params.first()
            && self.instances.is_empty()
            && !self.broken
            && errors.len() == wrong
        {
            errors.on(param, diag::GENERIC_IMPL);
        }
        let mut instances: Vec<Instance> = Vec::new();
        for instance in self.instances {
            wrong = errors.len();
            if generics.params.is_empty() || !is_of(&instance.ty, name) {
                errors.on(&instance.ty, diag::INSTANCES);
            } else if instances.iter().any(|other| other.name == instance.name) {
                errors.on(&instance.ty, diag::SAME_INSTANCE.with(&[&instance.name]));
            }
            if errors.len() == wrong {
                instances.push(instance);
            }
        }
        instances
    }
}

/// Whether a type is `Name<..>`, by whatever path.
fn is_of(ty: &Type, name: &Ident) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| {
        last.ident == *name && matches!(last.arguments, PathArguments::AngleBracketed(_))
    }))
}

/// A type as one would write it: the spaces that printing tokens puts in depend on who prints them.
fn written(ty: &Type) -> String {
    let tight: String = quote!(#ty).to_string().split_whitespace().collect();
    tight.replace(',', ", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn an_instance_is_named_as_its_type_is_written() {
        let named = |ty: Type| written(&ty);
        assert_eq!(named(parse_quote!(Checkout<Card>)), "Checkout<Card>");
        assert_eq!(
            named(parse_quote!(shop::Checkout<Pair<Card, Cash>, 3>)),
            "shop::Checkout<Pair<Card, Cash>, 3>"
        );
    }
}
