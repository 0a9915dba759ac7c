//! Comparisons by the pure kernels, opened by hand.

use ringshare::correlation::compare::{Chunks, Comparison, Plan};
use ringshare::offline::{Elements, Recipe, Store};
use ringshare::ring::{Ring, Word};
use ringshare::share::Share;

use super::{Random, split, stores, sum, xor};

/// Values where comparisons go wrong first: about zero, about the ends, about powers of two.
pub fn edges<W: Word>(bits: u32) -> Vec<W> {
    let powers = (0..bits).map(|b| 1i128 << b);
    let near = powers.flat_map(|p| [p - 1, p, p + 1, -p - 1, -p, -p + 1]);
    near.chain([0, 1, -1]).map(W::from_signed).collect()
}

/// Values whose sizes are as varied as their signs: half of them short, half of any length.
pub fn varied<W: Word>(len: usize, bits: u32, random: &mut Random) -> Vec<W> {
    let short = |random: &mut Random| {
        let value = random.next() >> random.below(64);
        if random.next() & 1 == 1 { -i128::from(value) } else { value.into() }
    };
    let mut values: Vec<W> = random.words(len / 2);
    values.extend((len / 2..len).map(|_| W::from_signed(short(random).signed_low(bits))));
    values
}

/// The low bits of a number, two's complement.
trait SignedLow {
    fn signed_low(self, bits: u32) -> Self;
}

impl SignedLow for i128 {
    fn signed_low(self, bits: u32) -> i128 {
        self << (128 - bits) >> (128 - bits)
    }
}

/// The parties and the session, and whether they write down what they open.
#[derive(Clone, Copy)]
pub struct Setting {
    pub parties: usize,
    pub session: u64,
}

/// All that is opened, step by step.
pub struct Opened<R: Ring> {
    /// The masked values, canonical.
    pub y: Vec<R::Word>,
    /// The masked bits of every level and of the last step.
    pub bits: Vec<Vec<u8>>,
}

impl Setting {
    fn stores<R: Ring>(self, len: usize, plan: &Plan) -> Vec<Store> {
        stores(self.parties, self.session, &Recipe(vec![Comparison::<R>::request(len, plan)]))
    }

    /// The comparison's secret masks r modulo 2^k, which depend on the seeds alone.
    pub fn masks<R: Ring>(self, len: usize, plan: &Plan) -> Vec<R::Word> {
        let mask = |mut store: Store| {
            Comparison::<R>::take(&mut store, len, plan.clone()).unwrap().mask(&Share::zeros(len)).0
        };
        sum(&self.stores::<R>(len, plan).into_iter().map(mask).collect::<Vec<_>>(), plan.bits())
    }

    /// Up to the last step.
    pub fn chunks<R: Ring>(self, x: &[R::Word], plan: &Plan) -> (Vec<Chunks>, Opened<R>) {
        let mut random = Random(self.session ^ 0x5eed);
        let x_shares = split::<R>(x, self.parties, &mut random).into_iter().map(Share::<R>::from_words);
        let mask = |(mut store, x): (Store, Share<R>)| {
            Comparison::<R>::take(&mut store, x.len(), plan.clone()).unwrap().mask(&x)
        };
        let masked = self.stores::<R>(x.len(), plan).into_iter().zip(x_shares).map(mask);
        let (y, masked): (Vec<_>, Vec<_>) = masked.unzip();
        let y = sum(&y, plan.bits());
        let mut chunks: Vec<Chunks> = masked.into_iter().map(|masked| masked.look_up(&y).unwrap()).collect();
        let mut bits = Vec::new();
        while chunks[0].has_level() {
            let opened = xor(&chunks.iter().map(Chunks::masked).collect::<Vec<_>>());
            chunks = chunks.into_iter().map(|chunks| chunks.combine(&opened).unwrap()).collect();
            bits.push(opened);
        }
        (chunks, Opened { y, bits })
    }

