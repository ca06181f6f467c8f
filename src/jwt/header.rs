//! The JOSE header (RFC 7515, section 4).

use jsonwebtoken::Algorithm;

use crate::encoding::base64;
use crate::encoding::json::{self, Names, Stop, Value};
use crate::error::{Error, ErrorKind};

/// Checks an encoded header: a JSON object with unique names, `alg` exactly HS256, nothing critical. Members that do not change
/// the meaning (`typ`, `kid`, `jku`, `jwk`, …) are ignored.
pub(super) fn check(header: &[u8]) -> Result<(), Error> {
    if USUAL.contains(&header) {
        return Ok(());
    }
    let decoded = base64::decode_url(header).ok_or(ErrorKind::TokenMalformed)?;
    check_decoded(str::from_utf8(&decoded).map_err(|_| ErrorKind::TokenMalformed)?)
}

fn check_decoded(header: &str) -> Result<(), Error> {
    let mut algorithm = None;
    let mut names = Names::default();
    let walked = json::walk(header, |name, value| {
        match (&*name, value) {
            ("alg", Value::String(name)) => algorithm = name.parse().ok(),
            // RFC 7515, section 4.1.11: a recipient must reject a `crit` that it does not understand. RFC 7797: `b64` is true
            // by default, and false would change what is signed.
            ("b64", Value::Literal("true")) => {}
            ("crit" | "b64", _) => return Err(ErrorKind::ExtensionUnsupported),
            _ => {}
        }
        names.insert(name).ok_or(ErrorKind::TokenMalformed)
    });
    walked.map_err(|stop| match stop {
        Stop::Syntax => ErrorKind::TokenMalformed,
        Stop::Rejected(kind) => kind,
    })?;
    match algorithm {
        Some(Algorithm::HS256) => Ok(()),
        _ => Err(ErrorKind::AlgorithmMismatch.into()),
    }
}

/// Valid headers in encoded form, which need no decoding.
const USUAL: [&[u8]; 3] = [
    // {"alg":"HS256","typ":"JWT"}
    b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
    // {"typ":"JWT","alg":"HS256"}
    b"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9",
    // {"alg":"HS256"}
    b"eyJhbGciOiJIUzI1NiJ9",
];

#[cfg(test)]
mod tests {
    use super::{USUAL, base64, check_decoded};

    #[test]
    fn usual_headers_pass_decoded_too() {
        for header in USUAL {
            let decoded = base64::decode_url(header).unwrap_or_default();
            assert_eq!(str::from_utf8(&decoded).map(check_decoded), Ok(Ok(())));
        }
    }
}
