//! Tenants whose secrets are in a store.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::request::{Head, Request};
use crate::secret::{Keyring, Secret, Tenants};
use crate::verifier::Verifier;

/// Looks up the secrets of the account that a delivery names, in a store of yours, and keeps them for a while.
///
/// The name comes from an unverified request: it decides which secret is tried, and nothing else. Whoever sends it can make the
/// store be asked, but no faster than it answers for the names that are new, and accounts that are unknown are remembered
/// apart, so that they push no known one out.
///
/// | what happens | refused with | status |
/// |---|---|---|
/// | the store knows no such account | [`ApiKeyUnknown`](ErrorKind::ApiKeyUnknown) | 401 |
/// | the store fails | [`TenantStoreUnavailable`](ErrorKind::TenantStoreUnavailable) | 503 |
/// | the store takes longer than the patience | [`TenantStoreTimeout`](ErrorKind::TenantStoreTimeout) | 503 |
///
/// Failures are not kept: the next delivery asks again.
///
/// # Example
///
/// ```
/// use std::io;
///
/// use countersign::tower::{TenantLookup, VerifyLayer};
/// use countersign::vonage::SignedWebhook;
/// use countersign::{Keyring, Secret};
///
/// /// The store; here a database would be asked.
/// async fn secrets_of(api_key: String) -> Result<Option<Keyring>, io::Error> {
///     Ok((api_key == "a1b2c3d4").then(|| Secret::new("s3cr3t").expect("is one").into()))
/// }
///
/// let lookup = TenantLookup::by_head(SignedWebhook::untrusted_api_key, secrets_of, SignedWebhook::tenants)?;
/// let layer = VerifyLayer::tenants(lookup);
/// # Ok::<(), countersign::ConfigError>(())
/// ```
pub struct TenantLookup {
    hint: Hint,
    store: Box<Store>,
    scheme: Box<Scheme>,
    example: Arc<dyn Verifier>,
    known: Cache<String, Arc<dyn Verifier>>,
    unknown: Cache<String, ()>,
    patience: Duration,
}

/// Reads whose a delivery says it is.
pub(super) enum Hint {
    Head(Box<HeadHint>),
    Request(Box<RequestHint>),
}

