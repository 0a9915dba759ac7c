//! Whatever a role reads, whatever its bytes: what they hold, or an error, never a panic.

use std::io::Cursor;

use party::config::Config;
use party::state::Note;
use party::wire::{self, HEADER, Header, Kind, SEED};
use party::{images, plan};

/// Parsers to choose from.
#[allow(dead_code, reason = "the fuzz target takes any")]
pub(crate) const KINDS: u8 = 5;
/// Shapes that images are read as.
const SHAPES: [[usize; 3]; 4] = [[4, 4, 1], [2, 3, 3], [1, 1, 16], [1, 1, 48]];
/// Images of a request, and bytes of an image at party 0.
const ROWS: usize = 8;
const IMAGE: usize = 16;

/// The first byte says what the rest is read as. Returns whether it was read.
pub(crate) fn any_bytes(data: &[u8]) -> bool {
    let Some((&choice, bytes)) = data.split_first() else { return false };
    match choice & 7 {
        0 => settings(bytes),
        1 => pictures(bytes, SHAPES[usize::from(choice >> 3) % SHAPES.len()]),
        2 => frames(bytes, choice >> 3),
        3 => choices(bytes),
        4 => Note::read(bytes).inspect(|note| assert_eq!(note.write(), bytes)).is_some(),
        _ => false,
    }
}

fn settings(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(config) = Config::parse(text) else { return false };
    assert!((2..=16).contains(&config.parties.len()));
    assert!(config.batch > 0 && config.queue >= config.batch);
    true
}

fn pictures(bytes: &[u8], shape: [usize; 3]) -> bool {
    let Ok(pixels) = images::unpack(bytes.to_vec()).and_then(|bytes| images::parse(&bytes, shape)) else {
        return false;
    };
    assert_eq!(pixels.len() % shape.iter().product::<usize>(), 0);
    true
}

/// Frames of a client at a party, or the frame of an owner.
fn frames(bytes: &[u8], party: u8) -> bool {
    let kind = [Kind::Request, Kind::Request, Kind::Reply, Kind::Model][usize::from(party & 3)];
    let mut from = Cursor::new(bytes);
    loop {
        let begun = from.position() as usize;
        let Header { small, large, .. } = match wire::next(&mut from, kind, || false) {
            Ok(Some(header)) => {
                assert_eq!(header.write(), bytes[begun..begun + HEADER]);
                header
            }
            Ok(None) => return begun > 0,
            Err(_) => return false,
        };
        let len = match (kind, party & 3) {
            (Kind::Model, _) if large == SEED as u64 => SEED,
            (Kind::Request, _) if !(1..=ROWS).contains(&(small as usize)) => return false,
            (Kind::Request, 0) => small as usize * IMAGE,
            (Kind::Request, _) => SEED,
            (Kind::Reply, _) if (small >> 8) as usize <= ROWS => (small >> 8) as usize,
            _ => return false,
        };
        if wire::body(&mut from, len).is_err() {
            return false;
        }
    }
}

/// What party 0 chooses.
fn choices(bytes: &[u8]) -> bool {
    let Some(slots) = plan::read(bytes) else { return false };
    assert!(slots.len() <= plan::SLOTS);
    let mut again = vec![0; bytes.len()];
    plan::write(&slots, &mut again);
    assert_eq!(again[..1 + 17 * slots.len()], bytes[..1 + 17 * slots.len()]);
    true
}
