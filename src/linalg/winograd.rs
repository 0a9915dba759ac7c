//! Convolutions by windows of 3×3 in a quarter of the multiplications.
//!
//! Four by four neighbouring results take six by six values d, and by the definition 144 multiplications for each pair of
//! channels. They are also Y = Aᵀ · (G·g·Gᵀ ⊙ Bᵀ·d·B) · A for the weights g, where ⊙ multiplies 36 times, element by element
//! (Winograd's minimal filtering F(4×4, 3×3); Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks*, CVPR 2016).
//! A and B consist of small whole numbers and are sums and shifts. Summed over the input's channels, element (i, j) of the
//! middle is a product of matrices for all tiles, `[tiles, channels] · [channels, outputs]`, 36 of them.
//!
//! G has the denominators 4, 6, 12 and 24. Modulo 2^w, 3 has an inverse and 2 has none. So 8·G takes G's place, and the result
//! is 64·Y modulo 2^w: Y is known **modulo 2^(w − 6)**. That does for products whose sums have no more bits, and it is exact,
//! whatever the weights and values are.

use alloc::vec::Vec;
use core::ops::Range;

use super::dispatch::Backend;
use super::multiply::multiply_add_by;
use super::{Packed, Product, Window};
use crate::secret::{Scratch, wipe};
use crate::simd::wide;

/// Bits at the top of a word that the result lacks.
pub(super) const LOST: u32 = 6;
/// Rows and columns of results that a tile gives.
const RESULTS: usize = 4;
/// Rows and columns of values that it takes.
const VALUES: usize = RESULTS + 2;
/// Multiplications for a tile and a pair of channels.
const POINTS: usize = VALUES * VALUES;
/// Channels that are handled at a time.
const LANES: usize = 16;
/// Bytes of the tiles that are handled at a time: a part of a second level cache, which has the weights as well.
const BLOCK_BYTES: usize = 160 << 10;
/// Bytes of transformed weights that stay in such a cache beside the tiles.
const WEIGHT_BYTES: usize = 512 << 10;
/// The fewest tiles that are handled at a time: those that fill the kernels, and those that are worth reading the weights.
const SHORT_BLOCK: usize = 8;
const LONG_BLOCK: usize = 64;
/// Tiles that are worth the transformation of the weights.
const FEWEST_TILES: usize = 96;

/// Some channels of a value.
type Lanes<W> = [W; LANES];

/// The channels at the front of `from`, and zeros.
#[inline(always)]
fn read<W: Product>(from: &[W]) -> Lanes<W> {
    let mut lanes = [W::zero(); LANES];
    match from.first_chunk() {
        Some(front) => lanes = *front,
        None => lanes[..from.len()].copy_from_slice(from),
    }
    lanes
}

/// As many channels as `to` has.
#[inline(always)]
fn write<W: Product>(lanes: &Lanes<W>, to: &mut [W]) {
    match to.first_chunk_mut() {
        Some(front) => *front = *lanes,
        None => to.copy_from_slice(&lanes[..to.len()]),
    }
}

#[inline(always)]
fn sum<W: Product>(a: W, b: W) -> W {
    a.wrapping_add(&b)
}

#[inline(always)]
fn less<W: Product>(a: W, b: W) -> W {
    a.wrapping_sub(&b)
}

/// Bᵀ·d along one axis.
#[inline(always)]
fn of_values<W: Product>([a, b, c, d, e, f]: [W; 6]) -> [W; 6] {
    let (far, near) = (less(e, c << 2), less(d, b << 2));
    let (half, twice) = (less(e, c), less(d, b) << 1);
    [
        sum(less(a, c) << 2, half),
        sum(far, near),
        less(far, near),
        sum(half, twice),
        less(half, twice),
        sum(less(b, d) << 2, less(f, d)),
    ]
}

/// 8·G·g along one axis.
#[inline(always)]
fn of_weights<W: Product>([a, b, c]: [W; 3]) -> [W; 6] {
    // Of w bits, which are even many: 3 · (2 · (2^w − 1) / 3 + 1) = 2^(w + 1) + 1.
    let third = ((W::max_value() / (W::one() + W::one() + W::one())) << 1) + W::one();
    let outer = less(W::zero(), sum(a, c).wrapping_mul(&third) << 2);
    let middle = b.wrapping_mul(&third) << 1;
    let inner = sum(a, c << 2).wrapping_mul(&third);
    [
        a << 1,
        less(outer, middle << 1),
        sum(outer, middle << 1),
        sum(inner, middle),
        less(inner, middle),
        c << 3,
    ]
}

