//! What clients and a model's owner send to a party, and what it answers: frames of a fixed header and a body whose length
//! has a bound.
//!
//! | frame | header, little-endian | body |
//! | --- | --- | --- |
//! | request | `RQ01`, images (4 bytes), number (8) | at party 0 the words of x − Σ r_j, at party j the seed of r_j |
//! | reply | `RP01`, status (1), images (3), number (8) | the party's shares of the results of so many images |
//! | model | `MD01`, number of the hand-out (4), length (8) | at party 0 the words of W − Σ r_j, at party j the seed of r_j |
//!
//! The seed is one of [`Prg`](ringshare::prg::Prg), fresh for every request: of domain 0 the words, one after the other. So a party but the
//! first receives 16 bytes for any number of images.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use ringshare::ring::Word;
use ringshare::secret::SecretBytes;

/// Bytes of a header.
pub const HEADER: usize = 16;
/// Bytes of a seed.
pub const SEED: usize = 16;

/// The least that a frame may take, and beyond that, bytes of it in a second.
const FRAME: Duration = Duration::from_secs(5);
const RATE: u64 = 1 << 16;

const REQUEST: [u8; 4] = *b"RQ01";
const REPLY: [u8; 4] = *b"RP01";
const MODEL: [u8; 4] = *b"MD01";

/// A header: what it is, two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the frame is.
    pub kind: Kind,
    /// Images, a status, or what a model's share is.
    pub small: u32,
    /// The request's number, or a length.
    pub large: u64,
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request of a client.
    Request,
    /// A party's reply.
    Reply,
    /// An owner's share of a model.
    Model,
}

impl Header {
    /// The header as bytes.
    pub fn write(self) -> [u8; HEADER] {
        let magic = match self.kind {
            Kind::Request => REQUEST,
            Kind::Reply => REPLY,
            Kind::Model => MODEL,
        };
        let mut out = [0; HEADER];
        out[..4].copy_from_slice(&magic);
        out[4..8].copy_from_slice(&self.small.to_le_bytes());
        out[8..].copy_from_slice(&self.large.to_le_bytes());
        out
    }

    /// Reads a header; `None` if it is none.
    pub fn read(bytes: &[u8; HEADER]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<4>()?;
        let (small, large) = rest.split_first_chunk::<4>()?;
        let kind = match *magic {
            REQUEST => Kind::Request,
            REPLY => Kind::Reply,
            MODEL => Kind::Model,
            _ => return None,
        };
        Some(Self {
            kind,
            small: u32::from_le_bytes(*small),
            large: u64::from_le_bytes(*large.first_chunk()?),
        })
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// With a result.
    Done,
    /// Too many images wait: ask party 0 again, the others have the shares.
    Busy,
    /// Not all parties had their shares in time.
    Missing,
}

impl Status {
    /// As a number.
    pub fn number(self) -> u32 {
        match self {
            Self::Done => 0,
            Self::Busy => 1,
            Self::Missing => 2,
        }
    }

    /// The status of this number.
    pub fn of(number: u32) -> Option<Self> {
        [Self::Done, Self::Busy, Self::Missing].into_iter().find(|status| status.number() == number)
    }
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Reads a header of this kind; `None` where the other end closed the connection between two frames. While none has begun, whoever is
/// idle is welcome to be, as long as `waits` says so each time the stream's own limit has passed.
///
/// # Errors
/// If the stream fails, is late, or something else comes.
pub fn next(from: &mut impl Read, kind: Kind, mut waits: impl FnMut() -> bool) -> io::Result<Option<Header>> {
    let mut bytes = [0; HEADER];
    let begun = loop {
        match from.read(&mut bytes[..1]) {
            Ok(0) => return Ok(None),
            Ok(_) => break 1,
            Err(e) if e.kind() == io::ErrorKind::Interrupted || is_late(&e) && waits() => {}
            Err(e) => return Err(e),
        }
    };
    fill(from, &mut bytes[begun..])?;
    match Header::read(&bytes) {
        Some(header) if header.kind == kind => Ok(Some(header)),
        Some(header) => Err(invalid(format!("expected a {kind:?}, found a {:?}", header.kind))),
        None => Err(invalid(format!("expected a {kind:?}, found other bytes"))),
    }
}

/// Whether a time limit passed.
pub fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}

/// Reads a body of a length that was found in bounds.
///
/// # Errors
/// If the stream fails, or is late.
pub fn body(from: &mut impl Read, len: usize) -> io::Result<SecretBytes> {
    let mut out = SecretBytes::zeros(len);
    fill(from, &mut out)?;
    Ok(out)
}

/// How long so many bytes of a frame may take.
pub fn time(bytes: usize) -> Duration {
    FRAME + Duration::from_secs(bytes as u64 / RATE)
}

/// Reads all of this in its time, however little comes at once: a peer that sends a byte now and then holds nothing for long.
fn fill(from: &mut impl Read, out: &mut [u8]) -> io::Result<()> {
    let (until, mut done) = (Instant::now() + time(out.len()), 0);
    while done < out.len() {
        match from.read(&mut out[done..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => done += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted || is_late(&e) => {}
            Err(e) => return Err(e),
        }
        if done < out.len() && Instant::now() >= until {
            let text =
                format!("expected the rest of a frame within {:?}: {done} bytes came", time(out.len()));
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
    }
    Ok(())
}

/// Writes a frame.
///
/// # Errors
/// If the stream fails.
pub fn send(to: &mut impl Write, header: Header, body: &[u8]) -> io::Result<()> {
    to.write_all(&header.write())?;
    to.write_all(body)?;
    to.flush()
}

/// Words as bytes.
pub fn write_words<W: Word>(words: &[W], out: &mut [u8]) {
    words.iter().zip(out.chunks_exact_mut(W::BYTES)).for_each(|(word, out)| word.write_le(out));
}

/// Bytes as words.
pub fn read_words<W: Word>(bytes: &[u8], out: &mut [W]) {
    out.iter_mut().zip(bytes.chunks_exact(W::BYTES)).for_each(|(word, bytes)| *word = W::read_le(bytes));
}
