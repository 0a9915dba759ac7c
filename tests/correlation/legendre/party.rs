//! By a party, by the common interface and by its own.

use super::*;

/// What a party gets for values of party 1, opened.
fn outputs<O: Send>(simulation: &Simulation, f: impl Fn(&mut Party) -> Result<O, Error> + Sync) -> Vec<O> {
    simulation.run(f).unwrap().outputs
}

#[test]
fn the_common_interface_gives_signs() {
    for variant in VARIANTS {
        let bits = variant.bits();
        let x: Vec<i64> = (-1 << (bits - 1)..1 << (bits - 1)).collect();
        let negative: Vec<u64> = x.iter().map(|&x| u64::from(x < 0)).collect();
        for parties in [2, 3, 4] {
            for topology in [Topology::Direct, Topology::Scatter] {
                let simulation = Simulation::new(parties).topology(topology).seed(3);
                let results = outputs(&simulation, |party| {
                    party.set_comparison(Family::Legendre(variant));
                    assert_eq!(party.comparison(), Family::Legendre(variant));
                    let x = input::<Z2<14>>(party, 1, &words(&x))?;
                    let zeros = Share::zeros(x.len());
                    let shares = [
                        party.negative::<_, Z2<64>>(&x, bits)?,
                        party.greater::<_, Z2<64>>(&zeros, &x, bits)?,
                        party.compare::<_, Z2<64>>(&x, bits, [7, 9])?,
                        party.sign::<_, Z2<64>>(&x, bits)?,
                    ];
                    let bits = party.negative_bits(&x, bits)?;
                    let mut out = Vec::new();
                    for share in shares {
                        out.push(party.open(&share)?);
                    }
                    Ok((out, party.open_bits(&bits)?))
                });
                for (out, bits) in results {
                    assert_eq!((&out[0], &out[1]), (&negative, &negative));
                    for (i, &negative) in negative.iter().enumerate() {
                        assert_eq!(out[2][i], 7 + 2 * negative);
                        assert_eq!(out[3][i], 1u64.wrapping_sub(2 * negative));
                        assert_eq!(bits[i / 64] >> (i % 64) & 1, negative);
                    }
                }
            }
        }
    }
}

#[test]
fn bits_of_any_number_of_values() {
    for len in [0, 1, 7, 8, 63, 64, 65, 130] {
        let x: Vec<i64> = (0..len).map(|i| if i % 3 == 0 { -i - 1 } else { i }).collect();
        let run = outputs(&Simulation::new(3), |party| {
            party.set_comparison(Family::Legendre(Variant::Bsgn1));
            let x = input::<Z2<10>>(party, 0, &words(&x))?;
            party.negative_bits(&x, 9)
        });
        let open = |shares: Vec<BitShare>| {
            shares.into_iter().reduce(|mut a, b| {
                a.xor_assign(&b);
                a
            })
        };
        let opened = open(run).unwrap();
        assert_eq!(opened.len() as i64, len);
        for (i, x) in x.iter().enumerate() {
            assert_eq!(opened.expose()[i / 64] >> (i % 64) & 1 == 1, *x < 0, "place {i} of {len}");
        }
    }
}

#[test]
fn an_argmax_can_stand_on_it() {
    let x = [3i64, 90, -4, 90, 7, 7, 6, 5, -60, -61, -62, -63];
    let family = Family::Legendre(Variant::Bsgn1);
    let places = outputs(&Simulation::new(3), |party| {
        party.set_comparison(family);
        let x = input::<Z2<14>>(party, 1, &words(&x))?;
        let place = party.argmax::<_, Z2<14>>(&x, 4, 9)?;
        party.open(&place)
    });
    assert!(places.iter().all(|places| *places == [1, 0, 0]));
}

