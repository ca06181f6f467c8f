//! The platforms that sign the body, most with a time beside it: their vectors (`tests/vectors/bodies.json`), each as it is and
//! altered, and what each has of its own. A vector whose source is `own` was made here, since the vendor publishes none.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::ErrorKind::{
    BodyMalformed, HeaderMalformed, MethodUnsupported, ParameterMalformed, SignatureMalformed,
    SignatureMismatch, SignatureMissing, TimestampFuture, TimestampMalformed, TimestampStale,
};
use countersign::schemes::{Scheme, Settings, Window};
use countersign::sign::Unsigned;
use countersign::{
    ConfigError, Coverage, Daily, ElevenLabs, Head, Hume, Jaas, Keyring, Replays, Request, Sinch, Tolerance,
    Ultravox, UnixTime, Verifier, Zoom,
};
use serde::Deserialize;

use crate::support::{HeaderList, OTHER_KEY, accepts, at, get, headers, hmac_sha256, post, rejects, secret};

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Vector {
    pub(crate) scheme: String,
    source: String,
    secret: Option<String>,
    public_key: Option<String>,
    algorithm: Option<String>,
    pub(crate) header: Option<String>,
    timestamp_header: Option<String>,
    message_id_header: Option<String>,
    format: Option<String>,
    prefix: Option<String>,
    encoding: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    now: i64,
    /// Seconds in the past and in the future.
    window: (i64, i64),
    /// The time as it is sent, and a second later; empty where none is signed.
    pub(crate) time: String,
    later: String,
    id: Option<String>,
}

impl Vector {
    /// The settings, this many seconds after the vector was signed.
    fn settings(&self, seconds: i64) -> Settings {
        let mut settings = Settings::default();
        settings.keyring = self.secret.as_deref().map(|text| secret(text).into());
        #[cfg(feature = "ed25519")]
        settings.public_keys.extend(
            self.public_key.as_deref().map(|text| countersign::PublicKey::from_base64(text).unwrap()),
        );
        settings.algorithm.clone_from(&self.algorithm);
        settings.header.clone_from(&self.header);
        settings.timestamp_header.clone_from(&self.timestamp_header);
        settings.message_id_header.clone_from(&self.message_id_header);
        settings.format.clone_from(&self.format);
        settings.prefix.clone_from(&self.prefix);
        settings.encoding.clone_from(&self.encoding);
        let now = UnixTime::from_secs(self.now + seconds);
        settings.clock(move || now)
    }

    pub(crate) fn verifier(&self, seconds: i64) -> Box<dyn Verifier> {
        Scheme::named(&self.scheme).unwrap().build(&self.settings(seconds)).unwrap()
    }

    pub(crate) fn request(&self) -> Request<'_> {
        Request::new(Head::new("POST", &self.headers), &self.body)
    }

    /// Replaces a text in the headers.
    pub(crate) fn replaced(&self, text: &str, other: &str) -> Self {
        let mut altered = self.clone();
        for (_, value) in &mut altered.headers {
            *value = value.replace(text, other);
        }
        altered
    }

    fn with_body(&self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self.clone() }
    }

    /// Whether the window is required.
    fn needs_its_window(&self) -> bool {
        self.scheme == "ultravox" || self.format.as_deref() == Some("{body}{timestamp}")
    }
}

pub(crate) fn vectors() -> Vec<Vector> {
    let all: Vec<Vector> = serde_json::from_str(include_str!("../vectors/bodies.json")).unwrap();
    assert_eq!(all.len(), 37);
    all.into_iter().filter(|vector| cfg!(feature = "ed25519") || vector.public_key.is_none()).collect()
}

#[test]
fn vectors_are_accepted_and_altered_ones_rejected() {
    for vector in vectors() {
        let verifier = vector.verifier(0);
        let proof = accepts(&*verifier, vector.request());
        let signed_at = (!vector.time.is_empty()).then(|| UnixTime::from_secs(vector.now));
        assert_eq!((proof.signed_at(), proof.coverage()), (signed_at, Coverage::Body));
        assert_eq!(proof.replay_key().is_some(), vector.id.is_some());
        assert_eq!(verifier.replays() != Replays::Undetectable, vector.id.is_some());
        assert_eq!((verifier.scheme(), proof.key().index()), (&*vector.scheme, 0));
        assert!(vector.source == "own" || vector.source.len() >= 20, "{}", vector.source);

        let bodies = [format!("{} ", vector.body), format!(" {}", vector.body), vector.body.to_uppercase()];
        let mut altered: Vec<_> = bodies.iter().map(|body| vector.with_body(body)).collect();
        altered.push(vector.with_body(""));
        if !vector.time.is_empty() {
            altered.push(vector.replaced(&vector.time, &vector.later));
        }
        altered.extend(vector.id.iter().map(|id| vector.replaced(id, &format!("{id}x"))));
        for altered in altered {
            rejects(&*verifier, altered.request(), SignatureMismatch);
        }
        let other = Vector {
            public_key: vector.public_key.as_ref().map(|_| OTHER_PUBLIC_KEY.to_owned()),
            secret: vector.secret.as_ref().map(|_| OTHER_KEY.to_owned()),
            ..vector.clone()
        };
        rejects(&*other.verifier(0), vector.request(), SignatureMismatch);
    }
}

