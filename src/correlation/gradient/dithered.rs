//! The same with weights that are truncated on the way, at no cost, and products in words of 32 bits.
//!
//! Weights are held in Z_2^k with more fractional bits than a product needs. Let party i draw A_i modulo 2^(k − f) and ρ_i modulo 2^f: its mask
//! of W is m_i = 2^f·A_i + ρ_i. W is opened once, as above, as y = Σ (W_i − m_i) + c modulo 2^k for a public c. Then
//!
//! E = ⌊y / 2^f⌋ and A = Σ A_i modulo 2^(k − f) give W' = E + A = ⌊(W + c − Σ ρ_i) / 2^f⌋ modulo 2^(k − f),
//!
//! for any number n of parties: nothing wraps, since y is W + c − 2^f·A − Σ ρ_i whatever wraps in the sums. So W' is W / 2^f rounded by a dither
//! of n uniform parts, with c = (n + 1)·(2^f − 1) / 2 unbiased, and less than (n + 1) / 2 units off. The dealer makes A, and needs no ρ_i. y is
//! uniform, whoever n − 1 of the parties are, by the m_i of the last one.
//!
//! z = x·W'ᵀ and dx = g·W' are products modulo 2^(k − f), in words of 32 bits, of the low bits of what is opened; dW = gᵀ·x is one modulo 2^k.
//! Party i's share of W' is A_i, and party 0's has E in addition:
//!
//! | product | party i, beside its share of what is dealt | party 0 |
//! | --- | --- | --- |
//! | z | f·A_iᵀ + b_i·Eᵀ | f·A_0ᵀ + (f + b_0)·Eᵀ |
//! | dx | e·A_i + d_i·E | e·A_0 + (e + d_0)·E |
//!
//! The bias is rounded in the same way, and its share is that of W'.

mod kernel;
mod request;

use alloc::vec;
use alloc::vec::Vec;

use self::kernel::{BLOCK, cut, low, mask};
pub use self::request::DitheredRequest;
use super::request::{A, B, BIAS, D, DW, DX, GradientRequest, LOW, Z};
use crate::linalg::LayerShape;
use crate::offline::{Elements, Error, Masked, Source, Store};
use crate::ring::{Ring, Word};
use crate::secret::Scratch;
use crate::share::{Share, add_row};

/// What the products of a layer take in one step, with weights that are truncated.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::gradient::Dithered, ring::Z2, share::Share};
/// fn twice(dithered: Dithered, x: &Share<Z2<52>>) {
///     dithered.mask(x, x, x);
///     dithered.mask(x, x, x);
/// }
/// ```
pub struct Dithered {
    source: Source,
    asked: DitheredRequest,
    parties: usize,
    b: Scratch<u64>,
    /// A_i, and that of the bias.
    a: [Scratch<u32>; 2],
}

impl Dithered {
    /// Takes what the products of a layer take.
    ///
    /// # Errors
    /// If it is not next in the store.
    pub fn take<R: Ring<Word = u64>>(
        store: &mut Store,
        layer: &LayerShape,
        wanted: [bool; 2],
        dropped: u32,
    ) -> Result<Self, Error> {
        let asked = Self::kind::<R>(layer, wanted, dropped);
        let source = store.take(asked.clone())?;
        let b = source.random_words(B, asked.wide.sizes()[0]);
        let a = [source.random_words(A, asked.wide.sizes()[1]), source.random_words(BIAS, layer.outputs)];
        Ok(Self { source, asked, parties: store.parties(), b, a })
    }

    /// What to ask the dealer for.
    pub fn kind<R: Ring<Word = u64>>(layer: &LayerShape, wanted: [bool; 2], dropped: u32) -> DitheredRequest {
        let wide = GradientRequest { layer: *layer, wanted, elements: Elements::of::<R>() };
        DitheredRequest { wide, dropped }
    }

