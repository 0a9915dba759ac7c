//! Hellos as bytes: what is written is read, and whatever comes is a hello or an error.

use proptest::prelude::*;
use ringshare::net::link::{Address, Hello, Role, Terms};

/// A hello that is read is written in the same bytes.
fn any_bytes(data: &[u8]) {
    if let Ok(hello) = Hello::read(data) {
        assert_eq!(hello.write(), data);
    }
}

#[test]
fn the_corpus_is_a_hello_or_an_error() {
    let corpus = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/hello")).unwrap();
    let mut count = 0;
    for file in corpus {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        any_bytes(&bytes);
        let good = path.file_name().unwrap().to_str().unwrap().starts_with("good");
        assert_eq!(Hello::read(&bytes).is_ok(), good, "{}", path.display());
        count += 1;
    }
    assert!(count > 0);
}

fn hello() -> Hello {
    let digests = vec![("architecture".into(), [3; 32]), ("recipe".into(), [4; 32])];
    let terms = Terms { session: 0x0102_0304_0506_0708, parties: 3, digests, note: b"note".to_vec() };
    Hello { terms, role: Role::Party(2), peer: Role::Client(0x0a0b_0c0d), token: [5; 16], back: true }
}

#[test]
fn the_bytes_of_a_hello_are_known() {
    let mut expected = b"ringlink\x01\x01\x89\0".to_vec();
    expected.extend([8, 7, 6, 5, 4, 3, 2, 1, 3, 0, 0, 2, 0, 0, 0, 3, 0x0d, 0x0c, 0x0b, 0x0a]);
    expected.extend([5; 16]);
    expected.extend([1, 2, 12]);
    expected.extend(b"architecture");
    expected.extend([3; 32]);
    expected.push(6);
    expected.extend(b"recipe");
    expected.extend([4; 32]);
    expected.extend(b"\x04\0note");
    expected[10] = (expected.len() - 12) as u8;
    assert_eq!(hello().write(), expected);
    assert_eq!(Hello::read(&expected), Ok(hello()));
}

#[test]
fn a_hello_that_is_cut_or_too_long_says_where() {
    let bytes = hello().write();
    for len in 0..bytes.len() {
        let mut cut = bytes[..len].to_vec();
        assert!(Hello::read(&cut).is_err());
        if len >= 12 {
            cut[10] = (len - 12) as u8;
            let error = Hello::read(&cut).unwrap_err().to_string();
            assert!(error.starts_with("expected a whole hello, found its end within the "), "{error}");
        }
    }
    let mut long = bytes;
    long.push(0);
    long[10] += 1;
    assert_eq!(
        Hello::read(&long).unwrap_err().to_string(),
        "expected the end of a hello, found 1 more bytes"
    );
}

#[test]
fn roles_and_addresses_are_read_as_they_are_printed() {
    for text in ["party-0", "party-65534", "dealer", "owner", "client-7", "client-4294967295"] {
        assert_eq!(text.parse::<Role>().unwrap().to_string(), text);
    }
    for text in
        ["", "party", "party-", "party--1", "party-+1", "party-01", "client-4294967296", "dealer-1", "Owner"]
    {
        let error = text.parse::<Role>().unwrap_err().to_string();
        assert_eq!(error, format!("expected a role: party-N, dealer, owner or client-N, found \"{text}\""));
    }
    for text in ["localhost:80", "127.0.0.1:0", "[::1]:65535", "unix:/run/x", "unix:y"] {
        assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
    }
    for text in ["", "localhost", ":80", "localhost:", "localhost:65536", "unix:"] {
        assert!(text.parse::<Address>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_hello_or_an_error(body in prop::collection::vec(any::<u8>(), 0..300), right in any::<bool>()) {
        any_bytes(&body);
        let mut bytes = b"ringlink\x01\x01".to_vec();
        bytes.extend((body.len() as u16).to_le_bytes());
        bytes.extend(body);
        // Right up to the digests, half of the time.
        if right && bytes.len() > 50 {
            bytes[22..32].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0, 0, 0]);
            bytes[48] = 0;
            bytes[49] %= 3;
        }
        any_bytes(&bytes);
    }
}
