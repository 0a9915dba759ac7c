//! The columns of the table over the bit length, a panel each.

use std::error::Error as StdError;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::error::Error;
use crate::measure::Row;

const SIZE: (u32, u32) = (1260, 860);
const FONT: &str = "sans-serif";
/// Dark enough on white, and apart for most eyes.
const COLORS: [RGBColor; 9] = [
    RGBColor(0, 90, 170),
    RGBColor(213, 94, 0),
    RGBColor(0, 140, 100),
    RGBColor(180, 60, 130),
    RGBColor(150, 120, 0),
    RGBColor(90, 90, 90),
    RGBColor(40, 160, 220),
    RGBColor(120, 60, 200),
    RGBColor(160, 40, 40),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn StdError>>;

/// What a panel shows.
struct Panel {
    title: &'static str,
    log: bool,
    value: fn(&Row) -> f64,
}

const PANELS: [Panel; 5] = [
    Panel { title: "CPU of a party online, ns", log: true, value: |row| row.party_ns },
    Panel { title: "CPU of the dealer, ns", log: true, value: |row| row.dealer_ns },
    Panel { title: "opened bits", log: false, value: |row| row.opened_bits },
    Panel { title: "bytes from the dealer", log: true, value: |row| row.dealer_bytes },
    Panel { title: "rounds", log: false, value: |row| row.rounds.into() },
];

/// The rows of one family and number of parties.
struct Series<'a> {
    family: &'static str,
    parties: usize,
    color: RGBColor,
    /// Tells numbers of parties apart.
    mark: usize,
    /// By bit length.
    rows: Vec<&'a Row>,
}

/// Draws the rows.
///
/// # Errors
/// If the drawing fails.
pub fn draw(rows: &[Row], setting: &str) -> Result<String, Error> {
    let mut text = String::new();
    let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
    let drawn = draw_on(&root, &series(rows), setting).and_then(|()| Ok(root.present()?));
    drop(root);
    drawn.map_err(|e| Error::Wrong(e.to_string()))?;
    Ok(text)
}

fn series(rows: &[Row]) -> Vec<Series<'_>> {
    let (mut all, mut families, mut parties) = (Vec::<Series<'_>>::new(), Vec::new(), Vec::new());
    for row in rows {
        if let Some(one) = all.iter_mut().find(|one| one.family == row.family && one.parties == row.parties) {
            one.rows.push(row);
            continue;
        }
        let (color, mark) = (place(&mut families, row.family), place(&mut parties, row.parties));
        let color = COLORS[color % COLORS.len()];
        all.push(Series { family: row.family, parties: row.parties, color, mark, rows: vec![row] });
    }
    all.iter_mut().for_each(|one| one.rows.sort_by_key(|row| row.bits));
    all
}

/// The place of an element in a list, at whose end it is put if it is not there.
fn place<T: PartialEq>(list: &mut Vec<T>, element: T) -> usize {
    list.iter().position(|known| *known == element).unwrap_or_else(|| {
        list.push(element);
        list.len() - 1
    })
}

fn draw_on(root: &Area<'_>, series: &[Series<'_>], setting: &str) -> Drawn {
    root.fill(&WHITE)?;
    let title = format!("Comparison with zero, cost of a value: {setting}");
    let areas = root.titled(&title, (FONT, 18))?.split_evenly((2, 3));
    for (panel, area) in PANELS.iter().zip(&areas) {
        if !series.is_empty() {
            panel.draw(root, area, series)?;
        }
    }
    legend(&areas[PANELS.len()], series)
}

impl Panel {
    /// Axes in the panel's area; lines and marks in the pixels of the whole drawing.
    fn draw(&self, root: &Area<'_>, area: &Area<'_>, series: &[Series<'_>]) -> Drawn {
        let rows = || series.iter().flat_map(|one| &one.rows);
        let bits = || rows().map(|row| f64::from(row.bits));
        let x = bits().fold(64.0, f64::min) - 2.0..bits().fold(2.0, f64::max) + 2.0;
        let values = || rows().map(|row| self.value(row));
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.1, f64::max));
        let mut chart = ChartBuilder::on(area);
        chart.caption(self.title, (FONT, 15)).margin(10).x_label_area_size(36).y_label_area_size(60);
        // The two kinds of axis are two types.
        macro_rules! pixels {
            ($y:expr) => {{
                let mut chart = chart.build_cartesian_2d(x, $y)?;
                let mut mesh = chart.configure_mesh();
                mesh.x_desc("bit length").label_style((FONT, 12)).max_light_lines(1).light_line_style(WHITE);
                mesh.x_label_formatter(&|x| format!("{x:.0}"));
                // Ticks are sums of steps: what is behind the third place is rounding.
                mesh.y_label_formatter(&|y| format!("{}", (y * 1e3).round() / 1e3)).draw()?;
                let point = |row: &&Row| chart.backend_coord(&(f64::from(row.bits), self.value(row)));
                series.iter().map(|one| one.rows.iter().map(point).collect()).collect()
            }};
        }
        let lines: Vec<Vec<(i32, i32)>> =
            if self.log { pixels!((least / 1.5..most * 1.5).log_scale()) } else { pixels!(0.0..most * 1.1) };
        for (one, line) in series.iter().zip(lines) {
            one.draw(root, line)?;
        }
        Ok(())
    }

    fn value(&self, row: &Row) -> f64 {
        // A logarithm must exist.
        (self.value)(row).max(if self.log { 0.01 } else { 0.0 })
    }
}

impl Series<'_> {
    /// A line through pixels of the area, with a mark at each.
    fn draw(&self, area: &Area<'_>, line: Vec<(i32, i32)>) -> Drawn {
        let style = self.color.stroke_width(2);
        area.draw(&PathElement::new(line.clone(), style))?;
        for at in line {
            match self.mark % 4 {
                0 => area.draw(&Circle::new(at, 4, self.color.filled()))?,
                1 => area.draw(&Circle::new(at, 5, style))?,
                2 => area.draw(&Cross::new(at, 4, style))?,
                _ => area.draw(&TriangleMarker::new(at, 5, self.color.filled()))?,
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!("{}, {} parties", self.family, self.parties)
    }
}

/// A line for each of the series, as close as they must be.
fn legend(area: &Area<'_>, series: &[Series<'_>]) -> Drawn {
    let height = area.dim_in_pixel().1 as i32 - 60;
    let step = (height / series.len().max(1) as i32).min(24);
    for (i, one) in series.iter().enumerate() {
        let y = 40 + step * i as i32;
        one.draw(area, vec![(70, y), (110, y)])?;
        area.draw(&Text::new(one.name(), (124, y - 6), (FONT, 13)))?;
    }
    Ok(())
}
