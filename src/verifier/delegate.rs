//! Verifiers that are another verifier: behind a pointer, or with settings of its own.

use std::sync::Arc;

use super::Verifier;

/// Implements `Verifier` for a type by a verifier it holds.
macro_rules! delegate_verifier {
    (impl[$($generics:tt)*] for $type:ty, $this:ident => $inner:expr) => {
        impl<$($generics)*> $crate::Verifier for $type {
            fn begin<'v>(&'v self, head: $crate::Head<'_>) -> Result<$crate::Verification<'v>, $crate::Error> {
                let $this = self;
                $inner.begin(head)
            }

            fn verify(&self, request: $crate::Request<'_>) -> Result<$crate::Verified, $crate::Error> {
                let $this = self;
                $inner.verify(request)
            }
        }
    };
}

delegate_verifier!(impl[V: Verifier + ?Sized] for &V, this => (**this));
delegate_verifier!(impl[V: Verifier + ?Sized] for Box<V>, this => (**this));
delegate_verifier!(impl[V: Verifier + ?Sized] for Arc<V>, this => (**this));

pub(crate) use delegate_verifier;
