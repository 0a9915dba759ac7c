//! Comparison by distributed comparison functions, against plain integers.
#![cfg(feature = "std")]

use crate::common::compare::{all_pairs, edges, varied};
use crate::common::dcf::Shape;
use crate::common::{Random, generators, seeds, split, stores, sum};
use num_traits::Zero;
use ringshare::correlation::compare::dcf::{Dcf, key_bytes};
use ringshare::offline::{Deck, Error as OfflineError, Masked, Recipe, Store};
use ringshare::prg::Prg;
use ringshare::protocol::{Error, Family};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::share::Share;
use ringshare::sim::Simulation;

/// Both parties' functions, masked, and y.
type Opened<R, O> = (Vec<Masked<Dcf<R, O>>>, Vec<<R as Ring>::Word>);

fn open<R: Ring, O: Ring>(session: u64, x: &[R::Word], bits: u32) -> Opened<R, O> {
    let shares = split::<R>(x, 2, &mut Random(session ^ 0x5eed)).into_iter().map(Share::<R>::from_words);
    let recipe = Recipe(vec![Dcf::<R, O>::request(x.len(), bits)]);
    let mask =
        |(mut store, x): (Store, Share<R>)| Dcf::<R, O>::take(&mut store, x.len(), bits).unwrap().mask(&x);
    let (y, masked): (Vec<_>, Vec<_>) = stores(2, session, &recipe).into_iter().zip(shares).map(mask).unzip();
    (masked, sum(&y, bits))
}

fn arithmetic<R: Ring, O: Ring>(
    session: u64,
    x: &[R::Word],
    bits: u32,
    values: [O::Word; 2],
) -> Vec<O::Word> {
    let (masked, y) = open::<R, O>(session, x, bits);
    let finish = |masked: Masked<Dcf<R, O>>| masked.finish(&y, values).unwrap().expose().to_vec();
    sum(&masked.into_iter().map(finish).collect::<Vec<_>>(), O::BITS)
}

/// Holds the arithmetic result against plain integers.
fn check<R: Ring, O: Ring>(session: u64, x: &[R::Word], bits: u32) {
    let values = [O::Word::truncate(0x55), O::Word::from_signed(-4)];
    let out = arithmetic::<R, O>(session, x, bits, values);
    assert_eq!(out.len(), x.len());
    for (i, (x, out)) in x.iter().zip(&out).enumerate() {
        let expected = values[usize::from(x.signed(bits) < 0)] & O::Word::mask(O::BITS);
        assert!(*out == expected, "{x:?} at {bits} bits into {}, place {i}", O::BITS);
    }
}

/// Holds the boolean result against plain integers.
fn check_bits<R: Ring>(session: u64, x: &[R::Word], bits: u32) {
    let (masked, y) = open::<R, Z2<1>>(session, x, bits);
    let shares: Vec<_> = masked.into_iter().map(|masked| masked.finish_bits(&y).unwrap()).collect();
    assert!(shares.iter().all(|share| share.len() == x.len()));
    for (i, x) in x.iter().enumerate() {
        let bit = shares.iter().fold(0, |bit, share| bit ^ share.expose()[i / 64] >> (i % 64) & 1);
        assert_eq!(bit == 1, x.signed(bits) < 0, "{x:?} at {bits} bits, place {i}: a bit");
    }
}

/// The masks r of the only item of a session, modulo 2^bits.
fn masks<W: Word>(session: u64, len: usize, bits: u32) -> Vec<W> {
    let share = |prg: Prg| {
        let mut r = vec![W::zero(); len];
        prg.words(0, 0, &mut r);
        r
    };
    sum(&generators(&seeds(2, session)).map(share).collect::<Vec<_>>(), bits)
}

