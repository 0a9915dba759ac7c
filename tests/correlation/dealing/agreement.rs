//! Parties and dealer agree on a recipe and on a family, or nothing is dealt.

use ringshare::correlation::Triple;
use ringshare::correlation::compare::legendre::Variant;
use ringshare::net::{Kind, Network};
use ringshare::offline::{PartySeeds, Recipe, Seeds, Store};
use ringshare::protocol::{Dealer, Error, Family, Party};
use ringshare::ring::Z2;
use ringshare::share::Share;

use super::{SESSION, mesh, plan, root, run};

type R = Z2<14>;

fn triples(len: usize) -> Recipe {
    Recipe(vec![Triple::<R>::request(3), Triple::<R>::request(len)])
}

#[test]
fn a_party_with_another_recipe_is_refused_before_anything_is_dealt() {
    for parties in [2, 3] {
        for odd in 0..parties {
            let party = |party: &mut Party| party.receive(&triples(if party.id() == odd { 8 } else { 7 }));
            let (dealt, received) = run(mesh(parties), |dealer| dealer.deal(&triples(7)), party);
            let (error, sent) = dealt.unwrap_err();
            let (ours, theirs) = (triples(7).digest(), triples(8).digest());
            assert!(
                matches!(&error, Error::Recipe { party, expected, found }
                    if (*party, *expected, *found) == (odd, ours, theirs)),
                "{error}"
            );
            let text = error.to_string();
            assert!(text.contains(&format!("party {odd} runs another program")), "{text}");
            assert!(text.contains("expected") && text.contains("found"), "{text}");
            assert_eq!(sent, vec![0; parties]);
            assert!(received.iter().all(Result::is_err), "a party went on");
        }
    }
}

#[test]
fn a_dealer_with_another_recipe_is_refused_before_anything_is_dealt() {
    for recipe in [triples(8), Recipe::default(), Recipe(triples(7).0[..1].to_vec())] {
        let (dealt, received) =
            run(mesh(2), |dealer| dealer.deal(&recipe), |party| party.receive(&triples(7)));
        let (error, sent) = dealt.unwrap_err();
        assert!(matches!(error, Error::Recipe { party: 0, .. }), "{error}");
        assert_eq!(sent, [0, 0]);
        assert!(received.iter().all(Result::is_err));
    }
    // The same items in another order are another recipe.
    let turned = Recipe(triples(7).0.into_iter().rev().collect());
    let (dealt, _) = run(mesh(2), |dealer| dealer.deal(&turned), |party| party.receive(&triples(7)));
    assert!(matches!(dealt.unwrap_err().0, Error::Recipe { .. }));
}

#[test]
fn a_party_notices_a_dealer_that_agrees_to_another_recipe() {
    let mut ends = mesh(1).into_iter();
    let (end, dealer) = (ends.next().unwrap(), ends.next().unwrap());
    let mut dealer = Network::new(dealer, 1, 1, SESSION).unwrap();
    let mut row = vec![0; PartySeeds::len(1)];
    Seeds::derive(&root(), SESSION, 1).row(0).unwrap().write(&mut row);
    dealer.send(0, Kind::Seed, &row).unwrap();
    dealer.send(0, Kind::Agree, &[7; 40]).unwrap();
    let mut party = Party::join(Network::new(end, 0, 1, SESSION).unwrap()).unwrap();
    let error = party.receive(&triples(7)).unwrap_err();
    let expected = triples(7).digest();
    assert!(
        matches!(&error, Error::Recipe { party: 1, expected: e, found } if *e == expected && *found == [7; 32]),
        "{error}"
    );
    assert!(party.store().is_empty());
    // What the party announced: the recipe's digest, the window, the position, the session, the family, and how many are
    // not collected.
    let mut announced = [0; 96];
    dealer.receive(0, Kind::Announce, &mut announced).unwrap();
    assert_eq!(announced[..32], expected);
    assert_eq!(announced[32..40], (16u64 << 20).to_le_bytes());
    assert_eq!(announced[40..48], [0; 8]);
    assert_eq!(announced[48..64], party.store().session().0);
    assert_eq!(announced[64..88].iter().position(|&byte| byte == 0), Some(Family::default().name().len()));
    assert_eq!(announced[88..], [0; 8]);
}

/// Items that one side takes for new, and the other for used, would be masked by what masked others before.
#[test]
fn a_party_or_dealer_that_has_not_skipped_what_was_dealt_is_refused() {
    let (used, next) = (triples(5), triples(7));
    // Parties and the dealer, the last, that skip.
    for skips in [[true, false, true], [false, true, true], [true, true, false], [false, false, true]] {
        let deal = |dealer: &mut Dealer| {
            if skips[2] {
                dealer.deck_mut().skip(&used)?;
            }
            dealer.deal(&next)
        };
        let party = |party: &mut Party| {
            if skips[party.id()] {
                party.store_mut().skip(&used)?;
            }
            party.receive(&next)
        };
        let (dealt, received) = run(mesh(2), deal, party);
        let (error, sent) = dealt.unwrap_err();
        let at = |skips: bool| if skips { 2 } else { 0 };
        let odd = usize::from(skips[0] == skips[2]);
        assert!(
            matches!(error, Error::Position { party, expected, found }
                if (party, expected, found) == (odd, at(skips[2]), at(skips[odd]))),
            "{error}"
        );
        assert_eq!(sent, [0, 0]);
        assert!(received.iter().all(Result::is_err));
    }
}

