//! Accounts whose secrets are in a store.

mod ask;
mod kept;
mod query;
mod turns;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use self::kept::Kept;
use self::query::Queries;
use self::turns::Turns;
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::integrations::read::BoxError;
use crate::request::{Head, Request};
use crate::rule::Rule;
use crate::secret::{Keyring, Secret, Tenants};
use crate::verifier::Verifier;
use crate::webhook::Webhook;

/// Looks up the secrets of the account that a request names in a store of yours, and caches them.
///
/// The account's name comes from an unverified request. It decides only which secret is tried.
///
/// | condition | rejected with | status |
/// |---|---|---|
/// | the scheme takes no such method or media type | [`MethodUnsupported`](ErrorKind::MethodUnsupported), [`MediaTypeUnsupported`](ErrorKind::MediaTypeUnsupported) | 405, 415 |
/// | the store knows no such account | [`TenantUnknown`](ErrorKind::TenantUnknown) | 401 |
/// | the store fails or panics, or returns secrets that the scheme rejects ([`by_rule`](Self::by_rule)) | [`TenantStoreUnavailable`](ErrorKind::TenantStoreUnavailable) | 503 |
/// | no answer within the [`timeout`](Self::timeout), waiting for a turn included | [`TenantStoreTimeout`](ErrorKind::TenantStoreTimeout) | 503 |
///
/// The store is not asked if the scheme rejects the method or media type, or if the hint rejects the request. The hints of this
/// crate reject a malformed signature. One of your own should too.
///
/// # Bounds
///
/// An attacker can make up names and trigger queries. These bounds hold:
///
/// - At most [`max_queries`](Self::max_queries) queries run at once, by default 16. Further requests wait for a turn within
///   their timeout. A quarter of the turns, but at least one of two or more, is reserved for accounts that were known before.
///   So a flood of made-up names does not delay them. The first request of an account waits like any other.
/// - Each name is queried once at a time, however many requests wait for it. The query continues when they are gone. It ends
///   after the timeout at the latest.
/// - A known account is served from the cache while it is renewed, see [`cache_known`](Self::cache_known).
/// - Unknown accounts have their own cache, see [`cache_unknown`](Self::cache_unknown), so they cannot evict known ones.
/// - Errors are not cached: the next request asks again. A cached account is renewed at most once a second.
///
/// A waiting request costs its memory, with [`by_request`](Self::by_request) and [`by_rule`](Self::by_rule) its body too. Put a
/// concurrency limit outside the layer to bound how many wait.
///
/// Known and unknown accounts can differ in response time. So an attacker can find out which accounts exist. Do not use names
/// that must stay secret.
///
/// # Exact match
///
/// The store must match the name exactly, byte for byte. Every name that it knows is a separate account here, with its own
/// cache entry and its own replay keys.
///
/// A store that ignores case or trailing spaces knows one account by many names. `MySQL`'s default collation ignores case, and
/// before version 8.0 trailing spaces too. An attacker can then fill the cache of known accounts with such names. And a replay
/// guard counts one event under two such names as two events. Use a binary collation. Or compare the stored name with the
/// given one, and answer `None` where they differ.
///
/// # Runtime
///
/// Queries run as tasks of the Tokio runtime that the request is served on, which needs its timer enabled. Outside a
/// runtime, a request that needs a query is rejected with [`TenantStoreUnavailable`](ErrorKind::TenantStoreUnavailable).
///
/// # Example
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Arc;
///
/// use countersign::tower::{TenantLookup, VerifyLayer};
/// use countersign::vonage::SignedWebhook;
/// use countersign::{ConfigError, Keyring, Secret};
///
/// /// Stands for a database.
/// struct Database(HashMap<&'static str, &'static str>);
///
/// impl Database {
///     async fn secrets_of(&self, account: &str) -> Result<Option<Keyring>, ConfigError> {
///         let secret = self.0.get(account).map(|secret| Secret::new(*secret)).transpose()?;
///         Ok(secret.map(Keyring::from))
///     }
/// }
///
/// let database = Arc::new(Database(HashMap::from([("a1b2c3d4", "s3cr3t")])));
/// let store = move |account: String| {
///     let database = Arc::clone(&database);
///     async move { database.secrets_of(&account).await }
/// };
/// let lookup = TenantLookup::by_head(SignedWebhook::untrusted_api_key, store, SignedWebhook::tenants)?;
/// let layer = VerifyLayer::tenants(lookup);
/// # Ok::<(), countersign::ConfigError>(())
/// ```
pub struct TenantLookup {
    hint: Hint,
    store: Box<Store>,
    scheme: Box<Scheme>,
    example: Arc<dyn Verifier>,
    kept: Kept,
    queries: Queries,
    turns: Turns,
    timeout: Duration,
}

