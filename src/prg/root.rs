//! Where seeds come from.

use chacha20::ChaCha20Rng;
use rand_core::{CryptoRng, Rng, SeedableRng};
use zeroize::{Zeroize, Zeroizing};

use super::Seed;

/// A 256-bit secret from which the seeds of all parties, sessions and purposes follow.
///
/// Two steps of ChaCha20 (with the 64-bit block counter and 64-bit nonce of Bernstein's paper). The
/// root is the key of the first one, which reads a block for each *domain* of a session, under the nonce *session*:
///
/// | block | domain | what its first bytes are |
/// | --- | --- | --- |
/// | 0 | [`seed`](Self::seed): what a caller makes of the root | a key of 32 bytes |
/// | 1 | reserved: the seeds of a session, of parties and of pairs | a key of 32 bytes |
/// | 2 | reserved: the session's tag, which is public | the tag itself, 16 bytes |
///
/// The second step is for the keys alone: the first 16 bytes of block *purpose* under the key and the nonce
/// *party* are the seed.
///
/// Each step reads a different block for a different input, and never one block twice. So no two
/// seeds of a domain share the block that they come from, nor do those of two domains the key: there is nothing
/// to collide but the outputs of ChaCha20 itself, and no call of `seed` gives a seed that a session
/// uses. Whoever learns a tag learns one block of ChaCha20 under the root, from which neither the root nor another
/// block can be found.
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
    /// A fresh root from a generator of cryptographic quality, such as the operating system's by `getrandom` 0.4 with the
    /// feature `sys_rng`:
    ///
    /// ```
    /// use getrandom::{SysRng, rand_core::UnwrapErr};
    /// use ringshare::prg::RootSeed;
    /// let root = RootSeed::generate(&mut UnwrapErr(SysRng));
    /// ```
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut root = Self([0; 32]);
        rng.fill_bytes(&mut root.0);
        root
    }

    /// The root with these bytes, for tests and for roots that are stored elsewhere. Whoever knows the bytes knows all masks.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The seed of `party` for `purpose` in `session`.
    pub fn seed(&self, session: u64, party: u64, purpose: u64) -> Seed {
        self.derive(Domain::Seeds, session, party, purpose)
    }

    /// The seed that the parties `i` and `j` share in `session`; of `i` alone, for `j = i`.
    pub(crate) fn session_seed(&self, session: u64, i: u64, j: u64) -> Seed {
        self.derive(Domain::Session, session, i.min(j), i.max(j))
    }

    /// A public name of `session` under this root, by which those who have their seeds from it recognise one another.
    pub(crate) fn tag(&self, session: u64) -> [u8; 16] {
        let mut tag = [0; 16];
        block(&self.0, session, Domain::Tag as u64, &mut tag);
        tag
    }

    fn derive(&self, domain: Domain, session: u64, party: u64, purpose: u64) -> Seed {
        let mut key = Zeroizing::new([0; 32]);
        block(&self.0, session, domain as u64, key.as_mut_slice());
        let mut seed = Seed::from_bytes([0; 16]);
        block(&key, party, purpose, &mut seed.0);
        seed
    }
}

/// The blocks of the first step.
#[derive(Clone, Copy)]
enum Domain {
    Seeds = 0,
    Session = 1,
    Tag = 2,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_says_which_session_of_which_root() {
        let [a, b] = [1, 2].map(|byte| RootSeed::from_bytes([byte; 32]));
        assert_eq!(a.tag(7), a.clone().tag(7));
        assert_ne!(a.tag(7), a.tag(8));
        assert_ne!(a.tag(7), b.tag(7));
        let root = RootSeed::from_bytes(core::array::from_fn(|i| i as u8));
        assert_eq!(u128::from_be_bytes(root.tag(1)), 0xcb07_3d0f_e4ee_2c20_3cef_4ff6_8a4d_14d2);
    }

    #[test]
    fn a_tag_is_no_seed_and_no_key_of_a_domain() {
        let root = RootSeed::from_bytes([3; 32]);
        for session in [0, 1, u64::MAX] {
            let tag = root.tag(session);
            for domain in [Domain::Seeds, Domain::Session] {
                let mut key = [0; 32];
                block(&root.0, session, domain as u64, &mut key);
                assert!(key.windows(16).all(|part| part != tag));
            }
            for (i, j) in [(0, 0), (0, 1), (1, 2), (u64::MAX, 2)] {
                assert_ne!(&tag, root.seed(session, i, j).expose());
                assert_ne!(&tag, root.session_seed(session, i, j).expose());
            }
        }
    }
}
