//! What a workflow stores, and whether what was stored by an older program can go on.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use crate::codec::AnyError;
use longhaul_describe::schema::{
    Activity, Change, MachineSchema, Schema, SlotForm, StateSchema, Type, compare,
};

use super::trace::{Tracer, short};
use crate::machine::stored::{StoredMachine, StoredSlot, StoredWait, asking};
use crate::machine::{MachineDescription, WaitsFor};
use crate::workflow::Workflow;

/// What is stored of the runs of `W`: states, slots, and the form of their types.
///
/// ```
/// use longhaul::prelude::*;
/// use longhaul::testing::schema;
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Reminder {
///     sent: Option<u32>,
/// }
///
/// #[workflow]
/// impl Reminder {
///     #[run]
///     async fn run(&mut self, ctx: &Context, text: String) -> String {
///         ctx.sleep(days(1)).await;
///         text
///     }
/// }
///
/// let text = schema::<Reminder>().text();
/// assert!(text.contains("    await_sleep: @timer\n    text: str\n"));
/// assert!(text.contains("struct Reminder\n  sent: u32? = default\n"));
/// ```
pub fn schema<W: Workflow>() -> Schema {
    let mut found = Found { tracer: Tracer::default(), activities: Vec::new(), functions: Vec::new() };
    let values = vec![
        ("value".to_owned(), found.tracer.trace::<W>()),
        ("input".to_owned(), found.tracer.trace::<W::Input>()),
        ("output".to_owned(), found.tracer.trace::<W::Output>()),
        ("error".to_owned(), found.tracer.trace::<AnyError<W::Error>>()),
    ];
    let signals = W::SIGNALS.iter().chain(W::UPDATES);
    let signals = signals.map(|signal| (signal.name.to_owned(), (signal.form)(&mut found.tracer))).collect();
    let (described, stored) = asking(W::describe);
    let own = described.iter().filter(|machine| machine.workflow == W::NAME);
    let mut machines: Vec<MachineSchema> = own.map(|machine| found.machine(machine, &stored)).collect();
    // The functions that are awaited, and those that they await.
    let mut known = BTreeSet::new();
    while let Some((name, describe)) = found.functions.pop() {
        if known.insert(name) {
            let (described, stored) = asking(describe);
            machines.extend(described.iter().map(|machine| {
                let schema = found.machine(machine, &stored);
                MachineSchema { name: function_name(machine.method), ..schema }
            }));
        }
    }
    found.activities.sort_by(|a, b| a.name.cmp(&b.name));
    Schema {
        workflow: W::NAME.to_owned(),
        values,
        signals,
        queries: W::QUERIES.iter().map(|query| (*query).to_owned()).collect(),
        activities: found.activities,
        machines,
        types: found.tracer.types(),
    }
}

/// What was come to so far.
struct Found {
    tracer: Tracer,
    activities: Vec<Activity>,
    /// Functions that are called.
    functions: Vec<(&'static str, Describe)>,
}

/// What describes the machines of a function.
type Describe = fn() -> Vec<MachineDescription>;

fn function_name(method: &str) -> String {
    format!("fn-{method}")
}

impl Found {
    fn machine(&mut self, machine: &MachineDescription, stored: &[StoredMachine]) -> MachineSchema {
        let mut forms: Vec<(&str, SlotForm)> = Vec::new();
        // A generic workflow's machines are called after the type alone.
        let stored = stored.iter().find(|stored| stored.machine.rsplit("::").next() == Some(machine.method));
        for (name, slot) in stored.map(|stored| &*stored.slots).unwrap_or_default() {
            let called =
                machine.states.iter().find(|state| state.slots.contains(name)).map(|state| state.wait);
            let form = match slot {
                StoredSlot::Kept(trace) => SlotForm::Kept(trace(&mut self.tracer)),
                StoredSlot::Output(trace) => SlotForm::Output(trace(&mut self.tracer)),
                StoredSlot::Position => SlotForm::Position,
                StoredSlot::Wait(wait) => self.wait(wait),
                StoredSlot::Method => match called {
                    Some(WaitsFor::Call { method }) => SlotForm::Machine(method.to_owned()),
                    _ => SlotForm::Wait("a method".to_owned()),
                },
            };
            forms.push((name, form));
        }
        let states = machine.states.iter().filter(|state| state.name != "Start" && state.name != "Done");
        let states = states.map(|state| StateSchema {
            name: state.name.to_owned(),
            within: state.within.map(|branch| (branch.of.to_owned(), branch.number)),
            slots: state
                .slots
                .iter()
                .map(|slot| {
                    let form = forms.iter().find(|(name, _)| name == slot).map(|(_, form)| form.clone());
                    // The types of a generic method's variables are those of each call.
                    let generic = || SlotForm::Kept(Type::Opaque("generic".to_owned()));
                    ((*slot).to_owned(), form.unwrap_or_else(generic))
                })
                .collect(),
        });
        MachineSchema { name: machine.method.to_owned(), states: states.collect() }
    }

    fn wait(&mut self, wait: &StoredWait) -> SlotForm {
        match wait {
            StoredWait::Timer => SlotForm::Timer,
            StoredWait::Activity(activity) => {
                let name = activity.name.to_owned();
                if !self.activities.iter().any(|known| known.name == name) {
                    let [input, output, error] = [activity.input, activity.output, activity.error]
                        .map(|trace| trace(&mut self.tracer));
                    self.activities.push(Activity { name: name.clone(), input, output, error });
                }
                SlotForm::Activity(name)
            }
            StoredWait::Function { name, describe } => {
                self.functions.push((name, *describe));
                SlotForm::Machine(function_name(name))
            }
            StoredWait::Other(name) => SlotForm::Wait(short(name)),
        }
    }
}

/// Compares what `W` stores with a file; see [`schema_is_compatible`](super::schema_is_compatible).
#[derive(Debug)]
pub struct SchemaCheck<W> {
    crate_folder: PathBuf,
    folder: PathBuf,
    mode: Mode,
    workflow: PhantomData<fn() -> W>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Compare,
    /// Nothing is written.
    CompareOnly,
    Accept,
    AcceptAnything,
}

/// The variable that accepts changes.
const VARIABLE: &str = "LONGHAUL_SCHEMA";

impl<W: Workflow> SchemaCheck<W> {
    /// A check against `schemas/NAME.schema` in the folder of a crate.
    pub fn new(crate_folder: impl Into<PathBuf>) -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let mode = match std::env::var(VARIABLE).as_deref() {
            Ok("accept") => Mode::Accept,
            Ok("accept-incompatible") => Mode::AcceptAnything,
            Ok(other) if !other.is_empty() => {
                panic!("{VARIABLE} is `{other}`; it can be `accept` or `accept-incompatible`")
            }
            _ if is_set("CI") => Mode::CompareOnly,
            _ => Mode::Compare,
        };
        SchemaCheck {
            crate_folder: crate_folder.into(),
            folder: "schemas".into(),
            mode,
            workflow: PhantomData,
        }
    }

    /// Another folder than `schemas`, within the crate's.
    #[must_use]
    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        folder.as_ref().clone_into(&mut self.folder);
        self
    }

    /// Compares.
    ///
    /// # Panics
    ///
    /// When the file is missing or another schema's; the text says what to do.
    pub fn assert(&self) {
        if let Err(report) = self.check() {
            panic!("{report}");
        }
    }

    /// Compares; the error is what a test prints.
    pub fn check(&self) -> Result<(), String> {
        // `Shop<Card>` as `Shop-Card`.
        let plain = |letter: char| letter.is_alphanumeric() || letter == '_';
        let words: Vec<&str> =
            W::NAME.split(|letter| !plain(letter)).filter(|word| !word.is_empty()).collect();
        let file = self.folder.join(format!("{}.schema", words.join("-")));
        let path = self.crate_folder.join(&file);
        let new = schema::<W>();
        let text = new.text();
        let shown = file.display();
        let stored = match std::fs::read_to_string(&path) {
            Ok(stored) => stored,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return self.missing(&path, &text),
            Err(error) => return Err(format!("{shown} cannot be read: {error}")),
        };
        if stored == text {
            return Ok(());
        }
        let old = match Schema::read(&stored) {
            Ok(old) => old,
            Err(_) if self.mode == Mode::AcceptAnything => return write(&path, &text),
            Err(error) => {
                return Err(format!(
                    "{shown} is no schema: {error}\ntake the file as it was; or {VARIABLE}=accept-incompatible writes it anew"
                ));
            }
        };
        let changes = compare(&old, &new);
        let compatible = changes.iter().all(Change::is_compatible);
        if self.mode == Mode::AcceptAnything || (self.mode == Mode::Accept && compatible) {
            return write(&path, &text);
        }
        Err(report(W::NAME, &shown.to_string(), &changes))
    }

    fn missing(&self, path: &Path, text: &str) -> Result<(), String> {
        let shown = path.strip_prefix(&self.crate_folder).unwrap_or(path).display();
        if self.mode == Mode::CompareOnly {
            return Err(format!(
                "{shown} is missing: run this test where CI is not set, and check in the file that it writes"
            ));
        }
        write(path, text)?;
        if self.mode == Mode::Compare {
            return Err(format!("{shown} was missing and has been written: look at it, and check it in"));
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let written = match path.parent() {
        Some(folder) => std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text)),
        None => std::fs::write(path, text),
    };
    written.map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

/// What a test prints.
fn report(workflow: &str, file: &str, changes: &[Change]) -> String {
    let (fine, broken): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.is_compatible());
    let mut report = format!("what `{workflow}` stores is not what {file} says\n");
    // Writing to a string does not fail.
    if !broken.is_empty() {
        report.push_str("\nstored runs cannot go on:\n");
        for change in &broken {
            let _ = writeln!(report, "  - {change}");
        }
    }
    if !fine.is_empty() {
        report.push_str("\nstored runs can go on:\n");
        for change in &fine {
            let _ = writeln!(report, "  - {change}");
        }
    }
    report.push_str(match (fine.is_empty(), broken.is_empty()) {
        (true, true) => "\nnothing that is stored has changed but names of types",
        (_, true) => "\nall of this is compatible",
        _ => "\nwhat can never have been stored may change in any way",
    });
    let accept = if broken.is_empty() { "accept" } else { "accept-incompatible" };
    let _ = write!(report, ": `{VARIABLE}={accept} cargo test` writes {file} anew");
    report
}
