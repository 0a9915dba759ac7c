//! Secrets on their way.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use super::wipe;
use crate::ring::Word;

/// Words that are wiped when dropped, on every path: masks, shares and inputs that a step makes and
/// leaves behind.
pub struct Scratch<W: Word>(Vec<W>);

impl<W: Word> Scratch<W> {
    /// So many zeros.
    pub fn zeros(len: usize) -> Self {
        Self(vec![W::zero(); len])
    }

    /// The words themselves, which whoever takes them wipes.
    pub(crate) fn take(mut self) -> Vec<W> {
        core::mem::take(&mut self.0)
    }
}

impl<W: Word> From<Vec<W>> for Scratch<W> {
    fn from(words: Vec<W>) -> Self {
        Self(words)
    }
}

impl<W: Word> Deref for Scratch<W> {
    type Target = [W];
    fn deref(&self) -> &[W] {
        &self.0
    }
}

impl<W: Word> DerefMut for Scratch<W> {
    fn deref_mut(&mut self) -> &mut [W] {
        &mut self.0
    }
}

impl<W: Word> Drop for Scratch<W> {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}
