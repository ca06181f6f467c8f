//! Vapi: server messages with an HMAC credential.
//!
//! # The rule
//!
//! The credential configures the headers of the signature and of the time, the signed format, the signature's prefix and
//! encoding, and the algorithm. [`Vapi::new`] has the platform's defaults: `X-Signature` holds the hex of HMAC-SHA256(key, time
//! ‖ `.` ‖ raw body), and `X-Timestamp` the time. [`VapiRule`] has the settings.
//!
//! - The key is the credential's, as text. If the credential says that it is base64, use
//!   [`Secret::from_base64`](crate::Secret::from_base64).
//! - The time is in milliseconds since the Unix epoch, unless you set [`VapiRule::seconds`]. It may be 5 minutes in the past or
//!   in the future. A format without `{timestamp}` has no window.
//! - The format is parsed once, when you set it. It contains `{body}`, and may contain `{timestamp}` and `{svix-id}`, each
//!   once.
//! - If the time could be split in another place (`{timestamp}{body}`), a window is required, of a day at most.
//! - An identifier must not be empty or contain the character between it and the body. It is the replay key.
//!
//! Sources: the platform's description of its API (`HMACAuthenticationPlan`) and its page on authentication. Captured requests
//! of others show that the time is in milliseconds. Read in November 2026. The vendor publishes no signature to test with.
//!
//! # Setup
//!
//! Without such a credential, a server URL gets requests with a secret in `X-Vapi-Secret` or a bearer token, which prove
//! nothing about the body. A credential is used only if the server URL comes from a saved configuration.
//!
//! # Unknown
//!
//! - The unit of the time is not documented.
//! - Whether the dashboard presets a prefix, such as `v1`. By default there is none here.
//! - The meaning of `{method}` and `{url}`. A format with them is a [`ConfigError`].

use std::fmt;

use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::mac::{Algorithm, Keys};
use crate::request::{Head, HeaderName};
use crate::rule::{Encoding, Envelope, Profile, Rule};
use crate::secret::Keyring;
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies Vapi's requests with an HMAC credential.
///
/// # Example
///
/// All values were made for this example.
///
/// ```
/// use countersign::{ErrorKind, Head, Request, Secret, UnixTime, Vapi, Verifier};
///
/// let vapi = Vapi::new(Secret::new("vapi-secret")?).clock(|| UnixTime::from_secs(1_788_247_410));
///
/// let headers = [
///     ("x-signature", "5329825d4cc1fc2a7b528166c6e954d2e978513e56bbaae411065792530a5c25"),
///     ("x-timestamp", "1788247410457"),
/// ];
/// let head = Head::new("POST", &headers);
/// assert!(vapi.verify(Request::new(head, r#"{"event":"call.ended"}"#)).is_ok());
///
/// let rejected = vapi.verify(Request::new(head, r#"{"event":"call.started"}"#)).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Vapi = Webhook<VapiRule>;

impl Vapi {
    /// Verifies with the defaults of a credential. For other settings, pass a [`VapiRule`] to
    /// [`with_rule`](Webhook::with_rule).
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(VapiRule::new(), Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

/// The signing rule of [`Vapi`], with the settings of a credential.
///
/// # Example
///
/// A credential that signs only the body, with the prefix `sha256=`, in another header. All values were made for this example.
///
/// ```
/// use countersign::vapi::VapiRule;
/// use countersign::{Algorithm, ConfigError, Head, Keys, Request, Secret, Vapi, Verifier};
///
/// let rule = VapiRule::new().header("X-Vapi-Signature")?.format("{body}")?.prefix("sha256=");
/// let vapi = Vapi::with_rule(rule, Keys::hmac(Algorithm::Sha256, Secret::new("vapi-secret")?))?;
///
/// let signature = "sha256=69043154792424f36099a62f228ef06f4c179aed732a094f2c9a000cced6df7f";
/// let headers = [("x-vapi-signature", signature)];
/// let head = Head::new("POST", &headers);
/// assert!(vapi.verify(Request::new(head, r#"{"event":"call.ended"}"#)).is_ok());
///
/// assert_eq!(VapiRule::new().format("{timestamp}").unwrap_err(), ConfigError::FormatInvalid);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct VapiRule {
    signature: HeaderName,
    time: HeaderName,
    id: Option<HeaderName>,
    prefix: String,
    encoding: Encoding,
    is_in_seconds: bool,
    format: Vec<Piece>,
    /// What the format means for every request.
    profile: Profile,
}

/// A part of the signed message.
///
/// A signed message is split from both ends towards the body. So the byte after the time or the identifier, on the side of the
/// body, marks its end.
#[derive(Clone)]
enum Piece {
    Text(String),
    Body,
    Time,
    Id {
        /// The next byte on the side of the body. The value must not contain it.
        border: u8,
    },
}

impl VapiRule {
    /// Returns the defaults of a credential: `X-Signature` in hex, `X-Timestamp` in milliseconds, `{timestamp}.{body}`.
    pub fn new() -> Self {
        Self {
            signature: SIGNATURE,
            time: TIME,
            id: None,
            prefix: String::new(),
            encoding: Encoding::Hex,
            is_in_seconds: false,
            format: vec![Piece::Time, Piece::Text(".".to_owned()), Piece::Body],
            profile: PROFILE.window(300, 300),
        }
    }

