//! Values of the small language that the programs are written in, and the places that hold them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::{self, Display, Write};
use std::rc::Rc;

use crate::run::Env;

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// Nothing: moved out, or not yet given.
    Moved,
    /// Any integer.
    Int(i64),
    /// `true` or `false`.
    Bool(bool),
    /// A `String`, or what `&str` shows.
    Text(String),
    /// A `Vec` or array.
    List(Vec<Value>),
    /// A tuple; with nothing in it the unit.
    Tuple(Vec<Value>),
    /// `Some(x)`, `None`, `Ok(x)`, `Err(x)`, or an error.
    Variant(Rc<str>, Vec<Value>),
    /// A struct with its fields.
    Struct(Rc<str>, Vec<(Rc<str>, Value)>),
    /// A range, its end not in it.
    Range(i64, i64),
    /// The items that a loop or iterator has not given out.
    Items(VecDeque<Value>),
    /// A borrow.
    Borrow(Place),
    /// An operation that has not begun: its name and arguments.
    Operation(Rc<str>, Vec<Value>),
    /// A call of an async method that has not begun.
    Call(Rc<str>, Vec<Value>),
    /// A call of a function marked `#[workflow]` that has not begun.
    Function(Rc<str>, Vec<Value>),
    /// A closure with what it sees.
    Closure(Rc<(syn::ExprClosure, Env)>),
    /// An `async` block with what it sees, awaited where it stands.
    Task(Rc<(syn::Block, Env)>),
    /// A block, call or operation that is a value, and begins as a task of its own.
    Block(Box<Value>),
    /// The same in lowered code: the name of its body, and what it captures.
    Machine(Rc<str>, Vec<Value>),
    /// A handle of a task or trigger.
    Handle(Rc<Handle>),
}

/// The number of a task or trigger, with which it is dropped; and what it is, `Task` or `Trigger`.
#[derive(Debug, PartialEq, Eq)]
pub struct Handle(pub u64, pub &'static str);

/// Where a value is.
pub type Cell = Rc<RefCell<Value>>;

/// A variable, or something within it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The variable.
    pub cell: Cell,
    /// Which field or element of which field or element.
    pub path: Vec<usize>,
}

/// A cell with a value.
pub fn cell(value: Value) -> Cell {
    Rc::new(RefCell::new(value))
}

impl Place {
    /// A variable as a whole.
    pub fn whole(cell: Cell) -> Self {
        Place { cell, path: Vec::new() }
    }

    /// A part of it.
    #[must_use]
    pub fn part(&self, number: usize) -> Self {
        let mut path = self.path.clone();
        path.push(number);
        Place { cell: self.cell.clone(), path }
    }

    /// Looks at or changes what is there; `None` where nothing is.
    pub fn with<T>(&self, then: impl FnOnce(&mut Value) -> T) -> Option<T> {
        let mut value = self.cell.borrow_mut();
        let mut value = &mut *value;
        for number in &self.path {
            value = value.part_mut(*number)?;
        }
        Some(then(value))
    }

    /// A copy of what is there.
    pub fn read(&self) -> Option<Value> {
        self.with(|value| value.clone()).filter(|value| !matches!(value, Value::Moved))
    }

    /// What a borrow there borrows, or this place.
    #[must_use]
    pub fn target(&self) -> Self {
        let mut place = self.clone();
        while let Some(Some(inner)) = place.with(|value| match value {
            Value::Borrow(inner) => Some(inner.clone()),
            _ => None,
        }) {
            place = inner;
        }
        place
    }
}

impl Value {
    /// `()`
    pub fn unit() -> Self {
        Value::Tuple(Vec::new())
    }

    /// A variant with what is in it.
    pub fn variant(name: &str, inner: impl IntoIterator<Item = Value>) -> Self {
        Value::Variant(name.into(), inner.into_iter().collect())
    }

    /// `Some(..)` or `None`.
    pub fn option(value: Option<Value>) -> Self {
        Value::variant(if value.is_some() { "Some" } else { "None" }, value)
    }

