//! What is done with a body as it arrives.

use md5::Md5;
use sha2::{Digest, Sha256};

use super::Claims;
use crate::compare;
use crate::error::{Error, ErrorKind};
use crate::mac::{Mac, MacKeys, Tags};
use crate::params::Params;
use crate::request::KeptBody;
use crate::rule::{Binding, Encoding, FormJoin, Hash, Message, Place};
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
    mac: Mac,
    place: Stand,
    after: Vec<u8>,
}

/// What stands in the body's place.
enum Stand {
    Body,
    Md5(Md5, Encoding),
    Sha256(Sha256, Encoding),
    Form(FormJoin),
}

impl<'v> InMessage<'v> {
    pub(super) fn new(
        claims: Claims<'v>,
        keys: &MacKeys,
        tags: Tags,
        messages: impl Iterator<Item = (Message, Place)>,
        limit: usize,
    ) -> Self {
        let mut candidates = messages.map(|(message, place)| Candidate::new(keys, message, place));
        let (first, more): (_, Vec<_>) = (candidates.next(), candidates.collect());
        let is_form = first.iter().chain(&more).any(|candidate| matches!(candidate.place, Stand::Form(_)));
        Self { claims, tags, first, more, form: is_form.then(|| KeptBody::new(limit)) }
    }
}

impl Candidate {
    fn new(keys: &MacKeys, message: Message, place: Place) -> Self {
        let mut mac = keys.begin();
        mac.update(&message.before);
        let place = match place {
            Place::Raw => Stand::Body,
            Place::Digest(Hash::Md5, encoding) => Stand::Md5(Md5::new(), encoding),
            Place::Digest(Hash::Sha256, encoding) => Stand::Sha256(Sha256::new(), encoding),
            Place::Form(join) => Stand::Form(join),
        };
        Self { mac, place, after: message.after }
    }
}

impl Check for InMessage<'_> {
    fn keeps_body(&self) -> bool {
        self.form.is_some()
    }

    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        for candidate in self.first.iter_mut().chain(&mut self.more) {
            match &mut candidate.place {
                Stand::Body => candidate.mac.update(chunk),
                Stand::Md5(digest, _) => digest.update(chunk),
                Stand::Sha256(digest, _) => digest.update(chunk),
                Stand::Form(_) => {}
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
        for Candidate { mut mac, place, after } in self.first.into_iter().chain(self.more) {
            match place {
                Stand::Body => {}
                Stand::Md5(digest, encoding) => mac.update(encoding.encode(&digest.finalize()).as_bytes()),
                Stand::Sha256(digest, encoding) => mac.update(encoding.encode(&digest.finalize()).as_bytes()),
                Stand::Form(join) => {
                    let mut joined = Vec::new();
                    join(params.iter().map(|param| (param.name, param.value)).collect(), &mut joined);
                    mac.update(&joined);
                }
            }
            mac.update(&after);
            found = found.or(mac.find(&self.tags));
        }
        let evidence = self.claims.judge(found)?;
        Ok(if self.form.is_some() { evidence.parameters(params) } else { evidence })
    }
}
