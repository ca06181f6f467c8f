//! What is done with a body as it arrives.

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
use crate::verifier::{Check, Evidence, Verification};

/// The head has been proved. The body is bound to it by its absence, by its hash, or not at all.
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

/// The body, or what stands for it, is part of what was signed.
pub(super) struct InMessage<'v> {
    claims: Claims<'v>,
    tags: Tags,
    /// Most rules have one, which needs no memory of its own.
    first: Candidate,
    more: Vec<Candidate>,
}

/// A message under way.
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
        self.claims.judge(found)
    }
}

/// The body is a form, whose parameters are part of what was signed. They may name the tenant too.
pub(super) struct Form<'v> {
    claims: Claims<'v>,
    keys: FormKeys<'v>,
    tags: Tags,
    messages: Vec<Message>,
    limit: usize,
}

/// The keys that a form's signature is tried with.
pub(crate) enum FormKeys<'v> {
    Known(&'v SenderKeys),
    /// Those of the tenant in the parameter of this name.
    Named(&'v Senders<SenderKeys>, &'static str),
}

impl<'v> FormKeys<'v> {
    pub(super) fn kind(&self) -> Result<SignatureKind, ErrorKind> {
        match self {
            Self::Known(keys) => Ok(keys.kind()),
            // Those of all tenants are of one kind.
            Self::Named(senders, _) => senders.any().map(SenderKeys::kind).ok_or(ErrorKind::TenantUnknown),
        }
    }

    /// The keys, now that the form is there, and the tenant that it names.
    pub(crate) fn select(self, params: &Params) -> Result<(&'v SenderKeys, Option<&'v Arc<str>>), Error> {
        match self {
            Self::Known(keys) => Ok((keys, None)),
            Self::Named(senders, name) => senders.select(|| {
                let mut named = params.iter().filter(|param| param.name == name.as_bytes());
                match (named.next(), named.next()) {
                    (None, _) => Err(ErrorKind::TenantMissing.into()),
                    (Some(_), Some(_)) => Err(Error::parameter(ErrorKind::ParameterRepeated, name)),
                    (Some(param), None) => Ok(String::from_utf8_lossy(param.value)),
                }
            }),
        }
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

    /// Keeps the body as it arrives.
    pub(super) fn keep(self) -> Verification<'v> {
        let limit = self.limit;
        Verification::new(KeptForm { form: self, body: KeptBody::new(limit) }).limit(limit)
    }

    /// Concludes from the whole body. Which candidate is signed is no secret, so that the first ends the search: most often it saves
    /// the second hash.
    pub(super) fn conclude(self, body: &[u8]) -> Result<Evidence, Error> {
        if body.len() > self.limit {
            return Err(ErrorKind::BodyTooLarge.into());
        }
        let params = read_form(body)?;
        let (keys, tenant) = self.keys.select(&params)?;
        let claims = tenant.into_iter().fold(self.claims, Claims::of_tenant);
        let mut whole = Whole::new(body, params);
        for message in self.messages {
            if let Some(key) = keys.find(&whole.complete(message)?, &self.tags) {
                let evidence = claims.judge(Some(key))?;
                return Ok(evidence.parameters(Parameters::new(whole.params.0)));
            }
        }
        Err(ErrorKind::SignatureMismatch.into())
    }
}

/// A form that is kept as it arrives.
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
        self.form.conclude(self.body.bytes())
    }
}

/// Reads the parameters of a form. Of a body without one, no byte would be signed.
pub(crate) fn read_form(body: &[u8]) -> Result<Params, ErrorKind> {
    let mut params = Params::default();
    params.read_form(body)?;
    if params.is_empty() && !body.is_empty() { Err(ErrorKind::BodyUnexpected) } else { Ok(params) }
}

/// A whole form, and what stands in its place.
pub(crate) struct Whole<'b> {
    body: &'b [u8],
    /// As they are signed.
    params: FormParams,
    /// How they are joined, once they are.
    join: Option<FormJoin>,
    joined: Vec<u8>,
}

impl<'b> Whole<'b> {
    pub(crate) fn new(body: &'b [u8], params: Params) -> Self {
        Self { body, params: FormParams(params), join: None, joined: Vec::new() }
    }

    /// Completes a candidate for the signed message.
    pub(crate) fn complete(&mut self, message: Message) -> Result<Vec<u8>, ErrorKind> {
        let Message { before, place, after } = message;
        let content = match place.ok_or(ErrorKind::RuleInvalid)? {
            Place::Form(join) => {
                self.join(join)?;
                &self.joined
            }
            Place::Raw => {
                self.restore()?;
                self.body
            }
            place @ Place::Digest(..) => {
                self.restore()?;
                let mut content = Content::new(place)?;
                content.update(self.body);
                &content.finish()
            }
        };
        Ok([&*before, content, &after].concat())
    }

    /// Joins the parameters, unless they are joined in this way already.
    fn join(&mut self, join: FormJoin) -> Result<(), ErrorKind> {
        if !self.join.is_some_and(|done| ptr::fn_addr_eq(done, join)) {
            self.restore()?;
            self.joined = Vec::with_capacity(self.body.len());
            join(&mut self.params, &mut self.joined);
            self.join = Some(join);
        }
        Ok(())
    }

    /// Takes the parameters as they were sent.
    fn restore(&mut self) -> Result<(), ErrorKind> {
        if self.join.take().is_some() {
            self.params = FormParams(read_form(self.body)?);
        }
        Ok(())
    }
}

/// What stands in the body's place as it arrives.
enum Content {
    Body,
    Hash(Digest, Encoding, OfEmpty),
}

/// A hash of the body under way.
enum Digest {
    Md5(Md5),
    Sha256(Sha256),
}

impl Content {
    /// A form has to be kept instead.
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

    /// Takes the next chunk of a body that is hashed.
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

    /// What is signed beside the raw body: nothing where that is signed itself.
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
