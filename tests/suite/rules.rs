//! What one verifier makes of any rule.

use std::time::Duration;

use countersign::ErrorKind::{
    self, BodyTooLarge, BodyUnexpected, HeaderMalformed, HeaderMissing, MethodUnsupported,
    ParameterMalformed, ParameterRepeated, PayloadHashMismatch, RuleInvalid, SignatureMalformed,
    SignatureMismatch, TenantMissing, TenantUnknown, TimestampFuture, TimestampMalformed, TimestampMissing,
    TimestampStale,
};
use countersign::rule::{Encoding, Envelope, FormParams, Hash, Profile, Rule};
use countersign::{
    Algorithm, BaseUrl, ConfigError, Coverage, Error, Head, Keyring, Keys, ReplayKey, Request, Tenants,
    Tolerance, Verified, Verifier, Webhook,
};
use sha2::{Digest, Sha256};

use crate::random::Random;
use crate::support::{
    ID, KEY, NOW, OTHER_KEY, Read, SIGNATURE, TIME, Written, accepts, hmac_sha256, in_chunks, rejects,
    secret, verify,
};

/// A rule whose signature is hex in `x-sig`. The function adds the parts of the message.
struct Hex(Profile, Parts);

type Parts = for<'e, 'h> fn(Head<'h>, &'e mut Envelope<'h>) -> &'e mut Envelope<'h>;

impl std::fmt::Debug for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(stringify!(Hex))
    }
}

impl Rule for Hex {
    fn profile(&self) -> Profile {
        self.0
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        envelope.hex(head.signature(&SIGNATURE)?);
        self.1(head, envelope);
        Ok(())
    }
}

fn keys() -> Keys {
    Keys::hmac(Algorithm::Sha256, secret(KEY))
}

fn webhook(profile: Profile, read: Read) -> Webhook<Written> {
    Webhook::with_rule(Written(profile, read, |_| {}), keys()).unwrap().clock(|| NOW)
}

fn hex_webhook(parts: Parts) -> Webhook<Hex> {
    Webhook::with_rule(Hex(Profile::new("hex"), parts), keys()).unwrap().clock(|| NOW)
}

/// A rule that signs the URL.
fn url_webhook(base: &str, parts: Parts) -> Webhook<Hex> {
    Webhook::with_base_url(Hex(Profile::new("url").url(), parts), keys(), BaseUrl::new(base).unwrap())
}

/// Two tenants, the first with two keys.
fn tenants() -> Keys {
    let rotated = Keyring::new([secret(OTHER_KEY), secret(KEY)]).unwrap();
    let tenants = Tenants::new([("first", rotated), ("second", secret("third-key").into())]).unwrap();
    Keys::hmac_tenants(Algorithm::Sha256, tenants)
}

fn tag(message: impl AsRef<[u8]>) -> String {
    tag_by(KEY, message)
}

