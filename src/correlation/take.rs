//! Taking each kind of correlation from a store.
//!
//! `request` is what to ask the dealer for, and the method of the store hands out exactly that: for
//! callers that run the protocols' local steps under their own networking.

use alloc::sync::Arc;

use super::bits::{BitProducts, DaBits, EdaBits, Select};
use super::compare::{Comparison, Plan};
use super::dcf::Dcf;
use super::legendre::{self, Legendre, Variant};
use super::{Fixed, FixedMask, FixedProduct, InputMask, Lookup, MatrixTriple, Store, StoreError, Triple};
use crate::function::Table;
use crate::linalg::Window;
use crate::ring::Ring;

impl Store {
    /// Takes the mask for an input of `len` elements of the party `owner`.
    ///
    /// # Errors
    /// If it is not next in the store, or there is no such party.
    pub fn input_mask<R: Ring>(&mut self, owner: usize, len: usize) -> Result<InputMask<R>, StoreError> {
        let (prgs, owned) = self.shared_with(owner)?;
        let source = self.take(InputMask::<R>::request(owner, len))?;
        Ok(InputMask::new(prgs, source.domain(0), owned, len))
    }

    /// Takes the triples for an elementwise product of `len` elements.
    ///
    /// # Errors
    /// If they are not next in the store, or the dealer's correction is malformed.
    pub fn triple<R: Ring>(&mut self, len: usize) -> Result<Triple<R>, StoreError> {
        Triple::new(self.take(Triple::<R>::request(len))?, len)
    }

    /// Takes the triple for a product of matrices, of the shape `[rows, inner, columns]`.
    ///
    /// # Errors
    /// If it is not next in the store, or the dealer's correction is malformed.
    pub fn matrix_triple<R: Ring>(&mut self, shape: [usize; 3]) -> Result<MatrixTriple<R>, StoreError> {
        MatrixTriple::new(self.take(MatrixTriple::<R>::request(shape))?, shape)
    }

    /// Takes the mask of a matrix `[outputs, inputs]`, for products modulo 2^bits.
    ///
    /// # Errors
    /// If it is not next in the store.
    ///
    /// # Panics
    /// If `bits` is not in 1..=k.
    pub fn fixed_mask<R: Ring>(&mut self, shape: [usize; 2], bits: u32) -> Result<FixedMask<R>, StoreError> {
        self.filter_mask(shape, 1, bits)
    }

    /// Takes the mask of a matrix `[outputs, inputs]` in groups, for products and convolutions modulo 2^bits.
    ///
    /// # Errors
    /// If it is not next in the store.
    ///
    /// # Panics
    /// If `bits` is not in 1..=k.
    pub fn filter_mask<R: Ring>(
        &mut self,
        shape: [usize; 2],
        groups: usize,
        bits: u32,
    ) -> Result<FixedMask<R>, StoreError> {
        assert!((1..=R::BITS).contains(&bits), "{bits} bits of a matrix in a ring of {} bits", R::BITS);
        let matrix = self.matrices();
        let source = self.take(FixedMask::<R>::request_filters(shape, groups, bits))?;
        Ok(FixedMask::new(source, matrix, shape, groups, bits))
    }

    /// Takes what a product of `rows` inputs with the matrix needs, and does its offline half.
    ///
    /// # Errors
    /// If it is not next in the store, or the dealer's correction is malformed.
    pub fn fixed_product<R: Ring>(
        &mut self,
        fixed: &Fixed<R>,
        rows: usize,
    ) -> Result<FixedProduct<R>, StoreError> {
        FixedProduct::new(self.take(fixed.request(rows))?, fixed, None, rows)
    }

    /// Takes what a convolution of `images` images with the matrix needs, and does its offline half.
    ///
    /// # Errors
    /// If it is not next in the store, or the dealer's correction is malformed.
    ///
    /// # Panics
    /// If the window does not fit its image or the matrix.
    pub fn fixed_convolution<R: Ring>(
        &mut self,
        fixed: &Fixed<R>,
        window: &Window,
        images: usize,
    ) -> Result<FixedProduct<R>, StoreError> {
        let source = self.take(fixed.request_convolution(window, images))?;
        FixedProduct::new(source, fixed, Some(window), images)
    }

    /// Takes the masked tables for `len` lookups in `table`.
    ///
    /// # Errors
    /// If they are not next in the store.
    pub fn lookup<O: Ring>(&mut self, len: usize, table: &Table) -> Result<Lookup<O>, StoreError> {
        Ok(Lookup::new(self.take(Lookup::<O>::request(len, table))?, len, table.bits()))
    }

