//! Wrong character sets and HTML escapes.

use std::iter;

use encoding_rs::{
    BIG5, EUC_KR, EncoderResult, Encoding, GBK, ISO_8859_15, MACINTOSH, SHIFT_JIS, WINDOWS_1250,
    WINDOWS_1251, WINDOWS_1252, mem,
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
            // It ends at the first character that the charset does not have.
            let mut encoder = encoding.new_encoder();
            let length = encoder.max_buffer_length_from_utf8_without_replacement(text.len())?;
            let (text, mut bytes) = (str::from_utf8(text).ok()?, Vec::with_capacity(length));
            let (result, _) = encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true);
            (result == EncoderResult::InputEmpty).then_some(bytes)
        };
        push(encoding.name(), Box::new(read), Box::new(write));
    }
    for count in [|_| 1, char::len_utf16, char::len_utf8] {
        let write = move |text: &[u8]| {
            let mark = |c, out: &mut String| out.extend(iter::repeat_n('?', count(c)));
            Some(replaced(str::from_utf8(text).ok()?, |c| !c.is_ascii(), mark).into())
        };
        all.push(("has a question mark for what is not ASCII".to_owned(), Box::new(write)));
    }
    all
}

/// The text, with these characters written as `write` does.
pub(super) fn replaced(
    text: &str,
    is_replaced: fn(char) -> bool,
    write: impl Fn(char, &mut String),
) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_replaced) {
        let last = piece.chars().next_back().filter(|last| is_replaced(*last));
        out.push_str(piece.strip_suffix(is_replaced).unwrap_or(piece));
        if let Some(last) = last {
            write(last, &mut out);
        }
    }
    out
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
