//! What comparisons and what stands on them open, and their results.

use ringshare::protocol::{Error, Family, Party};
use ringshare::ring::Z2;
use ringshare::share::Share;

use super::{LEN, R, input, inputs, see, uniform, uniform_words, widened};

#[test]
fn openings_and_results_of_comparisons() {
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, values)?;
            let sign = party.sign::<R, R>(&x, 14)?;
            Ok(widened(sign.expose()))
        });
        seen.check_frames();
        // Shares of 1 − 2b are one at party 0 and zero elsewhere, plus twice a uniform share.
        for (party, words) in seen.words.iter().enumerate() {
            assert!(words.iter().all(|word| word & 1 == u64::from(party == 0)));
            let halves: Vec<u64> = words.iter().map(|word| word >> 1).collect();
            uniform_words("a share of a sign", &halves, 13);
        }
        let (y, bits) = (seen.opened(0, 14), seen.opened_bits(0));
        uniform_words("y", &y, 14);
        assert_eq!(bits.len(), 3);
        // All masked bits of a value together with the high bits of its y.
        let joint = |i: usize| bits.iter().fold(y[i] as usize >> 10, |sample, bits| sample << 1 | bits[i]);
        uniform("y and masked bits", (0..LEN).map(joint), 1 << 7);
    }
}

#[test]
fn openings_of_long_comparisons() {
    for (seed, values) in inputs().iter().enumerate() {
        for bits in [20, 33, 64] {
            let seen = see(seed as u64, |party| {
                let x = input::<Z2<64>>(party, values)?;
                let arithmetic = party.negative::<Z2<64>, Z2<64>>(&x, bits)?;
                let boolean = party.negative_bits(&x, bits)?;
                Ok([arithmetic.expose(), boolean.expose()].concat())
            });
            seen.check_frames();
            uniform_words("y", &seen.opened(0, bits), bits);
            for words in &seen.words {
                uniform_words("shares of x < 0", &words[..LEN], 64);
                let bytes = words[LEN..].iter().flat_map(|word| word.to_le_bytes());
                uniform("shares of bits", bytes.map(usize::from), 256);
            }
            seen.check_opened_bits();
        }
    }
}

#[test]
fn openings_and_results_of_relus_floors_and_equality() {
    type Step<'a> = &'a (dyn Fn(&mut Party, &Share<Z2<64>>) -> Result<Share<Z2<64>>, Error> + Sync);
    let steps: [(u32, Step<'_>); 6] = [
        (14, &|party, x| party.relu(x, 14)),
        // Two parties open what is left.
        (12, &|party, x| party.relu_truncate(x, 20, 8)),
        (64, &|party, x| party.relu(x, 64)),
        (13, &|party, x| party.truncate(x, 20, 8)),
        (34, &|party, x| party.truncate_floor(x, 33, 20)),
        (33, &|party, x| party.zero(x, 33)),
    ];
    for (seed, values) in inputs().iter().enumerate() {
        for (bits, step) in &steps {
            let seen = see(seed as u64, |party| {
                let x = input::<Z2<64>>(party, values)?;
                Ok(step(party, &x)?.expose().to_vec())
            });
            seen.check_frames();
            uniform_words("y", &seen.opened(0, *bits), *bits);
            seen.words.iter().for_each(|words| uniform_words("shares of a result", words, 64));
            seen.check_opened_bits();
        }
    }
}

#[test]
fn openings_and_results_of_comparisons_by_dcf() {
    for (seed, values) in inputs().iter().enumerate() {
        for bits in [14, 33] {
            let seen = see(seed as u64, |party| {
                party.set_comparison(Family::Dcf);
                let x = input::<Z2<64>>(party, values)?;
                let arithmetic = party.negative::<Z2<64>, Z2<64>>(&x, bits)?;
                let boolean = party.negative_bits(&x, bits)?;
                Ok([arithmetic.expose(), boolean.expose()].concat())
            });
            seen.check_frames();
            let y = [0, 1].map(|nth| seen.opened(nth, bits));
            y.iter().for_each(|y| uniform_words("y", y, bits));
            let difference: Vec<u64> = y[0].iter().zip(&y[1]).map(|(a, b)| a.wrapping_sub(*b)).collect();
            uniform_words("the difference of two y", &difference, bits);
            for words in &seen.words {
                uniform_words("shares of x < 0", &words[..LEN], 64);
                let bytes = words[LEN..].iter().flat_map(|word| word.to_le_bytes());
                uniform("shares of bits", bytes.map(usize::from), 256);
            }
        }
    }
}

#[test]
fn openings_of_bits() {
    type Step<'a> = &'a (dyn Fn(&mut Party, &Share<Z2<64>>) -> Result<Vec<u64>, Error> + Sync);
    // The bits of x itself open nothing, so that products of them see any reuse of a mask.
    let bits = |party: &mut Party, x: &Share<Z2<64>>| Ok::<_, Error>(party.bits(x, 1)?.remove(0));
    let steps: [(u32, bool, Step<'_>); 8] = [
        (14, true, &|party, x| {
            Ok(party.bits(x, 14)?.iter().flat_map(|bits| bits.expose().to_vec()).collect())
        }),
        (33, true, &|party, x| Ok(party.negative_bits(x, 33)?.expose().to_vec())),
        (64, false, &|party, x| Ok(party.negative::<_, Z2<64>>(x, 64)?.expose().to_vec())),
        (21, true, &|party, x| Ok(party.zero_bits(x, 21)?.expose().to_vec())),
        (20, false, &|party, x| Ok(party.relu_truncate::<_, Z2<64>>(x, 20, 8)?.expose().to_vec())),
        (0, true, &|party, x| {
            let bits = bits(party, x)?;
            Ok(party.and(&bits, &bits)?.expose().to_vec())
        }),
        (0, false, &|party, x| {
            let bits = bits(party, x)?;
            Ok(party.compose::<Z2<64>>(&[bits.clone(), bits.clone(), bits])?.expose().to_vec())
        }),
        (64, false, &|party, x| {
            let bits = bits(party, x)?;
            Ok(party.select_bits(&bits, x)?.expose().to_vec())
        }),
    ];
    for (seed, values) in inputs().iter().enumerate() {
        for (opened, bytes, step) in &steps {
            let seen = see(seed as u64, |party| {
                party.set_comparison(Family::Bitwise);
                let x = input::<Z2<64>>(party, values)?;
                step(party, &x)
            });
            seen.check_frames();
            if *opened > 0 {
                uniform_words("y", &seen.opened(0, *opened), *opened);
            }
            seen.check_opened_bits();
            for words in &seen.words {
                match bytes {
                    true => {
                        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
                        uniform("shares of bits", bytes.map(usize::from), 256);
                    }
                    false => uniform_words("shares of a result", words, 64),
                }
            }
        }
    }
}

/// What a party makes of neighbouring entries of one table has a mask for every entry.
#[test]
fn shares_of_the_places_of_the_greatest() {
    for (seed, values) in inputs().iter().enumerate() {
        let small: Vec<u64> = values.iter().map(|value| value & 0xfff).collect();
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, &small)?;
            Ok(widened(party.top_k::<R, R>(&x, 4, 3, 14)?.expose()))
        });
        seen.check_frames();
        for words in &seen.words {
            uniform_words("places", words, 14);
            let difference = |i: usize, j: usize| -> Vec<u64> {
                words.chunks(3).map(|places| places[i].wrapping_sub(places[j])).collect()
            };
            uniform_words("places 0 and 1", &difference(0, 1), 14);
            uniform_words("places 1 and 2", &difference(1, 2), 14);
        }
    }
}
