//! One machine as Rust: the states, the frame, and the function whose closure rustc infers the slots' types in.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Stmt};

use crate::analyse::{Analysis, SlotKind, State, mentioned};
use crate::cfg::{
    Block, BlockId, Code, CodeTokens, Concurrency, ConstructId, ExitTo, Graph, Instr, MAIN, MatchHead, Poll,
    Polled, Rebuild, ScopeId, TaskId, Term,
};
use crate::diag::Errors;
use crate::lower::{at, placeholder};
use crate::model::Method;
use crate::names::{VarId, Vars, ident};

/// The names of the items of one machine.
pub(crate) struct Names {
    /// `CheckoutState`
    pub(crate) state: Ident,
    /// `CheckoutFrame`
    pub(crate) frame: Ident,
    /// `__run`
    pub(crate) step: Ident,
}

/// The function that steps the machine.
pub(crate) fn step_fn(
    method: &Method,
    graph: &Graph,
    analysis: &Analysis,
    names: &Names,
    errors: &mut Errors,
) -> TokenStream {
    let mut emit = Emit { graph, analysis, names, errors, hides: hidden_somewhere(graph) };
    let Names { frame, step, .. } = names;
    let arguments = super::arguments(method);
    let receiver = match &method.receiver {
        Some(receiver) => quote!(#receiver,),
        None => quote!(),
    };
    let output = &method.output;
    let holes = analysis.slots.iter().filter(|slot| !is_position(slot.kind)).map(|_| quote!(_));
    let context =
        method.context.as_ref().map(|context| quote!(let #context: &::longhaul::machine::Context = __ctx;));
    let items = &graph.items;
    let slots = emit.visits();
    let passing = analysis.passing.iter().map(|var| {
        let slot = passing_slot(graph, *var);
        quote!(let mut #slot = ::longhaul::machine::Slot::empty();)
    });
    let operations: Vec<_> = (1..graph.tasks.len())
        .filter_map(|task| emit.awaitable_branch(TaskId(task)))
        .filter(|(poll, _)| analysis.arm[poll.0].is_some())
        .map(|(poll, _)| {
            let begun = begun_name(poll);
            quote!(let mut #begun = ::core::option::Option::None;)
        })
        .collect();
    let blocks = emit.block_enum(MAIN);
    let entry = emit.entry(MAIN);
    let arms = emit.arms(MAIN);
    quote! {
        #[doc(hidden)]
        #[allow(
            unused_macros, irrefutable_let_patterns, unused_mut, unused_variables, unused_assignments, unused_parens, unused_braces, unused_labels,
            unreachable_code, unused_must_use, dead_code, clippy::all, clippy::pedantic
        )]
        fn #step(
            #receiver
            __ctx: &::longhaul::machine::Context,
            __machine: &mut ::longhaul::machine::Sub<#arguments>,
        ) -> ::core::task::Poll<#output> {
            #(#items)*
            #context
            ::longhaul::machine::drive(
                __machine,
                __ctx,
                |__frame: &mut #frame<#(#holes),*>, __op| -> ::core::task::Poll<#output> {
                    let mut __arguments = match __op {
                        ::longhaul::machine::Op::Step(arguments) => arguments,
                        ::longhaul::machine::Op::Slots(__slots) => {
                            #slots
                            return ::core::task::Poll::Pending;
                        }
                    };
                    #blocks
                    #(#passing)*
                    #(#operations)*
                    let mut __block = match __frame.at {
                        #entry
                        __other => return ::longhaul::machine::misplaced(__ctx, __other),
                    };
                    '__machine: loop {
                        match __block {
                            #arms
                        }
                    }
                },
            )
        }
    }
}

fn is_position(kind: SlotKind) -> bool {
    matches!(kind, SlotKind::Position(_))
}

/// The field or local that a variable which only passes between arms is in.
fn passing_slot(graph: &Graph, var: VarId) -> Ident {
    let ident = &graph.var(var).ident;
    format_ident!("__slot{}_{}", var.0, ident.to_string().trim_start_matches("r#").trim_start_matches('_'))
}

