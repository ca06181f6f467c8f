//! A scheme of a user's own, with a check of its own.

use countersign::{
    Check, Coverage, Error, ErrorKind, Evidence, Head, HeaderName, KeyId, ReplayKey, Request, UnixTime,
    Verification, Verifier,
};

use crate::support::{accepts, refuses};

/// Signs with the number of bytes.
#[derive(Debug)]
struct Length(HeaderName);

struct Counted {
    expected: usize,
    seen: usize,
}

impl Verifier for Length {
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
        let text = head.header(&self.0)?.ok_or(ErrorKind::SignatureMissing)?;
        let expected = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        let expected = expected.ok_or_else(|| Error::new(ErrorKind::SignatureMalformed))?;
        Ok(Verification::new(Counted { expected, seen: 0 }).limit(100))
    }
}

impl Check for Counted {
    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.seen += chunk.len();
        if chunk.contains(&0) { Err(ErrorKind::BodyMalformed.into()) } else { Ok(()) }
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        if self.seen == self.expected {
            Ok(Evidence::new(KeyId::new(3), Coverage::Body)
                .signed_at(Some(UnixTime::from_secs(7)))
                .replay_key(ReplayKey::new("once")))
        } else {
            Err(ErrorKind::SignatureMismatch.into())
        }
    }
}

#[test]
fn a_scheme_of_ones_own_verifies_and_refuses() {
    let scheme = Length(HeaderName::new("x-length").unwrap());
    let headers = [("X-Length", "5")];
    let head = Head::new("POST", &headers);
    let verified = accepts(&scheme, Request::new(head, "hello"));
    assert_eq!(verified.key(), KeyId::new(3));
    assert_eq!(verified.signed_at(), Some(UnixTime::from_secs(7)));
    assert_eq!(verified.replay_key(), Some(ReplayKey::new("once")));
    refuses(&scheme, Request::new(head, "hello!"), ErrorKind::SignatureMismatch);
    refuses(&scheme, Request::new(head, "hel\0o"), ErrorKind::BodyMalformed);
    refuses(&scheme, Request::new(head, &[b'x'; 101]), ErrorKind::BodyTooLarge);
    refuses(&scheme, Request::new(Head::new("POST", &[("a", "b")]), "hello"), ErrorKind::SignatureMissing);
}

#[test]
fn a_refusal_in_mid_body_is_final() {
    let scheme = Length(HeaderName::new("x-length").unwrap());
    let headers = [("X-Length", "1")];
    let mut verification = scheme.begin(Head::new("POST", &headers)).unwrap();
    assert!(verification.update(b"\0").is_err());
    assert!(verification.update(b"").is_err());
    assert_eq!(verification.finish().unwrap_err().kind(), ErrorKind::BodyMalformed);
}
