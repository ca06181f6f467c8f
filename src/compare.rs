//! The one place where expected and given bytes meet. What is compared decides nothing but the verdict: no branch, no
//! index, no early exit depends on it.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// Whether two values of one length are equal. Lengths are public; unequal ones are unequal values.
pub(crate) fn eq(expected: &[u8], given: &[u8]) -> bool {
    bool::from(choose(expected, given))
}

/// Search for the candidate whose expected value is the given one, over all candidates, whichever it is.
#[derive(Debug)]
pub(crate) struct Search<'g> {
    given: &'g [u8],
    found: Choice,
    index: u32,
}

impl<'g> Search<'g> {
    pub(crate) fn new(given: &'g [u8]) -> Self {
        Self { given, found: Choice::from(0), index: 0 }
    }

    /// Offers candidate `index`; of several equal ones the first offered is found.
    pub(crate) fn offer(&mut self, index: u32, expected: &[u8]) {
        let hit = choose(expected, self.given);
        self.index.conditional_assign(&index, hit & !self.found);
        self.found |= hit;
    }

    pub(crate) fn found(self) -> Option<u32> {
        bool::from(self.found).then_some(self.index)
    }
}

// The differences of all words are gathered first, since `subtle` hides each comparison from the optimiser by a memory
// access of its own.
fn choose(expected: &[u8], given: &[u8]) -> Choice {
    let (expected_words, expected_rest) = expected.as_chunks::<8>();
    let (given_words, given_rest) = given.as_chunks::<8>();
    let mut difference = u64::from(expected.len() != given.len());
    for (expected, given) in expected_words.iter().zip(given_words) {
        difference |= u64::from_ne_bytes(*expected) ^ u64::from_ne_bytes(*given);
    }
    for (expected, given) in expected_rest.iter().zip(given_rest) {
        difference |= u64::from(expected ^ given);
    }
    difference.ct_eq(&0)
}