    /// Takes the edaBits of `bits` bits for `len` values, with products of the `pairs` lowest pairs of bits.
    ///
    /// # Errors
    /// If they are not next in the store.
    ///
    /// # Panics
    /// If `bits` is not in 1..=64 or above k, or there are not so many pairs.
    pub fn edabits<R: Ring>(&mut self, len: usize, bits: u32, pairs: u32) -> Result<EdaBits<R>, StoreError> {
        let most = R::BITS.min(64);
        assert!((1..=most).contains(&bits), "edaBits of {bits} bits, at most {most} are taken");
        assert!(pairs <= bits / 2, "{pairs} pairs of {bits} bits");
        let source = self.take(EdaBits::<R>::request(len, bits, pairs))?;
        Ok(EdaBits::new(source, len, bits, pairs))
    }

    /// Takes the products of some `pairs` of `masks` vectors of `len` bits.
    ///
    /// # Errors
    /// If they are not next in the store.
    ///
    /// # Panics
    /// If a pair names a vector that is none of them.
    pub fn bit_products(
        &mut self,
        len: usize,
        masks: usize,
        pairs: &Arc<[[u16; 2]]>,
    ) -> Result<BitProducts, StoreError> {
        assert!(pairs.iter().flatten().all(|&v| usize::from(v) < masks), "pairs of {masks} vectors of bits");
        let source = self.take(BitProducts::request(len, masks, pairs.clone()))?;
        Ok(BitProducts::new(source, len, masks, pairs.clone()))
    }

    /// Takes the daBits for `len` values of `planes` bits.
    ///
    /// # Errors
    /// If they are not next in the store.
    ///
    /// # Panics
    /// If `planes` is not in 1..=k.
    pub fn dabits<R: Ring>(&mut self, len: usize, planes: u32) -> Result<DaBits<R>, StoreError> {
        assert!((1..=R::BITS).contains(&planes), "{planes} planes in a ring of {} bits", R::BITS);
        Ok(DaBits::new(self.take(DaBits::<R>::request(len, planes))?, len, planes))
    }

    /// Takes what choosing between `len` elements and zero takes.
    ///
    /// # Errors
    /// If it is not next in the store.
    pub fn select<R: Ring>(&mut self, len: usize) -> Result<Select<R>, StoreError> {
        Ok(Select::new(self.take(Select::<R>::request(len))?, len))
    }

    /// Takes the comparison of `len` values.
    ///
    /// # Errors
    /// If it is not next in the store.
    ///
    /// # Panics
    /// If the plan's bit length is above k.
    pub fn comparison<R: Ring>(&mut self, len: usize, plan: Plan) -> Result<Comparison<R>, StoreError> {
        assert!(plan.bits() <= R::BITS, "{} bits compared in a ring of {} bits", plan.bits(), R::BITS);
        let source = self.take(Comparison::<R>::request(len, &plan))?;
        Ok(Comparison::new(source, plan, len))
    }

    /// Takes the distributed comparison functions for `len` values of `bits` bits.
    ///
    /// # Errors
    /// If they are not next in the store.
    ///
    /// # Panics
    /// If `bits` is not in 2..=64 or above k.
    pub fn dcf<R: Ring, O: Ring>(&mut self, len: usize, bits: u32) -> Result<Dcf<R, O>, StoreError> {
        assert!((2..=R::BITS.min(64)).contains(&bits), "{bits} bits compared in a ring of {} bits", R::BITS);
        Ok(Dcf::new(self.take(Dcf::<R, O>::request(len, bits))?, len, bits))
    }

    /// Takes the comparison by Legendre symbols of `len` values of `bits` bits, with results in O.
    ///
    /// # Errors
    /// If it is not next in the store.
    ///
    /// # Panics
    /// If `bits` is not in 2..=61, or not below k.
    pub fn legendre<R: Ring, O: Ring>(
        &mut self,
        len: usize,
        bits: u32,
        variant: Variant,
    ) -> Result<Legendre<R, O>, StoreError> {
        let most = legendre::MAX_BITS.min(R::BITS - 1);
        assert!((2..=most).contains(&bits), "{bits} bits compared, at most {most} are taken");
        let source = self.take(Legendre::<R, O>::request(len, bits, variant))?;
        Ok(Legendre::new(source, len, bits, variant))
    }
}
