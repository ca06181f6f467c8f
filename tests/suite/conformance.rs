//! Every scheme against every general attack.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use countersign::ErrorKind::{
    self, BodyMalformed, BodyUnexpected, HeaderMissing, HeaderRepeated, HeaderTooLong, MethodUnsupported,
    PayloadHashMismatch, SignatureMalformed, SignatureMismatch, SignatureMissing, TimestampFuture,
    TimestampMalformed, TimestampMissing, TimestampStale, TokenExpired, TokenMalformed, TokenMissing,
    TokenPremature,
};
use countersign::schemes::{Scheme, Window};
use countersign::sign::Delivery;
use countersign::{
    BaseUrl, ConfigError, Coverage, Keyring, Replays, Request, Tolerance, UnixTime, Verified, Verifier,
    Vogent, sign,
};

use crate::registry::{Forged, Place, Row, rows};
use crate::support::{KEY, NOW, accepts, in_chunks, rejects, secret, verdict};

const SEED: u8 = 7;

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_secs(NOW.as_secs().saturating_add(seconds))
}

fn proof(row: &Row) -> Verified {
    accepts(&*row.verifier(), row.delivery().request())
}

/// How a scheme rejects an altered request.
fn mismatch(proof: &Verified) -> ErrorKind {
    if proof.claims().is_some() { PayloadHashMismatch } else { SignatureMismatch }
}

fn covers_body(proof: &Verified) -> bool {
    !matches!(proof.coverage(), Coverage::Url | Coverage::Token | Coverage::None)
}

/// The request with one digit changed: in the body, or in the query if there is no body.
fn altered(delivery: &Delivery) -> Delivery {
    let change = |text: &str| {
        let at = text.find(|c: char| c.is_ascii_digit()).unwrap();
        let digit = if text[at..].starts_with('1') { "2" } else { "1" };
        format!("{}{digit}{}", &text[..at], &text[at + 1..])
    };
    match str::from_utf8(delivery.body()).unwrap() {
        "" => delivery.clone().with_query(&change(delivery.query())),
        body => delivery.clone().with_body(change(body)),
    }
}

#[test]
fn names_in_the_registry_are_those_of_the_verifiers() {
    for scheme in Scheme::ALL {
        let verifier = scheme.build(&scheme.sample([SEED; 32]).settings).unwrap();
        assert_eq!(verifier.scheme(), scheme.name());
        let of_this_name = Scheme::ALL.iter().filter(|other| other.name() == scheme.name());
        assert_eq!(
            (of_this_name.count(), Scheme::named(scheme.name()).map(Scheme::name)),
            (1, Some(scheme.name()))
        );
        assert!(scheme.name().bytes().all(|byte| byte.is_ascii_lowercase() || b"-23".contains(&byte)));
    }
    assert!(Scheme::ALL.len() >= 32 && Scheme::named("Vogent").is_none());
}

/// Attack 71.
#[test]
fn genuine_requests_are_accepted_with_their_coverage() {
    for row in rows(SEED) {
        let (verifier, delivery) = (row.verifier(), row.delivery());
        let proof = accepts(&*verifier, delivery.request());
        assert_eq!((proof.key().index(), proof.tenant()), (0, None), "{}", row.name);
        assert_eq!((proof.scheme(), verifier.scheme()), (row.scheme.name(), row.scheme.name()));
        assert!(proof.signed_at().is_none_or(|time| time == NOW), "{}", row.name);
        let identified = verifier.replays() != Replays::Undetectable;
        assert_eq!(proof.replay_key().is_some(), identified, "{}", row.name);
        let again = accepts(&*verifier, delivery.request());
        assert_eq!(again.replay_key(), proof.replay_key(), "{}", row.name);
    }
}

