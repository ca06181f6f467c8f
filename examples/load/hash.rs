//! The cost that no library can avoid.

use std::hint::black_box;
use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Returns the microseconds of the bare HMAC-SHA256 of a body, with a prepared key.
pub(crate) fn microseconds(body: &[u8]) -> f64 {
    let Ok(keyed) = Hmac::<Sha256>::new_from_slice(b"load-5f1e3c07d8") else { return f64::NAN };
    let start = Instant::now();
    for _ in 0..TIMES {
        black_box(keyed.clone().chain_update(black_box(body)).finalize());
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
}

const TIMES: u32 = 10_000;
