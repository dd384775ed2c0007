//! Types in signatures that cannot be stored, as far as their spelling tells; and what stands in for them after the
//! error, so that no second one follows.
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{GenericArgument, PathArguments, Type};

/// The first `dyn` in a type.
pub(crate) fn names_dyn(ty: &Type) -> Option<syn::TypeTraitObject> {
    struct First(Option<syn::TypeTraitObject>);
    impl<'ast> Visit<'ast> for First {
        fn visit_type_trait_object(&mut self, found: &'ast syn::TypeTraitObject) {
            self.0.get_or_insert_with(|| found.clone());
        }
    }
    let mut first = First(None);
    first.visit_type(ty);
    first.0
}

/// The first reference or `impl Trait` in a type.
pub(crate) fn names_unstorable(ty: &Type) -> Option<Type> {
    struct First(Option<Type>);
    impl<'ast> Visit<'ast> for First {
        fn visit_type(&mut self, ty: &'ast Type) {
            match ty {
                Type::Reference(reference) if is_literal(reference) => {}
                Type::Reference(_) | Type::ImplTrait(_) => {
                    self.0.get_or_insert_with(|| ty.clone());
                }
                // A pointer to a function has references in its signature, and `PhantomData` holds nothing.
                Type::FnPtr(_) => {}
                Type::Path(path)
                    if path.path.segments.last().is_some_and(|last| last.ident == "PhantomData") => {}
                _ => visit::visit_type(self, ty),
            }
        }
    }
    let mut first = First(None);
    first.visit_type(ty);
    first.0
}

/// `&'static str`, `&'static [u8]` or `&'static Path`: what the literals of a program are can be read back.
fn is_literal(reference: &syn::TypeReference) -> bool {
    let is = |path: &syn::TypePath, name| path.path.segments.last().is_some_and(|last| last.ident == name);
    let elem = match &*reference.elem {
        Type::Path(path) => is(path, "str") || is(path, "Path"),
        Type::Slice(slice) => matches!(&*slice.elem, Type::Path(path) if is(path, "u8")),
        _ => false,
    };
    let forever = reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static");
    elem && forever && reference.mutability.is_none()
}

/// The first reference in a type that cannot be read back.
pub(crate) fn names_reference(ty: &Type) -> Option<syn::TypeReference> {
    match names_unstorable(ty) {
        Some(Type::Reference(reference)) => Some(reference),
        _ => None,
    }
}

/// The first borrow in a type that is not for ever: a reference, or a lifetime that is named.
pub(crate) fn names_lifetime(ty: &Type) -> Option<proc_macro2::TokenStream> {
    struct First(Option<proc_macro2::TokenStream>);
    impl<'ast> Visit<'ast> for First {
        fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
            if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static") {
                self.0.get_or_insert_with(|| quote::ToTokens::to_token_stream(reference));
            }
            visit::visit_type(self, &reference.elem);
        }
        fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
            if lifetime.ident != "static" {
                self.0.get_or_insert_with(|| quote::ToTokens::to_token_stream(lifetime));
            }
        }
        // The references of a function's signature, and `for<'a>`, are not borrows.
        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
        fn visit_parenthesized_generic_arguments(&mut self, _: &'ast syn::ParenthesizedGenericArguments) {}
    }
    let mut first = First(None);
    first.visit_type(ty);
    first.0
}

/// What holds a copy of what an `&T` borrows.
pub(crate) fn owned(borrowed: &Type) -> Type {
    match borrowed {
        Type::Paren(inner) => owned(&inner.elem),
        Type::Group(inner) => owned(&inner.elem),
        Type::Slice(slice) => {
            let item = &slice.elem;
            syn::parse_quote!(::std::vec::Vec<#item>)
        }
        Type::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "str" => syn::parse_quote!(::std::string::String),
            Some(last) if last.ident == "Path" => syn::parse_quote!(::std::path::PathBuf),
            Some(last) if last.ident == "OsStr" => syn::parse_quote!(::std::ffi::OsString),
            Some(last) if last.ident == "CStr" => syn::parse_quote!(::std::ffi::CString),
            _ => borrowed.clone(),
        },
        _ => borrowed.clone(),
    }
}

/// The type that was probably meant: what can be stored instead.
pub(crate) fn meant(ty: &Type) -> Type {
    struct Owned;
    impl VisitMut for Owned {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            let owned = match &*ty {
                Type::Reference(reference) if !is_literal(reference) => {
                    *ty = owned(&reference.elem);
                    return self.visit_type_mut(ty);
                }
                Type::ImplTrait(_) => Some(syn::parse_quote!(())),
                Type::TraitObject(_) => Some(syn::parse_quote!(::longhaul::Failure)),
                Type::Path(path) => boxed_dyn(path).then(|| syn::parse_quote!(::longhaul::Failure)),
                _ => None,
            };
            if let Some(owned) = owned {
                *ty = owned;
            }
            visit_mut::visit_type_mut(self, ty);
        }
    }
    let mut ty = ty.clone();
    Owned.visit_type_mut(&mut ty);
    ty
}

/// A type with `of` for `Self`, which means something else in the impl of the handle.
pub(crate) fn without_self(ty: &Type, of: &Type) -> Type {
    struct Written<'a>(&'a Type);
    impl VisitMut for Written<'_> {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            visit_mut::visit_type_mut(self, ty);
            let Type::Path(path) = &*ty else { return };
            let is_self =
                path.qself.is_none() && path.path.segments.first().is_some_and(|first| first.ident == "Self");
            if is_self {
                let (of, rest) = (self.0, path.path.segments.iter().skip(1));
                *ty = if path.path.segments.len() == 1 {
                    of.clone()
                } else {
                    syn::parse_quote!(<#of>::#(#rest)::*)
                };
            }
        }
    }
    let mut ty = ty.clone();
    Written(of).visit_type_mut(&mut ty);
    ty
}

/// `Box<dyn Error>`
fn boxed_dyn(path: &syn::TypePath) -> bool {
    let Some(last) = path.path.segments.last() else { return false };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return false };
    last.ident == "Box" && matches!(arguments.args.first(), Some(GenericArgument::Type(Type::TraitObject(_))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;
    use syn::parse_quote;

    #[test]
    fn what_was_meant_can_be_stored() {
        let cases: [(Type, Type); 5] = [
            (parse_quote!(&str), parse_quote!(::std::string::String)),
            (parse_quote!(Option<&[&str]>), parse_quote!(Option<::std::vec::Vec<::std::string::String>>)),
            (parse_quote!(&mut Order), parse_quote!(Order)),
            (
                parse_quote!(Result<u32, Box<dyn Error + Send>>),
                parse_quote!(Result<u32, ::longhaul::Failure>),
            ),
            (parse_quote!(Vec<u32>), parse_quote!(Vec<u32>)),
        ];
        for (written, owned) in cases {
            let meant = meant(&written);
            assert_eq!(quote!(#meant).to_string(), quote!(#owned).to_string());
            assert!(names_dyn(&meant).is_none() && names_unstorable(&meant).is_none());
        }
        assert!(names_unstorable(&parse_quote!((u32, Option<&str>))).is_some());
        assert!(names_unstorable(&parse_quote!(fn(&str) -> u32)).is_none());
        assert!(names_unstorable(&parse_quote!(Vec<(&'static str, &'static [u8])>)).is_none());
        assert!(names_unstorable(&parse_quote!(&'static [u32])).is_some());
    }
}