#[test]
fn an_altered_signed_payload_is_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery, proof) = (row.verifier(), row.delivery(), proof(&row));
        let altered = altered(&delivery);
        if !delivery.body().is_empty() && !covers_body(&proof) {
            assert_eq!(accepts(&*verifier, altered.request()).coverage(), proof.coverage());
            continue;
        }
        // A hash of the body may be in the query, which is signed.
        let names_hash = !delivery.body().is_empty() && delivery.query().contains("SHA256=");
        let mismatch = if names_hash { PayloadHashMismatch } else { mismatch(&proof) };
        rejects(&*verifier, altered.request(), mismatch);
        if matches!(proof.coverage(), Coverage::Body | Coverage::UrlBody) {
            let body = delivery.body();
            for bit in 0..body.len() * 8 {
                let mut flipped = body.to_vec();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let request = Request::new(delivery.head(), &flipped);
                assert_eq!(verifier.verify(request).unwrap_err().kind(), mismatch, "{}", row.name);
            }
            for other in [&body[1..], &[body, b"\n"].concat(), &[body, body].concat()] {
                rejects(&*verifier, Request::new(delivery.head(), other), mismatch);
            }
        }
        if delivery.body().is_empty() {
            rejects(&*verifier, delivery.with_body("{}").request(), BodyUnexpected);
        } else {
            // The form means the same without its last byte.
            for length in 0..delivery.body().len() - 1 {
                let mut verification = verifier.begin(delivery.head()).unwrap();
                verification.update(&delivery.body()[..length]).unwrap();
                assert!(verification.finish().is_err(), "{} cut to {length}", row.name);
            }
        }
    }
}

/// Attacks 17 and 19.
#[test]
fn every_flipped_bit_of_the_signature_is_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery, signature) = (row.verifier(), row.delivery(), row.signature());
        let engine =
            if proof(&row).claims().is_some() { BASE64_URL_SAFE_NO_PAD } else { BASE64_STANDARD_NO_PAD };
        let text = &signature.text;
        let tag = if signature.is_hex() { hex::decode(text).unwrap() } else { engine.decode(text).unwrap() };
        let flipped = |bit: usize| {
            let mut flipped = tag.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            flipped
        };
        let swapped = tag.iter().map(|byte| byte.rotate_left(4)).collect();
        let others =
            [swapped, tag.iter().rev().copied().collect(), vec![0; tag.len()], vec![0xff; tag.len()]];
        for other in (0..tag.len() * 8).map(flipped).chain(others).filter(|other| *other != tag) {
            let text = if signature.is_hex() { hex::encode(&other) } else { engine.encode(&other) };
            let forged = signature.exchanged(&delivery, text.as_bytes());
            let rejected = verifier.verify(forged.request()).unwrap_err();
            assert_eq!(rejected.kind(), SignatureMismatch, "{} {text}", row.name);
        }
    }
}

/// Attack 16. In hex, every byte. In base64, every flipped bit.
#[test]
fn every_other_byte_in_the_signature_is_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery, signature) = (row.verifier(), row.delivery(), row.signature());
        let is_hex = signature.is_hex();
        for (at, right) in signature.text.iter().enumerate() {
            let bytes: Vec<_> =
                if is_hex { (0..=u8::MAX).collect() } else { (0..8).map(|bit| right ^ (1 << bit)).collect() };
            for byte in bytes {
                let mut text = signature.text.clone();
                text[at] = byte;
                let forged = signature.exchanged(&delivery, &text);
                let found = verifier.verify(forged.request()).map(drop).map_err(|error| error.kind());
                let expected = match byte {
                    _ if is_hex && byte.eq_ignore_ascii_case(right) => vec![Ok(())],
                    0x80.. if signature.is_in_json() => vec![Err(BodyMalformed)],
                    _ if !is_hex => [SignatureMismatch, SignatureMalformed, TokenMalformed].map(Err).into(),
                    _ if byte.is_ascii_hexdigit() => vec![Err(SignatureMismatch)],
                    _ => vec![Err(SignatureMalformed)],
                };
                assert!(expected.contains(&found), "{} at {at}, byte {byte}: {found:?}", row.name);
            }
        }
    }
}

/// Schemes whose hex is an entry of a list.
const HEX_LISTS: [&str; 2] = ["elevenlabs", "ultravox"];

