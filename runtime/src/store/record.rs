//! What is persisted, and the envelope around it.
//!
//! A stored value is `version (1 byte) · crc32 (4 bytes, little-endian) · body (CBOR with field names)`. The
//! checksum covers the table's name and the key too, so a value under a wrong key is seen. Fields added later
//! get serde defaults; a change that those cannot bridge gets a new version.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

use super::{RunNo, Seq, Table};
use crate::activity::ActivityOutcome;
use crate::codec::{self, Payload};
use crate::machine::{Fault, OpId, RunRng};
use crate::time::Moment;

/// The version of the envelope and of the records in it.
const VERSION: u8 = 1;
const HEADER: usize = 5;

/// All of a run's current state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its id.
    pub id: String,
    /// The workflow's name.
    pub workflow: String,
    /// How it stands.
    pub phase: Phase,
    /// How many transitions it has had.
    pub seq: Seq,
    /// When it was started.
    pub created: Moment,
    /// When its last transition was.
    pub updated: Moment,
    /// The name of the state it is in.
    pub state: String,
    /// The encoded workflow value.
    pub value: Payload,
    /// The encoded frame; empty before the first step stood and after the end.
    pub frame: Payload,
    /// What it was started with, until the first step stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Payload>,
    /// The number of the next operation.
    pub next_op: u64,
    /// Its random numbers.
    pub rng: RunRng,
    /// What it waits for, by rising operation number.
    #[serde(default)]
    pub armed: Vec<Armed>,
    /// What was accepted for it and not handled yet.
    #[serde(default)]
    pub inbox: Vec<EventRecord>,
}

impl RunRecord {
    /// The bytes that the store has for this record under run number `no`.
    pub fn to_stored(&self, no: RunNo) -> Vec<u8> {
        seal(Table::Runs, &no.key(), self)
    }
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// It goes on when what it waits for is there.
    Open,
    /// It cannot go on as things are.
    Parked(ParkReason),
    /// It ended with this output.
    Completed(Payload),
    /// It ended with this error.
    Failed(Payload),
}

impl Phase {
    /// Whether the run has ended.
    pub fn is_closed(&self) -> bool {
        matches!(self, Phase::Completed(_) | Phase::Failed(_))
    }
}

/// Why a run is parked: its last transition did not stand. What was to go into it is kept, and is handled when
/// the run is driven again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Error)]
#[non_exhaustive]
pub enum ParkReason {
    /// Workflow code panicked.
    #[error("workflow code panicked: {message}; fix it, open the engine with the fix, and redrive the run")]
    Panic {
        /// The panic's message.
        message: String,
    },
    /// The machine could not go on from what is stored.
    #[error("{0}; run it with a binary whose machine has this state, then redrive it")]
    Fault(Fault),
    /// The run's workflow is not registered with this engine.
    #[error(
        "workflow `{workflow}` is not registered: add `.workflow::<{workflow}>()` to the engine's builder"
    )]
    UnknownWorkflow {
        /// The workflow's name.
        workflow: String,
    },
    /// The run calls an activity that is not registered with this engine.
    #[error("activity `{activity}` is not registered: add it to the engine's builder, then redrive the run")]
    UnknownActivity {
        /// The activity's name.
        activity: String,
    },
    /// An activity's arguments do not decode, or its result does not encode.
    #[error("activity `{activity}` (operation {}) cannot be run: {reason}", op.0)]
    BrokenActivity {
        /// The activity's name.
        activity: String,
        /// The operation.
        op: OpId,
        /// What the codec said.
        reason: String,
    },
    /// The stored workflow value or input does not decode.
    #[error("its stored value cannot be read: {reason}")]
    BadValue {
        /// What the decoder said.
        reason: String,
    },
    /// An accepted signal cannot be handled by this binary.
    #[error("signal `{name}` cannot be handled: {reason}")]
    BadSignal {
        /// The signal.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// Another record that the run needs is damaged.
    #[error("a record that it needs is damaged: {reason}")]
    Damaged {
        /// Which record, and how.
        reason: String,
    },
}

/// An operation that a run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Armed {
    /// Its number.
    pub op: OpId,
    /// What it is.
    pub operation: Operation,
}

/// What an operation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// A call of the activity of this name.
    Activity(String),
    /// A timer that fires at this moment.
    Timer(Moment),
}

/// Something that happens to a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EventRecord {
    /// It was started. The first event of each run, and of no other place.
    Started {
        /// Its id.
        id: String,
        /// The workflow's name.
        workflow: String,
        /// The encoded input.
        input: Payload,
        /// The seed of its random numbers.
        seed: u64,
    },
    /// A signal was accepted.
    Signal {
        /// Its name.
        name: String,
        /// Its encoded arguments.
        args: Payload,
    },
    /// An activity ended for good.
    Activity {
        /// The operation that waited.
        op: OpId,
        /// How it ended.
        outcome: ActivityOutcome,
    },
    /// A timer fired.
    Timer {
        /// The operation that waited.
        op: OpId,
    },
}

impl EventRecord {
    /// The operation that this resolves.
    pub fn resolves(&self) -> Option<OpId> {
        match self {
            EventRecord::Activity { op, .. } | EventRecord::Timer { op } => Some(*op),
            EventRecord::Started { .. } | EventRecord::Signal { .. } => None,
        }
    }
}

/// Something that a transition set going.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommandRecord {
    /// An activity.
    Activity {
        /// The operation that waits for it.
        op: OpId,
        /// The activity's name.
        activity: String,
        /// Its encoded arguments.
        input: Payload,
    },
    /// A timer.
    Timer {
        /// The operation that waits for it.
        op: OpId,
        /// When it fires.
        deadline: Moment,
    },
}

