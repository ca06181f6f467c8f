//! Vapi. Its credential configures the signed message.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::ErrorKind::{
    HeaderMalformed, HeaderMissing, SignatureMalformed, SignatureMismatch, TimestampFuture,
    TimestampMalformed, TimestampStale,
};
use countersign::schemes::{Scheme, Settings};
use countersign::sign::Unsigned;
use countersign::vapi::VapiRule;
use countersign::{Algorithm, ConfigError, Keys, Vapi};

use crate::support::{HeaderList, accepts, at, headers, hmac_sha256, post, rejects, secret};

const TIME: &str = "1788247410457";

fn vapi(rule: VapiRule) -> Vapi {
    let keys = Keys::hmac(Algorithm::Sha256, secret("k"));
    at(Vapi::with_rule(rule, keys).unwrap(), 1_788_247_410)
}

/// Signs `message`, with this identifier.
fn signed(message: &str, id: &str) -> HeaderList {
    let signature = hex::encode(hmac_sha256(b"k", message));
    headers([("x-signature", &signature), ("x-timestamp", TIME), ("x-id", id)])
}

fn rule(format: &str) -> Result<VapiRule, ConfigError> {
    VapiRule::new().message_id_header("X-Id").and_then(|rule| rule.format(format))
}

#[test]
fn a_format_of_vapi_contains_the_body_once_and_nothing_unknown() {
    let formats = [
        "|{timestamp}|{timestamp}.|{body}{body}|{body}.{body}|{timestamp}{timestamp}{body}",
        "{timestamp}.{body}.{timestamp}|{svix-id}.{svix-id}.{body}|{svix-id}.{body}.{svix-id}",
        "{method}{body}|{url}.{body}|{Body}|{ body }|{}{body}|{body|body}|{{body}}|{body}}|{{timestamp}.{body}",
        r#"{timestamp.{body}|{timestamp}}.{body}|{"t":{timestamp},"b":{body}}|{timestamp}{.}{body}|{body}.{timestamp"#,
        "{body}.timestamp}|{svix-id}{body}|{body}{svix-id}|{svix-id}{timestamp}.{body}|{body}.{timestamp}{svix-id}",
        r"\{body\}",
    ];
    for format in formats.iter().flat_map(|line| line.split('|')) {
        assert_eq!(rule(format).unwrap_err(), ConfigError::FormatInvalid, "{format}");
    }
    // The header of the identifier comes first.
    let format = "{svix-id}.{timestamp}.{body}";
    assert_eq!(VapiRule::new().format(format).unwrap_err(), ConfigError::FormatInvalid);
    let rules = [VapiRule::header, VapiRule::timestamp_header, VapiRule::message_id_header];
    for set in rules {
        for name in ["", "x y", "x:"] {
            assert_eq!(set(VapiRule::new(), name).unwrap_err(), ConfigError::HeaderNameInvalid);
        }
    }
}

#[test]
fn a_format_of_vapi_is_signed_as_it_stands() {
    for (format, message) in [
        ("{body}", "{}"),
        ("v1:{body}", "v1:{}"),
        ("{timestamp}.{body}", "1788247410457.{}"),
        ("{body}.{timestamp}", "{}.1788247410457"),
        ("{timestamp}{body}", "1788247410457{}"),
        ("{timestamp}0{body}", "17882474104570{}"),
        ("{svix-id}.{timestamp}.{body}", "msg_1.1788247410457.{}"),
        ("id={svix-id}&{timestamp}\n{body}\n", "id=msg_1&1788247410457\n{}\n"),
        ("{body}é{svix-id}:{timestamp}", "{}émsg_1:1788247410457"),
        ("{timestamp}{svix-id}.{body}", "1788247410457msg_1.{}"),
    ] {
        let webhook = vapi(rule(format).unwrap());
        let genuine = signed(message, "msg_1");
        let verified = accepts(&webhook, post(&genuine, "{}"));
        assert_eq!(verified.signed_at().is_some(), format.contains("{timestamp}"), "{format}");
        assert_eq!(verified.replay_key().is_some(), format.contains("{svix-id}"), "{format}");
        rejects(&webhook, post(&genuine, "[]"), SignatureMismatch);
        let signed = webhook.sign(secret("k"), &Unsigned::json("{}").id("msg_2")).unwrap();
        let _ = accepts(&webhook, signed.request());
    }
}

