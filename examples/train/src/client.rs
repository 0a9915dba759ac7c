//! Images of clients, who are no parties: a file for each party, with its share of them.
//!
//! Of image r let w be the fixed-point numbers of its pixels, followed by its target, modulo 2^k. The share of party i > 0 is drawn from a seed s_i
//! alone, and party 0 has the rest: w − Σ s_i(r). So the file of party 0 has k bits for each number, packed image by image, and those of the others are short.
//! Whoever has all files of a client reads its images: each goes to its party alone, on a way that nobody else can read.
//!
//! | bytes | |
//! | --- | --- |
//! | 8 | `RSCLIENT` |
//! | 7 × 8 | version 1, party, parties, images, pixels, classes, fractional bits |
//! | 16 | a name that is random, the same in all files of a client |
//! | 16 | seed, of party i > 0 |
//! | images × ⌈(pixels + classes) × k / 8⌉ | the numbers, of party 0 |

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use classify::dataset::Dataset;
use ringshare::nn::Input;
use ringshare::nn::train::{Batch, Numbers, Program, TrainingRing};
use ringshare::prg::{Prg, Seed};
use ringshare::protocol::{self, Party};
use ringshare::ring::{Ring, pack, packed_len, unpack};

use crate::error::Error;
use crate::random::random;
use crate::resume::words;

const MAGIC: [u8; 8] = *b"RSCLIENT";
const VERSION: u64 = 1;
const NUMBERS: usize = 7;
const NAME: usize = 16;
const HEAD: usize = MAGIC.len() + 8 * NUMBERS + NAME;

/// A party's share of a client's images.
pub struct ClientShares {
    path: PathBuf,
    /// The same at all parties.
    pub name: [u8; NAME],
    /// The number of the first among those of all.
    pub first: usize,
    numbers: usize,
    source: Source,
}

enum Source {
    Drawn(Box<Prg>),
    Packed(File),
}

/// What is in front of every file.
fn head(party: usize, parties: usize, images: usize, program: &Program) -> [u64; NUMBERS] {
    let numbers = [party, parties, images, program.inputs(), program.outputs()].map(|number| number as u64);
    let [party, parties, images, pixels, classes] = numbers;
    [VERSION, party, parties, images, pixels, classes, program.options().formats.activation.into()]
}

/// Writes the files of a client who has these images of a data set: `PREFIX.0` for party 0, and so on.
///
/// # Errors
/// If a number does not fit the format, or a file can't be written.
pub fn split(
    (data, own): (&Dataset, Range<usize>),
    input: Input,
    program: &Program,
    parties: usize,
    prefix: &Path,
) -> Result<Vec<PathBuf>, Error> {
    let name: [u8; NAME] = random()?;
    let (mut files, mut prgs) = (Vec::new(), Vec::new());
    for party in 0..parties {
        let mut bytes = MAGIC.to_vec();
        head(party, parties, own.len(), program).iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(name);
        if party > 0 {
            let seed: [u8; 16] = random()?;
            bytes.extend(seed);
            prgs.push(Prg::new(&Seed::from_bytes(seed)));
        }
        files.push(bytes);
    }
    for (number, image) in own.enumerate() {
        let example = input.encode(data.image(image));
        let batch = Batch::new(program, [Some((&example[..], usize::from(data.labels()[image])))])?;
        let mut words = [batch.inputs().expose(), batch.targets().expose()].concat();
        prgs.iter().for_each(|prg| prg.sub_words(number as u64, 0, &mut words));
        let at = files[0].len();
        files[0].resize(at + packed_len(words.len(), TrainingRing::BITS), 0);
        pack(&words, TrainingRing::BITS, &mut files[0][at..]);
    }
    let path = |party: usize| {
        let mut name = prefix.as_os_str().to_owned();
        name.push(format!(".{party}"));
        PathBuf::from(name)
    };
    for (party, bytes) in files.iter().enumerate() {
        std::fs::write(path(party), bytes).map_err(|error| Error::file(&path(party), error))?;
    }
    Ok((0..parties).map(path).collect())
}