/// One transition of a run: what went in and what came out. Folding a run's entries from the first gives its
/// stored state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When it was.
    pub at: Moment,
    /// What went in, besides what the inbox held already.
    pub events: Vec<EventRecord>,
    /// What became of it.
    pub outcome: Outcome,
    /// What it set going.
    #[serde(default)]
    pub commands: Vec<CommandRecord>,
}

/// What became of a transition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// The events were handled and the machine was stepped.
    Stepped,
    /// The events were put into the inbox, for this reason.
    Parked(ParkReason),
}

/// An activity call that has not ended yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The id of the run that called.
    pub run_id: String,
    /// The activity's name.
    pub activity: String,
    /// The transition that called; its log entry has the arguments.
    pub seq: Seq,
    /// The number of the current or next attempt, from 1.
    pub attempt: u32,
    /// When that attempt may start.
    pub due: Moment,
    /// How the attempt before it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// What is known of the store as a whole, written with each commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MarkRecord {
    /// The engine's clock at the last commit; it never goes back behind this.
    pub moment: Moment,
    /// How many runs have not ended.
    pub open_runs: u64,
    /// No timer that has not fired is before this moment.
    pub timers_from: Moment,
    /// No run before this one has an activity that has not ended.
    pub tasks_from: u64,
}

/// A stored record that cannot be used. Nothing is overwritten; the rest of the store goes on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the record {key} in table `{table}` cannot be used: {reason}")]
pub struct Damage {
    /// The table.
    pub table: Table,
    /// The key, as text where it is text, else in hexadecimal.
    pub key: String,
    /// What is wrong with it.
    pub reason: DamageReason,
}

/// What is wrong with a stored record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DamageReason {
    /// It should be there and is not.
    #[error("it is missing")]
    Missing,
    /// It is shorter than its header.
    #[error("it is cut off after {len} bytes")]
    CutOff {
        /// How long it is.
        len: usize,
    },
    /// A newer Longhaul wrote it.
    #[error("it has format version {found}, this binary reads up to {VERSION}: use a newer Longhaul")]
    NewerVersion {
        /// Its version.
        found: u8,
    },
    /// Its bytes are not those that were written.
    #[error("its checksum does not match: restore it from a backup")]
    Checksum,
    /// Its body is not what belongs there.
    #[error("{0}")]
    Undecodable(String),
    /// The store could not read it.
    #[error("the store could not read it: {0}")]
    Unreadable(String),
}

impl Damage {
    /// The record under `key` in `table`, damaged in the given way.
    pub fn new(table: Table, key: &[u8], reason: DamageReason) -> Self {
        Damage { table, key: KeyText(key).to_string(), reason }
    }
}

struct KeyText<'a>(&'a [u8]);

impl fmt::Display for KeyText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(self.0) {
            Ok(text) if !text.chars().any(char::is_control) => write!(f, "`{text}`"),
            _ => {
                f.write_str("0x")?;
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

/// Puts a record into its envelope.
pub(crate) fn seal<T: Serialize>(table: Table, key: &[u8], record: &T) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(256);
    buffer.extend_from_slice(&[VERSION, 0, 0, 0, 0]);
    let mut out = cbor4ii::core::utils::BufWriter::new(buffer);
    codec::encode_to(&mut out, record)
        .expect("a record of ours has no part that refuses, and memory takes it");
    let mut sealed = out.into_inner();
    let crc = checksum(table, key, &sealed[HEADER..]);
    sealed[1..HEADER].copy_from_slice(&crc.to_le_bytes());
    sealed
}

/// Takes a record out of its envelope.
pub(crate) fn open<T: DeserializeOwned>(table: Table, key: &[u8], sealed: &[u8]) -> Result<T, Damage> {
    let damage = |reason| Damage::new(table, key, reason);
    let Some(([version, crc @ ..], body)) = sealed.split_first_chunk::<HEADER>() else {
        return Err(damage(DamageReason::CutOff { len: sealed.len() }));
    };
    if *version > VERSION {
        return Err(damage(DamageReason::NewerVersion { found: *version }));
    }
    if u32::from_le_bytes(*crc) != checksum(table, key, body) {
        return Err(damage(DamageReason::Checksum));
    }
    codec::decode_slice(body).map_err(|error| damage(DamageReason::Undecodable(error.to_string())))
}

fn checksum(table: Table, key: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(table.name().as_bytes());
    hasher.update(key);
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> TaskRecord {
        TaskRecord {
            run_id: "order-42".into(),
            activity: "charge".into(),
            seq: Seq(3),
            attempt: 2,
            due: Moment(9),
            last_error: None,
        }
    }

    #[test]
    fn a_record_reads_back_and_any_flipped_byte_is_seen() {
        let sealed = seal(Table::Tasks, b"key", &record());
        assert_eq!(open::<TaskRecord>(Table::Tasks, b"key", &sealed), Ok(record()));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 0x40;
            assert!(open::<TaskRecord>(Table::Tasks, b"key", &damaged).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_record_under_another_key_or_cut_off_or_newer_is_refused_with_its_key() {
        let sealed = seal(Table::Tasks, b"key", &record());
        let other = open::<TaskRecord>(Table::Tasks, &[0, 9], &sealed).unwrap_err();
        assert_eq!((other.key.as_str(), other.reason), ("0x0009", DamageReason::Checksum));
        let cut = open::<TaskRecord>(Table::Tasks, b"key", &sealed[..3]).unwrap_err();
        assert_eq!(cut.reason, DamageReason::CutOff { len: 3 });
        let mut newer = sealed;
        newer[0] = 9;
        let newer = open::<TaskRecord>(Table::Tasks, b"key", &newer).unwrap_err();
        assert_eq!(newer.reason, DamageReason::NewerVersion { found: 9 });
    }
}
