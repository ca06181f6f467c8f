//! Tenants whose secrets are in a store.

mod kept;
mod question;
mod turns;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;

use self::kept::{Found, Kept};
use self::question::{Asking, Question, Questions};
use self::turns::{Turn, Turns};
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::request::{Head, Request};
use crate::secret::{Keyring, Secret, Tenants};
use crate::verifier::Verifier;

/// Looks up the secrets of the account that a request names in a store of yours, and caches them.
///
/// The account's name comes from an unverified request. It decides only which secret is tried.
///
/// | condition | rejected with | status |
/// |---|---|---|
/// | the store knows no such account | [`ApiKeyUnknown`](ErrorKind::ApiKeyUnknown) | 401 |
/// | the store fails or panics | [`TenantStoreUnavailable`](ErrorKind::TenantStoreUnavailable) | 503 |
/// | no answer within the [`patience`](Self::patience), waiting for a turn included | [`TenantStoreTimeout`](ErrorKind::TenantStoreTimeout) | 503 |
///
/// # Bounds
///
/// An attacker can make up names and trigger queries. These bounds hold:
///
/// - At most [`max_questions`](Self::max_questions) queries run at once, by default 16. Further requests wait for a turn within
///   their patience. A quarter of the turns is reserved for accounts that were known before, so that a flood of made-up names
///   does not delay them. The first request of an account waits like any other.
/// - Each name is queried once at a time, however many requests wait for it. The query continues when they are gone. It ends
///   after the patience at the latest.
/// - A known account is served from the cache while it is renewed, see [`known`](Self::known).
/// - Unknown accounts have their own cache, see [`unknown`](Self::unknown), so they cannot evict known ones.
/// - Errors are not cached: the next request asks again. A cached account is renewed at most once a second.
///
/// A waiting request costs its memory, with [`by_request`](Self::by_request) its body too. Put a concurrency limit outside the
/// layer to bound how many wait.
///
/// A request for a known account can be answered at another speed than one for an unknown account. So an attacker can find out
/// which accounts exist. Do not use names that must stay secret.
///
/// # Runtime
///
/// Queries run as tasks of the Tokio runtime that the request is served on, which needs its timer enabled. Outside a
/// runtime, a request that needs a query is rejected with [`TenantStoreUnavailable`](ErrorKind::TenantStoreUnavailable).
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
    kept: Kept,
    questions: Questions,
    turns: Turns,
    patience: Duration,
}

/// Reads whose a delivery says it is.
pub(super) enum Hint {
    Head(Box<HeadHint>),
    Request(Box<RequestHint>),
}

