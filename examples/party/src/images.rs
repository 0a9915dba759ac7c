//! Images from files: IDX (plain or gzipped), PNG, PGM.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use image::{DynamicImage, ImageDecoder, ImageReader};

use crate::error::Error;

/// The largest file that is read, unpacked: 1 GiB.
const LIMIT: u64 = 1 << 30;
/// So many bytes may be unpacked from any file, and otherwise so many of each.
const FLOOR: u64 = 16 << 20;
const RATIO: u64 = 100;
/// What decoding a picture may take beside its pixels.
const SPARE: u64 = 1 << 20;

/// Pixels of the images in a file, brought to a model's shape `[height, width, channels]`: `[images, height, width, channels]`.
///
/// # Errors
/// A file that can't be read, is none of these, or whose images have another shape.
pub fn load(path: &Path, shape: [usize; 3]) -> Result<Vec<u8>, Error> {
    let file = std::fs::File::open(path).map_err(|e| Error::io(path, &e))?;
    let mut bytes = Vec::new();
    file.take(LIMIT).read_to_end(&mut bytes).map_err(|e| Error::io(path, &e))?;
    let bytes = unpack(bytes).map_err(|reason| Error::bad(path, reason))?;
    parse(&bytes, shape).map_err(|reason| Error::bad(path, reason))
}

/// The bytes of a file that may be gzipped. What unpacks to much more than images do is refused before it fills the memory.
///
/// # Errors
/// What was expected and what was found.
pub fn unpack(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let limit = FLOOR.max(RATIO * bytes.len() as u64).min(LIMIT);
    let mut unpacked = Vec::new();
    // A byte more than there may be shows that there are more.
    GzDecoder::new(&bytes[..])
        .take(limit + 1)
        .read_to_end(&mut unpacked)
        .map_err(|e| format!("gzip: {e}"))?;
    if unpacked.len() as u64 > limit {
        return Err(format!("expected at most {limit} bytes when it is unpacked, found more"));
    }
    Ok(unpacked)
}

/// The pixels of a file's bytes.
///
/// # Errors
/// What was expected and what was found.
pub fn parse(bytes: &[u8], shape: [usize; 3]) -> Result<Vec<u8>, String> {
    if bytes.starts_with(&[0, 0]) { idx(bytes, shape) } else { picture(bytes, shape) }
}

/// Images of an IDX file: `[n, height, width]`, or `[n, height, width, channels]`, of unsigned bytes.
fn idx(bytes: &[u8], [height, width, channels]: [usize; 3]) -> Result<Vec<u8>, String> {
    let [_, _, kind, rank] = *bytes.first_chunk().ok_or("an IDX file that ends in its header")?;
    if kind != 8 || !(3..=4).contains(&rank) {
        return Err(format!(
            "expected an IDX file of bytes with 3 or 4 dimensions, found type {kind}, {rank} dimensions"
        ));
    }
    let header = 4 + 4 * usize::from(rank);
    let dims = bytes.get(4..header).ok_or("an IDX file that ends in its header")?;
    let (dims, []) = dims.as_chunks::<4>() else { return Err("an IDX file that ends in its header".into()) };
    let dims: Vec<usize> = dims.iter().map(|dim| u32::from_be_bytes(*dim) as usize).collect();
    let found = [dims[1], dims[2], dims.get(3).copied().unwrap_or(1)];
    fits(found, [height, width, channels])?;
    let pixels = &bytes[header..];
    if product(&dims) != Some(pixels.len()) {
        return Err(format!("expected pixels of {} images, found {} bytes", dims[0], pixels.len()));
    }
    Ok(pixels.to_vec())
}

/// A PNG or PGM, in grey or colours as the model wants it.
fn picture(bytes: &[u8], [height, width, channels]: [usize; 3]) -> Result<Vec<u8>, String> {
    let reader =
        ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    let failed = |e: image::ImageError| format!("expected an IDX, PNG or PGM file: {e}");
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(SPARE);
    let mut decoder = with_limits(reader, limits.clone()).map_err(failed)?;
    // Before room is made for as many pixels as the file claims.
    let (columns, rows) = decoder.dimensions();
    let [rows, columns] = [rows, columns].map(|side| side as usize);
    let is_flat = height == 1 && width == 1;
    let colours = if is_flat { channels / (rows * columns).max(1) } else { channels };
    fits([rows, columns, colours], [height, width, channels])?;
    limits.max_alloc = Some(SPARE + decoder.total_bytes());
    decoder.set_limits(limits).map_err(failed)?;
    let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    match colours {
        1 => Ok(image.into_luma8().into_raw()),
        3 => Ok(image.into_rgb8().into_raw()),
        _ => Err(format!("expected images of {channels} channels, found a picture")),
    }
}

fn with_limits<'a>(
    mut reader: ImageReader<std::io::Cursor<&'a [u8]>>,
    limits: image::Limits,
) -> image::ImageResult<impl ImageDecoder + use<'a>> {
    reader.limits(limits);
    reader.into_decoder()
}

/// Whether images are of the model's shape. One that takes a row of numbers takes images of as many.
fn fits(found: [usize; 3], shape: [usize; 3]) -> Result<(), String> {
    let is_flat = shape[0] == 1 && shape[1] == 1;
    if found == shape || is_flat && product(&found) == Some(shape[2]) {
        return Ok(());
    }
    let text = |[height, width, channels]: [usize; 3]| format!("{height}×{width}×{channels}");
    Err(format!("expected images of {}, found {}", text(shape), text(found)))
}

fn product(sides: &[usize]) -> Option<usize> {
    sides.iter().try_fold(1usize, |all, &side| all.checked_mul(side))
}

/// An IDX file of these pixels, `[images, height, width, channels]`.
pub fn idx_file(pixels: &[u8], [height, width, channels]: [usize; 3]) -> Vec<u8> {
    let count = pixels.len() / (height * width * channels).max(1);
    let mut out = vec![0, 0, 8, 4];
    [count, height, width, channels]
        .iter()
        .for_each(|&dim| out.extend_from_slice(&(dim as u32).to_be_bytes()));
    out.extend_from_slice(pixels);
    out
}
