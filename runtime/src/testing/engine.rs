//! [`TestEngine`]: an engine in memory, under virtual time.

use std::future::ready;
use std::ops::Deref;

use crate::activity::{Activity, ActivityContext, ActivitySet};
use crate::engine::{Clock, EngineBuilder};
use crate::error::OpenError;
use crate::machine::{Captured, Stored};
use crate::store::MemoryDisk;
use crate::time::Moment;
use crate::workflow::Workflow;
use crate::{Engine, Failure};

/// An engine in memory, under virtual time, with activities played by closures. It is the engine that runs in
/// production, loop and all; only the clock and the disk are others. It derefs to [`Engine`].
///
/// **When time passes.** Time stands still while a test does anything: starts runs, sends signals, asks queries.
/// It jumps to the next timer or retry when nothing else can move, and only while somebody waits for a run's
/// result or in [`Engine::advance`]; never while an activity runs, unless that waits in
/// [`ActivityContext::sleep`] itself. So a test can still send a signal before a
/// three-day timeout, or `advance` by four days and then look.
///
/// Ids and seeds are counted, so that a test is the same each time.
///
/// A run whose code panics is parked, and its result is [`RunError::Parked`](crate::error::RunError::Parked) when
/// nothing else can move; in production, one waits on.
///
/// # Example
///
/// ```
/// use longhaul::prelude::*;
/// use longhaul::testing::TestEngine;
///
/// #[activity]
/// async fn remind(name: String) -> Result<u32, Failure> {
///     Err(Failure::msg(format!("{name} cannot be reached from a test")))
/// }
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Reminder {
///     answered: bool,
/// }
///
/// #[workflow]
/// impl Reminder {
///     #[run]
///     async fn run(&mut self, ctx: &Context, name: String) -> Result<u32, Failure> {
///         let mut sent = 0;
///         while timeout(days(7), ctx.wait_until(|| self.answered)).await.is_err() {
///             sent += remind(name.clone()).await?;
///         }
///         Ok(sent)
///     }
///
///     #[signal]
///     fn answer(&mut self) {
///         self.answered = true;
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = TestEngine::builder().workflow::<Reminder>().mock::<remind>(|_| Ok(1)).build().await?;
/// let reminder = engine.start::<Reminder>("ann".to_owned()).await?;
/// engine.advance(days(15)).await?;
/// reminder.answer().await?;
/// assert_eq!(reminder.result().await?, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TestEngine {
    engine: Engine,
    disk: MemoryDisk,
}

impl TestEngine {
    /// What a test engine is made with.
    pub fn builder() -> TestEngineBuilder {
        TestEngineBuilder { inner: Engine::builder(), begin: super::schedule::BEGIN, disk: MemoryDisk::new() }
    }

    /// What the engine has stored. Its [snapshot](MemoryDisk::snapshot) is what a crash now would leave, and can
    /// be [given](TestEngineBuilder::disk) to another engine.
    pub fn disk(&self) -> &MemoryDisk {
        &self.disk
    }
}

impl Deref for TestEngine {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.engine
    }
}

/// Makes a [`TestEngine`].
#[derive(Debug)]
#[must_use = "an engine is opened by `build`"]
pub struct TestEngineBuilder {
    inner: EngineBuilder,
    begin: Moment,
    disk: MemoryDisk,
}

impl TestEngineBuilder {
    /// As [`EngineBuilder::workflow`].
    pub fn workflow<W: Workflow>(mut self) -> Self {
        self.inner = self.inner.workflow::<W>();
        self
    }

    /// As [`EngineBuilder::activity`]: the activity itself runs.
    pub fn activity<A: Activity<Deps = ()>>(mut self) -> Self {
        self.inner = self.inner.activity::<A>();
        self
    }

    /// As [`EngineBuilder::activities`]: the activities themselves run, but for those that are mocked.
    pub fn activities(mut self, set: impl ActivitySet) -> Self {
        self.inner = self.inner.activities(set);
        self
    }

    /// Plays the activity `A` by a closure, which gets the tuple of the arguments. `A` need not be registered otherwise.
    pub fn mock<A: Activity>(
        self,
        run: impl Fn(A::Input) -> Result<A::Output, A::Error> + Send + Sync + 'static,
    ) -> Self {
        self.mock_with::<A>(move |_, input| run(input))
    }

