//! Random requests of the platforms of the registry, genuine and altered.

use countersign::schemes::{Sample, Scheme};
use countersign::sign::{Delivery, Unsigned};
use countersign::{BaseUrl, Head, UnixTime, Verified};

use crate::choices::Choices;
use crate::law::in_chunks;
use crate::naive::mac::{self, Function};
use crate::naive::platform::{self, Platform};
use crate::naive::{Request, base64};

const NOW: i64 = 1_763_712_000;
/// Schemes with their own cases.
pub(crate) const OWN: [&str; 5] = ["vogent", "hex-hmac", "vonage-sms", "vonage-jwt", "vonage-contact-center"];
/// The first is the base URL of the samples.
const BASES: [&str; 6] = [
    "https://example.com",
    "https://example.com:8443/hooks",
    "https://example.com:443",
    "http://example.com",
    "http://example.com:80/a",
    "wss://example.com",
];
/// At and beyond the bounds of all windows.
const AGES: [i64; 22] =
    [0, 0, 0, 0, 0, 0, 0, 1, 59, 60, 61, 62, 180, 181, 300, 301, 359, 360, 1800, 1801, -60, -61];

/// Requires the oracle's verdict on a random request, whole and in chunks. `None` if the platform makes no such request.
pub(crate) fn compare(choices: &mut Choices<'_>) -> Option<(&'static str, bool)> {
    let schemes: Vec<_> = Scheme::ALL.iter().filter(|scheme| !OWN.contains(&scheme.name())).collect();
    let tokens = ["livekit", "messagebird", "messagebird"].map(|name| Scheme::named(name).unwrap());
    // Tokens have more parts to change.
    let scheme = choices.pick(&[&schemes[..], &tokens].concat());
    let seed = 1 + u8::try_from(choices.below(3)).unwrap();
    let Sample { mut settings, key, .. } = scheme.sample([seed; 32]);
    let base = if choices.one_in(3) { choices.pick(&BASES) } else { BASES[0] };
    settings.base_url = Some(BaseUrl::new(base).unwrap());
    let verifier = scheme.build(&settings.clock(|| UnixTime::from_secs(NOW))).unwrap();
    let key = if choices.one_in(16) { scheme.sample([seed + 1; 32]).key } else { key };
    let delivery = verifier.sign(&key, &unsigned(choices)).ok()?;

    let mut target = delivery.target().to_owned();
    let mut request = Request {
        method: delivery.method().to_owned(),
        query: Vec::new(),
        headers: headers(&delivery),
        body: delivery.body().to_vec(),
    };
    let token = ["livekit", "messagebird"].contains(&scheme.name());
    if token && choices.one_in(3) {
        let (_, value) = request.headers.last_mut().unwrap();
        *value = forged(value, seed, choices);
    }
    for _ in 0..choices.pick(&[0, 0, 1, 1, 2]) {
        disturb(&mut request, &mut target, choices);
    }
    let platform = Platform { scheme: scheme.name(), seed, base, now: NOW };
    let expected = platform::verdict(&platform, &request, &target);

    let head = Head::new(&request.method, &request.headers).with_target(&target);
    let whole = verifier.verify(countersign::Request::new(head, &request.body));
    let context = || format!("{platform:?} {target:?} {request:?}");
    assert_eq!(whole.as_ref().ok().map(proof), expected, "{whole:?} {}", context());
    let size = 1 + choices.below(40);
    let chunked = in_chunks(&*verifier, head, request.body.chunks(size));
    assert_eq!(chunked, whole, "in chunks of {size}: {}", context());
    Some((scheme.name(), expected.is_some()))
}

fn proof(verified: &Verified) -> platform::Proof {
    (verified.coverage().as_str(), verified.signed_at().map(UnixTime::as_secs))
}

fn headers(delivery: &Delivery) -> Vec<(String, Vec<u8>)> {
    delivery.headers().iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()
}

/// A request before it is signed.
fn unsigned(choices: &mut Choices<'_>) -> Unsigned {
    let json = r#"{"event":"call.started","price":1.50}"#;
    let form = "CallSid=CA1&To=%2B44+7&Digits=&To=%2B1&To=%2B44+7&Body=a%26b%3Dc";
    let request = match choices.below(12) {
        0..=4 => Unsigned::json(json),
        5..=8 => {
            Unsigned::form(choices.pick(&[form, form, "", "a=b", "b=1&a=2&b=0", "a&a=&=", "a=%zz", "&&a=1&"]))
        }
        9 => Unsigned::new("GET", ""),
        10 => Unsigned::new("GET", json),
        _ => Unsigned::new(choices.pick(&["POST", "PUT", "PATCH", "DELETE"]), choices.bytes(12)),
    };
    let targets = ["/hook?id=7", "/in?b=2&a=%20+1&b=1", "/", "/a//b;c?x", "", "?x=1", "/in?&&", "/in?a%3D=1"];
    let request = request.target(choices.pick(&targets));
    let request = if choices.one_in(8) {
        request.id(choices.pick(&["a.b", "", " ", "1"]))
    } else {
        request.id("msg_1")
    };
    request.time(UnixTime::from_secs(NOW - choices.pick(&AGES)))
}

