//! The secrets, and what else the verifiers have to be told, from the environment.

use std::env::{self, VarError};
use std::fmt;

use countersign::vonage::SignatureMethod;
use countersign::{ConfigError, Keyring, Secret};

/// What is set.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    pub(crate) vogent: Option<Keyring>,
    pub(crate) voxagent: Option<Keyring>,
    pub(crate) voxagent_header: Option<String>,
    /// Signs SMS and signed webhooks.
    pub(crate) vonage: Option<Keyring>,
    pub(crate) sms_method: Option<SignatureMethod>,
    pub(crate) contact_center: Option<Keyring>,
    /// What the variables hold, by their names: for the diagnosis of a refusal.
    pub(crate) texts: Vec<(String, String)>,
}

/// A variable, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Misconfigured {
    variable: String,
    wrong: Wrong,
}

#[derive(Debug)]
enum Wrong {
    NotText,
    NotSet(&'static str),
    Refused(ConfigError),
}

impl Secrets {
    /// Reads the variables. One that is set and empty is wrong, not absent.
    pub(crate) fn from_env() -> Result<Self, Misconfigured> {
        Ok(Self {
            vogent: keyring(VOGENT_SECRET)?,
            voxagent: keyring(VOXAGENT_SECRET)?,
            voxagent_header: variable(VOXAGENT_HEADER)?,
            vonage: keyring(VONAGE_SECRET)?,
            sms_method: sms_method()?,
            contact_center: keyring(CONTACT_CENTER_SECRET)?,
            texts: texts(),
        })
    }

    /// Whether no secret is set.
    pub(crate) fn is_empty(&self) -> bool {
        [&self.vogent, &self.voxagent, &self.vonage, &self.contact_center]
            .iter()
            .all(|secret| secret.is_none())
    }
}

/// What is set of secrets, by the variables' names.
fn texts() -> Vec<(String, String)> {
    let names = [VOGENT_SECRET, VOXAGENT_SECRET, VONAGE_SECRET, CONTACT_CENTER_SECRET];
    let both = names.into_iter().flat_map(|name| [name.to_owned(), format!("{name}_OLD")]);
    both.filter_map(|name| env::var(&name).ok().map(|text| (name, text))).collect()
}

/// The secret of a variable, and that of its `_OLD`.
fn keyring(name: &str) -> Result<Option<Keyring>, Misconfigured> {
    let old_name = format!("{name}_OLD");
    match (secret(name)?, secret(&old_name)?) {
        (Some(new), Some(old)) => {
            Keyring::new([new, old]).map(Some).map_err(|error| Misconfigured::refused(name, error))
        }
        (Some(new), None) => Ok(Some(new.into())),
        (None, Some(_)) => Err(Misconfigured::not_set(name, "the one before it, in `_OLD`, is not enough")),
        (None, None) => Ok(None),
    }
}

fn secret(name: &str) -> Result<Option<Secret>, Misconfigured> {
    let secret = variable(name)?.map(Secret::new).transpose();
    secret.map_err(|error| Misconfigured::refused(name, error))
}

fn sms_method() -> Result<Option<SignatureMethod>, Misconfigured> {
    let method = variable(SMS_METHOD)?.map(|name| name.parse()).transpose();
    method.map_err(|error| Misconfigured::refused(SMS_METHOD, error))
}

fn variable(name: &str) -> Result<Option<String>, Misconfigured> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Misconfigured::new(name, Wrong::NotText)),
    }
}

impl Misconfigured {
    /// A constructor refused what the variable holds.
    pub(crate) fn refused(variable: &str, error: ConfigError) -> Self {
        Self::new(variable, Wrong::Refused(error))
    }

    /// The variable is needed, for a reason.
    pub(crate) fn not_set(variable: &str, reason: &'static str) -> Self {
        Self::new(variable, Wrong::NotSet(reason))
    }

    fn new(variable: &str, wrong: Wrong) -> Self {
        Self { variable: variable.to_owned(), wrong }
    }
}

impl fmt::Display for Misconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variable, wrong } = self;
        match wrong {
            Wrong::NotText => write!(f, "{variable} is not UTF-8"),
            Wrong::NotSet(reason) => write!(f, "{variable} is not set: {reason}"),
            Wrong::Refused(error) => write!(f, "{variable}: {error}"),
        }
    }
}

impl std::error::Error for Misconfigured {}

pub(crate) const VOGENT_SECRET: &str = "VOGENT_SECRET";
pub(crate) const VOXAGENT_SECRET: &str = "VOXAGENT_SECRET";
pub(crate) const VONAGE_SECRET: &str = "VONAGE_SIGNATURE_SECRET";
pub(crate) const CONTACT_CENTER_SECRET: &str = "VONAGE_CONTACT_CENTER_SECRET";
pub(crate) const SMS_METHOD: &str = "VONAGE_SMS_METHOD";
pub(crate) const VOXAGENT_HEADER: &str = "VOXAGENT_HEADER";
