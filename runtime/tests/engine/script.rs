//! A workflow whose input says what it does, written out by hand as `#[workflow]` would.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use longhaul::activity::{ActivityOptions, RetryPolicy};
use longhaul::codec::{CodecError, Payload, decode, encode};
use longhaul::machine::{
    self as lh, ActivityWait, Cause, Context, MachineDescription, Op, OpId, Slot, SlotDescription, State,
    StateDescription, Sub, TimerWait, TransitionDescription, Wait, WaitWriter,
};
use longhaul::workflow::{HandlerError, SignalType};
use longhaul::{Activity, ActivityCall, ActivityContext, ActivityError, Moment, RunHandle, Workflow};
use serde::{Deserialize, Serialize};

/// What a [`Script`] does next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Do {
    /// Calls [`Work`] and keeps its result.
    Call(u64),
    /// Calls [`Extra`].
    CallExtra(u64),
    /// Calls [`Work`] with each, all at once.
    CallAll(Vec<u64>),
    /// Sleeps so many milliseconds.
    Sleep(u64),
    /// Sleeps until this moment.
    Until(Moment),
    /// Waits for so many approvals in all.
    Approvals(usize),
    /// Calls [`Work`], but for at most so many milliseconds.
    Race(u64, u64),
    /// Begins a call and drops it within the step.
    BeginAndDrop(u64),
    /// Panics while the flag of this name is up.
    PanicWhile(String),
    /// Keeps a random number.
    Random,
    /// Ends the run with this error.
    Fail(String),
}

/// Flags that tests raise to make workflow code panic: what a "fix" of the code takes away.
static FLAGS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

pub(crate) fn raise(flag: &str) {
    FLAGS.lock().unwrap_or_else(PoisonError::into_inner).insert(flag.to_owned());
}

pub(crate) fn lower(flag: &str) {
    FLAGS.lock().unwrap_or_else(PoisonError::into_inner).remove(flag);
}

pub(crate) fn is_up(flag: &str) -> bool {
    FLAGS.lock().unwrap_or_else(PoisonError::into_inner).contains(flag)
}

/// The activity that tests play.
pub(crate) struct Work;

impl Activity for Work {
    const NAME: &'static str = "work";
    type Input = (u64,);
    type Output = u64;
    type Error = String;
    type Deps = ();

    fn options() -> ActivityOptions {
        let initial = Duration::from_millis(100);
        ActivityOptions {
            start_to_close: Duration::from_millis(50),
            retry: RetryPolicy { initial, max_attempts: Some(3), ..RetryPolicy::default() },
            ..ActivityOptions::default()
        }
    }

    async fn call(_: Arc<()>, _: ActivityContext, (n,): (u64,)) -> Result<u64, String> {
        Ok(n * 10)
    }
}

/// An activity that an engine may lack.
pub(crate) struct Extra;

impl Activity for Extra {
    const NAME: &'static str = "extra";
    type Input = (u64,);
    type Output = u64;
    type Error = String;
    type Deps = ();

    fn options() -> ActivityOptions {
        ActivityOptions::default()
    }

    async fn call(_: Arc<()>, _: ActivityContext, (n,): (u64,)) -> Result<u64, String> {
        Ok(n + 1)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ScriptState {
    Start,
    AwaitWork,
    AwaitExtra,
    AwaitAll,
    AwaitSleep,
    AwaitApprovals,
    AwaitRace,
    Done,
}

impl State for ScriptState {
    const MACHINE: &'static str = "Script::run";
    const ALL: &'static [Self] = &[
        Self::Start,
        Self::AwaitWork,
        Self::AwaitExtra,
        Self::AwaitAll,
        Self::AwaitSleep,
        Self::AwaitApprovals,
        Self::AwaitRace,
        Self::Done,
    ];

    const TABLE: &'static [lh::StateEntry] = &[
        ("Start", &[]),
        ("AwaitWork", &[0, 1]),
        ("AwaitExtra", &[0, 4]),
        ("AwaitAll", &[0, 5]),
        ("AwaitSleep", &[0, 2]),
        ("AwaitApprovals", &[0, 3]),
        ("AwaitRace", &[0, 1, 2]),
        ("Done", &[]),
    ];

    fn place(self) -> usize {
        self as usize
    }
}

/// Several calls, and the results that are there.
#[derive(Serialize, Deserialize)]
struct All {
    waits: Vec<ActivityWait<Work>>,
    results: Vec<Option<u64>>,
}

