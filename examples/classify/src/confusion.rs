//! Confusion matrices: labels against classes found.

use crate::dataset::CLASSES;

/// How many images of each label were found to be of each class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// By label, then by class.
    pub counts: [[u32; CLASSES]; CLASSES],
}

impl Confusion {
    /// Counts; labels and classes are below [`CLASSES`].
    pub fn new(labels: &[u8], classes: &[u8]) -> Self {
        let mut confusion = Self::default();
        for (&label, &class) in labels.iter().zip(classes) {
            confusion.counts[usize::from(label)][usize::from(class)] += 1;
        }
        confusion
    }

    /// Images.
    pub fn images(&self) -> u32 {
        self.counts.iter().flatten().sum()
    }

    /// Images whose class is their label.
    pub fn correct(&self) -> u32 {
        self.counts.iter().enumerate().map(|(label, row)| row[label]).sum()
    }

    /// The fraction of images whose class is their label, in percent.
    pub fn accuracy(&self) -> f64 {
        100.0 * f64::from(self.correct()) / f64::from(self.images().max(1))
    }
}
