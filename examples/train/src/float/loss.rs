//! Losses: values summed over a batch and their gradients, as `ringshare::nn::train` has them.

use ringshare::nn::train::Loss;

/// Writes the gradient of the outputs z, `[rows, labels]`, and returns the sum of the losses.
///
/// # Panics
/// If a label is no class.
pub(super) fn gradient(loss: Loss, z: &[f32], labels: &[usize], g: &mut [f32]) -> f64 {
    let classes = z.len() / labels.len().max(1);
    let mut sum = 0.;
    for ((z, g), &label) in z.chunks_exact(classes).zip(g.chunks_exact_mut(classes)).zip(labels) {
        assert!(label < classes, "label of an example: expected 0 to {}, found {label}", classes - 1);
        sum += match loss {
            Loss::SquaredError => {
                g.copy_from_slice(z);
                g[label] -= 1.;
                g.iter().map(|g| f64::from(*g).powi(2) / 2.).sum()
            }
            Loss::Hinge => hinge(z, label, g),
            // Cross-entropy, which is also what a loss that is new here would be.
            _ => entropy(z, label, g),
        };
    }
    sum
}

fn entropy(z: &[f32], label: usize, g: &mut [f32]) -> f64 {
    let greatest = z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.;
    for (g, z) in g.iter_mut().zip(z) {
        *g = (z - greatest).exp();
        sum += f64::from(*g);
    }
    let scale = (1. / sum) as f32;
    g.iter_mut().for_each(|g| *g *= scale);
    g[label] -= 1.;
    sum.ln() - f64::from(z[label] - greatest)
}

fn hinge(z: &[f32], label: usize, g: &mut [f32]) -> f64 {
    let mut sum = 0.;
    for (class, (g, z)) in g.iter_mut().zip(z).enumerate() {
        let s = if class == label { 1. } else { -1. };
        let excess = 1. - s * z;
        *g = if excess > 0. { -s } else { 0. };
        sum += f64::from(excess.max(0.));
    }
    sum
}
