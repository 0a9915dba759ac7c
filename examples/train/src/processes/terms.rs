//! What all processes of a run must have alike.

use ringshare::net::link::Terms;
use sha2::{Digest, Sha256};

use super::Plan;
use crate::error::Error;

impl Plan<'_> {
    /// The terms, with a note. A digest for each thing that may differ, so that the refusal names it.
    pub(super) fn terms(&self, note: Vec<u8>) -> Result<Terms, Error> {
        let (s, asked) = (&self.setting, &self.args.processes);
        let kept = self.args.checkpoint.as_ref().map(|_| self.args.every);
        let mut recipes = Sha256::new();
        self.recipes.all().iter().for_each(|recipe| recipes.update(recipe.digest()));
        let texts = [
            ("images of each party and client", format!("{:?}", self.holds)),
            ("test images", format!("{} of party {}", s.tests, asked.tester)),
            ("pixels", format!("{:?}", s.input)),
            ("batch", s.batch.to_string()),
            ("epochs", s.epochs.to_string()),
            ("learning rates", format!("{:?} {}", s.rates, s.warmup)),
            ("averaged steps", s.average.to_string()),
            ("losses that are opened", s.loss_every.to_string()),
            ("order of images", s.order.to_string()),
            ("owner of initial weights", format!("{:?}", asked.owner)),
            ("checkpoints", format!("{kept:?}")),
            ("--resume", self.args.resume.to_string()),
            ("party that learns the network", format!("{:?}", asked.to)),
        ];
        let mut digests = vec![("network and its training".into(), s.program()?.digest())];
        digests.extend(texts.into_iter().map(|(name, text)| (name.into(), Sha256::digest(text).into())));
        digests.push(("recipes".into(), recipes.finalize().into()));
        Ok(Terms { session: self.config.session, parties: s.parties, digests, note })
    }
}