const OTHER_PUBLIC_KEY: &str = "+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=";

#[test]
fn the_window_of_a_scheme_includes_its_bounds_and_can_be_turned_off_unless_it_is_required() {
    for vector in vectors() {
        let ((past, future), at) = (vector.window, |seconds| vector.verifier(seconds));
        if !vector.time.is_empty() {
            for seconds in [0, past, -future] {
                let _ = accepts(&*at(seconds), vector.request());
            }
            rejects(&*at(past + 1), vector.request(), TimestampStale);
            rejects(&*at(-future - 1), vector.request(), TimestampFuture);
            // The signature is checked before the time.
            rejects(&*at(past + 1), vector.with_body("").request(), SignatureMismatch);
        }
        let build = |window| {
            let mut settings = vector.settings(1_000_000_000);
            settings.window = window;
            Scheme::named(&vector.scheme).unwrap().build(&settings)
        };
        if vector.needs_its_window() {
            assert_eq!(build(Window::AnyAge).map(drop).unwrap_err(), ConfigError::WindowRequired);
            for (seconds, expected) in [(43_199, Ok(())), (43_200, Err(ConfigError::WindowRequired))] {
                let window = Tolerance::either_way(Duration::from_secs(seconds)).unwrap();
                assert_eq!(build(Window::Within(window)).map(drop), expected);
            }
        } else {
            let _ = accepts(&*build(Window::AnyAge).unwrap(), vector.request());
        }
    }
}

#[test]
fn elevenlabs_sends_one_time_and_several_signatures() {
    let elevenlabs = at(ElevenLabs::new(secret("test_secret")), 1_600_000_000);
    assert_eq!(elevenlabs.body_limit(), Some(32 * 1024 * 1024));
    let body = "{}";
    let right = hex::encode(hmac_sha256(b"test_secret", "1600000000.{}"));
    let wrong = "0".repeat(64);
    for value in [
        format!("t=1600000000,v0={right}"),
        format!("v0={right},t=1600000000"),
        format!("t=1600000000, v0={right}"),
        format!("t=1600000000,v1={wrong},v0={},x", right.to_uppercase()),
    ] {
        let _ = accepts(&elevenlabs, post(&headers([("ElevenLabs-Signature", &value)]), body));
    }
    for (value, kind) in [
        (format!("t=1600000000,v1={right}"), SignatureMalformed),
        (format!("v0={right}"), SignatureMalformed),
        (right.clone(), SignatureMalformed),
        (format!("t=1600000000;v0={right}"), TimestampMalformed),
        (format!("t=1600000000,t=1600000000,v0={right}"), SignatureMalformed),
        (format!("t=1600000001,t=1600000000,v0={right}"), SignatureMalformed),
        (format!("t=1600000000,v0=sha256={right}"), SignatureMalformed),
        (format!("t=1600000000,v0={}", &right[1..]), SignatureMalformed),
        (format!("t=,v0={right}"), TimestampMalformed),
        (String::new(), SignatureMalformed),
    ] {
        rejects(&elevenlabs, post(&headers([("ElevenLabs-Signature", &value)]), body), kind);
    }
}

