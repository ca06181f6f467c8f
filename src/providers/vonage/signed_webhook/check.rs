//! From a head to what its token proves.

use super::payload::{Body, check_query};
use super::{SignedWebhook, UnhashedBody};
use crate::error::{Error, ErrorKind};
use crate::jwt::Token;
use crate::request::Head;
use crate::verifier::{Coverage, Evidence, ReplayKey};

impl SignedWebhook {
    /// Judges all but the body, and says what is left to be proved of that.
    pub(super) fn check_head(&self, head: Head<'_>) -> Result<(Evidence, Body), Error> {
        let token = Token::parse(self.carrier.token(head)?)?;
        let covers_body = match head.method() {
            "POST" => true,
            "GET" => false,
            _ => return Err(ErrorKind::MethodUnsupported.into()),
        };
        let signed = token.verify(&self.keys)?;
        self.policy.check(&signed.claims)?;
        let (coverage, body) = match (signed.claims.payload_hash(), &self.unhashed_body) {
            (None, UnhashedBody::Refused) => return Err(ErrorKind::PayloadHashMissing.into()),
            (None, UnhashedBody::Accepted) => (Coverage::Token, Body::Unsigned),
            (Some(hash), _) if covers_body => (Coverage::Body, Body::Hashed(*hash)),
            (Some(hash), _) => {
                check_query(head.query(), hash)?;
                (Coverage::Query, Body::Absent)
            }
        };
        let evidence = Evidence::new(signed.key, coverage)
            .signed_at(Some(signed.claims.issued_at()))
            .replay_key(replay_key(signed.claims.api_key(), signed.claims.id()))
            .tenant(signed.tenant.as_ref())
            .claims(signed.claims);
        Ok((evidence, body))
    }
}

/// `jti` is unique to the account that signed: another's tokens must not stand for this one's. The length keeps the two
/// apart.
fn replay_key(api_key: Option<&str>, id: Option<&str>) -> Option<ReplayKey> {
    let id = id.filter(|id| !id.is_empty())?;
    Some(ReplayKey::new(format!("{}:{id}:{}", id.len(), api_key.unwrap_or_default())))
}
