//! A saved response.

use std::fmt;

/// A response that a guard saves with *done*: the status, the content type and the body. Other headers are not saved.
///
/// # Example
///
/// ```
/// use countersign::replay::SavedResponse;
///
/// let response = SavedResponse::new(200, Some("application/json"), r#"[{"action":"talk"}]"#).expect("a 2xx");
/// assert_eq!(SavedResponse::from_bytes(&response.to_bytes()), Some(response));
///
/// // Only 2xx responses can be saved.
/// assert_eq!(SavedResponse::new(500, None, ""), None);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SavedResponse {
    status: u16,
    content_type: Option<Box<str>>,
    body: Box<[u8]>,
}

impl SavedResponse {
    /// Makes a saved response. Returns `None` if the status is not 2xx, or if the content type is empty, longer than 1 KiB or
    /// not printable ASCII.
    #[must_use]
    pub fn new(status: u16, content_type: Option<&str>, body: impl Into<Vec<u8>>) -> Option<Self> {
        let fits = |text: &str| {
            (1..=MAX_CONTENT_TYPE_BYTES).contains(&text.len())
                && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        };
        ((200..300).contains(&status) && content_type.is_none_or(fits)).then(|| Self {
            status,
            content_type: content_type.map(Box::from),
            body: body.into().into_boxed_slice(),
        })
    }

    /// Returns the HTTP status, 200 to 299.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the value of `content-type`, if there was one.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Encodes status, content type and body for a store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            format!("{} {}\n", self.status, self.content_type.as_deref().unwrap_or_default()).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Decodes the result of [`to_bytes`](Self::to_bytes). Returns `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
        let (head, body) = (str::from_utf8(parts.next()?).ok()?, parts.next()?);
        let (status, content_type) = head.split_once(' ')?;
        let content_type = Some(content_type).filter(|text| !text.is_empty());
        Self::new(status.parse().ok()?, content_type, body)
    }
}

/// The body is the handler's answer to one caller.
impl fmt::Debug for SavedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

const MAX_CONTENT_TYPE_BYTES: usize = 1024;
