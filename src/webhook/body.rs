//! What is done with a body as it arrives.

use std::ptr;
use std::sync::Arc;

use md5::Md5;
use sha2::{Digest as _, Sha256};

use super::Claims;
use crate::compare;
use crate::error::{Error, ErrorKind};
use crate::mac::{Running, SenderKeys, Senders, SignatureKind, Tags};
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
    messages: Vec<(Message, Place)>,
    body: KeptBody,
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
        messages: Vec<(Message, Place)>,
        limit: usize,
    ) -> Self {
        Self { claims, keys, tags, messages, body: KeptBody::new(limit) }
    }
}

impl Check for Form<'_> {
    fn keeps_body(&self) -> bool {
        true
    }

    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        Ok(self.body.push(chunk)?)
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        let body = self.body.bytes();
        let params = read_form(body)?;
        let (keys, tenant) = self.keys.select(&params)?;
        let claims = tenant.into_iter().fold(self.claims, Claims::of_tenant);
        let (mut found, mut last) = (None, None);
        for (message, place) in self.messages {
            let joined = match place {
                Place::Form(join) => Some(Joined::or_new(&mut last, join, &params)),
                _ => None,
            };
            let content = match joined {
                Some(joined) => &joined.bytes,
                None => &content(place, body, &params)?,
            };
            let signed = [&*message.before, content, &message.after].concat();
            let key = keys.find(&signed, &self.tags);
            found = found.or_else(|| Some((key?, joined.and_then(Joined::in_order))));
        }
        let (key, in_order) = found.unzip();
        let evidence = claims.judge(key)?;
        Ok(evidence.parameters(Parameters::new(in_order.flatten().unwrap_or(params))))
    }
}

/// Reads the parameters of a form. Of a body without one, no byte would be signed.
pub(crate) fn read_form(body: &[u8]) -> Result<Params, ErrorKind> {
    let mut params = Params::default();
    params.read_form(body)?;
    if params.is_empty() && !body.is_empty() { Err(ErrorKind::BodyUnexpected) } else { Ok(params) }
}

/// A form's parameters, joined as they are signed.
struct Joined<'p> {
    join: FormJoin,
    pairs: Vec<(&'p [u8], &'p [u8])>,
    /// How many there were.
    count: usize,
    bytes: Vec<u8>,
}

impl<'p> Joined<'p> {
    fn new(join: FormJoin, params: &'p Params) -> Self {
        let mut pairs: Vec<_> = params.iter().map(|param| (param.name, param.value)).collect();
        let (count, mut bytes) = (pairs.len(), Vec::with_capacity(params.bytes()));
        join(&mut pairs, &mut bytes);
        Self { join, pairs, count, bytes }
    }

    /// Joins, unless the last candidate's are joined in the same way.
    fn or_new<'j>(last: &'j mut Option<Self>, join: FormJoin, params: &'p Params) -> &'j Self {
        let same = last.take().filter(|last| ptr::fn_addr_eq(last.join, join));
        last.insert(same.unwrap_or_else(|| Self::new(join, params)))
    }

    /// The parameters in the order that is signed, where it matters: where a name repeats, or one was left out.
    fn in_order(&self) -> Option<Params> {
        let is_plain = self.pairs.len() == self.count && self.pairs.is_sorted_by(|a, b| a.0 < b.0);
        (!is_plain).then(|| Params::of(&self.pairs))
    }
}

/// What stands in the place of a whole body.
pub(crate) fn content(place: Place, body: &[u8], params: &Params) -> Result<Vec<u8>, ErrorKind> {
    match place {
        Place::Raw => Ok(body.to_vec()),
        Place::Form(join) => Ok(Joined::new(join, params).bytes),
        Place::Digest(..) => {
            let mut content = Content::new(place)?;
            content.update(body);
            Ok(content.finish())
        }
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