#[test]
fn a_format_of_vapi_without_a_separator_of_the_time_requires_the_window() {
    for (format, is_required) in [
        ("{timestamp}.{body}", false),
        ("{body}.{timestamp}", false),
        ("{timestamp}-{svix-id}.{body}", false),
        ("0{timestamp}.{body}", false),
        ("{body}.{timestamp}0", false),
        ("{timestamp}{body}", true),
        ("{body}{timestamp}", true),
        ("{timestamp}0{body}", true),
        ("{timestamp}0.{body}", true),
        ("{body}.0{timestamp}", true),
        ("{timestamp}{svix-id}.{body}", true),
        ("{body}.{svix-id}{timestamp}", true),
    ] {
        let verifier = vapi(rule(format).unwrap());
        let any_age = verifier.insecure_accept_any_age().map(drop);
        let expected = if is_required { Err(ConfigError::WindowRequired) } else { Ok(()) };
        assert_eq!(any_age, expected, "{format}");
    }
    // A format without a time has no window.
    for format in ["{body}", "{svix-id}.{body}"] {
        let verifier = vapi(rule(format).unwrap());
        assert_eq!(verifier.insecure_accept_any_age().map(drop), Err(ConfigError::TimestampUnsigned));
    }
}

#[test]
fn an_identifier_of_vapi_does_not_contain_its_separator() {
    for (format, cut) in [
        ("{svix-id}.{timestamp}.{body}", ["", "msg.1", "."]),
        ("{body}.{svix-id}", ["", "msg.1", "."]),
        ("{svix-id}é{body}", ["", "é", "ã"]),
        ("{body}::{svix-id}", ["", ":", "a:"]),
    ] {
        let verifier = vapi(rule(format).unwrap());
        for id in cut {
            let message =
                format.replace("{svix-id}", id).replace("{timestamp}", TIME).replace("{body}", "{}");
            rejects(&verifier, post(&signed(&message, id), "{}"), HeaderMalformed);
        }
        let message = format.replace("{svix-id}", "msg").replace("{timestamp}", TIME).replace("{body}", "{}");
        let _ = accepts(&verifier, post(&signed(&message, "msg"), "{}"));
        let mut without = signed(&message, "msg");
        without.pop();
        rejects(&verifier, post(&without, "{}"), HeaderMissing);
    }
}

#[test]
fn vapi_placeholders_in_values_are_not_replaced() {
    // The format is parsed once, so a value that looks like a placeholder is not replaced.
    let verifier = vapi(rule("{svix-id}.{body}").unwrap());
    let genuine = signed("{body}.{timestamp}", "{body}");
    let _ = accepts(&verifier, post(&genuine, "{timestamp}"));
    rejects(&verifier, post(&genuine, "{body}"), SignatureMismatch);
}

