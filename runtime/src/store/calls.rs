//! The rows of calls. A row stands under the number of its own call, or takes the place of one that has ended: to write over a row
//! costs one key, to delete it and to write another one costs two. Then the row says which call it is of.

use super::envelope::{LIST, ONE, open_body, seal_behind, seal_body, write};
use super::{Batch, Damage, DamageReason, Table, TaskId, TaskRecord};
use crate::codec;
use crate::machine::OpId;

/// Writes the row of a call under `place`, which may be the number of another call of its run.
pub(crate) fn write_call(place: TaskId, op: OpId, record: &TaskRecord, batch: &mut Batch) {
    let key = place.key();
    batch.seal_by(Table::Tasks, &key, |bytes| {
        if place.op == op {
            return seal_behind(bytes, Table::Tasks, &key, record);
        }
        seal_body(bytes, (Table::Tasks, &key), LIST, &mut |out| {
            out.head_of_list(2);
            write(out, &op);
            write(out, record);
        })
    });
}

/// A stored call: where its row stands, and which call it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCall {
    /// The call by whose number its row is found.
    pub place: TaskId,
    /// The call.
    pub task: TaskId,
    /// How it stands.
    pub record: TaskRecord,
}

impl StoredCall {
    /// Reads what stands under a key of table `tasks`.
    ///
    /// # Errors
    ///
    /// It is damaged, or of a newer version.
    pub fn open(key: &[u8], stored: &[u8]) -> Result<Self, Damage> {
        let undecodable = |reason: String| Damage::new(Table::Tasks, key, DamageReason::Undecodable(reason));
        let told = |error: codec::CodecError| undecodable(error.to_string());
        let (version, body) = open_body(Table::Tasks, key, stored, LIST)?;
        let Some(place) = TaskId::from_key(key) else {
            return Err(undecodable("its key is no activity call".to_owned()));
        };
        let (op, body) = if version == ONE {
            (place.op, body)
        } else {
            match codec::list(body).map_err(told)? {
                (2, values) => codec::decode_first(values).map_err(told)?,
                (values, _) => return Err(undecodable(format!("it has {values} values and not 2"))),
            }
        };
        let record = codec::decode_slice(body).map_err(told)?;
        Ok(StoredCall { place, task: TaskId { run: place.run, op }, record })
    }
}
