//! 56 and 87 to 103: what stands around a token, its framing and base64url.

use countersign::ErrorKind::{
    self, HeaderTooLong, SignatureMalformed, SignatureMismatch, TokenMalformed, TokenMissing,
};
use countersign::sign;

use crate::forged::Forged;
use crate::run::Run;
use crate::schemes::Scheme;
use crate::support::{KEY, OTHER_KEY, token};

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

cases! {
    case_056_what_stands_around_a_token,
    case_087_a_megabyte_of_dots,
    case_088_other_than_three_segments,
    case_089_090_091_092_empty_segments_json_encryption_and_padding,
    case_094_white_space_before_after_and_inside,
    case_093_095_every_byte_outside_the_alphabet_at_every_position,
    case_096_a_length_that_base64_does_not_have,
    case_097_the_signatures_other_spellings,
    case_098_bits_beyond_the_last_byte_signed_so,
    case_099_signatures_of_other_lengths_and_of_zeros,
    case_100_a_signature_over_the_decoded_text,
    case_101_the_header_written_again_the_old_signature,
    case_102_nul_utf_16_and_marks_anywhere,
    case_103_tokens_of_other_keys,
}

fn case_056_what_stands_around_a_token(run: &mut Run) {
    for scheme in Scheme::ALL {
        let (verifier, token) = (scheme.verifier(), genuine(scheme));
        let with = |value: String| Forged::of(scheme).header(scheme.header(), value);
        for word in ["Bearer", "bearer", "BEARER", "bEARER"] {
            let _ = run.accepts(&verifier, with(format!("{word} {token}")));
        }
        for alone in ["Bearer", "bearer ", "Bearer  ", "BEARER \t"] {
            run.rejects(&verifier, with(alone.to_owned()), TokenMissing);
        }
        for after in [" x", " "] {
            run.rejects(&verifier, with(format!("Bearer {token}{after}")), SignatureMalformed);
        }
        let prefixes = "|Bearer|Bearer  |Bearer\t|Basic |Token |JWT |Bearer: |Bearer,| Bearer |\"Bearer ";
        for before in prefixes.split('|') {
            run.rejects(&verifier, with(format!("{before}{token}")), TokenMalformed);
        }
    }
}

fn case_087_a_megabyte_of_dots(run: &mut Run) {
    each(run, |_| vec![(".".repeat(1 << 20), HeaderTooLong), (".".repeat(16_000), TokenMalformed)]);
}

fn case_088_other_than_three_segments(run: &mut Run) {
    each(run, |[header, payload, signature]| {
        // The header, the payload, the signature and all three.
        let forms = "h|h.p|hps|.|..|...|....|r.|.r|r.s|h.r|r..s|r.p.s".split('|');
        let segment = |c| match c {
            'h' => header.to_owned(),
            'p' => payload.to_owned(),
            's' => signature.to_owned(),
            'r' => format!("{header}.{payload}.{signature}"),
            _ => ".".to_owned(),
        };
        forms.map(|form| (form.chars().map(segment).collect(), TokenMalformed)).collect()
    });
}

fn case_089_090_091_092_empty_segments_json_encryption_and_padding(run: &mut Run) {
    const JWE: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA";
    each(run, |[header, payload, signature]| {
        let signatures = format!("\"protected\":\"{header}\",\"signature\":\"{signature}\"");
        let mut forms = vec![
            (format!(".{payload}.{signature}"), TokenMalformed),
            (format!("{header}..{signature}"), SignatureMismatch),
            (format!("{header}.{payload}."), SignatureMalformed),
            (format!("..{signature}"), TokenMalformed),
            (format!("{header}.."), SignatureMalformed),
            (format!(".{payload}."), TokenMalformed),
            (format!("{{\"payload\":\"{payload}\",{signatures}}}"), TokenMalformed),
            (format!("{{\"payload\":\"{payload}\",\"signatures\":[{{{signatures}}}]}}"), TokenMalformed),
            (format!("{header}.{payload}.{payload}.{payload}.{signature}"), TokenMalformed),
            (JWE.to_owned(), TokenMalformed),
        ];
        for pad in ["=", "==", "===", "%3D"] {
            forms.extend([
                (format!("{header}{pad}.{payload}.{signature}"), TokenMalformed),
                (format!("{header}.{payload}{pad}.{signature}"), TokenMalformed),
                (format!("{header}.{payload}.{signature}{pad}"), SignatureMalformed),
            ]);
        }
        forms
    });
}