    /// Reads the signature from this header (`signatureHeader`).
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn header(self, name: &str) -> Result<Self, ConfigError> {
        Ok(Self { signature: HeaderName::new(name)?, ..self })
    }

    /// Reads the time from this header (`timestampHeader`).
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn timestamp_header(self, name: &str) -> Result<Self, ConfigError> {
        Ok(Self { time: HeaderName::new(name)?, ..self })
    }

    /// Reads the identifier from this header (`messageIdHeader`). It is signed and read only if the format has `{svix-id}`.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn message_id_header(self, name: &str) -> Result<Self, ConfigError> {
        Ok(Self { id: Some(HeaderName::new(name)?), ..self })
    }

    /// Sets the signed format (`payloadFormat`): text with `{body}`, and optionally `{timestamp}` and `{svix-id}`.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::FormatInvalid`]: it has no `{body}`, a repeated placeholder, another `{` or `}`, or no text between
    ///   `{svix-id}` and its neighbour on the side of the body.
    /// - [`ConfigError::FormatInvalid`]: it has `{svix-id}`, and [`message_id_header`](Self::message_id_header) was not set
    ///   before.
    pub fn format(self, format: &str) -> Result<Self, ConfigError> {
        let (format, profile) = parse(format).ok_or(ConfigError::FormatInvalid)?;
        if profile.identified && self.id.is_none() {
            return Err(ConfigError::FormatInvalid);
        }
        Ok(Self { format, profile, ..self })
    }

    /// Sets the text before the signature (`signaturePrefix`), such as `sha256=`.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Sets the encoding of the signature (`signatureEncoding`).
    pub fn encoding(self, encoding: Encoding) -> Self {
        Self { encoding, ..self }
    }

    /// Reads the time in seconds.
    pub fn seconds(self) -> Self {
        Self { is_in_seconds: true, ..self }
    }
}

impl Default for VapiRule {
    fn default() -> Self {
        Self::new()
    }
}

impl Rule for VapiRule {
    fn profile(&self) -> Profile {
        self.profile
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let tag = head.signature(&self.signature)?.after(&self.prefix)?;
        match self.encoding {
            Encoding::Hex => envelope.hex(tag),
            Encoding::Base64 => envelope.base64(tag),
        };
        for piece in &self.format {
            match piece {
                Piece::Text(text) => envelope.part(text),
                Piece::Body => envelope.body(),
                Piece::Time => {
                    let time = head.time(&self.time)?;
                    let signed_at = if self.is_in_seconds { time.seconds()? } else { time.millis()? };
                    envelope.signed_at(signed_at).part(time)
                }
                Piece::Id { border } => {
                    let name = self.id.as_ref().ok_or(ErrorKind::RuleInvalid)?;
                    let id = head.signed(name)?.without(*border)?;
                    envelope.id(id.bytes()).part(id)
                }
            };
        }
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for VapiRule {
    fn write(&self, draft: &mut Draft<'_>) {
        if self.profile.window.is_some() {
            let time = if self.is_in_seconds { draft.seconds() } else { draft.millis() };
            draft.header(self.time.as_str(), time);
        }
        if let Some(name) = &self.id {
            draft.header(name.as_str(), draft.id());
        }
        let tag = match self.encoding {
            Encoding::Hex => draft.hex(),
            Encoding::Base64 => draft.base64(),
        };
        draft.header(self.signature.as_str(), [&*self.prefix, &tag].concat());
    }
}

/// Hides the prefix and the format.
impl fmt::Debug for VapiRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VapiRule").field("header", &self.signature).finish_non_exhaustive()
    }
}

/// Parses a format. Returns `None` if it has an unknown or repeated placeholder or no body, or has more than one reading.
fn parse(format: &str) -> Option<(Vec<Piece>, Profile)> {
    let (before, after) = format.split_once("{body}")?;
    let (mut pieces, profile) = side(before, PROFILE, |_, after| after.bytes().next())?;
    let (rest, profile) = side(after, profile, |before, _| before.bytes().next_back())?;
    pieces.push(Piece::Body);
    pieces.extend(rest);
    Some((pieces, profile))
}

/// Parses the format on one side of the body. `border` finds a placeholder's next byte on the side of the body.
fn side(
    format: &str,
    mut profile: Profile,
    border: fn(&str, &str) -> Option<u8>,
) -> Option<(Vec<Piece>, Profile)> {
    let mut parts = format.split('{');
    let mut before = parts.next().filter(|text| !text.contains('}'))?;
    let mut pieces = vec![Piece::Text(before.to_owned())];
    for part in parts {
        let (name, after) = part.split_once('}').filter(|(_, text)| !text.contains('}'))?;
        let border = border(before, after);
        pieces.push(match name {
            "timestamp" if profile.window.is_none() => {
                profile = profile.window(300, 300);
                // Otherwise neighbouring digits could count as part of the time.
                if border.is_none_or(|byte| byte.is_ascii_digit()) {
                    profile = profile.window_required();
                }
                Piece::Time
            }
            "svix-id" if !profile.identified => {
                profile = profile.identified();
                Piece::Id { border: border? }
            }
            _ => return None,
        });
        pieces.push(Piece::Text(after.to_owned()));
        before = after;
    }
    Some((pieces, profile))
}

const PROFILE: Profile = Profile::new("vapi");
const SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
const TIME: HeaderName = HeaderName::from_static("x-timestamp");
