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
    /// Selects by the method and, of a POST, by the media type alone: `; charset=…` and the like are ignored.
    pub(crate) fn of(head: Head<'_>, content_type: &HeaderName) -> Result<Self, Error> {
        match head.method() {
            "GET" => return Ok(Self::Query),
            "POST" => {}
            _ => return Err(ErrorKind::MethodUnsupported.into()),
        }
        let content_type = head.header(content_type)?.unwrap_or_default();
        let media_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        if media_type.eq_ignore_ascii_case(FORM) {
            Ok(Self::Body(MediaType::Form))
        } else if media_type.eq_ignore_ascii_case(JSON) {
            Ok(Self::Body(MediaType::Json))
        } else {
            Err(ErrorKind::MediaTypeUnsupported.into())
        }
    }
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
const FORM: &[u8] = b"application/x-www-form-urlencoded";
const JSON: &[u8] = b"application/json";
