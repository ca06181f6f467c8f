//! Deliberate leaks, as a control: each must be found.

use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Checks with a leak whether `signature` is the hex of HMAC(key, body).
pub type Leak = fn(key: &[u8], body: &[u8], signature: &[u8]) -> bool;

pub const LEAKS: [(&str, Leak); 4] = [
    ("early exit", early_exit),
    ("== of run-time length", equal_slices),
    ("hex by table", hex_table),
    ("a verdict for each byte", verdict_each_byte),
];

/// Stops at the first byte that differs. `black_box` stops the optimiser from comparing all at once.
pub fn early_exit(key: &[u8], body: &[u8], signature: &[u8]) -> bool {
    let (tag, given) = (tag(key, body), decode(signature));
    (0..32).all(|at| tag[at] == given[black_box(at)])
}

/// `==`, which calls `bcmp` if the compiler does not know the length.
fn equal_slices(key: &[u8], body: &[u8], signature: &[u8]) -> bool {
    black_box(tag(key, body).to_vec()) == black_box(decode(signature).to_vec())
}

/// Compares texts in constant time, but looks up the expected one in a table.
fn hex_table(key: &[u8], body: &[u8], signature: &[u8]) -> bool {
    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
    let digits = tag(key, body).into_iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    black_box(digits.zip(signature).fold(0, |difference, (expected, given)| difference | (expected ^ given)))
        == 0
}

/// Asks for a verdict per byte and stops at the first that differs: an early exit in the one function that may branch.
fn verdict_each_byte(key: &[u8], body: &[u8], signature: &[u8]) -> bool {
    tag(key, body).iter().zip(decode(signature)).all(|(expected, given)| compare::verdict(*expected == given))
}

pub fn tag(key: &[u8], body: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("any length will do");
    mac.chain_update(body).finalize().into_bytes().into()
}

fn decode(signature: &[u8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    hex::decode_to_slice(signature, &mut bytes).expect("hex");
    bytes
}

/// A deliberate misuse of the one function that may branch: it has the name that `.ci/constant-time` looks for.
mod compare {
    #[inline(never)]
    pub fn verdict(equal: bool) -> bool {
        if equal { super::black_box(true) } else { false }
    }
}
