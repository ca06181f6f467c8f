//! Verifies tokens beside a `jsonwebtoken` with no backend, one or two, and prints how each of the two crates fared.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use countersign::sign::{self, Delivery};
use countersign::vonage::{ContactCenter, SignedWebhook};
use countersign::{ErrorKind, Secret, Tenants, UnixTime, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

fn main() {
    set_hook(Box::new(|_| {}));
    let ours = catch_unwind(verify_all);
    let theirs = catch_unwind(AssertUnwindSafe(|| decode(&webhook().post(BODY))));
    println!(
        "countersign: {}; jsonwebtoken::decode: {}",
        ours.map_or_else(|_| "PANICS".to_owned(), |count| format!("{count} verdicts right")),
        match theirs {
            Err(_) => "panics",
            Ok(true) => "accepts",
            Ok(false) => "refuses",
        },
    );
}

/// Verifies genuine and altered deliveries of every scheme with a token, at once and in chunks.
fn verify_all() -> usize {
    let tenants = Tenants::new([("a1b2c3d4", secret())]).expect("a tenant");
    let contact_center = || sign::ContactCenter::new(&secret(), NOW).expect("base64");
    let deliveries: [(Box<dyn Verifier>, Delivery); 4] = [
        (Box::new(SignedWebhook::new(secret()).clock(|| NOW)), webhook().post(BODY)),
        (Box::new(SignedWebhook::new(secret()).clock(|| NOW)), webhook().get("to=1&from=2")),
        (Box::new(SignedWebhook::tenants(tenants).clock(|| NOW)), webhook().post(BODY)),
        (Box::new(ContactCenter::new(secret()).expect("base64").clock(|| NOW)), contact_center().post(BODY)),
    ];
    let mut right = 0;
    for (verifier, genuine) in deliveries {
        right += expect(&*verifier, &genuine, None);
        let is_get = genuine.method() == "GET";
        let altered =
            if is_get { genuine.clone().with_query("to=1&from=3") } else { genuine.clone().with_body("{}") };
        right += expect(&*verifier, &altered, Some(ErrorKind::PayloadHashMismatch));
        for (name, value) in genuine.headers().iter().filter(|(name, _)| name != "content-type") {
            let (signed, signature) = value.rsplit_once('.').expect("a token");
            let first = if signature.starts_with('A') { 'B' } else { 'A' };
            let wrong = format!("{signed}.{first}{}", &signature[1..]);
            let delivery = genuine.clone().without_header(name).with_header(name, &wrong);
            right += expect(&*verifier, &delivery, Some(ErrorKind::SignatureMismatch));
            // {"alg":"none"}, {"alg":"RS256"}
            for header in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJSUzI1NiJ9"] {
                let foreign = format!("Bearer {header}.{}", value.split_once('.').expect("a token").1);
                let delivery = genuine.clone().without_header(name).with_header(name, &foreign);
                right += expect(&*verifier, &delivery, Some(ErrorKind::AlgorithmMismatch));
            }
        }
    }
    right
}

fn expect(verifier: &dyn Verifier, delivery: &Delivery, refusal: Option<ErrorKind>) -> usize {
    let in_chunks = || {
        let mut verification = verifier.begin(delivery.head())?;
        delivery.body().chunks(5).try_for_each(|chunk| verification.update(chunk))?;
        verification.finish()
    };
    let verdicts = [verifier.verify(delivery.request()), in_chunks()];
    for verdict in &verdicts {
        assert_eq!(verdict.as_ref().err().map(countersign::Error::kind), refusal);
    }
    verdicts.len()
}

/// Whether `jsonwebtoken` itself accepts the token.
#[expect(clippy::disallowed_methods, reason = "the control: what would panic")]
fn decode(delivery: &Delivery) -> bool {
    let token =
        delivery.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).expect("a token");
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    jsonwebtoken::decode::<serde_json::Value>(token, &DecodingKey::from_secret(KEY.as_bytes()), &validation)
        .is_ok()
}

fn webhook() -> sign::SignedWebhook {
    sign::SignedWebhook::new(&secret(), NOW).claim("api_key", "a1b2c3d4")
}

fn secret() -> Secret {
    Secret::new(KEY).expect("a secret")
}

/// Base64, so that it is a secret of every scheme.
const KEY: &str = "cVo3eFcycEw5dlQ0a1I4bUozbkI2Yw==";
const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);
const BODY: &str = r#"{"status":"answered","price":1.50}"#;
