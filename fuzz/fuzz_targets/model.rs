//! Model files, whatever their bytes: a model that can be written and read again, or an error.
#![no_main]

#[path = "../../tests/nn/model_files/any_file.rs"]
mod any_file;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| drop(any_file::any_file(file)));
