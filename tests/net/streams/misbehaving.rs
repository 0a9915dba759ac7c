//! Streams that deliver little, late or nothing, or fail.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ringshare::net::{ErrorKind, Header, Kind, NetError, Network, Stream, Transport, TransportError};

use super::{mesh, plain, run, sign_layer, tcp};

const FRAME: [u8; 40] = [7; 40];

/// A stream's end whose peer 1 is this reader and this writer.
fn end(reader: impl Read + Send + 'static, writer: impl Write + Send + 'static) -> Stream {
    let mut end = Stream::new();
    end.connect(1, reader, writer).unwrap();
    end
}

fn receive(end: &mut Stream) -> io::Result<[u8; 40]> {
    let mut frame = [0; 40];
    let (header, payload) = frame.split_first_chunk_mut().unwrap();
    end.recv_header(1, header)?;
    end.recv_payload(1, payload)?;
    Ok(frame)
}

fn kind<O>(result: io::Result<O>) -> ErrorKind {
    TransportError::kind(&result.map(drop).unwrap_err())
}

/// Reads and writes one byte at a time.
struct ByteByByte(TcpStream);

impl Read for ByteByByte {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(&mut bytes[..1])
    }
}

impl Write for ByteByByte {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(&bytes[..1])
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn bytes_that_come_one_by_one_make_frames() {
    let pair = || tcp().map(|pair| pair.map(ByteByByte));
    let split = |stream: &ByteByByte| stream.0.try_clone().map(ByteByByte);
    for output in run(mesh(3, pair, split).unwrap(), |party| sign_layer(party, 2)) {
        assert_eq!(output, plain(2));
    }
}

#[test]
fn a_peer_that_closes_within_a_frame_is_an_error_that_says_where() {
    for (sent, text) in [
        (0, "the peer went away after 0 of 32 bytes"),
        (31, "the peer went away after 31 of 32 bytes"),
        (32, "the peer went away after 0 of 8 bytes"),
        (39, "the peer went away after 7 of 8 bytes"),
    ] {
        let [here, mut there] = tcp().unwrap();
        there.write_all(&FRAME[..sent]).unwrap();
        drop(there);
        let error = receive(&mut end(here.try_clone().unwrap(), here)).unwrap_err();
        assert_eq!(TransportError::kind(&error), ErrorKind::Closed);
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(kind(Stream::new().send(1, &FRAME)), ErrorKind::Closed);
    assert_eq!(kind(receive(&mut Stream::new())), ErrorKind::Closed);
}

#[test]
fn a_time_limit_of_the_reader_is_an_error_of_its_kind() {
    let [here, mut there] = tcp().unwrap();
    here.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let end = end(here.try_clone().unwrap(), here);
    let mut network = Network::new(end, 0, 2, 1).unwrap();
    there.write_all(&FRAME[..5]).unwrap();
    let error = network.receive(1, Kind::Open, &mut [0; 8]).unwrap_err();
    assert!(matches!(error, NetError::Transport { peer: 1, kind: ErrorKind::TimedOut, .. }), "{error}");

    let [here, mut there] = tcp().unwrap();
    let end = self::end(here.try_clone().unwrap(), here);
    let mut network = Network::new(end, 0, 2, 1).unwrap();
    there.write_all(&FRAME[..5]).unwrap();
    drop(there);
    let error = network.receive(1, Kind::Open, &mut [0; 8]).unwrap_err();
    assert!(matches!(error, NetError::Transport { peer: 1, kind: ErrorKind::Closed, .. }), "{error}");
}

/// Gives one answer after the other, then zeros, of which every read waits a millisecond and gets one.
struct Script(VecDeque<Result<Vec<u8>, io::ErrorKind>>);

impl Read for Script {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let answer = self.0.pop_front().unwrap_or_else(|| {
            thread::sleep(Duration::from_millis(1));
            Ok(vec![0])
        })?;
        bytes[..answer.len()].copy_from_slice(&answer);
        Ok(answer.len())
    }
}

#[test]
fn a_deadline_outlasts_the_readers_limit_and_ends_a_trickle() {
    let answers = || {
        let late = io::ErrorKind::WouldBlock;
        Script(
            [Err(late), Ok(vec![7; 3]), Err(io::ErrorKind::Interrupted), Err(late), Ok(vec![7; 29])].into(),
        )
    };
    let mut header = [0; Header::LEN];
    assert_eq!(kind(end(answers(), io::sink()).recv_header(1, &mut header)), ErrorKind::TimedOut);
    let mut patient = end(answers(), io::sink()).deadline(Duration::from_secs(3600));
    patient.recv_header(1, &mut header).unwrap();
    assert_eq!(header, [7; Header::LEN]);
    // A byte a millisecond: days.
    let mut short = end(Script(VecDeque::new()), io::sink()).deadline(Duration::from_millis(20));
    let error = short.recv_payload(1, &mut vec![0; 1 << 30]).unwrap_err();
    assert_eq!(TransportError::kind(&error), ErrorKind::TimedOut);
    assert!(error.to_string().contains("of 1073741824 bytes came within"), "{error}");
}

/// Keeps what is written, slowly.
#[derive(Clone, Default)]
struct Slow(Arc<Mutex<Vec<u8>>>);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        thread::sleep(Duration::from_millis(2));
        self.0.lock().unwrap().push(bytes[0]);
        Ok(1)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_flush_and_a_drop_wait_for_all_that_was_sent() {
    let written = Slow::default();
    let mut end = end(io::empty(), written.clone());
    end.send(1, &[1, 2, 3]).unwrap();
    end.send(1, &[4, 5]).unwrap();
    end.flush().unwrap();
    assert_eq!(*written.0.lock().unwrap(), [1, 2, 3, 4, 5]);
    end.send(1, &[6, 7]).unwrap();
    drop(end);
    assert_eq!(*written.0.lock().unwrap(), [1, 2, 3, 4, 5, 6, 7]);
    // The writer is gone, too.
    assert_eq!(Arc::strong_count(&written.0), 1);
}

/// Writes nothing until its channel closes.
struct Stuck(Receiver<()>);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.recv().unwrap_err();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_peer_that_takes_nothing_holds_nobody_up() {
    let (hold, stuck) = channel();
    let end = end(io::empty(), Stuck(stuck));
    let mut end = end.deadline(Duration::from_millis(10)).linger(Duration::from_millis(10));
    for _ in 0..1000 {
        end.send(1, &[0; 100_000]).unwrap();
    }
    assert_eq!(kind(end.flush()), ErrorKind::TimedOut);
    drop(end);
    drop(hold);
}

#[test]
fn a_flush_waits_for_a_slow_peer_and_not_for_one_that_takes_nothing() {
    /// Takes a piece every 20 milliseconds.
    struct Steady;
    impl Write for Steady {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            thread::sleep(Duration::from_millis(20));
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut steady = end(io::empty(), Steady).idle(Duration::from_millis(500));
    steady.send(1, &vec![0; 10 << 20]).unwrap();
    steady.flush().unwrap();
    let (hold, stuck) = channel();
    let mut end = end(io::empty(), Stuck(stuck)).idle(Duration::from_millis(10)).linger(Duration::ZERO);
    end.send(1, &FRAME).unwrap();
    assert_eq!(kind(end.flush()), ErrorKind::TimedOut);
    drop(end);
    drop(hold);
}

/// Fails, or panics.
struct Broken(bool);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        assert!(!self.0, "a writer that panics");
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_error_of_a_writer_is_reported_by_flush_and_the_next_send() {
    for (panics, expected) in [(false, ErrorKind::Closed), (true, ErrorKind::Other)] {
        let mut end = end(io::empty(), Broken(panics));
        end.send(1, &FRAME).unwrap();
        assert_eq!(kind(end.flush()), expected);
        assert_eq!(kind(end.send(1, &FRAME)), expected);
    }
}
