//! Ends that differ refuse each other, and both say in what.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use ringshare::net::link::{Address, End, Hello, LinkError, Role, Terms};

use super::{Authority, accept, after, any, end, later, limits, refusal, refused, terms};

/// Holds both sides to a line, plain and over TLS, and lets an honest end in afterwards.
fn differ(dials: impl Fn(&mut Terms), from: Role, to: Role, text: &str) {
    let authority = Authority::new();
    for authority in [None, Some(&authority)] {
        let mut other = terms(2);
        dials(&mut other);
        let with = |end: End, role| match authority {
            Some(authority) => end.identity(authority.identity(role)),
            None => end,
        };
        let wrong = with(End::new(from, other).limits(limits()), from);
        let listens = end(Role::Party(0), 2, authority);
        let listener = listens.listen(&any()).unwrap();
        let begun = Instant::now();
        let error = wrong.dial(&listener.address(), to).unwrap_err();
        assert_eq!(error.to_string(), format!("{to} at {}: refused this end: {text}", listener.address()));
        let here = refused(&listener);
        assert!(here.starts_with(&format!("{from} at 127.0.0.1:")), "{here}");
        assert!(here.ends_with(&format!(": {text}")), "{here}");
        // At once: nobody waits for a time limit.
        assert!(begun.elapsed() < Duration::from_secs(3));
        end(Role::Party(1), 2, authority).dial(&listener.address(), Role::Party(0)).unwrap();
        assert_eq!(accept(&listener).role, Role::Party(1));
    }
}

#[test]
fn both_ends_say_what_differs() {
    let [party, zero] = [Role::Party(1), Role::Party(0)];
    differ(|terms| terms.session = 7, party, zero, "expected session 5, found 7");
    differ(|terms| terms.parties = 3, party, zero, "expected number of parties 2, found 3");
    differ(
        |terms| terms.digests[1].1[0] = 0xfe,
        party,
        zero,
        "expected digest of recipe 0202020202020202…, found fe02020202020202…",
    );
    differ(
        |terms| drop(terms.digests.pop()),
        party,
        zero,
        "expected digest of recipe 0202020202020202…, found none",
    );
    differ(
        |terms| terms.digests.push(("formats".into(), [3; 32])),
        party,
        zero,
        "expected digest of formats none, found 0303030303030303…",
    );
    // The order does not matter.
    let mut turned = terms(2);
    turned.digests.reverse();
    let listener = end(zero, 2, None).listen(&any()).unwrap();
    End::new(party, turned).dial(&listener.address(), zero).unwrap();
}

#[test]
fn roles_are_held_to() {
    let same = |_: &mut Terms| {};
    differ(same, Role::Party(2), Role::Party(0), "expected party below 2, found party-2");
    differ(same, Role::Party(0), Role::Party(0), "expected role other than party-0, found party-0");
}

#[test]
fn whoever_listens_in_anothers_place_is_noticed() {
    let [wrong, listens] = [end(Role::Party(1), 2, None), end(Role::Party(0), 2, None)];
    let listener = listens.listen(&any()).unwrap();
    let error = wrong.dial(&listener.address(), Role::Dealer).unwrap_err();
    let text = "expected dialled role party-0, found dealer";
    assert_eq!(after(&error.to_string()).split_once(": ").unwrap().1, text);
    assert!(refused(&listener).ends_with(text));
}

/// Answers one connection with these bytes, and returns all that came.
fn answers(bytes: Vec<u8>) -> (Address, thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Tcp(listener.local_addr().unwrap().to_string());
    let answer = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(&bytes).unwrap();
        let mut came = Vec::new();
        stream.read_to_end(&mut came).unwrap();
        came
    });
    (address, answer)
}

fn hello(role: Role, peer: Role) -> Hello {
    Hello { terms: terms(2), role, peer, token: [0; 16], back: false }
}

#[test]
fn who_answers_wrongly_is_refused_and_told() {
    let [zero, one] = [Role::Party(0), Role::Party(1)];
    let mut old = hello(zero, one).write();
    old[8] = 2;
    let mut other = hello(zero, one);
    other.terms.session = 8;
    for (bytes, text) in [
        (old, "expected protocol version 1, found 2"),
        (other.write(), "expected session 5, found 8"),
        (hello(Role::Dealer, one).write(), "expected role party-0, found dealer"),
        (hello(zero, Role::Owner).write(), "expected dialling role party-1, found owner"),
        (hello(zero, one).write(), "expected a hello in its form, found another token"),
        (b"HTTP/1.1 400 Bad Request\r\n".to_vec(), "expected a hello of this protocol, found other bytes"),
    ] {
        let (address, answer) = answers(bytes);
        let error = end(one, 2, None).dial(&address, zero).unwrap_err();
        assert_eq!(error.to_string(), format!("party-0 at {address}: {text}"));
        let came = String::from_utf8_lossy(&answer.join().unwrap()).into_owned();
        assert!(came.ends_with(text), "{came}");
    }
}

