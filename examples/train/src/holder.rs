//! Who has which images.
//!
//! The training images of all holders are numbered one holder after the other, behind those of the parties those of [clients](crate::client);
//! everybody knows how many each has. A party puts an image of its own into its share, with its label, and the others put nothing there. Of a
//! client's image each puts its share there.

use std::ops::Range;

use classify::dataset::{Dataset, PIXELS};
use ringshare::nn::Input;
use ringshare::nn::train::{Batch, Program, TrainError};
use ringshare::protocol;
use sha2::{Digest, Sha256};

use crate::client::ClientShares;
use crate::setting::Setting;

/// What a party has: training images of its own, and the test images if it is the one who has them.
pub struct Holder<'a> {
    /// The images of which it has its own, if it has any.
    pub data: Option<&'a Dataset>,
    /// The numbers of its own among those of all.
    pub own: Range<usize>,
    /// The number of the first in `data`.
    pub first: usize,
    /// The test images.
    pub tests: Option<&'a Dataset>,
    /// Its shares of clients' images, whose numbers are behind those of all parties.
    pub clients: Vec<ClientShares>,
}

/// The numbers of the images of each of so many holders.
pub fn shares(images: usize, holders: usize) -> Vec<Range<usize>> {
    let part = |i: usize| images * i / holders;
    (0..holders).map(|i| part(i)..part(i + 1)).collect()
}

impl Holder<'_> {
    /// A digest of what decides which images of this party and of clients are in which step of a run, and what is summed until the next
    /// score. Who goes on with a run has the same; epochs and rates may change.
    pub fn digest(&self, setting: &Setting) -> [u8; 32] {
        let Setting { images, batch, order, input, .. } = setting;
        let (averaged, own) = (setting.averaged(), &self.own);
        let mut all = Sha256::new();
        all.update(format!("{images} {batch} {order} {input:?} {averaged:?} {own:?}"));
        for place in own.clone().map(|row| row - self.first) {
            if let Some(data) = self.data {
                all.update(data.image(place));
                all.update([data.labels()[place]]);
            }
        }
        self.clients.iter().for_each(|client| all.update(client.name));
        all.finalize().into()
    }

    /// A batch of training images.
    ///
    /// # Errors
    /// As [`Batch::new`], or if a client's file can't be read.
    pub fn batch(&self, program: &Program, input: Input, rows: &[u32]) -> Result<Batch, protocol::Error> {
        let image = |&row: &u32| {
            let row = row as usize;
            self.data.filter(|_| self.own.contains(&row)).map(|data| {
                let place = row - self.first;
                (input.encode(data.image(place)), usize::from(data.labels()[place]))
            })
        };
        let mut batch = batch(program, rows.iter().map(image))?;
        for (place, &row) in rows.iter().enumerate() {
            if let Some((client, image)) = self.of_client(row as usize) {
                let share = client.image(image).map_err(|error| protocol::Error::Own {
                    reason: error.to_string(),
                    told: "shares of a client's images: expected to read them".into(),
                })?;
                batch.put(program, place, &share)?;
            }
        }
        Ok(batch)
    }

    /// The client who has an image, and the image's number among its own.
    fn of_client(&self, row: usize) -> Option<(&ClientShares, usize)> {
        let client = self.clients.iter().rfind(|client| client.first <= row)?;
        Some((client, row - client.first))
    }

    /// A batch of test images.
    ///
    /// # Errors
    /// As [`Batch::new`].
    pub fn tests(&self, program: &Program, input: Input, rows: Range<usize>) -> Result<Batch, TrainError> {
        let image =
            |row: usize| self.tests.map(|data| (input.encode(&data.pixels()[row * PIXELS..][..PIXELS]), 0));
        batch(program, rows.map(image))
    }
}

fn batch(
    program: &Program,
    rows: impl Iterator<Item = Option<(Vec<f32>, usize)>>,
) -> Result<Batch, TrainError> {
    let rows: Vec<Option<(Vec<f32>, usize)>> = rows.collect();
    Batch::new(program, rows.iter().map(|row| row.as_ref().map(|(x, label)| (&x[..], *label))))
}
