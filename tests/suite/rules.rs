//! What one verifier makes of any rule.

use std::time::Duration;

use countersign::rule::{Encoding, Envelope, Hash, Profile, Rule};
use countersign::{
    Algorithm, BaseUrl, ConfigError, Coverage, Error, ErrorKind, Head, HeaderName, Keyring, Keys, ReplayKey,
    Request, Tenants, Tolerance, UnixTime, Verified, Verifier, Webhook,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::support::{KEY, NOW, OTHER_KEY, accepts, in_chunks, refuses, secret};

static SIGNATURE: HeaderName = HeaderName::from_static("x-sig");
static TIME: HeaderName = HeaderName::from_static("x-time");
static ID: HeaderName = HeaderName::from_static("x-id");

/// A rule that is a function and a profile.
struct Written(Profile, for<'h> fn(Head<'h>, &mut Envelope<'h>) -> Result<(), Error>);

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(stringify!(Written))
    }
}

impl Rule for Written {
    fn profile(&self) -> Profile {
        self.0
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        self.1(head, envelope)
    }
}

type Read = for<'h> fn(Head<'h>, &mut Envelope<'h>) -> Result<(), Error>;

fn webhook(profile: Profile, read: Read) -> Webhook<Written> {
    let keys = Keys::hmac(Algorithm::Sha256, secret(KEY));
    Webhook::with_rule(Written(profile, read), keys).unwrap().clock(|| NOW)
}

fn tag(message: &[u8]) -> String {
    tag_by(KEY, message)
}

fn tag_by(key: &str, message: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    hex::encode(mac.chain_update(message).finalize().into_bytes())
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The verdict on a request, the same in one piece and in chunks.
#[track_caller]
fn verdict(verifier: &dyn Verifier, headers: &[(&str, &str)], body: &[u8]) -> Result<Verified, ErrorKind> {
    let headers: Vec<_> = headers.to_vec();
    let head = Head::new("POST", &headers).with_target("/hook?a=1&b=%27");
    let request = Request::new(head, body);
    let verdict = verifier.verify(request);
    for size in [1, 3, 64] {
        assert_eq!(in_chunks(verifier, request, size), verdict);
    }
    verdict.map_err(|error| error.kind())
}

#[track_caller]
fn coverage(verifier: &dyn Verifier, signature: &str, body: &[u8]) -> Result<Coverage, ErrorKind> {
    verdict(verifier, &[("x-sig", signature), FORM], body).map(|verified| verified.coverage())
}

#[test]
fn a_rule_that_forgets_the_body_refuses_one() {
    let forgetful = webhook(Profile::new("forgetful"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("x");
        Ok(())
    });
    assert_eq!(coverage(&forgetful, &tag(b"x"), b""), Ok(Coverage::Body));
    assert_eq!(coverage(&forgetful, &tag(b"x"), b"{}"), Err(ErrorKind::BodyUnexpected));
    assert_eq!(coverage(&forgetful, &tag(b""), b""), Err(ErrorKind::SignatureMismatch));
}

#[test]
fn a_candidate_that_leaves_the_body_out_signs_nothing() {
    let either = webhook(Profile::new("either"), |head, envelope| {
        envelope
            .hex(head.signature(&SIGNATURE)?)
            .part("a")
            .or()
            .part("b")
            .body()
            .part("c")
            .or()
            .body()
            .part("d");
        Ok(())
    });
    for (message, accepted) in [
        (&b"b{}c"[..], true),
        (b"{}d", true),
        (b"a", false),
        (b"a{}", false),
        (b"b{}", false),
        (b"{}c", false),
    ] {
        let expected = if accepted { Ok(Coverage::Body) } else { Err(ErrorKind::SignatureMismatch) };
        assert_eq!(coverage(&either, &tag(message), b"{}"), expected);
    }
}

#[test]
fn a_body_can_stand_in_the_message_by_its_hash() {
    let hashed = webhook(Profile::new("hashed"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("POST\n").body_hash(Hash::Md5, Encoding::Base64);
        envelope.part("\n").or().body_hash(Hash::Sha256, Encoding::Hex);
        Ok(())
    });
    let sha256 = hex::encode(Sha256::digest("body"));
    for message in ["POST\nhBoov6B3h27hWZRhYf/7lg==\n".to_owned(), sha256] {
        let signature = tag(message.as_bytes());
        let expected =
            if message.contains("hBoov") { Err(ErrorKind::SignatureMismatch) } else { Ok(Coverage::Body) };
        assert_eq!(coverage(&hashed, &signature, b"body"), expected, "{message}");
        assert_eq!(coverage(&hashed, &signature, b"body2"), Err(ErrorKind::SignatureMismatch));
    }
    // MD5 of "body", by another library.
    let md5 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, md5_oracle::compute("body").0);
    assert_eq!(coverage(&hashed, &tag(format!("POST\n{md5}\n").as_bytes()), b"body"), Ok(Coverage::Body));
}

