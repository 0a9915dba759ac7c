//! Bytes from a peer or a dealer, whatever they are: a result or an error.
#![no_main]

#[path = "../../tests/net/wire/any_bytes.rs"]
mod any_bytes;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| any_bytes::any_bytes(data));
