//! What stands in the place of a field that was moved away, until it is assigned.
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::Emit;
use super::arms::Arm;
use crate::analyse::{Spare, Way};
use crate::cfg::{Part, Parts};
use crate::lower::at;
use crate::names::{VarId, ident};

/// The local that holds it.
fn spare_name(spare: &Spare) -> Ident {
    format_ident!("__spare{}_{}", spare.of.0, spare.way.join("_").replace("r#", ""))
}

/// A field of a variable.
fn field(of: &TokenStream, way: &Way, span: Span) -> TokenStream {
    way.iter().fold(of.clone(), |place, name| {
        if let Ok(index) = name.parse::<u32>() {
            let member = syn::Index { index, span };
            return quote_spanned!(span=> #place.#member);
        }
        let member = ident(name, span);
        quote_spanned!(span=> #place.#member)
    })
}

impl Emit<'_> {
    fn spares_in(&self, arm: &Arm) -> &[Spare] {
        self.analysis.spares.get(&arm.head).map_or(&[], Vec::as_slice)
    }

    /// Makes the spares of variables that are whole.
    pub(super) fn spares<'v>(&self, arm: &Arm, vars: impl IntoIterator<Item = &'v VarId>) -> TokenStream {
        let of = |var: &'v VarId| self.spares_in(arm).iter().filter(move |spare| spare.of == *var);
        let spares = vars.into_iter().flat_map(of);
        spares
            .map(|spare| {
                let span = at(spare.span.0);
                let name = spare_name(spare);
                let place = field(&self.graph.var(spare.of).ident.to_token_stream(), &spare.way, span);
                quote_spanned! {span=>
                    let #name = {
                        use ::longhaul::machine::spare::{IfCopied as _, IfOther as _};
                        (&&::longhaul::machine::kept::type_of(&#place)).spare(&#place)
                    };
                }
            })
            .collect()
    }

    /// Puts spares into the place of what was moved away.
    pub(super) fn put_spares(&self, arm: &Arm, parts: &Parts, value: &TokenStream) -> TokenStream {
        let Part::WithSpares(ways) = &parts.part else { return TokenStream::new() };
        let spares = self.spares_in(arm).iter();
        let spares = spares.filter(|spare| spare.of == parts.of && ways.contains(&spare.way));
        spares
            .map(|spare| {
                let (name, place) = (spare_name(spare), field(value, &spare.way, at(spare.span.0)));
                quote!(#place = #name.get();)
            })
            .collect()
    }
}
