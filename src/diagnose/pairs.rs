//! Parameters, read and written more leniently than in a verifier.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::charsets;
use super::trials::{Budget, Change, MAX_REWRITTEN, Matches, Trials};
use super::{Cause, Finding};
use crate::request::Request;

/// Names and values in order.
pub(super) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Undoes one change of the query after the other until `matches` accepts the result.
pub(super) fn find(request: Request<'_>, budget: &Budget, matches: Matches<'_>) -> Option<Change> {
    let head = request.head();
    let mut matches = |query: &[u8]| match head.target().split_once('?') {
        None => matches(Request::new(head.with_query(query), request.body())),
        Some((path, _)) => str::from_utf8(query).is_ok_and(|query| {
            matches(Request::new(head.with_target(&format!("{path}?{query}")), request.body()))
        }),
    };
    let mut trials = Trials::new(head.query(), budget, &mut matches);
    escape(&mut trials, Cause::ParamsDecoding);
    rewrite(&mut trials);
    reorder(&mut trials);
    trials.found
}

/// The names and values of a query or form, decoded once.
pub(super) fn decoded(raw: &[u8]) -> Pairs {
    halves(raw).map(|(name, value)| (decode(name).into(), decode(value).into())).collect()
}

/// The raw names and values of a query or form.
fn halves(raw: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    pieces(raw).map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let mut half = || halves.next().unwrap_or_default();
        (half(), half())
    })
}

/// Writes a form as a browser does.
pub(super) fn write(pairs: &Pairs) -> Vec<u8> {
    write_texts(pairs.iter().flat_map(|(name, value)| [name, value]))
}

/// Writes names and values in turn, as a browser writes a form.
fn write_texts(texts: impl Iterator<Item = impl AsRef<[u8]>>) -> Vec<u8> {
    write_with(texts, FORM, true, false)
}

/// Writes names and values with these escapes, with or without `+` for spaces and lower-case digits.
fn write_with(
    texts: impl Iterator<Item = impl AsRef<[u8]>>,
    escaped: &'static AsciiSet,
    plus: bool,
    lower: bool,
) -> Vec<u8> {
    let mut form = Vec::new();
    for (before, text) in [b'&', b'='].into_iter().cycle().zip(texts) {
        if before == b'=' || !form.is_empty() {
            form.push(before);
        }
        // Each part is one escape, or contains none.
        for part in percent_encode(text.as_ref(), escaped) {
            match part.as_bytes() {
                b"%20" if plus => form.push(b'+'),
                escape @ [b'%', ..] if lower => form.extend(escape.iter().map(u8::to_ascii_lowercase)),
                part => form.extend_from_slice(part),
            }
        }
    }
    form
}

/// Finds a shape of query or form that no platform sends.
pub(super) fn hint(raw: &[u8]) -> Option<Finding> {
    let (cause, evidence) = if is_unescaped(raw) {
        (Cause::ParamsDecoding, "the parameters have characters in them that a form escapes")
    } else if decoded(raw).iter().any(|(_, value)| charsets::has_question_marks(value)) {
        (Cause::BodyEncoding, "a word has question marks in it, as a lossy encoder writes them")
    } else {
        return None;
    };
    Some(Finding::hint(cause, evidence))
}

/// Whether a query or form contains unescaped spaces, bytes beyond ASCII, or a bare `%`.
pub(super) fn is_unescaped(raw: &[u8]) -> bool {
    let is_form = raw.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"-._%[]".contains(byte));
    let is_form = is_form.and_then(|at| raw.get(at)) == Some(&b'=');
    let escapes = raw.split(|byte| *byte == b'%').skip(1);
    let bare = |after: &[u8]| after.iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() < 2;
    is_form && (raw.iter().any(|byte| !byte.is_ascii_graphic()) || escapes.into_iter().any(bare))
}

