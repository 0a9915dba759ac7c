//! The networks in `examples/data`.
