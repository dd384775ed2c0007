//! The local steps that an engine runs, and what tests play some of them by.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::activity::{ErasedActivity, RegisteredActivity};
use crate::error::OpenError;
use crate::machine::Steps;

/// The local steps of the registered workflows.
#[derive(Debug, Default)]
pub(super) struct LocalSteps {
    pub(super) found: Steps,
    pub(super) played: Played,
}

/// What plays steps, by their names.
#[derive(Default)]
pub(super) struct Played(pub(super) BTreeMap<String, ErasedActivity>);

impl fmt::Debug for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl LocalSteps {
    /// All of them, as activities.
    pub(super) fn into_activities(self) -> Result<Vec<RegisteredActivity>, OpenError> {
        let LocalSteps { found, played: Played(played) } = self;
        let mut steps = found
            .into_activities()
            .map_err(|name| OpenError::NameTwice { kind: "functions with local steps", name })?;
        for (name, run) in played {
            let mut meant = steps.iter_mut().filter(|step| is_called(step.name, &name)).peekable();
            if meant.peek().is_none() {
                let known = steps.iter().map(|step| step.name).collect();
                return Err(OpenError::NoSuchStep { name, known });
            }
            meant.for_each(|step| step.run = Arc::clone(&run));
        }
        Ok(steps)
    }
}

/// Whether a step is called so: by all of its name, or by what stands in `ctx.run("name", ..)`.
fn is_called(full: &str, name: &str) -> bool {
    full.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
