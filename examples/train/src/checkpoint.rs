//! A party's checkpoints: files of its own, sealed under a key of its own.
//!
//! | file | |
//! | --- | --- |
//! | `party-I.key` | the key, readable for its owner alone |
//! | `party-I.run-R.step-S` | the share after S steps of the run with the tag R, behind the digest of its setting and its [lineage](crate::resume) |
//!
//! A checkpoint takes the place of the one before the last: a party that dies may be one checkpoint behind the others, and they
//! go on from the last that all of them have.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::party::keys::hex;
use ringshare::nn::train::{Program, Trainer};
use ringshare::offline::file::{FileKey, sealed};
use ringshare::offline::{SessionTag, StateId};
use ringshare::secret::SecretBytes;

use crate::error::Error;
use crate::private;
use crate::resume::Lineage;

/// Checkpoints that a party keeps.
pub const KEPT: usize = 2;
/// Bytes in front of the share.
const HEAD: usize = 32 + 16;

/// Of what a checkpoint is, beyond the party and its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The run, from its first start on.
    pub run: SessionTag,
    /// The [digest](crate::holder::Holder::digest) of what selects and orders the images.
    pub setting: [u8; 32],
    /// The session that wrote it.
    pub lineage: Lineage,
}

/// Where a party keeps its checkpoints.
pub struct Checkpoints {
    folder: PathBuf,
    party: usize,
    parties: usize,
    key: FileKey,
}

