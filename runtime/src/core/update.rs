//! Updates: offered to a run, accepted or refused by it, answered once they are done.
//!
//! An accepted update has a row (its name and arguments) and a done one another (its answer); that of a run that has ended
//! without an answer was not done. So the same update can be asked for again at any time.

use std::collections::BTreeMap;

use super::input::{Asked, Effect, Output, Reply, Stage};
use super::offers::{Offers, Refusal};
use super::run::Transition;
use super::settle::Touch;
use super::shard::Shard;
use crate::codec::{self, Payload};
use crate::error::{StartError, UpdateError};
use crate::store::{self, AnswerRecord, Damage, EventRecord, RunNo, Table, UpdateRecord};

/// What an update's caller gets: its encoded answer, or nothing where it asked for no more than to be accepted.
pub(crate) type UpdateReply = Reply<Result<Option<Payload>, Refusal>>;

/// An update among the events of a turn.
pub(super) struct Offer {
    /// Its place among the events.
    at: usize,
    id: String,
    replies: Vec<(Stage, UpdateReply)>,
}

/// What is stored of an update.
#[derive(Default)]
pub(super) struct Rows {
    /// The outer `None` until it was looked up.
    accepted: Option<Result<Option<UpdateRecord>, Damage>>,
    answer: Option<Result<Option<AnswerRecord>, Damage>>,
}

/// The rows of updates that were looked up in this turn.
#[derive(Default)]
pub(super) struct KnownUpdates(BTreeMap<(RunNo, String), Rows>);

impl KnownUpdates {
    /// The table in which the update is to be looked up next.
    pub(super) fn missing(&self, run: RunNo, id: &str) -> Option<Table> {
        let rows = self.0.get(&(run, id.to_owned()));
        match rows.map(|rows| (&rows.accepted, &rows.answer)) {
            None | Some((None, _)) => Some(Table::Updates),
            // One that was not accepted has no answer.
            Some((Some(Ok(Some(_))), None)) => Some(Table::Answers),
            Some(_) => None,
        }
    }

