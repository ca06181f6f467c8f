//! Rules of the SMS API only.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use countersign::sign::{self, Delivery};
use countersign::vonage::{SignatureMethod, Sms};
use countersign::{
    ConfigError, Coverage, ErrorKind, Keyring, ReplayKey, Tenants, Tolerance, UnixTime, Verifier, Vogent,
};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::Sha256;

use crate::support::{KEY, NOW, OTHER_KEY, accepts, in_chunks, rejects, secret};

fn verifier() -> Sms {
    Sms::new(SignatureMethod::Sha256, secret(KEY))
}

/// Signs a string unchanged.
fn sig(string: &[u8]) -> String {
    let key = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    hex::encode(key.chain_update(string).finalize().into_bytes())
}

fn query(raw: &str, signed: &[u8]) -> Delivery {
    let separator = if raw.is_empty() { "" } else { "&" };
    sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY))
        .query()
        .with_query(&format!("{raw}{separator}sig={}", sig(signed)))
}

fn form(raw: &str, signed: &[u8]) -> Delivery {
    let query = query(raw, signed);
    sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).form().with_body(query.query())
}

/// `members` without the braces.
fn json(members: &str, signed: &[u8]) -> Delivery {
    let separator = if members.is_empty() { "" } else { "," };
    json_body(&format!("{{{members}{separator}\"sig\":\"{}\"}}", sig(signed)))
}

fn json_body(body: &str) -> Delivery {
    sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).json().with_body(body)
}

#[track_caller]
fn accepts_both(raw: &str, signed: &[u8]) {
    let _ = accepts(&verifier(), query(raw, signed).request());
    let _ = accepts(&verifier(), form(raw, signed).request());
}

#[track_caller]
fn rejects_both(raw: &str, signed: &[u8], kind: ErrorKind) {
    rejects(&verifier(), query(raw, signed).request(), kind);
    rejects(&verifier(), form(raw, signed).request(), kind);
}

#[test]
fn parameters_are_sorted_by_bytes_whatever_their_order() {
    for raw in ["a=1&b=2&C=3", "b=2&C=3&a=1", "C=3&b=2&a=1", "C=3&a=1&b=2"] {
        accepts_both(raw, b"&C=3&a=1&b=2");
    }
    // Names with equal first eight bytes or more, and names that differ only by NULs at the end.
    accepts_both(
        "message-to=2&z=4&message-time=1&message-=0",
        b"&message-=0&message-time=1&message-to=2&z=4",
    );
    accepts_both("a%00%00=3&a-b=4&a=1&a%00=2", b"&a=1&a\0=2&a\0\0=3&a-b=4");
    // U+FF5E sorts before U+10400 in bytes and after it in UTF-16.
    accepts_both("%F0%90%90%80=2&%EF%BD%9E=1", "&\u{ff5e}=1&\u{10400}=2".as_bytes());
}

#[test]
fn values_are_decoded_once_to_bytes() {
    accepts_both("a=x+y%20z", b"&a=x y z");
    accepts_both("a=%2B%2b+", b"&a=++ ");
    accepts_both("a=%2526", b"&a=%26");
    accepts_both("a=%00%ff%c0%af", b"&a=\x00\xff\xc0\xaf");
    accepts_both("a=\u{e9}%C3%A9", "&a=éé".as_bytes());
    accepts_both("%61=1", b"&a=1");
    accepts_both("a=b=c=d", b"&a=b_c_d");
    accepts_both("a=1;b=2", b"&a=1;b_2");
    accepts_both("?a=1", b"&?a=1");
    rejects_both("a=x+y", b"&a=x+y", ErrorKind::SignatureMismatch);
    rejects_both("a=%2526", b"&a=_", ErrorKind::SignatureMismatch);
}

#[test]
fn empty_pairs_are_nothing() {
    for raw in ["&a=1&&b=2&", "&&&a=1&b=2", "a=1&b=2&&"] {
        accepts_both(raw, b"&a=1&b=2");
    }
}

#[test]
fn invalid_escapes_and_empty_names_are_rejected() {
    for raw in ["a=%", "a=%4", "a=%G1", "a=%zz", "a=%+4", "%=1", "%4=1", "a=1%", "=1", "a=1&=2", "="] {
        rejects_both(raw, b"&a=1", ErrorKind::ParameterMalformed);
    }
}

#[test]
fn ampersand_and_equals_in_values_become_underscores() {
    // Three values have one signature, by the platform's design.
    for raw in ["a=x%26y%3Dz", "a=x_y_z", "a=x%3Dy%26z", "a=x=y_z"] {
        accepts_both(raw, b"&a=x_y_z");
    }
    rejects_both("a=x%26y", b"&a=x&y", ErrorKind::SignatureMismatch);
}

#[test]
fn names_that_could_be_split_are_rejected() {
    // All have the signed string of `a=1&b=2`.
    let _ = accepts(&verifier(), query("a=1&b=2", b"&a=1&b=2").request());
    for raw in ["a%3D1%26b=2", "a%3D1%26b%3D2", "%26a=1&b=2", "a%26=1"] {
        rejects_both(raw, b"&a=1&b=2", ErrorKind::ParameterAmbiguous);
    }
    for raw in ["a%3D1=2", "a%3D=1=2", "%3Da=1=2"] {
        rejects_both(raw, b"&a=1=2", ErrorKind::ParameterAmbiguous);
    }
    rejects(&verifier(), json("\"a=1\":\"2\"", b"&a=1=2").request(), ErrorKind::ParameterAmbiguous);
    let forged = json("\"a=1&b\":\"2\"", b"&a=1&b=2");
    rejects(&verifier(), forged.request(), ErrorKind::ParameterAmbiguous);
}

