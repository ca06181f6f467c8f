//! Compact JSON Web Signatures with HMAC-SHA256 (RFC 7515, RFC 7519), and one verifier for the tokens of any platform. The
//! order is shape, signature, claims, then what the claims cover.

mod body;
mod carrier;
mod header;
mod policy;
mod webhook;

pub(crate) use body::{Body, Covered, check_hash};
pub(crate) use carrier::{AUTHORIZATION, Carrier};
pub(crate) use policy::{Age, Policy};
pub use webhook::TokenWebhook;
pub(crate) use webhook::{Dated, TokenRule};

use std::borrow::Cow;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use crate::claims::Claims;
use crate::encoding::base64;
use crate::error::{Error, ErrorKind};
use crate::mac::{MacKeys, Senders, Tag};
use crate::secret::KeyId;

/// A well-formed token. Nothing is verified yet.
pub(crate) struct Token<'t> {
    /// The signed bytes: the encoded header, a dot and the encoded payload.
    signing_input: &'t [u8],
    payload: Vec<u8>,
    signature: [u8; 32],
}

/// The result of a verified signature.
pub(crate) struct Signed {
    pub(crate) key: KeyId,
    pub(crate) tenant: Option<Arc<str>>,
    pub(crate) claims: Claims,
}

impl<'t> Token<'t> {
    /// Splits and decodes a token: three segments of base64url, a header with HS256 and no extension, a signature of 32 bytes.
    /// The payload's JSON is not parsed.
    pub(crate) fn parse(token: &'t [u8]) -> Result<Self, Error> {
        let (signing_input, signature) = split(token, memrchr(b'.', token))?;
        let (header, payload) = split(signing_input, memchr(b'.', signing_input))?;
        // A dot is not base64, so a fourth segment is rejected here.
        let payload = base64::decode_url(payload).ok_or(ErrorKind::TokenMalformed)?;
        header::check(header)?;
        let signature = base64::decode_url_32(signature).ok_or(ErrorKind::SignatureMalformed)?;
        Ok(Self { signing_input, payload, signature })
    }

    /// Verifies the signature, and only then parses the claims. With tenants, the claim `tenant_claim` selects the secret, and
    /// the signature then confirms it.
    pub(crate) fn verify(self, keys: &Senders<MacKeys>, tenant_claim: &'static str) -> Result<Signed, Error> {
        let (keys, tenant) = keys.select(|| self.untrusted(tenant_claim))?;
        let key = keys
            .find(&[self.signing_input], &Tag::new(&self.signature).into())
            .ok_or(ErrorKind::SignatureMismatch)?;
        let claims = Claims::parse(self.payload)?;
        // Both readings are of the same bytes. A tenant's proof depends on their being equal.
        let is_theirs = tenant.is_none_or(|tenant| claims.text(tenant_claim) == Some(tenant));
        is_theirs
            .then(|| Signed { key, tenant: tenant.cloned(), claims })
            .ok_or_else(|| Error::claim(ErrorKind::ClaimMismatch, tenant_claim))
    }

    /// Returns the tenant that the token names, unverified.
    fn untrusted(&self, tenant_claim: &'static str) -> Result<Cow<'_, str>, Error> {
        Claims::untrusted(&self.payload, tenant_claim)
    }
}

fn split(text: &[u8], dot: Option<usize>) -> Result<(&[u8], &[u8]), ErrorKind> {
    dot.and_then(|dot| Some((text.get(..dot)?, text.get(dot.checked_add(1)?..)?)))
        .ok_or(ErrorKind::TokenMalformed)
}
