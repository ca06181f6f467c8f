//! What one verifier makes of any rule.

use std::time::Duration;

use countersign::rule::{Encoding, Envelope, FormParams, Hash, Profile, Rule};
use countersign::{
    Algorithm, BaseUrl, ConfigError, Coverage, Error, ErrorKind, Head, HeaderName, Keyring, Keys, ReplayKey,
    Request, Tenants, Tolerance, UnixTime, Verified, Verifier, Webhook,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::support::{KEY, NOW, OTHER_KEY, accepts, in_chunks, rejects, secret};

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
fn a_rule_without_a_body_rejects_one() {
    let forgetful = webhook(Profile::new("forgetful"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("x");
        Ok(())
    });
    // A body that was taken away is not covered: a stranger can take it away.
    assert_eq!(coverage(&forgetful, &tag(b"x"), b""), Ok(Coverage::None));
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
        envelope.hex(head.signature(&SIGNATURE)?).part("url").form(|form, joined| {
            form.sort();
            for (name, value) in form.iter() {
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
        // Where a name repeats, in the order that is signed: nobody signed the order they came in.
        (Coverage::Params, vec![b"a1".to_vec(), b"b 2".to_vec(), b"b3".to_vec()])
    );
    let body = b"b=+2&b=3&a=1";
    assert_eq!(verdict(&form, &[("x-sig", &signature)], body).unwrap().parameters(), Some(parameters));
    for nothing in [&b"&"[..], b"&&"] {
        assert_eq!(coverage(&form, &tag(b"url"), nothing), Err(ErrorKind::BodyUnexpected));
    }
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
fn a_signed_time_is_checked_against_the_window() {
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
        let rejected = verdict(&timed(), &[("x-sig", &signature), ("x-time", text)], b"body").map(drop);
        assert_eq!(rejected, Err(ErrorKind::TimestampMalformed), "{text:?}");
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
    // The first 16 entries of a long list are tried.
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
    assert_eq!(by(KEY, "third"), Err(ErrorKind::TenantUnknown));
    assert_eq!(coverage(&webhook, &tag(b"{}"), b"{}"), Err(ErrorKind::TenantMissing));
}

/// Joins as `name:value;`, sorted, equal pairs once.
fn join(form: &mut FormParams, joined: &mut Vec<u8>) {
    assert_eq!(format!("{form:?}"), "FormParams { .. }");
    form.sort();
    form.dedup();
    for (name, value) in form.iter() {
        joined.extend([name, b":", value, b";"].concat());
    }
}

#[test]
fn a_form_can_name_its_tenant() {
    let read: Read = |head, envelope| {
        let tag = head.signature(&SIGNATURE)?;
        envelope.hex(tag).part("url").form(join).tenant_param("account").part("i").id(&b"i"[..]);
        Ok(())
    };
    let rotated = Keyring::new([secret(OTHER_KEY), secret(KEY)]).unwrap();
    let tenants = Tenants::new([("first", rotated), ("second", secret("third-key").into())]).unwrap();
    let rule = || Written(Profile::new("form-tenants").identified(), read);
    let webhook = Webhook::with_rule(rule(), Keys::hmac_tenants(Algorithm::Sha256, tenants)).unwrap();
    let by = |key: &str, body: &str, joined: &str| {
        let signature = tag_by(key, format!("url{joined}i").as_bytes());
        verdict(&webhook, &[("x-sig", &signature)], body.as_bytes())
            .map(|verified| (verified.key().index(), verified.tenant().unwrap().to_owned()))
    };
    let first = |index| Ok((index, "first".to_owned()));
    assert_eq!(by(OTHER_KEY, "a=1&account=first", "a:1;account:first;"), first(0));
    assert_eq!(by(KEY, "account=f%69rst", "account:first;"), first(1));
    assert_eq!(by("third-key", "account=second", "account:second;"), Ok((0, "second".to_owned())));
    for (key, body, joined, kind) in [
        (KEY, "account=second", "account:second;", ErrorKind::SignatureMismatch),
        ("third-key", "account=first", "account:first;", ErrorKind::SignatureMismatch),
        (KEY, "account=third", "account:third;", ErrorKind::TenantUnknown),
        (KEY, "account=", "account:;", ErrorKind::TenantUnknown),
        (KEY, "account=%ff", "", ErrorKind::TenantUnknown),
        (KEY, "Account=first", "Account:first;", ErrorKind::TenantMissing),
        (KEY, "", "", ErrorKind::TenantMissing),
        (KEY, "account=first&account=first", "account:first;", ErrorKind::ParameterRepeated),
        (KEY, "account=second&account=first", "account:first;account:second;", ErrorKind::ParameterRepeated),
    ] {
        assert_eq!(by(key, body, joined), Err(kind), "{key} {body}");
    }
    let malformed = verdict(&webhook, &[("x-sig", "x")], b"account=first").map(drop);
    assert_eq!(malformed, Err(ErrorKind::SignatureMalformed));
    // Identifiers of two tenants are different.
    let key = |key: &str, name: &str| {
        let signature = tag_by(key, format!("urlaccount:{name};i").as_bytes());
        let body = format!("account={name}");
        verdict(&webhook, &[("x-sig", &signature)], body.as_bytes()).unwrap().replay_key().unwrap()
    };
    assert_ne!(key(KEY, "first"), key("third-key", "second"));
    assert_eq!(key(KEY, "first"), key(OTHER_KEY, "first"));

    // With one sender, requests need no name.
    let one = Webhook::with_rule(rule(), Keys::hmac(Algorithm::Sha256, secret(KEY))).unwrap();
    let sent = verdict(&one, &[("x-sig", &tag(b"urla:1;i"))], b"a=1").unwrap();
    assert_eq!((sent.tenant(), sent.replay_key()), (None, Some(ReplayKey::new([&b""[..], b"i"]))));
}

#[test]
fn the_proof_has_a_forms_signed_parameters_in_the_signed_order() {
    let form = webhook(Profile::new("form"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("url").form(join);
        Ok(())
    });
    let handed_on = |body: &[u8], joined: &str| {
        let signature = tag(format!("url{joined}").as_bytes());
        let parameters = verdict(&form, &[("x-sig", &signature)], body).unwrap().parameters().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        parameters.iter().map(|(name, value)| format!("{}={}", text(name), text(value))).collect::<Vec<_>>()
    };
    for (body, joined, expected) in [
        ("b=1&a=2", "a:2;b:1;", &["a=2", "b=1"][..]),
        ("b=&a&%26=%3D", "&:=;a:;b:;", &["&==", "a=", "b="]),
        ("b=2&a=0&b=1", "a:0;b:1;b:2;", &["a=0", "b=1", "b=2"]),
        ("b=1&a=0&b=2", "a:0;b:1;b:2;", &["a=0", "b=1", "b=2"]),
        ("a=1&a=1", "a:1;", &["a=1"]),
        ("a=1&a=&a=1&&a=", "a:;a:1;", &["a=", "a=1"]),
    ] {
        assert_eq!(handed_on(body.as_bytes(), joined), expected, "{body}");
    }
    let repeated = verdict(&form, &[("x-sig", &tag(b"urla:1;a:2;"))], b"a=2&a=1").unwrap();
    assert_eq!(repeated.parameters().unwrap().get("a"), Some(&b"1"[..]));
}

#[test]
fn each_candidate_has_its_own_order() {
    /// In the received order.
    fn as_sent(form: &mut FormParams, joined: &mut Vec<u8>) {
        joined.extend(form.iter().flat_map(|(name, value)| [name, value]).flatten());
    }
    let either = webhook(Profile::new("either"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).part("1").form(join).or().part("2").form(as_sent);
        envelope.or().part("3").form(join).or().part("4").body();
        Ok(())
    });
    let first = |message: &[u8]| {
        let found = verdict(&either, &[("x-sig", &tag(message))], b"a=2&a=1")?;
        Ok(found.parameters().unwrap().get("a").unwrap().to_vec())
    };
    assert_eq!(first(b"1a:1;a:2;"), Ok(b"1".to_vec()));
    assert_eq!(first(b"2a2a1"), Ok(b"2".to_vec()));
    assert_eq!(first(b"3a:1;a:2;"), Ok(b"1".to_vec()));
    assert_eq!(first(b"4a=2&a=1"), Ok(b"2".to_vec()));
    for message in [&b"1a2a1"[..], b"2a:1;a:2;", b"3a2a1", b"4a2a1", b"a2a1"] {
        assert_eq!(first(message), Err(ErrorKind::SignatureMismatch));
    }
}

#[test]
fn pieces_of_a_header_name_it() {
    let headers = [("x-sig", "t=1,v1=a,v1=b, v1=c"), ("x-time", "1700000000999")];
    let head = Head::new("POST", &headers);
    let field = head.signature(&SIGNATURE).unwrap();
    let texts = |fields: &mut dyn Iterator<Item = countersign::Field<'_>>| {
        fields.map(|field| field.text().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&mut field.all("v1").unwrap()), ["a", "b", "c"]);
    let missing = field.all("v2").map(drop).unwrap_err();
    assert_eq!(missing.to_string(), "header `x-sig` has the wrong form or length");
    assert_eq!(texts(&mut field.list(b',')), ["t=1", "v1=a", "v1=b", "v1=c"]);
    assert_eq!(field.split(b',').unwrap().1.bytes(), b"v1=a,v1=b, v1=c");
    assert_eq!(field.one("v1").unwrap_err().kind(), ErrorKind::SignatureMalformed);
    assert_eq!(field.split(b';').unwrap_err().to_string(), "header `x-sig` has the wrong form or length");
    assert_eq!(head.time(&TIME).unwrap().millis().unwrap().as_secs(), 1_700_000_000);
    assert!(!format!("{field:?}").contains("v1"));
    let request = Request::new(head, "{}");
    let hmac = countersign::HexHmac::new("x-sig", secret(KEY)).unwrap();
    rejects(&hmac, request, ErrorKind::SignatureMalformed);
    let signed = countersign::sign::hex_hmac("x-sig", Algorithm::Sha256, &secret(KEY), "{}");
    let _ = accepts(&hmac, signed.request());
}

/// A rule of these steps, with a naive second implementation.
#[derive(Clone, Debug)]
struct Scripted {
    steps: Vec<Step>,
    url_signed: bool,
    window: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Hex,
    AnyHex,
    Part,
    Time,
    TimeAlone,
    Id,
    Tenant,
    Body,
    Hash,
    Form,
    Sha256,
    Unsigned,
    Or,
}

const STEPS: [Step; 18] = [
    Step::Hex,
    Step::Hex,
    Step::AnyHex,
    Step::Part,
    Step::Part,
    Step::Time,
    Step::Time,
    Step::TimeAlone,
    Step::Id,
    Step::Tenant,
    Step::Body,
    Step::Body,
    Step::Body,
    Step::Hash,
    Step::Form,
    Step::Sha256,
    Step::Unsigned,
    Step::Or,
];

impl Rule for Scripted {
    fn profile(&self) -> Profile {
        let profile = if self.url_signed { Profile::new("scripted").url() } else { Profile::new("scripted") };
        if self.window { profile.window(300, 300) } else { profile }
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let time = head.time(&TIME)?;
        for step in &self.steps {
            match step {
                Step::Hex => envelope.hex(head.signature(&SIGNATURE)?),
                Step::AnyHex => envelope.any_hex(head.signed(&ID)?.list(b' ')),
                Step::Part => envelope.part("p"),
                Step::Time => envelope.part(time).signed_at(time.seconds()?),
                Step::TimeAlone => envelope.signed_at(time.seconds()?),
                Step::Id => envelope.part("i").id(&b"i"[..]),
                Step::Tenant => envelope.tenant("tenant"),
                Step::Body => envelope.body(),
                Step::Hash => envelope.body_hash(Hash::Sha256, Encoding::Hex),
                Step::Form => envelope.form(|form, joined| {
                    for (name, value) in form.iter() {
                        joined.extend([name, b":", value, b";"].concat());
                    }
                }),
                Step::Sha256 => envelope.body_sha256(Sha256::digest(b"a=1").into()),
                Step::Unsigned => envelope.insecure_unsigned_body(),
                Step::Or => envelope.or(),
            };
        }
        Ok(())
    }
}

/// A request, with what the second implementation needs.
#[derive(Clone, Debug)]
struct Sent {
    one: String,
    list: String,
    body: &'static [u8],
    time: i64,
    limit: Option<usize>,
    tenants: bool,
}

impl Scripted {
    fn has(&self, step: Step) -> bool {
        self.steps.contains(&step)
    }

    fn candidates(&self) -> impl Iterator<Item = &[Step]> {
        self.steps.split(|step| *step == Step::Or)
    }

    /// The message of a candidate, with this body.
    fn message(candidate: &[Step], sent: &Sent) -> Vec<u8> {
        let part = |step: &Step| match step {
            Step::Part => b"p".to_vec(),
            Step::Id => b"i".to_vec(),
            Step::Time => sent.time.to_string().into_bytes(),
            Step::Body => sent.body.to_vec(),
            Step::Hash => hex::encode(Sha256::digest(sent.body)).into_bytes(),
            Step::Form if sent.body.is_empty() => vec![],
            Step::Form => [&String::from_utf8_lossy(sent.body).replace('=', ":"), ";"].concat().into_bytes(),
            _ => vec![],
        };
        candidate.iter().flat_map(part).collect()
    }

    fn holds_body(candidate: &[Step]) -> usize {
        candidate.iter().filter(|step| matches!(step, Step::Body | Step::Hash | Step::Form)).count()
    }

    fn is_valid(&self) -> bool {
        let count = |wanted: Step| self.steps.iter().filter(|step| **step == wanted).count();
        let elsewhere = count(Step::Sha256) + count(Step::Unsigned);
        let needs_head =
            self.url_signed || [Step::Time, Step::TimeAlone, Step::Id].iter().any(|step| self.has(*step));
        let once = self.candidates().all(|candidate| Self::holds_body(candidate) <= 1);
        let held = self.candidates().any(|candidate| Self::holds_body(candidate) > 0);
        let has_head = |candidate: &[Step]| {
            candidate.iter().any(|step| matches!(step, Step::Part | Step::Time | Step::Id))
        };
        let alone =
            self.candidates().any(|candidate| Self::holds_body(candidate) > 0 && !has_head(candidate));
        once && elsewhere <= usize::from(!held) && !(needs_head && alone)
    }

    /// The verdict on this request that the documentation states.
    fn law(&self, sent: &Sent) -> Result<Coverage, ErrorKind> {
        let check = |holds: bool, kind| if holds { Ok(()) } else { Err(kind) };
        check(self.is_valid(), ErrorKind::RuleInvalid)?;
        check(!sent.tenants || self.has(Step::Tenant), ErrorKind::TenantMissing)?;
        let is_tag = |text: &&str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut tags = vec![];
        if self.has(Step::Hex) {
            check(is_tag(&&*sent.one), ErrorKind::SignatureMalformed)?;
            tags.push(sent.one.as_str());
        }
        if self.has(Step::AnyHex) {
            tags.extend(sent.list.split(' ').filter(is_tag));
        }
        check(!tags.is_empty(), ErrorKind::SignatureMalformed)?;

        let holding = |candidate: &&[Step]| Self::holds_body(candidate) > 0;
        let is_in_message = self.candidates().any(|candidate| holding(&candidate));
        let is_form = self.has(Step::Form);
        let messages: Vec<_> = if is_in_message {
            self.candidates().filter(holding).map(|candidate| Self::message(candidate, sent)).collect()
        } else {
            let all = self.candidates().map(|candidate| Self::message(candidate, sent));
            all.filter(|message| !message.is_empty()).collect()
        };
        let size = check(sent.limit.is_none_or(|limit| sent.body.len() <= limit), ErrorKind::BodyTooLarge);
        if is_in_message {
            size?;
            check(!(is_form && sent.body.contains(&b'%')), ErrorKind::ParameterMalformed)?;
        }
        let is_signed = messages.iter().any(|message| tags.contains(&tag(message).as_str()));
        check(is_signed, ErrorKind::SignatureMismatch)?;
        if self.window {
            check(self.has(Step::Time) || self.has(Step::TimeAlone), ErrorKind::TimestampMissing)?;
            let age = NOW.as_secs() - sent.time;
            check(age <= 300, ErrorKind::TimestampStale)?;
            check(age >= -300, ErrorKind::TimestampFuture)?;
        }
        if is_in_message {
            return Ok(match (is_form, self.url_signed) {
                (true, true) => Coverage::UrlParams,
                (true, false) => Coverage::Params,
                (false, true) => Coverage::UrlBody,
                (false, false) => Coverage::Body,
            });
        }
        if self.has(Step::Sha256) {
            size?;
            check(sent.body == b"a=1", ErrorKind::PayloadHashMismatch)?;
            return Ok(if self.url_signed { Coverage::UrlBody } else { Coverage::Body });
        }
        if !self.has(Step::Unsigned) && !sent.body.is_empty() {
            // Part of a rejected body is read.
            return Err(if sent.limit == Some(0) {
                ErrorKind::BodyTooLarge
            } else {
                ErrorKind::BodyUnexpected
            });
        }
        size?;
        Ok(if self.url_signed { Coverage::Url } else { Coverage::None })
    }
}

/// Steele, Lea and Flood's `SplitMix64`, below a bound.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

#[test]
fn any_rule_and_any_request_have_the_verdict_of_the_documentation() {
    let mut random = Random(19);
    let mut seen = std::collections::HashMap::<_, usize>::new();
    for _ in 0..30_000 {
        let mut steps: Vec<_> = (0..=random.below(6)).map(|_| random.pick(&STEPS)).collect();
        if random.below(4) > 0 {
            steps.insert(0, Step::Hex);
        }
        // Each step happens once, unless it may repeat.
        steps = steps
            .iter()
            .enumerate()
            .filter(|(at, step)| !matches!(step, Step::Hex | Step::AnyHex) || !steps[..*at].contains(step))
            .map(|(_, step)| *step)
            .collect();
        let rule = Scripted { steps, url_signed: random.below(5) == 0, window: random.below(3) == 0 };
        let mut sent = Sent {
            one: String::new(),
            list: String::new(),
            body: random.pick(&[&b""[..], b"a=1", b"a=2", b"a=%", b"a=1"]),
            time: NOW.as_secs() + random.pick(&[0, 0, 0, 300, 301, -300, -301]),
            limit: random.pick(&[None, None, None, Some(0), Some(2), Some(3)]),
            tenants: random.below(6) == 0,
        };
        let candidates: Vec<_> = rule.candidates().collect();
        // Signs one of the candidates: with the body, with another body or without one.
        let signed_body = random.pick(&[sent.body, sent.body, sent.body, b""]);
        let signed = Sent { body: signed_body, ..sent.clone() };
        let right = tag(&Scripted::message(random.pick(&candidates), &signed));
        let wrong = "0".repeat(64);
        sent.one = random.pick(&[&*right, &right, &right, &right.to_uppercase(), &wrong, "x"]).to_owned();
        let lists = [right.clone(), format!("x {right}"), format!("{wrong} {right}"), wrong, "x".to_owned()];
        sent.list.clone_from(&lists[random.below(lists.len())]);

        let keyring = Keyring::new([secret(OTHER_KEY), secret(KEY)]).unwrap();
        let keys = if sent.tenants {
            Keys::hmac_tenants(Algorithm::Sha256, Tenants::new([("tenant", keyring)]).unwrap())
        } else {
            Keys::hmac(Algorithm::Sha256, keyring)
        };
        let base = BaseUrl::new("https://example.com").unwrap();
        let mut webhook = Webhook::with_base_url(rule.clone(), keys, base).clock(|| NOW);
        if let Some(limit) = sent.limit {
            webhook = webhook.max_body(limit);
        }
        let time = sent.time.to_string();
        let headers = [("x-sig", &*sent.one), ("x-id", &*sent.list), ("x-time", &*time)];
        let mut law = rule.law(&sent);
        if law == Err(ErrorKind::SignatureMismatch) && sent.one.bytes().any(|byte| byte.is_ascii_uppercase())
        {
            let lower = Sent { one: sent.one.to_lowercase(), ..sent.clone() };
            law = rule.law(&lower);
        }
        let found = verdict(&webhook, &headers, sent.body).map(|verified| verified.coverage());
        assert_eq!(found, law, "{rule:?} {sent:?}");
        *seen.entry(law).or_default() += 1;
    }
    // Every verdict occurs often.
    assert_eq!(seen.len(), 6 + 11, "{seen:?}");
    assert!(seen.values().all(|count| *count >= 5), "{seen:?}");
}

#[test]
fn a_rule_that_contradicts_itself_proves_nothing() {
    let rules: [(Profile, Read); 9] = [
        (Profile::new("twice"), |_, envelope| {
            envelope.body().part("x").body();
            Ok(())
        }),
        (Profile::new("hash-and-body"), |_, envelope| {
            envelope.part("x").body_hash(Hash::Md5, Encoding::Hex).body();
            Ok(())
        }),
        (Profile::new("body-and-unsigned"), |_, envelope| {
            envelope.body().insecure_unsigned_body();
            Ok(())
        }),
        (Profile::new("body-and-named"), |_, envelope| {
            envelope.part("x").body().body_sha256([0; 32]);
            Ok(())
        }),
        (Profile::new("named-or-body"), |_, envelope| {
            envelope.part("x").body_sha256([0; 32]).or().part("x").body();
            Ok(())
        }),
        (Profile::new("named-twice"), |_, envelope| {
            envelope.part("x").body_sha256([0; 32]).body_sha256([1; 32]);
            Ok(())
        }),
        (Profile::new("time-unsigned"), |head, envelope| {
            envelope.signed_at(head.time(&TIME)?.seconds()?).body();
            Ok(())
        }),
        (Profile::new("id-unsigned"), |_, envelope| {
            envelope.part("x").body().or().body_hash(Hash::Md5, Encoding::Hex).id(&b"1"[..]);
            Ok(())
        }),
        (Profile::new("url-unsigned").url(), |_, envelope| {
            envelope.body();
            Ok(())
        }),
    ];
    for (profile, read) in rules {
        for body in ["", "{}"] {
            for message in ["", "x", "xx", "{}", "x{}"] {
                let rule = WithSignature(Written(profile, read));
                let keys = Keys::hmac(Algorithm::Sha256, secret(KEY));
                let base = BaseUrl::new("https://example.com").unwrap();
                let webhook = Webhook::with_base_url(rule, keys, base);
                let headers = [("x-sig", &*tag(message.as_bytes())), ("x-time", "1763712000")];
                let rejected = verdict(&webhook, &headers, body.as_bytes()).map(drop);
                assert_eq!(rejected, Err(ErrorKind::RuleInvalid), "{profile:?}");
            }
        }
    }
}

/// The rule with its signature in the usual header.
#[derive(Debug)]
struct WithSignature(Written);

impl Rule for WithSignature {
    fn profile(&self) -> Profile {
        self.0.profile()
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        envelope.hex(head.signature(&SIGNATURE)?);
        self.0.read(head, envelope)
    }
}

#[test]
fn an_empty_message_never_verifies() {
    let rules: [Read; 3] = [
        |head, envelope| {
            envelope.hex(head.signature(&SIGNATURE)?).insecure_unsigned_body();
            Ok(())
        },
        |head, envelope| {
            envelope.hex(head.signature(&SIGNATURE)?).part("x").insecure_unsigned_body().or();
            Ok(())
        },
        |head, envelope| {
            envelope.hex(head.signature(&SIGNATURE)?).part("");
            Ok(())
        },
    ];
    for read in rules {
        let rejected = coverage(&webhook(Profile::new("nothing"), read), &tag(b""), b"");
        assert_eq!(rejected, Err(ErrorKind::SignatureMismatch));
    }
}

#[test]
fn an_entry_of_a_list_does_not_excuse_a_signature_that_must_be_there() {
    let mixed = webhook(Profile::new("mixed"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).any_hex(head.signed(&ID)?.list(b' ')).body();
        Ok(())
    });
    let (right, wrong) = (tag(b"{}"), "0".repeat(64));
    let verdict = |one: &str, list: &str| verdict(&mixed, &[("x-sig", one), ("x-id", list)], b"{}").map(drop);
    assert_eq!(verdict(&right, "x y"), Ok(()));
    assert_eq!(verdict(&wrong, &format!("x {right}")), Ok(()));
    assert_eq!(verdict("x", &right), Err(ErrorKind::SignatureMalformed));
    assert_eq!(verdict(&wrong, "x"), Err(ErrorKind::SignatureMismatch));
}

#[test]
fn at_most_sixteen_listed_signatures_are_tried() {
    // Each entry of the list makes a candidate.
    let many = webhook(Profile::new("many"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?);
        for entry in head.signed(&ID)?.list(b' ') {
            envelope.part(entry).part(".").body().or();
        }
        Ok(())
    });
    let list = (0..4_000).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
    let list = &list[..16 * 1024];
    for (number, accepted) in [(0, true), (14, true), (15, false), (16, false), (3_000, false)] {
        let signature = tag(format!("{number}.{{}}").as_bytes());
        let found = verdict(&many, &[("x-sig", &signature), ("x-id", list)], b"{}").map(drop);
        let expected = if accepted { Ok(()) } else { Err(ErrorKind::SignatureMismatch) };
        assert_eq!(found, expected, "{number}");
    }
}

