//! Losses: their gradients, and their values on demand.
//!
//! z are the outputs of the network, y the targets, 1 at the label and 0 elsewhere, p = softmax(z), and F the fractional bits of z.
//!
//! | loss | gradient | by |
//! | --- | --- | --- |
//! | cross-entropy | p − y | the [softmax](crate::nn::softmax_reference), right to 2^−9 and a unit |
//! | squared error | z − y | nothing |
//! | hinge, s = 2y − 1 | −s where s·z < 1, else 0 | a product, a comparison, a selection |
//!
//! Gradients are those of the sum over the batch. The value of a loss is opened only where somebody asks for it, one number for a batch:
//! whoever asks learns it, which is a leak. For the cross-entropy p is looked up in a table of −ln with 10 fractional bits of p.

use super::TrainOptions;
use super::arithmetic::{Arithmetic, MOST_BITS, Numbers};
use super::options::Loss;
use crate::function::Table;
use crate::protocol::Error;
use crate::share::add_public;

/// Fractional bits of the value of a loss.
pub(super) const VALUE: u32 = 12;
/// Fractional bits of a probability whose logarithm is looked up.
const INDEX: u32 = 10;

/// The gradient of z, and what its value needs.
pub(super) fn gradient<A: Arithmetic>(
    a: &mut A,
    options: &TrainOptions,
    z: &Numbers,
    y: &Numbers,
    classes: usize,
) -> Result<(Numbers, Numbers), Error> {
    let (fraction, range) = (options.formats.gradient, options.formats.range);
    let mut targets = y.clone();
    targets.scale(1 << fraction);
    match options.loss {
        Loss::CrossEntropy => {
            let p = a.softmax(z, classes, fraction + range, fraction)?;
            let mut g = p.clone();
            g.sub_assign(&targets);
            Ok((g, p))
        }
        Loss::SquaredError => {
            let mut g = z.clone();
            g.sub_assign(&targets);
            Ok((g.clone(), g))
        }
        Loss::Hinge => {
            let mut s = y.clone();
            s.scale(2);
            add_public(a.id(), 1u64.wrapping_neg(), s.expose_mut());
            let mut excess = a.multiply(&s, z)?;
            add_public(a.id(), (1u64 << fraction).wrapping_neg(), excess.expose_mut());
            let within = a.negative(&excess, fraction + range + 1, 0)?;
            s.scale((1u64 << fraction).wrapping_neg());
            let g = a.select(&within, &s)?;
            excess.negate();
            Ok((g, a.select(&within, &excess)?))
        }
    }
}

/// The sum over the batch, with [`VALUE`] fractional bits, of what [`gradient`] gave.
pub(super) fn value<A: Arithmetic>(
    a: &mut A,
    options: &TrainOptions,
    of: &Numbers,
    y: &Numbers,
    classes: usize,
) -> Result<Numbers, Error> {
    let (fraction, range) = (options.formats.gradient, options.formats.range);
    let each = match options.loss {
        Loss::CrossEntropy => {
            let chosen = a.multiply(of, y)?;
            let rows = chosen.expose().chunks_exact(classes.max(1));
            let p = rows.map(|row| row.iter().fold(0u64, |sum, p| sum.wrapping_add(*p))).collect();
            let p = brought(a, Numbers::from_words(p), fraction + 2, [fraction, INDEX])?;
            // One more bit, for 1 itself. What is 0 counts as half a unit.
            let minus_log = |p: i64| {
                let p = (p as f64).max(0.5) * libm::exp2(-f64::from(INDEX));
                libm::round(-libm::log(p.min(1.)) * f64::from(1u32 << VALUE)) as i64
            };
            a.look_up(&p, &Table::unsigned(INDEX + 1, minus_log))?
        }
        Loss::SquaredError => {
            let squares = a.multiply(of, of)?;
            brought(a, squares, (2 * (fraction + range)).min(MOST_BITS), [2 * fraction + 1, VALUE])?
        }
        Loss::Hinge => brought(a, of.clone(), fraction + range + 2, [fraction, VALUE])?,
    };
    let sum = each.expose().iter().fold(0u64, |sum, x| sum.wrapping_add(*x));
    Ok(Numbers::from_words([sum].into()))
}

/// Numbers of so many bits, brought from their fractional bits to others, be those fewer or more.
fn brought<A: Arithmetic>(
    a: &mut A,
    mut x: Numbers,
    bits: u32,
    [from, to]: [u32; 2],
) -> Result<Numbers, Error> {
    let more = to.saturating_sub(from);
    x.scale(1 << more);
    a.truncate(&x, bits + more, from.saturating_sub(to))
}
