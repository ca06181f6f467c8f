//! A scheme of a user's own, with a check of its own.

use countersign::ErrorKind::{
    BodyMalformed, BodyTooLarge, SignatureMalformed, SignatureMismatch, SignatureMissing, TimestampFuture,
    TimestampStale,
};
use countersign::{
    Algorithm, Check, Coverage, Error, Evidence, Head, HeaderName, HexHmac, KeyId, ReplayKey, Request,
    Tolerance, UnixTime, Verification, Verifier, sign,
};

use crate::support::{KEY, accepts, rejects, secret};

/// Signs with the number of bytes.
#[derive(Debug)]
struct Length(HeaderName);

struct Counted {
    expected: usize,
    seen: usize,
}

impl Verifier for Length {
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
        let text = head.header(&self.0)?.ok_or(SignatureMissing)?;
        let expected = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        let expected = expected.ok_or_else(|| Error::new(SignatureMalformed))?;
        Ok(Verification::new(Counted { expected, seen: 0 }).limit(100))
    }
}

impl Check for Counted {
    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.seen += chunk.len();
        if chunk.contains(&0) { Err(BodyMalformed.into()) } else { Ok(()) }
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        if self.seen == self.expected {
            Ok(Evidence::new(KeyId::new(3), Coverage::Body)
                .scheme("length")
                .signed_at(Some(UnixTime::from_secs(7)))
                .valid_until(UnixTime::from_secs(8), UnixTime::from_secs(9))
                .replay_key(ReplayKey::new(["once"])))
        } else {
            Err(SignatureMismatch.into())
        }
    }
}

#[test]
fn a_custom_scheme_accepts_and_rejects() {
    let scheme = Length(HeaderName::new("x-length").unwrap());
    let headers = [("X-Length", "5")];
    let head = Head::new("POST", &headers);
    let verified = accepts(&scheme, Request::new(head, "hello"));
    assert_eq!((verified.scheme(), verified.key()), ("length", KeyId::new(3)));
    assert_eq!(verified.valid_until(), Some(UnixTime::from_secs(9)));
    assert_eq!(verified.signed_at(), Some(UnixTime::from_secs(7)));
    assert_eq!(verified.replay_key(), Some(ReplayKey::new(["once"])));
    rejects(&scheme, Request::new(head, "hello!"), SignatureMismatch);
    rejects(&scheme, Request::new(head, "hel\0o"), BodyMalformed);
    rejects(&scheme, Request::new(head, &[b'x'; 101]), BodyTooLarge);
    rejects(&scheme, Request::new(Head::new("POST", &[("a", "b")]), "hello"), SignatureMissing);
}

#[test]
fn a_scheme_can_build_on_another_and_add_to_its_evidence() {
    let hmac = HexHmac::new("x-sig", secret(KEY)).unwrap();
    let delivery = sign::hex_hmac("x-sig", Algorithm::Sha256, &secret(KEY), "1700000000.hello");
    let window = Tolerance::either_way(std::time::Duration::from_secs(10)).unwrap();
    let finish = |body: &[u8], now: i64| {
        let signed_at = UnixTime::from_secs(1_700_000_000);
        let verification = hmac.begin(delivery.head()).unwrap();
        let mut verification = verification.and_then(move |evidence| {
            window.check(UnixTime::from_secs(now), signed_at)?;
            Ok(evidence.signed_at(Some(signed_at)).replay_key(ReplayKey::new(["once"])))
        });
        verification.update(b"1700000000.").unwrap();
        verification.update(body).unwrap();
        verification.finish().map_err(|error| error.kind())
    };
    let verified = finish(b"hello", 1_700_000_010).unwrap();
    assert_eq!(verified.signed_at(), Some(UnixTime::from_secs(1_700_000_000)));
    assert_eq!(
        (verified.replay_key(), verified.coverage()),
        (Some(ReplayKey::new(["once"])), Coverage::Body)
    );
    assert_eq!(finish(b"hello", 1_700_000_011), Err(TimestampStale));
    assert_eq!(finish(b"hello", 1_699_999_989), Err(TimestampFuture));
    assert_eq!(finish(b"other", 1_700_000_011), Err(SignatureMismatch));
}

#[test]
fn a_limit_can_only_be_lowered() {
    let hmac = HexHmac::new("x-sig", secret(KEY)).unwrap().max_body(4);
    let delivery = sign::hex_hmac("x-sig", Algorithm::Sha256, &secret(KEY), "hello");
    for (limit, taken) in [(usize::MAX, 4), (4, 4), (3, 3), (0, 0)] {
        let mut verification = hmac.begin(delivery.head()).unwrap().limit(limit);
        assert!(verification.update(&b"hello"[..taken]).is_ok());
        assert_eq!(verification.update(b"!").unwrap_err().kind(), BodyTooLarge);
        // It stays rejected.
        assert_eq!(verification.update(b"").unwrap_err().kind(), BodyTooLarge);
        assert_eq!(verification.finish().unwrap_err().kind(), BodyTooLarge);
    }
}
