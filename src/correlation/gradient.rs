//! The products of a layer in a training step: its result and both gradients.
//!
//! With x: `[rows, inputs]`, the weights W: `[outputs, inputs]` and the gradient g of the result, all of them shared, a layer
//! takes three products ([`LayerShape`]): z = x·Wᵀ, then dx = g·W and dW = gᵀ·x. Each of the three is masked and opened **once**: with
//! random b, A and d of their shapes,
//!
//! f = x − b and E = W − A are opened for z, and e = g − d for the gradients.
//!
//! | product | party i, beside its share of what is dealt | dealt |
//! | --- | --- | --- |
//! | z = x·Wᵀ | f·W_iᵀ + b_i·Eᵀ | b·Aᵀ |
//! | dx = g·W | e·W_i + d_i·E | d·A |
//! | dW = gᵀ·x | eᵀ·x_i + d_iᵀ·f | dᵀ·b |
//!
//! For x·Wᵀ = (f + b)·(E + A)ᵀ = f·(E + A)ᵀ + b·Eᵀ + b·Aᵀ, and likewise the others. No multiplication is done twice, and a party's work
//! is six products of the plain size, the dealer's three. That one mask serves two products tells nothing: each of x, W and g is
//! opened a single time under a mask that is used for nothing else.
//!
//! | | rounds | opened elements | dealer's elements, to party 0 |
//! | --- | --- | --- | --- |
//! | forward | 1 | those of x and W | those of z |
//! | backward | 1 | those of z | those of x, if its gradient is wanted, and of W |
//!
//! A share that is nothing hides as well as a random one: who owns x may put all of it in its own share, and the others zeros. What is
//! opened is masked, and each party's results have its share of what is dealt.
//!
//! The masks are those of Beaver's triples (CRYPTO '91) for matrices; that the gradients need no further openings of x and W is
//! used by Wagh, Gupta, Chandran, *SecureNN*, PETS 2019, in part, and by Orca (Jawalkar et al., IEEE S&P 2024).

mod dithered;
mod request;

use alloc::sync::Arc;
use alloc::vec::Vec;

use num_traits::WrappingSub;

pub use self::dithered::{Dithered, DitheredBackward, DitheredRequest};
pub use self::request::GradientRequest;
use self::request::{A, B, D, DW, DX, Z};
use crate::linalg::LayerShape;
use crate::offline::{Elements, Error, Masked, Request, Source, Store};
use crate::ring::{Ring, packed_len};
use crate::share::Share;

/// What the products of a layer take in one step.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::Gradient, ring::Z2, share::Share};
/// fn twice(gradient: Gradient<Z2<52>>, x: &Share<Z2<52>>) {
///     gradient.mask(x, x);
///     gradient.mask(x, x);
/// }
/// ```
pub struct Gradient<R: Ring> {
    source: Source,
    asked: GradientRequest,
    b: Share<R>,
}

impl<R: Ring> Gradient<R> {
    /// What to ask the dealer for: the products of a layer, `wanted` of which are the gradients of its input and of its weights.
    pub fn request(layer: &LayerShape, wanted: [bool; 2]) -> Request {
        GradientRequest { layer: *layer, wanted, elements: Elements::of::<R>() }.into()
    }

    /// Takes what the products of a layer take.
    ///
    /// # Errors
    /// If it is not next in the store.
    pub fn take(store: &mut Store, layer: &LayerShape, wanted: [bool; 2]) -> Result<Self, Error> {
        let asked = GradientRequest { layer: *layer, wanted, elements: Elements::of::<R>() };
        let source = store.take(asked.clone())?;
        let b = source.random_share(B, asked.sizes()[0]);
        Ok(Self { source, asked, b })
    }

    /// What is to be opened: x − b, followed by W − A.
    ///
    /// # Panics
    /// If x or W has another length than the layer's.
    pub fn mask(self, x: &Share<R>, w: &Share<R>) -> (Vec<R::Word>, Masked<Self>) {
        let [inputs, weights, _] = self.asked.sizes();
        assert_eq!([x.len(), w.len()], [inputs, weights], "elements of x and W, and of their masks");
        // A is needed for nothing else, so it is nowhere but in what is opened.
        let mut opened = Vec::with_capacity(inputs + weights);
        opened.extend(x.expose().iter().zip(self.b.expose()).map(|(x, b)| x.wrapping_sub(b)));
        opened.extend_from_slice(w.expose());
        self.source.mask(A, &mut opened[inputs..]);
        (opened, Masked::new(self))
    }
}