/// Attacks 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 18, 21, 23, 24 and 25. Attacks 1, 2 and 3 are the spellings of hex.
#[test]
fn signatures_of_another_length_or_form_are_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery, signature) = (row.verifier(), row.delivery(), row.signature());
        let (right, signs_nothing) = (&*signature.text, proof(&row).coverage() == Coverage::None);
        let length = right.len();
        let mut forms: Vec<Vec<u8>> = vec![
            right[..1].to_vec(),
            right[..length - 1].to_vec(),
            right[..length - 2].to_vec(),
            right[1..].to_vec(),
            [right, b"0000"].concat(),
            [right, right].concat(),
            [b"0x", right].concat(),
            [b"sha256=", right].concat(),
            [&right[..length - 1], b"*"].concat(),
            [&right[..length - 1], "\u{ff11}".as_bytes()].concat(),
            b"!".repeat(length),
            b"0".repeat(2048),
        ];
        if !signs_nothing {
            forms.push(Vec::new());
        }
        if signature.is_hex() {
            let right = str::from_utf8(right).unwrap();
            let single = if HEX_LISTS.contains(&row.scheme.name()) { vec![] } else { listed(right) };
            forms.extend(unlike_hex(right).into_iter().chain(single).map(String::into_bytes));
            forms.extend(not_ascii(right.as_bytes()));
        }
        for text in forms {
            let forged = signature.exchanged(&delivery, &text);
            let kind = match str::from_utf8(&text) {
                Err(_) if signature.is_in_json() => BodyMalformed,
                _ if signs_nothing => SignatureMismatch,
                _ => SignatureMalformed,
            };
            let rejected = verdict(&*verifier, forged.request()).unwrap_err();
            assert_eq!(rejected.kind(), kind, "{} {:?}", row.name, String::from_utf8_lossy(&text));
        }
        if signature.is_hex() {
            let mixed = |odd: usize| {
                let shift = move |(at, byte): (usize, &u8)| {
                    if at % 2 == odd { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() }
                };
                right.iter().enumerate().map(shift).collect()
            };
            for text in [right.to_ascii_lowercase(), right.to_ascii_uppercase(), mixed(0), mixed(1)] {
                let _ = accepts(&*verifier, signature.exchanged(&delivery, &text).request());
            }
        }
    }
}

/// The hex cut, with a prefix, with separators, in another encoding or with digits of another script.
fn unlike_hex(right: &str) -> Vec<String> {
    let tag = hex::decode(right).unwrap();
    let pairs: Vec<_> = right.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap()).collect();
    let mut forms = vec![
        format!("00{right}"),
        right.repeat(4),
        format!("0x{}", &right[2..]),
        BASE64_STANDARD.encode(&tag),
        BASE64_URL_SAFE_NO_PAD.encode(&tag),
        pairs.join(":")[..right.len()].to_owned(),
        right.bytes().map(|digit| format!("%{digit:02x}")).collect(),
        format!("[{right}]"),
        format!("\"{right}\""),
    ];
    forms.extend([":", "-", " "].map(|separator| pairs.join(separator)));
    forms.extend((0..right.len()).flat_map(|at| [right[..at].to_owned(), right[at + 1..].to_owned()]));
    let prefixes = r"0X \x = v1= sha1= SHA256= sha256== sha256=sha256= sha512= md5= hmac-sha256=";
    forms.extend(prefixes.split(' ').map(|prefix| format!("{prefix}{right}")));
    for other in "０ Ａ ａ ٠ 𝟎 а е ſ K ⅽ ١".split(' ') {
        for at in [0, right.len() - 1, right.len() / 2] {
            // Keeps the number of characters, and of bytes if possible.
            let ends = [at + 1, (at + other.len()).min(right.len())];
            forms.extend(ends.map(|end| format!("{}{other}{}", &right[..at], &right[end..])));
        }
    }
    forms
}

/// The hex beside white space or another entry of a list.
fn listed(right: &str) -> Vec<String> {
    let (bad, (first, second)) = ("0".repeat(right.len()), right.split_at(right.len() / 2));
    let mut forms = vec![format!("v1,{right}")];
    for space in [" ", "\t", "\r", "\n", "\r\n", "\0", "\u{b}", "\u{c}", "\u{a0}", "\u{2003}", "\u{feff}"] {
        let less = &right[..right.len() - 1];
        forms
            .extend([[space, right], [right, space], [less, space], [space, less]].map(|both| both.concat()));
        forms.push([first, space, second].concat());
    }
    for between in [",", ", ", " ", ";", "|", "\n", ",v1="] {
        for list in [[right, &bad], [&bad, right], [right, right], [right, ""], ["", right]] {
            forms.push(list.join(between));
        }
        let many = format!("{bad}{between}").repeat(99);
        forms.extend([[&*many, right].concat(), [right, between, &many].concat()]);
    }
    forms
}