#[test]
fn an_empty_identifier_names_no_event() {
    let identified = webhook(Profile::new("identified").identified(), |head, envelope| {
        let id = head.signed(&ID)?;
        envelope.hex(head.signature(&SIGNATURE)?).id(id.bytes()).part(id).part(".").body();
        Ok(())
    });
    let key = |id: &str| {
        let signature = tag(format!("{id}.{{}}").as_bytes());
        verdict(&identified, &[("x-sig", &signature), ("x-id", id)], b"{}").map(|found| found.replay_key())
    };
    assert_eq!(key(""), Ok(None));
    assert_eq!(key("1"), Ok(Some(ReplayKey::new([&b""[..], b"1"]))));
}

#[test]
fn a_rule_reads_the_query_that_it_signs() {
    let headers = [("x-sig", "")];
    let head = Head::new("POST", &headers).with_target("/hook?a=1");
    assert_eq!((head.target(), head.query_param("a").unwrap()), ("/hook?a=1", Some(&b"1"[..])));
    let head = head.with_query("a=2");
    assert_eq!((head.target(), head.query_param("a").unwrap()), ("", Some(&b"2"[..])));
    let head = head.with_target("/hook?a=3#a=4");
    assert_eq!((head.target(), head.query()), ("/hook?a=3#a=4", &b"a=3#a=4"[..]));
    assert_eq!((head.path(), head.with_query("a=2").path()), ("/hook", ""));

    // A query without a path is in no URL: a rule that signs the URL does not see it.
    let read: Read = |head, envelope| {
        assert_eq!(head.query(), b"");
        envelope.hex(head.signature(&SIGNATURE)?).part(head.url());
        Ok(())
    };
    let base = BaseUrl::new("https://example.com").unwrap();
    let keys = Keys::hmac(Algorithm::Sha256, secret(KEY));
    let webhook = Webhook::with_base_url(Written(Profile::new("url").url(), read), keys, base);
    let headers = [("x-sig", tag(b"https://example.com"))];
    let head = Head::new("POST", &headers);
    let verified = accepts(&webhook, Request::new(head.with_query("a=2"), ""));
    assert_eq!(verified.coverage(), Coverage::Url);
}