fn tag_by(key: &str, message: impl AsRef<[u8]>) -> String {
    hex::encode(hmac_sha256(key.as_bytes(), message))
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The verdict on a POST.
#[track_caller]
fn verdict(
    verifier: &dyn Verifier,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Result<Verified, ErrorKind> {
    verify(verifier, "POST", "/hook?a=1&b=%27", headers, body)
}

#[track_caller]
fn coverage(verifier: &dyn Verifier, signature: &str, body: impl AsRef<[u8]>) -> Result<Coverage, ErrorKind> {
    verdict(verifier, &[("x-sig", signature), FORM], body).map(|verified| verified.coverage())
}

#[test]
fn only_the_configured_methods_are_accepted() {
    let of_body = || hex_webhook(|_, envelope| envelope.body());
    let webhook = of_body().methods(["BREW", "DELETE"]).unwrap();
    let headers = [("x-sig", tag("{}"))];
    let sent = |method| Request::new(Head::new(method, &headers), "{}");
    for method in ["BREW", "DELETE"] {
        let _ = accepts(&webhook, sent(method));
    }
    for method in ["POST", "PUT", "GET", "brew"] {
        rejects(&webhook, sent(method), MethodUnsupported);
    }
    for methods in [&[][..], &[""], &["POST", "P T"], &["POST\n"], &["post"]] {
        assert_eq!(of_body().methods(methods).unwrap_err(), ConfigError::MethodsInvalid, "{methods:?}");
    }
}

#[test]
fn a_rule_that_signs_the_url_needs_its_base() {
    let rule = Hex(Profile::new("url").url(), |head, envelope| envelope.part(head.url()).body());
    assert_eq!(Webhook::with_rule(rule, keys()).unwrap_err(), ConfigError::BaseUrlMissing);
}

#[test]
fn a_base_url_has_a_scheme_and_a_host_and_no_query() {
    let invalid = "|example.com|ftp://example.com|https://|https:///x|https://user@|https://example.com?x\
        |https://example.com/#|https://exa mple.com|https://example.com:|https://example.com:x|HTTPS://example.com";
    for base in invalid.split('|') {
        assert_eq!(BaseUrl::new(base), Err(ConfigError::BaseUrlInvalid), "{base}");
    }
    let base = BaseUrl::new("wss://example.com").unwrap();
    assert_eq!((base.port(), base.standard_port()), (None, ":443"));
    assert_eq!(base.without_port(), ["wss://example.com", ""]);
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
    let sent = |verifier: &Webhook<Written>, time: &str| {
        let signature = tag(format!("{time}.body"));
        let verified = verdict(verifier, &[("x-sig", &signature), ("x-time", time)], "body")?;
        Ok(verified.valid_until().map(|until| until.as_secs() - NOW.as_secs()))
    };
    let second = Tolerance::either_way(Duration::from_secs(1)).unwrap();
    for (verifier, offset, expected) in [
        (timed(), -300, Ok(Some(0))),
        (timed(), 60, Ok(Some(360))),
        (timed(), -301, Err(TimestampStale)),
        (timed(), 61, Err(TimestampFuture)),
        (timed().tolerance(second).unwrap(), -2, Err(TimestampStale)),
        (timed().insecure_accept_any_age().unwrap(), -1_000_000, Ok(None)),
    ] {
        assert_eq!(sent(&verifier, &(NOW.as_secs() + offset).to_string()), expected, "{offset}");
    }
    for text in ["", "+5", "05", "5.0", " 5", "-1", "1e9", "9223372036854775808"] {
        assert_eq!(sent(&timed(), text), Err(TimestampMalformed), "{text:?}");
    }
    assert_eq!(coverage(&timed(), &tag("body"), "body"), Err(TimestampMissing));
    // The signature is checked before the time.
    let stale = verdict(&timed(), &[("x-sig", &tag("")), ("x-time", "1")], "body").map(drop);
    assert_eq!(stale, Err(SignatureMismatch));

    let plain = || webhook(Profile::new("plain"), read);
    assert_eq!(plain().insecure_accept_any_age().unwrap_err(), ConfigError::TimestampUnsigned);
    assert_eq!(plain().tolerance(second).unwrap_err(), ConfigError::TimestampUnsigned);
    // The profile has a window, and the rule reads no time.
    let untimed = Hex(Profile::new("untimed").window(1, 1), |_, envelope| envelope.body());
    let untimed = Webhook::with_rule(untimed, keys()).unwrap();
    assert_eq!(coverage(&untimed, &tag("body"), "body"), Err(TimestampMissing));
}

#[test]
fn a_required_window_is_shorter_than_half_a_day() {
    let strict = || {
        webhook(Profile::new("strict").window(300, 60).window_required(), |head, envelope| {
            let time = head.time(&TIME)?;
            envelope.hex(head.signature(&SIGNATURE)?).signed_at(time.seconds()?).body().part(time);
            Ok(())
        })
    };
    assert_eq!(strict().insecure_accept_any_age().unwrap_err(), ConfigError::WindowRequired);
    // Both bounds are in the window, so this is a day.
    let half = 12 * 3600;
    for (past, future, expected) in [
        (1, 1, Ok(())),
        (half, half - 1, Ok(())),
        (half, half, Err(ConfigError::WindowRequired)),
        (u64::MAX, u64::MAX, Err(ConfigError::WindowRequired)),
    ] {
        let window = Tolerance::new(Duration::from_secs(past), Duration::from_secs(future)).unwrap();
        assert_eq!(strict().tolerance(window).map(drop), expected, "{past} {future}");
    }
}

#[test]
fn the_replay_key_is_the_identifier_and_not_the_signature() {
    let read: Read = |head, envelope| {
        let id = head.signed(&ID)?.without(b'.')?;
        envelope.any_hex(head.signature(&SIGNATURE)?.list(b' ')).id(id.bytes()).part(id).part(".").body();
        Ok(())
    };
    let identified = webhook(Profile::new("identified").identified(), read);
    let key = |headers: &[(&str, &str)]| verdict(&identified, headers, "{}").map(|found| found.replay_key());
    let (right, wrong) = (tag("e1.{}"), "0".repeat(64));
    // The first 16 entries of a long list are tried.
    let long = |before: usize| format!("{}{right}", format!("{wrong} ").repeat(before));
    for list in [
        right.clone(),
        format!("{wrong} {right}"),
        format!("x {right}  {wrong}"),
        right.to_uppercase(),
        long(15),
    ] {
        let named = Ok(Some(ReplayKey::new([&b""[..], b"e1"])));
        assert_eq!(key(&[("x-sig", &list), ("x-id", "e1")]), named, "{list}");
    }
    for (headers, kind) in [
        (&[("x-sig", &*right), ("x-id", "e2")][..], SignatureMismatch),
        (&[("x-sig", &right), ("x-id", "")], HeaderMalformed),
        (&[("x-sig", &right), ("x-id", "e1.")], HeaderMalformed),
        (&[("x-sig", &right)], HeaderMissing),
        (&[("x-sig", "x y"), ("x-id", "e1")], SignatureMalformed),
        (&[("x-sig", &long(16)), ("x-id", "e1")], SignatureMismatch),
    ] {
        assert_eq!(key(headers), Err(kind), "{headers:?}");
    }
}

#[test]
fn an_empty_identifier_is_no_replay_key() {
    let identified = webhook(Profile::new("identified").identified(), |head, envelope| {
        let id = head.signed(&ID)?;
        envelope.hex(head.signature(&SIGNATURE)?).id(id.bytes()).part(id).part(".").body();
        Ok(())
    });
    for (id, expected) in [("", None), ("1", Some(ReplayKey::new([&b""[..], b"1"])))] {
        let headers = [("x-sig", &*tag(format!("{id}.{{}}"))), ("x-id", id)];
        assert_eq!(verdict(&identified, &headers, "{}").unwrap().replay_key(), expected);
    }
}

#[test]
fn several_signatures_must_be_well_formed_unless_they_are_a_list() {
    let both = webhook(Profile::new("both"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).hex(head.signed(&ID)?).body();
        Ok(())
    });
    let listed = webhook(Profile::new("listed"), |head, envelope| {
        envelope.hex(head.signature(&SIGNATURE)?).any_hex(head.signed(&ID)?.list(b' ')).body();
        Ok(())
    });
    let (right, wrong) = (tag("{}"), "0".repeat(64));
    let [malformed, mismatch] = [SignatureMalformed, SignatureMismatch].map(Err);
    for (verifier, first, second, expected) in [
        (&both, &*right, &*right, Ok(())),
        (&both, &right, &wrong, Ok(())),
        (&both, &wrong, &right, Ok(())),
        (&both, &right, "x", malformed),
        (&both, &wrong, &"1".repeat(64), mismatch),
        (&listed, &right, "x y", Ok(())),
        (&listed, "x", &right, malformed),
        (&listed, &wrong, "x", mismatch),
    ] {
        let found = verdict(verifier, &[("x-sig", first), ("x-id", second)], "{}").map(drop);
        assert_eq!(found, expected, "{first} {second}");
    }
}

#[test]
fn at_most_sixteen_candidates_are_tried() {
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
        let found = verdict(&many, &[("x-sig", &tag(format!("{number}.{{}}"))), ("x-id", list)], "{}");
        let expected = if accepted { Ok(()) } else { Err(SignatureMismatch) };
        assert_eq!(found.map(drop), expected, "{number}");
    }
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
    let parts: Parts =
        |_, envelope| envelope.part("url").form(join).tenant_param("account").part("i").id(&b"i"[..]);
    let rule = || Hex(Profile::new("form-tenants").identified(), parts);
    let webhook = Webhook::with_rule(rule(), tenants()).unwrap();
    let sent = |key: &str, body: &str, joined: &str| {
        verdict(&webhook, &[("x-sig", &tag_by(key, format!("url{joined}i")))], body)
    };
    for (key, body, joined, expected) in [
        (OTHER_KEY, "a=1&account=first", "a:1;account:first;", Ok(("first", 0))),
        (KEY, "account=f%69rst", "account:first;", Ok(("first", 1))),
        ("third-key", "account=second", "account:second;", Ok(("second", 0))),
        (KEY, "account=second", "account:second;", Err(SignatureMismatch)),
        ("third-key", "account=first", "account:first;", Err(SignatureMismatch)),
        (KEY, "account=third", "account:third;", Err(TenantUnknown)),
        (KEY, "account=", "account:;", Err(TenantUnknown)),
        (KEY, "account=%ff", "", Err(TenantUnknown)),
        (KEY, "Account=first", "Account:first;", Err(TenantMissing)),
        (KEY, "", "", Err(TenantMissing)),
        (KEY, "account=first&account=first", "account:first;", Err(ParameterRepeated)),
        (KEY, "account=second&account=first", "account:first;", Err(ParameterRepeated)),
    ] {
        let found = sent(key, body, joined);
        let found = found.as_ref().map(|found| (found.tenant().unwrap(), found.key().index()));
        assert_eq!(found.map_err(|kind| *kind), expected, "{key} {body}");
    }
    let malformed = verdict(&webhook, &[("x-sig", "x")], "account=first").map(drop);
    assert_eq!(malformed, Err(SignatureMalformed));
    // Identifiers of two tenants are different.
    let replay_key = |key: &str, name: &str| {
        let verified = sent(key, &format!("account={name}"), &format!("account:{name};"));
        verified.unwrap().replay_key().unwrap()
    };
    assert_ne!(replay_key(KEY, "first"), replay_key("third-key", "second"));
    assert_eq!(replay_key(KEY, "first"), replay_key(OTHER_KEY, "first"));

    // Without tenants, requests need no name.
    let one = Webhook::with_rule(rule(), keys()).unwrap();
    let verified = verdict(&one, &[("x-sig", &tag("urla:1;i"))], "a=1").unwrap();
    assert_eq!((verified.tenant(), verified.replay_key()), (None, Some(ReplayKey::new([&b""[..], b"i"]))));
}

