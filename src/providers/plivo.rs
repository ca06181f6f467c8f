//! Plivo: voice webhooks with signature V3, messaging and older voice webhooks with V2.
//!
//! # The rule of V3
//!
//! `X-Plivo-Signature-V3` holds a comma-separated list of base64 of HMAC-SHA256(auth token, `message.nonce`). One must match.
//! The nonce is in `X-Plivo-Signature-V3-Nonce`.
//!
//! - The message begins with the URL up to its path.
//! - If there is a query, `?` and its parameters follow: decoded, sorted by name and value, as `name=value` joined by `&`. A
//!   name that contains one of these separators is rejected.
//! - In a POST of a form, the form's parameters follow: decoded, sorted, without separators. Before them is `.` after a query,
//!   or else `?`.
//! - A body that is not a form is rejected, because it is not signed.
//!
//! # The rule of V2
//!
//! `X-Plivo-Signature-V2` holds the base64 of HMAC-SHA256(auth token, URL up to its path ‖ nonce). The nonce is in
//! `X-Plivo-Signature-V2-Nonce`.
//!
//! **V2 signs neither the query nor the body.** So a request with either is rejected, unless you
//! [accept it](PlivoV2::insecure_accept_unsigned_parameters).
//!
//! # Both
//!
//! - The key is the auth token, as text, of the account or subaccount that owns the resource. `X-Plivo-Signature-Ma-V3` and
//!   `X-Plivo-Signature-Ma-V2` are always signed with the main account's token: see `main_account`.
//! - No time is signed. The nonce is the replay key.
//! - The nonce must consist of letters, digits, `-` and `_`. The documentation shows only digits. Another nonce could be the end
//!   of a longer path, or of a message of V3 that is sent as V2.
//!
//! Sources: the vendor's SDKs for Python, Node, Go and Ruby, and the documentation's page on signature validation; read in
//! November 2026. They differ on repeated names and on ports. This type follows Python: each value counts, and the port stays.
//!
//! # One message for several requests
//!
//! An attacker who has seen one request can write it in another way with the same signature.
//!
//! - V3: `a=1&b=2` and `a=1%26b%3D2` are the same query. Values of one name have no order. Nothing separates names from values
//!   in a form, or the query of a GET from the parameters of a POST. Reject a request that lacks a parameter you need, or
//!   repeats it. Allow only one method with `methods`. Read a form from [`Verified::parameters`](crate::Verified::parameters).
//! - V2: nothing separates the path from the nonce. Route only exact paths. No path may end in a digit. No path may continue
//!   another with letters, digits, `-` or `_`, as `/sms-status` continues `/sms`.
//!
//! # Setup
//!
//! Give the base URL that Plivo calls, with its port if it has one. Enter URLs with a path: Plivo signs `https://example.com`
//! without the `/` that a server receives.
//!
//! # Unknown
//!
//! - Whether a retry has the nonce of the first attempt.
//! - Whether escapes in the path are decoded before signing. The SDK for Go decodes them, the others do not. This type does not.
//! - Whether `+` in the query is a space. The SDK for Ruby says no. This type says yes, as the other SDKs.

