//! Verifies decoded parameters.

use std::borrow::Cow;

use super::Sms;
use crate::error::{Error, ErrorKind};
use crate::mac::{Function, MacKeys, Tag};
use crate::params::{Param, Parameters, Params};
use crate::secret::KeyId;
use crate::time::UnixTime;
use crate::verifier::{Coverage, End, Evidence, Validity, Verified, Verifier};

impl Sms {
    pub(super) fn check(&self, mut params: Params) -> Result<Verified, Error> {
        let given = take_signature(&mut params, |sig| Function::from(self.method).decode_hex(sig))?;
        let timestamp = params.get("timestamp").map(|param| Timestamp(UnixTime::from_digits(param.value)));

        let (keys, tenant) = self.keys.select(|| untrusted_api_key(&params))?;
        let key = match keys.find(&[params.join(|_| true)], &given.into()) {
            Some(key) => key,
            None => find_without_blanks(keys, &mut params, given)?,
        };

        let (signed_at, validity) = self.check_time(timestamp)?;
        let parameters = Parameters::new(params);
        let evidence = Evidence::new(key, Coverage::Params)
            .scheme(self.scheme())
            .signed_at(signed_at)
            .validity(validity)
            .unique_signature(given)
            .parameters(parameters)
            .tenant(tenant.cloned());
        Ok(Verified::new(evidence))
    }

    /// Returns when the request was signed, and until when it is valid.
    fn check_time(
        &self,
        timestamp: Option<Timestamp>,
    ) -> Result<(Option<UnixTime>, Option<Validity>), Error> {
        let reject = |kind| Error::parameter(kind, "timestamp");
        match (timestamp, self.tolerance) {
            (Some(Timestamp(signed_at)), None) => Ok((signed_at, None)),
            (None, None) => Ok((None, None)),
            (None, Some(_)) => Err(reject(ErrorKind::TimestampMissing)),
            (Some(Timestamp(None)), Some(_)) => Err(reject(ErrorKind::TimestampMalformed)),
            (Some(Timestamp(Some(signed_at))), Some(tolerance)) => {
                let checked_at = self.clock.now()?;
                tolerance.check(checked_at, signed_at).map_err(reject)?;
                let (until, end) = (tolerance.end_of_age(signed_at), End::AgeOfParameter("timestamp"));
                Ok((Some(signed_at), Some(Validity { checked_at, until, end })))
            }
        }
    }
}

/// Checks the parameters' names, and removes the signature, which `decode` decodes.
pub(super) fn take_signature(
    params: &mut Params,
    decode: impl FnOnce(&[u8]) -> Option<Tag>,
) -> Result<Tag, Error> {
    params.sort_unique()?;
    if params.has_separator_in_name() {
        return Err(ErrorKind::ParameterAmbiguous.into());
    }
    let reject = |kind| Error::parameter(kind, "sig");
    let sig = params.take("sig").ok_or_else(|| reject(ErrorKind::SignatureMissing))?;
    decode(sig.value).ok_or_else(|| reject(ErrorKind::SignatureMalformed))
}

/// Finds the key that signed the parameters without the blank ones, and removes those.
///
/// Anyone can add a blank parameter. Its name could hide text in another format (JSON, HTML, multipart), so such a name is
/// rejected.
fn find_without_blanks(keys: &MacKeys, params: &mut Params, given: Tag) -> Result<KeyId, Error> {
    let is_signed = |param: Param<'_>| !param.is_blank();
    let key = params.has_blank_value().then(|| keys.find(&[params.join(is_signed)], &given.into())).flatten();
    let key = key.ok_or(ErrorKind::SignatureMismatch)?;
    if !params.iter().all(|param| is_signed(param) || param.has_plain_name()) {
        return Err(ErrorKind::ParameterAmbiguous.into());
    }
    params.retain(is_signed);
    Ok(key)
}

/// The parameter `timestamp`, if it is a time.
struct Timestamp(Option<UnixTime>);

/// Returns the account as signed, with `_` for `&` and `=`. Webhooks write the name with a hyphen, API requests with an
/// underscore.
pub(super) fn untrusted_api_key(params: &Params) -> Result<Cow<'_, str>, Error> {
    let account = |name| params.get(name).map(|param| signed_text(param.value));
    let account = match (account("api-key"), account("api_key")) {
        (Some(account), None) | (None, Some(account)) => account,
        (Some(hyphen), Some(underscore)) if hyphen == underscore => hyphen,
        (Some(_), Some(_)) => None,
        (None, None) => return Err(ErrorKind::TenantMissing.into()),
    };
    account.ok_or_else(|| ErrorKind::TenantUnknown.into())
}

/// Returns a value as signed. `None` if it is not UTF-8.
fn signed_text(value: &[u8]) -> Option<Cow<'_, str>> {
    let text = str::from_utf8(value).ok()?;
    Some(if text.contains(['&', '=']) { text.replace(['&', '='], "_").into() } else { text.into() })
}