#[test]
fn a_form_is_joined_by_the_rule_and_returned_in_the_signed_order() {
    let form = hex_webhook(|_, envelope| envelope.part("url").form(join));
    for (body, joined, expected) in [
        ("b=1&a=2", "a:2;b:1;", "a=2 b=1"),
        ("b=&a&%26=%3D", "&:=;a:;b:;", "&== a= b="),
        ("b=3&a=1&b=+2", "a:1;b: 2;b:3;", "a=1 b= 2 b=3"),
        ("b=+2&b=3&a=1", "a:1;b: 2;b:3;", "a=1 b= 2 b=3"),
        ("a=1&a=1", "a:1;", "a=1"),
        ("a=1&a=&a=1&&a=", "a:;a:1;", "a= a=1"),
        ("", "", ""),
    ] {
        let verified = verdict(&form, &[("x-sig", &tag(format!("url{joined}")))], body).unwrap();
        let parameters = verified.parameters().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let pairs = parameters.iter().map(|(name, value)| format!("{}={}", text(name), text(value)));
        let found = (verified.coverage(), pairs.collect::<Vec<_>>().join(" "));
        assert_eq!(found, (Coverage::Params, expected.to_owned()), "{body}");
    }
    let repeated = verdict(&form, &[("x-sig", &tag("urla:1;a:2;"))], "a=2&a=1").unwrap();
    assert_eq!(repeated.parameters().unwrap().get("a"), Some(&b"1"[..]));
    for (joined, body, kind) in [
        ("", "&", BodyUnexpected),
        ("", "&&", BodyUnexpected),
        ("a:1;b: 2;b:3;", "b=3&a=1&b=2", SignatureMismatch),
        ("", "b=%", ParameterMalformed),
        ("", &format!("a={}", "x".repeat(1024 * 1024)), BodyTooLarge),
    ] {
        let found = coverage(&form, &tag(format!("url{joined}")), body);
        assert_eq!(found, Err(kind), "{body:.20}");
    }
    let small = form.max_body(3);
    assert_eq!(coverage(&small, &tag("urla:1;"), "a=1&"), Err(BodyTooLarge));
}

