//! Changes that happen to a body on its way.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};
use memchr::memmem;

use super::charsets;
use super::json::{self, Layout};
use super::trials::{Budget, Change, MAX_REWRITTEN, Matches, Trials};
use super::{Cause, Finding, pairs};
use crate::encoding::base64;
use crate::request::Request;

/// Undoes one change of the body after the other until `matches` accepts the result. If a form's parameters are signed, their
/// order and escapes do not matter.
pub(super) fn find(
    request: Request<'_>,
    budget: &Budget,
    signs_params: bool,
    matches: Matches<'_>,
) -> Option<Change> {
    let body = request.body();
    let mut matches = |body: &[u8]| matches(Request::new(request.head(), body));
    let is_searched = !body.is_empty() && body.len() <= MAX_BODY;
    let mut trials = is_searched.then(|| Trials::new(body, budget, &mut matches))?;
    whole(&mut trials);
    if json::is_json(body) {
        json(&mut trials);
    } else if signs_params {
        pairs::rewrite(&mut trials);
    } else {
        pairs::escape(&mut trials, Cause::BodyFormReencoded);
        if body.contains(&b'=') {
            pairs::rewrite(&mut trials);
            pairs::reorder(&mut trials);
        }
    }
    for (words, rewrite) in charsets::rewritings(body) {
        trials.test(Cause::BodyEncoding, format_args!("the body {words}"), rewrite(body));
    }
    trials.found
}

/// Finds a shape of body that no platform sends.
pub(super) fn hint(body: &[u8]) -> Option<Finding> {
    let is_json = json::is_json(body);
    let (cause, evidence) = if body.is_empty() {
        (Cause::BodyEmpty, "the body has no byte")
    } else if body.starts_with(GZIP) {
        (Cause::BodyGzip, "the body begins as gzip does")
    } else if memmem::find(body, REPLACEMENT).is_some() {
        (
            Cause::BodyEncoding,
            "the body holds U+FFFD, which a lossy decoder puts in place of what it cannot read",
        )
    } else if is_json && body.trim_ascii().contains(&b'\n') {
        (Cause::BodyReserialised, "the body is JSON in several lines, and platforms send one line")
    } else if body.ends_with(b"\n") {
        (Cause::BodyNewline, "a line feed ends the body, and platforms send none")
    } else if !is_json && pairs::is_unescaped(body) {
        (Cause::BodyFormReencoded, "the body is a form with characters in it that a form escapes")
    } else if charsets::has_question_marks(body) {
        (Cause::BodyEncoding, "a word has question marks in it, as a lossy encoder writes them")
    } else {
        return None;
    };
    Some(Finding::hint(cause, evidence))
}

/// Adds or removes white space and marks at both ends, changes line ends, and removes encodings of the whole body.
fn whole(trials: &mut Trials<'_>) {
    let body = trials.text;
    trials.test(Cause::BodyNewline, "the line feed after the body is removed", body.strip_suffix(b"\n"));
    trials.test(Cause::BodyNewline, "a line feed is put after the body", Some([body, b"\n"].concat()));
    let ended = Some([body, b"\r\n"].concat());
    trials.test(Cause::BodyNewline, "a line end (CR LF) is put after the body", ended);
    let marked = Some([BYTE_ORDER_MARK, body].concat());
    trials.test(Cause::BodyBom, "a byte order mark is put before the body", marked);
    if body.contains(&b'\n') {
        let unix = without_cr(body);
        trials.test(Cause::BodyCrlf, "each CR LF in the body becomes a line feed", Some(&unix));
        trials.test(Cause::BodyCrlf, "each line feed in the body becomes CR LF", Some(with_cr(&unix)));
    }
    trials.test(Cause::BodyNewline, "the white space around the body is removed", Some(body.trim_ascii()));
    let unmarked = body.strip_prefix(BYTE_ORDER_MARK);
    trials.test(Cause::BodyBom, "the byte order mark before the body is removed", unmarked);
    let decoded = base64::decode_standard(body.trim_ascii());
    trials.test(Cause::BodyBase64, "the body is decoded from base64", decoded);
    let inflated = inflate(GzDecoder::new(body)).or_else(|| inflate(ZlibDecoder::new(body)));
    trials.test(Cause::BodyGzip, "the body is decompressed", inflated);
    let words = "the text in the JSON string that is the body is taken";
    trials.test(Cause::BodyReserialised, words, serde_json::from_slice::<String>(body).ok());
}

