//! What a layer says of itself.
//!
//! The trait stands apart from the list of layers, so that a layer's file uses this one and the list uses both.

use alloc::string::String;
use alloc::vec::Vec;

use super::affine::Affine;
use super::role::{Role, Rule};
use crate::linalg::Window;
use crate::nn::ModelError;
use crate::nn::model::{Batch, Value};
use crate::nn::quantised::{Choosing, Chosen, Curve, Format, Held, Lowering, QuantiseError};

/// What a layer is.
///
/// Values are `[height, width, channels]`, channels last. "The value" is what the layer takes: the result of the layer
/// before it.
pub(in crate::nn) trait Operation {
    /// The names of further values that it takes.
    fn others(&self) -> &[String] {
        &[]
    }

    /// The same, to change them.
    fn others_mut(&mut self) -> &mut [String] {
        &mut []
    }

    /// The shape of its result.
    ///
    /// # Errors
    /// If it cannot be applied to a value of this shape.
    fn shape(&self, x: Value<'_>) -> Result<[usize; 3], ModelError> {
        Ok(x.shape)
    }

    /// Its result in single precision, for a batch: by default that of its curve, or the value.
    fn evaluate(&self, x: Vec<f32>, batch: Batch<'_>) -> Vec<f32> {
        let _ = batch;
        match self.curve() {
            Some(curve) => each(x, |x| curve.at(x.into()) as f32),
            None => x,
        }
    }

    /// What a table says that it is.
    fn summary(&self) -> String;

    /// How many numbers it has, and of what kind; empty if it has none.
    fn numbers(&self) -> String {
        String::new()
    }

    /// What it does with the value, as far as other layers care.
    fn role(&self) -> Role {
        Role::Function
    }

    /// Whether it is a non-decreasing function of single elements.
    fn rises(&self) -> bool {
        false
    }

    /// Whether every element of its result depends on the element in the same place alone.
    fn is_elementwise(&self) -> bool {
        self.rises() || self.curve().is_some()
    }

    /// Whether its results count as they are, and not which of them is greatest: probabilities, or several outputs.
    fn counts(&self) -> bool {
        false
    }

    /// How a model with it becomes simpler.
    fn rule(&self) -> Rule {
        Rule::Stays
    }

    /// The product with weights that it is, of a value of a shape.
    fn affine(&self, x: [usize; 3]) -> Option<Affine<'_>> {
        let _ = x;
        None
    }

    /// The function of single elements that it is, unless it is made of sums, products and comparisons.
    fn curve(&self) -> Option<Curve> {
        None
    }

    /// The window whose values it compares.
    fn compares(&self) -> Option<&Window> {
        None
    }

    /// Whether the value has to hold whatever the result holds.
    fn widens(&self) -> bool {
        !matches!(
            self.role(),
            Role::Function | Role::Factors | Role::Product | Role::Sign | Role::Mean { .. }
        )
    }

    /// Whether it drops fractional bits of the value by itself.
    fn truncates(&self) -> bool {
        false
    }

    /// The format of its result, where the value and the others have these. Products and curves are taken care of, and layers
    /// whose result has the elements of the value.
    ///
    /// # Errors
    /// If no format holds it.
    fn format(
        &self,
        choice: &dyn Choosing,
        layer: usize,
        x: Chosen,
        others: &[Chosen],
    ) -> Result<Chosen, QuantiseError> {
        let _ = others;
        Ok(choice.same(layer, x))
    }

    /// The integer layers that stand for it, appended to a program; of the same layers as above.
    ///
    /// # Errors
    /// If the wanted format does not fit.
    fn lower(
        &self,
        builder: &mut dyn Lowering,
        x: Held,
        others: &[Held],
        want: Format,
    ) -> Result<Held, QuantiseError> {
        let _ = others;
        builder.same(x, want)
    }
}

/// f of every element.
pub(super) fn each(mut x: Vec<f32>, f: impl Fn(f32) -> f32) -> Vec<f32> {
    x.iter_mut().for_each(|x| *x = f(*x));
    x
}
