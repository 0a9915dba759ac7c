//! Images of 28×28 pixels with their labels, from a pair of IDX files.

use std::path::{Path, PathBuf};

use crate::error::{Error, read};
use crate::idx;

/// Pixels along an edge of an image.
pub const EDGE: usize = 28;
/// Pixels of an image.
pub const PIXELS: usize = EDGE * EDGE;
/// Number of classes; labels are smaller.
pub const CLASSES: usize = 10;

/// Labelled images.
#[derive(Debug)]
pub struct Dataset {
    /// `[len, 28, 28]`
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Dataset {
    /// Loads the pair of files in `dir` whose names start with the first of `prefixes` that is there, for example
    /// `t10k` for `t10k-images-idx3-ubyte.gz` and `t10k-labels-idx1-ubyte.gz`. Either may be gzipped.
    ///
    /// # Errors
    /// Missing or malformed files, and what [`Dataset::new`] rejects.
    pub fn load(dir: &Path, prefixes: &[&str]) -> Result<Self, Error> {
        let pair = prefixes.iter().find_map(|p| Some((p, find(dir, &format!("{p}-images-idx3-ubyte"))?)));
        let Some((prefix, image_path)) = pair else {
            let names = prefixes.iter().map(|p| format!("{p}-images-idx3-ubyte[.gz]")).collect::<Vec<_>>();
            return Err(Error::bad(dir, format_args!("found no {}", names.join(" or "))));
        };
        let label_name = format!("{prefix}-labels-idx1-ubyte");
        let label_path = find(dir, &label_name).ok_or_else(|| {
            Error::bad(dir, format_args!("found the images {prefix}-* but no {label_name}[.gz]"))
        })?;
        let images = idx::images(&read(&image_path)?).map_err(|e| Error::bad(&image_path, e))?;
        let labels = idx::labels(&read(&label_path)?).map_err(|e| Error::bad(&label_path, e))?;
        Self::new(images, labels).map_err(|e| Error::bad(&image_path, e))
    }

    /// Whether the directory has images whose name starts with `prefix`.
    pub fn there(dir: &Path, prefix: &str) -> bool {
        find(dir, &format!("{prefix}-images-idx3-ubyte")).is_some()
    }

    /// Combines images and labels.
    ///
    /// # Errors
    /// Images of another size than 28×28, none at all, another number of labels than images, labels above 9.
    pub fn new(images: idx::Images, labels: Vec<u8>) -> Result<Self, String> {
        let idx::Images { count, rows, cols, pixels } = images;
        if (rows, cols) != (EDGE, EDGE) {
            return Err(format!("expected images of {EDGE}x{EDGE} pixels, found {rows}x{cols}"));
        }
        if count == 0 {
            return Err("expected images, found none".into());
        }
        if labels.len() != count {
            return Err(format!("expected as many labels as images ({count}), found {}", labels.len()));
        }
        if let Some(i) = labels.iter().position(|&l| usize::from(l) >= CLASSES) {
            return Err(format!("expected labels 0 to {}, found {} for image {i}", CLASSES - 1, labels[i]));
        }
        Ok(Self { pixels, labels })
    }

    /// Keeps the first `count` images.
    pub fn truncate(&mut self, count: usize) {
        self.pixels.truncate(count.saturating_mul(PIXELS));
        self.labels.truncate(count);
    }

    /// Number of images, at least one.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// All pixels, `[len, 28, 28]`.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Pixels of image `i`, `[28, 28]`.
    pub fn image(&self, i: usize) -> &[u8] {
        &self.pixels[i * PIXELS..][..PIXELS]
    }

    /// One label per image.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }
}

fn find(dir: &Path, name: &str) -> Option<PathBuf> {
    [format!("{name}.gz"), name.into()].into_iter().map(|n| dir.join(n)).find(|p| p.exists())
}
