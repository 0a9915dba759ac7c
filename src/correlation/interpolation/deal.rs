//! The dealer's half: vectors and elements from the masks and their bits.

use super::kernel;
use super::shape::{BITS, BLOCK, ELEMENTS, LOW, MASK, Shape, UNIT};
use crate::offline::Dealing;
use crate::offline::loops::spread;
use crate::offline::planes::words;
use crate::ring::{self, Word, packed_len};
use crate::secret::Scratch;

/// The correction for `len` values modulo 2^result: all unit vectors, all vectors of bits below, and the elements one behind the other.
pub(super) fn deal<W: Word>(dealing: &Dealing<'_>, shape: &Shape, len: usize, result: u32, out: &mut [u8]) {
    let (unit, low) = (shape.unit(), shape.thermometer());
    let (vectors, numbers) = out.split_at_mut(shape.vector_bytes(len));
    let (units, lows) = vectors.split_at_mut(unit.bytes(len));
    let planes = shape.planes() as usize;
    let most = BLOCK.min(len);
    let [mut r, mut part] = [(); 2].map(|()| Scratch::<u32>::zeros(most));
    let mut rows = Scratch::<u64>::zeros(most * unit.words.max(low.words));
    let mut bits = Scratch::<u64>::zeros(planes * words(most));
    let mut both = Scratch::<u64>::zeros(words(most));
    let [mut distance, mut values] = [(); 2].map(|()| Scratch::<W>::zeros(most));
    let stride = len.next_multiple_of(64);
    for at in (0..len).step_by(BLOCK) {
        let size = (len - at).min(BLOCK);
        let now = words(size);
        let (r, part) = (&mut r[..size], &mut part[..size]);
        dealing.sum(MASK, at, r);
        part.iter_mut().zip(&*r).for_each(|(part, r)| *part = r >> shape.low & u32::mask(shape.index));
        let unit_rows = &mut rows[..size * unit.words];
        kernel::unit_vectors(part, unit.words, false, unit_rows);
        unit.write(dealing, UNIT, at, unit_rows, &mut units[unit.bytes(at)..unit.bytes(at + size)]);
        let distance = &mut distance[..size];
        if shape.low > 0 {
            part.iter_mut().zip(&*r).for_each(|(part, r)| *part = r & u32::mask(shape.low));
            let low_rows = &mut rows[..size * low.words];
            kernel::unit_vectors(part, low.words, true, low_rows);
            low.write(dealing, LOW, at, low_rows, &mut lows[low.bytes(at)..low.bytes(at + size)]);
            distance.iter_mut().zip(&*part).for_each(|(out, &part)| *out = W::truncate64(part.into()));
        }
        for plane in 0..planes {
            dealing.xor(BITS, plane * words(len) + at / 64, &mut bits[plane * now..][..now]);
        }
        let mut region = 0;
        for (e, element) in shape.elements(result).enumerate() {
            let values = &mut values[..size];
            let both = &mut both[..now];
            both.fill(!0);
            let sigma = element.sigma.then(|| planes - 1);
            for plane in element.plane.map(|plane| plane as usize).into_iter().chain(sigma) {
                both.iter_mut().zip(&bits[plane * now..][..now]).for_each(|(both, bits)| *both &= bits);
            }
            spread(both, values);
            if element.low {
                values.iter_mut().zip(&*distance).for_each(|(value, low)| *value = value.wrapping_mul(low));
            }
            dealing.correct(ELEMENTS, e * stride + at, values);
            let start = region + packed_len(at, element.bits);
            let bytes = packed_len(size, element.bits);
            ring::pack(values, element.bits, &mut numbers[start..start + bytes]);
            region += packed_len(len, element.bits);
        }
    }
}
