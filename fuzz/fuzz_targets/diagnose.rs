//! The diagnosis of unsigned requests, and of signed requests with a known mistake.
//!
//! The input is two bytes of choices and a text. For an unsigned request, the text has its parts, separated by NULs. Otherwise
//! the text is signed. A diagnosis must prove nothing of the first, find the mistake of the second, and show no part of a
//! secret.

#![no_main]

use countersign::diagnose::{Capture, Credentials, Diagnose, Diagnosis};
use countersign::sign::{self, Delivery};
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{Algorithm, HexHmac, Secret, UnixTime, Vogent};
use libfuzzer_sys::fuzz_target;

/// Base64, as for the Contact Center.
const KEY: &str = "cVo3eEsyd0w5bVRyOFlzUDRqRg==";
const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const SIGNATURES: [&str; 6] =
    ["x-elto-signature", "x-signature", "content-type", "authorization", "authorization", "vonage-signature"];

fuzz_target!(|input: &[u8]| {
    let [scheme, mistake, text @ ..] = input else { return };
    let scheme = usize::from(*scheme) % SIGNATURES.len();
    match mistake % 4 {
        0 => {
            let diagnosis = diagnose(scheme, KEY, &unsigned(scheme, text));
            assert!(diagnosis.findings().iter().all(|finding| !finding.is_proved()), "{diagnosis}");
        }
        1 => {
            let Some(delivery) = signed(scheme, text) else { return };
            assert!(diagnose(scheme, KEY, &capture(&delivery)).is_genuine(), "{delivery:?}");
        }
        2 => {
            let Some(delivery) = signed(scheme, text) else { return };
            let diagnosis = diagnose(scheme, &format!("{KEY}\n"), &capture(&delivery));
            let first = diagnosis.findings().first().map(|finding| (finding.code(), finding.is_proved()));
            assert_eq!(first, Some(("secret_whitespace", true)), "{delivery:?}");
        }
        _ => {
            // A line feed after parameters would be part of the last one.
            let Some(delivery) = signed(scheme, text).filter(|_| scheme != 2 && scheme != 4) else { return };
            let spoilt = [delivery.body(), b"\n"].concat();
            let diagnosis = diagnose(scheme, KEY, &capture(&delivery.clone().with_body(spoilt)));
            let first = diagnosis.findings().first().map(|finding| (finding.code(), finding.is_proved()));
            assert_eq!(first, Some(("body_newline", true)), "{delivery:?}");
        }
    }
});

fn diagnose(scheme: usize, stored: &str, capture: &Capture) -> Diagnosis {
    // The Contact Center's verifier needs base64.
    let key = Secret::new(stored.trim()).unwrap();
    let right = || if stored == KEY { key.clone() } else { Secret::verbatim(stored).unwrap() };
    let credentials = Credentials::new().secret(stored);
    let diagnosis = match scheme {
        0 => Vogent::new(right()).diagnose(capture, &credentials),
        1 => HexHmac::with_algorithm(SIGNATURES[1], Algorithm::Sha512, right())
            .unwrap()
            .diagnose(capture, &credentials),
        2 => Sms::new(SignatureMethod::Sha256, right()).diagnose(capture, &credentials),
        3 | 4 => SignedWebhook::new(right()).clock(|| NOW).diagnose(capture, &credentials),
        _ => {
            let key = if stored == KEY { key } else { Secret::new("c3RyYW5nZXI=").unwrap() };
            ContactCenter::new(key).unwrap().clock(|| NOW).diagnose(capture, &credentials)
        }
    };
    let shown = diagnosis.to_string();
    assert!(KEY.as_bytes().windows(8).all(|part| !shown.contains(str::from_utf8(part).unwrap())), "{shown}");
    diagnosis
}

/// A request with the parts in the input.
fn unsigned(scheme: usize, text: &[u8]) -> Capture {
    let mut parts = text.split(|byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let method = if part().is_empty() { "POST" } else { "GET" };
    let headers = [(SIGNATURES[scheme], part()), ("content-type", part()), ("x-other", part())];
    let query = part();
    Capture::new(method, headers, part()).query(query)
}

/// A signed request with this text.
fn signed(scheme: usize, text: &[u8]) -> Option<Delivery> {
    let key = Secret::new(KEY).unwrap();
    Some(match scheme {
        0 => sign::vogent(&key, text),
        1 => sign::hex_hmac(SIGNATURES[1], Algorithm::Sha512, &key, text),
        2 => sign::SmsSigner::new(SignatureMethod::Sha256, &key)
            .param("text", str::from_utf8(text).ok()?)
            .form(),
        3 => sign::TokenSigner::new(&key, NOW).post(text),
        4 => sign::TokenSigner::new(&key, NOW).get(&format!("a={}", text.len())),
        _ => sign::ContactCenterSigner::new(&key, NOW).unwrap().post(text),
    })
}

fn capture(delivery: &Delivery) -> Capture {
    let headers = delivery.headers().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Capture::new(delivery.method(), headers, delivery.body()).query(delivery.query())
}
