//! HMAC-MD5 of messages that no scheme signs, so the public interface cannot reach them.

use hmac::digest::block_api::CoreProxy;
use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{Function, MacKeys, Tag};
use crate::encoding::hex;
use crate::secret::{Keyring, Secret};

/// The compiler checks it: without the features `zeroize` of the dependencies this does not build. An HMAC's state is two of
/// the cores.
#[test]
fn keyed_states_are_overwritten_when_dropped() {
    fn overwritten<T: ZeroizeOnDrop>() {}
    fn core<D: CoreProxy<Core: ZeroizeOnDrop>>() {}
    overwritten::<Zeroizing<Vec<u8>>>();
    core::<Md5>();
    core::<Sha1>();
    core::<Sha256>();
    core::<Sha512>();
}

#[test]
fn hmac_md5() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/vectors/hash.json")).unwrap_or_default();
    let md5 = vectors.iter().filter(|vector| vector.get("function") == Some(&"hmac-md5".into()));
    let ran = md5.map(|vector| {
        let text = |name| vector.get(name).and_then(Value::as_str).unwrap_or_default();
        let bytes = |name| ::hex::decode(text(name)).unwrap_or_default();
        assert_eq!(finds(&bytes("message"), &bytes("key"), text("tag")), Some((true, false)));
    });
    assert_eq!(ran.count(), 9, "the cases of RFC 2202, and the vendor's");
}

/// Whether the signature matches this message, and another.
fn finds(message: &[u8], key: &[u8], tag: &str) -> Option<(bool, bool)> {
    let keys = MacKeys::new(Function::HmacMd5, &Keyring::from(Secret::verbatim(key).ok()?));
    let tag = Tag::new(&hex::decode::<16>(tag.as_bytes())?);
    Some((
        keys.find(&[message], &tag.into()).is_some(),
        keys.find(&[b"another message"], &tag.into()).is_some(),
    ))
}
