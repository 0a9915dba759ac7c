//! Protocols on small vectors.

use ringshare::function::{Piecewise, Table, TableFormat};
use ringshare::linalg::{Filters, Window};
use ringshare::nn::train::{Batch, Clear, Program, Secure, TrainOptions, Trainer};
use ringshare::nn::{Model, Rounding, Weight, op};
use ringshare::prg::Seed;
use ringshare::protocol::{Error, Family};
use ringshare::ring::{Ring, Word, Z2};
use ringshare::secret::memcheck::{public, secret};
use ringshare::{Party, Share};

use crate::session::run;

/// Values that every protocol here can take: small, of both signs, an odd number of them.
const VALUES: [i64; 7] = [0, 1, -1, 37, -38, 90, -100];

/// The values as a secret input of party 1.
fn input<R: Ring>(party: &mut Party, values: &[i64]) -> Result<Share<R>, Error> {
    let own = party.id() == 1 && !party.is_dry();
    let words = own.then(|| {
        let mut words: Vec<_> = values.iter().map(|&x| R::Word::from_signed(x.into())).collect();
        secret(&mut words);
        words
    });
    party.input_in_place::<R>(1, values.len(), words)
}

fn open<R: Ring>(party: &mut Party, x: &Share<R>) -> Result<Vec<u64>, Error> {
    Ok(party.open(x)?.into_iter().map(Word::low64).collect())
}

/// What opens for these numbers.
fn of<R: Ring>(numbers: impl IntoIterator<Item = i64>) -> Vec<u64> {
    let mask = if R::BITS < 64 { (1 << R::BITS) - 1 } else { u64::MAX };
    numbers.into_iter().map(|x| x as u64 & mask).collect()
}

pub fn all() {
    for family in Family::ALL {
        let bits = if matches!(family, Family::Legendre(_)) { 8 } else { 14 };
        compared::<Z2<16>>(2, family, bits);
        if family != Family::Dcf {
            compared::<Z2<16>>(3, family, bits);
        }
    }
    for family in [Family::default(), Family::Bitwise, Family::Dcf] {
        compared::<Z2<13>>(2, family, 13);
        compared::<Z2<32>>(2, family, 20);
        compared::<Z2<64>>(2, family, 64);
    }
    for parties in [2, 3] {
        numbers::<Z2<8>>(parties);
        numbers::<Z2<13>>(parties);
        numbers::<Z2<32>>(parties);
        numbers::<Z2<64>>(parties);
        functions::<Z2<16>>(parties);
        functions::<Z2<32>>(parties);
        products::<Z2<8>>(parties);
        products::<Z2<14>>(parties);
        products::<Z2<32>>(parties);
        products::<Z2<64>>(parties);
        convolution(parties);
        training(parties, Rounding::Floor);
        training(parties, Rounding::Stochastic);
    }
}

/// A step of a small network with weights and examples of party 1. Where rounding is exact, the weights are those of the twin in the clear, else they
/// are near them.
fn training(parties: usize, rounding: Rounding) {
    let real = |count: usize| (0..count).map(|i| ((i * 37 % 23) as f32 - 11.) / 16.).collect::<Vec<f32>>();
    let mut model = Model::new([1, 1, 5]);
    let layer = |inputs: usize, outputs: usize| op::Linear {
        weight: Weight::Real(real(inputs * outputs)),
        bias: real(outputs),
    };
    model.push("fc1", layer(5, 4)).expect("a layer");
    model.push("relu", op::Relu).expect("a layer");
    model.push("fc2", layer(4, 3)).expect("a layer");
    let options = TrainOptions { rounding, ..TrainOptions::default() };
    let x = real(10);
    let step =
        |own: bool, trainer: &mut Trainer, a: &mut dyn FnMut(&mut Trainer, Batch) -> Result<(), Error>| {
            let rows = x.chunks(5).enumerate().map(|(label, x)| own.then_some((x, label)));
            let batch = Batch::new(trainer.program(), rows)?;
            a(trainer, batch)
        };
    let program = || Program::new(&model, options).expect("a program");
    let mut twin = Trainer::given(program(), Some(&model)).expect("weights");
    let mut clear = Clear::new(Rounding::Floor, &Seed::from_bytes([0; 16]));
    step(true, &mut twin, &mut |trainer, batch| trainer.step(&mut clear, batch, 0.5, false).map(drop))
        .expect("a step");
    let signed = |word: &u64| ((word << 12) as i64) >> 12;
    let expected: Vec<i64> = twin.shares().flat_map(|share| share.expose().iter().map(signed)).collect();
    let right = vec![1; expected.len()];
    run("a training step", parties, Family::default(), &right, |party| {
        let own = party.id() == 1;
        let mut trainer = Trainer::given(program(), (own && !party.is_dry()).then_some(&model))?;
        step(own, &mut trainer, &mut |trainer, batch| {
            trainer.step(&mut Secure::new(party, rounding), batch, 0.5, false).map(drop)
        })?;
        let mut found = Vec::new();
        for share in trainer.shares() {
            found.extend(party.open(share)?);
        }
        public(&mut found);
        let off = if rounding == Rounding::Floor { 0 } else { 1 << 28 };
        let near = |(found, expected): (&u64, &i64)| u64::from((signed(found) - expected).abs() <= off);
        Ok(found.iter().zip(&expected).map(near).collect())
    });
}

