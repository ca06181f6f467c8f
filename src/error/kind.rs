//! The conditions that reject a request, one row each.

use std::fmt;

macro_rules! kinds {
    ($( $(#[$doc:meta])* $kind:ident = $code:literal, $status:literal, $subject:literal, $predicate:literal; )*) => {
        /// The condition that rejects a request.
        ///
        /// Statuses: 401 if the sender is not authenticated, another 4xx if no platform sends such a request, 503 if the
        /// platform should retry, 500 if your own rule is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind { $( $(#[$doc])* $kind, )* }

        impl ErrorKind {
            /// All kinds of this version, in the order of declaration.
            pub const ALL: &[Self] = &[$( Self::$kind, )*];

            /// Returns the stable name in snake case, for metrics and logs.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $( Self::$kind => $code, )* }
            }

            /// Returns the HTTP status of the answer.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $( Self::$kind => $status, )* }
            }

            pub(super) const fn subject(self) -> &'static str {
                match self { $( Self::$kind => $subject, )* }
            }

            pub(super) const fn predicate(self) -> &'static str {
                match self { $( Self::$kind => $predicate, )* }
            }
        }
    };
}

kinds! {
    /// The signature header or parameter is absent.
    SignatureMissing = "signature_missing", 401, "signature", "is missing";
    /// The signature is not in the scheme's form, or its hex or base64 does not have the algorithm's length.
    SignatureMalformed = "signature_malformed", 401, "signature", "has the wrong form or length";
    /// The signature is well-formed, but no key matches. Check the secret, the algorithm, whether a proxy rewrites the body, and
    /// the base URL if the URL is signed.
    SignatureMismatch = "signature_mismatch", 401, "signature", "matches no key";

    /// The request has no token.
    TokenMissing = "token_missing", 401, "token", "is missing";
    /// The request has no token, and the answer asks the platform to retry with one. Strangers get this answer too.
    TokenAwaited = "token_awaited", 503, "token", "is missing: send the request again with one";
    /// The token is not a compact JWS in the platform's form, with or without `Bearer`. The word, the number of segments, the
    /// base64url or the header's JSON is wrong.
    TokenMalformed = "token_malformed", 401, "token", "is not a compact JWS in the expected place";
    /// The token's header names another algorithm than HS256, or none.
    AlgorithmMismatch = "algorithm_mismatch", 401, "token algorithm", "is not accepted";
    /// The token's header asks for an extension (`crit`, `b64`) that would change its meaning.
    ExtensionUnsupported = "extension_unsupported", 401, "token header", "asks for an extension";
    /// The claims are not one JSON object in UTF-8 with unique names.
    ClaimsMalformed = "claims_malformed", 401, "claims", "are not one JSON object with each name once";
    /// A required claim is absent.
    ClaimMissing = "claim_missing", 401, "claim", "is missing";
    /// A claim has the wrong JSON type or form.
    ClaimMalformed = "claim_malformed", 401, "claim", "has the wrong type or form";
    /// A claim differs from the required one: the issuer, or an account or application that you require.
    ClaimMismatch = "claim_mismatch", 401, "claim", "is not the required one";
    /// The token has reached its `exp`.
    TokenExpired = "token_expired", 401, "token", "has expired";
    /// The token has not reached its `nbf`.
    TokenPremature = "token_premature", 401, "token", "is not valid yet";
    /// No hash of the payload is signed, so the signature does not cover the body or query.
    PayloadHashMissing = "payload_hash_missing", 401, "payload hash", "is missing";
    /// The signed payload hash is not a SHA-256 in the scheme's encoding.
    PayloadHashMalformed = "payload_hash_malformed", 401, "payload hash", "is not a SHA-256";
    /// The body, query or URL does not match its signed hash.
    PayloadHashMismatch = "payload_hash_mismatch", 401, "payload", "does not match its signed hash";

    /// The verifier has the keys of several tenants, and the request names none.
    TenantMissing = "tenant_missing", 401, "tenant", "is missing";
    /// The verifier has the keys of several tenants, but not of the one that the request names.
    TenantUnknown = "tenant_unknown", 401, "tenant", "is unknown";

    /// The store of the tenants' secrets failed, or returned secrets that the scheme rejects.
    TenantStoreUnavailable = "tenant_store_unavailable", 503, "tenant store", "is unavailable";
    /// The store of the tenants' secrets did not answer in time.
    TenantStoreTimeout = "tenant_store_timeout", 503, "tenant store", "did not answer in time";

    /// Another request for the same event is already being handled. The platform should retry, in case that one fails:
    /// [`retry_after`](crate::Error::retry_after) says when.
    ReplayInProgress = "replay_in_progress", 503, "event", "is already being handled";
    /// A replay guard is set, but no key identifies this event. The request is genuine. The platform should retry until you
    /// have chosen another key.
    ReplayKeyMissing = "replay_key_missing", 503, "replay key", "is missing";
    /// The replay guard is at its capacity, and no entry has expired.
    ReplayGuardFull = "replay_guard_full", 503, "replay guard", "is full";
    /// The replay guard's store failed or did not answer in time. Whether the event was handled is unknown.
    ReplayGuardUnavailable = "replay_guard_unavailable", 503, "replay guard", "is unavailable";

    /// The time is checked, but the request has none.
    TimestampMissing = "timestamp_missing", 401, "timestamp", "is missing";
    /// The timestamp is not in the platform's form.
    TimestampMalformed = "timestamp_malformed", 401, "timestamp", "has the wrong form";
    /// The request is older than the tolerance allows.
    TimestampStale = "timestamp_stale", 401, "timestamp", "is older than the tolerance allows";
    /// The request's time is further in the future than the tolerance allows.
    TimestampFuture = "timestamp_future", 401, "timestamp", "is further in the future than the tolerance allows";
    /// The clock could not tell the time.
    ClockUnavailable = "clock_unavailable", 503, "clock", "could not tell the time";

    /// The signing rule contradicts itself: it covers the body in two ways, or names a time, an identifier or a URL that the
    /// signed message cannot contain.
    RuleInvalid = "rule_invalid", 500, "signing rule", "contradicts itself";

    /// A header that must be unique appears more than once.
    HeaderRepeated = "header_repeated", 401, "header", "appears more than once";
    /// A signed header is absent.
    HeaderMissing = "header_missing", 401, "header", "is missing";
    /// A signed header is empty, not UTF-8, or could be split in more than one place.
    HeaderMalformed = "header_malformed", 401, "header", "has the wrong form";
    /// A header value is longer than 16 KiB.
    HeaderTooLong = "header_too_long", 431, "header", "is longer than 16 KiB";
    /// The scheme does not sign requests of this method.
    MethodUnsupported = "method_unsupported", 405, "method", "is not accepted";
    /// The scheme does not sign bodies of this media type, or the type is absent or names a charset other than UTF-8.
    MediaTypeUnsupported = "media_type_unsupported", 415, "media type", "is not one that the scheme signs";

    /// The body is absent, but the scheme signs one.
    BodyMissing = "body_missing", 400, "body", "is empty";
    /// The request has a body, but the scheme signs none.
    BodyUnexpected = "body_unexpected", 400, "body", "is not covered by the signature of this request";
    /// The body is longer than the verifier's limit.
    BodyTooLarge = "body_too_large", 413, "body", "is longer than the limit";
    /// The body could not be read to its end: the connection failed, or its framing is wrong. Anyone can send such a body, so
    /// it is not a 5xx.
    BodyInterrupted = "body_interrupted", 400, "body", "is incomplete";
    /// The body comes in more than 1,000 frames without data.
    BodyFragmented = "body_fragmented", 400, "body", "has too many empty frames";
    /// The body is not one JSON object in UTF-8.
    BodyMalformed = "body_malformed", 400, "body", "is not one JSON object";
    /// The request has a query, but the scheme signs none.
    QueryUnexpected = "query_unexpected", 400, "query", "is not covered by the signature of this request";
    /// The query is longer than 64 KiB.
    QueryTooLong = "query_too_long", 414, "query", "is longer than 64 KiB";

    /// A parameter has an empty name, an invalid percent-escape, or text that must be UTF-8 and is not.
    ParameterMalformed = "parameter_malformed", 400, "parameter", "is malformed";
    /// A parameter's name contains `&` or `=`, so the signed string could be split in more than one way. Or an unsigned
    /// parameter's name is not a short token, so it could hide other text.
    ParameterAmbiguous = "parameter_ambiguous", 400, "parameter name", "can be read in more than one way";
    /// A parameter appears more than once.
    ParameterRepeated = "parameter_repeated", 400, "parameter", "appears more than once";
    /// A parameter's JSON value is an array or an object.
    ParameterNested = "parameter_nested", 400, "parameter", "is an array or an object";
    /// There are more than 1,000 parameters.
    ParametersTooMany = "parameters_too_many", 400, "number of parameters", "is over 1,000";
    /// The request is signed by another scheme of the same platform.
    SchemeMismatch = "scheme_mismatch", 401, "request", "is signed by another scheme of the same platform";
}

impl ErrorKind {
    /// Whether the platform should retry: true if [`status`](Self::status) is a 5xx.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        self.status() >= 500
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
