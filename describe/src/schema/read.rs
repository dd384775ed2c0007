//! Reads what [`write`](super::write) writes.

use std::fmt;
use std::iter::Peekable;
use std::vec::IntoIter;

use super::write::HEAD;
use super::{Activity, Definition, Field, Form, MachineSchema, Schema, SlotForm, StateSchema, Type, Variant};

/// Why a text is no schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// The line, from 1; 0 where it is the whole.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for SchemaError {}

const PLAIN: [&str; 17] = [
    "bool", "u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128", "f32", "f64", "char",
    "str", "bytes", "number",
];

/// What the indented lines belong to.
enum Within {
    Nothing,
    Machine,
    Struct(String),
    Enum(String),
}

/// A fingerprint that stands in the text.
struct Mark {
    line: usize,
    fingerprint: u64,
    /// The state that it is of, by the numbers of machine and state; of the whole, if none.
    state: Option<(usize, usize)>,
}

pub(super) fn read(text: &str) -> Result<Schema, SchemaError> {
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, line)| line.trim_end()) != Some(HEAD) {
        return Err(SchemaError { line: 1, reason: format!("a schema begins with `{HEAD}`") });
    }
    let mut schema = Schema::default();
    let mut within = Within::Nothing;
    // What is written of the whole and of each state, to be held against what was read.
    let mut marks: Vec<Mark> = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let at = |reason: String| SchemaError { line: number + 1, reason };
        let mut words = Words::of(line).map_err(at)?;
        let mark = if line.starts_with(' ') {
            inside(&mut schema, &within, &mut words).map_err(at)?
        } else {
            outside(&mut schema, &mut within, &mut words).map_err(at)?
        };
        words.end().map_err(at)?;
        if let Some(mark) = mark {
            let state = matches!(within, Within::Machine).then(|| {
                (schema.machines.len() - 1, schema.machines[schema.machines.len() - 1].states.len() - 1)
            });
            marks.push(Mark { line: number + 1, fingerprint: mark, state });
        }
    }
    if schema.workflow.is_empty() {
        return Err(SchemaError {
            line: 2,
            reason: "the workflow and its fingerprint are missing".to_owned(),
        });
    }
    for Mark { line, fingerprint, state } in marks {
        let (found, what) = match state {
            None => (schema.fingerprint(), "the schema".to_owned()),
            Some((machine, state)) => {
                let (machine, state) = (&schema.machines[machine], &schema.machines[machine].states[state]);
                (schema.state_fingerprint(machine, state), format!("the state `{}`", state.name))
            }
        };
        if found != fingerprint {
            let reason =
                format!("{what} is not what its fingerprint says: the file was edited by hand, or merged");
            return Err(SchemaError { line, reason });
        }
    }
    Ok(schema)
}

/// A line at the margin; gives a fingerprint that it has.
fn outside(schema: &mut Schema, within: &mut Within, words: &mut Words) -> Result<Option<u64>, String> {
    let word = words.name()?;
    *within = Within::Nothing;
    match word.as_str() {
        "workflow" => {
            schema.workflow = words.name()?;
            return words.fingerprint().map(Some);
        }
        "value" | "input" | "output" | "error" => schema.values.push((word, words.ty()?)),
        "signal" => schema.signals.push((words.name()?, words.ty()?)),
        "query" => schema.queries.push(words.name()?),
        "activity" => {
            let (name, input) = (words.name()?, words.ty()?);
            words.sign("->")?;
            let output = words.ty()?;
            words.word("or")?;
            schema.activities.push(Activity { name, input, output, error: words.ty()? });
        }
        "machine" => {
            schema.machines.push(MachineSchema { name: words.name()?, states: Vec::new() });
            *within = Within::Machine;
        }
        "struct" => {
            let name = words.name()?;
            let strict = words.takes_word("strict");
            schema.types.insert(name.clone(), Definition::Struct { fields: Vec::new(), strict });
            *within = Within::Struct(name);
        }
        "enum" => {
            let name = words.name()?;
            schema.types.insert(name.clone(), Definition::Enum(Vec::new()));
            *within = Within::Enum(name);
        }
        "type" => {
            let (name, ty) = (words.name()?, words.ty()?);
            schema.types.insert(name, Definition::Same(ty));
        }
        other => return Err(format!("`{other}` is nothing that a schema has")),
    }
    Ok(None)
}

