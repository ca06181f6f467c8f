//! The signature's header, form and algorithm.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use countersign::diagnose::{Capture, Credentials, Diagnose, Finding};
use countersign::sign;
use countersign::vonage::{SignatureMethod, Sms};
use countersign::{Algorithm, HexHmac, Vogent};

use crate::scheme::{BODY, KEY, NOW, OTHER_KEY, SCHEMES, Signs, capture, codes, key};

#[test]
fn signature_in_another_header() {
    for scheme in SCHEMES {
        let (Signs::Body(header) | Signs::TokenOfBody(header)) = scheme.signs else { continue };
        let genuine = scheme.genuine(KEY);
        let value = genuine.header(header).unwrap().to_owned();
        let moved = genuine.clone().without_header(header).with_header("X-Forwarded-Signature", &value);
        let diagnosis = scheme.diagnose(KEY, &capture(&moved));
        scheme.requires("moved", &diagnosis, "header_other", true);
        assert!(diagnosis.findings()[0].evidence().contains("`x-forwarded-signature`"));

        let forged = moved.with_body("{}");
        let code = if matches!(scheme.signs, Signs::Body(_)) {
            ("header_other", false)
        } else {
            ("header_other", true)
        };
        scheme.requires("moved and altered", &scheme.diagnose(KEY, &capture(&forged)), code.0, code.1);
    }
    for scheme in SCHEMES.into_iter().filter(|scheme| scheme.signs == Signs::Params) {
        let genuine = scheme.genuine(KEY);
        let rename = |text: &str| text.replace("sig=", "Signature=").replace("\"sig\"", "\"SIG\"");
        let renamed = genuine
            .clone()
            .with_query(&rename(genuine.query()))
            .with_body(rename(str::from_utf8(genuine.body()).unwrap()));
        scheme.requires("renamed", &scheme.diagnose(KEY, &capture(&renamed)), "header_other", true);
    }
}

#[test]
fn signature_in_another_form() {
    for scheme in SCHEMES {
        let Signs::Body(header) = scheme.signs else { continue };
        let genuine = scheme.genuine(KEY);
        let digits = genuine.header(header).unwrap().to_owned();
        let bytes = hex::decode(&digits).unwrap();
        let forms = [
            ("signature_prefix", format!("sha256={digits}")),
            ("signature_prefix", format!("\"{digits}\"")),
            ("signature_prefix", format!(" {digits}")),
            ("signature_list", format!("t=1700000000,v1={digits}")),
            ("signature_list", format!("{} {digits}", "0".repeat(digits.len()))),
            ("signature_base64", BASE64_STANDARD.encode(&bytes)),
            ("signature_base64", BASE64_URL_SAFE_NO_PAD.encode(&bytes)),
        ];
        for (code, value) in forms {
            let given = genuine.clone().without_header(header).with_header(header, &value);
            scheme.requires(&value, &scheme.diagnose(KEY, &capture(&given)), code, true);
        }
        for (code, value) in
            [("signature_length", digits[1..].to_owned()), ("signature_length", "none".to_owned())]
        {
            let given = genuine.clone().without_header(header).with_header(header, &value);
            scheme.requires(&value, &scheme.diagnose(KEY, &capture(&given)), code, false);
        }
        let twice = genuine.clone().with_header(header, &digits);
        scheme.requires("twice", &scheme.diagnose(KEY, &capture(&twice)), "rejected_otherwise", false);
        let unsigned = genuine.without_header(header);
        scheme.requires("unsigned", &scheme.diagnose(KEY, &capture(&unsigned)), "signature_missing", false);
    }
}

#[test]
fn sig_parameter_in_another_form() {
    let delivery = sign::SmsSigner::new(SignatureMethod::Sha256, &key(KEY)).param("text", "Hello");
    let delivery = delivery.query();
    let sig = delivery.query().split("sig=").nth(1).unwrap();
    let sms = Sms::new(SignatureMethod::Sha256, key(KEY));
    for (code, value, proved) in [
        ("signature_prefix", format!("sha256%3D{sig}"), true),
        ("signature_base64", BASE64_URL_SAFE_NO_PAD.encode(hex::decode(sig).unwrap()), true),
        ("signature_length", sig[..40].to_owned(), false),
    ] {
        let capture =
            Capture::new("GET", Vec::<(String, String)>::new(), "").query(format!("text=Hello&sig={value}"));
        let diagnosis = sms.diagnose(&capture, &Credentials::new().secret(KEY));
        let first = &diagnosis.findings()[0];
        assert_eq!((first.code(), first.is_proved()), (code, proved), "{diagnosis}");
    }
}

