//! SignalWire: webhooks of RELAY, SWML, the AI agent and the Compatibility API (cXML).
//!
//! # The rule
//!
//! The header `X-SignalWire-Signature`, or `X-Twilio-Signature` if it is absent, holds an HMAC-SHA1 with the project's signing
//! key.
//!
//! - A body that is not a form: hex, over the URL and the raw body. The URL is signed as called, with or without its port.
//! - A POST of a form: base64, over the URL and each name with its value, decoded, sorted by name. Values of one name keep
//!   their order. Empty values stay.
//! - A body whose hex SHA-256 is in the last query parameter, `bodySHA256`: base64, over the URL. This parameter is checked
//!   first, because it is signed and the content type is not.
//! - A GET: base64 or hex, over the URL. The URL alone never proves a body.
//! - With base64, two URLs are tried: with the standard port and without a port. Another port stays unchanged.
//! - The key is text, and most begin with `PSK_`. No time and no identifier is signed.
//!
//! Sources: the vendor's SDK for Python (`webhook_validator.py`, which describes itself as the rule for all languages), and
//! the documentation; read in November 2026. The SDK also accepts base64 over the URL alone for any body. This type does not.
//!
//! # One message for several requests
//!
//! Nothing separates the URL from the body, or names from values, and one key signs both kinds of message. An attacker who has
//! seen one request can move the boundaries, as at [Twilio](crate::twilio#one-message-for-several-requests). They can also
//! resend JSON as a form, with one parameter whose name is the JSON. Reject a request that lacks a parameter you need, or repeats
//! it. Read a form from [`Verified::parameters`](crate::Verified::parameters).
//!
//! # Setup
//!
//! - Give the base URL that SignalWire calls. No header such as `X-Forwarded-Proto` is read. Enter URLs with a path.
//! - A new key becomes active about a minute after its creation. Until then, give both in a [`Keyring`].
//!
//! # Unknown
//!
//! Whether a GET is signed in hex or in base64. Both are accepted, since they are the same HMAC.

use crate::error::{Error, ErrorKind};
use crate::mac::{Algorithm, Keys};
use crate::request::{BaseUrl, Head, HeaderName};
use crate::rule::{Envelope, FormJoin, FormParams, Profile, Rule};
use crate::secret::Keyring;
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies SignalWire's webhooks.
///
/// # Example
///
/// The vendor's published test:
///
/// ```
/// use countersign::{BaseUrl, Head, Request, Secret, SignalWire, Verifier};
///
/// let base = BaseUrl::new("https://example.ngrok.io")?;
/// let signalwire = SignalWire::new(base, Secret::new("PSKtest1234567890abcdef")?);
///
/// let headers = [("X-SignalWire-Signature", "c3c08c1fefaf9ee198a100d5906765a6f394bf0f")];
/// let head = Head::new("POST", &headers).with_target("/webhook");
/// let body = r#"{"event":"call.state","params":{"call_id":"abc-123","state":"answered"}}"#;
/// assert!(signalwire.verify(Request::new(head, body)).is_ok());
/// assert!(signalwire.verify(Request::new(head, "{}")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type SignalWire = Webhook<SignalWireRule>;

/// The signing rule of [`SignalWire`].
#[derive(Clone, Copy, Debug)]
pub struct SignalWireRule;

impl SignalWire {
    /// Verifies with the project's signing key.
    pub fn new(base: BaseUrl, keyring: impl Into<Keyring>) -> Self {
        Self::build(SignalWireRule, Keys::hmac(Algorithm::Sha1, keyring), Some(base))
    }
}

impl Rule for SignalWireRule {
    fn profile(&self) -> Profile {
        Profile::new("signalwire").url().methods(&["GET", "POST"])
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let is_alias = head.header(&SIGNATURE)?.is_none() && head.header(&ALIAS)?.is_some();
        let tag = head.signature(if is_alias { &ALIAS } else { &SIGNATURE })?;
        match (head.query_sha256("bodySHA256")?, head.method()) {
            (Some(hash), _) => {
                urls(head, envelope.base64(tag), None)?;
                envelope.body_sha256(hash);
            }
            (None, "POST") if head.is_form()? => urls(head, envelope.base64(tag), Some(join))?,
            (None, "POST") => {
                envelope.hex(tag).part(head.url()).body();
            }
            (None, _) => urls(head, envelope.any_base64([tag]).any_hex([tag]), None)?,
        }
        Ok(())
    }
}

/// Adds the given URL and, if its port is the standard one, its other form.
fn urls(head: Head<'_>, envelope: &mut Envelope<'_>, form: Option<FormJoin>) -> Result<(), ErrorKind> {
    let base = head.base_url().ok_or(ErrorKind::RuleInvalid)?;
    envelope.part(head.url());
    form.map(|join| envelope.form(join));
    let port = match base.port() {
        None => base.standard_port(),
        Some(port) if port == base.standard_port() => "",
        Some(_) => return Ok(()),
    };
    envelope.or().url_with_port(head, port);
    form.map(|join| envelope.form(join));
    Ok(())
}

fn join(form: &mut FormParams, joined: &mut Vec<u8>) {
    form.sort_by_name();
    for (name, value) in form.iter() {
        joined.extend_from_slice(name);
        joined.extend_from_slice(value);
    }
}

/// A body that is not a form is signed raw, even if the query names its hash.
#[cfg(feature = "sign")]
impl Sign for SignalWireRule {
    fn write(&self, draft: &mut Draft<'_>) {
        let head = draft.request().head();
        let is_base64 = head.method() == "GET"
            || head.is_form() == Ok(true)
            || head.query_sha256("bodySHA256").is_ok_and(|hash| hash.is_some());
        draft.header(SIGNATURE.as_str(), if is_base64 { draft.base64() } else { draft.hex() });
    }
}

static SIGNATURE: HeaderName = HeaderName::from_static("x-signalwire-signature");
static ALIAS: HeaderName = HeaderName::from_static("x-twilio-signature");
