//! Published vectors (`tests/vectors/`), each as it is and altered. The files' counts are asserted: a short file fails.
//!
//! Of the vendors' published material, four entries cannot be run: three captured SMS webhooks whose secret is not
//! public, and an example of another product whose printed signature does not belong to its printed text.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::ErrorKind::{
    PayloadHashMismatch, PayloadHashMissing, SignatureMalformed, SignatureMismatch, TokenMalformed,
};
use countersign::sign::{self, Delivery};
use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{ConfigError, Coverage, Head, Request, Secret, UnixTime, Verifier};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::support::{accepts, rejects, secret};

#[derive(Clone, Deserialize)]
struct SmsVector {
    source: String,
    secret: String,
    method: String,
    params: Vec<(String, Value)>,
    sig: String,
    signed: String,
    expect: String,
}

impl SmsVector {
    fn method(&self) -> SignatureMethod {
        self.method.parse().unwrap()
    }

    /// The signature of the string that the source says is signed.
    fn recomputed(&self) -> String {
        fn tag<M: Mac + KeyInit>(key: &str, message: &str) -> String {
            let keyed = <M as KeyInit>::new_from_slice(key.as_bytes()).unwrap();
            hex::encode(keyed.chain_update(message).finalize().into_bytes())
        }
        match self.method() {
            SignatureMethod::Md5Hash => hex::encode(Md5::digest(format!("{}{}", self.signed, self.secret))),
            SignatureMethod::Md5 => tag::<Hmac<Md5>>(&self.secret, &self.signed),
            SignatureMethod::Sha1 => tag::<Hmac<Sha1>>(&self.secret, &self.signed),
            SignatureMethod::Sha256 => tag::<Hmac<Sha256>>(&self.secret, &self.signed),
            _ => tag::<Hmac<Sha512>>(&self.secret, &self.signed),
        }
    }

