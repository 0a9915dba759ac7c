//! Straight loops compiled for several instruction sets, picked at run time.
//!
//! `wide! { fn name<T: Bound>(...) { ... } }`, with any number of type parameters, compiles the body for
//! the baseline, for AVX2 and for AVX-512, and the function it makes calls the widest that the CPU has.
//! The body is plain safe Rust; the compiler does the rest.

/// Vector instructions of the CPU.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Baseline,
    Avx2,
    Avx512,
}

#[cfg(target_arch = "x86_64")]
cpufeatures::new!(avx2, "avx2", "bmi1", "bmi2");
#[cfg(target_arch = "x86_64")]
cpufeatures::new!(avx512, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl");

/// The widest level of this CPU.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn level() -> Level {
    if avx512::get() {
        Level::Avx512
    } else if avx2::get() {
        Level::Avx2
    } else {
        Level::Baseline
    }
}

macro_rules! wide {
    ($(#[$meta:meta])* $vis:vis fn $name:ident$(<$($T:ident: $Bound:path),+>)?($($arg:ident: $ty:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        // SAFETY: each instance is called only where `level` found its instructions; the bodies are safe.
        #[allow(unsafe_code)]
        $vis fn $name$(<$($T: $Bound),+>)?($($arg: $ty),*) {
            #[inline(always)]
            fn body$(<$($T: $Bound),+>)?($($arg: $ty),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
                fn avx512$(<$($T: $Bound),+>)?($($arg: $ty),*) {
                    body$(::<$($T),+>)?($($arg),*)
                }
                #[target_feature(enable = "avx2,bmi1,bmi2")]
                fn avx2$(<$($T: $Bound),+>)?($($arg: $ty),*) {
                    body$(::<$($T),+>)?($($arg),*)
                }
                match $crate::simd::level() {
                    // SAFETY: see above.
                    $crate::simd::Level::Avx512 => return unsafe { avx512$(::<$($T),+>)?($($arg),*) },
                    // SAFETY: see above.
                    $crate::simd::Level::Avx2 => return unsafe { avx2$(::<$($T),+>)?($($arg),*) },
                    $crate::simd::Level::Baseline => {}
                }
            }
            body$(::<$($T),+>)?($($arg),*)
        }
    };
}

pub(crate) use wide;
