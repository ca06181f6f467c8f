//! Requests to valgrind (its manual, section 3.1). Outside valgrind they do nothing and return 0.

use std::arch::asm;

pub fn is_running() -> bool {
    request(0x1001, &[]) > 0
}

/// Returns how many errors memcheck has reported, with repetitions.
pub fn count_errors() -> usize {
    request(0x1201, &[])
}

/// Marks bytes as undefined: memcheck reports each branch and each index that depends on them.
pub fn make_undefined(bytes: &[u8]) {
    request(MEMCHECK + 1, bytes);
}

/// Returns a number as public. It is read from the memory that has been marked.
pub fn declassified(number: u32) -> u32 {
    let bytes = number.to_ne_bytes();
    request(MEMCHECK + 2, &bytes);
    u32::from_ne_bytes(*std::hint::black_box(&bytes))
}

#[inline(never)]
fn request(code: usize, bytes: &[u8]) -> usize {
    let arguments = [code, bytes.as_ptr().addr(), bytes.len(), 0, 0, 0];
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

const MEMCHECK: usize = 0x4D43_0000;
