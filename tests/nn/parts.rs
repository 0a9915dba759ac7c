//! Selections, joined values and groups, index by index.

use ringshare::linalg::{Outside, Selection};
use ringshare::nn::op::Groups;
use ringshare::nn::{Model, op};

use crate::common::Random;

/// A random selection from an image.
pub(crate) fn draw(random: &mut Random, image: [usize; 3]) -> Selection {
    let mut selection = Selection::new(image);
    for (axis, &side) in image.iter().enumerate() {
        selection.size[axis] = 1 + random.below(side + 1);
        selection.start[axis] = random.below(4) as i64 - 1;
        selection.step[axis] = [1, 1, 2, -1][random.below(4)];
        selection.repeat[axis] = [1, 1, 2][random.below(3)];
    }
    let divisors: Vec<usize> = (1..=image[2]).filter(|&g| image[2].is_multiple_of(g)).collect();
    selection.groups = divisors[random.below(divisors.len())];
    selection.outside = [Outside::Zero, Outside::Nearest, Outside::ZeroBetween][random.below(3)];
    selection
}

/// A selection from one image.
pub(crate) fn selected<T: Copy + Default>(selection: &Selection, x: &[T]) -> Vec<T> {
    let Selection { image, size, start, step, repeat, groups, outside } = *selection;
    let at = |axis: usize, i: usize| {
        let exact = (start[axis] + step[axis] * i as i64) as f64 / repeat[axis] as f64;
        let (at, last) = (exact.floor(), image[axis] as f64 - 1.);
        match outside {
            Outside::Nearest => Some(at.max(0.).min(last) as usize),
            Outside::ZeroBetween if at != exact => None,
            Outside::Zero | Outside::ZeroBetween => (0. ..=last).contains(&at).then_some(at as usize),
        }
    };
    // A table of the channels' groups, read column by column.
    let shuffled: Vec<usize> =
        (0..image[2] / groups).flat_map(|i| (0..groups).map(move |g| g * (image[2] / groups) + i)).collect();
    let mut out = Vec::new();
    for (row, column) in (0..size[0]).flat_map(|row| (0..size[1]).map(move |column| (row, column))) {
        for channel in 0..size[2] {
            out.push(match (at(0, row), at(1, column), at(2, channel)) {
                (Some(y), Some(z), Some(c)) => x[(y * image[1] + z) * image[2] + shuffled[c]],
                _ => T::default(),
            });
        }
    }
    out
}

/// Values of so many places, side by side.
pub(crate) fn joined<T: Copy>(places: usize, parts: &[&[T]]) -> Vec<T> {
    let at = |place: usize| {
        parts.iter().flat_map(move |part| {
            let channels = part.len() / places;
            (0..channels).map(move |channel| part[place * channels + channel])
        })
    };
    (0..places).flat_map(at).collect()
}

/// The elements of the group of element i of x, `[places, channels]`.
pub(crate) fn group<T: Copy>(groups: Groups, [places, channels]: [usize; 2], i: usize, x: &[T]) -> Vec<T> {
    assert_eq!(x.len(), places * channels);
    match groups {
        Groups::Places => x.chunks(channels).nth(i / channels).unwrap().to_vec(),
        Groups::Channels(groups) => {
            let of = |i: usize| (i % channels) * groups / channels;
            (0..x.len()).filter(|&other| of(other) == of(i)).map(|other| x[other]).collect()
        }
        _ => panic!("{groups:?}"),
    }
}

/// Sums over rows and channels of x, `[blocks, rows, groups, channels]`.
pub(crate) fn sums<T: Copy>(
    [blocks, rows, groups, channels]: [usize; 4],
    x: &[T],
    add: impl Fn(T, T) -> T,
) -> Vec<T> {
    let mut sums = vec![None; blocks * groups];
    for (i, &x) in x.iter().enumerate() {
        let sum = &mut sums[i / (rows * groups * channels) * groups + i / channels % groups];
        *sum = Some(sum.map_or(x, |sum| add(sum, x)));
    }
    sums.into_iter().flatten().collect()
}

/// x, `[rows, heads, inner]`, times y, `[columns, heads, inner]` if it is transposed and otherwise `[inner, heads, columns]`.
pub(crate) fn multiplied<T: Copy>(
    [heads, rows, inner, columns]: [usize; 4],
    transposed: bool,
    x: &[T],
    y: &[T],
    times: impl Fn(T, T) -> T,
    plus: impl Fn(T, T) -> T,
) -> Vec<T> {
    let mut out = Vec::new();
    for (row, head, column) in
        (0..rows * heads * columns).map(|i| (i / columns / heads, i / columns % heads, i % columns))
    {
        let product = |i: usize| {
            let other = if transposed {
                (column * heads + head) * inner + i
            } else {
                (i * heads + head) * columns + column
            };
            times(x[(row * heads + head) * inner + i], y[other])
        };
        out.push((1..inner).fold(product(0), |sum, i| plus(sum, product(i))));
    }
    out
}

#[test]
fn matrices_of_no_images_have_no_product() {
    let mut model = Model::new([2, 1, 2]);
    model.push("square", op::MatMul { layer: "input".into(), heads: 1, transposed: true }).unwrap();
    let mut seen = 0;
    model.trace(&[], |_, result| {
        assert!(result.is_empty());
        seen += 1;
    });
    assert_eq!(seen, 1);
}
