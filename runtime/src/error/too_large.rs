//! What is larger than an engine takes.

use thiserror::Error;

/// A value has more bytes than the engine takes; see
/// [`EngineBuilder::max_payload_bytes`](crate::EngineBuilder::max_payload_bytes). It left no trace.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{what}: {bytes} bytes are more than the {limit} that this engine takes; keep it elsewhere and hand on where it is, or raise `EngineBuilder::max_payload_bytes`"
)]
#[non_exhaustive]
pub struct TooLarge {
    /// What it is.
    pub what: &'static str,
    /// How many bytes it has, encoded.
    pub bytes: usize,
    /// How many it may have.
    pub limit: usize,
}
