//! The parts of a run's record of which there may be thousands: changed in place, and stored as plain bytes and lists.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::record::Armed;
use crate::codec::Payload;
use crate::machine::{OpId, Sheet};

/// A run's machines as they are stored: one encoded frame.
#[derive(Clone, Default)]
pub struct FrameRecord {
    sheet: Sheet,
    /// It was read, so that of all that was taken down only the bytes are there.
    is_read: bool,
}

impl FrameRecord {
    /// The encoded frame.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        self.sheet.bytes()
    }

    /// The encoded frame, as a value.
    pub fn payload(&self) -> Payload {
        Payload(self.bytes().into_owned())
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.sheet.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sheet.is_empty()
    }

    /// What was taken down after the last step, unless it was read.
    pub(crate) fn sheet(&self) -> Option<&Sheet> {
        (!self.is_read).then_some(&self.sheet)
    }

    /// This was taken down.
    pub(crate) fn take_down(&mut self, sheet: &Sheet) {
        self.sheet.clone_from(sheet);
        self.is_read = false;
    }
}

impl From<Payload> for FrameRecord {
    fn from(payload: Payload) -> Self {
        FrameRecord { sheet: Sheet::stored(payload.0), is_read: true }
    }
}

impl PartialEq for FrameRecord {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl fmt::Debug for FrameRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.payload().fmt(f)
    }
}

impl Serialize for FrameRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.bytes())
    }
}

impl<'de> Deserialize<'de> for FrameRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Payload::deserialize(deserializer).map(FrameRecord::from)
    }
}

/// The operations that a run waits for, by rising number. Stored, they are a list.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ArmedRecord(BTreeMap<OpId, Armed>);

impl ArmedRecord {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Armed> + Clone {
        self.0.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one with this number.
    pub fn get(&self, op: OpId) -> Option<&Armed> {
        self.0.get(&op)
    }

    pub(crate) fn remove(&mut self, op: OpId) -> Option<Armed> {
        self.0.remove(&op)
    }

    pub(crate) fn insert(&mut self, armed: Armed) {
        self.0.insert(armed.op, armed);
    }

    /// All of them, as a list.
    pub fn into_list(self) -> Vec<Armed> {
        self.0.into_values().collect()
    }
}

impl FromIterator<Armed> for ArmedRecord {
    fn from_iter<I: IntoIterator<Item = Armed>>(all: I) -> Self {
        ArmedRecord(all.into_iter().map(|armed| (armed.op, armed)).collect())
    }
}

impl fmt::Debug for ArmedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for ArmedRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.values())
    }
}

impl<'de> Deserialize<'de> for ArmedRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Armed>::deserialize(deserializer)?.into_iter().collect())
    }
}
