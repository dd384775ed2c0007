//! `#[workflow] async fn`: a machine that belongs to no type, which any workflow awaits in place, and which can be a run
//! of its own.
use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, ItemFn, ReturnType, Visibility};

use crate::diag::{self, Errors};
use crate::emit::{Facts, Machine};
use crate::lower::{self, Surroundings};
use crate::model::{self, Method};
use crate::parameters::Kind;
use crate::storable::{meant, names_dyn};
use crate::{analyse, effects, emit, reserved};

/// The function as the generator sees it.
pub(crate) struct Function {
    pub(crate) name: Ident,
    pub(crate) vis: Visibility,
    pub(crate) method: Method,
}

/// Expands `#[workflow] async fn name(..)`.
pub(crate) fn expand(mut item: ItemFn, mut errors: Errors, facts: &mut Vec<Facts>) -> TokenStream {
    if let Some(receiver) = item.sig.receiver() {
        errors.on(receiver, diag::FUNCTION_SELF);
        // It stands in an impl, where nothing of ours can be beside it.
        let errors = errors.into_tokens();
        return quote!(#item #errors);
    }
    if item.sig.asyncness.is_none() {
        errors.on(&item.sig, diag::FUNCTION_ASYNC);
    }
    effects::check_block(&item.block, &mut errors);
    reserved::check_function(&item, &mut errors);
    if let ReturnType::Type(_, ty) = &mut item.sig.output
        && let Some(found) = names_dyn(ty)
    {
        errors.on(found, diag::DYN_OUTPUT);
        **ty = meant(ty);
    }
    let function = Function::of(item, &mut errors);
    let machine = function.machine(&mut errors);
    let expanded = if errors.is_empty() {
        emit::function::function(&function, &machine, &mut errors)
    } else {
        TokenStream::new()
    };
    if errors.is_empty() {
        facts.extend(emit::facts(&function.name.to_string(), std::slice::from_ref(&machine)));
        return expanded;
    }
    let (stand_in, errors) = (emit::function::stand_in(&function), errors.into_tokens());
    quote!(#stand_in #errors)
}

impl Function {
    /// The function as it is written.
    pub(crate) fn of(item: ItemFn, errors: &mut Errors) -> Self {
        let method = model::method(item.attrs, &item.sig, *item.block, Kind::Function, errors);
        Function { name: method.name.clone(), vis: item.vis, method }
    }

    /// Its control-flow graph, and what emission needs to know of it.
    pub(crate) fn machine(&self, errors: &mut Errors) -> Machine<'_> {
        let no_methods = BTreeMap::new();
        let around = Surroundings {
            workflow: &self.name,
            signals: false,
            mutating: &BTreeSet::new(),
            is_function: true,
            methods: &no_methods,
        };
        let mut graph = lower::lower(&self.method, &around, errors);
        let analysis = analyse::analyse(&mut graph);
        Machine { method: &self.method, graph, analysis }
    }
}
