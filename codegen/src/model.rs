//! A workflow as the generator sees it: what the impl has, sorted by what it is for.
use std::collections::BTreeSet;

use proc_macro2::Span;
use quote::quote;
use syn::spanned::Spanned;
use syn::{
    Attribute, FnArg, Generics, Ident, ImplItem, ImplItemFn, ItemImpl, Pat, ReceiverKind, ReturnType,
    Signature, Type, Visibility,
};

use crate::attributes::{self, Attributes};
use crate::diag::{self, Errors};
use crate::instances::{Instance, Options};
use crate::parameters::{self, Argument, Kind, Parameters, context_of, stored};
use crate::storable::{meant, names_dyn, names_lifetime, names_reference, without_self};

/// A workflow's impl.
pub(crate) struct Workflow {
    /// The name of the type.
    pub(crate) name: Ident,
    /// The type as it is written.
    pub(crate) ty: Type,
    /// The parameters of the impl.
    pub(crate) generics: Generics,
    /// The types that runs of a generic workflow can have; none of one that is not.
    pub(crate) instances: Vec<Instance>,
    /// The async methods, `#[run]` first.
    pub(crate) methods: Vec<Method>,
    pub(crate) signals: Vec<Handler>,
    pub(crate) updates: Vec<Handler>,
    pub(crate) queries: Vec<Handler>,
    /// All that stays as it was written: signals, queries, plain methods, constants.
    pub(crate) plain: Vec<ImplItem>,
    pub(crate) attrs: Vec<Attribute>,
}

impl Workflow {
    /// Whether a handler can change the workflow's value while `run` waits.
    pub(crate) fn can_change_while_it_waits(&self) -> bool {
        !(self.signals.is_empty() && self.updates.is_empty())
    }

    /// The handlers that are async methods.
    pub(crate) fn async_handlers(&self) -> impl Iterator<Item = &Ident> {
        self.signals
            .iter()
            .chain(&self.updates)
            .filter(|handler| handler.is_async)
            .map(|handler| &handler.name)
    }

    /// The methods that take `&mut self`, async or not.
    pub(crate) fn mutating(&self) -> BTreeSet<String> {
        let plain = self.plain.iter().filter_map(|item| match item {
            ImplItem::Fn(function) => Some((&function.sig.ident, function.sig.receiver()?)),
            _ => None,
        });
        let methods =
            self.methods.iter().filter_map(|method| Some((&method.name, method.receiver.as_ref()?)));
        let all = plain.chain(methods).filter(|(_, receiver)| is_reference(receiver) && is_mutable(receiver));
        all.map(|(name, _)| name.to_string()).collect()
    }
}

/// An async method: one machine.
pub(crate) struct Method {
    pub(crate) name: Ident,
    /// `&mut self`, `&self`, or none.
    pub(crate) receiver: Option<syn::Receiver>,
    /// The name of the `&Context` parameter.
    pub(crate) context: Option<Ident>,
    /// What stands for `Context` in the `&Context` parameter.
    pub(crate) context_type: Option<syn::Path>,
    /// Where the `&Context` parameter stands among all but the receiver.
    pub(crate) context_at: Option<usize>,
    /// The other parameters.
    pub(crate) arguments: Vec<Argument>,
    /// Type and const parameters.
    pub(crate) generics: Generics,
    pub(crate) attributes: Attributes,
    pub(crate) output: Type,
    pub(crate) body: syn::Block,
}

/// A signal or query.
pub(crate) struct Handler {
    pub(crate) name: Ident,
    /// What goes with it to the handle: its docs, `#[cfg]` and `#[deprecated]`.
    pub(crate) attrs: Vec<Attribute>,
    /// That of the handle's method.
    pub(crate) vis: Visibility,
    pub(crate) arguments: Vec<(Ident, Type)>,
    pub(crate) output: Type,
    /// Whether it is an async method: a machine that runs beside `run`.
    pub(crate) is_async: bool,
    /// The method that says whether an update is accepted.
    pub(crate) validator: Option<Ident>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Run,
    Signal,
    Update,
    Query,
}