#[test]
fn a_form_is_joined_as_the_rule_says() {
    let form = webhook(Profile::new("form"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("url").form(|mut pairs, joined| {
            pairs.sort_unstable();
            for (name, value) in pairs {
                joined.extend_from_slice(name);
                joined.extend_from_slice(value);
            }
        });
        Ok(())
    });
    let signature = tag(b"urla1b 2b3");
    let verified = verdict(&form, &[("x-sig", &signature)], b"b=3&a=1&b=+2").unwrap();
    let parameters = verified.parameters().unwrap();
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| [name, value].concat()).collect();
    assert_eq!(
        (verified.coverage(), pairs),
        (Coverage::Params, vec![b"b3".to_vec(), b"a1".to_vec(), b"b 2".to_vec()])
    );
    assert_eq!(coverage(&form, &signature, b"b=3&a=1&b=2"), Err(ErrorKind::SignatureMismatch));
    assert_eq!(coverage(&form, &signature, b"b=%"), Err(ErrorKind::ParameterMalformed));
    assert_eq!(coverage(&form, &tag(b"url"), b""), Ok(Coverage::Params));
    let large = [b"a=".to_vec(), vec![b'x'; 1024 * 1024]].concat();
    assert_eq!(coverage(&form, &signature, &large), Err(ErrorKind::BodyTooLarge));
    assert_eq!(coverage(&form.max_body(3), &signature, b"a=1&"), Err(ErrorKind::BodyTooLarge));
}

#[test]
fn a_body_can_be_named_by_its_hash_or_not_be_signed_at_all() {
    fn expected(head: Head<'_>) -> [u8; 32] {
        let text = head.query_param("a").unwrap().unwrap();
        Sha256::digest(text).into()
    }
    let named = webhook(Profile::new("named"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("x").body_sha256(expected(head));
        Ok(())
    });
    assert_eq!(coverage(&named, &tag(b"x"), b"1"), Ok(Coverage::Body));
    assert_eq!(coverage(&named, &tag(b"x"), b"2"), Err(ErrorKind::PayloadHashMismatch));
    assert_eq!(coverage(&named, &tag(b"x"), b""), Err(ErrorKind::PayloadHashMismatch));
    assert_eq!(coverage(&named, &tag(b"y"), b"1"), Err(ErrorKind::SignatureMismatch));

    let unsigned = webhook(Profile::new("unsigned"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("x").insecure_unsigned_body();
        Ok(())
    });
    for body in [&b""[..], b"{}", b"anything"] {
        assert_eq!(coverage(&unsigned, &tag(b"x"), body), Ok(Coverage::None));
    }
}

#[test]
fn a_url_is_text() {
    let read: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part(head.url()).body();
        Ok(())
    };
    let keys = || Keys::hmac(Algorithm::Sha256, secret(KEY));
    let rule = || Written(Profile::new("url").url(), read);
    assert_eq!(Webhook::with_rule(rule(), keys()).unwrap_err(), ConfigError::BaseUrlMissing);
    for (base, url) in [
        ("https://example.com", "https://example.com/hook?a=1&b=%27"),
        ("http://a:b@[::1]:8080/x/", "http://a:b@[::1]:8080/x/hook?a=1&b=%27"),
    ] {
        let webhook = Webhook::with_base_url(rule(), keys(), BaseUrl::new(base).unwrap());
        assert_eq!(coverage(&webhook, &tag(format!("{url}{{}}").as_bytes()), b"{}"), Ok(Coverage::UrlBody));
        let other = url.replace("%27", "'");
        assert_eq!(
            coverage(&webhook, &tag(format!("{other}{{}}").as_bytes()), b"{}"),
            Err(ErrorKind::SignatureMismatch)
        );
    }
    for base in [
        "",
        "example.com",
        "ftp://example.com",
        "https://",
        "https:///x",
        "https://user@",
        "https://example.com?x",
        "https://example.com/#",
        "https://exa mple.com",
        "https://example.com:",
        "https://example.com:x",
        "HTTPS://example.com",
    ] {
        assert_eq!(BaseUrl::new(base), Err(ConfigError::BaseUrlInvalid), "{base}");
    }
    let base = BaseUrl::new("wss://example.com").unwrap();
    assert_eq!(
        (base.port(), base.standard_port(), base.without_port()),
        (None, ":443", ["wss://example.com", ""])
    );
    assert_eq!(BaseUrl::new("http://h:1").unwrap().standard_port(), ":80");
}

