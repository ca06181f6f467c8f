//! 26 to 40: secrets and construction.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::ErrorKind::{SignatureMalformed, SignatureMismatch};
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{Algorithm, ConfigError, HexHmac, Secret, Vogent, sign};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::forged::Forged;
use crate::run::Run;
use crate::schemes::METHODS;
use crate::support::{KEY, NOW, secret};

cases! {
    case_026_an_empty_secret,
    case_027_white_space_alone_or_around_a_secret,
    case_029_a_secret_read_with_its_line_feed,
    case_030_secrets_of_any_length,
    case_031_secrets_of_any_bytes,
    case_032_one_letter_in_two_normal_forms,
    case_033_a_secret_that_looks_like_hex_or_base64,
    case_035_a_pem,
    case_036_a_json_web_key_an_ssh_key,
    case_040_keys_that_are_one_key_by_hmacs_construction,
}

fn case_026_an_empty_secret(run: &mut Run) {
    for built in [Secret::new(""), Secret::verbatim(""), Secret::from_base64(""), Secret::from_base64("====")]
    {
        run.holds(built.is_err());
    }
    run.holds(Secret::new("").unwrap_err() == ConfigError::SecretEmpty);
}

fn case_027_white_space_alone_or_around_a_secret(run: &mut Run) {
    for space in [" ", "\t", "\n", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\u{2028}", "\u{3000}"] {
        run.holds(Secret::new(space).unwrap_err() == ConfigError::SecretBlank);
        for padded in [format!("{space}key"), format!("key{space}"), format!("{space}key{space}")] {
            run.holds(Secret::new(padded.clone()).unwrap_err() == ConfigError::SecretPadded);
            let exact = Vogent::new(Secret::verbatim(padded.clone()).unwrap());
            let _ = run.accepts(&exact, sign::vogent(&Secret::verbatim(padded).unwrap(), "{}"));
            run.rejects(&exact, sign::vogent(&secret("key"), "{}"), SignatureMismatch);
        }
    }
}

fn case_029_a_secret_read_with_its_line_feed(run: &mut Run) {
    let with_line_feed = Secret::verbatim(format!("{KEY}\n")).unwrap();
    run.rejects(&Vogent::new(with_line_feed.clone()), sign::vogent(&secret(KEY), "{}"), SignatureMismatch);
    run.rejects(&Vogent::new(secret(KEY)), sign::vogent(&with_line_feed, "{}"), SignatureMismatch);
}

fn case_030_secrets_of_any_length(run: &mut Run) {
    for length in [1, 63, 64, 65, 127, 128, 129, 1 << 20] {
        every_algorithm_keyed(run, &vec![b'k'; length]);
    }
}

fn case_031_secrets_of_any_bytes(run: &mut Run) {
    every_algorithm_keyed(run, b"\0");
    every_algorithm_keyed(run, b"k\0ey\0");
    every_algorithm_keyed(run, &(0..=u8::MAX).collect::<Vec<_>>());
    every_algorithm_keyed(run, &(0x80..=0xff).collect::<Vec<_>>());
}

fn case_032_one_letter_in_two_normal_forms(run: &mut Run) {
    let (composed, decomposed) = (secret("caf\u{e9}"), secret("cafe\u{301}"));
    run.holds(composed.fingerprint() != decomposed.fingerprint());
    run.rejects(&Vogent::new(composed), sign::vogent(&decomposed, "{}"), SignatureMismatch);
}

fn case_033_a_secret_that_looks_like_hex_or_base64(run: &mut Run) {
    for text in ["00112233445566778899aabbccddeeff", "c2VjcmV0IGtleQ=="] {
        let decoded = hex::decode(text).or_else(|_| BASE64_STANDARD.decode(text)).unwrap();
        let decoded = Secret::verbatim(decoded).unwrap();
        let vogent = Vogent::new(secret(text));
        let _ = run.accepts(&vogent, sign::vogent(&secret(text), "{}"));
        run.rejects(&vogent, sign::vogent(&decoded, "{}"), SignatureMismatch);
        let webhook = SignedWebhook::new(secret(text)).clock(|| NOW);
        let _ = run.accepts(&webhook, sign::TokenSigner::new(&secret(text), NOW).post("{}"));
        run.rejects(&webhook, sign::TokenSigner::new(&decoded, NOW).post("{}"), SignatureMismatch);
    }
    // The only scheme here whose secret is base64.
    let center = ContactCenter::new(secret(KEY)).unwrap().clock(|| NOW);
    let as_text = Secret::new(BASE64_STANDARD.encode(KEY)).unwrap();
    let _ = run.accepts(&center, sign::ContactCenterSigner::new(&secret(KEY), NOW).unwrap().post("{}"));
    run.rejects(
        &center,
        sign::ContactCenterSigner::new(&as_text, NOW).unwrap().post("{}"),
        SignatureMismatch,
    );
}

