//! The place of the parameters.

use crate::error::{Error, ErrorKind};
use crate::params::Params;
use crate::request::{CONTENT_TYPE, Head, MediaType};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Query,
    Body(MediaType),
}

impl Source {
    /// Chooses by the method and, for a POST, by the media type. A charset other than UTF-8 or US-ASCII is rejected: a
    /// framework may decode with it and read other parameters.
    pub(crate) fn of(head: Head<'_>) -> Result<Self, Error> {
        match head.method() {
            "GET" => return Ok(Self::Query),
            "POST" => {}
            _ => return Err(ErrorKind::MethodUnsupported.into()),
        }
        let content_type = head.header(&CONTENT_TYPE)?.unwrap_or_default();
        MediaType::of(content_type).map(Self::Body).ok_or_else(|| ErrorKind::MediaTypeUnsupported.into())
    }
}

/// Reads a body. JSON must be one flat object. A Messages API webhook gets its own error.
pub(super) fn read(media_type: MediaType, body: &[u8], params: &mut Params) -> Result<(), ErrorKind> {
    match media_type {
        _ if body.is_empty() => Err(ErrorKind::BodyMissing),
        MediaType::Form => params.read_form(body),
        MediaType::Json => read_json(body, params),
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
