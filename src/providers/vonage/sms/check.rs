//! From decoded parameters to what their signature proves.

use std::borrow::Cow;

use super::Sms;
use crate::compare::Search;
use crate::error::{Error, ErrorKind};
use crate::params::{Param, Params};
use crate::secret::KeyId;
use crate::time::UnixTime;
use crate::verifier::{Coverage, Evidence};

impl Sms {
    pub(super) fn check(&self, mut params: Params) -> Result<Evidence, Error> {
        params.sort_unique()?;
        if params.iter().any(|param| param.name.iter().any(|byte| matches!(byte, b'&' | b'='))) {
            return Err(ErrorKind::ParameterAmbiguous.into());
        }
        let sig = params.get("sig").ok_or_else(|| Error::parameter(ErrorKind::SignatureMissing, "sig"))?;
        let given = self
            .function
            .decode_hex(sig.value)
            .ok_or_else(|| Error::parameter(ErrorKind::SignatureMalformed, "sig"))?;
        params.clean_values();

        let (keys, tenant) = self.keys.select(|| untrusted_api_key(&params))?;
        let signed = || params.iter().filter(|param| param.name != b"sig");
        let mut search = Search::new(given.as_bytes());
        keys.offer(&mut search, &signed().map(|param| param.whole));
        if signed().any(|param| param.is_blank()) {
            keys.offer(&mut search, &signed().filter(|param| !param.is_blank()).map(|param| param.whole));
        }
        let key = search.found().map(KeyId::new).ok_or(ErrorKind::SignatureMismatch)?;

        let signed_at = self.check_time(params.get("timestamp"))?;
        Ok(Evidence::new(key, Coverage::Params).signed_at(signed_at).unique_signature(given).tenant(tenant))
    }

    fn check_time(&self, timestamp: Option<Param<'_>>) -> Result<Option<UnixTime>, Error> {
        let refuse = |kind| Error::parameter(kind, "timestamp");
        let signed_at = timestamp.and_then(|param| seconds(param.value));
        let Some(tolerance) = self.tolerance else { return Ok(signed_at) };
        let signed_at = match (timestamp, signed_at) {
            (None, _) => return Err(refuse(ErrorKind::TimestampMissing)),
            (Some(_), None) => return Err(refuse(ErrorKind::TimestampMalformed)),
            (Some(_), Some(signed_at)) => signed_at,
        };
        tolerance.check(self.clock.now()?, signed_at).map_err(refuse)?;
        Ok(Some(signed_at))
    }
}

/// Webhooks spell the account's name with a hyphen, requests to the API with an underscore.
pub(super) fn untrusted_api_key(params: &Params) -> Result<Cow<'_, str>, Error> {
    let param = match (params.get("api-key"), params.get("api_key")) {
        (Some(param), None) | (None, Some(param)) => param,
        (Some(hyphen), Some(underscore)) if hyphen.value == underscore.value => hyphen,
        (Some(_), Some(_)) => return Err(ErrorKind::ApiKeyUnknown.into()),
        (None, None) => return Err(ErrorKind::ApiKeyMissing.into()),
    };
    str::from_utf8(param.value).map(Cow::Borrowed).map_err(|_| ErrorKind::ApiKeyUnknown.into())
}

/// A plain decimal number: no sign, no white space, no leading zero.
fn seconds(text: &[u8]) -> Option<UnixTime> {
    let plain = text.iter().all(u8::is_ascii_digit) && (text.len() == 1 || !text.starts_with(b"0"));
    let seconds = str::from_utf8(text).ok().filter(|_| plain)?.parse().ok()?;
    Some(UnixTime::from_secs(seconds))
}
