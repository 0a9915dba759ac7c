//! From a model with formats to the integer program.

use alloc::vec;
use alloc::vec::Vec;

use super::builder::Builder;
use super::error::QuantiseError;
use super::format::{Format, Formats};
use super::graph::{Graph, others, source};
use super::lowering::{Held, Lowering, check_format};
use super::program::{Place, Program};
use crate::nn::op::Role;
use crate::nn::{Model, Rounding};
use crate::ring::power_of_two;

/// The program of a model, for inputs of at most `most` in magnitude.
///
/// # Errors
/// The first layer whose format does not fit, or a program that fits no ring.
pub(super) fn lower(
    model: &Model,
    formats: &Formats,
    rounding: Rounding,
    most: i64,
) -> Result<Program, QuantiseError> {
    let (expected, found) = (model.nodes().len(), formats.layers.len());
    if expected != found {
        return Err(QuantiseError::Count { what: "formats of layers", expected, found });
    }
    let program = Program { layers: vec![], steps: vec![], places: vec![], matrices: vec![], ring: 16 };
    let graph = Graph::new(model);
    let kept = graph.kept(&|layer| formats.layers[layer].fraction);
    let mut builder = Builder { graph, program, rounding, kept, layer: 0 };
    let format = formats.input;
    check_format("input", format)?;
    let mut values = Vec::from([Held { value: 0, format, gain: 1., most, shape: model.input() }]);
    for (layer, &want) in formats.layers.iter().enumerate() {
        builder.layer = layer;
        check_format(builder.name(), want)?;
        let value = builder.lower(&values, want)?;
        values.push(value);
    }
    let last = values[values.len() - 1];
    builder.current(last);
    let places = builder.places(&values);
    let mut program = Program { places, ..builder.program };
    program.widen(formats.input, last.format);
    program.check_ring(model)?;
    Ok(program)
}

impl Builder<'_> {
    fn lower(&mut self, values: &[Held], want: Format) -> Result<Held, QuantiseError> {
        let (model, layer) = (self.graph.model, self.layer);
        let others: Vec<Held> = others(model, layer).map(|value| values[value]).collect();
        let (op, x) = (model.nodes()[layer].op.get(), values[layer]);
        match (op.role(), op.curve()) {
            (Role::Product, _) => self.product(x, want),
            (_, Some(curve)) => (self as &mut dyn Lowering).curve(x, curve, want),
            _ => op.lower(self, x, &others, want),
        }
    }

    /// Where the program holds the values of the model.
    fn places(&self, values: &[Held]) -> Vec<Place> {
        // The fractional bits that are kept of values whose product's bias was raised for it.
        let mut kept: Vec<Option<u32>> = vec![None];
        let place = |(value, held): (usize, &Held)| {
            if let Some(layer) = value.checked_sub(1) {
                let model = self.graph.model;
                kept.push(match model.nodes()[layer].op.get().role() {
                    Role::Product if self.rounding == Rounding::Floor => self.kept[value],
                    Role::Sum => kept[layer],
                    role if role.passes() => kept[source(model, layer)],
                    _ => None,
                });
            }
            let fraction = held.format.fraction;
            let half = |kept: u32| power_of_two(-(kept as i32) - 1);
            let raised = kept[value].filter(|&kept| kept < fraction).map_or(0., half);
            let unit = power_of_two(-(fraction as i32)) * held.gain;
            Place { value: held.value, format: held.format, unit, raised }
        };
        values.iter().enumerate().map(place).collect()
    }
}
