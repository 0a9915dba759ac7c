//! What a party has opened so far.

/// What has been opened so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps {
    pub(super) count: u64,
    pub(super) mix: u64,
}

impl Steps {
    /// Takes a step: the operation, elements, bits, and whatever else it depends on.
    pub(super) fn add(&mut self, step: [u64; 4]) {
        self.count += 1;
        for part in step {
            // Both are permutations of 64-bit words.
            let mixed = (self.mix ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.mix = mixed ^ mixed >> 32;
        }
    }
}
