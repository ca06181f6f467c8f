//! Base64 (RFC 4648, sections 4 and 5).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::URL_SAFE_NO_PAD};

/// Decodes a segment of a compact JWS (RFC 7515, section 2): base64url without padding, trailing bits or white space.
pub(crate) fn decode_url(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Decodes the signature of a compact JWS: base64url of exactly 32 bytes.
pub(crate) fn decode_url_32(text: &[u8]) -> Option<[u8; 32]> {
    // `decode_slice` wants room for whole groups of four digits.
    let mut bytes = [0; 33];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    bytes.get(..length)?.try_into().ok()
}

/// Decodes a secret: the standard alphabet, padded or not.
pub(crate) fn decode_standard(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD_ANY_PADDING.decode(text).ok()
}

/// Encodes a segment of a compact JWS.
#[cfg(feature = "sign")]
pub(crate) fn encode_url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

const STANDARD_ANY_PADDING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
