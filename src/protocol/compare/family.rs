//! The ways to compare.

use crate::correlation::compare::{Plan, Task, Wish};
use crate::correlation::{Cost, Elements};

/// How values are compared with zero: the same function at another price. All parties of a session
/// must choose the same ([`Party::set_comparison`](crate::protocol::Party::set_comparison)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// Tables of chunks ([`correlation::compare`](crate::correlation::compare)), any number of
    /// parties, by the plan that fits the wish best.
    Lookup(Wish),
}

impl Default for Family {
    fn default() -> Self {
        Self::Lookup(Wish::default())
    }
}

impl Family {
    /// The cost of `len` comparisons of `bits` bits, arithmetic in a ring of `output` or boolean.
    ///
    /// # Panics
    /// If `bits` is not in 2..=64.
    pub fn cost(self, len: usize, bits: u32, output: Option<Elements>) -> Cost {
        match self {
            Self::Lookup(wish) => Plan::choose(bits, Task::Negative(output), wish).cost(len),
        }
    }
}
