//! A request's parameters, decoded to bytes, in the received or sorted order.

mod deserialize;
mod form;
mod form_params;
mod json;
mod parameters;
mod span;

use std::cmp::Ordering;

use crate::encoding::words;
use crate::error::ErrorKind;
pub use deserialize::ParametersError;
pub use form_params::FormParams;
pub use parameters::Parameters;
use span::Span;

/// Parameters in one buffer, each as `&name=value`, as the SMS scheme signs them. Read into an empty one, once. After an error
/// they are incomplete.
#[derive(Default)]
pub(crate) struct Params {
    text: Vec<u8>,
    spans: Vec<Span>,
    /// Whether a name or a value may contain `&` or `=`.
    separators: bool,
    /// The end of the parameters' text. The rest is room to join them.
    end: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Param<'p> {
    pub(crate) name: &'p [u8],
    pub(crate) value: &'p [u8],
}

impl Param<'_> {
    /// Whether the value is empty or only U+0000 to U+0020.
    pub(crate) fn is_blank(self) -> bool {
        self.value.iter().all(|byte| *byte <= b' ')
    }

    /// Whether the name is a short token. Text of another format is not.
    pub(crate) fn has_plain_name(self) -> bool {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
        self.name.len() <= MAX_PLAIN_NAME_BYTES && self.name.iter().all(is_plain)
    }
}

impl Params {
    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Iterates in the received or sorted order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Param<'_>> + Clone {
        self.spans.iter().map(|span| span.of(&self.text))
    }

    pub(crate) fn get(&self, name: &str) -> Option<Param<'_>> {
        let span = self.spans.get(self.position(name)?)?;
        Some(span.of(&self.text))
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Param<'_>> {
        let span = self.spans.remove(self.position(name)?);
        Some(span.of(&self.text))
    }

    fn position(&self, name: &str) -> Option<usize> {
        let prefix = words::prefix(name.as_bytes(), 0..name.len());
        let named = |span: &Span| span.prefix == prefix && span.of(&self.text).name == name.as_bytes();
        self.spans.iter().position(named)
    }

    /// Sorts by name, bytewise. Rejects a repeated name.
    pub(crate) fn sort_unique(&mut self) -> Result<(), ErrorKind> {
        self.spans.sort_unstable_by_key(|span| span.prefix);
        if self.spans.is_sorted_by(|a, b| a.prefix < b.prefix) {
            return Ok(());
        }
        let text = &self.text;
        self.spans.sort_unstable_by(|a, b| a.cmp_names(b, text));
        let unique = self.spans.is_sorted_by(|a, b| a.cmp_names(b, text).is_lt());
        if unique { Ok(()) } else { Err(ErrorKind::ParameterRepeated) }
    }

    /// Sorts by name, then by value, bytewise.
    pub(crate) fn sort(&mut self) {
        self.sort_by(|a, b, text| a.of(text).value.cmp(b.of(text).value));
    }

    /// Sorts by name, bytewise. Equal names keep their order.
    pub(crate) fn sort_by_name(&mut self) {
        self.sort_by(|a, b, _| a.start().cmp(&b.start()));
    }

    /// Sorts by name. The first bytes are compared as one number, since most names differ there.
    fn sort_by(&mut self, compare: impl Fn(&Span, &Span, &[u8]) -> Ordering) {
        self.spans.sort_unstable_by_key(|span| span.prefix);
        if !self.spans.is_sorted_by(|a, b| a.prefix < b.prefix) {
            let text = &self.text;
            self.spans.sort_unstable_by(|a, b| a.cmp_names(b, text).then_with(|| compare(a, b, text)));
        }
    }

    /// Removes each parameter that equals the one before it.
    pub(crate) fn dedup(&mut self) {
        let text = &self.text;
        self.spans.dedup_by(|a, b| a.prefix == b.prefix && a.of(text) == b.of(text));
    }

    /// Whether a name contains `&` or `=`.
    pub(crate) fn has_separator_in_name(&self) -> bool {
        self.separators && self.iter().any(|param| param.name.iter().copied().any(is_separator))
    }

    pub(crate) fn has_blank_value(&self) -> bool {
        self.iter().any(Param::is_blank)
    }

    /// Joins the parameters that `selects` accepts, as `&name=value` in the sorted order. Each `&` or `=` in a value becomes
    /// `_`.
    pub(crate) fn join(&mut self, mut selects: impl FnMut(Param<'_>) -> bool) -> &[u8] {
        self.text.truncate(self.end);
        for span in &self.spans {
            if selects(span.of(&self.text)) {
                self.text.extend_from_within(span.whole_range());
                if self.separators {
                    let value = self.text.iter_mut().rev().take(span.value_len());
                    value.filter(|byte| is_separator(**byte)).for_each(|byte| *byte = b'_');
                }
            }
        }
        self.text.get(self.end..).unwrap_or_default()
    }

    /// Keeps the parameters that `selects` accepts.
    pub(crate) fn retain(&mut self, mut selects: impl FnMut(Param<'_>) -> bool) {
        let text = &self.text;
        self.spans.retain(|span| selects(span.of(text)));
    }

    /// Reserves room for the parameters of a text of this length, and for joining them. Each may need an `&` and a `=` more.
    fn reserve(&mut self, text_bytes: usize) {
        let lengthened = text_bytes.saturating_add(1).saturating_add(USUAL_COUNT);
        self.text = Vec::with_capacity(lengthened.saturating_mul(2));
        self.spans = Vec::with_capacity(USUAL_COUNT);
    }

    /// Completes the parameters after the last text.
    fn finish(&mut self) {
        for span in &mut self.spans {
            span.read_prefix(&self.text);
        }
        self.end = self.text.len();
    }

    /// Adds a parameter. Its text may follow.
    #[inline]
    fn push(&mut self, span: Span) -> Result<(), ErrorKind> {
        if self.spans.len() == MAX_COUNT {
            return Err(ErrorKind::ParametersTooMany);
        }
        if span.has_empty_name() {
            return Err(ErrorKind::ParameterMalformed);
        }
        self.spans.push(span);
        Ok(())
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'&' | b'=')
}

/// Parameters are equal if their names, values and order are.
impl PartialEq for Params {
    fn eq(&self, other: &Self) -> bool {
        self.iter()
            .map(|param| (param.name, param.value))
            .eq(other.iter().map(|param| (param.name, param.value)))
    }
}

impl Eq for Params {}

/// The most parameters of a request.
pub(crate) const MAX_COUNT: usize = 1_000;
const MAX_PLAIN_NAME_BYTES: usize = 64;
const USUAL_COUNT: usize = 32;
