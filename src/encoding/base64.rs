//! Base64 (RFC 4648, sections 4 and 5).

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::sync::LazyLock;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::Simd;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, NO_PAD, STANDARD};

/// Decodes a segment of a compact JWS (RFC 7515, section 2): base64url without padding, trailing bits or white space.
pub(crate) fn decode_url(text: &[u8]) -> Option<Vec<u8>> {
    // `decode` allocates zeroed memory, which is slower with glibc than a plain capacity.
    let mut bytes = Vec::with_capacity(base64::decoded_len_estimate(text.len()));
    URL.decode_vec(text, &mut bytes).ok().map(|()| bytes)
}

/// Decodes the signature of a compact JWS: base64url of exactly 32 bytes.
pub(crate) fn decode_url_32(text: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let length = URL.decode_slice(text, &mut bytes).ok()?;
    (length == bytes.len()).then_some(bytes)
}

/// Decodes a signature of at most 64 bytes and returns its length: the standard alphabet, padded, without trailing bits or
/// white space.
pub(crate) fn decode_signature(text: &[u8]) -> Option<([u8; 66], usize)> {
    // Rounded up to whole groups of three.
    let mut bytes = [0; 66];
    let length = STANDARD.decode_slice(text, &mut bytes).ok()?;
    Some((bytes, length))
}

/// Decodes as [`decode_signature`] does, but exactly 32 bytes.
pub(crate) fn decode_padded_32(text: &[u8]) -> Option<[u8; 32]> {
    let (bytes, length) = decode_signature(text)?;
    bytes.first_chunk().filter(|_| length == 32).copied()
}

/// Encodes with the standard alphabet, padded.
pub(crate) fn encode_padded(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes a secret: the standard alphabet, padded or not.
pub(crate) fn decode_standard(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD_ANY_PADDING.decode(text).ok()
}

/// Decodes as [`decode_standard`] does, but ignores trailing bits. For platforms that do the same.
pub(crate) fn decode_lenient(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD_LENIENT.decode(text).ok()
}

/// Encodes a segment of a compact JWS.
#[cfg(feature = "sign")]
pub(crate) fn encode_url(bytes: impl AsRef<[u8]>) -> String {
    URL.encode(bytes)
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static URL: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD);
const STANDARD_ANY_PADDING: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
const STANDARD_LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING.with_decode_allow_trailing_bits(true));
const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