/// Signs, ReLU, maxima and places of the greatest.
fn compared<R: Ring>(parties: usize, family: Family, bits: u32) {
    let name = |what: &str| format!("{what} of {bits} bits in Z_2^{}", R::BITS);
    let signs = of::<R>(VALUES.map(|x| if x < 0 { -1 } else { 1 }));
    run(&name("sign"), parties, family, &signs, |party| {
        let x = input::<R>(party, &VALUES)?;
        let signs = party.sign::<R, R>(&x, bits)?;
        open(party, &signs)
    });
    run(&name("negative bits"), parties, family, &[0b101_0100], |party| {
        let x = input::<R>(party, &VALUES)?;
        let negative = party.negative_bits(&x, bits)?;
        party.open_bits(&negative)
    });
    run(&name("ReLU"), parties, family, &of::<R>(VALUES.map(|x| x.max(0))), |party| {
        let x = input::<R>(party, &VALUES)?;
        let y = party.relu::<R, R>(&x, bits)?;
        open(party, &y)
    });
    // Rounded at random: within a unit of half the number.
    run(&name("truncating ReLU"), parties, family, &[1; 7], |party| {
        let x = input::<R>(party, &VALUES)?;
        let y = party.relu_truncate::<R, R>(&x, bits, 1)?;
        let y = open(party, &y)?;
        Ok(y.iter().zip(VALUES).map(|(&y, x)| u64::from(y.abs_diff(x.max(0) as u64 / 2) <= 1)).collect())
    });
    let halves = VALUES.map(|x| x / 2);
    let reversed: Vec<i64> = halves.iter().rev().copied().collect();
    let maxima = halves.iter().zip(&reversed).map(|(&a, &b)| a.max(b));
    run(&name("maximum"), parties, family, &of::<R>(maxima), |party| {
        let (x, y) = (input::<R>(party, &halves)?, input::<R>(party, &reversed)?);
        let greatest = party.maximum(&x, &y, bits)?;
        open(party, &greatest)
    });
    run(&name("argmax"), parties, family, &[5], |party| {
        let x = input::<R>(party, &halves)?;
        let place = party.argmax::<R, R>(&x, 7, bits)?;
        open(party, &place)
    });
    let greater = halves.iter().zip(&reversed).map(|(a, b)| i64::from(a > b));
    run(&name("greater"), parties, family, &of::<R>(greater), |party| {
        let (x, y) = (input::<R>(party, &halves)?, input::<R>(party, &reversed)?);
        let greater = party.greater::<R, R>(&x, &y, bits)?;
        open(party, &greater)
    });
    run(&name("clipped ReLU"), parties, family, &of::<R>(VALUES.map(|x| x.clamp(0, 20))), |party| {
        let x = input::<R>(party, &VALUES)?;
        let y = party.clipped_relu::<R, R>(&x, bits, R::Word::truncate64(20))?;
        open(party, &y)
    });
    let pool = Window::new([2, 2, 1], [2, 2]);
    run(&name("maximum of a window"), parties, family, &of::<R>([18]), |party| {
        let x = input::<R>(party, &halves[1..5])?;
        let greatest = party.max_pool(&x, &pool, bits)?;
        open(party, &greatest)
    });
}

