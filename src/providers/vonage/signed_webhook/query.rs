//! The signed form of a query.

use std::io;

use sha2::{Digest, Sha256};

use crate::encoding::marks::Marks;
use crate::encoding::{form, json};
use crate::error::{Error, ErrorKind};
use crate::jwt::check_hash;
use crate::mac::sha256;
use crate::params::Params;

/// Checks the hash of a GET: that of the compact JSON object of the query's parameters, or of nothing if there are none.
pub(crate) fn check_query(query: &[u8], hash: &[u8; 32]) -> Result<(), Error> {
    if let Some(object) = hash_usual_object(query) {
        return check_hash(hash, &[object]);
    }
    let mut params = Params::default();
    params.read_query(query)?;
    let object = hash_object(&params).ok_or(ErrorKind::ParameterMalformed)?;
    params.sort_unique()?;
    if params.is_empty() { check_hash(hash, &[object, sha256(b"")]) } else { check_hash(hash, &[object]) }
}

/// Hashes the object of the parameters. Returns `None` if one is not UTF-8.
fn hash_object(params: &Params) -> Option<[u8; 32]> {
    if params.is_empty() {
        return Some(sha256(b"{}"));
    }
    let mut object = Sha256::new();
    let mut before: &[u8] = b"{";
    for param in params.iter() {
        object.update(before);
        json::write_string(param.name, HashWriter(&mut object))?;
        object.update(b":");
        json::write_string(param.value, HashWriter(&mut object))?;
        before = b",";
    }
    object.update(b"}");
    Some(object.finalize().into())
}

struct HashWriter<'h>(&'h mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.update(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hashes the object of a usual query in one pass, without allocation. Such a query is short, with few parameters whose names
/// differ and have no escapes, and needs no escape in JSON. `None` means that `Params` must read the query.
fn hash_usual_object(query: &[u8]) -> Option<[u8; 32]> {
    let mut object = [0; USUAL_BYTES];
    let mut writer = Writer { query, copied: 0, free: &mut object };
    let mut names: [&[u8]; USUAL_COUNT] = [&[]; USUAL_COUNT];
    let mut marks = Marks::new(query, may_be_special);
    let mut at: usize = 0;
    writer.write(at, b"{\"", 0)?;
    for count in 0..USUAL_COUNT {
        let start = at;
        at = marks.next().unwrap_or(query.len());
        let name = query.get(start..at).filter(|name| !name.is_empty())?;
        if query.get(at) != Some(&b'=') || names.iter().take(count).any(|known| *known == name) {
            return None;
        }
        *names.get_mut(count)? = name;
        writer.write(at, b"\":\"", 1)?;
        loop {
            at = marks.next().unwrap_or(query.len());
            match query.get(at) {
                Some(b'&') => break,
                Some(b'=') => {}
                Some(b'+') => writer.write(at, b" ", 1)?,
                Some(b'%') => {
                    let [_, high, low] = *query.get(at..)?.first_chunk()?;
                    let byte = form::unescape(high, low).filter(|byte| json::is_plain(*byte))?;
                    writer.write(at, &[byte], 3)?;
                }
                Some(byte) => json::is_plain(*byte).then_some(())?,
                None => {
                    writer.write(query.len(), b"\"}", 0)?;
                    let length = USUAL_BYTES.saturating_sub(writer.free.len());
                    return Some(sha256(object.get(..length)?));
                }
            }
        }
        writer.write(at, b"\",\"", 1)?;
        at = at.saturating_add(1);
    }
    None
}

/// Whether a byte may need an escape. As signed numbers, bytes beyond ASCII are below the plus sign too.
fn may_be_special(byte: u8) -> bool {
    byte.cast_signed() <= b'+'.cast_signed() || matches!(byte, b'=' | b'\\')
}

/// Copies a query in pieces, with other text between them.
struct Writer<'q, 'o> {
    query: &'q [u8],
    copied: usize,
    free: &'o mut [u8],
}

impl Writer<'_, '_> {
    /// Copies the query up to `at`, and replaces the next `instead_of` bytes with `text`.
    #[inline]
    fn write(&mut self, at: usize, text: &[u8], instead_of: usize) -> Option<()> {
        let rest = self.query.get(self.copied..)?;
        let length = at.saturating_sub(self.copied);
        match (rest.first_chunk::<USUAL_PIECE>(), self.free.first_chunk_mut()) {
            // A fixed number of bytes is copied without a call. The bytes after the piece are overwritten later.
            (Some(piece), Some(to)) if length <= USUAL_PIECE => *to = *piece,
            _ => copy(self.free.get_mut(..length)?, rest.get(..length)?),
        }
        let (to, free) =
            std::mem::take(&mut self.free).get_mut(length..)?.split_at_mut_checked(text.len())?;
        to.copy_from_slice(text);
        self.free = free;
        self.copied = at.saturating_add(instead_of);
        Some(())
    }
}

// Not inlined, or the compiler would make one call of both ways to copy.
#[cold]
#[inline(never)]
fn copy(to: &mut [u8], from: &[u8]) {
    to.copy_from_slice(from);
}

const USUAL_BYTES: usize = 1024;
const USUAL_COUNT: usize = 16;
const USUAL_PIECE: usize = 32;

#[cfg(test)]
mod tests {
    use super::{Params, USUAL_BYTES, USUAL_COUNT, USUAL_PIECE, hash_object, hash_usual_object};

    const PIECES: [&str; 12] = ["a", "b", "é", "\"", "!", "=", "&", "+", "%41", "%22", "%C3%A9", "%4"];

    /// All sequences of up to `most` pieces.
    fn sequences(most: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut longest = all.clone();
        for _ in 0..most {
            longest = longest.iter().flat_map(|text| PIECES.map(|piece| format!("{text}{piece}"))).collect();
            all.extend_from_slice(&longest);
        }
        all
    }

    #[test]
    fn a_usual_object_is_the_one_of_its_parameters() {
        let inner = sequences(3).into_iter().flat_map(|query| {
            [USUAL_PIECE, USUAL_PIECE + 1].map(|bytes| format!("a=b&c={query}&d={}", "e".repeat(bytes)))
        });
        let repeated = ["a%61a=b&aaa=c", "a+a=b&a a=c"].map(str::to_owned);
        let mut usual = 0;
        for query in sequences(4).into_iter().chain(inner).chain(repeated) {
            let Some(object) = hash_usual_object(query.as_bytes()) else { continue };
            let mut params = Params::default();
            assert_eq!(params.read_query(query.as_bytes()), Ok(()), "{query:?}");
            assert_eq!(Some(object), hash_object(&params), "{query:?}");
            assert_eq!((params.sort_unique(), params.is_empty()), (Ok(()), false), "{query:?}");
            usual += 1;
        }
        assert!(usual > 200, "{usual}");
    }

    #[test]
    fn an_unusual_object_is_left_alone() {
        let query =
            |count: usize| (0..count).map(|name| format!("{name}=a+b%2Fc")).collect::<Vec<_>>().join("&");
        assert!(hash_usual_object(query(USUAL_COUNT).as_bytes()).is_some());
        assert!(hash_usual_object(query(USUAL_COUNT + 1).as_bytes()).is_none());
        let long = |bytes: usize| format!("a={}", "b".repeat(bytes - "{'a':''}".len()));
        assert!(hash_usual_object(long(USUAL_BYTES).as_bytes()).is_some());
        assert!(hash_usual_object(long(USUAL_BYTES + 1).as_bytes()).is_none());
    }
}
