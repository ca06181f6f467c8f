//! Shared by the tests: a fixed time, fixed secrets, and ways to verify a request.

use countersign::rule::{Envelope, Profile, Rule};
use countersign::sign::{Draft, Sign};
use countersign::{
    Error, ErrorKind, Head, HeaderName, Request, Secret, UnixTime, Verified, Verifier, Webhook,
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);

/// Base64, so that every scheme takes it as a secret.
pub(crate) const KEY: &str = "cVo3eFcycEw5dlQ0a1I4bUozbkI2Yw==";
pub(crate) const OTHER_KEY: &str = "dVk1aEcxZFMwZkE4";

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text).unwrap()
}

/// Verifies in one call and in chunks, and requires equal verdicts.
#[track_caller]
pub(crate) fn verdict(verifier: &dyn Verifier, request: Request<'_>) -> Result<Verified, Error> {
    let whole = verifier.verify(request);
    // A long body is not split into single bytes.
    let least = 1 + request.body().len() / 10_000;
    for size in [least, least * 7, usize::MAX] {
        assert_eq!(in_chunks(verifier, request, size), whole, "in chunks of {size}");
    }
    whole
}

/// The proof, or the error's kind.
#[track_caller]
pub(crate) fn verify(
    verifier: &dyn Verifier,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Result<Verified, ErrorKind> {
    let headers = headers.to_vec();
    let head = Head::new(method, &headers).with_target(target);
    verdict(verifier, Request::new(head, body.as_ref())).map_err(|error| error.kind())
}

pub(crate) fn in_chunks(
    verifier: &dyn Verifier,
    request: Request<'_>,
    size: usize,
) -> Result<Verified, Error> {
    let mut verification = verifier.begin(request.head())?;
    for chunk in request.body().chunks(size) {
        verification.update(chunk)?;
        verification.update(b"")?;
    }
    verification.finish()
}

#[track_caller]
pub(crate) fn accepts(verifier: &dyn Verifier, request: Request<'_>) -> Verified {
    verdict(verifier, request).unwrap()
}

#[track_caller]
pub(crate) fn rejects(verifier: &dyn Verifier, request: Request<'_>, kind: ErrorKind) {
    assert_eq!(verdict(verifier, request).map_err(|error| error.kind()), Err(kind));
}

/// Signs a token of this header and these claims.
pub(crate) fn token(header: &str, claims: &str, key: &[u8]) -> String {
    use base64::Engine as _;
    let encode = |bytes: &[u8]| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signing_input = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
    format!("{signing_input}.{}", encode(&hmac_sha256(key, &signing_input)))
}

pub(crate) fn hmac_sha256(key: &[u8], message: impl AsRef<[u8]>) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(message);
    mac.finalize().into_bytes().to_vec()
}

pub(crate) type HeaderList = Vec<(String, String)>;

/// Owned headers, which a test can change.
pub(crate) fn headers<const N: usize>(headers: [(&str, &str); N]) -> HeaderList {
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

pub(crate) fn post<'r>(headers: &'r HeaderList, body: &'r str) -> Request<'r> {
    Request::new(Head::new("POST", headers), body)
}

pub(crate) fn get<'r>(headers: &'r HeaderList, body: &'r str) -> Request<'r> {
    Request::new(Head::new("GET", headers), body)
}

/// The verifier with a clock that stands still.
pub(crate) fn at<R: Rule>(verifier: Webhook<R>, seconds: i64) -> Webhook<R> {
    verifier.clock(move || UnixTime::from_secs(seconds))
}

pub(crate) static SIGNATURE: HeaderName = HeaderName::from_static("x-sig");
pub(crate) static TIME: HeaderName = HeaderName::from_static("x-time");
pub(crate) static ID: HeaderName = HeaderName::from_static("x-id");

/// A rule that is a profile and two functions.
pub(crate) struct Written(pub(crate) Profile, pub(crate) Read, pub(crate) Write);

pub(crate) type Read = for<'h> fn(Head<'h>, &mut Envelope<'h>) -> Result<(), Error>;
pub(crate) type Write = fn(&mut Draft<'_>);

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(stringify!(Written))
    }
}

impl Rule for Written {
    fn profile(&self) -> Profile {
        self.0
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        self.1(head, envelope)
    }
}

impl Sign for Written {
    fn write(&self, draft: &mut Draft<'_>) {
        self.2(draft);
    }
}
