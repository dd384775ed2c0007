//! Waiting: operations are begun, polled, and given up; a task pauses or ends.
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::Emit;
use super::arms::Arm;
use crate::analyse::{SlotKind, State};
use crate::cfg::{Block, BlockId, ConstructId, Door, Poll, Polled, TaskId};
use crate::names::{VarId, Vars};

/// The local that holds what a branch is going to begin.
pub(super) fn begun_name(poll: BlockId) -> Ident {
    format_ident!("__operation{}", poll.0)
}

/// The local that says whether a branch may run.
pub(super) fn open_name(branch: TaskId) -> Ident {
    format_ident!("__open{}", branch.0)
}

impl Emit<'_> {
    /// How a branch of a `select!` may be shut.
    pub(super) fn door(&self, task: TaskId) -> Option<&Door> {
        let (construct, place) = self.graph.tasks[task.0].branch_of?;
        self.graph.constructs[construct.0].doors.get(place).filter(|door| door.may_shut())
    }

    /// Puts a begun operation into its slot. What rustc may find wrong with it is said of the operation as it is written.
    pub(super) fn begin(&self, poll: BlockId, operation: &TokenStream, is_call: bool) -> TokenStream {
        let (kind, begun) = if is_call {
            (SlotKind::Call(poll), operation.clone())
        } else {
            (SlotKind::Wait(poll), quote!(::longhaul::machine::begin(#operation, __ctx)))
        };
        let field = self.slot_field(kind);
        quote!(__frame.#field.put(#begun);)
    }

    /// The poll block of a branch that is only an awaitable, and whether that is a call.
    pub(super) fn awaitable_branch(&self, task: TaskId) -> Option<(BlockId, bool)> {
        let entry = self.graph.tasks[task.0].entry;
        match self.graph.poll(entry)?.what {
            Polled::Operation => Some((entry, false)),
            Polled::Call { .. } => Some((entry, true)),
            Polled::Condition(_) | Polled::Branches(_) => None,
        }
    }

    pub(super) fn own_block(&self, poll: &Poll) -> BlockId {
        self.graph
            .block_ids()
            .find(|block| self.graph.poll(*block).is_some_and(|own| own.output == poll.output))
            .expect("a poll stands in its block")
    }

    /// Polls what is in a slot: `let output = ..`, or the task pauses.
    pub(super) fn poll(&mut self, poll: &Poll, block: &Block) -> TokenStream {
        let own = self.own_block(poll);
        let pause = Self::pause(block.task);
        let output = &self.graph.var(poll.output).ident;
        let polled = match &poll.what {
            Polled::Operation => {
                let field = self.slot_field(SlotKind::Wait(own));
                quote!(::longhaul::machine::Wait::poll(__frame.#field.get_mut(), __ctx))
            }
            Polled::Call { method, receiver, turbofish } => {
                let field = self.slot_field(SlotKind::Call(own));
                let step = crate::emit::step_name(method);
                let receiver = if *receiver { quote!(self.) } else { quote!(Self::) };
                quote!(#receiver #step #turbofish(__ctx, __frame.#field.get_mut()))
            }
            Polled::Branches(construct) => return self.branches(*construct, poll, block.task),
            Polled::Condition(_) => return TokenStream::new(),
        };
        quote! {
            let mut #output = match #polled {
                ::core::task::Poll::Ready(__output) => __output,
                ::core::task::Poll::Pending => #pause,
            };
        }
    }

    pub(super) fn suspend(&mut self, arm: &Arm, poll: BlockId) -> TokenStream {
        let live = self.analysis.live_in[poll.0].clone();
        let puts = self.puts(arm, &live, poll);
        let position = self.position(arm.task);
        let state = self.state(&self.analysis.state(poll).expect("a poll block has a state").name);
        let mut positions = TokenStream::new();
        if let Some(Poll { what: Polled::Branches(construct), .. }) = self.graph.poll(poll) {
            for task in &self.graph.constructs[construct.0].branches {
                let entry = self.graph.tasks[task.0].entry;
                let name = self.analysis.state(entry).map_or("Start", |state: &State| &state.name);
                let (position, state) = (self.position(*task), self.state(name));
                let guarded = self.door(*task).is_some_and(|door| door.guarded);
                if guarded {
                    let (open, done) = (open_name(*task), self.state("Done"));
                    positions.extend(quote!(#position = if #open { #state } else { #done };));
                } else {
                    positions.extend(quote!(#position = #state;));
                }
            }
        }
        let go = self.go_to(arm.task, poll);
        quote!(#puts #positions #position = #state; #go;)
    }

    /// The task ends with `value`.
    pub(super) fn returns(&mut self, arm: &Arm, value: &TokenStream) -> TokenStream {
        let Some((construct, number)) = self.graph.tasks[arm.task.0].branch_of else {
            return quote!(return ::core::task::Poll::Ready(#value););
        };
        // What other branches or later code need goes back to its slot.
        let poll = self.graph.constructs[construct.0].poll;
        let shared = self.analysis.live_in[poll.0].clone();
        let kept: Vars = arm
            .mentioned
            .iter()
            .copied()
            .filter(|var| shared.contains(var) && self.is_shared(construct, *var))
            .collect();
        let puts = self.puts(arm, &kept, poll);
        let output = self.output(construct, number);
        let (position, done, label) = (self.position(arm.task), self.state("Done"), Self::label(arm.task));
        quote! {
            let __value = #value;
            #puts
            #output.put(__value);
            #position = #done;
            break #label;
        }
    }

    /// Whether a variable stays in its slot throughout a construct: then it is live in the construct's own state.
    pub(super) fn is_shared(&self, construct: ConstructId, var: VarId) -> bool {
        let poll = self.graph.constructs[construct.0].poll;
        let slot = self.analysis.slots.iter().position(|slot| slot.kind == SlotKind::Kept(var));
        let state = self.analysis.state(poll);
        slot.zip(state).is_some_and(|(slot, state)| state.live.contains(&slot))
    }

    /// Where a branch leaves its output.
    pub(super) fn output(&self, construct: ConstructId, number: usize) -> TokenStream {
        let data = &self.graph.constructs[construct.0];
        if data.kind.waits_for_all() {
            let field = self.slot_field(SlotKind::Output(data.branches[number]));
            quote!(__frame.#field)
        } else {
            self.graph.var(data.outputs[number]).ident.to_token_stream()
        }
    }
}
