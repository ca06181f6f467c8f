//! Twilio: webhooks of voice and messaging, and the WebSocket upgrades of Media Streams.
//!
//! # The rule
//!
//! The header `X-Twilio-Signature` holds the base64 of HMAC-SHA1(auth token, message). The message begins with the URL that
//! Twilio calls, as text.
//!
//! - A POST of a form: after the URL, each name and its value, decoded and sorted. A name with several values appears once per
//!   value. Equal values count once. Empty values stay.
//! - A body of another type: only the URL, whose last query parameter, `bodySHA256`, holds the body's hash in hex. Without it
//!   such a body is rejected, because it would not be signed. This parameter is checked first, because it is signed and the
//!   content type is not.
//! - A GET, or a POST without a body: only the URL.
//! - The handshake of a WebSocket: only the URL. Twilio's documentation says that a `/` at its end may be needed. So with a base
//!   URL of `wss://` and without a query, it is tried as it is and with that `/`.
//! - Twilio signs some URLs with their port and some without. So two URLs are tried: without a port, and with the base URL's
//!   port. If it has none, that is `:443` or `:80`.
//! - The key is the auth token as text. API keys never sign.
//! - No time and no identifier is signed. `I-Twilio-Idempotency-Token` is not signed either.
//!
//! Sources: the vendor's helper libraries for Python, Node, Go, Ruby and Java, and its pages on the security of webhooks and on
//! error 57012; read in November 2026. The libraries differ on repeated names. This type follows Python and Node, which have a
//! published test.
//!
//! # One message for several requests
//!
//! Nothing separates the URL, the names and the values in the message. An attacker who has seen one request can move the
//! boundaries: `CallSid=CA1` and `CallSidC=A1` have one signature. A GET of the URL followed by the parameters' text has it too.
//!
//! If the URL has a query, a form's text can become the end of the query. So a sender's text, such as an SMS, could pose as
//! `bodySHA256` of another body. Therefore that parameter counts only at the end of the query, where Twilio appends it. There,
//! a form's text ends with the value of the last name, such as `ToZip`.
//!
//! - Keep signatures out of logs that others can read.
//! - If you accept only forms, require [`Coverage::UrlParams`](crate::Coverage::UrlParams).
//! - Reject a request that lacks a parameter you need. Do not use a default instead.
//! - Reject a request that repeats a parameter of which you need one. A sender's text, such as `hiFrom+1`, can become the first
//!   of two `From`.
//! - Do not act on an optional parameter alone. A sender's text, such as `hiButtonPayloadok`, can become one.
//! - Route exact paths, and allow only the method that you chose at Twilio, with `methods`.
//! - Read [`Verified::parameters`](crate::Verified::parameters). A form's bytes, its order and its encoding are not signed.
//!
//! # Setup
//!
//! - Give the start of the URL that Twilio calls: scheme, host and port as in Twilio's console, not those behind your proxy. Add
//!   a path only if your proxy removes it: see [URLs](crate::guide::production#urls). No header such as `X-Forwarded-Proto` is
//!   read. Enter URLs with a path, such as `https://example.com/`.
//! - Leave a user name and a password out of the base URL: Twilio removes them before it signs.
//! - The upgrade request of a WebSocket is signed with `wss://`. Give its route its own verifier with such a base URL.
//! - The secondary token does not sign until it is promoted. Until then, give both in a [`Keyring`].
//! - Subaccounts have their own tokens: see [`Twilio::tenants`].
//!
//! # Unknown
//!
//! - Shared keys, a beta of 2026: their encoding is not documented. `X-Twilio-Webhooks-Signature-Settings` has no effect here,
//!   and such requests are rejected.
//! - Whether requests with a JSON body name their account.
//! - How the URL of a WebSocket is signed if it has a query. Media Streams send none. An SDK of the vendor
//!   (`twilio-agent-connect-python`) signs its parameters as those of a form. Here it is signed as text.
//! - Whether a fragment of the URL (`#rc=…`) is signed. It never reaches a server, so such a URL would not verify.

