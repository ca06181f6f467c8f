//! Where a verifier keeps what it made of its secret.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

use crate::valgrind::{make_defined, make_undefined};

/// The system's allocator, which notes what is allocated while [`noting`] builds something.
pub struct Noting;

// SAFETY: the system's own answers.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as this function's caller promises.
        let start = unsafe { System.alloc(layout) };
        let mut noted = noted();
        if noted.active {
            let free = noted.blocks.iter_mut().find(|(_, length)| *length == 0).expect("room for a block");
            *free = (start.expose_provenance(), layout.size());
        }
        start
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        noted()
            .blocks
            .iter_mut()
            .filter(|(noted, _)| *noted == start.addr())
            .for_each(|block| *block = (0, 0));
        // SAFETY: as this function's caller promises.
        unsafe { System.dealloc(start, layout) };
    }
}

/// Builds a verifier, and notes the memory it asks for in place of what was noted before.
pub fn noting<T>(build: impl FnOnce() -> T) -> T {
    *noted() = Noted { active: true, ..NOTHING };
    let built = build();
    noted().active = false;
    built
}

/// Marks as undefined the states that HMAC-SHA256 keeps of this key, in all memory that was noted and is not yet freed.
///
/// # Panics
///
/// If they are not there. They may be there more than once: a state as it begins is also the one to begin a message from.
pub fn make_states_undefined(key: &[u8]) {
    let blocks = noted().blocks;
    for state in states(key) {
        let mut found = 0;
        for (start, length) in blocks {
            let start = std::ptr::with_exposed_provenance::<u8>(start);
            let mut copy = vec![0_u8; length];
            // SAFETY: it is allocated, and nothing writes to it meanwhile.
            unsafe { start.copy_to_nonoverlapping(copy.as_mut_ptr(), length) };
            // What is between the fields is undefined.
            make_defined(copy.as_ptr().expose_provenance(), length);
            for (at, _) in copy.windows(state.len()).enumerate().filter(|(_, bytes)| **bytes == state) {
                // SAFETY: within the block, as found.
                make_undefined(unsafe { std::slice::from_raw_parts(start.add(at), state.len()) });
                found += 1;
            }
        }
        assert!(found > 0, "the keyed state is not in the verifier");
    }
}

/// The two chaining values that HMAC-SHA256 begins with (RFC 2104, section 4).
fn states(key: &[u8]) -> [[u8; 32]; 2] {
    let key = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    [0x36, 0x5c].map(|pad| {
        let mut block = [pad; 64];
        block.iter_mut().zip(&key).for_each(|(byte, key)| *byte ^= key);
        let mut state = INITIAL;
        compress256(&mut state, &[block]);
        let mut bytes = [0; 32];
        bytes
            .chunks_exact_mut(4)
            .zip(state)
            .for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_ne_bytes()));
        bytes
    })
}

struct Noted {
    active: bool,
    /// Where each block begins, and its length; none is of no length.
    blocks: [(usize, usize); 64],
}

fn noted() -> MutexGuard<'static, Noted> {
    NOTED.lock().unwrap_or_else(PoisonError::into_inner)
}

static NOTED: Mutex<Noted> = Mutex::new(NOTHING);
const NOTHING: Noted = Noted { active: false, blocks: [(0, 0); 64] };
/// FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