    /// What is to be opened: W, the bias and x, masked.
    ///
    /// # Panics
    /// If one of them has another length than the layer's.
    pub fn mask<R: Ring<Word = u64>>(
        self,
        x: &Share<R>,
        w: &Share<R>,
        bias: &Share<R>,
    ) -> (Vec<u64>, Masked<Self>) {
        let [inputs, weights, _] = self.asked.wide.sizes();
        let outputs = self.asked.wide.layer.outputs;
        assert_eq!(
            [x.len(), w.len(), bias.len()],
            [inputs, weights, outputs],
            "elements of x, W and the bias, and of their masks"
        );
        let mut opened = Vec::with_capacity(weights + outputs + inputs);
        // What is left of the words is drawn in words that it fits.
        if self.asked.dropped <= 32 {
            self.mask_weights::<u32>([w.expose(), bias.expose()], &mut opened);
        } else {
            self.mask_weights::<u64>([w.expose(), bias.expose()], &mut opened);
        }
        opened.extend_from_slice(x.expose());
        crate::share::sub(&mut opened[weights + outputs..], &self.b);
        (opened, Masked::new(self))
    }

    fn mask_weights<L: Word>(&self, words: [&[u64]; 2], opened: &mut Vec<u64>) {
        let dropped = self.asked.dropped;
        let half = ((self.parties as u128 + 1) * ((1 << dropped) - 1)) >> 1;
        let half = if self.source.party() == 0 { half as u64 } else { 0 };
        let mut rho = Scratch::<L>::zeros(BLOCK);
        for ((section, words), a) in LOW.into_iter().zip(words).zip(&self.a) {
            for (number, (words, a)) in words.chunks(BLOCK).zip(a.chunks(BLOCK)).enumerate() {
                let (rho, from) = (&mut rho[..words.len()], opened.len());
                self.source.random(section, number * BLOCK, rho);
                opened.extend_from_slice(words);
                mask(&mut opened[from..], a, rho, dropped, half);
            }
        }
    }
}

/// What is left for the gradients.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::gradient::DitheredBackward, ring::Z2, share::Share};
/// fn twice(backward: DitheredBackward<Z2<52>>, g: &Share<Z2<52>>) {
///     backward.mask(g);
///     backward.mask(g);
/// }
/// ```
pub struct DitheredBackward<R: Ring> {
    source: Source,
    asked: DitheredRequest,
    x: Share<R>,
    f: Vec<u64>,
    e: Vec<u32>,
    a: Scratch<u32>,
    d: Share<R>,
    /// What was opened of W, in the place of which the gradient of W comes: fresh pages are dear.
    room: Vec<u64>,
}

impl Masked<Dithered> {
    /// The product x·W'ᵀ with the bias, rounded and times 2^scale, modulo 2^(k − f) alone, given what was opened; and what is left for the gradients.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `x` or `opened` has another length than [`Dithered::mask`] took and gave.
    pub fn forward<R: Ring<Word = u64>>(
        self,
        x: Share<R>,
        mut opened: Vec<u64>,
        scale: u32,
    ) -> Result<(Share<R>, DitheredBackward<R>), Error> {
        let Dithered { source, asked, b, a: [mut a, a_bias], .. } = self.into_inner();
        let ([inputs, weights, outputs], layer) = (asked.wide.sizes(), &asked.wide.layer);
        let all = inputs + weights + layer.outputs;
        assert_eq!([x.len(), opened.len()], [inputs, all], "elements of x and of what was opened");
        let narrow = asked.narrow();
        let (y, f) = opened.split_at(all - inputs);
        let [mut e, e_bias] =
            <[_; 2]>::from(y.split_at(weights)).map(|y| cut(y, [asked.wide.elements.bits, asked.dropped]));
        let f = f.to_vec();
        // Where most of it were inputs, it is not kept for dW.
        let room = match asked.wide.wanted[1] {
            true if weights >= inputs => {
                opened.truncate(weights);
                opened
            }
            wanted => {
                drop(opened);
                vec![0; if wanted { weights } else { 0 }]
            }
        };
        let mut z = Scratch::<u32>::zeros(outputs);
        source.chosen(Z, 0, narrow, 0, &mut z)?;
        let is_first = source.party() == 0;
        if !source.is_dry() {
            let f: Vec<u32> = f.iter().map(|f| *f as u32).collect();
            let mut left = low(&b);
            if is_first {
                left.iter_mut().zip(&f).for_each(|(b, f)| *b = b.wrapping_add(*f));
            }
            layer.forward_add(narrow, &left, &e, &mut z);
            layer.forward_add(narrow, &f, &a, &mut z);
        }
        let rounded = |(a, e): (&u32, &u32)| a.wrapping_add(if is_first { *e } else { 0 }) << scale;
        let bias: Scratch<u32> = a_bias.iter().zip(&e_bias).map(rounded).collect::<Vec<_>>().into();
        add_row(&mut z, &bias);
        let wanted = asked.wide.wanted != [false; 2];
        let d = if wanted { source.random_share(D, outputs) } else { Share::zeros(0) };
        if !asked.wide.wanted[0] {
            (e, a) = (vec![], Scratch::zeros(0));
        }
        let z = reduced(&z, narrow);
        Ok((z, DitheredBackward { source, asked, x, f, e, a, d, room }))
    }
}