/// What an arm is called: after its state, or after what it is in the source.
fn block_name(graph: &Graph, analysis: &Analysis, block: BlockId) -> Ident {
    match analysis.state(block) {
        Some(state) => format_ident!("{}", state.name),
        None if block == graph.tasks[MAIN.0].entry => format_ident!("Start"),
        None => format_ident!("{}{}", graph.block(block).hint, block.0),
    }
}

struct Emit<'a> {
    graph: &'a Graph,
    analysis: &'a Analysis,
    names: &'a Names,
    errors: &'a mut Errors,
    /// The variables whose name something else has, too.
    hides: Vars,
}

/// The identifier of a variable where our code names it: shown and resolved as the user's.
fn local_ident(user: &Ident) -> Ident {
    ident(&user.to_string(), at(user.span()))
}

/// The macro that stands for a variable where its name is hidden.
fn outer_name(var: VarId) -> Ident {
    format_ident!("__outer{}", var.0)
}

/// The variables that another variable, or a name within the user's verbatim code, may hide.
fn hidden_somewhere(graph: &Graph) -> Vars {
    let mut bound = std::collections::BTreeMap::<String, usize>::new();
    for var in &graph.vars {
        *bound.entry(var.ident.to_string()).or_default() += 1;
    }
    for name in graph.exits.iter().flat_map(|exit| &exit.hidden) {
        *bound.entry(name.clone()).or_default() += 1;
    }
    let numbered = graph.vars.iter().enumerate();
    numbered.filter(|(_, var)| bound[&var.ident.to_string()] > 1).map(|(number, _)| VarId(number)).collect()
}

/// The local that holds what a branch is going to begin.
fn begun_name(poll: BlockId) -> Ident {
    format_ident!("__operation{}", poll.0)
}

