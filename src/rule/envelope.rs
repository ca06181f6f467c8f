//! What a head claims.

use std::borrow::Cow;
use std::fmt;

use super::message::{Encoding, FormJoin, Hash, Message, OfEmpty, Place};
use super::tags::{Texts, Written};
use crate::error::{Error, ErrorKind};
use crate::mac::{SignatureKind, Tags};
use crate::request::{BaseUrl, Field, Head};
use crate::time::UnixTime;

/// What a head claims: these signatures, over these bytes, of this time. A [`Rule`](super::Rule) writes it, a
/// [`Webhook`](crate::Webhook) proves it.
///
/// The signed message is written part by part, in its order: [`part`](Self::part) for bytes of the head,
/// [`body`](Self::body) and its kin for the place of the body. A rule that names no place for the body, and does not say
/// otherwise, refuses a body.
///
/// # Errors
///
/// Of an envelope that contradicts itself the webhook makes [`RuleInvalid`](crate::ErrorKind::RuleInvalid), for every request:
///
/// - the body is bound twice in one message, or in two ways: [`body`](Self::body) and [`body_sha256`](Self::body_sha256);
/// - a time, an identifier or the URL is said to be signed, and the message is the body alone.
pub struct Envelope<'h> {
    tags: Texts<'h>,
    message: Message,
    /// Those that were ended by `or`.
    ended: Vec<Message>,
    binding: Binding,
    contradicts: bool,
    signed_at: Option<UnixTime>,
    id: Option<Cow<'h, [u8]>>,
    tenant: Option<Cow<'h, str>>,
    tenant_param: Option<&'static str>,
    query_unsigned: bool,
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
            contradicts: false,
            signed_at: None,
            id: None,
            tenant: None,
            tenant_param: None,
            query_unsigned: false,
        }
    }

    /// Adds the signature, in hex of either case.
    #[inline]
    pub fn hex(&mut self, field: Field<'h>) -> &mut Self {
        self.tags.required(field, Written::Hex);
        self
    }

    /// Adds the signature, in base64 of the standard alphabet with padding.
    pub fn base64(&mut self, field: Field<'h>) -> &mut Self {
        self.tags.required(field, Written::Base64);
        self
    }

    /// Adds signatures in hex, one of which must match: the first 16 of them. One that has the wrong form is passed over, as
    /// long as another has the right one.
    pub fn any_hex(&mut self, fields: impl IntoIterator<Item = Field<'h>>) -> &mut Self {
        fields.into_iter().for_each(|field| self.tags.entry(field, Written::Hex));
        self
    }

    /// As [`any_hex`](Self::any_hex), in base64.
    pub fn any_base64(&mut self, fields: impl IntoIterator<Item = Field<'h>>) -> &mut Self {
        fields.into_iter().for_each(|field| self.tags.entry(field, Written::Base64));
        self
    }

    /// Adds bytes to the signed message.
    pub fn part(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.message.push(bytes.as_ref());
        self
    }

    /// Adds the URL that the platform called, with this port in place of the base URL's: `:443`, or nothing. With the base's own,
    /// `part(head.url())` does.
    pub fn url_with_port(&mut self, head: Head<'_>, port: &str) -> &mut Self {
        let [start, end] = head.base_url().map(BaseUrl::without_port).unwrap_or_default();
        self.part(start).part(port).part(end).part(head.target())
    }

    /// Puts the raw body here in the signed message.
    #[inline]
    pub fn body(&mut self) -> &mut Self {
        self.place(Place::Raw)
    }

    /// Puts a hash of the body here in the signed message.
    pub fn body_hash(&mut self, hash: Hash, encoding: Encoding) -> &mut Self {
        self.place(Place::Digest(hash, encoding, OfEmpty::Hash))
    }

    /// As [`body_hash`](Self::body_hash); of an empty body, nothing.
    pub fn body_hash_if_any(&mut self, hash: Hash, encoding: Encoding) -> &mut Self {
        self.place(Place::Digest(hash, encoding, OfEmpty::Nothing))
    }

    /// Puts the parameters of the body, a form, here in the signed message, joined by `join`. The form is decoded strictly, and
    /// kept within the verifier's limit, 1 MiB unless set otherwise. A body without a parameter, such as `&&`, is refused: nothing of
    /// it would be signed.
    pub fn form(&mut self, join: FormJoin) -> &mut Self {
        self.place(Place::Form(join))
    }

    /// Says that the signed message names the SHA-256 of the body, and which it must be.
    pub fn body_sha256(&mut self, expected: [u8; 32]) -> &mut Self {
        self.bind(Binding::Sha256(expected))
    }

    /// Says that the platform does not sign the body: whoever has seen one request can send another body with its signature.
    pub fn insecure_unsigned_body(&mut self) -> &mut Self {
        self.bind(Binding::Unsigned)
    }

    /// Says that the platform does not sign the query, so that it is not handed on as covered. Whoever has seen one request can send
    /// another query with its signature.
    pub fn insecure_unsigned_query(&mut self) -> &mut Self {
        self.query_unsigned = true;
        self
    }

    /// Ends one candidate for the signed message and begins another. The signature may be that of either, so each must hold what
    /// the envelope says is signed. Where one candidate holds the body, those that do not are passed over. At most 16 are tried.
    pub fn or(&mut self) -> &mut Self {
        let ended = std::mem::take(&mut self.message);
        if self.ended.is_empty() {
            self.ended = Vec::with_capacity(USUAL_CANDIDATES);
        }
        if self.ended.len() < MOST_ENDED {
            self.ended.push(ended);
        }
        self
    }

    /// Says when the request was signed. The time must be part of each candidate for the signed message: give the same
    /// [`Field`] to [`part`](Self::part).
    #[inline]
    pub fn signed_at(&mut self, time: UnixTime) -> &mut Self {
        self.signed_at = Some(time);
        self
    }

    /// Names the request by a signed identifier, one that stays the same when the request is sent again. It must be part of each
    /// candidate for the signed message. An empty one names nothing.
    pub fn id(&mut self, id: impl Into<Cow<'h, [u8]>>) -> &mut Self {
        self.id = Some(id.into());
        self
    }

    /// Names the tenant whose keys are tried.
    pub fn tenant(&mut self, name: impl Into<Cow<'h, str>>) -> &mut Self {
        self.tenant = Some(name.into());
        self
    }

    /// Names the tenant by this parameter of the form, where there are tenants: for platforms that name the account in the body
    /// alone. It is read once the whole form is there.
    pub fn tenant_param(&mut self, name: &'static str) -> &mut Self {
        self.tenant_param = Some(name);
        self
    }

    #[inline]
    fn place(&mut self, place: Place) -> &mut Self {
        self.contradicts |= self.message.place.is_some();
        self.message.place = Some(place);
        self.bind(Binding::Message)
    }

    #[inline]
    fn bind(&mut self, binding: Binding) -> &mut Self {
        // Each of several candidates may hold the body.
        let is_first = self.binding == Binding::Absent;
        self.contradicts |= !is_first && (self.binding, binding) != (Binding::Message, Binding::Message);
        self.binding = binding;
        self
    }

    /// Refuses a rule that contradicts itself.
    #[inline]
    pub(crate) fn check(&self, is_url_signed: bool) -> Result<(), ErrorKind> {
        let needs_head = is_url_signed || self.signed_at.is_some() || self.id.is_some();
        let is_broken = self.contradicts || needs_head && self.messages().any(Message::is_body_alone);
        if is_broken { Err(ErrorKind::RuleInvalid) } else { Ok(()) }
    }

    #[inline]
    pub(crate) fn tags(&self, kind: SignatureKind) -> Result<Tags, Error> {
        self.tags.decode(kind)
    }

    /// The first signature as it is written.
    #[cfg(feature = "diagnose")]
    pub(crate) fn written(&self) -> Option<(&'h [u8], Encoding)> {
        self.tags.first()
    }

    /// Whether a candidate holds the body's parameters, so that the body has to be kept.
    pub(crate) fn is_form(&self) -> bool {
        self.messages().any(|message| matches!(message.place, Some(Place::Form(_))))
    }

    #[inline]
    fn messages(&self) -> impl Iterator<Item = &Message> {
        self.ended.iter().chain([&self.message])
    }

    /// The candidates that the head alone completes. An empty one would sign nothing.
    pub(crate) fn whole_messages(&self) -> impl Iterator<Item = &[u8]> {
        self.messages().map(|message| &*message.before).filter(|message| !message.is_empty())
    }

    /// The candidates that hold the body, or what stands for it. One that does not would leave the body unsigned.
    pub(crate) fn into_messages(self) -> impl Iterator<Item = (Message, Place)> {
        let messages = self.ended.into_iter().chain([self.message]);
        messages.filter_map(|message| message.place.map(|place| (message, place)))
    }

    /// As [`into_messages`](Self::into_messages), in one piece of memory.
    pub(crate) fn into_message_list(self) -> Vec<Message> {
        let mut messages = self.ended;
        messages.push(self.message);
        messages.retain(|message| message.place.is_some());
        messages
    }

    /// The parameter that names the tenant, where the body is a form.
    pub(crate) fn tenant_in_form(&self) -> Option<&'static str> {
        self.tenant_param.filter(|_| self.is_form())
    }

    #[inline]
    pub(crate) fn binding(&self) -> Binding {
        self.binding
    }

    pub(crate) fn is_query_unsigned(&self) -> bool {
        self.query_unsigned
    }

    pub(crate) fn time(&self) -> Option<UnixTime> {
        self.signed_at
    }

    pub(crate) fn identifier(&self) -> Option<&[u8]> {
        self.id.as_deref().filter(|id| !id.is_empty())
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

/// How many candidates are kept beside the last.
const MOST_ENDED: usize = 15;
/// How many candidates most rules have that have several.
const USUAL_CANDIDATES: usize = 2;
