//! Public functions on few bits, as tables.

mod table;

pub use self::table::{MAX_INDEX_BITS, Table, TableError};
