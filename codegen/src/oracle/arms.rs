//! One arm: a block and all that is written inside it, run in the way in which `emit/machine/arms.rs` writes it.

#![allow(clippy::unused_self)] // Each step is a method, whether it needs the machine or not.
use longhaul_programs::run::{Env, Evaluated, Flow, Program};
use longhaul_programs::value::{Cell, Place, Value, cell};
use syn::parse::Parser;

use super::frame::{At, Frame, Polling, wrong};
use super::keep::put;
use super::locals::{Locals, locals_of};
use super::{Machine, Machines};
use crate::analyse::SlotKind;
use crate::cfg::{BlockId, Code, CodeTokens, ExitTo, Instr, MAIN, Poll, Polled, ScopeId, TaskId};
use crate::names::{VarId, Vars};

/// The open scopes of a sequence, each with the length of the environment where it began.
pub(super) type Open = Vec<(ScopeId, usize)>;

/// Where a task goes on.
pub(super) enum Go {
    /// Falls out of the construct it is in, to a block that stands behind it.
    Fell(BlockId),
    To(BlockId),
    Pause,
    Done(Value),
}

impl Machines<'_> {
    /// Steps a frame as far as it goes.
    pub(super) fn step(&self, frame: &mut Frame, workflow: &Cell) -> Evaluated<Polling> {
        let machine = &self.machines[&frame.method];
        match self.run_task(machine, frame, MAIN, workflow)? {
            Some(value) => Ok(Polling::Ready(value)),
            None => Ok(Polling::Pending),
        }
    }

    /// Runs a task until it pauses or is done.
    pub(super) fn run_task(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        task: TaskId,
        workflow: &Cell,
    ) -> Evaluated<Option<Value>> {
        let mut block = match machine.position(frame, task)? {
            At::Start => machine.graph.tasks[task.0].entry,
            At::State(number) => machine.analysis.states[number].block,
            At::Done => return wrong("a task that is done is run"),
        };
        loop {
            // Arms may lead to each other for ever in a machine that is broken on purpose.
            self.program.step()?;
            match self.arm(machine, frame, block, workflow)? {
                Go::To(next) => block = next,
                Go::Pause => return Ok(None),
                Go::Done(value) => return Ok(Some(value)),
                Go::Fell(_) => return wrong("an arm ends without saying where to go"),
            }
        }
    }

    fn arm(&self, machine: &Machine, frame: &mut Frame, head: BlockId, workflow: &Cell) -> Evaluated<Go> {
        let graph = &machine.graph;
        let block = graph.block(head);
        if machine.analysis.arm[head.0] != Some(head) {
            return wrong("a jump to a block that is no arm");
        }
        let (named, declared) = locals_of(machine, head);
        let outside = &named - &declared;
        let mut env = Env::default();
        for item in graph.items.iter().chain(&machine.items) {
            self.program.item(&mut env, item)?;
        }
        if machine.receiver {
            env.bind("self", workflow.clone());
        }
        let mut locals =
            Locals { env, ids: Vec::new(), task: block.task, anywhere: &named | &declared, mentioned: named };
        locals.number();
        let mut skip = 0;
        if let Some(Instr::Poll(poll)) = block.instrs.first()
            && !matches!(poll.what, Polled::Condition(_))
        {
            if !self.poll(machine, frame, &mut locals, head, poll, workflow)? {
                return Ok(Go::Pause);
            }
            skip = 1;
        }
        let (mut open, mut taken) = (Open::new(), Vars::new());
        for scope in graph.scope_chain(block.scope) {
            open.push((scope, locals.env.len()));
            self.items(machine, &mut locals, scope)?;
            let at = (head, scope);
            if let Some(go) = self.takes(machine, frame, &mut locals, at, &outside, &mut taken)? {
                return Ok(go);
            }
        }
        // A scope that the arm does not leave has no braces: what is bound in it is there to the arm's end.
        open.retain(|(scope, _)| leaves(machine, head, *scope));
        self.block(machine, frame, &mut locals, (head, skip), &mut open, &mut Vec::new())
    }

    /// The constants of a scope, which are written anew wherever code of it is.
    fn items(&self, machine: &Machine, locals: &mut Locals, scope: ScopeId) -> Evaluated<()> {
        for item in &machine.graph.scopes[scope.0].items {
            self.program.item(&mut locals.env, item)?;
            locals.number();
        }
        Ok(())
    }

    /// A block from its instruction `skip` on, and all that follows it in the same arm.
    pub(super) fn block(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        (id, skip): (BlockId, usize),
        open: &mut Open,
        afters: &mut Vec<BlockId>,
    ) -> Evaluated<Go> {
        for instr in &machine.graph.block(id).instrs[skip..] {
            match self.instr(machine, frame, locals, id, instr, open) {
                Ok(None) => {}
                Ok(Some(go)) => return Ok(go),
                Err(Flow::Exit(number, value)) => {
                    return self.exit(machine, frame, locals, number, value);
                }
                Err(flow) => return Err(flow),
            }
        }
        match self.term(machine, frame, locals, id, open, afters) {
            Err(Flow::Exit(number, value)) => self.exit(machine, frame, locals, number, value),
            other => other,
        }
    }

    fn instr(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        id: BlockId,
        instr: &Instr,
        open: &mut Open,
    ) -> Evaluated<Option<Go>> {
        match instr {
            Instr::Bound(vars) => locals.bound(machine, vars)?,
            Instr::Code(code) => {
                self.code(locals, code)?;
                locals.bound(machine, &code.declares)?;
            }
            Instr::Declare(var) => {
                if locals.mentioned.contains(var) {
                    locals.bind(machine, *var, cell(Value::Moved));
                }
            }
            Instr::Assign(var, code) => {
                let value = self.code(locals, code)?;
                let name = &machine.graph.var(*var).ident;
                match locals.env.lookup(&name.to_string()) {
                    Some(cell) => *cell.borrow_mut() = value,
                    None => return wrong(format!("{name} is assigned where it is not there")),
                }
            }
            Instr::Enter(scope) => {
                open.push((*scope, locals.env.len()));
                self.items(machine, locals, *scope)?;
            }
            Instr::Leave(scope) => {
                if let Some((last, mark)) = open.last()
                    && last == scope
                {
                    locals.truncate(*mark);
                    open.pop();
                }
            }
            Instr::Begin { poll, operation, call } => {
                let value = self.code(locals, operation)?;
                if machine.graph.block(*poll).task == locals.task {
                    self.begin(machine, frame, *poll, value, call.as_ref())?;
                } else {
                    frame.begun.insert(*poll, value);
                }
            }
            Instr::Open { branch, open } => {
                if matches!(self.code(locals, open)?, Value::Bool(true)) {
                    frame.shut.remove(branch);
                } else {
                    frame.shut.insert(*branch);
                }
            }
            Instr::Poll(Poll { what: Polled::Condition(condition), output, .. }) => {
                if !matches!(self.code(locals, condition)?, Value::Bool(true)) {
                    Self::puts(machine, frame, locals, &machine.analysis.live_in[id.0])?;
                    return Ok(Some(Go::Pause));
                }
                locals.bind(machine, *output, cell(Value::unit()));
            }
            Instr::Poll(_) => return wrong("a poll within an arm"),
            Instr::Arguments { pats, declares } => {
                let Some(arguments) = frame.arguments.take() else { return wrong("the arguments are gone") };
                for (pat, argument) in pats.iter().zip(arguments) {
                    let place = Place::whole(cell(argument));
                    if !self.program.bind_pattern(&mut locals.env, pat, &place)? {
                        return wrong("an argument does not match");
                    }
                }
                locals.bound(machine, declares)?;
            }
            Instr::Advance(var) => {
                let name = machine.graph.var(*var).ident.to_string();
                match locals.env.lookup(&name).map(|cell| cell.borrow_mut()).as_deref_mut() {
                    Some(Value::Int(index)) => *index += 1,
                    _ => return wrong("the position in a loop is not there"),
                }
            }
        }
        Ok(None)
    }

    pub(super) fn code(&self, locals: &mut Locals, code: &Code) -> Evaluated {
        match &code.tokens {
            CodeTokens::Expr(expr) => Program::now(self.program.value(&mut locals.env, expr)),
            CodeTokens::Stmt(stmt) => Program::now(self.program.statement(&mut locals.env, stmt)),
        }
    }

    pub(super) fn jump(
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        to: BlockId,
    ) -> Evaluated<Go> {
        Self::puts(machine, frame, locals, &machine.analysis.live_in[to.0])?;
        Ok(Go::To(to))
    }

    pub(super) fn suspend(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        poll: BlockId,
    ) -> Evaluated<Go> {
        Self::puts(machine, frame, locals, &machine.analysis.live_in[poll.0])?;
        if let Some(Poll { what: Polled::Branches(construct), .. }) = machine.graph.poll(poll) {
            for task in &machine.graph.constructs[construct.0].branches {
                let entry = machine.graph.tasks[task.0].entry;
                let at = match machine.graph.poll(entry) {
                    _ if frame.shut.remove(task) => At::Done,
                    Some(_) => machine.waiting_at(entry)?,
                    None => At::Start,
                };
                machine.set_position(frame, *task, at)?;
            }
        }
        machine.set_position(frame, locals.task, machine.waiting_at(poll)?)?;
        Ok(Go::To(poll))
    }

    fn exit(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        number: usize,
        value: Option<Value>,
    ) -> Evaluated<Go> {
        match machine.graph.exits[number].to {
            ExitTo::Return => self.returns(machine, frame, locals, value.unwrap_or_else(Value::unit)),
            ExitTo::Block(target, result) => {
                let mut live = machine.analysis.live_in[target.0].clone();
                if let (Some(result), Some(value)) = (result, value)
                    && live.remove(&result)
                {
                    put(machine, frame, result, value)?;
                }
                Self::puts(machine, frame, locals, &live)?;
                Ok(Go::To(target))
            }
        }
    }

    /// The task ends.
    pub(super) fn returns(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        value: Value,
    ) -> Evaluated<Go> {
        if let Some((construct, _)) = machine.graph.tasks[locals.task.0].branch_of {
            let poll = machine.graph.constructs[construct.0].poll;
            let live = &machine.analysis.live_in[poll.0];
            let state = machine.analysis.state(poll);
            let stays = |var: &VarId| {
                let slot = machine.analysis.slots.iter().position(|slot| slot.kind == SlotKind::Kept(*var));
                slot.zip(state).is_some_and(|(slot, state)| state.live.contains(&slot))
            };
            let kept =
                locals.mentioned.iter().copied().filter(|var| live.contains(var) && stays(var)).collect();
            Self::puts(machine, frame, locals, &kept)?;
            machine.set_position(frame, locals.task, At::Done)?;
        }
        Ok(Go::Done(value))
    }
}

/// Whether an arm goes on after the end of a scope that it begins in.
fn leaves(machine: &Machine, head: BlockId, scope: ScopeId) -> bool {
    machine
        .graph
        .block_ids()
        .filter(|block| machine.analysis.arm[block.0] == Some(head))
        .flat_map(|block| &machine.graph.block(block).instrs)
        .any(|instr| matches!(instr, Instr::Leave(left) if *left == scope))
}

pub(super) fn parsed<T>(parser: impl Parser<Output = T>, tokens: &proc_macro2::TokenStream) -> Evaluated<T> {
    parser.parse2(tokens.clone()).or_else(|error| wrong(error.to_string()))
}
