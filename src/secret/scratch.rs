//! Secrets on their way through a computation.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

/// Overwrites numbers with zeros, also where the compiler can see that nobody reads them again.
pub(crate) fn wipe<W: Copy + Default>(words: &mut [W]) {
    words.fill(W::default());
    zeroize::optimization_barrier(words);
}

/// Words that are wiped when dropped, on every path: masks, shares and inputs that a step makes and
/// leaves behind.
pub struct Scratch<W: Copy + Default>(Vec<W>);

impl<W: Copy + Default> Scratch<W> {
    /// So many zeros.
    pub fn zeros(len: usize) -> Self {
        Self(vec![W::default(); len])
    }

    /// The words themselves, which whoever takes them wipes.
    pub(crate) fn take(mut self) -> Vec<W> {
        core::mem::take(&mut self.0)
    }
}

impl<W: Copy + Default> From<Vec<W>> for Scratch<W> {
    fn from(words: Vec<W>) -> Self {
        Self(words)
    }
}

impl<W: Copy + Default> Deref for Scratch<W> {
    type Target = [W];
    fn deref(&self) -> &[W] {
        &self.0
    }
}

impl<W: Copy + Default> DerefMut for Scratch<W> {
    fn deref_mut(&mut self) -> &mut [W] {
        &mut self.0
    }
}

impl<W: Copy + Default> Drop for Scratch<W> {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}
