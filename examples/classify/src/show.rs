//! A digit as characters.

use std::fmt::Write;

use crate::dataset::EDGE;

/// From empty to full.
const SHADES: [char; 5] = [' ', '.', 'o', '#', '@'];

/// Draws `image: [28, 28]`, two characters a pixel, with the logits beside it, the class marked, and the label below.
pub fn show<T: std::fmt::Display>(image: &[u8], logits: &[T], class: u8, label: u8) -> String {
    let mut text = String::new();
    for (y, row) in image.chunks(EDGE).enumerate() {
        let line: String = row.iter().flat_map(|&p| [shade(p); 2]).collect();
        let logit = match y.checked_sub(EDGE / 4).and_then(|c| Some((c, logits.get(c)?))) {
            Some((c, logit)) => {
                let mark = if c == usize::from(class) { "  <" } else { "" };
                format!("|  {c}: {logit:>6}{mark}")
            }
            None => "|".into(),
        };
        let _ = writeln!(text, "|{line}{logit}");
    }
    let verdict = if class == label { "right" } else { "wrong" };
    let _ = writeln!(text, "class {class}, label {label}: {verdict}");
    text
}

fn shade(pixel: u8) -> char {
    SHADES[usize::from(pixel) * SHADES.len() / 256]
}
