//! Strict reader of IDX files of unsigned bytes: images (rank 3) and labels (rank 1), plain or gzipped.
//!
//! An IDX file is `00 00 08 rank`, one big-endian u32 per dimension, then exactly the product of the dimensions in
//! bytes. Nothing is allocated for a length before the bytes are known to be there, or, in a gzip stream, before they
//! have come out of it; a stream that holds more than its header announces is an error, however much more it holds.

use std::fmt;
use std::io::Read;

use flate2::bufread::GzDecoder;

/// The largest body that is accepted, in bytes: 342,000 images of 28×28.
const LIMIT: u64 = 1 << 28;
/// Deflate gives at most 1032 bytes out for one byte in.
const DEFLATE_RATIO: u64 = 1032;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const UNSIGNED_BYTE: u8 = 0x08;

/// Images, row-major, one after the other.
#[derive(Debug, PartialEq, Eq)]
pub struct Images {
    /// Number of images.
    pub count: usize,
    /// Pixels from top to bottom.
    pub rows: usize,
    /// Pixels from left to right.
    pub cols: usize,
    /// `[count, rows, cols]`
    pub pixels: Vec<u8>,
}

/// What was expected of an IDX file and what was found.
#[derive(Debug, PartialEq, Eq)]
pub enum IdxError {
    /// The file ends inside the header.
    Header {
        /// Bytes of the header.
        expected: usize,
        /// Bytes of the file.
        found: usize,
    },
    /// The first two bytes are not zero.
    Magic {
        /// The first four bytes.
        found: [u8; 4],
    },
    /// The elements are not unsigned bytes.
    Type {
        /// The code of the elements' type.
        found: u8,
    },
    /// Images where labels were expected, or the like.
    Rank {
        /// The number of dimensions that images or labels have.
        expected: u8,
        /// The number of dimensions in the file.
        found: u8,
    },
    /// The dimensions multiply to more than is accepted.
    TooLarge {
        /// The dimensions in the file.
        dims: Vec<u32>,
    },
    /// The body is shorter than the header says.
    Truncated {
        /// Bytes of the body that the header announces.
        expected: u64,
        /// Bytes of the body, or for a gzip stream the most that it can hold or what came out of it.
        found: u64,
    },
    /// The file goes on after the body.
    Trailing {
        /// Bytes of the body that the header announces.
        expected: u64,
    },
    /// The gzip stream is damaged or cut short.
    Gzip(String),
}

impl fmt::Display for IdxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { expected, found } => {
                write!(f, "IDX header cut short: expected {expected} bytes, found {found}")
            }
            Self::Magic { found: [a, b, c, d] } => write!(
                f,
                "not an IDX file: expected it to start with 00 00 08, found {a:02x} {b:02x} {c:02x} {d:02x}"
            ),
            Self::Type { found } => {
                write!(f, "IDX element type: expected 08 (unsigned byte), found {found:02x}")
            }
            Self::Rank { expected, found } => {
                write!(f, "IDX rank: expected {expected} dimensions, found {found}")
            }
            Self::TooLarge { dims } => {
                write!(f, "IDX dimensions {dims:?}: expected at most {LIMIT} elements in all")
            }
            Self::Truncated { expected, found } => {
                write!(f, "IDX data cut short: expected {expected} bytes after the header, found {found}")
            }
            Self::Trailing { expected } => {
                write!(f, "IDX data too long: expected {expected} bytes after the header, found more")
            }
            Self::Gzip(reason) => write!(f, "damaged gzip stream: {reason}"),
        }
    }
}

impl std::error::Error for IdxError {}

/// Reads images from the bytes of a file.
///
/// # Errors
/// Anything but a well-formed file of rank 3 and nothing after it.
pub fn images(file: &[u8]) -> Result<Images, IdxError> {
    let ([count, rows, cols], pixels) = parse(file)?;
    Ok(Images { count: count as usize, rows: rows as usize, cols: cols as usize, pixels })
}

