//! Wrong character sets and HTML escapes.

use std::iter;

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, ISO_8859_15, MACINTOSH, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
    mem,
};

/// Rewrites a text. `None` if it is not of the kind.
pub(super) type Rewrite = Box<dyn Fn(&[u8]) -> Option<Vec<u8>>>;

/// The rewritings that can change this text, the likeliest first, each with the words after "the text".
pub(super) fn rewritings(text: &[u8]) -> Vec<(String, Rewrite)> {
    let mut all: Vec<(String, Rewrite)> = Vec::new();
    if text.contains(&b'&') {
        all.push(("has its HTML escapes decoded".to_owned(), Box::new(without_html)));
    }
    if text.is_ascii() {
        return all;
    }
    let mut push = |charset: &str, read: Rewrite, write: Rewrite| {
        all.push((format!("is read as {charset} and written as UTF-8"), read));
        all.push((format!("is read as UTF-8 and written as {charset}"), write));
    };
    push(
        "Latin-1",
        Box::new(|text| Some(mem::decode_latin1(text).as_bytes().to_vec())),
        Box::new(|text| str::from_utf8(text).ok()?.chars().map(|c| u8::try_from(c).ok()).collect()),
    );
    for encoding in ENCODINGS {
        let read = |text: &[u8]| {
            let read = encoding.decode_without_bom_handling_and_without_replacement(text)?;
            Some(read.as_bytes().to_vec())
        };
        let write = |text: &[u8]| {
            let (bytes, _, is_lossy) = encoding.encode(str::from_utf8(text).ok()?);
            (!is_lossy).then(|| bytes.into_owned())
        };
        push(encoding.name(), Box::new(read), Box::new(write));
    }
    for count in [|_| 1, char::len_utf16, char::len_utf8] {
        let marked = move |c: char| iter::repeat_n(if c.is_ascii() { c } else { '?' }, count(c));
        let write = move |text: &[u8]| {
            Some(str::from_utf8(text).ok()?.chars().flat_map(marked).collect::<String>().into())
        };
        all.push(("has a question mark for what is not ASCII".to_owned(), Box::new(write)));
    }
    all
}

/// Decodes HTML escapes. `None` if the text is not UTF-8.
pub(super) fn without_html(text: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(text).ok()?.to_owned();
    Some(HTML.iter().fold(text, |text, (escaped, c)| text.replace(escaped, c)).into())
}

/// Whether a word contains question marks between letters.
pub(super) fn has_question_marks(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic() && c != '?');
    words.any(|word| word.trim_matches('?').contains('?'))
}

const ENCODINGS: [&Encoding; 9] =
    [WINDOWS_1252, ISO_8859_15, WINDOWS_1250, WINDOWS_1251, MACINTOSH, SHIFT_JIS, GBK, BIG5, EUC_KR];
/// The ampersand comes last, since it begins the others.
const HTML: [(&str, &str); 7] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&apos;", "'"),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&amp;", "&"),
];
