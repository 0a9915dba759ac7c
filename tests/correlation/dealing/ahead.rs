//! Recipes that are announced before earlier ones are collected.

use std::iter;

use ringshare::correlation::Triple;
use ringshare::net::Kind;
use ringshare::offline::Recipe;
use ringshare::protocol::{Dealer, Error, Party};
use ringshare::ring::Z2;

use super::{mesh, run};

type R = Z2<16>;

fn triples(lens: impl IntoIterator<Item = usize>) -> Recipe {
    Recipe(lens.into_iter().map(Triple::<R>::request).collect())
}

/// Multiplies by every triple of a recipe.
fn multiply(party: &mut Party, recipe: &Recipe) -> Result<(), Error> {
    for request in recipe.requests() {
        let len = request.correction().unwrap().1 / 2;
        let values: Vec<u16> = (0..len).map(|i| i as u16 * 77 + 3).collect();
        let x = if party.id() == 0 { values.clone() } else { vec![0; len] };
        let x = ringshare::Share::<R>::from_words(x);
        let z = party.multiply(&x, &x)?;
        let squares: Vec<u16> = values.iter().map(|x| x.wrapping_mul(*x)).collect();
        assert_eq!(party.open(&z)?, squares);
    }
    Ok(())
}

#[test]
fn any_number_of_recipes_is_dealt_ahead() {
    let recipes = [
        triples([5, 3]),
        triples([]),
        triples(iter::repeat_n(100, 20)),
        triples([1]),
        triples([400]),
        triples([0, 7]),
        triples(iter::repeat_n(30, 9)),
        triples([2]),
    ];
    for parties in [1, 2, 3] {
        for window in [0, 300, 5000, u64::MAX] {
            for ahead in 1..=recipes.len() {
                let party = |party: &mut Party| {
                    party.set_window(window);
                    // Parties need not announce alike.
                    let ahead = (ahead + party.id()).min(recipes.len());
                    let mut announced = recipes.iter();
                    announced.by_ref().take(ahead).try_for_each(|recipe| party.announce(recipe))?;
                    for recipe in &recipes {
                        party.collect(recipe)?;
                        announced.next().map_or(Ok(()), |next| party.announce(next))?;
                        multiply(party, recipe)?;
                    }
                    party.finish()
                };
                let deal = |dealer: &mut Dealer| recipes.iter().try_for_each(|recipe| dealer.deal(recipe));
                let (dealt, received) = run(mesh(parties), deal, party);
                received.into_iter().for_each(|result| result.unwrap());
                let bytes: u64 = recipes.iter().map(|recipe| recipe.dealer_bytes(0)).sum();
                assert_eq!(dealt.map_err(|(error, _)| error.to_string()).unwrap()[0], bytes);
            }
        }
    }
}

#[test]
fn what_is_announced_is_collected_in_order() {
    let [one, other] = [triples([4]), triples([5])];
    let party = |party: &mut Party| {
        let error = party.collect(&one).unwrap_err().to_string();
        assert!(error.contains("recipes announced"), "{error}");
        party.announce(&one)?;
        party.announce(&other)?;
        let error = party.collect(&other).unwrap_err();
        assert!(matches!(error, Error::Recipe { .. }), "{error}");
        let error = party.receive(&one).unwrap_err().to_string();
        assert!(error.contains("not collected"), "{error}");
        party.collect(&one)?;
        party.collect(&other)?;
        party.finish()
    };
    let (dealt, received) =
        run(mesh(2), |dealer| dealer.deal(&one).and_then(|()| dealer.deal(&other)), party);
    assert!(dealt.is_ok());
    received.into_iter().for_each(|result| result.unwrap());
}

/// Items that were skipped meanwhile would have the numbers of others.
#[test]
fn nothing_is_collected_from_another_position_than_was_announced() {
    let recipe = triples([4]);
    let party = |party: &mut Party| {
        party.announce(&recipe)?;
        party.store_mut().skip(&recipe)?;
        let error = party.collect(&recipe).unwrap_err();
        assert!(matches!(error, Error::Position { expected: 0, found: 1, .. }), "{error}");
        Ok(())
    };
    let (_, received) = run(mesh(1), |dealer| dealer.deal(&recipe), party);
    received.into_iter().for_each(|result| result.unwrap());
}

#[test]
fn a_party_that_announces_without_end_is_refused() {
    let recipe = triples(iter::repeat_n(4, 5));
    let party = |party: &mut Party| {
        // The dealer waits for credits.
        party.set_window(0);
        for _ in 0..1024 {
            party.announce(&recipe)?;
        }
        let error = party.announce(&recipe).unwrap_err().to_string();
        assert!(error.contains("not collected"), "{error}");
        // Past the party's own check, until the dealer has gone.
        while party.network_mut().send(1, Kind::Announce, &[0; 96]).is_ok() {}
        Ok(())
    };
    let (dealt, received) = run(mesh(1), |dealer| dealer.deal(&recipe), party);
    let error = dealt.unwrap_err().0;
    assert!(matches!(error, Error::Range { most: 1024, found: 1025, .. }), "{error}");
    received.into_iter().for_each(|result| result.unwrap());
}

#[test]
fn a_credit_that_is_not_due_is_refused() {
    let recipe = triples([4]);
    let party = |party: &mut Party| party.network_mut().send(1, Kind::Credit, &[]).map_err(Error::from);
    let (dealt, _) = run(mesh(1), |dealer| dealer.deal(&recipe), party);
    assert!(matches!(dealt.unwrap_err().0, Error::Net(_)));
}
