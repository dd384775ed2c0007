//! Where variables are: in slots between arms, under the user's own names within one.
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::Emit;
use super::arms::Arm;
use super::lints::is_of_the_user;
use crate::analyse::{SlotKind, taking};
use crate::cfg::{BlockId, Graph, Rebuild, ScopeId};
use crate::lower::{at, order};
use crate::names::{VarId, Vars, ident};

/// The field or local that a variable which only passes between arms is in.
pub(super) fn passing_slot(graph: &Graph, var: VarId) -> Ident {
    let ident = &graph.var(var).ident;
    format_ident!("__slot{}_{}", var.0, ident.to_string().trim_start_matches("r#").trim_start_matches('_'))
}

/// The macro that stands for a variable where its name is hidden.
pub(super) fn outer_name(var: VarId) -> Ident {
    format_ident!("__outer{}", var.0)
}

/// The variables that another variable, or a name within the user's verbatim code, may hide.
pub(super) fn hidden_somewhere(graph: &Graph) -> Vars {
    let mut bound = std::collections::BTreeMap::<String, usize>::new();
    for var in graph.vars.iter().filter(|var| var.parts.is_none()) {
        *bound.entry(var.ident.to_string()).or_default() += 1;
    }
    for name in graph.exits.iter().flat_map(|exit| &exit.hidden) {
        *bound.entry(name.clone()).or_default() += 1;
    }
    let numbered = graph.vars.iter().enumerate();
    numbered.filter(|(_, var)| bound[&var.ident.to_string()] > 1).map(|(number, _)| VarId(number)).collect()
}

