//! Frames: what a party sends and receives, packed and checked.

use alloc::boxed::Box;
use alloc::vec;

use super::Network;
use crate::field::Field;
use crate::net::{Header, Kind, NetError, Transport};
use crate::ring::{self, Word};
use crate::secret::wipe;

/// How shares combine.
#[derive(Clone, Copy)]
pub(super) enum Sum {
    /// Modulo 2^bits.
    Ring { bits: u32 },
    /// Two numbers to a word, each modulo its own power of two: the low `low` of all `bits` bits, and
    /// the others.
    Pair { bits: u32, low: u32 },
    /// Bitwise exclusive or of whole words.
    Xor,
    /// In a prime field whose elements are whole words.
    Field(Field),
}

impl<T: Transport> Network<T> {
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
    pub(crate) fn send_with<E: From<NetError>>(
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

    fn header(&self, sender: usize, sequence: u64, length: usize, kind: Kind) -> Header {
        Header {
            session: self.session,
            sequence,
            length: length as u64,
            // A peer may say any round.
            round: self.round.saturating_add(u32::from(!kind.is_control())),
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
    pub(super) fn frame(&mut self, length: usize) -> &mut [u8] {
        let length = Header::LEN + length;
        if self.frame.len() < length {
            wipe(&mut self.frame);
            self.frame = vec![0; length];
        }
        &mut self.frame[..length]
    }

    /// Packs `words` once and sends them to each of `peers`.
    pub(super) fn send_words<W: Word>(
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
        if !kind.is_control() {
            self.round = self.round.max(header.round);
        }
        Ok(())
    }

    pub(super) fn add_words<W: Word>(
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
    pub(super) fn bytes<W: Word>(self, len: usize) -> usize {
        match self {
            Self::Ring { bits } | Self::Pair { bits, .. } => ring::packed_len(len, bits),
            Self::Xor | Self::Field(_) => len * W::BYTES,
        }
    }

    fn write<W: Word>(self, words: &[W], out: &mut [u8]) {
        match self {
            Self::Ring { bits } | Self::Pair { bits, .. } => ring::pack(words, bits, out),
            Self::Xor | Self::Field(_) => ring::pack(words, W::BITS, out),
        }
    }

    fn add<W: Word>(self, payload: &[u8], words: &mut [W]) -> Result<(), ring::PackError> {
        match self {
            Self::Ring { bits } => ring::unpack_add(payload, bits, words),
            Self::Pair { bits, low } => {
                let low = W::mask(low);
                ring::unpack_by(payload, bits, words, |x, y| {
                    x.wrapping_add(&y) & low | (x & !low).wrapping_add(&(y & !low))
                })
            }
            Self::Xor => {
                for (word, raw) in words.iter_mut().zip(payload.chunks_exact(W::BYTES)) {
                    *word = *word ^ W::read_le(raw);
                }
                Ok(())
            }
            Self::Field(field) => {
                let elements = || payload.chunks_exact(W::BYTES).map(|raw| W::read_le(raw).low64());
                if let Some(found) = elements().find(|&element| element >= field.prime()) {
                    return Err(ring::PackError::Element { prime: field.prime(), found });
                }
                for (word, element) in words.iter_mut().zip(elements()) {
                    *word = W::truncate64(field.add(word.low64(), element));
                }
                Ok(())
            }
        }
    }
}