#[test]
fn the_secret_of_jaas_is_text() {
    let shown = "whsec_bWFkZS11cA==";
    let jaas = at(Jaas::new(secret(shown)), 1_700_000_000);
    let encoded = |key: &[u8]| BASE64_STANDARD.encode(hmac_sha256(key, "1700000000.{}"));
    let (right, decoded) = (encoded(shown.as_bytes()), encoded(b"made-up"));
    let wrong = BASE64_STANDARD.encode([0; 32]);
    for value in [
        format!("t=1700000000,v1={right}"),
        format!("t=1700000000,v1={wrong},v1={right}"),
        format!("v0=x,v1={right}, t=1700000000"),
    ] {
        let _ = accepts(&jaas, post(&headers([("X-Jaas-Signature", &value)]), "{}"));
    }
    for (value, kind) in [
        (format!("t=1700000000,v1={decoded}"), SignatureMismatch),
        (format!("t=1700000000,v1={}", right.trim_end_matches('=')), SignatureMalformed),
        (format!("t=1700000000,v1={right}="), SignatureMalformed),
        (format!("t=1700000000,v2={right}"), SignatureMalformed),
        (format!("t=1700000000,t=1,v1={right}"), SignatureMalformed),
    ] {
        rejects(&jaas, post(&headers([("X-Jaas-Signature", &value)]), "{}"), kind);
    }
}

#[test]
fn hume_signs_the_body_first() {
    let hume = at(Hume::new(secret("k")), 1_750_000_000);
    let request = |message: &str, time: &str| {
        headers([
            ("X-Hume-AI-Webhook-Signature", &hex::encode(hmac_sha256(b"k", message))),
            ("X-Hume-AI-Webhook-Timestamp", time),
        ])
    };
    let _ = accepts(&hume, post(&request("{}.1750000000", "1750000000"), "{}"));
    rejects(&hume, post(&request("1750000000.{}", "1750000000"), "{}"), SignatureMismatch);
    // Cut at the other dot.
    let twice = request("{}.1750000000.1750000001", "1750000001");
    let _ = accepts(&hume, post(&twice, "{}.1750000000"));
    let cut = request("{}.1750000000.1750000001", "1750000000.1750000001");
    rejects(&hume, post(&cut, "{}"), TimestampMalformed);
    // The account's API key also signs.
    let both = Hume::new(Keyring::new([secret("signing-key"), secret("k")]).unwrap());
    let verified = accepts(&at(both, 1_750_000_000), post(&request("{}.1750000000", "1750000000"), "{}"));
    assert_eq!(verified.key().index(), 1);
}

#[test]
fn ultravox_signs_a_date_and_lists_signatures() {
    let ultravox = at(Ultravox::new(secret("k")), 1_795_608_000);
    let request = |list: &str, time: &str| {
        headers([("X-Ultravox-Webhook-Signature", list), ("X-Ultravox-Webhook-Timestamp", time)])
    };
    let signed = |time: &str| hex::encode(hmac_sha256(b"k", format!("{{}}{time}")));
    let valid = "2026-11-25T12:00:00Z 2026-11-25T12:00:00 2026-11-25T12:00:59.999999999Z \
        2026-11-25T11:59:00.123456 2026-11-25T13:00:00+01:00 2026-11-25T06:30:00-05:30 2026-11-25T12:00:00-00:00";
    for time in valid.split(' ') {
        let _ = accepts(&ultravox, post(&request(&signed(time), time), "{}"));
    }
    let malformed = "|1795608000|2026-11-25|2026-11-25 12:00:00Z|2026-11-25t12:00:00z|2026-11-25T12:00Z\
        |2026-11-25T12:00:00.Z|2026-11-25T12:00:00,5Z|2026-11-25T12:00:00+01|2026-11-25T12:00:00+0100\
        |2026-11-25T12:00:00 UTC| 2026-11-25T12:00:00Z|+2026-11-25T12:00:00Z|12026-11-25T12:00:00Z\
        |2026-11-31T12:00:00Z|2026-11-25T24:00:00Z|2026-11-25T12:00:60Z";
    for time in malformed.split('|') {
        rejects(&ultravox, post(&request(&signed(time), time), "{}"), TimestampMalformed);
    }
    for (time, kind) in
        [("2026-11-25T12:00:00+01:00", TimestampStale), ("2026-11-25T12:00:00-01:00", TimestampFuture)]
    {
        rejects(&ultravox, post(&request(&signed(time), time), "{}"), kind);
    }

    // Digits move from the body to the time, which is then invalid or outside the window.
    let moved = hex::encode(hmac_sha256(b"k", "{}12026-11-25T12:00:00Z"));
    let _ = accepts(&ultravox, post(&request(&moved, "2026-11-25T12:00:00Z"), "{}1"));
    rejects(&ultravox, post(&request(&moved, "12026-11-25T12:00:00Z"), "{}"), TimestampMalformed);

    let time = "2026-11-25T12:00:00Z";
    let (right, wrong) = (signed(time), "0".repeat(64));
    for list in [format!("{wrong}, {right}"), format!("{right},"), format!("x,{right}")] {
        let _ = accepts(&ultravox, post(&request(&list, time), "{}"));
    }
    for (list, kind) in [
        (format!("{wrong} {right}"), SignatureMalformed),
        (",".repeat(20), SignatureMalformed),
        (String::new(), SignatureMalformed),
    ] {
        rejects(&ultravox, post(&request(&list, time), "{}"), kind);
    }
}