use crate::error::{Error, ErrorKind};
use crate::mac::{Algorithm, Keys};
use crate::params::Params;
use crate::request::{BaseUrl, Field, Head, HeaderName};
use crate::rule::{Envelope, FormParams, Profile, Rule};
use crate::secret::Keyring;
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies Plivo's webhooks with signature V3.
///
/// # Example
///
/// The vendor's published test:
///
/// ```
/// use countersign::{BaseUrl, Head, PlivoV3, Request, Secret, Verifier};
///
/// let base = BaseUrl::new("https://plivobin.non-prod.plivops.com")?;
/// let plivo = PlivoV3::new(base, Secret::new("Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4")?);
///
/// let headers = [
///     ("X-Plivo-Signature-V3", "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0="),
///     ("X-Plivo-Signature-V3-Nonce", "31627761595286130198"),
///     ("Content-Type", "application/x-www-form-urlencoded"),
/// ];
/// let head = Head::new("POST", &headers).with_target("/api/v1/validate_signature03.xml");
/// let call = "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36";
/// let body = format!(
///     "Direction=outbound&From=19792014278&ALegUUID={call}&BillRate=0.002&ParentAuthID=MANWVLYTK4ZWU1YTY4QA\
///      &To=sip%3APlivoSignature382029104058171078704104%40phone-qa.voice.plivodev.com\
///      &SIP-H-To=%3Csip%3APlivoSignature382029104058171078704104%4052.9.11.55%3Btransport%3Dudp%3E%3Btag%3D1\
///      &ALegRequestUUID={call}&CallUUID={call}&RequestUUID={call}&CallStatus=in-progress\
///      &SessionStart=2020-04-08+11%3A34%3A33.238707&Event=StartApp"
/// );
/// assert!(plivo.verify(Request::new(head, &body)).is_ok());
/// assert!(plivo.verify(Request::new(head, &body.replace("outbound", "inbound"))).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type PlivoV3 = Webhook<PlivoV3Rule>;

/// The signing rule of [`PlivoV3`].
#[derive(Clone, Debug)]
pub struct PlivoV3Rule {
    signature: HeaderName,
}

impl PlivoV3 {
    /// Verifies with the auth token of the account or subaccount.
    pub fn new(base: BaseUrl, keyring: impl Into<Keyring>) -> Self {
        Self::build(PlivoV3Rule { signature: V3 }, Keys::hmac(Algorithm::Sha256, keyring), Some(base))
    }

    /// Reads the signature of the main account's token, `X-Plivo-Signature-Ma-V3`, for requests of any subaccount.
    pub fn main_account(self) -> Self {
        self.with_changed_rule(PlivoV3Rule { signature: MAIN_V3 })
    }
}

impl Rule for PlivoV3Rule {
    fn profile(&self) -> Profile {
        Profile::new("plivo-v3").url().identified().methods(&["GET", "POST"])
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let base = head.base_url().ok_or(ErrorKind::RuleInvalid)?;
        let nonce = nonce(head, &V3_NONCE)?;
        envelope.any_base64(head.signature(&self.signature)?.list(b','));
        envelope.part(base.join(head.path()));
        let query = joined_query(head.query())?;
        if !query.is_empty() {
            envelope.part("?").part(&query);
        }
        if head.method() == "POST" && head.is_form()? {
            envelope.form(if query.is_empty() { after_path } else { after_query });
        }
        envelope.part(".").part(nonce).id(nonce.bytes());
        Ok(())
    }
}

fn joined_query(query: &[u8]) -> Result<Vec<u8>, ErrorKind> {
    let mut params = Params::default();
    params.read_query(query)?;
    if params.has_separator_in_name() {
        return Err(ErrorKind::ParameterAmbiguous);
    }
    params.sort();
    let pairs: Vec<_> = params.iter().map(|param| [param.name, param.value].join(&b'=')).collect();
    Ok(pairs.join(&b'&'))
}

fn after_path(form: &mut FormParams, joined: &mut Vec<u8>) {
    join(b'?', form, joined);
}

fn after_query(form: &mut FormParams, joined: &mut Vec<u8>) {
    join(b'.', form, joined);
}

/// Joins the parameters, if there are any, after a separator.
fn join(separator: u8, form: &mut FormParams, joined: &mut Vec<u8>) {
    form.sort();
    if !form.is_empty() {
        joined.push(separator);
    }
    for (name, value) in form.iter() {
        joined.extend_from_slice(name);
        joined.extend_from_slice(value);
    }
}

#[cfg(feature = "sign")]
impl Sign for PlivoV3Rule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(V3_NONCE.as_str(), draft.id());
        draft.header(self.signature.as_str(), draft.base64());
    }
}

