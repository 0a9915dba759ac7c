//! The arithmetic results.

use alloc::vec;
use alloc::vec::Vec;

use super::super::small_table::{self, Vectors};
use super::chunks::Chunks;
use super::kernel;
use super::plan::Task;
use super::sections::{ENTRIES, LIFTS, R};
use crate::offline::loops::BLOCK;
use crate::offline::planes::words;
use crate::offline::{Elements, Error};
use crate::ring::{Ring, Word, packed_len};
use crate::secret::Scratch;
use crate::share::{BitShare, Share};
use crate::with_word;

impl Chunks {
    /// The arithmetic result, given the opened bits: `values[0]` where x ≥ 0 and `values[1]` where x < 0; or, for
    /// [`Task::Zero`], `values[0]` where x ≠ 0 and `values[1]` where x = 0.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If the plan's result is none of these or of another ring, levels are left, or `opened` has
    /// another length than [`masked`](Self::masked) gave.
    pub fn finish<O: Ring>(self, opened: &[u8], values: [O::Word; 2]) -> Result<Share<O>, Error> {
        self.check_ring::<O>();
        self.finish_words(opened, values).map(Share::of)
    }

    /// The result of a [`Task::Relu`], [`Task::Truncate`] or [`Task::Floor`], given what was opened first and last.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If the plan is for another task or ring, levels are left, or `y` or `opened` has another
    /// length than [`Comparison::mask`](super::Comparison::mask) and [`masked`](Self::masked) gave.
    pub fn finish_shifted<R: Ring, O: Ring>(self, y: &[R::Word], opened: &[u8]) -> Result<Share<O>, Error> {
        self.check_ring::<O>();
        self.finish_shifted_words(y, opened).map(Share::of)
    }

    fn check_ring<O: Ring>(&self) {
        assert_eq!(self.plan.output(), Some(Elements::of::<O>()), "a plan's ring and that of the result");
    }

    /// [`finish`](Self::finish), word by word.
    pub(crate) fn finish_words<O: Word>(self, opened: &[u8], values: [O; 2]) -> Result<Scratch<O>, Error> {
        let chosen = matches!(self.plan.task(), Task::Negative(_) | Task::Zero(_));
        assert!(chosen, "a plan for one of two values");
        let last = Opened::new::<O>(&self, opened);
        let mut out = Scratch::zeros(self.len);
        last.blocks(&mut out, |at, out, scratch| {
            last.table(0, at, scratch, out)?;
            last.flip(at, out, values);
            Ok(())
        })?;
        Ok(out)
    }

    /// [`finish_shifted`](Self::finish_shifted), word by word.
    pub(crate) fn finish_shifted_words<W: Word, O: Word>(
        self,
        y: &[W],
        opened: &[u8],
    ) -> Result<Scratch<O>, Error> {
        self.finish_into(y, opened, None)
    }

    /// As [`finish_shifted_words`](Self::finish_shifted_words) of a ReLU, with the bits d by which it takes x: of the shares of a bit in a
    /// ring, the lowest bits share it.
    pub(crate) fn finish_relu<W: Word, O: Word>(
        self,
        y: &[W],
        opened: &[u8],
    ) -> Result<(Scratch<O>, BitShare), Error> {
        assert!(matches!(self.plan.task(), Task::Relu { .. }), "a plan for a ReLU");
        let len = self.len;
        let mut bits = vec![0; words(len)];
        let out = self.finish_into(y, opened, Some(&mut bits))?;
        Ok((out, BitShare::from_words(bits, len)))
    }

    fn finish_into<W: Word, O: Word>(
        self,
        y: &[W],
        opened: &[u8],
        mut bits: Option<&mut Vec<u64>>,
    ) -> Result<Scratch<O>, Error> {
        let task = self.plan.task();
        assert!(self.plan.has_lift(), "a plan that lifts");
        assert_eq!(y.len(), self.len, "opened values and comparisons dealt");
        let last = Opened::new::<O>(&self, opened);
        let public = if self.source.party() == 0 { O::one() } else { O::zero() };
        let mut out = Scratch::zeros(self.len);
        let mut high = [(); BLOCK].map(|()| O::zero());
        let [mut v, mut tv, mut wraps] = [(); 3].map(|()| Scratch::<O>::zeros(BLOCK.min(self.len)));
        last.blocks(&mut out, |at, out, scratch| {
            let size = out.len();
            let (high, v, tv) = (&mut high[..size], &mut v[..size], &mut tv[..size]);
            let wraps = &mut wraps[..size];
            kernel::high(&y[at..][..size], self.plan.bits(), task.shift(), high);
            last.lift(at, wraps, v)?;
            if matches!(task, Task::Truncate { .. }) {
                kernel::lift(high, v, public, out);
                return Ok(());
            }
            last.table(0, at, scratch, out)?;
            if matches!(task, Task::Floor { .. }) {
                last.flip(at, out, [O::zero(), O::max_value()]);
                kernel::lift(high, v, public, out);
                return Ok(());
            }
            if let Some(bits) = &mut bits {
                last.taken(at, out, &mut bits[at / 64..]);
            }
            last.table_of_lift(at, scratch, wraps, tv)?;
            kernel::relu(&last.p[at / 64..], high, out, tv, v, public);
            Ok(())
        })?;
        Ok(out)
    }
}

/// The last step, with its bits opened.
struct Opened<'a> {
    chunks: &'a Chunks,
    bits: u32,
    /// The public flip: c_0, with y_{k−1} where the sign is asked for, and the complement where x ≥ 0 is.
    p: Vec<u64>,
    /// The address in the tables: the other opened bits, `[bits, words]`.
    address: Vec<u64>,
}

