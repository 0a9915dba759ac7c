//! What is done with every value by itself.

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Activation {
    None,
    Relu,
    Clip(f32, f32),
    /// 1 where x ≥ 0, else −1. Its gradient passes where −1 ≤ x < 1.
    Sign,
}

impl Activation {
    /// Whether the result alone says where gradients pass.
    pub(super) fn is_seen_from_its_result(self) -> bool {
        self != Self::Sign
    }

    pub(super) fn forward(self, x: &[f32], z: &mut [f32]) {
        let pairs = z.iter_mut().zip(x);
        match self {
            Self::None => pairs.for_each(|(z, x)| *z = *x),
            Self::Relu => pairs.for_each(|(z, x)| *z = x.max(0.)),
            Self::Clip(low, high) => pairs.for_each(|(z, x)| *z = x.max(low).min(high)),
            Self::Sign => pairs.for_each(|(z, x)| *z = if *x >= 0. { 1. } else { -1. }),
        }
    }

    /// The result of x + b in place of x, b for every row of x; not for signs.
    pub(super) fn finish(self, x: &mut [f32], bias: &[f32]) {
        let pairs = x.iter_mut().zip(bias);
        match self {
            Self::None | Self::Sign => pairs.for_each(|(x, b)| *x += b),
            Self::Relu => pairs.for_each(|(x, b)| *x = (*x + b).max(0.)),
            Self::Clip(low, high) => pairs.for_each(|(x, b)| *x = (*x + b).max(low).min(high)),
        }
    }

    /// Makes g zero where it does not pass; `seen` are the results, or for signs what they are of.
    pub(super) fn backward(self, seen: &[f32], g: &mut [f32]) {
        let pairs = g.iter_mut().zip(seen);
        match self {
            Self::None => {}
            Self::Relu => pairs.for_each(|(g, z)| *g = if *z > 0. { *g } else { 0. }),
            Self::Clip(low, high) => {
                pairs.for_each(|(g, z)| *g = if *z > low && *z < high { *g } else { 0. })
            }
            Self::Sign => pairs.for_each(|(g, x)| *g = if (-1. ..1.).contains(x) { *g } else { 0. }),
        }
    }
}