    /// `[if x ≥ 0, if x < 0]` of `values`, opened.
    pub fn arithmetic<R: Ring, O: Ring>(
        self,
        x: &[R::Word],
        bits: u32,
        values: [O::Word; 2],
    ) -> (Vec<O::Word>, Opened<R>) {
        let (chunks, mut opened) = self.chunks::<R>(x, &Plan::new(bits, Some(Elements::of::<O>())));
        let last = xor(&chunks.iter().map(Chunks::masked).collect::<Vec<_>>());
        let finish = |chunks: Chunks| chunks.finish::<O>(&last, values).unwrap().expose().to_vec();
        let out = sum(&chunks.into_iter().map(finish).collect::<Vec<_>>(), O::BITS);
        opened.bits.push(last);
        (out, opened)
    }

    /// The result of any plan for one of two values, opened.
    pub fn chosen<R: Ring, O: Ring>(self, x: &[R::Word], plan: &Plan, values: [O::Word; 2]) -> Vec<O::Word> {
        let (chunks, _) = self.chunks::<R>(x, plan);
        let last = xor(&chunks.iter().map(Chunks::masked).collect::<Vec<_>>());
        let finish = |chunks: Chunks| chunks.finish::<O>(&last, values).unwrap().expose().to_vec();
        sum(&chunks.into_iter().map(finish).collect::<Vec<_>>(), O::BITS)
    }

    /// The result of a plan for a ReLU or a truncation, opened, and the masked values.
    pub fn lifted<R: Ring, O: Ring>(self, x: &[R::Word], plan: &Plan) -> (Vec<O::Word>, Opened<R>) {
        let (chunks, mut opened) = self.chunks::<R>(x, plan);
        let last = xor(&chunks.iter().map(Chunks::masked).collect::<Vec<_>>());
        let finish =
            |chunks: Chunks| chunks.finish_shifted::<R, O>(&opened.y, &last).unwrap().expose().to_vec();
        let out = sum(&chunks.into_iter().map(finish).collect::<Vec<_>>(), O::BITS);
        opened.bits.push(last);
        (out, opened)
    }

    /// The bits x < 0, opened.
    pub fn boolean<R: Ring>(self, x: &[R::Word], bits: u32) -> (Vec<bool>, Opened<R>) {
        self.boolean_by::<R>(x, &Plan::new(bits, None))
    }

    /// The bits of any boolean plan, opened.
    pub fn boolean_by<R: Ring>(self, x: &[R::Word], plan: &Plan) -> (Vec<bool>, Opened<R>) {
        let (chunks, opened) = self.chunks::<R>(x, plan);
        let shares: Vec<_> = chunks.into_iter().map(|chunks| chunks.finish_bits().unwrap()).collect();
        let bit =
            |i: usize| shares.iter().fold(0, |bit, share| bit ^ share.expose()[i / 64] >> (i % 64) & 1) == 1;
        assert!(shares.iter().all(|share| share.len() == x.len()));
        ((0..x.len()).map(bit).collect(), opened)
    }

    /// Holds every kind of result against plain integers.
    pub fn check<R: Ring, O: Ring>(self, x: &[R::Word], bits: u32) {
        let negative: Vec<bool> = x.iter().map(|x| x.signed(bits) < 0).collect();
        let values = [O::Word::truncate(0x55), O::Word::from_signed(-3)];
        let (out, _) = self.arithmetic::<R, O>(x, bits, values);
        for (i, (&negative, &out)) in negative.iter().zip(&out).enumerate() {
            let expected = values[usize::from(negative)] & O::Word::mask(O::BITS);
            assert!(
                out == expected,
                "{:?} at {bits} bits, place {i} of {}, {} parties",
                x[i],
                x.len(),
                self.parties
            );
        }
        let (out, _) = self.boolean::<R>(x, bits);
        if let Some(i) = (0..x.len()).find(|&i| out[i] != negative[i]) {
            panic!("{:?} at {bits} bits, place {i} of {}, {} parties: a bit", x[i], x.len(), self.parties);
        }
    }
}

/// For every place, an x that makes a new pair with the place's mask, until all pairs are made.
pub fn all_pairs(masks: &[u8], bits: u32) -> Vec<u8> {
    let size = 1usize << bits;
    let mut next = vec![0; size];
    let mut dirt = Random(masks.len() as u64);
    let choose = |&r: &u8| {
        let x = next[r as usize] % size;
        next[r as usize] += 1;
        x as u8 | ((dirt.next() as u8) << (bits - 1) << 1)
    };
    let x = masks.iter().map(choose).collect();
    assert!(next.iter().all(|&count| count >= size), "not every mask came often enough at {bits} bits");
    x
}
