//! A workflow with updates and cancellation, written out by hand as `#[workflow]` would.

use std::task::Poll;

use longhaul::codec::Payload;
use longhaul::machine::{
    self as lh, ActivityWait, Cause, Context, MachineDescription, Op, Slot, SlotDescription, Spawned, State,
    StateDescription, Sub, TransitionDescription, Wait,
};
use longhaul::workflow::{HandlerError, SignalType, handler_answer, handler_arguments};
use longhaul::{ActivityCall, RunHandle, Workflow};
use serde::{Deserialize, Serialize};

use crate::script::{Work, is_up};

/// What a [`Ledger`] does when it is closed or cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    /// Ends when it is closed; a cancellation gives it up.
    Plain,
    /// As `Plain`, but waits for its handlers first.
    Patient,
    /// Completes when it is cancelled.
    Completes,
    /// Fails when it is cancelled.
    Fails,
}

/// Numbers, which updates add.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    entries: Vec<u64>,
    closed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LedgerState {
    Start,
    AwaitClosed,
    AwaitHandlers,
    Done,
}

impl State for LedgerState {
    const MACHINE: &'static str = "Ledger::run";
    const ALL: &'static [Self] = &[Self::Start, Self::AwaitClosed, Self::AwaitHandlers, Self::Done];

    const TABLE: &'static [lh::StateEntry] =
        &[("Start", &[]), ("AwaitClosed", &[0]), ("AwaitHandlers", &[0]), ("Done", &[])];

    fn place(self) -> usize {
        self as usize
    }
}

struct LedgerFrame {
    at: LedgerState,
    mode: Slot<Mode>,
}

impl lh::Frame for LedgerFrame {
    type State = LedgerState;

    const EMPTY: Self = LedgerFrame { at: LedgerState::Start, mode: Slot::empty() };
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LaterState {
    Start,
    AwaitWork,
    Done,
}

impl State for LaterState {
    const MACHINE: &'static str = "Ledger::add_later";
    const ALL: &'static [Self] = &[Self::Start, Self::AwaitWork, Self::Done];

    const TABLE: &'static [lh::StateEntry] = &[("Start", &[]), ("AwaitWork", &[0]), ("Done", &[])];

    fn place(self) -> usize {
        self as usize
    }
}

struct LaterFrame {
    at: LaterState,
    work: Slot<ActivityWait<Work>>,
}

impl lh::Frame for LaterFrame {
    type State = LaterState;

    const EMPTY: Self = LaterFrame { at: LaterState::Start, work: Slot::empty() };
}

type Entries = Vec<u64>;

impl Ledger {
    fn run(&mut self, ctx: &Context, sub: &mut Sub<Mode>) -> Poll<Result<Entries, String>> {
        lh::drive(sub, ctx, |frame: &mut LedgerFrame, op| {
            let args = match op {
                Op::Step(args) => args,
                Op::Spawned(spawned) => return lh::no_such_task(ctx, spawned),
                Op::Slots(slots) => {
                    slots.at(&mut frame.at);
                    slots.kept(0, "mode", &mut frame.mode);
                    return Poll::Pending;
                }
            };
            if let Some(mode) = args.take() {
                frame.mode.put(mode);
                frame.at = LedgerState::AwaitClosed;
            }
            let mode = *frame.mode.get_mut();
            if frame.at == LedgerState::AwaitClosed {
                match mode {
                    Mode::Completes if ctx.is_cancelled() => return Poll::Ready(Ok(self.entries.clone())),
                    Mode::Fails if ctx.is_cancelled() => return Poll::Ready(Err("it was cancelled".into())),
                    _ if !self.closed => return Poll::Pending,
                    Mode::Patient => frame.at = LedgerState::AwaitHandlers,
                    _ => return Poll::Ready(Ok(self.entries.clone())),
                }
            }
            lh::begin(ctx.all_handlers_finished(), ctx).poll(ctx).map(|()| Ok(self.entries.clone()))
        })
    }

    /// Adds a number once [`Work`] has made it ten times as large.
    fn add_later(&mut self, ctx: &Context, sub: &mut Sub<(u64,)>) -> Poll<Result<u64, String>> {
        lh::drive(sub, ctx, |frame: &mut LaterFrame, op| {
            let args = match op {
                Op::Step(args) => args,
                Op::Spawned(spawned) => return lh::no_such_task(ctx, spawned),
                Op::Slots(slots) => {
                    slots.at(&mut frame.at);
                    slots.wait(0, "work", &mut frame.work);
                    return Poll::Pending;
                }
            };
            if let Some((n,)) = args.take() {
                frame.work.put(lh::begin(ActivityCall::<Work>::new((n,)), ctx));
                frame.at = LaterState::AwaitWork;
            }
            frame.work.get_mut().poll(ctx).map(|result| {
                let number = result.map_err(|error| error.to_string())?;
                self.entries.push(number);
                Ok(number)
            })
        })
    }

