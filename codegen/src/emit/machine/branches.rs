//! The branches of a construct: polled in order, each with its own position and arms.
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::Emit;
use super::suspend::begun_name;
use crate::cfg::{Concurrency, ConstructId, Poll, TaskId};
use crate::lower::at;

impl Emit<'_> {
    pub(super) fn branches(&mut self, construct: ConstructId, poll: &Poll, task: TaskId) -> TokenStream {
        let graph = self.graph;
        let data = &graph.constructs[construct.0];
        let pause = Self::pause(task);
        let output = &graph.var(poll.output).ident;
        let race = matches!(data.kind, Concurrency::Select | Concurrency::Timeout);
        let label = syn::Lifetime::new(&format!("'__construct{}", construct.0), Span::call_site());
        let mut declared = TokenStream::new();
        let mut runs = TokenStream::new();
        let done = self.state("Done");
        for (number, branch) in data.branches.iter().enumerate() {
            runs.extend(self.run_branch(*branch));
            let position = self.position(*branch);
            let place = self.output(construct, number);
            if !self.ends(*branch) {
                // What would be the type of a branch that never ends.
                runs.extend(quote!(if false { #place.put(()); }));
            }
            match data.kind {
                Concurrency::Join => {}
                Concurrency::Select | Concurrency::Timeout => {
                    declared.extend(quote!(let mut #place = ::longhaul::machine::Slot::empty();));
                    runs.extend(quote!(if #position == #done { break #label #number; }));
                }
                Concurrency::TryJoin => runs.extend(quote! {
                    if #position == #done {
                        if let ::core::option::Option::Some(__error) = #place.take_error() {
                            break #label ::core::result::Result::Err(__error);
                        }
                    }
                }),
            }
        }
        if race {
            return quote! {
                #declared
                let #output: usize = #label: { #runs #pause; };
            };
        }
        let positions: Vec<_> = data.branches.iter().map(|branch| self.position(*branch)).collect();
        let places: Vec<_> = (0..data.branches.len()).map(|number| self.output(construct, number)).collect();
        let all_done = quote!(if #(#positions != #done)||* { #pause; });
        if data.kind == Concurrency::Join {
            return quote! {
                #runs
                #all_done
                let mut #output = (#(#places.take(),)*);
            };
        }
        quote! {
            let mut #output = #label: {
                #runs
                #all_done
                ::core::result::Result::Ok((#(#places.take_value(),)*))
            };
        }
    }

    /// Whether a branch can be done.
    pub(super) fn ends(&self, task: TaskId) -> bool {
        self.graph.block_ids().filter(|block| self.analysis.arm[block.0].is_some()).any(|block| {
            let block = self.graph.block(block);
            block.task == task && self.graph.ends_task(block)
        })
    }

    pub(super) fn run_branch(&mut self, task: TaskId) -> TokenStream {
        let (position, done) = (self.position(task), self.state("Done"));
        let (label, var) = (Self::label(task), Self::block_var(task));
        let blocks = self.block_enum(task);
        let entry = self.entry(task);
        let arms = self.arms(task);
        let begin = self.awaitable_branch(task).map(|(poll, is_call)| {
            // What rustc may find wrong with the operation is said where it is written.
            let span = self.graph.poll(poll).map_or_else(Span::call_site, |poll| poll.span);
            let operation = Ident::new("__operation", at(span));
            let (begun, begin) = (begun_name(poll), self.begin(poll, &quote!(#operation), is_call));
            quote!(if let ::core::option::Option::Some(#operation) = #begun.take() { #begin })
        });
        quote! {
            #begin
            if #position != #done {
                #blocks
                let mut #var = match #position {
                    #entry
                    __other => return ::longhaul::machine::misplaced(__ctx, __other),
                };
                #label: loop {
                    match #var {
                        #arms
                    }
                }
            }
        }
    }
}