fn case_094_white_space_before_after_and_inside(run: &mut Run) {
    each(run, |[header, payload, signature]| {
        let mut spaced = Vec::new();
        for space in [" ", "\t", "\r", "\n", "\r\n"] {
            spaced.extend([
                (format!("{space}{header}.{payload}.{signature}"), TokenMalformed),
                (format!("{header}{space}.{payload}.{signature}"), TokenMalformed),
                (format!("{header}.{space}{payload}.{signature}"), TokenMalformed),
                (format!("{header}.{payload}{space}.{signature}"), TokenMalformed),
                (format!("{header}.{payload}.{space}{signature}"), SignatureMalformed),
                (format!("{header}.{payload}.{signature}{space}"), SignatureMalformed),
            ]);
        }
        spaced
    });
}

fn case_093_095_every_byte_outside_the_alphabet_at_every_position(run: &mut Run) {
    let scheme = Scheme::JwtPost;
    let (subject, right) = (scheme.verifier(), genuine(scheme));
    let _ = run.accepts(
        &subject,
        sign::TokenSigner::new(&crate::support::secret(KEY), crate::support::NOW).post("{}"),
    );
    let signature = right.rfind('.').unwrap() + 1;
    for at in 0..right.len() {
        for byte in (0..=u8::MAX).filter(|byte| !ALPHABET.contains(byte) && *byte != right.as_bytes()[at]) {
            let mut value = format!("Bearer {right}").into_bytes();
            value[7 + at] = byte;
            let forged = Forged::of(scheme).header("authorization", value);
            let is_signature = at >= signature && byte != b'.';
            run.rejects(&subject, forged, if is_signature { SignatureMalformed } else { TokenMalformed });
        }
    }
}

fn case_096_a_length_that_base64_does_not_have(run: &mut Run) {
    each(run, |[header, payload, signature]| {
        let odd = |segment: &str| {
            let rest = (4 + 1 - segment.len() % 4) % 4;
            format!("{segment}{}", "A".repeat(rest))
        };
        vec![
            (format!("{}.{payload}.{signature}", odd(header)), TokenMalformed),
            (format!("{header}.{}.{signature}", odd(payload)), TokenMalformed),
            (format!("{header}.{payload}.{}", odd(signature)), SignatureMalformed),
            (format!("{header}.{payload}.{}", &signature[..41]), SignatureMalformed),
        ]
    });
}

fn case_097_the_signatures_other_spellings(run: &mut Run) {
    each(run, |[header, payload, signature]| {
        let (rest, last) = signature.split_at(42);
        let value = ALPHABET.iter().position(|digit| [*digit] == last.as_bytes()).unwrap();
        (1..4)
            .map(|bits| char::from(ALPHABET[value ^ bits]))
            .map(|other| (format!("{header}.{payload}.{rest}{other}"), SignatureMalformed))
            .collect()
    });
}

