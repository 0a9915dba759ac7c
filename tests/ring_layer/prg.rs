//! The generator: its layout, its known answers, and that nothing of it prints.
#![cfg(feature = "std")]

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use proptest::prelude::*;
use ringshare::offline::Seeds;
use ringshare::prg::{Prg, RootSeed, Seed};
use ringshare::ring::Word;

fn hex<const N: usize>(text: &str) -> [u8; N] {
    assert_eq!(text.len(), 2 * N);
    core::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}

fn prg(key: &str) -> Prg {
    Prg::new(&Seed::from_bytes(hex(key)))
}

/// The definition: block i of domain d is AES(d ‖ i), one block at a time.
fn definition(seed: [u8; 16], domain: u64, blocks: impl Iterator<Item = u64>) -> Vec<u8> {
    let aes = Aes128::new(&Array::from(seed));
    let mut out = Vec::new();
    for i in blocks {
        let mut block = Array::from([0; 16]);
        block[..8].copy_from_slice(&domain.to_le_bytes());
        block[8..].copy_from_slice(&i.to_le_bytes());
        aes.encrypt_block(&mut block);
        out.extend_from_slice(&block);
    }
    out
}

fn words_of<W: Word>(bytes: &[u8]) -> Vec<W> {
    bytes.chunks_exact(W::BYTES).map(W::read_le).collect()
}

/// The block that AES encrypts at d ‖ i, when d ‖ i is `plaintext`.
fn encrypted(prg: &Prg, plaintext: [u8; 16]) -> [u8; 16] {
    let half = |at: usize| u64::from_le_bytes(plaintext[at..at + 8].try_into().unwrap());
    let mut block = [0u128];
    prg.words(half(0), half(8), &mut block);
    block[0].to_le_bytes()
}

#[test]
fn known_answers_of_aes() {
    // FIPS 197, appendix B and C.1.
    let answers = [
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "3243f6a8885a308d313198a2e0370734",
            "3925841d02dc09fbdc118597196a0b32",
        ),
        (
            "000102030405060708090a0b0c0d0e0f",
            "00112233445566778899aabbccddeeff",
            "69c4e0d86a7b0430d8cdb78070b4c55a",
        ),
        // SP 800-38A, F.1.1.
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "6bc1bee22e409f96e93d7e117393172a",
            "3ad77bb40d7a3660a89ecaf32466ef97",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "ae2d8a571e03ac9c9eb76fac45af8e51",
            "f5d3d58503b9699de785895a96fdbaaf",
        ),
        // SP 800-38A, F.5.1: the output blocks of counter mode.
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            "ec8cdf7398607cb0f2d21675ea9ea1e4",
        ),
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "f0f1f2f3f4f5f6f7f8f9fafbfcfdff00",
            "362b7c3c6773516318a077d7fc5073ae",
        ),
    ];
    for (key, plaintext, ciphertext) in answers {
        assert_eq!(encrypted(&prg(key), hex(plaintext)), hex(ciphertext), "{plaintext}");
    }
}

#[test]
fn known_answers_of_the_format() {
    let prg = prg("000102030405060708090a0b0c0d0e0f");
    let mut bytes = [0; 32];
    prg.fill(0, 0, &mut bytes);
    assert_eq!(bytes, hex("c6a13b37878f5b826f4f8162a1c8d8795f2c80d352d3e8fcb4aea438188d77c8"));
    let mut words = [0u16; 4];
    prg.words(0x0123_4567_89ab_cdef, 6, &mut words);
    assert_eq!(words, [0x9304, 0xad11, 0xe0a2, 0xb697]);
}

#[test]
fn known_answers_of_root_seeds() {
    let root = RootSeed::from_bytes([0; 32]);
    assert_eq!(root.seed(0, 0, 0).expose(), &hex("b0fd14ff96a0bda154c329082c9c6533"));
    let root = RootSeed::from_bytes(core::array::from_fn(|i| i as u8));
    assert_eq!(root.seed(1, 2, 3).expose(), &hex("d0166143fb055acb3cab62a787ad4ecc"));
    let seed = root.seed(0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, u64::MAX);
    assert_eq!(seed.expose(), &hex("c948dbdb06f51c4ed69990710f76bd69"));
}

