//! Every scheme against every general attack.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::{ErrorKind, Keyring, Request, Verifier, Vogent, sign};

use crate::schemes::{Carrier, Scheme};
use crate::support::{KEY, NOW, OTHER_KEY, accepts, in_chunks, refuses, secret, verdict};

#[test]
fn genuine_is_accepted_and_says_what_was_signed() {
    for scheme in Scheme::all() {
        let delivery = scheme.delivery();
        let verified = accepts(&*scheme.verifier(), delivery.request());
        assert_eq!(verified.coverage(), scheme.coverage(), "{scheme:?}");
        assert_eq!(verified.key().index(), 0);
        assert_eq!(verified.signed_at(), scheme.signed_at(0).map(|_| NOW), "{scheme:?}");
        assert_eq!(verified.replay_key().is_some(), verified.signed_at().is_some(), "{scheme:?}");
        assert_eq!(verified.claims().is_some(), scheme.is_jwt());
        assert_eq!(verified.tenant(), None);
    }
}

#[test]
fn altered_payload_is_refused() {
    for scheme in Scheme::all() {
        let kind =
            if scheme.is_jwt() { ErrorKind::PayloadHashMismatch } else { ErrorKind::SignatureMismatch };
        refuses(&*scheme.verifier(), scheme.altered().request(), kind);
    }
}

#[test]
fn every_flipped_bit_of_the_tag_is_refused() {
    for scheme in Scheme::all() {
        let verifier = scheme.verifier();
        let text = scheme.signature();
        let tag = match scheme.hex_digits() {
            Some(_) => hex::decode(&text).unwrap(),
            None => BASE64_URL_SAFE_NO_PAD.decode(&text).unwrap(),
        };
        for bit in 0..tag.len() * 8 {
            let mut flipped = tag.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let text = match scheme.hex_digits() {
                Some(_) => hex::encode(&flipped),
                None => BASE64_URL_SAFE_NO_PAD.encode(&flipped),
            };
            let forged = scheme.with_signature(&text);
            let refused = verifier.verify(forged.request()).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::SignatureMismatch, "{scheme:?} bit {bit}");
        }
    }
}

#[test]
fn wrong_key_is_refused() {
    for scheme in Scheme::all() {
        let forged = scheme.signed_with_another_key();
        refuses(&*scheme.verifier(), forged.request(), ErrorKind::SignatureMismatch);
    }
}

#[test]
fn hex_of_either_case_is_accepted() {
    for scheme in Scheme::all().into_iter().filter(|scheme| !scheme.is_jwt()) {
        let text = scheme.signature();
        let mixed: String = text
            .char_indices()
            .map(|(index, c)| if index % 2 == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        for text in [text.to_lowercase(), text.to_uppercase(), mixed] {
            let _ = accepts(&*scheme.verifier(), scheme.with_signature(&text).request());
        }
    }
}

#[test]
fn missing_signature_is_refused() {
    for scheme in Scheme::all() {
        let delivery = scheme.delivery();
        let unsigned = match (scheme.header(), scheme) {
            (Some(header), _) => delivery.without_header(header),
            (None, Scheme::Sms(_, Carrier::Query)) => {
                let query = delivery.query().replace("&sig=", "&Sig=");
                delivery.with_query(&query)
            }
            (None, _) => {
                let body = String::from_utf8(delivery.body().to_vec()).unwrap();
                delivery.with_body(body.replace("&sig=", "&Sig=").replace("\"sig\"", "\"Sig\""))
            }
        };
        refuses(&*scheme.verifier(), unsigned.request(), scheme.missing());
    }
}

#[test]
fn repeated_signature_is_refused_whichever_is_right() {
    for scheme in Scheme::all() {
        let (right, wrong) = (scheme.signature(), "0".repeat(scheme.signature().len()));
        for (first, second) in [(&right, &right), (&right, &wrong), (&wrong, &right)] {
            let (repeated, kind) = match (scheme.header(), scheme) {
                (Some(header), _) => {
                    let second = scheme.with_signature(second).header(header).unwrap().to_owned();
                    (scheme.with_signature(first).with_header(header, &second), ErrorKind::HeaderRepeated)
                }
                (None, Scheme::Sms(_, Carrier::Json)) => {
                    let text = format!("{first}\",\"sig\":\"{second}");
                    (scheme.with_signature(&text), ErrorKind::ParameterRepeated)
                }
                (None, _) => {
                    (scheme.with_signature(&format!("{first}&sig={second}")), ErrorKind::ParameterRepeated)
                }
            };
            refuses(&*scheme.verifier(), repeated.request(), kind);
        }
    }
}

#[test]
fn empty_and_malformed_signatures_are_refused() {
    for scheme in Scheme::all() {
        let right = scheme.signature();
        let length = right.len();
        let mut forms = vec![
            String::new(),
            right[..1].to_owned(),
            right[..length - 1].to_owned(),
            right[..length - 2].to_owned(),
            format!("{right}00"),
            format!("{right}{right}"),
            format!("0x{right}"),
            format!("sha256={right}"),
            format!("{right},{right}"),
            format!("{}*", &right[..length - 1]),
            format!("{}\u{ff11}", &right[..length - 1]),
            format!("{}\u{430}", &right[..length - 1]),
            "!".repeat(length),
            "0".repeat(2048),
        ];
        if !scheme.is_jwt() {
            forms.extend(
                ["g", "G", "@", "`", "/", ":"].map(|after| format!("{}{after}", &right[..length - 1])),
            );
        }
        // In a JSON string or a form these would be an escape or a space of another spelling.
        if scheme.header().is_some() {
            for space in [" ", "\t", "\r", "\n", "\0", "\u{b}", "\u{a0}"] {
                forms.extend([
                    format!("{space}{right}"),
                    format!("{right}{space}"),
                    format!("{}{space}{}", &right[..8], &right[8..]),
                ]);
            }
        }
        for text in forms {
            let forged = scheme.with_signature(&text);
            let refused = verdict(&*scheme.verifier(), forged.request()).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::SignatureMalformed, "{scheme:?} {text:?}");
        }
    }
}