/// Reads the account that a request names.
pub(super) enum Hint {
    Head(Box<HeadHint>),
    Request(Box<RequestHint>),
}

type HeadHint = dyn Fn(Head<'_>) -> Result<String, Error> + Send + Sync;
type RequestHint = dyn Fn(Request<'_>) -> Result<String, Error> + Send + Sync;
type Stored = Pin<Box<dyn Future<Output = Result<Option<Keyring>, Error>> + Send>>;
type Store = dyn Fn(String) -> Stored + Send + Sync;
type Scheme = dyn Fn(Tenants) -> Result<Arc<dyn Verifier>, ConfigError> + Send + Sync;
type Answer = Result<Arc<dyn Verifier>, Error>;

impl TenantLookup {
    /// Verifies with the secrets of the account that `hint` reads from the head.
    ///
    /// - `hint` is for example [`SignedWebhook::untrusted_api_key`](crate::vonage::SignedWebhook::untrusted_api_key).
    /// - `store` returns the secrets, or `None` if there is no account of [exactly](Self#exact-match) this name. Its error is
    ///   the [cause](Error::caused_by) of the rejection, and is logged.
    /// - `scheme` makes the verifier, for example [`SignedWebhook::tenants`](crate::vonage::SignedWebhook::tenants).
    ///
    /// # Errors
    ///
    /// - Never in this version.
    pub fn by_head<S, E, V>(
        hint: impl Fn(Head<'_>) -> Result<String, Error> + Send + Sync + 'static,
        store: impl Fn(String) -> S + Send + Sync + 'static,
        scheme: impl Fn(Tenants) -> V + Send + Sync + 'static,
    ) -> Result<Self, ConfigError>
    where
        S: Future<Output = Result<Option<Keyring>, E>> + Send + 'static,
        E: Into<BoxError>,
        V: Verifier + 'static,
    {
        Self::with_hint(Hint::Head(Box::new(hint)), store, scheme)
    }

    /// Verifies as [`by_head`](Self::by_head), but `hint` reads the account from the whole request, as
    /// [`Sms::untrusted_api_key`](crate::vonage::Sms::untrusted_api_key) does. The body is read, up to the layer's limit,
    /// before the account is known.
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
        E: Into<BoxError>,
        V: Verifier + 'static,
    {
        Self::with_hint(Hint::Request(Box::new(hint)), store, scheme)
    }

    /// Verifies as [`by_request`](Self::by_request), but the scheme's own [`Rule`] reads the account, as it does for
    /// [`Twilio`](crate::Twilio) and [`SinchVoice`](crate::SinchVoice). An account whose secrets `scheme` rejects is answered 503.
    ///
    /// ```
    /// # use countersign::{ConfigError, Keyring};
    /// use countersign::tower::TenantLookup;
    /// use countersign::{BaseUrl, Twilio};
    ///
    /// # let store = |_: String| async { Ok::<Option<Keyring>, ConfigError>(None) };
    /// let base = BaseUrl::new("https://hooks.example.com")?;
    /// let lookup = TenantLookup::by_rule(store, move |tenants| Ok(Twilio::tenants(base.clone(), tenants)))?;
    /// # Ok::<(), ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - Those of `scheme`, which is called once with an example: never for the schemes of this crate.
    pub fn by_rule<S, E, R>(
        store: impl Fn(String) -> S + Send + Sync + 'static,
        scheme: impl Fn(Tenants) -> Result<Webhook<R>, ConfigError> + Send + Sync + 'static,
    ) -> Result<Self, ConfigError>
    where
        S: Future<Output = Result<Option<Keyring>, E>> + Send + 'static,
        E: Into<BoxError>,
        R: Rule + 'static,
    {
        let example = Arc::new(scheme(example_tenants()?)?);
        let reader = Arc::clone(&example);
        let hint = Hint::Request(Box::new(move |request| reader.untrusted_tenant(request)));
        Ok(Self::new(hint, store, move |tenants| Ok(Arc::new(scheme(tenants)?)), example))
    }

    fn with_hint<S, E, V>(
        hint: Hint,
        store: impl Fn(String) -> S + Send + Sync + 'static,
        scheme: impl Fn(Tenants) -> V + Send + Sync + 'static,
    ) -> Result<Self, ConfigError>
    where
        S: Future<Output = Result<Option<Keyring>, E>> + Send + 'static,
        E: Into<BoxError>,
        V: Verifier + 'static,
    {
        let example = Arc::new(scheme(example_tenants()?));
        Ok(Self::new(hint, store, move |tenants| Ok(Arc::new(scheme(tenants))), example))
    }

    fn new<S, E>(
        hint: Hint,
        store: impl Fn(String) -> S + Send + Sync + 'static,
        scheme: impl Fn(Tenants) -> Result<Arc<dyn Verifier>, ConfigError> + Send + Sync + 'static,
        example: Arc<dyn Verifier>,
    ) -> Self
    where
        S: Future<Output = Result<Option<Keyring>, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self {
            hint,
            store: Box::new(move |name| {
                let answer = store(name);
                Box::pin(async move { answer.await.map_err(unavailable) })
            }),
            scheme: Box::new(scheme),
            example,
            kept: Kept::new(),
            queries: Queries::default(),
            turns: Turns::new(16),
            timeout: Duration::from_secs(2),
        }
    }

    /// Caches up to `count` known accounts, each for at most `ttl`. Default: 10,000, one minute.
    ///
    /// A revoked secret keeps working until the store is asked again. The first request after half of the TTL
    /// ([`renew_after`](Self::renew_after)) starts a query in the background and is itself served from the cache. If the store
    /// fails, the cached secrets keep working until `ttl` is over, and never longer. Time in which the machine is suspended, such
    /// as a Lambda function between requests, may not count.
    #[must_use]
    pub fn cache_known(self, count: u64, ttl: Duration) -> Self {
        Self { kept: self.kept.known(count, ttl), ..self }
    }

    /// Renews a cached account with the first request after `age`. Default: half of the TTL.
    ///
    /// With an age of at least the TTL, nothing is renewed ahead: the first request after the TTL waits for the store.
    #[must_use]
    pub fn renew_after(self, age: Duration) -> Self {
        Self { kept: self.kept.renew_after(age), ..self }
    }

    /// Caches up to `count` unknown accounts, each for at most `ttl`. Default: 10,000, ten seconds. A new account can be
    /// rejected for that long.
    #[must_use]
    pub fn cache_unknown(self, count: u64, ttl: Duration) -> Self {
        Self { kept: self.kept.unknown(count, ttl), ..self }
    }

    /// Runs at most `count` queries at once. Default: 16; 0 counts as 1.
    ///
    /// With 1, no turn is reserved for known accounts: a flood of made-up names delays them too.
    #[must_use]
    pub fn max_queries(self, count: usize) -> Self {
        Self { turns: Turns::new(count), ..self }
    }

    /// Limits how long a request waits for an answer, and how long a query runs. Default: two seconds.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    pub(super) fn hint(&self) -> &Hint {
        &self.hint
    }

    pub(super) fn example(&self) -> &dyn Verifier {
        &*self.example
    }

    /// Returns the scheme's rejection of the method or media type, which applies to every account. Other rejections of the
    /// example may come from its secret, so they are ignored.
    pub(super) fn check(&self, head: Head<'_>) -> Result<(), Error> {
        let rejected = self.example.begin(head).err().filter(|error| {
            matches!(error.kind(), ErrorKind::MethodUnsupported | ErrorKind::MediaTypeUnsupported)
        });
        rejected.map_or(Ok(()), Err)
    }
}

/// The store's error, or an account's secrets that the scheme rejects.
fn unavailable(cause: impl Into<BoxError>) -> Error {
    Error::new(ErrorKind::TenantStoreUnavailable).caused_by(cause)
}

/// For the example of a scheme, whose settings are looked at. Its secret is also base64, since some schemes decode it.
fn example_tenants() -> Result<Tenants, ConfigError> {
    Tenants::new([("example", Secret::new("exampleOfTheSettings")?)])
}

impl fmt::Debug for TenantLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantLookup")
            .field("scheme", &self.example.scheme())
            .field("queries", &self.queries.count())
            .finish_non_exhaustive()
    }
}