/// Input, opening, equality, bits and choosing.
fn numbers<R: Ring>(parties: usize) {
    let name = |what: &str| format!("{what} in Z_2^{}", R::BITS);
    let family = Family::default();
    run(&name("input and opening"), parties, family, &of::<R>(VALUES), |party| {
        let x = input::<R>(party, &VALUES)?;
        open(party, &x)
    });
    run(&name("input and revealing"), parties, family, &of::<R>(VALUES), |party| {
        let x = input::<R>(party, &VALUES)?;
        for to in 1..party.parties() {
            party.reveal(&x, to)?;
        }
        let x = party.reveal(&x, 0)?.map(|words| words.into_iter().map(Word::low64).collect());
        Ok(x.unwrap_or_else(|| of::<R>(VALUES)))
    });
    run(&name("zeros"), parties, family, &of::<R>(VALUES.map(|x| i64::from(x == 0))), |party| {
        let x = input::<R>(party, &VALUES)?;
        let zero = party.zero::<R, R>(&x, R::BITS)?;
        open(party, &zero)
    });
    run(&name("bits and back"), parties, family, &of::<R>(VALUES), |party| {
        let x = input::<R>(party, &VALUES)?;
        let bits = party.bits(&x, R::BITS)?;
        let x = party.compose::<R>(&bits)?;
        open(party, &x)
    });
    run(&name("choosing"), parties, family, &of::<R>(VALUES.map(|x| x.min(0))), |party| {
        let x = input::<R>(party, &VALUES)?;
        let negative = party.negative_bits(&x, R::BITS)?;
        let chosen = party.select_bits(&negative, &x)?;
        open(party, &chosen)
    });
}

/// Tables, lines and truncations.
fn functions<R: Ring>(parties: usize) {
    let name = |what: &str| format!("{what} in Z_2^{}", R::BITS);
    let family = Family::default();
    let squares = Table::new(8, |x| x * x);
    run(&name("lookup"), parties, family, &of::<R>(VALUES.map(|x| x * x)), |party| {
        let x = input::<Z2<8>>(party, &VALUES)?;
        let y = party.lookup::<Z2<8>, R>(&x, &squares)?;
        open(party, &y)
    });
    let pairs = Table::pairs([4, 3], |a, b| a * b);
    let low = |x: i64, bits: u32| x << (64 - bits) >> (64 - bits);
    let expected = of::<R>(VALUES.map(|x| low(x, 4) * low(x, 3)));
    run(&name("lookup of pairs"), parties, family, &expected, |party| {
        let (x, y) = (input::<Z2<4>>(party, &VALUES)?, input::<Z2<3>>(party, &VALUES)?);
        let y = party.lookup_pair::<Z2<4>, Z2<3>, R>(&x, &y, &pairs)?;
        open(party, &y)
    });
    let format = TableFormat { bits: 14, fraction: 8 };
    let lines = Piecewise::sigmoid(format, format);
    run(&name("sigmoid by lines"), parties, family, &[1; 7], |party| {
        let x = input::<R>(party, &VALUES)?;
        let y = party.piecewise::<R, R>(&x, &lines)?;
        let y = open(party, &y)?;
        let near = |(y, x): (u64, i64)| (y as f64 - 256.0 / (1.0 + (-x as f64 / 256.0).exp())).abs() < 3.0;
        Ok(y.into_iter().zip(VALUES).map(|pair| u64::from(near(pair))).collect())
    });
    run(&name("truncation, down"), parties, family, &of::<R>(VALUES.map(|x| x >> 3)), |party| {
        let x = input::<R>(party, &VALUES)?;
        let y = party.truncate_floor::<R, R>(&x, 14, 3)?;
        open(party, &y)
    });
    run(&name("truncation, at random"), parties, family, &[1; 7], |party| {
        let x = input::<R>(party, &VALUES)?;
        let y = party.truncate::<R, R>(&x, 14, 3)?;
        let y = open(party, &y)?;
        let off = |(y, x): (u64, i64)| y.wrapping_sub((x >> 3) as u64) & 0xff <= 1;
        Ok(y.into_iter().zip(VALUES).map(|pair| u64::from(off(pair))).collect())
    });
}

