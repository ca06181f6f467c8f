//! What may have been done to a body on its way.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};
use memchr::memmem;
use percent_encoding::AsciiSet;

use super::json::{Escapes, Layout, Node, Style};
use super::pairs;
use super::{Cause, Finding};
use crate::encoding::base64;

/// What was done to a body, after "the signature matches when".
pub(super) struct Change {
    pub(super) cause: Cause,
    pub(super) words: String,
}

/// Undoes one thing after the other until `matches` says that what comes out is what was signed.
pub(super) fn find(body: &[u8], mut matches: impl FnMut(&[u8]) -> bool) -> Option<Change> {
    let mut search = Search::new(body, &mut matches)?;
    search.ends();
    search.package();
    search.text();
    match Node::parse(body) {
        Some(node) => search.json(node),
        None => search.form(),
    }
    search.found
}

/// As [`find`], of a body whose parameters are signed and not its bytes.
pub(super) fn find_package(body: &[u8], mut matches: impl FnMut(&[u8]) -> bool) -> Option<Change> {
    let mut search = Search::new(body, &mut matches)?;
    search.package();
    search.found
}

/// What looks wrong with a body's shape.
pub(super) fn hint(body: &[u8]) -> Option<Finding> {
    let (cause, evidence) = if body.is_empty() {
        (Cause::BodyEmpty, "the body has no byte")
    } else if body.starts_with(GZIP) {
        (Cause::BodyGzip, "the body begins as gzip does")
    } else if memmem::find(body, REPLACEMENT).is_some() {
        (
            Cause::BodyEncoding,
            "the body holds U+FFFD, which a lossy decoder puts in place of what it cannot read",
        )
    } else {
        return None;
    };
    Some(Finding::hint(cause, evidence))
}

struct Search<'s> {
    body: &'s [u8],
    matches: &'s mut dyn FnMut(&[u8]) -> bool,
    found: Option<Change>,
}

impl<'s> Search<'s> {
    fn new(body: &'s [u8], matches: &'s mut dyn FnMut(&[u8]) -> bool) -> Option<Self> {
        let is_searched = !body.is_empty() && body.len() <= MAX_BODY;
        is_searched.then_some(Self { body, matches, found: None })
    }

    /// Tries what comes out, if it is a change and nothing was found yet.
    fn test(&mut self, cause: Cause, words: &str, body: &[u8]) {
        if self.found.is_none() && body != self.body && (self.matches)(body) {
            self.found = Some(Change { cause, words: words.to_owned() });
        }
    }

    /// What is put to the beginning and the end, and at the ends of lines.
    fn ends(&mut self) {
        let body = self.body;
        if let Some(rest) = body.strip_suffix(b"\n") {
            self.test(Cause::BodyNewline, "the line feed after the body is removed", rest);
        }
        self.test(Cause::BodyNewline, "a line feed is put after the body", &[body, b"\n"].concat());
        self.test(Cause::BodyNewline, "a line end (CR LF) is put after the body", &[body, b"\r\n"].concat());
        let marked = [BYTE_ORDER_MARK, body].concat();
        self.test(Cause::BodyBom, "a byte order mark is put before the body", &marked);
        if body.contains(&b'\n') {
            let unix = without_cr(body);
            self.test(Cause::BodyCrlf, "each CR LF in the body becomes a line feed", &unix);
            self.test(Cause::BodyCrlf, "each line feed in the body becomes CR LF", &with_cr(&unix));
        }
    }

    /// What a body is put into.
    fn package(&mut self) {
        let body = self.body;
        self.test(Cause::BodyNewline, "the white space around the body is removed", body.trim_ascii());
        if let Some(rest) = body.strip_prefix(BYTE_ORDER_MARK) {
            self.test(Cause::BodyBom, "the byte order mark before the body is removed", rest);
        }
        let unpadded = body.trim_ascii();
        if let Some(decoded) = base64::decode_standard(unpadded) {
            self.test(Cause::BodyBase64, "the body is decoded from base64", &decoded);
        }
        if let Some(inflated) = inflate(GzDecoder::new(body)).or_else(|| inflate(ZlibDecoder::new(body))) {
            self.test(Cause::BodyGzip, "the body is decompressed", &inflated);
        }
        if let Ok(text) = serde_json::from_slice::<String>(body) {
            self.test(
                Cause::BodyReserialised,
                "the text in the JSON string that is the body is taken",
                text.as_bytes(),
            );
        }
    }

