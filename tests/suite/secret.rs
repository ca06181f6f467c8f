//! What a secret may be.

use countersign::{ConfigError, Keyring, Secret, Tenants};

use crate::support::secret;

#[test]
fn an_empty_secret_does_not_exist() {
    assert_eq!(Secret::new("").unwrap_err(), ConfigError::SecretEmpty);
    assert_eq!(Secret::verbatim("").unwrap_err(), ConfigError::SecretEmpty);
    assert_eq!(Secret::from_base64("").unwrap_err(), ConfigError::SecretEmpty);
    let none: [Secret; 0] = [];
    assert_eq!(Keyring::new(none).unwrap_err(), ConfigError::KeyringEmpty);
    let nobody: [(&str, Secret); 0] = [];
    assert_eq!(Tenants::new(nobody).unwrap_err(), ConfigError::KeyringEmpty);
}

#[test]
fn white_space_around_a_secret_is_refused_unless_verbatim() {
    for space in [" ", "\t", "\n", "\r\n", "\u{a0}", "\u{3000}", "\u{feff}", "\u{2028}"] {
        assert_eq!(Secret::new(space).unwrap_err(), ConfigError::SecretBlank, "{space:?}");
        for text in [format!("{space}key"), format!("key{space}")] {
            assert_eq!(Secret::new(text.as_str()).unwrap_err(), ConfigError::SecretPadded, "{text:?}");
            assert!(Secret::verbatim(text).is_ok());
        }
        assert!(Secret::verbatim(space).is_ok());
    }
    assert!(Secret::new("two words").is_ok());
    assert!(Secret::new("nul\0inside").is_ok());
    assert!(Secret::new(&b"\xff\xfe\n"[..]).is_ok());
}

#[test]
fn the_wrong_credential_is_refused_unless_verbatim() {
    for text in [
        "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
        " \n-----BEGIN PUBLIC KEY-----",
        "\u{feff}-----BEGIN RSA PRIVATE KEY-----\n",
        r#"{"kty":"oct","k":"AAAA"}"#,
        r#"{ "keys" : [] }"#,
        "ssh-rsa AAAAB3NzaC1yc2E user@host",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
        "ecdsa-sha2-nistp256 AAAAE2VjZHNh",
    ] {
        assert_eq!(Secret::new(text).unwrap_err(), ConfigError::SecretIsKeyFile, "{text:?}");
        assert!(Secret::verbatim(text).is_ok());
    }
    assert!(Secret::new("{not a key}").is_ok());
    assert!(Secret::new("ssh-rsa").is_ok());
}

#[test]
fn base64_is_of_the_standard_alphabet_padded_or_not() {
    let decoded = secret("key").fingerprint();
    for text in ["a2V5", "a2V5MQ==", "a2V5MQ"] {
        assert!(Secret::from_base64(text).is_ok(), "{text}");
    }
    assert_eq!(Secret::from_base64("a2V5").unwrap().fingerprint(), decoded);
    for text in ["a2V5M", "a2V 5", "a2V5\n", "a-_5", "a2V5=", "=", "a2V5MR=="] {
        assert_eq!(Secret::from_base64(text).unwrap_err(), ConfigError::SecretNotBase64, "{text:?}");
    }
}

#[test]
fn a_fingerprint_tells_secrets_apart() {
    assert_eq!(secret("key").fingerprint(), secret("key").fingerprint());
    assert_ne!(secret("key").fingerprint(), secret("key2").fingerprint());
    // SHA-256 of `countersign fingerprint`, a zero byte and the secret.
    assert_eq!(secret("key").fingerprint(), "2dbfac59");
}

#[test]
fn a_tenant_has_a_name() {
    assert_eq!(Tenants::new([("", secret("key"))]).unwrap_err(), ConfigError::NameEmpty);
}
