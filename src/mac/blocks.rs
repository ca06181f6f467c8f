//! Hash functions as functions of blocks.
//!
//! The types that `digest` makes of them are copied when they are begun and when they are finished. A processor waits to read in
//! other pieces what it has just written: for a short message, as long as a twentieth of its hash takes.

use sha2::Sha256;
use sha2::digest::Output;
use sha2::digest::block_api::{Buffer, CoreProxy, FixedOutputCore};

/// Hashes a message with SHA-256.
pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    hash(<Sha256 as CoreProxy>::Core::default(), message).into()
}

/// Hashes a message from this state on.
#[inline]
pub(super) fn hash<C: FixedOutputCore>(mut core: C, message: &[u8]) -> Output<C> {
    let mut rest = Buffer::<C>::default();
    rest.digest_blocks(message, |blocks| core.update_blocks(blocks));
    let mut output = Output::<C>::default();
    core.finalize_fixed_core(&mut rest, &mut output);
    output
}
