//! [`EngineBuilder`].

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::Engine;
use super::clock::Clock;
use super::limits::Bounds;
use super::local::LocalSteps;
use super::open::{Opening, open};
use crate::Failure;
use crate::activity::{Activity, ActivityContext, ActivityRegistry, ActivitySet, RegisteredActivity};
use crate::core::{Limits, Registry, WorkflowType};
use crate::error::OpenError;
use crate::machine::{Captured, Stored, played};
use crate::store::{FjallStore, MemoryDisk, Store};
use crate::workflow::Workflow;

/// Makes an [`Engine`]: what it runs, and where it keeps it.
// Behind a trait, so that dropping it is compiled once, and not in each crate that makes an engine.
pub struct EngineBuilder(Box<dyn HasParts>);

trait HasParts: Send + Sync {
    fn parts(&self) -> &Parts;
    fn parts_mut(&mut self) -> &mut Parts;
}

#[derive(Debug)]
struct Parts {
    registry: Registry,
    activities: BTreeMap<&'static str, RegisteredActivity>,
    /// What tests play activities by.
    played: BTreeMap<&'static str, RegisteredActivity>,
    /// The local steps of the workflows.
    steps: LocalSteps,
    twice: Option<(&'static str, &'static str)>,
    clock: Clock,
    limits: Limits,
    bounds: Bounds,
}

impl HasParts for Parts {
    fn parts(&self) -> &Parts {
        self
    }

    fn parts_mut(&mut self) -> &mut Parts {
        self
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EngineBuilder").field(self.0.parts()).finish()
    }
}

impl Default for Parts {
    fn default() -> Self {
        Parts {
            registry: Registry::default(),
            activities: BTreeMap::new(),
            played: BTreeMap::new(),
            steps: LocalSteps::default(),
            twice: None,
            clock: Clock::system(),
            limits: Limits::default(),
            bounds: Bounds::default(),
        }
    }
}

impl Default for EngineBuilder {
    fn default() -> Self {
        EngineBuilder(Box::new(Parts::default()))
    }
}

impl ActivityRegistry for EngineBuilder {
    fn add(&mut self, activity: RegisteredActivity) {
        let (name, parts) = (activity.name, self.0.parts_mut());
        if parts.activities.insert(name, activity).is_some() {
            parts.twice.get_or_insert(("activities", name));
        }
    }
}

impl Parts {
    /// All that an engine is opened with.
    fn opening(mut self, store: MakeStore) -> Result<Opening, OpenError> {
        if let Some((kind, name)) = self.twice {
            return Err(OpenError::NameTwice { kind, name });
        }
        self.activities.append(&mut self.played);
        let steps = std::mem::take(&mut self.steps).into_activities()?;
        self.activities.extend(steps.into_iter().map(|step| (step.name, step)));
        for activity in self.activities.values() {
            self.registry.add_activity(activity.name, activity.options.clone());
        }
        let tokio = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
        let Parts { registry, activities, clock, limits, bounds, .. } = self;
        Ok(Opening { store, registry, activities, clock, limits, bounds, tokio })
    }
}

type MakeStore = Box<dyn FnOnce() -> Result<Arc<dyn Store>, OpenError> + Send>;

/// An engine that is opened when this is awaited.
pub type Opened = Pin<Box<dyn Future<Output = Result<Engine, OpenError>> + Send>>;

impl EngineBuilder {
    /// Lets the engine run `W`.
    #[must_use]
    pub fn workflow<W: Workflow>(mut self) -> Self {
        self.add_workflow(WorkflowType::of::<W>());
        self
    }

    #[inline(never)]
    fn add_workflow(&mut self, workflow: WorkflowType) {
        let (name, parts) = (workflow.name, self.0.parts_mut());
        (workflow.steps)(&mut parts.steps.found);
        if !parts.registry.add_workflow(workflow) {
            parts.twice.get_or_insert(("workflows", name));
        }
    }

    /// Lets the engine run the activity `A`, which needs nothing else to run.
    #[must_use]
    pub fn activity<A: Activity<Deps = ()>>(mut self) -> Self {
        self.add(RegisteredActivity::new::<A>(Arc::new(())));
        self
    }

