//! Wrong character sets and HTML escapes.

use std::fmt;

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, ISO_8859_15, MACINTOSH, SHIFT_JIS, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
};

/// A way to rewrite a text.
#[derive(Clone, Copy)]
pub(super) enum Rewriting {
    /// The bytes are read in this character set and written in UTF-8.
    From(Charset),
    /// The bytes are read as UTF-8 and written in this character set.
    To(Charset),
    /// Each character beyond ASCII becomes this many question marks.
    Questions(fn(char) -> usize),
    /// HTML escapes are decoded.
    Html,
}

#[derive(Clone, Copy)]
pub(super) enum Charset {
    Latin1,
    Of(&'static Encoding),
}

impl Rewriting {
    /// The rewritings that can change this text, the likeliest first.
    pub(super) fn of(text: &[u8]) -> impl Iterator<Item = Self> {
        let charsets = [Charset::Latin1].into_iter().chain(ENCODINGS.map(Charset::Of));
        let read = charsets.flat_map(|charset| [Self::From(charset), Self::To(charset)]);
        let marked = [|_| 1, char::len_utf16, char::len_utf8].map(Self::Questions);
        let beyond = (!text.is_ascii()).then(|| read.chain(marked));
        text.contains(&b'&').then_some(Self::Html).into_iter().chain(beyond.into_iter().flatten())
    }

    /// The rewritten text. `None` if it is not of this kind.
    pub(super) fn apply(self, text: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Self::From(Charset::Latin1) => {
                text.iter().copied().map(char::from).collect::<String>().into_bytes()
            }
            Self::From(Charset::Of(encoding)) => {
                encoding.decode_without_bom_handling_and_without_replacement(text)?.into_owned().into_bytes()
            }
            Self::To(Charset::Latin1) => {
                let narrow = |c: char| u8::try_from(u32::from(c)).ok();
                str::from_utf8(text).ok()?.chars().map(narrow).collect::<Option<_>>()?
            }
            Self::To(Charset::Of(encoding)) => {
                let (bytes, _, is_lossy) = encoding.encode(str::from_utf8(text).ok()?);
                (!is_lossy).then(|| bytes.into_owned())?
            }
            Self::Questions(count) => {
                let marked = |c: char| if c.is_ascii() { c.to_string() } else { "?".repeat(count(c)) };
                str::from_utf8(text).ok()?.chars().map(marked).collect::<String>().into_bytes()
            }
            Self::Html => HTML
                .iter()
                .fold(str::from_utf8(text).ok()?.to_owned(), |text, (escaped, c)| text.replace(escaped, c))
                .into_bytes(),
        })
    }
}

/// The words after "the text".
impl fmt::Display for Rewriting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(charset) => write!(f, "is read as {charset} and written as UTF-8"),
            Self::To(charset) => write!(f, "is read as UTF-8 and written as {charset}"),
            Self::Questions(_) => f.write_str("has a question mark for what is not ASCII"),
            Self::Html => f.write_str("has its HTML escapes decoded"),
        }
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Latin1 => "Latin-1",
            Self::Of(encoding) => encoding.name(),
        })
    }
}

/// Whether a word contains question marks between letters.
pub(super) fn has_question_marks(text: &[u8]) -> bool {
    let mut words = text.split(|byte| !byte.is_ascii_alphabetic() && *byte != b'?');
    words.any(|word| {
        let letters = |byte: &u8| *byte != b'?';
        let (first, last) = (word.iter().position(letters), word.iter().rposition(letters));
        first
            .zip(last)
            .is_some_and(|(first, last)| word.iter().take(last).skip(first).any(|byte| *byte == b'?'))
    })
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
