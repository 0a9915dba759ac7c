//! What products and lookups open.

use ringshare::function::{Piecewise, Table, TableFormat};
use ringshare::linalg::{LayerShape, Window};
use ringshare::net::Kind;
use ringshare::protocol::WriteRow;
use ringshare::ring::{Z2, unpack};

use super::{LEN, R, input, inputs, see, uniform, uniform_words, widened};

#[test]
fn openings_of_products_and_lookups() {
    let table = Table::unsigned(5, |x| x);
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, values)?;
            let z = party.multiply(&x, &x)?;
            let entry = party.lookup::<R, R>(&x, &table)?;
            Ok([widened(z.expose()), widened(entry.expose())].concat())
        });
        seen.check_frames();
        let de = seen.opened(0, 14);
        assert_eq!(de.len(), 2 * LEN);
        uniform_words("d", &de[..LEN], 14);
        uniform_words("e", &de[LEN..], 14);
        // d and e of the same value together: a = b or a reused mask would show.
        let joint = |i: usize| (de[i] >> 10 << 4 | de[LEN + i] >> 10) as usize;
        uniform("d and e", (0..LEN).map(joint), 256);
        uniform_words("masked index", &seen.opened(1, 5), 5);
        seen.words.iter().for_each(|words| uniform_words("shares", words, 14));
    }
}

#[test]
fn openings_of_layers_and_gradients() {
    let layer = LayerShape { window: None, rows: LEN / 64, outputs: 64, inputs: 64, groups: 1 };
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, values)?;
            let w = x.slice(0..64 * 64);
            let (z, backward) = party.layer(&layer, [true; 2], x.clone(), w.into())?;
            let [dx, dw] = party.gradients(backward, &x)?;
            let all = [widened(z.expose()), widened(dx.unwrap().expose()), widened(dw.unwrap().expose())];
            Ok(all.concat())
        });
        seen.check_frames();
        let f = seen.opened(0, 14);
        let e = seen.opened(1, 14);
        assert_eq!((f.len(), e.len()), (LEN + 64 * 64, LEN));
        uniform_words("x masked", &f[..LEN], 14);
        uniform_words("g masked", &e, 14);
        // x and g are the same here: the same mask would show.
        let joint = |i: usize| (f[i] >> 10 << 4 | e[i] >> 10) as usize;
        uniform("x and g masked", (0..LEN).map(joint), 256);
        seen.words.iter().for_each(|words| uniform_words("shares", words, 14));
    }
}

#[test]
fn openings_of_layers_whose_weights_are_rounded() {
    let layer = LayerShape { window: None, rows: LEN / 64, outputs: 64, inputs: 64, groups: 1 };
    let (bits, dropped) = (40, 13);
    let left = bits - dropped;
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<Z2<40>>(party, values)?;
            let (w, bias) = (x.slice(0..64 * 64), x.slice(0..64));
            let (z, backward) =
                party.dithered_layer(&layer, [true; 2], dropped, x.clone(), &w, (&bias, 0))?;
            let [dx, dw] = party.dithered_gradients(backward, &x)?;
            Ok([z.expose(), dx.unwrap().expose(), dw.unwrap().expose()].concat())
        });
        seen.check_frames();
        let y = seen.opened(0, bits);
        let e = seen.opened(1, bits);
        let weights = 64 * 64 + 64;
        assert_eq!((y.len(), e.len()), (weights + LEN, LEN));
        uniform_words("W and bias masked", &y[..weights], bits);
        uniform_words("x masked", &y[weights..], bits);
        uniform_words("g masked", &e, bits);
        // x and g are the same here: the same mask would show, in the bits that are dropped as well.
        for at in [36, 9] {
            let joint = |i: usize| ((y[weights + i] >> at & 15) << 4 | e[i] >> at & 15) as usize;
            uniform("x and g masked", (0..LEN).map(joint), 256);
        }
        for words in &seen.words {
            // Nothing is above the bits that count.
            assert!(words[..2 * LEN].iter().all(|word| word >> left == 0));
            uniform_words("shares of z and dx", &words[..2 * LEN], left);
            uniform_words("shares of dW", &words[2 * LEN..], bits);
        }
    }
}

#[test]
fn openings_of_piecewise_functions() {
    let input_format = TableFormat { bits: 13, fraction: 8 };
    let tanh = Piecewise::tanh(input_format, TableFormat { bits: 12, fraction: 9 });
    assert!(tanh.low_bits() > 0);
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, values)?;
            Ok(widened(party.piecewise::<R, R>(&x, &tanh)?.expose()))
        });
        seen.check_frames();
        seen.check_opened_bits();
        let clipped = usize::from(tanh.is_clipped());
        let bits = tanh.node_bits() + tanh.low_bits();
        uniform_words("masked x", &seen.opened(clipped, bits), bits);
        seen.words.iter().for_each(|words| uniform_words("shares", words, 14));
    }
}

