//! The world outside: attempts at activities, what they do there, and what they tell the engine, in time or not.

use std::collections::BTreeMap;
use std::time::Duration;

use super::dice::Dice;
use super::kit::{Kit, Player};
use super::ledger::Ledger;
use crate::activity::{ActivityOutcome, Attempt, Retry};
use crate::codec::{self, Payload};
use crate::core::{AttemptEnd, Input, Stop, Token, Told};
use crate::sample::Sampler;
use crate::store::TaskId;
use crate::time::Moment;

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Completed(Payload),
    Failed { error: Payload, display: String, retry: Retry },
    Panicked(String),
    Broken(String),
    Later,
    Dropped,
}

impl End {
    pub(super) fn to_attempt_end(&self) -> AttemptEnd {
        match self.clone() {
            End::Completed(output) => AttemptEnd::Completed(output),
            End::Failed { error, display, retry } => AttemptEnd::Failed { error, display, retry },
            End::Panicked(message) => AttemptEnd::Panicked(message),
            End::Broken(reason) => AttemptEnd::Broken(reason),
            End::Later => AttemptEnd::Later,
            End::Dropped => AttemptEnd::Dropped,
        }
    }
}

/// Whether what the engine was told of its attempts explains how a call ended, which waited so long.
pub(super) fn explains(told: &[End], outcome: &ActivityOutcome, waited: Duration, cancelled: bool) -> bool {
    match outcome {
        ActivityOutcome::Completed(output) => told.contains(&End::Completed(output.clone())),
        ActivityOutcome::Failed(error) => {
            told.iter().any(|end| matches!(end, End::Failed { error: told, .. } if told == error))
        }
        ActivityOutcome::Panicked(message) => told.contains(&End::Panicked(message.clone())),
        ActivityOutcome::TimedOut(timed_out) => waited >= timed_out.after,
        ActivityOutcome::Cancelled => cancelled,
    }
}

/// Something that happens outside.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    /// An attempt ends; what it did is done then, if it did it.
    Ends { task: TaskId, attempt: u32, end: End, details: Option<Payload> },
    /// An attempt gives a sign of life.
    Beats { task: TaskId, attempt: u32, details: Payload },
    /// An attempt hands out its token.
    HandsOut { task: TaskId, attempt: u32, secret: String },
    /// Somebody tells something of an attempt, who has the token or has no business to.
    Outside { token: Token, activity: &'static str, telling: Telling, has_token: bool },
}

/// What somebody tells who has a token.
#[derive(Debug, Clone)]
pub(super) enum Telling {
    Ended(End),
    Heartbeat(Payload),
}

impl Happening {
    /// The attempt that it is one of, if it ends with the process.
    fn attempt(&self) -> Option<(TaskId, u32)> {
        match self {
            Happening::Ends { task, attempt, .. }
            | Happening::Beats { task, attempt, .. }
            | Happening::HandsOut { task, attempt, .. } => Some((*task, *attempt)),
            Happening::Outside { .. } => None,
        }
    }

    /// As the engine is told it, where nobody waits for an answer.
    pub(super) fn to_input(&self) -> Option<Input> {
        Some(match self.clone() {
            Happening::Ends { task, attempt, end, details } => {
                Input::Attempted { task, attempt, end: end.to_attempt_end(), details }
            }
            Happening::Beats { task, attempt, details } => Input::Heartbeat { task, attempt, details },
            Happening::HandsOut { task, attempt, secret } => Input::Token { task, attempt, secret },
            Happening::Outside { .. } => return None,
        })
    }
}

impl Telling {
    pub(super) fn to_told(&self, activity: &'static str) -> Told {
        match self.clone() {
            Telling::Ended(end) => Told::Ended(activity, end.to_attempt_end()),
            Telling::Heartbeat(details) => Told::Heartbeat(details),
        }
    }
}

/// What becomes of attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code))] // scenarios take the others
pub(super) enum Course {
    /// Anything.
    #[default]
    Any,
    /// All goes well.
    Well,
    /// They give signs of life, and some fall silent.
    Beats,
    /// They are completed from outside.
    FromOutside,
    /// The first at each call answers when it is too late; all others go well.
    LateFirst,
    /// The first at each call is stuck.
    StuckFirst,
    /// The first at each call panics.
    PanicsFirst,
}

impl Course {
    /// Which kind of ways an attempt takes.
    fn kind(self, attempt: u32, dice: &mut Dice) -> u64 {
        match self {
            Course::Any => dice.below(28),
            Course::Beats => 20,
            Course::FromOutside => 22,
            Course::LateFirst if attempt == 1 => 15,
            Course::StuckFirst if attempt == 1 => 17,
            Course::PanicsFirst if attempt == 1 => 12,
            Course::Well | Course::LateFirst | Course::StuckFirst | Course::PanicsFirst => 0,
        }
    }
}