    /// What a wrong character set makes of a text.
    fn text(&mut self) {
        if self.body.is_ascii() {
            return;
        }
        let latin1: String = self.body.iter().copied().map(char::from).collect();
        self.test(Cause::BodyEncoding, "the body is read as Latin-1 and written as UTF-8", latin1.as_bytes());
        let narrow = str::from_utf8(self.body).ok().and_then(|text| {
            text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>()
        });
        if let Some(narrow) = narrow {
            self.test(Cause::BodyEncoding, "the body is read as UTF-8 and written as Latin-1", &narrow);
        }
    }

    fn form(&mut self) {
        let pairs = pairs::decoded(&pairs::split(self.body));
        for (escaped, plus, lower) in FORMS {
            let form = pairs::write_with(&pairs, escaped, plus, lower);
            self.test(Cause::BodyFormReencoded, "the body's form is escaped in another way", &form);
        }
    }

    fn json(&mut self, mut node: Node<'_>) {
        let mut text = Vec::with_capacity(self.body.len());
        for style in STYLES {
            self.write(&node, style, &mut text);
        }
        if self.body.len() <= MAX_SORTED {
            node.sort();
            for style in SORTED {
                self.write(&node, Style { sorted: true, ..style }, &mut text);
            }
        }
    }

    fn write(&mut self, node: &Node<'_>, style: Style, text: &mut Vec<u8>) {
        if self.found.is_none() {
            text.clear();
            node.write(style, 0, text);
            self.test(Cause::BodyReserialised, &format!("the body's JSON is written {style}"), text);
        }
    }
}

/// Decompresses no more than a body may have.
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

const fn style(layout: Layout, escapes: Escapes) -> Style {
    Style { layout, escapes, sorted: false }
}

/// As JavaScript, Python, PHP, Go and their options write JSON. Those alike in most bodies stand together.
const STYLES: [Style; 13] = [
    style(Layout::Compact, Escapes::Nothing),
    style(Layout::Compact, Escapes::NonAscii),
    style(Layout::Compact, Escapes::NonAsciiAndSlash),
    style(Layout::Compact, Escapes::Slash),
    style(Layout::Compact, Escapes::Html),
    style(Layout::Spaced, Escapes::Nothing),
    style(Layout::Spaced, Escapes::NonAscii),
    style(Layout::Pretty(2), Escapes::Nothing),
    style(Layout::Pretty(2), Escapes::NonAscii),
    style(Layout::Pretty(4), Escapes::Nothing),
    style(Layout::Pretty(4), Escapes::NonAscii),
    style(Layout::Pretty(4), Escapes::Slash),
    style(Layout::Pretty(4), Escapes::NonAsciiAndSlash),
];

/// As programs that sort write it.
const SORTED: [Style; 5] = [
    style(Layout::Compact, Escapes::Nothing),
    style(Layout::Compact, Escapes::NonAscii),
    style(Layout::Spaced, Escapes::Nothing),
    style(Layout::Spaced, Escapes::NonAscii),
    style(Layout::Pretty(2), Escapes::Nothing),
];

/// What is escaped, whether a space is a `+`, and whether escapes are in lower case: as browsers, libraries and proxies write
/// forms.
const FORMS: [(&AsciiSet, bool, bool); 6] = [
    (pairs::FORM, true, false),
    (pairs::ENCODE_URI_COMPONENT, false, false),
    (pairs::RFC_3986, false, false),
    (pairs::RFC_3986, true, false),
    (pairs::RFC_3986, false, true),
    (pairs::FORM, true, true),
];

/// A longer body is verified, and not rewritten.
const MAX_BODY: usize = 4 * 1024 * 1024;
/// Members of a longer one are not sorted.
const MAX_SORTED: usize = 256 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
const GZIP: &[u8] = b"\x1f\x8b";
