//! The routes, and what a delivery goes through before its handler.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::error_handling::HandleErrorLayer;
use axum::http::Response;
use axum::routing::on;
use axum::{BoxError, Extension, Router, middleware};
use countersign::replay::{Memory, Redis};
use countersign::tower::{EmptyRejection, VerifyLayer};
use countersign::{ConfigError, Replays, Verified};
use tower::ServiceBuilder;
use tower::timeout::TimeoutLayer;

use crate::explain::{Explainer, explain};
use crate::journal::{self, Accepted, Duplicate, TimedOut};
use crate::mounts::Mount;
use crate::options::Options;

/// Puts every verifier before the handler, at its path. What has no verifier has no route.
pub(crate) fn router(mounts: &[Mount], options: &Options) -> Result<Router, ConfigError> {
    let guard = Guard::new(options)?;
    let mut router = Router::new();
    for mount in mounts {
        let Ok(verifier) = &mount.verifier else { continue };
        let verify = guard.before(VerifyLayer::new(Arc::clone(verifier)), verifier.replays())?;
        let explainer =
            Explainer { verifier: Arc::clone(verifier), credentials: Arc::new(mount.credentials.clone()) };
        let explain = options.explain.then(|| middleware::from_fn_with_state(explainer, explain));
        // From the outermost to the innermost.
        let layers = ServiceBuilder::new()
            .option_layer(explain)
            .layer(middleware::from_fn_with_state(verifier.scheme(), journal::record))
            .layer(HandleErrorLayer::new(timed_out))
            .layer(TimeoutLayer::new(options.timeout))
            .layer(verify);
        router = router.route(mount.path, on(mount.methods, handle).route_layer(layers));
    }
    Ok(router)
}

type OnDuplicate = fn(&Verified) -> Response<Body>;
type GuardedLayer = VerifyLayer<EmptyRejection, OnDuplicate>;

/// Who remembers requests, for all routes.
enum Guard {
    Memory(Arc<Memory>),
    Redis(Arc<Redis>),
}

impl Guard {
    fn new(options: &Options) -> Result<Self, ConfigError> {
        Ok(match &options.redis {
            Some(url) => Self::Redis(Arc::new(Redis::connect(url)?)),
            None => Self::Memory(Arc::new(Memory::new(1_000_000))),
        })
    }

    /// Hands each event on once where a scheme signs what it could be known by.
    fn before(&self, layer: VerifyLayer, replays: Replays) -> Result<GuardedLayer, ConfigError> {
        let layer = layer.on_duplicate::<OnDuplicate>(Duplicate::answer);
        match self {
            _ if replays == Replays::Undetectable => Ok(layer),
            Self::Memory(guard) => layer.replay_guard(Arc::clone(guard)),
            Self::Redis(guard) => layer.replay_guard(Arc::clone(guard)),
        }
    }
}

/// Where a service would do its work: only what has verified gets here, and of what Vonage signs nothing twice.
async fn handle(
    Extension(verified): Extension<Verified>,
    body: Bytes,
) -> (Extension<Accepted>, &'static str) {
    // Parameters come from the proof: another parser may find other ones in the query or the form.
    let accepted = match verified.parameters() {
        Some(parameters) => Accepted::parameters(&verified, &parameters),
        None => Accepted::body(&verified, &body),
    };
    (Extension(accepted), "accepted\n")
}

async fn timed_out(_: BoxError) -> TimedOut {
    TimedOut
}
