//! What memcheck, of valgrind, is told of secrets.
//!
//! A build with `--cfg ringshare_memcheck` tells it where secrets become public. With all that is secret marked as never
//! initialised, it reports each branch and each address that depends on a secret, as Langley's *ctgrind* did (2010). Without
//! that setting nothing is here.

/// From here on everyone may know these values.
#[cfg(not(ringshare_memcheck))]
#[inline(always)]
pub(crate) fn public<T>(_: &mut [T]) {}

#[cfg(ringshare_memcheck)]
pub use told::{public, runs, secret};

#[cfg(ringshare_memcheck)]
#[allow(unsafe_code)]
mod told {
    use core::arch::asm;

    /// Whether the program runs under valgrind.
    pub fn runs() -> bool {
        request(0x1001, [0; 2]) > 0
    }

    /// From here on nothing may depend on these values.
    pub fn secret<T>(values: &mut [T]) {
        mark(1, values);
    }

    /// From here on everyone may know these values.
    pub fn public<T>(values: &mut [T]) {
        mark(2, values);
    }

    /// Memcheck's requests have the letters M and C in front.
    fn mark<T>(how: u64, values: &mut [T]) {
        request(0x4d43_0000 + how, [values.as_mut_ptr() as u64, size_of_val(values) as u64]);
    }

    fn request(what: u64, [a, b]: [u64; 2]) -> u64 {
        let arguments = [what, a, b, 0, 0, 0];
        let mut answer = 0;
        // SAFETY: the rotations add up to 128 bits and the exchange is of a register with itself, so a CPU does nothing here.
        // Valgrind knows the sequence (its manual, "The Client Request mechanism"), and writes no memory of the program.
        unsafe {
            asm!(
                "rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
                in("rax") &raw const arguments, inout("rdx") answer,
            );
        }
        answer
    }
}