impl Wait for All {
    type Output = Vec<u64>;

    fn poll(&mut self, ctx: &Context) -> Poll<Vec<u64>> {
        for (wait, result) in self.waits.iter_mut().zip(&mut self.results) {
            if result.is_none()
                && let Poll::Ready(done) = wait.poll(ctx)
            {
                *result = Some(done.unwrap_or(0));
            }
        }
        match self.results.iter().copied().collect::<Option<Vec<u64>>>() {
            Some(results) => Poll::Ready(results),
            None => Poll::Pending,
        }
    }

    fn armed(&self, armed: &mut dyn FnMut(OpId)) {
        for (wait, result) in self.waits.iter().zip(&self.results) {
            if result.is_none() {
                wait.armed(armed);
            }
        }
    }

    fn write(&self, out: &mut WaitWriter<'_>) -> Result<(), CodecError> {
        out.value(self)
    }

    fn read(bytes: &[u8]) -> Result<Self, CodecError> {
        lh::read_value(bytes)
    }
}

struct ScriptFrame {
    at: ScriptState,
    todo: Slot<VecDeque<Do>>,
    work: Slot<ActivityWait<Work>>,
    sleep: Slot<TimerWait>,
    approvals: Slot<usize>,
    extra: Slot<ActivityWait<Extra>>,
    all: Slot<All>,
}

impl lh::Frame for ScriptFrame {
    type State = ScriptState;

    const EMPTY: Self = ScriptFrame {
        at: ScriptState::Start,
        todo: Slot::empty(),
        work: Slot::empty(),
        sleep: Slot::empty(),
        approvals: Slot::empty(),
        extra: Slot::empty(),
        all: Slot::empty(),
    };
}

/// What handlers see of a script.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Script {
    results: Vec<u64>,
    approvals: Vec<String>,
}