#[test]
fn a_prefix_and_an_encoding_of_vapi_are_exact() {
    let right = hmac_sha256(b"k", "{}");
    let (hex_, base64) = (hex::encode(&right), BASE64_STANDARD.encode(&right));
    let rule = || VapiRule::new().format("{body}").unwrap();
    let request = |value: &str| headers([("x-signature", value)]);
    let prefixed = vapi(rule().prefix("v1"));
    let _ = accepts(&prefixed, post(&request(&format!("v1{hex_}")), "{}"));
    for value in [hex_.clone(), format!("v1={hex_}"), format!("V1{hex_}"), format!("v1v1{hex_}")] {
        rejects(&prefixed, post(&request(&value), "{}"), SignatureMalformed);
    }
    let encoded = vapi(rule().encoding("base64".parse().unwrap()));
    let _ = accepts(&encoded, post(&request(&base64), "{}"));
    rejects(&encoded, post(&request(&hex_), "{}"), SignatureMalformed);
    rejects(&vapi(rule()), post(&request(&base64), "{}"), SignatureMalformed);
    rejects(&vapi(rule()), post(&request(&format!("sha256={hex_}")), "{}"), SignatureMalformed);
    // The configured algorithm decides the length.
    let keys = Keys::hmac(Algorithm::Sha512, secret("k"));
    rejects(&Vapi::with_rule(rule(), keys).unwrap(), post(&request(&hex_), "{}"), SignatureMalformed);
    for name in ["", "Hex", "base64url", "hex "] {
        let parsed: Result<countersign::rule::Encoding, _> = name.parse();
        assert_eq!(parsed.unwrap_err(), ConfigError::EncodingUnknown);
    }
}

#[test]
fn vapi_counts_milliseconds_by_default() {
    let signed = |time: &str| {
        let signature = hex::encode(hmac_sha256(b"k", format!("{time}.{{}}")));
        headers([("x-signature", &signature), ("x-timestamp", time)])
    };
    let millis = vapi(VapiRule::new());
    let _ = accepts(&millis, post(&signed("1788247410999"), "{}"));
    rejects(&millis, post(&signed("1788247410"), "{}"), TimestampStale);
    let seconds = vapi(VapiRule::default().seconds());
    let _ = accepts(&seconds, post(&signed("1788247410"), "{}"));
    rejects(&seconds, post(&signed("1788247410999"), "{}"), TimestampFuture);
    for verifier in [millis, seconds] {
        for time in ["", "-1788247410457", "01788247410457", "1788247410.457"] {
            rejects(&verifier, post(&signed(time), "{}"), TimestampMalformed);
        }
        let written = verifier.sign(secret("k"), &Unsigned::json("{}")).unwrap();
        let _ = accepts(&verifier, written.request());
    }
    let by_default = at(Vapi::new(secret("k")), 1_788_247_410);
    let _ = accepts(&by_default, post(&signed("1788247410457"), "{}"));
}

#[test]
fn invalid_settings_of_vapi_are_rejected() {
    type Change = fn(&mut Settings);
    let build = |change: Change| {
        let mut settings = Settings::default();
        settings.keyring = Some(secret("k").into());
        change(&mut settings);
        Scheme::named("vapi").unwrap().build(&settings).map(drop)
    };
    assert_eq!(build(|_| ()), Ok(()));
    let changes: [(Change, ConfigError); 8] = [
        (|settings| settings.encoding = Some("base32".to_owned()), ConfigError::EncodingUnknown),
        (|settings| settings.format = Some("{timestamp}".to_owned()), ConfigError::FormatInvalid),
        (|settings| settings.format = Some("{svix-id}.{body}".to_owned()), ConfigError::FormatInvalid),
        (|settings| settings.algorithm = Some("md5".to_owned()), ConfigError::AlgorithmUnknown),
        (|settings| settings.header = Some(String::new()), ConfigError::HeaderNameInvalid),
        (|settings| settings.timestamp_header = Some(" ".to_owned()), ConfigError::HeaderNameInvalid),
        (|settings| settings.message_id_header = Some("ä".to_owned()), ConfigError::HeaderNameInvalid),
        (|settings| settings.keyring = None, ConfigError::KeyringEmpty),
    ];
    for (change, error) in changes {
        assert_eq!(build(change), Err(error));
    }
}

#[test]
fn a_rule_of_vapi_prints_no_setting() {
    let rule = rule("marker:{body}").unwrap().prefix("marker");
    assert_eq!(format!("{rule:?}"), r#"VapiRule { header: "x-signature", .. }"#);
}