/// Aᵀ·m along one axis.
#[inline(always)]
fn of_products<W: Product>([a, b, c, d, e, f]: [W; 6]) -> [W; 4] {
    let (near, nearer) = (sum(b, c), less(b, c));
    let (far, farther) = (sum(d, e), less(d, e) << 1);
    [sum(sum(a, near), far), sum(nearer, farther), sum(near, far << 2), sum(sum(nearer, farther << 2), f)]
}

/// `$out`, `[m, m]`, is `$f` along both axes of `$x`, `[n, n]`, channel by channel; `$down` is room for `[m, n]`. A function that
/// took `$f` would call it in every step, and one that returned its result would copy it.
macro_rules! both_axes {
    ($x:ident, $down:ident, $out:ident, [$n:expr, $m:expr], $f:expr) => {{
        for column in 0..$n {
            for lane in 0..LANES {
                let mut values = [W::zero(); $n];
                for row in 0..$n {
                    values[row] = $x[row][column][lane];
                }
                let done = $f(values);
                for row in 0..$m {
                    $down[row][column][lane] = done[row];
                }
            }
        }
        for row in 0..$m {
            for lane in 0..LANES {
                let mut values = [W::zero(); $n];
                for column in 0..$n {
                    values[column] = $down[row][column][lane];
                }
                let done = $f(values);
                for column in 0..$m {
                    $out[row][column][lane] = done[column];
                }
            }
        }
    }};
}

/// Where tile `tile` of all images is, of so many rows and columns of tiles each: its image, and the row and column of its first
/// result.
fn place([down, across]: [usize; 2], tile: usize) -> [usize; 3] {
    let (image, tile) = (tile / (down * across), tile % (down * across));
    [image, tile / across * RESULTS, tile % across * RESULTS]
}

/// Rows and columns of tiles of an image.
fn grid(window: &Window) -> [usize; 2] {
    window.grid().map(|places| places.div_ceil(RESULTS))
}

wide! {
    /// Bᵀ·d·B of a tile of images: values `tile` of `out: [points, tiles, channels]`.
    fn transform_values<W: Product>(window: &Window, images: &[W], tiles: Range<usize>, room: usize, out: &mut [W]) {
        let ([height, width, channels], grid) = (window.image, grid(window));
        let [mut d, mut down, mut v] = [[[[W::zero(); LANES]; VALUES]; VALUES]; 3];
        for (at, tile) in tiles.enumerate() {
            let [image, y, x] = place(grid, tile);
            let image = &images[image * height * width * channels..][..height * width * channels];
            // Where the values are, if they are not in the padding or beyond the last place.
            let inside = |first: usize, size: usize, padding: usize| {
                core::array::from_fn::<_, VALUES, _>(|i| (first + i).checked_sub(padding).filter(|&at| at < size))
            };
            let rows = inside(y, height, window.padding[0]);
            let columns = inside(x, width, window.padding[1]);
            for first in (0..channels).step_by(LANES) {
                let last = channels.min(first + LANES);
                for (d, row) in d.iter_mut().zip(rows) {
                    for (d, column) in d.iter_mut().zip(columns) {
                        *d = match (row, column) {
                            (Some(row), Some(column)) => {
                                let value = (row * width + column) * channels;
                                read(&image[value + first..value + last])
                            }
                            _ => [W::zero(); LANES],
                        };
                    }
                }
                both_axes!(d, down, v, [VALUES, VALUES], of_values);
                for (point, v) in v.as_flattened().iter().enumerate() {
                    let out = &mut out[(point * room + at) * channels..][..channels];
                    write(v, &mut out[first..last]);
                }
            }
        }
        wipe(&mut d);
        wipe(&mut down);
        wipe(&mut v);
    }
}

wide! {
    /// 64·G·g·Gᵀ of the rows of W: `out: [points, outputs, channels]`.
    fn transform_weights<W: Product>(weights: &[W], channels: usize, out: &mut [W]) {
        let outputs = weights.len() / (9 * channels);
        let mut g = [[[W::zero(); LANES]; 3]; 3];
        let mut down = [[[W::zero(); LANES]; 3]; VALUES];
        let mut u = [[[W::zero(); LANES]; VALUES]; VALUES];
        for (output, row) in weights.chunks_exact(9 * channels).enumerate() {
            for first in (0..channels).step_by(LANES) {
                let last = channels.min(first + LANES);
                for (g, row) in g.as_flattened_mut().iter_mut().zip(row.chunks_exact(channels)) {
                    *g = read(&row[first..last]);
                }
                both_axes!(g, down, u, [3, VALUES], of_weights);
                for (point, u) in u.as_flattened().iter().enumerate() {
                    let out = &mut out[(point * outputs + output) * channels..][..channels];
                    write(u, &mut out[first..last]);
                }
            }
        }
        wipe(&mut g);
        wipe(&mut down);
        wipe(&mut u);
    }
}

