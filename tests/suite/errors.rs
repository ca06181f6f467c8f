//! The table of error kinds.

use std::collections::HashSet;
use std::error::Error as _;

use countersign::{ConfigError, Error, ErrorKind};

#[test]
fn every_kind_has_a_code_of_its_own_and_a_status_that_says_what_to_do() {
    let codes: HashSet<_> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), ErrorKind::ALL.len());
    for kind in ErrorKind::ALL {
        assert!(kind.code().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{kind}");
        assert_eq!(kind.code().replace('_', ""), format!("{kind:?}").to_lowercase());
        assert!((400..=503).contains(&kind.status()));
        assert_eq!(kind.is_retryable(), kind.status() >= 500);
        assert_eq!(kind.to_string(), kind.code());
    }
    let retryable: Vec<_> = ErrorKind::ALL.iter().filter(|kind| kind.is_retryable()).collect();
    assert_eq!(retryable, [&ErrorKind::TokenMissing, &ErrorKind::ClockUnavailable]);
}

#[test]
fn an_error_is_its_kind_and_a_sentence_without_a_full_stop() {
    for kind in ErrorKind::ALL {
        let error = Error::from(*kind);
        assert_eq!(error, Error::new(*kind));
        assert_eq!((error.kind(), error.code(), error.status()), (*kind, kind.code(), kind.status()));
        assert_eq!(error.is_retryable(), kind.is_retryable());
        assert!(error.source().is_none());
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
