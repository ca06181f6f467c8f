//! Misuse of countersign that must not compile, each with the compiler's error code. `.ci/misuse` runs it.
//!
//! The common part of the cases compiles:
//!
//! ```
//! use countersign::{Head, Request, Secret, Verifier, Vogent};
//!
//! let vogent = Vogent::new(Secret::new("secret").unwrap());
//! let headers = [("x-elto-signature", "00".repeat(32))];
//! let verification = vogent.begin(Head::new("POST", &headers)).unwrap();
//! assert!(verification.finish().is_err());
//! assert!(vogent.verify(Request::new(Head::new("POST", &headers), b"{}")).is_err());
//! ```
//!
//! Attack 28: a verifier without a secret.
//!
//! ```compile_fail,E0277
//! let _ = countersign::Vogent::new(None::<countersign::Secret>);
//! ```
//!
//! Attack 39: a secret that is compared, displayed or serialised.
//!
//! ```compile_fail,E0369
//! let secret = || countersign::Secret::new("secret").unwrap();
//! let _ = secret() == secret();
//! ```
//! ```compile_fail,E0277
//! println!("{}", countersign::Secret::new("secret").unwrap());
//! ```
//! ```compile_fail,E0277
//! let _ = serde_json::to_string(&countersign::Secret::new("secret").unwrap());
//! ```
//!
//! Case 47: a verification that is used again after its end.
//!
//! ```compile_fail,E0382
//! # use countersign::{Head, Secret, Verifier, Vogent};
//! # let vogent = Vogent::new(Secret::new("secret").unwrap());
//! # let headers = [("x-elto-signature", "00")];
//! let verification = vogent.begin(Head::new("POST", &headers)).unwrap();
//! let _ = verification.finish();
//! let _ = verification.finish();
//! ```
//!
//! Attack 140: a proof without a verification, and an ignored verdict or proof.
//!
//! ```compile_fail,E0423
//! fn by_hand(evidence: countersign::Evidence) { let _ = countersign::Verified(evidence); }
//! ```
//! ```compile_fail,E0624
//! fn by_constructor(evidence: countersign::Evidence) { let _ = countersign::Verified::new(evidence); }
//! ```
//! ```compile_fail,E0277
//! fn by_default() -> countersign::Verified { Default::default() }
//! ```
//! ```compile_fail
//! #![deny(unused_must_use)]
//! # use countersign::{Head, Request, Secret, Verifier, Vogent};
//! # let vogent = Vogent::new(Secret::new("secret").unwrap());
//! # let headers = [("x-elto-signature", "00")];
//! vogent.verify(Request::new(Head::new("POST", &headers), b"{}"));
//! ```
//! ```compile_fail
//! #![deny(unused_must_use)]
//! # use countersign::{Head, Request, Secret, Verifier, Vogent};
//! # let vogent = Vogent::new(Secret::new("secret").unwrap());
//! # let headers = [("x-elto-signature", "00")];
//! vogent.verify(Request::new(Head::new("POST", &headers), b"{}")).unwrap();
//! ```
