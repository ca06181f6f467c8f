//! From a request to what its token proves.

use super::payload::Body;
use super::query::check_query;
use super::{SignedWebhook, UnhashedBody};
use crate::error::{Error, ErrorKind};
use crate::jwt::{Signed, Token};
use crate::request::{Head, Request};
use crate::verifier::{Coverage, Evidence, Replays, Validity, Verification, Verified, Verifier};

impl SignedWebhook {
    /// Judges the token, and the head's method.
    fn check_token(&self, head: Head<'_>) -> Result<(Signed, Option<Validity>), Error> {
        let token = Token::parse(self.carrier.token(head, self.unsigned)?)?;
        self.methods.check(head)?;
        let signed = token.verify(&self.keys)?;
        let validity = self.policy.check(&signed.claims)?;
        Ok((signed, validity))
    }

    /// Judges what the token says of a query, and tells what it covers and what is left to be proved of the body.
    fn check_query(&self, head: Head<'_>, signed: &Signed) -> Result<(Coverage, Body), Error> {
        match (&signed.payload_hash, &self.unhashed_body) {
            (None, UnhashedBody::Refused) => Err(ErrorKind::PayloadHashMissing.into()),
            (None, UnhashedBody::Accepted) => Ok((Coverage::Token, Body::Unsigned)),
            (Some(hash), _) if head.method() == "GET" => {
                check_query(head.query(), hash)?;
                Ok((Coverage::Query, Body::Absent))
            }
            (Some(hash), _) => Ok((Coverage::Body, Body::Hashed(*hash))),
        }
    }
}

impl Verifier for SignedWebhook {
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
        let (signed, validity) = self.check_token(head)?;
        let (coverage, body) = self.check_query(head, &signed)?;
        let verification = body.begin(evidence(head, signed, coverage, validity), self.max_body);
        Ok(verification.judged_again(&self.policy.clock))
    }

    fn verify(&self, request: Request<'_>) -> Result<Verified, Error> {
        let (signed, validity) = self.check_token(request.head())?;
        let (coverage, body) = self.check_query(request.head(), &signed)?;
        body.check(request.body(), self.max_body)?;
        Ok(Verified::new(evidence(request.head(), signed, coverage, validity)))
    }

    fn replays(&self) -> Replays {
        Replays::of(self.policy.window)
    }

    fn scheme(&self) -> &'static str {
        "vonage-jwt"
    }
}

/// What a token proves that covers this much of a request.
fn evidence(head: Head<'_>, signed: Signed, coverage: Coverage, validity: Option<Validity>) -> Evidence {
    let evidence = Evidence::new(signed.key, coverage)
        .signed_at(Some(signed.claims.issued_at()))
        .validity(validity)
        .tenant(signed.tenant)
        .claims(signed.claims);
    if coverage == Coverage::Query { evidence.query(head.query()) } else { evidence }
}