fn case_098_bits_beyond_the_last_byte_signed_so(run: &mut Run) {
    for scheme in Scheme::ALL {
        // Segments with two and four trailing bits.
        for (header, claims) in
            [(r#"{"alg":"HS256"}"#, 0), (r#"{"alg":"HS256" }"#, 1), (r#"{"alg":"HS256"  }"#, 2)]
        {
            let payload = format!("{}{}", claims_of(scheme), " ".repeat(claims));
            let right = token(header, &payload, &key_of(scheme));
            let parts = split(&right);
            let _ = run.accepts(&scheme.verifier(), with_token(scheme, &right));
            for (index, part) in parts.iter().enumerate().take(2) {
                if part.len() % 4 == 0 {
                    continue;
                }
                let value =
                    ALPHABET.iter().position(|digit| *digit == part.as_bytes()[part.len() - 1]).unwrap();
                let other = format!("{}{}", &part[..part.len() - 1], char::from(ALPHABET[value | 1]));
                let input = if index == 0 {
                    format!("{other}.{}", parts[1])
                } else {
                    format!("{}.{other}", parts[0])
                };
                let forged = format!("{input}.{}", signature(&input, &key_of(scheme)));
                run.rejects(&scheme.verifier(), with_token(scheme, &forged), TokenMalformed);
            }
        }
    }
}

fn case_099_signatures_of_other_lengths_and_of_zeros(run: &mut Run) {
    each(run, |[header, payload, signature]| {
        let mut others = vec![(format!("{header}.{payload}.{}", "A".repeat(43)), SignatureMismatch)];
        for length in (0..43).chain([44, 46, 64, 86, 128]) {
            others.push((format!("{header}.{payload}.{}", "A".repeat(length)), SignatureMalformed));
            let cut: String = signature.chars().cycle().take(length).collect();
            others.push((format!("{header}.{payload}.{cut}"), SignatureMalformed));
        }
        others
    });
}

fn case_100_a_signature_over_the_decoded_text(run: &mut Run) {
    for scheme in Scheme::ALL {
        let claims = claims_of(scheme);
        let input = token(HEADER, &claims, b"").rsplit_once('.').unwrap().0.to_owned();
        for signed in [format!("{HEADER}.{claims}"), format!("{HEADER}{claims}"), claims.clone()] {
            let forged = format!("{input}.{}", signature(&signed, &key_of(scheme)));
            run.rejects(&scheme.verifier(), with_token(scheme, &forged), SignatureMismatch);
        }
    }
}

fn case_101_the_header_written_again_the_old_signature(run: &mut Run) {
    each(run, |[_, payload, signature]| {
        [
            r#"{"typ":"JWT","alg":"HS256"} "#,
            r#" {"typ":"JWT","alg":"HS256"}"#,
            r#"{"alg": "HS256"}"#,
            r#"{"alg":"H\u0053256"}"#,
        ]
        .map(|header| (format!("{}.{payload}.{signature}", encode(header.as_bytes())), SignatureMismatch))
        .into()
    });
}

fn case_102_nul_utf_16_and_marks_anywhere(run: &mut Run) {
    for scheme in Scheme::ALL {
        let right = genuine(scheme);
        let utf16: Vec<u8> = right.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut forms =
            vec![utf16, [b"\xef\xbb\xbf", right.as_bytes()].concat(), [right.as_bytes(), b"\0"].concat()];
        for at in 0..right.len() {
            for inserted in [&b"\0"[..], b"\x80", b"\xff", b"\xef\xbb\xbf"] {
                forms.push([&right.as_bytes()[..at], inserted, &right.as_bytes()[at..]].concat());
            }
        }
        for form in forms {
            let value = [b"Bearer ", &*form].concat();
            let forged = Forged::of(scheme).header(scheme.header(), value);
            run.rejects_as(&scheme.verifier(), forged, &[TokenMalformed, SignatureMalformed]);
        }
    }
}

fn case_103_tokens_of_other_keys(run: &mut Run) {
    for scheme in Scheme::ALL {
        let claims = claims_of(scheme);
        let mut keys: Vec<Vec<u8>> =
            vec![Vec::new(), b"\0".to_vec(), b"secret".to_vec(), OTHER_KEY.into(), vec![0; 32]];
        let right = key_of(scheme);
        keys.extend((1..right.len()).map(|length| right[..length].to_vec()));
        keys.extend((0..right.len() * 8).map(|bit| {
            let mut other = right.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            other
        }));
        for key in keys {
            run.rejects(
                &scheme.verifier(),
                with_token(scheme, &token(HEADER, &claims, &key)),
                SignatureMismatch,
            );
        }
    }
}

/// The key that signs a scheme's tokens.
pub(crate) fn key_of(scheme: Scheme) -> Vec<u8> {
    use base64::Engine as _;
    match scheme {
        Scheme::ContactCenter => base64::prelude::BASE64_STANDARD.decode(KEY).unwrap(),
        _ => KEY.into(),
    }
}

pub(crate) fn genuine(scheme: Scheme) -> String {
    let value = scheme.delivery().header(scheme.header()).unwrap().to_owned();
    value.strip_prefix("Bearer ").unwrap().to_owned()
}

/// The signed claims of the scheme's genuine request.
pub(crate) fn claims_of(scheme: Scheme) -> String {
    use base64::Engine as _;
    let genuine = genuine(scheme);
    let claims = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(split(&genuine)[1]).unwrap();
    String::from_utf8(claims).unwrap()
}

/// The scheme's genuine request with another token.
pub(crate) fn with_token(scheme: Scheme, token: &str) -> Forged {
    Forged::of(scheme).header(scheme.header(), format!("Bearer {token}"))
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn signature(input: &str, key: &[u8]) -> String {
    encode(&crate::secrets::hmac::<sha2::Sha256>(64, key, input.as_bytes()))
}

fn split(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

/// Each scheme rejects its genuine token after `change`, with this kind.
fn each(run: &mut Run, forge: impl Fn([&str; 3]) -> Vec<(String, ErrorKind)>) {
    for scheme in Scheme::ALL {
        let (subject, genuine) = (scheme.verifier(), genuine(scheme));
        for (token, kind) in forge(split(&genuine)) {
            run.rejects(&subject, with_token(scheme, &token), kind);
        }
    }
}
