//! What happened in a simulated world, as a number, and, where it is wanted, in words.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::store::Batch;

/// What happened.
#[derive(Debug, Clone, Default)]
pub(super) struct Recording {
    /// A number that follows from all that happened, and its order.
    hash: u64,
    /// How many things happened.
    pub(super) count: u64,
    /// In words; `None` where nobody wants to read them.
    lines: Option<Vec<String>>,
}

impl Recording {
    /// A recording that can be read.
    pub(super) fn in_words() -> Self {
        Recording { lines: Some(Vec::new()), ..Recording::default() }
    }

    pub(super) fn note(&mut self, what: &str, how: impl FnOnce() -> String) {
        let how = how();
        self.hash = xxh3_64_with_seed(what.as_bytes(), self.hash);
        self.hash = xxh3_64_with_seed(how.as_bytes(), self.hash);
        self.count += 1;
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{what}: {how}"));
        }
    }

    pub(super) fn batch(&mut self, batch: &Batch) {
        for write in batch.writes() {
            let value = write.value.map(xxh3_64);
            self.hash = xxh3_64_with_seed(write.key, self.hash ^ write.table as u64);
            self.hash = self.hash.rotate_left(1) ^ value.unwrap_or_default();
            self.count += 1;
            if let Some(lines) = &mut self.lines {
                lines.push(format!("write: {} {:02x?} {value:?}", write.table, write.key));
            }
        }
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    pub(super) fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}
