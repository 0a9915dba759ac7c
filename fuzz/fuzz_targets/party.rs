//! What the roles of the program `party` read, whatever its bytes: settings, images, frames, choices and notes.
#![no_main]

#[path = "../../examples/party/tests/strangers/any_bytes.rs"]
mod any_bytes;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    any_bytes::any_bytes(data);
});
