//! Confusion matrices: labels against classes found.

use crate::dataset::CLASSES;

/// How many images of each label were found to be of each class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Confusion {
    /// By label, then by class.
    pub(crate) counts: [[u32; CLASSES]; CLASSES],
}

impl Confusion {
    /// Counts; labels and classes are below [`CLASSES`].
    pub(crate) fn new(labels: &[u8], classes: &[u8]) -> Self {
        let mut confusion = Self::default();
        for (&label, &class) in labels.iter().zip(classes) {
            confusion.counts[usize::from(label)][usize::from(class)] += 1;
        }
        confusion
    }

    /// Images.
    pub(crate) fn images(&self) -> u32 {
        self.counts.iter().flatten().sum()
    }

    /// Images whose class is their label.
    pub(crate) fn correct(&self) -> u32 {
        self.counts.iter().enumerate().map(|(label, row)| row[label]).sum()
    }

    /// The fraction of images whose class is their label, in percent.
    pub(crate) fn accuracy(&self) -> f64 {
        100.0 * f64::from(self.correct()) / f64::from(self.images().max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_is_counted_once() {
        let confusion = Confusion::new(&[0, 0, 9, 3], &[0, 1, 9, 0]);
        assert_eq!((confusion.images(), confusion.correct(), confusion.accuracy()), (4, 2, 50.0));
        assert_eq!((confusion.counts[0][1], confusion.counts[3][0], confusion.counts[1][0]), (1, 1, 0));
        assert_eq!(Confusion::default().accuracy(), 0.0);
    }
}
