//! Valid and invalid secrets.

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
fn white_space_around_a_secret_is_rejected_unless_verbatim() {
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
fn the_wrong_credential_is_rejected_unless_verbatim() {
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

/// Runs `Keyring::from_env` with these variables in another process, since a process cannot set its own safely.
fn from_env(variables: &[(&str, &str)]) -> String {
    let program = std::env::current_exe().unwrap();
    let mut child = std::process::Command::new(program);
    child.args(["--exact", "secret::prints_a_keyring_from_the_environment", "--ignored", "--nocapture"]);
    child.env_remove("CS").env_remove("CS_OLD").envs(variables.iter().copied());
    String::from_utf8(child.output().unwrap().stdout).unwrap()
}

#[test]
#[ignore = "it is the process that `a_keyring_comes_from_the_environment` starts"]
fn prints_a_keyring_from_the_environment() {
    let printed = match Keyring::from_env("CS") {
        Ok(keyring) => format!("{keyring:?}"),
        Err(error) => format!("{error} / {error:?}"),
    };
    println!("{printed}");
}

#[test]
fn a_keyring_comes_from_the_environment() {
    for (variables, expected) in [
        (&[("CS", "hush-new")][..], "Keyring { secrets: 1 }"),
        (&[("CS", "hush-new"), ("CS_OLD", "hush-old")], "Keyring { secrets: 2 }"),
        (&[], "environment variable `CS` is not set"),
        (&[("CS_OLD", "hush-old")], "environment variable `CS` is not set"),
        (&[("CS", "")], "environment variable `CS`: secret is empty"),
        (&[("CS", "hush\n")], "environment variable `CS`: secret begins or ends with white space"),
        (&[("CS", "hush-new"), ("CS_OLD", "")], "environment variable `CS_OLD`: secret is empty"),
    ] {
        let printed = from_env(variables);
        assert!(printed.contains(expected), "{expected}: {printed}");
        assert!(!printed.contains("hush"), "{printed}");
    }
}

#[test]
fn a_variable_that_cannot_be_is_not_set() {
    for name in ["", "a=b", "a\0b", "countersign is not set"] {
        let expected = ConfigError::VariableMissing { variable: name.to_owned() };
        assert_eq!(Secret::from_env(name).unwrap_err(), expected);
        assert_eq!(Keyring::from_env(name).unwrap_err(), expected);
    }
}

#[test]
fn a_secret_is_read_from_text() {
    assert!(Secret::try_from("s3cr3t").is_ok() && Secret::try_from("s3cr3t".to_owned()).is_ok());
    assert!("s3cr3t".parse::<Secret>().is_ok());
    for text in ["", " s3cr3t"] {
        let expected = Secret::new(text).unwrap_err();
        assert_eq!(Secret::try_from(text).unwrap_err(), expected);
        assert_eq!(Secret::try_from(text.to_owned()).unwrap_err(), expected);
        assert_eq!(text.parse::<Secret>().unwrap_err(), expected);
    }
}

#[test]
#[cfg(feature = "serde")]
fn a_secret_is_part_of_a_configuration() {
    #[derive(serde::Deserialize)]
    struct Config {
        secret: Secret,
    }
    let read = |json| serde_json::from_str::<Config>(json);
    assert_eq!(format!("{:?}", read(r#"{"secret":"hush"}"#).unwrap().secret), "Secret(redacted)");
    for (json, expected) in [
        (r#"{"secret":""}"#, "secret is empty"),
        (r#"{"secret":"hush "}"#, "secret begins or ends with white space"),
        (r#"{"secret":7}"#, "expected a string"),
    ] {
        let error = read(json).err().unwrap().to_string();
        assert!(error.contains(expected) && !error.contains("hush"), "{error}");
    }
}
