//! The integer program as a table.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::Quantised;
use super::format::Format;
use crate::nn::step::Line;

const HEAD: [&str; 6] = ["layer", "operation", "shape", "fraction", "bits", "shift"];

/// A line for every layer of the program: what computes it, the shape of its result, the result's fractional bits, the
/// bits that its operation looks at, and those that it drops.
impl fmt::Display for Quantised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let width =
            |i: usize| lines.iter().map(|line: &[String; 6]| line[i].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = core::array::from_fn(width);
        for line in &lines {
            for (i, (cell, &width)) in line.iter().zip(&widths).enumerate() {
                match i {
                    0 => write!(f, "{cell:<width$}")?,
                    1 | 2 => write!(f, "  {cell:<width$}")?,
                    _ => write!(f, "  {cell:>width$}")?,
                }
            }
            writeln!(f)?;
        }
        let (layers, ring) = (self.program.layers.len(), self.program.ring);
        write!(f, "{layers} layers in a ring of {ring} bits")
    }
}

impl fmt::Debug for Quantised {
    /// The weights are the owner's: they do not print.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quantised").field("formats", &self.formats).finish_non_exhaustive()
    }
}

impl Quantised {
    fn lines(&self) -> Vec<[String; 6]> {
        let line = |name: &str, what: &str, shape: [usize; 3], Format { fraction, bits }, shift: u32| {
            let shape = match shape {
                [1, 1, n] => format!("{n}"),
                [height, width, channels] => format!("{height}x{width}x{channels}"),
            };
            let shift = if shift > 0 { format!("{shift}") } else { String::new() };
            [name.into(), what.into(), shape, format!("{fraction}"), format!("{bits}"), shift]
        };
        let mut lines = Vec::from([HEAD.map(String::from)]);
        lines.push(line("input", "", self.model.input(), self.formats.input, 0));
        for (layer, step) in self.program.layers.iter().zip(&self.program.steps) {
            let name = &self.model.nodes()[step.layer].name;
            let Line { what, bits, shift } = layer.step().line();
            let format = Format { bits: bits.unwrap_or(step.format.bits), ..step.format };
            lines.push(line(name, &what, step.shape, format, shift));
        }
        lines
    }
}