/// Of two shared values, and with matrices that stay with their owner.
fn products<R: Ring>(parties: usize) {
    let name = |what: &str| format!("{what} in Z_2^{}", R::BITS);
    let family = Family::default();
    run(&name("product"), parties, family, &of::<R>(VALUES.map(|x| x * x)), |party| {
        let x = input::<R>(party, &VALUES)?;
        let y = party.multiply(&x, &x)?;
        open(party, &y)
    });
    let inner = of::<R>([VALUES.iter().map(|x| x * x).sum()]);
    run(&name("product of matrices"), parties, family, &inner, |party| {
        let x = input::<R>(party, &VALUES)?;
        let y = party.matmul(&x, &x, [1, 7, 1])?;
        open(party, &y)
    });
    let sign = |row: usize, column: usize| if (row + column).is_multiple_of(3) { -1i64 } else { 1 };
    let rows = |factor: i64| {
        move |row: usize, out: &mut [R::Word]| {
            let number = |column| R::Word::from_signed((factor * sign(row, column)).into());
            (0..).zip(&mut *out).for_each(|(column, word)| *word = number(column));
            secret(out);
        }
    };
    for (what, factor) in [("product with signs", 1), ("product with a matrix", 5)] {
        let row = rows(factor);
        let sum = |row| VALUES.iter().enumerate().map(|(i, x)| factor * sign(row, i) * x).sum();
        run(&name(what), parties, family, &of::<R>((0..5).map(sum)), |party| {
            let own = (party.id() == 0).then_some(&row as &dyn Fn(usize, &mut [R::Word]));
            let matrix = match factor {
                1 => party.input_signs::<R>(0, [5, 7], R::BITS, own)?,
                _ => party.input_matrix::<R>(0, [5, 7], R::BITS, own)?,
            };
            let prepared = party.prepare_product(&matrix, 1)?;
            let x = input::<R>(party, &VALUES)?;
            let y = party.product(&matrix, prepared, &x)?;
            open(party, &y)
        });
    }
}

/// With filters of 3×3 that stay with their owner, over so many places and channels that the library takes fewer
/// multiplications than the definition has.
fn convolution(parties: usize) {
    type R = Z2<32>;
    const BITS: u32 = 20;
    let window = Window::new([42, 42, 16], [3, 3]);
    let numbers =
        |count: usize, step: i64| (0..count as i64).map(move |i| i * step % 15 - 7).collect::<Vec<_>>();
    let (image, weights) = (numbers(42 * 42 * 16, 11), numbers(16 * 144, 13));
    let words = |x: &[i64]| x.iter().map(|&x| x as u32).collect::<Vec<_>>();
    let mut expected = vec![0; 40 * 40 * 16];
    Filters::from_rows(16, 144, 1, &words(&weights)).convolve_add(&window, &words(&image), &mut expected);
    let expected: Vec<u64> = expected.into_iter().map(|word| u64::from(word) & ((1 << BITS) - 1)).collect();
    run("convolution", parties, Family::default(), &expected, |party| {
        let row = |row: usize, out: &mut [u32]| {
            out.copy_from_slice(&words(&weights[row * 144..][..144]));
            secret(out);
        };
        let own = (party.id() == 0).then_some(&row as &dyn Fn(usize, &mut [u32]));
        let filters = party.input_filters::<R>(0, [16, 144], 1, BITS, own)?;
        let prepared = party.prepare_convolution(&filters, &window, 1)?;
        let x = input::<R>(party, &image)?;
        let y = party.product(&filters, prepared, &x)?;
        Ok(party.open_modulo(&y, BITS)?.into_iter().map(Word::low64).collect())
    });
}

/// Does something with a share of a sign, at every party.
pub fn leak(leak: impl Fn(u16) + Sync) {
    run("a leak", 2, Family::default(), &[0], |party| {
        let x = input::<Z2<14>>(party, &VALUES)?;
        let signs = party.sign::<Z2<14>, Z2<14>>(&x, 14)?;
        leak(signs.expose()[3]);
        Ok(vec![0])
    });
}
