//! The layer's replay guard and its settings.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::VerifyLayer;
use crate::config_error::ConfigError;
use crate::integrations::tower::Remember;
use crate::integrations::tower::guard::Guard;
use crate::replay::ReplayGuard;
use crate::verifier::{ReplayKey, Replays, Verified};

impl<F, D, M> VerifyLayer<F, D, M> {
    /// Hands each event to the service once, within the [limits](crate::guide::exactly_once) of what is possible.
    ///
    /// After verification, the layer asks `guard` for a lease of the request's [`ReplayKey`]:
    ///
    /// - The key is free: the service is called, and the lease is renewed while it works. After a 2xx the request is *done*.
    ///   After anything else (another status, an error, a panic, a dropped future) the lease is released at once. So a retry is
    ///   handled.
    /// - Another request has the lease: rejected with [`ReplayInProgress`](crate::ErrorKind::ReplayInProgress), 503.
    ///   `Retry-After` is the rest of the lease.
    /// - Done: answered 200 with an empty body, without the service. See [`on_duplicate`](Self::on_duplicate).
    /// - The guard fails or is full: rejected with 503.
    /// - The request has no key: rejected with [`ReplayKeyMissing`](crate::ErrorKind::ReplayKeyMissing), 503. It is genuine, so
    ///   the platform should retry.
    ///
    /// Keys differ by scheme, [sender](Self::sender) and account (the tenant, or the account that a token names). So several
    /// layers can share one guard in an [`Arc`]. Put only one such layer over a route: a second one of the same scheme, sender
    /// and guard finds the event leased, and answers each attempt 503.
    ///
    /// # Deployment caveat
    ///
    /// A guard needs a Tokio runtime with its timer enabled. If the store cannot renew a lease, a handler that is slower than
    /// the lease continues, and another attempt may begin. If the store cannot record that a request is done, the event can be
    /// handled again. A `tracing` event reports each.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::ReplayUndetectable`]: the scheme signs no identifier, such as Vogent, and no
    ///   [`replay_key`](Self::replay_key) was set before.
    pub fn replay_guard(mut self, guard: impl ReplayGuard + 'static) -> Result<Self, ConfigError> {
        if self.gate.guard.key.is_none() && self.gate.source.example().replays() == Replays::Undetectable {
            return Err(ConfigError::ReplayUndetectable);
        }
        self.guard().store = Some(Arc::new(guard));
        Ok(self)
    }

    /// Names the sender, where several senders share a guard, for example two subscriptions whose tokens name no account, or
    /// two endpoints of Svix, which get one event with one identifier. By default senders have no name. Two senders of one
    /// scheme without accounts then share their keys: if their identifiers can be equal, one's request hides the other's.
    ///
    /// Choose a name that survives a rotation of the secret.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::NameEmpty`]: the name is empty.
    pub fn sender(mut self, name: &str) -> Result<Self, ConfigError> {
        if name.is_empty() {
            return Err(ConfigError::NameEmpty);
        }
        name.clone_into(&mut self.guard().sender);
        Ok(self)
    }

    /// Makes the event's key with `key` instead of the signed identifier, for platforms that sign none. Call it before
    /// [`replay_guard`](Self::replay_guard).
    ///
    /// `key` gets the body only if the signature covers it byte for byte: [`Coverage::Body`](crate::Coverage::Body) and
    /// [`Coverage::UrlBody`](crate::Coverage::UrlBody). `None` rejects the request with
    /// [`ReplayKeyMissing`](crate::ErrorKind::ReplayKeyMissing), 503.
    ///
    /// ```
    /// use countersign::replay::Memory;
    /// use countersign::tower::VerifyLayer;
    /// use countersign::{ReplayKey, Secret, Vogent};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Dial {
    ///     event: String,
    ///     dial_id: String,
    /// }
    ///
    /// let verify = VerifyLayer::new(Vogent::new(Secret::new("s3cr3t")?))
    ///     .replay_key(|_, body| {
    ///         let dial: Dial = serde_json::from_slice(body?).ok()?;
    ///         Some(ReplayKey::new([dial.dial_id, dial.event]))
    ///     })
    ///     .replay_guard(Memory::new(1_000_000))?;
    /// # Ok::<(), countersign::ConfigError>(())
    /// ```
    pub fn replay_key(
        mut self,
        key: impl Fn(&Verified, Option<&Bytes>) -> Option<ReplayKey> + Send + Sync + 'static,
    ) -> Self {
        self.guard().key = Some(Arc::new(key));
        self
    }

