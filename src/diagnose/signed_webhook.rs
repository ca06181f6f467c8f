//! Why a signed webhook is refused: its token, its time, or its payload.

use super::case::{Case, Changes, DECODED, ReadSecret, VERBATIM, proofs};
use super::tokens::{self, Found};
use super::{Cause, Finding, bodies, other_scheme, payloads, times};
use crate::claims::Claims;
use crate::encoding::base64;
use crate::error::{Error, ErrorKind};
use crate::jwt::{Policy, Signed, Token};
use crate::mac::{Function, MacKeys, Senders, Tag};
use crate::providers::vonage::contact_center::SIGNATURE;
use crate::providers::vonage::signed_webhook::SignedWebhook;
use crate::request::HeaderName;
use crate::secret::Secret;
use crate::time::Tolerance;

/// Which of the products that sign with tokens is expected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    /// Messages, Dispatch, Voice, Video: the secret's text is the key.
    SignedWebhook,
    /// The Contact Center: the secret decoded from base64 is.
    ContactCenter,
}

impl Product {
    fn read_secret(self) -> ReadSecret {
        match self {
            Self::SignedWebhook => VERBATIM,
            Self::ContactCenter => DECODED,
        }
    }
}

pub(super) fn diagnose(case: &Case<'_>, webhook: &SignedWebhook, product: Product) -> Vec<Finding> {
    let header = webhook.header_name();
    let tokens = tokens::find(case.capture, header);
    for found in &tokens {
        if let Some((changes, judged)) = matching(case, found, header, product, &case.refusal) {
            return after_signature(case, webhook, &changes, judged);
        }
    }
    if let Some(finding) = other_algorithm(case, &tokens, product) {
        return vec![finding];
    }
    let seen = || tokens.is_empty().then(|| other_scheme::seen(case)).flatten();
    match (other_scheme::proved(case).or_else(seen), case.refusal.kind()) {
        (Some(finding), _) => vec![finding],
        (None, ErrorKind::TokenMissing) if tokens.is_empty() => {
            let evidence = format!("there is no token in the header `{header}`, and none in any other");
            vec![Finding::hint(Cause::UnsignedCallback, evidence)]
        }
        (None, ErrorKind::SignatureMismatch | ErrorKind::TokenMissing) => case.unexplained(Vec::new()),
        (None, _) => vec![case.refused_otherwise()],
    }
}

/// Whether the token in this header is signed with any of the secrets.
pub(super) fn matches(case: &Case<'_>, header: &HeaderName, product: Product) -> bool {
    let mut own = tokens::find(case.capture, header).into_iter().filter(|found| found.header == *header);
    own.any(|found| {
        let matches = |secret: &Secret| verify(found.token, secret).is_some();
        case.try_secrets(product.read_secret(), found.token.len(), matches).is_some()
    })
}

/// What a token with the right signature says, or why it is refused all the same.
type Judged = Result<Box<Signed>, Error>;

/// Finds the secret that signed a token, and what has to be done to it.
fn matching(
    case: &Case<'_>,
    found: &Found<'_>,
    header: &HeaderName,
    product: Product,
    refusal: &Error,
) -> Option<(Changes, Judged)> {
    let mut judged = None;
    let mut matches = |secret: &Secret| {
        judged = verify(found.token, secret);
        judged.is_some()
    };
    let (read, length) = (product.read_secret(), found.token.len());
    let undecoded =
        || vec![(Cause::SecretBase64, "the secret is used as it is, not decoded from base64".to_owned())];
    let secret = case
        .try_secrets(read, length, &mut matches)
        .or_else(|| {
            let plain =
                (product == Product::ContactCenter).then(|| case.try_secrets(VERBATIM, length, &mut matches));
            plain.flatten().map(|other| [undecoded(), other].concat())
        })
        .or_else(|| case.change_secrets(read, length, &mut matches))?;
    let is_contact_centers = product == Product::SignedWebhook
        && found.header.as_str() == SIGNATURE
        && secret.iter().any(|(cause, _)| *cause == Cause::SecretBase64);
    let changes = if is_contact_centers && found.header != *header {
        vec![(
            Cause::SchemeOther,
            "it is verified as the Contact Center's (`vonage::ContactCenter`)".to_owned(),
        )]
    } else {
        let bearer_required = refusal.kind() == ErrorKind::TokenMalformed;
        [found.changes(header, bearer_required), secret].concat()
    };
    Some((changes, judged?))
}

