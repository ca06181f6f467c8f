//! Parts of the crate, compiled from its own files, that `no_panic` proves.

use no_panic::no_panic;

#[path = "../../../../src/compare.rs"]
#[allow(dead_code)]
mod compare;
#[path = "../../../../src/encoding/marks.rs"]
mod marks;
#[path = "../../../../src/encoding/words.rs"]
mod words;

pub fn all(text: &[u8]) -> usize {
    #[cfg(feature = "planted-proof")]
    planted(text);
    usize::from(compares(text, text)) + marks(text) + prefix(text)
}

#[no_panic]
fn compares(expected: &[u8], given: &[u8]) -> bool {
    let mut search = compare::Search::new();
    search.offer(0, expected, given);
    search.offer(1, given, given);
    search.found().is_some() & compare::eq(expected, given)
}

#[no_panic]
fn marks(text: &[u8]) -> usize {
    marks::Marks::new(text, |byte| byte < b' ' || byte == b'"').fold(0, usize::wrapping_add)
}

#[no_panic]
fn prefix(text: &[u8]) -> usize {
    usize::from(words::prefix(text, 0..text.len()) == 0)
}

/// The control: an index that the optimiser knows nothing of.
#[cfg(feature = "planted-proof")]
#[no_panic]
fn planted(text: &[u8]) -> usize {
    usize::from(text[3])
}
