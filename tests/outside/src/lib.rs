//! A correlation of one's own, in a package of one's own: a random a and a². With d = x − a opened,
//! x² = d·(d + 2a) + a²: a square takes one round and k opened bits, where a product takes 2k.
use ringshare::offline::{Cost, Dealing, DecodeError, Elements, Error, Kind, Reader, Writer, apart};
use ringshare::protocol::{self, Party};
use ringshare::ring::{Ring, Word, packed_len};
use ringshare::{share::Share, with_word};

const A: u64 = 0;
const SQUARE: u64 = 1;
const _: () = assert!(apart(&[A, SQUARE]));

/// Asks for the squares of so many elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Squares(pub usize, pub Elements);

impl Kind for Squares {
    const NAME: &'static str = "outside.squares";
    fn check(&self, _parties: usize) -> Result<(), Error> {
        self.1.check()
    }
    fn correction(&self) -> Option<(usize, usize)> {
        Some((1, packed_len(self.0, self.1.bits)))
    }
    fn deal(&self, dealing: &mut Dealing<'_>, out: &mut [u8]) -> Result<(), Error> {
        with_word!(self.1.word, W => {
            let mut a = dealing.sums::<W>(A, self.0);
            a.iter_mut().for_each(|a| *a = a.wrapping_mul(*a));
            dealing.share(SQUARE, &mut a, self.1.bits, out);
        });
        Ok(())
    }
    fn encode(&self, out: &mut Writer) {
        out.vector(self.0, self.1);
    }
    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        from.vector().map(|(len, elements)| Self(len, elements))
    }
}

/// x² for every element.
pub fn square<R: Ring>(party: &mut Party, x: &Share<R>) -> Result<Share<R>, protocol::Error> {
    let source = party.store_mut().take(Squares(x.len(), Elements::of::<R>()))?;
    let mut a = source.random_share::<R>(A, x.len());
    let mut square = source.chosen_share::<R>(SQUARE, x.len())?;
    let mut d = x.clone();
    d.sub_assign(&a);
    let d = party.open(&d)?;
    a.scale(R::Word::truncate64(2));
    a.add_public(party.id(), &d);
    a.mul_public(&d);
    square.add_assign(&a);
    Ok(square)
}

/// What so many squares of k bits cost.
pub fn cost(len: usize, bits: u32) -> Cost {
    Cost { rounds: 1, opened_bits: len as u64 * u64::from(bits), dealer_bytes: packed_len(len, bits) as u64 }
}

#[test]
fn squares_in_dry_run_dealer_simulator_and_forecast() {
    let run = ringshare::sim::Simulation::new(3).run(|party| {
        let x = party.input::<ringshare::ring::Z2<13>>(1, 3, (party.id() == 1).then_some(&[0, 3, 8190]))?;
        let y = square(party, &x)?;
        party.reveal(&y, 0)
    });
    let (run, cost) = (run.unwrap(), cost(3, 13));
    assert_eq!(run.outputs[0], Some(vec![0, 9, 4])); // 0, 3² and (−2)²
    assert_eq!((run.dry.rounds, run.dry.recipe.dealer_bytes(0)), (cost.rounds + 1, cost.dealer_bytes));
    let forecast = ringshare::nn::Forecast::new(&run.dry, 3);
    assert_eq!((forecast.rounds, forecast.dealer_bytes), (cost.rounds + 1, cost.dealer_bytes));
    // Whoever has the kind in its registry can deal the recipe elsewhere.
    let registry = ringshare::correlation::registry().with::<Squares>();
    let recipe = ringshare::offline::Recipe::from_bytes(&run.dry.recipe.to_bytes(), &registry, 3);
    assert_eq!(recipe.as_ref(), Ok(&run.dry.recipe));
}