#[test]
fn every_value_under_every_mask_up_to_8_bits() {
    for bits in 2..=8u32 {
        // A mask comes at least 2^bits times, by far.
        let len = (1 << (2 * bits)) * 3 / 2 + (64 << bits);
        let session = bits as u64;
        let masks = masks::<u8>(session, len, bits);
        let x = all_pairs(&masks, bits);
        let (_, y) = open::<Z2<8>, Z2<8>>(session, &x, bits);
        for ((x, r), y) in x.iter().zip(masks).zip(y) {
            assert_eq!(y, x.wrapping_add(r) & u8::mask(bits), "another mask than thought");
        }
        check::<Z2<8>, Z2<8>>(session, &x, bits);
        check::<Z2<8>, Z2<3>>(session, &x, bits);
        check::<Z2<8>, Z2<64>>(session, &x, bits);
        check::<Z2<8>, Z2<128>>(session, &x, bits);
        check_bits::<Z2<8>>(session, &x, bits);
    }
}

#[test]
fn long_values_of_any_size() {
    for bits in 2..=64 {
        let x = varied::<u64>(1 << 12, bits, &mut Random(bits as u64));
        check::<Z2<64>, Z2<16>>(bits as u64, &x, bits);
        let x = varied::<u64>(1 << 10, bits, &mut Random(!bits as u64));
        check::<Z2<64>, Z2<64>>(bits as u64, &x, bits);
        check_bits::<Z2<64>>(bits as u64, &x, bits);
    }
}

#[test]
fn edges_into_rings_of_any_width() {
    fn into<O: Ring>() {
        for bits in 2..=64 {
            let mut x = varied::<u64>(65, bits, &mut Random(bits as u64));
            x.extend(edges::<u64>(bits));
            check::<Z2<64>, O>(bits as u64, &x, bits);
        }
    }
    into::<Z2<1>>();
    into::<Z2<2>>();
    into::<Z2<3>>();
    into::<Z2<5>>();
    into::<Z2<14>>();
    into::<Z2<33>>();
    into::<Z2<63>>();
    into::<Z2<64>>();
    into::<Z2<65>>();
    into::<Z2<128>>();
}

#[test]
fn low_bits_inside_wider_rings() {
    for bits in 2..=64 {
        let x = varied::<u128>(700, bits, &mut Random(bits as u64));
        check::<Z2<128>, Z2<14>>(2, &x, bits);
        check::<Z2<65>, Z2<33>>(3, &x, bits);
        check_bits::<Z2<77>>(4, &x, bits);
        if bits <= 33 {
            let x = varied::<u64>(700, bits, &mut Random(bits as u64));
            check::<Z2<33>, Z2<3>>(5, &x, bits);
        }
        if bits <= 14 {
            let x = varied::<u16>(700, bits, &mut Random(bits as u64));
            check::<Z2<14>, Z2<14>>(6, &x, bits);
        }
    }
}

#[test]
fn any_length_of_the_vector() {
    for len in [0, 1, 63, 64, 65, 127, 128, 129, 255, 256, 257, 320, 512, 5000] {
        for bits in [2, 8, 14, 33, 64] {
            let x = varied::<u64>(len, bits, &mut Random(bits as u64));
            check::<Z2<64>, Z2<13>>(len as u64, &x, bits);
            check::<Z2<64>, Z2<64>>(len as u64, &x, bits);
            check_bits::<Z2<64>>(len as u64, &x, bits);
        }
    }
}

#[test]
fn keys_are_what_the_docs_say() {
    fn holds<O: Ring>(bits: u32) {
        let (len, session) = (300, bits as u64);
        let mut deck = Deck::new(&seeds(2, session)).unwrap();
        let (recipients, correction) = deck.deal(&Dcf::<Z2<64>, O>::request(len, bits)).unwrap().unwrap();
        assert_eq!((recipients, correction.len()), (2, key_bytes(len, bits, O::BITS)));
        let shape = Shape { bits, width: O::BITS };
        let keys = shape.read(&correction, len);
        let seeds = seeds(2, session);
        let roots = generators(&seeds).map(|prg| {
            let mut roots = vec![0u128; len];
            prg.words(1, 0, &mut roots);
            roots
        });
        let roots: Vec<Vec<u128>> = roots.collect();
        let masks = masks::<u64>(session, len, bits);
        let mut random = Random(session);
        for (i, (key, r)) in keys.iter().zip(masks).enumerate() {
            let low = u64::mask(bits - 1);
            // About the threshold, at the ends and anywhere.
            for y in [r, r.wrapping_sub(1), r.wrapping_add(1), 0, low, random.next()].map(|y| y & low) {
                let shares = [0, 1].map(|party| shape.evaluate(party, key, roots[party][i], y));
                let t = shares[0].wrapping_add(shares[1]) & u128::mask(O::BITS);
                let expected = (r >> (bits - 1) & 1) ^ u64::from(y < r & low);
                assert_eq!(t, u128::from(expected), "place {i}, {bits} bits, y' = {y}");
            }
        }
    }
    for bits in [2, 3, 7, 8, 9, 14, 31, 64] {
        holds::<Z2<1>>(bits);
        holds::<Z2<14>>(bits);
        holds::<Z2<33>>(bits);
        holds::<Z2<128>>(bits);
    }
}

