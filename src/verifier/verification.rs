//! A verification under way.

use std::fmt;

use super::{Evidence, Verified};
use crate::error::{Error, ErrorKind};

/// A request whose head has passed and whose body is arriving.
///
/// Feed it every chunk with [`update`](Self::update), then [`finish`](Self::finish). Dropped before that, it has proved
/// nothing. After an error it stays refused.
///
/// # Example
///
/// ```
/// use countersign::{ErrorKind, Head, Secret, Verifier, Vogent};
///
/// let vogent = Vogent::new(Secret::new("s3cr3t")?);
/// let signature = "ee3c2f0d7df8a4c4e8e5dcb1b8f6c3c9a1f2de0df6cb0f7e37cfd6a1f4c2a7be";
/// let headers = [("X-Elto-Signature", signature)];
///
/// let mut verification = vogent.begin(Head::new("POST", &headers))?;
/// verification.update(b"{\"event\":")?;
/// verification.update(b"\"dial.started\"}")?;
/// assert_eq!(verification.finish().unwrap_err().kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is proved until `finish`"]
pub struct Verification<'v> {
    check: Box<dyn Check + 'v>,
    room: usize,
    refusal: Option<Error>,
}

/// A scheme's part of a verification: what it does with the body's chunks and concludes at the end.
pub trait Check: Send {
    /// Takes the next chunk of the body.
    ///
    /// # Errors
    ///
    /// - Whatever the scheme can already refuse. The verification then stays refused.
    fn update(&mut self, chunk: &[u8]) -> Result<(), Error>;

    /// Concludes, the whole body having been taken.
    ///
    /// # Errors
    ///
    /// - Whatever the scheme refuses.
    fn finish(self: Box<Self>) -> Result<Evidence, Error>;
}

impl<'v> Verification<'v> {
    /// Begins with the check of a scheme of your own.
    pub fn new(check: impl Check + 'v) -> Self {
        Self { check: Box::new(check), room: usize::MAX, refusal: None }
    }

    /// Refuses a body of more bytes than `limit`, from here on. A limit that is already lower stays.
    pub fn limit(self, limit: usize) -> Self {
        Self { room: self.room.min(limit), ..self }
    }

    /// Adds what a scheme that builds on this one has to say once the signature holds: a time to check, a replay key.
    pub fn and_then(self, conclude: impl FnOnce(Evidence) -> Result<Evidence, Error> + Send + 'v) -> Self {
        Self { check: Box::new(Then { check: self.check, conclude }), ..self }
    }

    /// Concludes already, for a scheme that signs no body: a body is then refused.
    pub(crate) fn decided(evidence: Evidence) -> Self {
        Self::new(Decided(evidence))
    }

    /// Takes the next chunk of the body, of any length.
    ///
    /// # Errors
    ///
    /// - [`BodyTooLarge`](ErrorKind::BodyTooLarge): the body is longer than the verifier's limit.
    /// - [`BodyUnexpected`](ErrorKind::BodyUnexpected): the scheme signs no body with this request.
    /// - What a scheme of your own refuses.
    pub fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let taken = match self.room.checked_sub(chunk.len()) {
            None => Err(ErrorKind::BodyTooLarge.into()),
            Some(room) => {
                self.room = room;
                self.check.update(chunk)
            }
        };
        self.refusal = taken.as_ref().err().cloned();
        taken
    }

    /// Concludes, the whole body having been given to [`update`](Self::update).
    ///
    /// # Errors
    ///
    /// - The error of an earlier [`update`](Self::update).
    /// - What the scheme refuses.
    pub fn finish(self) -> Result<Verified, Error> {
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => self.check.finish().map(Verified::new),
        }
    }
}

impl fmt::Debug for Verification<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").field("refusal", &self.refusal).finish_non_exhaustive()
    }
}

struct Then<'v, F> {
    check: Box<dyn Check + 'v>,
    conclude: F,
}

impl<F: FnOnce(Evidence) -> Result<Evidence, Error> + Send> Check for Then<'_, F> {
    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.check.update(chunk)
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        (self.conclude)(self.check.finish()?)
    }
}

struct Decided(Evidence);

impl Check for Decided {
    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        if chunk.is_empty() { Ok(()) } else { Err(ErrorKind::BodyUnexpected.into()) }
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        Ok(self.0)
    }
}
