//! Training on shares.
//!
//! Every number is in fixed point in one ring, [`TrainingRing`] = Z_2^52, with fractional bits by what it is
//! ([`TrainFormats`]):
//!
//! | number | fractional bits | by default |
//! | --- | --- | --- |
//! | values between layers | F_x | 8 |
//! | gradients of values, of the loss summed over the batch | F_g | 12 |
//! | weights and biases | F_w | 34 |
//! | weights in products, where rounding is stochastic | F_w less what is dropped | 14 |
//! | z = x·Wᵀ | those of x and of the weights together, until its ReLU truncates it | |
//! | dx = g·W | those of g and of the weights together, truncated at once | |
//! | dW = gᵀ·x | F_g + F_x | |
//!
//! **Weights are held with more bits than anything else**, so that an update by a learning rate is local: F_w − F_x − F_g bits are left for
//! rate / batch, W ← W − m·dW for a whole number m. dW is neither truncated nor opened. Where rate / batch is between two whole numbers, m is now
//! the one and now the other, so that the mean over the steps is right ([`Program::rate_unit`]).
//!
//! **Each factor of a layer with weights is opened once**, masked: x and W for z, g for both gradients
//! ([`correlation::gradient`](crate::correlation::gradient)). A linear layer or convolution takes a round forward and a round backward. Where
//! rounding is stochastic, the opening of W truncates it as well, at no cost, so that z and dx are products of words of 32 bits
//! ([`Dithered`](crate::correlation::gradient::Dithered)).
//!
//! **Values between layers are narrow.** They fit F_x + 8 bits, gradients F_g + 5, and they count modulo a power of two no more than a bit above that: so many bits are
//! sent and dealt. Two parties come to them without a message, since each rounds its share. They are lifted to the ring in front of a product. The
//! derivative of a ReLU or a maximum is a shared bit that the forward comparison leaves
//! ([`Party::relu_with_derivative`](crate::protocol::Party::relu_with_derivative)): nothing is compared twice.
//!
//! **Stochastic rounding**, the default, is unbiased: what is rounded away comes back in the mean over the steps, so that few fractional bits
//! suffice. [`Rounding::Floor`](crate::nn::Rounding) rounds to the nearest here; gradients need some more bits then, and every truncation
//! a comparison. A step is then the same number by number on shares and in the clear.
//!
//! **Why 52 bits.** Where rounding is exact, z and dx take 50 and 51 bits with the formats above. AVX-512 multiplies and adds 52 bits in one instruction
//! (IFMA), where 64 bits take a multiplication of three steps on some processors, and an addition. dW is not made in 32 bits: it would have to be
//! lifted to the ring of the weights, an opening for each weight and step.
//!
//! # Overflow
//!
//! Parties see no numbers. **One that leaves its range is wrong without a word**, and so is all that follows from it. [`Clear`] does the same
//! steps on known numbers, and says in which layer one does not fit. What has to fit, with the default formats in brackets:
//!
//! - values, sums of a layer and outputs: below 2^(range − 1) (128);
//! - gradients of values, of each example: below 2^(gradient_range − 1) (16);
//! - weights: below 2^(51 − F_w) (2^17); where rounding is stochastic, sums of a layer are the narrower limit; with weight decay, below
//!   2^(range − 1) (128);
//! - with momentum, the velocity of the mean gradient: below 2^12;
//! - with Adam, an element of the mean gradient: below 8. Options that clip it take care of that.
//!
//! Refused before anything is sent are: inputs beyond the range of values, initial weights and biases beyond it ([`Trainer::given`]), and rates
//! beyond [`Program::rates`]. That leaves rates that are too great for the network, and initial weights whose sums are too great together:
//! train a sample of your own in the clear with them first. On shares a loss that is opened now and then tells it, too: it does not fall.
//!
//! # Whose is what
//!
//! A batch is made by all parties ([`Batch::new`]): the holder of an example has it in its own share, with its label, and the others have nothing
//! there. Nobody sees another's examples. The weights are shared from the beginning: drawn by all parties together ([`Trainer::drawn`]), or one
//! party's ([`Trainer::given`]). Gradients are opened under masks alone. What is public: the layers and their shapes, the options, the batch sizes
//! and learning rates, which party holds which row of a batch, and what the program opens: classes of test examples, losses where somebody asks for them
//! ([`Trainer::step`]), the trained model to a party of your choice ([`Trainer::reveal`]). Each of those tells something of the examples.
//!
//! # Afterwards
//!
//! A share of everything goes to bytes ([`Trainer::to_bytes`]) and on in another session. The trained model serves without being revealed
//! ([`Trainer::serve`]), or is revealed to one party ([`Trainer::reveal`]) and saved as a file that PyTorch reads (`nn::save`). Normalisations are folded into weights on shares where it
//! serves; a file has γ, β and running statistics each by themselves, and training goes on from it where it was. A model from a file is trained as
//! [`Model::simplify_for_training`](crate::nn::Model::simplify_for_training) leaves it.
//!
//! # Example
//!
//! The program in `examples/train` does all of this: checkpoints, holders and clients, networks from files, several processes.
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use ringshare::nn::train::{Batch, Program, Secure, TrainOptions, Trainer};
//! use ringshare::nn::{Model, Rounding, Weight, op};
//! use ringshare::prg::Seed;
//! use ringshare::sim::Simulation;
//!
//! let mut model = Model::new([1, 1, 2]);
//! let layer = |inputs: usize, outputs: usize| {
//!     op::Linear { weight: Weight::Real(vec![0.; inputs * outputs]), bias: vec![0.; outputs] }
//! };
//! model.push("fc1", layer(2, 16)).unwrap();
//! model.push("relu", op::Relu).unwrap();
//! model.push("fc2", layer(16, 2)).unwrap();
//!
//! // Exclusive or, of which party 0 has two cases and party 1 the others.
//! let cases = [([0., 0.], 0), ([1., 1.], 0), ([0., 1.], 1), ([1., 0.], 1)];
//! let run = Simulation::new(2).run(|party| {
//!     let (id, steps) = (party.id(), 60);
//!     let seed = Seed::from_bytes([id as u8 + 1; 16]); // in earnest 16 bytes of the system's randomness, which no other party knows
//!     let mut trainer = Trainer::drawn(Program::new(&model, TrainOptions::default())?, 2, &seed);
//!     for _ in 0..steps {
//!         let own = cases.iter().enumerate().map(|(i, (x, label))| (i / 2 == id).then_some((&x[..], *label)));
//!         let batch = Batch::new(trainer.program(), own)?;
//!         trainer.step(&mut Secure::new(party, Rounding::Stochastic), batch, 0.5, false)?;
//!     }
//!     let own = cases.iter().enumerate().map(|(i, (x, label))| (i / 2 == id).then_some((&x[..], *label)));
//!     let batch = Batch::new(trainer.program(), own)?;
//!     let z = trainer.outputs(&mut Secure::new(party, Rounding::Stochastic), batch.inputs())?;
//!     let bits = trainer.program().output_bits();
//!     let classes = party.argmax::<_, ringshare::Z2<8>>(&z, 2, bits)?;
//!     party.open(&classes)
//! });
//! assert_eq!(run.unwrap().outputs[0], [0, 0, 1, 1]);
//! # }
//! ```

mod arithmetic;
mod clear;
mod ends;
mod error;
mod export;
mod folded;
mod initial;
mod inverse_sqrt;
mod joined;
mod layer;
mod loss;
mod optimiser;
mod options;
mod program;
mod secure;
mod serving;
mod state;
mod trainer;

pub use arithmetic::{Arithmetic, Numbers, TrainingRing};
pub use clear::{Clear, Factors};
pub use error::TrainError;
pub use inverse_sqrt::{INVERSE_SQRT_ERROR, INVERSE_SQRT_FRACTION, inverse_sqrt};
pub use options::{Loss, Optimiser, TrainFormats, TrainOptions};
pub use program::{ParameterShape, Program};
pub use secure::Secure;
pub use serving::{Serving, SharedWeights};
pub use trainer::{Batch, Trainer};
