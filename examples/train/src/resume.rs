//! Where parties go on that each have checkpoints of their own.
//!
//! A start, and each time that a run goes on, is a session whose parties draw a number together: its lineage, which is in all checkpoints that
//! it writes. Shares of one step fit each other only if they have the same: two sessions that both go on from a checkpoint make other shares of
//! the same weights, and maybe of other weights. All parties of a session have the same setting, so a lineage stands for that, too.

use ::party::plan::told;
use ringshare::offline::SessionTag;
use ringshare::protocol::{self, Party};

use crate::checkpoint::KEPT;
use crate::error::Error;
use crate::random::random;

/// A session's number, which its parties have drawn together.
pub type Lineage = [u8; 16];

/// Bytes of a tag.
const TAG: usize = 16;
/// Bytes of a checkpoint: its steps and its lineage.
const CHECKPOINT: usize = 8 + 16;

/// The steps after which all go on: those of the last checkpoint that all parties have, if it is the last one of each or the one before that,
/// which is all that faults can do. Each tells the others the run, and steps and lineages of its own checkpoints, the last one first.
///
/// # Errors
/// If the network fails, or the parties' checkpoints are of several runs, of sessions of their own, or further apart.
pub fn agree(
    party: &mut Party,
    SessionTag(run): SessionTag,
    held: &[(u64, Lineage)],
) -> Result<u64, protocol::Error> {
    let mut own = run.to_vec();
    for (steps, lineage) in held.iter().take(KEPT) {
        own.extend(steps.to_be_bytes());
        own.extend(lineage);
    }
    // 0 steps where there is none.
    own.resize(TAG + KEPT * CHECKPOINT, 0);
    let all = told(party, &own)?;
    let parties: Vec<_> =
        all.chunks_exact(own.len()).map(|of| of.split_at(TAG)).map(|(run, held)| (run, read(held))).collect();
    let steps = parties.iter().map(|(_, held)| held[0].0).min().unwrap_or(0);
    let mut lineage = None;
    for (other, (run, held)) in parties.iter().enumerate() {
        if *run != parties[0].0 {
            return refused(other, "a checkpoint of party 0's run, found one of another");
        }
        let Some((_, at)) = held.iter().find(|(of, _)| *of == steps && steps > 0) else {
            let found: Vec<String> = held.iter().map(|(steps, _)| steps.to_string()).collect();
            let found = found.join(" and ");
            return refused(
                other,
                &format!("a checkpoint of step {steps}, the last of another party, found those of {found}"),
            );
        };
        if lineage.get_or_insert(at) != &at {
            let expected = "as party 0's of the session that wrote it, found one of another";
            return refused(other, &format!("a checkpoint of step {steps} {expected}"));
        }
    }
    Ok(steps)
}

/// Steps and lineages of a party's checkpoints.
fn read(held: &[u8]) -> Vec<(u64, &[u8])> {
    let steps = |bytes: &[u8]| bytes.iter().fold(0, |steps, byte| steps << 8 | u64::from(*byte));
    held.chunks_exact(CHECKPOINT).map(|of| of.split_at(8)).map(|(of, lineage)| (steps(of), lineage)).collect()
}

fn refused(party: usize, expected: &str) -> Result<u64, protocol::Error> {
    Err(protocol::Error::Training(format!("party {party}: expected {expected}")))
}

/// The lineage of a session: nobody knows it before, and it is another one each time, as long as one party's randomness is.
///
/// # Errors
/// If the network fails, or the system has no randomness.
pub fn lineage(party: &mut Party) -> Result<Lineage, Error> {
    let mut lineage = random()?;
    party.network_mut().open_bits(&mut lineage).map_err(protocol::Error::from)?;
    Ok(lineage)
}
