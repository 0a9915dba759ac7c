//! Linear layers and convolutions, z = f(x·Wᵀ + b), and their gradients.
//!
//! A convolution is unfolded a strip of places at a time, so that what is unfolded stays in the second level cache. Of a layer of
//! signs, W is ±2^−t by the signs of the latent weights, which take the gradient of W as it is.

use core::ops::Range;

use ringshare::linalg::Window;
use ringshare::nn::Weight;

use super::activation::Activation;
use super::gemm::{View, product};
use super::update::{Learned, Update};
use super::window::{fold, unfold};

/// Elements that are unfolded at a time.
const UNFOLDED: usize = 1 << 16;

/// A layer with weights.
pub(super) struct Product {
    pub(super) learned: Learned,
    /// The window of a convolution, and its places.
    pub(super) window: Option<(Window, [usize; 2])>,
    pub(super) groups: usize,
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    /// t, of a layer of signs.
    pub(super) signs: Option<i32>,
    /// f.
    pub(super) activation: Activation,
    /// ±2^−t.
    signed: Vec<f32>,
    unfolded: Vec<f32>,
}

/// A gradient that is written, or where there is one already, added to.
pub(super) struct Target<'a> {
    pub(super) dx: &'a mut [f32],
    pub(super) adds: bool,
}

impl Product {
    pub(super) fn new(
        name: &str,
        inputs: usize,
        held: [Vec<f32>; 2],
        window: Option<(Window, [usize; 2])>,
        groups: usize,
    ) -> Self {
        let (outputs, learned) = (held[1].len(), Learned::new(name, held));
        let (signs, activation, signed, unfolded) = (None, Activation::None, Vec::new(), Vec::new());
        Self { learned, window, groups, outputs, inputs, signs, activation, signed, unfolded }
    }

    /// W and b of a model: of signs, b is 2^t times as great.
    pub(super) fn serving(&self) -> (Weight, Vec<f32>) {
        let [weight, bias] = &self.learned.held;
        let Some(t) = self.signs else { return (Weight::Real(weight.clone()), bias.clone()) };
        // A bit each, 1 for +1, the most significant first; every row begins with a byte.
        let byte = |signs: &[f32]| {
            signs.iter().enumerate().fold(0, |byte, (i, w)| byte | u8::from(*w >= 0.) << (7 - i))
        };
        let bytes = weight.chunks_exact(self.inputs.max(1)).flat_map(|row| row.chunks(8).map(byte));
        (Weight::Signs(bytes.collect()), bias.iter().map(|b| b * (t as f32).exp2()).collect())
    }

    pub(super) fn forward(&mut self, x: &[f32], z: &mut [f32]) {
        if let Some(t) = self.signs {
            let one = (-t as f32).exp2();
            self.signed.clear();
            self.signed.extend(self.learned.held[0].iter().map(|w| if *w >= 0. { one } else { -one }));
        }
        let mut unfolded = core::mem::take(&mut self.unfolded);
        self.strips(z.len(), &mut unfolded, |group, places, unfolded| {
            let from = places.start * self.outputs + group * self.height();
            let (rows, dims) = self.rows(x, group, &places, unfolded);
            product(dims, (&mut z[from..], self.outputs), [0., 1.], rows, self.weights(group).transposed());
            if group + 1 == self.groups {
                let z = &mut z[places.start * self.outputs..places.end * self.outputs];
                z.chunks_exact_mut(self.outputs)
                    .for_each(|z| self.activation.finish(z, &self.learned.held[1]));
            }
        });
        self.unfolded = unfolded;
    }

    /// The gradients of x, if it is wanted, and of W and b, if they are trained, given that of z.
    pub(super) fn backward(&mut self, x: &[f32], z: &[f32], g: &mut [f32], target: Option<Target<'_>>) {
        self.masked(z, g);
        self.input_gradient(g, target);
        self.weight_gradient(x, g);
    }

    /// [`backward`](Self::backward) with an update of W and b; where they follow their gradients alone, W takes its own as it is
    /// computed.
    pub(super) fn step(
        &mut self,
        x: &[f32],
        z: &[f32],
        g: &mut [f32],
        target: Option<Target<'_>>,
        update: &Update,
    ) {
        self.masked(z, g);
        self.input_gradient(g, target);
        if !self.learned.is_trained {
            return;
        }
        match update.linear().filter(|_| self.window.is_none()) {
            Some(factors) => {
                let dims = [self.outputs, g.len() / self.outputs, self.inputs];
                let (g, x) = (View::rows(g, self.outputs).transposed(), View::rows(x, self.inputs));
                product(dims, (&mut self.learned.held[0], self.inputs), factors, g, x);
            }
            None => {
                self.weight_gradient(x, g);
                self.learned.follow(0, update);
            }
        }
        self.learned.follow(1, update);
    }

