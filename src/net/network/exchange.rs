//! Frames: what a party sends and receives, packed and checked.

use alloc::vec;

use super::Network;
use super::sum::Sum;
use crate::net::{ErrorKind, Header, Kind, NetError};
use crate::ring::Word;
use crate::secret::wipe;

impl Network {
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
        self.send_frame([peer], kind, length, write)
    }

    /// Receives the next frame of `peer`, of this kind, whose payload is to fill `payload` exactly; in a dry run,
    /// zeros. After an error, `payload` may hold a part of what came.
    ///
    /// # Errors
    /// If the transport fails, the frame is another, or the peer has aborted.
    pub fn receive(&mut self, peer: usize, kind: Kind, payload: &mut [u8]) -> Result<(), NetError> {
        self.receive_header(peer, [(kind, payload.len())])?;
        self.receive_payload(peer, payload)
    }

    /// As [`receive`](Self::receive), but the next frame may be of the kind `other` instead, without a payload. Returns
    /// whether it was of this kind.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    pub(crate) fn receive_or(
        &mut self,
        peer: usize,
        kind: Kind,
        payload: &mut [u8],
        other: Kind,
    ) -> Result<bool, NetError> {
        let found = self.receive_header(peer, [(kind, payload.len()), (other, 0)])?;
        self.receive_payload(peer, if found == kind { payload } else { &mut [] })?;
        Ok(found == kind)
    }

    /// The header of the next frame of `sender` to this peer, or of this peer's next frame.
    pub(super) fn header(&self, sender: usize, sequence: u64, length: usize, kind: Kind) -> Header {
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

    /// The buffer for a frame with a payload of `length` bytes. Its old contents are overwritten, not cleared.
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
        self.send_frame(peers, kind, sum.bytes::<W>(words.len()), |payload| {
            sum.write(words, payload);
            Ok(())
        })
    }

    /// Sends a payload of `length` bytes, which `write` writes once, to each of `peers`; the frames differ in their
    /// sequence numbers. A dry run only counts them.
    fn send_frame<E: From<NetError>>(
        &mut self,
        peers: impl IntoIterator<Item = usize>,
        kind: Kind,
        length: usize,
        write: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.check()?;
        if !self.is_dry() {
            write(&mut self.frame(length)[Header::LEN..])?;
        }
        self.sent_round = self.round.saturating_add(1);
        let mut peers = peers.into_iter().peekable();
        while let Some(to) = peers.next() {
            self.check_peer(to)?;
            self.sent_bytes =
                self.sent_bytes.saturating_add(Header::LEN as u64).saturating_add(length as u64);
            self.send_buffer(to, kind, length, peers.peek().is_none())?;
        }
        Ok(())
    }

    /// Sends `to` the first `length` bytes of the buffer's payload, which need not stay there after the last one.
    fn send_buffer(&mut self, to: usize, kind: Kind, length: usize, is_last: bool) -> Result<(), NetError> {
        if self.is_dry() {
            return Ok(());
        }
        let header = self.header(self.id, self.sent[to], length, kind);
        self.sent[to] += 1;
        let frame = &mut self.frame[..Header::LEN + length];
        frame[..Header::LEN].copy_from_slice(&header.encode());
        let Some(transport) = &mut self.transport else { return Ok(()) };
        let sent = match is_last {
            true => transport.send_from(to, &mut self.frame, Header::LEN + length),
            false => transport.send(to, frame),
        };
        let Err(error) = sent else { return Ok(()) };
        self.broken = true;
        Err(match error {
            // Whoever went away may have said why.
            NetError::Transport { kind: ErrorKind::Closed, .. } => self.last_words(to).unwrap_or(error),
            error => error,
        })
    }

    /// Receives the header of the next frame of `from`, which is to be of one of these kinds and lengths. Returns the kind.
    fn receive_header<const N: usize>(
        &mut self,
        from: usize,
        among: [(Kind, usize); N],
    ) -> Result<Kind, NetError> {
        self.check_peer(from)?;
        self.check()?;
        let came = self.next_header(from, among);
        self.broken |= came.is_err();
        let (kind, round) = came?;
        if !kind.is_control() {
            self.round = self.round.max(round);
        }
        Ok(kind)
    }

    /// Receives and checks a header; returns its kind and its round.
    fn next_header<const N: usize>(
        &mut self,
        from: usize,
        among: [(Kind, usize); N],
    ) -> Result<(Kind, u32), NetError> {
        let (mut kind, mut length) = among[0];
        // In a dry run all others are as far as this party.
        let Some(transport) = &mut self.transport else { return Ok((kind, self.sent_round)) };
        let mut raw = [0; Header::LEN];
        transport.recv_header(from, &mut raw)?;
        let header = Header::from_bytes(&raw);
        if header.kind == Kind::Abort as u16 {
            return Err(self.receive_abort(from, &header));
        }
        if let Some(&other) = among.iter().find(|(kind, _)| *kind as u16 == header.kind) {
            (kind, length) = other;
        }
        header.check(from, &self.header(from, self.received[from], length, kind))?;
        self.received[from] += 1;
        Ok((kind, header.round))
    }

    fn receive_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), NetError> {
        let Some(transport) = &mut self.transport else {
            payload.fill(0);
            return Ok(());
        };
        transport.recv_payload(from, payload).inspect_err(|_| self.broken = true)
    }

    /// Receives a share of `words` and adds it. In a dry run, the words and what comes add up to zero.
    pub(super) fn add_words<W: Word>(
        &mut self,
        from: usize,
        kind: Kind,
        words: &mut [W],
        sum: Sum,
    ) -> Result<(), NetError> {
        let length = sum.bytes::<W>(words.len());
        self.receive_header(from, [(kind, length)])?;
        if self.is_dry() {
            words.fill(W::zero());
            return Ok(());
        }
        self.frame(length);
        let Some(transport) = &mut self.transport else { return Ok(()) };
        let mut summed = Ok(());
        let mut add = |payload: &[u8]| summed = sum.add(payload, words);
        let read = transport.read_payload(from, &mut self.frame[Header::LEN..][..length], &mut add);
        let added = read.and(summed.map_err(|source| NetError::Payload { peer: from, source }));
        self.broken |= added.is_err();
        added
    }
}
