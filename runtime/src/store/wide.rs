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
    origin: Origin,
}

/// Where a frame comes from.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Origin {
    /// It was taken down here.
    #[default]
    TakenDown,
    /// It was read, so that of all that was taken down only the bytes are there.
    Read,
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
        (self.origin == Origin::TakenDown).then_some(&self.sheet)
    }

    /// This was taken down.
    pub(crate) fn take_down(&mut self, sheet: &Sheet) {
        self.sheet.clone_from(sheet);
        self.origin = Origin::TakenDown;
    }
}

impl From<Payload> for FrameRecord {
    fn from(payload: Payload) -> Self {
        FrameRecord { sheet: Sheet::stored(payload.0), origin: Origin::Read }
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

/// Up to so many operations are a list: a tree would have room for eleven even where there is one.
const FEW: usize = 8;

/// The operations that a run waits for, by rising number. Stored, they are a list.
#[derive(Clone, Default)]
pub struct ArmedRecord {
    /// All of them, unless there are many: then none.
    few: Vec<Armed>,
    many: BTreeMap<OpId, Armed>,
}

impl ArmedRecord {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Armed> + Clone {
        self.few.iter().chain(self.many.values())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.few.len() + self.many.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.few.is_empty() && self.many.is_empty()
    }

    /// The one with this number.
    pub fn get(&self, op: OpId) -> Option<&Armed> {
        self.place(op).map_or_else(|_| self.many.get(&op), |place| self.few.get(place))
    }

    /// Where it is among few, or would be.
    fn place(&self, op: OpId) -> Result<usize, usize> {
        self.few.binary_search_by_key(&op, |armed| armed.op)
    }

    pub(crate) fn remove(&mut self, op: OpId) -> Option<Armed> {
        match self.place(op) {
            Ok(place) => Some(self.few.remove(place)),
            Err(_) => self.many.remove(&op),
        }
    }

    pub(crate) fn insert(&mut self, armed: Armed) {
        match self.place(armed.op) {
            Ok(place) => self.few[place] = armed,
            Err(place) if self.many.is_empty() && self.few.len() < FEW => {
                self.few.reserve_exact(1);
                self.few.insert(place, armed);
            }
            Err(_) => {
                self.many.extend(self.few.drain(..).map(|armed| (armed.op, armed)));
                self.many.insert(armed.op, armed);
            }
        }
    }

    /// All of them, as a list.
    pub fn into_list(self) -> Vec<Armed> {
        self.few.into_iter().chain(self.many.into_values()).collect()
    }
}

impl FromIterator<Armed> for ArmedRecord {
    fn from_iter<I: IntoIterator<Item = Armed>>(all: I) -> Self {
        let mut record = ArmedRecord::default();
        all.into_iter().for_each(|armed| record.insert(armed));
        record
    }
}

impl PartialEq for ArmedRecord {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for ArmedRecord {}

impl fmt::Debug for ArmedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for ArmedRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for ArmedRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Armed>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode, encode};
    use crate::store::Operation;
    use crate::time::Moment;

    fn armed(op: u64) -> Armed {
        Armed { op: OpId(op), operation: Operation::Timer(Moment(op)) }
    }

    #[test]
    fn what_is_armed_is_in_order_whether_it_is_few_or_many() {
        let mut record = ArmedRecord::default();
        let mut expected = BTreeMap::new();
        // 7 has no divisor in common with 40: each number comes once, in no order.
        for number in 0..40 {
            let op = number * 7 % 40;
            record.insert(armed(op));
            expected.insert(op, armed(op));
            assert!(record.iter().eq(expected.values()), "{record:?}");
            assert_eq!(record.len(), expected.len());
        }
        for number in 0..40 {
            let op = number * 11 % 40;
            assert_eq!(record.get(OpId(op)), expected.get(&op));
            assert_eq!(record.remove(OpId(op)), expected.remove(&op));
            assert_eq!(record.remove(OpId(op)), None);
            assert!(record.iter().eq(expected.values()), "{record:?}");
            let read: ArmedRecord = decode(&encode(&record).unwrap()).unwrap();
            assert_eq!(read, record, "though one was many before");
        }
        assert!(record.is_empty());
    }
}
