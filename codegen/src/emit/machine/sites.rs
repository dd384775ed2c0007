//! `async` blocks that are values: the body of each is written where the block stands, as an arm of its own.
//!
//! A task of such a block is stepped by entering the body around it in another way: not at the frame's position, but on the
//! shortest way to the arm that has the block's body, through the branches of constructs where it stands in one.
//!
//! The code of a local step is found in the same way: what is asked for it is a task of the step's name, which gets the code
//! instead of being stepped.
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Emit, body};
use crate::cfg::{BlockId, ConstructId, Graph, LocalStep, Site, TaskId};
use crate::lower::{at, nested_pattern, plain, site_tag, step_tag};

/// The names of all bodies that are written within a machine's: of its blocks and steps, and of those within them.
pub(crate) fn inner_names(graph: &Graph) -> Vec<&str> {
    let sites = graph.sites.iter().flat_map(names_of);
    sites.chain(graph.steps.iter().map(|step| step.name.as_str())).collect()
}

/// The names of a site's tasks, and of what is within it.
fn names_of(site: &Site) -> Vec<&str> {
    std::iter::once(site.name.as_str()).chain(inner_names(&site.graph)).collect()
}

/// A body that is written within this one's.
struct Inner<'a> {
    names: Vec<&'a str>,
    /// Its arm.
    variant: Ident,
    block: BlockId,
    body: InnerBody<'a>,
}

#[derive(Clone, Copy)]
enum InnerBody<'a> {
    /// A machine, by its number.
    Site(usize),
    /// A local step, with its number.
    Step(usize, &'a LocalStep),
}

