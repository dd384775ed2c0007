//! Which local steps a workflow has, and their code: its own, and those of the functions that it awaits.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::call::Function;
use super::context::{Context, Step};
use super::functions;
use super::local::full_name;
use super::spawned::Spawned;
use crate::activity::{ActivityOptions, ErasedActivity, RegisteredActivity};
use crate::time::Moment;
use crate::workflow::Workflow;

/// The local steps that were found, by the names under which they are stored.
#[derive(Default)]
pub struct Steps {
    found: BTreeMap<String, ErasedActivity>,
    /// The functions that were looked at.
    functions: BTreeSet<TypeId>,
    /// A name that two steps have.
    twice: Option<String>,
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.found.keys()).finish()
    }
}

impl Steps {
    /// Those of `W`.
    pub fn of<W: Workflow>() -> Self {
        let mut steps = Steps::default();
        W::steps(&mut steps);
        steps
    }

    /// Adds the steps called `names` in the methods of `W`. Generated code calls this.
    pub fn methods<W: Workflow>(&mut self, names: &[&str]) {
        for name in names {
            let step = find(name, |ctx, asking| W::default().step_spawned(ctx, asking));
            self.add(full_name(W::NAME, name), step);
        }
    }

    /// Adds those of the functions that `W`'s machines await.
    pub fn awaited<W: Workflow>(&mut self) {
        self.awaited_in(&|| drop(W::describe()));
    }

    /// Adds those of `F`, and of the functions that it awaits.
    pub fn function<F: Function>(&mut self) {
        if !self.functions.insert(TypeId::of::<F>()) {
            return;
        }
        for name in F::STEPS {
            let step = find(name, F::step_spawned);
            self.add((*name).to_owned(), step);
        }
        self.awaited_in(&|| drop(F::describe()));
    }

    /// The code of the step that is stored under this name.
    pub fn get(&self, name: &str) -> Option<&ErasedActivity> {
        self.found.get(name)
    }

    /// All of them, as activities; the error is a name that two steps have, of different functions.
    pub(crate) fn into_activities(self) -> Result<Vec<RegisteredActivity>, &'static str> {
        if let Some(name) = self.twice {
            return Err(known(name));
        }
        let activity =
            |(name, run)| RegisteredActivity { name: known(name), options: ActivityOptions::default(), run };
        Ok(self.found.into_iter().map(activity).collect())
    }

    fn add(&mut self, name: String, step: Option<ErasedActivity>) {
        // Where there is none, the code that it stands in cannot be reached.
        let Some(step) = step else { return };
        if self.found.insert(name.clone(), step).is_some() {
            self.twice.get_or_insert(name);
        }
    }

    #[inline(never)]
    fn awaited_in(&mut self, describe: &dyn Fn()) {
        for function in functions::awaited_in(&mut || describe()) {
            (function.steps)(self);
        }
    }
}

/// A step's name for the rest of the program, which has as many as are written in it.
fn known(name: String) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(name.as_str()) {
        return known;
    }
    let name: &'static str = name.leak();
    known.insert(name);
    name
}

/// The code of a step, from the bodies that `step_spawned` leads to.
fn find(
    name: &str,
    step_spawned: impl FnOnce(&Context, Box<Spawned>) -> Box<Spawned>,
) -> Option<ErasedActivity> {
    let asking = Step { describing: Some(Vec::new()), ..Step::default() };
    let ctx = Context::new("", Moment(0), asking);
    step_spawned(&ctx, Box::new(Spawned::stored(name.to_owned(), Vec::new()))).handed
}
