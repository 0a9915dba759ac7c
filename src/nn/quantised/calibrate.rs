//! The search for formats that keep the classes, or the outputs, of images.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use super::Quantised;
use super::choose::Choice;
use super::difference::{Cause, Difference};
use super::error::{Overflow, QuantiseError};
use super::exact::{Round, nearest};
use super::format::Formats;
use super::graph::{Graph, rounded};
use super::judge::Judge;
use super::options::Options;
use super::ranges::{Ranges, measure};
use super::reference::{BLOCK, Reference};
use crate::nn::{Model, Rounding};

/// The fewest and the most bits of accumulators that are tried.
const BITS: [u32; 2] = [8, 40];
/// The most bits of the narrower words.
const WORDS: [u32; 2] = [16, 32];
/// Bits more than the fewest that keep what is to be kept: those pass by luck at times.
const SPARE: u32 = 4;
/// Runs of a random rounding.
const RUNS: u32 = 4;
/// The part of the images that is evaluated first.
const FIRST: usize = 8;
/// What the random roundings are drawn from.
const SEED: u64 = 1;
/// The most failing images that are looked at layer by layer, and the most layers of all these together: each takes an
/// evaluation of those behind it.
const SHOWN: [usize; 2] = [16, 1024];
/// How often a layer that overflows is given one more integer bit.
const RETRIES: usize = 64;

impl Quantised {
    /// The model in formats that are found on images, `[images, height, width, channels]`.
    ///
    /// # Errors
    /// No images, images that are not finite or outside the range of [`Options::input`], or no formats that do what the
    /// options ask for. In the latter case the error names the layer that has the greatest share in the difference
    /// ([`differences`](Self::differences)) and says what would help.
    pub fn calibrate(model: &Model, images: &[f32], options: &Options) -> Result<Self, QuantiseError> {
        check(options)?;
        if model.nodes().is_empty() {
            return Err(QuantiseError::Count { what: "layers, at least", expected: 1, found: 0 });
        }
        let model = rounded(model);
        let mut ranges = measure(&model, images, options.input)?;
        let outputs = core::mem::take(&mut ranges.outputs);
        let judge = Judge::new(&model, outputs, options.tolerance);
        let search = Search { ranges, judge, model: &model, images, options };
        match options.bits {
            Some(bits) => {
                search.at(bits, None, u32::MAX)?.map(|found| found.model).ok_or(QuantiseError::NoImages)
            }
            None => search.least(),
        }
    }
}

fn check(options: &Options) -> Result<(), QuantiseError> {
    let wrong = |name, expected, found| Err(QuantiseError::Option { name, expected, found });
    match *options {
        Options { bits: Some(bits), .. } if !(BITS[0]..=BITS[1]).contains(&bits) => {
            wrong("bits", "8 to 40", bits.into())
        }
        Options { margin, .. } if !(1. ..=1024.).contains(&margin) => wrong("margin", "1 to 1024", margin),
        Options { agreement, .. } if !(0. ..=1.).contains(&agreement) => {
            wrong("agreement", "0 to 1", agreement)
        }
        Options { tolerance: Some(tolerance), .. } if !(0. ..=1.).contains(&tolerance) => {
            wrong("tolerance", "0 to 1", tolerance)
        }
        Options { input: Some([low, _]), .. } if !low.is_finite() => {
            wrong("least input", "a finite number", low.into())
        }
        Options { input: Some([low, high]), .. } if !(low..=f32::MAX).contains(&high) => {
            wrong("greatest input", "a finite number, not less than the least", high.into())
        }
        _ => Ok(()),
    }
}

struct Search<'a> {
    model: &'a Model,
    images: &'a [f32],
    ranges: Ranges,
    judge: Judge,
    options: &'a Options,
}

/// A model, and the fraction of images whose outputs are good enough.
struct Found {
    model: Quantised,
    agreement: f64,
}

