//! Whether a request is signed by another scheme than the one that was expected.

use super::case::{Case, DECODED, VERBATIM};
use super::{Cause, Finding, hex_hmac, signed_webhook, sms, tokens};
use crate::jwt::AUTHORIZATION;
use crate::providers::vogent;
use crate::providers::vonage::contact_center::SIGNATURE;
use crate::request::HeaderName;

/// Tries the schemes whose signatures are in the request. Asked only once the expected one does not match.
pub(super) fn proved(case: &Case<'_>) -> Option<Finding> {
    let name = if signed_webhook::matches(case, &AUTHORIZATION, VERBATIM) {
        "a signed webhook (`vonage::SignedWebhook`)".to_owned()
    } else if signed_webhook::matches(case, &SIGNATURE, DECODED) {
        "the Contact Center's (`vonage::ContactCenter`)".to_owned()
    } else if let Some(method) = sms::matching_method(case) {
        format!("the SMS API's (`vonage::Sms`) by the method {}", method.as_str())
    } else if hex_hmac::matches(case, &vogent()) {
        "Vogent's (`Vogent`)".to_owned()
    } else {
        return None;
    };
    Some(Finding::proved(Cause::SchemeOther, format!("the signature matches when it is verified as {name}")))
}

/// Points at the signature of another scheme. Asked only where none of the expected one is there.
pub(super) fn seen(case: &Case<'_>) -> Option<Finding> {
    let token = tokens::find(case.capture, &AUTHORIZATION).into_iter().next();
    let what = if let Some(found) = token {
        if found.header == SIGNATURE {
            "a token of the Contact Center (`vonage::ContactCenter`)"
        } else {
            "a token, as signed webhooks (`vonage::SignedWebhook`) have"
        }
    } else if sms::is_signed(case.capture) {
        "a parameter `sig`, as the SMS API (`vonage::Sms`) has"
    } else if case
        .capture
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(vogent::SIGNATURE.as_str()))
    {
        "a header of Vogent's (`Vogent`)"
    } else {
        return None;
    };
    Some(Finding::hint(Cause::SchemeOther, format!("there is {what}, and no signature of this scheme")))
}

fn vogent() -> HeaderName {
    vogent::SIGNATURE
}