/// The hex with bytes that are not ASCII, or not UTF-8.
fn not_ascii(right: &[u8]) -> Vec<Vec<u8>> {
    let lone = (0x80..=u8::MAX).map(|byte| vec![byte]);
    let others =
        [&b"\xc0\xaf"[..], b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"].map(<[u8]>::to_vec);
    let placed = |bytes: Vec<u8>| {
        let (start, end) = (bytes.len(), right.len() - bytes.len());
        [[&right[..end], &bytes].concat(), [&bytes, &right[start..]].concat(), bytes]
    };
    lone.chain(others).flat_map(placed).collect()
}

#[test]
fn another_key_is_rejected() {
    for (row, other) in rows(SEED).into_iter().zip(rows(SEED + 1)) {
        rejects(&*row.verifier(), row.signed(&other.key, NOW).request(), SignatureMismatch);
    }
}

/// Attack 34.
#[test]
fn a_key_is_the_newest_or_an_older_one() {
    for (mut row, other) in rows(SEED).into_iter().zip(rows(SEED + 1)) {
        if row.settings.keyring.is_some() {
            let secrets = [SEED + 1, SEED].map(|seed| secret(&BASE64_STANDARD.encode([seed; 32])));
            row.settings.keyring = Some(Keyring::new(secrets).unwrap());
        }
        #[cfg(feature = "ed25519")]
        row.settings.public_keys.splice(0..0, other.settings.public_keys);
        let verifier = row.verifier();
        for (delivery, index) in [(row.signed(&other.key, NOW), 0), (row.delivery(), 1)] {
            let key = accepts(&*verifier, delivery.request()).key();
            assert_eq!((key.index(), key.is_newest()), (index, index == 0), "{}", row.name);
        }
    }
}

/// What the error of a request without this header is.
fn missing(row: &Row, name: &str, is_signature: bool) -> ErrorKind {
    let (delivery, later) = (row.delivery(), row.signed(&row.key, at(1)));
    match (is_signature, proof(row).claims()) {
        (true, Some(_)) => TokenMissing,
        (true, None) => SignatureMissing,
        (false, _) if delivery.header(name) != later.header(name) => TimestampMissing,
        (false, _) => HeaderMissing,
    }
}

/// Attacks 49, 51, 54 and 59.
#[test]
fn a_missing_header_is_rejected_with_its_kind() {
    for row in rows(SEED) {
        let (verifier, delivery) = (row.verifier(), row.delivery());
        for (name, is_signature) in row.headers() {
            let kind = missing(&row, &name, is_signature);
            let (value, without) = (delivery.header(&name).unwrap(), delivery.clone().without_header(&name));
            rejects(&*verifier, without.request(), kind);
            for text in [name.to_uppercase(), alternating(&name, 0), alternating(&name, 1)] {
                let _ = accepts(&*verifier, without.clone().with_header(&text, value).request());
            }
            for other in [
                name.replace('-', "_") + "_",
                name.replace(['s', 'e'], "\u{17f}") + "-",
                name.replace('o', "0") + "-",
                format!("{name} "),
                format!(" {name}"),
                format!("{name}\t"),
                format!("{name}:"),
                format!("{name}\0"),
                format!("x{name}"),
                name[1..].to_owned(),
                "signature".to_owned(),
                "cookie".to_owned(),
            ] {
                rejects(&*verifier, without.clone().with_header(&other, value).request(), kind);
            }
            // In the query or the body.
            let elsewhere = format!("{name}={value}&sig={value}");
            rejects(&*verifier, without.clone().with_query(&elsewhere).request(), kind);
            rejects(&*verifier, without.with_body(elsewhere).request(), kind);
        }
    }
}

fn alternating(name: &str, odd: usize) -> String {
    let shift = |(at, c): (usize, char)| if at % 2 == odd { c.to_ascii_uppercase() } else { c };
    name.chars().enumerate().map(shift).collect()
}

/// Attacks 20, 52 and 60.
#[test]
fn a_repeated_or_too_long_header_is_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery) = (row.verifier(), row.delivery());
        for (name, _) in row.headers() {
            let value = delivery.header(&name).unwrap().to_owned();
            for second in [&*value, "0", ""] {
                let repeated = delivery.clone().with_header(&name.to_uppercase(), second);
                rejects(&*verifier, repeated.request(), HeaderRepeated);
                rejects(&*verifier, repeated.with_header(&name, &value).request(), HeaderRepeated);
                let reversed = delivery.clone().without_header(&name).with_header(&name, second);
                rejects(&*verifier, reversed.with_header(&name, &value).request(), HeaderRepeated);
            }
            let long = |filler: &str, bytes| {
                delivery.clone().without_header(&name).with_header(&name, &filler.repeat(bytes))
            };
            for filler in ["1", ".", " ", "{"] {
                for length in [16 * 1024 + 1, 64 * 1024, 1 << 20] {
                    rejects(&*verifier, long(filler, length).request(), HeaderTooLong);
                }
            }
            let longest = verdict(&*verifier, long("1", 16 * 1024).request()).unwrap_err();
            assert_ne!(longest.kind(), HeaderTooLong);
        }
    }
}