    fn add(&mut self, number: u64) -> Result<u64, String> {
        if number > 1_000 {
            return Err(format!("{number} is too large"));
        }
        self.entries.push(number);
        Ok(self.entries.iter().sum())
    }

    /// A validator: each number once.
    fn may_add(&self, number: u64) -> Result<(), String> {
        if self.entries.contains(&number) { Err(format!("{number} is there already")) } else { Ok(()) }
    }
}

const UPDATES: [&str; 5] = ["add", "add_later", "panic_while", "validator_panics_while", "count"];

impl Workflow for Ledger {
    const NAME: &'static str = "Ledger";
    type Input = Mode;
    type Output = Entries;
    type Error = String;
    type Handle = RunHandle<Self>;
    const SIGNALS: &'static [SignalType] = &[
        SignalType::of::<(u64,)>("note"),
        SignalType::of::<()>("close"),
        SignalType::of::<(String,)>("signal_panics_while"),
    ];
    const QUERIES: &'static [&'static str] = &["entries"];
    const UPDATES: &'static [SignalType] = &[
        SignalType::of::<(u64,)>("add"),
        SignalType::of::<(u64,)>("add_later"),
        SignalType::of::<(String,)>("panic_while"),
        SignalType::of::<(String,)>("validator_panics_while"),
        SignalType::of::<()>("count"),
    ];

    fn step(&mut self, ctx: &Context, machine: &mut Sub<Mode>) -> Poll<Result<Entries, String>> {
        self.run(ctx, machine)
    }

    fn step_spawned(&mut self, ctx: &Context, mut spawned: Box<Spawned>) -> Box<Spawned> {
        match spawned.body() {
            "add_later" => {
                lh::step_method(&mut spawned, ctx, |sub: &mut Sub<(u64,)>| self.add_later(ctx, sub));
            }
            _ => drop(lh::no_such_task::<()>(ctx, &spawned)),
        }
        spawned
    }

    fn signal(&mut self, _: &Context, name: &str, args: &Payload) -> Result<(), HandlerError> {
        match name {
            "note" => {
                let (number,) = handler_arguments(name, args)?;
                self.entries.push(number);
            }
            "close" => self.closed = true,
            "signal_panics_while" => {
                let (flag,): (String,) = handler_arguments(name, args)?;
                assert!(!is_up(&flag), "the flag {flag} is up");
            }
            _ => return Err(HandlerError::unknown("Ledger", "signal", name, &["note", "close"])),
        }
        Ok(())
    }

    fn validate(&self, name: &str, args: &Payload) -> Result<Option<Payload>, HandlerError> {
        match name {
            "add" | "add_later" => {
                let (number,) = handler_arguments(name, args)?;
                let refused = self.may_add(number).err();
                refused.map(|error| handler_answer(name, &Err::<u64, _>(error))).transpose()
            }
            "validator_panics_while" => {
                let (flag,): (String,) = handler_arguments(name, args)?;
                assert!(!is_up(&flag), "the flag {flag} is up");
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn update(&mut self, ctx: &Context, name: &str, args: &Payload) -> Result<Option<Payload>, HandlerError> {
        match name {
            "add" => {
                let (number,) = handler_arguments(name, args)?;
                handler_answer(name, &self.add(number)).map(Some)
            }
            "add_later" => {
                ctx.spawn_handler(name, handler_arguments::<(u64,)>(name, args)?);
                Ok(None)
            }
            "panic_while" | "validator_panics_while" => {
                let (flag,): (String,) = handler_arguments(name, args)?;
                self.entries.push(0);
                assert!(!is_up(&flag), "the flag {flag} is up");
                handler_answer(name, &()).map(Some)
            }
            "count" => handler_answer(name, &self.entries.len()).map(Some),
            _ => Err(HandlerError::unknown("Ledger", "update", name, &UPDATES)),
        }
    }

    fn query(&self, name: &str, _: &Payload) -> Result<Payload, HandlerError> {
        match name {
            "entries" => handler_answer(name, &self.entries),
            _ => Err(HandlerError::unknown("Ledger", "query", name, &["entries"])),
        }
    }

    fn describe() -> Vec<MachineDescription> {
        const fn state(name: &'static str, waits_for: &'static str) -> StateDescription {
            StateDescription { name, waits_for, slots: &["mode"], ..StateDescription::START }
        }
        vec![MachineDescription {
            workflow: "Ledger",
            method: "run",
            file: "",
            states: const { &[state("Start", ""), state("AwaitClosed", "closed.await")] },
            transitions: &[TransitionDescription { from: "Start", to: "AwaitClosed", cause: Cause::Started }],
            slots: vec![SlotDescription { name: "mode", type_name: "Mode", functions: Vec::new() }],
        }]
    }
}