#[test]
fn repeated_parameters_are_rejected() {
    let long = "message-timestamp=1&message-time=2&message-timestamp=3";
    for raw in ["a=1&a=1", "a=1&b=2&a=3", "a=1&%61=2", "a=&a=", "a%00=1&a=2&a%00=3", long] {
        rejects_both(raw, b"&a=1", ErrorKind::ParameterRepeated);
    }
    for members in ["\"a\":\"1\",\"a\":\"1\"", "\"a\":\"1\",\"\\u0061\":\"2\"", "\"a\":null,\"a\":1"] {
        rejects(&verifier(), json(members, b"&a=1").request(), ErrorKind::ParameterRepeated);
    }
}

#[test]
fn only_sig_is_the_signature() {
    let _ = accepts(&verifier(), query("a=1", b"&a=1").request());
    let signature = sig(b"&a=1");
    let get = |raw: &str| sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).query().with_query(raw);
    let _ = accepts(&verifier(), get(&format!("a=1&%73ig={signature}")).request());
    for name in ["Sig", "SIG", "sig[]", "sig%00", "_sig", "signature"] {
        rejects(&verifier(), get(&format!("a=1&{name}={signature}")).request(), ErrorKind::SignatureMissing);
    }
    rejects(&verifier(), get("").request(), ErrorKind::SignatureMissing);
    rejects(&verifier(), get("a=1&sig").request(), ErrorKind::SignatureMalformed);
    rejects(&verifier(), json_body("{\"a\":\"1\",\"sig\":null}").request(), ErrorKind::SignatureMalformed);
    rejects(&verifier(), json_body("{\"a\":\"1\",\"sig\":7}").request(), ErrorKind::SignatureMalformed);
    rejects(&verifier(), json_body("{\"a\":\"1\",\"sig\":{}}").request(), ErrorKind::ParameterNested);
}

#[test]
fn if_any_value_is_blank_both_strings_are_accepted() {
    for blank in ["", "+", "%00", "%09%0D%0A+"] {
        let raw = format!("a=1&b={blank}&c=");
        let decoded = blank.replace('+', " ").replace("%00", "\0").replace("%09%0D%0A", "\t\r\n");
        accepts_both(&raw, format!("&a=1&b={decoded}&c=").as_bytes());
        accepts_both(&raw, b"&a=1");
        // Either all blank parameters or none.
        rejects_both(&raw, format!("&a=1&b={decoded}").as_bytes(), ErrorKind::SignatureMismatch);
    }
    accepts_both("a=1&b", b"&a=1&b=");
    rejects_both("a=1&b=%C2%A0", b"&a=1", ErrorKind::SignatureMismatch);
    rejects_both("a=1&b=2", b"&a=1", ErrorKind::SignatureMismatch);
    let _ = accepts(&verifier(), json("\"a\":\"1\",\"b\":null", b"&a=1").request());
    let _ = accepts(&verifier(), json("\"a\":\"1\",\"b\":null", b"&a=1&b=").request());
}

