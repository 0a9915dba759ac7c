//! A transport as a network holds it.

use alloc::vec::Vec;
use core::any::Any;

use crate::net::{Header, NetError, Transport};

/// A transport of any type, whose errors name the peer. With it, protocols are compiled once for all transports.
pub(super) trait Wire: Any + Send {
    /// [`Transport::send`].
    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), NetError>;

    /// [`Transport::recv_header`].
    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), NetError>;

    /// [`Transport::recv_payload`].
    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), NetError>;

    /// [`Transport::send_from`].
    fn send_from(&mut self, to: usize, buffer: &mut Vec<u8>, length: usize) -> Result<(), NetError>;

    /// [`Transport::read_payload`].
    fn read_payload(
        &mut self,
        from: usize,
        room: &mut [u8],
        read: &mut dyn FnMut(&[u8]),
    ) -> Result<(), NetError>;
}

impl<T: Transport + Send + 'static> Wire for T {
    fn send(&mut self, to: usize, frame: &[u8]) -> Result<(), NetError> {
        Transport::send(self, to, frame).map_err(|error| NetError::transport(to, error))
    }

    fn recv_header(&mut self, from: usize, header: &mut [u8; Header::LEN]) -> Result<(), NetError> {
        Transport::recv_header(self, from, header).map_err(|error| NetError::transport(from, error))
    }

    fn recv_payload(&mut self, from: usize, payload: &mut [u8]) -> Result<(), NetError> {
        Transport::recv_payload(self, from, payload).map_err(|error| NetError::transport(from, error))
    }

    fn send_from(&mut self, to: usize, buffer: &mut Vec<u8>, length: usize) -> Result<(), NetError> {
        Transport::send_from(self, to, buffer, length).map_err(|error| NetError::transport(to, error))
    }

    fn read_payload(
        &mut self,
        from: usize,
        room: &mut [u8],
        read: &mut dyn FnMut(&[u8]),
    ) -> Result<(), NetError> {
        Transport::read_payload(self, from, room, read).map_err(|error| NetError::transport(from, error))
    }
}