fn json(trials: &mut Trials<'_>) {
    let Some(json) = str::from_utf8(trials.text).ok().and_then(json::compact) else { return };
    styles(trials, &json, "", &ON_ONE_LINE);
    if json.len() <= MAX_REWRITTEN
        && let Some(sorted) = json::sorted(&json)
    {
        styles(trials, &json, "", &IN_LINES);
        for layouts in [ON_ONE_LINE, IN_LINES] {
            styles(trials, &sorted, ", members sorted by name", &layouts);
        }
    }
    let count = if json.len() <= MAX_NUMBERED { json::count_numbers(&json) } else { 0 };
    for numbers in chosen(count) {
        for (words, digits) in DIGITS {
            // Programs that rewrite numbers do not indent.
            styles(trials, &json::with_digits(&json, numbers, digits), words, &ON_ONE_LINE);
        }
    }
}

/// Tries the styles of JavaScript, Python, PHP and Go, with their options.
fn styles(trials: &mut Trials<'_>, json: &str, words: &str, layouts: &Layouts) {
    for (escaped, escapes) in ESCAPES {
        let json = json::escaped(json, escapes);
        for (laid_out, layout) in layouts {
            if trials.is_over() {
                return;
            }
            let words = format_args!("the body's JSON is written {laid_out}{escaped}{words}");
            trials.test(Cause::BodyReserialised, words, Some(layout.write(&json)));
        }
    }
}

/// The sets of numbers that may have been rewritten, one bit each: all, any of few, or one of many.
fn chosen(count: usize) -> impl Iterator<Item = u64> {
    let any = 1..1_u64 << count.min(MAX_SUBSETS);
    let one = (0..count.min(MAX_NUMBERS)).map(|at| 1_u64 << at);
    let all = (count > 0).then_some(u64::MAX);
    let any = any.filter(move |_| count <= MAX_SUBSETS);
    all.into_iter().chain(any).chain(one.filter(move |_| count > MAX_SUBSETS))
}

/// Decompresses, up to the largest body.
fn inflate(reader: impl Read) -> Option<Vec<u8>> {
    let mut inflated = Vec::new();
    let most = u64::try_from(MAX_BODY).ok()?;
    reader.take(most).read_to_end(&mut inflated).ok()?;
    Some(inflated)
}

fn without_cr(body: &[u8]) -> Vec<u8> {
    let pairs = body.iter().zip(body.iter().skip(1).map(Some).chain([None]));
    pairs.filter(|(byte, next)| (**byte, *next) != (b'\r', Some(&b'\n'))).map(|(byte, _)| *byte).collect()
}

fn with_cr(body: &[u8]) -> Vec<u8> {
    body.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(b"\r\n".as_slice())
}

type Layouts = [(&'static str, Layout); 2];
const ON_ONE_LINE: Layouts = [
    ("compactly", Layout { comma: ",", colon: ":", indent: None }),
    ("with a space after commas and colons", Layout { comma: ", ", colon: ": ", indent: None }),
];
const IN_LINES: Layouts = [
    ("in lines indented by 2", Layout { comma: ",", colon: ": ", indent: Some(2) }),
    ("in lines indented by 4", Layout { comma: ",", colon: ": ", indent: Some(4) }),
];
/// The words, and the characters that are escaped without need.
type Escaped = (&'static str, fn(char) -> bool);
const ESCAPES: [Escaped; 5] = [
    ("", |_| false),
    (", non-ASCII escaped", |c| !c.is_ascii()),
    (", non-ASCII and `/` escaped", |c| !c.is_ascii() || c == '/'),
    (", `/` escaped", |c| c == '/'),
    (", `<`, `>` and `&` escaped", |c| matches!(c, '<' | '>' | '&')),
];
const DIGITS: [(&str, usize); 3] =
    [(", numbers as `1.0`", 1), (", numbers as `1.50`", 2), (", numbers without zeros at their ends", 0)];

/// A longer body is only verified, not rewritten.
const MAX_BODY: usize = 4 * 1024 * 1024;
/// The numbers of a longer body are not rewritten.
const MAX_NUMBERED: usize = 16 * 1024;
/// Up to this many numbers, every set is tried.
const MAX_SUBSETS: usize = 4;
const MAX_NUMBERS: usize = 16;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
const GZIP: &[u8] = b"\x1f\x8b";
