//! What each verifier tells of its settings.

use super::case::{Case, VERBATIM, proofs};
use super::payloads::Payload;
use super::{Capture, Finding, hex_hmac, signed_webhook, sms};
use crate::error::ErrorKind;
use crate::jwt::TokenWebhook;
use crate::mac::{SenderKeys, SignatureKind};
use crate::providers::static_token::StaticToken;
use crate::providers::vonage::Sms;
use crate::rule::Rule;
use crate::secret::Secret;
use crate::verifier::Verifier;
use crate::webhook::Webhook;

/// Seals [`Diagnose`](super::Diagnose).
pub trait Explain {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding>;

    /// Whose delivery it says it is, where a scheme has tenants.
    fn untrusted_api_key(&self, _: &Capture) -> Option<String> {
        None
    }
}

impl<R: Rule> Explain for Webhook<R> {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding> {
        let kind = self.keys().0.single().map(SenderKeys::kind);
        match (self.asked(case.capture).first(), kind) {
            (Some(header), Some(SignatureKind::Mac(function))) => hex_hmac::diagnose(case, header, function),
            _ => Vec::new(),
        }
    }
}

/// Nothing is signed. The token may still be another, or stored wrongly.
impl Explain for StaticToken {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding> {
        if case.refusal.kind() != ErrorKind::SignatureMismatch {
            return vec![case.refused_otherwise()];
        }
        let matches = |token: &Secret| self.with_token(token).verify(case.capture.request()).is_ok();
        let found = case.try_secrets(VERBATIM, 0, matches);
        match found.or_else(|| case.change_secrets(VERBATIM, 0, matches)) {
            Some(changes) if !changes.is_empty() => proofs(&changes),
            _ => case.unexplained(Vec::new()),
        }
    }
}

impl Explain for Sms {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding> {
        sms::diagnose(case, self)
    }

    fn untrusted_api_key(&self, capture: &Capture) -> Option<String> {
        Self::claimed_api_key(capture.request())
    }
}

impl<R: Payload> Explain for TokenWebhook<R> {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding> {
        signed_webhook::diagnose(case, self)
    }

    fn untrusted_api_key(&self, capture: &Capture) -> Option<String> {
        Self::claimed_tenant(self.carrier(), capture.request().head()).ok()
    }
}
