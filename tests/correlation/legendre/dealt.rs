//! What is dealt and opened: that it is uniform, what is refused, and what it costs.

use super::*;

/// The statistic of a chi-square test of elements below p by 256 equal intervals, far below what one in
/// a million of uniform samples exceeds (378) if all is well.
fn chi_square(elements: &[u64], p: u64) -> f64 {
    let mut counts = [0f64; 256];
    elements.iter().for_each(|&x| counts[(x as u128 * 256 / p as u128) as usize] += 1.0);
    let expected = elements.len() as f64 / 256.0;
    counts.iter().map(|count| (count - expected).powi(2) / expected).sum()
}

#[test]
fn what_is_opened_and_dealt_is_uniform() {
    const LEN: usize = 1 << 14;
    for variant in VARIANTS {
        let (field, p) = (variant.field(), variant.prime());
        let request = Legendre::<Z2<14>, Z2<64>>::request(LEN, 10, variant);
        for x in [0, -1, 511, -512] {
            let mut stores = stores(2, 5, &Recipe(vec![request.clone()]));
            let opened = products::<Z2<14>, Z2<64>>(&mut stores, &[x; LEN], 10, variant, &mut Random(3));
            assert!(chi_square(&opened.b, p) < 378.0, "{variant:?}, b of {x}");
            let y: Vec<u64> = opened.y.iter().map(|&y| y as u64).collect();
            assert!(chi_square(&y, 1 << 11) < 378.0, "{variant:?}, y of {x}");
            // Squares and others as often, and of one value's as of another's.
            let mut words = vec![0; opened.b.len() / 64];
            field.symbols(&opened.b, &mut words);
            let (symbols, expected) = (words.chunks(LEN / 64), LEN as f64 / 2.0);
            for i in symbols.clone() {
                for j in symbols.clone() {
                    let bits = |a: &u64, b: &u64| if i == j { a.count_ones() } else { (a ^ b).count_ones() };
                    let ones: u32 = i.iter().zip(j).map(|(a, b)| bits(a, b)).sum();
                    assert!((ones as f64 - expected).abs() < 6.0 * (expected / 2.0).sqrt(), "{ones} ones");
                }
            }
            for i in opened.b.chunks(LEN) {
                for j in opened.b.chunks(LEN).filter(|j| *j != i) {
                    let difference: Vec<u64> = i.iter().zip(j).map(|(&i, &j)| field.sub(i, j)).collect();
                    assert!(chi_square(&difference, p) < 378.0, "{variant:?}, differences");
                }
            }
        }
        let (_, correction) =
            Deck::new(&crate::common::seeds(2, 5)).unwrap().deal(&request).unwrap().unwrap();
        let words: Vec<u64> = correction.chunks_exact(8).map(u64::read_le).collect();
        let (products, entries) = words.split_at(2 * LEN * variant.symbols());
        for vector in products.chunks(2 * LEN) {
            let candidate = |n: usize| vector.iter().skip(n).step_by(2).copied().collect::<Vec<_>>();
            let [first, second] = [0, 1].map(candidate);
            let difference: Vec<u64> = first.iter().zip(&second).map(|(&a, &b)| field.sub(a, b)).collect();
            for elements in [first, second, difference] {
                assert!(chi_square(&elements, p) < 378.0, "{variant:?}, a correction");
            }
        }
        for entries in entries.chunks(LEN) {
            let tops: Vec<u64> = entries.iter().map(|entry| entry >> 1).collect();
            assert!(chi_square(&tops, 1 << 63) < 378.0, "{variant:?}, entries");
        }
    }
}

#[test]
fn corrections_with_words_that_are_no_elements_are_refused() {
    for variant in VARIANTS {
        let request = Legendre::<Z2<14>, Z2<5>>::request(3, 10, variant);
        let bytes = request.correction().unwrap().1;
        let finish = |correction: Vec<u8>| {
            let mut store = Store::new(crate::common::seeds(2, 1).row(0).unwrap());
            store.put(request.clone(), Some(correction)).unwrap();
            let taken = Legendre::<Z2<14>, Z2<5>>::take(&mut store, 3, 10, variant).unwrap();
            let (_, masked) = taken.mask(&Share::zeros(3));
            // One entry of each pair is read.
            let y = [0, 1 << 10, 0];
            let (b, products) = masked.products(&y)?;
            products.finish(&b, [0, 1]).map(drop)
        };
        assert_eq!(finish(vec![0; bytes]), Ok(()));
        let element = OfflineError::Element { prime: variant.prime() };
        assert!(element.to_string().contains(&format!("expected elements below {}", variant.prime())));
        let with = |at: usize, word: u64| {
            let mut correction = vec![0; bytes];
            correction[8 * at..8 * at + 8].copy_from_slice(&word.to_le_bytes());
            finish(correction)
        };
        for value in 0..3 * variant.symbols() {
            let read = 2 * value + usize::from(value % 3 == 1);
            assert_eq!(with(read, variant.prime()), Err(element.clone()));
            assert_eq!(with(read, u64::MAX), Err(element.clone()));
            assert_eq!(with(read, variant.prime() - 1), Ok(()));
        }
        // Padding behind the entries.
        let mut correction = vec![0; bytes];
        correction[bytes - 1] = 0xff;
        assert_eq!(finish(correction), Err(OfflineError::Padding));
    }
}

#[test]
fn the_cost_is_that_of_the_request() {
    for variant in VARIANTS {
        for (len, output) in [(0, Elements::of::<Z2<1>>()), (77, Elements::of::<Z2<14>>())] {
            let cost = Family::Legendre(variant).cost(len, 8, Some(output));
            let symbols = variant.symbols();
            assert_eq!((cost.rounds, cost.opened_bits), (2, (9 + 64 * symbols as u64) * len as u64));
            let entries = (1 << (symbols - 1)) * (len * output.bits as usize).div_ceil(8);
            assert_eq!(cost.dealer_bytes, (16 * symbols * len + entries) as u64);
        }
    }
}
