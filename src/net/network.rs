//! A party's end of the network.
//!
//! Summing a vector of m elements of k bits over n parties, two ways ([`Topology`]):
//!
//! | | rounds | elements that a party sends |
//! | --- | --- | --- |
//! | direct: everyone sends everyone the whole share | 1 | (n−1)·m |
//! | scatter: party j sums slice j, then sends the sum to all | 2 | 2·(n−1)/n·m |
//!
//! A network that goes nowhere ([`Network::dry`]) takes the same steps, counts what it would send, and finds that every
//! sum is zero. All others are as far as it is: what it receives has the round of what it sent last.

mod abort;
mod cause;
mod exchange;
mod finish;
mod steps;
mod sum;
mod wire;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::any::Any;
use core::ops::Range;

use self::cause::Cause;
use self::steps::Steps;
use self::sum::Sum;
use self::wire::Wire;
use super::{Kind, NetError, Transport};
use crate::field::Field;
use crate::ring::Word;
use crate::secret::{public, wipe};

/// How vectors are summed over the parties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Topology {
    /// Direct for two parties and for short vectors (up to 16 KiB a share), else scatter.
    #[default]
    Auto,
    /// All to all.
    Direct,
    /// Reduce-scatter and all-gather.
    Scatter,
}

/// Shares longer than this go by scatter under [`Topology::Auto`].
const LONG: usize = 16 << 10;

/// A party's (or the dealer's) end of the network, in one session.
pub struct Network {
    /// `None` in a dry run: nothing is sent, everything opens to zero.
    transport: Option<Box<dyn Wire>>,
    id: usize,
    parties: usize,
    session: u64,
    topology: Topology,
    /// Frames so far to and from each peer; of no peer in a dry run.
    sent: Vec<u64>,
    received: Vec<u64>,
    round: u32,
    /// The round of the frame sent last.
    sent_round: u32,
    sent_bytes: u64,
    steps: Steps,
    broken: bool,
    aborted: bool,
    /// What a peer that aborted gave as the cause.
    cause: Option<Cause>,
    frame: Vec<u8>,
}

/// A sender has 16 bits, and the dealer's number is the number of parties.
const MOST_PARTIES: usize = u16::MAX as usize - 1;

impl Network {
    /// Party `id` of `parties` (or the dealer, if `id` is `parties`), over a transport that it owns. Whoever holds a network
    /// need not know of what type its transport is.
    ///
    /// # Errors
    /// If there is no such peer, or there are not 1 to 65,534 parties.
    pub fn new(
        transport: impl Transport + Send + 'static,
        id: usize,
        parties: usize,
        session: u64,
    ) -> Result<Self, NetError> {
        if !(1..=MOST_PARTIES).contains(&parties) {
            return Err(NetError::Parties { most: MOST_PARTIES, found: parties });
        }
        let peers = parties + 1;
        if id >= peers {
            return Err(NetError::NoPeer { peer: id, peers });
        }
        Ok(Self::over(Some(Box::new(transport)), id, parties, session, peers))
    }

    /// A network that sends nothing and counts what it would send.
    pub fn dry(id: usize, parties: usize) -> Self {
        Self::over(None, id, parties, 0, 0)
    }

    fn over(transport: Option<Box<dyn Wire>>, id: usize, parties: usize, session: u64, peers: usize) -> Self {
        Self {
            transport,
            id,
            parties,
            session,
            topology: Topology::Auto,
            sent: vec![0; peers],
            received: vec![0; peers],
            round: 0,
            sent_round: 0,
            sent_bytes: 0,
            steps: Steps::default(),
            broken: false,
            aborted: false,
            cause: None,
            frame: Vec::new(),
        }
    }

    /// This end's number.
    pub fn id(&self) -> usize {
        self.id
    }

    /// The session's number.
    pub fn session(&self) -> u64 {
        self.session
    }

    /// The number of parties.
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// Whether this is a dry run.
    pub(crate) fn is_dry(&self) -> bool {
        self.transport.is_none()
    }

    /// Causal depth so far.
    pub fn rounds(&self) -> u32 {
        self.round
    }

    /// Bytes sent so far, headers included.
    pub fn sent_bytes(&self) -> u64 {
        self.sent_bytes
    }

