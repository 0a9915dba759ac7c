//! What is asked of the dealer.

use core::fmt;

use crate::correlation::matrix::{check_groups, check_window, read_window, window_numbers};
use crate::linalg::LayerShape;
use crate::offline::rates::{self, ELEMENT, PACKED, RANDOM, STEP};
use crate::offline::{Dealing, DecodeError, Elements, Error, Kind, Reader, Work, Writer, range};
use crate::ring::{Word, packed_len};
use crate::secret::Scratch;
use crate::with_word;

pub(super) const B: u64 = 0;
pub(super) const A: u64 = 1;
pub(super) const D: u64 = 2;
pub(super) const Z: u64 = 3;
pub(super) const DX: u64 = 4;
pub(super) const DW: u64 = 5;
pub(super) const BIAS: u64 = 6;
/// What is below A, and below the bias.
pub(super) const LOW: [u64; 2] = [7, 8];
const _: () = assert!(crate::offline::apart(&[B, A, D, Z, DX, DW, BIAS, LOW[0], LOW[1]]));

/// Asks for what the products of a layer take in one step.
#[derive(Clone, PartialEq, Eq)]
pub struct GradientRequest {
    /// What is multiplied.
    pub layer: LayerShape,
    /// Whether the gradient of the input is wanted, and that of the weights.
    pub wanted: [bool; 2],
    /// Their ring.
    pub elements: Elements,
}

impl GradientRequest {
    /// Elements of x, W and z; none where they cannot be counted, which [`check`](Kind::check) refuses.
    pub(super) fn sizes(&self) -> [usize; 3] {
        self.layer.sizes().unwrap_or_default()
    }

    /// Elements of what is dealt: z, dx, dW.
    pub(super) fn dealt(&self) -> [usize; 3] {
        let ([inputs, weights, outputs], [dx, dw]) = (self.sizes(), self.wanted);
        [outputs, if dx { inputs } else { 0 }, if dw { weights } else { 0 }]
    }

    /// The corrections of all products.
    fn deal_by<W: Word>(&self, dealing: &Dealing<'_>, mut out: &mut [u8]) {
        let ([inputs, weights, outputs], layer) = (self.sizes(), &self.layer);
        let bits = self.elements.bits;
        let (b, a) = (dealing.sums::<W>(B, inputs), dealing.sums::<W>(A, weights));
        let d = dealing.sums::<W>(D, if self.wanted == [false; 2] { 0 } else { outputs });
        for (section, len) in [Z, DX, DW].into_iter().zip(self.dealt()) {
            let (now, later) = out.split_at_mut(packed_len(len, bits));
            out = later;
            if len == 0 {
                continue;
            }
            let mut product = Scratch::<W>::zeros(len);
            match section {
                Z => layer.forward_add(bits, &b, &a, &mut product),
                DX => layer.input_add(bits, &d, &a, &mut product),
                _ => layer.weight_add(bits, &d, &b, &mut product),
            }
            dealing.share(section, &mut product, bits, now);
        }
    }
}

impl Kind for GradientRequest {
    const NAME: &'static str = "gradient";

    fn check(&self, _: usize) -> Result<(), Error> {
        let LayerShape { window, outputs, inputs, groups, .. } = &self.layer;
        check_groups(*outputs, *groups)?;
        match window {
            Some(window) => check_window(window, *inputs, *groups)?,
            None => range("groups of a layer without a window", 1, 1, *groups as u64)?,
        }
        let counted = self.layer.sizes().is_some();
        range("elements of a layer that can be counted", 1, 1, counted.into())?;
        self.elements.check()
    }

    fn correction(&self) -> Option<(usize, usize)> {
        let bytes = self.dealt().map(|len| packed_len(len, self.elements.bits));
        Some((1, bytes.iter().fold(0usize, |all, &bytes| all.saturating_add(bytes))))
    }

    fn memory(&self) -> u128 {
        let steps = self.layer.rows.max(self.layer.groups) as u128;
        self.sizes().iter().fold(steps, |all, &len| all + len as u128) * ELEMENT
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        with_word!(self.elements.word, W => self.deal_by::<W>(dealing, out));
        Ok(())
    }

    fn work(&self, parties: usize) -> Work {
        let products = 1.0 + f64::from(u8::from(self.wanted[0])) + f64::from(u8::from(self.wanted[1]));
        let rate = rates::gradients(self.elements.word, self.elements.bits);
        let time = products * self.layer.multiplications() / rate;
        let [inputs, weights, outputs] = self.sizes();
        let masks = self.elements.bytes(inputs.saturating_add(weights).saturating_add(outputs)) as f64;
        let dealt: usize = self.dealt().iter().fold(0usize, |all, &len| all.saturating_add(len));
        let dealt = self.elements.bytes(dealt) as f64;
        Work {
            offline: 0.0,
            online: 2.0 * time + (masks + dealt) * (RANDOM + 3.0 * STEP),
            dealer: time + masks * parties as f64 * RANDOM + dealt * (parties as f64 * RANDOM + PACKED),
            expanded: self.elements.bytes(inputs.saturating_add(weights)),
        }
    }

    fn encode(&self, out: &mut Writer) {
        let LayerShape { window, rows, outputs, inputs, groups } = &self.layer;
        [*rows, *outputs, *inputs, *groups].iter().for_each(|&size| out.number(size as u64));
        self.wanted.iter().for_each(|&wanted| out.number(wanted.into()));
        out.elements(self.elements);
        window_numbers(window.as_ref()).for_each(|number| out.number(number));
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let [rows, outputs, inputs, groups] = [from.size()?, from.size()?, from.size()?, from.size()?];
        let mut wanted = [false; 2];
        for wanted in &mut wanted {
            *wanted = match from.number()? {
                0 => false,
                1 => true,
                _ => return Err(DecodeError::Shape { what: "gradients that are wanted" }),
            };
        }
        let elements = from.elements()?;
        let window = read_window(from)?;
        Ok(Self { layer: LayerShape { window, rows, outputs, inputs, groups }, wanted, elements })
    }
}

impl fmt::Debug for GradientRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LayerShape { window, rows, outputs, inputs, groups } = &self.layer;
        write!(f, "Gradient({rows} ")?;
        if let Some(window) = window {
            write!(f, "images through {window} ")?;
        }
        write!(f, "by {outputs}x{inputs}")?;
        if *groups > 1 {
            write!(f, " in {groups} groups")?;
        }
        for (wanted, name) in self.wanted.iter().zip(["input", "weights"]) {
            if *wanted {
                write!(f, ", of {name}")?;
            }
        }
        write!(f, ", {})", self.elements)
    }
}
