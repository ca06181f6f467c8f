//! 1 to 25: the text of a hex signature.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use countersign::ErrorKind::{self, SignatureMalformed, SignatureMismatch};
use countersign::vonage::SignatureMethod;
use countersign::{Algorithm, HexHmac, sign};

use crate::forged::Forged;
use crate::run::Run;
use crate::schemes::{Carrier, Scheme};
use crate::support::{KEY, secret};

cases! {
    case_001_the_right_tag_in_lower_case,
    case_002_in_upper_case,
    case_003_in_mixed_case,
    case_004_empty,
    case_005_one_digit,
    case_006_an_odd_length,
    case_007_less_its_last_byte,
    case_008_a_byte_more,
    case_009_every_truncation_from_either_end,
    case_010_the_right_tag_of_another_algorithm,
    case_011_the_tag_written_twice,
    case_012_white_space_before_after_or_inside,
    case_013_0x_before_it,
    case_014_digits_and_letters_of_other_scripts,
    case_015_bytes_that_are_not_ascii_nor_utf_8,
    case_016_every_byte_at_every_position,
    case_017_every_flipped_bit_of_the_tag,
    case_018_base64_of_the_tag,
    case_019_other_bytes_of_the_right_length,
    case_020_1_mib_and_100_mib,
    case_021_separators_between_the_bytes_escaped_digits,
    case_022_0e_where_numbers_are_compared,
    case_023_a_list_where_there_is_none,
    case_024_a_prefix_where_there_is_none,
    case_025_lists_of_signatures,
}

fn case_001_the_right_tag_in_lower_case(run: &mut Run) {
    accepts_text(run, |right| vec![right.to_lowercase()]);
}

fn case_002_in_upper_case(run: &mut Run) {
    accepts_text(run, |right| vec![right.to_uppercase()]);
}

