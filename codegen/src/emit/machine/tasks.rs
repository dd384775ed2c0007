//! The loop of a task: its positions, its arms, and how one arm leads to another.
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::Emit;
use crate::analyse::{Analysis, SlotKind};
use crate::cfg::{BlockId, Graph, MAIN, TaskId};

/// What an arm is called: after its state, or after what it is in the source.
pub(super) fn block_name(graph: &Graph, analysis: &Analysis, block: BlockId) -> Ident {
    match analysis.state(block) {
        Some(state) => format_ident!("{}", state.name),
        None if block == graph.tasks[MAIN.0].entry => format_ident!("Start"),
        None => format_ident!("{}{}", graph.block(block).hint, block.0),
    }
}

impl Emit<'_> {
    pub(super) fn label(task: TaskId) -> TokenStream {
        let name = if task == MAIN { "'__machine".to_owned() } else { format!("'__branch{}", task.0) };
        syn::Lifetime::new(&name, Span::call_site()).to_token_stream()
    }

    pub(super) fn block_var(task: TaskId) -> Ident {
        if task == MAIN { format_ident!("__block") } else { format_ident!("__block{}", task.0) }
    }

    /// Where the task's position is.
    pub(super) fn position(&self, task: TaskId) -> TokenStream {
        if task == MAIN {
            return quote!(__frame.at);
        }
        let field = self.slot_field(SlotKind::Position(task));
        quote!(__frame.#field)
    }

    /// Stops stepping the task; its position is set.
    pub(super) fn pause(task: TaskId) -> TokenStream {
        if task == MAIN {
            return quote!(return ::core::task::Poll::Pending);
        }
        let label = Self::label(task);
        quote!(break #label)
    }

    /// The enum of the task's arms.
    pub(super) fn block_type(task: TaskId) -> Ident {
        if task == MAIN { format_ident!("__Block") } else { format_ident!("__Block{}", task.0) }
    }

    pub(super) fn block_enum(&self, task: TaskId) -> TokenStream {
        let name = Self::block_type(task);
        let arms = self.analysis.arms(self.graph, task);
        let arms = arms.into_iter().map(|block| block_name(self.graph, self.analysis, block));
        let sites = self.site_variants(task);
        quote!(enum #name { #(#arms,)* #(#sites),* })
    }

    /// An arm as a value of that enum.
    pub(super) fn block_path(&self, task: TaskId, block: BlockId) -> TokenStream {
        let (ty, name) = (Self::block_type(task), block_name(self.graph, self.analysis, block));
        quote!(#ty::#name)
    }

    pub(super) fn go_to(&self, task: TaskId, block: BlockId) -> TokenStream {
        let (label, var) = (Self::label(task), Self::block_var(task));
        let block = self.block_path(task, block);
        quote!(#var = #block; continue #label)
    }

    pub(super) fn state(&self, name: &str) -> TokenStream {
        let (state, name) = (&self.names.state, format_ident!("{}", name));
        quote!(#state::#name)
    }

    /// Which position means which arm.
    pub(super) fn entry(&self, task: TaskId) -> TokenStream {
        let start = self.graph.tasks[task.0].entry;
        let mut arms = TokenStream::new();
        if self.graph.poll(start).is_none() {
            let (state, block) = (self.state("Start"), self.block_path(task, start));
            arms.extend(quote!(#state => #block,));
        }
        for state in self.analysis.states.iter().filter(|state| state.task == task) {
            let (name, block) = (self.state(&state.name), self.block_path(task, state.block));
            arms.extend(quote!(#name => #block,));
        }
        arms
    }

    pub(super) fn arms(&mut self, task: TaskId) -> TokenStream {
        let mut arms = TokenStream::new();
        for head in self.analysis.arms(self.graph, task) {
            let name = self.block_path(task, head);
            let body = self.arm(head);
            arms.extend(quote!(#name => { #body }));
            arms.extend(self.site_arms(task, head));
        }
        arms
    }
}
