//! What training is made of, on shares or in the clear.
//!
//! All that is linear is done on the words of a [`Share`] by the layers themselves. The rest is here: a handful of operations that parties
//! do together, and that the [twin](super::Clear) does by itself on a share that is the number. Both run the same code of layers, losses and
//! optimisers, so that a step in the clear is that of the parties, number by number, where truncations round to the nearest.

use alloc::sync::Arc;

use crate::function::{Piecewise, Table};
use crate::linalg::LayerShape;
use crate::protocol::Error;
use crate::ring::{Ring, Z2};
use crate::share::{BitShare, Share};

/// The ring of training: the widest whose products take one instruction of AVX-512 (IFMA) for eight multiplications with their
/// additions. The instruction multiplies 52 bits, and adds the low 52 of the product.
pub type TrainingRing = Z2<52>;

/// Bits of the numbers that a truncation takes: it takes one more of the ring.
pub(super) const MOST_BITS: u32 = TrainingRing::BITS - 1;

/// Numbers in fixed point, shared.
pub type Numbers = Share<TrainingRing>;

/// Who trains: [parties](super::Secure) on shares, or a program [in the clear](super::Clear).
///
/// Of every operation that takes `bits`, the numbers fit so many as signed ones.
///
/// # Narrow
///
/// Numbers between layers are small: of `bits` bits they need not count modulo 2^52. Narrow ones count modulo 2^(bits + 1), a bit more for a
/// difference, and are sent and dealt with so many bits. They are lifted to the ring where they enter a product.
pub trait Arithmetic {
    /// What is left of a layer's product for its gradients.
    type Products;

    /// The number of this party, of which party 0 adds what is public.
    fn id(&self) -> usize;

    /// Whether numbers are nothing, and what is done with them is counted alone.
    fn is_dry(&self) -> bool;

    /// x·Wᵀ, and what is left for those gradients that are wanted, of x and of W.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::layer`].
    fn layer(
        &mut self,
        layer: &LayerShape,
        wanted: [bool; 2],
        x: Numbers,
        w: Arc<Numbers>,
    ) -> Result<(Numbers, Self::Products), Error>;

    /// As [`layer`](Self::layer), with W and a bias divided by 2^dropped and rounded at random, and the bias times 2^scale added to the result.
    /// Results and gradients of x may be right modulo 2^32 alone.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::dithered_layer`].
    fn dithered_layer(
        &mut self,
        layer: &LayerShape,
        wanted: [bool; 2],
        dropped: u32,
        x: Numbers,
        w: &Numbers,
        bias: (&Numbers, u32),
    ) -> Result<(Numbers, Self::Products), Error>;

    /// The gradients of x and W.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::gradients`].
    fn gradients(&mut self, products: Self::Products, g: &Numbers) -> Result<[Option<Numbers>; 2], Error>;

    /// x / 2^shift, by the rounding.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::truncate`].
    fn truncate(&mut self, x: &Numbers, bits: u32, shift: u32) -> Result<Numbers, Error>;

    /// ReLU(x) / 2^shift, and whether x ≥ 0.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::relu_with_derivative`].
    fn relu(&mut self, x: &Numbers, bits: u32, shift: u32) -> Result<(Numbers, BitShare), Error>;

    /// x / 2^shift, by the rounding, of x that counts modulo 2^held: narrow numbers.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::truncate`].
    fn cut(&mut self, x: Numbers, held: u32, bits: u32, shift: u32) -> Result<Numbers, Error>;

    /// Of narrow numbers those in the ring.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::truncate`].
    fn lift(&mut self, x: &Numbers, bits: u32) -> Result<Numbers, Error>;

    /// As [`relu`](Self::relu), with narrow results.
    ///
    /// # Errors
    /// As [`relu`](Self::relu).
    fn narrow_relu(&mut self, x: &Numbers, bits: u32, shift: u32) -> Result<(Numbers, BitShare), Error>;

    /// As [`select`](Self::select), of narrow numbers.
    ///
    /// # Errors
    /// As [`select`](Self::select).
    fn narrow_select(&mut self, chosen: &BitShare, x: &Numbers, bits: u32) -> Result<Numbers, Error>;

    /// Whether x < 0. Where rounding is stochastic, `spare` low bits may be rounded before they are looked at.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::negative_bits`].
    fn negative(&mut self, x: &Numbers, bits: u32, spare: u32) -> Result<BitShare, Error>;

    /// 1 where x ≥ 0, else −1; `spare` as above.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::sign`].
    fn signs(&mut self, x: &Numbers, bits: u32, spare: u32) -> Result<Numbers, Error>;

    /// x where the bit is set, else 0.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::select_bits`].
    fn select(&mut self, bits: &BitShare, x: &Numbers) -> Result<Numbers, Error>;

    /// Products, element by element.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::multiply`].
    fn multiply(&mut self, x: &Numbers, y: &Numbers) -> Result<Numbers, Error>;

    /// Softmax of rows of `classes` numbers, with `fraction` fractional bits before and after.
    ///
    /// # Errors
    /// As the protocols that it is made of.
    fn softmax(&mut self, x: &Numbers, classes: usize, bits: u32, fraction: u32) -> Result<Numbers, Error>;

    /// A function of the low bits of x, by its table.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::lookup`].
    fn look_up(&mut self, x: &Numbers, table: &Table) -> Result<Numbers, Error>;

    /// A function of x, which lies between its nodes: as [`Piecewise::evaluate`], to a unit where rounding is stochastic.
    ///
    /// # Errors
    /// As [`crate::protocol::Party::piecewise`].
    fn piecewise(&mut self, x: &Numbers, f: &Piecewise) -> Result<Numbers, Error>;
}
