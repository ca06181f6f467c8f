//! What a verdict cannot show, since a slower way leads to the same one.

use super::marks::Marks;
use super::{json, words};

#[test]
fn a_prefix_sorts_as_its_text_does() {
    let prefix = |text: &str| words::prefix(text.as_bytes(), 0..text.len());
    let sorted = ["", "a", "a\u{1}", "ab", "abcdefg", "abcdefgh", "b"];
    assert!(sorted.is_sorted_by(|a, b| prefix(a) < prefix(b)));
    assert_eq!(prefix("abcdefgh"), prefix("abcdefghi"));
    assert_eq!(words::prefix(b"abcd", 1..3), prefix("bc"));
    assert_eq!(words::prefix(b"abcdefghijkl", 2..12), prefix("cdefghij"));
}

#[test]
fn a_mark_is_found_wherever_it_is() {
    for length in [0, 1, 63, 64, 65, 200] {
        for place in 0..length {
            let text: Vec<u8> = (0..length).map(|at| if at == place { b'"' } else { b'x' }).collect();
            let found: Vec<_> = Marks::new(&text, |byte| matches!(byte, 0 | b'"')).collect();
            assert_eq!(found, [place]);
        }
    }
}

#[test]
fn a_byte_is_plain_that_json_writes_as_it_is() {
    for byte in 0..=u8::MAX {
        let written = serde_json::to_string(&char::from(byte)).unwrap_or_default();
        assert_eq!(json::is_plain(byte), written.len() == 3, "{byte}");
    }
}