impl<R: Ring<Word = u64>> DitheredBackward<R> {
    /// Elements of the gradient that it takes: 0 if none is wanted.
    pub fn outputs(&self) -> usize {
        self.d.len()
    }

    /// What is to be opened: g − d.
    ///
    /// # Panics
    /// If no gradient is wanted, or g has another length than the result.
    pub fn mask(self, g: &Share<R>) -> (Vec<u64>, Masked<Self>) {
        assert_eq!(g.len(), self.d.len(), "elements of a gradient and of its mask");
        let e = g.expose().iter().zip(self.d.expose()).map(|(g, d)| g.wrapping_sub(*d)).collect();
        (e, Masked::new(self))
    }
}

impl<R: Ring<Word = u64>> Masked<DitheredBackward<R>> {
    /// The gradients of those that are wanted: of x modulo 2^(k − f) alone, and of W, given what was opened.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `opened` has another length than [`DitheredBackward::mask`] gave.
    pub fn backward(self, opened: &[u64]) -> Result<[Option<Share<R>>; 2], Error> {
        let DitheredBackward { source, asked, x, f, e, a, d, room } = self.into_inner();
        let [inputs, _, outputs] = asked.wide.sizes();
        assert_eq!(opened.len(), outputs, "opened elements of a gradient");
        let (layer, bits, narrow) = (&asked.wide.layer, asked.wide.elements.bits, asked.narrow());
        let [z_bytes, dx_bytes, _] = asked.bytes();
        let [mut dx, mut dw] = [None, None];
        if asked.wide.wanted[0] {
            let mut share = Scratch::<u32>::zeros(inputs);
            source.chosen(DX, z_bytes, narrow, 0, &mut share)?;
            if !source.is_dry() {
                let g: Vec<u32> = opened.iter().map(|g| *g as u32).collect();
                let mut left = low(d.expose());
                if source.party() == 0 {
                    left.iter_mut().zip(&g).for_each(|(d, g)| *d = d.wrapping_add(*g));
                }
                layer.input_add(narrow, &left, &e, &mut share);
                layer.input_add(narrow, &g, &a, &mut share);
            }
            dx = Some(reduced(&share, narrow));
        }
        if asked.wide.wanted[1] {
            let mut share = Share::<R>::from_words(room);
            source.chosen(DW, z_bytes + dx_bytes, bits, 0, share.expose_mut())?;
            if !source.is_dry() {
                layer.weight_add(bits, opened, x.expose(), share.expose_mut());
                layer.weight_add(bits, d.expose(), &f, share.expose_mut());
            }
            dw = Some(share);
        }
        Ok([dx, dw])
    }
}

/// What is above the bits that count would tell of W and b if it were opened.
fn reduced<R: Ring<Word = u64>>(x: &[u32], narrow: u32) -> Share<R> {
    let mask = u64::MAX >> (64 - narrow);
    Share::from_words(x.iter().map(|x| u64::from(*x) & mask).collect())
}