    /// As [`mock`](Self::mock), with what an activity may know of its call: which run, which call, which attempt.
    pub fn mock_with<A: Activity>(
        mut self,
        run: impl Fn(ActivityContext, A::Input) -> Result<A::Output, A::Error> + Send + Sync + 'static,
    ) -> Self {
        self.inner = self.inner.play::<A, _, _>(move |ctx, input| ready(run(ctx, input)));
        self
    }

    /// As [`mock_with`](Self::mock_with), by an async closure. In [`ActivityContext::sleep`] it lets virtual time pass: so an
    /// activity can be slow, or take longer than it may.
    pub fn mock_async<A, F, R>(mut self, run: F) -> Self
    where
        A: Activity,
        F: Fn(ActivityContext, A::Input) -> R + Send + Sync + 'static,
        R: Future<Output = Result<A::Output, A::Error>> + Send,
    {
        self.inner = self.inner.play::<A, _, _>(run);
        self
    }

    /// Plays the [local step](crate::Context::run) called `name` by a closure, which gets what the step captures. The name is the one in
    /// `ctx.run("name", ..)`, and means each step of that name; or with what it stands in: `Checkout::run.charge`, of a function
    /// `provision.charge`.
    ///
    /// ```
    /// use longhaul::prelude::*;
    /// use longhaul::testing::TestEngine;
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Copying {}
    ///
    /// #[workflow]
    /// impl Copying {
    ///     #[run]
    ///     async fn run(&mut self, ctx: &Context, path: String) -> Result<usize, Failure> {
    ///         let text = ctx.run("read", async move { Ok(std::fs::read_to_string(path)?) }).await?;
    ///         Ok(text.len())
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let engine = TestEngine::builder()
    ///     .workflow::<Copying>()
    ///     .mock_step("read", |captured| {
    ///         assert_eq!(captured.get::<String>("path")?, "poem.txt");
    ///         Ok("o sole mio".to_owned())
    ///     })
    ///     .build()
    ///     .await?;
    /// let copying = engine.start::<Copying>("poem.txt".to_owned()).await?;
    /// assert_eq!(copying.result().await?, 10);
    /// # Ok(())
    /// # }
    /// ```
    pub fn mock_step<T: Stored + Send>(
        mut self,
        name: &str,
        run: impl Fn(Captured) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Self {
        // Not in an `async` block: what is given need not be `Send`.
        self.inner = self.inner.play_step(name, move |_, captured| ready(run(captured)));
        self
    }

    /// As [`mock_step`](Self::mock_step), by an async closure, with what an activity may know of its call. In [`ActivityContext::sleep`] it
    /// lets virtual time pass.
    pub fn mock_step_async<T, F, R>(mut self, name: &str, run: F) -> Self
    where
        T: Stored,
        F: Fn(ActivityContext, Captured) -> R + Send + Sync + 'static,
        R: Future<Output = Result<T, Failure>> + Send,
    {
        self.inner = self.inner.play_step(name, run);
        self
    }

    /// When virtual time begins: a [`jiff::Timestamp`] or a [`Moment`]. Default: 2026-01-01T00:00:00Z.
    pub fn start_time(mut self, begin: impl Into<Moment>) -> Self {
        self.begin = begin.into();
        self
    }

    /// The disk to open: how a test goes on after a crash. Time goes on where the disk's ended.
    pub fn disk(mut self, disk: MemoryDisk) -> Self {
        self.disk = disk;
        self
    }

    /// As [`EngineBuilder::max_concurrent_activities`].
    pub fn max_concurrent_activities(mut self, attempts: usize) -> Self {
        self.inner = self.inner.max_concurrent_activities(attempts);
        self
    }

    /// As [`EngineBuilder::hot_runs`]; with 0, each run is reloaded for each transition.
    pub fn hot_runs(mut self, runs: usize) -> Self {
        self.inner = self.inner.hot_runs(runs);
        self
    }

    /// Opens the engine, within a tokio runtime.
    pub async fn build(self) -> Result<TestEngine, OpenError> {
        let TestEngineBuilder { inner, begin, disk } = self;
        let engine = inner.clock(Clock::virtual_from(begin)).open_store(disk.store()).await?;
        Ok(TestEngine { engine, disk })
    }
}