/// Schemes whose signature's header holds a list.
const LISTS: [&str; 7] =
    ["elevenlabs", "jaas", "openai", "plivo-v3", "standard-webhooks", "svix", "ultravox"];

/// Attack 53.
#[test]
fn two_values_in_one_header_are_rejected_unless_it_is_a_list() {
    for row in rows(SEED) {
        let (verifier, delivery, signature) = (row.verifier(), row.delivery(), row.signature());
        let Place::Header(name) = signature.place else { continue };
        let good = delivery.header(&name).unwrap();
        let bad = good.replace('1', "2");
        for (first, second) in [(good, good), (good, &bad), (&bad, good)] {
            for between in [", ", ",", "; "] {
                let both = [first, between, second].concat();
                let delivery = delivery.clone().without_header(&name).with_header(&name, &both);
                let found = verdict(&*verifier, delivery.request()).map(drop).map_err(|error| error.kind());
                let expected = match row.scheme.name() {
                    name if LISTS.contains(&name) => &[Ok(()), Err(SignatureMismatch)][..],
                    "static-token" => &[Err(SignatureMismatch)],
                    _ => &[],
                };
                let malformed = [SignatureMalformed, TokenMalformed, TimestampMalformed].map(Err);
                assert!([&malformed, expected].concat().contains(&found), "{} {both}: {found:?}", row.name);
            }
        }
    }
}

