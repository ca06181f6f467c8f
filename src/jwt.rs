//! Compact JSON Web Signatures with HMAC-SHA256 (RFC 7515, RFC 7519), and one verifier over any platform's tokens: shape, then
//! signature, then claims, then what the claims bind.

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

/// A well-formed token, of which nothing is proved yet.
pub(crate) struct Token<'t> {
    /// The encoded header and payload with the dot between them: what is signed.
    signing_input: &'t [u8],
    payload: Vec<u8>,
    signature: [u8; 32],
}

/// What a token's signature proves.
pub(crate) struct Signed {
    pub(crate) key: KeyId,
    pub(crate) tenant: Option<Arc<str>>,
    pub(crate) claims: Claims,
}

impl<'t> Token<'t> {
    /// Takes a token apart and decodes it: three segments of base64url, a header that asks for HS256 and nothing
    /// beyond, a signature of 32 bytes. The payload's JSON is not looked at.
    pub(crate) fn parse(token: &'t [u8]) -> Result<Self, Error> {
        let (signing_input, signature) = split(token, memrchr(b'.', token))?;
        let (header, payload) = split(signing_input, memchr(b'.', signing_input))?;
        // A dot is no digit of base64, so that a segment too many is refused here.
        let payload = base64::decode_url(payload).ok_or(ErrorKind::TokenMalformed)?;
        header::check(header)?;
        let signature = base64::decode_url_32(signature).ok_or(ErrorKind::SignatureMalformed)?;
        Ok(Self { signing_input, payload, signature })
    }

    /// Checks the signature and, only if it holds, parses the claims. Where there are tenants, the secret is selected by
    /// the claim `tenant_claim`, which the signature then confirms.
    pub(crate) fn verify(self, keys: &Senders<MacKeys>, tenant_claim: &'static str) -> Result<Signed, Error> {
        let (keys, tenant) = keys.select(|| self.untrusted(tenant_claim))?;
        let key = keys
            .find(self.signing_input, &Tag::new(&self.signature).into())
            .ok_or(ErrorKind::SignatureMismatch)?;
        let claims = Claims::parse(self.payload)?;
        // Both were read from the same bytes; that they are one is what a tenant's proof rests on.
        let is_theirs = tenant.is_none_or(|tenant| claims.text(tenant_claim) == Some(tenant));
        is_theirs
            .then(|| Signed { key, tenant: tenant.cloned(), claims })
            .ok_or_else(|| Error::claim(ErrorKind::ClaimMismatch, tenant_claim))
    }

    /// The tenant the token claims to be signed by.
    fn untrusted(&self, tenant_claim: &'static str) -> Result<Cow<'_, str>, Error> {
        Claims::untrusted(&self.payload, tenant_claim)
    }
}

/// Splits around the dot at `dot`.
fn split(text: &[u8], dot: Option<usize>) -> Result<(&[u8], &[u8]), ErrorKind> {
    dot.and_then(|dot| Some((text.get(..dot)?, text.get(dot.checked_add(1)?..)?)))
        .ok_or(ErrorKind::TokenMalformed)
}
