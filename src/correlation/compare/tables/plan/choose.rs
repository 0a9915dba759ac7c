//! Which plan for which wish.
//!
//! A plan is determined by the number of its chunks, which are as even as can be, and by how many of them the last step
//! takes. The estimate of its time is a sum over what it does for each value: bytes of tables, opened bits, products,
//! elements. The nanoseconds of each were fitted to measurements on one machine (AVX-512, two parties,
//! `cargo bench --bench plans`). They serve to rank plans and promise nothing.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::{Plan, Task};
use crate::offline::Elements;

/// What a plan should have least of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Traffic, rounds and CPU time together: the opened bits and dealer bytes of a value, plus twenty for each round and a fifth of
    /// the estimated nanoseconds of a party and the dealer. An opened bit counts as much as a byte from the dealer, because
    /// everybody waits for it online.
    #[default]
    Balanced,
    /// Rounds, and among plans with as few rounds, the traffic as above.
    Rounds,
    /// Bytes from the dealer, and among plans with as few bytes, the rounds.
    DealerBytes,
    /// Estimated CPU time of a party and the dealer together.
    Cpu,
}

/// Opened bits or dealer bytes that a round is worth: for a sign of 14 bits two rounds are worth their bytes, for a ReLU of 20 bits
/// that drops 9 they are not, as they take twice the bytes and twice the CPU time of three.
const ROUND: f64 = 20.0;
/// Opened bits or dealer bytes that a nanosecond is worth.
const NANOSECOND: f64 = 0.2;

/// What a plan costs for each value.
///
/// ```
/// use ringshare::correlation::compare::{Plan, Task, Wish};
/// for plan in Plan::candidates(32, Task::Negative(None)) {
///     println!("{plan}: {}", plan.estimate());
/// }
/// let plan = Plan::choose(32, Task::Negative(None), Wish::Balanced);
/// assert_eq!(plan.to_string(), "3+4+4+4+4+4+4+4 in 4+4, then 2");
/// assert!(plan.estimate().dealer_bytes < 20.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Rounds.
    pub rounds: u32,
    /// Bits that a party opens.
    pub opened_bits: u64,
    /// Bytes from the dealer, on average over many values.
    pub dealer_bytes: f64,
    /// Nanoseconds of CPU at the party that gets the corrections, online.
    pub party_ns: f64,
    /// Nanoseconds of CPU at the dealer of two parties.
    pub dealer_ns: f64,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, opened_bits, dealer_bytes, party_ns, dealer_ns } = self;
        write!(
            f,
            "{rounds} rounds, {opened_bits} opened bits, {dealer_bytes:.1} dealer bytes, about \
             {party_ns:.1} ns at a party and {dealer_ns:.1} ns at the dealer"
        )
    }
}

/// Chunk widths and groups: `6+7`, or `4+4+4+4 in 4`, or `3+4 in 2, then 2`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &mut dyn Iterator<Item = u64>| {
            items.enumerate().try_for_each(|(i, item)| write!(f, "{}{item}", if i > 0 { "+" } else { "" }))
        };
        list(f, &mut self.chunks.iter().map(|&width| width.into()))?;
        for (level, groups) in self.levels.iter().enumerate() {
            f.write_str(if level == 0 { " in " } else { ", then " })?;
            list(f, &mut groups.iter().map(|&size| size as u64))?;
        }
        Ok(())
    }
}

/// The narrowest chunk worth a byte.
const NARROW: u32 = 3;
/// The widest chunk but the last: its table and its equality bit fit a 64-bit word.
const WIDE: u32 = 6;
/// The widest last chunk, which needs no equality bit.
const WIDE_LAST: u32 = 7;
/// Chunks that one product combines.
const GROUP: usize = 4;
/// Chunks whose tables of 4^(chunks − 1) entries are still small.
const TABLE: usize = 3;

impl Plan {
    /// The balanced plan for the sign of k-bit values; the result is bits if `output` is
    /// `None`, else arithmetic.
    ///
    /// # Panics
    /// If `bits` is not in 2..=64.
    pub fn new(bits: u32, output: Option<Elements>) -> Self {
        Self::choose(bits, Task::Negative(output), Wish::default())
    }