impl Script {
    fn keep(&mut self, result: Result<u64, ActivityError<String>>) -> Result<(), String> {
        self.results.push(result.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// Waits in the current state, if it is not over yet.
    fn resume(&mut self, frame: &mut ScriptFrame, ctx: &Context) -> Poll<Result<(), String>> {
        match frame.at {
            ScriptState::Start | ScriptState::Done => Poll::Ready(Ok(())),
            ScriptState::AwaitWork => frame.work.get_mut().poll(ctx).map(|result| self.keep(result)),
            ScriptState::AwaitExtra => frame.extra.get_mut().poll(ctx).map(|result| self.keep(result)),
            ScriptState::AwaitAll => frame.all.get_mut().poll(ctx).map(|results| {
                self.results.extend(results);
                Ok(())
            }),
            ScriptState::AwaitSleep => frame.sleep.get_mut().poll(ctx).map(Ok),
            ScriptState::AwaitApprovals => {
                let enough = self.approvals.len() >= *frame.approvals.get_mut();
                if enough { Poll::Ready(Ok(())) } else { Poll::Pending }
            }
            ScriptState::AwaitRace => {
                if let Poll::Ready(result) = frame.work.get_mut().poll(ctx) {
                    return Poll::Ready(self.keep(result));
                }
                frame.sleep.get_mut().poll(ctx).map(Ok)
            }
        }
    }

    fn begin(&mut self, next: Do, frame: &mut ScriptFrame, ctx: &Context) -> Result<ScriptState, String> {
        let work = |n| lh::begin(ActivityCall::<Work>::new((n,)), ctx);
        let sleep = |millis| lh::begin(ctx.sleep(Duration::from_millis(millis)), ctx);
        Ok(match next {
            Do::Call(n) => {
                frame.work.put(work(n));
                ScriptState::AwaitWork
            }
            Do::CallExtra(n) => {
                frame.extra.put(lh::begin(ActivityCall::<Extra>::new((n,)), ctx));
                ScriptState::AwaitExtra
            }
            Do::CallAll(all) => {
                let results = vec![None; all.len()];
                frame.all.put(All { waits: all.into_iter().map(work).collect(), results });
                ScriptState::AwaitAll
            }
            Do::Sleep(millis) => {
                frame.sleep.put(sleep(millis));
                ScriptState::AwaitSleep
            }
            Do::Until(moment) => {
                frame.sleep.put(lh::begin(ctx.sleep_until(moment.into()), ctx));
                ScriptState::AwaitSleep
            }
            Do::Approvals(count) => {
                frame.approvals.put(count);
                ScriptState::AwaitApprovals
            }
            Do::Race(n, millis) => {
                frame.work.put(work(n));
                frame.sleep.put(sleep(millis));
                ScriptState::AwaitRace
            }
            Do::BeginAndDrop(n) => {
                let _ = work(n);
                ScriptState::Start
            }
            Do::PanicWhile(flag) => {
                assert!(!is_up(&flag), "the flag {flag} is up");
                ScriptState::Start
            }
            Do::Random => {
                self.results.push(ctx.random());
                ScriptState::Start
            }
            Do::Fail(error) => return Err(error),
        })
    }

    fn run(&mut self, ctx: &Context, sub: &mut Sub<VecDeque<Do>>) -> Poll<Result<Vec<u64>, String>> {
        lh::drive(sub, ctx, |frame: &mut ScriptFrame, op| {
            let args = match op {
                Op::Step(args) => args,
                Op::Spawned(spawned) => return lh::no_such_task(ctx, spawned),
                Op::Slots(slots) => {
                    slots.at(&mut frame.at);
                    slots.kept(0, "todo", &mut frame.todo);
                    slots.wait(1, "work", &mut frame.work);
                    slots.wait(2, "sleep", &mut frame.sleep);
                    slots.kept(3, "approvals", &mut frame.approvals);
                    slots.wait(4, "extra", &mut frame.extra);
                    slots.wait(5, "all", &mut frame.all);
                    return Poll::Pending;
                }
            };
            if let Some(todo) = args.take() {
                frame.todo.put(todo);
            }
            loop {
                match self.resume(frame, ctx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Ready(Ok(())) => {}
                }
                let Some(next) = frame.todo.get_mut().pop_front() else {
                    return Poll::Ready(Ok(std::mem::take(&mut self.results)));
                };
                match self.begin(next, frame, ctx) {
                    Ok(at) => frame.at = at,
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
        })
    }
}

impl Workflow for Script {
    const NAME: &'static str = "Script";
    type Input = VecDeque<Do>;
    type Output = Vec<u64>;
    type Error = String;
    type Handle = RunHandle<Self>;
    const SIGNALS: &'static [SignalType] =
        &[SignalType::of::<(String,)>("approve"), SignalType::of::<(String,)>("panic_while")];
    const QUERIES: &'static [&'static str] = &["approvals", "panics"];

    fn step(&mut self, ctx: &Context, machine: &mut Sub<VecDeque<Do>>) -> Poll<Result<Vec<u64>, String>> {
        self.run(ctx, machine)
    }

    fn signal(&mut self, _: &Context, name: &str, args: &Payload) -> Result<(), HandlerError> {
        let (text,) = decode::<(String,)>(args)
            .map_err(|source| HandlerError::Codec { name: name.to_owned(), source })?;
        match name {
            "approve" => self.approvals.push(text),
            "panic_while" => {
                assert!(!is_up(&text), "the flag {text} is up");
                self.approvals.push(format!("no {text}"));
            }
            _ => {
                return Err(HandlerError::Unknown {
                    workflow: "Script",
                    kind: "signal",
                    name: name.to_owned(),
                    known: vec!["approve", "panic_while"],
                });
            }
        }
        Ok(())
    }

    fn query(&self, name: &str, _: &Payload) -> Result<Payload, HandlerError> {
        match name {
            "approvals" => encode(&self.approvals)
                .map_err(|source| HandlerError::Codec { name: name.to_owned(), source }),
            "panics" => panic!("as asked"),
            _ => Err(HandlerError::Unknown {
                workflow: "Script",
                kind: "query",
                name: name.to_owned(),
                known: vec!["approvals", "panics"],
            }),
        }
    }

    fn describe() -> Vec<MachineDescription> {
        const fn state(name: &'static str, waits_for: &'static str) -> StateDescription {
            StateDescription { name, waits_for, slots: &["todo"], ..StateDescription::START }
        }
        vec![MachineDescription {
            workflow: "Script",
            method: "run",
            file: "",
            states: const { &[state("Start", ""), state("AwaitWork", "work(n).await")] },
            transitions: &[TransitionDescription { from: "Start", to: "AwaitWork", cause: Cause::Started }],
            slots: vec![SlotDescription { name: "todo", type_name: "VecDeque<Do>", functions: Vec::new() }],
        }]
    }
}
