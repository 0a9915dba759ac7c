//! Mutated files of the fuzz corpus: nothing panics, and no memory is taken that the bytes do not fill.

use std::process::Command;

use super::any_bytes::{KINDS, any_bytes};
use super::corpus::corpus;
use super::random::Random;
use super::session::status;

/// Of every parser.
const INPUTS: usize = 100_000;
/// Memory that all of it may take beyond what the process had before.
const MEMORY: u64 = 64 << 20;
const EXTREMES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, b'[', b'"', b'\n'];

fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        let len = random.below(9).min(bytes.len() - at);
        match random.below(14) {
            0 | 8 | 9 if len > 0 => bytes[at] ^= 1 << random.below(8),
            1 | 10 | 11 if len > 0 => bytes[at] = random.word() as u8,
            2 => bytes[at..at + len].fill(EXTREMES[random.below(EXTREMES.len())]),
            3 => drop(bytes.drain(at..at + len)),
            4 => {
                let piece = random.bytes(len);
                bytes.splice(at..at, piece);
            }
            5 => {
                let piece = bytes[at..at + len].to_vec();
                bytes.splice(at..at, piece);
            }
            6 => {
                let from = random.below(other.len() + 1);
                bytes.splice(at.., other[from..].iter().copied());
            }
            7 => bytes.truncate(at),
            _ => bytes.push(random.word() as u8),
        }
        bytes.truncate(1 << 15);
    }
}

/// In a process of its own, whose memory no other test takes.
#[test]
#[ignore = "run by the test below"]
fn mutated_inputs() {
    let files = corpus();
    let bombs = bombs();
    // The most that the process ever had, so that nothing of it is missed.
    let before = status("self", "VmPeak");
    assert!(before > 0 && !bombs.iter().any(|bomb| any_bytes(bomb)));
    for kind in 0..KINDS {
        let of_kind: Vec<&Vec<u8>> = files
            .iter()
            .map(|(_, bytes)| bytes)
            .filter(|bytes| bytes.first().is_some_and(|b| b & 7 == kind))
            .collect();
        let mut random = Random(u64::from(kind));
        let mut read = 0;
        for _ in 0..INPUTS {
            let [a, b] = [0; 2].map(|_: u8| of_kind[random.below(of_kind.len())]);
            let mut bytes = a[1..].to_vec();
            mutate(&mut bytes, &b[1..], &mut random);
            bytes.insert(0, a[0]);
            read += usize::from(any_bytes(&bytes));
        }
        let after = status("self", "VmPeak");
        println!("kind {kind}: {read} of {INPUTS} read, {} KiB more", (after - before) / 1024);
        // Otherwise the mutations would show nothing of what comes behind the first check.
        assert!(read > INPUTS / 1000, "kind {kind}: {read}");
        assert!(after - before < MEMORY, "kind {kind}: {} bytes", after - before);
    }
}

#[test]
fn mutated_inputs_do_not_panic_and_take_little_memory() {
    let own = std::env::current_exe().unwrap();
    let args = ["--exact", "mutation::mutated_inputs", "--ignored", "--nocapture"];
    let out = Command::new(own).args(args).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success() && text.contains("1 passed"), "{text}");
}

/// Small files that unpack to much, or claim to hold much.
fn bombs() -> Vec<Vec<u8>> {
    use std::io::Write as _;
    let zeros = vec![0; 1 << 20];
    let mut gzip = flate2::write::GzEncoder::new(vec![1], flate2::Compression::best());
    (0..300).for_each(|_| gzip.write_all(&zeros).unwrap());
    let mut png = b"\x01\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 0x7f, 0xff, 0, 0, 0x7f, 0xff, 16, 6, 0, 0, 0]);
    let crc = crc32(&png[13..]);
    png.extend(crc.to_be_bytes());
    let mut idx = vec![1, 0, 0, 8, 4];
    idx.extend([0xff; 16]);
    let pgm = b"\x01P5 4294967295 4294967295 255\n".to_vec();
    vec![gzip.finish().unwrap(), png, idx, pgm]
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
