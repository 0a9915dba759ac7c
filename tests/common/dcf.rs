//! Keys of distributed comparison functions, read and evaluated as the docs say, value by value.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

/// Values whose keys lie together.
const BLOCK: usize = 256;

/// What keys look like, from the bit length of the values and the width of the output ring.
#[derive(Clone, Copy)]
pub struct Shape {
    pub bits: u32,
    pub width: u32,
}

/// One value's key.
#[derive(Clone, Default)]
pub struct Key {
    /// For every level the corrections of seed and left control bit, what the right one's differs by,
    /// and that of the value.
    pub levels: Vec<(u128, u128, u128)>,
    pub leaf: u128,
}

impl Shape {
    /// Bits of an element of a leaf.
    fn lane(self) -> u32 {
        [1, 2, 4, 8, 16, 32, 64, 128].into_iter().find(|lane| *lane >= self.width).unwrap()
    }

    fn leaf_bits(self) -> u32 {
        (128 / self.lane()).ilog2().min(self.bits - 1)
    }

    pub fn levels(self) -> u32 {
        self.bits - 1 - self.leaf_bits()
    }

    /// Every value's key.
    pub fn read(self, correction: &[u8], len: usize) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut rest = correction;
        for start in (0..len).step_by(BLOCK) {
            let count = BLOCK.min(len - start);
            let mut block = vec![Key::default(); count];
            for _ in 0..self.levels() {
                let width = self.width as usize;
                let [seeds, controls, values] =
                    [16 * count, count.div_ceil(64) * 8, (count * width).div_ceil(8)]
                        .map(|bytes| rest.split_off(..bytes).unwrap());
                for (i, key) in block.iter_mut().enumerate() {
                    let [seed, control] = [bits(seeds, 128 * i, 128), bits(controls, i, 1)];
                    key.levels.push((seed, control, bits(values, width * i, width)));
                }
            }
            let leaves = rest.split_off(..16 * count).unwrap();
            block.iter_mut().enumerate().for_each(|(i, key)| key.leaf = bits(leaves, 128 * i, 128));
            keys.extend(block);
        }
        assert!(rest.is_empty());
        keys
    }

    /// A party's share of t at y', given its root's seed.
    pub fn evaluate(self, party: usize, key: &Key, root: u128, y: u64) -> u128 {
        let (mut seed, mut control) = (root & !1, party == 1);
        let low = self.bits - 1;
        let mut sum = 0u128;
        for (level, &(correction, difference, value)) in key.levels.iter().enumerate() {
            let j = u128::from(y >> (low - 1 - level as u32) & 1);
            sum = sum.wrapping_add(mmo(b"DCF path values.", seed | j));
            let mut child = mmo(b"DCF child seeds.", seed | j);
            if control {
                sum = sum.wrapping_add(value);
                child ^= correction ^ (difference & j);
            }
            (seed, control) = (child & !1, child & 1 == 1);
        }
        let place = (y & ((1 << self.leaf_bits()) - 1)) as u32 * self.lane();
        sum = sum.wrapping_add(mmo(b"DCF path values.", seed) >> place);
        if control {
            sum = sum.wrapping_add(key.leaf >> place);
        }
        let share = if party == 1 { sum.wrapping_neg() } else { sum };
        share & u128::MAX >> (128 - self.width)
    }
}

/// `count` bits from bit `at` on.
fn bits(bytes: &[u8], at: usize, count: usize) -> u128 {
    let bit = |i: usize| u128::from(bytes[i / 8] >> (i % 8) & 1);
    (0..count).fold(0, |value, i| value | bit(at + i) << i)
}

fn mmo(key: &[u8; 16], x: u128) -> u128 {
    let mut block = Array(x.to_le_bytes());
    Aes128::new(&Array(*key)).encrypt_block(&mut block);
    u128::from_le_bytes(block.0) ^ x
}
