//! Where seeds come from.

use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, Rng, SeedableRng};
use zeroize::{Zeroize, Zeroizing};

use super::Seed;

/// A 256-bit secret from which the seeds of all parties, sessions and purposes follow.
///
/// Two steps of ChaCha20 (with the 64-bit block counter and 64-bit nonce of Bernstein's paper): the
/// first 32 bytes of block 0 under the root and the nonce *session* are the session's key; the first
/// 16 bytes of block *purpose* under that key and the nonce *party* are the seed.
///
/// Each step reads a different block for a different input, and never one block twice. So no two
/// triples (session, party, purpose) share the block that their seeds come from: there is nothing
/// to collide but the outputs of ChaCha20 itself. The root key is used for session keys alone, a
/// session key for seeds alone.
///
/// Prints nothing and is wiped when dropped.
///
/// ```
/// # use ringshare::prg::RootSeed;
/// use ringshare::prg::Prg;
/// let root = RootSeed::from_bytes([42; 32]);
/// let prg = Prg::new(&root.seed(1, 0, 0));
/// ```
#[derive(Clone)]
pub struct RootSeed([u8; 32]);

impl Drop for RootSeed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl RootSeed {
    /// A fresh root from a generator of cryptographic quality.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut root = Self([0; 32]);
        rng.fill_bytes(&mut root.0);
        root
    }

    /// The root with these bytes. For tests and for roots that are stored elsewhere.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The seed of `party` for `purpose` in `session`.
    pub fn seed(&self, session: u64, party: u64, purpose: u64) -> Seed {
        let mut key = Zeroizing::new([0; 32]);
        block(&self.0, session, 0, key.as_mut_slice());
        let mut seed = Seed::from_bytes([0; 16]);
        block(&key, party, purpose, &mut seed.0);
        seed
    }
}

/// The front of block `counter` of ChaCha20.
fn block(key: &[u8; 32], nonce: u64, counter: u64, out: &mut [u8]) {
    let mut rng = ChaCha20Rng::from_seed(*key);
    rng.set_stream(nonce);
    rng.set_word_pos(counter as u128 * 16);
    rng.fill_bytes(out);
    // The generator holds the key and has no wipe of its own.
    rng = ChaCha20Rng::from_seed([0; 32]);
    zeroize::optimization_barrier(&rng);
}

impl core::fmt::Debug for RootSeed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RootSeed(..)")
    }
}