    /// The vector as a query, a form and JSON.
    fn deliveries(&self) -> [Delivery; 3] {
        let pairs: Vec<_> = self
            .params
            .iter()
            .map(|(name, value)| {
                (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })
            .map(|(name, text)| (name, if text == "null" { String::new() } else { text }))
            .chain([("sig".to_owned(), self.sig.clone())])
            .map(|(name, text)| format!("{}={}", encode(&name), encode(&text)))
            .collect();
        let members: Vec<_> = self
            .params
            .iter()
            .map(|(name, value)| format!("{}: {value}", Value::from(name.as_str())))
            .chain([format!("\"sig\": {}", Value::from(self.sig.as_str()))])
            .collect();
        let unsigned = || sign::SmsSigner::new(SignatureMethod::Md5Hash, &secret("unused"));
        [
            unsigned().query().with_query(&pairs.join("&")),
            unsigned().form().with_body(pairs.join("&")),
            unsigned().json().with_body(format!("{{ {} }}\n", members.join(", "))),
        ]
    }
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Attack 72.
#[test]
fn sms() {
    let vectors: Vec<SmsVector> = serde_json::from_str(include_str!("../vectors/sms.json")).unwrap();
    assert_eq!(vectors.len(), 62);
    for vector in vectors {
        if vector.expect == "secret_empty" {
            assert_eq!(Secret::new(vector.secret).unwrap_err(), ConfigError::SecretEmpty);
            continue;
        }
        let sms = Sms::new(vector.method(), secret(&vector.secret));
        for delivery in vector.deliveries() {
            let request = delivery.request();
            match vector.expect.as_str() {
                "accepted" => {
                    let coverage = sms.verify(request).map(|verified| verified.coverage());
                    assert_eq!(coverage, Ok(Coverage::Params), "{} {}", vector.source, vector.signed);
                    assert_eq!(vector.recomputed(), vector.sig.to_lowercase());
                    altered_is_rejected(&vector, &sms);
                }
                "signature_malformed" => rejects(&sms, request, SignatureMalformed),
                "signature_mismatch" => rejects(&sms, request, SignatureMismatch),
                other => panic!("{other}"),
            }
        }
    }
}

fn altered_is_rejected(vector: &SmsVector, sms: &Sms) {
    let with = |params| SmsVector { params, ..vector.clone() };
    let mut altered: Vec<_> = (0..vector.params.len())
        .map(|index| {
            let mut params = vector.params.clone();
            params[index].1 = Value::from(format!("{}x", params[index].1.as_str().unwrap_or_default()));
            with(params)
        })
        .collect();
    let digit = if vector.sig.starts_with('0') { "1" } else { "0" };
    altered.push(SmsVector { sig: format!("{digit}{}", &vector.sig[1..]), ..vector.clone() });
    let added = [("added".to_owned(), Value::from("1"))];
    altered.push(with([&vector.params[..], &added].concat()));
    for delivery in altered.iter().flat_map(SmsVector::deliveries) {
        rejects(sms, delivery.request(), SignatureMismatch);
    }
}

#[derive(Deserialize)]
struct JwtVector {
    secret: String,
    token: String,
    /// Whether the secret signed the token. Its claims may still be rejected.
    signed: bool,
    expect: String,
    #[serde(default)]
    iat: i64,
}

#[test]
fn jwt() {
    let vectors: Vec<JwtVector> = serde_json::from_str(include_str!("../vectors/jwt.json")).unwrap();
    assert_eq!(vectors.len(), 15);
    for vector in vectors {
        let iat = UnixTime::from_secs(vector.iat);
        let webhook = SignedWebhook::new(secret(&vector.secret)).clock(move || iat);
        let headers = [("Authorization", format!("Bearer {}", vector.token))];
        let request = Request::new(Head::new("POST", &headers), "{}");
        let rejected = webhook.verify(request).unwrap_err().kind();
        assert_eq!(rejected.code(), vector.expect);
        // The signature is checked before the claims, so an error of a claim means that the signature was right.
        let about_signature = [SignatureMismatch, TokenMalformed].contains(&rejected);
        assert_eq!(vector.signed, !about_signature);
        if rejected == PayloadHashMissing {
            let lax = SignedWebhook::new(secret(&vector.secret)).clock(move || iat);
            let verified = accepts(&lax.insecure_accept_unhashed_body(), request);
            assert_eq!(verified.coverage(), Coverage::Token);
        }
        if vector.signed {
            let (signing_input, signature) = vector.token.rsplit_once('.').unwrap();
            // One more claim, the old signature.
            let (header, payload) = signing_input.split_once('.').unwrap();
            let mut claims = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
            claims.insert_str(1, "\"added\":1,");
            let altered = format!("{header}.{}.{signature}", BASE64_URL_SAFE_NO_PAD.encode(claims));
            let headers = [("Authorization", format!("Bearer {altered}"))];
            let altered = Request::new(Head::new("POST", &headers), "{}");
            rejects(&webhook, altered, SignatureMismatch);

            let other = SignedWebhook::new(secret("another secret")).clock(move || iat);
            rejects(&other, request, SignatureMismatch);
        }
    }
}

#[derive(Deserialize)]
struct PayloadHashVector {
    method: String,
    query: String,
    body: String,
    payload_hash: String,
}

#[test]
fn payload_hash() {
    let vectors: Vec<PayloadHashVector> =
        serde_json::from_str(include_str!("../vectors/payload_hash.json")).unwrap();
    assert_eq!(vectors.len(), 2);
    let now = UnixTime::from_secs(1_700_000_000);
    let webhook = SignedWebhook::new(secret("s3cr3t")).clock(move || now);
    for vector in vectors {
        let delivery = sign::TokenSigner::new(&secret("s3cr3t"), now)
            .claim("payload_hash", &vector.payload_hash)
            .post(vector.body.as_str())
            .with_method(&vector.method)
            .with_query(&vector.query);
        let _ = accepts(&webhook, delivery.request());
        let altered = match vector.method.as_str() {
            "GET" => delivery.with_query(&vector.query.replacen("to=1", "to=2", 1)),
            _ => delivery.with_body(vector.body.replace("answered", "rejected")),
        };
        rejects(&webhook, altered.request(), PayloadHashMismatch);
    }
}