#[test]
fn another_version_is_refused_and_told() {
    let listener = end(Role::Party(0), 2, None).listen(&any()).unwrap();
    let mut stream = TcpStream::connect(listener.address().to_string()).unwrap();
    let mut bytes = hello(Role::Party(1), Role::Party(0)).write();
    bytes[8] = 9;
    stream.write_all(&bytes).unwrap();
    let mut came = Vec::new();
    stream.read_to_end(&mut came).unwrap();
    assert_eq!(came[12..], *b"expected protocol version 1, found 9");
    assert!(refused(&listener).ends_with("expected protocol version 1, found 9"));
}

#[test]
fn the_line_of_a_refusal_is_printable_and_short() {
    let text = format!("no\n\x1b[31m{}", "x".repeat(2000));
    let mut bytes = hello(Role::Party(0), Role::Party(1)).write()[..12].to_vec();
    // Of a version that is yet to come.
    bytes[8..].copy_from_slice(&[77, 2, text.len() as u8, (text.len() >> 8) as u8]);
    bytes.extend(text.bytes());
    let (address, answer) = answers(bytes);
    let error = end(Role::Party(1), 2, None).dial(&address, Role::Party(0)).unwrap_err();
    let LinkError::Refused { line, .. } = error else { panic!("{error}") };
    assert_eq!(line, format!("no  [31m{}", "x".repeat(504)));
    answer.join().unwrap();
}

#[test]
fn terms_that_can_not_be_sent_are_refused() {
    let refused = |change: fn(&mut Terms)| {
        let mut terms = terms(2);
        change(&mut terms);
        let end = End::new(Role::Party(0), terms);
        let error = end.listen(&any()).unwrap_err().to_string();
        assert_eq!(end.dial(&any(), Role::Dealer).unwrap_err().to_string(), error);
        error
    };
    assert_eq!(refused(|terms| terms.parties = 0), "expected 1 to 65535 parties, found 0");
    assert_eq!(refused(|terms| terms.parties = 65_536), "expected 1 to 65535 parties, found 65536");
    assert_eq!(
        refused(|terms| terms.note = vec![0; 257]),
        "expected a note of at most 256 bytes, found one of 257"
    );
    assert_eq!(
        refused(|terms| terms.digests = (0..17).map(|i| (format!("{i}"), [0; 32])).collect()),
        "expected at most 16 digests, found 17"
    );
    for name in ["", "a\n", "é", "a name that is longer than a name may be"] {
        let mut terms = terms(2);
        terms.digests[0].0 = name.into();
        let error = End::new(Role::Party(0), terms).listen(&any()).unwrap_err().to_string();
        assert!(
            error.starts_with("expected a digest's name of 1 to 32 printable ASCII characters"),
            "{error}"
        );
    }
    assert_eq!(
        refused(|terms| terms.digests[1].0 = "architecture".into()),
        "expected digests of different names, found architecture twice"
    );
}

#[test]
fn who_dials_waits_for_who_listens_later_and_no_longer_than_its_limit() {
    let address = later();
    let mut short = limits();
    short.connect = Duration::from_millis(200);
    let dials = end(Role::Party(1), 2, None);
    let error = dials.clone().limits(short).dial(&address, Role::Party(0)).unwrap_err();
    assert!(matches!(error, LinkError::Unreachable { .. }), "{error}");
    thread::scope(|scope| {
        let link = scope.spawn(|| dials.dial(&address, Role::Party(0)).unwrap());
        thread::sleep(Duration::from_millis(300));
        let listener = end(Role::Party(0), 2, None).listen(&address).unwrap();
        accept(&listener);
        link.join().unwrap();
    });
}

#[test]
fn plain_ends_and_tls_do_not_mix() {
    let authority = Authority::new();
    let [plain, tls] = [None, Some(&authority)];
    let [there, here] = refusal(&end(Role::Party(1), 2, tls), &end(Role::Party(0), 2, plain));
    assert_eq!(after(&there), "expected TLS, found other bytes");
    assert_eq!(after(&here), "expected a plain hello, found TLS");
    let [there, here] = refusal(&end(Role::Party(1), 2, plain), &end(Role::Party(0), 2, tls));
    assert_eq!(after(&there), "expected a plain hello, found TLS");
    assert_eq!(after(&here), "expected TLS, found other bytes");
}
