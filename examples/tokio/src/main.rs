//! Three parties and a dealer in one thread's executor, over TCP, while a clock ticks beside them.
//!
//! `cargo run --release -p tokio-example`

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_example::{Bridge, Error, peer, plain};

const PARTIES: usize = 3;
const OUTPUTS: usize = 10_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut peers = JoinSet::new();
    for (id, bridge) in mesh().await?.into_iter().enumerate() {
        peers.spawn(async move { (id, peer(bridge, id, PARTIES, OUTPUTS).await) });
    }
    let mut clock = tokio::time::interval(Duration::from_millis(1));
    let mut ticks = 0;
    loop {
        tokio::select! {
            _ = clock.tick() => ticks += 1,
            ended = peers.join_next() => {
                let Some(ended) = ended else { break };
                match ended? {
                    (id, Ok(Some(signs))) if signs == plain(OUTPUTS) => println!("party {id}: {OUTPUTS} signs are right"),
                    (id, Ok(Some(_))) => return Err(format!("party {id}: a sign is wrong").into()),
                    (_, Ok(None)) => println!("the dealer has dealt"),
                    (id, Err(error)) => return Err(format!("peer {id}: {error}").into()),
                }
            }
        }
    }
    println!("meanwhile a clock ticked {ticks} times in the same thread");
    Ok(())
}

/// All peers' ends, connected pair by pair. Between machines, TLS belongs on top.
async fn mesh() -> Result<Vec<Bridge>, Error> {
    let mut ends: Vec<Bridge> = (0..=PARTIES).map(|_| Bridge::new(Duration::from_secs(60))).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    for b in 0..=PARTIES {
        for a in 0..b {
            let (to_a, to_b) = tokio::join!(TcpStream::connect(listener.local_addr()?), listener.accept());
            let (to_a, to_b) = (to_a?, to_b?.0);
            to_a.set_nodelay(true)?;
            to_b.set_nodelay(true)?;
            ends[a].connect(b, to_b)?;
            ends[b].connect(a, to_a)?;
        }
    }
    Ok(ends)
}
