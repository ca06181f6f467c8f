//! The names in errors and proofs.

use std::sync::Arc;
use std::time::Duration;

use countersign::rule::Encoding;
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{
    Algorithm, ConfigError, Error, Head, HexHmac, Replays, Secret, Tolerance, Verification, Verifier, Vogent,
    sign,
};

use crate::support::{KEY, NOW, secret};

#[test]
fn a_rejection_names_the_parameter_or_the_claim() {
    let sms = Sms::new(SignatureMethod::Sha256, secret(KEY));
    let delivery = sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("text", "Hello").query();
    let unsigned = sms.verify(delivery.with_query("text=Hello").request()).unwrap_err();
    assert_eq!(unsigned.to_string(), "parameter `sig` is missing");

    let webhook = SignedWebhook::new(secret(KEY)).clock(|| NOW);
    let delivery = sign::TokenSigner::new(&secret(KEY), NOW).without_claim("iat").post("{}");
    assert_eq!(webhook.verify(delivery.request()).unwrap_err().to_string(), "claim `iat` is missing");
}

#[test]
fn a_proof_prints_no_value() {
    let sms = Sms::new(SignatureMethod::Sha256, secret(KEY));
    let message = || sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("text", "Hello");
    for (delivery, dated) in [(message().query(), false), (message().timestamp(NOW).query(), true)] {
        assert_eq!(
            format!("{:?}", sms.verify(delivery.request()).unwrap()),
            format!(
                "Verified {{ scheme: \"vonage-sms\", key: KeyId(0), coverage: Params, signed_at: {dated}, tenant: false, .. }}"
            )
        );
    }
}

#[test]
fn algorithms_methods_and_encodings_are_parsed_by_name() {
    let algorithms: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
    assert_eq!(algorithms, ["sha1", "sha256", "sha512"]);
    assert!(Algorithm::ALL.iter().all(|algorithm| algorithm.as_str().parse() == Ok(*algorithm)));
    assert_eq!("SHA256".parse::<Algorithm>(), Err(ConfigError::AlgorithmUnknown));

    let methods: Vec<_> = SignatureMethod::ALL.iter().map(|method| method.as_str()).collect();
    assert_eq!(methods, ["md5hash", "md5", "sha1", "sha256", "sha512"]);
    assert!(SignatureMethod::ALL.iter().all(|method| method.as_str().parse() == Ok(*method)));
    assert_eq!("md5-hash".parse::<SignatureMethod>(), Err(ConfigError::AlgorithmUnknown));

    assert_eq!(["hex", "base64"].map(str::parse), [Ok(Encoding::Hex), Ok(Encoding::Base64)]);
    assert_eq!("HEX".parse::<Encoding>(), Err(ConfigError::EncodingUnknown));
}

#[test]
fn a_scheme_has_a_name_and_a_replay_period() {
    #[derive(Debug)]
    struct Own(Vogent);
    impl Verifier for Own {
        fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
            self.0.begin(head)
        }
    }

    let key = || secret(KEY);
    let hour = Tolerance::either_way(Duration::from_secs(3600)).unwrap();
    let [window, two_hours] = [361, 7201].map(|seconds| Replays::Within(Duration::from_secs(seconds)));
    let schemes: [(Arc<dyn Verifier>, _, _); 9] = [
        (Arc::new(Vogent::new(key())), "vogent", Replays::Undetectable),
        (Arc::new(HexHmac::new("x-signature", key()).unwrap()), "hex-hmac", Replays::Undetectable),
        (Arc::new(Sms::new(SignatureMethod::Md5, key())), "vonage-sms", Replays::Ever),
        (Arc::new(Sms::new(SignatureMethod::Md5, key()).tolerance(hour)), "vonage-sms", two_hours),
        (Arc::new(SignedWebhook::new(key())), "vonage-jwt", window),
        (Arc::new(SignedWebhook::new(key()).tolerance(hour)), "vonage-jwt", two_hours),
        (Arc::new(SignedWebhook::new(key()).insecure_accept_any_age()), "vonage-jwt", Replays::Ever),
        (
            Arc::new(ContactCenter::new(Secret::new("bXlfc2VjcmV0X2tleQ==").unwrap()).unwrap()),
            "vonage-contact-center",
            window,
        ),
        (Arc::new(Own(Vogent::new(key()))), "custom", Replays::Undetectable),
    ];
    for (verifier, name, replays) in schemes {
        assert_eq!((verifier.scheme(), verifier.replays()), (name, replays));
        // Also behind pointers.
        let boxed: Box<dyn Verifier> = Box::new(&verifier);
        assert_eq!((boxed.scheme(), boxed.replays()), (name, replays));
        assert_eq!(boxed.retry_period(), Duration::from_secs(72 * 60 * 60));
    }
}
