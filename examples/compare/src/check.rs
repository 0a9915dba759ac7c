//! What is held against what should be: results against plain integers, counts against the cost functions.

use ringshare::correlation::compare::sign_values;
use ringshare::protocol::{self, Party};
use ringshare::ring::Ring;
use ringshare::share::{BitShare, Share};

use crate::error::Error;
use crate::measure::Job;
use crate::session::{self, Dealt, Session, Step};

/// A share of the results.
pub enum Shared<R: Ring> {
    /// 1 or −1 each.
    Signs(Share<R>),
    /// Set for values below zero.
    Bits(BitShare),
}

impl<R: Ring> Shared<R> {
    /// Opens the results: for each value whether it is below zero, `None` if it is neither.
    fn open(&self, party: &mut Party) -> Result<Vec<Option<bool>>, protocol::Error> {
        match self {
            Self::Signs(share) => {
                let [plus, minus] = sign_values::<R>();
                let sign = |word| if word == minus { Some(true) } else { (word == plus).then_some(false) };
                Ok(party.open(share)?.into_iter().map(sign).collect())
            }
            Self::Bits(share) => {
                let words = party.open_bits(share)?;
                Ok((0..share.len()).map(|i| Some(words[i / 64] >> (i % 64) & 1 == 1)).collect())
            }
        }
    }
}

/// Opens the results at every party and holds them against plain integers.
///
/// # Errors
/// If a result differs, or opening fails.
pub fn results<R: Ring>(
    session: &mut Session,
    shares: &mut [Shared<R>],
    negative: &[bool],
) -> Result<(), Error> {
    let (opened, _) = session::each(session, shares, |party, share| share.open(party))?;
    for (party, step) in opened.iter().enumerate() {
        let wrong = step.output.iter().zip(negative).filter(|&(&found, &below)| found != Some(below)).count();
        let wrong = wrong + step.output.len().abs_diff(negative.len());
        if wrong > 0 {
            let all = negative.len();
            return Err(Error::Wrong(format!("party {party} finds {wrong} of {all} results wrong")));
        }
    }
    Ok(())
}

/// Holds what the transports counted against the family's cost. Returns rounds, bytes that a party
/// sends each other one, bytes that the dealer sends.
///
/// # Errors
/// If a count is not the cost.
pub fn cost<R: Ring, O>(job: &Job, dealt: &Dealt, steps: &[Step<O>]) -> Result<(u32, u64, u64), Error> {
    let cost = |count| job.family.cost(count, job.bits, job.elements::<R>());
    let (exact, padded) = (cost(job.count), cost(job.count.next_multiple_of(64)));
    let rounds = steps.iter().map(|step| step.rounds).max().unwrap_or_default();
    let sent = steps.iter().map(|step| step.sent).max().unwrap_or_default() / (job.parties as u64 - 1);
    let wrong = |what: &str, expected: &dyn std::fmt::Display, found: u64| {
        Err(Error::Wrong(format!("{what}: the cost function has {expected}, the transports counted {found}")))
    };
    if rounds != exact.rounds {
        return wrong("rounds", &exact.rounds, rounds.into());
    }
    // Every vector of bits is filled up to whole bytes.
    if !(exact.opened_bits..=padded.opened_bits).contains(&(8 * sent)) {
        return wrong("opened bits", &exact.opened_bits, 8 * sent);
    }
    if dealt.bytes != exact.dealer_bytes {
        return wrong("bytes from the dealer", &exact.dealer_bytes, dealt.bytes);
    }
    Ok((rounds, sent, dealt.bytes))
}