wide! {
    /// Adds Aᵀ·m·A / 64 of a tile, `m: [points, tiles, outputs]`, to the results: `c: [images, places, outputs]`.
    fn add_results<W: Product>(window: &Window, m: &[W], tiles: Range<usize>, room: usize, outputs: usize, c: &mut [W]) {
        let ([height, width], grid) = (window.grid(), grid(window));
        let mut points = [[[W::zero(); LANES]; VALUES]; VALUES];
        let mut down = [[[W::zero(); LANES]; VALUES]; RESULTS];
        let mut results = [[[W::zero(); LANES]; RESULTS]; RESULTS];
        for (at, tile) in tiles.enumerate() {
            let [image, y, x] = place(grid, tile);
            for first in (0..outputs).step_by(LANES) {
                let last = outputs.min(first + LANES);
                for (point, lanes) in points.as_flattened_mut().iter_mut().enumerate() {
                    *lanes = read(&m[(point * room + at) * outputs..][first..last]);
                }
                both_axes!(points, down, results, [VALUES, RESULTS], of_products);
                for (y, results) in (y..height).zip(&results) {
                    for (x, result) in (x..width).zip(results) {
                        let c = &mut c[((image * height + y) * width + x) * outputs..][first..last];
                        let mut sums = read(c);
                        for lane in 0..LANES {
                            sums[lane] = sum(sums[lane], result[lane] >> LOST as usize);
                        }
                        write(&sums, c);
                    }
                }
            }
        }
        wipe(&mut points);
        wipe(&mut down);
        wipe(&mut results);
    }
}

/// Whether it takes less time than the definition for `images` images and so many outputs.
pub(super) fn saves(window: &Window, images: usize, outputs: usize) -> bool {
    let Window { image: [_, _, channels], size, stride, dilation, .. } = *window;
    let [down, across] = grid(window);
    [size, stride, dilation] == [[3; 2], [1; 2], [1; 2]]
        && channels.min(outputs) >= LANES
        && images * down * across >= FEWEST_TILES
}

/// `c +=` the convolution of `images: [images, height, width, channels]` modulo 2^(w − 6): `c: [images, places[0], places[1],
/// outputs]`, weights `[outputs, 3, 3, channels]` as `weights` writes them. Above that c gets anything. The products are those of `backend`.
pub(super) fn convolve_add<W: Product>(
    backend: Backend,
    window: &Window,
    images: &[W],
    outputs: usize,
    weights: impl FnOnce(&mut [W]),
    c: &mut [W],
) {
    let channels = window.image[2];
    let mut rows = Scratch::zeros(outputs * 9 * channels);
    weights(&mut rows);
    let mut transformed = Scratch::zeros(POINTS * outputs * channels);
    transform_weights(&rows, channels, &mut transformed);
    drop(rows);
    let matrices = transformed.chunks_exact(outputs * channels);
    let matrices: Vec<_> = matrices.map(|rows| Packed::from_rows(outputs, channels, rows)).collect();
    drop(transformed);
    let [down, across] = grid(window);
    let tiles = images.len() / window.image.iter().product::<usize>() * down * across;
    // More where the weights alone are more than a cache holds, as all of them are read for every block.
    let many = POINTS * outputs * channels * size_of::<W>() > WEIGHT_BYTES;
    let fewest = if many { LONG_BLOCK } else { SHORT_BLOCK };
    let block = (BLOCK_BYTES / (POINTS * (channels + outputs) * size_of::<W>())).max(fewest).min(tiles);
    let mut values = Scratch::zeros(POINTS * block * channels);
    let mut products = Scratch::zeros(POINTS * block * outputs);
    for first in (0..tiles).step_by(block) {
        let tiles = first..tiles.min(first + block);
        transform_values(window, images, tiles.clone(), block, &mut values);
        products.fill(W::zero());
        let products_of = products.chunks_exact_mut(block * outputs);
        for ((values, matrix), products) in
            values.chunks_exact(block * channels).zip(&matrices).zip(products_of)
        {
            let count = tiles.len();
            multiply_add_by(backend, &values[..count * channels], matrix, &mut products[..count * outputs]);
        }
        add_results(window, &products, tiles, block, outputs, c);
    }
}
