//! Whose a delivery says it is, for a look-up of the secret.

use super::SignedWebhook;
use super::carrier::{AUTHORIZATION, Carrier};
use crate::error::Error;
use crate::request::{Head, HeaderName};

impl SignedWebhook {
    /// Reads the account that the token in `Authorization` claims to be signed by. **Nothing is verified**: use the answer
    /// to look up that account's secret, then verify with [`tenants`](Self::tenants) of this one account, which
    /// requires the verified claim to equal it.
    ///
    /// # Errors
    ///
    /// - [`ApiKeyMissing`](crate::ErrorKind::ApiKeyMissing): there is no such claim.
    /// - Those of the token's shape, see [above](SignedWebhook#errors).
    pub fn untrusted_api_key(head: Head<'_>) -> Result<String, Error> {
        Carrier::documented(AUTHORIZATION).untrusted_api_key(head)
    }

    /// As [`untrusted_api_key`](Self::untrusted_api_key), of a token in another header: see [`header`](Self::header).
    ///
    /// # Errors
    ///
    /// - As above.
    pub fn untrusted_api_key_in(header: &HeaderName, head: Head<'_>) -> Result<String, Error> {
        Carrier::named(header.clone()).untrusted_api_key(head)
    }
}
