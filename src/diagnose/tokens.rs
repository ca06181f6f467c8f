//! Why a token is rejected.

use super::case::{Case, Changes, DECODED, VERBATIM};
use super::explain::{Covers, Message, Signed, Subject, Traits};
use super::{Capture, Cause, Finding, signatures, times};
use crate::claims::Claims;
use crate::encoding::base64;
use crate::error::{Error, ErrorKind};
use crate::jwt::{Policy, TokenRule, TokenWebhook};
use crate::mac::{Function, SenderKeys, SignatureKind, Tag};
use crate::providers::vonage::contact_center::ContactCenterRule;
use crate::providers::vonage::signed_webhook::SignedWebhookRule;
use crate::request::{Head, Request};
use crate::time::Tolerance;

impl<R: TokenRule> Subject for TokenWebhook<R> {
    fn traits(&self) -> Traits<'_> {
        let is_decoded = R::SCHEME == ContactCenterRule::SCHEME;
        Traits {
            kind: Some(SignatureKind::Mac(Function::HmacSha256)),
            base: self.rule().base(),
            readings: if is_decoded { &[DECODED] } else { &[VERBATIM] },
            covers: Covers::Token,
        }
    }

    fn prove(&self, request: Request<'_>, keys: Option<&SenderKeys>) -> Result<Signed, Error> {
        match self.claims(request.head(), keys.and_then(SenderKeys::mac)) {
            // The claims are read after the signature matches.
            Err(error) if CLAIMS.contains(&error.kind()) => Ok(Signed { beside: None, rest: Err(error) }),
            claims => {
                let claims = claims?;
                let beside = beside(self.policy(), &claims);
                Ok(Signed { beside, rest: self.check_payload(request, &claims) })
            }
        }
    }

    fn kinds(&self, head: Head<'_>) -> Result<Vec<SignatureKind>, Error> {
        self.parse(head).map(|_| self.traits().kind.into_iter().collect())
    }

    fn own_keys(&self, request: Request<'_>) -> Option<SenderKeys> {
        self.own_keys(request.head()).cloned().map(SenderKeys::Mac)
    }

    fn claimed_tenant(&self, request: Request<'_>) -> Option<String> {
        Self::claimed_tenant(self.carrier(), request.head()).ok()
    }

    fn moved(&self, case: &Case<'_>) -> Vec<(Changes, Capture)> {
        // Only this platform signs a query by itself.
        if R::SCHEME != SignedWebhookRule::SCHEME {
            return Vec::new();
        }
        let capture = case.capture;
        let mut moved = Vec::new();
        let mut push = |cause, words: &str, method: &str, body: &[u8]| {
            let capture = Capture { method: method.to_owned(), body: body.to_vec(), ..capture.clone() };
            moved.push((vec![(cause, words.to_owned())], capture));
        };
        if !capture.query.is_empty() {
            let words = "it is taken for the hash of the raw query";
            push(Cause::PayloadHashRawQuery, words, "POST", &capture.query);
        }
        if capture.method == "GET" {
            let words = "the body is taken instead of the query";
            push(Cause::ParamsOtherSource, words, "POST", &capture.body);
        } else if !capture.query.is_empty() {
            push(Cause::ParamsOtherSource, "the query is taken instead of the body", "GET", b"");
        }
        moved
    }

    /// A token of another algorithm.
    fn messages(&self, case: &Case<'_>) -> Vec<Message> {
        let read = |token: &[u8]| {
            let (input, signature) = token.split_at_checked(token.iter().rposition(|byte| *byte == b'.')?)?;
            Some(Message {
                change: (Cause::AlgorithmOther, "the algorithm is HS512".to_owned()),
                function: Function::HmacSha512,
                bytes: input.to_vec(),
                tag: Tag::new(&base64::decode_url(signature.strip_prefix(b".")?)?),
            })
        };
        let tokens = signatures::tokens(case.capture);
        tokens.filter(|token| algorithm(token).as_deref() == Some("HS512")).filter_map(read).collect()
    }

    fn hints(&self, case: &Case<'_>) -> Vec<Finding> {
        let token = signatures::tokens(case.capture).next();
        let algorithm = token.and_then(algorithm).unwrap_or_default();
        let is_private = ["RS", "PS", "ES", "Ed"].iter().any(|prefix| algorithm.starts_with(prefix));
        let (named, evidence) = match case.rejection.kind() {
            ErrorKind::TokenMissing | ErrorKind::TokenAwaited if token.is_none() => {
                let header = self.carrier().header_name();
                let is_callback = [SignedWebhookRule::SCHEME, ContactCenterRule::SCHEME].contains(&R::SCHEME);
                let missing = if is_callback { Cause::UnsignedCallback } else { Cause::SignatureMissing };
                (missing, format!("there is no token in the header `{header}`, and none in any other"))
            }
            ErrorKind::TokenMissing | ErrorKind::TokenAwaited | ErrorKind::SignatureMismatch => {
                return case.unexplained(Vec::new());
            }
            ErrorKind::AlgorithmMismatch if is_private => {
                let evidence = "the token is signed with a private key: it is an API token, not a webhook's";
                (Cause::SchemeOther, evidence.to_owned())
            }
            ErrorKind::AlgorithmMismatch if algorithm.starts_with("HS") => {
                // Any other name is a text of the sender.
                let known = ["HS384", "HS512"].into_iter().find(|known| algorithm == *known);
                let algorithm = known.unwrap_or("another algorithm");
                let evidence =
                    format!("the token's header says {algorithm}, and the platform signs with HS256");
                (Cause::AlgorithmOther, evidence)
            }
            _ => return vec![case.rejected_otherwise()],
        };
        vec![Finding::hint(named, evidence)]
    }
}

