//! What the parties agree on before every batch: which requests it takes, and whether somebody wants to stop.
//!
//! Party 0 chooses. Its choice is opened as bits, of which all others give zeros, so that it takes one round and no messages of its own.
//! The second round finds which of the requests are at all parties. Others are tried again with a later batch, until party 0 says that
//! it was the last time: no batch waits for a client. Between batches the same rounds tell the parties that all are there.

use ringshare::protocol::{Error, Party};

use crate::desk::Slot;

/// Requests that a batch takes at most.
pub const SLOTS: usize = 64;
const SLOT: usize = 17;

/// A choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The requests, in the order of their images.
    pub slots: Vec<Slot>,
    /// The parties that want to stop.
    pub stop: Vec<usize>,
}

impl Plan {
    /// Opens what party 0 chose, and who wants to stop.
    ///
    /// # Errors
    /// If the network fails. What party 0 can't have chosen is no choice.
    pub fn agree(party: &mut Party, own: &[Slot], stop: bool) -> Result<Self, Error> {
        let parties = party.parties();
        let mut bytes = vec![0; parties + 1 + SLOTS * SLOT];
        bytes[party.id()] = stop.into();
        if party.id() == 0 {
            write(own, &mut bytes[parties..]);
        }
        party.network_mut().open_bits(&mut bytes)?;
        let stop = (0..parties).filter(|&party| bytes[party] != 0).collect();
        Ok(Self { slots: read(&bytes[parties..]).unwrap_or_default(), stop })
    }
}

/// Which of several things all parties have, given which are here.
///
/// # Errors
/// If the network fails.
pub fn confirm(party: &mut Party, here: &[bool]) -> Result<Vec<bool>, Error> {
    let mut count: Vec<u16> = here.iter().map(|&here| here.into()).collect();
    party.network_mut().open(&mut count, 16)?;
    let all = party.parties() as u16;
    Ok(count.into_iter().map(|count| count == all).collect())
}

/// Tells all others some bytes, and returns what all tell, one party after the other: as many bytes each.
///
/// # Errors
/// If the network fails.
pub fn told(party: &mut Party, own: &[u8]) -> Result<Vec<u8>, Error> {
    // Each party's bytes are in its own share, and nothing is in those of the others.
    let mut all = vec![0; own.len() * party.parties()];
    all[own.len() * party.id()..][..own.len()].copy_from_slice(own);
    party.network_mut().open_bits(&mut all)?;
    Ok(all)
}

/// Whether all parties gave the same number, and not 0.
///
/// # Errors
/// If the network fails.
pub fn is_same(party: &mut Party, number: u32) -> Result<bool, Error> {
    let all = told(party, &number.to_le_bytes())?;
    Ok(number != 0 && all.chunks_exact(4).all(|other| other == number.to_le_bytes()))
}

/// Writes a choice of at most [`SLOTS`] requests.
pub fn write(slots: &[Slot], out: &mut [u8]) {
    let (count, out) = out.split_at_mut(1);
    count[0] = slots.len() as u8;
    for (slot, out) in slots.iter().zip(out.chunks_exact_mut(SLOT)) {
        out[..4].copy_from_slice(&slot.client.to_le_bytes());
        out[4..8].copy_from_slice(&slot.rows.to_le_bytes());
        out[8..16].copy_from_slice(&slot.number.to_le_bytes());
        out[16] = slot.last.into();
    }
}

/// Reads a choice; `None` if it is none.
pub fn read(bytes: &[u8]) -> Option<Vec<Slot>> {
    let (&count, rest) = bytes.split_first()?;
    let slot = |bytes: &[u8]| {
        let (client, rest) = bytes.split_first_chunk()?;
        let (rows, rest) = rest.split_first_chunk()?;
        let (number, last) = rest.split_first_chunk()?;
        let last = match last {
            [0] => false,
            [1] => true,
            _ => return None,
        };
        let [client, rows] = [client, rows].map(|bytes| u32::from_le_bytes(*bytes));
        Some(Slot { client, rows, number: u64::from_le_bytes(*number), last })
    };
    if usize::from(count) > SLOTS {
        return None;
    }
    rest.get(..usize::from(count) * SLOT)?.chunks_exact(SLOT).map(slot).collect()
}