#[test]
fn known_answers_of_session_seeds() {
    let root = RootSeed::from_bytes(core::array::from_fn(|i| i as u8));
    let seeds = Seeds::derive(&root, 1, 3);
    assert_eq!(seeds.row(0).unwrap().seeds()[0].expose(), &hex("40a81a002b740bd84e3bf7845c6a2de5"));
    assert_eq!(seeds.row(1).unwrap().seeds()[2].expose(), &hex("433d15f015df78023d93f3484a97ae21"));
    assert_eq!(seeds.row(2).unwrap().seeds()[1].expose(), seeds.row(1).unwrap().seeds()[2].expose());
}

#[test]
fn no_seed_of_a_caller_is_one_of_a_session() {
    let root = RootSeed::from_bytes([42; 32]);
    let mut seen = std::collections::HashSet::new();
    for session in 0..4 {
        let seeds = Seeds::derive(&root, session, 6);
        for i in 0..6 {
            assert!(seeds.row(i).unwrap().seeds()[i..].iter().all(|seed| seen.insert(*seed.expose())));
        }
    }
    for session in 0..8 {
        for (party, purpose) in (0..8).flat_map(|party| (0..8).map(move |purpose| (party, purpose))) {
            let seed = root.seed(session, party, purpose);
            assert!(seen.insert(*seed.expose()), "seed({session}, {party}, {purpose}) is one of a session");
        }
    }
}

#[test]
fn root_seeds_differ_in_session_party_and_purpose() {
    let root = RootSeed::from_bytes([9; 32]);
    let ends = [0, 1, 2, 3, 4, 1 << 32, u64::MAX - 1, u64::MAX];
    let mut seeds = std::collections::HashSet::new();
    for session in ends {
        for party in ends {
            for purpose in ends {
                assert!(seeds.insert(*root.seed(session, party, purpose).expose()));
            }
        }
    }
    let other = RootSeed::from_bytes([10; 32]);
    assert!(seeds.insert(*other.seed(0, 0, 0).expose()));
}

#[test]
fn a_root_is_generated_by_a_cryptographic_generator() {
    use chacha20::{ChaCha8Rng, rand_core::SeedableRng};
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (a, b) = (RootSeed::generate(&mut rng), RootSeed::generate(&mut rng));
    assert_ne!(a.seed(0, 0, 0).expose(), b.seed(0, 0, 0).expose());
}

#[test]
fn nothing_prints() {
    let seed = Seed::from_bytes([0xab; 16]);
    assert_eq!(format!("{seed:?}"), "Seed(..)");
    assert_eq!(format!("{:#?}", Prg::new(&seed)), "Prg(..)");
    assert_eq!(format!("{:x?}", RootSeed::from_bytes([0xab; 32])), "RootSeed(..)");
}

#[test]
fn domains_and_seeds_are_apart() {
    let mut seen = std::collections::HashSet::new();
    for seed in 0..4 {
        let prg = Prg::new(&Seed::from_bytes([seed; 16]));
        for domain in [0, 1, 2, 1 << 32, 1 << 63, u64::MAX] {
            let mut blocks = [0u128; 100];
            prg.words(domain, 0, &mut blocks);
            assert!(blocks.iter().all(|&block| seen.insert(block)));
        }
    }
}

#[test]
fn indices_reach_the_end_of_the_domain_and_go_on_at_its_start() {
    let seed = [5; 16];
    let prg = Prg::new(&Seed::from_bytes(seed));
    for len in [1, 2, 3, 130, 300] {
        let mut out = vec![0u128; len];
        prg.words(8, u64::MAX - 1, &mut out);
        let mut expected = definition(seed, 8, u64::MAX - 1..=u64::MAX);
        expected.extend(definition(seed, 8, 0..len as u64));
        assert_eq!(out, words_of::<u128>(&expected[..16 * len]), "{len} blocks");
    }
    prg.fill(8, u64::MAX, &mut [0; 99]);
    prg.words(8, u64::MAX, &mut [0u64; 99]);
}