#[test]
fn relu_and_equality_can_stand_on_it() {
    let x: Vec<i64> = (-256..256).collect();
    for variant in [Variant::Bsgn1, Variant::Bsgn2] {
        let run = outputs(&Simulation::new(3), |party| {
            party.set_comparison(Family::Legendre(variant));
            let x = input::<Z2<14>>(party, 1, &words(&x))?;
            let relu = party.relu::<_, Z2<33>>(&x, 9)?;
            let half = party.relu_truncate::<_, Z2<33>>(&x, 9, 1)?;
            let zero = party.zero::<_, Z2<33>>(&x, 9)?;
            Ok([party.open(&relu)?, party.open(&half)?, party.open(&zero)?])
        });
        for [relu, half, zero] in run {
            for (i, &x) in x.iter().enumerate() {
                assert_eq!((relu[i], zero[i]), (x.max(0) as u64, u64::from(x == 0)), "{x}");
                let rest = 2 * half[i] as i64 - x.max(0);
                assert!(rest.abs() <= x & 1, "half of {x}");
            }
        }
    }
}

#[test]
fn the_direct_method_is_the_majority_of_symbols_whatever_the_value() {
    for variant in VARIANTS {
        let mut x = varied(3000, MAX_BITS, &mut Random(7));
        x.extend([(1 << 60) - 1, -1 << 60, 1 << 59, 135, -136, 0]);
        for parties in [2, 5] {
            let run = outputs(&Simulation::new(parties).seed(4), |party| {
                let x = input::<Z2<64>>(party, 1, &words(&x))?;
                let sign = party.legendre::<_, Z2<8>>(&x, MAX_BITS, variant, sign_values::<Z2<8>>())?;
                party.open(&sign)
            });
            for out in run {
                assert!(x.iter().zip(out).all(|(&x, out)| out as i8 == bsgn(variant, x)), "{variant:?}");
            }
        }
    }
}

/// What a party says to bits that are not taken, before it has asked or sent anything.
fn refused<R: Ring>(family: Option<Variant>, bits: u32) -> bool {
    let mut party = Party::dry(2);
    let x = Share::<R>::zeros(3);
    let results = match family {
        Some(variant) => {
            party.set_comparison(Family::Legendre(variant));
            let results = [
                party.sign::<R, Z2<5>>(&x, bits).map(drop),
                party.negative_bits(&x, bits).map(drop),
                party.greater::<R, Z2<5>>(&x, &x, bits).map(drop),
            ];
            results.to_vec_of_errors()
        }
        None => {
            let values = bit_values::<Z2<5>>();
            [party.legendre::<R, Z2<5>>(&x, bits, Variant::Bsgn1, values).map(drop)].to_vec_of_errors()
        }
    };
    let dry = party.take_dry_run();
    let nothing = dry.recipe.requests().is_empty() && dry.sent_bytes == 0;
    let range =
        |error: &Option<Error>| matches!(error, Some(Error::Range { found, .. }) if *found == bits as u64);
    let all = results.iter().all(range);
    assert!(all == nothing && all == results.iter().any(Option::is_some));
    all
}

trait Errors {
    fn to_vec_of_errors(self) -> Vec<Option<Error>>;
}

impl<const N: usize> Errors for [Result<(), Error>; N] {
    fn to_vec_of_errors(self) -> Vec<Option<Error>> {
        self.into_iter().map(Result::err).collect()
    }
}

#[test]
fn bits_that_do_not_fit_are_refused_before_anything_is_sent() {
    for variant in VARIANTS {
        let most = variant.bits();
        for bits in 0..=70 {
            assert_eq!(refused::<Z2<64>>(Some(variant), bits), !(2..=most).contains(&bits));
            // No spare bit.
            assert_eq!(refused::<Z2<7>>(Some(variant), bits), !(2..=6).contains(&bits));
        }
    }
    for bits in (0..=130).chain([u32::MAX]) {
        assert_eq!(refused::<Z2<128>>(None, bits), !(2..=61).contains(&bits));
        assert_eq!(refused::<Z2<62>>(None, bits), !(2..=61).contains(&bits));
        assert_eq!(refused::<Z2<20>>(None, bits), !(2..=19).contains(&bits));
        assert!(refused::<Z2<1>>(None, bits) && refused::<Z2<2>>(None, bits));
    }
}
