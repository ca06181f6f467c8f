//! Rules of the SMS API only. The catalogue has the attacks on their parameters.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use countersign::ErrorKind::{
    self, BodyMalformed, BodyMissing, BodyTooLarge, BodyUnexpected, HeaderRepeated, MediaTypeUnsupported,
    MethodUnsupported, ParameterAmbiguous, ParameterMalformed, ParameterNested, ParameterRepeated,
    ParametersTooMany, QueryTooLong, SchemeMismatch, SignatureMalformed, SignatureMismatch, SignatureMissing,
    TenantMissing, TenantUnknown, TimestampStale,
};
use countersign::sign::{self, Delivery};
use countersign::vonage::{SignatureMethod, Sms};
use countersign::{ConfigError, Coverage, Keyring, ReplayKey, Tenants, Tolerance, UnixTime, Verifier};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::support::{KEY, NOW, OTHER_KEY, accepts, hmac_sha256, rejects, secret};

fn verifier() -> Sms {
    Sms::new(SignatureMethod::Sha256, secret(KEY))
}

fn signer() -> sign::SmsSigner {
    sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY))
}

/// Signs a string unchanged.
fn sig(string: &[u8]) -> String {
    hex::encode(hmac_sha256(KEY.as_bytes(), string))
}

fn query(raw: &str, signed: &[u8]) -> Delivery {
    let separator = if raw.is_empty() { "" } else { "&" };
    signer().query().with_query(&format!("{raw}{separator}sig={}", sig(signed)))
}

fn form(raw: &str, signed: &[u8]) -> Delivery {
    let query = query(raw, signed);
    signer().form().with_body(query.query())
}

/// `members` without the braces.
fn json(members: &str, signed: &[u8]) -> Delivery {
    let separator = if members.is_empty() { "" } else { "," };
    json_body(&format!("{{{members}{separator}\"sig\":\"{}\"}}", sig(signed)))
}