#[test]
fn a_signed_time_is_judged_by_the_window() {
    let read: Read = |head, envelope| {
        let time = head.time(&TIME)?;
        envelope.hex(head.signature(&SIGNATURE)?).signed_at(time.seconds()?).part(time).part(".").body();
        Ok(())
    };
    let timed = || webhook(Profile::new("timed").window(300, 60), read);
    let at = |verifier: &Webhook<Written>, offset: i64| {
        let time = (NOW.as_secs() + offset).to_string();
        let signature = tag(format!("{time}.body").as_bytes());
        verdict(verifier, &[("x-sig", &signature), ("x-time", &time)], b"body")
            .map(|verified| verified.valid_until())
    };
    let good_until = |seconds: i64| Ok(Some(UnixTime::from_secs(NOW.as_secs() + seconds)));
    assert_eq!((at(&timed(), -300), at(&timed(), 60)), (good_until(0), good_until(360)));
    assert_eq!(at(&timed(), -301), Err(ErrorKind::TimestampStale));
    assert_eq!(at(&timed(), 61), Err(ErrorKind::TimestampFuture));
    let second = Tolerance::either_way(Duration::from_secs(1)).unwrap();
    assert_eq!(at(&timed().tolerance(second).unwrap(), -2), Err(ErrorKind::TimestampStale));
    assert_eq!(at(&timed().insecure_accept_any_age().unwrap(), -1_000_000), Ok(None));
    for text in ["", "+5", "05", "5.0", " 5", "-1", "1e9", "9223372036854775808"] {
        let signature = tag(format!("{text}.body").as_bytes());
        let refused = verdict(&timed(), &[("x-sig", &signature), ("x-time", text)], b"body").map(drop);
        assert_eq!(refused, Err(ErrorKind::TimestampMalformed), "{text:?}");
    }
    assert_eq!(coverage(&timed(), &tag(b"body"), b"body"), Err(ErrorKind::TimestampMissing));
    // The signature comes before the time.
    let stale = verdict(&timed(), &[("x-sig", &tag(b"")), ("x-time", "1")], b"body").map(drop);
    assert_eq!(stale, Err(ErrorKind::SignatureMismatch));

    let tight = || webhook(Profile::new("tight").window(300, 60).window_required(), read);
    assert_eq!(tight().insecure_accept_any_age().unwrap_err(), ConfigError::WindowRequired);
    let plain = || webhook(Profile::new("plain"), read);
    assert_eq!(plain().insecure_accept_any_age().unwrap_err(), ConfigError::TimestampUnsigned);
    assert_eq!(plain().tolerance(second).unwrap_err(), ConfigError::TimestampUnsigned);
    // A profile that promises a time, and a rule that reads none.
    let silent = webhook(Profile::new("silent").window(1, 1), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).body();
        Ok(())
    });
    assert_eq!(coverage(&silent, &tag(b"body"), b"body"), Err(ErrorKind::TimestampMissing));
}

#[test]
fn an_identifier_names_the_event_whatever_signed_it() {
    let read: Read = |head, envelope| {
        let id = head.signed(&ID)?.without(b'.')?;
        envelope.any_hex(head.signature(&SIGNATURE)?.list(b' ')).id(id.bytes()).part(id).part(".").body();
        Ok(())
    };
    let identified = webhook(Profile::new("identified").identified(), read);
    let key =
        |headers: &[(&str, &str)]| verdict(&identified, headers, b"{}").map(|verified| verified.replay_key());
    let (right, wrong) = (tag(b"e1.{}"), "0".repeat(64));
    let named = Ok(Some(ReplayKey::new([&b""[..], b"e1"])));
    for list in
        [right.clone(), format!("{wrong} {right}"), format!("x {right}  {wrong}"), right.to_uppercase()]
    {
        assert_eq!(key(&[("x-sig", &list), ("x-id", "e1")]), named, "{list}");
    }
    assert_eq!(key(&[("x-sig", &right), ("x-id", "e2")]), Err(ErrorKind::SignatureMismatch));
    assert_eq!(key(&[("x-sig", &right), ("x-id", "")]), Err(ErrorKind::HeaderMalformed));
    assert_eq!(key(&[("x-sig", &right), ("x-id", "e1.")]), Err(ErrorKind::HeaderMalformed));
    assert_eq!(key(&[("x-sig", &right)]), Err(ErrorKind::HeaderMissing));
    assert_eq!(key(&[("x-sig", "x y"), ("x-id", "e1")]), Err(ErrorKind::SignatureMalformed));
    // Of a long list the first sixteen are tried.
    let long = |before: usize| format!("{}{right}", format!("{wrong} ").repeat(before));
    assert_eq!(key(&[("x-sig", &long(15)), ("x-id", "e1")]), named);
    assert_eq!(key(&[("x-sig", &long(16)), ("x-id", "e1")]), Err(ErrorKind::SignatureMismatch));
}

