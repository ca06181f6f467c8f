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
}
