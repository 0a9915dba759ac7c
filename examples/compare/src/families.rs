//! How each way to compare goes about it, and the rings that hold values of a bit length.

// The benchmark of the same name has this file as a module of its own.
#![allow(unreachable_pub)]

use std::fmt::Display;

use ringshare::correlation::compare::{Plan, Task};
use ringshare::offline::Elements;
use ringshare::protocol::Family;

/// Bits that the ring must have: one to spare for Legendre symbols.
pub fn ring_bits(family: Family, bits: u32) -> u32 {
    bits + u32::from(matches!(family, Family::Legendre(_)))
}

/// How the family goes about it, in a few words; `-` if there is only one way.
pub fn plan(family: Family, bits: u32, output: Option<Elements>) -> String {
    match family {
        Family::Lookup(wish) => chunks(&Plan::choose(bits, Task::Negative(output), wish)),
        Family::Dcf => "a key each".into(),
        Family::Bitwise => "a tree of borrows".into(),
        Family::Legendre(variant) => match variant.symbols() {
            1 => "1 symbol".into(),
            symbols => format!("{symbols} symbols"),
        },
        _ => "-".into(),
    }
}

/// As a plan prints itself, but a long run of one width as `width x chunks`, and groups alike.
fn chunks(plan: &Plan) -> String {
    let mut text = runs(plan.chunks());
    for (level, groups) in plan.levels().iter().enumerate() {
        text += if level == 0 { " in " } else { ", then " };
        text += &runs(groups);
    }
    text
}

/// 3, 4, 4, 4 as `3+4x3`.
fn runs<T: PartialEq + Display>(sizes: &[T]) -> String {
    let runs = sizes.chunk_by(|a, b| a == b).map(|run| match run {
        [size] => size.to_string(),
        [size, _] => format!("{size}+{size}"),
        _ => format!("{}x{}", run[0], run.len()),
    });
    runs.collect::<Vec<_>>().join("+")
}
