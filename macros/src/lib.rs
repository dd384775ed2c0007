//! The attributes of Longhaul. They are documented where users see them, in the crate `longhaul`.

mod show;
use proc_macro::TokenStream;

/// Compiles an impl into a durable workflow; see the crate `longhaul`.
#[proc_macro_attribute]
pub fn workflow(attr: TokenStream, item: TokenStream) -> TokenStream {
    show::shown(&item.clone(), longhaul_codegen::workflow(attr.into(), item.into()).into())
}

/// Makes an `async fn` an activity that workflows can call.
#[proc_macro_attribute]
pub fn activity(attr: TokenStream, item: TokenStream) -> TokenStream {
    show::shown(&item.clone(), longhaul_codegen::activity(attr.into(), item.into()).into())
}

/// Makes the methods marked `#[activity]` of an impl activities that share the value's dependencies.
#[proc_macro_attribute]
pub fn activities(attr: TokenStream, item: TokenStream) -> TokenStream {
    show::shown(&item.clone(), longhaul_codegen::activities(attr.into(), item.into()).into())
}

/// Marks the method of a `#[workflow]` impl that a run executes.
#[proc_macro_attribute]
pub fn run(_: TokenStream, item: TokenStream) -> TokenStream {
    longhaul_codegen::stray("run", "workflow", item.into()).into()
}

/// Marks a method of a `#[workflow]` impl that handles a signal.
#[proc_macro_attribute]
pub fn signal(_: TokenStream, item: TokenStream) -> TokenStream {
    longhaul_codegen::stray("signal", "workflow", item.into()).into()
}

/// Marks a method of a `#[workflow]` impl that handles an update.
#[proc_macro_attribute]
pub fn update(_: TokenStream, item: TokenStream) -> TokenStream {
    longhaul_codegen::stray("update", "workflow", item.into()).into()
}

/// Marks a method of a `#[workflow]` impl that answers a query.
#[proc_macro_attribute]
pub fn query(_: TokenStream, item: TokenStream) -> TokenStream {
    longhaul_codegen::stray("query", "workflow", item.into()).into()
}

/// Leaves an impl as plain async Rust, without the marks of its methods: how tests run the same source both ways.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn workflow_plain(_: TokenStream, item: TokenStream) -> TokenStream {
    longhaul_codegen::unmarked(item.into()).into()
}
