//! Signs for the hex HMAC schemes.

use super::Delivery;
use crate::encoding::hex;
use crate::mac::{Algorithm, MacKeys};
use crate::providers::vogent::SIGNATURE;
use crate::secret::Secret;

/// Makes a POST of JSON with the hex HMAC of its body in `header`. [`HexHmac`](crate::HexHmac) verifies it.
pub fn hex_hmac(header: &str, algorithm: Algorithm, secret: &Secret, body: impl Into<Vec<u8>>) -> Delivery {
    let body = body.into();
    let tag = MacKeys::of_secret(algorithm.into(), secret).sign(&[&body]);
    Delivery::post("application/json", body).with_header(header, &hex::encode(&tag))
}

/// Makes a request of Vogent. [`Vogent`](crate::Vogent) verifies it.
pub fn vogent(secret: &Secret, body: impl Into<Vec<u8>>) -> Delivery {
    hex_hmac(SIGNATURE.as_str(), Algorithm::Sha256, secret, body)
}
