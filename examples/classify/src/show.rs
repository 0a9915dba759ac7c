//! A digit as characters.

use std::fmt::Write;

use crate::dataset::EDGE;

/// From empty to full.
const SHADES: [char; 5] = [' ', '.', 'o', '#', '@'];

/// Draws `image: [28, 28]`, two characters a pixel, with the logits beside it, the class marked, and the label below.
pub(crate) fn show<T: std::fmt::Display>(image: &[u8], logits: &[T], class: u8, label: u8) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_class_and_label_is_drawn() {
        let mut image = vec![0; EDGE * EDGE];
        image[0] = 255;
        let logits: Vec<i32> = (0..10).map(|c| c * -100).collect();
        let text = show(&image, &logits, 0, 3);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), EDGE + 1);
        assert!(lines[0].starts_with("|@@  "));
        assert!(lines[7].ends_with("|  0:      0  <"), "{}", lines[7]);
        assert!(lines[16].ends_with("|  9:   -900"));
        assert_eq!(lines[EDGE], "class 0, label 3: wrong");
    }
}
