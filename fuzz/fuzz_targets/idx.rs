//! Files of images and labels, whatever their bytes: a data set or an error, and no memory that the bytes do not fill.
#![no_main]

#[path = "../../examples/classify/src/dataset.rs"]
#[allow(dead_code)]
mod dataset;
#[path = "../../examples/classify/src/error.rs"]
#[allow(dead_code)]
mod error;
#[path = "../../examples/classify/src/idx.rs"]
mod idx;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    if let Err(e) = idx::labels(file) {
        assert!(!e.to_string().contains('\n'));
    }
    match idx::images(file) {
        Ok(images) => {
            assert_eq!(Some(images.pixels.len()), images.count.checked_mul(images.rows * images.cols));
            let count = images.count.min(1 << 16);
            if let Ok(data) = dataset::Dataset::new(images, vec![0; count]) {
                assert_eq!(data.image(data.len() - 1).len(), dataset::PIXELS);
            }
        }
        Err(e) => assert!(!e.to_string().contains('\n')),
    }
});
