//! All links of a peer at once.

use core::time::Duration;
use std::format;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;
use std::vec::Vec;

use super::address::Address;
use super::end::End;
use super::error::LinkError;
use super::listen::Listener;
use super::parts::Link;
use super::role::Role;
use crate::net::Stream;

/// How often a mesh that accepts looks at what it dials.
const PAUSE: Duration = Duration::from_millis(20);

/// A peer's links to all others.
#[derive(Debug)]
pub struct Mesh {
    /// The transport for a [`Network`](crate::net::Network). It waits for a peer no longer than
    /// [`Limits::idle`](super::Limits::idle).
    pub stream: Stream,
    /// What every peer told of itself, by its number; the own note at the own number.
    pub notes: Vec<Vec<u8>>,
    /// Links of owners and clients that came meanwhile.
    pub extra: Vec<Link>,
}

/// Joins all peers, in whatever order they start: an end dials those of lower number and accepts the others.
///
/// Peer p listens at `addresses[p]`: an address for each party, and one more if there is a dealer. The dealer, who comes
/// last, is dialled by nobody, needs no listener and may leave out its own address.
///
/// # Errors
/// If a peer is not linked within [`Limits::connect`](super::Limits::connect), a peer that is dialled refuses this end or
/// is refused, or the addresses are too few or too many. Who is refused of those that dial this end is in
/// [`Listener::refused`], and does not end the wait for the right one.
pub fn mesh(end: &End, listener: Option<&Listener>, addresses: &[Address]) -> Result<Mesh, LinkError> {
    let parties = end.terms.parties;
    let setting = |what| LinkError::Setting { what };
    if !(parties..=parties.saturating_add(1)).contains(&addresses.len()) {
        let found = addresses.len();
        return Err(setting(format!(
            "expected addresses of {parties} parties and at most a dealer, found {found}"
        )));
    }
    let own = end.role.peer(parties);
    let own = own.ok_or_else(|| setting(format!("expected a party or the dealer, found {}", end.role)))?;
    let peers = addresses.len().max(own + 1);
    if listener.is_none() && own + 1 < peers {
        return Err(setting(format!("expected a listener, which {} needs, found none", end.role)));
    }
    let mut links: Vec<Option<Link>> = (0..peers).map(|_| None).collect();
    let joined = join(end, listener, &addresses[..own], &mut links);
    if let Err(error) = joined {
        for link in links.into_iter().flatten() {
            listener.inspect(|listener| listener.release(link.role));
        }
        return Err(error);
    }
    let mut mesh = Mesh {
        stream: Stream::new().idle(end.limits.idle).linger(end.limits.idle),
        notes: Vec::new(),
        extra: Vec::new(),
    };
    for (peer, link) in links.into_iter().enumerate() {
        let Some(link) = link else {
            mesh.notes.push(end.terms.note.clone());
            continue;
        };
        mesh.notes.push(link.note.clone());
        let (reader, writer) = link.into_parts();
        let system = |source| LinkError::System { what: format!("linking peer {peer}"), source };
        mesh.stream.connect(peer, reader, writer).map_err(system)?;
    }
    let is_extra = |role: Role| role.peer(parties).is_none();
    while let Some(link) =
        listener.map_or(Ok(None), |listener| listener.accept_of(Instant::now(), is_extra))?
    {
        mesh.extra.push(link);
    }
    Ok(mesh)
}

/// Dials the peers at these addresses and accepts the others. On an error, `links` holds what there was.
fn join(
    end: &End,
    listener: Option<&Listener>,
    below: &[Address],
    links: &mut [Option<Link>],
) -> Result<(), LinkError> {
    let until = Instant::now() + end.limits.connect;
    let stopped = AtomicBool::new(false);
    let (sender, dialled) = channel();
    thread::scope(|scope| {
        let spawn = |(peer, address): (usize, &_)| {
            let (sender, stopped, address) = (sender.clone(), &stopped, Address::clone(address));
            let dial = move || {
                let stop = || stopped.load(Ordering::Relaxed);
                let role = Role::of_peer(peer, end.terms.parties);
                // After an error, nobody waits for it any more.
                let _ = sender.send((peer, end.dial_until(&address, role, until, stop)));
            };
            let name = format!("dialling peer {peer}");
            let thread = thread::Builder::new().name(name.clone()).spawn_scoped(scope, dial);
            thread.map(drop).map_err(|source| LinkError::System { what: name, source })
        };
        let spawned = below.iter().enumerate().try_for_each(spawn);
        let joined = spawned.and_then(|()| collect(end, listener, &dialled, links, until));
        stopped.store(true, Ordering::Relaxed);
        joined
    })
}

/// Takes the links that are dialled, and those that come, until there are all.
fn collect(
    end: &End,
    listener: Option<&Listener>,
    dialled: &Receiver<(usize, Result<Link, LinkError>)>,
    links: &mut [Option<Link>],
    until: Instant,
) -> Result<(), LinkError> {
    let parties = end.terms.parties;
    let own = end.role.peer(parties);
    loop {
        let is_missing = |&peer: &usize| Some(peer) != own && links[peer].is_none();
        let missing: Vec<usize> = (0..links.len()).filter(is_missing).collect();
        let above =
            |role: Role| role.peer(parties).filter(|peer| Some(*peer) > own && missing.contains(peer));
        let waits = missing.last().map(|&last| Some(last) > own);
        match (waits, listener) {
            (None, _) => return Ok(()),
            (Some(true), Some(listener)) => {
                if let Some(link) =
                    listener.accept_of(Instant::now() + PAUSE, |role| above(role).is_some())?
                    && let Some(peer) = above(link.role)
                {
                    links[peer] = Some(link);
                }
                match dialled.try_recv() {
                    // The time is over. Others are missing, too.
                    Ok((_, Err(LinkError::Unreachable { .. }))) | Err(_) => {}
                    Ok((peer, link)) => links[peer] = Some(link?),
                }
            }
            _ => {
                if let Ok((peer, link)) = dialled.recv_timeout(PAUSE) {
                    links[peer] = Some(link?);
                }
            }
        }
        // Who dials says at the end of the time why nobody was reached, if that is all that is missing.
        let grace = if waits == Some(true) { Duration::ZERO } else { Duration::from_secs(2) };
        if Instant::now() >= until + grace {
            let roles = missing.into_iter().map(|peer| Role::of_peer(peer, parties)).collect();
            return Err(LinkError::Missing { roles, limit: end.limits.connect });
        }
    }
}