    /// Rounds and bytes sent so far, which start again at zero: for dry runs.
    pub(crate) fn take_counts(&mut self) -> (u32, u64) {
        self.sent_round = 0;
        (core::mem::take(&mut self.round), core::mem::take(&mut self.sent_bytes))
    }

    /// The transport, if it is of this type and this is no dry run.
    pub fn transport<T: Transport + 'static>(&self) -> Option<&T> {
        let transport: &dyn Any = self.transport.as_deref()?;
        transport.downcast_ref()
    }

    /// Sums by `topology` from now on. All parties must choose the same.
    pub fn set_topology(&mut self, topology: Topology) {
        self.topology = topology;
    }

    /// How a share of `bytes` bytes is summed.
    fn topology_for(&self, bytes: usize) -> Topology {
        match self.topology {
            Topology::Auto if self.parties == 2 || bytes <= LONG => Topology::Direct,
            Topology::Auto => Topology::Scatter,
            chosen => chosen,
        }
    }

    /// Sums the shares `words` modulo 2^bits over all parties; every word ends up canonical.
    ///
    /// # Errors
    /// If the transport fails or what comes is not what should come.
    pub fn open<W: Word>(&mut self, words: &mut [W], bits: u32) -> Result<(), NetError> {
        self.sum(words, Sum::Ring { bits }, [Kind::Open, Kind::Gather])?;
        if bits < W::BITS {
            let mask = W::mask(bits);
            words.iter_mut().for_each(|word| *word = *word & mask);
        }
        public(words);
        Ok(())
    }

    /// Sums shares of two numbers to a word over all parties: of b in the low `bits[1]` bits, of a in the
    /// `bits[0]` bits above, each modulo its own power of two, so that nothing carries from b into a.
    /// Every word ends up canonical.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    ///
    /// # Panics
    /// If either number has no bits, or a word has fewer than both together.
    pub fn open_pairs<W: Word>(&mut self, words: &mut [W], bits: [u32; 2]) -> Result<(), NetError> {
        let [a, b] = bits;
        assert!(a > 0 && b > 0 && a + b <= W::BITS, "numbers of {a} and {b} bits in a word of {}", W::BITS);
        self.sum(words, Sum::Pair { bits: a + b, low: b }, [Kind::Open, Kind::Gather])?;
        let mask = W::mask(a + b);
        words.iter_mut().for_each(|word| *word = *word & mask);
        public(words);
        Ok(())
    }

    /// Sums the XOR shares `bytes` over all parties.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_bits(&mut self, bytes: &mut [u8]) -> Result<(), NetError> {
        self.sum(bytes, Sum::Xor, [Kind::OpenBits, Kind::GatherBits])?;
        public(bytes);
        Ok(())
    }

    /// As [`open`](Self::open) and [`open_bits`](Self::open_bits) at once, in the rounds of one of them.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_both<W: Word>(
        &mut self,
        words: &mut [W],
        bits: u32,
        bytes: &mut [u8],
    ) -> Result<(), NetError> {
        let ring = Sum::Ring { bits };
        let scatter = self.topology_for(ring.bytes::<W>(words.len()) + bytes.len()) == Topology::Scatter;
        self.steps.add([Kind::Open as u64, words.len() as u64, ring.number(), bytes.len() as u64]);
        self.send_shares(words, ring, Kind::Open, scatter)?;
        self.send_shares(bytes, Sum::Xor, Kind::OpenBits, scatter)?;
        self.add_shares(words, ring, Kind::Open, scatter)?;
        self.add_shares(bytes, Sum::Xor, Kind::OpenBits, scatter)?;
        if scatter {
            self.send_sums(words, ring, Kind::Gather)?;
            self.send_sums(bytes, Sum::Xor, Kind::GatherBits)?;
            self.receive_sums(words, ring, Kind::Gather)?;
            self.receive_sums(bytes, Sum::Xor, Kind::GatherBits)?;
        }
        event!(
            "opened",
            party = self.id,
            dry = self.is_dry(),
            elements = words.len() + bytes.len(),
            bytes = ring.bytes::<W>(words.len()) + bytes.len()
        );
        words.iter_mut().for_each(|word| *word = *word & W::mask(bits));
        public(words);
        public(bytes);
        Ok(())
    }

    /// Sums the shares `words`, elements of a prime field, over all parties. An element takes 64 bits.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if a peer sends a word that is no element.
    pub fn open_field(&mut self, words: &mut [u64], field: Field) -> Result<(), NetError> {
        self.sum(words, Sum::Field(field), [Kind::OpenField, Kind::GatherField])?;
        public(words);
        Ok(())
    }

    /// Sums the shares `words` modulo 2^bits at party `to`, whose words end up canonical. The
    /// others' words stay as they are. Returns whether this party learned the sums; a dry run stands for every party
    /// and learns them.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if there is no party `to`: the dealer is none.
    pub fn reveal<W: Word>(&mut self, words: &mut [W], bits: u32, to: usize) -> Result<bool, NetError> {
        if to >= self.parties {
            return Err(NetError::NoPeer { peer: to, peers: self.parties });
        }
        let sum = Sum::Ring { bits };
        self.steps.add([Kind::Reveal as u64, words.len() as u64, sum.number(), to as u64]);
        let [sends, learns] = if self.is_dry() { [true; 2] } else { [self.id != to, self.id == to] };
        if sends {
            self.send_words([to], Kind::Reveal, words, sum)?;
        }
        event!("revealed", party = self.id, dry = self.is_dry(), elements = words.len(), to = to);
        if learns {
            for from in self.others() {
                self.add_words(from, Kind::Reveal, words, sum)?;
            }
            let mask = W::mask(bits);
            words.iter_mut().for_each(|word| *word = *word & mask);
        }
        Ok(learns)
    }

    fn others(&self) -> impl Iterator<Item = usize> + use<> {
        let id = self.id;
        (0..self.parties).filter(move |&other| other != id)
    }

    /// Party `owner`'s slice of a vector of `len` elements.
    fn slice(&self, owner: usize, len: usize) -> Range<usize> {
        let step = len.div_ceil(self.parties).next_multiple_of(64);
        (owner * step).min(len)..((owner + 1) * step).min(len)
    }

    fn sum<W: Word>(
        &mut self,
        words: &mut [W],
        sum: Sum,
        [first, second]: [Kind; 2],
    ) -> Result<(), NetError> {
        let scatter = self.topology_for(sum.bytes::<W>(words.len())) == Topology::Scatter;
        self.steps.add([first as u64, words.len() as u64, sum.number(), 0]);
        self.send_shares(words, sum, first, scatter)?;
        self.add_shares(words, sum, first, scatter)?;
        if scatter {
            self.send_sums(words, sum, second)?;
            self.receive_sums(words, sum, second)?;
        }
        event!(
            "opened",
            party = self.id,
            dry = self.is_dry(),
            elements = words.len(),
            bytes = sum.bytes::<W>(words.len())
        );
        Ok(())
    }

    /// Sends everyone the whole share, or everyone its slice.
    fn send_shares<W: Word>(
        &mut self,
        words: &[W],
        sum: Sum,
        kind: Kind,
        scatter: bool,
    ) -> Result<(), NetError> {
        if !scatter {
            return self.send_words(self.others(), kind, words, sum);
        }
        for to in self.others() {
            self.send_words([to], kind, &words[self.slice(to, words.len())], sum)?;
        }
        Ok(())
    }

    /// Adds everyone's share, or of it the own slice.
    fn add_shares<W: Word>(
        &mut self,
        words: &mut [W],
        sum: Sum,
        kind: Kind,
        scatter: bool,
    ) -> Result<(), NetError> {
        let own = if scatter { self.slice(self.id, words.len()) } else { 0..words.len() };
        for from in self.others() {
            self.add_words(from, kind, &mut words[own.clone()], sum)?;
        }
        Ok(())
    }

    /// Sends the own slice's sum to all.
    fn send_sums<W: Word>(&mut self, words: &[W], sum: Sum, kind: Kind) -> Result<(), NetError> {
        self.send_words(self.others(), kind, &words[self.slice(self.id, words.len())], sum)
    }

    /// Receives the sums of all other slices.
    fn receive_sums<W: Word>(&mut self, words: &mut [W], sum: Sum, kind: Kind) -> Result<(), NetError> {
        for from in self.others() {
            let slice = self.slice(from, words.len());
            let slice = &mut words[slice];
            slice.fill(W::zero());
            self.add_words(from, kind, slice, sum)?;
        }
        Ok(())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The last frame may hold shares.
        wipe(&mut self.frame);
    }
}
