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

/// The type that was probably meant: what can be stored instead.
pub(crate) fn meant(ty: &Type) -> Type {
    struct Owned;
    impl VisitMut for Owned {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            let owned = match &*ty {
                Type::Reference(reference) => match &*reference.elem {
                    Type::Path(path) if path.path.is_ident("str") => {
                        Some(syn::parse_quote!(::std::string::String))
                    }
                    Type::Slice(slice) => {
                        let item = &slice.elem;
                        Some(syn::parse_quote!(::std::vec::Vec<#item>))
                    }
                    inner => Some(inner.clone()),
                },
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
    }
}