#[test]
fn keys_have_the_size_that_the_docs_say() {
    // K·(129 + w) + 128 bits, K = k − 1 − ⌊log2(128 / w)⌋.
    for (bits, width, levels) in
        [(14, 14, 10), (16, 16, 12), (32, 32, 29), (64, 64, 62), (64, 1, 56), (3, 14, 0)]
    {
        let bits_a_value = levels * (129 + width as usize) + 128;
        assert_eq!(key_bytes(1 << 16, bits, width) * 8, bits_a_value << 16, "{bits} bits into {width}");
    }
}

#[test]
fn a_vector_may_be_cut_anywhere() {
    let x = varied::<u64>(1000, 20, &mut Random(1));
    let run = |cuts: &'static [usize]| {
        let x = &x;
        let run = Simulation::new(2).run(move |party| {
            party.set_comparison(Family::Dcf);
            let x = crate::common::input::<Z2<64>>(party, 1, x)?;
            let mut out = Vec::new();
            for ends in cuts.windows(2) {
                let signs = party.sign::<_, Z2<14>>(&x.slice(ends[0]..ends[1]), 20)?;
                out.extend(party.open(&signs)?);
            }
            Ok(out)
        });
        run.unwrap().outputs
    };
    let whole = run(&[0, 1000]);
    assert_eq!(whole[0], x.iter().map(|x| if x.signed(20) < 0 { 0x3fff } else { 1 }).collect::<Vec<u16>>());
    for cuts in [&[0, 1, 64, 1000][..], &[0, 256, 512, 768, 1000], &[0, 333, 999, 1000]] {
        assert_eq!(run(cuts), whole);
    }
}

#[test]
fn everything_that_compares_can_compare_by_it() {
    let values: Vec<u16> = [5, -3, 0, 100, 100, -100, 7, 7].map(|x: i16| x as u16).to_vec();
    let run = Simulation::new(2).run(|party| {
        party.set_comparison(Family::Dcf);
        let x = crate::common::input::<Z2<16>>(party, 0, &values)?;
        let y = crate::common::input::<Z2<16>>(party, 1, &[5; 8])?;
        let greater = party.greater::<_, Z2<8>>(&x, &y, 16)?;
        let place = party.argmax::<_, Z2<8>>(&x, 4, 10)?;
        let negative = party.negative_bits(&x, 16)?;
        Ok((party.open(&greater)?, party.open(&place)?, party.open_bits(&negative)?))
    });
    for (greater, place, negative) in run.unwrap().outputs {
        assert_eq!(greater, [0, 0, 0, 1, 1, 0, 1, 1]);
        assert_eq!(place, [3, 0]);
        assert_eq!(negative, [0b10_0010]);
    }
}

