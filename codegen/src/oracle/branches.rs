//! Waiting: operations are begun and polled, branches run in order, as `emit/machine/suspend.rs` and `branches.rs`
//! write it.

use std::collections::BTreeMap;

use longhaul_programs::run::Evaluated;
use longhaul_programs::run::list::ListOf;
use longhaul_programs::value::{Cell, Place, Value, cell};
use syn::{Ident, Pat};

use super::arms::{Locals, parsed};
use super::frame::{At, Content, Frame, Polling, wrong};
use super::{Machine, Machines};
use crate::analyse::SlotKind;
use crate::cfg::{BlockId, Concurrency, ConstructId, Poll, Polled};

impl Machines<'_> {
    /// Puts a begun operation into its slot.
    pub(super) fn begin(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        poll: BlockId,
        operation: Value,
        call: Option<&Ident>,
    ) -> Evaluated<()> {
        let (kind, content) = match (operation, call) {
            (Value::Tuple(mut given), Some(method)) => {
                let method = method.to_string();
                // One argument as it is, several as a tuple.
                let arguments = match (self.machines[&method].arguments, given.pop()) {
                    (1, Some(argument)) => vec![argument],
                    (_, Some(Value::Tuple(arguments))) => arguments,
                    _ => return wrong("a call without its arguments"),
                };
                (SlotKind::Call(poll), Content::Call(Box::new(Frame::new(&method, arguments))))
            }
            (Value::Operation(name, given), None) if matches!(&*name, "join_all" | "try_join_all") => {
                let (mut list, mut running) = (ListOf::new(&name, given)?, BTreeMap::new());
                self.begin_of_list(&mut list, &mut running)?;
                (SlotKind::Wait(poll), Content::List(list, running))
            }
            (Value::Operation(name, arguments), None) => {
                let number = self.program.world.borrow_mut().begin(&name, &arguments);
                (SlotKind::Wait(poll), Content::Wait(number.or_else(wrong)?))
            }
            (other, _) => return wrong(format!("{other:?} is begun")),
        };
        frame.slots.insert(machine.slot(kind)?, content);
        Ok(())
    }

    /// Polls what is in a slot, and binds the output; `false` where it is not there yet.
    pub(super) fn poll(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        block: BlockId,
        poll: &Poll,
        workflow: &Cell,
    ) -> Evaluated<bool> {
        let output = match &poll.what {
            Polled::Operation => match frame.slots.get_mut(&machine.slot(SlotKind::Wait(block))?) {
                Some(Content::Wait(number)) => self.program.world.borrow_mut().poll(*number),
                Some(Content::List(list, running)) => self.list(list, running)?,
                _ => return wrong("what is waited for was not kept"),
            },
            Polled::Call { .. } => match frame.slots.get_mut(&machine.slot(SlotKind::Call(block))?) {
                Some(Content::Call(inner)) => match self.step(inner, workflow)? {
                    Polling::Ready(value) => Some(value),
                    Polling::Pending => None,
                },
                _ => return wrong("a called machine was not kept"),
            },
            Polled::Branches(construct) => self.branches(machine, frame, locals, *construct, workflow)?,
            Polled::Condition(_) => return wrong("a condition is not in a slot"),
        };
        let done = output.is_some();
        if let Some(output) = output {
            locals.bind(machine, poll.output, cell(output));
        }
        Ok(done)
    }

    fn begin_of_list(&self, list: &mut ListOf, running: &mut BTreeMap<usize, u64>) -> Evaluated<()> {
        for (place, operation) in list.begun() {
            let Value::Operation(name, arguments) = operation else {
                return wrong(format!("{operation:?} in a list"));
            };
            let number = self.program.world.borrow_mut().begin(&name, &arguments);
            running.insert(place, number.or_else(wrong)?);
        }
        Ok(())
    }

    /// Polls all of a list; as some end, others begin.
    fn list(&self, list: &mut ListOf, running: &mut BTreeMap<usize, u64>) -> Evaluated<Option<Value>> {
        loop {
            let before = running.len();
            for (place, number) in running.clone() {
                let Some(output) = self.program.world.borrow_mut().poll(number) else { continue };
                running.remove(&place);
                if let Some(error) = list.ended(place, output)? {
                    return Ok(Some(error));
                }
            }
            if let Some(outputs) = list.outputs() {
                return Ok(Some(outputs));
            }
            if running.len() == before {
                return Ok(None);
            }
            self.begin_of_list(list, running)?;
        }
    }

    fn branches(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        construct: ConstructId,
        workflow: &Cell,
    ) -> Evaluated<Option<Value>> {
        let data = &machine.graph.constructs[construct.0];
        let race = matches!(data.kind, Concurrency::Select | Concurrency::Timeout);
        if race {
            for output in &data.outputs {
                locals.bind(machine, *output, cell(Value::Moved));
            }
        }
        for (number, task) in data.branches.iter().enumerate() {
            let entry = machine.graph.tasks[task.0].entry;
            let call = match machine.graph.poll(entry).map(|poll| &poll.what) {
                Some(Polled::Call { method, .. }) => Some(method),
                _ => None,
            };
            let operation = frame.begun.remove(&entry);
            if machine.position(frame, *task)? == At::Done {
                continue;
            }
            if let Some(operation) = operation {
                self.begin(machine, frame, entry, operation, call)?;
            }
            let Some(value) = self.run_task(machine, frame, *task, workflow)? else { continue };
            if let Some(pattern) = data.doors.get(number).and_then(|door| door.pattern.as_ref()) {
                let place = Place::whole(cell(value.clone()));
                let pattern = parsed(Pat::parse_multi, pattern)?;
                if !self.program.bind_pattern(&mut locals.env.clone(), &pattern, &place)? {
                    continue;
                }
            }
            if race {
                let name = machine.graph.var(data.outputs[number]).ident.to_string();
                if let Some(output) = locals.env.lookup(&name) {
                    *output.borrow_mut() = value;
                }
                return Ok(Some(Value::Int(i64::try_from(number).expect("there are few branches"))));
            }
            match data.kind {
                Concurrency::Scope => return Ok(Some(Value::variant("Ok", [value]))),
                Concurrency::Shield => return Ok(Some(value)),
                _ => {}
            }
            if let (Concurrency::TryJoin, Value::Variant(name, inner)) = (data.kind, &value)
                && &**name == "Err"
            {
                return Ok(Some(Value::Variant(name.clone(), inner.clone())));
            }
            frame.slots.insert(machine.slot(SlotKind::Output(*task))?, Content::Value(value));
        }
        let mut shut = data.branches.iter().zip(&data.doors);
        if !data.doors.is_empty()
            && shut
                .all(|(task, door)| door.may_shut() && machine.position(frame, *task).ok() == Some(At::Done))
        {
            return Ok(Some(Value::Int(i64::try_from(data.branches.len()).expect("there are few branches"))));
        }
        for task in &data.branches {
            if race || machine.position(frame, *task)? != At::Done {
                return Ok(None);
            }
        }
        let mut outputs = Vec::new();
        for task in &data.branches {
            match frame.slots.remove(&machine.slot(SlotKind::Output(*task))?) {
                Some(Content::Value(Value::Variant(_, mut inner))) if data.kind == Concurrency::TryJoin => {
                    outputs.extend(inner.pop());
                }
                Some(Content::Value(value)) => outputs.push(value),
                _ => return wrong("the output of a branch was not kept"),
            }
        }
        let all = Value::Tuple(outputs);
        Ok(Some(if data.kind == Concurrency::TryJoin { Value::variant("Ok", [all]) } else { all }))
    }
}