#[test]
fn each_candidate_has_its_own_order() {
    /// In the received order.
    fn as_sent(form: &mut FormParams, joined: &mut Vec<u8>) {
        joined.extend(form.iter().flat_map(|(name, value)| [name, value]).flatten());
    }
    let either = hex_webhook(|_, envelope| {
        envelope.part("1").form(join).or().part("2").form(as_sent);
        envelope.or().part("3").form(join).or().part("4").body()
    });
    for (message, first) in [
        ("1a:1;a:2;", Ok("1")),
        ("2a2a1", Ok("2")),
        ("3a:1;a:2;", Ok("1")),
        ("4a=2&a=1", Ok("2")),
        ("1a2a1", Err(SignatureMismatch)),
        ("2a:1;a:2;", Err(SignatureMismatch)),
        ("3a2a1", Err(SignatureMismatch)),
        ("4a2a1", Err(SignatureMismatch)),
        ("a2a1", Err(SignatureMismatch)),
    ] {
        let found = verdict(&either, &[("x-sig", &tag(message))], "a=2&a=1");
        let found = found.map(|found| found.parameters().unwrap().get("a").unwrap().to_vec());
        assert_eq!(found, first.map(|first| first.as_bytes().to_vec()), "{message}");
    }
}

#[test]
fn a_form_is_as_long_as_the_platforms_largest_body() {
    const MIB: usize = 1024 * 1024;
    let of_limit = |limit| {
        let parts: Parts = |_, envelope| envelope.part("url").form(join);
        Webhook::with_rule(Hex(Profile::new("large").body_limit(limit), parts), keys()).unwrap()
    };
    let sent = |webhook: &Webhook<Hex>, length: usize| {
        let value = "x".repeat(length - 2);
        let headers = [("x-sig", tag(format!("urla:{value};")))];
        let head = Head::new("POST", &headers);
        let body = format!("a={value}");
        let whole = webhook.verify(Request::new(head, &body));
        assert_eq!(in_chunks(webhook, Request::new(head, &body), 65_536), whole);
        whole.map(drop).map_err(|error| error.kind())
    };
    for (limit, most) in [(2 * MIB, 2 * MIB), (3, MIB)] {
        assert_eq!(sent(&of_limit(limit), most), Ok(()), "{limit}");
        assert_eq!(sent(&of_limit(limit), most + 1), Err(BodyTooLarge), "{limit}");
    }
    assert_eq!(sent(&of_limit(2 * MIB).max_body(MIB), MIB + 1), Err(BodyTooLarge));
}

