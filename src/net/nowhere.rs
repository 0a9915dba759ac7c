//! The transport of a dry run.

use core::convert::Infallible;

use super::{Header, Transport};

/// Leads nowhere: there is no value of it. What a [`Party::dry`](crate::protocol::Party::dry) takes for its transport
/// where there is none at hand.
#[derive(Clone, Copy, Debug)]
pub enum Nowhere {}

impl Transport for Nowhere {
    type Error = Infallible;

    fn send(&mut self, _to: usize, _frame: &[u8]) -> Result<(), Infallible> {
        match *self {}
    }

    fn recv_header(&mut self, _from: usize, _header: &mut [u8; Header::LEN]) -> Result<(), Infallible> {
        match *self {}
    }

    fn recv_payload(&mut self, _from: usize, _payload: &mut [u8]) -> Result<(), Infallible> {
        match *self {}
    }
}
