//! Requests to valgrind (its manual, section 3.1). Outside valgrind they do nothing and return 0.

#[cfg(not(target_arch = "x86_64"))]
compile_error!("the sequence of instructions that valgrind looks for is written down for x86-64 alone");

use std::arch::asm;
use std::ffi::CStr;

/// Exits unless memcheck or callgrind is running.
pub fn require() {
    if request(RUNNING_ON_VALGRIND, 0, 0) == 0 {
        eprintln!("not under valgrind: run .ci/constant-time");
        std::process::exit(2);
    }
}

/// Marks bytes as undefined: memcheck reports each branch and each index that depends on them.
pub fn make_undefined(bytes: &[u8]) {
    request(MEMCHECK + 1, bytes.as_ptr().addr(), bytes.len());
}

/// Returns a value as public.
#[must_use]
pub fn declassified<T: Copy>(value: T) -> T {
    make_defined((&raw const value).expose_provenance(), size_of::<T>());
    // SAFETY: it is a value of the type. Volatile, so that it is read from the memory that has been marked.
    unsafe { (&raw const value).read_volatile() }
}

/// Marks this many bytes at an address as public.
pub fn make_defined(address: usize, length: usize) {
    request(MEMCHECK + 2, address, length);
}

/// Returns how many errors memcheck has reported, with repetitions, without suppressed ones.
pub fn errors() -> usize {
    request(COUNT_ERRORS, 0, 0)
}

/// Sets callgrind's counts to zero.
pub fn zero_counts() {
    request(CALLGRIND + 1, 0, 0);
}

/// Writes callgrind's counts to a new file that contains this name.
pub fn dump_counts(name: &CStr) {
    request(CALLGRIND + 3, name.as_ptr().addr(), 0);
}

#[inline(never)]
fn request(code: usize, first: usize, second: usize) -> usize {
    let arguments = [code, first, second, 0, 0, 0];
    let mut answer = 0;
    // SAFETY: valgrind's own sequence for x86-64 (valgrind.h). On a processor it rotates rdi by 128 bits in total and swaps rbx
    // with itself, so only flags change. Valgrind reads `arguments` and writes the answer to rdx.
    unsafe {
        asm!(
            "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            inout("rdx") answer, in("rax") &raw const arguments, options(nostack)
        );
    }
    answer
}

const RUNNING_ON_VALGRIND: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const MEMCHECK: usize = 0x4D43_0000;
const CALLGRIND: usize = 0x4354_0000;
