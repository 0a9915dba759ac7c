//! Test data.

/// A linear congruential generator, of which the upper half is taken.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (self.0 >> 32) as u32
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    pub(crate) fn words(&mut self, len: usize) -> Vec<u64> {
        (0..len).map(|_| u64::from(self.next()) << 32 | u64::from(self.next())).collect()
    }
}
