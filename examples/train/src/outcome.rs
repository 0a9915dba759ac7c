//! What a run gave, as a JSON object.

use std::path::Path;

use party::meter::Peer;
use serde::Serialize;

use crate::error::Error;
use crate::setting::Setting;

/// Lists are by epoch, from `first_epoch` on, those of float32 from the first of all. Times are seconds on the clock, but for the dealer's.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outcome {
    /// Which party, of those that are processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<usize>,
    /// Parties, without the dealer.
    pub parties: usize,
    /// Epochs.
    pub epochs: usize,
    /// Training images.
    pub images: usize,
    /// Images of a batch.
    pub batch: usize,
    /// The number, from 1, of the first epoch here: of a run that goes on, that in which it does.
    pub first_epoch: usize,
    /// Steps of each epoch that this run took. Times and bytes are of these alone.
    pub steps: Vec<usize>,
    /// Everything but scoring.
    pub epoch_s: Vec<f64>,
    /// Of these, from a batch that is dealt to its update.
    pub online_s: Vec<f64>,
    /// Of these, waiting for the dealer and receiving.
    pub offline_s: Vec<f64>,
    /// CPU seconds of the dealer, all epochs together.
    pub dealer_s: f64,
    /// CPU seconds of the party, of party 0 in memory.
    pub cpu_s: Vec<f64>,
    /// Classifying the test images.
    pub score_s: Vec<f64>,
    /// The same network in float32 in the clear on one core.
    pub plain_epoch_s: Vec<f64>,
    /// Percent of the test images; only at the party that has their labels.
    pub accuracy: Vec<f64>,
    /// The same of float32.
    pub plain_accuracy: Vec<f64>,
    /// The last classes of the test images.
    #[serde(skip)]
    pub classes: Vec<u8>,
    /// Percent of the test images, by the network as it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_accuracy: Option<f64>,
    /// How many of these classes are those of the last epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_same: Option<usize>,
    /// Mean losses that were opened, with the number of the step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub loss: Vec<(usize, f64)>,
    /// The same of float32.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plain_loss: Vec<(usize, f64)>,
    /// Bytes that a party sent.
    pub sent_bytes: Vec<u64>,
    /// Bytes from the dealer, all epochs together.
    pub dealer_bytes: u64,
    /// Peak memory of the process until the end of each epoch.
    pub peak_bytes: Vec<u64>,
    /// What each peer has cost, the dealer last, between processes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<Peer>,
    /// Peak memory of the process.
    pub peak_rss_bytes: Option<u64>,
}

impl Outcome {
    /// The outcome of a run that begins.
    pub fn of(setting: &Setting) -> Self {
        let Setting { parties, epochs, images, batch, .. } = *setting;
        Self { parties, epochs, images, batch, first_epoch: 1, ..Self::default() }
    }

    /// Writes it to a file.
    ///
    /// # Errors
    /// If the system refuses it.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).map_err(|e| Error::file(path, e))?;
        std::fs::write(path, text + "\n").map_err(|e| Error::file(path, e))
    }
}

/// Percent of the classes that are the labels.
pub fn accuracy(classes: &[u8], labels: &[u8]) -> f64 {
    let right = classes.iter().zip(labels).filter(|(class, label)| class == label).count();
    100. * right as f64 / labels.len().max(1) as f64
}
