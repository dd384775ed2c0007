//! [`EngineBuilder`].

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;

use super::Engine;
use super::clock::Clock;
use super::open::{Opening, open};
use crate::activity::{Activity, ActivityContext, ActivityRegistry, ActivitySet, RegisteredActivity};
use crate::core::{Limits, Registry, WorkflowType};
use crate::error::OpenError;
use crate::store::{DataDir, FjallStore, MemoryDisk, Store};
use crate::workflow::Workflow;

/// Makes an [`Engine`]: what it runs, and where it keeps it.
#[derive(Debug)]
pub struct EngineBuilder {
    registry: Registry,
    activities: BTreeMap<&'static str, RegisteredActivity>,
    /// What tests play activities by.
    played: BTreeMap<&'static str, RegisteredActivity>,
    twice: Option<(&'static str, &'static str)>,
    clock: Clock,
    limits: Limits,
}

impl Default for EngineBuilder {
    fn default() -> Self {
        EngineBuilder {
            registry: Registry::default(),
            activities: BTreeMap::new(),
            played: BTreeMap::new(),
            twice: None,
            clock: Clock::system(),
            limits: Limits { hot_runs: 10_000, near_timers: 10_000, small_states: 4_096 },
        }
    }
}

impl ActivityRegistry for EngineBuilder {
    fn add(&mut self, activity: RegisteredActivity) {
        let name = activity.name;
        if self.activities.insert(name, activity).is_some() {
            self.twice.get_or_insert(("activities", name));
        }
    }
}

impl EngineBuilder {
    /// Lets the engine run `W`.
    #[must_use]
    pub fn workflow<W: Workflow>(mut self) -> Self {
        if !self.registry.add_workflow(WorkflowType::of::<W>()) {
            self.twice.get_or_insert(("workflows", W::NAME));
        }
        self
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
        self.played.insert(A::NAME, RegisteredActivity::from_fn::<A, _, _>(run));
        self
    }

    /// Sets the clock. Default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// How many runs are kept in memory at most; the others are loaded when something happens to them.
    /// Default: 10,000.
    #[must_use]
    pub fn hot_runs(mut self, runs: usize) -> Self {
        self.limits.hot_runs = runs;
        self
    }

    /// Up to how many bytes a run's state is written at each transition. A larger one is written when the log of what happened
    /// to the run since has a quarter of its length: so much is read, and handled again, when the run is loaded after a crash.
    /// Default: 4 KiB.
    #[must_use]
    pub fn small_states(mut self, bytes: usize) -> Self {
        self.limits.small_states = bytes;
        self
    }

    /// How many timers are loaded at a time; twice as many are in memory at most. Default: 10,000.
    #[must_use]
    pub fn near_timers(mut self, timers: usize) -> Self {
        self.limits.near_timers = timers.max(1);
        self
    }

    /// Opens the data directory at `path`, which is made where there is none. All runs in it that have not
    /// ended go on from their last transition.
    ///
    /// It must be called within a tokio runtime with its clock enabled; activities run there.
    pub async fn open(self, path: impl AsRef<Path>) -> Result<Engine, OpenError> {
        let path: PathBuf = path.as_ref().to_owned();
        self.open_with(move || {
            let directory = DataDir::open(&path)?;
            Ok(Box::new(FjallStore::open(directory)?))
        })
        .await
    }

    /// Opens an engine that keeps all in memory and forgets it with the process.
    pub async fn open_in_memory(self) -> Result<Engine, OpenError> {
        self.open_store(MemoryDisk::new().store()).await
    }

    /// Opens an engine on a store of your own.
    pub async fn open_store(self, store: impl Store) -> Result<Engine, OpenError> {
        self.open_with(move || Ok(Box::new(store))).await
    }

    async fn open_with(
        mut self,
        store: impl FnOnce() -> Result<Box<dyn Store>, OpenError> + Send + 'static,
    ) -> Result<Engine, OpenError> {
        if let Some((kind, name)) = self.twice {
            return Err(OpenError::NameTwice { kind, name });
        }
        self.activities.append(&mut self.played);
        for activity in self.activities.values() {
            self.registry.add_activity(activity.name, activity.options.clone());
        }
        let tokio = Handle::try_current().map_err(|_| OpenError::NoRuntime)?;
        open(Opening {
            store: Box::new(store),
            registry: self.registry,
            activities: self.activities,
            clock: self.clock,
            limits: self.limits,
            tokio,
        })
        .await
    }
}
