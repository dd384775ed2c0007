//! `async` blocks that are values: the body of each is written where the block stands, as an arm of its own.
//!
//! A task of such a block is stepped by entering the body around it in another way: not at the frame's position, but on the
//! shortest way to the arm that has the block's body, through the branches of constructs where it stands in one.
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Emit, body};
use crate::cfg::{BlockId, ConstructId, Site, TaskId};
use crate::lower::site_tag;

/// The names of a site's tasks, and of those within it.
pub(crate) fn site_names(site: &Site) -> Vec<&str> {
    let inner = site.graph.sites.iter().flat_map(site_names);
    std::iter::once(site.name.as_str()).chain(inner).collect()
}

/// The arm of a site.
fn variant(number: usize) -> Ident {
    format_ident!("Site{number}")
}

impl Emit<'_> {
    /// The sites that can be reached, by number.
    fn sites(&self) -> Vec<usize> {
        let reachable = |number: &usize| self.analysis.arm[self.graph.sites[*number].block.0].is_some();
        (0..self.graph.sites.len()).filter(reachable).collect()
    }

    fn task_of(&self, site: usize) -> TaskId {
        self.graph.block(self.graph.sites[site].block).task
    }

    pub(super) fn site_variants(&self, task: TaskId) -> Vec<Ident> {
        self.sites().into_iter().filter(|site| self.task_of(*site) == task).map(variant).collect()
    }

    /// What ties the types together, and the task that is to be stepped.
    pub(super) fn site_tags(&self) -> TokenStream {
        if self.sites().is_empty() {
            return TokenStream::new();
        }
        let tags = self.graph.sites.iter().enumerate().map(|(number, _)| site_tag(number));
        quote! {
            #(let #tags = ::longhaul::machine::Site::new();)*
            let mut __task: ::core::option::Option<&mut ::longhaul::machine::Spawned> = ::core::option::Option::None;
        }
    }

    /// What is done with a task whose body is to be found here.
    pub(super) fn spawned_op(&self) -> TokenStream {
        if self.sites().is_empty() {
            return quote!(return ::longhaul::machine::no_such_task(__ctx, __spawned));
        }
        quote!({
            __task = ::core::option::Option::Some(__spawned);
            ::core::option::Option::None
        })
    }

    /// Which names lead from `task` to which of its arms.
    fn ways(&self, task: TaskId) -> Vec<(Vec<&str>, TokenStream)> {
        let mut ways = Vec::new();
        for site in self.sites() {
            let names = site_names(&self.graph.sites[site]);
            if self.task_of(site) == task {
                let (ty, variant) = (Self::block_type(task), variant(site));
                ways.push((names, quote!(#ty::#variant)));
            } else if let Some(construct) = self.construct_towards(task, self.task_of(site)) {
                let poll = self.graph.constructs[construct.0].poll;
                ways.push((names, self.block_path(task, poll)));
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
        let undone = quote!(#position != #done);
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

    /// The bodies of the sites whose block is written in the arm of `head`.
    pub(super) fn site_arms(&mut self, task: TaskId, head: BlockId) -> TokenStream {
        let mut arms = TokenStream::new();
        for number in self.sites() {
            let site = &self.graph.sites[number];
            if self.analysis.arm[site.block.0] != Some(head) {
                continue;
            }
            let (ty, variant, tag, name) =
                (Self::block_type(task), variant(number), site_tag(number), &site.name);
            let names = self.names.of_site(name);
            let body = body(&site.graph, &self.analysis.sites[number], &names, &quote!(_), self.errors);
            arms.extend(quote! {
                #ty::#variant => {
                    let ::core::option::Option::Some(__task) = __task.take() else {
                        return ::core::task::Poll::Pending;
                    };
                    ::longhaul::machine::drive_spawned(__task, __ctx, #name, #tag, #body);
                    return ::core::task::Poll::Pending;
                }
            });
        }
        arms
    }

    /// Whether a construct may be entered only to reach a task's body.
    pub(super) fn is_on_a_way(&self, construct: ConstructId) -> bool {
        self.graph.constructs[construct.0].branches.iter().any(|branch| !self.ways(*branch).is_empty())
    }
}
