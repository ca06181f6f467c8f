//! The platforms of the registry: the signed message, the place of the signature, and the proof.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::json::{self, Value};
use super::mac::{self, Function};
use super::params::{self, Params};
use super::{Request, base64, sms, token};

/// A registered scheme, set up with the sample of this seed.
#[derive(Clone, Debug)]
pub(crate) struct Platform {
    pub(crate) scheme: &'static str,
    pub(crate) seed: u8,
    pub(crate) base: &'static str,
    pub(crate) now: i64,
}

/// The coverage and the signed time.
pub(crate) type Proof = (&'static str, Option<i64>);

/// The scheme, its function, its header, the tag's prefix, and the tag's decoder.
type BodyMac = (&'static str, Function, &'static str, &'static str, fn(&[u8]) -> Option<Vec<u8>>);
const BODY_MACS: [BodyMac; 7] = [
    ("voxagent", Function::HmacSha256, "x-voxagent", "", mac::unhex),
    ("bland", Function::HmacSha256, "x-webhook-signature", "", mac::unhex),
    ("cal-com", Function::HmacSha256, "x-cal-signature-256", "", mac::unhex),
    ("agora", Function::HmacSha256, "agora-signature-v2", "", mac::unhex),
    ("sinch-numbers", Function::HmacSha1, "x-sinch-signature", "", mac::unhex),
    ("famulor", Function::HmacSha256, "x-famulor-signature", "sha256=", mac::unhex),
    ("genesys", Function::HmacSha256, "x-hub-signature-256", "sha256=", decode),
];
/// The scheme, its header, the tag's prefix, the header of the time, its units per second, and the window.
type Timed = (&'static str, &'static str, &'static str, &'static str, i64, (i64, i64));
const TIMED: [Timed; 3] = [
    ("vapi", "x-signature", "", "x-timestamp", 1000, (300, 300)),
    ("hume", "x-hume-ai-webhook-signature", "", "x-hume-ai-webhook-timestamp", 1, (180, 60)),
    ("zoom", "x-zm-signature", "v0=", "x-zm-request-timestamp", 1, (300, 300)),
];
const URL_METHODS: [&str; 2] = ["POST", "GET"];

pub(crate) fn verdict(platform: &Platform, request: &Request, target: &str) -> Option<Proof> {
    let text = base64::encode_standard(&[platform.seed; 32]).into_bytes();
    let sends_body = ["POST", "PUT", "PATCH"].contains(&request.method.as_str());
    match platform.scheme {
        "twilio" | "signalwire" => of_url(platform, &text, request, target),
        "plivo-v3" | "plivo-v2" => of_plivo(platform, &text, request, target),
        "livekit" | "messagebird" => of_token(platform, &text, request, target),
        scheme if !sends_body && scheme != "sinch-voice" => None,
        "static-token" => (request.header("x-webhook-secret").ok()?? == text).then_some(("none", None)),
        scheme => match BODY_MACS.iter().find(|row| row.0 == scheme) {
            Some((_, function, header, prefix, decode)) => {
                let tag = decode(request.header(header).ok()??.strip_prefix(prefix.as_bytes())?)?;
                is_tag(*function, &text, &request.body, &[tag]).then_some(("body", None))
            }
            None => of_time(platform, &text, request, target),
        },
    }
}

/// Platforms that sign a time beside the body.
fn of_time(platform: &Platform, text: &[u8], request: &Request, target: &str) -> Option<Proof> {
    let raw = vec![platform.seed; 32];
    let at = |name: &str| request.header(name).ok()?;
    let timed = |key: &[u8], message: &[&[u8]], tags: &[Vec<u8>], time: i64, window: (i64, i64)| {
        let holds = is_tag(Function::HmacSha256, key, &message.concat(), tags);
        let age = platform.now - time;
        (holds && age <= window.0 && -age <= window.1).then_some(("body", Some(time)))
    };
    let body = request.body.as_slice();
    match platform.scheme {
        "sinch-voice" => {
            let value = at("authorization")?;
            let (word, rest) = cut(value, b' ')?;
            let (application, tag) = cut(rest, b':')?;
            let named = word.eq_ignore_ascii_case(b"application") && std::str::from_utf8(application).is_ok();
            let time = at("x-timestamp")?;
            let md5 = if body.is_empty() { String::new() } else { base64::encode_standard(&mac::md5(body)) };
            let content_type = request.header("content-type").ok()?.unwrap_or_default();
            let dated = [b"x-timestamp:", time].concat();
            let lines =
                [request.method.as_bytes(), md5.as_bytes(), content_type, &dated, path(target).as_bytes()];
            let message = lines.join(&b'\n');
            let sent = URL_METHODS.contains(&request.method.as_str()) && named;
            timed(&raw, &[&message], &[decode(tag)?], iso8601(time)?, (300, 300)).filter(|_| sent)
        }
        "standard-webhooks" | "svix" | "openai" => {
            let header = |name: &str| {
                at(&format!("{}-{name}", if platform.scheme == "svix" { "svix" } else { "webhook" }))
            };
            let (id, time) = (header("id")?, header("timestamp")?);
            let entries = list(header("signature")?, b' ').filter_map(|entry| entry.strip_prefix(b"v1,"));
            let tags: Vec<_> = entries.filter_map(decode).collect();
            let key = if platform.scheme == "openai" { text } else { &raw };
            let named = !id.is_empty() && !id.contains(&b'.');
            timed(key, &[id, b".", time, b".", body], &tags, digits(time)?, (300, 300)).filter(|_| named)
        }
        "retell" => {
            let (time, tag) = cut(at("x-retell-signature")?.strip_prefix(b"v=")?, b',')?;
            let tag = mac::unhex(tag.strip_prefix(b"d=")?)?;
            timed(text, &[body, time], &[tag], digits(time)?.div_euclid(1000), (300, 300))
        }
        "elevenlabs" => {
            let value = at("elevenlabs-signature")?;
            let tags: Vec<_> = all(value, "v0=").filter_map(mac::unhex).collect();
            let time = one(value, "t=")?;
            timed(text, &[time, b".", body], &tags, digits(time)?, (1800, 300))
        }
        "jaas" => {
            let value = at("x-jaas-signature")?;
            let tags: Vec<_> = all(value, "v1=").filter_map(decode).collect();
            let time = one(value, "t=")?;
            timed(text, &[time, b".", body], &tags, digits(time)?, (300, 300))
        }
        scheme if TIMED.iter().any(|row| row.0 == scheme) => {
            let (_, header, prefix, name, unit, window) = TIMED.iter().find(|row| row.0 == scheme)?;
            let (tag, time) = (mac::unhex(at(header)?.strip_prefix(prefix.as_bytes())?)?, at(name)?);
            let message: &[&[u8]] = match scheme {
                "zoom" => &[b"v0:", time, b":", body],
                "hume" => &[body, b".", time],
                _ => &[time, b".", body],
            };
            timed(text, message, &[tag], digits(time)?.div_euclid(*unit), *window)
        }
        "ultravox" => {
            let tags =
                list(at("x-ultravox-webhook-signature")?, b',').filter_map(mac::unhex).collect::<Vec<_>>();
            let time = at("x-ultravox-webhook-timestamp")?;
            timed(text, &[body, time], &tags, iso8601(time)?, (60, 60))
        }
        "daily" => {
            let (tag, time) = (decode(at("x-webhook-signature")?)?, at("x-webhook-timestamp")?);
            let seconds = match time.len() {
                10 => digits(time)?,
                13 => digits(time)?.div_euclid(1000),
                _ => return None,
            };
            timed(&raw, &[time, b".", body], &[tag], seconds, (300, 300))
        }
        "sinch" => {
            let nonce = at("x-sinch-webhook-signature-nonce")?;
            let time = at("x-sinch-webhook-signature-timestamp")?;
            let tag = decode(at("x-sinch-webhook-signature")?)?;
            let named = !nonce.is_empty() && !nonce.contains(&b'.');
            let message: [&[u8]; 5] = [body, b".", nonce, b".", time];
            timed(text, &message, &[tag], digits(time)?, (300, 300)).filter(|_| named)
        }
        "telnyx" => {
            let (tag, time) = (decode(at("telnyx-signature-ed25519")?)?, at("telnyx-timestamp")?);
            let pair = Ed25519KeyPair::from_seed_unchecked(&raw).unwrap();
            let key = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
            key.verify(&[time, b"|", body].concat(), &tag).ok()?;
            let seconds = digits(time)?;
            ((platform.now - seconds).abs() <= 300).then_some(("body", Some(seconds)))
        }
        other => panic!("no second implementation of {other}"),
    }
}

/// Twilio and SignalWire.
fn of_url(platform: &Platform, key: &[u8], request: &Request, target: &str) -> Option<Proof> {
    let (method, scheme, base) = (request.method.as_str(), platform.scheme, platform.base);
    if !URL_METHODS.contains(&method) || !(target.is_empty() || target.starts_with(['/', '?'])) {
        return None;
    }
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let at = |name: &str| request.header(name).ok()?;
    let own = request.header("x-signalwire-signature").ok()?;
    let value = if scheme == "signalwire" && own.is_some() { own? } else { at("x-twilio-signature")? };
    let mut hashes = query.split('&').filter_map(|pair| pair.strip_prefix("bodySHA256="));
    let hash = match (hashes.next(), hashes.next()) {
        (None, _) => None,
        (Some(hash), None) if query.split('&').next_back()?.starts_with("bodySHA256=") => {
            Some(mac::unhex(hash.as_bytes()).filter(|hash| hash.len() == 32)?)
        }
        _ => return None,
    };
    let (host, port, prefix) = split(base);
    let usual = if base.starts_with("http:") { ":80" } else { ":443" };
    let ports = match (scheme, port) {
        ("twilio", "") => vec!["", usual],
        ("twilio", port) => vec!["", port],
        (_, "") => vec!["", usual],
        (_, port) if port == usual => vec!["", port],
        (_, port) => vec![port],
    };
    let mut ends = vec![target.to_owned()];
    if scheme == "twilio" && base.starts_with("ws") && !target.contains('?') && !target.ends_with('/') {
        ends.push(format!("{target}/"));
    }
    let url = |port: &&str, end: &str| [host, port, prefix, end].concat().into_bytes();
    let urls: Vec<_> = ports.iter().flat_map(|port| ends.iter().map(move |end| url(port, end))).collect();
    let holds = |after: &[u8], tags: &[Vec<u8>]| {
        let is_signed = |url: &Vec<u8>| is_tag(Function::HmacSha1, key, &[url, after].concat(), tags);
        urls.iter().any(is_signed).then_some(())
    };
    let tag = decode(value);
    if let Some(hash) = hash {
        holds(b"", &[tag?])?;
        return (mac::sha256(&request.body) == hash).then_some(("url_body", None));
    }
    if method == "POST" && is_form(request)? {
        let mut form = form(&request.body)?;
        if scheme == "twilio" {
            form.sort();
            form.dedup();
        } else {
            form.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        holds(&joined(&form), &[tag?])?;
        return Some(("url_params", None));
    }
    if method == "POST" && scheme == "signalwire" {
        let message = [base.as_bytes(), target.as_bytes(), &request.body].concat();
        return is_tag(Function::HmacSha1, key, &message, &[mac::unhex(value)?])
            .then_some(("url_body", None));
    }
    let hex = mac::unhex(value).filter(|_| scheme == "signalwire");
    holds(b"", &tag.into_iter().chain(hex).collect::<Vec<_>>())?;
    request.body.is_empty().then_some(("url", None))
}

/// Plivo.
fn of_plivo(platform: &Platform, key: &[u8], request: &Request, target: &str) -> Option<Proof> {
    let (method, base) = (request.method.as_str(), platform.base);
    if !URL_METHODS.contains(&method) || !(target.is_empty() || target.starts_with(['/', '?'])) {
        return None;
    }
    let at = |name: &str| request.header(name).ok()?;
    let nonce_at = |name: &str| {
        let is_plain = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_');
        at(name).filter(|nonce| !nonce.is_empty() && nonce.iter().all(is_plain))
    };
    if platform.scheme == "plivo-v2" {
        let (nonce, tag) = (nonce_at("x-plivo-signature-v2-nonce")?, decode(at("x-plivo-signature-v2")?)?);
        let message = [base.as_bytes(), path(target).as_bytes(), nonce].concat();
        return is_tag(Function::HmacSha256, key, &message, &[tag]).then_some(("url", None));
    }
    let nonce = nonce_at("x-plivo-signature-v3-nonce")?;
    let tags: Vec<_> = list(at("x-plivo-signature-v3")?, b',').filter_map(decode).collect();
    let mut message = [base, path(target)].concat().into_bytes();
    let mut query = pairs(target.split_once('?').map_or("", |(_, query)| query).as_bytes())?;
    query.sort();
    let is_cut = |(name, _): &(Vec<u8>, Vec<u8>)| name.contains(&b'=') || name.contains(&b'&');
    if query.iter().any(is_cut) {
        return None;
    }
    let query: Vec<_> = query.iter().map(|(name, value)| [&name[..], b"=", value].concat()).collect();
    if !query.is_empty() {
        message = [&message[..], b"?", &query.join(&b'&')].concat();
    }
    let is_form = method == "POST" && is_form(request)?;
    if is_form {
        let mut form = form(&request.body)?;
        form.sort();
        let separator: &[u8] = match (form.is_empty(), query.is_empty()) {
            (true, _) => b"",
            (_, true) => b"?",
            _ => b".",
        };
        message = [&message[..], separator, &joined(&form)].concat();
    } else if !request.body.is_empty() {
        return None;
    }
    let message = [&message[..], b".", nonce].concat();
    let holds = is_tag(Function::HmacSha256, key, &message, &tags);
    holds.then_some((if is_form { "url_params" } else { "url" }, None))
}

/// Whether the content type is that of a form.
fn is_form(request: &Request) -> Option<bool> {
    let media_type = sms::media_type(request.header("content-type").ok()?.unwrap_or_default());
    Some(media_type.as_deref() == Some("application/x-www-form-urlencoded"))
}

/// The pairs of a query or form. `None` if a name is empty.
fn pairs(raw: &[u8]) -> Option<Params> {
    params::urlencoded(raw).filter(|pairs| pairs.iter().all(|(name, _)| !name.is_empty()))
}

/// The pairs of a form. `None` for a body without pairs, which would not be covered.
fn form(body: &[u8]) -> Option<Params> {
    pairs(body).filter(|pairs| body.is_empty() || !pairs.is_empty())
}

fn joined(pairs: &Params) -> Vec<u8> {
    pairs.iter().flat_map(|(name, value)| [&name[..], value].concat()).collect()
}

/// LiveKit and MessageBird.
fn of_token(platform: &Platform, key: &[u8], request: &Request, target: &str) -> Option<Proof> {
    let is_livekit = platform.scheme == "livekit";
    let methods: &[_] = if is_livekit { &["POST"] } else { &["POST", "GET", "PUT", "PATCH", "DELETE"] };
    let header = if is_livekit { "authorization" } else { "messagebird-signature-jwt" };
    let value = request.header(header).ok()?.filter(|_| methods.contains(&request.method.as_str()))?;
    let segments: Vec<_> = value.split(|byte| *byte == b'.').collect();
    let [head, payload, signature] = segments[..] else { return None };
    token::check_header(&base64::decode_url(head)?)?;
    let tag = base64::decode_url(signature)?;
    let signed = is_tag(Function::HmacSha256, key, &[head, b".", payload].concat(), &[tag]);
    let claims = json::object(&base64::decode_url(payload)?)
        .filter(|claims| signed && !json::has_repeated_name(claims))?;
    let leeway = if is_livekit { 60 } else { 1 };
    let time = |name, up| token::time(&claims, name, up).ok();
    let (issued, begins, ends) = (time("iat", false)?, time("nbf", true)?, time("exp", false)??);
    let lives = platform.now < ends.saturating_add(leeway)
        && begins.is_none_or(|begins| begins - leeway <= platform.now);
    let text = |name| match json::member(&claims, name) {
        None => Some(None),
        Some(Value::Text(text)) if !text.contains('\0') => Some(Some(text.as_bytes())),
        Some(_) => None,
    };
    let body_hash = mac::sha256(&request.body);
    let coverage = if is_livekit {
        (decode(text("sha256")??)? == body_hash).then_some("body")?
    } else {
        let url = [platform.base, target].concat();
        let named = text("iss")?? == b"MessageBird" && !text("jti")??.is_empty();
        let called = mac::unhex(text("url_hash")??)? == mac::sha256(url.as_bytes());
        let hash = text("payload_hash")?.map(mac::unhex);
        let covered = match hash {
            None => request.body.is_empty().then_some("url"),
            Some(hash) => (hash? == body_hash && !request.body.is_empty()).then_some("url_body"),
        };
        covered.filter(|_| named && called && (target.is_empty() || target.starts_with(['/', '?'])))?
    };
    lives.then_some((coverage, issued))
}

/// Whether one of the first 16 tags fits the message.
fn is_tag(function: Function, key: &[u8], message: &[u8], tags: &[Vec<u8>]) -> bool {
    tags.iter().take(16).any(|tag| *tag == function.tag(key, message))
}

/// Base64 of the standard alphabet, padded.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.iter().map(|byte| match byte {
        b'+' => b'-',
        b'/' => b'_',
        b'-' | b'_' => b'!',
        byte => *byte,
    });
    let digits: Vec<_> = digits.collect();
    let end = digits.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    base64::decode_url(&digits[..end]).filter(|bytes| base64::encode_standard(bytes).as_bytes() == text)
}

