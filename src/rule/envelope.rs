//! The claims of a head.

use std::borrow::Cow;
use std::fmt;

use super::Profile;
use super::message::{Encoding, FormJoin, Hash, Message, OfEmpty, Place};
use super::tags::{Texts, Written};
use crate::error::{Error, ErrorKind};
use crate::mac::{SignatureKind, Tags};
use crate::request::{BaseUrl, Field, Head};
use crate::time::UnixTime;

/// The claims of a head: signatures, the signed bytes and the time. A [`Rule`](super::Rule) writes them, a
/// [`Webhook`](crate::Webhook) verifies them.
///
/// Write the signed message part by part, in order: [`part`](Self::part) for bytes of the head, [`body`](Self::body) and
/// similar for the body. If a rule gives the body no place, and does not say that it is unsigned, a body is rejected.
///
/// # Errors
///
/// The webhook rejects every request with [`RuleInvalid`](crate::ErrorKind::RuleInvalid) if the envelope contradicts itself:
///
/// - The body is in one message twice, or covered in two ways: [`body`](Self::body) and [`body_sha256`](Self::body_sha256).
/// - A time, an identifier or the URL counts as signed, but the message is only the body.
/// - A time is set, but the [`Profile`] has no window, so a request of any age would be accepted.
pub struct Envelope<'h> {
    tags: Texts<'h>,
    message: Message,
    /// The candidates that `or` ended.
    ended: Vec<Message>,
    binding: Binding,
    contradicts: bool,
    signed_at: Option<UnixTime>,
    id: Option<Cow<'h, [u8]>>,
    tenant: Option<Cow<'h, str>>,
    tenant_param: Option<&'static str>,
    query_unsigned: bool,
}

