//! The branches of a construct: polled in order, each with its own position and arms.
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::Emit;
use super::suspend::{begun_name, open_name};
use crate::cfg::{Concurrency, ConstructId, Door, Poll, TaskId};
use crate::lower::at;

impl Emit<'_> {
    pub(super) fn branches(&mut self, construct: ConstructId, poll: &Poll, task: TaskId) -> TokenStream {
        let polled = self.polled(construct, poll, task);
        match &self.graph.constructs[construct.0].function {
            // Or the user's import of it would be unused.
            Some(function) if function.segments.iter().all(|segment| segment.arguments.is_none()) => {
                quote!(let _ = #function::<()>; #polled)
            }
            _ => polled,
        }
    }

    fn polled(&mut self, construct: ConstructId, poll: &Poll, task: TaskId) -> TokenStream {
        let graph = self.graph;
        let data = &graph.constructs[construct.0];
        let pause = Self::pause(task);
        let output = &graph.var(poll.output).ident;
        if matches!(data.kind, Concurrency::Scope | Concurrency::Shield) {
            return self.guarded(construct, poll, task);
        }
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
                Concurrency::Join | Concurrency::Scope | Concurrency::Shield => {}
                Concurrency::Select | Concurrency::Timeout => {
                    declared.extend(quote!(let mut #place = ::longhaul::machine::Slot::empty();));
                    let first = match self.door(*branch) {
                        // A branch that was shut before is done, but it is not the first.
                        Some(Door { pattern: Some(pattern), .. }) => {
                            let open = open_name(*branch);
                            quote! {
                                if #open && ::core::matches!(#position, #done) {
                                    if let #pattern = *#place.get_mut() { break #label #number; }
                                }
                            }
                        }
                        Some(_) => {
                            let open = open_name(*branch);
                            quote!(if #open && ::core::matches!(#position, #done) { break #label #number; })
                        }
                        None => quote!(if ::core::matches!(#position, #done) { break #label #number; }),
                    };
                    runs.extend(first);
                }
                Concurrency::TryJoin => runs.extend(quote! {
                    if ::core::matches!(#position, #done) {
                        if let ::core::option::Option::Some(__error) = #place.take_error() {
                            break #label ::core::result::Result::Err(__error);
                        }
                    }
                }),
            }
        }
        if race {
            let shut: Vec<_> = data.branches.iter().filter(|branch| self.door(**branch).is_some()).collect();
            if shut.len() == data.branches.len() {
                let (number, positions) = (shut.len(), shut.into_iter().map(|branch| self.position(*branch)));
                runs.extend(quote!(if #(::core::matches!(#positions, #done))&&* { break #label #number; }));
            }
            return quote! {
                #declared
                let #output: usize = #label: { #runs #pause; };
            };
        }
        let positions: Vec<_> = data.branches.iter().map(|branch| self.position(*branch)).collect();
        let places: Vec<_> = (0..data.branches.len()).map(|number| self.output(construct, number)).collect();
        let all_done = quote!(if #(!::core::matches!(#positions, #done))||* { #pause; });
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

    /// A scope or a shield: one branch, and how it stands to cancellation.
    fn guarded(&mut self, construct: ConstructId, poll: &Poll, task: TaskId) -> TokenStream {
        let graph = self.graph;
        let data = &graph.constructs[construct.0];
        let branch = data.branches[0];
        let (pause, done) = (Self::pause(task), self.state("Done"));
        let (run, position) = (self.run_branch(branch), self.position(branch));
        let (place, output) = (self.output(construct, 0), &graph.var(poll.output).ident);
        let never = (!self.ends(branch)).then(|| quote!(if false { #place.put(()); }));
        let declared = quote!(let mut #place = ::longhaul::machine::Slot::empty(););
        if data.kind == Concurrency::Shield {
            let enter = if self.is_on_a_way(construct) {
                quote!(__task.is_none() && __ctx.enter_shield())
            } else {
                quote!(__ctx.enter_shield())
            };
            return quote! {
                #declared
                let __shielded = #enter;
                #run
                #never
                __ctx.leave_shield(__shielded, ::core::matches!(#position, #done));
                if !::core::matches!(#position, #done) { #pause; }
                let mut #output = #place.take();
            };
        }
        quote! {
            #declared
            let __shields = __ctx.shields();
            #run
            #never
            let mut #output = if ::core::matches!(#position, #done) {
                ::core::result::Result::Ok(#place.take())
            } else if __ctx.gives_up(__shields) {
                ::core::result::Result::Err(::longhaul::machine::Cancelled)
            } else {
                #pause;
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
        let (label, var) = (Self::label(task), Self::block_var(task));
        let blocks = self.block_enum(task);
        let (is_entered, entry) = (self.is_entered(task), self.entry_of(task));
        let arms = self.arms(task);
        let begin = self.awaitable_branch(task).map(|(poll, is_call)| {
            // What rustc may find wrong with the operation is said where it is written.
            let span = self.graph.poll(poll).map_or_else(Span::call_site, |poll| poll.span);
            let operation = Ident::new("__operation", at(span));
            let (begun, begin) = (begun_name(poll), self.begin(poll, &quote!(#operation), is_call));
            quote!(if let ::core::option::Option::Some(#operation) = #begun.take() { #begin })
        });
        let open = self.door(task).map(|_| open_name(task));
        let begin = if let Some(open) = &open {
            quote!(let #open = #is_entered; if #open { #begin })
        } else {
            quote!(#begin)
        };
        quote! {
            #begin
            if #is_entered {
                #blocks
                let mut #var = #entry;
                #label: loop {
                    match #var {
                        #arms
                    }
                }
            }
        }
    }
}
