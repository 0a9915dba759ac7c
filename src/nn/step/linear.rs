//! Linear layers.

/// z = x·Wᵀ + b with secret or public W: `[outputs, inputs]` and b: `[outputs]`, modulo 2^bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linear {
    /// Elements of a row of x.
    pub inputs: usize,
    /// Elements of a row of z.
    pub outputs: usize,
    /// Bits of z that count; z must fit as a signed number.
    pub bits: u32,
}
