//! Webhooks with any rule.

use super::case::{Case, DECODED, VERBATIM};
use super::explain::{Covers, Signed, Subject, Traits};
use super::{Cause, Finding, bodies, signatures, times};
use crate::error::{Error, ErrorKind};
use crate::mac::{Algorithm, Function, SenderKeys, SignatureKind};
use crate::request::{Head, Request};
use crate::rule::Rule;
use crate::verifier::Verified;
use crate::webhook::Webhook;

impl<R: Rule> Subject for Webhook<R> {
    fn traits(&self) -> Traits<'_> {
        let kind = self.keys().0.any().map(SenderKeys::kind);
        Traits { kind, base: self.base_url(), readings: &[VERBATIM, DECODED], covers: Covers::Message }
    }

    fn prove(&self, request: Request<'_>, keys: Option<&SenderKeys>) -> Result<Signed, Error> {
        let verified = self.signed(request, keys)?;
        let signed_at = verified.as_ref().ok().and_then(Verified::signed_at);
        let late = times::late("the signed time", self.window(), signed_at);
        Ok(Signed { beside: late, rest: verified.map(drop) })
    }

    fn kinds(&self, head: Head<'_>) -> Result<Vec<SignatureKind>, Error> {
        let envelope = self.read_head(head)?;
        let own = self.traits().kind.ok_or(ErrorKind::TenantUnknown)?;
        let others = Algorithm::ALL.iter().map(|algorithm| SignatureKind::Mac(Function::from(*algorithm)));
        let others = others.filter(|other| matches!(own, SignatureKind::Mac(_)) && *other != own);
        let kinds = [own].into_iter().chain(others).filter(|kind| envelope.tags(*kind).is_ok());
        let kinds: Vec<_> = kinds.collect();
        if kinds.is_empty() { envelope.tags(own).map(|_| kinds) } else { Ok(kinds) }
    }

    fn own_keys(&self, request: Request<'_>) -> Option<SenderKeys> {
        self.keys_for(request).ok().cloned()
    }

    fn claimed_tenant(&self, request: Request<'_>) -> Option<String> {
        self.claimed_tenant(request)
    }

    fn hints(&self, case: &Case<'_>) -> Vec<Finding> {
        let (capture, rejection) = (case.capture, &case.rejection);
        let hint = match (rejection.kind(), rejection.header_name()) {
            (ErrorKind::SignatureMismatch, _) => None,
            (ErrorKind::SignatureMissing, Some(name)) => {
                let bytes = self.traits().kind.map(SignatureKind::bytes);
                let (named, other) = match signatures::like(capture, bytes).next() {
                    Some(other) => (Cause::HeaderOther, format!("`{other}` looks like a signature")),
                    None => (Cause::SignatureMissing, "none that looks like a signature".to_owned()),
                };
                Some(Finding::hint(named, format!("there is no header `{name}`, and {other}")))
            }
            (ErrorKind::SignatureMalformed, _) => {
                let head = capture.request().head().with_base(self.base_url());
                let written = self.read_head(head).ok().and_then(|envelope| envelope.written());
                let bytes = self.traits().kind.map_or(0, SignatureKind::bytes);
                let hint =
                    written.and_then(|(text, encoding)| signatures::length_hint(text, bytes, encoding));
                Some(hint.unwrap_or_else(|| case.rejected_otherwise()))
            }
            _ => return vec![case.rejected_otherwise()],
        };
        case.unexplained(hint.into_iter().chain(bodies::hint(&capture.body)).collect())
    }
}
