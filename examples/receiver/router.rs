//! The routes, and the layers before their handler.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::error_handling::HandleErrorLayer;
use axum::http::Response;
use axum::routing::any;
use axum::{BoxError, Extension, Router, middleware};
use countersign::replay::{Memory, Redis};
use countersign::tower::{EmptyRejection, VerifyLayer};
use countersign::{ConfigError, Replays, Verified};
use tower::ServiceBuilder;
use tower::timeout::TimeoutLayer;

use crate::explain::{Explainer, keep};
use crate::journal::{self, Accepted, Duplicate, TimedOut};
use crate::routes::Routes;
use crate::{Options, explains};

/// Puts each verifier before the handler, at its path.
pub(crate) fn router(routes: &Routes, options: &Options) -> Result<Router, String> {
    let guard = Guard::new(options).map_err(|error| format!("--redis: {error}"))?;
    let mut service = Router::new();
    for route in &routes.routes {
        let verifier = &route.verifier;
        let verify = guard.before(VerifyLayer::new(Arc::clone(verifier)), verifier.replays());
        let verify = verify.map_err(|error| format!("{}: {error}", verifier.scheme()))?;
        let explainer =
            Explainer { verifier: Arc::clone(verifier), credentials: Arc::new(route.credentials.clone()) };
        // From the outermost to the innermost.
        let layers = ServiceBuilder::new()
            .layer(middleware::from_fn_with_state(verifier.scheme(), journal::record))
            .layer(HandleErrorLayer::new(timed_out))
            .layer(TimeoutLayer::new(Duration::from_secs(options.timeout)))
            .option_layer(explains().then(|| middleware::from_fn_with_state(explainer, keep)))
            .layer(verify);
        service = service.route(&route.path, any(handle).layer(layers));
    }
    Ok(service)
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

/// Where a service would do its work. Only verified requests get here, and none twice where the platform signs what tells them
/// apart.
async fn handle(verified: Verified, body: Bytes) -> (Extension<Accepted>, &'static str) {
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
