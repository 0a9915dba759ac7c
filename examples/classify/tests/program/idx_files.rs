//! IDX files: good ones are read, all others are refused with a reason.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use classify::dataset::Dataset;
use classify::idx::{IdxError, Images, images, labels};

fn image_file(count: u32, rows: u32, cols: u32, body: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, 3];
    [count, rows, cols].iter().for_each(|d| file.extend(d.to_be_bytes()));
    file.extend(body);
    file
}

fn label_file(body: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, 1];
    file.extend((body.len() as u32).to_be_bytes());
    file.extend(body);
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn good_files_are_read_plain_and_gzipped() {
    let pixels: Vec<u8> = (0..24).collect();
    let file = image_file(2, 3, 4, &pixels);
    let expected = Images { count: 2, rows: 3, cols: 4, pixels };
    assert_eq!(images(&gzip(&file)).as_ref(), Ok(&expected));
    assert_eq!(images(&file), Ok(expected));
    let file = label_file(&[7, 0, 200]);
    assert_eq!(labels(&file), Ok(vec![7, 0, 200]));
    assert_eq!(labels(&gzip(&file)), Ok(vec![7, 0, 200]));
    assert_eq!(labels(&label_file(&[])), Ok(vec![]));
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let body: Vec<u8> = (0..24).collect();
    for file in [image_file(2, 3, 4, &body), gzip(&image_file(2, 3, 4, &body))] {
        (0..file.len()).for_each(|n| assert!(images(&file[..n]).is_err(), "{n} of {}", file.len()));
    }
    for file in [label_file(&body), gzip(&label_file(&body))] {
        (0..file.len()).for_each(|n| assert!(labels(&file[..n]).is_err(), "{n} of {}", file.len()));
    }
    assert_eq!(images(&[]), Err(IdxError::Header { expected: 16, found: 0 }));
    assert_eq!(images(&image_file(1, 1, 1, &[])[..9]), Err(IdxError::Header { expected: 16, found: 9 }));
    assert_eq!(images(&image_file(1, 2, 2, &[0; 3])), Err(IdxError::Truncated { expected: 4, found: 3 }));
}

#[test]
fn each_wrong_field_has_its_own_error() {
    let good = image_file(1, 1, 1, &[0]);
    let with = |i: usize, byte: u8| {
        let mut file = good.clone();
        file[i] = byte;
        file
    };
    assert_eq!(images(&with(0, 1)), Err(IdxError::Magic { found: [1, 0, 8, 3] }));
    assert_eq!(images(&with(1, 9)), Err(IdxError::Magic { found: [0, 9, 8, 3] }));
    assert_eq!(images(&with(2, 13)), Err(IdxError::Type { found: 13 }));
    assert_eq!(images(&with(3, 2)), Err(IdxError::Rank { expected: 3, found: 2 }));
    assert_eq!(labels(&good), Err(IdxError::Rank { expected: 1, found: 3 }));
    assert_eq!(images(&[&good[..], &[0]].concat()), Err(IdxError::Trailing { expected: 1 }));
}

#[test]
fn lengths_are_not_believed() {
    for dims in [[u32::MAX; 3], [1 << 31, 1 << 31, 4], [1 << 10, 1 << 10, 1 << 9]] {
        let file = image_file(dims[0], dims[1], dims[2], &[0; 64]);
        let expected = Err(IdxError::TooLarge { dims: dims.to_vec() });
        assert_eq!(images(&file), expected);
        assert_eq!(images(&gzip(&file)), expected);
    }
    // Within the limit, but neither in the file nor possibly in the stream.
    let claim = image_file(300_000, 28, 28, &[0; 64]);
    assert!(matches!(images(&claim), Err(IdxError::Truncated { found: 64, .. })));
    assert!(matches!(images(&gzip(&claim)), Err(IdxError::Truncated { .. })));
}

#[test]
fn a_gzip_stream_is_read_no_further_than_its_header_says() {
    let bomb = gzip(&image_file(1, 28, 28, &vec![0; 100 << 20]));
    assert_eq!(images(&bomb), Err(IdxError::Trailing { expected: 784 }));
    let good = gzip(&image_file(1, 2, 2, &[1, 2, 3, 4]));
    for more in [&[0][..], &good] {
        assert!(matches!(images(&[&good[..], more].concat()), Err(IdxError::Gzip(_))));
    }
    let mut checksum = good.clone();
    let end = checksum.len();
    checksum[end - 8] ^= 1;
    assert!(matches!(images(&checksum), Err(IdxError::Gzip(_))));
}

#[test]
fn a_data_set_is_28_by_28_and_labelled() {
    let of = |count: usize, rows, cols| Images { count, rows, cols, pixels: vec![9; count * rows * cols] };
    let data = Dataset::new(of(3, 28, 28), vec![0, 9, 5]).unwrap();
    assert_eq!((data.len(), data.image(2).len(), data.labels()), (3, 784, &[0, 9, 5][..]));
    for (images, labels, reason) in [
        (of(1, 27, 28), vec![0], "28x28"),
        (of(0, 28, 28), vec![], "none"),
        (of(2, 28, 28), vec![0], "as many labels"),
        (of(2, 28, 28), vec![0, 10], "found 10 for image 1"),
    ] {
        let error = Dataset::new(images, labels).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(file in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (images(&file), labels(&file));
        let _ = images(&[&[0, 0, 8, 3, 0, 0][..], &file].concat());
        let _ = images(&[&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &file].concat());
        let _ = images(&gzip(&[&[0, 0, 8, 3, 0, 0][..], &file].concat()));
    }
}
