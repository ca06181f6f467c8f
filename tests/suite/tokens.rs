//! LiveKit's and MessageBird's tokens. Vonage's are in `signed_webhook`.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE};
use countersign::ErrorKind::{
    self, BodyUnexpected, ClaimMalformed, ClaimMismatch, ClaimMissing, MethodUnsupported,
    PayloadHashMalformed, PayloadHashMismatch, PayloadHashMissing, SignatureMalformed, SignatureMismatch,
    TenantMissing, TenantUnknown, TokenExpired, TokenMalformed, TokenMissing, TokenPremature,
};
use countersign::{
    BaseUrl, ConfigError, Coverage, Head, LiveKit, MessageBird, Replays, Request, Tenants, Tolerance,
    UnixTime, Verifier,
};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{KEY, NOW, OTHER_KEY, accepts, rejects, secret, token};

const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const BODY: &str = r#"{"event":"room_started","id":"EV_1"}"#;

/// The claims with other values. `null` removes one.
fn with(mut claims: Value, changes: &Value) -> String {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims.to_string()
}

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_secs(NOW.as_secs() + seconds)
}

mod livekit {
    use super::*;

    fn verifier() -> LiveKit {
        LiveKit::new(secret(KEY)).clock(|| NOW)
    }

    fn signed(changes: &Value) -> String {
        let hash = BASE64_STANDARD.encode(Sha256::digest(BODY));
        let now = NOW.as_secs();
        let claims = json!({"iss": "api-1", "nbf": now, "exp": now + 300, "sha256": hash});
        token(HS256, &with(claims, changes), KEY.as_bytes())
    }

    fn check(verifier: &LiveKit, value: &str, expected: Result<Coverage, ErrorKind>) {
        let headers = [("Authorization", value), ("Content-Type", "application/webhook+json")];
        let request = Request::new(Head::new("POST", &headers), BODY);
        match expected {
            Ok(coverage) => assert_eq!(accepts(verifier, request).coverage(), coverage),
            Err(kind) => rejects(verifier, request, kind),
        }
    }

    fn rejects_claims(changes: &Value, kind: ErrorKind) {
        check(&verifier(), &signed(changes), Err(kind));
    }

    #[test]
    fn a_genuine_token_covers_the_body_and_has_no_replay_key() {
        for changes in [json!({}), json!({"iat": 1, "jti": "identity", "video": {"roomJoin": true}})] {
            let value = signed(&changes);
            let headers = [("Authorization", &value)];
            let verified = accepts(&verifier(), Request::new(Head::new("POST", &headers), BODY));
            assert_eq!((verified.coverage(), verified.replay_key()), (Coverage::Body, None));
            assert_eq!(verified.signed_at(), changes["iat"].as_i64().map(UnixTime::from_secs));
            assert_eq!(verified.valid_until(), Some(at(359)));
            let claims = verified.claims().unwrap();
            assert_eq!((claims.issuer(), claims.text("video")), (Some("api-1"), None));
            assert_eq!((claims.issued_at(), claims.not_before()), (verified.signed_at(), Some(NOW)));
        }
        assert_eq!(verifier().replays(), Replays::Undetectable);
    }

    #[test]
    fn a_token_without_the_hash_of_the_body_is_rejected() {
        // A token with which a client joins a room.
        let room = json!({"sha256": null, "sub": "identity", "video": {"roomJoin": true, "room": "r"}});
        rejects_claims(&room, PayloadHashMissing);
        let digest = Sha256::digest(BODY);
        let right = BASE64_STANDARD.encode(digest);
        let with_nul = format!("{right}\0");
        for malformed in [
            "",
            &hex::encode(digest),
            &BASE64_STANDARD_NO_PAD.encode(digest),
            &format!("{right} "),
            &format!("{right}="),
            &with_nul,
            &BASE64_STANDARD.encode(&digest[..31]),
            &BASE64_STANDARD.encode([&digest[..], &[0]].concat()),
            // Trailing bits.
            &format!("{}B=", &right[..42]),
        ] {
            rejects_claims(&json!({"sha256": malformed}), PayloadHashMalformed);
        }
        for other in [json!(1), json!([right]), json!({"sha256": right}), json!(true)] {
            rejects_claims(&json!({"sha256": other}), PayloadHashMalformed);
        }
        let url_safe = BASE64_URL_SAFE.encode([0xfb; 32]);
        rejects_claims(&json!({"sha256": url_safe}), PayloadHashMalformed);
        let of_nothing = BASE64_STANDARD.encode(Sha256::digest(""));
        rejects_claims(&json!({"sha256": of_nothing}), PayloadHashMismatch);
    }

