//! Rules of the hex HMAC of a body only. The catalogue has the attacks on its body, secret and signature.

use countersign::{Algorithm, ConfigError, ErrorKind, Head, HexHmac, Request, Verifier, Vogent, sign};

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
fn the_wrong_header_of_some_guides_is_rejected() {
    let signature = sign::vogent(&secret(KEY), "{}").header("x-elto-signature").unwrap().to_owned();
    let headers = [("vogent-signature", signature)];
    let request = Request::new(Head::new("POST", &headers), "{}");
    rejects(&Vogent::new(secret(KEY)), request, ErrorKind::SignatureMissing);
}

#[test]
fn only_the_configured_methods_are_accepted() {
    const METHODS: [&str; 6] = ["POST", "PUT", "GET", "DELETE", "BREW", "post"];
    let signed = sign::vogent(&secret(KEY), "{}");
    let verifiers: [(Box<dyn Verifier>, &[&str]); 2] = [
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
fn after_a_rejected_chunk_a_verification_stays_rejected() {
    let vogent = Vogent::new(secret(KEY)).max_body(4);
    let delivery = sign::vogent(&secret(KEY), "0123");
    let mut verification = vogent.begin(delivery.head()).unwrap();
    verification.update(b"0123").unwrap();
    assert_eq!(verification.update(b"4").unwrap_err().kind(), ErrorKind::BodyTooLarge);
    assert_eq!(verification.update(b"").unwrap_err().kind(), ErrorKind::BodyTooLarge);
    assert_eq!(verification.finish().unwrap_err().kind(), ErrorKind::BodyTooLarge);
}
