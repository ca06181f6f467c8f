//! What a head claims.

use std::borrow::Cow;
use std::fmt;

use super::message::{Encoding, FormJoin, Hash, Message, Place};
use super::tags::{Text, Texts, Written};
use crate::error::Error;
use crate::mac::{Function, Tags};
use crate::request::Field;
use crate::time::UnixTime;

/// What a head claims: these signatures, over these bytes, of this time. A [`Rule`](super::Rule) writes it, a
/// [`Webhook`](crate::Webhook) proves it.
///
/// The signed message is written part by part, in its order: [`part`](Self::part) for bytes of the head,
/// [`body`](Self::body) and its kin for the place of the body. A rule that names no place for the body, and does not say
/// otherwise, refuses a body.
pub struct Envelope<'h> {
    tags: Texts<'h>,
    message: Message,
    /// Those that were ended by `or`.
    ended: Vec<Message>,
    binding: Binding,
    signed_at: Option<UnixTime>,
    id: Option<Cow<'h, [u8]>>,
    tenant: Option<Cow<'h, str>>,
}

/// How the body is bound to the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// By its absence: a body is refused.
    Absent,
    /// It, or what stands for it, is in the message.
    Message,
    /// Its SHA-256 is named by what the message holds.
    Sha256([u8; 32]),
    /// Not at all.
    Unsigned,
}

impl<'h> Envelope<'h> {
    #[inline]
    pub(crate) fn new() -> Self {
        Self {
            tags: Texts::default(),
            message: Message::default(),
            ended: Vec::new(),
            binding: Binding::Absent,
            signed_at: None,
            id: None,
            tenant: None,
        }
    }

    /// Adds the signature, in hex of either case.
    #[inline]
    pub fn hex(&mut self, field: Field<'h>) -> &mut Self {
        self.tags.one(Text { field, written: Written::Hex });
        self
    }

    /// Adds the signature, in base64 of the standard alphabet with padding.
    pub fn base64(&mut self, field: Field<'h>) -> &mut Self {
        self.tags.one(Text { field, written: Written::Base64 });
        self
    }

    /// Adds signatures in hex, one of which must match: the first 16 of them. One that has the wrong form is passed over, as
    /// long as another has the right one.
    pub fn any_hex(&mut self, fields: impl IntoIterator<Item = Field<'h>>) -> &mut Self {
        fields.into_iter().for_each(|field| self.tags.entry(Text { field, written: Written::Hex }));
        self
    }

    /// As [`any_hex`](Self::any_hex), in base64.
    pub fn any_base64(&mut self, fields: impl IntoIterator<Item = Field<'h>>) -> &mut Self {
        fields.into_iter().for_each(|field| self.tags.entry(Text { field, written: Written::Base64 }));
        self
    }

    /// Adds bytes to the signed message.
    pub fn part(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.message.push(bytes.as_ref());
        self
    }

    /// Puts the raw body here in the signed message.
    #[inline]
    pub fn body(&mut self) -> &mut Self {
        self.place(Place::Raw)
    }

    /// Puts a hash of the body here in the signed message.
    pub fn body_hash(&mut self, hash: Hash, encoding: Encoding) -> &mut Self {
        self.place(Place::Digest(hash, encoding))
    }

    /// Puts the parameters of the body, a form, here in the signed message, joined by `join`. The form is decoded strictly, and
    /// kept within the verifier's limit, 1 MiB unless set otherwise.
    pub fn form(&mut self, join: FormJoin) -> &mut Self {
        self.place(Place::Form(join))
    }

    /// Says that the signed message names the SHA-256 of the body, and which it must be.
    pub fn body_sha256(&mut self, expected: [u8; 32]) -> &mut Self {
        self.binding = Binding::Sha256(expected);
        self
    }

    /// Says that the platform does not sign the body: whoever has seen one request can send another body with its signature.
    pub fn insecure_unsigned_body(&mut self) -> &mut Self {
        self.binding = Binding::Unsigned;
        self
    }

    /// Ends one candidate for the signed message and begins another. The signature may be that of either.
    pub fn or(&mut self) -> &mut Self {
        self.ended.push(std::mem::take(&mut self.message));
        self
    }

    /// Says when the request was signed. The time must be part of the signed message.
    #[inline]
    pub fn signed_at(&mut self, time: UnixTime) -> &mut Self {
        self.signed_at = Some(time);
        self
    }

    /// Names the request by a signed identifier, one that stays the same when the request is sent again.
    pub fn id(&mut self, id: impl Into<Cow<'h, [u8]>>) -> &mut Self {
        self.id = Some(id.into());
        self
    }

    /// Names the tenant whose keys are tried.
    pub fn tenant(&mut self, name: impl Into<Cow<'h, str>>) -> &mut Self {
        self.tenant = Some(name.into());
        self
    }

    #[inline]
    fn place(&mut self, place: Place) -> &mut Self {
        self.message.place = Some(place);
        self.binding = Binding::Message;
        self
    }

    #[inline]
    pub(crate) fn tags(&self, function: Function) -> Result<Tags, Error> {
        self.tags.decode(function)
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.ended.iter().chain([&self.message])
    }

    /// The candidates that hold the body, or what stands for it. One that does not would leave the body unsigned.
    pub(crate) fn into_messages(self) -> impl Iterator<Item = (Message, Place)> {
        let messages = self.ended.into_iter().chain([self.message]);
        messages.filter_map(|message| message.place.map(|place| (message, place)))
    }

    #[inline]
    pub(crate) fn binding(&self) -> Binding {
        self.binding
    }

    pub(crate) fn time(&self) -> Option<UnixTime> {
        self.signed_at
    }

    pub(crate) fn identifier(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }

    #[inline]
    pub(crate) fn tenant_name(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// Whether the body alone is signed, with no time and no identifier.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.message.is_plain() && self.ended.is_empty() && self.signed_at.is_none() && self.id.is_none()
    }
}

/// It holds signatures.
impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").finish_non_exhaustive()
    }
}