/// An indented line; gives a fingerprint that it has.
fn inside(schema: &mut Schema, within: &Within, words: &mut Words) -> Result<Option<u64>, String> {
    match within {
        Within::Nothing => return Err("it belongs to nothing".to_owned()),
        Within::Struct(name) => {
            let field = words.field()?;
            if let Some(Definition::Struct { fields, .. }) = schema.types.get_mut(name) {
                fields.push(field);
            }
        }
        Within::Enum(name) => {
            let variant = words.variant()?;
            if let Some(Definition::Enum(variants)) = schema.types.get_mut(name) {
                variants.push(variant);
            }
        }
        Within::Machine => {
            let machine = schema.machines.last_mut().ok_or("there is no machine")?;
            let name = words.name()?;
            if name == "state" && words.next_is_name() {
                let name = words.name()?;
                let mark = words.fingerprint()?;
                let within = if words.takes_word("in") {
                    let of = words.name()?;
                    let number = words.name()?.parse().map_err(|_| "a branch has a number".to_owned())?;
                    Some((of, number))
                } else {
                    None
                };
                machine.states.push(StateSchema { name, within, slots: Vec::new() });
                return Ok(Some(mark));
            }
            words.sign(":")?;
            let form = words.slot()?;
            machine.states.last_mut().ok_or("a slot is in a state")?.slots.push((name, form));
        }
    }
    Ok(None)
}