/// `None` where the token is not signed with this secret.
fn verify(token: &[u8], secret: &Secret) -> Option<Judged> {
    let keys = Senders::one(Function::HmacSha256, &secret.clone().into());
    match Token::parse(token).ok()?.verify(&keys) {
        Ok(signed) => Some(Ok(Box::new(signed))),
        Err(error) if error.kind() == ErrorKind::SignatureMismatch => None,
        Err(error) => Some(Err(error)),
    }
}

/// The signature is explained; what else is wrong?
fn after_signature(
    case: &Case<'_>,
    webhook: &SignedWebhook,
    changes: &Changes,
    judged: Judged,
) -> Vec<Finding> {
    let mut findings = proofs(changes);
    match judged {
        Ok(signed) => {
            findings.extend(time(webhook.policy(), &signed.claims));
            match signed.payload_hash {
                Some(hash) => findings.extend(payload(case, &hash)),
                None => findings.extend(missing_hash(case)),
            }
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
    let window = policy.window.unwrap_or(Tolerance::from_secs(300, 60));
    let (iat, now) = (claims.issued_at(), policy.clock.now().ok()?);
    match (refusal.kind(), claims.expires_at(), claims.not_before()) {
        (ErrorKind::TimestampStale | ErrorKind::TimestampFuture, _, _) => {
            Some(times::outside("iat", iat, now, window))
        }
        (ErrorKind::TokenExpired, Some(expires), _) => Some(times::expired(expires, iat, now, window)),
        (ErrorKind::TokenPremature, _, Some(start)) => Some(times::outside("nbf", start, now, policy.leeway)),
        _ => Some(Finding::hint(Cause::RefusedOtherwise, refusal.to_string())),
    }
}

fn missing_hash(case: &Case<'_>) -> Option<Finding> {
    (case.refusal.kind() == ErrorKind::PayloadHashMissing).then(|| {
        Finding::hint(
            Cause::PayloadHashMissing,
            "the signature matches, and the token has no claim `payload_hash`",
        )
    })
}

fn payload(case: &Case<'_>, hash: &[u8; 32]) -> Vec<Finding> {
    if payloads::is_covered(case, hash) {
        return Vec::new();
    }
    if let Some((cause, words)) = payloads::find(case, hash) {
        let evidence = format!("the signature matches, and so does `payload_hash` when {words}");
        return vec![Finding::proved(cause, evidence)];
    }
    let hint = if case.capture.method == "GET" { None } else { bodies::hint(&case.capture.body) };
    let forged = Finding::hint(
        Cause::ForgedOrUnknownSecret,
        "the signature matches, and nothing that was tried gives a payload with its hash",
    );
    hint.into_iter().chain([forged]).collect()
}

/// A token of another algorithm than HS256.
fn other_algorithm(case: &Case<'_>, tokens: &[Found<'_>], product: Product) -> Option<Finding> {
    tokens.iter().find_map(|found| match found.algorithm.as_str() {
        "HS512" => {
            let matches = |secret: &Secret| signs_hs512(found.token, secret);
            let signed = case.try_secrets(product.read_secret(), found.token.len(), matches).is_some();
            Some(if signed {
                Finding::proved(Cause::AlgorithmOther, "the signature matches when the algorithm is HS512")
            } else {
                Finding::hint(
                    Cause::AlgorithmOther,
                    "the token's header says HS512, and Vonage signs with HS256",
                )
            })
        }
        "HS384" => Some(Finding::hint(
            Cause::AlgorithmOther,
            "the token's header says HS384, and Vonage signs with HS256",
        )),
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
