//! How a body is checked as it arrives.

use std::borrow::Cow;
use std::ptr;
use std::sync::Arc;

use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::Claims;
use crate::compare;
use crate::error::{Error, ErrorKind};
use crate::mac::{Running, SenderKeys, Senders, SignatureKind, Tags};
use crate::params::{FormParams, Parameters, Params};
use crate::request::KeptBody;
use crate::rule::{Binding, Encoding, FormJoin, Hash, Message, OfEmpty, Place};
use crate::verifier::{Check, Evidence, Verification, Verified};

/// The head is verified. The body is absent, hashed or unsigned.
pub(super) struct HeadSigned {
    evidence: Evidence,
    binding: Binding,
    digest: Sha256,
}

impl HeadSigned {
    pub(super) fn new(binding: Binding, evidence: Evidence) -> Self {
        Self { evidence, binding, digest: Sha256::new() }
    }
}

impl Check for HeadSigned {
    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        match self.binding {
            Binding::Sha256(_) => self.digest.update(chunk),
            Binding::Unsigned => {}
            Binding::Absent | Binding::Message if chunk.is_empty() => {}
            Binding::Absent | Binding::Message => return Err(ErrorKind::BodyUnexpected.into()),
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        match self.binding {
            Binding::Sha256(expected) if !compare::eq(&expected, &self.digest.finalize()) => {
                Err(ErrorKind::PayloadHashMismatch.into())
            }
            _ => Ok(self.evidence),
        }
    }
}

/// The signed message contains the body, its hash or its parameters.
pub(super) struct InMessage<'v> {
    claims: Claims<'v>,
    tags: Tags,
    /// The first candidate, apart, since most rules have one and need no further memory.
    first: Candidate,
    more: Vec<Candidate>,
}

struct Candidate {
    signed: Running,
    place: Content,
    after: Vec<u8>,
}

impl<'v> InMessage<'v> {
    pub(super) fn new(
        claims: Claims<'v>,
        keys: &SenderKeys,
        tags: Tags,
        messages: impl Iterator<Item = (Message, Place)>,
    ) -> Result<Self, ErrorKind> {
        let mut candidates = messages.map(|(message, place)| Candidate::new(keys, &tags, message, place));
        let first = candidates.next().ok_or(ErrorKind::RuleInvalid)??;
        let more = candidates.collect::<Result<_, _>>()?;
        Ok(Self { claims, tags, first, more })
    }
}

impl Candidate {
    fn new(keys: &SenderKeys, tags: &Tags, message: Message, place: Place) -> Result<Self, ErrorKind> {
        let mut signed = keys.begin(tags);
        signed.update(&message.before);
        Ok(Self { signed, place: Content::new(place)?, after: message.after })
    }
}

impl Check for InMessage<'_> {
    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        for candidate in [&mut self.first].into_iter().chain(&mut self.more) {
            match &mut candidate.place {
                Content::Body => candidate.signed.update(chunk),
                content @ Content::Hash(..) => content.update(chunk),
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        let mut found = None;
        for Candidate { mut signed, place, after } in [self.first].into_iter().chain(self.more) {
            signed.update(&place.finish());
            signed.update(&after);
            found = found.or(signed.find(&self.tags));
        }
        self.claims.conclude(found).map(Verified::into_evidence)
    }
}

/// The signed message contains a form's parameters. They may also name the tenant.
pub(super) struct Form<'v> {
    claims: Claims<'v>,
    keys: FormKeys<'v>,
    tags: Tags,
    messages: Vec<Message>,
    limit: usize,
}

/// The keys for a form's signature.
pub(crate) enum FormKeys<'v> {
    Known(&'v SenderKeys),
    /// Those of the tenant in this parameter.
    Named(&'v Senders<SenderKeys>, &'static str),
}

impl<'v> FormKeys<'v> {
    pub(super) fn kind(&self) -> Result<SignatureKind, ErrorKind> {
        match self {
            Self::Known(keys) => Ok(keys.kind()),
            // All tenants have keys of one kind.
            Self::Named(senders, _) => senders.any().map(SenderKeys::kind).ok_or(ErrorKind::TenantUnknown),
        }
    }

    /// Returns the keys for this form, and its tenant if it names one.
    pub(crate) fn select(self, params: &Params) -> Result<(&'v SenderKeys, Option<&'v Arc<str>>), Error> {
        match self {
            Self::Known(keys) => Ok((keys, None)),
            Self::Named(senders, name) => senders.select(|| named_in_form(params, name)),
        }
    }
}

/// Returns the tenant that a form's parameter names.
pub(super) fn named_in_form<'p>(params: &'p Params, name: &'static str) -> Result<Cow<'p, str>, Error> {
    let mut named = params.iter().filter(|param| param.name == name.as_bytes());
    match (named.next(), named.next()) {
        (None, _) => Err(ErrorKind::TenantMissing.into()),
        (Some(_), Some(_)) => Err(Error::parameter(ErrorKind::ParameterRepeated, name)),
        (Some(param), None) => Ok(String::from_utf8_lossy(param.value)),
    }
}

impl<'v> Form<'v> {
    pub(super) fn new(
        claims: Claims<'v>,
        keys: FormKeys<'v>,
        tags: Tags,
        messages: Vec<Message>,
        limit: usize,
    ) -> Self {
        Self { claims, keys, tags, messages, limit }
    }