fn zoom_headers(key: &str, time: &str, body: &str) -> HeaderList {
    let signature = format!("v0={}", hex::encode(hmac_sha256(key.as_bytes(), format!("v0:{time}:{body}"))));
    headers([("x-zm-signature", &signature), ("x-zm-request-timestamp", time)])
}

#[test]
fn zoom_signs_with_version_v0() {
    let zoom = at(Zoom::new(secret("k")), 1_700_000_000);
    let genuine = zoom_headers("k", "1700000000", "{}");
    let _ = accepts(&zoom, post(&genuine, "{}"));
    let right = genuine[0].1.trim_start_matches("v0=");
    for value in [right.to_owned(), format!("v1={right}"), format!("V0={right}"), format!("v0= {right}")] {
        let headers = headers([("x-zm-signature", &value), ("x-zm-request-timestamp", "1700000000")]);
        rejects(&zoom, post(&headers, "{}"), SignatureMalformed);
    }
    for time in ["01700000000", "+1700000000", "1700000000:1", "v0"] {
        rejects(&zoom, post(&zoom_headers("k", time, "{}"), "{}"), TimestampMalformed);
    }
}

#[test]
fn only_zooms_url_validation_is_answered() {
    let keyring = Keyring::new([secret("new"), secret("old")]).unwrap();
    let zoom = at(Zoom::new(keyring), 1_700_000_000);
    let validation = |token: &str| {
        format!(r#"{{"event":"endpoint.url_validation","payload":{{"plainToken":{token}}},"event_ts":1}}"#)
    };
    let answer = |key: &str, body: &str| {
        let signed = zoom_headers(key, "1700000000", body);
        zoom.answer_url_validation(post(&signed, body)).map_err(|error| error.kind())
    };
    // The key that signed also answers.
    for key in ["new", "old"] {
        let expected = format!(
            r#"{{"encryptedToken":"{}","plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#,
            hex::encode(hmac_sha256(key.as_bytes(), "qgg8vlvZRS6UYooatFL8Aw"))
        );
        assert_eq!(answer(key, &validation(r#""qgg8vlvZRS6UYooatFL8Aw""#)), Ok(Some(expected)));
    }
    // As JSON text.
    let quoted = answer("new", &validation(r#""a\"\\b""#)).unwrap().unwrap();
    let read: serde_json::Value = serde_json::from_str(&quoted).unwrap();
    assert_eq!(read["plainToken"], "a\"\\b");
    assert_eq!(read["encryptedToken"], hex::encode(hmac_sha256(b"new", "a\"\\b")));

    // A token that could be a signed message.
    for token in
        [r#""v0:1700000000:{}""#, r#"":""#, r#""v0\u003a1700000000\u003a{}""#, r#""""#, "1", "null", "[]"]
    {
        assert_eq!(answer("new", &validation(token)), Err(ParameterMalformed), "{token}");
    }
    for payload in ["", r#","payload":{}"#, r#","payload":"plainToken""#, r#","plainToken":"x""#] {
        let body = format!(r#"{{"event":"endpoint.url_validation"{payload}}}"#);
        assert_eq!(answer("new", &body), Err(ParameterMalformed), "{body}");
    }
    // Other events.
    for body in [
        r#"{"event":"meeting.started","payload":{"plainToken":"x"}}"#,
        r#"{"payload":{"event":"endpoint.url_validation","plainToken":"x"}}"#,
        r#"{"event":["endpoint.url_validation"],"payload":{"plainToken":"x"}}"#,
        r#"["endpoint.url_validation"]"#,
        "{}",
        "1",
    ] {
        assert_eq!(answer("new", body), Ok(None), "{body}");
    }
    for body in ["", "endpoint.url_validation", "{", "\u{feff}{}"] {
        assert_eq!(answer("new", body), Err(BodyMalformed), "{body}");
    }

    // A forged request gets no answer.
    let body = validation(r#""x""#);
    assert_eq!(answer("another key", &body), Err(SignatureMismatch));
    let genuine = zoom_headers("new", "1700000000", &body);
    for (request, kind) in [
        (post(&Vec::new(), &body), SignatureMissing),
        (post(&zoom_headers("new", "1699999699", &body), &body), TimestampStale),
        (post(&zoom_headers("new", "1700000000", "{}"), &body), SignatureMismatch),
        (get(&genuine, &body), MethodUnsupported),
    ] {
        assert_eq!(zoom.answer_url_validation(request).map_err(|error| error.kind()), Err(kind));
    }
}

const DAILY_SECRET: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

#[test]
fn daily_counts_seconds_or_milliseconds_by_the_digits() {
    let daily = at(Daily::new(secret(DAILY_SECRET)).unwrap(), 1_785_412_800);
    let signature = |time: &str| BASE64_STANDARD.encode(hmac_sha256(&[7; 32], format!("{time}.{{}}")));
    let request =
        |time: &str| headers([("X-Webhook-Signature", &signature(time)), ("X-Webhook-Timestamp", time)]);
    for (time, signed_at) in
        [("1785412800", 1_785_412_800), ("1785412800000", 1_785_412_800), ("1785412799999", 1_785_412_799)]
    {
        let verified = accepts(&daily, post(&request(time), "{}"));
        assert_eq!(verified.signed_at(), Some(UnixTime::from_secs(signed_at)));
    }
    let malformed = "|178541280|17854128000|178541280000|17854128000000|1785412800000000|0785412800\
        |0001785412800|+785412800|-785412800|1785412800.00|178541280 |1785412e03";
    for time in malformed.split('|') {
        rejects(&daily, post(&request(time), "{}"), TimestampMalformed);
    }

    // Pinless dial-in has its own headers.
    let pinless = at(Daily::pinless(secret(DAILY_SECRET)).unwrap(), 1_785_412_800);
    let of_pinless =
        headers([("X-Pinless-Signature", &signature("1785412800")), ("X-Pinless-Timestamp", "1785412800")]);
    let _ = accepts(&pinless, post(&of_pinless, "{}"));
    rejects(&pinless, post(&of_pinless, "[]"), SignatureMismatch);
    rejects(&pinless, post(&request("1785412800"), "{}"), SignatureMissing);
    rejects(&daily, post(&of_pinless, "{}"), SignatureMissing);
    let signed = pinless.sign(secret(DAILY_SECRET), &Unsigned::json("{}")).unwrap();
    let _ = accepts(&pinless, signed.request());

    // The probe when a webhook is created.
    rejects(&daily, post(&Vec::new(), r#"{"test":"test"}"#), SignatureMissing);
    let unsigned = daily.sign(secret("not base64!"), &Unsigned::json("{}")).unwrap_err();
    assert_eq!(unsigned.kind(), SignatureMalformed);
    for constructor in [Daily::new, Daily::pinless] {
        assert_eq!(constructor(secret("not base64!")).unwrap_err(), ConfigError::SecretNotBase64);
        assert_eq!(constructor(secret("====")).unwrap_err(), ConfigError::SecretNotBase64);
    }
    // Its secret is base64 without a prefix.
    let prefixed = format!("whsec_{DAILY_SECRET}");
    assert_eq!(Daily::new(secret(&prefixed)).unwrap_err(), ConfigError::SecretNotBase64);
}

#[test]
fn the_nonce_of_sinch_has_no_dot() {
    let sinch = at(Sinch::new(secret("k")), 1_634_579_353);
    let request = |message: &str, nonce: &str, time: &str| {
        headers([
            ("x-sinch-webhook-signature", &BASE64_STANDARD.encode(hmac_sha256(b"k", message))),
            ("x-sinch-webhook-signature-nonce", nonce),
            ("x-sinch-webhook-signature-timestamp", time),
        ])
    };
    let genuine = request("{}.a.b.1634579353", "b", "1634579353");
    let _ = accepts(&sinch, post(&genuine, "{}.a"));
    for (nonce, body) in [("a.b", "{}"), ("", "{}.a.b"), (".b", "{}.a")] {
        let cut = request(&format!("{body}.{nonce}.1634579353"), nonce, "1634579353");
        rejects(&sinch, post(&cut, body), HeaderMalformed);
    }
    // A request does not choose its algorithm.
    for algorithm in ["HmacSHA1", "none", "HmacSHA256"] {
        let mut chosen = request("{}.n.1634579353", "n", "1634579353");
        chosen.extend(headers([("x-sinch-webhook-signature-algorithm", algorithm)]));
        let _ = accepts(&sinch, post(&chosen, "{}"));
        chosen[0].1 = "AAAA".to_owned();
        rejects(&sinch, post(&chosen, "{}"), SignatureMalformed);
    }
}
