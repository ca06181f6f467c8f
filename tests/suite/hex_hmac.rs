//! Rules of the hex HMAC of a body only.

use countersign::{
    Algorithm, ConfigError, ErrorKind, Head, HexHmac, Request, Secret, Verifier, Vogent, sign,
};

use crate::support::{KEY, accepts, rejects, secret};

#[test]
fn the_official_header_is_the_default_of_vogent_and_can_be_renamed() {
    let delivery = sign::vogent(&secret(KEY), "{}");
    let signature = delivery.header("X-Elto-Signature").unwrap();
    let renamed = sign::hex_hmac("X-Gateway-Signature", Algorithm::Sha256, &secret(KEY), "{}");
    assert_eq!(renamed.header("x-gateway-signature"), Some(signature));

    let vogent = Vogent::new(secret(KEY));
    rejects(&vogent, renamed.request(), ErrorKind::SignatureMissing);
    let _ = accepts(&vogent.header("x-gateway-signature").unwrap(), renamed.request());
    assert_eq!(Vogent::new(secret(KEY)).header("").unwrap_err(), ConfigError::HeaderNameInvalid);
}

#[test]
fn the_header_guides_get_wrong_is_not_taken() {
    let signature = sign::vogent(&secret(KEY), "{}").header("x-elto-signature").unwrap().to_owned();
    let headers = [("vogent-signature", signature)];
    let request = Request::new(Head::new("POST", &headers), "{}");
    rejects(&Vogent::new(secret(KEY)), request, ErrorKind::SignatureMissing);
}

/// Attack 155.
#[test]
fn only_the_methods_that_send_a_body_are_taken() {
    const METHODS: [&str; 12] =
        ["POST", "PUT", "PATCH", "GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "post", ""];
    let signed = sign::vogent(&secret(KEY), "{}");
    let verifiers: [(Box<dyn Verifier>, &[&str]); 3] = [
        (Box::new(Vogent::new(secret(KEY))), &["POST", "PUT", "PATCH"]),
        (
            Box::new(HexHmac::new("x-elto-signature", secret(KEY)).unwrap().methods(["BREW"]).unwrap()),
            &["BREW"],
        ),
        (Box::new(Vogent::new(secret(KEY)).methods(["POST", "DELETE"]).unwrap()), &["POST", "DELETE"]),
    ];
    for (verifier, taken) in verifiers {
        for method in METHODS {
            let delivery = signed.clone().with_method(method);
            if taken.contains(&method) {
                let _ = accepts(&verifier, delivery.request());
            } else {
                rejects(&verifier, delivery.request(), ErrorKind::MethodUnsupported);
            }
        }
    }
    for methods in [&[][..], &[""], &["POST", "P T"], &["POST\n"]] {
        let hex_hmac = HexHmac::new("x-sig", secret(KEY)).unwrap();
        assert_eq!(hex_hmac.methods(methods).unwrap_err(), ConfigError::MethodsInvalid, "{methods:?}");
    }
}

#[test]
fn a_header_must_be_named() {
    for name in ["", " ", "x sig", "x:sig", "x-sig\n", "x-süg", "(x)"] {
        assert_eq!(HexHmac::new(name, secret(KEY)).unwrap_err(), ConfigError::HeaderNameInvalid, "{name:?}");
    }
}

#[test]
fn the_algorithm_is_the_configured_one() {
    let algorithms = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
    for signed in algorithms {
        for configured in algorithms {
            let delivery = sign::hex_hmac("x-elto-signature", signed, &secret(KEY), "{}")
                .with_header("x-signature-algorithm", "sha1");
            let vogent = Vogent::with_algorithm(configured, secret(KEY));
            if signed == configured {
                let _ = accepts(&vogent, delivery.request());
            } else {
                rejects(&vogent, delivery.request(), ErrorKind::SignatureMalformed);
            }
        }
    }
}

#[test]
fn the_body_is_hashed_as_received() {
    let body = "{\"b\":1.50,\"a\":\"\\u00e9\\/\"}";
    let vogent = Vogent::new(secret(KEY));
    let delivery = sign::vogent(&secret(KEY), body);
    let _ = accepts(&vogent, delivery.request());
    for changed in [
        "{\"b\":1.5,\"a\":\"\\u00e9\\/\"}",
        "{\"b\":1.50,\"a\":\"é\\/\"}",
        "{\"b\":1.50,\"a\":\"\\u00e9/\"}",
        "{\"b\": 1.50, \"a\": \"\\u00e9\\/\"}",
        "{\"a\":\"\\u00e9\\/\",\"b\":1.50}",
        "{\"b\":1.50,\"a\":\"\\u00e9\\/\"}\n",
        "\u{feff}{\"b\":1.50,\"a\":\"\\u00e9\\/\"}",
    ] {
        rejects(&vogent, delivery.clone().with_body(changed).request(), ErrorKind::SignatureMismatch);
    }
}

#[test]
fn a_body_is_bytes() {
    let vogent = Vogent::new(secret(KEY));
    for body in [&b"\xff\xfe\x00\x80"[..], b"\0", b"\r\n"] {
        let _ = accepts(&vogent, sign::vogent(&secret(KEY), body).request());
    }
}

#[test]
fn lengths_around_the_hash_blocks_verify() {
    let lengths = (0..=300).chain([4_095, 4_096, 4_097, 65_535, 65_536, 65_537]);
    for length in lengths {
        let body = vec![b'x'; length];
        for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
            let verifier = HexHmac::with_algorithm("x-sig", algorithm, secret(KEY)).unwrap();
            let delivery = sign::hex_hmac("x-sig", algorithm, &secret(KEY), &*body);
            assert!(verifier.verify(delivery.request()).is_ok(), "{algorithm:?} {length}");
            let longer = delivery.with_body([&*body, b"x"].concat());
            let rejected = verifier.verify(longer.request()).unwrap_err().kind();
            assert_eq!(rejected, ErrorKind::SignatureMismatch, "{algorithm:?} {length}");
        }
    }
}