type HeadHint = dyn Fn(Head<'_>) -> Result<String, Error> + Send + Sync;
type RequestHint = dyn Fn(Request<'_>) -> Result<String, Error> + Send + Sync;
type Answer = Pin<Box<dyn Future<Output = Result<Option<Keyring>, ErrorKind>> + Send>>;
type Store = dyn Fn(String) -> Answer + Send + Sync;
type Scheme = dyn Fn(Tenants) -> Arc<dyn Verifier> + Send + Sync;

impl TenantLookup {
    /// Reads the account from the head, as [`SignedWebhook::untrusted_api_key`](crate::vonage::SignedWebhook::untrusted_api_key)
    /// does, asks `store` for its secrets (`None`: there is no such account), and verifies with what `scheme` makes of them,
    /// such as [`SignedWebhook::tenants`](crate::vonage::SignedWebhook::tenants). An error of the store goes no further:
    /// log it there.
    ///
    /// # Errors
    ///
    /// - Those of [`Secret::new`]: never, in this version.
    pub fn by_head<S, E, V>(
        hint: impl Fn(Head<'_>) -> Result<String, Error> + Send + Sync + 'static,
        store: impl Fn(String) -> S + Send + Sync + 'static,
        scheme: impl Fn(Tenants) -> V + Send + Sync + 'static,
    ) -> Result<Self, ConfigError>
    where
        S: Future<Output = Result<Option<Keyring>, E>> + Send + 'static,
        V: Verifier + 'static,
    {
        Self::new(Hint::Head(Box::new(hint)), store, scheme)
    }

    /// As [`by_head`](Self::by_head), with the account read from the whole request, as
    /// [`Sms::untrusted_api_key`](crate::vonage::Sms::untrusted_api_key) does: the body is then read, up to the layer's limit,
    /// before anything is known of the sender.
    ///
    /// # Errors
    ///
    /// - As above.
    pub fn by_request<S, E, V>(
        hint: impl Fn(Request<'_>) -> Result<String, Error> + Send + Sync + 'static,
        store: impl Fn(String) -> S + Send + Sync + 'static,
        scheme: impl Fn(Tenants) -> V + Send + Sync + 'static,
    ) -> Result<Self, ConfigError>
    where
        S: Future<Output = Result<Option<Keyring>, E>> + Send + 'static,
        V: Verifier + 'static,
    {
        Self::new(Hint::Request(Box::new(hint)), store, scheme)
    }

    fn new<S, E, V>(
        hint: Hint,
        store: impl Fn(String) -> S + Send + Sync + 'static,
        scheme: impl Fn(Tenants) -> V + Send + Sync + 'static,
    ) -> Result<Self, ConfigError>
    where
        S: Future<Output = Result<Option<Keyring>, E>> + Send + 'static,
        V: Verifier + 'static,
    {
        let scheme: Box<Scheme> = Box::new(move |tenants| Arc::new(scheme(tenants)));
        let example = scheme(Tenants::new([("example", Secret::new("example of the scheme's settings")?)])?);
        Ok(Self {
            hint,
            store: Box::new(move |api_key| {
                let answer = store(api_key);
                Box::pin(async move { answer.await.map_err(|_| ErrorKind::TenantStoreUnavailable) })
            }),
            scheme,
            example,
            known: cache(10_000, Duration::from_secs(60)),
            unknown: cache(10_000, Duration::from_secs(10)),
            patience: Duration::from_secs(2),
        })
    }

    /// Keeps the secrets of at most `count` accounts for at most `lifetime`, by default 10,000 for a minute: so long, a secret that
    /// the store has withdrawn still verifies.
    #[must_use]
    pub fn known(self, count: u64, lifetime: Duration) -> Self {
        Self { known: cache(count, lifetime), ..self }
    }

    /// Remembers that at most `count` accounts are unknown for at most `lifetime`, by default 10,000 for ten seconds: so long, a
    /// new account is still refused.
    #[must_use]
    pub fn unknown(self, count: u64, lifetime: Duration) -> Self {
        Self { unknown: cache(count, lifetime), ..self }
    }

    /// Waits for the store for at most so long, by default two seconds.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub(super) fn hint(&self) -> &Hint {
        &self.hint
    }

    pub(super) fn example(&self) -> &dyn Verifier {
        &*self.example
    }

    /// The verifier of one account.
    pub(super) async fn verifier(&self, api_key: String) -> Result<Arc<dyn Verifier>, Error> {
        if api_key.is_empty() || api_key.len() > MAX_API_KEY_BYTES || self.unknown.contains_key(&api_key) {
            return Err(ErrorKind::ApiKeyUnknown.into());
        }
        let load = self.load(api_key.clone());
        self.known.try_get_with(api_key, load).await.map_err(|kind| Error::new(*kind))
    }

    async fn load(&self, api_key: String) -> Result<Arc<dyn Verifier>, ErrorKind> {
        let answer = tokio::time::timeout(self.patience, (self.store)(api_key.clone())).await;
        let Some(keyring) = answer.map_err(|_| ErrorKind::TenantStoreTimeout)?? else {
            self.unknown.insert(api_key, ()).await;
            return Err(ErrorKind::ApiKeyUnknown);
        };
        let tenant = Tenants::new([(api_key, keyring)]).map_err(|_| ErrorKind::ApiKeyUnknown)?;
        Ok((self.scheme)(tenant))
    }
}

impl fmt::Debug for TenantLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantLookup").field("scheme", &self.example.scheme()).finish_non_exhaustive()
    }
}

fn cache<V: Clone + Send + Sync + 'static>(count: u64, lifetime: Duration) -> Cache<String, V> {
    Cache::builder().max_capacity(count).time_to_live(lifetime).build()
}

/// Longer names are of nobody, and not worth a question.
const MAX_API_KEY_BYTES: usize = 256;