#[test]
fn what_is_made_of_comparisons_works_by_it() {
    // Room is left above the greatest.
    let values: Vec<u16> = [5, -3, 0, 32_760, -32_768, -100, 7, 1000].map(|x: i16| x as u16).to_vec();
    let run = Simulation::new(2).run(|party| {
        party.set_comparison(Family::Dcf);
        let x = crate::common::input::<Z2<16>>(party, 0, &values)?;
        let low = party.relu::<_, Z2<16>>(&x, 16)?;
        let narrow = party.relu::<_, Z2<9>>(&x, 16)?;
        let zero = party.zero::<_, Z2<8>>(&x, 16)?;
        let x = crate::common::input::<Z2<32>>(
            party,
            0,
            &values.iter().map(|x| *x as i16 as u32).collect::<Vec<_>>(),
        )?;
        let wide = party.relu_truncate::<_, Z2<64>>(&x, 16, 3)?;
        Ok((party.open(&low)?, party.open(&narrow)?, party.open(&zero)?, party.open(&wide)?))
    });
    for (low, narrow, zero, wide) in run.unwrap().outputs {
        assert_eq!(low, [5, 0, 0, 32_760, 0, 0, 7, 1000]);
        assert_eq!(narrow, [5, 0, 0, 32_760 & 511, 0, 0, 7, 1000 & 511]);
        assert_eq!(zero, [0, 0, 1, 0, 0, 0, 0, 0]);
        for (wide, low) in wide.iter().zip(low) {
            let floor = u64::from(low) / 8;
            assert!((floor..=floor + u64::from(low % 8 > 0)).contains(wide), "{wide} of {low}");
        }
    }
}

#[test]
fn other_numbers_of_parties_are_refused() {
    for parties in [3, 7] {
        let sign = Simulation::new(parties).run(|party| {
            party.set_comparison(Family::Dcf);
            party.sign::<Z2<14>, Z2<14>>(&Share::zeros(3), 14).map(drop)
        });
        let bits = Simulation::new(parties).run(|party| {
            party.set_comparison(Family::Dcf);
            party.negative_bits::<Z2<14>>(&Share::zeros(3), 14).map(drop)
        });
        let mut deck = Deck::new(&seeds(parties, 1)).unwrap();
        let dealt = deck.deal(&Dcf::<Z2<14>, Z2<14>>::request(3, 14)).map(drop);
        let dealt = dealt.unwrap_err();
        assert!(matches!(dealt, OfflineError::Range { least: 2, most: 2, .. }), "{dealt}");
        let expected = format!("parties of a comparison by DCF: expected 2 to 2, found {parties}");
        assert_eq!(dealt.to_string(), expected);
        for error in [sign.unwrap_err().error, bits.unwrap_err().error] {
            assert!(matches!(error, Error::Range { least: 2, most: 2, .. }), "{error}");
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[test]
fn malformed_corrections_are_refused() {
    type D = Dcf<Z2<14>, Z2<5>>;
    let (request, bytes) = (D::request(3, 14), key_bytes(3, 14, 5));
    for party in 0..2 {
        let store = || Store::new(seeds(2, 1).row(party).unwrap());
        for found in [0, bytes - 1, bytes + 1] {
            let error = store().put(request.clone(), Some(vec![0; found])).unwrap_err();
            assert_eq!(error, OfflineError::Correction { expected: bytes, found });
        }
        let finish = |correction: Vec<u8>| {
            let mut store = store();
            store.put(request.clone(), Some(correction)).unwrap();
            let masked = Dcf::<Z2<14>, Z2<5>>::take(&mut store, 3, 14).unwrap().mask(&Share::zeros(3)).1;
            masked.finish(&[1, 2, 3], [0, 1]).map(drop)
        };
        assert_eq!(finish(vec![0; bytes]), Ok(()));
        assert_eq!(finish(vec![0xff; bytes]), Err(OfflineError::Padding));
        // The last bit of the first level's elements.
        let mut padded = vec![0; bytes];
        padded[3 * 16 + 8 + 1] = 0x80;
        assert_eq!(finish(padded), Err(OfflineError::Padding));
    }
}

#[test]
#[should_panic(expected = "1 bits compared")]
fn one_bit_is_no_comparison() {
    let _ = Dcf::<Z2<14>, Z2<14>>::take(&mut stores(2, 1, &Recipe::default())[0], 1, 1);
}

#[test]
#[should_panic(expected = "opened values")]
fn opened_values_of_another_length_are_the_callers_fault() {
    let (mut masked, _) = open::<Z2<14>, Z2<14>>(1, &[Zero::zero(); 3], 14);
    let _ = masked.remove(0).finish(&[0; 4], [0, 1]);
}
