//! Tables.

use crate::function::Table;

/// T(x mod 2^m) for a table of m index bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The public function.
    pub table: Table,
}