/// What is kept of a value that was looked up: rustc knows its type.
fn kept(value: &TokenStream) -> TokenStream {
    quote! {{
        use ::longhaul::machine::kept::{IfBorrowing as _, IfNeither as _, IfStored as _};
        (&&&::longhaul::machine::kept::type_of(&#value)).how().keep(#value)
    }}
}

/// Whether what is found again among items is the same: a question to rustc.
fn asked(rebuild: &Rebuild, kept: Option<&TokenStream>) -> Option<TokenStream> {
    Some(order::asked(rebuild.among.as_ref()?, kept))
}

impl Emit<'_> {
    /// Shows each slot to the visitor. The bound of each call is what makes a value that cannot be stored an error, so
    /// the call is put at the variable's binding.
    pub(super) fn visits(&self) -> TokenStream {
        let calls = self.analysis.slots.iter().enumerate().map(|(number, slot)| {
            let span = at(slot.span.0);
            let number = u16::try_from(number).unwrap_or(u16::MAX);
            let name = &slot.name;
            let field = ident(&slot.name, span);
            let method = match slot.kind {
                SlotKind::Kept(var) if self.graph.may_be_gone.contains(&var) => "kept_of_self",
                SlotKind::Kept(_) => "kept",
                SlotKind::Wait(_) => "wait",
                SlotKind::Call(_) => "machine",
                SlotKind::Position(_) => "position",
                SlotKind::Output(_) => "output",
            };
            let method = Ident::new(method, span);
            let frame = Ident::new("__frame", span);
            quote_spanned!(span=> __slots.#method(#number, #name, &mut #frame.#field);)
        });
        quote! {
            __slots.at(&mut __frame.at);
            #(#calls)*
        }
    }

    pub(super) fn slot_field(&self, kind: SlotKind) -> Ident {
        let slot = self.analysis.slot(kind).expect("a slot was made for it");
        ident(&slot.name, Span::call_site())
    }

    /// Where a variable is between arms.
    pub(super) fn place(&self, var: VarId) -> TokenStream {
        match self.analysis.slot(SlotKind::Kept(var)) {
            Some(slot) => {
                let field = ident(&slot.name, Span::call_site());
                quote!(__frame.#field)
            }
            None => passing_slot(self.graph, var).to_token_stream(),
        }
    }

    /// Moves what `needed` names and is local here to where the code that goes on in `to` finds it.
    pub(super) fn puts(&self, arm: &Arm, needed: &Vars, to: BlockId) -> TokenStream {
        let (mut looks, mut puts) = (Vec::new(), TokenStream::new());
        for var in needed {
            let data = self.graph.var(*var);
            let local = self.graph.local(*var);
            if !data.needs_slot() || !arm.locals.contains(&local) {
                continue;
            }
            let place = self.place(*var);
            let value = if self.hides.contains(&local) {
                let outer = outer_name(local);
                quote!(#outer!())
            } else {
                self.name_at_next_use(local, to).into_token_stream()
            };
            let value = match &data.parts {
                Some(parts) => {
                    puts.extend(self.put_spares(arm, parts, &value));
                    parts.part.taken_of(&value)
                }
                _ => value,
            };
            if data.rebuild.is_some() {
                let kept = kept(&value);
                looks.push(quote!(#place.put(#kept);));
            } else {
                let told = arm.told.get(var);
                if told.is_some() {
                    self.asks_rustc.set(true);
                }
                let told = told.map(|told| quote!(#place.#told();));
                puts.extend(quote!(#place.put(#value); #told));
            }
        }
        // What may borrow goes before what it borrows from.
        looks.reverse();
        quote!(#(#looks)* #puts)
    }

    /// What is written where variables were just bound.
    pub(super) fn bound<'v>(
        &self,
        arm: &Arm,
        vars: impl IntoIterator<Item = &'v VarId> + Clone,
    ) -> TokenStream {
        let (spares, outers) = (self.spares(arm, vars.clone()), self.outers(vars));
        quote!(#spares #outers)
    }

    /// Names of the user's are never changed, so where another variable of the same name may hide one, a macro is
    /// defined while it is visible: what stands in a macro means what it means where the macro is defined.
    fn outers<'v>(&self, vars: impl IntoIterator<Item = &'v VarId>) -> TokenStream {
        let hidden = vars.into_iter().filter(|var| self.hides.contains(var));
        hidden
            .map(|var| {
                let (outer, ident) = (outer_name(*var), &self.graph.var(*var).ident);
                quote!(macro_rules! #outer { () => { #ident } })
            })
            .collect()
    }

    /// The variables of `scope` that the arm needs: moved out of their slots, made again, or declared, each in the order
    /// of the source, so that a name that is bound twice means the same as there.
    pub(super) fn takes(
        &mut self,
        arm: &Arm,
        head: BlockId,
        scope: ScopeId,
        needed: &Vars,
        taken: &mut Vars,
    ) -> TokenStream {
        let graph = self.graph;
        let mut found = self.analysis.found_in(graph, head);
        let parts: std::collections::BTreeMap<VarId, VarId> =
            found.iter().filter_map(|var| Some((graph.var(*var).parts.as_ref()?.of, *var))).collect();
        found.extend(parts.keys());
        let mut takes = TokenStream::new();
        for var in &taking::in_order(graph, needed, scope) {
            let data = graph.var(*var);
            let ident = &data.ident;
            let mutable = data.mutable.then(|| quote!(mut));
            let quiet = data.mutable && is_of_the_user(graph, *var);
            let quiet = quiet.then(|| quote!(#[allow(unused_mut)]));
            let live = found.contains(var);
            match &data.rebuild {
                Some(_) if taken.contains(var) => continue,
                Some(rebuild) if !rebuild.looked_up => {
                    takes.extend(self.again(arm, rebuild, taken));
                    taken.extend(&rebuild.binds);
                    continue;
                }
                Some(rebuild) if live => {
                    let (pat, expr) = (&rebuild.pat, self.found(arm, rebuild, taken));
                    let place = self.place(*var);
                    let asked = asked(rebuild, Some(&quote!(__kept)));
                    let kept = match &asked {
                        None => quote!(#place.take()),
                        Some(asked) => quote!({ let __kept = #place.take(); #asked __kept }),
                    };
                    takes.extend(quote! {
                        #[allow(unused_variables)]
                        let #pat = match #kept.found() {
                            ::core::option::Option::Some(__found) => __found,
                            ::core::option::Option::None => #expr,
                        };
                    });
                }
                _ if live => {
                    let place = self.place(*parts.get(var).unwrap_or(var));
                    takes.extend(quote!(#quiet let #mutable #ident = #place.take();));
                }
                _ => {
                    let ty = data.ty.as_ref().map(|ty| quote!(: #ty));
                    takes.extend(quote!(#quiet let #mutable #ident #ty;));
                }
            }
            taken.insert(*var);
            takes.extend(self.bound(arm, [var]));
        }
        takes
    }

    /// A borrow made again.
    fn again(&mut self, arm: &Arm, rebuild: &Rebuild, taken: &Vars) -> TokenStream {
        let (pat, expr) = (&rebuild.pat, self.found(arm, rebuild, taken));
        let asked = asked(rebuild, None);
        if rebuild.refutable {
            quote!(#asked #[allow(unused_variables)] let #pat = #expr else { ::core::panic!("a kept place holds what it held before the await") };)
        } else {
            quote!(#asked #[allow(unused_variables)] let #pat = #expr;)
        }
    }

    /// What is looked up again, or the way to where it is not needed.
    fn found(&mut self, arm: &Arm, rebuild: &Rebuild, taken: &Vars) -> TokenStream {
        let expr = &rebuild.expr;
        let Some(exit) = rebuild.or_leave else { return expr.clone() };
        let mut live = self.analysis.live_in[exit.0].clone();
        live.retain(|var| taken.contains(&self.graph.local(*var)));
        let puts = self.puts(arm, &live, exit);
        let go = self.go_to(self.graph.block(exit).task, exit);
        quote! {
            match #expr {
                ::core::option::Option::Some(__item) => __item,
                ::core::option::Option::None => { #puts #go; }
            }
        }
    }
}
