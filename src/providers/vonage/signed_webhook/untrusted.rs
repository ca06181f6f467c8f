//! Whose a delivery says it is, for a look-up of the secret.

use super::carrier::{AUTHORIZATION, Carrier};
use super::{METHODS, SignedWebhook};
use crate::error::Error;
use crate::request::{Head, HeaderName, Methods};

impl SignedWebhook {
    /// Reads the account that the token in `Authorization` claims to be signed by. **Nothing is verified**: use the answer
    /// to look up that account's secret, then verify with [`tenants`](Self::tenants) of this one account, which
    /// requires the verified claim to equal it.
    ///
    /// # Errors
    ///
    /// - [`TenantMissing`](crate::ErrorKind::TenantMissing): there is no such claim.
    /// - Those of the method and of the token's shape, see [above](SignedWebhook#errors).
    pub fn untrusted_api_key(head: Head<'_>) -> Result<String, Error> {
        untrusted_api_key(&Carrier::documented(AUTHORIZATION), head)
    }

    /// As [`untrusted_api_key`](Self::untrusted_api_key), of a token in another header: see [`header`](Self::header).
    ///
    /// # Errors
    ///
    /// - As above.
    pub fn untrusted_api_key_in(header: &HeaderName, head: Head<'_>) -> Result<String, Error> {
        untrusted_api_key(&Carrier::named(header.clone()), head)
    }

    /// The account that the token claims, whatever the method.
    #[cfg(feature = "diagnose")]
    pub(crate) fn claimed_api_key(&self, head: Head<'_>) -> Option<String> {
        self.carrier.untrusted_api_key(head).ok()
    }
}

fn untrusted_api_key(carrier: &Carrier, head: Head<'_>) -> Result<String, Error> {
    Methods::Default(METHODS).check(head)?;
    carrier.untrusted_api_key(head)
}
