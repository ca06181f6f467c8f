//! Where a verifier keeps what it made of its secret.

use std::hint::black_box;

use countersign::Verifier;
use sha2::block_api::compress256;

use crate::valgrind::{make_defined, make_undefined};

/// Marks as undefined the states that HMAC-SHA256 keeps of this key, of at most a block, within the verifier itself.
///
/// # Panics
///
/// If they are not there. They may be there twice: moving an empty place takes along what was in its memory before.
pub fn make_states_undefined(verifier: &dyn Verifier, key: &[u8]) {
    let (start, length) = ((&raw const *verifier).cast::<u8>(), size_of_val(verifier));
    let mut copy = vec![0_u8; length];
    // SAFETY: both are as long as the verifier. What is between its fields is undefined until valgrind is told otherwise.
    unsafe { start.copy_to_nonoverlapping(copy.as_mut_ptr(), length) };
    make_defined(copy.as_ptr().expose_provenance(), length);
    let copy = black_box(copy);
    for state in states(key) {
        let places: Vec<_> =
            copy.windows(state.len()).enumerate().filter(|(_, bytes)| **bytes == state).collect();
        assert!(!places.is_empty(), "the keyed state is not in the verifier");
        for (at, _) in places {
            // SAFETY: within the verifier, as found.
            make_undefined(unsafe { std::slice::from_raw_parts(start.add(at), state.len()) });
        }
    }
}

/// The two chaining values that HMAC-SHA256 begins with (RFC 2104, section 4).
fn states(key: &[u8]) -> [[u8; 32]; 2] {
    [0x36, 0x5c].map(|pad| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        let mut state = INITIAL;
        compress256(&mut state, &[block]);
        let mut bytes = [0; 32];
        bytes
            .chunks_exact_mut(4)
            .zip(state)
            .for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_ne_bytes()));
        bytes
    })
}

/// FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
