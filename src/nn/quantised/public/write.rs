//! The fields of a public model to bytes.

use alloc::vec::Vec;

use crate::linalg::Window;
use crate::nn::quantised::format::Format;
use crate::nn::{Layer, step};

/// The bytes so far.
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn sizes(&mut self, all: &[usize]) {
        all.iter().for_each(|&size| self.0.extend((size as u64).to_le_bytes()));
    }

    pub(super) fn numbers(&mut self, all: &[i64]) {
        all.iter().for_each(|&x| self.0.extend(x.to_le_bytes()));
    }

    /// Bit lengths, all of them below 2^8.
    pub(super) fn bits(&mut self, all: &[u32]) {
        self.0.extend(all.iter().map(|&bits| bits as u8));
    }

    pub(super) fn format(&mut self, Format { fraction, bits }: Format) {
        self.bits(&[fraction, bits]);
    }

    fn window(&mut self, window: &Window) {
        let Window { image, size, stride, padding, dilation } = window;
        self.sizes(image);
        [size, stride, padding, dilation].iter().for_each(|pair| self.sizes(&pair[..]));
    }

    pub(super) fn layer(&mut self, layer: &Layer) {
        match layer {
            Layer::Linear(step::Linear { inputs, outputs, bits }) => {
                self.0.push(0);
                self.sizes(&[*inputs, *outputs]);
                self.bits(&[*bits]);
            }
            Layer::Convolution(step::Convolution { window, outputs, groups, bits }) => {
                self.0.push(1);
                self.window(window);
                self.sizes(&[*outputs, *groups]);
                self.bits(&[*bits]);
            }
            Layer::Sign(step::Sign { bits }) => {
                self.0.push(2);
                self.bits(&[*bits]);
            }
            Layer::Relu(step::Relu { bits, shift }) => {
                self.0.push(3);
                self.bits(&[*bits, *shift]);
            }
            Layer::Clip(step::Clip { bits, low, high }) => {
                self.0.push(4);
                self.bits(&[*bits]);
                self.numbers(&[*low, *high]);
            }
            Layer::Truncate(step::Truncate { bits, shift }) => {
                self.0.push(5);
                self.bits(&[*bits, *shift]);
            }
            Layer::MaxPool(step::MaxPool { window, bits }) => {
                self.0.push(6);
                self.window(window);
                self.bits(&[*bits]);
            }
            Layer::SumPool(step::SumPool { window }) => {
                self.0.push(7);
                self.window(window);
            }
            Layer::Scale(step::Scale { factor }) => {
                self.0.push(8);
                self.numbers(&[*factor]);
            }
            Layer::Add(step::Add { value }) => {
                self.0.push(9);
                self.sizes(&[*value]);
            }
            Layer::From(step::From { value }) => {
                self.0.push(10);
                self.sizes(&[*value]);
            }
            Layer::Lookup(step::Lookup { table }) => {
                self.0.push(11);
                self.bits(&[table.index_bits()]);
                self.numbers(table.entries());
            }
            Layer::Softmax(step::Softmax { classes, bits, fraction }) => {
                self.0.push(12);
                self.sizes(&[*classes]);
                self.bits(&[*bits, *fraction]);
            }
        }
    }
}