impl<'a> Emit<'a> {
    /// Those that can be reached.
    fn inner(&self) -> Vec<Inner<'a>> {
        let graph = self.graph;
        let sites = graph.sites.iter().enumerate().map(|(number, site)| Inner {
            names: names_of(site),
            variant: format_ident!("Site{number}"),
            block: site.block,
            body: InnerBody::Site(number),
        });
        let steps = graph.steps.iter().enumerate().map(|(number, step)| Inner {
            names: vec![&step.name],
            variant: format_ident!("Step{number}"),
            block: step.block,
            body: InnerBody::Step(number, step),
        });
        sites.chain(steps).filter(|inner| self.analysis.arm[inner.block.0].is_some()).collect()
    }

    fn task_of(&self, inner: &Inner<'_>) -> TaskId {
        self.graph.block(inner.block).task
    }

    pub(super) fn site_variants(&self, task: TaskId) -> Vec<Ident> {
        let here = self.inner().into_iter().filter(|inner| self.task_of(inner) == task);
        here.map(|inner| inner.variant).collect()
    }

    /// What ties the types together, and the task that is to be stepped.
    pub(super) fn site_tags(&self) -> TokenStream {
        if self.inner().is_empty() {
            return TokenStream::new();
        }
        let sites = (0..self.graph.sites.len()).map(site_tag);
        let tags = sites.chain((0..self.graph.steps.len()).map(step_tag));
        quote! {
            #(let #tags = ::longhaul::machine::Site::new();)*
            let mut __task: ::core::option::Option<&mut ::longhaul::machine::Spawned> = ::core::option::Option::None;
            let mut __no_arguments = ::core::option::Option::None;
        }
    }

    /// What is done with a task whose body is to be found here.
    pub(super) fn spawned_op(&self) -> TokenStream {
        if self.inner().is_empty() {
            return quote!(return ::longhaul::machine::no_such_task(__ctx, __spawned));
        }
        quote!({
            __task = ::core::option::Option::Some(__spawned);
            &mut __no_arguments
        })
    }

    /// Which names lead from `task` to which of its arms.
    fn ways(&self, task: TaskId) -> Vec<(Vec<&'a str>, TokenStream)> {
        let mut ways = Vec::new();
        for inner in self.inner() {
            if self.task_of(&inner) == task {
                let (ty, variant) = (Self::block_type(task), &inner.variant);
                ways.push((inner.names, quote!(#ty::#variant)));
            } else if let Some(construct) = self.construct_towards(task, self.task_of(&inner)) {
                let poll = self.graph.constructs[construct.0].poll;
                ways.push((inner.names, self.block_path(task, poll)));
            }
        }
        ways
    }

    /// The construct of `task` in one of whose branches `inner` is.
    fn construct_towards(&self, task: TaskId, mut inner: TaskId) -> Option<ConstructId> {
        loop {
            let (construct, _) = self.graph.tasks[inner.0].branch_of?;
            let around = self.graph.construct_task(construct);
            if around == task {
                return Some(construct);
            }
            inner = around;
        }
    }

    /// The first arm of a task.
    pub(super) fn entry_of(&self, task: TaskId) -> TokenStream {
        let (position, entry) = (self.position(task), self.entry(task));
        let at_position = quote! {
            match #position {
                #entry
                __other => return ::longhaul::machine::misplaced(__ctx, __other),
            }
        };
        let ways = self.ways(task);
        if ways.is_empty() {
            return at_position;
        }
        let cases =
            ways.iter().map(|(names, block)| quote!(::core::option::Option::Some(#(#names)|*) => #block,));
        quote! {
            match __task.as_ref().map(|__task| __task.body()) {
                ::core::option::Option::None => #at_position,
                #(#cases)*
                ::core::option::Option::Some(_) => match __task {
                    ::core::option::Option::Some(__task) => {
                        return ::longhaul::machine::no_such_task(__ctx, __task);
                    }
                    ::core::option::Option::None => return ::core::task::Poll::Pending,
                },
            }
        }
    }

    /// Whether a branch is to be entered: it is not done, or on the way to a task's body.
    pub(super) fn is_entered(&self, task: TaskId) -> TokenStream {
        let (position, done) = (self.position(task), self.state("Done"));
        let undone = quote!(!::core::matches!(#position, #done));
        let Some((construct, _)) = self.graph.tasks[task.0].branch_of else { return undone };
        if !self.is_on_a_way(construct) {
            return undone;
        }
        let ways = self.ways(task);
        let names: Vec<&str> = ways.iter().flat_map(|(names, _)| names.iter().copied()).collect();
        if names.is_empty() {
            return quote!(__task.is_none() && #undone);
        }
        quote! {
            __task.as_ref().map_or(#undone, |__task| ::core::matches!(__task.body(), #(#names)|*))
        }
    }

    /// The bodies of those whose block is written in the arm of `head`.
    pub(super) fn site_arms(&mut self, task: TaskId, head: BlockId) -> TokenStream {
        let mut arms = TokenStream::new();
        let here = self.inner().into_iter().filter(|inner| self.analysis.arm[inner.block.0] == Some(head));
        for Inner { variant, body, .. } in here.collect::<Vec<_>>() {
            let ty = Self::block_type(task);
            let body = match body {
                InnerBody::Site(number) => self.site_body(number),
                InnerBody::Step(number, step) => Self::step_body(number, step),
            };
            arms.extend(quote! {
                #ty::#variant => {
                    let ::core::option::Option::Some(__task) = __task.take() else {
                        return ::core::task::Poll::Pending;
                    };
                    #body
                    return ::core::task::Poll::Pending;
                }
            });
        }
        arms
    }

    fn site_body(&mut self, number: usize) -> TokenStream {
        let site = &self.graph.sites[number];
        let (tag, name) = (site_tag(number), &site.name);
        let names = self.names.of_site(name);
        let body = body(&site.graph, &self.analysis.sites[number], &names, &quote!(_), self.errors);
        quote!(::longhaul::machine::drive_spawned(__task, __ctx, #name, #tag, #body);)
    }

    fn step_body(number: usize, step: &LocalStep) -> TokenStream {
        let LocalStep { captures, items, body, .. } = step;
        let span = at(body.span());
        let mut tag = step_tag(number);
        tag.set_span(span);
        let (names, pattern) = (captures.iter().map(plain), nested_pattern(captures));
        let hand = quote_spanned! {span=>
            ::longhaul::machine::hand_step(__task, #tag, &[#(#names),*], |#pattern| async move #body);
        };
        // What is in an inner block hides what is in the ones around it.
        items.iter().rev().fold(hand, |inner, items| quote!({ #(#items)* #inner }))
    }

    /// Whether a construct may be entered only to reach a task's body.
    pub(super) fn is_on_a_way(&self, construct: ConstructId) -> bool {
        self.graph.constructs[construct.0].branches.iter().any(|branch| !self.ways(*branch).is_empty())
    }
}
