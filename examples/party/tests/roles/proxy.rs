//! Something between two processes that can stop passing on what they send, without closing anything.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How often a thread looks whether it should stop.
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Default)]
struct Switches {
    cut: AtomicBool,
    over: AtomicBool,
}

pub(crate) struct Proxy {
    pub(crate) address: String,
    switches: Arc<Switches>,
}

impl Proxy {
    pub(crate) fn to(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let (switches, to) = (Arc::new(Switches::default()), address.to_owned());
        let shared = switches.clone();
        thread::spawn(move || {
            while !shared.over.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((from, _)) => pass(from, &to, &shared),
                    Err(_) => thread::sleep(PAUSE),
                }
            }
        });
        Self { address: own, switches }
    }

    /// From now on nothing comes through, and nobody is told.
    pub(crate) fn cut(&self) {
        self.switches.cut.store(true, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.switches.over.store(true, Ordering::Relaxed);
    }
}

fn pass(from: TcpStream, to: &str, switches: &Arc<Switches>) {
    // Nobody may be there yet: then the one that dials finds its connection closed, and tries again.
    let Ok(to) = TcpStream::connect(to) else { return };
    from.set_nonblocking(false).unwrap();
    for (mut from, mut to) in [
        (from.try_clone().unwrap(), to.try_clone().unwrap()),
        (to.try_clone().unwrap(), from.try_clone().unwrap()),
    ] {
        let switches = switches.clone();
        from.set_nodelay(true).unwrap();
        from.set_read_timeout(Some(PAUSE)).unwrap();
        thread::spawn(move || {
            let mut bytes = [0; 1 << 14];
            while !switches.over.load(Ordering::Relaxed) {
                if switches.cut.load(Ordering::Relaxed) {
                    thread::sleep(PAUSE);
                    continue;
                }
                let read = match from.read(&mut bytes) {
                    Ok(read) => read,
                    Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
                    Err(_) => 0,
                };
                if read == 0 || to.write_all(&bytes[..read]).is_err() {
                    // The other end may be gone.
                    let _ = to.shutdown(Shutdown::Write);
                    return;
                }
            }
        });
    }
}