/// Attacks 46 and 58.
#[test]
fn a_header_that_the_rule_does_not_read_changes_nothing() {
    for row in rows(SEED) {
        let (verifier, delivery, proof) = (row.verifier(), row.delivery(), proof(&row));
        for (name, value) in [
            ("content-length", "0"),
            ("content-length", "999999999999"),
            ("content-length", "x"),
            ("alg", "none"),
            ("x-signature-algorithm", "none"),
            ("x-hash-algorithm", "none"),
            ("signature-method", "none"),
            ("x-twilio-webhooks-signature-settings", "key=WK1,algorithm=HMAC_SHA256"),
            ("host", "attacker.test"),
            ("x-forwarded-host", "attacker.test"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-port", "8443"),
            ("forwarded", "host=attacker.test;proto=http"),
        ] {
            let with = |delivery: Delivery| delivery.with_header(name, value);
            assert_eq!(accepts(&*verifier, with(delivery.clone()).request()), proof, "{name}");
            let forged = verdict(&*verifier, altered(&delivery).request()).map_err(|error| error.kind());
            let named = verdict(&*verifier, with(altered(&delivery)).request()).map_err(|error| error.kind());
            assert_eq!(named, forged, "{} {name}", row.name);
        }
    }
}

/// A captured request can be replayed only for a time if its time is signed.
#[test]
fn old_and_early_requests_are_rejected_if_the_time_is_signed() {
    for mut row in rows(SEED) {
        let delivery = row.delivery();
        let mut verified = proof(&row);
        if verified.valid_until().is_none() && verified.signed_at().is_some() {
            // It has no window by default.
            row.settings.window = Window::Within(Tolerance::either_way(Duration::from_secs(300)).unwrap());
            verified = proof(&row);
        }
        let verdict_at =
            |now| verdict(&*row.verifier_at(now), delivery.request()).map_err(|error| error.kind());
        let Some(until) = verified.valid_until() else {
            assert_eq!(verdict_at(at(-8_640_000)).as_ref(), Ok(&verified), "{}", row.name);
            assert_eq!(verdict_at(at(8_640_000)).as_ref(), Ok(&verified), "{}", row.name);
            continue;
        };
        let claims = verified.claims();
        let is_life = |claims: &countersign::Claims| {
            claims.expires_at().is_some_and(|expires| until.as_secs() >= expires.as_secs() - 1)
        };
        let old = if claims.is_some_and(is_life) { TokenExpired } else { TimestampStale };
        let early = match claims.and_then(countersign::Claims::not_before) {
            Some(_) => TokenPremature,
            None => TimestampFuture,
        };
        let late = UnixTime::from_secs(until.as_secs() + 1);
        assert_eq!(verdict_at(until).map(|verified| verified.valid_until()), Ok(Some(until)), "{}", row.name);
        assert_eq!(verdict_at(late), Err(old), "{}", row.name);
        assert_eq!(verdict_at(at(8_640_000)), Err(old), "{}", row.name);
        assert_eq!(verdict_at(at(-8_640_000)), Err(early), "{}", row.name);
        assert_eq!(verdict_at(UnixTime::from_secs(-1)), Err(ErrorKind::ClockUnavailable), "{}", row.name);
    }
}

#[test]
fn another_url_is_rejected_if_the_url_is_signed() {
    for mut row in rows(SEED) {
        let (verifier, delivery, proof) = (row.verifier(), row.delivery(), proof(&row));
        if !matches!(proof.coverage(), Coverage::Url | Coverage::UrlBody | Coverage::UrlParams) {
            continue;
        }
        let query = format!("?{}", delivery.query());
        for path in ["/", "", "//", "/hook/", "/Hook", "/hook/../hook", "/%68ook", "@other.example/hook"] {
            let moved = delivery.clone().with_target(&format!("{path}{query}"));
            rejects(&*verifier, moved.request(), mismatch(&proof));
        }
        for base in ["http://example.com", "https://example.org", "https://example.com/hook"] {
            row.settings.base_url = Some(BaseUrl::new(base).unwrap());
            rejects(&*row.verifier(), delivery.request(), mismatch(&proof));
        }
        row.settings.base_url = None;
        assert_eq!(row.scheme.build(&row.settings).map(drop).unwrap_err(), ConfigError::BaseUrlMissing);
    }
}

/// Attack 155.
#[test]
fn a_method_that_the_platform_does_not_send_is_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery) = (row.verifier(), row.delivery());
        for method in ["HEAD", "OPTIONS", "TRACE", "BREW", "get", "post", "Post", " POST", ""] {
            rejects(&*verifier, delivery.clone().with_method(method).request(), MethodUnsupported);
        }
        if ["vogent", "hex-hmac"].contains(&row.scheme.name()) {
            for method in ["PUT", "PATCH"] {
                let _ = accepts(&*verifier, delivery.clone().with_method(method).request());
            }
            rejects(&*verifier, delivery.with_method("GET").request(), MethodUnsupported);
        }
    }
}

/// Attacks 57 and 137. Schemes with the same rule accept each other's requests with the same key. No other schemes do.
#[test]
fn requests_of_other_schemes_are_rejected() {
    const ALIKE: [[&str; 2]; 2] = [["openai", "standard-webhooks"], ["signalwire", "twilio"]];
    for row in rows(SEED) {
        let verifier = row.verifier();
        for other in rows(SEED).iter().filter(|other| other.scheme.name() != row.scheme.name()) {
            let mut names = [row.scheme.name(), other.scheme.name()];
            names.sort_unstable();
            match verdict(&*verifier, other.delivery().request()) {
                Ok(_) => assert!(ALIKE.contains(&names), "{} at {}", other.name, row.name),
                Err(rejected) => assert!(rejected.status() < 500, "{rejected}"),
            }
        }
    }
}

/// Attacks 47 and 138.
#[test]
fn any_chunks_of_the_body_have_the_same_verdict() {
    for (row, other) in rows(SEED).into_iter().zip(rows(SEED + 1)) {
        let verifier = row.verifier();
        let delivery = row.delivery();
        for delivery in [altered(&delivery), row.signed(&other.key, NOW), delivery] {
            let request = delivery.request();
            let whole = verifier.verify(request);
            for size in 1..=request.body().len() {
                assert_eq!(in_chunks(&*verifier, request, size), whole, "{} in chunks of {size}", row.name);
            }
            #[cfg(feature = "http")]
            {
                let request = delivery.to_http(delivery.path()).unwrap();
                assert_eq!(verifier.verify((&request).into()), whole, "{}", row.name);
                if row.settings.base_url.is_some() {
                    let elsewhere = delivery.to_http("/other").unwrap();
                    assert!(verifier.verify((&elsewhere).into()).is_err(), "{}", row.name);
                }
            }
        }
    }
}