    /// Lets the engine run all activities of a set that share their dependencies.
    #[must_use]
    pub fn activities(mut self, set: impl ActivitySet) -> Self {
        Arc::new(set).register(&mut self);
        self
    }

    /// Plays the activity `A` by a closure, whether or not it is registered otherwise: for tests.
    #[must_use]
    pub fn play<A, F, R>(mut self, run: F) -> Self
    where
        A: Activity,
        F: Fn(ActivityContext, A::Input) -> R + Send + Sync + 'static,
        R: Future<Output = Result<A::Output, A::Error>> + Send,
    {
        let played = RegisteredActivity::from_fn::<A, _, _>(run);
        self.0.parts_mut().played.insert(A::NAME, played);
        self
    }

    /// Plays the [local step](crate::Context::run) called `name` by a closure: for tests. The name is the one in `ctx.run("name", ..)`, and
    /// means each step of that name; or with what it stands in, `Checkout::run.charge`, of a function `provision.charge`.
    #[must_use]
    pub fn play_step<T, F, R>(mut self, name: &str, run: F) -> Self
    where
        T: Stored,
        F: Fn(ActivityContext, Captured) -> R + Send + Sync + 'static,
        R: Future<Output = Result<T, Failure>> + Send,
    {
        self.0.parts_mut().steps.played.0.insert(name.to_owned(), played(run));
        self
    }

    /// Sets the clock. Default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.0.parts_mut().clock = clock;
        self
    }

    /// How many runs are kept in memory at most; the others are loaded when something happens to them.
    /// Default: 10,000.
    #[must_use]
    pub fn hot_runs(mut self, runs: usize) -> Self {
        self.0.parts_mut().limits.hot_runs = runs;
        self
    }

    /// Up to how many bytes a run's state is written at each transition. A larger one is written when the log of what happened
    /// to the run since has its length, counting 128 bytes for each transition besides: so much is read, and handled again, when the run is
    /// loaded after a crash.
    /// Default: 4 KiB.
    #[must_use]
    pub fn small_states(mut self, bytes: usize) -> Self {
        self.0.parts_mut().limits.small_states = bytes;
        self
    }

    /// How many attempts at activities run at once, at most; the others wait for their turn in the order in which they were due.
    /// 0 counts as 1. Default: 10,000.
    ///
    /// How many run of one activity is said with it: `#[activity(max_concurrent = 10)]`.
    #[must_use]
    pub fn max_concurrent_activities(mut self, attempts: usize) -> Self {
        self.0.parts_mut().limits.attempts = attempts.max(1);
        self
    }

    /// How many timers are loaded at a time; twice as many are in memory at most. Default: 10,000.
    #[must_use]
    pub fn near_timers(mut self, timers: usize) -> Self {
        self.0.parts_mut().limits.near_timers = timers.max(1);
        self
    }

    /// Opens the data directory at `path`, which is made where there is none. All runs in it that have not
    /// ended go on from their last transition.
    ///
    /// It must be called within a tokio runtime with its clock enabled; activities run there.
    pub fn open(self, path: impl AsRef<Path>) -> Opened {
        self.open_path(path.as_ref().to_owned())
    }

    /// Opens an engine that keeps all in memory and forgets it with the process.
    pub fn open_in_memory(self) -> Opened {
        self.open_store(MemoryDisk::new().store())
    }

    /// Opens an engine on a store of your own.
    pub fn open_store(self, store: impl Store) -> Opened {
        self.open_with(Box::new(move || Ok(Arc::new(store))))
    }

    pub(super) fn bounds(&mut self) -> &mut Bounds {
        &mut self.0.parts_mut().bounds
    }

    pub(super) fn limits(&mut self) -> &mut Limits {
        &mut self.0.parts_mut().limits
    }

    #[inline(never)]
    fn open_path(self, path: PathBuf) -> Opened {
        self.open_with(Box::new(move || Ok(Arc::new(FjallStore::open(&path)?))))
    }

    #[inline(never)]
    fn open_with(mut self, store: MakeStore) -> Opened {
        let parts = std::mem::take(self.0.parts_mut());
        Box::pin(async move { open(parts.opening(store)?).await })
    }
}