/// A borrow made again.
fn again(rebuild: &Rebuild) -> TokenStream {
    let Rebuild { pat, expr, .. } = rebuild;
    if rebuild.refutable {
        quote!(let #pat = #expr else { ::core::panic!("a kept place holds what it held before the await") };)
    } else {
        quote!(let #pat = #expr;)
    }
}

/// What holds while one arm is written.
struct Arm {
    task: TaskId,
    /// The variables that are Rust locals somewhere in the arm.
    locals: Vars,
    /// What is named or assigned in it.
    mentioned: Vars,
}

/// Tokens with their open scopes.
struct Seq {
    open: Vec<(Option<ScopeId>, TokenStream)>,
}

impl Seq {
    fn new() -> Self {
        Seq { open: vec![(None, TokenStream::new())] }
    }

    fn add(&mut self, tokens: impl ToTokens) {
        let (_, top) = self.open.last_mut().expect("the base is never closed");
        tokens.to_tokens(top);
    }

    fn enter(&mut self, scope: ScopeId) {
        self.open.push((Some(scope), TokenStream::new()));
    }

    fn leave(&mut self, scope: ScopeId) {
        if self.open.last().is_some_and(|(open, _)| *open == Some(scope))
            && let Some((_, inner)) = self.open.pop()
            && !inner.is_empty()
        {
            self.add(quote!({ #inner }));
        }
    }

    /// Scopes that are still open end where the sequence does.
    fn finish(mut self) -> TokenStream {
        while self.open.len() > 1 {
            let (_, inner) = self.open.pop().expect("there are two");
            self.add(inner);
        }
        self.open.pop().map(|(_, tokens)| tokens).unwrap_or_default()
    }
}

impl Emit<'_> {
    // Slots.

    /// Shows each slot to the visitor. The bound of each call is what makes a value that cannot be stored an error, so
    /// the call is put at the variable's binding.
    fn visits(&self) -> TokenStream {
        let calls = self.analysis.slots.iter().enumerate().map(|(number, slot)| {
            let span = at(slot.span.0);
            let number = u16::try_from(number).unwrap_or(u16::MAX);
            let name = &slot.name;
            let field = ident(&slot.name, span);
            let method = match slot.kind {
                SlotKind::Kept(_) => "kept",
                SlotKind::Wait(_) => "wait",
                SlotKind::Call(_) => "machine",
                SlotKind::Position(_) => "position",
                SlotKind::Output(_) => "output",
            };
            let method = Ident::new(method, span);
            let frame = Ident::new("__frame", span);
            quote_spanned!(span=> __slots.#method(#number, #name, &mut #frame.#field);)
        });
        quote! {
            __slots.at(&mut __frame.at);
            #(#calls)*
        }
    }

    fn slot_field(&self, kind: SlotKind) -> Ident {
        let slot = self.analysis.slot(kind).expect("a slot was made for it");
        ident(&slot.name, Span::call_site())
    }

    /// Where a variable is between arms.
    fn place(&self, var: VarId) -> TokenStream {
        match self.analysis.slot(SlotKind::Kept(var)) {
            Some(slot) => {
                let field = ident(&slot.name, Span::call_site());
                quote!(__frame.#field)
            }
            None => passing_slot(self.graph, var).to_token_stream(),
        }
    }

    /// Moves what `needed` names and is local here to where the next arm finds it.
    fn puts(&mut self, arm: &Arm, needed: &Vars) -> TokenStream {
        let mut puts = TokenStream::new();
        for var in needed.intersection(&arm.locals) {
            let data = self.graph.var(*var);
            if data.rebuild.is_some() {
                continue;
            }
            let place = self.place(*var);
            let value = if self.hides.contains(var) {
                let outer = outer_name(*var);
                quote!(#outer!())
            } else {
                local_ident(&data.ident).to_token_stream()
            };
            puts.extend(quote!(#place.put(#value);));
        }
        puts
    }

    /// Names of the user's are never changed, so where another variable of the same name may hide one, a macro is
    /// defined while it is visible: what stands in a macro means what it means where the macro is defined.
    fn outers<'v>(&self, vars: impl IntoIterator<Item = &'v VarId>) -> TokenStream {
        let hidden = vars.into_iter().filter(|var| self.hides.contains(var));
        hidden
            .map(|var| {
                let (outer, ident) = (outer_name(*var), local_ident(&self.graph.var(*var).ident));
                quote!(macro_rules! #outer { () => { #ident } })
            })
            .collect()
    }

    // Tasks.

    fn label(task: TaskId) -> TokenStream {
        let name = if task == MAIN { "'__machine".to_owned() } else { format!("'__branch{}", task.0) };
        syn::Lifetime::new(&name, Span::call_site()).to_token_stream()
    }

    fn block_var(task: TaskId) -> Ident {
        if task == MAIN { format_ident!("__block") } else { format_ident!("__block{}", task.0) }
    }

    /// Where the task's position is.
    fn position(&self, task: TaskId) -> TokenStream {
        if task == MAIN {
            return quote!(__frame.at);
        }
        let field = self.slot_field(SlotKind::Position(task));
        quote!(__frame.#field)
    }

    /// Stops stepping the task; its position is set.
    fn pause(task: TaskId) -> TokenStream {
        if task == MAIN {
            return quote!(return ::core::task::Poll::Pending);
        }
        let label = Self::label(task);
        quote!(break #label)
    }

    /// The enum of the task's arms.
    fn block_type(task: TaskId) -> Ident {
        if task == MAIN { format_ident!("__Block") } else { format_ident!("__Block{}", task.0) }
    }

    fn block_enum(&self, task: TaskId) -> TokenStream {
        let name = Self::block_type(task);
        let arms = self.analysis.arms(self.graph, task);
        let arms = arms.into_iter().map(|block| block_name(self.graph, self.analysis, block));
        quote!(enum #name { #(#arms),* })
    }

    /// An arm as a value of that enum.
    fn block_path(&self, task: TaskId, block: BlockId) -> TokenStream {
        let (ty, name) = (Self::block_type(task), block_name(self.graph, self.analysis, block));
        quote!(#ty::#name)
    }

    fn go_to(&self, task: TaskId, block: BlockId) -> TokenStream {
        let (label, var) = (Self::label(task), Self::block_var(task));
        let block = self.block_path(task, block);
        quote!(#var = #block; continue #label)
    }

    fn state(&self, name: &str) -> TokenStream {
        let (state, name) = (&self.names.state, format_ident!("{}", name));
        quote!(#state::#name)
    }

    /// Which position means which arm.
    fn entry(&self, task: TaskId) -> TokenStream {
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

    fn arms(&mut self, task: TaskId) -> TokenStream {
        let mut arms = TokenStream::new();
        for head in self.analysis.arms(self.graph, task) {
            let name = self.block_path(task, head);
            let body = self.arm(head);
            arms.extend(quote!(#name => { #body }));
        }
        arms
    }

    // Arms.

    fn arm(&mut self, head: BlockId) -> TokenStream {
        let graph = self.graph;
        let block = graph.block(head);
        let (mut named, mut declared) = (Vars::new(), Vars::new());
        for inside in graph.block_ids().filter(|inside| self.analysis.arm[inside.0] == Some(head)) {
            let (uses, declares) = mentioned(graph, graph.block(inside));
            named.extend(uses);
            declared.extend(declares);
        }
        for inside in graph.block_ids().filter(|inside| self.analysis.arm[inside.0] == Some(head)) {
            for instr in &graph.block(inside).instrs {
                if let Instr::Declare(var) = instr
                    && named.contains(var)
                {
                    declared.insert(*var);
                }
            }
        }
        let arm = Arm { task: block.task, locals: &named | &declared, mentioned: named.clone() };
        let mut seq = Seq::new();
        let mut instrs = block.instrs.as_slice();
        // What is polled is in a slot, so nothing is taken before it is ready. A condition looks at variables.
        if let Some(Instr::Poll(poll)) = instrs.first()
            && !matches!(poll.what, Polled::Condition(_))
        {
            seq.add(self.poll(poll, block));
            instrs = &instrs[1..];
        }
        let outside = &named - &declared;
        for scope in graph.scope_chain(block.scope) {
            if self.leaves(head, scope) {
                seq.enter(scope);
            }
            seq.add(self.takes(scope, &outside, &self.analysis.live_in[head.0]));
        }
        self.block_into(&mut seq, &arm, head, instrs, &mut Vec::new());
        seq.finish()
    }

    /// Whether an arm goes on after the end of a scope that it begins in.
    fn leaves(&self, head: BlockId, scope: ScopeId) -> bool {
        self.graph
            .block_ids()
            .filter(|block| self.analysis.arm[block.0] == Some(head))
            .flat_map(|block| &self.graph.block(block).instrs)
            .any(|instr| matches!(instr, Instr::Leave(left) if *left == scope))
    }

    /// The variables of `scope` that the arm needs: moved out of their slots, made again, or declared, each in the order
    /// of the source, so that a name that is bound twice means the same as there.
    fn takes(&self, scope: ScopeId, needed: &Vars, live: &Vars) -> TokenStream {
        let mut takes = TokenStream::new();
        let mut done = Vars::new();
        for var in needed.iter().filter(|var| self.graph.var(**var).scope == scope) {
            let data = self.graph.var(*var);
            if let Some(rebuild) = &data.rebuild {
                if !done.contains(var) {
                    done.extend(&rebuild.binds);
                    takes.extend(again(rebuild));
                }
                continue;
            }
            let ident = local_ident(&data.ident);
            let mutable = data.mutable.then(|| quote!(mut));
            if live.contains(var) {
                let place = self.place(*var);
                takes.extend(quote!(let #mutable #ident = #place.take();));
            } else {
                let ty = data.ty.as_ref().map(|ty| quote!(: #ty));
                takes.extend(quote!(let #mutable #ident #ty;));
            }
            takes.extend(self.outers([var]));
        }
        takes
    }

    /// A block and all that follows it in the same arm.
    fn block_into(
        &mut self,
        seq: &mut Seq,
        arm: &Arm,
        id: BlockId,
        instrs: &[Instr],
        afters: &mut Vec<BlockId>,
    ) {
        let graph = self.graph;
        let block = graph.block(id);
        let mut scope = block.scope;
        for instr in instrs {
            match instr {
                Instr::Enter(inner) => scope = *inner,
                Instr::Leave(inner) => scope = graph.scopes[inner.0].parent.unwrap_or(*inner),
                _ => {}
            }
            self.instr(seq, arm, block, scope, instr);
        }
        self.term(seq, arm, id, scope, afters);
    }

    /// A block in braces of its own.
    fn nested(&mut self, arm: &Arm, id: BlockId, afters: &mut Vec<BlockId>) -> TokenStream {
        let mut seq = Seq::new();
        let graph = self.graph;
        if self.analysis.arm[id.0] == Some(id) {
            seq.add(self.jump(arm, id, graph.block(id).scope));
        } else {
            self.block_into(&mut seq, arm, id, &graph.block(id).instrs, afters);
        }
        seq.finish()
    }

    fn jump(&mut self, arm: &Arm, to: BlockId, from: ScopeId) -> TokenStream {
        let live = self.analysis.live_in[to.0].clone();
        let puts = self.puts(arm, &live);
        let go = self.go_to(arm.task, to);
        quote!(#puts #go;)
    }

    fn term(&mut self, seq: &mut Seq, arm: &Arm, id: BlockId, scope: ScopeId, afters: &mut Vec<BlockId>) {
        let graph = self.graph;
        match &graph.block(id).term {
            Term::Fall(next) => self.follow(seq, arm, *next, scope, afters),
            Term::Jump(next) => seq.add(self.jump(arm, *next, scope)),
            Term::Suspend(poll) => seq.add(self.suspend(arm, *poll, scope)),
            Term::Return(code) => {
                let value = self.code(arm, code, scope);
                seq.add(self.returns(arm, &value));
            }
            Term::Unreachable => {}
            Term::If { cond, then, otherwise, after } => {
                let cond = self.code(arm, cond, scope);
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
                let value = self.match_head(arm, head, scope);
                let (tokens, (), inline) = self.branching(afters, id, *after, |this, afters| {
                    let mut tokens = TokenStream::new();
                    for case in arms {
                        let pat = &case.pat;
                        let guard = case.guard.as_ref().map(|guard| {
                            let guard = this.code(arm, guard, graph.block(case.block).scope);
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
                let code = self.code(arm, code, scope);
                let otherwise = self.nested(arm, *otherwise, &mut Vec::new());
                seq.add(quote!(let #pat = #code else { #otherwise };));
                self.follow(seq, arm, *next, scope, afters);
            }
        }
    }

    /// Writes the ways of an `if` or `match`; also tells whether what follows stands behind it in this arm.
    fn branching<A, B>(
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
    fn follow(&mut self, seq: &mut Seq, arm: &Arm, next: BlockId, scope: ScopeId, afters: &mut Vec<BlockId>) {
        if afters.contains(&next) {
            return;
        }
        if self.analysis.arm[next.0] == Some(next) {
            return seq.add(self.jump(arm, next, scope));
        }
        let graph = self.graph;
        self.block_into(seq, arm, next, &graph.block(next).instrs, afters);
    }

    fn match_head(&mut self, arm: &Arm, head: &MatchHead, scope: ScopeId) -> TokenStream {
        match head {
            MatchHead::Value(code) => self.code(arm, code, scope),
            MatchHead::Cursor(var) => {
                let cursor = &self.graph.var(*var).ident;
                quote!(::longhaul::machine::Cursor::next(&mut #cursor))
            }
            MatchHead::Nth { items, index } => {
                let items = self.code(arm, items, scope);
                let index = &self.graph.var(*index).ident;
                quote!(::longhaul::machine::nth(#items, #index))
            }
            MatchHead::Winner(var) => self.graph.var(*var).ident.to_token_stream(),
        }
    }

    fn suspend(&mut self, arm: &Arm, poll: BlockId, scope: ScopeId) -> TokenStream {
        let live = self.analysis.live_in[poll.0].clone();
        let puts = self.puts(arm, &live);
        let position = self.position(arm.task);
        let state = self.state(&self.analysis.state(poll).expect("a poll block has a state").name);
        let mut positions = TokenStream::new();
        if let Some(Poll { what: Polled::Branches(construct), .. }) = self.graph.poll(poll) {
            for task in &self.graph.constructs[construct.0].branches {
                let entry = self.graph.tasks[task.0].entry;
                let name = self.analysis.state(entry).map_or("Start", |state: &State| &state.name);
                let (position, state) = (self.position(*task), self.state(name));
                positions.extend(quote!(#position = #state;));
            }
        }
        let go = self.go_to(arm.task, poll);
        quote!(#puts #positions #position = #state; #go;)
    }

    /// The task ends with `value`.
    fn returns(&mut self, arm: &Arm, value: &TokenStream) -> TokenStream {
        let Some((construct, number)) = self.graph.tasks[arm.task.0].branch_of else {
            return quote!(return ::core::task::Poll::Ready(#value););
        };
        // What other branches or later code need goes back to its slot.
        let shared = self.analysis.live_in[self.graph.constructs[construct.0].poll.0].clone();
        let kept: Vars = arm
            .mentioned
            .iter()
            .copied()
            .filter(|var| shared.contains(var) && self.is_shared(construct, *var))
            .collect();
        let puts = self.puts(arm, &kept);
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
    fn is_shared(&self, construct: ConstructId, var: VarId) -> bool {
        let poll = self.graph.constructs[construct.0].poll;
        let slot = self.analysis.slots.iter().position(|slot| slot.kind == SlotKind::Kept(var));
        let state = self.analysis.state(poll);
        slot.zip(state).is_some_and(|(slot, state)| state.live.contains(&slot))
    }

    /// Where a branch leaves its output.
    fn output(&self, construct: ConstructId, number: usize) -> TokenStream {
        let data = &self.graph.constructs[construct.0];
        match data.kind {
            Concurrency::Join | Concurrency::TryJoin => {
                let field = self.slot_field(SlotKind::Output(data.branches[number]));
                quote!(__frame.#field)
            }
            Concurrency::Select | Concurrency::Timeout => {
                self.graph.var(data.outputs[number]).ident.to_token_stream()
            }
        }
    }

    // Instructions.

    fn instr(&mut self, seq: &mut Seq, arm: &Arm, block: &Block, scope: ScopeId, instr: &Instr) {
        match instr {
            Instr::Bound(vars) => seq.add(self.outers(vars)),
            Instr::Code(code) => {
                let tokens = self.code(arm, code, scope);
                seq.add(tokens);
                seq.add(self.outers(&code.declares));
            }
            Instr::Declare(var) => {
                if arm.mentioned.contains(var) {
                    let data = self.graph.var(*var);
                    let (ident, mutable) = (&data.ident, data.mutable.then(|| quote!(mut)));
                    let ty = data.ty.as_ref().map(|ty| quote!(: #ty));
                    seq.add(quote!(let #mutable #ident #ty;));
                    seq.add(self.outers([var]));
                }
            }
            Instr::Assign(var, code) => {
                let code = self.code(arm, code, scope);
                let ident = &self.graph.var(*var).ident;
                seq.add(quote!(#ident = #code;));
            }
            Instr::Enter(scope) => seq.enter(*scope),
            Instr::Leave(scope) => seq.leave(*scope),
            Instr::Begin { poll, operation, call } => {
                let operation = self.code(arm, operation, scope);
                if self.graph.block(*poll).task == arm.task {
                    seq.add(self.begin(*poll, &operation, call.is_some()));
                } else {
                    // A branch begins when it is first polled; one behind a branch that wins at once never does.
                    let begun = begun_name(*poll);
                    seq.add(quote!(#begun = ::core::option::Option::Some(#operation);));
                }
            }
            Instr::Poll(poll) => {
                // Only a condition comes here: its variables are taken by now.
                if let Polled::Condition(condition) = &poll.what {
                    let condition = self.code(arm, condition, scope);
                    let own = self.own_block(poll);
                    let live = self.analysis.live_in[own.0].clone();
                    let puts = self.puts(arm, &live);
                    let pause = Self::pause(arm.task);
                    let output = &self.graph.var(poll.output).ident;
                    seq.add(quote! {
                        if !#condition { #puts #pause; }
                        let #output = ();
                    });
                }
            }
            Instr::Arguments { pats, declares } => {
                let pats = match &pats[..] {
                    [pat] => quote!(#pat),
                    _ => quote!((#(#pats),*)),
                };
                seq.add(quote!(let #pats = __arguments.take().expect("the first step has the arguments");));
                seq.add(self.outers(declares));
            }
            Instr::Advance(var) => {
                let ident = &self.graph.var(*var).ident;
                seq.add(quote!(#ident += 1;));
            }
        }
    }

    /// Puts a begun operation into its slot. All of it has one span, so that rustc says once what is wrong with it.
    fn begin(&self, poll: BlockId, operation: &TokenStream, is_call: bool) -> TokenStream {
        let span = at(self.graph.poll(poll).map_or_else(Span::call_site, |poll| poll.span));
        let (kind, begun) = if is_call {
            (SlotKind::Call(poll), quote_spanned!(span=> ::longhaul::machine::Sub::start(__operation)))
        } else {
            (SlotKind::Wait(poll), quote_spanned!(span=> ::longhaul::machine::begin(__operation, __ctx)))
        };
        let field = Ident::new(&self.slot_field(kind).to_string(), span);
        quote_spanned! {span=>
            let __operation = #operation;
            __frame.#field.put(#begun);
        }
    }

    /// The poll block of a branch that is only an awaitable, and whether that is a call.
    fn awaitable_branch(&self, task: TaskId) -> Option<(BlockId, bool)> {
        let entry = self.graph.tasks[task.0].entry;
        match self.graph.poll(entry)?.what {
            Polled::Operation => Some((entry, false)),
            Polled::Call { .. } => Some((entry, true)),
            Polled::Condition(_) | Polled::Branches(_) => None,
        }
    }

    fn own_block(&self, poll: &Poll) -> BlockId {
        self.graph
            .block_ids()
            .find(|block| self.graph.poll(*block).is_some_and(|own| own.output == poll.output))
            .expect("a poll stands in its block")
    }

    /// Polls what is in a slot: `let output = ..`, or the task pauses.
    fn poll(&mut self, poll: &Poll, block: &Block) -> TokenStream {
        let own = self.own_block(poll);
        let pause = Self::pause(block.task);
        let output = &self.graph.var(poll.output).ident;
        let polled = match &poll.what {
            Polled::Operation => {
                let field = self.slot_field(SlotKind::Wait(own));
                quote!(::longhaul::machine::Wait::poll(__frame.#field.get_mut(), __ctx))
            }
            Polled::Call { method, receiver } => {
                let field = self.slot_field(SlotKind::Call(own));
                let step = super::step_name(method);
                let receiver = if *receiver { quote!(self.) } else { quote!(Self::) };
                quote!(#receiver #step(__ctx, __frame.#field.get_mut()))
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

    fn branches(&mut self, construct: ConstructId, poll: &Poll, task: TaskId) -> TokenStream {
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
    fn ends(&self, task: TaskId) -> bool {
        self.graph.block_ids().filter(|block| self.analysis.arm[block.0].is_some()).any(|block| {
            let block = self.graph.block(block);
            block.task == task && self.graph.ends_task(block)
        })
    }

    fn run_branch(&mut self, task: TaskId) -> TokenStream {
        let (position, done) = (self.position(task), self.state("Done"));
        let (label, var) = (Self::label(task), Self::block_var(task));
        let blocks = self.block_enum(task);
        let entry = self.entry(task);
        let arms = self.arms(task);
        let begin = self.awaitable_branch(task).map(|(poll, is_call)| {
            let (begun, begin) = (begun_name(poll), self.begin(poll, &quote!(__operation), is_call));
            quote!(if let ::core::option::Option::Some(__operation) = #begun.take() { #begin })
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

    // The user's code.

    /// A piece of code, its exits written out.
    fn code(&mut self, arm: &Arm, code: &Code, scope: ScopeId) -> TokenStream {
        if code.exits.is_empty() {
            return match &code.tokens {
                CodeTokens::Stmt(stmt) => stmt.to_token_stream(),
                CodeTokens::Expr(expr) => expr.to_token_stream(),
            };
        }
        let mut exits = Exits { emit: self, arm, scope };
        match &code.tokens {
            CodeTokens::Stmt(stmt) => {
                let mut stmt: Stmt = (**stmt).clone();
                exits.visit_stmt_mut(&mut stmt);
                stmt.to_token_stream()
            }
            CodeTokens::Expr(expr) => {
                let mut expr: Expr = (**expr).clone();
                exits.visit_expr_mut(&mut expr);
                expr.to_token_stream()
            }
        }
    }
}

/// Replaces the placeholders of exits.
struct Exits<'x, 'a> {
    emit: &'x mut Emit<'a>,
    arm: &'x Arm,
    scope: ScopeId,
}

impl VisitMut for Exits<'_, '_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        let Expr::Call(call) = expr else { return };
        let Expr::Path(path) = &*call.func else { return };
        let Some(exit) = path.path.get_ident().and_then(placeholder) else { return };
        let exit = self.emit.graph.exits[exit.0].clone();
        let value = call.args.first().map(ToTokens::to_token_stream);
        let way = match exit.to {
            ExitTo::Return => {
                let value = value.unwrap_or_else(|| quote!(()));
                self.emit.returns(self.arm, &value)
            }
            ExitTo::Block(target, result) => {
                let mut live = self.emit.analysis.live_in[target.0].clone();
                let deliver = match (result, value) {
                    (Some(result), Some(value)) => {
                        let needed = live.remove(&result);
                        if needed {
                            let place = self.emit.place(result);
                            quote!(#place.put(#value);)
                        } else {
                            quote!(let _ = #value;)
                        }
                    }
                    (None, Some(value)) => quote!(#value;),
                    (_, None) => TokenStream::new(),
                };
                let puts = self.emit.puts(self.arm, &live);
                let go = self.emit.go_to(self.arm.task, target);
                quote!(#deliver #puts #go;)
            }
        };
        // In parentheses, so that it is an operand wherever it stands.
        *expr = syn::parse_quote!(({ #way }));
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        visit_mut::visit_stmt_mut(self, stmt);
        if let Stmt::Expr(expr, _) = stmt {
            bare(expr);
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        visit_mut::visit_arm_mut(self, arm);
        bare(&mut arm.body);
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        mac.tokens = self.tokens(std::mem::take(&mut mac.tokens));
    }
}

/// `({ .. })` as `{ .. }`, where it stands alone.
fn bare(expr: &mut Expr) {
    if let Expr::Paren(inner) = expr
        && let Expr::Block(block) = &*inner.expr
    {
        *expr = Expr::Block(block.clone());
    }
}

impl Exits<'_, '_> {
    /// Placeholders in the input of a macro: each is `name(value)`.
    fn tokens(&mut self, tokens: TokenStream) -> TokenStream {
        let mut out = TokenStream::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match &token {
                proc_macro2::TokenTree::Ident(ident) if placeholder(ident).is_some() => {
                    let arguments = tokens.next();
                    let call = quote!(#token #arguments);
                    match syn::parse2::<Expr>(call) {
                        Ok(mut expr) => {
                            self.visit_expr_mut(&mut expr);
                            out.extend(expr.to_token_stream());
                        }
                        Err(error) => self.emit.errors.push(error),
                    }
                }
                proc_macro2::TokenTree::Group(group) => {
                    let inner = self.tokens(group.stream());
                    let mut group = proc_macro2::Group::new(group.delimiter(), inner);
                    group.set_span(token.span());
                    out.extend([proc_macro2::TokenTree::Group(group)]);
                }
                _ => out.extend([token]),
            }
        }
        out
    }
}
