//! Base64 (RFC 4648).

/// Decodes base64url without padding or trailing bits.
pub(crate) fn decode_url(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits * 64 + u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).unwrap());
            bits %= 1 << count;
        }
    }
    // Fewer bits than a digit has, and none of them set.
    (count < 6 && bits == 0).then_some(bytes)
}

pub(crate) fn encode_url(bytes: &[u8]) -> String {
    encode(bytes, *b"-_")
}

/// Encodes with the standard alphabet, padded.
pub(crate) fn encode_standard(bytes: &[u8]) -> String {
    let mut text = encode(bytes, *b"+/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn encode(bytes: &[u8], last_two: [u8; 2]) -> String {
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..=three.len() {
            let value = u8::try_from(bits >> (18 - 6 * place) & 63).unwrap();
            text.push(char::from(match value {
                0..=25 => b'A' + value,
                26..=51 => b'a' + value - 26,
                52..=61 => b'0' + value - 52,
                _ => last_two[usize::from(value - 62)],
            }));
        }
    }
    text
}