#[test]
fn a_parameter_that_the_join_removes_is_not_in_the_proof() {
    fn only_x(form: &mut FormParams, joined: &mut Vec<u8>) {
        form.retain(|name, value| name.starts_with(b"x") && value != b"0");
        join(form, joined);
    }
    let some = hex_webhook(|_, envelope| envelope.part("1").form(only_x).or().part("2").form(join));
    for (message, first, count) in [
        ("1x1:1;x2:2;", "x1", 2),
        // The next candidate has all of them again.
        ("2a:1;x1:1;x2:2;x3:0;", "a", 4),
    ] {
        let verified = verdict(&some, &[("x-sig", &tag(message))], "x2=2&a=1&x1=1&x3=0").unwrap();
        let parameters = verified.parameters().unwrap();
        assert_eq!(parameters.iter().next().map(|(name, _)| name), Some(first.as_bytes()), "{message}");
        assert_eq!(parameters.len(), count, "{message}");
    }
    let none = verdict(&some, &[("x-sig", &tag("1"))], "a=1").unwrap();
    assert!(none.parameters().unwrap().is_empty());
    assert_eq!(coverage(&some, &tag("1x1:1;"), "a=1&x1=2"), Err(SignatureMismatch));
}

#[test]
fn an_error_of_a_part_of_a_header_names_the_header() {
    let headers = [("x-sig", "t=1,v1=a,v1=b, v1=c"), ("x-time", "1700000000999")];
    let head = Head::new("POST", &headers);
    let field = head.signature(&SIGNATURE).unwrap();
    let texts = |fields: &mut dyn Iterator<Item = countersign::Field<'_>>| {
        fields.map(|field| field.text().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&mut field.all("v1").unwrap()), ["a", "b", "c"]);
    assert_eq!(texts(&mut field.list(b',')), ["t=1", "v1=a", "v1=b", "v1=c"]);
    assert_eq!(field.split(b',').unwrap().1.bytes(), b"v1=a,v1=b, v1=c");
    assert_eq!(field.one("v1").unwrap_err().kind(), SignatureMalformed);
    for error in [field.all("v2").map(drop).unwrap_err(), field.split(b';').map(drop).unwrap_err()] {
        assert_eq!(error.to_string(), "header `x-sig` has the wrong form or length");
    }
    assert_eq!(head.time(&TIME).unwrap().millis().unwrap().as_secs(), 1_700_000_000);
    assert!(!format!("{field:?}").contains("v1"));
}