/// Tries the ways in which programs escape a form.
pub(super) fn escape(trials: &mut Trials<'_>, cause: Cause) {
    let once: Vec<_> = texts(trials.text).map(decode).collect();
    for (escaped, plus, lower) in FORMS {
        let form = write_with(once.iter(), escaped, plus, lower);
        trials.test(cause, "the parameters are escaped in another way", Some(form));
    }
}

/// Tries changes of names and values: decoding, blanks and added parameters.
pub(super) fn rewrite(trials: &mut Trials<'_>) {
    let raw = trials.text;
    let once: Vec<_> = texts(raw).map(decode).collect();
    let mut decoding = |words: &str, form: Option<Vec<u8>>| trials.test(Cause::ParamsDecoding, words, form);
    decoding("the parameters are decoded and encoded again", Some(write_texts(once.iter())));
    let plain = charsets::without_html(raw);
    let decoded_plain = plain.as_ref().map(|plain| write_texts(texts(plain).map(decode)));
    decoding("the HTML escapes between the parameters are decoded", plain);
    decoding("the HTML escapes between the parameters are decoded", decoded_plain);
    decoding("the parameters are decoded twice", Some(write_texts(once.iter().map(|text| decode(text)))));
    decoding("the parameters are taken as they are, not decoded", Some(write_texts(texts(raw))));
    let pluses = texts(raw).map(|text| Cow::from(percent_decode(text)));
    decoding("a `+` is taken for itself, not for a space", Some(write_texts(pluses)));
    // All texts are rewritten in one call: no charset has a NUL in another character.
    let joined = if raw.len() <= MAX_REWRITTEN { once.join(&0) } else { Vec::new() };
    for (words, rewrite) in charsets::rewritings(&joined) {
        let form = rewrite(&joined).map(|texts| write_texts(texts.split(|byte| *byte == 0)));
        decoding(&format!("the text of the parameters {words}"), form);
    }

    let trimmed = write_texts(once.iter().map(|text| text.trim_ascii()));
    trials.test(Cause::ParamsBlank, "the blanks around names and values are removed", Some(trimmed));
    let is_blank = |text: &[u8]| matches!(text, b"null" | b"undefined" | b"None" | b"nil");
    let blank = once.iter().map(|text| if is_blank(text) { b"" } else { text.as_ref() });
    trials.test(Cause::ParamsBlank, "values such as `null` are blank", Some(write_texts(blank)));
    let few = if raw.len() > SMALL_BYTES { 0 } else { once.len() };
    let ends = [(" ", ""), ("", " "), ("\n", ""), ("", "\n")];
    let values = (1..few).step_by(2).take(MAX_PAIRS);
    for (at, (before, after)) in values.flat_map(|at| ends.map(|ends| (at, ends))) {
        let mut texts = once.clone();
        if let Some(value) = texts.get_mut(at) {
            *value = [before.as_bytes(), value, after.as_bytes()].concat().into();
        }
        let form = write_texts(texts.iter());
        trials.test(Cause::ParamsBlank, "a blank is put back at an end of a value", Some(form));
    }
    for others in without_some(raw) {
        if trials.is_over() {
            break;
        }
        trials.test(Cause::ParamsAdded, "some of the parameters are left out", Some(others.join(&b'&')));
    }
}

/// Tries the parameters in other orders: in all if there are few, otherwise sorted, reversed, and with one moved.
pub(super) fn reorder(trials: &mut Trials<'_>) {
    let pieces: Vec<_> = pieces(trials.text).collect();
    let mut sorted = pieces.clone();
    sorted.sort_by_key(|piece| piece.split(|byte| *byte == b'=').next());
    let reversed = [&sorted, &pieces].map(|pieces| pieces.iter().rev().copied().collect());
    let orders = match pieces.len() {
        count @ ..=MAX_PERMUTED => (1..=count).product(),
        _ => 0,
    };
    let permuted = (1..orders).map(|order| permutation(pieces.clone(), order));
    let moved =
        (0..pieces.len()).flat_map(|from| (0..pieces.len()).map(move |to| (from, to))).map(|(from, to)| {
            let mut pieces = pieces.clone();
            let piece = pieces.remove(from);
            pieces.insert(to, piece);
            pieces
        });
    let moved = moved.take(if pieces.len() > MAX_MOVED { 0 } else { usize::MAX });
    for order in [sorted].into_iter().chain(reversed).chain(permuted).chain(moved) {
        if trials.is_over() {
            break;
        }
        trials.test(Cause::ParamsOrder, "the parameters are in another order", Some(order.join(&b'&')));
    }
}

