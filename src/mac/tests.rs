//! HMAC-MD5 of messages that no scheme signs, so that cannot be reached from outside.

use super::{Function, MacKeys, Tag};
use crate::encoding::hex;
use crate::secret::{Keyring, Secret};

/// Message, key, tag: the vendor's Java SDK (`HashUtilTest.java`) and RFC 2202, test cases 2 and 6.
const HMAC_MD5: [(&[u8], &[u8], &[u8]); 4] = [
    (MESSAGE, b"1234567890abcdef", b"8c565cbc1f5319125f3a27fe3f724b61"),
    (MESSAGE, MESSAGE, b"4b6729144b978205bac91b99bfb16ef2"),
    (b"what do ya want for nothing?", b"Jefe", b"750c783e6ab0b503eaa86e310a5db738"),
    (
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        &[0xaa; 80],
        b"6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd",
    ),
];
const MESSAGE: &[u8] = b"kTCRawcijyNTfQ1sNqVrz3ZDyRQRZXoL8IhaYTrMxKg153UcHT";

#[test]
fn hmac_md5() -> Result<(), crate::config_error::ConfigError> {
    for (message, key, tag) in HMAC_MD5 {
        let keys = MacKeys::new(Function::HmacMd5, &Keyring::from(Secret::verbatim(key)?));
        let tag = Tag::new(&hex::decode::<16>(tag).unwrap_or_default());
        assert!(keys.find(message, &tag).is_some());
        assert!(keys.find(b"another message", &tag).is_none());
    }
    Ok(())
}
