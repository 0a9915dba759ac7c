//! What the parties compute: the same for all of them, in memory and between processes.

use ringshare::net::link::Terms;
use ringshare::nn::{Prepared, PublicModel, Sequential, Weights};
use ringshare::offline::{DryRun, Recipe};
use ringshare::protocol::{self, Family, Party};
use ringshare::ring::{self, Ring, Word, Z2};
use ringshare::secret::SecretBytes;
use ringshare::share::Share;
use ringshare::with_ring;

use crate::config::{Config, Output};
use crate::error::Error;

/// The ring of classes.
type Class = Z2<8>;
/// Classes that fit it.
const CLASSES: usize = 256;

/// The program of a session.
#[derive(Clone, Debug)]
pub struct Program {
    /// What is public of the model.
    pub public: PublicModel,
    /// The number of parties.
    pub parties: usize,
    /// Images of a batch. A batch that is not full is filled with zeros.
    pub batch: usize,
    /// What clients learn.
    pub output: Output,
    family: Family,
    /// What the dealer deals before the first batch, and what that costs.
    pub setup: DryRun,
    /// What it deals for every batch.
    pub each: DryRun,
    /// What it deals while there is nothing to do: nothing. So parties without requests learn that the dealer is there.
    pub beat: Recipe,
}

impl Program {
    /// The program that a configuration asks for.
    ///
    /// # Errors
    /// A public model that can't be read, or one that can't be evaluated so.
    pub fn load(config: &Config) -> Result<Self, Error> {
        let path = &config.model;
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, &e))?;
        let public = PublicModel::from_bytes(&bytes).map_err(|e| Error::bad(path, e))?;
        Self::new(public, config.parties.len(), config.batch, config.output, config.comparison)
            .map_err(|reason| Error::bad(path, reason))
    }

    /// The program of a model.
    ///
    /// # Errors
    /// What does not fit.
    pub fn new(
        public: PublicModel,
        parties: usize,
        batch: usize,
        output: Output,
        family: Family,
    ) -> Result<Self, String> {
        let classes = public.architecture().outputs();
        if output == Output::Class && classes > CLASSES {
            return Err(format!("expected a model of at most {CLASSES} classes, found {classes}"));
        }
        let (setup, each) = Default::default();
        let mut program =
            Self { public, parties, batch, output, family, setup, each, beat: Recipe::default() };
        let [setup, each] = with_ring!(program.public.ring(), R in [16, 32, 64] => program.dry::<R>(1))
            .map_err(|e| e.to_string())?;
        (program.setup, program.each) = (setup, each);
        Ok(program)
    }

    /// What is dealt for a batch on the model of a setup: its products are by number with that setup's matrices, and those of
    /// setups before have numbers, too.
    ///
    /// # Errors
    /// If the program can't be evaluated so.
    pub fn batch_on(&self, setup: u64) -> Result<Recipe, Error> {
        let runs = with_ring!(self.public.ring(), R in [16, 32, 64] => self.dry::<R>(setup.max(1)));
        let [_, each] = runs.map_err(|e| Error::Other(e.to_string()))?;
        Ok(each.recipe)
    }

    fn dry<R: Ring>(&self, setups: u64) -> Result<[DryRun; 2], protocol::Error> {
        let mut party = Party::dry(self.parties);
        party.set_comparison(self.family);
        for _ in 1..setups {
            self.share::<R>(&mut party, None)?;
            party.take_dry_run();
        }
        let model = self.share::<R>(&mut party, None)?;
        let setup = party.take_dry_run();
        let prepared = model.prepare(&mut party, self.batch)?;
        let x = Share::<R>::zeros(self.batch * self.inputs());
        self.evaluate(&mut party, &model, prepared, x)?;
        Ok([setup, party.take_dry_run()])
    }

    /// What all ends of a session must have in common.
    pub fn terms(&self, session: u64, note: Vec<u8>) -> Terms {
        let output = match self.output {
            Output::Class => 0,
            Output::Logits => 1,
        };
        let batch = [self.batch as u64, output].map(u64::to_le_bytes).concat();
        let digests = vec![
            ("model".into(), self.public.digest()),
            ("setup's recipe".into(), self.setup.recipe.digest()),
            ("batch's recipe".into(), self.each.recipe.digest()),
            ("batch and output".into(), sha256(&batch)),
        ];
        Terms { session, parties: self.parties, digests, note }
    }

    /// Values of an image.
    pub fn inputs(&self) -> usize {
        self.public.architecture().inputs()
    }

    /// Bytes of a party's share of an image's result.
    pub fn result_len(&self) -> usize {
        match self.output {
            Output::Class => 1,
            Output::Logits => {
                let architecture = self.public.architecture();
                ring::packed_len(architecture.outputs(), architecture.bits_out())
            }
        }
    }

    /// The recipes of the setup and of a batch.
    pub fn recipes(&self) -> [&Recipe; 2] {
        [&self.setup.recipe, &self.each.recipe]
    }

    /// Compares as the session does from now on.
    pub fn tune(&self, party: &mut Party) {
        party.set_comparison(self.family);
    }

    /// The setup, from this party's shares of the weights.
    ///
    /// # Errors
    /// As [`Sequential::of_shares`].
    pub fn share<R: Ring>(
        &self,
        party: &mut Party,
        shares: Option<&dyn Weights<R::Word>>,
    ) -> Result<Sequential<R>, protocol::Error> {
        Sequential::of_shares(party, self.public.architecture(), shares)
    }

    /// A batch: this party's shares of the results, [`result_len`](Self::result_len) bytes an image.
    ///
    /// # Errors
    /// If the protocol fails.
    pub fn evaluate<R: Ring>(
        &self,
        party: &mut Party,
        model: &Sequential<R>,
        prepared: Prepared<R>,
        x: Share<R>,
    ) -> Result<SecretBytes, protocol::Error> {
        let (architecture, bits) = (model.architecture(), model.bits_out());
        let logits = model.forward(party, prepared, x)?;
        match self.output {
            Output::Class => {
                let classes = party.argmax::<R, Class>(&logits, architecture.outputs(), bits)?;
                Ok(classes.expose().to_vec().into())
            }
            Output::Logits => {
                let mut out = SecretBytes::zeros(self.batch * self.result_len());
                let images = logits.expose().chunks(architecture.outputs());
                for (image, out) in images.zip(out.chunks_mut(self.result_len())) {
                    ring::pack(image, bits, out);
                }
                Ok(out)
            }
        }
    }

    /// The results of images from all parties' shares of them: a class each, or all outputs as numbers.
    ///
    /// # Errors
    /// Shares of another length, or with bits that no share has.
    pub fn open(&self, shares: &[Vec<u8>]) -> Result<Vec<Answer>, String> {
        let len = self.result_len();
        let images = shares.first().map_or(0, |share| share.len() / len);
        if shares.iter().any(|share| share.len() != images * len) {
            return Err("expected shares of the same length from all parties".into());
        }
        match self.output {
            Output::Class => {
                let sum = |image| shares.iter().fold(0u8, |sum, share| sum.wrapping_add(share[image]));
                Ok((0..images).map(sum).map(Answer::Class).collect())
            }
            Output::Logits => (0..images).map(|image| self.logits(shares, image * len)).collect(),
        }
    }

    fn logits(&self, shares: &[Vec<u8>], at: usize) -> Result<Answer, String> {
        let (outputs, bits) = {
            let architecture = self.public.architecture();
            (architecture.outputs(), architecture.bits_out())
        };
        let (mut sum, mut share) = (vec![0u64; outputs], vec![0u64; outputs]);
        for of in shares {
            let packed = &of[at..at + self.result_len()];
            ring::unpack(packed, bits, &mut share).map_err(|e| format!("a share of outputs: {e}"))?;
            sum.iter_mut().zip(&share).for_each(|(sum, share)| *sum = sum.wrapping_add(*share));
        }
        let integers: Vec<i64> = sum.iter().map(|sum| sum.signed(bits) as i64).collect();
        Ok(Answer::Logits(self.public.decode(&integers)))
    }
}

/// What a client learns of an image.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Its class.
    Class(u8),
    /// The model's outputs.
    Logits(Vec<f32>),
}

impl Answer {
    /// The class, or the place of the first greatest output.
    pub fn class(&self) -> usize {
        match self {
            Self::Class(class) => usize::from(*class),
            Self::Logits(logits) => {
                let best = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
                (0..logits.len()).fold(0, best)
            }
        }
    }
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).into()
}
