//! The end of a run: the parties compare what they did.
//!
//! Every party mixes what it opens (operation, number of elements, bits), in order, into 64 bits, and at the end sends
//! them to all others. So parties that opened different things in frames of the same lengths notice. This finds
//! mistakes, not lies: the mix is neither secret nor hard to hit on purpose.
//!
//! | bytes | a party's end |
//! | --- | --- |
//! | 0..8 | the number of its openings |
//! | 8..16 | their mix |
//! | 16 | bytes of its caller's digest |
//! | 17..81 | the digest, then zeros |

use super::Network;
use super::sum::Sum;
use crate::net::{Kind, NetError};

/// The longest digest, in bytes.
const DIGEST: usize = 64;

impl Network {
    /// Ends a run: waits until every party has come to its end without an error, and compares what all of them opened,
    /// in what order, and their digests. A fault that this party could not have noticed by itself (its last frame was
    /// lost) is noticed here.
    ///
    /// `digest` is whatever else all parties should agree on, at most 64 bytes that may be known to all of them.
    ///
    /// # Errors
    /// If any party has failed, opened something else or has another digest.
    ///
    /// # Panics
    /// If the digest has more than 64 bytes.
    pub fn finish(&mut self, digest: &[u8]) -> Result<(), NetError> {
        assert!(digest.len() <= DIGEST, "a digest of {} bytes, more than {DIGEST}", digest.len());
        let mut own = [0; 17 + DIGEST];
        own[..8].copy_from_slice(&self.steps.count.to_le_bytes());
        own[8..16].copy_from_slice(&self.steps.mix.to_le_bytes());
        own[16] = digest.len() as u8;
        own[17..][..digest.len()].copy_from_slice(digest);
        self.send_words(self.others(), Kind::Finish, &own, Sum::Xor)?;
        for peer in self.others() {
            let mut difference = own;
            self.add_words(peer, Kind::Finish, &mut difference, Sum::Xor)?;
            if let Some(first) = difference.iter().position(|&byte| byte != 0) {
                self.broken = true;
                let what = match first {
                    0..8 => "the number of openings",
                    8..16 => "the lengths, widths or order of what they opened",
                    _ => "the digest of what they did",
                };
                return Err(NetError::Disagree { peer, what });
            }
        }
        Ok(())
    }
}
