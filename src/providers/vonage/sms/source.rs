//! Where the parameters are.

use crate::error::{Error, ErrorKind};
use crate::params::Params;
use crate::request::{Head, HeaderName};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Query,
    Body(MediaType),
}

/// How a body holds parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MediaType {
    Form,
    Json,
}

impl Source {
    /// Selects by the method and, of a POST, by the media type. Another charset than UTF-8 or US-ASCII is refused: a framework
    /// may obey it, and read other parameters.
    pub(crate) fn of(head: Head<'_>, content_type: &HeaderName) -> Result<Self, Error> {
        match head.method() {
            "GET" => return Ok(Self::Query),
            "POST" => {}
            _ => return Err(ErrorKind::MethodUnsupported.into()),
        }
        let content_type = head.header(content_type)?.unwrap_or_default();
        let split = content_type.iter().position(|byte| *byte == b';').unwrap_or(content_type.len());
        let (media_type, parameters) = content_type.split_at_checked(split).unwrap_or_default();
        let media_type = media_type.trim_ascii();
        let media_type = match media_type {
            _ if !is_utf8(parameters) => None,
            _ if media_type.eq_ignore_ascii_case(FORM) => Some(MediaType::Form),
            _ if media_type.eq_ignore_ascii_case(JSON) => Some(MediaType::Json),
            _ => None,
        };
        media_type.map(Self::Body).ok_or_else(|| ErrorKind::MediaTypeUnsupported.into())
    }
}

/// Whether the parameters of a media type, each with the `;` before it, leave the charset at UTF-8: it is not named, or named
/// once as UTF-8 or US-ASCII (RFC 9110, section 8.3). The word `charset` in any other place or form is refused, since
/// readers of this header differ: some search it for the word.
fn is_utf8(parameters: &[u8]) -> bool {
    let count = parameters.windows(CHARSET.len()).filter(|word| word.eq_ignore_ascii_case(CHARSET)).count();
    let is_accepted = |parameter: &[u8]| {
        let parameter = parameter.trim_ascii();
        ACCEPTED_CHARSETS.iter().any(|accepted| parameter.eq_ignore_ascii_case(accepted))
    };
    count == 0 || (count == 1 && parameters.split(|byte| *byte == b';').any(is_accepted))
}

impl MediaType {
    /// Reads a body. Of JSON, it must be one flat object; a Messages API webhook is told by its name.
    pub(super) fn read(self, body: &[u8], params: &mut Params) -> Result<(), ErrorKind> {
        match self {
            _ if body.is_empty() => Err(ErrorKind::BodyMissing),
            Self::Form => params.read_form(body),
            Self::Json => read_json(body, params),
        }
    }
}

fn read_json(body: &[u8], params: &mut Params) -> Result<(), ErrorKind> {
    let nested = params.read_json(body)?;
    if params.get("sig").is_none() && MESSAGES_API.iter().any(|name| params.get(name).is_some()) {
        Err(ErrorKind::SchemeMismatch)
    } else if nested {
        Err(ErrorKind::ParameterNested)
    } else {
        Ok(())
    }
}

const MESSAGES_API: [&str; 2] = ["message_uuid", "channel"];
const CHARSET: &[u8] = b"charset";
const ACCEPTED_CHARSETS: [&[u8]; 4] =
    [b"charset=utf-8", b"charset=\"utf-8\"", b"charset=us-ascii", b"charset=\"us-ascii\""];
const FORM: &[u8] = b"application/x-www-form-urlencoded";
const JSON: &[u8] = b"application/json";
