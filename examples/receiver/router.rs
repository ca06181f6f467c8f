//! The routes and their layers.

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

/// Puts each verifier on its path, before the handler.
pub(crate) fn router(routes: &Routes, options: &Options) -> Result<Router, String> {
    let guard = Guard::new(options).map_err(|error| format!("--redis: {error}"))?;
    let explains = explains()?;
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
            .option_layer(explains.then(|| middleware::from_fn_with_state(explainer, keep)))
            .layer(verify);
        service = service.route(&route.path, any(handle).layer(layers));
    }
    Ok(service)
}

type OnDuplicate = fn(&Verified) -> Response<Body>;
type GuardedLayer = VerifyLayer<EmptyRejection, OnDuplicate>;

/// The replay guard of all routes.
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

    /// Adds the guard if the scheme signs an identifier.
    fn before(&self, layer: VerifyLayer, replays: Replays) -> Result<GuardedLayer, ConfigError> {
        let layer = layer.on_duplicate::<OnDuplicate>(Duplicate::answer);
        match self {
            _ if replays == Replays::Undetectable => Ok(layer),
            Self::Memory(guard) => layer.replay_guard(Arc::clone(guard)),
            Self::Redis(guard) => layer.replay_guard(Arc::clone(guard)),
        }
    }
}

/// The place of a service's work. It runs only for verified requests, and only once per event if the platform signs an
/// identifier.
async fn handle(verified: Verified, body: Bytes) -> (Extension<Accepted>, &'static str) {
    // Takes the parameters from the proof, since another parser may read the query or form differently.
    let accepted = match verified.parameters() {
        Some(parameters) => Accepted::parameters(&verified, &parameters),
        None => Accepted::body(&verified, &body),
    };
    (Extension(accepted), "accepted\n")
}

async fn timed_out(_: BoxError) -> TimedOut {
    TimedOut
}