/// The world outside.
#[derive(Debug, Clone, Default)]
pub(super) struct Outside {
    seed: u64,
    /// What becomes of attempts from now on.
    pub(super) course: Course,
    /// The attempts that run in this life of the engine.
    running: BTreeMap<(TaskId, u32), &'static str>,
    /// What attempts at a call are to do.
    inputs: BTreeMap<TaskId, (&'static str, Payload)>,
    /// What is to happen.
    events: BTreeMap<(Moment, u64), Happening>,
    serial: u64,
    /// How often an attempt was begun, over all lives.
    tries: BTreeMap<(TaskId, u32), u64>,
    /// What was done.
    pub(super) ledger: Ledger,
}

/// An attempt that begins.
pub(super) struct Begins {
    pub(super) task: TaskId,
    pub(super) attempt: u32,
    pub(super) activity: &'static str,
    pub(super) input: Payload,
    pub(super) deadline: Moment,
    pub(super) heartbeat: Option<Duration>,
}

const MILLISECOND: Duration = Duration::from_millis(1);

impl Outside {
    pub(super) fn new(seed: u64) -> Self {
        Outside { seed, ..Outside::default() }
    }

    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    pub(super) fn running_of(&self, activity: &str) -> usize {
        self.running.values().filter(|name| **name == activity).count()
    }

    /// What happens next, and when.
    pub(super) fn next(&self) -> Option<Moment> {
        self.events.first_key_value().map(|((when, _), _)| *when)
    }

    pub(super) fn pending(&self) -> usize {
        self.events.len()
    }

    /// The `n`th of what is to happen happens now, whatever its time.
    pub(super) fn happen(&mut self, n: usize) -> Option<Happening> {
        let key = *self.events.keys().nth(n)?;
        let happening = self.events.remove(&key)?;
        match &happening {
            Happening::Ends { task, attempt, end, .. } => {
                self.running.remove(&(*task, *attempt));
                self.post(*task, end);
            }
            Happening::Outside { telling: Telling::Ended(end), token, has_token: true, .. } => {
                self.post(token.task, end);
            }
            _ => {}
        }
        Some(happening)
    }

    /// What an attempt was to do is done, if it ends so.
    fn post(&mut self, task: TaskId, end: &End) {
        if let (End::Completed(output), Some((activity, input))) = (end, self.inputs.get(&task)) {
            self.ledger.post(task, activity, input, output.clone());
        }
    }

    /// An attempt is cut short: some have done what they were to do.
    fn cut_short(&mut self, task: TaskId, attempt: u32) {
        let tries = self.tries.get(&(task, attempt)).copied().unwrap_or_default();
        let thing = [task.run.0, task.op.0, attempt.into(), tries, 55];
        if !Dice::for_one(self.seed, &thing).once_in(2) {
            return;
        }
        let ends = self.events.values().find_map(|happening| match happening {
            Happening::Ends { task: of, attempt: nth, end, .. } if (*of, *nth) == (task, attempt) => {
                Some(end)
            }
            _ => None,
        });
        if let Some(end) = ends.cloned() {
            self.post(task, &end);
        }
    }

    /// The process is gone, and the attempts with it. Those outside are still there.
    pub(super) fn crash(&mut self) {
        for (task, attempt) in std::mem::take(&mut self.running).into_keys() {
            self.cut_short(task, attempt);
        }
        self.events.retain(|_, happening| happening.attempt().is_none());
    }

    fn plan(&mut self, when: Moment, happening: Happening) {
        self.serial += 1;
        self.events.insert((when, self.serial), happening);
    }

    /// An attempt begins: decides what becomes of it.
    pub(super) fn begin(&mut self, kit: &Kit, now: Moment, begins: &Begins) {
        let Begins { task, attempt, activity, .. } = *begins;
        let tries = self.tries.entry((task, attempt)).or_default();
        *tries += 1;
        let thing = [task.run.0, task.op.0, attempt.into(), *tries];
        self.running.insert((task, attempt), activity);
        self.inputs.insert(task, (activity, begins.input.clone()));
        let mut dice = Dice::for_one(self.seed, &thing);
        let end = played(kit.players.get(activity), &mut dice, begins);
        let kind = self.course.kind(attempt, &mut dice);
        let ends = |end, details| Happening::Ends { task, attempt, end, details };
        let soon = now.after(MILLISECOND * u32::try_from(dice.below(20)).unwrap_or(0));
        match kind {
            // It panics, or is broken.
            12..=13 => self.plan(soon, ends(End::Panicked("simulated".to_owned()), None)),
            14 => self.plan(soon, ends(End::Broken("simulated".to_owned()), None)),
            // It answers when it is too late, though what it did is done.
            15..=16 => self.plan(begins.deadline.after(MILLISECOND), ends(end, None)),
            // It is stuck.
            17 => {}
            // It fails, where any error will do.
            18..=19 => {
                let error = kit.errors.get(activity).map(|error| played(Some(error), &mut dice, begins));
                self.plan(soon, ends(error.unwrap_or(end), None));
            }
            // It gives signs of life, and then its answer, or none.
            20..=21 => {
                let pause = begins.heartbeat.unwrap_or(20 * MILLISECOND) / 2;
                let mut when = now;
                for beat in 0..=dice.below(3) {
                    when = when.after(pause);
                    let details = codec::encode(&beat).unwrap_or_default();
                    self.plan(when, Happening::Beats { task, attempt, details });
                }
                if !dice.once_in(3) {
                    let details = dice.once_in(2).then(|| codec::encode(&99).unwrap_or_default());
                    self.plan(when.after(MILLISECOND), ends(end, details));
                }
            }
            // It is completed from outside.
            22..=27 => self.hand_out(now, begins, end, &mut dice),
            _ => self.plan(soon, ends(end, None)),
        }
    }

