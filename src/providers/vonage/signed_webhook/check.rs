//! From a head to what its token proves.

use super::payload::{Body, check_query};
use super::{SignedWebhook, UnhashedBody};
use crate::error::{Error, ErrorKind};
use crate::jwt::Token;
use crate::request::Head;
use crate::verifier::{Coverage, Evidence};

impl SignedWebhook {
    /// Judges all but the body, and says what is left to be proved of that.
    pub(super) fn check_head(&self, head: Head<'_>) -> Result<(Evidence, Body), Error> {
        let token = Token::parse(self.carrier.token(head)?)?;
        let covers_body = match head.method() {
            "POST" => true,
            "GET" if self.query_signed => false,
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
            .tenant(signed.tenant.as_ref())
            .claims(signed.claims);
        Ok((evidence, body))
    }
}