fn cut(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

fn list(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    text.split(move |byte| *byte == separator).map(<[u8]>::trim_ascii)
}

fn all<'t>(text: &'t [u8], start: &'static str) -> impl Iterator<Item = &'t [u8]> {
    list(text, b',').filter_map(move |entry| entry.strip_prefix(start.as_bytes()))
}

fn one<'t>(text: &'t [u8], start: &'static str) -> Option<&'t [u8]> {
    (all(text, start).count() == 1).then(|| all(text, start).next())?
}

fn path(target: &str) -> &str {
    target.split('?').next().unwrap()
}

/// Scheme and host, the port with its colon, and the path prefix of a base URL without a user.
fn split(base: &str) -> (&str, &str, &str) {
    let host = base.find("//").unwrap() + 2;
    let prefix = base[host..].find('/').map_or(base.len(), |at| host + at);
    let port = base[host..prefix].find(':').map_or(prefix, |at| host + at);
    (&base[..port], &base[port..prefix], &base[prefix..])
}

/// A number without sign or leading zero.
fn digits(text: &[u8]) -> Option<i64> {
    let number: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == text && number >= 0).then_some(number)
}

/// Seconds since the Unix epoch, by the days of the civil calendar.
fn iso8601(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let field = |at: usize, length: usize| {
        let digits = text.get(at..at + length)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i64>().ok())?
    };
    let shape = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
    let (year, month, day) = (field(0, 4)?, field(5, 2)?, field(8, 2)?);
    let (hour, minute, second) = (field(11, 2)?, field(14, 2)?, field(17, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let is_time = shape.iter().all(|(at, mark)| text.get(*at..at + 1) == Some(mark))
        && (1..=last).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let mut zone = &text[19..];
    if let Some(fraction) = zone.strip_prefix('.') {
        zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if zone.len() == fraction.len() {
            return None;
        }
    }
    let offset = match zone.as_bytes() {
        b"" | b"Z" => 0,
        [sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let number = |tens: u8, ones: u8| Some(i64::from(mac::digit(tens)? * 10 + mac::digit(ones)?));
            let decimal = [a, b, c, d].iter().all(|digit| digit.is_ascii_digit());
            let (hours, minutes) = (number(*a, *b)?, number(*c, *d)?);
            let seconds = (decimal && hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)?;
            if *sign == b'+' { seconds } else { -seconds }
        }
        _ => return None,
    };
    // March is the first month, so a leap day is the last day of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = days + (153 * month + 2) / 5 + day - 1 - 719_468;
    is_time.then_some(days * 86_400 + hour * 3600 + minute * 60 + second - offset)
}