    pub(super) fn keep(self) -> Verification<'v> {
        let limit = self.limit;
        Verification::new(KeptForm { form: self, body: KeptBody::new(limit) }).limit(limit)
    }

    /// Checks the whole body. The search stops at the candidate that matches, since that is no secret. This mostly saves the
    /// second hash.
    pub(super) fn conclude(self, body: &[u8]) -> Result<Verified, Error> {
        if body.len() > self.limit {
            return Err(ErrorKind::BodyTooLarge.into());
        }
        let params = read_form(body)?;
        let (keys, tenant) = self.keys.select(&params)?;
        let claims = tenant.into_iter().fold(self.claims, Claims::of_tenant);
        let mut whole = Whole::new(body, params);
        for Message { before, place, after } in &self.messages {
            let content = whole.content(place.ok_or(ErrorKind::RuleInvalid)?)?;
            if let Some(key) = keys.find(&[before, content, after], &self.tags) {
                let evidence = claims.conclude(Some(key))?.into_evidence();
                return Ok(Verified::new(evidence.parameters(Parameters::new(whole.params.0))));
            }
        }
        Err(ErrorKind::SignatureMismatch.into())
    }
}

struct KeptForm<'v> {
    form: Form<'v>,
    body: KeptBody,
}

impl Check for KeptForm<'_> {
    fn keeps_body(&self) -> bool {
        true
    }

    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        Ok(self.body.push(chunk)?)
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        self.form.conclude(self.body.bytes()).map(Verified::into_evidence)
    }
}

/// Reads the parameters of a form. Rejects a body without parameters, since no byte of it would be signed.
pub(crate) fn read_form(body: &[u8]) -> Result<Params, ErrorKind> {
    let mut params = Params::default();
    params.read_form(body)?;
    if params.is_empty() && !body.is_empty() { Err(ErrorKind::BodyUnexpected) } else { Ok(params) }
}

/// A whole form, or another body, in its signed forms.
pub(crate) struct Whole<'b> {
    body: &'b [u8],
    /// The parameters in the signed order.
    params: FormParams,
    /// How the parameters were joined last.
    join: Option<FormJoin>,
    /// The joined parameters or the hash.
    written: Vec<u8>,
}

impl<'b> Whole<'b> {
    pub(crate) fn new(body: &'b [u8], params: Params) -> Self {
        Self { body, params: FormParams(params), join: None, written: Vec::new() }
    }

    /// Returns the bytes in the body's place.
    #[inline]
    pub(crate) fn content(&mut self, place: Place) -> Result<&[u8], ErrorKind> {
        match place {
            Place::Raw => {
                self.restore()?;
                return Ok(self.body);
            }
            Place::Form(join) => self.join(join)?,
            Place::Digest(..) => {
                self.restore()?;
                let mut content = Content::new(place)?;
                content.update(self.body);
                self.written = content.finish();
            }
        }
        Ok(&self.written)
    }

    /// Joins the parameters, unless they are already joined this way.
    fn join(&mut self, join: FormJoin) -> Result<(), ErrorKind> {
        if !self.join.is_some_and(|done| ptr::fn_addr_eq(done, join)) {
            self.restore()?;
            self.written = Vec::with_capacity(self.body.len());
            join(&mut self.params, &mut self.written);
            self.join = Some(join);
        }
        Ok(())
    }

    fn restore(&mut self) -> Result<(), ErrorKind> {
        if self.join.take().is_some() {
            self.params = FormParams(read_form(self.body)?);
        }
        Ok(())
    }
}

/// What the message has in the body's place, as it arrives.
enum Content {
    Body,
    Hash(Digest, Encoding, OfEmpty),
}

/// A running hash of the body.
enum Digest {
    Md5(Md5),
    Sha256(Sha256),
}

impl Content {
    /// Fails for a form, which must be kept instead.
    fn new(place: Place) -> Result<Self, ErrorKind> {
        match place {
            Place::Raw => Ok(Self::Body),
            Place::Digest(Hash::Md5, encoding, of_empty) => {
                Ok(Self::Hash(Digest::Md5(Md5::new()), encoding, of_empty))
            }
            Place::Digest(Hash::Sha256, encoding, of_empty) => {
                Ok(Self::Hash(Digest::Sha256(Sha256::new()), encoding, of_empty))
            }
            Place::Form(_) => Err(ErrorKind::RuleInvalid),
        }
    }

    fn update(&mut self, chunk: &[u8]) {
        if let Self::Hash(digest, _, of_empty) = self {
            if !chunk.is_empty() {
                *of_empty = OfEmpty::Hash;
            }
            match digest {
                Digest::Md5(digest) => digest.update(chunk),
                Digest::Sha256(digest) => digest.update(chunk),
            }
        }
    }

    /// Returns the signed bytes that replace the body. Empty if the raw body itself is signed.
    fn finish(self) -> Vec<u8> {
        match self {
            Self::Body | Self::Hash(_, _, OfEmpty::Nothing) => Vec::new(),
            Self::Hash(Digest::Md5(digest), encoding, _) => encoding.encode(&digest.finalize()).into_bytes(),
            Self::Hash(Digest::Sha256(digest), encoding, _) => {
                encoding.encode(&digest.finalize()).into_bytes()
            }
        }
    }
}