impl<'a> Opened<'a> {
    fn new<O: Word>(chunks: &'a Chunks, opened: &[u8]) -> Self {
        let bits = chunks.plan.output().filter(|output| output.word == O::BITS).map(|output| output.bits);
        let bits = bits.filter(|_| !chunks.has_level());
        let Some(bits) = bits else { panic!("a plan for this word with its levels combined") };
        let mut p = chunks.unpack(opened);
        let address = p.split_off(words(chunks.len).min(p.len()));
        if chunks.plan.task().has_top() {
            // A ReLU takes x where x < 0 is false.
            let flip = if matches!(chunks.plan.task(), Task::Relu { .. }) { !0 } else { 0 };
            p.iter_mut().zip(&chunks.top).for_each(|(p, top)| *p ^= top ^ flip);
        }
        Self { chunks, bits, p, address }
    }

    /// Runs `step` on block after block of `out`, with room for the tables of a block.
    fn blocks<W: Word>(
        &self,
        out: &mut [W],
        mut step: impl FnMut(usize, &mut [W], &mut [W]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let room = self.chunks.plan.entries().max(1);
        let block = small_table::block(room, out.len());
        let mut scratch = Scratch::<W>::zeros(block * room);
        for (b, out) in out.chunks_mut(block.max(1)).enumerate() {
            step(b * block, out, &mut scratch)?;
        }
        Ok(())
    }

    fn vectors(&self) -> Vectors<'_> {
        let Chunks { source, len, .. } = self.chunks;
        Vectors { source, region: self.chunks.last_region(), bits: self.bits, len: *len }
    }

    fn wraps(&self) -> Vectors<'_> {
        let (vectors, plan) = (self.vectors(), &self.chunks.plan);
        let region = vectors.region + plan.vectors()[0] * packed_len(vectors.len, vectors.bits);
        Vectors { region, bits: plan.wrap(), ..vectors }
    }

    /// The entries of table `table` at the opened addresses: t, t·v, or t times the wraps.
    fn table<W: Word>(&self, table: usize, at: usize, scratch: &mut [W], out: &mut [W]) -> Result<(), Error> {
        let plan = &self.chunks.plan;
        let (entries, tables) = (plan.entries(), plan.last_tables());
        let load = |e: usize, out: &mut [W]| {
            let place = table * entries + e;
            match table {
                2 => self.wraps().load(ENTRIES, place, e, at, out),
                _ => self.vectors().load(ENTRIES, place, e * tables + table, at, out),
            }
        };
        self.vectors().look_up(&self.address, at, scratch, out, load)
    }

    /// From t to one of two values by t ⊕ p.
    fn flip<W: Word>(&self, at: usize, t: &mut [W], values: [W; 2]) {
        self.vectors().flip(&self.p[at / 64..], t, values);
    }

    /// The bits t ⊕ p, of the share of t in a ring.
    fn taken<W: Word>(&self, at: usize, t: &[W], bits: &mut [u64]) {
        let public = self.chunks.source.party() == 0;
        for ((bits, t), p) in bits.iter_mut().zip(t.chunks(64)).zip(&self.p[at / 64..]) {
            let lowest = t.iter().rev().fold(0, |bits, t| bits << 1 | t.low64() & 1);
            *bits = if public { lowest ^ p } else { lowest };
        }
    }

    /// v, with the wrap by the opened top bit; `wraps` is room for these.
    fn lift<W: Word>(&self, at: usize, wraps: &mut [W], out: &mut [W]) -> Result<(), Error> {
        let plan = &self.chunks.plan;
        let own = plan.has_own_lift();
        if own {
            self.own_lift(at, wraps, out)?;
        } else {
            self.vectors().load(LIFTS, 0, plan.last_tables() * plan.entries(), at, out)?;
        }
        if plan.wrap() > 0 {
            self.wraps().load(LIFTS, 1, plan.vectors()[1] - 1 - usize::from(own), at, wraps)?;
            self.add_wraps(at, wraps, out);
        }
        Ok(())
    }

    /// v of the masks themselves, in whatever word they were drawn: it is no narrower than the result's.
    fn own_lift<W: Word>(&self, at: usize, above: &mut [W], out: &mut [W]) -> Result<(), Error> {
        let Chunks { source, plan, word, .. } = self.chunks;
        if *word == W::BITS {
            source.random(R, at, out);
        } else {
            with_word!(*word, M => {
                let mut r = Scratch::<M>::zeros(out.len());
                source.random(R, at, &mut r);
                out.iter_mut().zip(r.iter()).for_each(|(out, r)| *out = W::truncate64(r.low64()));
            });
        }
        if plan.wrap() > 0 {
            self.wraps().load(LIFTS, 0, plan.vectors()[1] - 1, at, above)?;
            kernel::own_lift(above, plan.bits(), out);
        } else {
            out.iter_mut().for_each(|out| *out = out.wrapping_neg());
        }
        Ok(())
    }

    /// As [`lift`](Self::lift), times t.
    fn table_of_lift<W: Word>(
        &self,
        at: usize,
        scratch: &mut [W],
        wraps: &mut [W],
        out: &mut [W],
    ) -> Result<(), Error> {
        self.table(1, at, scratch, out)?;
        if self.chunks.plan.wrap() > 0 {
            self.table(2, at, scratch, wraps)?;
            self.add_wraps(at, wraps, out);
        }
        Ok(())
    }

    fn add_wraps<W: Word>(&self, at: usize, wraps: &[W], out: &mut [W]) {
        let plan = &self.chunks.plan;
        kernel::wrap(&self.chunks.top[at / 64..], wraps, plan.bits() - plan.task().shift(), out);
    }
}
