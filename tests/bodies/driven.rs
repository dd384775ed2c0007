//! A machine driven by hand: a test says what is resolved, signalled or cancelled, and looks at what is waited for. It is
//! stored and reloaded at every step.

use std::collections::{BTreeMap, BTreeSet};
use std::task::Poll;

use longhaul::activity::ActivityOutcome;
use longhaul::codec::{Payload, decode, encode};
use longhaul::machine::{Command, Ended, OpId, Process, Resolution, Step};
use longhaul::prelude::*;
use longhaul::{Context, Moment};

pub(crate) struct Driven<W: Workflow> {
    pub(crate) value: W,
    process: Process<W>,
    now: u64,
    next_op: u64,
    /// What is waited for, by its text.
    armed: BTreeMap<OpId, String>,
    resolutions: BTreeMap<OpId, Resolution>,
    cancelled: bool,
    updates: Vec<(String, Payload)>,
    ended: Option<Ended<W::Output, W::Error>>,
}

impl<W: Workflow> Driven<W> {
    /// Starts a run; it takes its first step.
    pub(crate) fn start(input: W::Input) -> Self {
        let mut driven = Driven {
            value: W::default(),
            process: Process::start(input),
            now: 0,
            next_op: 0,
            armed: BTreeMap::new(),
            resolutions: BTreeMap::new(),
            cancelled: false,
            updates: Vec::new(),
            ended: None,
        };
        driven.step(|_, _, _| ());
        driven
    }

    /// What it waits for: `num 3`, `timer 1000000`.
    pub(crate) fn armed(&self) -> Vec<&str> {
        self.armed.values().map(String::as_str).collect()
    }

    /// How it ended.
    pub(crate) fn ended(&self) -> Option<&Ended<W::Output, W::Error>> {
        self.ended.as_ref()
    }

    /// The answer of an update, if it is done.
    pub(crate) fn answer<T: serde::de::DeserializeOwned>(&self, id: &str) -> Option<T> {
        let (_, answer) = self.updates.iter().find(|(done, _)| done == id)?;
        Some(decode(answer).unwrap())
    }

    /// The first thing that is waited for and whose text begins so is done with `output`.
    pub(crate) fn done<T: serde::Serialize>(&mut self, text: &str, output: &T) {
        let op = self.take(text);
        let outcome = ActivityOutcome::Completed(encode(output).unwrap());
        self.resolutions.insert(op, Resolution::Activity(outcome));
        self.step(|_, _, _| ());
    }

    /// The first timer fires.
    pub(crate) fn fire(&mut self) {
        let op = self.take("timer");
        self.resolutions.insert(op, Resolution::TimerFired);
        self.step(|_, _, _| ());
    }

    pub(crate) fn cancel(&mut self) {
        self.cancelled = true;
        self.step(|_, _, _| ());
    }

    pub(crate) fn signal(&mut self, name: &str, args: &impl serde::Serialize) {
        let args = encode(args).unwrap();
        self.step(|process, value, ctx| process.signal(value, ctx, name, &args).unwrap());
    }

    /// An update that its validator accepts; else gives the answer of the refusal.
    pub(crate) fn update(&mut self, id: &str, name: &str, args: &impl serde::Serialize) -> Option<Payload> {
        let args = encode(args).unwrap();
        if let Some(refusal) = self.value.validate(name, &args).unwrap() {
            return Some(refusal);
        }
        self.step(|process, value, ctx| process.update(value, ctx, id, name, &args).unwrap());
        None
    }

    fn take(&mut self, text: &str) -> OpId {
        let found = self.armed.iter().find(|(_, armed)| armed.starts_with(text)).map(|(op, _)| *op);
        let op = found.unwrap_or_else(|| panic!("nothing like `{text}` is waited for: {:?}", self.armed));
        self.armed.remove(&op);
        op
    }

    fn step(&mut self, before: impl FnOnce(&mut Process<W>, &mut W, &Context)) {
        assert!(self.ended.is_none(), "it has ended");
        let step = Step {
            next_op: self.next_op,
            resolutions: std::mem::take(&mut self.resolutions),
            cancelled: self.cancelled,
            ..Step::default()
        };
        self.now += 1;
        let ctx = Context::new("run", Moment(self.now), step);
        before(&mut self.process, &mut self.value, &ctx);
        let polled = self.process.step(&mut self.value, &ctx);
        let step = ctx.into_step();
        assert_eq!(step.fault, None);
        self.next_op = step.next_op;
        self.updates.extend(step.updates);
        for command in step.commands {
            let text = match &command {
                Command::StartActivity { activity, input, .. } => {
                    format!("{} {}", activity.name, args(input))
                }
                Command::StartTimer { deadline, .. } => format!("timer {}", deadline.0),
                Command::Cancel { .. } => unreachable!("no call here is waited for when it is cancelled"),
            };
            self.armed.insert(command.op(), text);
        }
        if let Poll::Ready(ended) = polled {
            self.armed.clear();
            self.ended = Some(ended);
            return;
        }
        let armed: BTreeSet<OpId> = self.process.armed().iter().copied().collect();
        self.armed.retain(|op, _| armed.contains(op));
        assert_eq!(self.armed.len(), armed.len(), "what is waited for was begun and is not done");
        self.process = Process::stored(self.process.encoded().to_vec());
        self.value = decode(&encode(&self.value).unwrap()).unwrap();
    }
}

/// The arguments of a call, as they read.
fn args(input: &Payload) -> String {
    let text = format!("{input:?}");
    let inner = text.trim_start_matches("Payload(Array([").trim_end_matches("]))");
    inner.replace("Integer(", "").replace("Text(\"", "").replace("\")", "").replace(')', "")
}
