//! A party's checkpoints: files of its own, sealed under a key of its own.
//!
//! | file | |
//! | --- | --- |
//! | `party-I.key` | the key, readable for its owner alone |
//! | `party-I.run-R.step-S` | the share after S steps of the run with the tag R |
//!
//! A checkpoint takes the place of the one before the last: a party that dies may be one checkpoint behind the others, and they
//! go on from the last that all of them have.

use std::fs;
use std::path::{Path, PathBuf};

use ringshare::nn::train::{Numbers, Program, Trainer};
use ringshare::offline::file::{FileKey, sealed};
use ringshare::offline::{SessionTag, StateId};
use ringshare::protocol::{self, Party};

use crate::error::Error;

/// Checkpoints that a party keeps.
const KEPT: usize = 2;

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
            let text = fs::read_to_string(&path).map_err(|e| Error::file(&path, e))?;
            FileKey::from_hex(text.trim()).map_err(|e| Error::file(&path, e))?
        } else {
            let key = FileKey::generate().map_err(|e| Error::file(&path, e))?;
            private(&path, &key.to_hex())?;
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

    /// Writes the share of a run, and removes older ones.
    ///
    /// # Errors
    /// If the system refuses it.
    pub fn save(&self, run: SessionTag, trainer: &Trainer) -> Result<(), Error> {
        let id = self.id(run, trainer.program(), trainer.steps());
        let path = self.path(run, trainer.steps());
        sealed::write(&path, &self.key, &self.what(), &trainer.to_bytes(&id))
            .map_err(|e| Error::file(&path, e))?;
        let mut all = self.all()?;
        all.retain(|(of, _)| *of == run);
        let older = all.len().saturating_sub(KEPT);
        for (_, steps) in all.into_iter().take(older) {
            let path = self.path(run, steps);
            fs::remove_file(&path).map_err(|e| Error::file(&path, e))?;
        }
        Ok(())
    }

    /// Reads the share of a run after so many steps.
    ///
    /// # Errors
    /// If there is none, or it is damaged or of anything else.
    pub fn load(&self, run: SessionTag, steps: u64, program: Program) -> Result<Trainer, Error> {
        let path = self.path(run, steps);
        let bytes = sealed::read(&path, &self.key, &self.what()).map_err(|e| Error::file(&path, e))?;
        let id = self.id(run, &program, steps);
        Trainer::from_bytes(program, &bytes, &id).map_err(|e| Error::file(&path, e))
    }

    /// The run of the last checkpoint and its steps; an error if there is none.
    ///
    /// # Errors
    /// If the system refuses it, there is none, or there are several runs.
    pub fn last(&self) -> Result<(SessionTag, u64), Error> {
        let all = self.all()?;
        let Some((run, steps)) = all.last().copied() else {
            let party = self.party;
            return Err(Error::file(
                &self.folder,
                format!("expected a checkpoint of party {party}, found none"),
            ));
        };
        if all.iter().any(|(other, _)| *other != run) {
            return Err(Error::file(&self.folder, "expected checkpoints of one run, found those of several"));
        }
        Ok((run, steps))
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
        format!("training share of party {} of {}", self.party, self.parties)
    }

    fn id(&self, session: SessionTag, program: &Program, steps: u64) -> StateId {
        StateId { session, party: self.party, parties: self.parties, model: program.digest(), number: steps }
    }
}

/// The steps that all parties have a checkpoint of, if their last ones are of the same run and at most one apart: each tells the others
/// its own.
///
/// # Errors
/// If the network fails, or the parties have checkpoints of several runs.
pub fn agree(party: &mut Party, (SessionTag(run), steps): (SessionTag, u64)) -> Result<u64, protocol::Error> {
    let (id, parties) = (party.id(), party.parties());
    // Each number is in the share of the party whose it is, and nothing in the others.
    let mut words = vec![0u64; 5 * parties];
    for (word, bytes) in words[5 * id..].iter_mut().zip(run.chunks(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    words[5 * id + 4] = steps;
    let all = party.open(&Numbers::from_words(words))?;
    for (other, numbers) in all.chunks_exact(5).enumerate() {
        if numbers[..4] != all[..4] {
            let error =
                format!("party {other}: expected a checkpoint of party 0's run, found one of another");
            return Err(protocol::Error::Training(error));
        }
    }
    Ok(all.chunks_exact(5).map(|numbers| numbers[4]).min().unwrap_or(0))
}

/// Writes a file that its owner alone may read.
fn private(path: &Path, contents: &[u8]) -> Result<(), Error> {
    use std::io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|e| Error::file(path, e))?;
    file.write_all(contents).and_then(|()| file.sync_all()).map_err(|e| Error::file(path, e))
}
