//! Where the parameters are.

use crate::error::{Error, ErrorKind};
use crate::params::{Form, Params};
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
        if content_type == FORM {
            return Ok(Self::Body(MediaType::Form));
        }
        if content_type == JSON {
            return Ok(Self::Body(MediaType::Json));
        }
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
    pub(super) fn params(self, body: &[u8]) -> Result<Params, ErrorKind> {
        match self {
            _ if body.is_empty() => Err(ErrorKind::BodyMissing),
            Self::Form => Params::from_form(body),
            Self::Json => json_params(body),
        }
    }

    pub(super) fn begin(self) -> Body {
        match self {
            Self::Form => Body::Form(Form::default()),
            Self::Json => Body::Json(Vec::new()),
        }
    }
}

/// A body as it arrives. The parameters come in any order, so that none can be hashed before the last is there.
pub(super) enum Body {
    Form(Form),
    Json(Vec<u8>),
}

impl Body {
    pub(super) fn push(&mut self, chunk: &[u8]) {
        match self {
            Self::Form(form) => form.push(chunk),
            Self::Json(body) => body.extend_from_slice(chunk),
        }
    }

    pub(super) fn params(self) -> Result<Params, ErrorKind> {
        match self {
            Self::Form(form) if form.is_empty() => Err(ErrorKind::BodyMissing),
            Self::Form(form) => form.finish(),
            Self::Json(body) => MediaType::Json.params(&body),
        }
    }
}

fn json_params(body: &[u8]) -> Result<Params, ErrorKind> {
    let (params, nested) = Params::from_json(body)?;
    if params.get("sig").is_none() && MESSAGES_API.iter().any(|name| params.get(name).is_some()) {
        Err(ErrorKind::SchemeMismatch)
    } else if nested {
        Err(ErrorKind::ParameterNested)
    } else {
        Ok(params)
    }
}

const MESSAGES_API: [&str; 2] = ["message_uuid", "channel"];
const FORM: &[u8] = b"application/x-www-form-urlencoded";
const JSON: &[u8] = b"application/json";
