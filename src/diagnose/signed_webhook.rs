//! Why a token is refused: its signature, its time, or what it covers.

use super::case::{Case, Changes, DECODED, ReadSecret, VERBATIM, proofs};
use super::explain::Explanation;
use super::payloads::Payload;
use super::tokens::{self, Found};
use super::{Cause, Finding, times};
use crate::claims::Claims;
use crate::encoding::base64;
use crate::error::{Error, ErrorKind};
use crate::jwt::{Policy, Signed, Token, TokenRule, TokenWebhook};
use crate::mac::{Function, MacKeys, Senders, Tag};
use crate::providers::vonage::contact_center::{ContactCenterRule, SIGNATURE};
use crate::providers::vonage::signed_webhook::SignedWebhookRule;
use crate::secret::Secret;
use crate::time::Tolerance;

pub(super) fn explain<R: Payload>(case: &Case<'_>, webhook: &TokenWebhook<R>) -> Explanation {
    let header = webhook.carrier().header_name();
    let tokens = tokens::find(case.capture, header);
    for found in &tokens {
        if let Some((changes, judged)) = matching(case, found, webhook) {
            return Ok(after_signature(case, webhook, &changes, judged));
        }
    }
    if let Some(finding) = other_algorithm(case, &tokens, read_secret::<R>()) {
        return Ok(vec![finding]);
    }
    Err(match case.refusal.kind() {
        ErrorKind::TokenMissing if tokens.is_empty() => {
            let evidence = format!("there is no token in the header `{header}`, and none in any other");
            let is_callback = is::<R, SignedWebhookRule>() || is::<R, ContactCenterRule>();
            let named = if is_callback { Cause::UnsignedCallback } else { Cause::SignatureMissing };
            vec![Finding::hint(named, evidence)]
        }
        ErrorKind::SignatureMismatch | ErrorKind::TokenMissing => case.unexplained(Vec::new()),
        _ => vec![case.refused_otherwise()],
    })
}

/// What a token with the right signature says, or why it is refused all the same.
type Judged = Result<Box<Signed>, Error>;

fn is<R: TokenRule, Other: TokenRule>() -> bool {
    R::SCHEME == Other::SCHEME
}

/// How a platform makes a key of a secret's text.
fn read_secret<R: TokenRule>() -> ReadSecret {
    if is::<R, ContactCenterRule>() { DECODED } else { VERBATIM }
}

/// Finds the secret that signed a token, and what has to be done to it.
fn matching<R: TokenRule>(
    case: &Case<'_>,
    found: &Found<'_>,
    webhook: &TokenWebhook<R>,
) -> Option<(Changes, Judged)> {
    let mut judged = None;
    let mut matches = |secret: &Secret| {
        judged = verify(found.token, secret);
        judged.is_some()
    };
    let (read, length) = (read_secret::<R>(), found.token.len());
    let undecoded =
        || vec![(Cause::SecretBase64, "the secret is used as it is, not decoded from base64".to_owned())];
    let secret = case
        .try_secrets(read, length, &mut matches)
        .or_else(|| {
            let plain =
                is::<R, ContactCenterRule>().then(|| case.try_secrets(VERBATIM, length, &mut matches));
            plain.flatten().map(|other| [undecoded(), other].concat())
        })
        .or_else(|| case.change_secrets(read, length, &mut matches))?;
    let header = webhook.carrier().header_name();
    let is_contact_centers = is::<R, SignedWebhookRule>()
        && found.header == SIGNATURE
        && secret.iter().any(|(cause, _)| *cause == Cause::SecretBase64);
    let changes = if is_contact_centers && found.header != *header {
        vec![(Cause::SchemeOther, "the scheme is `vonage-contact-center`".to_owned())]
    } else {
        let malformed = [ErrorKind::TokenMalformed, ErrorKind::SignatureMalformed];
        let is_malformed = malformed.contains(&case.refusal.kind());
        [found.changes(webhook.carrier(), is_malformed), secret].concat()
    };
    Some((changes, judged?))
}

/// `None` where the token is not signed with this secret.
fn verify(token: &[u8], secret: &Secret) -> Option<Judged> {
    let keys = Senders::one(Function::HmacSha256, &secret.clone().into());
    // Of one sender, no claim is asked for.
    match Token::parse(token).ok()?.verify(&keys, "") {
        Ok(signed) => Some(Ok(Box::new(signed))),
        Err(error) if error.kind() == ErrorKind::SignatureMismatch => None,
        Err(error) => Some(Err(error)),
    }
}

/// The signature is explained; what else is wrong?
fn after_signature<R: Payload>(
    case: &Case<'_>,
    webhook: &TokenWebhook<R>,
    changes: &Changes,
    judged: Judged,
) -> Vec<Finding> {
    let mut findings = proofs(changes);
    match judged {
        Ok(signed) => {
            findings.extend(time(webhook.policy(), &signed.claims));
            findings.extend(webhook.rule().payload(case, &signed.claims));
        }
        Err(error) => findings.push(Finding::hint(Cause::RefusedOtherwise, error.to_string())),
    }
    if findings.is_empty() {
        findings.push(case.refused_otherwise());
    }
    findings
}

fn time(policy: &Policy, claims: &Claims) -> Option<Finding> {
    let refusal = policy.check(claims).err()?;
    let window = policy.window().unwrap_or(Tolerance::from_secs(300, 60));
    let now = policy.clock.now().ok()?;
    let begun = claims.issued_at().or(claims.not_before());
    match (refusal.kind(), begun, claims.expires_at(), claims.not_before()) {
        (ErrorKind::TimestampStale | ErrorKind::TimestampFuture, Some(issued), _, _) => {
            Some(times::outside("`iat`", issued, now, window))
        }
        (ErrorKind::TokenExpired, begun, Some(expires), _) => {
            Some(times::expired(expires, begun.unwrap_or(expires), now, window))
        }
        (ErrorKind::TokenPremature, _, _, Some(start)) => {
            Some(times::outside("`nbf`", start, now, policy.leeway))
        }
        _ => Some(Finding::hint(Cause::RefusedOtherwise, refusal.to_string())),
    }
}

/// A token of another algorithm than HS256.
fn other_algorithm(case: &Case<'_>, tokens: &[Found<'_>], read: ReadSecret) -> Option<Finding> {
    tokens.iter().find_map(|found| match found.algorithm.as_str() {
        name @ ("HS384" | "HS512") => {
            let matches = |secret: &Secret| signs_hs512(found.token, secret);
            let signed = name == "HS512" && case.try_secrets(read, found.token.len(), matches).is_some();
            Some(if signed {
                Finding::proved(Cause::AlgorithmOther, "the signature matches when the algorithm is HS512")
            } else {
                let evidence = format!("the token's header says {name}, and the platform signs with HS256");
                Finding::hint(Cause::AlgorithmOther, evidence)
            })
        }
        algorithm if ["RS", "PS", "ES", "Ed"].iter().any(|prefix| algorithm.starts_with(prefix)) => {
            Some(Finding::hint(
                Cause::SchemeOther,
                "the token is signed with a private key: it is an API token of one's own, not a webhook's",
            ))
        }
        _ => None,
    })
}

fn signs_hs512(token: &[u8], secret: &Secret) -> bool {
    let signed = || {
        let dot = token.iter().rposition(|byte| *byte == b'.')?;
        let signature = base64::decode_url(token.get(dot.checked_add(1)?..)?)?;
        MacKeys::of_secret(Function::HmacSha512, secret).find(token.get(..dot)?, &Tag::new(&signature).into())
    };
    signed().is_some()
}
