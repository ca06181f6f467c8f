//! The extractor of signed parameters.

use std::fmt;
use std::ops::Deref;

use axum_core::extract::{FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use serde::de::DeserializeOwned;

use crate::params::ParametersError;
use crate::verifier::Verified;

/// Extracts the parameters that the signature covers, and reads them into `T`: those of an SMS, or of a signed webhook's GET.
///
/// Behind a [`VerifyLayer`](crate::tower::VerifyLayer), make it the handler's last argument. Without a layer, it is the `T` of
/// [`Signed`](super::Signed). [`Parameters::deserialize`](crate::Parameters::deserialize) says what `T` may be.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// use axum::Router;
/// use axum::routing::any;
/// use countersign::Secret;
/// use countersign::axum::{Signed, SignedParameters};
/// use countersign::vonage::{SignatureMethod, Sms};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct InboundSms {
///     msisdn: String,
///     text: Option<String>,
/// }
///
/// async fn inbound(Signed(SignedParameters(sms), _): Signed<SignedParameters<InboundSms>, Sms>) -> String {
///     format!("{} wrote {}", sms.msisdn, sms.text.unwrap_or_default())
/// }
///
/// let sms = Arc::new(Sms::new(SignatureMethod::Sha256, Secret::new("signature-secret")?));
/// let router: Router = Router::new().route("/sms", any(inbound)).with_state(sms);
/// # Ok::<(), countersign::ConfigError>(())
/// ```
#[derive(Clone, Copy)]
pub struct SignedParameters<T>(pub T);

/// Why there are no [`SignedParameters`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedParametersRejection {
    /// No layer verified this request. Status 500.
    #[error("request was not verified: the route has no `VerifyLayer`")]
    LayerMissing,
    /// The signature covers a body or a token, not parameters. Status 500.
    #[error("signature covers no parameters")]
    Uncovered,
    /// The parameters do not fit `T`. Status 422.
    #[error(transparent)]
    Unreadable(#[from] ParametersError),
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for SignedParameters<T> {
    type Rejection = SignedParametersRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let proof = request.extensions().get::<Verified>().ok_or(SignedParametersRejection::LayerMissing)?;
        let parameters = proof.parameters().ok_or(SignedParametersRejection::Uncovered)?;
        Ok(Self(parameters.deserialize()?))
    }
}

impl IntoResponse for SignedParametersRejection {
    fn into_response(self) -> Response {
        let status = match self {
            Self::LayerMissing | Self::Uncovered => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unreadable(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        (status, self.to_string()).into_response()
    }
}

impl<T> fmt::Debug for SignedParameters<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedParameters").finish_non_exhaustive()
    }
}

impl<T> Deref for SignedParameters<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
