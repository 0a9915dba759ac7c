//! A model as a table.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::{INPUT, Model};

impl fmt::Display for Model {
    /// A line for each layer with its operation, the shape of its result and how many weights it has; below it what
    /// [`simplify`](Model::simplify) did.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let [name, operation, result, weights] = core::array::from_fn(width);
        for [a, b, c, d] in &lines {
            let line = format!("{a:name$}  {b:operation$}  {c:result$}  {d:>weights$}");
            writeln!(f, "{}", line.trim_end())?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}

impl Model {
    /// The cells of the table.
    fn lines(&self) -> Vec<[String; 4]> {
        let head = ["layer", "operation", "result", "weights"].map(String::from);
        let input = [INPUT.into(), String::new(), shape(self.input), String::new()];
        let layers = self
            .nodes
            .iter()
            .map(|node| (node, node.op.get()))
            .map(|(node, op)| [node.name.clone(), op.summary(), shape(node.shape), op.numbers()]);
        [head, input].into_iter().chain(layers).collect()
    }
}

/// For example `28×28×1`, and `10` for a vector.
fn shape([height, width, channels]: [usize; 3]) -> String {
    match (height, width) {
        (1, 1) => channels.to_string(),
        _ => format!("{height}×{width}×{channels}"),
    }
}