    /// The plan that fits a wish best, for a task on k-bit values.
    ///
    /// # Panics
    /// If `bits` is not in 2..=64 (1..=64 where there is no sign), or the task's shift not below it.
    pub fn choose(bits: u32, task: Task, wish: Wish) -> Self {
        let key = |plan: &Self| {
            let estimate = plan.estimate();
            let rounds = f64::from(estimate.rounds);
            let traffic = estimate.opened_bits as f64 + estimate.dealer_bytes;
            let time = estimate.party_ns + estimate.dealer_ns;
            match wish {
                Wish::Balanced => [traffic + ROUND * rounds + NANOSECOND * time, rounds],
                Wish::Rounds => [rounds, traffic],
                Wish::DealerBytes => [estimate.dealer_bytes, rounds],
                Wish::Cpu => [time, rounds],
            }
        };
        let better = |a: [f64; 2], b: [f64; 2]| a[0] < b[0] || a[0] == b[0] && a[1] < b[1];
        let mut candidates = Self::candidates(bits, task).into_iter();
        let mut best = candidates.next().unwrap_or(Self { bits, task, chunks: vec![], levels: vec![] });
        let mut least = key(&best);
        for plan in candidates {
            let cost = key(&plan);
            if better(cost, least) {
                (best, least) = (plan, cost);
            }
        }
        best
    }

    /// The plans worth considering for a task on k-bit values.
    ///
    /// # Panics
    /// As [`choose`](Self::choose).
    pub fn candidates(bits: u32, task: Task) -> Vec<Self> {
        let least = if task.has_top() { 2 } else { 1 };
        assert!((least..=64).contains(&bits), "comparisons take {least} to 64 bits, not {bits}");
        assert!(task.shift() < bits, "a shift by {} of {bits} bits", task.shift());
        let low = task.compared(bits).len() as u32;
        if low == 0 {
            return vec![Self { bits, task, chunks: vec![], levels: vec![] }];
        }
        let most_last = if task.output().is_some() && task.orders() { TABLE } else { 1 };
        let mut plans: Vec<Self> = Vec::new();
        for width in NARROW..=WIDE_LAST {
            // Chunks of up to this width, the last of 7 if it may be.
            let count = match width {
                WIDE_LAST if task.orders() => low.saturating_sub(WIDE_LAST).div_ceil(WIDE) + 1,
                WIDE_LAST => continue,
                _ => low.div_ceil(width),
            };
            for last in 1..=most_last.min(count as usize) {
                let plan = Self::with(bits, task, count, last);
                if !plans.contains(&plan) {
                    plans.push(plan);
                }
            }
        }
        plans
    }

    /// The plan with `count` chunks, of which the last step takes at most `last`.
    fn with(bits: u32, task: Task, count: u32, last: usize) -> Self {
        let low = task.compared(bits).len() as u32;
        // As even as possible, the remainder in the last chunks: 13 = 6 + 7.
        let chunks = (0..count).map(|j| (low + j) / count).collect();
        let mut levels = Vec::new();
        let mut left = count as usize;
        while left > last {
            // No more groups than the last step takes, or as few as there can be.
            let groups = left.div_ceil(GROUP).max(last.min(left / 2));
            levels.push((0..groups).map(|g| (left + g) / groups).collect::<Vec<_>>());
            left = groups;
        }
        Self { bits, task, chunks, levels }
    }

    /// What the plan costs for each value.
    pub fn estimate(&self) -> Estimate {
        let many = 1 << 16;
        let cost = self.cost(many);
        let dealer_bytes = cost.dealer_bytes as f64 / many as f64;
        let word = self.output().map_or(0, |elements| elements.word) as f64 / 8.0;
        // Nanoseconds at the party and at the dealer, a value.
        let terms = [
            (f64::from(self.bits) / 8.0, [0.11, 0.16]),
            (self.chunks.iter().map(|&width| Self::table_bytes(width) as f64).sum(), [0.038, 0.104]),
            (self.chunks.len() as f64, [0.257, 0.079]),
            ((self.levels_bits() + self.last_bits()) as f64, [0.095, 0.081]),
            (self.products() as f64, [0.045, 0.039]),
            (self.vectors().iter().sum::<usize>() as f64 * word, [0.071, 0.141]),
        ];
        let total = |whose: usize| terms.iter().map(|(count, each)| count * each[whose]).sum();
        Estimate {
            rounds: cost.rounds,
            opened_bits: cost.opened_bits / many as u64,
            dealer_bytes,
            party_ns: total(0),
            dealer_ns: total(1),
        }
    }
}
