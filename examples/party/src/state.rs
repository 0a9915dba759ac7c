//! What a party keeps on disk, and how all ends find where to go on.
//!
//! Items of correlated randomness have numbers in a session. A setup takes s of them, a batch m, and a setup that did not come to its end is
//! never repeated with the same ones. So the position of an end is (items used, setups begun). Every end tells its own in the note
//! of its links, and all go on from the greatest: batches that some had begun and others not are given up.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ringshare::nn::Sequential;
use ringshare::offline::file::{FileError, FileKey, Ledger, sealed};
use ringshare::offline::{SessionTag, StateId};
use ringshare::ring::Ring;
use ringshare::secret::SecretBytes;

use crate::error::{Error, name};
use crate::program::Program;

/// What an end tells the others of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Items used, setups begun.
    pub position: [u64; 2],
    /// Which setup its share of the model is of, from 1; 0 if it has none.
    pub model: u64,
    /// Items that were used before that setup.
    pub before: u64,
}

const NOTE: usize = 32;
/// Setups of a session at most: whoever claims more is not believed.
const SETUPS: u64 = 4096;

/// A party's share of a model, as its file has it.
pub struct Kept {
    /// Of which setup it is, from 1.
    pub setup: u64,
    /// Items that were used before that setup.
    pub before: u64,
    contents: SecretBytes,
}

/// The bytes before the share itself: two numbers.
const KEPT: usize = 16;

impl Note {
    /// As the bytes of a note.
    pub fn write(self) -> Vec<u8> {
        [self.position[0], self.position[1], self.model, self.before].map(u64::to_le_bytes).concat()
    }

    /// Reads a note; `None` if it is none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; NOTE] = bytes.try_into().ok()?;
        let number = |at: usize| u64::from_le_bytes(*bytes[at..].first_chunk().unwrap_or(&[0; 8]));
        Some(Self { position: [number(0), number(8)], model: number(16), before: number(24) })
    }

    /// Where all go on: the greatest position, and which setup the model is of. The last note may be the dealer's.
    ///
    /// # Errors
    /// If the parties' shares of a model are of different setups, or some have none.
    pub fn agree(notes: &[Vec<u8>], parties: usize) -> Result<Self, Error> {
        let mut all = Self::default();
        for (peer, bytes) in notes.iter().enumerate() {
            let note = Self::read(bytes).ok_or_else(|| {
                Error::Refused(format!(
                    "{}: expected its position in its note, found {} bytes",
                    name(peer, parties),
                    bytes.len()
                ))
            })?;
            let most = note.model.max(note.position[1]);
            if most > SETUPS {
                let peer = name(peer, parties);
                return Err(Error::Refused(format!(
                    "{peer}: expected at most {SETUPS} setups, found {most}"
                )));
            }
            all.position = all.position.max(note.position);
            if peer == 0 {
                (all.model, all.before) = (note.model, note.before);
            } else if peer < parties && (note.model, note.before) != (all.model, all.before) {
                let of = |model| {
                    if model == 0 {
                        "no share of a model".into()
                    } else {
                        format!("a share of setup {model}")
                    }
                };
                let text = format!(
                    "expected all parties with shares of one setup: party 0 has {}, party {peer} {}; put the files back, or remove \
                     those of all and let the model's owner come again",
                    of(all.model),
                    of(note.model)
                );
                return Err(Error::Refused(text));
            }
        }
        Ok(all)
    }
}

/// The files of a party, or of the dealer.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    name: String,
    number: usize,
}

fn file(error: &FileError) -> Error {
    Error::File(error.to_string())
}