#[test]
fn header_longer_than_16_kib_is_refused() {
    for scheme in Scheme::all() {
        let Some(header) = scheme.header() else { continue };
        for (length, too_long) in [(16 * 1024, false), (16 * 1024 + 1, true), (64 * 1024, true)] {
            let delivery = scheme.delivery().without_header(header).with_header(header, &"a".repeat(length));
            let kind = match (too_long, scheme.is_jwt()) {
                (true, _) => ErrorKind::HeaderTooLong,
                (false, true) => ErrorKind::TokenMalformed,
                (false, false) => ErrorKind::SignatureMalformed,
            };
            refuses(&*scheme.verifier(), delivery.request(), kind);
        }
    }
}

#[test]
fn the_other_schemes_deliveries_are_refused() {
    for scheme in Scheme::all() {
        for other in Scheme::all() {
            let delivery = other.delivery();
            let refused = match verdict(&*scheme.verifier(), delivery.request()) {
                // The row itself, or the same scheme in another form.
                Ok(_) => {
                    let same = match (scheme, other) {
                        (Scheme::Sms(method, _), Scheme::Sms(other, _)) => method == other,
                        (Scheme::JwtPost | Scheme::JwtGet, Scheme::JwtPost | Scheme::JwtGet) => true,
                        _ => format!("{scheme:?}") == format!("{other:?}"),
                    };
                    assert!(same, "{other:?} at {scheme:?}");
                    continue;
                }
                Err(refused) => refused.kind(),
            };
            let expected = match (scheme, other) {
                // By length, save for the two of MD5.
                (Scheme::Sms(..), Scheme::Sms(..)) if scheme.hex_digits() == other.hex_digits() => {
                    ErrorKind::SignatureMismatch
                }
                (Scheme::HexHmac(_), Scheme::HexHmac(_)) | (Scheme::Sms(..), Scheme::Sms(..)) => {
                    ErrorKind::SignatureMalformed
                }
                // Body schemes take no GET.
                (
                    Scheme::Vogent | Scheme::Voxagent | Scheme::HexHmac(_) | Scheme::ContactCenter,
                    Scheme::JwtGet | Scheme::Sms(_, Carrier::Query),
                ) => ErrorKind::MethodUnsupported,
                _ => scheme.missing(),
            };
            assert_eq!(refused, expected, "{other:?} at {scheme:?}");
        }
    }
}