#[test]
fn a_word_is_in_any_case_and_a_prefix_is_not() {
    let headers = [("x-sig", "Application a:b"), ("x-id", "Application"), ("x-time", "application  a")];
    let head = Head::new("POST", &headers);
    let field = |name| head.signature(name).unwrap();
    assert_eq!(field(&SIGNATURE).after_word("application").unwrap().bytes(), b"a:b");
    assert_eq!(field(&SIGNATURE).after("application ").unwrap_err().kind(), SignatureMalformed);
    assert_eq!(field(&TIME).after_word("APPLICATION").unwrap().bytes(), b" a");
    for (name, word) in [(&SIGNATURE, "applicatio"), (&SIGNATURE, ""), (&ID, "application")] {
        assert_eq!(field(name).after_word(word).unwrap_err().kind(), SignatureMalformed);
    }
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

    // A query without a path is in no URL, so a rule that signs the URL does not see it.
    let webhook = url_webhook("https://example.com", |head, envelope| {
        assert_eq!(head.query(), b"");
        envelope.part(head.url())
    });
    let headers = [("x-sig", tag("https://example.com"))];
    let head = Head::new("POST", &headers).with_query("a=2");
    assert_eq!(accepts(&webhook, Request::new(head, "")).coverage(), Coverage::Url);
}

#[test]
fn a_target_that_extends_the_host_is_rejected() {
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
        let webhook =
            url_webhook(base, |head, envelope| envelope.url_with_port(head, ":443").or().part(head.url()));
        let headers = [("x-sig", tag(url))];
        let request = Request::new(Head::new("POST", &headers).with_target(target), "");
        if accepted {
            let _ = accepts(&webhook, request);
        } else {
            rejects(&webhook, request, SignatureMismatch);
        }
    }
}

#[test]
fn a_rule_that_contradicts_itself_proves_nothing() {
    let plain = Profile::new("plain");
    let timed = plain.window(300, 300);
    let rules: [(Profile, Parts); 11] = [
        (plain, |_, envelope| envelope.body().part("x").body()),
        (plain, |_, envelope| envelope.part("x").body_hash(Hash::Md5, Encoding::Hex).body()),
        (plain, |_, envelope| envelope.body().insecure_unsigned_body()),
        (plain, |_, envelope| envelope.part("x").body().body_sha256([0; 32])),
        (plain, |_, envelope| envelope.part("x").body_sha256([0; 32]).or().part("x").body()),
        (plain, |_, envelope| envelope.part("x").body_sha256([0; 32]).body_sha256([1; 32])),
        // It does not sign the time, the identifier or the URL.
        (timed, |head, envelope| envelope.signed_at(head.time(&TIME).unwrap().seconds().unwrap()).body()),
        (plain, |_, envelope| {
            envelope.part("x").body().or().body_hash(Hash::Md5, Encoding::Hex).id(&b"1"[..])
        }),
        (plain.url(), |_, envelope| envelope.body()),
        // It signs a time that no window checks.
        (plain, |_, envelope| envelope.part("x").signed_at(NOW).body()),
        (plain, |_, envelope| envelope.part("x").signed_at(NOW)),
    ];
    let base = BaseUrl::new("https://example.com").unwrap();
    for (index, (profile, parts)) in rules.into_iter().enumerate() {
        let webhook = Webhook::with_base_url(Hex(profile, parts), keys(), base.clone());
        for (body, message) in
            ["", "{}"].iter().flat_map(|body| ["", "x", "xx", "{}", "x{}"].map(|message| (body, message)))
        {
            let headers = [("x-sig", &*tag(message)), ("x-time", "1763712000")];
            let rejected = verdict(&webhook, &headers, body).map(drop);
            assert_eq!(rejected, Err(RuleInvalid), "rule {index}: {message} {body}");
        }
    }
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

const STEPS: [Step; 18] = {
    use Step::{AnyHex, Body, Form, Hash, Hex, Id, Or, Part, Sha256, Tenant, Time, TimeAlone, Unsigned};
    [
        Hex, Hex, AnyHex, Part, Part, Time, Time, TimeAlone, Id, Tenant, Body, Body, Body, Hash, Form,
        Sha256, Unsigned, Or,
    ]
};

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
        let unchecked = !self.window && [Step::Time, Step::TimeAlone].iter().any(|step| self.has(*step));
        once && elsewhere <= usize::from(!held) && !(needs_head && alone) && !unchecked
    }

    /// The verdict on this request that the documentation states.
    fn expected(&self, sent: &Sent) -> Result<Coverage, ErrorKind> {
        let check = |holds: bool, kind| if holds { Ok(()) } else { Err(kind) };
        check(self.is_valid(), RuleInvalid)?;
        check(!sent.tenants || self.has(Step::Tenant), TenantMissing)?;
        let is_tag = |text: &&str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut tags = vec![];
        if self.has(Step::Hex) {
            check(is_tag(&&*sent.one), SignatureMalformed)?;
            tags.push(sent.one.as_str());
        }
        if self.has(Step::AnyHex) {
            tags.extend(sent.list.split(' ').filter(is_tag));
        }
        check(!tags.is_empty(), SignatureMalformed)?;

        let holding = |candidate: &&[Step]| Self::holds_body(candidate) > 0;
        let is_in_message = self.candidates().any(|candidate| holding(&candidate));
        let is_form = self.has(Step::Form);
        let messages: Vec<_> = if is_in_message {
            self.candidates().filter(holding).map(|candidate| Self::message(candidate, sent)).collect()
        } else {
            let all = self.candidates().map(|candidate| Self::message(candidate, sent));
            all.filter(|message| !message.is_empty()).collect()
        };
        let size = check(sent.limit.is_none_or(|limit| sent.body.len() <= limit), BodyTooLarge);
        if is_in_message {
            size?;
            check(!(is_form && sent.body.contains(&b'%')), ParameterMalformed)?;
        }
        let is_signed = messages.iter().any(|message| tags.contains(&tag(message).as_str()));
        check(is_signed, SignatureMismatch)?;
        if self.window {
            check(self.has(Step::Time) || self.has(Step::TimeAlone), TimestampMissing)?;
            let age = NOW.as_secs() - sent.time;
            check(age <= 300, TimestampStale)?;
            check(age >= -300, TimestampFuture)?;
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
            check(sent.body == b"a=1", PayloadHashMismatch)?;
            return Ok(if self.url_signed { Coverage::UrlBody } else { Coverage::Body });
        }
        if !self.has(Step::Unsigned) && !sent.body.is_empty() {
            // Part of a rejected body is read.
            return Err(if sent.limit == Some(0) { BodyTooLarge } else { BodyUnexpected });
        }
        size?;
        Ok(if self.url_signed { Coverage::Url } else { Coverage::None })
    }
}

