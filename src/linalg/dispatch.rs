//! The choice of an instruction set at run time, without the standard library.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::{Avx512, Ifma, Vnni};
use super::portable::Portable;

/// An instruction set that this CPU has: each token can be had by detection only.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Backend {
    /// Any CPU.
    Portable(Portable),
    /// 256-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// 512-bit vectors.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// 512-bit vectors and products of 52 bits, for words of 64 bits alone.
    #[cfg(target_arch = "x86_64")]
    Ifma(Ifma),
    /// 512-bit vectors and dot products of short words.
    #[cfg(target_arch = "x86_64")]
    Vnni(Vnni),
}

impl Backend {
    /// Every instruction set that this CPU has, the fastest first. The detection is cached.
    pub(super) fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let sets = [
            Vnni::detect().map(Self::Vnni),
            Avx512::detect().map(Self::Avx512),
            Avx2::detect().map(Self::Avx2),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let sets: [Option<Self>; 0] = [];
        sets.into_iter().flatten().chain([Self::Portable(Portable)])
    }

    /// The instruction set whose kernels serve words of W: only those of 8 and 16 bits have dot products.
    pub(super) fn for_words<W>(self) -> Self {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Vnni(vnni) if size_of::<W>() > 2 => Self::Avx512(vnni.foundation()),
            other => other,
        }
    }

    /// The fastest instruction set that this CPU has.
    pub(super) fn detect() -> Self {
        Self::available().next().unwrap_or(Self::Portable(Portable))
    }

    /// The fastest instruction set that this CPU has for products of words of W modulo 2^bits: above that they may be anything.
    pub(super) fn modulo<W>(bits: u32) -> Self {
        #[cfg(target_arch = "x86_64")]
        if size_of::<W>() == 8
            && bits <= Ifma::BITS
            && let Some(ifma) = Ifma::detect()
        {
            return Self::Ifma(ifma);
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = bits;
        Self::detect()
    }
}

/// `$body` with `$kernel` bound to the token of `$backend` if it is among those listed, and to the
/// portable one otherwise.
macro_rules! with_kernel {
    ($backend:expr, [$($set:ident)*], $kernel:ident => $body:expr) => {
        match $backend {
            $(#[cfg(target_arch = "x86_64")]
            Backend::$set($kernel) => $body,)*
            #[allow(unreachable_patterns)]
            _ => {
                let $kernel = Portable;
                $body
            }
        }
    };
}
pub(super) use with_kernel;
