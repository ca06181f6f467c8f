//! The table of error kinds.

use std::collections::HashSet;
use std::error::Error as _;

use countersign::{ConfigError, Error, ErrorKind};

/// Status and message of each kind. Operators see them.
const TABLE: &[(ErrorKind, u16, &str)] = &[
    (ErrorKind::SignatureMissing, 401, "signature is missing"),
    (ErrorKind::SignatureMalformed, 401, "signature has the wrong form or length"),
    (ErrorKind::SignatureMismatch, 401, "signature matches no key"),
    (ErrorKind::TokenMissing, 401, "token is missing"),
    (ErrorKind::TokenAwaited, 503, "token is missing: send the request again with one"),
    (ErrorKind::TokenMalformed, 401, "token is not a compact JWS in the expected place"),
    (ErrorKind::AlgorithmMismatch, 401, "token algorithm is not accepted"),
    (ErrorKind::ExtensionUnsupported, 401, "token header asks for an extension"),
    (ErrorKind::ClaimsMalformed, 401, "claims are not one JSON object with each name once"),
    (ErrorKind::ClaimMissing, 401, "claim is missing"),
    (ErrorKind::ClaimMalformed, 401, "claim has the wrong type or form"),
    (ErrorKind::ClaimMismatch, 401, "claim is not the required one"),
    (ErrorKind::TokenExpired, 401, "token has expired"),
    (ErrorKind::TokenPremature, 401, "token is not valid yet"),
    (ErrorKind::PayloadHashMissing, 401, "payload hash is missing"),
    (ErrorKind::PayloadHashMalformed, 401, "payload hash is not a SHA-256"),
    (ErrorKind::PayloadHashMismatch, 401, "payload does not match its signed hash"),
    (ErrorKind::TenantMissing, 401, "tenant is missing"),
    (ErrorKind::TenantUnknown, 401, "tenant is unknown"),
    (ErrorKind::TenantStoreUnavailable, 503, "tenant store is unavailable"),
    (ErrorKind::TenantStoreTimeout, 503, "tenant store did not answer in time"),
    (ErrorKind::ReplayInProgress, 503, "event is already being handled"),
    (ErrorKind::ReplayKeyMissing, 503, "replay key is missing"),
    (ErrorKind::ReplayGuardFull, 503, "replay guard is full"),
    (ErrorKind::ReplayGuardUnavailable, 503, "replay guard is unavailable"),
    (ErrorKind::TimestampMissing, 401, "timestamp is missing"),
    (ErrorKind::TimestampMalformed, 401, "timestamp has the wrong form"),
    (ErrorKind::TimestampStale, 401, "timestamp is older than the tolerance allows"),
    (ErrorKind::TimestampFuture, 401, "timestamp is further in the future than the tolerance allows"),
    (ErrorKind::ClockUnavailable, 503, "clock could not tell the time"),
    (ErrorKind::RuleInvalid, 500, "signing rule contradicts itself"),
    (ErrorKind::HeaderRepeated, 401, "header appears more than once"),
    (ErrorKind::HeaderMissing, 401, "header is missing"),
    (ErrorKind::HeaderMalformed, 401, "header has the wrong form"),
    (ErrorKind::HeaderTooLong, 431, "header is longer than 16 KiB"),
    (ErrorKind::MethodUnsupported, 405, "method is not accepted"),
    (ErrorKind::MediaTypeUnsupported, 415, "media type is not one that the scheme signs"),
    (ErrorKind::BodyMissing, 400, "body is empty"),
    (ErrorKind::BodyUnexpected, 400, "body is not covered by the signature of this request"),
    (ErrorKind::BodyTooLarge, 413, "body is longer than the limit"),
    (ErrorKind::BodyInterrupted, 400, "body is incomplete"),
    (ErrorKind::BodyFragmented, 400, "body has too many empty frames"),
    (ErrorKind::BodyMalformed, 400, "body is not one JSON object"),
    (ErrorKind::QueryUnexpected, 400, "query is not covered by the signature of this request"),
    (ErrorKind::QueryTooLong, 414, "query is longer than 64 KiB"),
    (ErrorKind::ParameterMalformed, 400, "parameter is malformed"),
    (ErrorKind::ParameterAmbiguous, 400, "parameter name can be read in more than one way"),
    (ErrorKind::ParameterRepeated, 400, "parameter appears more than once"),
    (ErrorKind::ParameterNested, 400, "parameter is an array or an object"),
    (ErrorKind::ParametersTooMany, 400, "number of parameters is over 1,000"),
    (ErrorKind::SchemeMismatch, 401, "request is signed by another scheme of the same platform"),
];

#[test]
fn the_guide_has_a_row_for_every_kind() {
    let table = include_str!("../../src/guide/errors.md");
    for kind in ErrorKind::ALL {
        let row = format!("| [`{}`](crate::ErrorKind::{kind:?}) | {} | ", kind.code(), kind.status());
        assert_eq!(table.matches(&row).count(), 1, "{row}");
    }
    assert_eq!(table.matches("ErrorKind::").count(), ErrorKind::ALL.len());
}

#[test]
fn statuses_and_messages_are_pinned() {
    assert_eq!(TABLE.iter().map(|row| row.0).collect::<Vec<_>>(), ErrorKind::ALL);
    for (kind, status, message) in TABLE {
        assert_eq!((kind.status(), Error::new(*kind).to_string().as_str()), (*status, *message));
    }
}

#[test]
fn every_kind_has_its_own_code_and_a_fitting_status() {
    let codes: HashSet<_> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), ErrorKind::ALL.len());
    for kind in ErrorKind::ALL {
        assert!(kind.code().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{kind}");
        assert_eq!(kind.code().replace('_', ""), format!("{kind:?}").to_lowercase());
        assert!((400..=503).contains(&kind.status()));
        assert_eq!(kind.is_retryable(), kind.status() >= 500);
        assert_eq!(kind.to_string(), kind.code());
    }
}

#[test]
fn an_error_prints_a_sentence_without_a_full_stop() {
    for kind in ErrorKind::ALL {
        let error = Error::from(*kind);
        assert_eq!(error, Error::new(*kind));
        assert_eq!((error.kind(), error.code(), error.status()), (*kind, kind.code(), kind.status()));
        assert_eq!(error.is_retryable(), kind.is_retryable());
        assert!(error.source().is_none());
        assert_eq!(error.retry_after(), None);
        let text = error.to_string();
        assert!(
            text.contains(' ') && !text.ends_with('.') && text.starts_with(|c: char| c.is_lowercase()),
            "{text}"
        );
    }
    assert!(
        ConfigError::SecretEmpty.to_string() == "secret is empty"
            && ConfigError::SecretEmpty.source().is_none()
    );
}
