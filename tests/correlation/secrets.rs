//! Shares and seeds print nothing, are compared without branches, and correlations are not copied.
#![cfg(feature = "std")]

use std::time::Duration;

use ringshare::correlation::bits::{BitProducts, DaBits, EdaBits, Select, Subtraction};
use ringshare::correlation::compare::{Chunks, Comparison, Plan};
use ringshare::correlation::dcf::Dcf;
use ringshare::correlation::legendre::{Legendre, Products};
use ringshare::correlation::{
    Deck, Elements, Fixed, FixedMask, FixedProduct, InputMask, Lookup, Masked, MatrixTriple, Seeds, Store,
    Triple,
};
use ringshare::function::Table;
use ringshare::net::{Counting, Memory, Transport};
use ringshare::prg::{Prg, RootSeed, Seed};
use ringshare::ring::Z2;
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
        FixedMask<R>,
        FixedProduct<R>,
        Fixed<R>,
        Lookup<R>,
        Comparison<R>,
        Chunks,
        Dcf<R, R>,
        Masked<Dcf<R, R>>,
        Legendre<R, R>,
        Masked<Legendre<R, R>>,
        Products<R>,
        Masked<Triple<R>>,
        Masked<Comparison<R>>,
        Store,
        Deck,
        Seeds,
    );
    // The probe tells.
    const { assert!(Probe::<Plan>::DEBUG && Probe::<Plan>::CLONE && Probe::<Share<R>>::CLONE) };
}

#[test]
fn shares_and_seeds_print_no_values() {
    let share = Share::<R>::from_words(vec![12_321, 777]);
    assert_eq!(format!("{share:?}"), "Share(k = 14, 2 elements)");
    assert_eq!(format!("{share:#?}"), "Share(k = 14, 2 elements)");
    let bits = BitShare::from_words(vec![12_321], 15);
    assert_eq!(format!("{bits:?} {bits:#?}"), "BitShare(15 bits) BitShare(15 bits)");
    assert_eq!(format!("{:?}", Seed::from_bytes([7; 16])), "Seed(..)");
    assert_eq!(format!("{:?}", RootSeed::from_bytes([7; 32])), "RootSeed(..)");
    assert_eq!(format!("{:?}", Prg::new(&Seed::from_bytes([7; 16]))), "Prg(..)");
}

#[test]
fn transports_print_no_frames() {
    let mut ends = Memory::mesh(2, Duration::from_secs(1));
    ends[0].send(1, &[173; 4]).unwrap();
    ends[1].recv(0, &mut [0; 4]).unwrap();
    for end in ends {
        let printed = format!("{:?}", Counting::new(end));
        assert!(printed.contains("Memory") && !printed.contains("173"), "{printed}");
    }
}

#[test]
fn errors_are_one_short_line() {
    let mut stores =
        crate::common::stores(2, 1, &ringshare::correlation::Recipe(vec![Triple::<R>::request(2)]));
    let plan = Plan::new(14, Some(Elements::of::<R>()));
    let error = stores[0].comparison::<R>(2, plan).err().unwrap();
    let dealt = "Triple(2, 14 bits in words of 16)";
    let asked = "Compare(2, 14 bits in words of 16, result 14 bits in words of 16)";
    assert_eq!(error.to_string(), format!("the store's next item is {dealt}, asked for {asked}"));
    // Not the whole table.
    let error = stores[0].lookup::<R>(2, &Table::new(12, |_| 5)).err().unwrap();
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
