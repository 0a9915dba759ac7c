//! A party's end of the network.
//!
//! Summing a vector of m elements of k bits over n parties, two ways ([`Topology`]):
//!
//! | | rounds | elements that a party sends |
//! | --- | --- | --- |
//! | direct: everyone sends everyone the whole share | 1 | (n−1)·m |
//! | scatter: party j sums slice j, then sends the sum to all | 2 | 2·(n−1)/n·m |

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::{Header, Kind, NetError, Transport};
use crate::ring::{self, Word};
use crate::share::wipe;

/// How vectors are summed over the parties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// How shares combine.
#[derive(Clone, Copy)]
enum Sum {
    /// Modulo 2^bits.
    Ring { bits: u32 },
    /// Bitwise exclusive or of whole words.
    Xor,
}

/// A party's (or the dealer's) end of the network, in one session.
pub struct Network<T> {
    /// `None` in a dry run: nothing is sent, everything opens to zero.
    transport: Option<T>,
    id: usize,
    parties: usize,
    session: u64,
    topology: Topology,
    sent: Vec<u64>,
    received: Vec<u64>,
    round: u32,
    sent_bytes: u64,
    broken: bool,
    frame: Vec<u8>,
}

impl<T: Transport> Network<T> {
    /// Party `id` of `parties` (or the dealer, if `id` is `parties`).
    pub fn new(transport: T, id: usize, parties: usize, session: u64) -> Self {
        Self::over(Some(transport), id, parties, session)
    }

    /// A network that sends nothing and counts what it would send.
    pub fn dry(id: usize, parties: usize) -> Self {
        Self::over(None, id, parties, 0)
    }

    fn over(transport: Option<T>, id: usize, parties: usize, session: u64) -> Self {
        Self {
            transport,
            id,
            parties,
            session,
            topology: Topology::Auto,
            sent: vec![0; parties + 1],
            received: vec![0; parties + 1],
            round: 0,
            sent_bytes: 0,
            broken: false,
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
    pub fn is_dry(&self) -> bool {
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
        (core::mem::take(&mut self.round), core::mem::take(&mut self.sent_bytes))
    }

    /// The transport, unless this is a dry run.
    pub fn transport(&self) -> Option<&T> {
        self.transport.as_ref()
    }

    /// Sums by `topology` from now on. All parties must choose the same.
    pub fn set_topology(&mut self, topology: Topology) {
        self.topology = topology;
    }

    /// How a share of `bytes` bytes is summed.
    pub fn topology_for(&self, bytes: usize) -> Topology {
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
        Ok(())
    }

    /// Sums the XOR shares `bytes` over all parties.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_bits(&mut self, bytes: &mut [u8]) -> Result<(), NetError> {
        self.sum(bytes, Sum::Xor, [Kind::OpenBits, Kind::GatherBits])
    }

    /// Sums the shares `words` modulo 2^bits at party `to`, whose words end up canonical. The
    /// others' words stay as they are.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reveal<W: Word>(&mut self, words: &mut [W], bits: u32, to: usize) -> Result<(), NetError> {
        let sum = Sum::Ring { bits };
        if self.is_dry() {
            self.round += 1;
            self.sent_bytes += (Header::LEN + sum.bytes::<W>(words.len())) as u64;
            words.fill(W::zero());
            return Ok(());
        }
        if self.id != to {
            return self.send_words([to], Kind::Reveal, words, sum);
        }
        for from in self.others() {
            self.add_words(from, Kind::Reveal, words, sum)?;
        }
        let mask = W::mask(bits);
        words.iter_mut().for_each(|word| *word = *word & mask);
        Ok(())
    }

    /// Waits until every party has come to its end without an error. A fault that this party could
    /// not have noticed by itself (its last frame was lost) is noticed here.
    ///
    /// # Errors
    /// If any party has failed.
    pub fn finish(&mut self) -> Result<(), NetError> {
        self.sum::<u8>(&mut [], Sum::Xor, [Kind::Finish; 2])
    }