#[test]
fn another_algorithm() {
    for (signs, name) in
        [(Algorithm::Sha1, "sha1"), (Algorithm::Sha256, "sha256"), (Algorithm::Sha512, "sha512")]
    {
        for configured in Algorithm::ALL.iter().filter(|algorithm| **algorithm != signs) {
            let capture = capture(&sign::hex_hmac("x-signature", signs, &key(KEY), BODY));
            let verifier = HexHmac::with_algorithm("x-signature", *configured, key(KEY)).unwrap();
            let diagnosis = verifier.diagnose(&capture, &Credentials::new().secret(KEY));
            let first = &diagnosis.findings()[0];
            assert_eq!((first.code(), first.is_proved()), ("algorithm_other", true), "{diagnosis}");
            assert!(first.evidence().contains(name));

            let diagnosis = verifier.diagnose(&capture, &Credentials::new().secret(OTHER_KEY));
            assert_eq!(diagnosis.findings()[0].code(), "signature_length", "{diagnosis}");
        }
    }
    for signs in SignatureMethod::ALL {
        for configured in SignatureMethod::ALL.iter().filter(|method| *method != signs) {
            let capture = capture(&sign::SmsSigner::new(*signs, &key(KEY)).param("text", "Hello").form());
            let sms = Sms::new(*configured, key(KEY));
            let diagnosis = sms.diagnose(&capture, &Credentials::new().secret(KEY));
            let first = &diagnosis.findings()[0];
            assert_eq!((first.code(), first.is_proved()), ("algorithm_other", true), "{diagnosis}");
            assert!(first.evidence().ends_with(signs.as_str()));
        }
    }
}

#[test]
fn independent_faults_are_found_together() {
    let signature = sign::hex_hmac("x", Algorithm::Sha512, &key(KEY), BODY).header("x").unwrap().to_owned();
    let capture = Capture::new("POST", [("x-hub-signature", format!("sha512={signature}"))], BODY);
    let diagnosis = Vogent::new(key(OTHER_KEY))
        .diagnose(&capture, &Credentials::new().secret(OTHER_KEY).other("staging", KEY));
    assert_eq!(codes(&diagnosis), ["header_other", "signature_prefix", "algorithm_other", "secret_other"]);
    assert!(diagnosis.findings().iter().all(Finding::is_proved));
}

#[test]
fn a_wrong_length_names_its_algorithm() {
    let length = "signature_length";
    for (value, code, evidence) in [
        ("0".repeat(32), length, "it has 32 hex digits, as MD5 gives, and 64 are expected"),
        ("0".repeat(40), length, "it has 40 hex digits, as SHA-1 gives, and 64 are expected"),
        ("0".repeat(128), length, "it has 128 hex digits, as SHA-512 gives, and 64 are expected"),
        ("0".repeat(63), length, "it has 63 hex digits, which no algorithm gives, and 64 are expected"),
        ("z".repeat(64), length, "it has 64 characters that are not all hex digits, and 64 are expected"),
        (String::new(), "signature_missing", "the text of the signature is empty"),
    ] {
        let received = Capture::new("POST", [("x-elto-signature", value)], BODY);
        let diagnosis = Vogent::new(key(KEY)).diagnose(&received, &Credentials::new().secret(KEY));
        let first = &diagnosis.findings()[0];
        assert_eq!((first.code(), first.evidence()), (code, evidence));
    }
    let sha256 = Capture::new("POST", [("x", "0".repeat(64))], BODY);
    let verifier = HexHmac::with_algorithm("x", Algorithm::Sha1, key(KEY)).unwrap();
    let diagnosis = verifier.diagnose(&sha256, &Credentials::new().secret(KEY));
    let evidence = "it has 64 hex digits, as SHA-256 gives, and 40 are expected";
    assert_eq!(diagnosis.findings()[0].evidence(), evidence);
}

#[test]
fn a_list_with_two_algorithms() {
    let sha1 = sign::hex_hmac("x", Algorithm::Sha1, &key(OTHER_KEY), BODY).header("x").unwrap().to_owned();
    let sha256 = sign::vogent(&key(KEY), BODY).header("x-elto-signature").unwrap().to_owned();
    let list = format!("sha1={sha1},sha256={sha256}");
    let received = Capture::new("POST", [("x-elto-signature", list)], format!("{BODY}\n"));
    let diagnosis = Vogent::new(key(KEY)).diagnose(&received, &Credentials::new().secret(KEY));
    assert_eq!(codes(&diagnosis), ["signature_list", "body_newline"], "{diagnosis}");
}

#[test]
fn a_signature_of_the_scheme_comes_before_another_scheme() {
    let token = sign::TokenSigner::new(&key(OTHER_KEY), NOW).post(BODY);
    for (header, value, code) in [
        ("x-forwarded-signature", "00".repeat(32), "header_other"),
        ("x-elto-signature", "none".to_owned(), "signature_length"),
    ] {
        let received = capture(&token.clone().with_header(header, &value));
        let diagnosis = Vogent::new(key(KEY)).diagnose(&received, &Credentials::new().secret(KEY));
        assert_eq!(diagnosis.findings()[0].code(), code, "{diagnosis}");
    }
}

#[test]
fn a_name_that_no_header_can_have_is_not_shown() {
    for name in ["x-a\u{1b}[2J\nvogent accepted", "x a", ""] {
        let received = Capture::new("POST", [(name, "00".repeat(32))], BODY);
        let diagnosis = Vogent::new(key(KEY)).diagnose(&received, &Credentials::new().secret(KEY));
        assert_eq!(diagnosis.findings()[0].code(), "signature_missing", "{diagnosis}");
        assert_eq!(diagnosis.to_string().lines().count(), 6, "{diagnosis}");
    }
}
