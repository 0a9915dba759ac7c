//! A party's files, whatever their bytes: what they hold, or an error.
#![no_main]

#[path = "../../tests/files/any_file.rs"]
mod any_file;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    any_file::any_file(data);
});
