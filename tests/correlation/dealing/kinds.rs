//! Kinds that do not what they say.

use ringshare::Simulation;
use ringshare::offline::{Dealing, Deck, DecodeError, Error, Kind, Reader, Writer};
use ringshare::ring::{Z2, packed_len};

use crate::common::seeds;

/// A kind that says one thing and does another.
#[derive(Clone, Debug, PartialEq)]
struct Odd {
    recipients: usize,
    says: bool,
    keeps: usize,
}

impl Kind for Odd {
    const NAME: &'static str = "test.odd";
    fn check(&self, _: usize) -> Result<(), Error> {
        Ok(())
    }
    fn correction(&self) -> Option<(usize, usize)> {
        Some((self.recipients, 8))
    }
    fn deal(&self, dealing: &mut Dealing<'_>, _: &mut [u8]) -> Result<(), Error> {
        (0..self.keeps).for_each(|_| dealing.keep(7));
        Ok(())
    }
    fn keeps(&self) -> bool {
        self.says
    }
    fn encode(&self, _: &mut Writer) {}
    fn decode(_: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { recipients: 0, says: false, keeps: 0 })
    }
}

#[test]
fn kinds_that_send_to_nobody_or_keep_something_else_are_refused() {
    let seeds = seeds(2, 1);
    let mut deck = Deck::new(&seeds).unwrap();
    let mut deal = |recipients, says, keeps| {
        let before = deck.position();
        let dealt = deck.deal(&Odd { recipients, says, keeps }.into());
        assert_eq!(deck.position() - before, u64::from(dealt.is_ok()));
        dealt
    };
    assert!(deal(2, false, 0).is_ok() && deal(1, true, 1).is_ok());
    // The third party is the dealer itself.
    assert!(matches!(deal(3, false, 0), Err(Error::Range { most: 2, found: 3, .. })));
    for (says, keeps) in [(false, 1), (true, 0), (true, 2)] {
        assert!(matches!(deal(1, says, keeps), Err(Error::Shape { .. })));
    }
    assert!(deal(1, true, 1).is_ok());
}

/// Shares a vector, and sends the first party's share to more than the first.
#[derive(Clone, Debug, PartialEq)]
struct Shared {
    recipients: usize,
}

impl Kind for Shared {
    const NAME: &'static str = "test.shared";
    fn check(&self, _: usize) -> Result<(), Error> {
        Ok(())
    }
    fn correction(&self) -> Option<(usize, usize)> {
        Some((self.recipients, packed_len(5, 14)))
    }
    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        dealing.share(0, &mut [3u16; 5], 14, out);
        Ok(())
    }
    fn encode(&self, out: &mut Writer) {
        out.number(self.recipients as u64);
    }
    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { recipients: from.number()? as usize })
    }
}

#[test]
fn the_share_of_one_party_is_not_taken_by_two() {
    let run = |recipients| {
        Simulation::new(3).run(|party| {
            let source = party.store_mut().take(Shared { recipients })?;
            party.open(&source.chosen_share::<Z2<14>>(0, 5)?)
        })
    };
    assert_eq!(run(1).unwrap().outputs, [[3; 5]; 3]);
    let error = run(2).unwrap_err();
    let expected = "party with a correction of chosen values";
    assert!(error.peer == 1 && error.to_string().contains(expected), "{error}");
}