#[test]
fn a_target_that_extends_the_host_is_rejected() {
    let read: Read = |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).url_with_port(head, ":443");
        envelope.or().part(head.url());
        Ok(())
    };
    let webhook = |base: &str| {
        let keys = Keys::hmac(Algorithm::Sha256, secret(KEY));
        let base = BaseUrl::new(base).unwrap();
        Webhook::with_base_url(Written(Profile::new("url").url(), read), keys, base)
    };
    for (url, base, target, accepted) in [
        ("https://example.com:443/hook", "https://example.com", "/hook", true),
        ("https://example.com/hook", "https://example.com", "/hook", true),
        ("https://a@[::1]:443/x/hook", "https://a@[::1]:8443/x", "/hook", true),
        ("https://a@[::1]:8443/x/hook", "https://a@[::1]:8443/x", "/hook", true),
        ("https://a@[::1]/x/hook", "https://a@[::1]:8443/x", "/hook", false),
        ("https://example.com?a=1", "https://example.com", "?a=1", true),
        ("https://example.com", "https://example.com", "", true),
        // The same text, with another path.
        ("https://example.com:443/hook", "https://example.com", ":443/hook", false),
        ("https://example.com.evil.test/hook", "https://example.com", ".evil.test/hook", false),
        ("https://example.com*", "https://example.com", "*", false),
    ] {
        let headers = [("x-sig", tag(url.as_bytes()))];
        let request = Request::new(Head::new("POST", &headers).with_target(target), "");
        if accepted {
            let _ = accepts(&webhook(base), request);
        } else {
            rejects(&webhook(base), request, ErrorKind::SignatureMismatch);
        }
    }
}