impl Checkpoints {
    /// Opens a folder, and makes it and the party's key if they are not there.
    ///
    /// # Errors
    /// If the system refuses it, or the key is none.
    pub fn open(folder: &Path, party: usize, parties: usize) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|e| Error::file(folder, e))?;
        let path = folder.join(format!("party-{party}.key"));
        let key = if path.exists() {
            hex(&path).map_err(|e| Error::Run(e.to_string()))?
        } else {
            let key = FileKey::generate().map_err(|e| Error::file(&path, e))?;
            // It is on disk before anything is sealed under it: half a key would be nobody's.
            private::write(&path, &key.to_hex())?;
            key
        };
        Self::sealed(folder, party, parties, key)
    }

    /// Opens a folder, and makes it if it is not there, for files that are sealed under this key.
    ///
    /// # Errors
    /// If the system refuses it.
    pub fn sealed(folder: &Path, party: usize, parties: usize, key: FileKey) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|e| Error::file(folder, e))?;
        Ok(Self { folder: folder.into(), party, parties, key })
    }

    /// Writes a share, and removes older ones of its run.
    ///
    /// # Errors
    /// If the system refuses it.
    pub fn save(&self, origin: &Origin, trainer: &Trainer) -> Result<(), Error> {
        let Origin { run, setting, lineage } = *origin;
        let id = self.id(run, trainer.program(), trainer.steps());
        let path = self.path(run, trainer.steps());
        let share = trainer.to_bytes(&id);
        let mut bytes = SecretBytes::zeros(HEAD + share.len());
        bytes[..32].copy_from_slice(&setting);
        bytes[32..HEAD].copy_from_slice(&lineage);
        bytes[HEAD..].copy_from_slice(&share);
        sealed::write(&path, &self.key, &self.what(), &bytes).map_err(|e| Error::file(&path, e))?;
        let mut all = self.all()?;
        all.retain(|(of, _)| *of == run);
        let older = all.len().saturating_sub(KEPT);
        for (_, steps) in all.into_iter().take(older) {
            let path = self.path(run, steps);
            fs::remove_file(&path).map_err(|e| Error::file(&path, e))?;
        }
        Ok(())
    }

    /// Reads the last shares of a run, the last one first, with their lineages.
    ///
    /// # Errors
    /// If there is none, there are several runs, or one is damaged, of another setting or of anything else.
    pub fn load(
        &self,
        program: &Arc<Program>,
        setting: &[u8; 32],
    ) -> Result<(SessionTag, Vec<(Lineage, Trainer)>), Error> {
        let (run, all) = self.last()?;
        let each = all.iter().rev().take(KEPT).map(|steps| self.read(run, *steps, program, setting));
        Ok((run, each.collect::<Result<_, _>>()?))
    }

    fn read(
        &self,
        run: SessionTag,
        steps: u64,
        program: &Arc<Program>,
        setting: &[u8; 32],
    ) -> Result<(Lineage, Trainer), Error> {
        let path = self.path(run, steps);
        let bytes = sealed::read(&path, &self.key, &self.what()).map_err(|e| Error::file(&path, e))?;
        let short = || Error::file(&path, format!("expected {HEAD} bytes or more, found {}", bytes.len()));
        let (found, rest) = bytes.split_first_chunk::<32>().ok_or_else(short)?;
        let (lineage, share) = rest.split_first_chunk::<16>().ok_or_else(short)?;
        let id = self.id(run, program, steps);
        let trainer = Trainer::from_bytes(program.clone(), share, &id).map_err(|e| Error::file(&path, e))?;
        if found != setting {
            let reason = "expected a checkpoint of the same images (of this party and of clients), order, batches and averaged steps, found one of others";
            return Err(Error::file(&path, reason));
        }
        Ok((*lineage, trainer))
    }

    /// The run of the checkpoints, and the steps of each, in order.
    ///
    /// # Errors
    /// If the system refuses it, there is none, or there are several runs.
    pub fn last(&self) -> Result<(SessionTag, Vec<u64>), Error> {
        let all = self.all()?;
        let Some((run, _)) = all.last().copied() else {
            let party = self.party;
            return Err(Error::file(
                &self.folder,
                format!("expected a checkpoint of party {party}, found none"),
            ));
        };
        if all.iter().any(|(other, _)| *other != run) {
            return Err(Error::file(&self.folder, "expected checkpoints of one run, found those of several"));
        }
        Ok((run, all.into_iter().map(|(_, steps)| steps).collect()))
    }

    /// Checks that there is none.
    ///
    /// # Errors
    /// If the system refuses it, or there is one.
    pub fn expect_none(&self) -> Result<(), Error> {
        match self.all()?.first() {
            None => Ok(()),
            Some((_, steps)) => {
                let party = self.party;
                let reason = format!(
                    "expected no checkpoint of party {party} where a run begins, found one of step {steps}: --resume goes on from it"
                );
                Err(Error::file(&self.folder, reason))
            }
        }
    }

    /// Removes the shares of a run after more steps.
    ///
    /// # Errors
    /// If the system refuses it.
    pub fn forget_after(&self, run: SessionTag, steps: u64) -> Result<(), Error> {
        for (of, later) in self.all()? {
            if of == run && later > steps {
                let path = self.path(run, later);
                fs::remove_file(&path).map_err(|e| Error::file(&path, e))?;
            }
        }
        Ok(())
    }

    /// Checkpoints by run and steps.
    fn all(&self) -> Result<Vec<(SessionTag, u64)>, Error> {
        let entries = fs::read_dir(&self.folder).map_err(|e| Error::file(&self.folder, e))?;
        let prefix = format!("party-{}.run-", self.party);
        let parse = |name: &str| {
            let (run, steps) = name.strip_prefix(&prefix)?.split_once(".step-")?;
            let run = u128::from_str_radix(run, 16).ok().filter(|_| run.len() == 32)?;
            Some((run.to_be_bytes(), steps.parse().ok()?))
        };
        let mut all = Vec::new();
        for entry in entries {
            let name = entry.map_err(|e| Error::file(&self.folder, e))?.file_name();
            all.extend(name.to_str().and_then(parse));
        }
        all.sort_unstable();
        Ok(all.into_iter().map(|(run, steps)| (SessionTag(run), steps)).collect())
    }

    fn path(&self, SessionTag(run): SessionTag, steps: u64) -> PathBuf {
        let run = u128::from_be_bytes(run);
        self.folder.join(format!("party-{}.run-{run:032x}.step-{steps}", self.party))
    }

    fn what(&self) -> String {
        format!("training checkpoint of party {} of {}", self.party, self.parties)
    }

    fn id(&self, session: SessionTag, program: &Program, steps: u64) -> StateId {
        StateId { session, party: self.party, parties: self.parties, model: program.digest(), number: steps }
    }
}