#[test]
fn secrets_of_any_length_and_bytes_key_the_hmac() {
    use hmac::{Hmac, KeyInit, Mac};
    for length in [1, 55, 56, 63, 64, 65, 127, 128, 129, 1_000, 1_048_576] {
        let key: Vec<u8> = (0..length).map(|index| u8::try_from(index % 251).unwrap() ^ 0x80).collect();
        let tag = hex::encode(
            Hmac::<sha2::Sha512>::new_from_slice(&key).unwrap().chain_update("{}").finalize().into_bytes(),
        );
        let verifier =
            HexHmac::with_algorithm("x-sig", Algorithm::Sha512, Secret::verbatim(key.clone()).unwrap())
                .unwrap();
        let headers = [("x-sig", tag)];
        let request = Request::new(Head::new("POST", &headers), "{}");
        let _ = accepts(&verifier, request);

        let mut other = key;
        *other.last_mut().unwrap() ^= 1;
        let verifier =
            HexHmac::with_algorithm("x-sig", Algorithm::Sha512, Secret::verbatim(other).unwrap()).unwrap();
        rejects(&verifier, request, ErrorKind::SignatureMismatch);
    }
}

#[test]
fn a_secret_is_used_as_text() {
    // Hex- or base64-looking, and the two forms of é: the decoded or composed key is another key.
    let pairs = [("6b6579", "key"), ("a2V5MQ==", "key1"), ("\u{e9}", "e\u{301}")];
    for (text, other) in pairs {
        let delivery = sign::vogent(&secret(text), "{}");
        let _ = accepts(&Vogent::new(secret(text)), delivery.request());
        rejects(&Vogent::new(secret(other)), delivery.request(), ErrorKind::SignatureMismatch);
    }
}

#[test]
fn hmac_keys_that_are_one_by_construction_are_pinned() {
    // RFC 2104 pads a short key with zeros.
    let delivery = sign::vogent(&secret("k"), "{}");
    let _ = accepts(&Vogent::new(Secret::verbatim("k\0").unwrap()), delivery.request());
}

#[test]
fn a_body_over_the_limit_is_rejected() {
    let limited = || Vogent::new(secret(KEY)).max_body(10);
    let _ = accepts(&limited(), sign::vogent(&secret(KEY), "0123456789").request());
    rejects(&limited(), sign::vogent(&secret(KEY), "0123456789a").request(), ErrorKind::BodyTooLarge);

    let hex_hmac = HexHmac::new("x-sig", secret(KEY)).unwrap().max_body(10);
    rejects(
        &hex_hmac,
        sign::hex_hmac("x-sig", Algorithm::Sha256, &secret(KEY), "0123456789a").request(),
        ErrorKind::BodyTooLarge,
    );
}

#[test]
fn after_a_rejected_chunk_a_verification_stays_rejected() {
    let vogent = Vogent::new(secret(KEY)).max_body(4);
    let delivery = sign::vogent(&secret(KEY), "0123");
    let mut verification = vogent.begin(delivery.head()).unwrap();
    verification.update(b"0123").unwrap();
    assert_eq!(verification.update(b"4").unwrap_err().kind(), ErrorKind::BodyTooLarge);
    assert_eq!(verification.update(b"").unwrap_err().kind(), ErrorKind::BodyTooLarge);
    assert_eq!(verification.finish().unwrap_err().kind(), ErrorKind::BodyTooLarge);
}
