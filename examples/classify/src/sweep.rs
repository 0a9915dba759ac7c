//! A row for each bit length: its accuracy and its cost.

use std::fmt;

use ringshare::nn::Quantised;
use serde::Serialize;

use crate::report::{Counts, Phase};

/// The results of one bit length.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Bits of every comparison.
    pub bits: u32,
    /// The ring's width.
    pub ring: u32,
    /// The fewest and the most fractional bits of a layer's result.
    pub fractions: [u32; 2],
    /// Images that were classified.
    pub images: usize,
    /// Classes equal to the label.
    pub correct: usize,
    /// Classes equal to those of float32.
    pub agree: usize,
    /// Rounds of a batch.
    pub rounds: u64,
    /// Bytes that a party sends online for each image.
    pub sent_bytes: f64,
    /// Wall-clock milliseconds for each image.
    pub online_ms: f64,
}

impl Row {
    /// The row of a run.
    pub fn new(bits: u32, quantised: &Quantised, counts: Counts, online: &Phase) -> Self {
        let fractions = || quantised.formats().layers.iter().map(|format| format.fraction);
        let Counts { images, correct, agree, .. } = counts;
        Self {
            bits,
            ring: quantised.ring(),
            fractions: [fractions().min().unwrap_or(0), fractions().max().unwrap_or(0)],
            images,
            correct,
            agree,
            rounds: online.rounds,
            sent_bytes: online.sent_bytes as f64 / images.max(1) as f64,
            online_ms: 1e3 * online.wall_s / images.max(1) as f64,
        }
    }

    /// The fraction of images whose class is their label, in percent.
    pub fn correct_percent(&self) -> f64 {
        100.0 * self.correct as f64 / self.images.max(1) as f64
    }

    /// The fraction of images whose class is that of float32, in percent.
    pub fn agree_percent(&self) -> f64 {
        100.0 * self.agree as f64 / self.images.max(1) as f64
    }

    /// The names of the columns.
    pub fn heading() -> String {
        format!(
            "{:>4}{:>6}{:>12}{:>11}{:>13}{:>8}{:>13}{:>15}\n",
            "bits", "ring", "fractional", "correct %", "as float32 %", "rounds", "kB an image", "ms an image"
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [least, most] = self.fractions;
        let fractions = format!("{least} to {most}");
        write!(f, "{:>4}{:>6}{fractions:>12}", self.bits, self.ring)?;
        write!(f, "{:>11.2}{:>13.2}{:>8}", self.correct_percent(), self.agree_percent(), self.rounds)?;
        write!(f, "{:>13.2}{:>15.4}", self.sent_bytes / 1e3, self.online_ms)
    }
}
