//! The JOSE header (RFC 7515, section 4).

use jsonwebtoken::Algorithm;

use crate::encoding::json::{self, Stop, Value};
use crate::error::{Error, ErrorKind};

/// Checks a decoded header: a JSON object with each name once, `alg` exactly HS256, nothing critical. Members that do
/// not change the meaning (`typ`, `kid`, `jku`, `jwk`, …) are not read.
pub(super) fn check(header: &[u8]) -> Result<(), Error> {
    let mut algorithm = None;
    let walked = json::walk_unique(header, |name, value| {
        match (name, value) {
            ("alg", Value::String(name)) => algorithm = name.parse().ok(),
            // RFC 7515, section 4.1.11: a recipient that does not understand all of `crit` refuses. RFC 7797: `b64` is
            // true by default, and false would change what is signed.
            ("b64", Value::Literal("true")) => {}
            ("crit" | "b64", _) => return Err(ErrorKind::ExtensionUnsupported),
            _ => {}
        }
        Ok(())
    });
    walked.map_err(|stop| match stop {
        Stop::Syntax => ErrorKind::TokenMalformed,
        Stop::Refused(kind) => kind,
    })?;
    match algorithm {
        Some(Algorithm::HS256) => Ok(()),
        _ => Err(ErrorKind::AlgorithmMismatch.into()),
    }
}
