//! Every error text of the generator, in one place, and the store that collects them.
//!
//! A message says what is wrong, why, and what to write instead. It is put on the user's own tokens.
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Whether an attribute is `#[name]`, by whatever path: `#[longhaul::run]`, too.
pub(crate) fn is_attr(attr: &syn::Attribute, name: &str) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == name)
}

/// Collects errors, so that one build shows all that are independent of each other.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Notes an error on all of `tokens`.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new_spanned(tokens, message));
    }

    /// Notes an error at one place.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, message));
    }

    /// Notes an error made elsewhere.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors as `compile_error!` calls.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }
}

pub(crate) const IMPL_ONLY: &str =
    "`#[workflow]` goes on an inherent impl: `#[workflow] impl Checkout { #[run] async fn run(..) { .. } }`";
pub(crate) const NO_RUN: &str = "a workflow needs one method marked `#[run]`: `#[run] async fn run(&mut self, ctx: &Context, input: Input) -> Result<Output, Error>`";
pub(crate) const TWO_RUNS: &str =
    "a workflow has one `#[run]` method; make the other a plain `async fn` and await it";
pub(crate) const RUN_ASYNC: &str = "`#[run]` goes on an `async fn`";
pub(crate) const RUN_SELF: &str =
    "`#[run]` takes `&mut self` (or `&self`) first: the workflow's value is what signals and queries see";
pub(crate) const SIGNAL_SHAPE: &str = "a signal is `#[signal] fn name(&mut self, ..)`: not async yet, returning nothing; an answer to the caller is what a `#[query]` gives";
pub(crate) const QUERY_SHAPE: &str =
    "a query is `#[query] fn name(&self, ..) -> Answer`: not async, and it cannot change the run";
pub(crate) const GENERIC_IMPL: &str = "generic workflows are not supported yet: write the impl for one concrete type, such as `impl Checkout<Card>` behind a type alias";
pub(crate) const GENERIC_METHOD: &str = "a generic `async fn` in a workflow is not supported yet: write it for one concrete type, or make the generic part a plain `fn`";
pub(crate) const DYN_OUTPUT: &str = "`dyn` has no form to be stored in: return `Result<_, Failure>`, which `?` makes from any error, or an error type of your own that derives `Serialize` and `Deserialize`";
pub(crate) const REF_PARAM: &str = "a reference cannot be kept across an await of another transition: take the value itself (`String` for `&str`, `Vec<T>` for `&[T]`), and let the caller clone";
pub(crate) const IMPL_PARAM: &str = "`impl Trait` has no name to be stored under: write the concrete type";
pub(crate) const AWAIT_IN_CLOSURE: &str = "an `.await` in a closure cannot be resumed after a restart: write the loop out (`for x in items { f(x).await; }`)";
pub(crate) const ASYNC_BLOCK: &str = "an `async` block is a branch: it can stand in `join!`, `try_join!`, `select!` and `timeout`, and nowhere else yet; write its statements where they are awaited, or make it an `async fn` of the impl";
pub(crate) const ASYNC_CLOSURE: &str = "an `async` closure cannot be resumed after a restart: make it an `async fn` of the impl and await the call";
pub(crate) const AWAIT_IN_MACRO: &str = "this macro hides where its `.await` is evaluated: await before it, `let value = f().await;`, and use `value` in the macro";
pub(crate) const EXIT_IN_MACRO: &str = "this macro hides where its `return`, `break`, `continue` or `?` is evaluated: do that before it, and hand the macro the value";
pub(crate) const AWAIT_IN_GUARD: &str = "an `.await` in a match guard would run while the pattern is half matched: await before the `match`, or match first and test inside the arm";
pub(crate) const AWAIT_IN_CHAIN: &str = "an `.await` after a `let` in a condition chain is not supported yet: nest the conditions, `if let P = a { if b.await { .. } }`";
pub(crate) const AWAIT_IN_UNSAFE: &str =
    "an `.await` in `unsafe` is not supported: keep the unsafe part in a plain `fn` and call it";
pub(crate) const AWAIT_IN_CONST: &str = "an `.await` cannot stand in a `const` block";
pub(crate) const AWAIT_UNDER_CFG: &str = "`#[cfg]` on a statement with an `.await` would give each build other states: put the difference into an activity, or into a plain `fn`";
pub(crate) const AWAIT_IN_OTHER: &str = "an `.await` is not supported in this kind of expression yet: await before it, `let value = f().await;`, and use `value` here";
pub(crate) const COMPOUND_INDEX: &str = "whether the place or the value is evaluated first depends on a type here: await first, `let value = f().await;`, then write the assignment with `value`";
pub(crate) const HELPER_NOT_AWAITED: &str = "an `async fn` of the workflow is part of the machine: await it where it is called, or call it in a branch of `join!`, `select!` or `timeout`";
pub(crate) const HELPER_ON_OTHER: &str = "an `async fn` of the workflow runs on the run's own `self` and nothing else: `self.method(..).await`, or take a plain value as argument";
pub(crate) const SELF_BY_VALUE: &str =
    "an `async fn` of a workflow takes `&mut self`, `&self`, or no `self`: the value stays with the run";
pub(crate) const BRANCHES: &str = "`join!`, `try_join!` and `select!` take two or more branches";
pub(crate) const SELECT_ARM: &str =
    "a branch of `select!` is `pattern = awaitable => what to do`, with commas between branches";
pub(crate) const SELECT_GUARD: &str =
    "`if` guards and `else` in `select!` are not supported yet: decide before it which `select!` to enter";
pub(crate) const CFG_METHOD: &str = "`#[cfg]` on a method of a workflow is not supported yet: the method's states would come and go with the build";

pub(crate) fn effect(path: &str, rewrite: &str) -> String {
    format!("`{path}` is an effect: in a workflow it would be lost or repeated after a crash; {rewrite}")
}

pub(crate) fn unknown_option(name: &str, known: &str) -> String {
    format!("unknown option `{name}`; there are {known}")
}
