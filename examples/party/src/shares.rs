//! Splitting values into shares of which all but the first are made of seeds, and weights of such shares.

use ringshare::nn::{Architecture, Layer, Weights};
use ringshare::prg::{Prg, Seed};
use ringshare::ring::Word;
use ringshare::secret::{Scratch, SecretBytes};

use crate::error::Error;
use crate::wire::{SEED, read_words, write_words};

/// All words of a share are of this domain.
pub const DOMAIN: u64 = 0;

/// Fresh seeds, one for each party but the first.
///
/// # Errors
/// If the system has no randomness.
pub fn seeds(parties: usize) -> Result<Vec<SecretBytes>, Error> {
    let seed = |_| {
        let mut seed = SecretBytes::zeros(SEED);
        getrandom::fill(&mut seed).map_err(|e| Error::Other(format!("randomness of the system: {e}")))?;
        Ok(seed)
    };
    (1..parties).map(seed).collect()
}

/// What the words of a share are drawn from; `None` if the seed is too short.
pub fn prg(seed: &[u8]) -> Option<Prg> {
    Some(Prg::new(&Seed::from_bytes(*seed.first_chunk()?)))
}

/// From values to the share of party 0: what the shares of these seeds leave.
pub fn first_share<W: Word>(values: &mut [W], at: usize, seeds: &[SecretBytes]) {
    seeds.iter().filter_map(|seed| prg(seed)).for_each(|prg| prg.sub_words(DOMAIN, at as u64, values));
}

/// Shares of values for so many parties, as they are sent: the words of party 0's, and seeds.
///
/// # Errors
/// If the system has no randomness.
pub fn split<W: Word>(values: &[i64], parties: usize) -> Result<Vec<SecretBytes>, Error> {
    let seeds = seeds(parties)?;
    let mut words: Scratch<W> = values.iter().map(|&x| W::from_signed(x.into())).collect::<Vec<_>>().into();
    first_share(&mut words, 0, &seeds);
    let mut first = SecretBytes::zeros(words.len() * W::BYTES);
    write_words(&words, &mut first);
    Ok(std::iter::once(first).chain(seeds).collect())
}

/// The words of a share of `len` values, as it was received: party 0's as they are, another's as a seed. `None` if
/// there are other bytes.
pub fn words<W: Word>(party: usize, received: &[u8], out: &mut [W]) -> Option<()> {
    match party {
        0 if received.len() == out.len() * W::BYTES => read_words(received, out),
        1.. if received.len() == SEED => prg(received)?.words(DOMAIN, 0, out),
        _ => return None,
    }
    Some(())
}

/// Where a layer's weights lie: rows, words of a row, and the first word; the bias lies behind the rows.
#[derive(Clone, Copy)]
struct Place {
    rows: usize,
    row: usize,
    first: usize,
}

/// The layers with weights, and the words of all.
fn places(architecture: &Architecture) -> (Vec<Place>, usize) {
    let mut first = 0;
    let shapes = architecture.layers().iter().filter_map(|layer| match layer {
        Layer::Linear(linear) => Some((linear.outputs, linear.inputs)),
        Layer::Convolution(convolution) => {
            let window = &convolution.window;
            let row = window.size[0] * window.size[1] * window.image[2] / convolution.groups;
            Some((convolution.outputs, row))
        }
        _ => None,
    });
    let place = |(rows, row): (usize, usize)| {
        let place = Place { rows, row, first };
        first += rows * (row + 1);
        place
    };
    let places = shapes.map(place).collect();
    (places, first)
}

/// The words of all weights and biases of a model.
pub fn weights_len(architecture: &Architecture) -> usize {
    places(architecture).1
}

/// Shares of a model's weights for so many parties, as they are sent.
///
/// # Errors
/// If the system has no randomness.
pub fn split_weights<W: Word>(
    architecture: &Architecture,
    weights: &dyn Weights<W>,
    parties: usize,
) -> Result<Vec<SecretBytes>, Error> {
    let seeds = seeds(parties)?;
    let (places, len) = places(architecture);
    let mut out = SecretBytes::zeros(len * W::BYTES);
    let mut write = |at: usize, words: &mut [W]| {
        first_share(words, at, &seeds);
        write_words(words, &mut out[at * W::BYTES..][..words.len() * W::BYTES]);
    };
    for (layer, place) in places.into_iter().enumerate() {
        let mut row = Scratch::<W>::zeros(place.row);
        for number in 0..place.rows {
            weights.row(layer, number, &mut row);
            write(place.first + number * place.row, &mut row);
        }
        let mut bias = Scratch::<W>::zeros(place.rows);
        weights.bias(layer, &mut bias);
        write(place.first + place.rows * place.row, &mut bias);
    }
    Ok(std::iter::once(out).chain(seeds).collect())
}

/// A party's share of a model's weights, as it was received.
pub struct Held {
    places: Vec<Place>,
    share: Of,
}

enum Of {
    Words(SecretBytes),
    Seed(Box<Prg>),
}

impl Held {
    /// The share that these bytes are at a party; `None` if they are none. Words are of `word` bytes.
    pub fn new(
        party: usize,
        received: SecretBytes,
        architecture: &Architecture,
        word: usize,
    ) -> Option<Self> {
        let (places, len) = places(architecture);
        let share = match party {
            0 if received.len() == len * word => Of::Words(received),
            1.. if received.len() == SEED => Of::Seed(Box::new(prg(&received)?)),
            _ => return None,
        };
        Some(Self { places, share })
    }

    fn read<W: Word>(&self, at: usize, out: &mut [W]) {
        match &self.share {
            Of::Words(bytes) => read_words(&bytes[at * W::BYTES..], out),
            Of::Seed(prg) => prg.words(DOMAIN, at as u64, out),
        }
    }
}

impl<W: Word> Weights<W> for Held {
    fn row(&self, layer: usize, row: usize, out: &mut [W]) {
        let place = self.places[layer];
        self.read(place.first + row * place.row, out);
    }

    fn bias(&self, layer: usize, out: &mut [W]) {
        let place = self.places[layer];
        self.read(place.first + place.rows * place.row, out);
    }
}
