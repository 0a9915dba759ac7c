//! Images of clients, who are no parties: each party has its share of them, between processes in a file.
//!
//! Let w be the fixed-point numbers of the pixels of all images modulo 2^k, each image followed by its target. The share of party i > 0 is drawn
//! from a seed s_i alone, and party 0 has the rest: w − Σ s_i. So what party 0 gets has k bits for each number, packed image by image, and what the others
//! get is short. Whoever has all shares of a client reads its images: each goes to its party alone, on a way that nobody else can read.
//!
//! | bytes | |
//! | --- | --- |
//! | 8 | `RSCLIENT` |
//! | 7 × 8 | version 2, party, parties, images, pixels, classes, fractional bits |
//! | 16 | a name, the same at all parties and another one for each client |
//! | 16 | seed, of party i > 0 |
//! | images × ⌈(pixels + classes) × k / 8⌉ | the numbers, of party 0 |

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use ::party::plan::told;
use ::party::shares::{DOMAIN, first_share, prg, seeds};
use ::party::wire::SEED;
use classify::dataset::Dataset;
use ringshare::nn::Input;
use ringshare::nn::train::{Batch, Program, TrainingRing};
use ringshare::prg::Prg;
use ringshare::protocol::{self, Party};
use ringshare::ring::{Ring, pack, packed_len, unpack};
use ringshare::secret::{Scratch, SecretBytes};

use crate::error::Error;

const MAGIC: [u8; 8] = *b"RSCLIENT";
const VERSION: u64 = 2;
const NUMBERS: usize = 7;
const NAME: usize = 16;
const HEAD: usize = MAGIC.len() + 8 * NUMBERS + NAME;

/// What names a client.
pub type Name = [u8; NAME];

/// A party's share of a client's images.
pub struct ClientShares {
    /// The same at all parties.
    pub name: Name,
    /// The number of the first among those of all.
    pub first: usize,
    /// Numbers of an image.
    numbers: usize,
    share: Share,
}

enum Share {
    Drawn(Box<Prg>),
    Packed(Source),
}

/// Where a share comes from.
enum Source {
    File(File, PathBuf),
    Memory(SecretBytes),
}

/// What is in front of every share but the name.
fn head(party: usize, parties: usize, images: usize, program: &Program) -> [u64; NUMBERS] {
    let numbers = [party, parties, images, program.inputs(), program.outputs()].map(|number| number as u64);
    let [party, parties, images, pixels, classes] = numbers;
    [VERSION, party, parties, images, pixels, classes, program.options().formats.activation.into()]
}

/// The shares of a client who has these images of a data set, one for each party.
///
/// # Errors
/// If a number does not fit the format, or the system has no randomness.
pub fn split(
    (data, own): (&Dataset, Range<usize>),
    input: Input,
    program: &Program,
    parties: usize,
    name: Name,
) -> Result<Vec<SecretBytes>, Error> {
    let (seeds, numbers) = (seeds(parties)?, program.inputs() + program.outputs());
    let image_bytes = packed_len(numbers, TrainingRing::BITS);
    let mut shares = Vec::with_capacity(parties);
    for party in 0..parties {
        let seed = party.checked_sub(1).map(|place| &seeds[place]);
        let len = seed.map_or(own.len() * image_bytes, |seed| seed.len());
        let mut bytes = SecretBytes::zeros(HEAD + len);
        let numbers = head(party, parties, own.len(), program).map(u64::to_le_bytes);
        bytes[..HEAD].copy_from_slice(&[&MAGIC, numbers.as_flattened(), &name].concat());
        if let Some(seed) = seed {
            bytes[HEAD..].copy_from_slice(seed);
        }
        shares.push(bytes);
    }
    for ((number, image), out) in own.enumerate().zip(shares[0][HEAD..].chunks_exact_mut(image_bytes)) {
        let example = Scratch::from(input.encode(data.image(image)));
        let batch = Batch::new(program, [Some((&example[..], usize::from(data.labels()[image])))])?;
        let mut words = Scratch::from([batch.inputs().expose(), batch.targets().expose()].concat());
        first_share(&mut words, number * numbers, &seeds);
        pack(&words, TrainingRing::BITS, out);
    }
    Ok(shares)
}

impl ClientShares {
    /// The share in a file, of `[party, parties]` and a client whose images have these numbers.
    ///
    /// # Errors
    /// If it is none, or of another party, network, format or number of images, or can't be read.
    pub fn open(path: &Path, of: [usize; 2], program: &Program, images: Range<usize>) -> Result<Self, Error> {
        let file = File::open(path).map_err(|error| Error::file(path, error))?;
        Self::new(Source::File(file, path.into()), of, program, images)
    }