#[test]
fn the_window_includes_its_bounds_and_nothing_beyond() {
    const EXTREME: [i64; 4] = [i64::MIN, -4_000_000_000, 4_000_000_000, i64::MAX];
    for scheme in Scheme::all() {
        let verifier = scheme.verifier();
        for seconds in [-300, -299, 0, 60] {
            if let Some(delivery) = scheme.signed_at(seconds) {
                assert!(verdict(&*verifier, delivery.request()).is_ok(), "{scheme:?} at {seconds}");
            }
        }
        for seconds in [-301, 61].into_iter().chain(EXTREME) {
            let Some(delivery) = scheme.signed_at(seconds) else { continue };
            let then = NOW.as_secs().saturating_add(seconds);
            let kind = if seconds > 0 {
                ErrorKind::TimestampFuture
            } else if then < 0 && !scheme.is_jwt() {
                ErrorKind::TimestampMalformed
            } else {
                ErrorKind::TimestampStale
            };
            refuses(&*verifier, delivery.request(), kind);
        }
    }
}

#[test]
fn empty_body_is_refused_unless_it_was_signed() {
    for scheme in Scheme::all() {
        let kind = match scheme {
            // Nothing of the body is signed, and it is empty already.
            Scheme::JwtGet | Scheme::Sms(_, Carrier::Query) => continue,
            Scheme::Sms(..) => ErrorKind::BodyMissing,
            Scheme::JwtPost | Scheme::ContactCenter => ErrorKind::PayloadHashMismatch,
            _ => ErrorKind::SignatureMismatch,
        };
        refuses(&*scheme.verifier(), scheme.delivery().with_body("").request(), kind);
    }
    let vogent = Vogent::new(secret(KEY));
    let _ = accepts(&vogent, sign::vogent(&secret(KEY), "").request());
}

#[test]
fn body_that_nothing_signs_is_refused() {
    for scheme in Scheme::all() {
        if matches!(scheme, Scheme::JwtGet | Scheme::Sms(_, Carrier::Query)) {
            let added = scheme.delivery().with_body("{}");
            refuses(&*scheme.verifier(), added.request(), ErrorKind::BodyUnexpected);
        }
    }
}

#[test]
fn every_split_of_the_body_gives_the_same_verdict() {
    for scheme in Scheme::all() {
        let verifier = scheme.verifier();
        for delivery in [scheme.delivery(), scheme.altered()] {
            let request = delivery.request();
            let whole = verifier.verify(request);
            for size in 1..=request.body().len() {
                assert_eq!(in_chunks(&*verifier, request, size), whole, "{scheme:?} in chunks of {size}");
            }
            for split in 0..=request.body().len() {
                let (first, second) = request.body().split_at(split);
                let mut verification = match verifier.begin(request.head()) {
                    Ok(verification) => verification,
                    Err(refused) => {
                        assert_eq!(Err(refused), whole);
                        continue;
                    }
                };
                verification.update(first).unwrap();
                verification.update(second).unwrap();
                assert_eq!(verification.finish(), whole, "{scheme:?} split at {split}");
            }
        }
    }
}

#[test]
fn finishing_early_is_refused() {
    for scheme in Scheme::all() {
        let verifier = scheme.verifier();
        let delivery = scheme.delivery();
        for length in 0..delivery.body().len() {
            let mut verification = verifier.begin(delivery.head()).unwrap();
            verification.update(&delivery.body()[..length]).unwrap();
            let refused = verification.finish().unwrap_err().kind();
            let expected: &[_] = match scheme {
                Scheme::JwtPost | Scheme::ContactCenter => &[ErrorKind::PayloadHashMismatch],
                // Cut JSON is not JSON; a cut form has no `sig`, a short one, or half an escape.
                Scheme::Sms(_, Carrier::Json) => &[ErrorKind::BodyMissing, ErrorKind::BodyMalformed],
                Scheme::Sms(..) => &[
                    ErrorKind::BodyMissing,
                    ErrorKind::SignatureMissing,
                    ErrorKind::SignatureMalformed,
                    ErrorKind::ParameterMalformed,
                ],
                _ => &[ErrorKind::SignatureMismatch],
            };
            assert!(expected.contains(&refused), "{scheme:?} cut to {length}: {refused:?}");
        }
    }
}

#[test]
fn header_names_are_found_in_any_case_and_in_no_other_spelling() {
    for scheme in Scheme::all() {
        let Some(header) = scheme.header() else { continue };
        let value = scheme.delivery().header(header).unwrap().to_owned();
        let renamed = |name: &str| scheme.delivery().without_header(header).with_header(name, &value);
        let _ = accepts(&*scheme.verifier(), renamed(&header.to_uppercase()).request());
        for name in
            [header.replace('-', "_") + "_", format!("{header} "), format!(" {header}"), format!("x{header}")]
        {
            refuses(&*scheme.verifier(), renamed(&name).request(), scheme.missing());
        }
    }
}