impl Files {
    /// Those of an end, in a folder that is made if need be.
    ///
    /// # Errors
    /// If the system refuses the folder.
    pub fn new(folder: &Path, number: usize, parties: usize) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|e| Error::io(folder, &e))?;
        let name = if number == parties { "dealer".into() } else { format!("party-{number}") };
        Ok(Self { folder: folder.into(), name, number })
    }

    fn path(&self, end: &str) -> PathBuf {
        self.folder.join(format!("{}.{end}", self.name))
    }

    /// The session that the files are of, if there are any.
    ///
    /// # Errors
    /// A file that can't be read.
    pub fn session(&self) -> Result<Option<SessionTag>, Error> {
        let path = self.path("session");
        match fs::read(&path) {
            Ok(bytes) => match <[u8; 16]>::try_from(&bytes[..]) {
                Ok(tag) => Ok(Some(SessionTag(tag))),
                Err(_) => Err(Error::bad(&path, format!("expected 16 bytes, found {}", bytes.len()))),
            },
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::io(&path, &e)),
        }
    }

    /// The ledger of a session: a new one where this end has none of any session.
    ///
    /// # Errors
    /// If the files are of another session, or the ledger is damaged or in use.
    pub fn ledger(&self, tag: SessionTag) -> Result<Ledger, Error> {
        let path = self.path("ledger");
        match self.session()? {
            Some(found) if found != tag => Err(Error::bad(
                &path,
                "expected the ledger of this session, found that of another: its seeds came from another root, or the session's number changed",
            )),
            Some(_) => Ledger::open(&path, tag, self.number).map_err(|e| file(&e)),
            None => {
                // What a start that was cut short has left is of this session, or refused.
                let made = if path.exists() {
                    Ledger::open(&path, tag, self.number)
                } else {
                    Ledger::create(&path, tag, self.number)
                };
                let ledger = made.map_err(|e| file(&e))?;
                let place = self.path("session");
                fs::write(&place, tag.0).map_err(|e| Error::io(&place, &e))?;
                Ok(ledger)
            }
        }
    }

    /// A file to which a line is added for everything that is used.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn trace(&self) -> Result<Trace, Error> {
        let path = self.path("trace");
        let file = fs::OpenOptions::new().create(true).append(true).open(&path);
        Ok(Trace { file: file.map_err(|e| Error::io(&path, &e))?, path })
    }

    fn id(&self, program: &Program, tag: SessionTag, setup: u64) -> StateId {
        let (party, parties) = (self.number, program.parties);
        StateId { session: tag, party, parties, model: program.public.digest(), number: setup }
    }

    /// Keeps this party's share of a model, sealed: of which setup it is, and how many items were used before that.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn keep<R: Ring>(
        &self,
        program: &Program,
        key: &FileKey,
        tag: SessionTag,
        [setup, before]: [u64; 2],
        model: &Sequential<R>,
    ) -> Result<(), Error> {
        let Some(bytes) = model.to_bytes(&self.id(program, tag, setup)) else { return Ok(()) };
        let mut contents = SecretBytes::zeros(KEPT + bytes.len());
        contents[..8].copy_from_slice(&setup.to_le_bytes());
        contents[8..KEPT].copy_from_slice(&before.to_le_bytes());
        contents[KEPT..].copy_from_slice(&bytes);
        sealed::write(&self.path("model"), key, "model", &contents).map_err(|e| file(&e))
    }

    /// The share of a model, if there is one.
    ///
    /// # Errors
    /// A file that can't be read, was changed, or is another party's.
    pub fn model(&self, key: &FileKey) -> Result<Option<Kept>, Error> {
        let path = self.path("model");
        if !path.exists() {
            return Ok(None);
        }
        // A share of a model says that a setup has been used. A ledger at zero would hand it out again.
        let ledger = self.path("ledger");
        if self.session()?.is_none() || !ledger.exists() {
            return Err(Error::bad(
                &ledger,
                format!("expected the ledger that {} was made with, found none", path.display()),
            ));
        }
        let contents = sealed::read(&path, key, "model").map_err(|e| Error::bad(&path, e))?;
        let Some((numbers, _)) = contents.split_first_chunk::<KEPT>() else {
            return Err(Error::bad(&path, "expected a share of a model"));
        };
        let [setup, before] =
            [0, 8].map(|at| u64::from_le_bytes(*numbers[at..].first_chunk().unwrap_or(&[0; 8])));
        Ok(Some(Kept { setup, before, contents }))
    }

    /// This party's share of a model from its file.
    ///
    /// # Errors
    /// If it is of another model, party or run.
    pub fn restore<R: Ring>(
        &self,
        program: &Program,
        tag: SessionTag,
        kept: &Kept,
    ) -> Result<Sequential<R>, Error> {
        let id = self.id(program, tag, kept.setup);
        let share = kept.contents.get(KEPT..).unwrap_or_default();
        Sequential::from_bytes(share, &id, program.public.architecture())
            .map_err(|e| Error::bad(&self.path("model"), e))
    }
}

/// Says which items were used: for those who want to check that none is used twice.
#[derive(Debug)]
pub struct Trace {
    file: fs::File,
    path: PathBuf,
}

impl Trace {
    /// Adds a line. A process that is killed later has written it.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn note(&mut self, what: &str, items: [u64; 2]) -> Result<(), Error> {
        let line = format!("{what} {} {}\n", items[0], items[1]);
        self.file.write_all(line.as_bytes()).map_err(|e| Error::io(&self.path, &e))
    }
}
