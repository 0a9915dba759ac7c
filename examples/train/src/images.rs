//! Where the images come from.

use std::path::Path;

use classify::dataset::Dataset;

use crate::args::{Args, Kind};
use crate::error::Error;

impl Args {
    /// Whether the images are those beside the example. Between processes, those who have none know it, too.
    pub fn is_small(&self) -> bool {
        self.data.is_none() && self.processes.holds.is_empty()
    }

    /// Training and test images.
    ///
    /// # Errors
    /// If they are not there.
    pub fn images(&self) -> Result<(Dataset, Dataset), Error> {
        Ok((self.training()?, self.testing()?))
    }

    /// Training images.
    ///
    /// # Errors
    /// If they are not there.
    pub fn training(&self) -> Result<Dataset, Error> {
        let mut train = match &self.data {
            Some(folder) => Dataset::load(folder, &["train"])?,
            None => {
                let (all, split) = self.shipped()?;
                part(&all, |i, _| i < split)?
            }
        };
        if let Some((low, high)) = self.digits {
            train = part(&train, |_, label| (low..=high).contains(&label))?;
        }
        train.truncate(self.subset.map_or(usize::MAX, |n| n as usize));
        Ok(train)
    }

    /// Test images.
    ///
    /// # Errors
    /// If they are not there.
    pub fn testing(&self) -> Result<Dataset, Error> {
        let mut tests = match &self.data {
            Some(folder) => Dataset::load(folder, &["t10k"])?,
            None => {
                let (all, split) = self.shipped()?;
                part(&all, |i, _| i >= split)?
            }
        };
        tests.truncate(self.tests.map_or(usize::MAX, |n| n as usize));
        Ok(tests)
    }

    /// The images beside the example, and the number of the first for tests.
    fn shipped(&self) -> Result<(Dataset, usize), Error> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(match self.dataset {
            Kind::Mnist => "mnist",
            Kind::Fashion => "fashion",
        });
        let all = Dataset::load(&folder, &["digits", "t10k"])?;
        let split = all.len() * 4 / 5;
        Ok((all, split))
    }
}

fn part(data: &Dataset, keep: impl Fn(usize, u8) -> bool) -> Result<Dataset, Error> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (i, &label) in data.labels().iter().enumerate().filter(|(i, label)| keep(*i, **label)) {
        pixels.extend_from_slice(data.image(i));
        labels.push(label);
    }
    let images = classify::idx::Images { count: labels.len(), rows: 28, cols: 28, pixels };
    Dataset::new(images, labels).map_err(Error::Usage)
}
