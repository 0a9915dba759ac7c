//! Where parties go on that each have checkpoints of their own.
//!
//! A start, and each time that a run goes on, is a session whose parties draw a number together: its lineage, which is in all checkpoints that
//! it writes. Shares of one step fit each other only if they have the same: two sessions that both go on from a checkpoint make other shares of
//! the same weights, and maybe of other weights. All parties of a session have the same setting, so a lineage stands for that, too.

use ringshare::nn::train::Numbers;
use ringshare::offline::SessionTag;
use ringshare::protocol::{self, Party};

use crate::checkpoint::KEPT;
use crate::error::Error;
use crate::random::random;

/// A session's number, which its parties have drawn together.
pub type Lineage = [u8; 16];

/// Words of a tag or a lineage.
const WORDS: usize = 4;
/// Words of a checkpoint: its steps and its lineage.
const CHECKPOINT: usize = 1 + WORDS;
/// Words of a party: the tag, and its checkpoints, the last one first, 0 steps where there is none.
const PARTY: usize = WORDS + KEPT * CHECKPOINT;

/// The steps after which all go on: those of the last checkpoint that all parties have, if it is the last one of each or the one before that,
/// which is all that faults can do. Each tells the others the steps and lineages of its own, the last one first.
///
/// # Errors
/// If the network fails, or the parties' checkpoints are of several runs, of sessions of their own, or further apart.
pub fn agree(
    party: &mut Party,
    SessionTag(run): SessionTag,
    held: &[(u64, Lineage)],
) -> Result<u64, protocol::Error> {
    let (id, parties) = (party.id(), party.parties());
    let mut own = words(&run).to_vec();
    for (steps, lineage) in held.iter().take(KEPT) {
        own.push(*steps);
        own.extend(words(lineage));
    }
    // Each number is in the share of the party whose it is, and nothing in the others.
    let mut all = vec![0; PARTY * parties];
    all[PARTY * id..][..own.len()].copy_from_slice(&own);
    let all = party.open(&Numbers::from_words(all))?;
    let steps = all.chunks_exact(PARTY).map(|of| of[WORDS]).min().unwrap_or(0);
    let mut lineage = None;
    for (other, of) in all.chunks_exact(PARTY).enumerate() {
        let (run, held) = of.split_at(WORDS);
        if run != &all[..WORDS] {
            return refused(other, "a checkpoint of party 0's run, found one of another");
        }
        let mut held = held.chunks_exact(CHECKPOINT);
        let Some(at) = held.clone().find(|held| held[0] == steps && steps > 0) else {
            let found: Vec<String> = held.by_ref().map(|held| held[0].to_string()).collect();
            let found = found.join(" and ");
            return refused(
                other,
                &format!("a checkpoint of step {steps}, the last of another party, found those of {found}"),
            );
        };
        if *lineage.get_or_insert(&at[1..]) != &at[1..] {
            let expected = "as party 0's of the session that wrote it, found one of another";
            return refused(other, &format!("a checkpoint of step {steps} {expected}"));
        }
    }
    Ok(steps)
}

fn refused(party: usize, expected: &str) -> Result<u64, protocol::Error> {
    Err(protocol::Error::Training(format!("party {party}: expected {expected}")))
}

/// The lineage of a session: nobody knows it before, and it is another one each time, as long as one party's randomness is.
///
/// # Errors
/// If the network fails, or the system has no randomness.
pub fn lineage(party: &mut Party) -> Result<Lineage, Error> {
    let own: [u8; 8 * WORDS] = random()?;
    let own =
        own.chunks_exact(8).map(|bytes| bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    let sum = party.open(&Numbers::from_words(own.collect()))?;
    let mut lineage = [0; 16];
    for (bytes, word) in lineage.chunks_exact_mut(4).zip(sum) {
        bytes.copy_from_slice(&(word as u32).to_be_bytes());
    }
    Ok(lineage)
}

/// Of 16 bytes the words that fit the ring.
pub(crate) fn words(bytes: &[u8; 16]) -> [u64; WORDS] {
    let bytes = u128::from_be_bytes(*bytes);
    [96, 64, 32, 0].map(|shift| u64::from((bytes >> shift) as u32))
}