    /// The same that [`split`] has made.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of_bytes(
        bytes: SecretBytes,
        of: [usize; 2],
        program: &Program,
        images: Range<usize>,
    ) -> Result<Self, Error> {
        Self::new(Source::Memory(bytes), of, program, images)
    }

    fn new(
        source: Source,
        [party, parties]: [usize; 2],
        program: &Program,
        Range { start, end }: Range<usize>,
    ) -> Result<Self, Error> {
        let mut front = [0; HEAD];
        source.read(0, &mut front)?;
        let (magic, rest) = front.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(source.wrong("expected shares of a client's images"));
        }
        let (found, rest) = rest.split_at(8 * NUMBERS);
        let found = found.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let images = end - start;
        let expected = head(party, parties, images, program);
        let what =
            ["version", "party", "parties", "images", "pixels of an image", "classes", "fractional bits"];
        for ((what, expected), found) in what.iter().zip(expected).zip(found) {
            if expected != found {
                return Err(source.wrong(&format!("{what}: expected {expected}, found {found}")));
            }
        }
        let numbers = program.inputs() + program.outputs();
        let bytes =
            if party == 0 { packed_len(numbers, TrainingRing::BITS).checked_mul(images) } else { Some(SEED) };
        let length = source.len()?;
        if bytes.and_then(|bytes| bytes.checked_add(HEAD)) != usize::try_from(length).ok() {
            return Err(source.wrong(&format!("expected {images} images, found {length} bytes")));
        }
        let mut name = [0; NAME];
        name.copy_from_slice(rest);
        let share = if party == 0 {
            Share::Packed(source)
        } else {
            let mut seed = SecretBytes::zeros(SEED);
            source.read(HEAD, &mut seed)?;
            let prg = prg(&seed).ok_or_else(|| source.wrong("expected a seed"))?;
            Share::Drawn(prg.into())
        };
        Ok(Self { name, first: start, numbers, share })
    }

    /// The share of an image: its pixels, and then its target.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn image(&self, image: usize) -> Result<Scratch<u64>, Error> {
        let mut words = Scratch::zeros(self.numbers);
        match &self.share {
            Share::Drawn(prg) => prg.words(DOMAIN, (image * self.numbers) as u64, &mut words),
            Share::Packed(source) => {
                let mut packed = SecretBytes::zeros(packed_len(self.numbers, TrainingRing::BITS));
                source.read(HEAD + image * packed.len(), &mut packed)?;
                unpack(&packed, TrainingRing::BITS, &mut words)
                    .map_err(|error| source.wrong(&format!("image {image}: {error}")))?;
            }
        }
        Ok(words)
    }
}

impl Source {
    fn len(&self) -> Result<u64, Error> {
        match self {
            Self::File(file, path) => Ok(file.metadata().map_err(|error| Error::file(path, error))?.len()),
            Self::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// Reads bytes from a place on.
    fn read(&self, from: usize, out: &mut [u8]) -> Result<(), Error> {
        match self {
            Self::File(file, path) => {
                let mut file = file;
                let read = file.seek(SeekFrom::Start(from as u64)).and_then(|_| file.read_exact(out));
                read.map_err(|error| Error::file(path, error))
            }
            Self::Memory(bytes) => {
                let read = bytes.get(from..).and_then(|bytes| bytes.get(..out.len()));
                out.copy_from_slice(read.ok_or_else(|| self.wrong("expected more bytes"))?);
                Ok(())
            }
        }
    }

    fn wrong(&self, what: &str) -> Error {
        match self {
            Self::File(_, path) => Error::Usage(format!("{}: {what}", path.display())),
            Self::Memory(_) => Error::Run(format!("shares of a client in memory: {what}")),
        }
    }
}

/// Checks that all parties have shares of the same clients.
///
/// # Errors
/// If the network fails, or a party has those of others.
pub fn agree(party: &mut Party, clients: &[ClientShares]) -> Result<(), protocol::Error> {
    if clients.is_empty() {
        return Ok(());
    }
    let own: Vec<u8> = clients.iter().flat_map(|client| client.name).collect();
    let all = told(party, &own)?;
    for (other, names) in all.chunks_exact(own.len()).enumerate() {
        let mut pairs = names.chunks_exact(NAME).zip(all.chunks_exact(NAME));
        if let Some(client) = pairs.position(|(found, expected)| found != expected) {
            return Err(protocol::Error::Training(format!(
                "party {other}: expected shares of the images of client {client} as party 0 has them, found others"
            )));
        }
    }
    Ok(())
}