#[test]
fn two_signatures_that_are_no_list_must_both_be_well_formed() {
    let both = webhook(Profile::new("both"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).hex(head.signed(&ID)?).body();
        Ok(())
    });
    let right = tag(b"{}");
    for (first, second, expected) in [
        (right.as_str(), right.as_str(), Ok(())),
        (&right, &"0".repeat(64), Ok(())),
        (&"0".repeat(64), &right, Ok(())),
        (&right, "x", Err(ErrorKind::SignatureMalformed)),
        (&"0".repeat(64), &"1".repeat(64), Err(ErrorKind::SignatureMismatch)),
    ] {
        assert_eq!(verdict(&both, &[("x-sig", first), ("x-id", second)], b"{}").map(drop), expected);
    }
}

#[test]
fn tenants_and_rotation_work_for_any_rule() {
    let read: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).body();
        if let Ok(id) = head.signed(&ID) {
            envelope.tenant(id.text()?);
        }
        Ok(())
    };
    let rotated = Keyring::new([secret(OTHER_KEY), secret(KEY)]).unwrap();
    let tenants = Tenants::new([("first", rotated), ("second", secret("third-key").into())]).unwrap();
    let keys = Keys::hmac_tenants(Algorithm::Sha256, tenants);
    let webhook = Webhook::with_rule(Written(Profile::new("tenants"), read), keys).unwrap();
    let by = |key: &str, name: &str| {
        verdict(&webhook, &[("x-sig", &tag_by(key, b"{}")), ("x-id", name)], b"{}")
            .map(|verified| (verified.key().index(), verified.tenant().map(str::to_owned)))
    };
    assert_eq!(by(OTHER_KEY, "first"), Ok((0, Some("first".to_owned()))));
    assert_eq!(by(KEY, "first"), Ok((1, Some("first".to_owned()))));
    assert_eq!(by("third-key", "second"), Ok((0, Some("second".to_owned()))));
    assert_eq!(by(KEY, "second"), Err(ErrorKind::SignatureMismatch));
    assert_eq!(by(KEY, "third"), Err(ErrorKind::ApiKeyUnknown));
    assert_eq!(coverage(&webhook, &tag(b"{}"), b"{}"), Err(ErrorKind::ApiKeyMissing));
}

#[test]
fn pieces_of_a_header_name_it() {
    let headers = [("x-sig", "t=1,v1=a,v1=b, v1=c"), ("x-time", "1700000000999")];
    let head = Head::new("POST", &headers);
    let field = head.signature(&SIGNATURE).unwrap();
    let texts = |fields: &mut dyn Iterator<Item = countersign::Field<'_>>| {
        fields.map(|field| field.text().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&mut field.all("v1")), ["a", "b", "c"]);
    assert_eq!(texts(&mut field.list(b',')), ["t=1", "v1=a", "v1=b", "v1=c"]);
    assert_eq!(field.split(b',').unwrap().1.bytes(), b"v1=a,v1=b, v1=c");
    assert_eq!(field.one("v1").unwrap_err().kind(), ErrorKind::SignatureMalformed);
    assert_eq!(field.split(b';').unwrap_err().to_string(), "header `x-sig` has the wrong form or length");
    assert_eq!(head.time(&TIME).unwrap().millis().unwrap().as_secs(), 1_700_000_000);
    assert!(!format!("{field:?}").contains("v1"));
    let request = Request::new(head, "{}");
    let hmac = countersign::HexHmac::new("x-sig", secret(KEY)).unwrap();
    refuses(&hmac, request, ErrorKind::SignatureMalformed);
    let signed = countersign::sign::hex_hmac("x-sig", Algorithm::Sha256, &secret(KEY), "{}");
    let _ = accepts(&hmac, signed.request());
}
