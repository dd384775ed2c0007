//! Values of any type out of random choices.
//!
//! The test kit has to invent inputs, activity results and signal arguments of the user's own types. All of
//! them can be read by serde, and a type that is being read says what it wants next; so a deserializer that
//! answers with choices from a tape makes a value of any such type. A shorter tape of smaller numbers makes a
//! smaller value, which is what lets proptest shrink it.

mod reader;

use serde::Serialize;
use serde::de::{self, Deserialize};
use thiserror::Error;

use crate::Failure;
use crate::activity::{Activity, ActivityOptions, ActivityOutcome, TimedOut, Timeout};
use crate::codec::{self, Payload};
use crate::machine::Stored;

/// Makes values from a tape of choices. When the tape is used up, every further choice is the smallest.
#[derive(Debug)]
pub struct Sampler<'t> {
    tape: &'t [u64],
    at: usize,
    depth: usize,
    /// For each text handed out in this try, by its place: which form it has.
    forms: Vec<usize>,
    /// How many texts were handed out in this try.
    texts: usize,
    /// The field that was given last, with all of its struct's.
    last: Option<Name>,
    /// Other names of fields, by `#[serde(alias = "..")]`: a field is given once.
    second_names: Vec<Name>,
}

/// A name of a field, with all names of its struct's fields.
type Name = (&'static [&'static str], &'static str);

/// A type refused all values that were tried.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no value could be made up: {0}")]
pub struct SampleError(pub String);

impl de::Error for SampleError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        SampleError(message.to_string())
    }
    fn duplicate_field(field: &'static str) -> Self {
        SampleError(format!("{DUPLICATE}{field}`"))
    }
}

/// How the error begins that a field was given under a second name.
const DUPLICATE: &str = "duplicate field `";

/// What forms of string are tried, in this order, until a type takes one: a word first, then what types with a
/// textual encoding want.
pub(crate) const TEXTS: [&[&str]; 7] = [
    &["", "a", "ann", "bob", "longer text with spaces", "ä€😀"],
    &["0", "1", "42"],
    &["00000000-0000-0000-0000-000000000000", "01890a5d-ac96-774b-bcce-b302099a8057"],
    &["1970-01-01T00:00:00Z", "2026-02-28T23:59:59.5Z"],
    &["1970-01-01", "2028-02-29"],
    &["PT0S", "PT1H"],
    &["127.0.0.1", "10.0.0.7"],
];

/// The lengths of byte strings that are tried, in this order: of a text, of UUIDs, hashes, addresses.
pub(crate) const BYTES: [usize; 7] = [3, 16, 32, 4, 8, 12, 0];

const MAX_DEPTH: usize = 48;

/// How often a value is tried with other forms of its texts.
const MAX_TRIES: usize = 1_000;

impl<'t> Sampler<'t> {
    /// A sampler over `tape`.
    pub fn new(tape: &'t [u64]) -> Self {
        Sampler { tape, at: 0, depth: 0, forms: Vec::new(), texts: 0, last: None, second_names: Vec::new() }
    }

    /// A choice below `bound`.
    pub fn choose(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn next(&mut self) -> u64 {
        let choice = self.tape.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        choice
    }

    /// A value of type `T`.
    pub fn value<T: Deserialize<'static>>(&mut self) -> Result<T, SampleError> {
        let start = self.at;
        self.forms.clear();
        for _ in 0..MAX_TRIES {
            self.at = start;
            self.texts = 0;
            self.depth = 0;
            let error = match T::deserialize(&mut *self) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if error.0.starts_with(DUPLICATE)
                && let Some(name) = self.last.take()
            {
                self.second_names.push(name);
                continue;
            }
            // A type refuses a text as soon as it has read it, so the last one is to blame.
            let Some(refused) = self.texts.checked_sub(1) else { return Err(error) };
            self.forms.truncate(refused + 1);
            self.forms[refused] += 1;
            if self.forms[refused] == TEXTS.len() {
                return Err(error);
            }
        }
        Err(SampleError(format!("{MAX_TRIES} tries were refused")))
    }

    /// An outcome for activity `A`: mostly a value, sometimes an error, a timeout or a panic.
    pub fn outcome<A: Activity>(&mut self) -> ActivityOutcome {
        self.outcome_of::<A::Output, codec::AnyError<A::Error>>(A::NAME, &A::options())
    }

