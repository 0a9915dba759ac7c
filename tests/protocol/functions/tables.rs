//! Tables: sizes, the order of their entries, equality.

use ringshare::function::{Table, TableError, TableFormat, sigmoid};

#[test]
fn entries_are_in_the_order_of_the_low_bits() {
    for bits in 1..=12 {
        let half = 1i64 << (bits - 1);
        let signed = Table::new(bits, |x| 3 * x - 1);
        let unsigned = Table::unsigned(bits, |x| 3 * x - 1);
        for x in 0..2 * half {
            let negative = if x < half { x } else { x - 2 * half };
            assert_eq!(signed.entries()[x as usize], 3 * negative - 1);
            assert_eq!(unsigned.entries()[x as usize], 3 * x - 1);
        }
        assert_eq!((signed.bits(), signed.index_bits()), ([bits, 0], bits));
        assert_eq!(signed.entries().len(), 1 << bits);
    }
    let pairs = Table::pairs([2, 3], |a, b| 10 * a + b);
    let row = |a: i64| [0, 1, 2, 3, -4, -3, -2, -1].map(|b| 10 * a + b);
    assert_eq!(pairs.entries(), [row(0), row(1), row(-2), row(-1)].concat());
    assert_eq!((pairs.bits(), pairs.index_bits()), ([2, 3], 5));
}

#[test]
fn tables_of_the_same_values_are_equal_however_they_are_made() {
    const TABLE: Table = Table::from_static(&[5, -1, i64::MIN, i64::MAX]);
    let shared = Table::from_entries([2, 0], vec![5, -1, i64::MIN, i64::MAX]).unwrap();
    assert_eq!(TABLE, shared);
    assert_eq!(TABLE, shared.clone());
    assert_ne!(shared, Table::from_entries([1, 1], vec![5, -1, i64::MIN, i64::MAX]).unwrap());
    assert_ne!(shared, Table::from_static(&[5, -1, i64::MIN, 7]));
    assert_eq!(format!("{:?}", Table::from_static(&[1, -2])), "Table { bits: [1, 0], entries: [1, -2] }");
}

#[test]
fn malformed_sizes_are_errors() {
    for bits in [[0, 0], [0, 3], [13, 0], [7, 6], [1, 12], [u32::MAX, 1], [1, u32::MAX]] {
        let error = Table::from_entries(bits, vec![0; 8]).unwrap_err();
        assert_eq!(error, TableError::Bits { found: bits });
        assert!(error.to_string().starts_with("bits of a table's index: expected 1 to 12, found "));
    }
    for (bits, entries) in [([3, 0], 7), ([3, 0], 9), ([1, 2], 4), ([12, 0], 0), ([6, 6], 4095)] {
        let error = Table::from_entries(bits, vec![0; entries]).unwrap_err();
        let expected = 1 << (bits[0] + bits[1]);
        assert_eq!(error, TableError::Entries { expected, found: entries });
        assert_eq!(error.to_string(), format!("entries of a table: expected {expected}, found {entries}"));
    }
}

#[test]
fn malformed_sizes_panic_where_the_caller_has_them_in_hand() {
    static LONG: [i64; 8192] = [0; 8192];
    let word = TableFormat { bits: 8, fraction: 4 };
    let malformed: [&(dyn Fn() -> Table + std::panic::RefUnwindSafe); 13] = [
        &|| Table::new(0, |x| x),
        &|| Table::new(13, |x| x),
        &|| Table::unsigned(64, |x| x),
        &|| Table::pairs([0, 3], |a, _| a),
        &|| Table::pairs([3, 0], |a, _| a),
        &|| Table::pairs([7, 6], |a, _| a),
        &|| Table::from_static(&[1]),
        &|| Table::from_static(&[1, 2, 3]),
        &|| Table::from_static(&LONG),
        &|| sigmoid(TableFormat { bits: 13, fraction: 4 }, word),
        &|| sigmoid(word, TableFormat { bits: 0, fraction: 0 }),
        &|| sigmoid(word, TableFormat { bits: 65, fraction: 0 }),
        &|| sigmoid(TableFormat { bits: 4, fraction: 64 }, word),
    ];
    for (i, make) in malformed.iter().enumerate() {
        assert!(std::panic::catch_unwind(make).is_err(), "malformed table {i}");
    }
}
