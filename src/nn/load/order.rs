//! Channels first and channels last.
//!
//! PyTorch stores images as `[C, H, W]`, this crate as `[H, W, C]`. A row of weights over such an image is a matrix
//! `[C, H·W]` in PyTorch and its transpose here; the same holds for a row of a convolution's weights over its window. The
//! *order* of a vector says how it was flattened: `Some([H, W, C])` if its elements are in another order here than in
//! PyTorch.

use alloc::vec;
use alloc::vec::Vec;

/// Height, width and channels of the image that a vector was, if its elements are in another order than in PyTorch.
pub(in crate::nn) type Order = Option<[usize; 3]>;

/// The order of an image once it is flattened.
pub(in crate::nn) fn flattened(image: [usize; 3]) -> Order {
    let [height, width, channels] = image;
    (channels > 1 && height * width > 1).then_some(image)
}

/// From `[rows, columns]` to `[columns, rows]`.
pub(super) fn transposed<T: Copy>(matrix: &[T], columns: usize) -> Vec<T> {
    let rows = matrix.len() / columns;
    (0..matrix.len()).map(|i| matrix[i % rows * columns + i / rows]).collect()
}

/// A vector over `[C, places]` to one over `[places, C]`.
pub(super) fn channels_last<T: Copy>(vector: &[T], channels: usize) -> Vec<T> {
    transposed(vector, vector.len() / channels)
}

/// A vector over `[places, C]` to one over `[C, places]`.
pub(super) fn channels_first<T: Copy>(vector: &[T], channels: usize) -> Vec<T> {
    transposed(vector, channels)
}

/// Applies `f` to every row of `width` bits, rows that begin with a byte, most significant bit first.
pub(super) fn each_row(bits: &[u8], width: usize, f: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut all = Vec::with_capacity(bits.len());
    for row in bits.chunks_exact(width.div_ceil(8)) {
        let row: Vec<u8> = (0..width).map(|i| row[i / 8] >> (7 - i % 8) & 1).collect();
        let mut packed = vec![0; width.div_ceil(8)];
        f(&row).iter().enumerate().for_each(|(i, bit)| packed[i / 8] |= bit << (7 - i % 8));
        all.extend(packed);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_move_to_the_end_and_back() {
        // Two channels of three places.
        let first = [10, 11, 12, 20, 21, 22];
        let last = channels_last(&first, 2);
        assert_eq!(last, [10, 20, 11, 21, 12, 22]);
        assert_eq!(channels_first(&last, 2), first);
    }

    #[test]
    fn rows_of_bits_are_changed_one_by_one() {
        let bits = [0b1110_0000, 0b0100_0000, 0b0001_1100, 0b1100_0000];
        let reversed = each_row(&bits, 10, |row| row.iter().rev().copied().collect());
        assert_eq!(reversed, [0b1000_0001, 0b1100_0000, 0b1100_1110, 0]);
        assert_eq!(each_row(&reversed, 10, |row| row.iter().rev().copied().collect()), bits);
    }

    #[test]
    fn only_an_image_of_several_channels_and_places_has_an_order() {
        assert_eq!(flattened([2, 3, 4]), Some([2, 3, 4]));
        assert_eq!(flattened([28, 28, 1]), None);
        assert_eq!(flattened([1, 1, 64]), None);
    }
}
