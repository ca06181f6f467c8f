//! Valid and invalid secrets.

use countersign::{ConfigError, Keyring, Secret, Tenants};

use crate::support::secret;

/// The catalogue has the rejected secrets.
#[test]
fn text_like_a_key_file_is_rejected_and_text_with_spaces_accepted() {
    for text in [r#"{ "keys" : [] }"#, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "ecdsa-sha2-nistp256 AAAAE2VjZHNh"]
    {
        assert_eq!(Secret::new(text).unwrap_err(), ConfigError::SecretIsKeyFile, "{text:?}");
    }
    for text in ["two words", "nul\0inside", "{not a key}", "ssh-rsa"] {
        assert!(Secret::new(text).is_ok(), "{text:?}");
    }
    assert!(Secret::new(&b"\xff\xfe\n"[..]).is_ok());
    assert_eq!(Secret::new("\u{feff}").unwrap_err(), ConfigError::SecretBlank);
    assert_eq!(Tenants::new([("", secret("key"))]).unwrap_err(), ConfigError::NameEmpty);
}

#[test]
fn a_keyring_and_tenants_hold_a_secret() {
    assert_eq!(Keyring::new([]).unwrap_err(), ConfigError::KeyringEmpty);
    assert!(Keyring::new(["a", ""].map(Secret::new).into_iter().flatten()).is_ok());
    assert!(["a", ""].map(Secret::new).into_iter().collect::<Result<Vec<_>, _>>().is_err());
    assert!(Tenants::new(Vec::<(&str, Secret)>::new()).is_err());
}

#[test]
fn base64_is_of_the_standard_alphabet_padded_or_not() {
    for text in ["a2V5", "a2V5MQ==", "a2V5MQ"] {
        assert!(Secret::from_base64(text).is_ok(), "{text}");
    }
    assert_eq!(Secret::from_base64("a2V5").unwrap().fingerprint(), secret("key").fingerprint());
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

/// Runs `Keyring::from_env` with these variables in another process, since a process cannot set its own safely.
fn from_env(variables: &[(&str, &str)]) -> String {
    let program = std::env::current_exe().unwrap();
    let mut child = std::process::Command::new(program);
    child.args(["--exact", "secret::prints_a_keyring_from_the_environment", "--ignored", "--nocapture"]);
    child.env_remove("CS").env_remove("CS_OLD").env_remove("CS_PUBLIC_KEY").envs(variables.iter().copied());
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
    #[cfg(feature = "ed25519")]
    match countersign::PublicKey::from_env("CS_PUBLIC_KEY") {
        Ok(key) => println!("{key:?}"),
        Err(error) => println!("{error}"),
    }
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
#[cfg(feature = "ed25519")]
fn a_public_key_comes_from_the_environment() {
    let key = "+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=";
    for (value, expected) in [
        (Some(key.to_owned()), "PublicKey"),
        (Some(format!("{key}\n")), "environment variable `CS_PUBLIC_KEY`: public key is not 32 bytes"),
        (None, "environment variable `CS_PUBLIC_KEY` is not set"),
    ] {
        let variables: Vec<_> = value.iter().map(|value| ("CS_PUBLIC_KEY", &**value)).collect();
        let printed = from_env(&variables);
        assert!(printed.contains(expected), "{expected}: {printed}");
    }
}

/// It may be the secret, given in place of the name.
#[test]
fn an_unusual_name_of_a_variable_is_not_shown() {
    for name in
        ["", "a=b", "a\0b", "countersign is not set", "whsec_C2FVsBQIhrscChlQIMV", "8675309867", "UNSET-1"]
    {
        let expected = ConfigError::VariableNameInvalid;
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
        (r#"{"secret":7}"#, "secret is not text"),
    ] {
        let error = read(json).err().unwrap().to_string();
        assert!(error.contains(expected) && !error.contains("hush"), "{error}");
    }
}

/// An unquoted secret of digits is a number in YAML, TOML and JSON.
#[test]
#[cfg(feature = "serde")]
fn a_secret_of_another_type_is_not_in_the_error() {
    for json in ["8675309867", "-8675309867", "8675309.867", "86753098678675309867", r#"["8675309867"]"#] {
        let error = serde_json::from_str::<Secret>(json).unwrap_err().to_string();
        assert_eq!(error, "secret is not text");
    }
}