    /// A part by its number.
    pub fn part_mut(&mut self, number: usize) -> Option<&mut Value> {
        match self {
            Value::List(parts) | Value::Tuple(parts) | Value::Variant(_, parts) => parts.get_mut(number),
            Value::Struct(_, fields) => fields.get_mut(number).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The number of a named field.
    pub fn field(&self, name: &str) -> Option<usize> {
        match self {
            Value::Struct(_, fields) => fields.iter().position(|(field, _)| &**field == name),
            _ => name.parse().ok(),
        }
    }

    /// The value behind any borrows.
    #[must_use]
    pub fn target(&self) -> Option<Value> {
        match self {
            Value::Borrow(place) => place.target().read(),
            value => Some(value.clone()),
        }
    }

    /// Whether it is copied where another would be moved.
    pub fn is_copy(&self) -> bool {
        match self {
            Value::Int(_) | Value::Bool(_) | Value::Borrow(_) => true,
            Value::Tuple(parts) | Value::Variant(_, parts) => parts.iter().all(Value::is_copy),
            _ => false,
        }
    }

    /// Whether it can be stored: nothing in it is borrowed, moved out, or code.
    pub fn is_storable(&self) -> bool {
        match self {
            Value::Int(_) | Value::Bool(_) | Value::Text(_) | Value::Range(..) | Value::Handle(_) => true,
            Value::List(parts) | Value::Tuple(parts) | Value::Variant(_, parts) => {
                parts.iter().all(Value::is_storable)
            }
            Value::Struct(_, fields) => fields.iter().all(|(_, value)| value.is_storable()),
            Value::Items(items) => items.iter().all(Value::is_storable),
            Value::Machine(_, captures) => captures.iter().all(Value::is_storable),
            // A list of operations that is not awaited yet is none that can be stored; what is in it can.
            Value::Operation(_, given) | Value::Function(_, given) => given.iter().all(Value::is_storable),
            _ => false,
        }
    }

    /// The handles in it.
    pub fn handles(&self, found: &mut std::collections::BTreeSet<u64>) {
        match self {
            Value::Handle(handle) => drop(found.insert(handle.0)),
            Value::List(parts)
            | Value::Tuple(parts)
            | Value::Variant(_, parts)
            | Value::Machine(_, parts)
            | Value::Operation(_, parts)
            | Value::Function(_, parts) => parts.iter().for_each(|part| part.handles(found)),
            Value::Struct(_, fields) => fields.iter().for_each(|(_, value)| value.handles(found)),
            Value::Items(items) => items.iter().for_each(|item| item.handles(found)),
            _ => {}
        }
    }

    /// Whether it is data that can be copied without anybody taking notice: no handle, nothing that begins.
    pub fn is_data(&self) -> bool {
        let mut handles = std::collections::BTreeSet::new();
        self.handles(&mut handles);
        let begins =
            matches!(self, Value::Block(_) | Value::Machine(..) | Value::Operation(..) | Value::Function(..));
        handles.is_empty() && !begins
    }

    /// Whether two are equal, borrows looked through.
    pub fn equals(&self, other: &Value) -> bool {
        let all = |left: &[Value], right: &[Value]| {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.equals(right))
        };
        match (self, other) {
            (Value::Borrow(_), _) => self.target().is_some_and(|value| value.equals(other)),
            (_, Value::Borrow(_)) => other.target().is_some_and(|value| self.equals(&value)),
            (Value::Int(left), Value::Int(right)) => left == right,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::List(left), Value::List(right)) | (Value::Tuple(left), Value::Tuple(right)) => {
                all(left, right)
            }
            (Value::Variant(name, left), Value::Variant(other, right)) => name == other && all(left, right),
            (Value::Struct(name, left), Value::Struct(other, right)) => {
                let values = |fields: &[(Rc<str>, Value)]| -> Vec<Value> {
                    fields.iter().map(|(_, value)| value.clone()).collect()
                };
                name == other && all(&values(left), &values(right))
            }
            (Value::Range(start, end), Value::Range(other, last)) => start == other && end == last,
            (Value::Items(left), Value::Items(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.equals(right))
            }
            _ => false,
        }
    }

    /// As `{:?}` shows it.
    pub fn debug(&self) -> String {
        let mut text = String::new();
        self.write_debug(&mut text).expect("a string takes all");
        text
    }

    fn write_debug(&self, out: &mut String) -> fmt::Result {
        let list = |out: &mut String, parts: &mut dyn Iterator<Item = &Value>| -> fmt::Result {
            for (number, part) in parts.enumerate() {
                out.push_str(if number == 0 { "" } else { ", " });
                part.write_debug(out)?;
            }
            Ok(())
        };
        match self {
            Value::Int(value) => write!(out, "{value}"),
            Value::Bool(value) => write!(out, "{value}"),
            Value::Text(value) => write!(out, "{value:?}"),
            Value::List(parts) => {
                out.push('[');
                list(out, &mut parts.iter())?;
                out.push(']');
                Ok(())
            }
            Value::Tuple(parts) => {
                out.push('(');
                list(out, &mut parts.iter())?;
                out.push_str(if parts.len() == 1 { ",)" } else { ")" });
                Ok(())
            }
            Value::Variant(name, parts) => {
                out.push_str(name);
                if !parts.is_empty() {
                    out.push('(');
                    list(out, &mut parts.iter())?;
                    out.push(')');
                }
                Ok(())
            }
            Value::Struct(name, fields) => {
                write!(out, "{name}")?;
                for (number, (field, value)) in fields.iter().enumerate() {
                    write!(out, "{}{field}: ", if number == 0 { " { " } else { ", " })?;
                    value.write_debug(out)?;
                }
                out.push_str(if fields.is_empty() { "" } else { " }" });
                Ok(())
            }
            Value::Range(start, end) => write!(out, "{start}..{end}"),
            Value::Handle(handle) => write!(out, "{}({})", handle.1, handle.0),
            Value::Borrow(_) => match self.target() {
                Some(value) => value.write_debug(out),
                None => write!(out, "<dangling>"),
            },
            other => write!(out, "<{other:?}>"),
        }
    }
}

/// As `{}` shows it.
impl Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.target() {
            Some(Value::Text(text)) => out.write_str(&text),
            Some(value) => out.write_str(&value.debug()),
            None => out.write_str("<dangling>"),
        }
    }
}