/// How the signature covers the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// There must be no body.
    Absent,
    /// The body, or its hash or parameters, is in the message.
    Message,
    /// The message names the body's SHA-256.
    Sha256([u8; 32]),
    /// The body is not covered.
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

    /// Adds the signature, from hex of either case.
    #[inline]
    pub fn hex(&mut self, field: Field<'h>) -> &mut Self {
        self.tags.required(field, Written::Hex);
        self
    }

    /// Adds the signature, from padded base64 of the standard alphabet.
    pub fn base64(&mut self, field: Field<'h>) -> &mut Self {
        self.tags.required(field, Written::Base64);
        self
    }

    /// Adds the first 16 of these signatures, from hex. One must match. Malformed ones are skipped if another is well-formed.
    pub fn any_hex(&mut self, fields: impl IntoIterator<Item = Field<'h>>) -> &mut Self {
        fields.into_iter().for_each(|field| self.tags.entry(field, Written::Hex));
        self
    }

    /// Adds signatures as [`any_hex`](Self::any_hex) does, from base64.
    pub fn any_base64(&mut self, fields: impl IntoIterator<Item = Field<'h>>) -> &mut Self {
        fields.into_iter().for_each(|field| self.tags.entry(field, Written::Base64));
        self
    }

    /// Adds bytes to the signed message.
    pub fn part(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.message.push(bytes.as_ref());
        self
    }

    /// Adds the public URL with this port, `:443` or nothing, instead of the base URL's. For the base URL's port use
    /// `part(head.url())`.
    pub fn url_with_port(&mut self, head: Head<'_>, port: &str) -> &mut Self {
        let [start, end] = head.base_url().map(BaseUrl::without_port).unwrap_or_default();
        self.part(start).part(port).part(end).part(head.target())
    }

    /// Adds the raw body to the signed message.
    #[inline]
    pub fn body(&mut self) -> &mut Self {
        self.place(Place::Raw)
    }

    /// Adds a hash of the body to the signed message.
    pub fn body_hash(&mut self, hash: Hash, encoding: Encoding) -> &mut Self {
        self.place(Place::Digest(hash, encoding, OfEmpty::Hash))
    }

    /// Adds a hash as [`body_hash`](Self::body_hash) does, but nothing for an empty body.
    pub fn body_hash_if_any(&mut self, hash: Hash, encoding: Encoding) -> &mut Self {
        self.place(Place::Digest(hash, encoding, OfEmpty::Nothing))
    }

    /// Adds the parameters of a form, joined by `join`, to the signed message. The form is decoded strictly. It is kept within
    /// the verifier's limit, 1 MiB unless set. A body without parameters, such as `&&`, is rejected, since no byte of it would
    /// be signed.
    ///
    /// The body is then read as a form, even if another candidate contains the raw body. Where the platform also sends JSON,
    /// choose by [`Head::is_form`] instead of [`or`](Self::or).
    pub fn form(&mut self, join: FormJoin) -> &mut Self {
        self.place(Place::Form(join))
    }

    /// Says that the signed message names the body's SHA-256, which must be `expected`.
    pub fn body_sha256(&mut self, expected: [u8; 32]) -> &mut Self {
        self.bind(Binding::Sha256(expected))
    }

    /// Says that the platform does not sign the body. Anyone who has seen one request can send another body with its signature.
    pub fn insecure_unsigned_body(&mut self) -> &mut Self {
        self.bind(Binding::Unsigned)
    }

    /// Says that the platform does not sign the query, so it does not count as covered. Anyone who has seen one request can
    /// send another query with its signature.
    pub fn insecure_unsigned_query(&mut self) -> &mut Self {
        self.query_unsigned = true;
        self
    }

    /// Ends one candidate for the signed message and begins another. The signature may match any of them, so each must contain
    /// everything that the envelope says is signed. If a candidate contains the body, those without it are skipped. At most 16
    /// are tried.
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

    /// Sets when the request was signed. Each candidate must contain the time: give the same [`Field`] to [`part`](Self::part).
    /// The [`Profile`] must have a window.
    #[inline]
    pub fn signed_at(&mut self, time: UnixTime) -> &mut Self {
        self.signed_at = Some(time);
        self
    }

    /// Sets the signed identifier, which a retry must keep. Each candidate must contain it. An empty identifier is ignored.
    pub fn id(&mut self, id: impl Into<Cow<'h, [u8]>>) -> &mut Self {
        self.id = Some(id.into()).filter(|id| !id.is_empty());
        self
    }

    /// Sets the tenant whose keys are tried.
    pub fn tenant(&mut self, name: impl Into<Cow<'h, str>>) -> &mut Self {
        self.tenant = Some(name.into());
        self
    }

    /// Names the form's parameter that holds the tenant. For platforms that name the account only in the body. It is read when
    /// the whole form has arrived.
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
        // Several candidates may each contain the body.
        let is_first = self.binding == Binding::Absent;
        self.contradicts |= !is_first && (self.binding, binding) != (Binding::Message, Binding::Message);
        self.binding = binding;
        self
    }

    /// Rejects a rule that contradicts itself.
    #[inline]
    pub(crate) fn check(&self, profile: &Profile) -> Result<(), ErrorKind> {
        let needs_head = profile.url_signed || self.signed_at.is_some() || self.id.is_some();
        let is_unchecked = self.signed_at.is_some() && profile.window.is_none();
        let is_broken =
            self.contradicts || is_unchecked || needs_head && self.messages().any(Message::is_body_alone);
        if is_broken { Err(ErrorKind::RuleInvalid) } else { Ok(()) }
    }

    #[inline]
    pub(crate) fn tags(&self, kind: SignatureKind) -> Result<Tags, Error> {
        self.tags.decode(kind)
    }

    /// Returns the first signature as text.
    #[cfg(feature = "diagnose")]
    pub(crate) fn written(&self) -> Option<(&'h [u8], Encoding)> {
        self.tags.first()
    }

    /// Whether a candidate contains the body's parameters, so that the body must be kept.
    #[inline]
    pub(crate) fn is_form(&self) -> bool {
        self.messages().any(|message| matches!(message.place, Some(Place::Form(_))))
    }

    #[inline]
    fn messages(&self) -> impl Iterator<Item = &Message> {
        self.ended.iter().chain([&self.message])
    }

    /// Returns the candidates that the head completes. An empty one would sign nothing.
    pub(crate) fn whole_messages(&self) -> impl Iterator<Item = &[u8]> {
        self.messages().map(|message| &*message.before).filter(|message| !message.is_empty())
    }

    /// Returns the candidates with the body. One without it would leave the body unsigned.
    pub(crate) fn into_messages(self) -> impl Iterator<Item = (Message, Place)> {
        let messages = self.ended.into_iter().chain([self.message]);
        messages.filter_map(|message| message.place.map(|place| (message, place)))
    }

    /// Returns them as [`into_messages`](Self::into_messages) does, in one allocation.
    pub(crate) fn into_message_list(self) -> Vec<Message> {
        let mut messages = self.ended;
        messages.push(self.message);
        messages.retain(|message| message.place.is_some());
        messages
    }

    /// Returns the only candidate, if it contains the raw body.
    #[inline]
    pub(crate) fn raw(&self) -> Option<&Message> {
        Some(&self.message)
            .filter(|message| self.ended.is_empty() && matches!(message.place, Some(Place::Raw)))
    }

    /// Returns the parameter that names the tenant, if the body is a form.
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
        self.id.as_deref()
    }

    #[inline]
    pub(crate) fn tenant_name(&self) -> Option<&str> {
        self.tenant.as_deref()
    }
}

/// Hides the signatures.
impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").finish_non_exhaustive()
    }
}

/// The most candidates before the last.
const MOST_ENDED: usize = 15;
/// The usual number of candidates of a rule that has several.
const USUAL_CANDIDATES: usize = 2;
