//! Sessions and executors of both kinds: neither keeps the other from going on, or from ending.

use std::io;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use ringshare::net::{Header, Stream, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_example::{Bridge, peer, plain};

const LIMIT: Duration = Duration::from_secs(60);

fn runtimes() -> [Runtime; 2] {
    [Builder::new_current_thread(), Builder::new_multi_thread()].map(|mut builder| {
        builder.enable_all();
        builder.worker_threads(1).build().unwrap()
    })
}

/// Ends joined by pipes that hold `capacity` bytes.
fn mesh(peers: usize, capacity: usize) -> Vec<Bridge> {
    let mut ends: Vec<Bridge> = (0..peers).map(|_| Bridge::new(LIMIT)).collect();
    for b in 0..peers {
        for a in 0..b {
            let (to_a, to_b) = duplex(capacity);
            ends[a].connect(b, to_b).unwrap();
            ends[b].connect(a, to_a).unwrap();
        }
    }
    ends
}

#[test]
fn a_task_ticks_while_a_session_runs() {
    for runtime in runtimes() {
        // A few bytes at a time through the pipes: nothing but the executor moves them.
        for (parties, outputs, capacity) in [(2, 1, 7), (3, 200, 1_000), (3, 20_000, 1 << 16)] {
            runtime.block_on(async {
                let mut peers = JoinSet::new();
                for (id, bridge) in mesh(parties + 1, capacity).into_iter().enumerate() {
                    peers.spawn(peer(bridge, id, parties, outputs));
                }
                let mut results = Vec::new();
                let mut clock = tokio::time::interval(Duration::from_millis(1));
                // A clock that was kept from ticking does not make up for it.
                clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
                let mut ticks = 0;
                while !peers.is_empty() {
                    tokio::select! {
                        _ = clock.tick() => ticks += 1,
                        Some(result) = peers.join_next() => results.extend(result.unwrap().unwrap()),
                    }
                }
                assert_eq!(results, vec![plain(outputs); parties]);
                // The longest takes some 100 milliseconds and more; whoever kept the executor all the time would leave it two.
                assert!(outputs < 20_000 || ticks >= 10, "{ticks} ticks");
            });
        }
    }
}

/// An executor whose only thread waits until the session's thread has got somewhere never gets there if they are one.
#[test]
fn a_session_that_computes_leaves_the_executor_alone() {
    let [runtime, _] = runtimes();
    runtime.block_on(async {
        let (go, wait) = mpsc::channel();
        let session = tokio::spawn(Bridge::new(LIMIT).run(move |_| wait.recv_timeout(LIMIT)));
        tokio::time::sleep(Duration::from_millis(20)).await;
        go.send(3).unwrap();
        assert_eq!(session.await.unwrap().unwrap(), Ok(3));
    });
}

/// What a session that waits for a silent peer is told.
fn waits(to: mpsc::Sender<io::Error>) -> impl FnOnce(Stream) + Send + 'static {
    move |mut end| to.send(end.recv_header(0, &mut [0; Header::LEN]).unwrap_err()).unwrap()
}

#[test]
fn a_silent_peer_is_an_error_in_time() {
    for runtime in runtimes() {
        let (to, error) = mpsc::channel();
        let _silent = runtime.block_on(async {
            let (near, far) = duplex(100);
            let mut bridge = Bridge::new(Duration::from_millis(50));
            bridge.connect(0, near).unwrap();
            bridge.run(waits(to)).await.unwrap();
            far
        });
        assert_eq!(error.try_recv().unwrap().kind(), io::ErrorKind::TimedOut);
    }
}

#[test]
fn a_peer_that_takes_nothing_holds_nobody_for_ever() {
    for runtime in runtimes() {
        let _silent = runtime.block_on(async {
            let (near, far) = duplex(100);
            let mut bridge = Bridge::new(Duration::from_millis(50));
            bridge.connect(0, near).unwrap();
            // More than all queues hold.
            bridge.run(|mut end| end.send(0, &vec![1; 8 << 20])).await.unwrap().unwrap();
            far
        });
    }
}

#[test]
fn a_session_ends_when_its_future_is_dropped() {
    for runtime in runtimes() {
        let (to, error) = mpsc::channel();
        let _silent = runtime.block_on(async {
            let (near, far) = duplex(100);
            let mut bridge = Bridge::new(LIMIT);
            bridge.connect(0, near).unwrap();
            tokio::time::timeout(Duration::from_millis(50), bridge.run(waits(to))).await.unwrap_err();
            // The tasks are dropped by an executor that runs.
            tokio::time::sleep(Duration::from_millis(50)).await;
            far
        });
        let error = error.recv_timeout(LIMIT / 4).unwrap();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    }
}

#[test]
fn a_session_ends_when_the_runtime_stops() {
    for runtime in runtimes() {
        let (to, error) = mpsc::channel();
        let (near, _silent) = duplex(100);
        let begun = Instant::now();
        runtime.block_on(async {
            let mut bridge = Bridge::new(LIMIT);
            bridge.connect(0, near).unwrap();
            tokio::spawn(bridge.run(waits(to)));
            tokio::time::sleep(Duration::from_millis(50)).await;
        });
        // Waits for threads that block.
        drop(runtime);
        assert_eq!(error.try_recv().unwrap().kind(), io::ErrorKind::ConnectionAborted);
        assert!(begun.elapsed() < LIMIT / 4);
    }
}

#[test]
fn what_was_sent_last_arrives_and_then_the_end() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let (near, mut far) = duplex(100);
            let mut bridge = Bridge::new(LIMIT);
            bridge.connect(0, near).unwrap();
            let frame: Vec<u8> = (0..200_000).map(|i| (i % 251) as u8).collect();
            let sent = frame.clone();
            let session = tokio::spawn(bridge.run(move |mut end| end.send(0, &sent)));
            let mut came = Vec::new();
            far.read_to_end(&mut came).await.unwrap();
            assert!(came == frame);
            far.shutdown().await.unwrap();
            session.await.unwrap().unwrap().unwrap();
        });
    }
}

#[test]
fn a_peer_that_hangs_up_is_heard_by_readers_and_writers() {
    for runtime in runtimes() {
        runtime.block_on(async {
            let (near, far) = duplex(100);
            let mut bridge = Bridge::new(LIMIT);
            bridge.connect(0, near).unwrap();
            drop(far);
            let session = bridge.run(|mut end| {
                let read = end.recv_header(0, &mut [0; Header::LEN]).unwrap_err();
                end.send(0, &[1; Header::LEN]).unwrap();
                (read.kind(), end.flush().unwrap_err().kind())
            });
            let kinds = session.await.unwrap();
            assert_eq!(kinds, (io::ErrorKind::UnexpectedEof, io::ErrorKind::BrokenPipe));
        });
    }
}

#[test]
fn a_session_that_panics_is_an_error() {
    let [runtime, _] = runtimes();
    runtime.block_on(async {
        let result = Bridge::new(LIMIT).run(|_| -> () { panic!("on purpose") }).await;
        assert!(result.unwrap_err().to_string().contains("panicked"));
    });
}