/// Attack 151: an unsigned parameter hides text in another format, which a handler may read instead.
#[test]
fn text_hidden_in_blank_parameters_is_rejected() {
    let json = r#"{"msisdn":"15550001111","text":"pay mallory","x":"#;
    let hidden = [
        // Around the genuine form.
        (format!(r#"{json}"&"#), r#"&"}"#.to_owned()),
        (format!(r#"[{json}"&"#), r#"&"}]"#.to_owned()),
        ("<html><body>pay mallory<p hidden>&".to_owned(), "&</body></html>".to_owned()),
        ("<sms><text>pay mallory</text><!--&".to_owned(), "&--></sms>".to_owned()),
        (
            "--b\r\nContent-Disposition: form-data; name*0\r\n\r\npay mallory\r\n--b&".to_owned(),
            "&--b--".to_owned(),
        ),
        // Names that frameworks split or cut.
        ("text[]&".to_owned(), String::new()),
        (String::new(), "&a[text]=".to_owned()),
        (String::new(), "&text%00x=".to_owned()),
        (String::new(), "&text%20=".to_owned()),
        (String::new(), "&t%C3%A9xt=+".to_owned()),
        (String::new(), "&%FF=%00".to_owned()),
        (String::new(), format!("&{}=", "a".repeat(65))),
    ];
    for (before, after) in hidden {
        let raw = format!("{before}a=1&text=hi{after}");
        rejects_both(&raw, b"&a=1&text=hi", ErrorKind::ParameterAmbiguous);
    }
    // In JSON, a blank member.
    for name in ["{", "text[]", "a b", "\u{e9}", "", &"a".repeat(65)] {
        let delivery = self::json(&format!(r#""a":"1","{name}":null"#), b"&a=1");
        let kind =
            if name.is_empty() { ErrorKind::ParameterMalformed } else { ErrorKind::ParameterAmbiguous };
        rejects(&verifier(), delivery.request(), kind);
    }
    // Plain names are the platform's. A signed parameter may have any name.
    for name in ["concat-ref", "a.b_C-9", &"a".repeat(64)] {
        accepts_both(&format!("a=1&{name}="), b"&a=1");
    }
    accepts_both("a=1&text%5B%5D=", b"&a=1&text[]=");
    accepts_both("a=1&{&b=", b"&a=1&b=&{=");
    // One other name makes it ambiguous. A missing signature is reported first.
    rejects_both("a=1&b=&text[]=", b"&a=1", ErrorKind::ParameterAmbiguous);
    rejects_both("a=1&text[]=", b"&a=2", ErrorKind::SignatureMismatch);
}

/// Attack 153: a framework that obeys the charset reads other parameters from the same bytes.
#[test]
fn only_utf8_is_read_as_text() {
    let deliveries = [form("a=1", b"&a=1"), json("\"a\":1", b"&a=1")];
    let bases = ["application/x-www-form-urlencoded", "application/json"];
    for (delivery, base) in deliveries.into_iter().zip(bases) {
        let typed = |parameters: &str| {
            delivery
                .clone()
                .without_header("content-type")
                .with_header("content-type", &format!("{base}{parameters}"))
        };
        for parameters in [
            "",
            ";",
            "; charset=utf-8",
            ";charset=UTF-8",
            "; Charset=\"Utf-8\"",
            "; charset=US-ASCII ; a=b",
            ";CHARSET=\"us-ascii\"",
            "; a=b; charset=utf-8",
            "; a=b",
        ] {
            let _ = accepts(&verifier(), typed(parameters).request());
        }
        for parameters in [
            "; charset=utf-16le",
            "; charset=iso-2022-jp",
            ";charset=utf-7",
            "; charset=\"iso-8859-1\"",
            "; charset=",
            "; charset",
            "; charset=utf-8; charset=utf-8",
            "; charset=utf-8; CHARSET=utf-16le",
            "; charset*=utf-16''x",
            "; charset*0=utf-16",
            "; charset =utf-16",
            "; charset= utf-8",
            "; charset=utf-8 utf-16",
            "; charset='utf-8'",
            "; charset=\"utf-8",
            "; a charset=utf-16",
            "; a=\"charset=utf-16\"",
            "; xcharset=utf-8",
            "; charset=utf-8,charset=utf-16",
        ] {
            rejects(&verifier(), typed(parameters).request(), ErrorKind::MediaTypeUnsupported);
        }
    }
    // A body HMAC does not read it as text.
    let body_mac = sign::vogent(&secret(KEY), "{}").with_header("content-type", "text/plain; charset=utf-7");
    let _ = accepts(&Vogent::new(secret(KEY)), body_mac.request());
}

#[test]
fn a_proof_has_the_covered_parameters_in_the_received_order() {
    let parameters = |delivery: Delivery| {
        let parameters = accepts(&verifier(), delivery.request()).parameters().unwrap();
        let pairs = parameters.iter().map(|(name, value)| {
            format!("{}={}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
        });
        pairs.collect::<Vec<_>>().join("|")
    };
    // Values are as received: `&` and `=` are replaced only in the signed string. `sig` is left out.
    assert_eq!(parameters(form("z=1&b=x%26y%3Dz&a=+", b"&a= &b=x_y_z&z=1")), "z=1|b=x&y=z|a= ");
    assert_eq!(parameters(query("z=1&b=%FF&a=", b"&a=&b=\xff&z=1")), "z=1|b=\u{fffd}|a=");
    assert_eq!(parameters(json("\"z\":1.50,\"a\":true", b"&a=true&z=1.50")), "z=1.50|a=true");
    // Blank parameters outside the signed string are dropped, since anyone can add them.
    assert_eq!(parameters(form("z=1&b=&c=+&a=2", b"&a=2&z=1")), "z=1|a=2");
    // The order of joins does not matter.
    let verified = accepts(&verifier(), form("z=1&b=&a=2", b"&a=2&z=1").request());
    let parameters = verified.parameters().unwrap();
    assert_eq!((parameters.get("b"), parameters.get("a"), parameters.len()), (None, Some(&b"2"[..]), 2));
    assert!(!parameters.is_empty());
}

#[test]
fn a_type_is_read_from_covered_parameters() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Inbound<'p> {
        msisdn: u64,
        text: &'p str,
        concat: Option<bool>,
        concat_total: Option<u8>,
        price: f64,
        #[serde(rename = "type")]
        kind: Kind,
        data: Option<String>,
        #[serde(default)]
        absent: Vec<String>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Text,
        Unicode,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Empty {}
    let signed = |pairs: &[(&str, &str)]| {
        let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY));
        let delivery = pairs.iter().fold(signer, |signer, (name, value)| signer.param(name, value)).form();
        accepts(&verifier(), delivery.request()).parameters().unwrap()
    };
    let genuine = [
        ("msisdn", "447700900001"),
        ("text", "é & e"),
        ("concat", "true"),
        ("concat-total", "2"),
        ("price", "0.0330"),
        ("type", "unicode"),
        ("data", ""),
        ("unknown", "x"),
    ];
    let parameters = signed(&genuine);
    let expected = Inbound {
        msisdn: 447_700_900_001,
        text: "é & e",
        concat: Some(true),
        concat_total: Some(2),
        price: 0.033,
        kind: Kind::Unicode,
        data: None,
        absent: Vec::new(),
    };
    assert_eq!(parameters.deserialize(), Ok(expected));
    let map: BTreeMap<String, String> = parameters.deserialize().unwrap();
    assert_eq!((map.len(), map["text"].as_str()), (8, "é & e"));

    // Errors name the field and no value.
    for (name, value, problem) in [
        ("msisdn", "+44 secret", "parameter `msisdn` is not what its field takes"),
        ("concat-total", "256", "parameter `concat-total` is not what its field takes"),
        ("type", "secret", "parameter `type` is not what its field takes"),
        ("price", "secret", "parameter `price` is not what its field takes"),
    ] {
        let altered: Vec<_> =
            genuine.iter().map(|pair| if pair.0 == name { (name, value) } else { *pair }).collect();
        let parameters = signed(&altered);
        let error = parameters.deserialize::<Inbound<'_>>().unwrap_err();
        assert_eq!((error.to_string().as_str(), error.field()), (problem, Some(name)));
    }
    let parameters = signed(&genuine[1..]);
    let error = parameters.deserialize::<Inbound<'_>>().unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.field()),
        ("parameter `msisdn` is missing", Some("msisdn"))
    );
    let strict = signed(&[("secret", "1")]);
    assert_eq!(strict.deserialize::<Empty>().unwrap_err().to_string(), "a parameter has no field");
    let raw = accepts(&verifier(), form("a=%FF", b"&a=\xff").request()).parameters().unwrap();
    assert!(raw.deserialize::<BTreeMap<String, String>>().is_err());
}

#[test]
fn a_floating_point_parameter_is_a_finite_number_as_json_writes_it() {
    #[derive(Deserialize)]
    struct Number<T> {
        n: T,
    }
    let parameters = |text: &str| {
        let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("n", text);
        accepts(&verifier(), signer.form().request()).parameters().unwrap()
    };
    for (text, double, single) in [
        ("0", 0.0_f64, 0.0_f32),
        ("-0.5", -0.5, -0.5),
        ("0.0330", 0.033, 0.033),
        ("12", 12.0, 12.0),
        ("1e3", 1000.0, 1000.0),
        ("25E-2", 0.25, 0.25),
    ] {
        let parameters = parameters(text);
        assert_eq!(parameters.deserialize::<Number<f64>>().map(|number| number.n), Ok(double), "{text}");
        assert_eq!(parameters.deserialize::<Number<f32>>().map(|number| number.n), Ok(single), "{text}");
    }
    for text in [
        "NaN",
        "nan",
        "-nan",
        "inf",
        "-inf",
        "+inf",
        "Infinity",
        "-infinity",
        "1e400",
        "-1e400",
        "+1",
        ".5",
        "5.",
        "05",
        "1e",
        " 1",
        "1 ",
        "\t1",
        "1_0",
        "0x1",
        "null",
        "true",
        "\"1\"",
        "[1]",
        "",
    ] {
        let parameters = parameters(text);
        assert!(parameters.deserialize::<Number<f64>>().is_err(), "{text}");
        assert!(parameters.deserialize::<Number<f32>>().is_err(), "{text}");
    }
    // Finite only as an `f64`.
    let large = parameters("1e39");
    assert!(large.deserialize::<Number<f32>>().is_err() && large.deserialize::<Number<f64>>().is_ok());
}

#[test]
fn a_number_behind_flatten_or_in_a_tagged_enum_is_rejected() {
    #[derive(Deserialize)]
    struct Number<T> {
        n: T,
    }
    #[derive(Deserialize)]
    struct Flat<T> {
        #[serde(flatten)]
        inner: Number<T>,
    }
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Tagged<T> {
        Text { n: T },
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Untagged<T> {
        Text { n: T },
    }
    let signer =
        sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("n", "5").param("type", "text");
    let parameters = accepts(&verifier(), signer.form().request()).parameters().unwrap();
    let flat = parameters.deserialize::<Flat<String>>().map(|flat| flat.inner.n);
    let tagged = parameters.deserialize::<Tagged<String>>().map(|Tagged::Text { n }| n);
    let untagged = parameters.deserialize::<Untagged<String>>().map(|Untagged::Text { n }| n);
    assert_eq!([flat, tagged, untagged], ["5", "5", "5"].map(|text| Ok(text.to_owned())));
    assert!(parameters.deserialize::<Number<u32>>().is_ok());
    assert!(parameters.deserialize::<Flat<u32>>().is_err());
    assert!(parameters.deserialize::<Tagged<u32>>().is_err());
    assert!(parameters.deserialize::<Untagged<u32>>().is_err());
}

#[test]
fn rotation_holds_with_blank_values() {
    let keyring = Keyring::new([secret(OTHER_KEY), secret(KEY)]).unwrap();
    let sms = Sms::new(SignatureMethod::Sha256, keyring);
    for signed in [&b"&a=1&b="[..], b"&a=1"] {
        assert_eq!(accepts(&sms, query("a=1&b=", signed).request()).key().index(), 1);
    }
}

#[test]
fn json_values_count_as_the_text_they_are() {
    let _ = accepts(&verifier(), json("", b"").request());
    let _ = accepts(
        &verifier(),
        json("\"a\":1.50,\"b\":12345678901234567890", b"&a=1.50&b=12345678901234567890").request(),
    );
    let _ = accepts(&verifier(), json("\"a\":-0,\"b\":1E5", b"&a=-0&b=1E5").request());
    let _ = accepts(&verifier(), json("\"a\":true,\"b\":false", b"&a=true&b=false").request());
    let _ = accepts(&verifier(), json("\"a\":\"\\u00e9\\/\\n&\"", "&a=é/\n_".as_bytes()).request());
    let _ = accepts(&verifier(), json("\"a\":\"\\ud83d\\ude00\"", "&a=😀".as_bytes()).request());
    let _ = accepts(&verifier(), json("\"\\u0061\":\"1\"", b"&a=1").request());
    let _ = accepts(
        &verifier(),
        json_body(&format!(" {{ \"a\" : 1 , \"sig\" : \"{}\" }} \r\n", sig(b"&a=1"))).request(),
    );
    rejects(&verifier(), json("\"a\":1.50", b"&a=1.5").request(), ErrorKind::SignatureMismatch);
    rejects(&verifier(), json("\"a\":null", b"&a=null").request(), ErrorKind::SignatureMismatch);
}

/// A long SMS, cut inside an emoji. It is not documented what the platform signs.
#[test]
fn half_a_surrogate_pair_is_rejected_in_json_and_is_bytes_in_a_query() {
    for signed in
        ["a", "a?", "a\u{fffd}", "a\\ud83d"].map(str::as_bytes).into_iter().chain([&b"a\xed\xa0\xbd"[..]])
    {
        let string = [b"&text=", signed].concat();
        for half in ["\\ud83d", "\\ude00"] {
            let delivery = json(&format!("\"text\":\"a{half}\""), &string);
            rejects(&verifier(), delivery.request(), ErrorKind::BodyMalformed);
        }
    }
    assert_eq!((ErrorKind::BodyMalformed.status(), ErrorKind::BodyMalformed.is_retryable()), (400, false));
    accepts_both("text=a%ED%A0%BD", b"&text=a\xed\xa0\xbd");
}

#[test]
fn json_that_is_not_one_flat_object_is_rejected() {
    let valid = format!("{{\"a\":\"1\",\"sig\":\"{}\"}}", sig(b"&a=1"));
    let _ = accepts(&verifier(), json_body(&valid).request());
    for body in [
        format!("\u{feff}{valid}"),
        format!("{valid}x"),
        format!("{valid}{valid}"),
        format!("[{valid}]"),
        valid.replace('}', ",}"),
        valid.replace("\"1\"", "01"),
        valid.replace("\"1\"", "NaN"),
        valid.replace("\"1\"", "\"\\ud800\""),
        valid.replace("\"1\"", "\"\n\""),
        valid.replace("\"1\"", "'1'"),
        "null".to_owned(),
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        format!("{{\"a\":{}", "[".repeat(100_000)),
    ] {
        rejects(&verifier(), json_body(&body).request(), ErrorKind::BodyMalformed);
    }
    let not_utf8 = json_body("").with_body([valid.as_bytes(), b"\xff"].concat());
    rejects(&verifier(), not_utf8.request(), ErrorKind::BodyMalformed);
    for nested in ["[]", "{}", "[1]", "{\"b\":1}"] {
        let body = valid.replace("\"1\"", nested);
        rejects(&verifier(), json_body(&body).request(), ErrorKind::ParameterNested);
    }
    rejects(&verifier(), json("\"\":\"1\"", b"").request(), ErrorKind::ParameterMalformed);
}

/// `serde_json` must agree on every text between the brackets.
#[test]
fn json_is_what_serde_json_says_it_is() {
    const NAMES: [&str; 9] = [
        r#""a""#,
        r#""""#,
        r#""é""#,
        r#""\u0061""#,
        r#""\ud800""#,
        "\"a\tb\"",
        "a",
        "1",
        r#""longer than a word""#,
    ];
    const VALUES: [&str; 38] = [
        r#""b""#,
        r#""""#,
        r#""exactly8""#,
        r#""more than eight bytes""#,
        r#""\"""#,
        r#""\\""#,
        r#""\/""#,
        r#""\u00e9""#,
        r#""\ud83d\ude00""#,
        r#""\ud83d""#,
        r#""\x""#,
        r#""\u12""#,
        "\"tab\there\"",
        "\"nul\0here\"",
        "\"\u{7f}\u{80}\"",
        r#""open"#,
        "0",
        "7",
        "-1",
        "-0",
        "00",
        "01",
        "1.50",
        "1.",
        ".5",
        "1e5",
        "1e",
        "1E+400",
        "12345678901234567890",
        "+1",
        "1 2",
        "true",
        "nul",
        "null",
        "[1,{}]",
        "{\"b\":[]}",
        "[",
        "",
    ];
    const SPACES: [&str; 6] = ["", " ", "\n\t\r ", "\u{b}", "\u{a0}", ","];
    const ENDS: [&str; 5] = ["}", "} ", "}}", "", "},"];
    let mut texts =
        vec![String::new(), "{}".into(), " {} ".into(), "[]".into(), "{,}".into(), "\u{feff}{}".into()];
    for (name, value) in NAMES.iter().flat_map(|name| VALUES.map(|value| (name, value))) {
        for space in SPACES {
            texts.extend(ENDS.map(|end| format!("{{{space}{name}{space}:{space}{value}{space}{end}")));
            texts.push(format!(r#"{{"z":1,{space}{name}:{value}{space},{space}"y":"x"}}"#));
        }
    }
    let mut read = 0;
    for text in &texts {
        // Raw values first, since a number may be too large for a float. Then the strings.
        let members = serde_json::from_str::<HashMap<String, &RawValue>>(text);
        let is_json = members.is_ok_and(|members| {
            members
                .values()
                .all(|raw| !raw.get().starts_with('"') || serde_json::from_str::<String>(raw.get()).is_ok())
        });
        let rejection = verifier().verify(json_body(text).request()).unwrap_err().kind();
        let rejected_as_json = matches!(rejection, ErrorKind::BodyMalformed | ErrorKind::BodyMissing);
        let empty_name = rejection == ErrorKind::ParameterMalformed && text.contains(r#""""#);
        assert_eq!(rejected_as_json, !is_json && !empty_name, "{text:?}: {rejection:?}");
        read += usize::from(is_json);
    }
    assert!(read > 900, "{read} of {}", texts.len());
}

#[test]
fn a_form_reads_the_same_however_it_is_cut() {
    let genuine = [
        ("a=%2B%26%3d&b+c=%20+%2B+", "&a=+__&b c=  + "),
        ("%61=%25%32%35&flag&&b==%00", "&a=%25&b=_\0&flag="),
        (
            "long=0123456789012345678901234567890123456789012345678901234567%e2%82%ac",
            "&long=0123456789012345678901234567890123456789012345678901234567€",
        ),
    ];
    for (raw, signed) in genuine {
        let delivery = form(raw, signed.as_bytes());
        for size in 1..=delivery.body().len() {
            assert!(in_chunks(&verifier(), delivery.request(), size).is_ok(), "{raw} in chunks of {size}");
        }
    }
    for raw in [
        "a=%",
        "a=%4",
        "a=%&b=1",
        "a=%4&b=1",
        "a=%%34",
        "a=%4=",
        "%",
        "&",
        "=a",
        "a=1&=2",
        "a=%zz",
        "%3",
        "a=1&a=%31",
        "%26=1",
    ] {
        let delivery = form("", b"").with_body(raw);
        let whole = verifier().verify(delivery.request()).unwrap_err();
        for size in 1..=raw.len() {
            assert_eq!(
                in_chunks(&verifier(), delivery.request(), size).unwrap_err(),
                whole,
                "{raw} in chunks of {size}"
            );
        }
    }
}

#[test]
fn a_messages_api_webhook_is_of_another_scheme() {
    for body in [
        r#"{"channel":"sms","message_uuid":"aaaaaaaa","text":"Hello"}"#,
        r#"{"message_uuid":"aaaaaaaa","to":{"type":"sms","number":"1"}}"#,
        r#"{"channel":"whatsapp","usage":{"price":"0.1"}}"#,
    ] {
        rejects(&verifier(), json_body(body).request(), ErrorKind::SchemeMismatch);
    }
    let _ = accepts(&verifier(), json("\"channel\":\"sms\"", b"&channel=sms").request());
}

#[test]
fn the_media_type_selects_form_or_json() {
    let delivery = form("a=1", b"&a=1");
    let typed = |media_type: &str| {
        delivery.clone().without_header("content-type").with_header("Content-Type", media_type)
    };
    for media_type in [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-URLEncoded; charset=utf-8",
        "application/x-www-form-urlencoded;charset=utf-8",
        " application/x-www-form-urlencoded ; a=b",
    ] {
        let _ = accepts(&verifier(), typed(media_type).request());
    }
    for media_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded2",
        "multipart/form-data",
        "application/xml",
        "application/vnd.api+json",
        "text/json",
    ] {
        rejects(&verifier(), typed(media_type).request(), ErrorKind::MediaTypeUnsupported);
    }
    rejects(&verifier(), typed("application/json").request(), ErrorKind::BodyMalformed);
    rejects(
        &verifier(),
        delivery.clone().without_header("content-type").request(),
        ErrorKind::MediaTypeUnsupported,
    );
    let twice = delivery.clone().with_header("content-type", "application/json");
    rejects(&verifier(), twice.request(), ErrorKind::HeaderRepeated);
    let _ = accepts(
        &verifier(),
        json("\"a\":1", b"&a=1")
            .without_header("content-type")
            .with_header("content-type", "APPLICATION/JSON;x")
            .request(),
    );
}

#[test]
fn only_the_declared_source_counts() {
    let genuine = form("a=1", b"&a=1");
    // The query of a POST is not signed.
    let _ = accepts(&verifier(), genuine.clone().with_query("a=2&b=3&sig=0").request());
    let moved = query("a=1", b"&a=1")
        .with_method("POST")
        .with_header("content-type", "application/x-www-form-urlencoded");
    rejects(&verifier(), moved.request(), ErrorKind::BodyMissing);
    rejects(&verifier(), genuine.with_method("GET").request(), ErrorKind::SignatureMissing);
    for method in ["PUT", "get", "post", "HEAD", ""] {
        let other = query("a=1", b"&a=1").with_method(method);
        rejects(&verifier(), other.request(), ErrorKind::MethodUnsupported);
    }
    let in_header = query("a=1", b"&a=1").with_query("a=1").with_header("sig", &sig(b"&a=1"));
    rejects(&verifier(), in_header.request(), ErrorKind::SignatureMissing);
}

#[test]
fn no_method_but_the_named_one_is_tried() {
    for signed in SignatureMethod::ALL.iter().copied() {
        for configured in SignatureMethod::ALL.iter().copied() {
            let delivery = sign::SmsSigner::new(signed, &secret(KEY)).param("a", "1").query();
            let sms = Sms::new(configured, secret(KEY));
            if signed == configured {
                let _ = accepts(&sms, delivery.request());
                continue;
            }
            let of_one_length = [signed, configured]
                .iter()
                .all(|m| matches!(m, SignatureMethod::Md5 | SignatureMethod::Md5Hash));
            let kind =
                if of_one_length { ErrorKind::SignatureMismatch } else { ErrorKind::SignatureMalformed };
            rejects(&sms, delivery.request(), kind);
        }
    }
}

#[test]
fn limits_hold() {
    let many = |count: usize| (0..count).map(|index| format!("p{index:04}=1")).collect::<Vec<_>>().join("&");
    let string = |count: usize| (0..count).map(|index| format!("&p{index:04}=1")).collect::<String>();
    // With `sig`.
    accepts_both(&many(999), string(999).as_bytes());
    rejects_both(&many(1_000), string(1_000).as_bytes(), ErrorKind::ParametersTooMany);
    let members: Vec<_> = (0..1_000).map(|index| format!("\"p{index:04}\":1")).collect();
    let _ = accepts(&verifier(), json(&members[..999].join(","), string(999).as_bytes()).request());
    rejects(&verifier(), json(&members.join(","), b"").request(), ErrorKind::ParametersTooMany);

    let of_query_length = |bytes: usize| {
        sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).query().with_query(&"a".repeat(bytes))
    };
    rejects(&verifier(), of_query_length(64 * 1024).request(), ErrorKind::SignatureMissing);
    rejects(&verifier(), of_query_length(64 * 1024 + 1).request(), ErrorKind::QueryTooLong);
    rejects(&verifier(), form(&many(100_000), b"").request(), ErrorKind::ParametersTooMany);
    let mebibyte = 1024 * 1024;
    let of_length = |bytes: usize| form("", b"").with_body("&".repeat(bytes));
    rejects(&verifier(), of_length(mebibyte).request(), ErrorKind::SignatureMissing);
    rejects(&verifier(), of_length(mebibyte + 1).request(), ErrorKind::BodyTooLarge);
    rejects(
        &verifier(),
        form("", b"").with_body("%".repeat(mebibyte)).request(),
        ErrorKind::ParameterMalformed,
    );
    rejects(&verifier().max_body(10), form("a=1", b"&a=1").request(), ErrorKind::BodyTooLarge);

    let api_key = |bytes: usize| Sms::untrusted_api_key(of_length(bytes).request()).unwrap_err().kind();
    assert_eq!(
        (api_key(mebibyte), api_key(mebibyte + 1)),
        (ErrorKind::SignatureMissing, ErrorKind::BodyTooLarge)
    );
}

#[test]
fn without_a_tolerance_any_age_and_any_timestamp_verify() {
    for timestamp in ["0", "1", "99999999999", "", "soon", "+5", "00001", "1.5", "1:", "1/"] {
        let delivery =
            sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("timestamp", timestamp).query();
        let verified = accepts(&verifier(), delivery.request());
        let expected = ["0", "1", "99999999999"].contains(&timestamp).then(|| timestamp.parse().unwrap());
        assert_eq!(verified.signed_at().map(UnixTime::as_secs), expected, "{timestamp:?}");
    }
}

#[test]
fn with_a_tolerance_the_timestamp_is_a_plain_number_within_it() {
    let within = |past, future| {
        let tolerance = Tolerance::new(Duration::from_secs(past), Duration::from_secs(future)).unwrap();
        verifier().tolerance(tolerance).clock(|| NOW)
    };
    let signed = |timestamp: &str| {
        sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("timestamp", timestamp).form()
    };
    let now = NOW.to_string();
    let malformed = [
        "",
        "+5",
        "-1",
        " 1",
        "1 ",
        "1.5",
        "1e9",
        "0x1",
        "1_000",
        "00001",
        "٣",
        "９",
        "18446744073709551616",
        "9223372036854775808",
    ];
    for timestamp in malformed.map(str::to_owned).into_iter().chain(["9".repeat(400), format!("0{now}")]) {
        rejects(&within(300, 300), signed(&timestamp).request(), ErrorKind::TimestampMalformed);
    }
    rejects(&within(300, 300), signed("0").request(), ErrorKind::TimestampStale);
    rejects(&within(300, 300), signed(&format!("{now}000")).request(), ErrorKind::TimestampFuture);
    rejects(&within(300, 300), query("a=1", b"&a=1").request(), ErrorKind::TimestampMissing);
    let _ = accepts(&within(0, 0), signed(&now).request());
    rejects(&within(0, 0), signed(&(NOW.as_secs() - 1).to_string()).request(), ErrorKind::TimestampStale);
    let forever = verifier().tolerance(Tolerance::either_way(Duration::MAX).unwrap()).clock(|| NOW);
    let _ = accepts(&forever, signed("9223372036854775807").request());
    let as_number = json(&format!("\"timestamp\":{now}"), format!("&timestamp={now}").as_bytes());
    assert_eq!(accepts(&within(0, 0), as_number.request()).signed_at(), Some(NOW));
}

#[test]
fn the_signature_comes_before_the_time() {
    let stale =
        sign::SmsSigner::new(SignatureMethod::Sha256, &secret(OTHER_KEY)).param("timestamp", "soon").query();
    let tolerance = Tolerance::either_way(Duration::from_secs(1)).unwrap();
    let sms = verifier().tolerance(tolerance).clock(|| UnixTime::from_secs(-1));
    rejects(&sms, stale.request(), ErrorKind::SignatureMismatch);
}

#[test]
fn a_timestamp_is_covered() {
    let delivery = sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).timestamp(NOW).query();
    let changed = delivery.query().replace(&NOW.to_string(), &(NOW.as_secs() + 1).to_string());
    rejects(&verifier(), delivery.with_query(&changed).request(), ErrorKind::SignatureMismatch);
}

#[test]
fn tenants_are_told_apart_by_the_signed_api_key() {
    let tenants = Tenants::new([("first", secret(KEY)), ("second", secret(OTHER_KEY))]).unwrap();
    let sms = Sms::tenants(SignatureMethod::Sha256, tenants);
    let signed = |name: &str, api_key: &str, key: &str| {
        sign::SmsSigner::new(SignatureMethod::Sha256, &secret(key))
            .param(name, api_key)
            .param("text", "Hello")
            .form()
    };
    for name in ["api-key", "api_key"] {
        for (api_key, key) in [("first", KEY), ("second", OTHER_KEY)] {
            let verified = accepts(&sms, signed(name, api_key, key).request());
            assert_eq!((verified.tenant(), verified.coverage()), (Some(api_key), Coverage::Params));
        }
        rejects(&sms, signed(name, "first", OTHER_KEY).request(), ErrorKind::SignatureMismatch);
        rejects(&sms, signed(name, "third", KEY).request(), ErrorKind::TenantUnknown);
        rejects(&sms, signed(name, "", KEY).request(), ErrorKind::TenantUnknown);
    }
    rejects(&sms, signed("account", "first", KEY).request(), ErrorKind::TenantMissing);
    rejects(&sms, query("api-key=%ff", b"&api-key=\xff").request(), ErrorKind::TenantUnknown);
    let both = |second: &str| {
        let with_hyphen =
            sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("api-key", "first");
        with_hyphen.param("api_key", second).query()
    };
    let _ = accepts(&sms, both("first").request());
    rejects(&sms, both("second").request(), ErrorKind::TenantUnknown);

    let twice = Tenants::new([("first", secret(KEY)), ("first", secret(OTHER_KEY))]);
    assert_eq!(twice.unwrap_err(), ConfigError::TenantRepeated);
}

#[test]
fn the_untrusted_api_key_is_for_a_look_up() {
    let signer = || sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("api-key", "a1b2c3d4");
    for delivery in [signer().query(), signer().form(), signer().json()] {
        assert_eq!(Sms::untrusted_api_key(delivery.request()).unwrap(), "a1b2c3d4");
    }
    let kind = |delivery: Delivery| Sms::untrusted_api_key(delivery.request()).unwrap_err().kind();
    assert_eq!(kind(query("a=1", b"")), ErrorKind::TenantMissing);
    assert_eq!(kind(query("api-key=1&api-key=1", b"")), ErrorKind::ParameterRepeated);
    assert_eq!(kind(form("", b"").with_body("a".repeat(1024 * 1024 + 1))), ErrorKind::BodyTooLarge);
    assert_eq!(kind(query("", b"").with_method("PUT")), ErrorKind::MethodUnsupported);
    assert_eq!(kind(signer().query().with_body("x")), ErrorKind::BodyUnexpected);
    assert_eq!(kind(query("a%3Db=1", b"")), ErrorKind::ParameterAmbiguous);
    let with_sig = |sig: &str| signer().form().with_body(format!("api-key=a1b2c3d4{sig}"));
    assert_eq!(kind(with_sig("")), ErrorKind::SignatureMissing);
    for length in 0..=130 {
        let named = Sms::untrusted_api_key(with_sig(&format!("&sig={}", "A".repeat(length))).request());
        let expected = if [32, 40, 64, 128].contains(&length) {
            Ok("a1b2c3d4")
        } else {
            Err(ErrorKind::SignatureMalformed)
        };
        assert_eq!(named.as_deref().map_err(countersign::Error::kind), expected, "{length}");
        assert_eq!(kind(with_sig(&format!("&sig={}g", "A".repeat(length)))), ErrorKind::SignatureMalformed);
    }
}

#[test]
fn the_replay_key_is_the_signature_in_one_spelling() {
    let delivery = query("a=1", b"&a=1");
    let upper = sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("a", "1").query();
    let key = |delivery: &Delivery| accepts(&verifier(), delivery.request()).replay_key().unwrap();
    let signature = hex::decode(sig(b"&a=1")).unwrap();
    assert_eq!(key(&delivery), ReplayKey::new([Vec::new(), signature]));
    assert_eq!(key(&delivery), key(&upper));
    assert_ne!(key(&delivery), key(&query("a=2", b"&a=2")));
}
