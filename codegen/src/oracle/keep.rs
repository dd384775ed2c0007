//! What goes from arm to arm: variables are put into slots and taken out of them, and borrows are made again.

use longhaul_programs::run::{Evaluated, Program};
use longhaul_programs::value::{Value, cell};
use syn::parse::ParseStream;
use syn::{Expr, Pat, Token, Type};

use super::arms::{Go, parsed};
use super::frame::{Content, Frame, wrong};
use super::locals::Locals;
use super::{Machine, Machines};
use crate::analyse::{SlotKind, taking};
use crate::cfg::{BlockId, Part, Parts, Rebuild, ScopeId};
use crate::names::{VarId, Vars};

impl Machines<'_> {
    /// Takes the variables of a scope out of their slots, or makes them again; says where to go if one is there no more.
    pub(super) fn takes(
        &self,
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        (head, scope): (BlockId, ScopeId),
        needed: &Vars,
        taken: &mut Vars,
    ) -> Evaluated<Option<Go>> {
        let mut live = machine.analysis.found_in(&machine.graph, head);
        let parts: std::collections::BTreeMap<VarId, VarId> =
            live.iter().map(|var| (machine.graph.local(*var), *var)).collect();
        live.extend(parts.keys());
        for var in &taking::in_order(&machine.graph, needed, scope) {
            let data = machine.graph.var(*var);
            let live = live.contains(var);
            let value = match &data.rebuild {
                Some(_) if taken.contains(var) => continue,
                Some(rebuild) if !rebuild.looked_up => {
                    if !self.again(locals, rebuild)? {
                        return Self::leaves_for(machine, frame, locals, rebuild, taken);
                    }
                    locals.bound(machine, &rebuild.binds)?;
                    taken.extend(&rebuild.binds);
                    continue;
                }
                Some(rebuild) if live => {
                    if let Ok(value) = take(machine, frame, *var) {
                        value
                    } else {
                        if !self.again(locals, rebuild)? {
                            return Self::leaves_for(machine, frame, locals, rebuild, taken);
                        }
                        locals.bound(machine, &[*var])?;
                        taken.insert(*var);
                        continue;
                    }
                }
                _ if live => take(machine, frame, parts[var])?,
                _ => Value::Moved,
            };
            locals.bind(machine, *var, cell(value));
            taken.insert(*var);
        }
        Ok(None)
    }

    /// Makes a borrow again; `false` where what it looks up is there no more.
    fn again(&self, locals: &mut Locals, rebuild: &Rebuild) -> Evaluated<bool> {
        let pat = parsed(of_a_let, &rebuild.pat)?;
        let expr: Expr = parsed(<Expr as syn::parse::Parse>::parse, &rebuild.expr)?;
        let mut place = Program::now(self.program.place(&mut locals.env, &expr))?;
        if rebuild.or_leave.is_some() {
            match place.read() {
                Some(Value::Variant(name, _)) if &*name == "Some" => place = place.part(0),
                _ => return Ok(false),
            }
        }
        if self.program.bind_pattern(&mut locals.env, &pat, &place)? {
            return Ok(true);
        }
        wrong(format!("{} no longer matches", rebuild.pat))
    }

    fn leaves_for(
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        rebuild: &Rebuild,
        taken: &Vars,
    ) -> Evaluated<Option<Go>> {
        let Some(exit) = rebuild.or_leave else { return wrong("what is looked up is there no more") };
        let mut live = machine.analysis.live_in[exit.0].clone();
        live.retain(|var| taken.contains(&machine.graph.local(*var)));
        Self::puts(machine, frame, locals, &live)?;
        Ok(Some(Go::To(exit)))
    }

    /// Moves what `needed` names and is local here to where the next arm finds it.
    pub(super) fn puts(
        machine: &Machine,
        frame: &mut Frame,
        locals: &mut Locals,
        needed: &Vars,
    ) -> Evaluated<()> {
        for var in needed {
            let data = machine.graph.var(*var);
            let local = machine.graph.local(*var);
            if !data.needs_slot() || !locals.anywhere.contains(&local) {
                continue;
            }
            let Some(cell) = locals.cell(local) else {
                return wrong(format!("{} is to be kept, but is not in scope", data.ident));
            };
            let mut value = std::mem::replace(&mut *cell.borrow_mut(), Value::Moved);
            if let Some(Parts { part, .. }) = &data.parts {
                value = taken_of(part, value)?;
            }
            // What may borrow is looked up again; what turns out to be a value of its own is stored.
            if data.rebuild.is_none() || value.is_storable() {
                put(machine, frame, *var, value)?;
            }
        }
        Ok(())
    }
}

/// What is left of a value that was taken apart.
fn taken_of(part: &Part, mut value: Value) -> Evaluated {
    let field = |value: &mut Value, name: &str| {
        let taken = value
            .field(name)
            .and_then(|number| value.part_mut(number).map(|part| std::mem::replace(part, Value::Moved)));
        taken.map_or_else(|| wrong(format!("there is no {name} in {value:?}")), Ok)
    };
    Ok(match part {
        Part::Whole => value,
        Part::WithSpares(ways) => {
            for way in ways {
                let mut place = Some(&mut value);
                for name in way {
                    place = place.and_then(|value| value.part_mut(value.field(name)?));
                }
                if let Some(moved @ Value::Moved) = place {
                    *moved = Value::variant("Spare", []);
                }
            }
            value
        }
        Part::Tuple(parts) => {
            let mut all = Vec::new();
            for (number, part) in parts.iter().enumerate() {
                all.push(match part {
                    Some(part) => taken_of(part, field(&mut value, &number.to_string())?)?,
                    None => Value::unit(),
                });
            }
            Value::Tuple(all)
        }
        Part::Struct(ty, parts) => {
            let mut fields = Vec::new();
            for (name, part) in parts {
                let name = name.to_string();
                let taken = taken_of(part, field(&mut value, &name)?)?;
                fields.push((name.into(), taken));
            }
            Value::Struct(ty.to_string().into(), fields)
        }
    })
}

/// The pattern of a `let`, with or without its type.
fn of_a_let(input: ParseStream<'_>) -> syn::Result<Pat> {
    let pat = Pat::parse_multi(input)?;
    if input.parse::<Option<Token![:]>>()?.is_some() {
        input.parse::<Type>()?;
    }
    Ok(pat)
}

pub(super) fn put(machine: &Machine, frame: &mut Frame, var: VarId, value: Value) -> Evaluated<()> {
    if matches!(value, Value::Moved) {
        return wrong(format!("{} is to be kept, but nothing is in it", machine.graph.var(var).ident));
    }
    match machine.slot(SlotKind::Kept(var)) {
        Ok(slot) => {
            frame.slots.insert(slot, Content::Value(value));
        }
        Err(_) if machine.analysis.passing.contains(&var) => {
            frame.passing.insert(var, value);
        }
        Err(_) => return wrong(format!("{} has no slot", machine.graph.var(var).ident)),
    }
    Ok(())
}

fn take(machine: &Machine, frame: &mut Frame, var: VarId) -> Evaluated {
    let taken = match machine.slot(SlotKind::Kept(var)) {
        Ok(slot) => match frame.slots.remove(&slot) {
            Some(Content::Value(value)) => Some(value),
            _ => None,
        },
        Err(_) => frame.passing.remove(&var),
    };
    match taken {
        Some(value) => Ok(value),
        None => wrong(format!("{} was not kept", machine.graph.var(var).ident)),
    }
}