/// Explains a token's time or a required claim.
fn beside(policy: &Policy, claims: &Claims) -> Option<Finding> {
    let rejection = policy.check(claims).err()?;
    let window = policy.window().unwrap_or(Tolerance::from_secs(300, 60));
    let now = policy.clock.now().ok()?;
    let issued = claims.issued_at().map(|time| ("`iat`", time));
    let begun = issued.or(claims.not_before().map(|time| ("`nbf`", time)));
    Some(match (rejection.kind(), begun, claims.expires_at(), claims.not_before()) {
        (ErrorKind::TimestampStale | ErrorKind::TimestampFuture, Some((name, begun)), _, _) => {
            times::outside(name, begun, now, window)
        }
        (ErrorKind::TokenExpired, begun, Some(expires), _) => {
            let (name, begun) = begun.unwrap_or(("`exp`", expires));
            let distance = now.as_secs().abs_diff(expires.as_secs());
            let evidence =
                format!("the signature matches, and `exp` was {distance} s before the clock's time");
            let other_unit = times::other_unit(name, begun, now, window);
            other_unit.unwrap_or_else(|| Finding::proved(Cause::TokenExpired, evidence))
        }
        (ErrorKind::TokenPremature, _, _, Some(start)) => times::outside("`nbf`", start, now, policy.leeway),
        _ => Finding::hint(Cause::RejectedOtherwise, rejection.to_string()),
    })
}

/// `alg` of a token's header.
fn algorithm(token: &[u8]) -> Option<String> {
    let header = base64::decode_url(token.split(|byte| *byte == b'.').next()?)?;
    let header: serde_json::Value = serde_json::from_slice(&header).ok()?;
    Some(header.get("alg")?.as_str()?.to_owned())
}

/// The errors about claims after a valid signature.
const CLAIMS: [ErrorKind; 4] = [
    ErrorKind::ClaimsMalformed,
    ErrorKind::ClaimMissing,
    ErrorKind::ClaimMalformed,
    ErrorKind::ClaimMismatch,
];
