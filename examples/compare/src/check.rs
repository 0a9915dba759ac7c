//! What is held against what should be: results against plain integers, counts against the cost functions.

use ringshare::correlation::compare::sign_values;
use ringshare::protocol::{self, Party};
use ringshare::ring::Ring;
use ringshare::share::{BitShare, Share};

use crate::error::Error;
use crate::measure::Job;
use crate::session::{self, Dealt, End, Session, Step};

/// A share of the results.
pub(crate) enum Shared<R: Ring> {
    Signs(Share<R>),
    Bits(BitShare),
}

impl<R: Ring> Shared<R> {
    /// Opens the results: for each value whether it is below zero, `None` if it is neither.
    fn open(&self, party: &mut Party<End>) -> Result<Vec<Option<bool>>, protocol::Error> {
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
pub(crate) fn results<R: Ring>(
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
pub(crate) fn cost<R: Ring, O>(
    job: &Job,
    dealt: &Dealt,
    steps: &[Step<O>],
) -> Result<(u32, u64, u64), Error> {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringshare::net::Link;
    use ringshare::protocol::Family;
    use ringshare::ring::Z2;

    use super::*;
    use crate::args::Output;

    #[test]
    fn results_that_differ_are_found() {
        let mut session = session::open(2, Family::default(), Link::default()).unwrap();
        // 1, −1, 2 and 1.
        let signs = || [vec![1, 250, 2, 1], vec![0, 5, 0, 0]];
        let signs = || signs().map(|words| Shared::Signs(Share::<Z2<8>>::from_words(words)));
        let mut check =
            |negative: &[bool]| results(&mut session, &mut signs(), negative).map_err(|e| e.to_string());
        assert_eq!(check(&[false, true, true, false]), Err("party 0 finds 1 of 4 results wrong".into()));
        assert_eq!(check(&[true, false, false, true]), Err("party 0 finds 4 of 4 results wrong".into()));
        assert_eq!(check(&[false, true]), Err("party 0 finds 2 of 2 results wrong".into()));
        let bits = || [0b0110, 0b0101].map(|word| Shared::<Z2<8>>::Bits(BitShare::from_words(vec![word], 3)));
        let mut check =
            |negative: &[bool]| results(&mut session, &mut bits(), negative).map_err(|e| e.to_string());
        assert_eq!(check(&[true, true, false]), Ok(()));
        assert_eq!(check(&[true, true, true]), Err("party 0 finds 1 of 3 results wrong".into()));
    }

    #[test]
    fn counts_that_are_not_the_cost_are_found() {
        let job = Job {
            family: Family::default(),
            bits: 14,
            parties: 3,
            count: 65,
            output: Output::Arithmetic,
            link: Link::default(),
            repeat: 1,
        };
        let right = job.family.cost(65, 14, job.elements::<Z2<16>>());
        let least = right.opened_bits.div_ceil(8);
        let most = job.family.cost(128, 14, job.elements::<Z2<16>>()).opened_bits / 8;
        let check = |rounds, sent: u64, bytes| {
            let step = |sent| Step { output: (), cpu: Duration::ZERO, rounds, sent };
            let dealt = Dealt { cpu: Duration::ZERO, bytes };
            // The one who sends most is held to the cost.
            cost::<Z2<16>, _>(&job, &dealt, &[step(0), step(2 * sent)]).map_err(|e| e.to_string())
        };
        for sent in [least, most] {
            assert_eq!(
                check(right.rounds, sent, right.dealer_bytes),
                Ok((right.rounds, sent, right.dealer_bytes))
            );
        }
        for (rounds, sent, dealt, what) in [
            (right.rounds + 1, least, right.dealer_bytes, "rounds"),
            (right.rounds, least - 1, right.dealer_bytes, "opened bits"),
            (right.rounds, most + 1, right.dealer_bytes, "opened bits"),
            (right.rounds, least, right.dealer_bytes - 1, "bytes from the dealer"),
        ] {
            let error = check(rounds, sent, dealt).unwrap_err();
            assert!(error.starts_with(what) && error.contains("cost function"), "{error}");
        }
    }
}