    /// Takes up what was found in one of the tables.
    pub(super) fn admit(
        &mut self,
        table: Table,
        run: RunNo,
        id: String,
        found: Result<Option<Vec<u8>>, Damage>,
    ) {
        let key = run.update_key(&id);
        let rows = self.0.entry((run, id)).or_default();
        if table == Table::Answers {
            rows.answer = Some(found.and_then(|bytes| open(table, &key, bytes)));
        } else {
            rows.accepted = Some(found.and_then(|bytes| open(table, &key, bytes)));
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The accepted update, and its answer if it has one.
    fn get(&self, run: RunNo, id: &str) -> Result<Option<(&UpdateRecord, Option<&Payload>)>, Damage> {
        let Some(rows) = self.0.get(&(run, id.to_owned())) else { return Ok(None) };
        let accepted = match &rows.accepted {
            Some(Ok(Some(accepted))) => accepted,
            Some(Err(damage)) => return Err(damage.clone()),
            Some(Ok(None)) | None => return Ok(None),
        };
        match &rows.answer {
            Some(Err(damage)) => Err(damage.clone()),
            Some(Ok(Some(record))) => Ok(Some((accepted, Some(&record.answer)))),
            Some(Ok(None)) | None => Ok(Some((accepted, None))),
        }
    }
}

fn open<T: serde::de::DeserializeOwned>(
    table: Table,
    key: &[u8],
    bytes: Option<Vec<u8>>,
) -> Result<Option<T>, Damage> {
    bytes.map(|bytes| store::open(table, key, &bytes)).transpose()
}

impl Shard {
    /// Answers an update that is known, and offers a new one to its run.
    pub(super) fn update(&mut self, asked: Asked, stage: Stage, reply: UpdateReply, out: &mut Output) {
        match self.known(&asked) {
            Err(refusal) => out.effects.push(reply.with(Err(refusal))),
            Ok(Known::Done(answer)) => out.effects.push(reply.with(Ok(Some(answer)))),
            Ok(Known::Accepted) if stage == Stage::Accepted => out.effects.push(reply.with(Ok(None))),
            Ok(Known::Accepted) => self.wait_for_update(asked.run, asked.id, reply),
            Ok(Known::Offered(at)) => {
                if let Some(offer) = self.touch(asked.run).offers.get_mut(at) {
                    offer.replies.push((stage, reply));
                }
            }
            Ok(Known::New) => {
                let Asked { run, id, name, args } = asked;
                let touch = self.touch(run);
                let at = touch.events.len();
                touch.offers.push(Offer { at, id: id.clone(), replies: vec![(stage, reply)] });
                touch.events.push(EventRecord::Update { id, name, args });
            }
        }
    }

    /// How far the update has come, if it is the one that is asked for.
    fn known(&self, asked: &Asked) -> Result<Known, Refusal> {
        let Asked { run, id, name, args } = asked;
        if id.is_empty() || id.len() > StartError::MAX_ID_BYTES {
            return Err(UpdateError::BadId { len: id.len() });
        }
        let record = &self.loaded(*run)?.record;
        let same = |other_name: &str, other_args: &Payload| {
            let difference = match () {
                () if other_name != name => "another name",
                () if !codec::same(other_args, args) => "other arguments",
                () => return Ok(()),
            };
            let (update, name) = (id.clone(), other_name.to_owned());
            Err(UpdateError::IdInUse { id: record.id.to_string(), update, name, difference })
        };
        if let Some((accepted, answer)) = self.updates.get(*run, id)? {
            same(&accepted.name, &accepted.args)?;
            return match answer {
                Some(answer) => Ok(Known::Done(answer.clone())),
                None if record.phase.is_closed() => {
                    Err(UpdateError::Unfinished { id: record.id.to_string(), update: id.clone() })
                }
                None => Ok(Known::Accepted),
            };
        }
        if let Some(touch) = self.touched.get(run)
            && let Some(at) = touch.offers.iter().position(|offer| offer.id == *id)
            && let EventRecord::Update { name, args, .. } = &touch.events[touch.offers[at].at]
        {
            same(name, args)?;
            return Ok(Known::Offered(at));
        }
        if record.phase.is_closed() {
            return Err(UpdateError::Closed { id: record.id.to_string() });
        }
        Ok(Known::New)
    }

    fn wait_for_update(&mut self, run: RunNo, id: String, reply: UpdateReply) {
        let waiters = self.update_waiters.entry(run).or_default().entry(id).or_default();
        waiters.retain(|waiter| !waiter.is_gone());
        waiters.push(reply);
    }

    /// Tells the callers of a turn's offers that they were refused, or keeps them until the updates are done.
    pub(super) fn answer_offers(
        &mut self,
        run: RunNo,
        offers: Vec<Offer>,
        mut refused: BTreeMap<usize, Refusal>,
        acks: &mut Vec<Effect>,
    ) {
        for Offer { at, id, replies } in offers {
            let refusal = refused.remove(&at);
            for (stage, reply) in replies {
                match (&refusal, stage) {
                    (Some(refusal), _) => acks.push(reply.with(Err(refusal.clone()))),
                    (None, Stage::Accepted) => acks.push(reply.with(Ok(None))),
                    (None, Stage::Done) => self.wait_for_update(run, id.clone(), reply),
                }
            }
        }
    }

    /// Writes the updates that a transition accepted, and those that it has done.
    pub(super) fn write_updates(&mut self, run: RunNo, transition: &Transition, out: &mut Output) {
        for event in &transition.entry.events {
            if let EventRecord::Update { id, name, args } = event {
                let key = run.update_key(id);
                let row = UpdateRecord { name: name.clone(), args: args.clone() };
                out.batch.seal(Table::Updates, key, &row);
            }
        }
        for (id, answer) in &transition.updates {
            let key = run.update_key(id);
            out.batch.seal(Table::Answers, key, &AnswerRecord { answer: answer.clone() });
            let waiters = self.update_waiters.get_mut(&run).and_then(|waiters| waiters.remove(id));
            let waiters = waiters.unwrap_or_default().into_iter();
            out.effects.extend(waiters.map(|waiter| waiter.with(Ok(Some(answer.clone())))));
        }
        if self.update_waiters.get(&run).is_some_and(BTreeMap::is_empty) {
            self.update_waiters.remove(&run);
        }
    }

    /// The run has ended: what was not done is not done any more.
    pub(super) fn give_up_updates(&mut self, run: RunNo, run_id: &str, out: &mut Output) {
        for (update, waiters) in self.update_waiters.remove(&run).unwrap_or_default() {
            let refusal = UpdateError::Unfinished { id: run_id.to_owned(), update };
            out.effects.extend(waiters.into_iter().map(|waiter| waiter.with(Err(refusal.clone()))));
        }
    }
}

/// How far an update has come.
enum Known {
    /// Nothing is known of it.
    New,
    /// Offered in this turn, by this offer.
    Offered(usize),
    /// Accepted, and not done.
    Accepted,
    Done(Payload),
}

impl Touch {
    /// The updates among the events.
    pub(super) fn offers(&self) -> Offers {
        Offers::at(self.offers.iter().map(|offer| offer.at))
    }
}
