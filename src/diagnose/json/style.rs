//! How programs lay out and escape JSON.

use std::fmt;

use memchr::{memchr, memchr3};

/// How a program writes JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) layout: Layout,
    pub(crate) escapes: Escapes,
    /// Members by their names.
    pub(crate) sorted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Compact,
    /// A space after each comma and colon.
    Spaced,
    /// One line a member, indented by so many spaces.
    Pretty(usize),
}

/// What is escaped beyond what must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escapes {
    Nothing,
    /// Non-ASCII, as `\u0000`.
    NonAscii,
    /// `/`, as `\/`.
    Slash,
    NonAsciiAndSlash,
    /// `<`, `>` and `&`, as `\u0000`.
    Html,
}

impl Layout {
    /// Writes an array or an object at this depth.
    pub(super) fn write<T>(
        self,
        [open, close]: [u8; 2],
        items: &[T],
        depth: usize,
        out: &mut Vec<u8>,
        mut write: impl FnMut(&T, &mut Vec<u8>),
    ) {
        out.push(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(if self == Self::Spaced { b", " } else { b"," });
            }
            self.break_line(depth.saturating_add(1), out);
            write(item, out);
        }
        if !items.is_empty() {
            self.break_line(depth, out);
        }
        out.push(close);
    }

    /// What stands between a name and its value.
    pub(super) fn colon(self) -> &'static [u8] {
        if self == Self::Compact { b":" } else { b": " }
    }

    fn break_line(self, depth: usize, out: &mut Vec<u8>) {
        if let Self::Pretty(width) = self {
            out.push(b'\n');
            out.resize(out.len().saturating_add(depth.saturating_mul(width)), b' ');
        }
    }
}

impl Escapes {
    /// Writes a scalar in which nothing is escaped but what must be.
    pub(super) fn write(self, text: &str, out: &mut Vec<u8>) {
        let mut rest = text;
        while let Some(at) = self.find(rest.as_bytes()) {
            let (plain, from) = rest.split_at(at);
            out.extend_from_slice(plain.as_bytes());
            let mut characters = from.chars();
            match characters.next() {
                Some('/') => out.extend_from_slice(br"\/"),
                Some(c) => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write_escape(*unit, out)),
                None => {}
            }
            rest = characters.as_str();
        }
        out.extend_from_slice(rest.as_bytes());
    }

    /// Where the first character is that is escaped.
    fn find(self, text: &[u8]) -> Option<usize> {
        let is_foreign = |byte: &u8| !byte.is_ascii();
        match self {
            Self::Nothing => None,
            Self::NonAscii => text.iter().position(is_foreign),
            Self::Slash => memchr(b'/', text),
            Self::NonAsciiAndSlash => text.iter().position(|byte| is_foreign(byte) || *byte == b'/'),
            Self::Html => memchr3(b'<', b'>', b'&', text),
        }
    }
}

fn write_escape(unit: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\\u");
    for byte in unit.to_be_bytes() {
        for digit in [byte >> 4, byte & 15] {
            out.extend(char::from_digit(digit.into(), 16).and_then(|digit| u8::try_from(digit).ok()));
        }
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layout {
            Layout::Compact => f.write_str("compactly")?,
            Layout::Spaced => f.write_str("with a space after commas and colons")?,
            Layout::Pretty(width) => write!(f, "in lines indented by {width}")?,
        }
        f.write_str(match self.escapes {
            Escapes::Nothing => "",
            Escapes::NonAscii => ", non-ASCII escaped",
            Escapes::Slash => ", `/` escaped",
            Escapes::NonAsciiAndSlash => ", non-ASCII and `/` escaped",
            Escapes::Html => ", `<`, `>` and `&` escaped",
        })?;
        if self.sorted { f.write_str(", members sorted by name") } else { Ok(()) }
    }
}
