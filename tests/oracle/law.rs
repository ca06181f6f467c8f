//! The law: a verifier's verdict equals the oracle's, for a whole request and in chunks.

use std::time::Duration;

use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{
    Algorithm, Error, Head, HexHmac, Keyring, Secret, Tenants, Tolerance, UnixTime, Verified, Verifier,
    Vogent,
};

use crate::naive::mac::Function;
use crate::naive::{self, Keys, Proof, Request, Scheme, Setup, base64};

/// Verifies in one call and in chunks of `size`, requires the oracle's verdict of both, and returns it.
pub(crate) fn compare(
    verifier: &dyn Verifier,
    setup: &Setup,
    request: &Request,
    size: usize,
) -> Option<Proof> {
    let head = Head::new(&request.method, &request.headers).with_query(&request.query);
    let whole = verifier.verify(countersign::Request::new(head, &request.body));
    let expected = naive::verdict(setup, request);
    assert!(
        whole.as_ref().ok().map(proof) == expected,
        "the oracle says {expected:?}, the verifier {whole:?}, to {request:?} under {setup:?}"
    );
    let chunked = in_chunks(verifier, head, request.body.chunks(size));
    assert!(
        chunked == whole,
        "{whole:?} whole, {chunked:?} in chunks of {size}: {request:?} under {setup:?}"
    );
    expected
}

/// Builds the verifier that a setup describes.
pub(crate) fn verifier(setup: &Setup) -> Box<dyn Verifier> {
    match setup.scheme {
        Scheme::Vogent => {
            let vogent = Vogent::with_algorithm(algorithm(setup.function), keyring(setup));
            let vogent = limited(vogent, setup, Vogent::max_body);
            Box::new(match &setup.header {
                Some(name) => vogent.header(name).unwrap(),
                None => vogent,
            })
        }
        Scheme::HexHmac => {
            let algorithm = algorithm(setup.function);
            let hex_hmac = HexHmac::with_algorithm(setup.header(), algorithm, keyring(setup)).unwrap();
            Box::new(limited(hex_hmac, setup, HexHmac::max_body))
        }
        Scheme::Sms => Box::new(sms(setup)),
        Scheme::SignedWebhook => Box::new(signed_webhook(setup)),
        Scheme::ContactCenter => Box::new(contact_center(setup)),
    }
}

fn sms(setup: &Setup) -> Sms {
    let method = match setup.function {
        Function::Md5Suffix => SignatureMethod::Md5Hash,
        Function::HmacMd5 => SignatureMethod::Md5,
        Function::HmacSha1 => SignatureMethod::Sha1,
        Function::HmacSha256 => SignatureMethod::Sha256,
        Function::HmacSha512 => SignatureMethod::Sha512,
    };
    let sms = match tenants(setup) {
        Some(tenants) => Sms::tenants(method, tenants),
        None => Sms::new(method, keyring(setup)),
    };
    let now = UnixTime::from_secs(setup.now);
    let sms = limited(sms, setup, Sms::max_body).clock(move || now);
    match setup.window {
        Some(window) => sms.tolerance(tolerance(window)),
        None => sms,
    }
}

fn signed_webhook(setup: &Setup) -> SignedWebhook {
    let webhook = match tenants(setup) {
        Some(tenants) => SignedWebhook::tenants(tenants),
        None => SignedWebhook::new(keyring(setup)),
    };
    let now = UnixTime::from_secs(setup.now);
    let mut webhook =
        limited(webhook, setup, SignedWebhook::max_body).clock(move || now).leeway(tolerance(setup.leeway));
    webhook = match setup.window {
        Some(window) => webhook.tolerance(tolerance(window)),
        None => webhook.insecure_accept_any_age(),
    };
    if let Some(name) = &setup.header {
        webhook = webhook.header(name).unwrap();
    }
    if let Some(api_key) = &setup.api_key {
        webhook = webhook.api_key(api_key).unwrap();
    }
    if let Some(application_id) = &setup.application_id {
        webhook = webhook.application_id(application_id).unwrap();
    }
    if setup.unhashed_body { webhook.insecure_accept_unhashed_body() } else { webhook }
}

fn contact_center(setup: &Setup) -> ContactCenter {
    let Keys::One(keys) = &setup.keys else { panic!("the Contact Center has no tenants") };
    let texts: Vec<_> =
        keys.iter().map(|key| Secret::verbatim(base64::encode_standard(key)).unwrap()).collect();
    let now = UnixTime::from_secs(setup.now);
    let contact_center = ContactCenter::new(Keyring::new(texts).unwrap()).unwrap();
    let mut contact_center = limited(contact_center, setup, ContactCenter::max_body)
        .clock(move || now)
        .leeway(tolerance(setup.leeway));
    contact_center = match setup.window {
        Some(window) => contact_center.tolerance(tolerance(window)),
        None => contact_center.insecure_accept_any_age(),
    };
    if let Some(name) = &setup.header {
        contact_center = contact_center.header(name).unwrap();
    }
    if setup.any_issuer { contact_center.accept_any_issuer() } else { contact_center }
}

pub(crate) fn in_chunks<'b>(
    verifier: &dyn Verifier,
    head: Head<'_>,
    chunks: impl Iterator<Item = &'b [u8]>,
) -> Result<Verified, Error> {
    let mut verification = verifier.begin(head)?;
    for chunk in chunks {
        verification.update(chunk)?;
    }
    verification.finish()
}

pub(crate) fn proof(verified: &Verified) -> Proof {
    Proof {
        key: verified.key().index(),
        coverage: verified.coverage().as_str(),
        signed_at: verified.signed_at().map(UnixTime::as_secs),
        tenant: verified.tenant().map(str::to_owned),
        parameters: verified.parameters().map(|parameters| {
            parameters.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
        }),
    }
}

fn limited<V>(verifier: V, setup: &Setup, max_body: impl FnOnce(V, usize) -> V) -> V {
    match setup.max_body {
        Some(limit) => max_body(verifier, limit),
        None => verifier,
    }
}

fn keyring(setup: &Setup) -> Keyring {
    let Keys::One(keys) = &setup.keys else { panic!("{:?} has no tenants", setup.scheme) };
    keyring_of(keys)
}

fn tenants(setup: &Setup) -> Option<Tenants> {
    let Keys::Tenants(tenants) = &setup.keys else { return None };
    Some(Tenants::new(tenants.iter().map(|(name, keys)| (name, keyring_of(keys)))).unwrap())
}

fn keyring_of(keys: &[Vec<u8>]) -> Keyring {
    Keyring::new(keys.iter().map(|key| Secret::verbatim(key.as_slice()).unwrap())).unwrap()
}

fn algorithm(function: Function) -> Algorithm {
    match function {
        Function::HmacSha1 => Algorithm::Sha1,
        Function::HmacSha256 => Algorithm::Sha256,
        Function::HmacSha512 => Algorithm::Sha512,
        Function::Md5Suffix | Function::HmacMd5 => panic!("no body is signed by {function:?}"),
    }
}

fn tolerance((past, future): (u64, u64)) -> Tolerance {
    Tolerance::new(Duration::from_secs(past), Duration::from_secs(future)).unwrap()
}
