//! What is asked of the dealer.

use core::fmt;

use super::kernel::low;
use crate::correlation::gradient::request::{A, B, D, DW, DX, GradientRequest, Z};
use crate::offline::{Dealing, DecodeError, Elements, Error, Kind, Reader, Work, Writer, range};
use crate::ring::packed_len;
use crate::secret::Scratch;

/// Asks for what the products of a layer take whose weights are truncated by `dropped` bits.
#[derive(Clone, PartialEq, Eq)]
pub struct DitheredRequest {
    /// What is multiplied, what is wanted, and the ring of the weights, in words of 64 bits.
    pub wide: GradientRequest,
    /// Bits that are dropped: so many that 32 are left or fewer.
    pub dropped: u32,
}

impl DitheredRequest {
    pub(super) fn narrow(&self) -> u32 {
        self.wide.elements.bits.saturating_sub(self.dropped)
    }

    /// Bytes of what is dealt: z, dx, dW.
    pub(super) fn bytes(&self) -> [usize; 3] {
        let ([z, dx, dw], narrow) = (self.wide.dealt(), self.narrow());
        [packed_len(z, narrow), packed_len(dx, narrow), packed_len(dw, self.wide.elements.bits)]
    }
}

impl Kind for DitheredRequest {
    const NAME: &'static str = "dithered-gradient";

    fn check(&self, parties: usize) -> Result<(), Error> {
        self.wide.check(parties)?;
        let Elements { word, bits } = self.wide.elements;
        range("bits of a word of weights that are truncated", 64, 64, word.into())?;
        let least = bits.saturating_sub(32).max(1);
        range("bits to drop from weights", least.into(), u64::from(bits) - 1, self.dropped.into())
    }

    fn correction(&self) -> Option<(usize, usize)> {
        let [z, dx, dw] = self.bytes();
        Some((1, z.saturating_add(dx).saturating_add(dw)))
    }

    fn memory(&self) -> u128 {
        self.wide.memory()
    }

    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        let GradientRequest { layer, wanted, elements } = &self.wide;
        let [inputs, weights, outputs] = self.wide.sizes();
        let narrow = self.narrow();
        let b = dealing.sums::<u64>(B, inputs);
        let d = dealing.sums::<u64>(D, if *wanted == [false; 2] { 0 } else { outputs });
        let (b32, d32) = (low(&b), low(&d));
        let a = dealing.sums::<u32>(A, weights);
        let [z_bytes, dx_bytes, _] = self.bytes();
        let (z_out, rest) = out.split_at_mut(z_bytes);
        let (dx_out, dw_out) = rest.split_at_mut(dx_bytes);
        let mut z = Scratch::<u32>::zeros(outputs);
        layer.forward_add(narrow, &b32, &a, &mut z);
        dealing.share(Z, &mut z, narrow, z_out);
        if wanted[0] {
            let mut dx = Scratch::<u32>::zeros(inputs);
            layer.input_add(narrow, &d32, &a, &mut dx);
            dealing.share(DX, &mut dx, narrow, dx_out);
        }
        if wanted[1] {
            let mut dw = Scratch::<u64>::zeros(weights);
            layer.weight_add(elements.bits, &d, &b, &mut dw);
            dealing.share(DW, &mut dw, elements.bits, dw_out);
        }
        Ok(())
    }

    fn work(&self, parties: usize) -> Work {
        self.wide.work(parties)
    }

    fn encode(&self, out: &mut Writer) {
        self.wide.encode(out);
        out.number(self.dropped.into());
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { wide: GradientRequest::decode(from)?, dropped: from.small()? })
    }
}

impl fmt::Debug for DitheredRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} less {} bits", self.wide, self.dropped)
    }
}