#[test]
fn a_word_is_in_any_case_and_a_prefix_is_not() {
    let headers = [("x-sig", "Application a:b"), ("x-id", "Application"), ("x-time", "application  a")];
    let head = Head::new("POST", &headers);
    let field = |name| head.signature(name).unwrap();
    assert_eq!(field(&SIGNATURE).after_word("application").unwrap().bytes(), b"a:b");
    assert_eq!(field(&SIGNATURE).after("application ").unwrap_err().kind(), ErrorKind::SignatureMalformed);
    assert_eq!(field(&TIME).after_word("APPLICATION").unwrap().bytes(), b" a");
    for (name, word) in [(&SIGNATURE, "applicatio"), (&SIGNATURE, ""), (&ID, "application")] {
        assert_eq!(field(name).after_word(word).unwrap_err().kind(), ErrorKind::SignatureMalformed);
    }
}

#[test]
fn a_required_window_stays_short() {
    let tight = || {
        webhook(Profile::new("tight").window(300, 60).window_required(), |head, envelope| {
            let time = head.time(&TIME)?;
            envelope.hex(head.signature(&SIGNATURE)?).signed_at(time.seconds()?).body().part(time);
            Ok(())
        })
    };
    for (seconds, accepted) in [(1, true), (12 * 3600 - 1, true), (12 * 3600, false), (u64::MAX, false)] {
        let window = Tolerance::either_way(Duration::from_secs(seconds)).unwrap();
        let expected = if accepted { Ok(()) } else { Err(ConfigError::WindowRequired) };
        assert_eq!(tight().tolerance(window).map(drop), expected);
    }
}