/// Every operation at any index and length, in one call or cut in two, is the definition.
fn check<W: Word>(seed: [u8; 16], domain: u64, index: u64, before: &[W], cut: usize) {
    let prg = Prg::new(&Seed::from_bytes(seed));
    let per_block = (16 / W::BYTES) as u64;
    let (first, end) = (index / per_block, (index + before.len() as u64) / per_block + 1);
    let stream = words_of::<W>(&definition(seed, domain, first..end));
    let stream = &stream[(index % per_block) as usize..][..before.len()];
    type Operation<W> = (fn(&Prg, u64, u64, &mut [W]), fn(&W, &W) -> W);
    let operations: [Operation<W>; 4] = [
        (Prg::words, |_, word| *word),
        (Prg::add_words, |x, word| x.wrapping_add(word)),
        (Prg::sub_words, |x, word| x.wrapping_sub(word)),
        (Prg::xor_words, |x, word| *x ^ *word),
    ];
    for (operation, f) in operations {
        let expected: Vec<W> = before.iter().zip(stream).map(|(x, word)| f(x, word)).collect();
        let mut whole = before.to_vec();
        operation(&prg, domain, index, &mut whole);
        assert!(whole == expected, "{} words at {index}", before.len());
        let mut cut_in_two = before.to_vec();
        let (left, right) = cut_in_two.split_at_mut(cut.min(before.len()));
        operation(&prg, domain, index + left.len() as u64, right);
        operation(&prg, domain, index, left);
        assert!(cut_in_two == expected, "{} words at {index}, cut at {cut}", before.len());
    }
}

#[test]
fn every_short_call_is_the_definition() {
    for index in 0..20 {
        for len in 0..150 {
            check::<u8>([1; 16], 2, index, &vec![7; len], 5);
            check::<u128>([1; 16], 2, index, &vec![7; len], 5);
        }
    }
}

proptest! {
    #[test]
    fn chunks_do_not_matter(seed: [u8; 16], domain: u64, index in 0..1u64 << 60, len in 0usize..3000, cut in 0usize..3000) {
        check::<u8>(seed, domain, index, &vec![3; len], cut);
        check::<u16>(seed, domain, index, &vec![3; len], cut);
        check::<u32>(seed, domain, index, &vec![3; len], cut);
        check::<u64>(seed, domain, index, &vec![3; len], cut);
        check::<u128>(seed, domain, index, &vec![3; len], cut);
    }

    #[test]
    fn lookups_are_words_at_their_indices(seed: [u8; 16], domain: u64, indices in prop::collection::vec(any::<u64>(), 0..300)) {
        fn agree<W: Word>(prg: &Prg, domain: u64, indices: &[u64]) {
            let mut out = vec![W::zero(); indices.len()];
            prg.words_at(domain, indices, &mut out);
            for (word, &index) in out.iter().zip(indices) {
                let mut alone = [W::zero()];
                prg.words(domain, index, &mut alone);
                assert!(alone == [*word]);
            }
        }
        let prg = Prg::new(&Seed::from_bytes(seed));
        agree::<u8>(&prg, domain, &indices);
        agree::<u16>(&prg, domain, &indices);
        agree::<u64>(&prg, domain, &indices);
        agree::<u128>(&prg, domain, &indices);
    }

    #[test]
    fn bytes_are_words_of_one_byte(seed: [u8; 16], domain: u64, offset in 0..1u64 << 60, len in 0usize..3000) {
        let prg = Prg::new(&Seed::from_bytes(seed));
        let (mut bytes, mut words) = (vec![0; len], vec![0u8; len]);
        prg.fill(domain, offset, &mut bytes);
        prg.words(domain, offset, &mut words);
        prop_assert!(bytes == words);
    }
}
