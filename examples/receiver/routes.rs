//! A route per scheme of the registry.

use std::error::Error;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::diagnose::Credentials;
use countersign::schemes::{Registered, Scheme, Settings};
use ring::rand::{SecureRandom, SystemRandom};

use crate::pair::Pair;
use crate::variables::{Texts, Variables};

/// The routes with a verifier.
pub(crate) struct Routes {
    pub(crate) routes: Vec<Route>,
    /// The key variables of the schemes without a key.
    pub(crate) off: Vec<String>,
}

pub(crate) struct Route {
    pub(crate) path: String,
    pub(crate) verifier: Arc<dyn Registered>,
    /// The secrets for the diagnosis: of this scheme and the others.
    pub(crate) credentials: Credentials,
    /// Requests to paste, if the key is a throw-away one.
    pub(crate) pair: Option<Pair>,
}

/// A scheme's name, verifier and secrets.
struct Built {
    scheme: &'static Scheme,
    verifier: Box<dyn Registered>,
    secrets: Texts,
    pair: Option<Pair>,
}

impl Routes {
    /// Builds the verifiers whose keys are in the environment. Without any key, makes throw-away ones.
    pub(crate) fn from_env() -> Result<Self, Box<dyn Error>> {
        let mut built = Vec::new();
        let mut off = Vec::new();
        for scheme in Scheme::ALL {
            match given(scheme)? {
                Some(given) => built.push(given),
                None => off.push(key_variable(scheme)),
            }
        }
        if built.is_empty() {
            off.clear();
            built = Scheme::ALL.iter().map(throw_away).collect::<Result<_, _>>()?;
        }
        let all: Vec<_> = built.iter().flat_map(|built| built.secrets.clone()).collect();
        let routes = built.into_iter().map(|Built { scheme, verifier, secrets, pair }| {
            let credentials = all.iter().fold(Credentials::new(), |credentials, secret @ (name, text)| {
                if secrets.contains(secret) {
                    credentials.secret(text.as_str())
                } else {
                    credentials.other(name, text.as_str())
                }
            });
            Route { path: path(scheme), verifier: verifier.into(), credentials, pair }
        });
        Ok(Self { routes: routes.collect(), off })
    }
}

fn given(scheme: &'static Scheme) -> Result<Option<Built>, Box<dyn Error>> {
    let variables = Variables::of(scheme);
    let mut settings = Settings::default();
    let Some(secrets) = variables.keys(&mut settings)? else { return Ok(None) };
    variables.settings(&mut settings)?;
    variables.check(&settings, &scheme.sample([0; 32]).settings)?;
    let verifier = scheme.build(&settings).map_err(|error| format!("{}: {error}", scheme.name()))?;
    Ok(Some(Built { scheme, verifier, secrets, pair: None }))
}

/// Makes a verifier with a random key, and requests signed with it and with another key.
fn throw_away(scheme: &'static Scheme) -> Result<Built, Box<dyn Error>> {
    let seed = random()?;
    let mut sample = scheme.sample(seed);
    Variables::of(scheme).settings(&mut sample.settings)?;
    let verifier = scheme.build(&sample.settings).map_err(|error| format!("{}: {error}", scheme.name()))?;
    let unsigned = sample.unsigned.target(&path(scheme));
    let genuine = verifier.sign(&sample.key, &unsigned)?;
    let forged = verifier.sign(&scheme.sample(random()?).key, &unsigned)?;
    // The secret of a sample is base64 of the seed.
    let secrets = vec![(key_variable(scheme), BASE64_STANDARD.encode(seed))];
    Ok(Built { scheme, verifier, secrets, pair: Some(Pair { genuine, forged }) })
}

fn path(scheme: &Scheme) -> String {
    format!("/{}", scheme.name())
}

fn key_variable(scheme: &Scheme) -> String {
    let takes_secret = scheme.sample([0; 32]).settings.keyring.is_some();
    Variables::of(scheme).name(if takes_secret { "SECRET" } else { "PUBLIC_KEY" })
}

fn random() -> Result<[u8; 32], Box<dyn Error>> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "there is no source of randomness")?;
    Ok(bytes)
}