    /// Uses the SHA-256 of the body as the event's key. Two events with equal bodies count as one. Use it only if each body
    /// differs, by an identifier or a time for example.
    ///
    /// If the signature does not cover the body byte for byte (SMS, the GET of a signed webhook), the key is the signed
    /// identifier.
    pub fn replay_key_of_body(self) -> Self {
        self.replay_key(|verified, body| {
            body.map_or_else(|| verified.replay_key(), |body| Some(ReplayKey::new([body])))
        })
    }

    /// Leases a request for `time` while it is handled. Default: 60 s. Choose more than the handler's timeout. The lease is
    /// renewed after each third of it. After a crash, the event can be handled again when the lease ends.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::LeaseTooShort`]: the time is less than a second. A shorter lease could end before it is renewed.
    pub fn lease(mut self, time: Duration) -> Result<Self, ConfigError> {
        if time < SHORTEST_LEASE {
            return Err(ConfigError::LeaseTooShort);
        }
        self.guard().lease = time;
        Ok(self)
    }

    /// Remembers for `time` that a request is done. Default: the scheme's [`retry_period`](crate::Verifier::retry_period), 72
    /// hours. A request that verifies for longer is remembered for as long as it verifies. One that verifies forever can be
    /// handled again after this time.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::DurationZero`]: the time is zero.
    pub fn done_for(mut self, time: Duration) -> Result<Self, ConfigError> {
        if time.is_zero() {
            return Err(ConfigError::DurationZero);
        }
        self.guard().done_for = Some(time);
        Ok(self)
    }

    /// Runs the claim and the service in their own task, so that they finish even if the client leaves. If the service then
    /// answers 2xx, the event is done. By default, the service is dropped with its client, and the lease is released at once.
    /// If the client leaves before the store has answered the claim, the lease runs out.
    ///
    /// Use it if
    ///
    /// - the platform's timeout is shorter than the service's work. By default each attempt would be cut off. With this
    ///   setting, a later attempt finds the event done, and gets its response if that is [saved](Self::remember_responses);
    /// - a stranger could get hold of a genuine request that is not handled yet. By default, a stranger who sends it and hangs
    ///   up, over and over, interrupts the work each time. The platform's attempts get 503.
    ///
    /// Each verified request has one task until the guard answers, and until the handler ends if it is the event's first. Put a
    /// timeout and a concurrency limit inside this layer: outside, they do not end or count the task. A graceful shutdown does
    /// not wait for a task whose client has left. Without a [`replay_guard`](Self::replay_guard) this has no effect.
    pub fn finish_when_client_leaves(mut self) -> Self {
        self.guard().detached = true;
        self
    }

    /// Answers a request that was handled before. Takes a [`StatusCode`](http::StatusCode), or a closure `Fn(&Verified) ->
    /// Response<_>`. Default: 200 with an empty body.
    pub fn on_duplicate<E>(self, on_duplicate: E) -> VerifyLayer<F, E, M> {
        VerifyLayer { gate: self.gate, on_rejection: self.on_rejection, on_duplicate, memory: self.memory }
    }

    /// Saves the service's 2xx responses, and answers a request that was handled before with the first response. For webhooks
    /// whose answer matters, such as instructions for a call. It saves the status, the content type and a body of at most
    /// `limit` bytes.
    ///
    /// It does not save a body of unknown length (a stream) or above the limit. Nor does it save a response with trailers,
    /// `content-encoding` or `content-range`, which is unusable without them. Put a compressing layer outside this one. An
    /// unsaved response is logged (feature `tracing`). Its duplicate gets the answer of [`on_duplicate`](Self::on_duplicate): by
    /// default an empty 200, which for a call means no instructions. If reading the body fails, the answer is 500 and the lease
    /// is released.
    ///
    /// The response body must implement `http_body::Body + Default + TryFrom<Vec<u8>>`, such as axum's `Body`, `Full<Bytes>`
    /// and `String`. Its error must convert into a `Box<dyn Error + Send + Sync>`.
    pub fn remember_responses(self, limit: usize) -> VerifyLayer<F, D, Remember> {
        let memory = Remember { limit };
        VerifyLayer {
            gate: self.gate,
            on_rejection: self.on_rejection,
            on_duplicate: self.on_duplicate,
            memory,
        }
    }

    fn guard(&mut self) -> &mut Guard {
        Arc::make_mut(&mut self.gate.guard)
    }
}

/// Leaves a slow store time to answer a renewal.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);
