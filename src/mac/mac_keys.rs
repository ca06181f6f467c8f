//! All keys of a sender for one algorithm.

use std::fmt;

use hmac::Hmac;
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::keyed::{Keyed, Md5Suffix};
use super::{Function, Tags};
use crate::compare::Search;
use crate::secret::{KeyId, Keyring, Secret};

/// A keyring's states for one algorithm, newest key first.
#[derive(Clone)]
pub(crate) enum MacKeys {
    Md5Suffix(Vec<Md5Suffix>),
    HmacMd5(Vec<Hmac<Md5>>),
    HmacSha1(Vec<Hmac<Sha1>>),
    HmacSha256(Vec<Hmac<Sha256>>),
    HmacSha512(Vec<Hmac<Sha512>>),
}

macro_rules! each {
    ($keys:expr, $states:ident => $result:expr) => {
        match $keys {
            MacKeys::Md5Suffix($states) => $result,
            MacKeys::HmacMd5($states) => $result,
            MacKeys::HmacSha1($states) => $result,
            MacKeys::HmacSha256($states) => $result,
            MacKeys::HmacSha512($states) => $result,
        }
    };
}

impl MacKeys {
    pub(crate) fn new(function: Function, keyring: &Keyring) -> Self {
        Self::of_secrets(function, keyring.secrets())
    }

    #[cfg(any(feature = "diagnose", feature = "sign"))]
    pub(crate) fn of_secret(function: Function, secret: &Secret) -> Self {
        Self::of_secrets(function, std::slice::from_ref(secret))
    }

    fn of_secrets(function: Function, secrets: &[Secret]) -> Self {
        match function {
            Function::Md5Suffix => Self::Md5Suffix(keyed(secrets)),
            Function::HmacMd5 => Self::HmacMd5(keyed(secrets)),
            Function::HmacSha1 => Self::HmacSha1(keyed(secrets)),
            Function::HmacSha256 => Self::HmacSha256(keyed(secrets)),
            Function::HmacSha512 => Self::HmacSha512(keyed(secrets)),
        }
    }

    pub(crate) fn function(&self) -> Function {
        match self {
            Self::Md5Suffix(_) => Function::Md5Suffix,
            Self::HmacMd5(_) => Function::HmacMd5,
            Self::HmacSha1(_) => Function::HmacSha1,
            Self::HmacSha256(_) => Function::HmacSha256,
            Self::HmacSha512(_) => Function::HmacSha512,
        }
    }

    /// Returns the key with which a message in parts has one of the given signatures. All keys and signatures are compared, whichever
    /// matches.
    #[inline]
    pub(crate) fn find(&self, message: &[&[u8]], given: &Tags) -> Option<KeyId> {
        let mut search = Search::new();
        each!(self, states => for (index, state) in (0..).zip(states.iter()) {
            state.tag(message, |tag| given.iter().for_each(|given| search.offer(index, tag, given.as_bytes())));
        });
        search.found().map(KeyId::new)
    }

    pub(crate) fn begin(&self) -> Mac {
        Mac(self.clone())
    }

    /// Returns the signature of a message with this key.
    pub(crate) fn tag(&self, key: KeyId, message: &[u8]) -> Option<Vec<u8>> {
        let index = usize::try_from(key.index()).ok()?;
        each!(self, states => states.get(index).map(|state| state.tag(&[message], <[u8]>::to_vec)))
    }

    /// Returns the signature of a message in parts with the newest key.
    #[cfg(feature = "sign")]
    pub(crate) fn sign(&self, message: &[&[u8]]) -> Vec<u8> {
        each!(self, states => states.first().map(|state| state.tag(message, <[u8]>::to_vec)))
            .unwrap_or_default()
    }
}

impl fmt::Debug for MacKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = each!(self, states => states.len());
        f.debug_struct("MacKeys").field("function", &self.function()).field("keys", &count).finish()
    }
}

/// A running message, with all keys.
#[derive(Debug)]
pub(crate) struct Mac(MacKeys);

impl Mac {
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        each!(&mut self.0, states => states.iter_mut().for_each(|state| state.update(chunk)));
    }

    /// Returns the key with which the message has one of the given signatures.
    pub(crate) fn find(self, given: &Tags) -> Option<KeyId> {
        let mut search = Search::new();
        each!(self.0, states => for (index, state) in (0..).zip(states.into_iter()) {
            state.finish(|tag| given.iter().for_each(|given| search.offer(index, tag, given.as_bytes())));
        });
        search.found().map(KeyId::new)
    }
}

fn keyed<K: Keyed>(secrets: &[Secret]) -> Vec<K> {
    secrets.iter().map(|secret| K::new(secret.bytes())).collect()
}