/// What is left for the gradients.
///
/// Used twice, it does not compile:
///
/// ```compile_fail,E0382
/// # use ringshare::{correlation::gradient::Backward, ring::Z2, share::Share};
/// fn twice(backward: Backward<Z2<52>>, g: &Share<Z2<52>>) {
///     backward.mask(g);
///     backward.mask(g);
/// }
/// ```
pub struct Backward<R: Ring> {
    source: Source,
    asked: GradientRequest,
    x: Share<R>,
    w: Arc<Share<R>>,
    /// f, then E.
    opened: Vec<R::Word>,
    d: Share<R>,
}

impl<R: Ring> Masked<Gradient<R>> {
    /// The product x·Wᵀ, given what was opened of the same x and W, and what is left for the gradients.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `x`, `w` or `opened` has another length than [`Gradient::mask`] took and gave.
    pub fn forward(
        self,
        x: Share<R>,
        w: Arc<Share<R>>,
        opened: Vec<R::Word>,
    ) -> Result<(Share<R>, Backward<R>), Error> {
        let Gradient { source, asked, b } = self.into_inner();
        let [inputs, weights, outputs] = asked.sizes();
        let lens = [x.len(), w.len(), opened.len()];
        assert_eq!(lens, [inputs, weights, inputs + weights], "elements of x, W and what was opened");
        let mut z = Share::zeros(outputs);
        source.chosen(Z, 0, R::BITS, 0, z.expose_mut())?;
        if !source.is_dry() {
            let (f, e) = opened.split_at(inputs);
            asked.layer.forward_add(R::BITS, f, w.expose(), z.expose_mut());
            asked.layer.forward_add(R::BITS, b.expose(), e, z.expose_mut());
        }
        let wanted = asked.wanted[0] | asked.wanted[1];
        let d = if wanted { source.random_share(D, outputs) } else { Share::zeros(0) };
        Ok((z, Backward { source, asked, x, w, opened, d }))
    }
}

impl<R: Ring> Backward<R> {
    /// Elements of the gradient that it takes: 0 if none is wanted.
    pub fn outputs(&self) -> usize {
        self.d.len()
    }

    /// What is to be opened: g − d.
    ///
    /// # Panics
    /// If no gradient is wanted, or g has another length than the result.
    pub fn mask(self, g: &Share<R>) -> (Vec<R::Word>, Masked<Self>) {
        assert_eq!(g.len(), self.d.len(), "elements of a gradient and of its mask");
        let e = g.expose().iter().zip(self.d.expose()).map(|(g, d)| g.wrapping_sub(d)).collect();
        (e, Masked::new(self))
    }
}

impl<R: Ring> Masked<Backward<R>> {
    /// The gradients of x and of W, of those that are wanted, given what was opened.
    ///
    /// # Errors
    /// If the dealer's correction is malformed.
    ///
    /// # Panics
    /// If `opened` has another length than [`Backward::mask`] gave.
    pub fn backward(self, g: &[R::Word]) -> Result<[Option<Share<R>>; 2], Error> {
        let Backward { source, asked, x, w, opened, d } = self.into_inner();
        let [inputs, weights, outputs] = asked.sizes();
        assert_eq!(g.len(), outputs, "opened elements of a gradient");
        let (f, e) = opened.split_at(inputs);
        let (layer, bits) = (&asked.layer, R::BITS);
        let mut region = packed_len(outputs, bits);
        let mut dealt = |section, len| {
            let mut share = Share::<R>::zeros(len);
            source.chosen(section, region, bits, 0, share.expose_mut())?;
            region += packed_len(len, bits);
            Ok::<_, Error>(share)
        };
        let [mut dx, mut dw] = [None, None];
        if asked.wanted[0] {
            let mut share = dealt(DX, inputs)?;
            if !source.is_dry() {
                layer.input_add(bits, g, w.expose(), share.expose_mut());
                layer.input_add(bits, d.expose(), e, share.expose_mut());
            }
            dx = Some(share);
        }
        if asked.wanted[1] {
            let mut share = dealt(DW, weights)?;
            if !source.is_dry() {
                layer.weight_add(bits, g, x.expose(), share.expose_mut());
                layer.weight_add(bits, d.expose(), f, share.expose_mut());
            }
            dw = Some(share);
        }
        Ok([dx, dw])
    }
}