#[test]
fn header_bytes_beyond_ascii_are_refused() {
    for scheme in Scheme::all() {
        let Some(header) = scheme.header() else { continue };
        for value in [&b"\x80"[..], b"\xff\xfe", b"\xc0\xaf", b"", b" "] {
            let kind = match (scheme.is_jwt(), value.trim_ascii().is_empty()) {
                (true, true) => ErrorKind::TokenMissing,
                (true, false) => ErrorKind::TokenMalformed,
                (false, _) => ErrorKind::SignatureMalformed,
            };
            let headers = [(header, value), ("content-type", b"application/json")];
            let delivery = scheme.delivery();
            let head = countersign::Head::new(delivery.method(), &headers).with_query(delivery.query());
            refuses(&*scheme.verifier(), Request::new(head, delivery.body()), kind);
        }
    }
}

#[cfg(feature = "http")]
#[test]
fn a_request_of_the_http_crate_gets_the_same_verdict() {
    for scheme in Scheme::all() {
        let verifier: Arc<dyn Verifier> = scheme.verifier().into();
        for delivery in [scheme.delivery(), scheme.altered(), scheme.signed_with_another_key()] {
            let request = delivery.to_http("/webhook").unwrap();
            assert_eq!(verifier.verify((&request).into()), verifier.verify(delivery.request()), "{scheme:?}");
        }
    }
}

#[test]
fn the_same_delivery_verifies_twice_and_has_one_replay_key() {
    for scheme in Scheme::all() {
        let delivery = scheme.delivery();
        let first = accepts(&*scheme.verifier(), delivery.request());
        let second = accepts(&*scheme.verifier(), delivery.request());
        assert_eq!(first.replay_key(), second.replay_key(), "{scheme:?}");
    }
}

#[test]
fn rotation_accepts_old_and_new_and_says_which() {
    let keyring = || Keyring::new([secret(OTHER_KEY), secret(KEY), secret("dGhpcmQ=")]).unwrap();
    let vogent = Vogent::new(keyring());
    for (key, index) in [(OTHER_KEY, 0), (KEY, 1), ("dGhpcmQ=", 2)] {
        let verified = accepts(&vogent, sign::vogent(&secret(key), "{}").request());
        assert_eq!(verified.key().index(), index);
        assert_eq!(verified.key().is_newest(), index == 0);
    }
    refuses(&vogent, sign::vogent(&secret("Zm91cnRo"), "{}").request(), ErrorKind::SignatureMismatch);

    let twice = Vogent::new(Keyring::new([secret(KEY), secret(KEY)]).unwrap());
    assert_eq!(accepts(&twice, sign::vogent(&secret(KEY), "{}").request()).key().index(), 0);
}

#[test]
fn a_pointer_to_a_verifier_is_a_verifier() {
    fn serve(verifier: impl Verifier) -> bool {
        let delivery = Scheme::Vogent.delivery();
        verifier.verify(delivery.request()).is_ok() && in_chunks(&verifier, delivery.request(), 3).is_ok()
    }
    let shared: Arc<dyn Verifier> = Scheme::Vogent.verifier().into();
    assert!(serve(&*shared) && serve(Scheme::Vogent.verifier()) && serve(shared));
}

#[test]
fn verifiers_are_unwind_safe() {
    fn is_unwind_safe<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    is_unwind_safe::<Vogent>();
    is_unwind_safe::<countersign::vonage::Sms>();
    is_unwind_safe::<countersign::vonage::SignedWebhook>();
    is_unwind_safe::<countersign::vonage::ContactCenter>();
}

#[test]
fn verifiers_are_shared_between_threads() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Arc<dyn Verifier>>();
    is_shared::<Box<dyn Verifier>>();
    is_shared::<countersign::Verified>();
    is_shared::<countersign::Error>();
    is_shared::<countersign::Secret>();
    // Held across an `await`, in a task that moves between threads.
    is_shared::<countersign::Head<'static>>();
    is_shared::<Request<'static>>();

    let verifier: Arc<dyn Verifier> = Scheme::JwtPost.verifier().into();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (genuine, forged) = (Scheme::JwtPost.delivery(), Scheme::JwtPost.altered());
                for _ in 0..100 {
                    assert!(verifier.verify(genuine.request()).is_ok());
                    assert!(verifier.verify(forged.request()).is_err());
                }
            });
        }
    });
}
