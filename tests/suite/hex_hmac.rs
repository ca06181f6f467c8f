//! Rules of the hex HMAC of a body only. The catalogue has the attacks on its body, secret and signature.

use countersign::{Algorithm, ConfigError, ErrorKind, HexHmac, Vogent, sign};

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
fn only_the_configured_methods_are_accepted() {
    let vogent = Vogent::new(secret(KEY)).methods(["BREW", "DELETE"]).unwrap();
    let signed = |method| sign::vogent(&secret(KEY), "{}").with_method(method);
    for method in ["BREW", "DELETE"] {
        let _ = accepts(&vogent, signed(method).request());
    }
    for method in ["POST", "PUT", "GET", "brew"] {
        rejects(&vogent, signed(method).request(), ErrorKind::MethodUnsupported);
    }
    for methods in [&[][..], &[""], &["POST", "P T"], &["POST\n"]] {
        let hex_hmac = HexHmac::new("x-sig", secret(KEY)).unwrap();
        assert_eq!(hex_hmac.methods(methods).unwrap_err(), ConfigError::MethodsInvalid, "{methods:?}");
    }
}
