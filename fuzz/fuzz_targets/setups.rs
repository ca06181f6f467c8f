//! The verifiers of a target, built once.

use countersign::Verifier;

use crate::law;
use crate::naive::mac::Function;
use crate::naive::{Keys, Scheme, Setup, base64};

pub(crate) const NOW: i64 = 1_763_712_000;

/// The last is a stranger's.
pub(crate) const KEYS: [&[u8]; 4] = [b"newest-secret", b"s3cr3t", b"oldest", b"stranger"];

/// A setup with the first `keys` keys.
pub(crate) fn setup(scheme: Scheme, function: Function, keys: usize) -> Setup {
    let keys = Keys::One(KEYS[..keys].iter().map(|key| key.to_vec()).collect());
    Setup { now: NOW, ..Setup::new(scheme, function, keys) }
}

/// The setup with two tenants: one with the first key, one with the second and the third.
#[allow(dead_code, reason = "another target's part")]
pub(crate) fn of_tenants(setup: Setup) -> Setup {
    let tenants = [("acct", vec![KEYS[0].to_vec()]), ("o_1", vec![KEYS[1].to_vec(), KEYS[2].to_vec()])];
    Setup { keys: Keys::Tenants(tenants.map(|(name, keys)| (name.to_owned(), keys)).into()), ..setup }
}

pub(crate) fn build(setups: Vec<Setup>) -> Vec<(Setup, Box<dyn Verifier>)> {
    setups.into_iter().map(|setup| (setup.clone(), law::verifier(&setup))).collect()
}

/// A token with exactly these claims.
#[allow(dead_code, reason = "another target's part")]
pub(crate) fn token(claims: &str, key: &[u8]) -> String {
    let signing_input =
        format!("{}.{}", base64::encode_url(br#"{"alg":"HS256"}"#), base64::encode_url(claims.as_bytes()));
    let tag = Function::HmacSha256.tag(key, signing_input.as_bytes());
    format!("{signing_input}.{}", base64::encode_url(&tag))
}