/// Verifies Plivo's webhooks with signature V2, which covers only the path.
///
/// # Example
///
/// The request was made for this example.
///
/// ```
/// use countersign::{BaseUrl, Coverage, ErrorKind, Head, PlivoV2, Request, Secret, Verifier};
///
/// let base = || BaseUrl::new("https://example.com");
/// let plivo = PlivoV2::new(base()?, Secret::new("my_auth_token")?);
///
/// let headers = [
///     ("X-Plivo-Signature-V2", "5nQ5jrmh/18QQeR+lkfyNLpNzslIB5OO08+zc/rAHo8="),
///     ("X-Plivo-Signature-V2-Nonce", "12345"),
/// ];
/// let head = Head::new("POST", &headers).with_target("/message");
/// assert_eq!(plivo.verify(Request::new(head, ""))?.coverage(), Coverage::Url);
/// assert!(plivo.verify(Request::new(head.with_target("/other"), "")).is_err());
///
/// let rejected = plivo.verify(Request::new(head, "From=15550001111")).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::BodyUnexpected);
/// let plivo = PlivoV2::new(base()?, Secret::new("my_auth_token")?).insecure_accept_unsigned_parameters();
/// assert!(plivo.verify(Request::new(head, "From=15550001111")).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type PlivoV2 = Webhook<PlivoV2Rule>;

/// The signing rule of [`PlivoV2`].
#[derive(Clone, Debug)]
pub struct PlivoV2Rule {
    signature: HeaderName,
    takes_unsigned: bool,
}

impl PlivoV2 {
    /// Verifies with the auth token of the account or subaccount. A request with a query or a body is rejected.
    pub fn new(base: BaseUrl, keyring: impl Into<Keyring>) -> Self {
        let rule = PlivoV2Rule { signature: V2, takes_unsigned: false };
        Self::build(rule, Keys::hmac(Algorithm::Sha256, keyring), Some(base))
    }

    /// Reads the signature of the main account's token, `X-Plivo-Signature-Ma-V2`, for requests of any subaccount.
    pub fn main_account(self) -> Self {
        let rule = PlivoV2Rule { signature: MAIN_V2, ..self.rule().clone() };
        self.with_changed_rule(rule)
    }

    /// Accepts a query and a body, which V2 does not sign. An attacker who has seen one request can send any parameters to its
    /// path, forever. The proof covers only the path.
    pub fn insecure_accept_unsigned_parameters(self) -> Self {
        let rule = PlivoV2Rule { takes_unsigned: true, ..self.rule().clone() };
        self.with_changed_rule(rule)
    }
}

impl Rule for PlivoV2Rule {
    fn profile(&self) -> Profile {
        Profile::new("plivo-v2").url().identified().methods(&["GET", "POST"])
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let base = head.base_url().ok_or(ErrorKind::RuleInvalid)?;
        let nonce = nonce(head, &V2_NONCE)?;
        envelope.base64(head.signature(&self.signature)?);
        envelope.part(base.join(head.path())).part(nonce).id(nonce.bytes());
        if self.takes_unsigned {
            envelope.insecure_unsigned_body().insecure_unsigned_query();
        } else if !head.query().is_empty() {
            return Err(ErrorKind::QueryUnexpected.into());
        }
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for PlivoV2Rule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(V2_NONCE.as_str(), draft.id());
        draft.header(self.signature.as_str(), draft.base64());
    }
}

/// Reads a nonce of letters, digits, `-` and `_`. Any other could be the end of a path or of V3's message.
fn nonce<'h>(head: Head<'h>, name: &'h HeaderName) -> Result<Field<'h>, Error> {
    let nonce = head.signed(name)?;
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let is_valid = !nonce.bytes().is_empty() && nonce.bytes().iter().all(is_plain);
    if is_valid { Ok(nonce) } else { Err(nonce.reject(ErrorKind::HeaderMalformed)) }
}

const V3: HeaderName = HeaderName::from_static("x-plivo-signature-v3");
const MAIN_V3: HeaderName = HeaderName::from_static("x-plivo-signature-ma-v3");
static V3_NONCE: HeaderName = HeaderName::from_static("x-plivo-signature-v3-nonce");
const V2: HeaderName = HeaderName::from_static("x-plivo-signature-v2");
const MAIN_V2: HeaderName = HeaderName::from_static("x-plivo-signature-ma-v2");
static V2_NONCE: HeaderName = HeaderName::from_static("x-plivo-signature-v2-nonce");
