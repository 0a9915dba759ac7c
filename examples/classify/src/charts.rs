//! Pictures: curves, bars and confusion matrices as SVG.

use std::error::Error as StdError;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::confusion::Confusion;
use crate::dataset::CLASSES;
use crate::error::Error;

const FONT: &str = "sans-serif";
const GREY: RGBColor = RGBColor(110, 110, 110);
/// Dark enough on white, and distinguishable for most readers.
const COLORS: [RGBColor; 6] = [
    RGBColor(0, 90, 170),
    RGBColor(213, 94, 0),
    RGBColor(0, 140, 100),
    RGBColor(180, 60, 130),
    RGBColor(150, 120, 0),
    RGBColor(90, 90, 90),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn StdError>>;

/// A curve.
pub struct Curve {
    /// What the legend calls it.
    pub name: String,
    /// Points (x, y), from the left to the right.
    pub points: Vec<(f64, f64)>,
}

/// What a picture of curves says around them.
pub struct Axes<'a> {
    /// The line above the picture.
    pub title: &'a str,
    /// The name of the horizontal axis.
    pub x: &'a str,
    /// The name of the vertical axis.
    pub y: &'a str,
    /// Whether the vertical axis starts at the least value instead of zero.
    pub close: bool,
}

/// A bar of parts, laid end to end.
pub struct Bar {
    /// What stands on its left.
    pub name: String,
    /// Lengths of its parts, from the left to the right.
    pub parts: Vec<f64>,
}

/// Draws curves over whole numbers.
///
/// # Errors
/// If the drawing fails.
pub fn curves(axes: &Axes<'_>, curves: &[Curve]) -> Result<String, Error> {
    svg((560, 340), |area| {
        let points = || curves.iter().flat_map(|curve| &curve.points);
        let range = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let (left, right) = range(&mut points().map(|p| p.0));
        let (low, high) = range(&mut points().map(|p| p.1));
        if !(left <= right && low <= high) {
            return Ok(());
        }
        let room = if axes.close { (high - low).max(high.abs() * 1e-3) * 0.15 } else { high.abs() * 0.12 };
        let room = room.max(1e-9);
        let floor = if axes.close { low - room } else { 0.0 };
        // Room for the names above all curves.
        let names = 0.08 * (curves.len() as f64 + 0.5);
        let top = floor + (high + room - floor) / (1.0 - names);
        let mut chart = ChartBuilder::on(area)
            .caption(axes.title, (FONT, 16))
            .margin(10)
            .x_label_area_size(40)
            .y_label_area_size(64)
            .build_cartesian_2d(left - 0.3..right + 0.3, floor..top)?;
        chart
            .configure_mesh()
            .x_desc(axes.x)
            .y_desc(axes.y)
            .x_labels((right - left) as usize + 1)
            .label_style((FONT, 12))
            .axis_desc_style((FONT, 13))
            .light_line_style(WHITE)
            .x_label_formatter(&|x| format!("{x:.0}"))
            // Ticks are sums of steps; digits after the fourth are rounding errors.
            .y_label_formatter(&|y| format!("{}", (y * 1e4).round() / 1e4))
            .draw()?;
        for (curve, color) in curves.iter().zip(COLORS.iter().cycle()) {
            let line = LineSeries::new(curve.points.iter().copied(), color.stroke_width(2)).point_size(4);
            chart
                .draw_series(line)?
                .label(curve.name.as_str())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(3)));
        }
        let style = chart.configure_series_labels();
        { style }
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.85))
            .border_style(GREY.mix(0.4))
            .label_font((FONT, 12))
            .draw()?;
        Ok(())
    })
}

/// Draws bars from left to right, one below the other; `parts` names what they are made of.
///
/// # Errors
/// If the drawing fails.
pub fn bars(title: &str, unit: &str, parts: &[&str], bars: &[Bar]) -> Result<String, Error> {
    const LEFT: i32 = 190;
    const RIGHT: i32 = 690;
    let height = 110 + 26 * bars.len() as u32;
    svg((780, height), |area| {
        caption(area, title, 390)?;
        let total = |bar: &Bar| bar.parts.iter().sum::<f64>();
        let most = bars.iter().map(total).fold(0.0, f64::max);
        // If all bars are empty, any scale will do.
        let most = if most > 0.0 { most } else { 1.0 };
        let scale = f64::from(RIGHT - LEFT) / most;
        let (top, bottom) = (64, 64 + 26 * bars.len() as i32);
        let step = round_step(most / 5.0);
        for tick in (0..).map(|i| f64::from(i) * step).take_while(|&tick| tick <= most) {
            let x = LEFT + (tick * scale) as i32;
            area.draw(&PathElement::new([(x, top), (x, bottom)], GREY.mix(0.3)))?;
            write(area, &short(tick), (x, bottom + 6), 12, HPos::Center, &BLACK)?;
        }
        write(area, unit, ((LEFT + RIGHT) / 2, bottom + 24), 13, HPos::Center, &BLACK)?;
        let mut x = LEFT;
        for (name, color) in parts.iter().zip(COLORS.iter().cycle()).filter(|_| parts.len() > 1) {
            area.draw(&Rectangle::new([(x, 38), (x + 12, 50)], color.filled()))?;
            write(area, name, (x + 18, 37), 12, HPos::Left, &BLACK)?;
            x += 34 + 7 * name.len() as i32;
        }
        for (i, bar) in bars.iter().enumerate() {
            let y = top + 26 * i as i32 + 4;
            write(area, &bar.name, (LEFT - 8, y + 2), 12, HPos::Right, &BLACK)?;
            let mut before = 0.0;
            for (part, color) in bar.parts.iter().zip(COLORS.iter().cycle()) {
                let at = |value: f64| LEFT + (value * scale).round() as i32;
                let corners = [(at(before), y), (at(before + part), y + 18)];
                area.draw(&Rectangle::new(corners, color.filled()))?;
                before += part;
            }
            let end = LEFT + (before * scale) as i32;
            write(area, &short(before), (end + 6, y + 2), 12, HPos::Left, &BLACK)?;
        }
        Ok(())
    })
}