#[test]
fn a_party_with_a_store_of_another_session_is_refused() {
    let other = |party: Party| {
        let seeds = Seeds::derive(&root(), SESSION + 1, 2);
        let (network, _) = party.into_parts();
        let store = Store::new(seeds.row(network.id()).unwrap());
        Party::from_parts(network, store).unwrap()
    };
    std::thread::scope(|scope| {
        let mut ends = mesh(2).into_iter().enumerate();
        let mut network = || {
            let (id, end) = ends.next().unwrap();
            Network::new(end, id, 2, SESSION).unwrap()
        };
        let (zero, one, dealer) = (network(), network(), network());
        scope.spawn(|| Party::join(zero).unwrap().receive(&triples(7)).unwrap_err());
        scope.spawn(|| other(Party::join(one).unwrap()).receive(&triples(7)).unwrap_err());
        let mut dealer = Dealer::open(dealer, &root()).unwrap();
        let error = dealer.deal(&triples(7)).unwrap_err();
        assert!(matches!(error, Error::Session { party: 1 }), "{error}");
        assert_eq!(dealer.sent_bytes(), [0, 0]);
    });
}

#[test]
fn a_party_takes_no_store_of_another_party() {
    for (party, parties) in [(1, 2), (0, 3), (1, 3)] {
        let store = Store::new(Seeds::derive(&root(), SESSION, parties).row(party).unwrap());
        let network = Network::new(mesh(2).remove(0), 0, 2, SESSION).unwrap();
        let error = Party::from_parts(network, store).err().unwrap();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
    }
}

#[test]
fn a_dry_run_of_nobody_does_not_panic() {
    let mut party = Party::dry(0);
    let x = party.input::<R>(0, 3, None).unwrap();
    party.sign::<R, R>(&x, 14).unwrap();
    assert!(party.input::<R>(1, 3, None).is_err());
}

/// Without a dealer, too: stores that were filled elsewhere.
#[test]
fn parties_of_two_sessions_notice_at_the_end() {
    let mut ends = mesh(2).into_iter().enumerate();
    let mut party = || {
        let (id, end) = ends.next().unwrap();
        let seeds = Seeds::derive(&root(), SESSION + id as u64, 2);
        let store = Store::new(seeds.row(id).unwrap());
        Party::from_parts(Network::new(end, id, 2, SESSION).unwrap(), store).unwrap()
    };
    let parties = [party(), party()];
    std::thread::scope(|scope| {
        let ended = parties.map(|mut party| scope.spawn(move || party.finish()));
        ended.into_iter().for_each(|ended| assert!(ended.join().unwrap().is_err()));
    });
}

#[test]
fn families_that_differ_are_named() {
    let families = [Family::default(), Family::Bitwise, Family::Dcf, Family::Legendre(Variant::Bsgn1)];
    for one in families {
        for other in families {
            let party = |party: &mut Party| {
                party.set_comparison(if party.id() == 0 { one } else { other });
                // Nothing to deal: the families differ all the same.
                party.receive(&Recipe::default())
            };
            let (dealt, received) = run(mesh(2), |dealer| dealer.deal(&Recipe::default()), party);
            if one == other {
                assert!(dealt.is_ok() && received.iter().all(Result::is_ok));
                continue;
            }
            let error = dealt.unwrap_err().0;
            assert!(
                matches!(&error, Error::Family { party: 1, families }
                    if *families == [one.name(), other.name()]),
                "{error}"
            );
            let text = error.to_string();
            assert!(text.contains(one.name()) && text.contains(other.name()), "{text}");
            assert!(received.iter().all(Result::is_err));
        }
    }
}

#[test]
fn no_familys_name_is_too_long_for_its_place() {
    for family in Family::ALL {
        assert!((1..=24).contains(&family.name().len()), "{}", family.name());
    }
}

/// Five bits and six take one byte on the wire: nobody would notice when they are opened.
#[test]
fn parties_that_share_vectors_of_other_lengths_are_refused() {
    let program = |party: &mut Party, len: usize| -> Result<Vec<u8>, Error> {
        let values = vec![1; len];
        let x: Share<Z2<1>> = party.input(0, len, (party.id() == 0 && !party.is_dry()).then_some(&values))?;
        party.open(&x)
    };
    let len = |id: usize| 5 + id;
    let party = |party: &mut Party| {
        // Each by a dry run of its own.
        let len = len(party.id());
        party.receive(&plan(2, |dry| program(dry, len)))?;
        program(party, len)
    };
    for dealers in [5, 6] {
        let recipe = plan(2, |dry| program(dry, dealers));
        let (dealt, received) = run(mesh(2), |dealer| dealer.deal(&recipe), party);
        let (error, _) = dealt.unwrap_err();
        assert!(matches!(error, Error::Recipe { party, .. } if len(party) != dealers), "{error}");
        assert!(received.iter().all(Result::is_err), "a vector was opened");
    }
}

#[test]
fn recipes_are_agreed_on_one_after_the_other() {
    let recipes = [triples(7), Recipe::default(), triples(9), triples(7)];
    let party = |party: &mut Party| {
        for recipe in &recipes {
            party.receive(recipe)?;
            for len in recipe.requests().iter().map(|request| request.correction().unwrap().1 * 8 / 14) {
                let x = Share::<R>::zeros(len);
                let z = party.multiply(&x, &x)?;
                assert_eq!(party.open(&z)?, vec![0; len]);
            }
        }
        party.finish()
    };
    let deal = |dealer: &mut Dealer| recipes.iter().try_for_each(|recipe| dealer.deal(recipe));
    let (dealt, received) = run(mesh(3), deal, party);
    let bytes: u64 = recipes.iter().map(|recipe| recipe.dealer_bytes(0)).sum();
    assert_eq!(dealt.map_err(|(error, _)| error.to_string()), Ok(vec![bytes, 0, 0]));
    received.into_iter().for_each(|result| result.unwrap());
}
