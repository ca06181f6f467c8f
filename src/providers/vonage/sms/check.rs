//! From decoded parameters to what their signature proves.

use std::borrow::Cow;

use super::Sms;
use crate::compare::Search;
use crate::error::{Error, ErrorKind};
use crate::params::Params;
use crate::secret::KeyId;
use crate::time::UnixTime;
use crate::verifier::{Coverage, Evidence, Validity};

impl Sms {
    pub(super) fn check(&self, params: &mut Params) -> Result<Evidence, Error> {
        params.sort_unique()?;
        if params.has_separator_in_name() {
            return Err(ErrorKind::ParameterAmbiguous.into());
        }
        let sig = params.take("sig").ok_or_else(|| Error::parameter(ErrorKind::SignatureMissing, "sig"))?;
        let Some(given) = self.function.decode_hex(sig.value) else {
            return Err(Error::parameter(ErrorKind::SignatureMalformed, "sig"));
        };
        let timestamp = params.get("timestamp").map(|param| Timestamp(seconds(param.value)));
        params.clean_values();

        let (keys, tenant) = self.keys.select(|| untrusted_api_key(params))?;
        let mut search = Search::new(given.as_bytes());
        keys.offer(&mut search, params.join(|_| true));
        if params.has_blank_value() {
            keys.offer(&mut search, params.join(|param| !param.is_blank()));
        }
        let key = search.found().map(KeyId::new).ok_or(ErrorKind::SignatureMismatch)?;

        let (signed_at, validity) = self.check_time(timestamp)?;
        Ok(Evidence::new(key, Coverage::Params)
            .signed_at(signed_at)
            .validity(validity)
            .unique_signature(given)
            .tenant(tenant.cloned()))
    }

    /// When it was signed, and until when that is good.
    fn check_time(
        &self,
        timestamp: Option<Timestamp>,
    ) -> Result<(Option<UnixTime>, Option<Validity>), Error> {
        let refuse = |kind| Error::parameter(kind, "timestamp");
        match (timestamp, self.tolerance) {
            (Some(Timestamp(signed_at)), None) => Ok((signed_at, None)),
            (None, None) => Ok((None, None)),
            (None, Some(_)) => Err(refuse(ErrorKind::TimestampMissing)),
            (Some(Timestamp(None)), Some(_)) => Err(refuse(ErrorKind::TimestampMalformed)),
            (Some(Timestamp(Some(signed_at))), Some(tolerance)) => {
                let judged_at = self.clock.now()?;
                tolerance.check(judged_at, signed_at).map_err(refuse)?;
                let (until, over) = (tolerance.end_of_age(signed_at), refuse(ErrorKind::TimestampStale));
                Ok((Some(signed_at), Some(Validity { judged_at, until, over })))
            }
        }
    }
}

/// The parameter `timestamp`: a time, if it is one.
struct Timestamp(Option<UnixTime>);

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
    if text.is_empty() || (text.len() > 1 && text.starts_with(b"0")) {
        return None;
    }
    let append = |seconds: i64, digit: &u8| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        seconds.checked_mul(10)?.checked_add(digit.into())
    };
    text.iter().try_fold(0, append).map(UnixTime::from_secs)
}