/// Draws a confusion matrix: a row per label, a column per class found, shaded by the fraction of the label's images.
///
/// # Errors
/// If the drawing fails.
pub fn heat(title: &str, confusion: &Confusion, names: &[&str; CLASSES]) -> Result<String, Error> {
    const CELL: i32 = 38;
    const LEFT: i32 = 92;
    const TOP: i32 = 50;
    svg((500, 530), |area| {
        caption(area, title, 270)?;
        for (label, row) in confusion.counts.iter().enumerate() {
            let all = row.iter().sum::<u32>().max(1);
            let y = TOP + CELL * label as i32;
            write(area, names[label], (LEFT - 8, y + 12), 12, HPos::Right, &BLACK)?;
            for (class, &count) in row.iter().enumerate() {
                let x = LEFT + CELL * class as i32;
                let part = f64::from(count) / f64::from(all);
                // One colour on the diagonal, another beside it; the root makes small counts visible.
                let color = if label == class { COLORS[0] } else { COLORS[1] };
                let corners = [(x, y), (x + CELL - 1, y + CELL - 1)];
                area.draw(&Rectangle::new(corners, shade(color, part.sqrt()).filled()))?;
                if count > 0 {
                    let ink = if part.sqrt() > 0.55 { &WHITE } else { &BLACK };
                    let at = (x + CELL / 2, y + 12);
                    write(area, &count.to_string(), at, 12, HPos::Center, ink)?;
                }
            }
        }
        let bottom = TOP + CELL * CLASSES as i32;
        for (class, name) in names.iter().enumerate() {
            let style = (FONT, 11).into_font().transform(FontTransform::Rotate90).color(&BLACK);
            let style = style.pos(Pos::new(HPos::Left, VPos::Center));
            let at = (LEFT + CELL * class as i32 + CELL / 2, bottom + 6);
            area.draw(&Text::new(*name, at, style))?;
        }
        let style = (FONT, 13).into_font().transform(FontTransform::Rotate270).color(&BLACK);
        area.draw(&Text::new("label", (4, TOP + CELL * 5 + 20), style))?;
        write(area, "class found", (LEFT + CELL * 5, 508), 13, HPos::Center, &BLACK)
    })
}

fn svg(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Drawn) -> Result<String, Error> {
    let mut text = String::new();
    let root = SVGBackend::with_string(&mut text, size).into_drawing_area();
    let drawn = draw_on(&root, draw);
    drop(root);
    drawn.map_err(|e| Error::Wrong(format!("a picture: {e}")))?;
    Ok(text)
}

fn draw_on(root: &Area<'_>, draw: impl FnOnce(&Area<'_>) -> Drawn) -> Drawn {
    root.fill(&WHITE)?;
    draw(root)?;
    Ok(root.present()?)
}

fn caption(area: &Area<'_>, title: &str, x: i32) -> Drawn {
    write(area, title, (x, 10), 16, HPos::Center, &BLACK)
}

/// Writes a line whose top is at the place given.
fn write(area: &Area<'_>, text: &str, at: (i32, i32), size: u32, side: HPos, color: &RGBColor) -> Drawn {
    let style = (FONT, size).into_font().color(color).pos(Pos::new(side, VPos::Top));
    Ok(area.draw(&Text::new(text, at, style))?)
}

/// From white at 0 to the colour at 1.
fn shade(color: RGBColor, part: f64) -> RGBColor {
    let mix = |c: u8| (255.0 + (f64::from(c) - 255.0) * part).round() as u8;
    RGBColor(mix(color.0), mix(color.1), mix(color.2))
}

/// 1, 2 or 5 times a power of ten, at least `least`.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power).into_iter().find(|&step| step >= least).unwrap_or(least)
}

/// Three digits.
pub fn short(value: f64) -> String {
    let places = if value == 0.0 { 0 } else { (2 - value.abs().log10().floor() as i32).clamp(0, 6) };
    format!("{value:.*}", places as usize)
}
