//! A party that fails tells the others.
//!
//! The payload of an abort is the number of the peer that failed first (16 bits, little-endian) and its reason
//! (UTF-8, at most 256 bytes). Whoever receives one where it expects any other frame fails, too, and passes it on
//! unchanged when it aborts: so everybody names the peer that began it.

use alloc::string::String;

use super::Network;
use super::cause::Cause;
use crate::net::{Header, Kind, NetError};

/// The longest reason, in bytes.
const REASON: usize = 256;
/// Bytes of the origin in front of it.
const ORIGIN: usize = 2;
/// The most bytes of frames that are skipped to learn why a peer went away.
const SKIPPED: u64 = 64 << 20;

impl Network {
    /// Tells every other peer, the dealer included, that this one has failed, and leaves the network broken. If it
    /// failed because another had aborted, passes on who that was and the reason it gave, in place of `reason`.
    ///
    /// Works on a broken network, too, and at most once. Who can't be reached is not told.
    ///
    /// The first 256 bytes of the reason go to all peers, who print it: it must hold nothing secret.
    pub fn abort(&mut self, reason: &str) {
        self.broken = true;
        if core::mem::replace(&mut self.aborted, true) {
            return;
        }
        let own = Cause { origin: self.id as u16, reason: printable(reason) };
        let Cause { origin, reason } = self.cause.clone().unwrap_or(own);
        let mut frame = [0; Header::LEN + ORIGIN + REASON];
        let length = ORIGIN + reason.len();
        frame[Header::LEN..][..ORIGIN].copy_from_slice(&origin.to_le_bytes());
        frame[Header::LEN + ORIGIN..][..reason.len()].copy_from_slice(reason.as_bytes());
        for to in (0..=self.parties).filter(|&to| to != self.id) {
            let Some(&sequence) = self.sent.get(to) else { continue };
            let header = self.header(self.id, sequence, length, Kind::Abort);
            frame[..Header::LEN].copy_from_slice(&header.encode());
            if let Some(transport) = &mut self.transport {
                // Who is gone needs no telling.
                let _ = transport.send(to, &frame[..Header::LEN + length]);
            }
        }
    }

    /// Takes the rest of an abort and returns the error that it is for this peer.
    pub(super) fn receive_abort(&mut self, from: usize, header: &Header) -> NetError {
        match self.cause_of(from, header) {
            Ok(cause) => {
                let Cause { origin, reason } = cause.clone();
                self.cause = Some(cause);
                let peer = usize::from(origin);
                NetError::Aborted { peer, dealer: peer == self.parties, reason }
            }
            Err(error) => error,
        }
    }

    /// Reads and checks the rest of an abort.
    fn cause_of(&mut self, from: usize, header: &Header) -> Result<Cause, NetError> {
        header.check(from, &self.expected(from, header))?;
        let off = |field, expected, found| Err(NetError::Header { peer: from, field, expected, found });
        let [least, most] = [ORIGIN as u64, (ORIGIN + REASON) as u64];
        if header.length < least {
            return off("the length of an abort to be at least", least, header.length);
        }
        if header.length > most {
            return off("the length of an abort to be at most", most, header.length);
        }
        let mut payload = [0; ORIGIN + REASON];
        let payload = &mut payload[..header.length as usize];
        let Some(transport) = &mut self.transport else { return Err(NetError::Broken) };
        transport.recv_payload(from, payload)?;
        let (origin, reason) = payload.split_at(ORIGIN);
        let origin = u16::from_le_bytes([origin[0], origin[1]]);
        let (own, last) = (self.id as u64, self.parties as u64);
        if u64::from(origin) > last {
            return off("the origin of an abort to be at most", last, origin.into());
        }
        // Had this peer failed, it would not have been waiting.
        if u64::from(origin) == own {
            return off("the origin of an abort to be other than", own, origin.into());
        }
        let reason = core::str::from_utf8(reason).map_err(|_| NetError::Reason { peer: from })?;
        Ok(Cause { origin, reason: printable(reason) })
    }

    /// What a peer that went away sent last, if that is an abort. The network is broken: nothing else that it sent is
    /// needed any more.
    pub(super) fn last_words(&mut self, from: usize) -> Option<NetError> {
        let mut skipped = 0u64;
        loop {
            let transport = self.transport.as_mut()?;
            let mut raw = [0; Header::LEN];
            transport.recv_header(from, &mut raw).ok()?;
            let header = Header::from_bytes(&raw);
            if header.kind == Kind::Abort as u16 {
                let error = self.receive_abort(from, &header);
                return matches!(error, NetError::Aborted { .. }).then_some(error);
            }
            header.check(from, &self.expected(from, &header)).ok()?;
            self.received[from] += 1;
            skipped = skipped.saturating_add(Header::LEN as u64).saturating_add(header.length);
            if skipped > SKIPPED {
                return None;
            }
            self.skip(from, header.length as usize)?;
        }
    }

    /// Receives a payload and forgets it.
    fn skip(&mut self, from: usize, length: usize) -> Option<()> {
        self.frame(length);
        let transport = self.transport.as_mut()?;
        transport.recv_payload(from, &mut self.frame[..length]).ok()
    }

    /// The header that should come next from a peer, whatever its kind and length.
    fn expected(&self, from: usize, found: &Header) -> Header {
        Header {
            length: found.length,
            kind: found.kind,
            ..self.header(from, self.received[from], 0, Kind::Abort)
        }
    }
}

/// The first 256 bytes at most of a text, cut between two characters, without control characters.
fn printable(text: &str) -> String {
    let mut printable = String::new();
    for c in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        if printable.len() + c.len_utf8() > REASON {
            break;
        }
        printable.push(c);
    }
    printable
}
