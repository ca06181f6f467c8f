//! The start of the public URL.

use std::fmt;

use crate::config_error::ConfigError;

/// The part of the public URL before the request target, as you entered it on the platform: scheme, authority and perhaps a
/// path prefix that a proxy removes. The path and query that reach the service are added to it.
///
/// Platforms sign this URL as text, so it stays text. The request's `Host` is not used, since the sender chooses it.
///
/// # Example
///
/// ```
/// use countersign::{BaseUrl, ConfigError};
///
/// let base = BaseUrl::new("https://user:pass@example.com:8443/hooks")?;
/// assert_eq!(base.without_port(), ["https://user:pass@example.com", "/hooks"]);
/// assert_eq!(base.port(), Some(":8443"));
///
/// assert_eq!(BaseUrl::new("example.com").unwrap_err(), ConfigError::BaseUrlInvalid);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// The scheme and the authority without its port.
    start: String,
    /// The port with its colon, or empty.
    port: String,
    prefix: String,
}

impl BaseUrl {
    /// Takes the text, and drops a slash at the end.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::BaseUrlInvalid`]: it does not begin with `http://`, `https://`, `ws://` or `wss://` and a host, or it
    ///   contains a query, a fragment, white space or a control character.
    pub fn new(text: &str) -> Result<Self, ConfigError> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let (scheme, rest) = text.split_once("://").ok_or(ConfigError::BaseUrlInvalid)?;
        let (authority, prefix) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // An IPv6 literal contains colons.
        let host = authority.rfind(['@', ']']).unwrap_or(0);
        let (_, after) = authority.split_at(host);
        let port = after.rfind(':').map_or(authority.len(), |at| host.saturating_add(at));
        let (host, port) = authority.split_at(port);
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#');
        let known = ["http", "https", "ws", "wss"].contains(&scheme);
        let is_port = port.is_empty() || port.chars().skip(1).all(|c| c.is_ascii_digit()) && port.len() > 1;
        if !known || host.is_empty() || host.ends_with('@') || !is_port || text.contains(odd) {
            return Err(ConfigError::BaseUrlInvalid);
        }
        Ok(Self { start: format!("{scheme}://{host}"), port: port.to_owned(), prefix: prefix.to_owned() })
    }

    /// Returns the parts before and after the port: scheme and authority, and the path prefix.
    #[must_use]
    pub fn without_port(&self) -> [&str; 2] {
        [&self.start, &self.prefix]
    }

    /// Returns the port with its colon, if there is one.
    #[must_use]
    pub fn port(&self) -> Option<&str> {
        (!self.port.is_empty()).then_some(&*self.port)
    }

    /// Returns the scheme's standard port with its colon: `:80` or `:443`.
    #[must_use]
    pub fn standard_port(&self) -> &'static str {
        if ["http:", "ws:"].iter().any(|scheme| self.start.starts_with(scheme)) { ":80" } else { ":443" }
    }

    /// Returns the URL of a request with this raw target.
    #[must_use]
    pub fn join(&self, target: &str) -> String {
        [&*self.start, &self.port, &self.prefix, target].concat()
    }
}

/// Hides the text, which may contain a user's name and password.
impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseUrl").finish_non_exhaustive()
    }
}