#[test]
fn openings_of_lookups_of_pairs() {
    let table = Table::pairs([5, 3], |a, b| a * b);
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, values)?;
            // The same number as both indices: it is masked twice.
            Ok(widened(party.lookup_pair::<_, _, R>(&x, &x, &table)?.expose()))
        });
        seen.check_frames();
        let shares = seen.opening(Kind::Open, 0).map(|bytes| {
            let mut words = vec![0u16; LEN];
            unpack(&bytes, 8, &mut words).unwrap();
            words
        });
        let [mine, theirs] = &shares;
        let indices = mine.iter().zip(theirs).map(|(a, b)| {
            let (first, second) = ((a >> 3) + (b >> 3), (a & 7) + (b & 7));
            usize::from((first & 31) << 3 | second & 7)
        });
        uniform("both masked indices", indices.clone(), 256);
        uniform("the difference of the masked indices", indices.map(|c| (c >> 3).wrapping_sub(c) & 7), 8);
        seen.words.iter().for_each(|words| uniform_words("shares of entries", words, 14));
    }
}

#[test]
fn openings_of_fixed_products() {
    let dims = [256, 128];
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let w = input::<R>(party, values)?;
            let fixed =
                party.mask_matrix(dims, 14, |_, rows| Ok(w.slice(rows.start * 128..rows.end * 128)))?;
            let x = input::<R>(party, values)?;
            let mut out = Vec::new();
            for _ in 0..2 {
                let prepared = party.prepare_product(&fixed, 256)?;
                out.extend(widened(party.product(&fixed, prepared, &x)?.expose()));
            }
            Ok(out)
        });
        seen.check_frames();
        uniform_words("E", &seen.opened(0, 14), 14);
        let f = [seen.opened(1, 14), seen.opened(2, 14)];
        f.iter().for_each(|f| uniform_words("f", f, 14));
        // The same input twice: the masks differ.
        let difference: Vec<u64> = f[0].iter().zip(&f[1]).map(|(a, b)| a.wrapping_sub(*b)).collect();
        uniform_words("the difference of two f", &difference, 14);
        seen.words.iter().for_each(|words| uniform_words("shares", words, 14));
    }
}

/// What stays with its owner is opened under the mask of all, and hides in what the owner sends, too.
#[test]
fn openings_of_matrices_that_stay_with_their_owner() {
    let dims = [256, 128];
    for (seed, values) in inputs().iter().enumerate() {
        for signs in [false, true] {
            let seen = see(seed as u64, |party| {
                let row = |r: usize, out: &mut [u16]| {
                    out.iter_mut().zip(&values[r * 128..]).for_each(|(out, &value)| {
                        *out = if signs { 1u16.wrapping_sub(value as u16 & 2) } else { value as u16 };
                    });
                };
                let own: Option<WriteRow<'_, u16>> = if party.id() == 0 { Some(&row) } else { None };
                let fixed = match signs {
                    true => party.input_signs::<R>(0, dims, 14, own)?,
                    false => party.input_matrix::<R>(0, dims, 14, own)?,
                };
                let x = input::<R>(party, values)?;
                let prepared = party.prepare_product(&fixed, 256)?;
                Ok(widened(party.product(&fixed, prepared, &x)?.expose()))
            });
            seen.check_frames();
            uniform_words("E", &seen.opened(0, 14), 14);
            for sent in seen.opening(Kind::Open, 0) {
                let mut words = vec![0u64; sent.len() * 8 / 14];
                unpack(&sent, 14, &mut words).unwrap();
                uniform_words("a share of E", &words, 14);
            }
            uniform_words("f", &seen.opened(1, 14), 14);
            seen.words.iter().for_each(|words| uniform_words("shares", words, 14));
        }
    }
}

#[test]
fn openings_of_convolutions() {
    let window = Window { padding: [1, 1], stride: [2, 2], ..Window::new([32, 32, 4], [3, 3]) };
    for (seed, values) in inputs().iter().enumerate() {
        let seen = see(seed as u64, |party| {
            let x = input::<R>(party, values)?;
            let fixed = party
                .mask_filters([256, 18], 2, 14, |_, rows| Ok(x.slice(rows.start * 18..rows.end * 18)))?;
            let mut out = Vec::new();
            for _ in 0..2 {
                let prepared = party.prepare_convolution(&fixed, &window, 8)?;
                out.extend(widened(party.product(&fixed, prepared, &x)?.expose()));
            }
            Ok(out)
        });
        seen.check_frames();
        uniform_words("E", &seen.opened(0, 14), 14);
        let f = [seen.opened(1, 14), seen.opened(2, 14)];
        f.iter().for_each(|f| {
            // Images, not what they unfold to: no value is opened under two masks.
            assert_eq!(f.len(), LEN);
            uniform_words("f", f, 14);
        });
        let difference: Vec<u64> = f[0].iter().zip(&f[1]).map(|(a, b)| a.wrapping_sub(*b)).collect();
        uniform_words("the difference of two f", &difference, 14);
        seen.words.iter().for_each(|words| uniform_words("shares", words, 14));
    }
}
