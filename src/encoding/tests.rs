//! What a verdict cannot show, since a slower way leads to the same one.

use super::{json, words};

#[test]
fn a_prefix_sorts_as_its_text_does() {
    let prefix = |text: &str| words::prefix(text.as_bytes(), text.len());
    let sorted = ["", "a", "a\u{1}", "ab", "abcdefg", "abcdefgh", "b"];
    assert!(sorted.is_sorted_by(|a, b| prefix(a) < prefix(b)));
    assert_eq!(prefix("abcdefgh"), prefix("abcdefghi"));
    assert_eq!(words::prefix(b"abcd", 2), prefix("ab"));
}

#[test]
fn only_the_byte_that_is_looked_for_is_found() {
    for byte in 1..=127 {
        let text: Vec<u8> = (1..=127).filter(|other| *other != byte).chain([byte]).collect();
        assert_eq!(words::find(&text, |word| words::equal(word, byte)), 126);
    }
}

#[test]
fn a_text_is_plain_that_json_escapes_nowhere() {
    assert!(json::is_plain(b"&a=Hello World~!"));
    for escaped in [b'"', b'\\', b'\n', 0x7f, 0xc3] {
        assert!(!json::is_plain(&[b'a', escaped]));
    }
}