/// Sorts the items of an impl. What is wrong is noted, and left out.
pub(crate) fn parse(item: ItemImpl, options: Options, errors: &mut Errors) -> Option<Workflow> {
    if item.trait_.is_some() {
        errors.on(&item.self_ty, diag::IMPL_ONLY);
        return None;
    }
    let Type::Path(path) = &*item.self_ty else {
        errors.on(&item.self_ty, diag::IMPL_ONLY);
        return None;
    };
    let Some(last) = path.path.segments.last() else {
        errors.on(&item.self_ty, diag::IMPL_ONLY);
        return None;
    };
    let mut workflow = Workflow {
        name: last.ident.clone(),
        ty: (*item.self_ty).clone(),
        instances: options.checked(&last.ident, &item.generics, errors),
        generics: item.generics,
        methods: Vec::new(),
        signals: Vec::new(),
        updates: Vec::new(),
        queries: Vec::new(),
        plain: Vec::new(),
        attrs: item.attrs,
    };
    let mut run = None;
    for item in item.items {
        let ImplItem::Fn(mut function) = item else {
            workflow.plain.push(item);
            continue;
        };
        shorten_receiver(&mut function.sig);
        let (role, validator) = take_role(&mut function, errors);
        match role {
            Some(Role::Run) => {
                if run.is_some() {
                    errors.on(&function.sig.ident, diag::TWO_RUNS);
                } else if function.sig.asyncness.is_none() {
                    errors.on(&function.sig, diag::RUN_ASYNC);
                    run = Some(method(function.attrs, &function.sig, function.block, Kind::Run, errors));
                } else {
                    if function.sig.receiver().is_none() {
                        errors.on(&function.sig.ident, diag::RUN_SELF);
                    }
                    if let ReturnType::Type(_, ty) = &mut function.sig.output
                        && let Some(found) = names_dyn(ty)
                    {
                        errors.on(found, diag::DYN_OUTPUT);
                        **ty = meant(ty);
                    }
                    run = Some(method(function.attrs, &function.sig, function.block, Kind::Run, errors));
                }
            }
            Some(role) => {
                let list = match role {
                    Role::Signal => &mut workflow.signals,
                    Role::Update => &mut workflow.updates,
                    Role::Run | Role::Query => &mut workflow.queries,
                };
                let handler = handler(&function, role, validator, &workflow.ty, errors);
                let is_async = handler.as_ref().is_some_and(|handler| handler.is_async);
                list.extend(handler);
                if is_async {
                    workflow.methods.push(method(
                        function.attrs,
                        &function.sig,
                        function.block,
                        Kind::Run,
                        errors,
                    ));
                } else {
                    if function.sig.asyncness.is_some() {
                        // It was refused; what it awaits is no second error.
                        function.block = syn::parse_quote!({ loop {} });
                    }
                    workflow.plain.push(ImplItem::Fn(function));
                }
            }
            None if function.sig.asyncness.is_some() => {
                workflow.methods.push(method(
                    function.attrs,
                    &function.sig,
                    function.block,
                    Kind::Method,
                    errors,
                ));
            }
            None => workflow.plain.push(ImplItem::Fn(function)),
        }
    }
    other_signatures(&workflow.methods, errors);
    if let Some(run) = run {
        workflow.methods.insert(0, run);
    } else {
        errors.on(&item.self_ty, diag::NO_RUN);
        // The mark may have been forgotten.
        if let Some(likely) = workflow.methods.iter().position(|method| method.name == "run") {
            workflow.methods.swap(0, likely);
        }
    }
    Some(workflow)
}

