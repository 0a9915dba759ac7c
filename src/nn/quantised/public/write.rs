//! The fields of a public model to bytes.

use alloc::vec::Vec;

use crate::linalg::{Outside, Selection, Window};
use crate::nn::quantised::format::Format;

/// The bytes so far.
pub(in crate::nn) struct Writer(pub(in crate::nn) Vec<u8>);

impl Writer {
    pub(in crate::nn) fn sizes(&mut self, all: &[usize]) {
        all.iter().for_each(|&size| self.0.extend((size as u64).to_le_bytes()));
    }

    pub(in crate::nn) fn numbers(&mut self, all: &[i64]) {
        all.iter().for_each(|&x| self.0.extend(x.to_le_bytes()));
    }

    /// Bit lengths, all of them below 2^8.
    pub(in crate::nn) fn bits(&mut self, all: &[u32]) {
        self.0.extend(all.iter().map(|&bits| bits as u8));
    }

    pub(in crate::nn) fn format(&mut self, Format { fraction, bits }: Format) {
        self.bits(&[fraction, bits]);
    }

    pub(in crate::nn) fn selection(&mut self, selection: &Selection) {
        let Selection { image, size, start, step, repeat, groups, outside } = selection;
        [image, size].iter().for_each(|sizes| self.sizes(&sizes[..]));
        [start, step].iter().for_each(|numbers| self.numbers(&numbers[..]));
        self.sizes(repeat);
        self.sizes(&[*groups]);
        self.0.push(match outside {
            Outside::Zero => 0,
            Outside::Nearest => 1,
            Outside::ZeroBetween => 2,
        });
    }

    pub(in crate::nn) fn window(&mut self, window: &Window) {
        let Window { image, size, stride, padding, dilation } = window;
        self.sizes(image);
        [size, stride, padding, dilation].iter().for_each(|pair| self.sizes(&pair[..]));
    }
}
