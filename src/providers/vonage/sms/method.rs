//! The account's signature methods.

use crate::mac::Function;

/// The signature method set for the account. It is not in the request: no method but the named one is ever tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// "MD5 HASH signature" on the dashboard, the account's default: MD5 of the string with the secret appended. Legacy
    /// and weak: MD5 is broken, and this is not an HMAC; someone who can find MD5 collisions can make two messages with
    /// one signature. Set the account to SHA-256 or SHA-512.
    Md5Hash,
    /// "MD5 HMAC signature". Legacy: no attack on HMAC-MD5 as such is known, and no new system should choose it.
    Md5,
    /// "SHA1 HMAC signature". Legacy: as for [`Md5`](Self::Md5).
    Sha1,
    /// "SHA-256 HMAC signature".
    Sha256,
    /// "SHA-512 HMAC signature".
    Sha512,
}

impl From<Method> for Function {
    fn from(method: Method) -> Self {
        match method {
            Method::Md5Hash => Self::Md5Suffix,
            Method::Md5 => Self::HmacMd5,
            Method::Sha1 => Self::HmacSha1,
            Method::Sha256 => Self::HmacSha256,
            Method::Sha512 => Self::HmacSha512,
        }
    }
}
