//! One arm: a block and all that is written inside it.
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::seq::Seq;
use super::suspend::{begun_name, open_name};
use super::told::Told;
use super::{Emit, lints};
use crate::analyse::mentioned;
use crate::cfg::{BlockId, Code, CodeTokens, Instr, MatchHead, Polled, ScopeId, TaskId, Term};
use crate::names::Vars;

/// What holds while one arm is written.
pub(super) struct Arm {
    pub(super) head: BlockId,
    pub(super) task: TaskId,
    /// The variables that are Rust locals somewhere in the arm.
    pub(super) locals: Vars,
    /// What is named or assigned in it.
    pub(super) mentioned: Vars,
    /// What the slots of some are told.
    pub(super) told: Told,
}

impl Emit<'_> {
    pub(super) fn arm(&mut self, head: BlockId) -> TokenStream {
        let graph = self.graph;
        let block = graph.block(head);
        let (mut named, mut declared) = (Vars::new(), Vars::new());
        for inside in graph.block_ids().filter(|inside| self.analysis.arm[inside.0] == Some(head)) {
            let (uses, declares) = mentioned(graph, graph.block(inside));
            named.extend(uses);
            declared.extend(declares);
        }
        named.extend(self.analysis.changes.get(&head).into_iter().flatten());
        for inside in graph.block_ids().filter(|inside| self.analysis.arm[inside.0] == Some(head)) {
            for instr in &graph.block(inside).instrs {
                if let Instr::Declare(var) = instr
                    && named.contains(var)
                {
                    declared.insert(*var);
                }
            }
        }
        let outside = &named - &declared;
        let told = self.told(head, &outside);
        let arm = Arm { head, task: block.task, locals: &named | &declared, mentioned: named.clone(), told };
        let mut seq = Seq::new();
        let mut instrs = block.instrs.as_slice();
        // What is polled is in a slot, so nothing is taken before it is ready. A condition looks at variables.
        let mut asking = None;
        if let Some(Instr::Poll(poll)) = instrs.first()
            && !matches!(poll.what, Polled::Condition(_))
        {
            asking = self.asking(poll, block);
            seq.add(match &asking {
                Some(asking) => self.ask(poll, asking),
                None => self.poll(poll, block),
            });
            instrs = &instrs[1..];
        }
        let mut taken = Vars::new();
        for scope in graph.scope_chain(block.scope) {
            let items = &graph.scopes[scope.0].items;
            if self.leaves(head, scope) || !items.is_empty() {
                seq.enter(scope, items);
            }
            let takes = self.takes(&arm, head, scope, &outside, &mut taken);
            seq.add(takes);
        }
        if let Some(asking) = asking {
            for instr in &instrs[..asking.place] {
                self.instr(&mut seq, &arm, instr);
            }
            self.instr(&mut seq, &arm, &asking.rest);
            instrs = &instrs[asking.place + 1..];
        }
        self.block_into(&mut seq, &arm, head, instrs, &mut Vec::new());
        seq.finish()
    }

    /// Whether an arm goes on after the end of a scope that it begins in.
    pub(super) fn leaves(&self, head: BlockId, scope: ScopeId) -> bool {
        self.graph
            .block_ids()
            .filter(|block| self.analysis.arm[block.0] == Some(head))
            .flat_map(|block| &self.graph.block(block).instrs)
            .any(|instr| matches!(instr, Instr::Leave(left) if *left == scope))
    }

    /// A block and all that follows it in the same arm.
    pub(super) fn block_into(
        &mut self,
        seq: &mut Seq,
        arm: &Arm,
        id: BlockId,
        instrs: &[Instr],
        afters: &mut Vec<BlockId>,
    ) {
        for instr in instrs {
            self.instr(seq, arm, instr);
        }
        self.term(seq, arm, id, afters);
    }

    /// A block in braces of its own.
    pub(super) fn nested(&mut self, arm: &Arm, id: BlockId, afters: &mut Vec<BlockId>) -> TokenStream {
        let mut seq = Seq::new();
        let graph = self.graph;
        if self.analysis.arm[id.0] == Some(id) {
            seq.add(self.jump(arm, id));
        } else {
            self.block_into(&mut seq, arm, id, &graph.block(id).instrs, afters);
        }
        seq.finish()
    }

    pub(super) fn jump(&mut self, arm: &Arm, to: BlockId) -> TokenStream {
        let live = self.analysis.live_in[to.0].clone();
        let puts = self.puts(arm, &live, to);
        let go = self.go_to(arm.task, to);
        quote!(#puts #go;)
    }

    pub(super) fn term(&mut self, seq: &mut Seq, arm: &Arm, id: BlockId, afters: &mut Vec<BlockId>) {
        let graph = self.graph;
        match &graph.block(id).term {
            Term::Fall(next) => self.follow(seq, arm, *next, afters),
            Term::Jump(next) => seq.add(self.jump(arm, *next)),
            Term::Suspend(poll) => seq.add(self.suspend(arm, *poll)),
            Term::Return(code) => {
                let value = self.code(arm, code);
                seq.add(self.returns(arm, &value));
            }
            Term::Unreachable => {}
            Term::If { cond, then, otherwise, after } => {
                let cond = self.code(arm, cond);
                let (then, otherwise, inline) = self.branching(afters, id, *after, |this, afters| {
                    (this.nested(arm, *then, afters), this.nested(arm, *otherwise, afters))
                });
                if otherwise.is_empty() {
                    seq.add(quote!(if #cond { #then }));
                } else {
                    seq.add(quote!(if #cond { #then } else { #otherwise }));
                }
                if inline {
                    self.block_into(seq, arm, *after, &graph.block(*after).instrs, afters);
                }
            }
            Term::Match { head, arms, after } => {
                let value = self.match_head(arm, head);
                let (tokens, (), inline) = self.branching(afters, id, *after, |this, afters| {
                    let mut tokens = TokenStream::new();
                    for case in arms {
                        let pat = &case.pat;
                        let guard = case.guard.as_ref().map(|guard| {
                            let guard = this.code(arm, guard);
                            quote!(if #guard)
                        });
                        let body = this.nested(arm, case.block, afters);
                        tokens.extend(quote!(#pat #guard => { #body }));
                    }
                    (tokens, ())
                });
                seq.add(quote!(match #value { #tokens }));
                if inline {
                    self.block_into(seq, arm, *after, &graph.block(*after).instrs, afters);
                }
            }
            Term::LetElse { pat, code, otherwise, next } => {
                let code = self.code(arm, code);
                let otherwise = self.nested(arm, *otherwise, &mut Vec::new());
                seq.add(quote!(let #pat = #code else { #otherwise };));
                self.follow(seq, arm, *next, afters);
            }
        }
    }

    /// Writes the ways of an `if` or `match`; also tells whether what follows stands behind it in this arm.
    pub(super) fn branching<A, B>(
        &mut self,
        afters: &mut Vec<BlockId>,
        id: BlockId,
        after: BlockId,
        ways: impl FnOnce(&mut Self, &mut Vec<BlockId>) -> (A, B),
    ) -> (A, B, bool) {
        let inline = self.analysis.arm[after.0].is_some()
            && self.analysis.arm[after.0] == self.analysis.arm[id.0]
            && self.analysis.arm[after.0] != Some(after);
        if inline {
            afters.push(after);
        }
        let (a, b) = ways(self, afters);
        if inline {
            afters.pop();
        }
        (a, b, inline)
    }

    /// Falls to `next`: stands there already, or goes on, or goes to its arm.
    pub(super) fn follow(&mut self, seq: &mut Seq, arm: &Arm, next: BlockId, afters: &mut Vec<BlockId>) {
        if afters.contains(&next) {
            return;
        }
        if self.analysis.arm[next.0] == Some(next) {
            return seq.add(self.jump(arm, next));
        }
        let graph = self.graph;
        self.block_into(seq, arm, next, &graph.block(next).instrs, afters);
    }

    pub(super) fn match_head(&mut self, arm: &Arm, head: &MatchHead) -> TokenStream {
        match head {
            MatchHead::Value(code) => self.code(arm, code),
            MatchHead::Cursor(var) => {
                let cursor = &self.graph.var(*var).ident;
                quote!(::longhaul::machine::Cursor::next(&mut #cursor))
            }
            MatchHead::Nth { items, index } => {
                let items = self.code(arm, items);
                let index = &self.graph.var(*index).ident;
                quote!(::longhaul::machine::nth(#items, #index))
            }
            MatchHead::Winner(var) => self.graph.var(*var).ident.to_token_stream(),
        }
    }

    pub(super) fn instr(&mut self, seq: &mut Seq, arm: &Arm, instr: &Instr) {
        match instr {
            Instr::Bound(vars) => {
                seq.add(self.touched(vars));
                seq.add(self.bound(arm, vars));
            }
            Instr::Code(code) if self.is_idle_closure(arm, code) => {}
            Instr::Code(code) => {
                let tokens = self.code(arm, code);
                seq.add(tokens);
                if !lints::expects(code) {
                    seq.add(self.touched(&code.declares));
                }
                seq.add(self.bound(arm, &code.declares));
            }
            Instr::Declare(var) => {
                if arm.mentioned.contains(var) {
                    let data = self.graph.var(*var);
                    let (ident, mutable) = (&data.ident, data.mutable.then(|| quote!(mut)));
                    let ty = data.ty.as_ref().map(|ty| quote!(: #ty));
                    seq.add(quote!(#[allow(unused_mut)] let #mutable #ident #ty;));
                    seq.add(self.bound(arm, [var]));
                }
            }
            Instr::Assign(var, code) => {
                let code = self.code(arm, code);
                let ident = &self.graph.var(*var).ident;
                seq.add(quote!(#ident = #code;));
            }
            Instr::Enter(scope) => seq.enter(*scope, &self.graph.scopes[scope.0].items),
            Instr::Leave(scope) => seq.leave(*scope),
            Instr::Begin { poll, operation, call } => {
                let operation = self.code(arm, operation);
                if self.graph.block(*poll).task == arm.task {
                    seq.add(self.begin(*poll, &operation, call.is_some()));
                } else {
                    // A branch begins when it is first polled; one behind a branch that wins at once never does.
                    let begun = begun_name(*poll);
                    seq.add(quote!(#begun = ::core::option::Option::Some(#operation);));
                }
            }
            Instr::Open { branch, open } => {
                let (name, open) = (open_name(*branch), self.code(arm, open));
                seq.add(quote!(let #name: bool = #open;));
            }
            Instr::Poll(poll) => {
                // Only a condition comes here: its variables are taken by now.
                if let Polled::Condition(condition) = &poll.what {
                    let condition = self.code(arm, condition);
                    let own = self.own_block(poll);
                    let live = self.analysis.live_in[own.0].clone();
                    let puts = self.puts(arm, &live, own);
                    let pause = Self::pause(arm.task);
                    let output = &self.graph.var(poll.output).ident;
                    seq.add(quote! {
                        if !#condition { #puts #pause; }
                        let #output = ();
                    });
                }
            }
            Instr::Arguments { pats, declares } => {
                let pats = if let [pat] = &pats[..] { quote!(#pat) } else { quote!((#(#pats),*)) };
                seq.add(quote!(let #pats = __arguments.take().expect("the first step has the arguments");));
                seq.add(self.touched(declares));
                seq.add(self.bound(arm, declares));
            }
            Instr::Advance(var) => {
                let ident = &self.graph.var(*var).ident;
                seq.add(quote!(#ident += 1;));
            }
        }
    }

    /// `let f = |x| ..;` where `f` is not used in this arm: rustc would not know the type of `x`.
    fn is_idle_closure(&self, arm: &Arm, code: &Code) -> bool {
        let CodeTokens::Stmt(stmt) = &code.tokens else { return false };
        let syn::Stmt::Local(syn::Local { init: Some(init), .. }) = &**stmt else { return false };
        matches!(*init.expr, syn::Expr::Closure(_))
            && code
                .declares
                .iter()
                .all(|var| !self.graph.var(*var).needs_slot() && !arm.mentioned.contains(var))
    }
}