fn json_body(body: &str) -> Delivery {
    signer().json().with_body(body)
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

/// Names are sorted by words of eight bytes: equal words, then NULs at the end.
#[test]
fn long_and_nul_names_are_sorted_by_their_bytes() {
    accepts_both(
        "message-to=2&z=4&message-time=1&message-=0",
        b"&message-=0&message-time=1&message-to=2&z=4",
    );
    accepts_both("a%00%00=3&a-b=4&a=1&a%00=2", b"&a=1&a\0=2&a\0\0=3&a-b=4");
    for raw in ["message-timestamp=1&message-time=2&message-timestamp=3", "a%00=1&a=2&a%00=3"] {
        rejects_both(raw, b"&a=1", ParameterRepeated);
    }
}

#[test]
fn a_signature_in_json_is_text() {
    for (sig, kind) in [("null", SignatureMalformed), ("7", SignatureMalformed), ("{}", ParameterNested)] {
        let delivery = json_body(&format!(r#"{{"a":"1","sig":{sig}}}"#));
        rejects(&verifier(), delivery.request(), kind);
    }
}

/// An unsigned member could hide text that a handler reads instead.
#[test]
fn a_blank_member_of_json_has_a_plain_name() {
    for name in ["{", "text[]", "a b", "\u{e9}", "", &"a".repeat(65)] {
        let delivery = json(&format!(r#""a":"1","{name}":null"#), b"&a=1");
        let kind = if name.is_empty() { ParameterMalformed } else { ParameterAmbiguous };
        rejects(&verifier(), delivery.request(), kind);
    }
    // A signed parameter may have any name.
    accepts_both("a=1&text%5B%5D=", b"&a=1&text[]=");
    accepts_both("a=1&{&b=", b"&a=1&b=&{=");
    // The signature is checked first.
    rejects_both("a=1&text[]=", b"&a=2", SignatureMismatch);
}

/// The catalogue has the other texts and literals.
#[test]
fn an_emoji_in_json_is_its_decoded_text() {
    let _ = accepts(&verifier(), json(r#""a":"\ud83d\ude00""#, "&a=😀".as_bytes()).request());
    // A long SMS may be cut inside an emoji. The platform does not document what it signs then.
    for half in ["\\ud83d", "\\ude00"] {
        let delivery = json(&format!("\"text\":\"a{half}\""), b"&text=a\xed\xa0\xbd");
        rejects(&verifier(), delivery.request(), BodyMalformed);
    }
    accepts_both("text=a%ED%A0%BD", b"&text=a\xed\xa0\xbd");
}

#[test]
fn deeply_nested_json_is_rejected() {
    for open in ["[", "{\"a\":"] {
        for body in [open.repeat(100_000), format!("{{\"a\":{}", open.repeat(100_000))] {
            rejects(&verifier(), json_body(&body).request(), BodyMalformed);
        }
    }
}

#[test]
fn blank_values_are_signed_or_left_out() {
    for blank in ["", "+", "%00", "%09%0D%0A+"] {
        let raw = format!("a=1&b={blank}&c=");
        let decoded = blank.replace('+', " ").replace("%00", "\0").replace("%09%0D%0A", "\t\r\n");
        accepts_both(&raw, format!("&a=1&b={decoded}&c=").as_bytes());
        accepts_both(&raw, b"&a=1");
        // Either all blank parameters or none.
        rejects_both(&raw, format!("&a=1&b={decoded}").as_bytes(), SignatureMismatch);
    }
    rejects_both("a=1&b=%C2%A0", b"&a=1", SignatureMismatch);
}

#[test]
fn a_proof_has_the_covered_parameters_in_the_signed_order() {
    let parameters = |delivery: Delivery| {
        let parameters = accepts(&verifier(), delivery.request()).parameters().unwrap();
        let pairs = parameters.iter().map(|(name, value)| {
            format!("{}={}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
        });
        pairs.collect::<Vec<_>>().join("|")
    };
    // Values are as received: `&` and `=` are replaced only in the signed string. `sig` is left out.
    assert_eq!(parameters(form("z=1&b=x%26y%3Dz&a=+", b"&a= &b=x_y_z&z=1")), "a= |b=x&y=z|z=1");
    assert_eq!(parameters(query("z=1&b=%FF&a=", b"&a=&b=\xff&z=1")), "a=|b=\u{fffd}|z=1");
    assert_eq!(parameters(json("\"z\":1.50,\"a\":true", b"&a=true&z=1.50")), "a=true|z=1.50");
    // Blank parameters outside the signed string are dropped, since anyone can add them.
    assert_eq!(parameters(form("z=1&b=&c=+&a=2", b"&a=2&z=1")), "a=2|z=1");
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
        let signer = signer();
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
        let signer = signer().param("n", text);
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
    let numbers =
        "NaN|nan|-nan|inf|-inf|+inf|Infinity|-infinity|1e400|-1e400|+1|.5|5.|05|1e| 1|1 |\t1|1_0|0x1";
    let others = r#"null|true|"1"|[1]|"#;
    for text in numbers.split('|').chain(others.split('|')) {
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
    let signer = signer().param("n", "5").param("type", "text");
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

/// `serde_json` must agree on every text between the brackets.
#[test]
fn json_is_accepted_as_by_serde_json() {
    const SPACES: [&str; 6] = ["", " ", "\n\t\r ", "\u{b}", "\u{a0}", ","];
    const ENDS: [&str; 5] = ["}", "} ", "}}", "", "},"];
    let names = r#""a"|""|"é"|"\u0061"|"\ud800"|a|1|"longer than a word""#.split('|').chain(["\"a\tb\""]);
    let texts = r#""b"|""|"exactly8"|"more than eight bytes"|"\""|"\\"|"\/"|"\u00e9"|"\ud83d\ude00"|"\ud83d"|"\x"|"\u12"|"open"#;
    let numbers = "0|7|-1|-0|00|01|1.50|1.|.5|1e5|1e|1E+400|12345678901234567890|+1|1 2";
    let others = r#"true|nul|null|[1,{}]|{"b":[]}|[|"#;
    let raw = ["\"tab\there\"", "\"nul\0here\"", "\"\u{7f}\u{80}\""];
    let values: Vec<_> =
        [texts, numbers, others].iter().flat_map(|list| list.split('|')).chain(raw).collect();
    let mut documents =
        vec![String::new(), "{}".into(), " {} ".into(), "[]".into(), "{,}".into(), "\u{feff}{}".into()];
    for (name, value) in names.flat_map(|name| values.iter().map(move |value| (name, value))) {
        for space in SPACES {
            documents.extend(ENDS.map(|end| format!("{{{space}{name}{space}:{space}{value}{space}{end}")));
            documents.push(format!(r#"{{"z":1,{space}{name}:{value}{space},{space}"y":"x"}}"#));
        }
    }
    let mut read = 0;
    for text in &documents {
        // Raw values first, since a number may be too large for a float. Then the strings.
        let members = serde_json::from_str::<HashMap<String, &RawValue>>(text);
        let is_json = members.is_ok_and(|members| {
            members
                .values()
                .all(|raw| !raw.get().starts_with('"') || serde_json::from_str::<String>(raw.get()).is_ok())
        });
        let rejection = verifier().verify(json_body(text).request()).unwrap_err().kind();
        let rejected_as_json = matches!(rejection, BodyMalformed | BodyMissing);
        let empty_name = rejection == ParameterMalformed && text.contains(r#""""#);
        assert_eq!(rejected_as_json, !is_json && !empty_name, "{text:?}: {rejection:?}");
        read += usize::from(is_json);
    }
    assert!(read > 900, "{read} of {}", documents.len());
}

#[test]
fn a_messages_api_webhook_is_rejected_as_another_scheme() {
    for body in [
        r#"{"channel":"sms","message_uuid":"aaaaaaaa","text":"Hello"}"#,
        r#"{"message_uuid":"aaaaaaaa","to":{"type":"sms","number":"1"}}"#,
        r#"{"channel":"whatsapp","usage":{"price":"0.1"}}"#,
    ] {
        rejects(&verifier(), json_body(body).request(), SchemeMismatch);
    }
    let _ = accepts(&verifier(), json("\"channel\":\"sms\"", b"&channel=sms").request());
}

#[test]
fn limits_are_inclusive() {
    let many = |count: usize| (0..count).map(|index| format!("p{index:04}=1")).collect::<Vec<_>>().join("&");
    let string = |count: usize| (0..count).map(|index| format!("&p{index:04}=1")).collect::<String>();
    // With `sig`.
    accepts_both(&many(999), string(999).as_bytes());
    rejects_both(&many(1_000), string(1_000).as_bytes(), ParametersTooMany);
    let members: Vec<_> = (0..1_000).map(|index| format!("\"p{index:04}\":1")).collect();
    let _ = accepts(&verifier(), json(&members[..999].join(","), string(999).as_bytes()).request());
    rejects(&verifier(), json(&members.join(","), b"").request(), ParametersTooMany);

    let of_query_length = |bytes: usize| signer().query().with_query(&"a".repeat(bytes));
    rejects(&verifier(), of_query_length(64 * 1024).request(), SignatureMissing);
    rejects(&verifier(), of_query_length(64 * 1024 + 1).request(), QueryTooLong);
    let mebibyte = 1024 * 1024;
    let of_length = |bytes: usize| form("", b"").with_body("&".repeat(bytes));
    rejects(&verifier(), of_length(mebibyte).request(), SignatureMissing);
    rejects(&verifier(), of_length(mebibyte + 1).request(), BodyTooLarge);

    let api_key = |bytes: usize| Sms::untrusted_api_key(of_length(bytes).request()).unwrap_err().kind();
    assert_eq!((api_key(mebibyte), api_key(mebibyte + 1)), (SignatureMissing, BodyTooLarge));
}

#[test]
fn without_a_tolerance_any_age_and_any_timestamp_verify() {
    for timestamp in ["0", "1", "99999999999", "", "soon", "+5", "00001", "1.5", "1:", "1/"] {
        let delivery = signer().param("timestamp", timestamp).query();
        let verified = accepts(&verifier(), delivery.request());
        let expected = ["0", "1", "99999999999"].contains(&timestamp).then(|| timestamp.parse().unwrap());
        assert_eq!(verified.signed_at().map(UnixTime::as_secs), expected, "{timestamp:?}");
    }
}

/// The catalogue has the plain forms of the charset.
#[test]
fn the_media_type_selects_form_or_json() {
    let (form, json) = (form("a=1", b"&a=1"), json("\"a\":1", b"&a=1"));
    let typed = |delivery: &Delivery, media_type: &str| {
        delivery.clone().without_header("content-type").with_header("Content-Type", media_type)
    };
    let accepted = "Application/X-WWW-Form-URLEncoded; charset=utf-8|application/x-www-form-urlencoded;charset=utf-8\
        | application/x-www-form-urlencoded ; a=b|application/x-www-form-urlencoded;\
        |application/x-www-form-urlencoded; charset=US-ASCII ; a=b|application/x-www-form-urlencoded; a=b; charset=utf-8";
    for media_type in accepted.split('|') {
        let _ = accepts(&verifier(), typed(&form, media_type).request());
    }
    let _ = accepts(&verifier(), typed(&json, "APPLICATION/JSON;x").request());
    let others = "|text/plain|application/x-www-form-urlencoded2|multipart/form-data|application/xml\
        |application/vnd.api+json|text/json";
    let charsets = "=||*0=utf-16|= utf-8|=utf-8 utf-16|='utf-8'|=\"utf-8|=utf-8,charset=utf-16";
    let charsets = charsets.split('|').map(|end| format!("application/x-www-form-urlencoded; charset{end}"));
    let beside = ["; a charset=utf-16", "; xcharset=utf-8"]
        .map(|end| format!("application/x-www-form-urlencoded{end}"));
    for media_type in others.split('|').map(str::to_owned).chain(charsets).chain(beside) {
        rejects(&verifier(), typed(&form, &media_type).request(), MediaTypeUnsupported);
    }
    let twice = form.clone().with_header("content-type", "application/json");
    for (delivery, kind) in [
        (typed(&form, "application/json"), BodyMalformed),
        (form.without_header("content-type"), MediaTypeUnsupported),
        (twice, HeaderRepeated),
    ] {
        rejects(&verifier(), delivery.request(), kind);
    }
}

#[test]
fn with_a_tolerance_the_timestamp_is_checked() {
    let within = |past, future| {
        let tolerance = Tolerance::new(Duration::from_secs(past), Duration::from_secs(future)).unwrap();
        verifier().tolerance(tolerance).clock(|| NOW)
    };
    let signed = |timestamp: &str| signer().param("timestamp", timestamp).form();
    let now = NOW.to_string();
    let _ = accepts(&within(0, 0), signed(&now).request());
    let before = (NOW.as_secs() - 1).to_string();
    rejects(&within(0, 0), signed(&before).request(), TimestampStale);
    let forever = verifier().tolerance(Tolerance::either_way(Duration::MAX).unwrap()).clock(|| NOW);
    let _ = accepts(&forever, signed("9223372036854775807").request());
    let as_number = json(&format!("\"timestamp\":{now}"), format!("&timestamp={now}").as_bytes());
    assert_eq!(accepts(&within(0, 0), as_number.request()).signed_at(), Some(NOW));
    // The signature is checked before the time.
    let forged =
        sign::SmsSigner::new(SignatureMethod::Sha256, &secret(OTHER_KEY)).param("timestamp", "soon").query();
    rejects(&within(1, 1).clock(|| UnixTime::from_secs(-1)), forged.request(), SignatureMismatch);
}

#[test]
fn the_signed_api_key_selects_the_tenant() {
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
        rejects(&sms, signed(name, "first", OTHER_KEY).request(), SignatureMismatch);
        rejects(&sms, signed(name, "third", KEY).request(), TenantUnknown);
        rejects(&sms, signed(name, "", KEY).request(), TenantUnknown);
    }
    rejects(&sms, signed("account", "first", KEY).request(), TenantMissing);
    rejects(&sms, query("api-key=%ff", b"&api-key=\xff").request(), TenantUnknown);
    let both = |second: &str| {
        let with_hyphen = signer().param("api-key", "first");
        with_hyphen.param("api_key", second).query()
    };
    let _ = accepts(&sms, both("first").request());
    rejects(&sms, both("second").request(), TenantUnknown);

    let twice = Tenants::new([("first", secret(KEY)), ("first", secret(OTHER_KEY))]);
    assert_eq!(twice.unwrap_err(), ConfigError::TenantRepeated);
}

#[test]
fn the_untrusted_api_key_is_read_before_verification() {
    let signer = || signer().param("api-key", "a1b2c3d4");
    for delivery in [signer().query(), signer().form(), signer().json()] {
        assert_eq!(Sms::untrusted_api_key(delivery.request()).unwrap(), "a1b2c3d4");
    }
    let kind = |delivery: Delivery| Sms::untrusted_api_key(delivery.request()).unwrap_err().kind();
    assert_eq!(kind(query("a=1", b"")), TenantMissing);
    assert_eq!(kind(query("api-key=1&api-key=1", b"")), ParameterRepeated);
    assert_eq!(kind(form("", b"").with_body("a".repeat(1024 * 1024 + 1))), BodyTooLarge);
    assert_eq!(kind(query("", b"").with_method("PUT")), MethodUnsupported);
    assert_eq!(kind(signer().query().with_body("x")), BodyUnexpected);
    assert_eq!(kind(query("a%3Db=1", b"")), ParameterAmbiguous);
    let with_sig = |sig: &str| signer().form().with_body(format!("api-key=a1b2c3d4{sig}"));
    assert_eq!(kind(with_sig("")), SignatureMissing);
    for length in 0..=130 {
        let named = Sms::untrusted_api_key(with_sig(&format!("&sig={}", "A".repeat(length))).request());
        let expected =
            if [32, 40, 64, 128].contains(&length) { Ok("a1b2c3d4") } else { Err(SignatureMalformed) };
        assert_eq!(named.as_deref().map_err(countersign::Error::kind), expected, "{length}");
        assert_eq!(kind(with_sig(&format!("&sig={}g", "A".repeat(length)))), SignatureMalformed);
    }
}

#[test]
fn the_replay_key_is_the_decoded_signature() {
    let delivery = query("a=1", b"&a=1");
    let upper = signer().param("a", "1").query();
    let key = |delivery: &Delivery| accepts(&verifier(), delivery.request()).replay_key().unwrap();
    let signature = hex::decode(sig(b"&a=1")).unwrap();
    assert_eq!(key(&delivery), ReplayKey::new([Vec::new(), signature]));
    assert_eq!(key(&delivery), key(&upper));
    assert_ne!(key(&delivery), key(&query("a=2", b"&a=2")));
}