use crate::error::{Error, ErrorKind};
use crate::mac::{Algorithm, Keys};
use crate::request::{BaseUrl, Head, HeaderName};
#[cfg(feature = "sign")]
use crate::rule::{Encoding, Hash};
use crate::rule::{Envelope, FormParams, Profile, Rule};
use crate::secret::{Keyring, Tenants};
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies Twilio's webhooks.
///
/// # Example
///
/// The vendor's published test:
///
/// ```
/// use countersign::{BaseUrl, Head, Request, Secret, Twilio, Verifier};
///
/// let twilio = Twilio::new(BaseUrl::new("https://mycompany.com")?, Secret::new("12345")?);
///
/// let headers = [
///     ("X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
///     ("Content-Type", "application/x-www-form-urlencoded"),
/// ];
/// let head = Head::new("POST", &headers).with_target("/myapp.php?foo=1&bar=2");
/// let body = "Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE";
/// let verified = twilio.verify(Request::new(head, body))?;
/// let parameters = verified.parameters().ok_or("no parameters are covered")?;
/// assert_eq!(parameters.get("To"), Some(&b"+18005551212"[..]));
///
/// assert!(twilio.verify(Request::new(head, &body.replace("1234&", "1235&"))).is_err());
/// assert!(twilio.verify(Request::new(head.with_target("/myapp.php"), body)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Twilio = Webhook<TwilioRule>;

/// The signing rule of [`Twilio`].
#[derive(Clone, Copy, Debug)]
pub struct TwilioRule;

impl Twilio {
    /// Verifies with the auth token of one account.
    pub fn new(base: BaseUrl, keyring: impl Into<Keyring>) -> Self {
        Self::build(TwilioRule, Keys::hmac(Algorithm::Sha1, keyring), Some(base))
    }

    /// Verifies with the auth tokens of several accounts or subaccounts, by `AccountSid`.
    ///
    /// A form names its account. For other requests the URL's query must: add `AccountSid=AC…` to the URLs that you configure
    /// for JSON. Take the account from [`Verified::tenant`](crate::Verified::tenant). If the tokens are in a database, use
    /// [`TenantLookup::by_rule`](crate::tower::TenantLookup::by_rule).
    pub fn tenants(base: BaseUrl, tenants: Tenants) -> Self {
        Self::build(TwilioRule, Keys::hmac_tenants(Algorithm::Sha1, tenants), Some(base))
    }
}

impl Rule for TwilioRule {
    fn profile(&self) -> Profile {
        Profile::new("twilio").url().methods(&["GET", "POST"])
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        envelope.base64(head.signature(&SIGNATURE)?);
        let base = head.base_url().ok_or(ErrorKind::RuleInvalid)?;
        let port = base.port().unwrap_or(base.standard_port());
        let body = head.query_sha256("bodySHA256")?;
        if body.is_none() && head.method() == "POST" && head.is_form()? {
            envelope.url_with_port(head, "").form(join).or().url_with_port(head, port).form(join);
            envelope.tenant_param(ACCOUNT);
            return Ok(());
        }
        envelope.url_with_port(head, "").or().url_with_port(head, port);
        let [start, _] = base.without_port();
        if start.starts_with("ws") && !head.target().contains('?') && !head.target().ends_with('/') {
            envelope.or().url_with_port(head, "").part("/").or().url_with_port(head, port).part("/");
        }
        if let Some(hash) = body {
            envelope.body_sha256(hash);
        }
        // Ignored with the token of one account.
        if let Ok(Some(account)) = head.query_param(ACCOUNT) {
            envelope.tenant(String::from_utf8_lossy(account));
        }
        Ok(())
    }
}

fn join(form: &mut FormParams, joined: &mut Vec<u8>) {
    form.sort();
    form.dedup();
    for (name, value) in form.iter() {
        joined.extend_from_slice(name);
        joined.extend_from_slice(value);
    }
}

#[cfg(feature = "sign")]
impl Sign for TwilioRule {
    fn write(&self, draft: &mut Draft<'_>) {
        let request = draft.request();
        let is_form = request.head().is_form() == Ok(true);
        let is_hashed = !is_form && !request.body().is_empty();
        if let Some(account) = draft.tenant().filter(|_| !is_form) {
            draft.query(ACCOUNT, account);
        }
        // The hash must come last.
        if is_hashed {
            draft.query("bodySHA256", draft.body_hash(Hash::Sha256, Encoding::Hex));
        }
        draft.header(SIGNATURE.as_str(), draft.base64());
    }
}

static SIGNATURE: HeaderName = HeaderName::from_static("x-twilio-signature");
const ACCOUNT: &str = "AccountSid";