/// The token with other claims, correctly signed.
fn forged(token: &[u8], seed: u8, choices: &mut Choices<'_>) -> Vec<u8> {
    let segments: Vec<_> = token.split(|byte| *byte == b'.').collect();
    let claims = String::from_utf8(base64::decode_url(segments[1]).unwrap()).unwrap();
    let mut members: Vec<_> = claims.trim_matches(['{', '}']).split(',').map(str::to_owned).collect();
    let at = choices.below(members.len());
    match choices.below(4) {
        0 => drop(members.remove(at)),
        1 => members.push(members[at].clone()),
        2 => {
            let of_nothing = format!("\"payload_hash\":\"{}\"", mac::hex(&mac::sha256(b"")));
            members.push(choices.pick(&["\"aud\":[1]", &of_nothing]).to_owned());
        }
        _ => {
            let name = members[at].split(':').next().unwrap().to_owned();
            let none = mac::sha256(b"");
            let (hex, base64) = (mac::hex(&none), base64::encode_standard(&none));
            let texts = ["", "MessageBird", "a\\u0000", "\\u004dessageBird", &hex, &base64];
            let literals =
                ["1763711999", "1763712000.5", "17637e5", "1763712001", "null", "true", "[]", "1e400"];
            let value = if choices.one_in(2) {
                format!("\"{}\"", choices.pick(&texts))
            } else {
                choices.pick(&literals).to_owned()
            };
            members[at] = format!("{name}:{value}");
        }
    }
    let mut claims = format!("{{{}}}", members.join(",")).into_bytes();
    if choices.one_in(8) {
        choices.edit().apply(&mut claims);
    }
    let input = [segments[0], b".", base64::encode_url(&claims).as_bytes()].concat();
    let key = base64::encode_standard(&[seed; 32]);
    let tag = Function::HmacSha256.tag(key.as_bytes(), &input);
    [&input[..], b".", base64::encode_url(&tag).as_bytes()].concat()
}

/// Makes a random change, as by an attacker or an accident.
fn disturb(request: &mut Request, target: &mut String, choices: &mut Choices<'_>) {
    let at = choices.below(request.headers.len().max(1));
    let Some((name, value)) = request.headers.get(at).cloned() else { return };
    match choices.below(16) {
        0..=3 => choices.edit().apply(&mut request.headers[at].1),
        4 => drop(request.headers.remove(at)),
        5 => request.headers.push((name.to_uppercase(), value)),
        6 => request.headers[at].0 = name.to_uppercase(),
        // Another signature in a list, and separators.
        7 => {
            let between: &[u8] = choices.pick(&[b",".as_slice(), b" ", b",v1=", b" v1,", b",v0=", b",t="]);
            let other = choices.pick(&[b"AAAA".to_vec(), value.clone(), Vec::new()]);
            let both = if choices.one_in(2) { [value, other] } else { [other, value] };
            request.headers[at].1 = both.join(between);
        }
        8 => {
            let around: &[u8] = choices.pick(&[b" ".as_slice(), b"\t", b"Bearer ", b"sha256=", b"0"]);
            let both = if choices.one_in(2) { [around, &value] } else { [&value, around] };
            request.headers[at].1 = both.concat();
        }
        // Hex of the other case is the same signature. Base64 is not.
        9 => request.headers[at].1.make_ascii_uppercase(),
        10 | 11 => choices.edit().apply(&mut request.body),
        12 => choices.pick(&["GET", "POST", "PUT", "post", ""]).clone_into(&mut request.method),
        13 => {
            let types = [
                "application/json",
                "application/x-www-form-urlencoded",
                "application/x-www-form-urlencoded; charset=utf-16",
            ];
            request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
            request.headers.push(("content-type".to_owned(), choices.pick(&types).into()));
        }
        // Moves bytes from the end of the body to the beginning of a header, or back.
        14 => {
            let moved = request.body.split_off(request.body.len().saturating_sub(1 + choices.below(2)));
            request.headers[at].1 = [moved, value].concat();
        }
        _ => {
            let mut bytes = target.clone().into_bytes();
            choices.edit().apply(&mut bytes);
            *target = String::from_utf8(bytes).unwrap_or_default();
        }
    }
}
