//! Dealing: what is refused, who must agree, how far the dealer runs ahead, and where it goes on.

mod agreement;
mod ahead;
mod hostile;
mod kinds;
mod malformed;
mod positions;
mod sessions;
mod window;

use std::thread;
use std::time::Duration;

use ringshare::net::{Memory, Network, Transport};
use ringshare::offline::Recipe;
use ringshare::prg::RootSeed;
use ringshare::protocol::{Dealer, Error, Party};

const SESSION: u64 = 4;

/// How long a peer waits for another that has failed.
const TIMEOUT: Duration = Duration::from_secs(20);

fn root() -> RootSeed {
    RootSeed::from_bytes([23; 32])
}

/// The bytes that the dealer sent each party, with its error if it failed.
type Dealt = Result<Vec<u64>, (Error, Vec<u64>)>;

/// Runs the dealer's part and everyone's, over these ends, the dealer's last; the dealer leaves when it is done.
fn run<T: Transport + Send + 'static, O: Send>(
    ends: Vec<T>,
    deal: impl FnOnce(&mut Dealer) -> Result<(), Error> + Send,
    party: impl Fn(&mut Party) -> Result<O, Error> + Sync,
) -> (Dealt, Vec<Result<O, Error>>) {
    let parties = ends.len() - 1;
    let mut ends =
        ends.into_iter().enumerate().map(|(id, end)| Network::new(end, id, parties, SESSION).unwrap());
    let networks: Vec<_> = ends.by_ref().take(parties).collect();
    let network = ends.next().unwrap();
    thread::scope(|scope| {
        let dealt = scope.spawn(move || {
            let mut dealer = Dealer::open(network, &root()).unwrap();
            let result = deal(&mut dealer).inspect_err(|error| dealer.abort(error));
            let sent = dealer.sent_bytes().to_vec();
            result.map(|()| sent.clone()).map_err(|error| (error, sent))
        });
        let party = &party;
        let threads: Vec<_> = networks
            .into_iter()
            .map(|network| scope.spawn(move || party(&mut Party::join(network)?)))
            .collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        (dealt.join().unwrap(), results)
    })
}

fn mesh(parties: usize) -> Vec<Memory> {
    Memory::mesh(parties + 1, TIMEOUT)
}

/// What a party's program takes.
fn plan<O>(parties: usize, program: impl FnOnce(&mut Party) -> Result<O, Error>) -> Recipe {
    let mut dry = Party::dry(parties);
    program(&mut dry).unwrap();
    dry.take_dry_run().recipe
}
