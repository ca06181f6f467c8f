//! Forgeries prove nothing, and their diagnosis shows no secret.

use countersign::diagnose::Capture;

use crate::scheme::{KEY, OTHER_KEY, SCHEMES, Signs, capture, shows_nothing};

/// Replaces a letter or digit by another. The round decides which one.
fn altered(text: &str, round: usize) -> String {
    let is_exchanged = |(_, c): &(usize, char)| c.is_ascii_alphanumeric();
    let places: Vec<_> = text.char_indices().filter(is_exchanged).map(|(at, _)| at).collect();
    let at = places[round * 7 % places.len()];
    let other = if text.as_bytes()[at] == b'7' { "8" } else { "7" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[test]
fn a_thousand_forgeries_prove_nothing() {
    for round in 0..1_008 {
        let scheme = SCHEMES[round % SCHEMES.len()];
        let genuine = scheme.genuine(KEY);
        let (received, stored): (Capture, &str) = match (round / SCHEMES.len()) % 3 {
            // Signed with a key that is not given.
            0 => (capture(&genuine), OTHER_KEY),
            // A signed part was altered.
            1 if genuine.method() == "GET" => {
                let (signed, rest) = genuine.query().split_once("&sig=").unwrap_or((genuine.query(), ""));
                let sig = if rest.is_empty() { String::new() } else { format!("&sig={rest}") };
                let value = signed.find('=').unwrap() + 1;
                let query = format!(
                    "{}{}{sig}",
                    &signed[..value],
                    altered(&signed[value..value + 4], round) + &signed[value + 4..]
                );
                (capture(&genuine.with_query(&query)), KEY)
            }
            1 => {
                let body = str::from_utf8(genuine.body()).unwrap().to_owned();
                let until =
                    if scheme.signs == Signs::Params { body.find("sig").unwrap() } else { body.len() };
                let body = format!("{}{}", altered(&body[..until], round), &body[until..]);
                (capture(&genuine.with_body(body)), KEY)
            }
            // A made-up signature.
            _ => (capture(&scheme.genuine(&format!("{round:04}{OTHER_KEY}"))), KEY),
        };
        let diagnosis = scheme.diagnose(stored, &received);
        assert!(!diagnosis.is_genuine(), "{}", scheme.name);
        for finding in diagnosis.findings() {
            assert!(!finding.is_proved(), "{}:\n{diagnosis}", scheme.name);
        }
        // A token's signature still matches if the payload was altered.
        let is_token = matches!(scheme.signs, Signs::TokenOfBody(_) | Signs::TokenOfQuery);
        let is_altered = is_token && (round / SCHEMES.len()) % 3 == 1;
        let code = if is_altered { "payload_altered" } else { "forged_or_unknown_secret" };
        assert_eq!(diagnosis.findings()[0].code(), code, "{}:\n{diagnosis}", scheme.name);
        let right = scheme.genuine(KEY);
        let signatures =
            right.headers().iter().map(|(_, value)| value.as_str()).filter(|value| value.len() > 40);
        let sig =
            right.query().split("sig=").nth(1).or(str::from_utf8(right.body()).unwrap().split("sig").nth(1));
        let hidden: Vec<_> = [KEY, OTHER_KEY].into_iter().chain(signatures).chain(sig).collect();
        shows_nothing(&diagnosis, &hidden);
    }
}