fn case_035_a_pem(run: &mut Run) {
    for start in ["", " ", "\n\t", "\u{feff}"] {
        for kind in ["PRIVATE KEY", "PUBLIC KEY", "RSA PRIVATE KEY", "CERTIFICATE", "OPENSSH PRIVATE KEY"] {
            wrong_credential(run, &format!("{start}-----BEGIN {kind}-----\nMIIE\n-----END {kind}-----"));
        }
    }
}

fn case_036_a_json_web_key_an_ssh_key(run: &mut Run) {
    for start in ["", " ", "\n", "\u{feff}"] {
        for text in [
            r#"{"kty":"oct","k":"c2VjcmV0"}"#,
            r#"{"k":"c2VjcmV0","kty":"oct"}"#,
            r#"{ "keys": [{"kty":"RSA"}] }"#,
            "ssh-rsa AAAAB3NzaC1yc2E= user@host",
        ] {
            wrong_credential(run, &format!("{start}{text}"));
        }
    }
}

fn case_040_keys_that_are_one_key_by_hmacs_construction(run: &mut Run) {
    let long = vec![b'x'; 65];
    for (one, other) in [(b"k".to_vec(), b"k\0".to_vec()), (long.clone(), Sha256::digest(&long).to_vec())] {
        let delivery = sign::vogent(&Secret::verbatim(one).unwrap(), "{}");
        let _ = run.accepts(&Vogent::new(Secret::verbatim(other).unwrap()), delivery);
    }
}

/// A wrong credential is rejected, unless it is given verbatim.
fn wrong_credential(run: &mut Run, text: &str) {
    run.holds(Secret::new(text).unwrap_err() == ConfigError::SecretIsKeyFile);
    let meant = || Secret::verbatim(text).unwrap();
    let _ = run.accepts(&Vogent::new(meant()), sign::vogent(&meant(), "{}"));
}

/// Every algorithm with this key accepts the HMAC of the definition, and no other.
fn every_algorithm_keyed(run: &mut Run, key: &[u8]) {
    let secret = || Secret::verbatim(key).unwrap();
    let body = br#"{"event":"dial.started"}"#;
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        let subject = HexHmac::with_algorithm("x-hex", algorithm, secret()).unwrap();
        let tag = match algorithm {
            Algorithm::Sha1 => hmac::<Sha1>(64, key, body),
            Algorithm::Sha256 => hmac::<Sha256>(64, key, body),
            _ => hmac::<Sha512>(128, key, body),
        };
        let with =
            |tag: &[u8]| Forged::from(sign::vogent(&secret(), *body)).header("x-hex", hex::encode(tag));
        let _ = run.accepts(&subject, with(&tag));
        run.rejects(&subject, with(&tag[1..]), SignatureMalformed);
    }
    for method in METHODS {
        let string = b"&a=1&b=2";
        let tag = match method {
            SignatureMethod::Md5Hash => Md5::digest([string, key].concat()).to_vec(),
            SignatureMethod::Md5 => hmac::<Md5>(64, key, string),
            SignatureMethod::Sha1 => hmac::<Sha1>(64, key, string),
            SignatureMethod::Sha256 => hmac::<Sha256>(64, key, string),
            _ => hmac::<Sha512>(128, key, string),
        };
        let delivery = sign::SmsSigner::new(method, &secret()).query();
        let genuine = delivery.with_query(&format!("b=2&a=1&sig={}", hex::encode(tag)));
        let _ = run.accepts(&Sms::new(method, secret()), &genuine);
        run.rejects(&Sms::new(method, secret()), genuine.with_query("a=1&sig="), SignatureMalformed);
    }
}

/// HMAC as in RFC 2104, for a hash with this block size.
pub(crate) fn hmac<H: Digest>(block: usize, key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut key = if key.len() > block { H::digest(key).to_vec() } else { key.to_vec() };
    key.resize(block, 0);
    let pad = |with: u8| key.iter().map(|byte| byte ^ with).collect::<Vec<_>>();
    H::digest([pad(0x5c), H::digest([&pad(0x36), message].concat()).to_vec()].concat()).to_vec()
}