impl ClientShares {
    /// Opens the file of `[party, parties]` for a client whose images have these numbers.
    ///
    /// # Errors
    /// If it is not one, or of another party, network, format or number of images, or can't be read.
    pub fn open(
        path: &Path,
        [party, parties]: [usize; 2],
        program: &Program,
        Range { start, end }: Range<usize>,
    ) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(|error| Error::file(path, error))?;
        let mut head_bytes = [0; HEAD];
        file.read_exact(&mut head_bytes).map_err(|error| Error::file(path, error))?;
        let wrong = |what: &str| Error::Usage(format!("{}: {what}", path.display()));
        let (magic, rest) = head_bytes.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(wrong("expected shares of a client's images"));
        }
        let (numbers, name) = rest.split_at(8 * NUMBERS);
        let found: Vec<u64> =
            numbers.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        let images = end - start;
        let expected = head(party, parties, images, program);
        let what =
            ["version", "party", "parties", "images", "pixels of an image", "classes", "fractional bits"];
        for ((what, expected), found) in what.iter().zip(expected).zip(&found) {
            if expected != *found {
                return Err(wrong(&format!("{what}: expected {expected}, found {found}")));
            }
        }
        let numbers = program.inputs() + program.outputs();
        let bytes =
            if party == 0 { packed_len(numbers, TrainingRing::BITS).checked_mul(images) } else { Some(16) };
        let length = file.metadata().map_err(|error| Error::file(path, error))?.len();
        if bytes.and_then(|bytes| bytes.checked_add(HEAD)) != usize::try_from(length).ok() {
            return Err(wrong(&format!("expected {images} images, found a file of {length} bytes")));
        }
        let source = if party == 0 {
            Source::Packed(file)
        } else {
            let mut seed = [0; 16];
            file.read_exact(&mut seed).map_err(|error| Error::file(path, error))?;
            Source::Drawn(Prg::new(&Seed::from_bytes(seed)).into())
        };
        let mut shares = Self { path: path.into(), name: [0; NAME], first: start, numbers, source };
        shares.name.copy_from_slice(name);
        Ok(shares)
    }

    /// The share of an image: its pixels, and then its target.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn image(&self, image: usize) -> Result<Vec<u64>, Error> {
        let mut words = vec![0; self.numbers];
        match &self.source {
            Source::Drawn(prg) => prg.words(image as u64, 0, &mut words),
            Source::Packed(file) => {
                let mut packed = vec![0; packed_len(self.numbers, TrainingRing::BITS)];
                let mut file: &File = file;
                file.seek(SeekFrom::Start((HEAD + image * packed.len()) as u64))
                    .and_then(|_| file.read_exact(&mut packed))
                    .map_err(|error| Error::file(&self.path, error))?;
                unpack(&packed, TrainingRing::BITS, &mut words).map_err(|error| {
                    Error::Usage(format!("{}: image {image}: {error}", self.path.display()))
                })?;
            }
        }
        Ok(words)
    }
}

/// Checks that all parties have the files of the same clients.
///
/// # Errors
/// If the network fails, or a party has those of others.
pub fn agree(party: &mut Party, clients: &[ClientShares]) -> Result<(), protocol::Error> {
    // Of a name the words that fit the ring. Each is in the share of the party whose it is, and nothing in the others.
    let own: Vec<u64> = clients.iter().flat_map(|client| words(&client.name)).collect();
    if own.is_empty() {
        return Ok(());
    }
    let mut all = vec![0; own.len() * party.parties()];
    all[own.len() * party.id()..][..own.len()].copy_from_slice(&own);
    let all = party.open(&Numbers::from_words(all))?;
    for (other, names) in all.chunks_exact(own.len()).enumerate() {
        if let Some(at) = names.iter().zip(&all).position(|(a, b)| a != b) {
            let client = at / words(&[0; NAME]).len();
            return Err(protocol::Error::Training(format!(
                "party {other}: expected shares of the images of client {client} as party 0 has them, found others"
            )));
        }
    }
    Ok(())
}
