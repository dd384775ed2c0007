//! The envelope around each stored value, and what can be wrong with one.
//!
//! A stored value is `version (1 byte) · crc32 (4 bytes, little-endian) · body (CBOR with field names)`. The
//! checksum covers the table's name and the key too, so a value under a wrong key is seen. Fields added later
//! get serde defaults; a change that those cannot bridge gets a new version: 2, where several values are one record
//! ([`packed`](super::packed)).

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Table;
use crate::codec;

/// A record that is one value.
pub(super) const ONE: u8 = 1;
/// A record that is a list of values.
pub(super) const LIST: u8 = 2;
const HEADER: usize = 5;

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
    #[error("it has format version {found}, which this binary does not read there: use a newer Longhaul")]
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
    seal_behind(Vec::with_capacity(256), table, key, record)
}

/// Puts a record into its envelope, behind what is there.
pub(super) fn seal_behind<T: Serialize>(bytes: Vec<u8>, table: Table, key: &[u8], record: &T) -> Vec<u8> {
    seal_body(bytes, (table, key), ONE, &mut |out| write(out, record))
}

/// Writes a record, or a part of one.
pub(super) fn write<T: Serialize>(out: &mut codec::Writer, record: &T) {
    out.value(record).expect("a record of ours has no part that refuses, and memory takes it");
}

/// Puts what `write` writes into an envelope, behind what is there.
pub(super) fn seal_body(
    mut bytes: Vec<u8>,
    (table, key): (Table, &[u8]),
    version: u8,
    write: &mut dyn FnMut(&mut codec::Writer),
) -> Vec<u8> {
    let at = bytes.len();
    bytes.extend_from_slice(&[version, 0, 0, 0, 0]);
    let mut out = codec::Writer::new(bytes);
    write(&mut out);
    let mut bytes = out.into_bytes();
    let sealed = &mut bytes[at..];
    let crc = checksum(table, key, &sealed[HEADER..]);
    sealed[1..HEADER].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Takes a record out of its envelope.
pub(crate) fn open<T: Deserialize<'static>>(table: Table, key: &[u8], sealed: &[u8]) -> Result<T, Damage> {
    let (_, body) = open_body(table, key, sealed, ONE)?;
    codec::decode_slice(body)
        .map_err(|error| Damage::new(table, key, DamageReason::Undecodable(error.to_string())))
}

/// What is in an envelope of this version or an older one, and its version.
pub(super) fn open_body<'a>(
    table: Table,
    key: &[u8],
    sealed: &'a [u8],
    newest: u8,
) -> Result<(u8, &'a [u8]), Damage> {
    let damage = |reason| Damage::new(table, key, reason);
    let Some(([version, crc @ ..], body)) = sealed.split_first_chunk::<HEADER>() else {
        return Err(damage(DamageReason::CutOff { len: sealed.len() }));
    };
    if *version > newest {
        return Err(damage(DamageReason::NewerVersion { found: *version }));
    }
    // The version is not within the checksum; there was never a version 0.
    if *version == 0 || u32::from_le_bytes(*crc) != checksum(table, key, body) {
        return Err(damage(DamageReason::Checksum));
    }
    Ok((*version, body))
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
    use crate::Moment;
    use crate::store::{Seq, TaskRecord};

    fn record() -> TaskRecord {
        TaskRecord {
            run_id: "order-42".into(),
            activity: "charge".into(),
            seq: Seq(3),
            attempt: 2,
            due: Moment(9),
            last_error: None,
            heartbeat: None,
            later: None,
            cancelled: false,
            abandoned: false,
        }
    }

    #[test]
    fn a_record_reads_back_and_any_flipped_bit_is_seen() {
        let sealed = seal(Table::Tasks, b"key", &record());
        assert_eq!(open::<TaskRecord>(Table::Tasks, b"key", &sealed), Ok(record()));
        for bit in 0..8 * sealed.len() {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open::<TaskRecord>(Table::Tasks, b"key", &damaged).is_err(), "bit {bit}");
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
