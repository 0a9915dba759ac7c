//! Spans and events for the crate `tracing`, with the feature of that name. Without it they are nothing, and what would be in their
//! fields is not computed.
//!
//! | span | level | fields | inside |
//! | --- | --- | --- | --- |
//! | `join` | info | party | |
//! | `announce` | debug | party, items | |
//! | `collect` | info | party, items | |
//! | `share` | info | layers | |
//! | `prepare` | info | party, dry, rows | |
//! | `forward` | info | party, dry, rows | |
//! | `layer` | debug | number, kind, rows | `forward` |
//! | `deal` | info | items | |
//!
//! | event | level | fields |
//! | --- | --- | --- |
//! | `opened` | trace | party, dry, elements, bytes: of this party's share, packed |
//! | `revealed` | trace | party, dry, elements, to: the party that learns them |
//!
//! Dry runs, in which nothing is sent, say so by `dry`.
//!
//! Fields are counts, numbers and names of the program, which is public. None is a share, a mask, a seed or an opened value.

/// Enters a span until the end of the block that it is written in.
macro_rules! span {
    ($level:ident, $name:literal $(, $field:ident = $value:expr)*) => {
        #[cfg(feature = "tracing")]
        let _span = ::tracing::span!(
            target: "ringshare",
            ::tracing::Level::$level,
            $name
            $(, $field = $value)*
        )
        .entered();
    };
}

/// Reports an event.
macro_rules! event {
    ($name:literal $(, $field:ident = $value:expr)*) => {
        #[cfg(feature = "tracing")]
        ::tracing::event!(
            name: $name,
            target: "ringshare",
            ::tracing::Level::TRACE,
            { $($field = $value),* },
            $name
        );
    };
}
