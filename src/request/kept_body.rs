//! A body that is kept.

use crate::error::ErrorKind;

/// The bytes of a kept body, in no more memory than its limit.
pub(crate) struct KeptBody {
    bytes: Vec<u8>,
    limit: usize,
}

impl KeptBody {
    pub(crate) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }

    /// Adds a chunk, unless the body would exceed the limit.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), ErrorKind> {
        let length = self.bytes.len().saturating_add(chunk.len());
        if length > self.limit {
            return Err(ErrorKind::BodyTooLarge);
        }
        if length > self.bytes.capacity() {
            // Doubles the capacity, as a `Vec` does, but not beyond the limit.
            let room = self.bytes.capacity().saturating_mul(2).min(self.limit).max(length);
            self.bytes.reserve_exact(room.saturating_sub(self.bytes.len()));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[cfg(any(feature = "axum", feature = "tower"))]
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
