//! Vogent and its like: the hex HMAC of the raw body in a header.

use super::mac;
use super::{Proof, Request, Setup};

pub(crate) fn verdict(setup: &Setup, request: &Request) -> Option<Proof> {
    // A GET has no signed body. Frameworks read its query instead.
    if !["POST", "PUT", "PATCH"].contains(&request.method.as_str()) {
        return None;
    }
    let tag = mac::unhex(request.header(setup.header()).ok()??)?;
    if setup.max_body.is_some_and(|limit| request.body.len() > limit) {
        return None;
    }
    let (keys, tenant) = setup.keys(None)?;
    let key = mac::find(setup.function, keys, &request.body, &tag)?;
    Some(Proof { key, coverage: "body", signed_at: None, tenant, parameters: None })
}