    /// The same for a local step that gives a `T`.
    pub(crate) fn step_outcome<T: Stored>(&mut self) -> ActivityOutcome {
        self.outcome_of::<T, Failure>("a local step", &ActivityOptions::default())
    }

    fn outcome_of<T, E>(&mut self, name: &str, options: &ActivityOptions) -> ActivityOutcome
    where
        T: Serialize + Deserialize<'static>,
        E: Serialize + Deserialize<'static>,
    {
        let kind = self.choose(8);
        if kind == 7 {
            return match self.choose(2) {
                0 => ActivityOutcome::TimedOut(TimedOut::new(Timeout::StartToClose, options.start_to_close)),
                _ => ActivityOutcome::Panicked("made up by the test kit".to_owned()),
            };
        }
        let start = self.at;
        if kind >= 5
            && let Ok(payload) = self.payload::<E>()
        {
            return ActivityOutcome::Failed(payload);
        }
        self.at = start;
        match self.payload::<T>() {
            Ok(payload) => ActivityOutcome::Completed(payload),
            Err(error) => ActivityOutcome::Panicked(format!("the result of `{name}`: {error}")),
        }
    }

    /// An encoded value of type `T`.
    pub fn payload<T: Deserialize<'static> + serde::Serialize>(&mut self) -> Result<Payload, SampleError> {
        let value = self.value::<T>()?;
        codec::encode(&value).map_err(|error| SampleError(error.to_string()))
    }

    /// The form of the next text.
    fn form(&mut self) -> usize {
        if self.forms.len() == self.texts {
            self.forms.push(0);
        }
        self.texts += 1;
        self.forms[self.texts - 1]
    }

    fn text(&mut self) -> &'static str {
        let texts = TEXTS[self.form()];
        let choice = self.choose(texts.len() as u64);
        texts[usize::try_from(choice).unwrap_or(0)]
    }

    /// A number near zero mostly, of any size sometimes.
    fn number(&mut self) -> u64 {
        match self.choose(4) {
            3 => self.next(),
            _ => self.choose(16),
        }
    }

    fn descend<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, SampleError>,
    ) -> Result<T, SampleError> {
        if self.depth >= MAX_DEPTH {
            return Err(SampleError(format!("it nests deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let value = inner(self);
        self.depth -= 1;
        value
    }

    /// How many elements: few, and fewer the deeper.
    fn length(&mut self) -> usize {
        let bound = if self.depth > 3 { 1 } else { 4 };
        usize::try_from(self.choose(bound)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize)]
    enum Shape {
        Point,
        Circle(f64),
        Group { members: Vec<Shape>, label: Option<String> },
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Everything {
        shape: Shape,
        id: uuid::Uuid,
        when: jiff::Timestamp,
        pair: (u8, char),
        map: std::collections::BTreeMap<String, i64>,
    }

    #[test]
    fn any_tape_makes_a_value_of_an_own_type_that_survives_storage() {
        for seed in 0..200u64 {
            let tape: Vec<u64> = (0..40).map(|i| (seed * 31 + i * 7919) ^ (seed << (i % 30))).collect();
            let shape: Shape = Sampler::new(&tape).value().expect("a shape");
            let bytes = codec::encode(&shape).unwrap();
            codec::decode::<Shape>(&bytes).unwrap();
        }
    }

    #[test]
    fn types_with_a_textual_form_get_a_text_that_they_take() {
        Sampler::new(&[]).value::<Everything>().unwrap();
        Sampler::new(&[1, 2, 3, 1, 5, 9, 1, 2]).value::<Everything>().unwrap();
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Renamed {
        #[serde(alias = "a_title", alias = "name")]
        title: String,
        #[serde(alias = "amount")]
        count: u8,
    }

    #[test]
    fn a_field_with_other_names_is_given_once() {
        for seed in 0..50u64 {
            let renamed: Vec<Renamed> = Sampler::new(&[seed, seed * 7, 3, seed]).value().expect("a value");
            codec::decode::<Vec<Renamed>>(&codec::encode(&renamed).unwrap()).unwrap();
        }
    }

    #[test]
    fn a_type_without_values_is_an_error_and_not_a_hang() {
        assert!(Sampler::new(&[]).value::<crate::Never>().is_err());
    }
}