    /// Sends `payload` to `peer`.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn send(&mut self, peer: usize, kind: Kind, payload: &[u8]) -> Result<(), NetError> {
        self.send_words([peer], kind, payload, Sum::Xor)
    }

    /// Sends `peer` a payload of `length` bytes that `write` writes, every byte of it.
    ///
    /// # Errors
    /// If `write` or the transport fails.
    pub fn send_with<E: From<NetError>>(
        &mut self,
        peer: usize,
        kind: Kind,
        length: usize,
        write: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.check()?;
        write(&mut self.frame(length)[Header::LEN..])?;
        Ok(self.send_frame([peer], kind, length)?)
    }

    /// Receives the next frame of `peer`, of this kind, whose payload is to fill `payload` exactly.
    ///
    /// # Errors
    /// If the transport fails or the frame is another.
    pub fn receive(&mut self, peer: usize, kind: Kind, payload: &mut [u8]) -> Result<(), NetError> {
        if self.is_dry() {
            return Ok(());
        }
        self.with_payload(peer, kind, payload.len(), |bytes| {
            payload.copy_from_slice(bytes);
            Ok(())
        })
    }

    fn others(&self) -> impl Iterator<Item = usize> + use<T> {
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
        if self.is_dry() {
            self.count(words.len(), scatter, |len| sum.bytes::<W>(len));
            words.fill(W::zero());
            return Ok(());
        }
        if !scatter {
            self.send_words(self.others(), first, words, sum)?;
            for from in self.others() {
                self.add_words(from, first, words, sum)?;
            }
            return Ok(());
        }
        let own = self.slice(self.id, words.len());
        for to in self.others() {
            let slice = self.slice(to, words.len());
            self.send_words([to], first, &words[slice], sum)?;
        }
        for from in self.others() {
            self.add_words(from, first, &mut words[own.clone()], sum)?;
        }
        self.send_words(self.others(), second, &words[own], sum)?;
        for from in self.others() {
            let slice = self.slice(from, words.len());
            words[slice.clone()].fill(W::zero());
            self.add_words(from, second, &mut words[slice], sum)?;
        }
        Ok(())
    }

    /// Counts a sum that is not carried out.
    fn count(&mut self, len: usize, scatter: bool, bytes: impl Fn(usize) -> usize) {
        let frame = |len| (Header::LEN + bytes(len)) as u64;
        if scatter {
            self.round += 2;
            let own = self.slice(self.id, len).len();
            let others: u64 = self.others().map(|to| frame(self.slice(to, len).len())).sum();
            self.sent_bytes += others + (self.parties as u64 - 1) * frame(own);
        } else {
            self.round += 1;
            self.sent_bytes += (self.parties as u64 - 1) * frame(len);
        }
    }

    fn header(&self, sender: usize, sequence: u64, length: usize, kind: Kind) -> Header {
        Header {
            session: self.session,
            sequence,
            length: length as u64,
            // A peer may say any round.
            round: self.round.saturating_add(1),
            kind: kind as u16,
            sender: sender as u16,
        }
    }

    fn check_peer(&self, peer: usize) -> Result<(), NetError> {
        let peers = self.parties + 1;
        if peer < peers { Ok(()) } else { Err(NetError::NoPeer { peer, peers }) }
    }

    fn check(&self) -> Result<(), NetError> {
        if self.broken { Err(NetError::Broken) } else { Ok(()) }
    }

    /// The buffer for a frame with a payload of `length` bytes. It only ever grows: its old contents
    /// are overwritten, not cleared.
    fn frame(&mut self, length: usize) -> &mut [u8] {
        let length = Header::LEN + length;
        if self.frame.len() < length {
            wipe(&mut self.frame);
            self.frame = vec![0; length];
        }
        &mut self.frame[..length]
    }

    /// Packs `words` once and sends them to each of `peers`.
    fn send_words<W: Word>(
        &mut self,
        peers: impl IntoIterator<Item = usize>,
        kind: Kind,
        words: &[W],
        sum: Sum,
    ) -> Result<(), NetError> {
        self.check()?;
        if self.is_dry() {
            return Ok(());
        }
        let length = sum.bytes::<W>(words.len());
        sum.write(words, &mut self.frame(length)[Header::LEN..]);
        self.send_frame(peers, kind, length)
    }

    /// Sends the frame in the buffer to each of `peers`; only the sequence numbers differ.
    fn send_frame(
        &mut self,
        peers: impl IntoIterator<Item = usize>,
        kind: Kind,
        length: usize,
    ) -> Result<(), NetError> {
        for to in peers {
            self.check_peer(to)?;
            let header = self.header(self.id, self.sent[to], length, kind);
            let Some(transport) = &mut self.transport else { return Ok(()) };
            let frame = &mut self.frame[..Header::LEN + length];
            frame[..Header::LEN].copy_from_slice(&header.encode());
            self.sent[to] += 1;
            self.sent_bytes += frame.len() as u64;
            transport.send(to, frame).map_err(|error| {
                self.broken = true;
                NetError::Transport { peer: to, source: Box::new(error) }
            })?;
        }
        Ok(())
    }

    /// Receives a frame from `from` and checks its header.
    fn read(&mut self, from: usize, kind: Kind, frame: &mut [u8]) -> Result<(), NetError> {
        self.check()?;
        let expected = self.header(from, self.received[from], frame.len() - Header::LEN, kind);
        let Some(transport) = &mut self.transport else { return Err(NetError::Broken) };
        transport
            .recv(from, frame)
            .map_err(|error| NetError::Transport { peer: from, source: Box::new(error) })?;
        let header = Header::decode(frame).ok_or(NetError::Broken)?;
        header.check(from, &expected)?;
        self.received[from] += 1;
        self.round = self.round.max(header.round);
        Ok(())
    }

    fn add_words<W: Word>(
        &mut self,
        from: usize,
        kind: Kind,
        words: &mut [W],
        sum: Sum,
    ) -> Result<(), NetError> {
        let length = sum.bytes::<W>(words.len());
        self.with_payload(from, kind, length, |bytes| {
            sum.add(bytes, words).map_err(|source| NetError::Payload { peer: from, source })
        })
    }

    /// Receives a frame with a payload of `length` bytes into the buffer and takes the payload in.
    fn with_payload(
        &mut self,
        from: usize,
        kind: Kind,
        length: usize,
        take: impl FnOnce(&[u8]) -> Result<(), NetError>,
    ) -> Result<(), NetError> {
        self.check_peer(from)?;
        self.frame(length);
        let mut buffer = core::mem::take(&mut self.frame);
        let frame = &mut buffer[..Header::LEN + length];
        let taken = self.read(from, kind, frame).and_then(|()| take(&frame[Header::LEN..]));
        self.broken |= taken.is_err();
        self.frame = buffer;
        taken
    }
}

impl Sum {
    fn bytes<W: Word>(self, len: usize) -> usize {
        match self {
            Self::Ring { bits } => ring::packed_len(len, bits),
            Self::Xor => len * W::BYTES,
        }
    }

    fn write<W: Word>(self, words: &[W], out: &mut [u8]) {
        match self {
            Self::Ring { bits } => ring::pack(words, bits, out),
            Self::Xor => ring::pack(words, W::BITS, out),
        }
    }

    fn add<W: Word>(self, payload: &[u8], words: &mut [W]) -> Result<(), ring::PackError> {
        match self {
            Self::Ring { bits } => ring::unpack_add(payload, bits, words),
            Self::Xor => {
                for (word, raw) in words.iter_mut().zip(payload.chunks_exact(W::BYTES)) {
                    *word = *word ^ W::read_le(raw);
                }
                Ok(())
            }
        }
    }
}

impl<T> Drop for Network<T> {
    fn drop(&mut self) {
        // The last frame may hold shares.
        wipe(&mut self.frame);
    }
}