type HeadHint = dyn Fn(Head<'_>) -> Result<String, Error> + Send + Sync;
type RequestHint = dyn Fn(Request<'_>) -> Result<String, Error> + Send + Sync;
type Stored = Pin<Box<dyn Future<Output = Result<Option<Keyring>, ErrorKind>> + Send>>;
type Store = dyn Fn(String) -> Stored + Send + Sync;
type Scheme = dyn Fn(Tenants) -> Arc<dyn Verifier> + Send + Sync;
/// The verifier of an account, or why there is none.
type Answer = Result<Arc<dyn Verifier>, ErrorKind>;

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
            kept: Kept::new(),
            questions: Questions::default(),
            turns: Turns::new(16),
            patience: Duration::from_secs(2),
        })
    }

    /// Caches up to `count` known accounts, each for at most `lifetime`. Default: 10,000, one minute.
    ///
    /// A revoked secret keeps working until the store is asked again. The first request after half of the lifetime
    /// ([`renew_after`](Self::renew_after)) starts a query in the background and is itself served from the cache. If the store
    /// fails, the cached secrets keep working until `lifetime` is over, and never longer.
    #[must_use]
    pub fn known(self, count: u64, lifetime: Duration) -> Self {
        Self { kept: self.kept.known(count, lifetime), ..self }
    }

    /// Renews a cached account with the first request after `age`. Default: half of the lifetime.
    ///
    /// With an age of at least the lifetime, nothing is renewed ahead: the first request after the lifetime waits for the store.
    #[must_use]
    pub fn renew_after(self, age: Duration) -> Self {
        Self { kept: self.kept.renew_after(age), ..self }
    }

    /// Caches up to `count` unknown accounts, each for at most `lifetime`. Default: 10,000, ten seconds. A new account can be
    /// rejected for so long.
    #[must_use]
    pub fn unknown(self, count: u64, lifetime: Duration) -> Self {
        Self { kept: self.kept.unknown(count, lifetime), ..self }
    }

    /// Asks the store at most `count` questions at once. Default: 16; at least one.
    #[must_use]
    pub fn max_questions(self, count: usize) -> Self {
        Self { turns: Turns::new(count), ..self }
    }

    /// Lets a request wait at most `patience` for an answer, and a query run for at most as long. Default: two seconds.
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
    pub(super) async fn verifier(self: &Arc<Self>, api_key: String) -> Result<Arc<dyn Verifier>, Error> {
        if api_key.is_empty() || api_key.len() > MAX_API_KEY_BYTES {
            return Err(ErrorKind::ApiKeyUnknown.into());
        }
        match self.kept.find(&api_key) {
            Found::Known(verifier) => return Ok(verifier),
            Found::Ageing(verifier) => {
                self.renew(&api_key.into());
                return Ok(verifier);
            }
            Found::Unknown => return Err(ErrorKind::ApiKeyUnknown.into()),
            Found::Nothing => {}
        }
        // Where there is no runtime, there is no timer either.
        Handle::try_current().map_err(|_| ErrorKind::TenantStoreUnavailable)?;
        let answer = timeout(self.patience, self.question(&api_key.into())).await;
        Ok(answer.map_err(|_| ErrorKind::TenantStoreTimeout)??)
    }

    /// Asks, or joins who asks already. A question that another began can run out of time before this request does: then it is
    /// asked again.
    async fn question(self: &Arc<Self>, api_key: &Arc<str>) -> Answer {
        loop {
            let (question, new) = self.questions.about(api_key);
            match self.answer(&question).await {
                Err(ErrorKind::TenantStoreTimeout) if !new => {}
                answer => return answer,
            }
        }
    }

    /// Waits for a turn to ask the store, or for the answer to another's question, whichever comes first.
    async fn answer(self: &Arc<Self>, question: &Arc<Question>) -> Answer {
        let mut answer = pin!(question.answer());
        let mut turn = pin!(self.turns.take(self.kept.has_seen(question.name())));
        let first = poll_fn(|context| match answer.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Err(answer)),
            Poll::Pending => turn.as_mut().poll(context).map(Ok),
        });
        match first.await {
            Err(answer) => answer,
            Ok(turn) => {
                self.begin(question, turn?);
                answer.await
            }
        }
    }

    /// Asks about a known account in the background, unless somebody does already.
    fn renew(self: &Arc<Self>, api_key: &Arc<str>) {
        let Ok(runtime) = Handle::try_current() else { return };
        let (question, new) = self.questions.about(api_key);
        if new {
            let lookup = Arc::clone(self);
            runtime.spawn(async move {
                if let Ok(Ok(turn)) = timeout(lookup.patience, lookup.turns.take(true)).await {
                    lookup.begin(&question, turn);
                }
            });
        }
    }

    /// Asks the store in a task of its own, unless that is being done or what it said meanwhile is kept.
    fn begin(self: &Arc<Self>, question: &Arc<Question>, turn: Turn) {
        let Some(asking) = question.ask(turn) else { return };
        match self.kept.find(question.name()) {
            Found::Known(verifier) => asking.end(Ok(verifier)),
            Found::Unknown => asking.end(Err(ErrorKind::ApiKeyUnknown)),
            Found::Ageing(_) | Found::Nothing => {
                // Dropped where there is no runtime, and with it all who wait get an error.
                if let Ok(runtime) = Handle::try_current() {
                    runtime.spawn(Arc::clone(self).ask(asking));
                }
            }
        }
    }

    async fn ask(self: Arc<Self>, asking: Asking) {
        let name = Arc::clone(asking.name());
        self.kept.begin_renewal(Arc::clone(&name));
        let stored = timeout(self.patience, async { (self.store)(name.to_string()).await });
        let answer = match stored.await.map_err(|_| ErrorKind::TenantStoreTimeout) {
            Ok(Ok(Some(keyring))) => Tenants::new([(&name, keyring)])
                .map(|tenant| (self.scheme)(tenant))
                .map_err(|_| ErrorKind::ApiKeyUnknown),
            Ok(Ok(None)) => Err(ErrorKind::ApiKeyUnknown),
            Ok(Err(kind)) | Err(kind) => Err(kind),
        };
        match &answer {
            Ok(verifier) => self.kept.keep_known(name, Arc::clone(verifier)),
            Err(ErrorKind::ApiKeyUnknown) => self.kept.keep_unknown(name),
            Err(_) => {}
        }
        asking.end(answer);
    }
}

impl fmt::Debug for TenantLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantLookup")
            .field("scheme", &self.example.scheme())
            .field("questions", &self.questions.count())
            .finish_non_exhaustive()
    }
}

/// Longer names are of nobody, and not worth a question.
const MAX_API_KEY_BYTES: usize = 256;
