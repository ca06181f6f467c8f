//! An allocator that puts a verifier's memory in one place.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

use crate::valgrind::make_undefined;

/// The system's allocator, except for allocations in [`in_arena`]. Those are never freed, and are overwritten the next time.
struct Arena {
    active: AtomicBool,
    used: AtomicUsize,
    memory: Memory,
}

#[repr(align(64))]
struct Memory(UnsafeCell<[u8; SIZE]>);

// SAFETY: only one thread runs here.
unsafe impl Sync for Memory {}

const SIZE: usize = 1 << 20;

#[global_allocator]
static ARENA: Arena = Arena {
    active: AtomicBool::new(false),
    used: AtomicUsize::new(0),
    memory: Memory(UnsafeCell::new([0; SIZE])),
};

// SAFETY: each piece of the memory is used once while the arena is active, with the requested alignment.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !self.active.load(Relaxed) {
            // SAFETY: as this function's caller promises.
            return unsafe { System.alloc(layout) };
        }
        let start = self.used.load(Relaxed).next_multiple_of(layout.align());
        self.used.store(start + layout.size(), Relaxed);
        assert!(layout.align() <= 64 && start + layout.size() <= SIZE);
        // SAFETY: within the memory.
        unsafe { self.memory.0.get().cast::<u8>().add(start) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        let first = self.memory.0.get().addr();
        if !(first..first + SIZE).contains(&start.addr()) {
            // SAFETY: as this function's caller promises.
            unsafe { System.dealloc(start, layout) };
        }
    }
}

/// Runs code that allocates in the arena. The previous contents must be unused.
#[inline(never)]
pub fn in_arena<T>(run: impl FnOnce() -> T) -> T {
    // SAFETY: nothing else is in it.
    unsafe { ARENA.memory.0.get().cast::<u8>().write_bytes(0, ARENA.used.swap(0, Relaxed)) };
    ARENA.active.store(true, Relaxed);
    let result = run();
    ARENA.active.store(false, Relaxed);
    result
}

/// Marks the two states of HMAC-SHA256 for a key (RFC 2104, section 4) as undefined, anywhere in the arena. Returns whether it
/// found them.
pub fn make_states_undefined(key: &[u8]) -> bool {
    let key = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    let states = [0x36, 0x5c].map(|pad| {
        let mut block = [pad; 64];
        block.iter_mut().zip(&key).for_each(|(byte, key)| *byte ^= key);
        let mut state = INITIAL;
        compress256(&mut state, &[block]);
        state.map(u32::to_ne_bytes).concat()
    });
    // SAFETY: nothing writes to it meanwhile.
    let memory = unsafe { &(&*ARENA.memory.0.get())[..ARENA.used.load(Relaxed)] };
    let is_state = |bytes: &&[u8]| states.iter().any(|state| state == bytes);
    let places: Vec<_> = memory.windows(32).filter(is_state).collect();
    places.iter().for_each(|bytes| make_undefined(bytes));
    places.len() >= 2
}

/// FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