/// Reads labels from the bytes of a file.
///
/// # Errors
/// Anything but a well-formed file of rank 1 and nothing after it.
pub fn labels(file: &[u8]) -> Result<Vec<u8>, IdxError> {
    let ([_], labels) = parse(file)?;
    Ok(labels)
}

fn parse<const RANK: usize>(file: &[u8]) -> Result<([u32; RANK], Vec<u8>), IdxError> {
    if file.starts_with(&GZIP_MAGIC) { gzipped(file) } else { plain(file) }
}

fn plain<const RANK: usize>(file: &[u8]) -> Result<([u32; RANK], Vec<u8>), IdxError> {
    let mut rest = file;
    let (dims, expected) = header(&mut rest)?;
    let found = rest.len() as u64;
    match found.cmp(&expected) {
        std::cmp::Ordering::Less => Err(IdxError::Truncated { expected, found }),
        std::cmp::Ordering::Greater => Err(IdxError::Trailing { expected }),
        std::cmp::Ordering::Equal => Ok((dims, rest.to_vec())),
    }
}

fn gzipped<const RANK: usize>(file: &[u8]) -> Result<([u32; RANK], Vec<u8>), IdxError> {
    let mut stream = GzDecoder::new(file);
    let (dims, expected) = header(&mut stream)?;
    let possible = (file.len() as u64).saturating_mul(DEFLATE_RATIO);
    if expected > possible {
        return Err(IdxError::Truncated { expected, found: possible });
    }
    // Grows with the bytes that come, not with the length that was announced.
    let mut body = Vec::new();
    let found = (&mut stream).take(expected).read_to_end(&mut body).map_err(gzip)? as u64;
    if found < expected {
        return Err(IdxError::Truncated { expected, found });
    }
    // Reading the end of the stream also checks its length and checksum.
    if stream.read(&mut [0]).map_err(gzip)? != 0 {
        return Err(IdxError::Trailing { expected });
    }
    if !stream.into_inner().is_empty() {
        return Err(IdxError::Gzip("expected the file to end with the stream, found more bytes".into()));
    }
    Ok((dims, body))
}

/// The dimensions and their product, which is the length of the body.
fn header<const RANK: usize>(reader: &mut impl Read) -> Result<([u32; RANK], u64), IdxError> {
    let expected = 4 + 4 * RANK;
    let mut magic = [0; 4];
    let found = fill(reader, &mut magic)?;
    if found < magic.len() {
        return Err(IdxError::Header { expected, found });
    }
    let [a, b, kind, rank] = magic;
    if (a, b) != (0, 0) {
        return Err(IdxError::Magic { found: magic });
    }
    if kind != UNSIGNED_BYTE {
        return Err(IdxError::Type { found: kind });
    }
    if usize::from(rank) != RANK {
        return Err(IdxError::Rank { expected: RANK as u8, found: rank });
    }
    let mut dims = [0; RANK];
    for (i, dim) in dims.iter_mut().enumerate() {
        let mut bytes = [0; 4];
        let found = fill(reader, &mut bytes)?;
        if found < bytes.len() {
            return Err(IdxError::Header { expected, found: 4 + 4 * i + found });
        }
        *dim = u32::from_be_bytes(bytes);
    }
    let size = dims.iter().try_fold(1u64, |size, &dim| size.checked_mul(dim.into()));
    match size {
        Some(size) if size <= LIMIT => Ok((dims, size)),
        _ => Err(IdxError::TooLarge { dims: dims.to_vec() }),
    }
}

/// Reads until `buffer` is full or the data end; returns how many bytes came.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> Result<usize, IdxError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]).map_err(gzip)? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

/// Only a gzip stream can fail to be read: the rest is in memory.
fn gzip(error: std::io::Error) -> IdxError {
    IdxError::Gzip(error.to_string())
}
