//! Frames on their way to a thread that writes them.

use core::time::Duration;
use std::borrow::ToOwned;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::string::{String, ToString};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use std::vec::Vec;

use crate::secret::wipe;

/// Bytes of which a flush sees that they have been written.
const PIECE: usize = 1 << 18;

/// What one peer is still to be sent. Frames are wiped once they are written.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Vec<u8>>,
    /// A frame has been taken, and not yet been written.
    writing: bool,
    /// How much of all frames has been written, in pieces.
    written: u64,
    /// No more frames will come.
    closed: bool,
    /// The writer's thread is gone, and the writer with it.
    ended: bool,
    failed: Option<(io::ErrorKind, String)>,
}

impl State {
    fn is_dead(&self) -> bool {
        self.ended || self.failed.is_some()
    }

    fn error(&self) -> io::Error {
        match &self.failed {
            Some((kind, text)) => io::Error::new(*kind, text.as_str()),
            None => io::Error::other("the writer panicked"),
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.frames.iter_mut().for_each(|frame| wipe(frame));
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a frame.
    pub(super) fn push(&self, frame: &[u8]) -> io::Result<()> {
        let mut state = self.lock();
        if state.is_dead() {
            return Err(state.error());
        }
        state.frames.push_back(frame.to_owned());
        self.changed.notify_all();
        Ok(())
    }

    /// Lets the writer's thread end after the last frame.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits until all frames are written: until then, and no longer than `idle` for the next piece.
    pub(super) fn flush(&self, until: Option<Instant>, idle: Option<Duration>) -> io::Result<()> {
        let mut written = self.lock().written;
        loop {
            let next = idle.and_then(|idle| Instant::now().checked_add(idle));
            let soon = [until, next].into_iter().flatten().min();
            let is_done = |state: &State| state.is_dead() || state.frames.is_empty() && !state.writing;
            let state = self.wait(soon, |state| is_done(state) || state.written != written);
            if state.is_dead() {
                return Err(state.error());
            }
            if is_done(&state) {
                return Ok(());
            }
            if state.written == written || until.is_some_and(|until| Instant::now() >= until) {
                let text = "the peer did not take all frames within the time limit";
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            written = state.written;
        }
    }

    /// Waits until the writer's thread is gone.
    pub(super) fn wait_for_end(&self, until: Option<Instant>) {
        drop(self.wait(until, |state| state.ended));
    }

    fn wait(&self, until: Option<Instant>, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while !done(&state) {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            state = match left {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => break,
                Some(left) => {
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state
    }

    /// The writer's thread: writes every frame until the queue is closed and empty, or writing fails.
    pub(super) fn write_to(&self, writer: impl Write) {
        let _ended = Ended(self);
        // Dropped first: whoever waits for the end finds the stream closed.
        let mut writer = writer;
        while let Some(mut frame) = self.next() {
            let written = frame.chunks(PIECE).try_for_each(|piece| {
                writer.write_all(piece)?;
                self.lock().written += 1;
                self.changed.notify_all();
                Ok(())
            });
            wipe(&mut frame);
            let written = written.and_then(|()| if self.has_more() { Ok(()) } else { writer.flush() });
            let mut state = self.lock();
            state.writing = false;
            if let Err(error) = written {
                state.failed = Some((error.kind(), error.to_string()));
                return;
            }
            self.changed.notify_all();
        }
    }

    fn next(&self) -> Option<Vec<u8>> {
        let mut state = self.wait(None, |state| state.closed || !state.frames.is_empty());
        let frame = state.frames.pop_front();
        state.writing = frame.is_some();
        frame
    }

    fn has_more(&self) -> bool {
        !self.lock().frames.is_empty()
    }
}

/// Says that the writer's thread is gone, also if the writer panics.
struct Ended<'a>(&'a Queue);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ended = true;
        state.frames.iter_mut().for_each(|frame| wipe(frame));
        state.frames.clear();
        self.0.changed.notify_all();
    }
}
