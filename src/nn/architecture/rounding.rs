//! How truncations round.

/// How truncations round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rounding {
    /// Down or up at random, up with a probability equal to the dropped fraction. The error is less than one unit in the
    /// last place, and the cost is low. A maximum in front of such a truncation may be off by less than half of such a
    /// unit.
    #[default]
    Stochastic,
    /// Always down: exact, but it takes a comparison.
    Floor,
}
