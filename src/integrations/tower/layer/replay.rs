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
    /// Hands each event to the service once, as far as that can be had: see
    /// [`guide::exactly_once`](crate::guide::exactly_once).
    ///
    /// After a request has verified, `guard` is asked for a lease of its [`ReplayKey`]:
    ///
    /// - The key is free: the service is called, and the lease renewed while it works. If it answers 2xx, the request is *done*.
    ///   After anything else (another status, an error, a panic, a future that is dropped) the lease is given back at once, so that
    ///   the event is handled when the platform sends it again.
    /// - Another request has the lease: rejected with [`ReplayInProgress`](crate::ErrorKind::ReplayInProgress), 503, and a
    ///   `Retry-After` of what is left of it.
    /// - Done: answered 200 with an empty body, and the service is not called. See [`on_duplicate`](Self::on_duplicate).
    /// - The guard cannot tell, or is full: rejected with 503.
    ///
    /// Keys of other schemes, [senders](Self::sender) and accounts (the tenant, or the account that a token names) are kept apart, so that one
    /// guard in an [`Arc`] can serve several layers. Put one layer over a route: a second one of the same scheme and sender below it,
    /// with the same guard, finds the event leased by the first, and answers each attempt 503. A request without a key is rejected with
    /// [`ReplayKeyMissing`](crate::ErrorKind::ReplayKeyMissing), 503: it is genuine, and comes again.
    ///
    /// # Deployment caveat
    ///
    /// With a guard, this layer runs within a Tokio runtime that has its timers enabled. Where the store cannot be asked to renew a
    /// lease, a handler that is slower than the lease goes on, and another attempt may begin beside it. Where it cannot be told
    /// that a request is done, the event can be handled again. Both are told by an event of `tracing`.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::ReplayUndetectable`]: the scheme signs no identifier, as Vogent and Voxagent, and no
    ///   [`replay_key`](Self::replay_key) was chosen before.
    pub fn replay_guard(mut self, guard: impl ReplayGuard + 'static) -> Result<Self, ConfigError> {
        if self.gate.guard.key.is_none() && self.gate.source.example().replays() == Replays::Undetectable {
            return Err(ConfigError::ReplayUndetectable);
        }
        self.guard().store = Some(Arc::new(guard));
        Ok(self)
    }

    /// Names who sends, for a guard that several senders share: two subscriptions whose tokens name no account, for example. By default
    /// senders have no name, and two of one scheme whose requests name no account share their keys: if their identifiers
    /// can be equal, one's request hides the other's.
    ///
    /// Choose a name that stays when the secret is rotated.
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

    /// Names the event by what `key` makes of the proof and the body, instead of the signed identifier: for platforms that sign none.
    /// `key` gets the body only where the signature covers it byte for byte ([`Coverage::Body`](crate::Coverage::Body)), and says
    /// `None` to reject the request with [`ReplayKeyMissing`](crate::ErrorKind::ReplayKeyMissing), 503. Call this before [`replay_guard`](Self::replay_guard).
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

    /// Names the event by the SHA-256 of its body, as [`replay_key`](Self::replay_key) does. Two events with equal bodies count as
    /// one: choose this only where something in each body differs, as an identifier or a time does.
    ///
    /// Where the signature does not cover the body byte for byte (SMS, the GET of a signed webhook), the signed identifier is the
    /// key, as without this setting.
    pub fn replay_key_of_body(self) -> Self {
        self.replay_key(|verified, body| {
            body.map_or_else(|| verified.replay_key(), |body| Some(ReplayKey::new([body])))
        })
    }

    /// Leases a request for `time` while it is handled, by default 60 s. Choose it longer than the handler's timeout. The lease is renewed
    /// at each third of it; after a crash, the event can be handled again when it ends.
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

    /// Remembers for `time` that a request is done, by default for the scheme's [`retry_period`](crate::Verifier::retry_period), 72 hours. A
    /// request that verifies for longer is remembered for as long as it verifies, whatever the time is here. Where it verifies for
    /// ever, it is handled again if it comes after this time.
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

    /// Runs the service in a task of its own, so that it goes on to its end when the client has left. What it has handled is then
    /// done. By default, a client that leaves ends the service's work, and gives the lease back at once.
    ///
    /// Choose this where
    ///
    /// - the platform's timeout is shorter than the service's work. By default each of its attempts would be broken off. With this
    ///   setting, the next one finds the event done, and is answered with its response if that is
    ///   [kept](Self::remember_responses);
    /// - a stranger could get hold of a genuine request that is not handled yet. By default, one who sends it and hangs up, over and
    ///   over, breaks off the work each time, while the platform's attempts get 503.
    ///
    /// There is one task for each event that is being handled. A timeout and a concurrency limit belong below this layer: one above
    /// does not end the task or count it. A server that stops gracefully waits for no task whose client has left. Without a
    /// [`replay_guard`](Self::replay_guard) this has no effect.
    pub fn finish_when_client_leaves(mut self) -> Self {
        self.guard().detached = true;
        self
    }

    /// Answers a request that was handled before with a [`StatusCode`](http::StatusCode), or with what a closure
    /// `Fn(&Verified) -> Response<_>` makes of its proof. By default 200 with an empty body.
    pub fn on_duplicate<E>(self, on_duplicate: E) -> VerifyLayer<F, E, M> {
        VerifyLayer { gate: self.gate, on_rejection: self.on_rejection, on_duplicate, memory: self.memory }
    }

    /// Keeps the service's 2xx responses with *done*, and answers a request that was handled before with the first one's: for webhooks
    /// whose answer matters, as the instructions for a call. Of a response are kept the status, the content type and a body of at
    /// most `limit` bytes.
    ///
    /// Passed on and not kept are a body whose length is not known beforehand (a stream) or is above the limit, and a response with
    /// trailers, `content-encoding` or `content-range`, which means little without them. Put a layer that compresses above this one. A body that fails while
    /// it is read is answered 500, and the lease given back.
    ///
    /// The responses' bodies must be readable and made of bytes (`http_body::Body + Default + TryFrom<Vec<u8>>`), as axum's `Body`,
    /// `Full<Bytes>` and `String`.
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

/// The time in which a store may be slow to answer.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);