#[derive(Debug, Clone, PartialEq)]
enum Word {
    Name(String),
    Quoted(String),
    Sign(&'static str),
}

struct Words(Peekable<IntoIter<Word>>);

const SIGNS: [&str; 14] = ["->", "(", ")", "[", "]", "{", "}", ":", ",", "?", "|", "=", "@", "^"];

impl Words {
    fn of(line: &str) -> Result<Self, String> {
        let mut words = Vec::new();
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
                words.push(Word::Sign(sign));
                rest = &rest[sign.len()..];
            } else if first == '"' {
                let (text, after) = quoted(&rest[1..])?;
                words.push(Word::Quoted(text));
                rest = after;
            } else {
                let plain = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
                let end = rest.find(|letter| !plain(letter)).unwrap_or(rest.len());
                if end == 0 {
                    return Err(format!("`{first}` is no sign of a schema"));
                }
                words.push(Word::Name(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            rest = rest.trim_start();
        }
        Ok(Words(words.into_iter().peekable()))
    }

    fn name(&mut self) -> Result<String, String> {
        match self.0.next() {
            Some(Word::Name(name) | Word::Quoted(name)) => Ok(name),
            other => Err(expected("a name", other.as_ref())),
        }
    }

    fn next_is_name(&mut self) -> bool {
        matches!(self.0.peek(), Some(Word::Name(_) | Word::Quoted(_)))
    }

    fn takes(&mut self, sign: &'static str) -> bool {
        self.0.next_if(|word| *word == Word::Sign(sign)).is_some()
    }

    fn sign(&mut self, sign: &'static str) -> Result<(), String> {
        if self.takes(sign) { Ok(()) } else { Err(expected(&format!("`{sign}`"), self.0.peek())) }
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.0.next_if(|next| matches!(next, Word::Name(name) if name == word)).is_some()
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        if self.takes_word(word) { Ok(()) } else { Err(expected(&format!("`{word}`"), self.0.peek())) }
    }

    fn end(&mut self) -> Result<(), String> {
        self.0.peek().map_or(Ok(()), |word| Err(expected("the end of the line", Some(word))))
    }

    fn fingerprint(&mut self) -> Result<u64, String> {
        let name = self.name()?;
        u64::from_str_radix(&name, 16).map_err(|_| format!("`{name}` is no fingerprint"))
    }

    /// Things with commas between, up to a sign.
    fn list<T>(
        &mut self,
        end: &'static str,
        mut one: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let mut all = Vec::new();
        while !self.takes(end) {
            all.push(one(self)?);
            if !self.takes(",") {
                self.sign(end)?;
                break;
            }
        }
        Ok(all)
    }

    fn ty(&mut self) -> Result<Type, String> {
        let mut ty = match self.0.next() {
            Some(Word::Sign("(")) => match self.list(")", Self::ty)? {
                all if all.is_empty() => Type::Unit,
                all => Type::Tuple(all),
            },
            Some(Word::Sign("[")) => {
                let inner = self.ty()?;
                self.sign("]")?;
                Type::List(Box::new(inner))
            }
            Some(Word::Sign("{")) => {
                let key = self.ty()?;
                self.sign(":")?;
                let value = self.ty()?;
                self.sign("}")?;
                Type::Map(Box::new(key), Box::new(value))
            }
            Some(Word::Sign("@")) => {
                self.word("opaque")?;
                Type::Opaque(self.name()?)
            }
            Some(Word::Name(name)) if PLAIN.contains(&name.as_str()) => Type::Plain(name),
            Some(Word::Name(name) | Word::Quoted(name)) => Type::Named(name),
            other => return Err(expected("a type", other.as_ref())),
        };
        while self.takes("?") {
            ty = Type::Option(Box::new(ty));
        }
        Ok(ty)
    }

    fn field(&mut self) -> Result<Field, String> {
        let name = self.name()?;
        let mut aliases = Vec::new();
        while self.takes("|") {
            aliases.push(self.name()?);
        }
        self.sign(":")?;
        let ty = self.ty()?;
        let optional = self.takes("=");
        if optional {
            self.word("default")?;
        }
        Ok(Field { name, aliases, ty, optional })
    }

    fn variant(&mut self) -> Result<Variant, String> {
        let name = self.name()?;
        let form = if self.takes("=") {
            Form::One(self.ty()?)
        } else if self.takes("(") {
            Form::Tuple(self.list(")", Self::ty)?)
        } else if self.takes("{") {
            Form::Struct(self.list("}", Self::field)?)
        } else {
            Form::Unit
        };
        Ok(Variant { name, form })
    }

    fn slot(&mut self) -> Result<SlotForm, String> {
        let marked = self.0.clone().nth(1);
        let is_form = matches!(self.0.peek(), Some(Word::Sign("@")));
        let Some(Word::Name(form)) =
            marked.filter(|word| is_form && *word != Word::Name("opaque".to_owned()))
        else {
            return Ok(SlotForm::Kept(self.ty()?));
        };
        self.sign("@")?;
        self.name()?;
        Ok(match form.as_str() {
            "output" => SlotForm::Output(self.ty()?),
            "position" => SlotForm::Position,
            "activity" => SlotForm::Activity(self.name()?),
            "timer" => SlotForm::Timer,
            "machine" => SlotForm::Machine(self.name()?),
            "wait" => SlotForm::Wait(self.name()?),
            other => return Err(format!("`@{other}` is nothing that a slot holds")),
        })
    }
}

fn quoted(rest: &str) -> Result<(String, &str), String> {
    let mut text = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((text, &rest[at + 1..])),
            '\\' => match letters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, letter)) => text.push(letter),
                None => break,
            },
            letter => text.push(letter),
        }
    }
    Err("a quote does not end".to_owned())
}

fn expected(what: &str, found: Option<&Word>) -> String {
    match found {
        None => format!("{what} is missing at the end"),
        Some(Word::Name(name) | Word::Quoted(name)) => format!("{what} should stand where `{name}` does"),
        Some(Word::Sign(sign)) => format!("{what} should stand where `{sign}` does"),
    }
}
