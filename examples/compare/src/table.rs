//! The table that is printed.

use crate::measure::{Row, Skipped};

/// The names of the columns and their units.
pub fn header() -> String {
    let names = columns("family", "plan", "bits", "parties", ["rounds", "opened", "dealt"]);
    let names = format!("{names}{:>11}{:>11}{:>13}", "party", "dealer", "wall");
    let units = columns("", "", "", "", ["", "bits", "bytes"]);
    let units = format!("{units}{:>11}{:>11}{:>13}", "CPU ns", "CPU ns", "ns");
    format!("{names}\n{units}")
}

/// One row.
pub fn line(row: &Row) -> String {
    let [opened, dealt] = [row.opened_bits, row.dealer_bytes].map(short);
    let counts = [row.rounds.to_string(), opened, dealt];
    let [bits, parties] = [row.bits as usize, row.parties].map(|n| n.to_string());
    let start = columns(row.family, &row.plan, &bits, &parties, counts.each_ref().map(String::as_str));
    format!("{start}{:>11.1}{:>11.1}{:>13.1}", row.party_ns, row.dealer_ns, row.wall_ns)
}

/// What is not in the table, and why: a line for all bit lengths and numbers of parties of one reason.
pub fn footer(skipped: &[Skipped]) -> String {
    type Group<'a> = (&'a str, Vec<u32>, Vec<usize>, &'a str);
    let mut lengths: Vec<Group<'_>> = Vec::new();
    for Skipped { family, bits, parties, reason } in skipped {
        match lengths.last_mut() {
            Some(last) if (last.0, last.1[0], last.3) == (*family, *bits, reason) => last.2.push(*parties),
            _ => lengths.push((family, vec![*bits], vec![*parties], reason)),
        }
    }
    let mut groups: Vec<Group<'_>> = Vec::new();
    for length in lengths {
        match groups.last_mut() {
            Some(last) if (last.0, &last.2, last.3) == (length.0, &length.2, length.3) => {
                last.1.extend(length.1)
            }
            _ => groups.push(length),
        }
    }
    let mut text = String::from("\nBits, bytes and times are those of one value.\n");
    for (family, bits, parties, reason) in groups {
        text += &format!("skipped: {family}, {} bits, {} parties: {reason}\n", list(&bits), list(&parties));
    }
    text
}

fn list<T: ToString>(numbers: &[T]) -> String {
    numbers.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

fn columns(family: &str, plan: &str, bits: &str, parties: &str, counts: [&str; 3]) -> String {
    let [rounds, opened, dealt] = counts;
    format!("{family:15} {plan:40}{bits:>5}{parties:>8}{rounds:>7}{opened:>9}{dealt:>10}")
}

/// Whole numbers as such.
fn short(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.2}") }
}
