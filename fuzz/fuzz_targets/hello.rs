//! The first message of a link, whatever it is: a hello or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringshare::net::link::Hello;

fuzz_target!(|data: &[u8]| {
    if let Ok(hello) = Hello::read(data) {
        assert_eq!(hello.write(), data);
    }
});
