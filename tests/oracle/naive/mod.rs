//! A second implementation of the platforms' rules, written from their descriptions and not from `src/`: plain,
//! slow, with other hash functions and parsers. It says whether a request is proved, not why it is rejected.

pub(crate) mod base64;
pub(crate) mod hex_hmac;
pub(crate) mod json;
pub(crate) mod mac;
pub(crate) mod params;
pub(crate) mod platform;
pub(crate) mod sms;
pub(crate) mod token;

use mac::Function;

/// A request as it arrives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) query: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

/// A verifier's configuration.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) scheme: Scheme,
    /// Always SHA-256 for tokens.
    pub(crate) function: Function,
    pub(crate) keys: Keys,
    /// The signature's header. `None` is the scheme's own.
    pub(crate) header: Option<String>,
    /// Seconds in the past and in the future. `None` accepts any age.
    pub(crate) window: Option<(u64, u64)>,
    /// Seconds after `exp` and before `nbf`.
    pub(crate) leeway: (u64, u64),
    pub(crate) now: i64,
    pub(crate) max_body: Option<usize>,
    /// The required claims of a token.
    pub(crate) api_key: Option<String>,
    pub(crate) application_id: Option<String>,
    pub(crate) any_issuer: bool,
    pub(crate) unhashed_body: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scheme {
    Vogent,
    HexHmac,
    Sms,
    SignedWebhook,
    ContactCenter,
}

/// The secrets' bytes, newest first. Those of the Contact Center are decoded.
#[derive(Clone, Debug)]
pub(crate) enum Keys {
    One(Vec<Vec<u8>>),
    Tenants(Vec<(String, Vec<Vec<u8>>)>),
}

/// What an accepted request proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) key: u32,
    pub(crate) coverage: &'static str,
    pub(crate) signed_at: Option<i64>,
    pub(crate) tenant: Option<String>,
    /// The covered parameters, in the received order.
    pub(crate) parameters: Option<params::Params>,
}

/// The proof of a request. `None` if it is rejected.
pub(crate) fn verdict(setup: &Setup, request: &Request) -> Option<Proof> {
    match setup.scheme {
        Scheme::Vogent | Scheme::HexHmac => hex_hmac::verdict(setup, request),
        Scheme::Sms => sms::verdict(setup, request),
        Scheme::SignedWebhook | Scheme::ContactCenter => token::verdict(setup, request),
    }
}

impl Setup {
    pub(crate) fn new(scheme: Scheme, function: Function, keys: Keys) -> Self {
        Self {
            scheme,
            function,
            keys,
            header: None,
            window: match scheme {
                Scheme::SignedWebhook | Scheme::ContactCenter => Some((300, 60)),
                _ => None,
            },
            leeway: (0, 0),
            now: 0,
            max_body: None,
            api_key: None,
            application_id: None,
            any_issuer: false,
            unhashed_body: false,
        }
    }

    /// The signature's header. The SMS API has none.
    pub(crate) fn header(&self) -> &str {
        self.header.as_deref().unwrap_or(match self.scheme {
            Scheme::Vogent => "x-elto-signature",
            Scheme::SignedWebhook => "authorization",
            Scheme::ContactCenter => "vonage-signature",
            _ => "",
        })
    }

    /// The keys for a request that names `account`, with their tenant.
    fn keys(&self, account: Option<&[u8]>) -> Option<(&[Vec<u8>], Option<String>)> {
        match &self.keys {
            Keys::One(keys) => Some((keys, None)),
            Keys::Tenants(tenants) => {
                let (name, keys) = tenants.iter().find(|(name, _)| Some(name.as_bytes()) == account)?;
                Some((keys, Some(name.clone())))
            }
        }
    }

    /// Whether the clock is usable. A time before 1970 is not.
    fn has_clock(&self) -> bool {
        self.now >= 0
    }

    /// Whether a time is in the window, bounds included.
    fn is_recent(&self, time: i64) -> bool {
        let age = i128::from(self.now) - i128::from(time);
        self.window.is_none_or(|(past, future)| age <= i128::from(past) && -age <= i128::from(future))
    }
}

impl Request {
    /// The value of a header. `Err` if it repeats or is longer than 16 KiB, `Ok(None)` if it is absent.
    pub(crate) fn header(&self, name: &str) -> Result<Option<&[u8]>, ()> {
        let values: Vec<_> =
            self.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name)).collect();
        match values[..] {
            [] => Ok(None),
            [(_, value)] if value.len() <= 16 * 1024 => Ok(Some(value)),
            _ => Err(()),
        }
    }
}