    fn hand_out(&mut self, now: Moment, begins: &Begins, end: End, dice: &mut Dice) {
        let Begins { task, attempt, activity, .. } = *begins;
        let secret = format!("{:016x}{:016x}", dice.below(u64::MAX), dice.below(u64::MAX));
        self.plan(now, Happening::HandsOut { task, attempt, secret: secret.clone() });
        let token = Token { task, attempt, secret: secret.clone() };
        let outside = |token: &Token, telling| {
            let has_token = token.secret == secret;
            Happening::Outside { token: token.clone(), activity, telling, has_token }
        };
        let mut when = now;
        if dice.once_in(2) {
            let beat = Telling::Heartbeat(codec::encode(&1).unwrap_or_default());
            when = when.after(2 * MILLISECOND);
            self.plan(when, outside(&token, beat));
        }
        if dice.once_in(4) {
            let other = Token { secret: "0".repeat(32), ..token.clone() };
            self.plan(when, outside(&other, Telling::Ended(end.clone())));
        }
        if dice.once_in(4) {
            let telling = Telling::Ended(end.clone());
            self.plan(
                when,
                Happening::Outside { token: token.clone(), activity: "another", telling, has_token: false },
            );
        }
        when = when.after(3 * MILLISECOND);
        self.plan(when, outside(&token, Telling::Ended(end.clone())));
        if dice.once_in(3) {
            self.plan(when.after(MILLISECOND), outside(&token, Telling::Ended(end.clone())));
        }
        // The code that handed it out ends before, or goes on and answers as well.
        let (own, after) =
            if dice.once_in(4) { (end, 4 * MILLISECOND) } else { (End::Later, MILLISECOND / 2) };
        self.plan(now.after(after), Happening::Ends { task, attempt, end: own, details: None });
    }

    /// An attempt is told to stop: it is dropped, or ends in its own way, or has ended already.
    pub(super) fn stop(&mut self, now: Moment, task: TaskId, attempt: u32, how: Stop) {
        if !self.running.contains_key(&(task, attempt)) {
            return;
        }
        let mut dice = Dice::for_one(self.seed, &[task.run.0, task.op.0, attempt.into(), how as u64, 77]);
        if how == Stop::Tell || (how == Stop::Cancel && dice.once_in(2)) {
            if dice.once_in(3) {
                return self.end_at_last(now, task, attempt);
            }
            self.drop_ends(task, attempt);
            let end = End::Panicked("told to stop".to_owned());
            return self.plan(now.after(MILLISECOND), Happening::Ends { task, attempt, end, details: None });
        }
        // It had just ended.
        if dice.once_in(4) && self.ends(task, attempt) {
            return;
        }
        self.drop_ends(task, attempt);
        self.plan(now, Happening::Ends { task, attempt, end: End::Dropped, details: None });
    }

    /// It does not care; but it ends some day.
    fn end_at_last(&mut self, now: Moment, task: TaskId, attempt: u32) {
        if !self.ends(task, attempt) {
            let end = End::Panicked("at last".to_owned());
            self.plan(now.after(MILLISECOND), Happening::Ends { task, attempt, end, details: None });
        }
    }

    fn ends(&self, task: TaskId, attempt: u32) -> bool {
        let is_end = |happening: &Happening| {
            matches!(happening, Happening::Ends { .. }) && happening.attempt() == Some((task, attempt))
        };
        self.events.values().any(is_end)
    }

    fn drop_ends(&mut self, task: TaskId, attempt: u32) {
        self.cut_short(task, attempt);
        self.events.retain(|_, happening| happening.attempt() != Some((task, attempt)));
    }
}

fn played(player: Option<&Player>, dice: &mut Dice, begins: &Begins) -> End {
    let tape = dice.tape();
    let attempt = player.map(|player| player(&mut Sampler::new(&tape), &begins.input, begins.attempt));
    match attempt {
        Some(Attempt::Completed(output)) => End::Completed(output),
        Some(Attempt::Failed { error, display, retry }) => End::Failed { error, display, retry },
        Some(Attempt::Broken(error)) => End::Broken(error.to_string()),
        None => End::Broken("it is not registered".to_owned()),
    }
}
