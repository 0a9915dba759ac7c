//! Dropout.

use alloc::string::String;

use super::contract::Operation;
use super::role::{Role, Rule};
#[cfg(feature = "safetensors")]
use crate::nn::load::Plain;

/// x itself: dropout acts during training only.
#[derive(Clone, PartialEq, Eq)]
pub struct Dropout;

impl Operation for Dropout {
    fn summary(&self) -> String {
        "dropout".into()
    }

    fn role(&self) -> Role {
        Role::Same
    }

    fn rule(&self) -> Rule {
        Rule::LeftOut
    }
}

#[cfg(feature = "safetensors")]
impl Plain for Dropout {
    const TYPE: &'static str = "dropout";
    const OP: Self = Self;
}
