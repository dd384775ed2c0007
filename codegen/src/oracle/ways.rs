//! How a block ends: which way an arm takes from it, run in the way in which `emit/machine/arms.rs` writes it.

#![allow(clippy::unused_self)] // Each step is a method, whether it needs the machine or not.
use longhaul_programs::run::{Evaluated, Program};
use longhaul_programs::value::{Place, Value, cell};
use syn::{Expr, Pat};

use super::arms::{Go, Open, parsed};
use super::frame::{Frame, wrong};
use super::locals::Locals;
use super::{Machine, Machines};
use crate::cfg::{BlockId, CodeTokens, Instr, MatchHead, Term};
use crate::names::VarId;

impl Machines<'_> {
    pub(super) fn term(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        id: BlockId,
        open: &mut Open,
        afters: &mut Vec<BlockId>,
    ) -> Evaluated<Go> {
        match &machine.graph.block(id).term {
            Term::Fall(next) => self.follow(machine, frame, locals, *next, open, afters),
            Term::Jump(next) => Self::jump(machine, frame, locals, *next),
            Term::Suspend(poll) => self.suspend(machine, frame, locals, *poll),
            Term::Return(code) => {
                let value = self.code(locals, code)?;
                self.returns(machine, frame, locals, value)
            }
            Term::Unreachable => wrong("what nothing leads to is reached"),
            Term::If { cond, then, otherwise, after } => {
                let mark = locals.env.len();
                let CodeTokens::Expr(expr) = &cond.tokens else {
                    return wrong("a condition is an expression");
                };
                let holds = Program::now(self.program.condition(&mut locals.env, expr))?;
                if !holds {
                    locals.truncate(mark);
                }
                let way = if holds { *then } else { *otherwise };
                self.branching(machine, frame, locals, id, (mark, way, *after), open, afters)
            }
            Term::Match { head, arms, after } => {
                let mark = locals.env.len();
                let place = self.head(locals, head, machine)?;
                for case in arms {
                    let pat = parsed(Pat::parse_multi, &case.pat)?;
                    let guard = match case.guard.as_ref().map(|guard| &guard.tokens) {
                        Some(CodeTokens::Expr(guard)) => Some(&**guard),
                        Some(CodeTokens::Stmt(_)) => return wrong("a guard is an expression"),
                        None => None,
                    };
                    if self.program.guarded(&mut locals.env, &pat, guard, &place)? {
                        let ways = (mark, case.block, *after);
                        return self.branching(machine, frame, locals, id, ways, open, afters);
                    }
                    locals.truncate(mark);
                }
                wrong("no arm matches")
            }
            Term::LetElse { pat, code, otherwise, next } => {
                let mark = locals.env.len();
                let CodeTokens::Expr(expr) = &code.tokens else { return wrong("a value is an expression") };
                let place = Program::now(self.program.place(&mut locals.env, expr))?;
                if self.program.bind_pattern(&mut locals.env, pat, &place)? {
                    return self.follow(machine, frame, locals, *next, open, afters);
                }
                locals.truncate(mark);
                match self.nested(machine, frame, locals, *otherwise, &mut Vec::new())? {
                    Go::Fell(_) => wrong("an `else` falls through"),
                    go => Ok(go),
                }
            }
        }
    }

    /// Runs one way of an `if` or `match`, then what stands behind it in this arm.
    #[allow(clippy::too_many_arguments)] // All that `block` has, and the ways.
    fn branching(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        id: BlockId,
        (mark, way, after): (usize, BlockId, BlockId),
        open: &mut Open,
        afters: &mut Vec<BlockId>,
    ) -> Evaluated<Go> {
        let arm = &machine.analysis.arm;
        let inline = arm[after.0].is_some() && arm[after.0] == arm[id.0] && arm[after.0] != Some(after);
        if inline {
            afters.push(after);
        }
        let went = self.nested(machine, frame, locals, way, afters);
        if inline {
            afters.pop();
        }
        match went? {
            Go::Fell(to) if inline => {
                // What is written behind comes to nothing where a way may fall past it.
                if to != after && !falls_to(machine, after, to) {
                    return wrong("a way falls past what stands behind it");
                }
                locals.truncate(mark);
                self.block(machine, frame, locals, (after, 0), open, afters)
            }
            go => Ok(go),
        }
    }

    /// A block in braces of its own.
    fn nested(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        id: BlockId,
        afters: &mut Vec<BlockId>,
    ) -> Evaluated<Go> {
        if machine.analysis.arm[id.0] == Some(id) {
            return Self::jump(machine, frame, locals, id);
        }
        self.block(machine, frame, locals, (id, 0), &mut Open::new(), afters)
    }

    fn follow(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        next: BlockId,
        open: &mut Open,
        afters: &mut Vec<BlockId>,
    ) -> Evaluated<Go> {
        if afters.contains(&next) {
            return Ok(Go::Fell(next));
        }
        if machine.analysis.arm[next.0] == Some(next) {
            return Self::jump(machine, frame, locals, next);
        }
        self.block(machine, frame, locals, (next, 0), open, afters)
    }

    fn head(&self, locals: &mut Locals, head: &MatchHead, machine: &Machine) -> Evaluated<Place> {
        let variable = |var: &VarId| {
            let name = machine.graph.var(*var).ident.to_string();
            match locals.env.lookup(&name) {
                Some(cell) => Ok(cell.clone()),
                None => wrong(format!("{name} is not there")),
            }
        };
        match head {
            MatchHead::Value(code) => match &code.tokens {
                CodeTokens::Expr(expr) => Program::now(self.program.place(&mut locals.env, expr)),
                CodeTokens::Stmt(_) => wrong("a value is an expression"),
            },
            MatchHead::Winner(var) => Ok(Place::whole(variable(var)?)),
            MatchHead::Cursor(var) => match &mut *variable(var)?.borrow_mut() {
                Value::Items(items) => Ok(Place::whole(cell(Value::option(items.pop_front())))),
                other => wrong(format!("{other:?} is no cursor")),
            },
            MatchHead::Nth { items, index } => {
                let index = variable(index)?.borrow().clone();
                let CodeTokens::Expr(items) = &items.tokens else { return wrong("items are an expression") };
                let call: Expr = match index {
                    Value::Int(index) => syn::parse_quote!(nth(#items, #index)),
                    other => return wrong(format!("a position that is {other:?}")),
                };
                Program::now(self.program.place(&mut locals.env, &call))
            }
        }
    }
}

/// Whether a block does nothing but fall to another.
fn falls_to(machine: &Machine, from: BlockId, to: BlockId) -> bool {
    let block = machine.graph.block(from);
    let idle = block.instrs.iter().all(|instr| matches!(instr, Instr::Leave(_)));
    idle && matches!(block.term, Term::Fall(next) if next == to || falls_to(machine, next, to))
}