/// Attacks 50 and 55.
#[test]
fn a_blank_or_non_text_header_is_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery, proof) = (row.verifier(), row.delivery(), proof(&row));
        let later = row.signed(&row.key, at(1));
        for (name, is_signature) in row.headers() {
            let good = delivery.header(&name).unwrap().as_bytes();
            let blank = [&b""[..], b" ", b"  ", b"\t", b" \t ", b"\xff\xfe", b"\xc0\xaf"];
            let placed = |byte| [vec![byte], [&good[..good.len() - 1], &[byte]].concat()];
            for value in (0x80..=u8::MAX).flat_map(placed).chain(blank.map(<[u8]>::to_vec)) {
                let expected: &[_] = match (is_signature, proof.claims(), proof.coverage()) {
                    (true, Some(_), _) if value.trim_ascii().is_empty() => &[TokenMissing],
                    (true, Some(_), _) if value.len() <= 2 => &[TokenMalformed],
                    (true, Some(_), _) => &[TokenMalformed, SignatureMalformed],
                    (true, None, Coverage::None) => &[SignatureMalformed, SignatureMismatch],
                    (true, None, _) => &[SignatureMalformed],
                    _ if delivery.header(&name) != later.header(&name) => &[TimestampMalformed],
                    _ => &[ErrorKind::HeaderMalformed, SignatureMismatch],
                };
                let forged = Forged::from(&delivery).with_header(&name, &value);
                let rejected = verdict(&*verifier, forged.request()).unwrap_err();
                assert!(expected.contains(&rejected.kind()), "{} {name} {value:?}: {rejected}", row.name);
            }
        }
    }
}

#[test]
fn a_pointer_to_a_verifier_is_a_verifier() {
    fn serve(verifier: impl Verifier) -> bool {
        let delivery = sign::vogent(&secret(KEY), "{}");
        verifier.verify(delivery.request()).is_ok() && in_chunks(&verifier, delivery.request(), 3).is_ok()
    }
    let vogent = || Vogent::new(secret(KEY));
    let shared: Arc<dyn Verifier> = Arc::new(vogent());
    assert!(serve(&*shared) && serve(Box::new(vogent())) && serve(shared));
}

#[test]
fn verifiers_are_unwind_safe() {
    fn is_unwind_safe<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    is_unwind_safe::<Vogent>();
    is_unwind_safe::<countersign::vonage::Sms>();
    is_unwind_safe::<countersign::vonage::SignedWebhook>();
    is_unwind_safe::<countersign::MessageBird>();
}

/// Attack 139. Each verdict is the one that a single thread gave.
#[test]
fn eight_threads_share_each_verifier() {
    let shared: Vec<_> = rows(SEED)
        .into_iter()
        .zip(rows(SEED + 1))
        .flat_map(|(row, other)| {
            let verifier = Arc::new(row.verifier());
            let delivery = row.delivery();
            let deliveries = [altered(&delivery), row.signed(&other.key, NOW), delivery];
            deliveries.map(|delivery| (verifier.clone(), verifier.verify(delivery.request()), delivery))
        })
        .collect();
    let check = |number: usize| {
        for step in 0..12_500 {
            let (verifier, verdict, delivery) = &shared[(step * 31 + number * 17) % shared.len()];
            assert_eq!(verifier.verify(delivery.request()), *verdict);
        }
    };
    std::thread::scope(|scope| (0..8).for_each(|number| drop(scope.spawn(move || check(number)))));
}

#[test]
fn verifiers_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Arc<dyn Verifier>>();
    is_shared::<Box<dyn Verifier>>();
    is_shared::<Verified>();
    is_shared::<countersign::Error>();
    is_shared::<countersign::Secret>();
    // Held across an `await`, in a task that moves between threads.
    is_shared::<countersign::Head<'static>>();
    is_shared::<Request<'static>>();
}