/// The permutation with this number.
fn permutation<T>(mut left: Vec<T>, mut order: usize) -> Vec<T> {
    let mut permuted = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let at = order.checked_rem(left.len()).unwrap_or_default();
        order = order.checked_div(left.len()).unwrap_or_default();
        permuted.push(left.remove(at));
    }
    permuted
}

/// The raw pairs of a query or form.
fn pieces(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    raw.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty())
}

/// The raw names and values of a query or form, in turn.
fn texts(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    halves(raw).flat_map(|(name, value)| [name, value])
}

/// Decodes percent-escapes. Invalid ones stay unchanged.
fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text).into();
    }
    let spaced: Vec<_> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect::<Vec<_>>().into()
}

/// The parameters without any one of them. If they are small, also without any neighbours, and without any two. Nothing if that
/// would be too much to try.
fn without_some(raw: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    let pieces: Vec<_> = pieces(raw).collect();
    let bytes: usize = pieces.iter().map(|piece| piece.len().saturating_sub(1)).sum();
    let (count, longest, most_apart) = match pieces.len() {
        count if count > MAX_PAIRS || count.saturating_mul(bytes) > MAX_TRIED_BYTES => (0, 0, 0),
        count if bytes > SMALL_BYTES => (count, 1, 0),
        count => (count, count.div_euclid(2), MAX_APART),
    };
    let together =
        (1..=longest).flat_map(move |length| (0..count).map(move |at| (at, at.saturating_add(length), None)));
    let apart = (0..count)
        .flat_map(move |a| (a.saturating_add(2)..count).map(move |b| (a, a.saturating_add(1), Some(b))));
    together.chain(apart.take(most_apart)).map(move |(start, end, other)| {
        let is_left = |at: &usize| !(start..end).contains(at) && Some(*at) != other;
        pieces.iter().enumerate().filter(|(at, _)| is_left(at)).map(|(_, piece)| *piece).collect()
    })
}

/// How browsers, libraries and proxies write forms: the escaped characters, whether a space is a `+`, and whether escapes are in
/// lower case.
const FORMS: [(&AsciiSet, bool, bool); 9] = [
    (FORM, true, false),
    (ENCODE_URI_COMPONENT, false, false),
    (RFC_3986, false, false),
    (RFC_3986, true, false),
    (RFC_3986, false, true),
    (FORM, true, true),
    (ENCODE_URI_COMPONENT, true, false),
    (QUERY, true, false),
    (QUERY, false, false),
];

const SMALL_BYTES: usize = 4096;
const MAX_PAIRS: usize = 64;
const MAX_TRIED_BYTES: usize = 16 * 1024 * 1024;
/// The most pairs of separate parameters that are left out.
const MAX_APART: usize = 300;
/// Up to this many parameters, all orders are tried.
const MAX_PERMUTED: usize = 6;
/// Up to this many parameters, each is moved to each place.
const MAX_MOVED: usize = 24;
/// RFC 3986: all characters but the unreserved ones.
pub(super) const RFC_3986: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The escapes of a form (WHATWG URL).
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');
/// The escapes of JavaScript's `encodeURIComponent`.
const ENCODE_URI_COMPONENT: &AsciiSet =
    &RFC_3986.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');
/// RFC 3986, section 3.4: all characters but those that a query may contain. `&`, `=` and `+` separate parameters and words.
const QUERY: &AsciiSet = &ENCODE_URI_COMPONENT
    .remove(b'$')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b';')
    .remove(b'?')
    .remove(b'@');
