//! What the operator did wrong.

/// Refusal to build: what is wrong with a secret, a name or a setting.
///
/// Comes from constructors only, so a verifier that exists is rightly configured. Never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The secret has no bytes.
    #[error("secret is empty")]
    SecretEmpty,
    /// The secret is nothing but white space.
    #[error("secret is blank")]
    SecretBlank,
    /// The secret begins or ends with white space, as one does that was read from a file with its last line feed.
    #[error("secret begins or ends with white space")]
    SecretPadded,
    /// The secret is a PEM, a JSON Web Key or an SSH key: the wrong credential was pasted.
    #[error("secret is a PEM, a JWK or an SSH key, not a shared secret")]
    SecretIsKeyFile,
    /// The secret is not base64 where the scheme says it is.
    #[error("secret is not base64")]
    SecretNotBase64,
    /// A keyring without a secret, or tenants without a tenant.
    #[error("keyring is empty")]
    KeyringEmpty,
    /// Two tenants have one `api_key`.
    #[error("tenant appears more than once")]
    TenantRepeated,
    /// An `api_key` or `application_id` is empty.
    #[error("name is empty")]
    NameEmpty,
    /// The header name is empty or not a token of RFC 9110.
    #[error("header name is empty or not a token")]
    HeaderNameInvalid,
    /// A tolerance between zero and one second: timestamps count whole seconds.
    #[error("tolerance is a fraction of a second")]
    ToleranceTooFine,
    /// The address of a store is none that it could be reached at.
    #[error("address of the store is invalid")]
    StoreAddressInvalid,
    /// A replay guard for a scheme that signs nothing by which a delivery could be known again.
    #[error("scheme signs nothing that a replay guard could remember")]
    ReplayUndetectable,
    /// A replay guard that would forget a delivery while it still verifies.
    #[error("replay guard forgets a delivery before it stops to verify")]
    ReplayForgottenTooSoon,
}
