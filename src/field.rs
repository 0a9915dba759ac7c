//! Prime fields F_p with p below 2^64, for the protocols that need one besides the rings.
//!
//! An element is its representative in 0..p, a 64-bit word. Products follow P. L. Montgomery,
//! *Modular multiplication without trial division*, Math. Comp. 44 (1985): with R = 2^64 and
//! m = a·b·p⁻¹ mod R, the number a·b − m·p is a multiple of R, and (a·b − m·p) / R, which lies
//! between −p and p if a·b < p·R, is a·b·R⁻¹ mod p. Three word products, no division. A factor that
//! is used often is held as a·R mod p, its *Montgomery form*.
//!
//! A random element is ⌊x·p / 2^128⌋ for 128 random bits x. Every element comes from ⌊2^128 / p⌋ values of x or one more, so
//! that its probability differs from 1/p by less than 2^-128, and the whole distribution from the uniform one by less than
//! 2^-64.
//!
//! No branch, address or loop count depends on an element. Quadratic characters are in `symbol`.

mod symbol;

/// A field F_p, whose prime p is chosen at run time.
///
/// ```
/// use ringshare::field::Field;
/// const F: Field = Field::new(9409569905028393239);
/// assert_eq!(F.add(F.sub(2, 5), 3), 0);
/// assert_eq!(F.mul(F.sub(0, 7), F.sub(0, 9)), 63);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    prime: u64,
    /// p⁻¹ modulo 2^64.
    inverse: u64,
    /// 2^128 modulo p.
    square: u64,
}

impl Field {
    /// The field of `prime` elements. That it is a prime is not checked.
    ///
    /// # Panics
    /// If `prime` is even or below 3.
    pub const fn new(prime: u64) -> Self {
        assert!(prime % 2 == 1 && prime >= 3, "an odd prime");
        // Newton's iteration: three bits are right at first, twice as many after each step.
        let mut inverse = prime;
        let mut right = 3;
        while right < 64 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(prime.wrapping_mul(inverse)));
            right *= 2;
        }
        let square = ((u128::MAX % prime as u128 + 1) % prime as u128) as u64;
        Self { prime, inverse, square }
    }

    /// The prime p.
    pub const fn prime(&self) -> u64 {
        self.prime
    }

    /// a + b.
    #[inline(always)]
    pub fn add(&self, a: u64, b: u64) -> u64 {
        self.sub(a, self.prime.wrapping_sub(b))
    }

    /// a − b; b may be p too.
    #[inline(always)]
    pub fn sub(&self, a: u64, b: u64) -> u64 {
        let difference = a.wrapping_sub(b);
        // The borrow by logic (Warren, Hacker's Delight, section 2-13): of a comparison the compiler
        // makes a branch.
        let borrow = (!a & b | !(a ^ b) & difference) >> 63;
        difference.wrapping_add(self.prime & 0u64.wrapping_sub(borrow))
    }

    /// a·b.
    #[inline(always)]
    pub fn mul(&self, a: u64, b: u64) -> u64 {
        self.montgomery_mul(self.to_montgomery(a), b)
    }

    /// The Montgomery form of a, which may be any word: a·2^64 mod p.
    #[inline(always)]
    pub fn to_montgomery(&self, a: u64) -> u64 {
        self.montgomery_mul(a, self.square)
    }

    /// a·b·2^-64 mod p, where one of a and b is an element and the other any word. If one of them is in Montgomery form,
    /// this is the product.
    #[inline(always)]
    pub fn montgomery_mul(&self, a: u64, b: u64) -> u64 {
        let product = a as u128 * b as u128;
        let multiple = (product as u64).wrapping_mul(self.inverse);
        let back = (multiple as u128 * self.prime as u128) >> 64;
        self.sub((product >> 64) as u64, back as u64)
    }

    /// The element of 128 random bits, uniform up to 2^-64.
    #[inline(always)]
    pub fn sample(&self, random: u128) -> u64 {
        let prime = self.prime as u128;
        let low = ((random as u64) as u128 * prime) >> 64;
        (((random >> 64) * prime + low) >> 64) as u64
    }
}