impl Search<'_> {
    /// The fewest bits that keep what is to be kept, by bisection, as more bits nearly always keep more, and a few to spare in
    /// the same ring. The widths of words are tried first: on few images the outcome is partly chance, and a narrow
    /// word is worth more than a few bits.
    fn least(&self) -> Result<Quantised, QuantiseError> {
        let [mut low, mut high] = BITS;
        // Bits that are good enough, with their models; the fewest last.
        let mut good: Vec<(u32, Found)> = Vec::new();
        while low < high || good.is_empty() {
            let middle = WORDS.into_iter().find(|word| (low..high).contains(word) && good.is_empty());
            let middle = middle.unwrap_or(if good.is_empty() { high } else { (low + high) / 2 });
            match self.at(middle, good.last().map(|(_, found)| found), u32::MAX) {
                // Nothing changed: formats from bounds are the same whatever the bits.
                Ok(None) => high = middle,
                Ok(Some(found)) if found.agreement >= self.options.agreement => {
                    good.push((middle, found));
                    // No other is of use below: these are whole models.
                    good.retain(|&(bits, _)| bits <= middle + SPARE);
                    high = middle;
                }
                Ok(Some(found)) if middle == BITS[1] => return Err(self.refused(&found)?),
                Err(error @ (QuantiseError::Range { .. } | QuantiseError::Fraction { .. })) => {
                    if middle == BITS[1] {
                        return Err(error);
                    }
                    low = middle + 1;
                }
                Ok(Some(_)) => low = middle + 1,
                Err(error) => return Err(error),
            }
        }
        let (_, best) = good.pop().ok_or(QuantiseError::NoImages)?;
        let ring = best.model.ring();
        for bits in (1..=SPARE).rev().map(|spare| high + spare).filter(|&bits| bits <= BITS[1]) {
            let known = good.iter().position(|&(tried, _)| tried == bits).map(|i| good.swap_remove(i).1);
            let found = known.map_or_else(|| self.at(bits, Some(&best), ring), |found| Ok(Some(found)));
            if let Ok(Some(found)) = found
                && found.agreement >= self.options.agreement
                && found.model.ring() <= ring
            {
                return Ok(found.model);
            }
        }
        Ok(best.model)
    }

    /// The error about a model whose outputs are not good enough.
    fn refused(&self, found: &Found) -> Result<QuantiseError, QuantiseError> {
        let (x, program, mut state) = (found.model.encode(self.images)?, found.model.exact(), SEED);
        let (mut outputs, mut failing) = (Vec::new(), Vec::new());
        // Under random rounding, another run may fail.
        for _ in 0..RUNS {
            outputs = self.outputs(&found.model, &program, &x, &mut state)?;
            failing = self.judge.failing(&outputs);
            if !failing.is_empty() {
                break;
            }
        }
        let cause = match self.judge.near_ties(&outputs, &failing) {
            Some(ties) => ties,
            None => self.worst(&found.model, &failing)?,
        };
        let (classes, expected, found) = (self.judge.classes(), self.options.agreement, found.agreement);
        Ok(QuantiseError::Agreement { classes, expected, found, bits: BITS[1], cause: Box::new(cause) })
    }

    /// The layer with the greatest share in the difference of some of the failing images.
    fn worst(&self, model: &Quantised, failing: &[usize]) -> Result<Cause, QuantiseError> {
        let inputs = self.model.input().iter().product::<usize>();
        let shown = (SHOWN[1] / self.model.nodes().len().max(1)).clamp(1, SHOWN[0]);
        let images = failing.iter().take(shown).flat_map(|&image| &self.images[image * inputs..][..inputs]);
        let images: Vec<f32> = images.copied().collect();
        let mut state = SEED;
        let mut chance = |x: i64, shift: u32| (x + random(&mut state, shift)) >> shift;
        let round: Round<'_> =
            if self.options.rounding == Rounding::Stochastic { Some(&mut chance) } else { None };
        let all = model.differences_with(&images, self.judge.classes(), round)?.into_iter();
        let worst = all.max_by(|a, b| a.share.total_cmp(&b.share)).ok_or(QuantiseError::NoImages)?;
        Ok(Cause::Layer(Difference { image: failing.get(worst.image).copied().unwrap_or(0), ..worst }))
    }

    /// The outputs of one run of a model's program, with truncations that round as the options say.
    fn outputs(
        &self,
        model: &Quantised,
        program: &Reference<'_>,
        x: &[i64],
        state: &mut u64,
    ) -> Result<Vec<f32>, QuantiseError> {
        let mut chance = |x: i64, shift: u32| (x + random(state, shift)) >> shift;
        let round: Round<'_> =
            if self.options.rounding == Rounding::Stochastic { Some(&mut chance) } else { None };
        Ok(model.decode(&program.run(x, round)?))
    }

    /// The model at `bits` bits, in formats without overflow on the images; `None` if they are those of `known`, or if it
    /// needs a ring of more than `ring` bits.
    fn at(&self, bits: u32, known: Option<&Found>, ring: u32) -> Result<Option<Found>, QuantiseError> {
        let graph = Graph::new(self.model);
        let mut extra = vec![0; self.model.nodes().len() + 1];
        let mut tried: Option<(Formats, Overflow)> = None;
        for _ in 0..RETRIES {
            let formats = Choice::new(&graph, &self.ranges, self.options, bits, &extra).formats()?;
            if known.is_some_and(|known| known.model.formats() == &formats) {
                return Ok(None);
            }
            // The same formats need no second evaluation: the extra bit may not have changed them.
            let overflow = match tried {
                Some((same, overflow)) if same == formats => overflow,
                _ => {
                    let model = self.model(&formats)?;
                    if model.ring() > ring {
                        return Ok(None);
                    }
                    match self.agreement(&model, bits < BITS[1] && self.options.bits.is_none()) {
                        Err(QuantiseError::Overflow(overflow)) => overflow,
                        agreement => return Ok(Some(Found { agreement: agreement?, model })),
                    }
                }
            };
            extra[self.model.value(&overflow.layer).unwrap_or(0)] += 1;
            tried = Some((formats, overflow));
        }
        Err(tried.map_or(QuantiseError::NoImages, |(_, overflow)| overflow.into()))
    }

    fn model(&self, formats: &Formats) -> Result<Quantised, QuantiseError> {
        let end = 1i64 << (formats.input.bits.clamp(1, 63) - 1);
        let range = self.ranges.values[0];
        let input = if self.ranges.whole { [range.low as i64, range.high as i64] } else { [-end, end - 1] };
        Quantised::with_input(self.model, formats, self.options.rounding, input)
    }

    /// The fraction of images whose outputs are good enough, with truncations that round as the options say. Where these are
    /// random, one run that is good may be luck, so that the mean of several counts. With `early`, it is 0 as soon as more
    /// of the first images fail than may of all.
    fn agreement(&self, model: &Quantised, early: bool) -> Result<f64, QuantiseError> {
        let x = model.encode(self.images)?;
        let inputs: usize = self.model.input().iter().product();
        let images = x.len() / inputs;
        // A run takes block after block, so that its parts are what it is as a whole.
        let (first, rest) = x.split_at((images / FIRST).next_multiple_of(BLOCK).min(images) * inputs);
        // The weights are packed once for all runs.
        let (program, mut state, mut sum) = (model.exact(), SEED, 0.);
        let first = self.outputs(model, &program, first, &mut state);
        if early && first.as_ref().is_ok_and(|first| self.is_hopeless(first, images)) {
            return Ok(0.);
        }
        if self.options.rounding == Rounding::Stochastic {
            // Nothing may overflow when it is rounded to the nearest, either.
            let mut rounds = false;
            let mut to_nearest = |x: i64, shift: u32| {
                rounds = true;
                nearest(x, shift)
            };
            let outputs = program.run(&x, Some(&mut to_nearest))?;
            if !rounds {
                return Ok(self.judge.agreement(&model.decode(&outputs)));
            }
        }
        let mut outputs = first?;
        outputs.extend(self.outputs(model, &program, rest, &mut state)?);
        for run in 1..=RUNS {
            let found = self.judge.agreement(&outputs);
            sum += found;
            // All or too few are no luck.
            let clear = found == 1. || found < self.options.agreement;
            if run == 1 && (clear || self.options.rounding == Rounding::Floor) {
                return Ok(found);
            }
            if run < RUNS {
                outputs = self.outputs(model, &program, &x, &mut state)?;
            }
        }
        Ok(sum / f64::from(RUNS))
    }

    /// Whether more of the first images fail than may of all.
    fn is_hopeless(&self, first: &[f32], images: usize) -> bool {
        let others = images - self.judge.failing(first).len();
        // As the judge counts them.
        (others as f64 / images as f64) < self.options.agreement
    }
}

/// `bits` bits that are random enough to round with and the same in every run (a linear congruential generator of
/// Knuth's).
fn random(state: &mut u64, bits: u32) -> i64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> (64 - bits)) as i64
}
