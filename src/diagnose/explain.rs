//! What each verifier tells of its settings.

use super::case::Case;
use super::signed_webhook::{self, Product};
use super::{Capture, Finding, hex_hmac, sms};
use crate::providers::hex_hmac::HexHmac;
use crate::providers::vogent::Vogent;
use crate::providers::vonage::{ContactCenter, SignedWebhook, Sms};
use crate::providers::voxagent::Voxagent;

/// Seals [`Diagnose`](super::Diagnose).
pub trait Explain {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding>;

    /// Whose delivery it says it is, where a scheme has tenants.
    fn untrusted_api_key(&self, _: &Capture) -> Option<String> {
        None
    }
}

impl Explain for HexHmac {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding> {
        let (header, function) = self.settings();
        hex_hmac::diagnose(case, header, function)
    }
}

impl Explain for Vogent {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding> {
        self.hex_hmac().explain(case)
    }
}

impl Explain for Voxagent {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding> {
        self.hex_hmac().explain(case)
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

impl Explain for SignedWebhook {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding> {
        signed_webhook::diagnose(case, self, Product::SignedWebhook)
    }

    fn untrusted_api_key(&self, capture: &Capture) -> Option<String> {
        self.claimed_api_key(capture.request().head())
    }
}

impl Explain for ContactCenter {
    fn explain(&self, case: &Case<'_>) -> Vec<Finding> {
        signed_webhook::diagnose(case, self.signed_webhook(), Product::ContactCenter)
    }
}
