//! Shares and seeds print nothing, are compared without branches, and correlations are not copied.
#![cfg(feature = "std")]

use std::time::Duration;

use ringshare::correlation::bits::{BitProducts, Circuit, DaBits, EdaBits, Select, Subtraction};
use ringshare::correlation::compare::dcf::Dcf;
use ringshare::correlation::compare::legendre::{Legendre, Products};
use ringshare::correlation::compare::{Chunks, Comparison, Plan};
use ringshare::correlation::interpolation::Segments;
use ringshare::correlation::{
    InputMask, Interpolation, Lookup, MaskedMatrix, MatrixMask, MatrixProduct, MatrixTriple, Triple,
};
use ringshare::function::{Piecewise, Table};
use ringshare::linalg::Filters;
use ringshare::net::{Counting, Memory, Transport};
use ringshare::offline::{Deck, Elements, Masked, PartySeeds, Seeds, Store};
use ringshare::prg::{Prg, RootSeed, Seed};
use ringshare::ring::Z2;
use ringshare::secret::SecretBytes;
use ringshare::share::{BitShare, Share};
use subtle::ConstantTimeEq;

type R = Z2<14>;

/// Whether a type has a trait: the constant of its own is found first, if its bound holds.
struct Probe<T>(core::marker::PhantomData<T>);

trait No {
    const DEBUG: bool = false;
    const CLONE: bool = false;
}

impl<T> No for Probe<T> {}

impl<T: core::fmt::Debug> Probe<T> {
    const DEBUG: bool = true;
}

impl<T: Clone> Probe<T> {
    const CLONE: bool = true;
}

macro_rules! neither_printed_nor_cloned {
    ($($T:ty),* $(,)?) => {$(
        const { assert!(!Probe::<$T>::DEBUG, "printed") };
        const { assert!(!Probe::<$T>::CLONE, "cloned") };
    )*};
}

#[test]
fn correlations_and_what_holds_them_are_neither_printed_nor_cloned() {
    neither_printed_nor_cloned!(
        EdaBits<R>, BitProducts, DaBits<R>, Select<R>, Subtraction, Masked<EdaBits<R>>, Masked<BitProducts>,
        InputMask<R>,
        Triple<R>,
        MatrixTriple<R>,
        MatrixMask<R>,
        MatrixProduct<R>,
        MaskedMatrix<R>,
        Lookup<R>,
        Interpolation<R>,
        Segments<R>,
        Masked<Interpolation<R>>,
        Comparison<R>,
        Chunks,
        Dcf<R, R>,
        Masked<Dcf<R, R>>,
        Legendre<R, R>,
        Masked<Legendre<R, R>>,
        Products<R>,
        Masked<Triple<R>>,
        Masked<MatrixTriple<R>>,
        Masked<MatrixProduct<R>>,
        Masked<Lookup<R>>,
        Masked<DaBits<R>>,
        Masked<Select<R>>,
        Masked<Comparison<R>>,
        Store,
        Deck,
        Seeds,
        PartySeeds,
    );
    // The probe tells.
    const { assert!(Probe::<Plan>::DEBUG && Probe::<Plan>::CLONE && Probe::<Share<R>>::CLONE) };
}

/// That a function takes the first of its arguments by value: a type that can't be cloned is used once by it.
macro_rules! consumed {
    ($($T:ty: $($f:ident($($A:ty),*)),+;)*) => {$($(
        let _: fn($T, $($A),*) -> _ = <$T>::$f;
    )+)*};
}

#[test]
fn every_step_consumes_what_it_takes() {
    consumed!(
        InputMask<R>: share(&[u16]);
        Triple<R>: mask(&Share<R>, &Share<R>);
        Masked<Triple<R>>: finish(&[u16]);
        MatrixTriple<R>: mask(&Share<R>, &Share<R>);
        Masked<MatrixTriple<R>>: finish(&[u16]);
        MatrixMask<R>: finish(Option<Filters<u16>>, Option<Filters<u16>>);
        MatrixProduct<R>: mask(&Share<R>);
        Masked<MatrixProduct<R>>: finish(&MaskedMatrix<R>, &[u16]);
        Lookup<R>: mask(&Share<R>), mask_pair(&Share<R>, &Share<R>);
        Masked<Lookup<R>>: finish(&[u16]), finish_next(&[u16], usize);
        Interpolation<R>: mask(&Share<R>);
        Masked<Interpolation<R>>: look_up(&[u32], &Piecewise);
        Segments<R>: finish(&[u8]);
        Comparison<R>: mask(&Share<R>);
        Masked<Comparison<R>>: look_up(&[u16]);
        Chunks: combine(&[u8]), finish_bits();
        EdaBits<R>: mask(&Share<R>);
        Masked<EdaBits<R>>: subtract(&[u16], Circuit);
        Subtraction: combine(Vec<BitShare>), finish();
        BitProducts: mask(&[&BitShare]);
        Masked<BitProducts>: finish(&[u8]);
        DaBits<R>: mask(&[&BitShare]);
        Masked<DaBits<R>>: finish(&[u8]), finish_values(&[u8], [u16; 2]);
        Select<R>: mask(&BitShare, &Share<R>);
        Masked<Select<R>>: finish(&[u16], &[u8]);
        Dcf<R, R>: mask(&Share<R>);
        Masked<Dcf<R, R>>: finish(&[u16], [u16; 2]);
        Masked<Dcf<R, Z2<1>>>: finish_bits(&[u16]);
        Legendre<R, R>: mask(&Share<R>);
        Masked<Legendre<R, R>>: products(&[u16]);
        Products<R>: finish(&[u64], [u16; 2]);
    );
    let _: fn(Chunks, &[u8], [u16; 2]) -> _ = Chunks::finish::<R>;
    let _: fn(Chunks, &[u16], &[u8]) -> _ = Chunks::finish_shifted::<R, R>;
}