/// Some rules sign no body, some have candidates without it, and some have empty messages.
#[test]
fn random_rules_and_requests_have_the_expected_verdict() {
    let mut random = Random(19);
    let mut seen = std::collections::HashMap::<_, usize>::new();
    for _ in 0..30_000 {
        let mut steps: Vec<_> = (0..=random.below(6)).map(|_| random.one_of(&STEPS)).collect();
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
            body: random.one_of(&[&b""[..], b"a=1", b"a=2", b"a=%", b"a=1"]),
            time: NOW.as_secs() + random.one_of(&[0, 0, 0, 300, 301, -300, -301]),
            limit: random.one_of(&[None, None, None, Some(0), Some(2), Some(3)]),
            tenants: random.below(6) == 0,
        };
        let candidates: Vec<_> = rule.candidates().collect();
        // Signs one of the candidates: with the body, with another body or without one.
        let signed_body = random.one_of(&[sent.body, sent.body, sent.body, b""]);
        let signed = Sent { body: signed_body, ..sent.clone() };
        let right = tag(Scripted::message(random.one_of(&candidates), &signed));
        let wrong = "0".repeat(64);
        sent.one = random.one_of(&[&*right, &right, &right, &right.to_uppercase(), &wrong, "x"]).to_owned();
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
        let mut expected = rule.expected(&sent);
        if expected == Err(SignatureMismatch) && sent.one.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let lower = Sent { one: sent.one.to_lowercase(), ..sent.clone() };
            expected = rule.expected(&lower);
        }
        let found = verdict(&webhook, &headers, sent.body).map(|verified| verified.coverage());
        assert_eq!(found, expected, "{rule:?} {sent:?}");
        *seen.entry(expected).or_default() += 1;
    }
    // Every verdict occurs often.
    assert_eq!(seen.len(), 6 + 11, "{seen:?}");
    assert!(seen.values().all(|count| *count >= 5), "{seen:?}");
}