    #[test]
    fn the_token_has_no_prefix() {
        let value = signed(&json!({}));
        check(&verifier(), &value, Ok(Coverage::Body));
        for beside in ["Bearer ", "bearer ", "Bearer", "JWT "] {
            check(&verifier(), &format!("{beside}{value}"), Err(TokenMalformed));
        }
        // The signature is too long.
        check(&verifier(), &format!("{value} "), Err(SignatureMalformed));
        for blank in ["", " ", "\t"] {
            check(&verifier(), blank, Err(TokenMissing));
        }
        check(&verifier(), "Bearer", Err(TokenMalformed));
        let moved = verifier().header("X-Token").unwrap();
        check(&moved, &value, Err(TokenMissing));
        let headers = [("x-token", &value)];
        let _ = accepts(&moved, Request::new(Head::new("POST", &headers), BODY));
        let bearer = [("x-token", format!("Bearer {value}"))];
        let with_word = Request::new(Head::new("POST", &bearer), BODY);
        rejects(&moved, with_word, TokenMalformed);
    }

    #[test]
    fn exp_is_required_and_has_a_minute_of_leeway() {
        rejects_claims(&json!({"exp": null}), ClaimMissing);
        rejects_claims(&json!({"exp": "9999999999"}), ClaimMalformed);
        for (seconds, verdict) in [
            (-61, Err(TokenPremature)),
            (-60, Ok(Coverage::Body)),
            (359, Ok(Coverage::Body)),
            (360, Err(TokenExpired)),
        ] {
            check(&verifier().clock(move || at(seconds)), &signed(&json!({})), verdict);
        }
        check(&verifier(), &signed(&json!({"nbf": null})), Ok(Coverage::Body));
        let strict = Tolerance::either_way(Duration::ZERO).unwrap();
        let strict = verifier().leeway(strict);
        check(&strict.clock(|| at(300)), &signed(&json!({})), Err(TokenExpired));
    }

    #[test]
    fn the_api_key_selects_the_secret() {
        let tenants = || Tenants::new([("api-1", secret(KEY)), ("api-2", secret(OTHER_KEY))]).unwrap();
        let livekit = LiveKit::tenants(tenants()).clock(|| NOW);
        let value = signed(&json!({}));
        let headers = [("authorization", &value)];
        let head = Head::new("POST", &headers);
        assert_eq!(accepts(&livekit, Request::new(head, BODY)).tenant(), Some("api-1"));
        assert_eq!(LiveKit::untrusted_api_key(head).unwrap(), "api-1");
        for (issuer, kind) in [
            (json!("api-2"), SignatureMismatch),
            (json!("api-3"), TenantUnknown),
            (json!("API-1"), TenantUnknown),
            (json!(null), TenantMissing),
            (json!(1), ClaimMalformed),
        ] {
            check(&livekit, &signed(&json!({"iss": issuer})), Err(kind));
        }

        let named = || verifier().api_key("api-1").unwrap();
        check(&named(), &value, Ok(Coverage::Body));
        check(&named(), &signed(&json!({"iss": "api-2"})), Err(ClaimMismatch));
        check(&named(), &signed(&json!({"iss": null})), Err(ClaimMissing));
        check(&named(), &signed(&json!({"iss": 1})), Err(ClaimMalformed));
        check(&verifier(), &signed(&json!({"iss": "api-2"})), Ok(Coverage::Body));
        assert_eq!(verifier().api_key("").unwrap_err(), ConfigError::NameEmpty);
    }
}

mod messagebird {
    use super::*;

    const SECRET: &str = "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb";
    const NAME: &str = "MessageBird-Signature-JWT";

