//! A connection's stream, on which the head of a request ends soon after it has begun.
//!
//! Why: hyper counts from the last answer on, and would end a connection that is merely kept; and
//! while it waits for the version it does not count at all.
//! Promise: a connection between two requests is idle for as long as it may be. A head, or
//! whatever begins a connection, takes no longer than it may; one that comes in one piece costs
//! no timer.
//! Left out: heads of HTTP/2, and one of which a part came with the request before it: both count
//! as idle. What is left of a body that was answered early counts as a head.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::connection::Activity;

/// What a connection of HTTP/2 begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub struct Heads<S> {
    stream: S,
    activity: Rc<Activity>,
    longest: Duration,
    version: Version,
    /// When the head that has begun is late, once it has been waited for.
    late: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    /// So many bytes of HTTP/2's preface have come, and no other.
    Unknown(usize),
    Http1,
    Http2,
}

impl Version {
    fn after(self, bytes: &[u8]) -> Self {
        let Self::Unknown(known) = self else { return self };
        let preface = &PREFACE[known..];
        if bytes.starts_with(preface) {
            Self::Http2
        } else if preface.starts_with(bytes) {
            Self::Unknown(known + bytes.len())
        } else {
            Self::Http1
        }
    }
}

impl<S> Heads<S> {
    /// - `longest`: from the first bytes of a head that were read to the last.
    pub fn of(stream: S, activity: Rc<Activity>, longest: Duration) -> Self {
        Self { stream, activity, longest, version: Version::Unknown(0), late: None }
    }

    fn heard(&mut self, bytes: &[u8]) {
        self.version = self.version.after(bytes);
        let begun = &self.activity.head_begun;
        if self.version == Version::Http2 {
            begun.set(false);
        } else if !bytes.is_empty() && !self.activity.is_busy() && !begun.replace(true) {
            self.late = None;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heads<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let heads = self.get_mut();
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut heads.stream).poll_read(context, buffer) {
            heads.heard(&buffer.filled()[before..]);
            return Poll::Ready(read);
        }
        if !heads.activity.head_begun.get() {
            return Poll::Pending;
        }
        let late = heads.late.get_or_insert_with(|| Box::pin(sleep(heads.longest)));
        ready!(late.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heads<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;
    use crate::server::places::Places;

    const LONGEST: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_head_that_comes_a_byte_at_a_time_is_late_all_the_same() {
        let (mut caller, ours) = duplex(64);
        let (place, _) = Places::new(1).take().unwrap();
        let mut heads = Heads::of(ours, Rc::new(Activity::of(place)), LONGEST);
        let trickle = async {
            for _ in 0..100 {
                caller.write_all(b"x").await.unwrap();
                sleep(LONGEST / 4).await;
            }
        };
        let (began, mut heard) = (Instant::now(), vec![]);
        let read = tokio::select! {
            () = trickle => None,
            read = heads.read_to_end(&mut heard) => Some(read),
        };
        let late = read.expect("it ends before the trickle does").unwrap_err();
        assert_eq!((late.kind(), began.elapsed()), (io::ErrorKind::TimedOut, LONGEST));
    }
}
