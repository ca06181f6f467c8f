//! Which verifier is at which path.

use std::sync::Arc;

use axum::routing::MethodFilter;
use countersign::diagnose::{Credentials, Diagnose};
use countersign::vonage::{ContactCenter, SignedWebhook, Sms};
use countersign::{Vogent, Voxagent};

use crate::secrets::{
    CONTACT_CENTER_SECRET, Misconfigured, SMS_METHOD, Secrets, VOGENT_SECRET, VONAGE_SECRET, VOXAGENT_HEADER,
    VOXAGENT_SECRET,
};

/// A path and its verifier, or the variable that is missing for one.
pub(crate) struct Mount {
    pub(crate) path: &'static str,
    pub(crate) methods: MethodFilter,
    pub(crate) verifier: Result<Arc<dyn Diagnose>, &'static str>,
    /// The secrets that a diagnosis tries: this verifier's and the others.
    pub(crate) credentials: Credentials,
}

/// Builds the verifiers for which there are secrets.
pub(crate) fn mounts(secrets: &Secrets) -> Result<Vec<Mount>, Misconfigured> {
    let (post, either) = (MethodFilter::POST, MethodFilter::GET.or(MethodFilter::POST));
    let mount = |path, methods, verifier, variable: &str| {
        let credentials = secrets.texts.iter().fold(Credentials::new(), |all, (name, text)| {
            let own = name.strip_suffix("_OLD").unwrap_or(name) == variable;
            if own { all.secret(text.as_str()) } else { all.other(name, text.as_str()) }
        });
        Mount { path, methods, verifier, credentials }
    };
    Ok(vec![
        mount("/vogent", post, vogent(secrets), VOGENT_SECRET),
        mount("/voxagent", post, voxagent(secrets)?, VOXAGENT_SECRET),
        mount("/vonage/sms", either, sms(secrets), VONAGE_SECRET),
        mount("/vonage/webhook", either, webhook(secrets), VONAGE_SECRET),
        mount("/vonage/contact-center", post, contact_center(secrets)?, CONTACT_CENTER_SECRET),
    ])
}

type Mounted = Result<Arc<dyn Diagnose>, &'static str>;

fn vogent(secrets: &Secrets) -> Mounted {
    let keyring = secrets.vogent.clone().ok_or(VOGENT_SECRET)?;
    Ok(Arc::new(Vogent::new(keyring)))
}

fn voxagent(secrets: &Secrets) -> Result<Mounted, Misconfigured> {
    let Some(keyring) = secrets.voxagent.clone() else { return Ok(Err(VOXAGENT_SECRET)) };
    let header = secrets
        .voxagent_header
        .as_deref()
        .ok_or_else(|| Misconfigured::not_set(VOXAGENT_HEADER, "no document names the signature's header"))?;
    let voxagent =
        Voxagent::new(header, keyring).map_err(|error| Misconfigured::refused(VOXAGENT_HEADER, error))?;
    Ok(Ok(Arc::new(voxagent)))
}

fn sms(secrets: &Secrets) -> Mounted {
    let keyring = secrets.vonage.clone().ok_or(VONAGE_SECRET)?;
    // It is not in a request, so it has to be the one on the dashboard.
    let method = secrets.sms_method.ok_or(SMS_METHOD)?;
    Ok(Arc::new(Sms::new(method, keyring)))
}

fn webhook(secrets: &Secrets) -> Mounted {
    let keyring = secrets.vonage.clone().ok_or(VONAGE_SECRET)?;
    Ok(Arc::new(SignedWebhook::new(keyring)))
}

fn contact_center(secrets: &Secrets) -> Result<Mounted, Misconfigured> {
    let Some(keyring) = secrets.contact_center.clone() else { return Ok(Err(CONTACT_CENTER_SECRET)) };
    let contact_center =
        ContactCenter::new(keyring).map_err(|error| Misconfigured::refused(CONTACT_CENTER_SECRET, error))?;
    Ok(Ok(Arc::new(contact_center)))
}