#[test]
fn shares_and_seeds_print_no_values() {
    let share = Share::<R>::from_words(vec![12_321, 777]);
    assert_eq!(format!("{share:?}"), "Share(k = 14, 2 elements)");
    assert_eq!(format!("{share:#?}"), "Share(k = 14, 2 elements)");
    let bits = BitShare::from_words(vec![12_321], 15);
    assert_eq!(format!("{bits:?} {bits:#?}"), "BitShare(15 bits) BitShare(15 bits)");
    assert_eq!(format!("{:?}", SecretBytes::from(vec![77; 3])), "SecretBytes(3 bytes)");
    const { assert!(!Probe::<SecretBytes>::CLONE) };
    assert_eq!(format!("{:?}", Seed::from_bytes([7; 16])), "Seed(..)");
    assert_eq!(format!("{:?}", RootSeed::from_bytes([7; 32])), "RootSeed(..)");
    assert_eq!(format!("{:?}", Prg::new(&Seed::from_bytes([7; 16]))), "Prg(..)");
}

#[test]
fn transports_print_no_frames() {
    let mut ends = Memory::mesh(2, Duration::from_secs(1));
    ends[0].send(1, &[173; 36]).unwrap();
    ends[1].recv_header(0, &mut [0; 32]).unwrap();
    for end in ends {
        let printed = format!("{:?}", Counting::new(end));
        assert!(printed.contains("Memory") && !printed.contains("173"), "{printed}");
    }
}

#[test]
fn errors_are_one_short_line() {
    let mut stores = crate::common::stores(2, 1, &ringshare::offline::Recipe(vec![Triple::<R>::request(2)]));
    let plan = Plan::new(14, Some(Elements::of::<R>()));
    let error = Comparison::<R>::take(&mut stores[0], 2, plan).err().unwrap();
    let dealt = "Triple(2, 14 bits in words of 16)";
    let asked = "Compare(2, 14 bits in words of 16, result 14 bits in words of 16)";
    assert_eq!(error.to_string(), format!("the store's next item is {dealt}, asked for {asked}"));
    // Not the whole table.
    let error = Lookup::<R>::take(&mut stores[0], 2, &Table::new(12, |_| 5)).err().unwrap();
    assert!(error.to_string().len() < 200, "{error}");
}

#[test]
fn shares_are_equal_modulo_the_ring() {
    let share = |words: [u16; 2]| Share::<R>::from_words(words.to_vec());
    let equal = |a: &Share<R>, b: &Share<R>| bool::from(a.ct_eq(b));
    assert!(equal(&share([1, 2]), &share([1 | 1 << 14, 2 | 3 << 14])));
    assert!(!equal(&share([1, 2]), &share([1, 3])) && !equal(&share([0, 2]), &share([1 << 13, 2])));
    assert!(!equal(&share([1, 2]), &Share::from_words(vec![1])));
    assert!(!equal(&Share::from_words(vec![1]), &share([1, 2])));
    assert!(equal(&Share::zeros(0), &Share::zeros(0)));
}

#[test]
fn shares_of_bits_are_equal_up_to_their_length() {
    let bits = |word, len| BitShare::from_words(vec![word], len);
    let equal = |a: &BitShare, b: &BitShare| bool::from(a.ct_eq(b));
    assert!(equal(&bits(0b1101, 3), &bits(0b0101, 3)));
    assert!(!equal(&bits(0b1101, 4), &bits(0b0101, 4)) && !equal(&bits(0, 3), &bits(0, 4)));
    assert!(bool::from(Seed::from_bytes([7; 16]).ct_eq(&Seed::from_bytes([7; 16]))));
    assert!(!bool::from(Seed::from_bytes([7; 16]).ct_eq(&Seed::from_bytes([8; 16]))));
}