    /// A published case, for each of its methods.
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        methods: Vec<String>,
        base: String,
        target: String,
        body: String,
        token: String,
        /// The coverage, or the error's code.
        expect: String,
    }

    /// The cases of the vendor's SDKs for Go and Python, those of HS384 and HS512 rejected here.
    #[test]
    fn published_vectors_are_accepted_and_altered_ones_rejected() {
        let vectors: Vec<Vector> = serde_json::from_str(include_str!("../vectors/messagebird.json")).unwrap();
        let mut count = 0;
        for vector in vectors {
            for method in &vector.methods {
                count += 1;
                let base = || BaseUrl::new(&vector.base).unwrap();
                let then = UnixTime::from_secs(1_625_479_200);
                let verifier = MessageBird::new(base(), secret(SECRET)).clock(move || then);
                let headers = [(NAME, &vector.token)];
                let head = Head::new(method, &headers);
                let request = Request::new(head.with_target(&vector.target), &vector.body);
                let verdict = verifier.verify(request).map(|verified| verified.coverage().as_str());
                let code = verdict.map_err(|error| error.code()).unwrap_or_else(|code| code);
                assert_eq!(code, vector.expect, "{} {method}", vector.name);
                if !code.starts_with("url") {
                    continue;
                }
                assert!(accepts(&verifier, request).replay_key().is_some());
                let longer = format!("{}x", vector.body);
                let kind = match code {
                    "url" => BodyUnexpected,
                    _ => PayloadHashMismatch,
                };
                rejects(&verifier, Request::new(request.head(), &longer), kind);
                for target in
                    [format!("{}&", vector.target), vector.target.to_uppercase() + "?", String::new()]
                {
                    let moved = Request::new(head.with_target(&target), &vector.body);
                    rejects(&verifier, moved, PayloadHashMismatch);
                }
                let moved = MessageBird::new(BaseUrl::new("http://example.com").unwrap(), secret(SECRET));
                rejects(&moved.clock(move || then), request, PayloadHashMismatch);
                let other = MessageBird::new(base(), secret(KEY)).clock(move || then);
                rejects(&other, request, SignatureMismatch);
            }
        }
        assert_eq!(count, 44);
    }

    fn verifier() -> MessageBird {
        MessageBird::new(BaseUrl::new("https://example.com/hooks/").unwrap(), secret(KEY)).clock(|| NOW)
    }

    fn check(verifier: &MessageBird, changes: &Value, body: &str, expected: Result<Coverage, ErrorKind>) {
        let hash = |text: &str| hex::encode(Sha256::digest(text));
        let now = NOW.as_secs();
        let mut claims = json!({
            "iss": "MessageBird", "nbf": now, "exp": now + 60, "jti": "1",
            "url_hash": hash("https://example.com/hooks/in?a=1&b=2"),
        });
        if !body.is_empty() {
            claims["payload_hash"] = json!(hash(body));
        }
        let value = token(HS256, &with(claims, changes), KEY.as_bytes());
        let headers = [(NAME, &value)];
        let request = Request::new(Head::new("POST", &headers).with_target("/in?a=1&b=2"), body);
        match expected {
            Ok(coverage) => assert_eq!(accepts(verifier, request).coverage(), coverage),
            Err(kind) => rejects(verifier, request, kind),
        }
    }

    #[test]
    fn required_claims_are_checked() {
        let hash = |text: &str| hex::encode(Sha256::digest(text));
        check(&verifier(), &json!({}), BODY, Ok(Coverage::UrlBody));
        check(&verifier(), &json!({}), "", Ok(Coverage::Url));
        for (changes, kind) in [
            (json!({"iss": null}), ClaimMissing),
            (json!({"iss": "messagebird"}), ClaimMismatch),
            (json!({"iss": 1}), ClaimMalformed),
            (json!({"exp": null}), ClaimMissing),
            (json!({"jti": null}), ClaimMissing),
            (json!({"jti": ""}), ClaimMissing),
            (json!({"jti": 1}), ClaimMalformed),
            (json!({"url_hash": null}), PayloadHashMissing),
            (json!({"url_hash": ""}), PayloadHashMalformed),
            (json!({"url_hash": 1}), PayloadHashMalformed),
            (json!({"url_hash": hash("https://example.com/hooks/in?b=2&a=1")}), PayloadHashMismatch),
            (json!({"url_hash": hash("/in?a=1&b=2")}), PayloadHashMismatch),
            (json!({"payload_hash": ""}), PayloadHashMalformed),
            (json!({"payload_hash": [hash(BODY)]}), PayloadHashMalformed),
            (json!({"payload_hash": hash("{}")}), PayloadHashMismatch),
            (json!({"payload_hash": hash("")}), PayloadHashMismatch),
            (json!({"payload_hash": null}), BodyUnexpected),
        ] {
            check(&verifier(), &changes, BODY, Err(kind));
        }
        // Without a body there is no hash.
        for text in ["", BODY] {
            check(&verifier(), &json!({"payload_hash": hash(text)}), "", Err(PayloadHashMismatch));
        }
    }

    #[test]
    fn exp_and_nbf_have_a_second_of_leeway() {
        for (seconds, verdict) in [
            (-2, Err(TokenPremature)),
            (-1, Ok(Coverage::UrlBody)),
            (60, Ok(Coverage::UrlBody)),
            (61, Err(TokenExpired)),
        ] {
            check(&verifier().clock(move || at(seconds)), &json!({}), BODY, verdict);
        }
    }

    #[test]
    fn the_replay_key_is_the_identifier() {
        let signed = |id: &str, body: &str| {
            let unsigned = countersign::sign::Unsigned::json(body).target("/in").id(id);
            let key = countersign::sign::SigningKey::from(secret(KEY));
            countersign::sign::Signer::sign(&verifier(), &key, &unsigned).unwrap()
        };
        let key =
            |id: &str, body: &str| accepts(&verifier(), signed(id, body).request()).replay_key().unwrap();
        assert_eq!(key("1", BODY), key("1", "{}"));
        assert_ne!(key("1", BODY), key("2", BODY));
        assert_eq!(verifier().replays(), Replays::Ever);
        let only = verifier().methods(["PUT"]).unwrap();
        rejects(&only, signed("1", BODY).request(), MethodUnsupported);
        assert_eq!(verifier().methods(["HEAD"]).unwrap_err(), ConfigError::MethodsInvalid);
        let rejected = verifier().verify(signed("1", BODY).with_query("a=1").request()).unwrap_err();
        assert_eq!(rejected.to_string(), "URL does not match its signed hash");
    }
}