/// Methods of one name, each for other builds, have one signature.
fn other_signatures(methods: &[Method], errors: &mut Errors) {
    let signature = |method: &Method| {
        let types = method.arguments.iter().map(|argument| &argument.written.1);
        let (receiver, at, output) = (&method.receiver, method.context_at, &method.output);
        (quote!(#receiver #(, #types)* -> #output).to_string(), at)
    };
    for (number, method) in methods.iter().enumerate() {
        let other = methods[..number].iter().find(|other| other.name == method.name);
        if other.is_some_and(|other| signature(other) != signature(method)) {
            errors.on(&method.name, diag::OTHER_SIGNATURE.with(&[&method.name.to_string()]));
        }
    }
}

/// Finds and removes `#[run]`, `#[signal]`, `#[update]` or `#[query]`, with the validator of an update.
fn take_role(function: &mut ImplItemFn, errors: &mut Errors) -> (Option<Role>, Option<Ident>) {
    let (mut role, mut validator) = (None, None);
    function.attrs.retain(|attr| {
        let roles =
            [("run", Role::Run), ("signal", Role::Signal), ("update", Role::Update), ("query", Role::Query)];
        let Some((_, found)) = roles.into_iter().find(|(name, _)| diag::is_attr(attr, name)) else {
            return true;
        };
        role = Some(found);
        match &attr.meta {
            syn::Meta::Path(_) => {}
            syn::Meta::List(_) if found == Role::Update => match attr.parse_args_with(parse_validator) {
                Ok(method) => validator = Some(method),
                Err(error) => errors.push(error),
            },
            _ if found == Role::Update => errors.on(attr, diag::UPDATE_OPTION),
            _ => errors.on(attr, diag::unknown_option("(..)", "there are none here yet")),
        }
        false
    });
    if let Some(attr) = function.attrs.iter().find(|attr| attr.path().is_ident("cfg"))
        && role == Some(Role::Run)
    {
        errors.on(attr, diag::CFG_METHOD);
    }
    (role, validator)
}

/// `validate = method`
fn parse_validator(input: syn::parse::ParseStream<'_>) -> syn::Result<Ident> {
    let wrong = |error: syn::Error| diag::UPDATE_OPTION.at(error.span());
    let option: syn::MetaNameValue = input.parse().map_err(wrong)?;
    match &option.value {
        syn::Expr::Path(path) if option.path.is_ident("validate") => match path.path.get_ident() {
            Some(method) => Ok(method.clone()),
            None => Err(diag::UPDATE_OPTION.at(option.span())),
        },
        _ => Err(diag::UPDATE_OPTION.at(option.span())),
    }
}

/// An async function: its signature, sorted.
pub(crate) fn method(
    attrs: Vec<Attribute>,
    signature: &Signature,
    mut body: syn::Block,
    kind: Kind,
    errors: &mut Errors,
) -> Method {
    let attributes = attributes::sort(attrs, errors);
    let receiver = signature.receiver().cloned();
    if let Some(receiver) = &receiver
        && !is_reference(receiver)
    {
        errors.on(receiver, diag::SELF_BY_VALUE);
    }
    let Parameters { context, context_type, context_at, arguments, generics, prologue } =
        parameters::sort(signature, kind, errors);
    body.stmts.splice(..0, prologue);
    let mut output = return_type(signature);
    if kind != Kind::Method {
        output = answer(&output, "this result", errors);
    } else if let Some(found) = names_lifetime(&output) {
        errors.on(found, diag::REF_OUTPUT);
        output = meant(&output);
    }
    Method {
        name: signature.ident.clone(),
        receiver,
        context,
        context_type,
        context_at,
        arguments,
        generics,
        attributes,
        output,
        body,
    }
}

/// The type of what leaves the run; what is meant by it, where it is a borrow.
fn answer(output: &Type, what: &str, errors: &mut Errors) -> Type {
    let Some(found) = names_reference(output) else { return output.clone() };
    errors.on(found, diag::REF_ANSWER.with(&[what]));
    meant(output)
}

fn handler(
    function: &ImplItemFn,
    role: Role,
    validator: Option<Ident>,
    of: &Type,
    errors: &mut Errors,
) -> Option<Handler> {
    let signature = &function.sig;
    let receiver = signature.receiver();
    let answers = !matches!(signature.output, ReturnType::Default);
    let is_async = signature.asyncness.is_some();
    let reads = receiver.is_some_and(|receiver| is_reference(receiver) && !is_mutable(receiver));
    let (good, shape) = match role {
        Role::Signal => (!answers && receiver.is_some_and(is_reference), diag::SIGNAL_SHAPE),
        Role::Update => (receiver.is_some_and(is_reference), diag::UPDATE_SHAPE),
        Role::Run | Role::Query => (answers && reads && !is_async, diag::QUERY_SHAPE),
    };
    if !good || !signature.generics.params.is_empty() {
        errors.on(signature, shape);
        return None;
    }
    if validator.is_some() && !is_result(&signature.output) {
        match &signature.output {
            ReturnType::Default => errors.on(signature, diag::UPDATE_RESULT),
            output @ ReturnType::Type(..) => errors.on(output, diag::UPDATE_RESULT),
        }
        return None;
    }
    let mut arguments = Vec::new();
    // An async handler may take the context; it is not what the sender gives.
    let context_at = if is_async { context_of(signature) } else { None };
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (position, typed) in typed.enumerate() {
        if context_at == Some(position) {
            continue;
        }
        let ty = without_self(&stored(&typed.ty, errors), of);
        let name = match &*typed.pat {
            Pat::Ident(pat) => pat.ident.clone(),
            other => Ident::new(&format!("arg{}", position + 1), other.span()),
        };
        arguments.push((name, ty));
    }
    let told = |attr: &&Attribute| ["doc", "cfg", "deprecated"].iter().any(|name| attr.path().is_ident(name));
    let attrs = function.attrs.iter().filter(told).cloned().collect();
    // A handle is for others: its methods are public, unless it is said for whom.
    let vis = match &function.vis {
        Visibility::Inherited => syn::parse_quote!(pub),
        written => written.clone(),
    };
    let mut output = return_type(signature);
    match role {
        // What an async handler ends with is looked at with the method.
        _ if is_async && names_reference(&output).is_some() => output = meant(&output),
        Role::Query => output = answer(&output, "the answer of a query", errors),
        Role::Update => output = answer(&output, "the answer of an update", errors),
        Role::Signal | Role::Run => {}
    }
    let (name, output) = (signature.ident.clone(), without_self(&output, of));
    Some(Handler { name, attrs, vis, arguments, output, is_async, validator })
}

/// Whether it is spelled `Result<..>`, as [`split`](crate::emit::split) takes it.
fn is_result(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(_, ty) if crate::emit::split(ty).is_result)
}

/// Writes `self: &mut Self` as `&mut self`, which it is.
fn shorten_receiver(signature: &mut Signature) {
    if let Some(FnArg::Receiver(receiver)) = signature.inputs.first_mut()
        && let ReceiverKind::Typed(_, ty) = &receiver.kind
        && let Type::Reference(reference) = &**ty
        && matches!(&*reference.elem, Type::Path(path) if path.path.is_ident("Self"))
    {
        receiver.kind =
            ReceiverKind::Reference(reference.and_token, reference.lifetime.clone(), reference.mutability);
    }
}

fn is_reference(receiver: &syn::Receiver) -> bool {
    matches!(receiver.kind, ReceiverKind::Reference(..))
}

fn is_mutable(receiver: &syn::Receiver) -> bool {
    matches!(receiver.kind, ReceiverKind::Reference(_, _, Some(_)))
}

fn return_type(signature: &Signature) -> Type {
    match &signature.output {
        ReturnType::Default => syn::parse_quote_spanned!(Span::call_site()=> ()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    }
}