fn case_003_in_mixed_case(run: &mut Run) {
    let mixed = |odd: bool| {
        move |(index, c): (usize, char)| {
            if (index % 2 == 1) == odd { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
        }
    };
    accepts_text(run, |right| {
        [false, true].map(|odd| right.chars().enumerate().map(mixed(odd)).collect()).into()
    });
}

fn case_004_empty(run: &mut Run) {
    rejects_text(run, |_| vec![String::new()]);
}

fn case_005_one_digit(run: &mut Run) {
    rejects_text(run, |right| vec![right[..1].into(), "0".into(), "f".into()]);
}

fn case_006_an_odd_length(run: &mut Run) {
    rejects_text(run, |right| vec![right[..right.len() - 1].into(), right[1..].into(), format!("{right}0")]);
}

fn case_007_less_its_last_byte(run: &mut Run) {
    rejects_text(run, |right| vec![right[..right.len() - 2].into()]);
}

fn case_008_a_byte_more(run: &mut Run) {
    rejects_text(run, |right| vec![format!("{right}00"), format!("00{right}")]);
}

fn case_009_every_truncation_from_either_end(run: &mut Run) {
    rejects_text(run, |right| {
        (0..right.len()).flat_map(|at| [right[..at].to_owned(), right[at + 1..].to_owned()]).collect()
    });
}

fn case_010_the_right_tag_of_another_algorithm(run: &mut Run) {
    let algorithms = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
    for verified in algorithms {
        let subject = HexHmac::with_algorithm("X-Hex", verified, secret(KEY)).unwrap().into();
        for signed in algorithms.into_iter().filter(|signed| *signed != verified) {
            let delivery = sign::hex_hmac("x-hex", signed, &secret(KEY), "{}");
            run.rejects(&subject, &delivery, SignatureMalformed);
            // Cut or padded to the right length.
            let right = delivery.header("x-hex").unwrap();
            let digits = Scheme::HexHmac(verified).hex_digits().unwrap();
            let fitted: String = right.chars().chain("0".repeat(digits).chars()).take(digits).collect();
            run.rejects(&subject, Forged::from(&delivery).header("x-hex", fitted), SignatureMismatch);
        }
    }
}

fn case_011_the_tag_written_twice(run: &mut Run) {
    rejects_text(run, |right| vec![right.repeat(2), right.repeat(4)]);
}

fn case_012_white_space_before_after_or_inside(run: &mut Run) {
    rejects_text(run, |right| {
        let spaces =
            [" ", "\t", "\r", "\n", "\r\n", "\0", "\u{b}", "\u{c}", "\u{a0}", "\u{2003}", "\u{feff}"];
        spaces
            .iter()
            .flat_map(|space| {
                let (first, second) = right.split_at(right.len() / 2);
                let one_less = &right[..right.len() - 1];
                [
                    format!("{space}{right}"),
                    format!("{right}{space}"),
                    format!("{first}{space}{second}"),
                    format!("{one_less}{space}"),
                    format!("{space}{one_less}"),
                ]
            })
            .collect()
    });
}

fn case_013_0x_before_it(run: &mut Run) {
    rejects_text(run, |right| {
        vec![format!("0x{right}"), format!("0X{right}"), format!("0x{}", &right[2..]), format!("\\x{right}")]
    });
}

fn case_014_digits_and_letters_of_other_scripts(run: &mut Run) {
    rejects_text(run, |right| {
        ["０", "Ａ", "ａ", "٠", "𝟎", "а", "е", "ſ", "K", "ⅽ", "١"]
            .iter()
            .flat_map(|other| {
                [0, right.len() - 1, right.len() / 2].map(|at| {
                    // Keeps the number of characters, and of bytes if possible.
                    let by_chars = format!("{}{other}{}", &right[..at], &right[at + 1..]);
                    let end = (at + other.len()).min(right.len());
                    let by_bytes = format!("{}{other}{}", &right[..at], &right[end..]);
                    [by_chars, by_bytes]
                })
            })
            .flatten()
            .collect()
    });
}

fn case_015_bytes_that_are_not_ascii_nor_utf_8(run: &mut Run) {
    for scheme in hex_schemes() {
        let right = scheme.signature().into_bytes();
        let lone: Vec<_> = (0x80..=0xff).map(|byte| vec![byte]).collect();
        let others =
            [&b"\xc0\xaf"[..], b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"].map(<[u8]>::to_vec);
        for bytes in lone.into_iter().chain(others) {
            let end = right.len() - bytes.len().min(right.len());
            for forged in
                [bytes.clone(), [&right[..end], &bytes].concat(), [&bytes, &right[bytes.len()..]].concat()]
            {
                run.rejects(&scheme.subject(), Forged::signed(scheme, &forged), malformed(scheme, &forged));
            }
        }
    }
}

fn case_016_every_byte_at_every_position(run: &mut Run) {
    // One of each length and decoder.
    for scheme in [
        Scheme::Vogent,
        Scheme::HexHmac(Algorithm::Sha1),
        Scheme::HexHmac(Algorithm::Sha512),
        Scheme::Sms(SignatureMethod::Md5Hash, Carrier::Query),
        Scheme::Sms(SignatureMethod::Sha256, Carrier::Query),
    ] {
        let subject = scheme.subject();
        let right = scheme.signature().into_bytes();
        let genuine = Forged::signed(scheme, &right);
        for position in 0..right.len() {
            for byte in 0..=u8::MAX {
                let mut forged = genuine.clone();
                if scheme.header().is_some() {
                    // The signature is the last header.
                    forged.headers.last_mut().unwrap().1[position] = byte;
                } else {
                    let at = forged.query.len() - 3 * (right.len() - position);
                    forged.query[at..at + 3].copy_from_slice(format!("%{byte:02x}").as_bytes());
                }
                if byte.eq_ignore_ascii_case(&right[position]) {
                    let _ = run.accepts(&subject, forged);
                } else if byte.is_ascii_hexdigit() {
                    run.rejects(&subject, forged, SignatureMismatch);
                } else {
                    run.rejects(&subject, forged, SignatureMalformed);
                }
            }
        }
    }
}

fn case_017_every_flipped_bit_of_the_tag(run: &mut Run) {
    for scheme in hex_schemes() {
        let tag = hex::decode(scheme.signature()).unwrap();
        for bit in 0..tag.len() * 8 {
            let mut flipped = tag.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let forged = scheme.with_signature(&hex::encode(&flipped));
            run.rejects(&scheme.subject(), forged, SignatureMismatch);
        }
    }
}

fn case_018_base64_of_the_tag(run: &mut Run) {
    rejects_text(run, |right| {
        let tag = hex::decode(right).unwrap();
        vec![BASE64_STANDARD.encode(&tag), BASE64_URL_SAFE_NO_PAD.encode(&tag)]
    });
}

fn case_019_other_bytes_of_the_right_length(run: &mut Run) {
    for scheme in hex_schemes() {
        let tag = hex::decode(scheme.signature()).unwrap();
        let swapped: Vec<_> = tag.iter().map(|byte| byte.rotate_left(4)).collect();
        let reversed: Vec<_> = tag.iter().rev().copied().collect();
        for other in [swapped, reversed, vec![0; tag.len()], vec![0xff; tag.len()]] {
            let forged = scheme.with_signature(&hex::encode(other));
            run.rejects(&scheme.subject(), forged, SignatureMismatch);
        }
    }
}

fn case_020_1_mib_and_100_mib(run: &mut Run) {
    for length in [1 << 20, 100 << 20] {
        let long = "a".repeat(length);
        for scheme in hex_schemes().filter(|scheme| length == 1 << 20 || scheme.header().is_some()) {
            let kind = match scheme {
                Scheme::Sms(_, Carrier::Query) => ErrorKind::QueryTooLong,
                Scheme::Sms(..) => ErrorKind::BodyTooLarge,
                _ => ErrorKind::HeaderTooLong,
            };
            let subject = scheme.subject();
            let forged = scheme.with_signature(&long);
            if scheme.header().is_some() {
                use countersign::Verifier as _;
                let asked = allocation_counter::measure(|| drop(subject.verify(forged.request())));
                assert_eq!(asked.count_total, 0, "{scheme:?}");
            }
            run.rejects(&subject, forged, kind);
        }
    }
}

fn case_021_separators_between_the_bytes_escaped_digits(run: &mut Run) {
    rejects_text(run, |right| {
        let bytes: Vec<_> = right.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap()).collect();
        let escaped: String = right.bytes().map(|digit| format!("%{digit:02x}")).collect();
        vec![
            bytes.join(":"),
            bytes.join("-"),
            bytes.join(" "),
            bytes.join(":")[..right.len()].into(),
            escaped,
        ]
    });
}

fn case_022_0e_where_numbers_are_compared(run: &mut Run) {
    let (body, right) = (0..100_000)
        .map(|counter| format!("{{\"n\":{counter}}}"))
        .map(|body| {
            (body.clone(), sign::vogent(&secret(KEY), body).header("x-elto-signature").unwrap().to_owned())
        })
        .find(|(_, right)| right.starts_with("0e"))
        .unwrap();
    let with = |text: &str| Forged::of(Scheme::Vogent).body(body.clone()).header("x-elto-signature", text);
    let subject = Scheme::Vogent.subject();
    let _ = run.accepts(&subject, with(&right));
    for digit in "0123456789".chars() {
        run.rejects(&subject, with(&format!("0e{}", digit.to_string().repeat(62))), SignatureMismatch);
    }
    run.rejects(&subject, with("0"), SignatureMalformed);
}

fn case_023_a_list_where_there_is_none(run: &mut Run) {
    rejects_text(run, |right| {
        let bad = "0".repeat(right.len());
        let pair = |before: &str, between: &str, after: &str| format!("{before}{between}{after}");
        let mut lists =
            vec![format!("v1={right}"), format!("v1,{right}"), format!("[{right}]"), format!("\"{right}\"")];
        for between in [",", ", ", " ", ";", "|", ",v1="] {
            lists.extend([
                pair(right, between, &bad),
                pair(&bad, between, right),
                pair(right, between, right),
            ]);
        }
        lists
    });
}

fn case_024_a_prefix_where_there_is_none(run: &mut Run) {
    rejects_text(run, |right| {
        ["sha256=", "sha1=", "SHA256=", "sha256==", "sha256=sha256=", "sha512=", "md5=", "hmac-sha256=", "="]
            .map(|prefix| format!("{prefix}{right}"))
            .into()
    });
}

/// No scheme here accepts a list.
fn case_025_lists_of_signatures(run: &mut Run) {
    rejects_text(run, |right| {
        let bad = "0".repeat(right.len());
        let lists = [
            vec![right, ""],
            vec!["", right],
            vec![right, "", right],
            [vec![&*bad; 99], vec![right]].concat(),
            [vec![right], vec![&*bad; 99]].concat(),
        ];
        [",", ", ", " ", ";", "\n"]
            .iter()
            .flat_map(|between| lists.iter().map(|list| list.join(between)))
            .collect()
    });
}

fn hex_schemes() -> impl Iterator<Item = Scheme> {
    Scheme::all().into_iter().filter(|scheme| !scheme.is_jwt())
}

fn accepts_text(run: &mut Run, texts: impl Fn(&str) -> Vec<String>) {
    for scheme in hex_schemes() {
        for text in texts(&scheme.signature()) {
            let _ = run.accepts(&scheme.subject(), scheme.with_signature(&text));
        }
    }
}

/// Each text instead of the right signature is rejected as malformed.
fn rejects_text(run: &mut Run, texts: impl Fn(&str) -> Vec<String>) {
    for scheme in hex_schemes() {
        let subject = scheme.subject();
        for text in texts(&scheme.signature()) {
            run.rejects(&subject, Forged::signed(scheme, text.as_bytes()), SignatureMalformed);
        }
    }
}

/// The error for bytes that are no signature. JSON must first be UTF-8.
fn malformed(scheme: Scheme, bytes: &[u8]) -> ErrorKind {
    match scheme {
        Scheme::Sms(_, Carrier::Json) if str::from_utf8(bytes).is_err() => ErrorKind::BodyMalformed,
        _ => SignatureMalformed,
    }
}
