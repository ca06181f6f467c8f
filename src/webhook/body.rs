//! What is done with a body as it arrives.

use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::Claims;
use crate::compare;
use crate::error::{Error, ErrorKind};
use crate::mac::{Running, SenderKeys, Tags};
use crate::params::{Parameters, Params};
use crate::request::KeptBody;
use crate::rule::{Binding, Encoding, FormJoin, Hash, Message, OfEmpty, Place};
use crate::verifier::{Check, Evidence};

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
    first: Option<Candidate>,
    more: Vec<Candidate>,
    /// The body, where it is a form.
    form: Option<KeptBody>,
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
        limit: usize,
    ) -> Self {
        let mut candidates = messages.map(|(message, place)| Candidate::new(keys, &tags, message, place));
        let (first, more): (_, Vec<_>) = (candidates.next(), candidates.collect());
        let is_form = first.iter().chain(&more).any(|candidate| matches!(candidate.place, Content::Form(_)));
        Self { claims, tags, first, more, form: is_form.then(|| KeptBody::new(limit)) }
    }
}

impl Candidate {
    fn new(keys: &SenderKeys, tags: &Tags, message: Message, place: Place) -> Self {
        let mut signed = keys.begin(tags);
        signed.update(&message.before);
        Self { signed, place: Content::new(place), after: message.after }
    }
}

impl Check for InMessage<'_> {
    fn keeps_body(&self) -> bool {
        self.form.is_some()
    }

    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        for candidate in self.first.iter_mut().chain(&mut self.more) {
            match &mut candidate.place {
                Content::Body => candidate.signed.update(chunk),
                content => content.update(chunk),
            }
        }
        match &mut self.form {
            Some(body) => Ok(body.push(chunk)?),
            None => Ok(()),
        }
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        let mut params = Params::default();
        if let Some(body) = &self.form {
            params.read_form(body.bytes())?;
        }
        let mut found = None;
        for Candidate { mut signed, place, after } in self.first.into_iter().chain(self.more) {
            signed.update(&place.finish(&params));
            signed.update(&after);
            found = found.or(signed.find(&self.tags));
        }
        let evidence = self.claims.judge(found)?;
        Ok(if self.form.is_some() { evidence.parameters(Parameters::new(params)) } else { evidence })
    }
}

/// What stands in the body's place.
pub(crate) enum Content {
    Body,
    Hash(Digest, Encoding, OfEmpty),
    Form(FormJoin),
}

/// A hash of the body under way.
pub(crate) enum Digest {
    Md5(Md5),
    Sha256(Sha256),
}

impl Content {
    pub(crate) fn new(place: Place) -> Self {
        match place {
            Place::Raw => Self::Body,
            Place::Digest(Hash::Md5, encoding, of_empty) => {
                Self::Hash(Digest::Md5(Md5::new()), encoding, of_empty)
            }
            Place::Digest(Hash::Sha256, encoding, of_empty) => {
                Self::Hash(Digest::Sha256(Sha256::new()), encoding, of_empty)
            }
            Place::Form(join) => Self::Form(join),
        }
    }

    /// Takes the next chunk of a body that is hashed.
    pub(crate) fn update(&mut self, chunk: &[u8]) {
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
    pub(crate) fn finish(self, params: &Params) -> Vec<u8> {
        match self {
            Self::Body | Self::Hash(_, _, OfEmpty::Nothing) => Vec::new(),
            Self::Hash(Digest::Md5(digest), encoding, _) => encoding.encode(&digest.finalize()).into_bytes(),
            Self::Hash(Digest::Sha256(digest), encoding, _) => {
                encoding.encode(&digest.finalize()).into_bytes()
            }
            Self::Form(join) => {
                let mut joined = Vec::new();
                join(params.iter().map(|param| (param.name, param.value)).collect(), &mut joined);
                joined
            }
        }
    }
}