    /// Brings g before f, and makes its sum the gradient of b.
    fn masked(&mut self, z: &[f32], g: &mut [f32]) {
        let [_, db] = &mut self.learned.gradients;
        db.clear();
        db.resize(self.outputs, 0.);
        for (g, z) in g.chunks_exact_mut(self.outputs).zip(z.chunks_exact(self.outputs)) {
            self.activation.backward(z, g);
            db.iter_mut().zip(&*g).for_each(|(db, g)| *db += g);
        }
    }

    fn input_gradient(&mut self, g: &[f32], target: Option<Target<'_>>) {
        let Some(Target { dx, adds }) = target else { return };
        let keep = f32::from(u8::from(adds));
        let Some((window, grid)) = &self.window else {
            let dims = [g.len() / self.outputs, self.outputs, self.inputs];
            return product(
                dims,
                (dx, self.inputs),
                [keep, 1.],
                View::rows(g, self.outputs),
                self.weights(0),
            );
        };
        if !adds {
            dx.fill(0.);
        }
        let mut unfolded = core::mem::take(&mut self.unfolded);
        self.strips(g.len(), &mut unfolded, |group, places, unfolded| {
            let from = places.start * self.outputs + group * self.height();
            let g = View::rows(&g[from..], self.outputs);
            let dims = [places.len(), self.height(), self.inputs];
            product(dims, (unfolded, self.inputs), [0., 1.], g, self.weights(group));
            fold(window, *grid, &self.channels(window, group), places, unfolded, dx);
        });
        self.unfolded = unfolded;
    }

    fn weight_gradient(&mut self, x: &[f32], g: &[f32]) {
        if !self.learned.is_trained {
            return;
        }
        let mut dw = core::mem::take(&mut self.learned.gradients[0]);
        dw.resize(self.learned.held[0].len(), 0.);
        let mut unfolded = core::mem::take(&mut self.unfolded);
        self.strips(g.len(), &mut unfolded, |group, places, unfolded| {
            let from = places.start * self.outputs + group * self.height();
            let keep = f32::from(u8::from(places.start > 0));
            let (rows, [count, inputs, height]) = self.rows(x, group, &places, unfolded);
            let g = View::rows(&g[from..], self.outputs).transposed();
            let dw = &mut dw[group * height * inputs..];
            product([height, count, inputs], (dw, inputs), [keep, 1.], g, rows);
        });
        (self.learned.gradients[0], self.unfolded) = (dw, unfolded);
    }

    /// Group by group, strips of places and room for what is below them; all rows at once of a linear layer.
    fn strips(
        &self,
        results: usize,
        unfolded: &mut Vec<f32>,
        mut f: impl FnMut(usize, Range<usize>, &mut [f32]),
    ) {
        let places = results / self.outputs;
        if self.window.is_none() {
            return f(0, 0..places, &mut []);
        }
        let step = (UNFOLDED / self.inputs.max(1)).clamp(1, places.max(1));
        unfolded.resize(step * self.inputs, 0.);
        for from in (0..places).step_by(step) {
            for group in 0..self.groups {
                f(group, from..(from + step).min(places), unfolded);
            }
        }
    }

    /// Rows of what a group sees at some places, and the dimensions of their product with its weights.
    fn rows<'a>(
        &self,
        x: &'a [f32],
        group: usize,
        places: &Range<usize>,
        unfolded: &'a mut [f32],
    ) -> (View<'a>, [usize; 3]) {
        let dims = [places.len(), self.inputs, self.height()];
        let Some((window, grid)) = &self.window else {
            return (View::rows(x, self.inputs), dims);
        };
        unfold(window, *grid, &self.channels(window, group), places.clone(), x, unfolded);
        (View::rows(unfolded, self.inputs), dims)
    }

    /// Outputs of a group.
    fn height(&self) -> usize {
        self.outputs / self.groups
    }

    fn channels(&self, window: &Window, group: usize) -> Range<usize> {
        let channels = window.image[2] / self.groups;
        group * channels..(group + 1) * channels
    }

    fn weights(&self, group: usize) -> View<'_> {
        let all = if self.signs.is_some() { &self.signed } else { &self.learned.held[0] };
        View::rows(&all[group * self.height() * self.inputs..], self.inputs)
    }
}
