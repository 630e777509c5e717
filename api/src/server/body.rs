//! A request's body, whole and within its bounds.
//!
//! Why: a body that arrives takes memory from its first byte to its last, so only so many may be
//! arriving. Were one more simply refused, those who never send the end would keep everybody else
//! out; so the one that has been arriving the longest is given up instead.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::Notify;

use crate::limits::BODY_DISCARDED_BYTES_MAX;

/// Why there is no body to look at.
pub enum NoBody {
    TooLarge,
    /// Others came after it, and there was no room for all of them.
    GivenUp,
    /// The caller has left, or broke the rules of HTTP.
    Broken,
}

/// Bodies of a kind are counted by themselves: one that may be large pushes no other out, and of
/// those only a few are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Usual,
    /// One with a document in it.
    Large,
}

thread_local! {
    static ARRIVING: [RefCell<Arriving>; 2] = Default::default();
}

/// The bodies that are arriving on this thread.
#[derive(Default)]
struct Arriving {
    next: u64,
    oldest_first: BTreeMap<u64, Rc<Notify>>,
}

/// One body that is arriving.
struct Arrival {
    size: Size,
    number: u64,
    given_up: Rc<Notify>,
}

impl Arrival {
    /// Gives up the oldest if there are `most` already.
    fn begin(size: Size, most: usize) -> Self {
        size.arriving(|arriving| {
            if arriving.oldest_first.len() >= most
                && let Some((_, oldest)) = arriving.oldest_first.pop_first()
            {
                oldest.notify_one();
            }
            let (number, given_up) = (arriving.next, Rc::<Notify>::default());
            arriving.next += 1;
            arriving.oldest_first.insert(number, Rc::clone(&given_up));
            Self { size, number, given_up }
        })
    }
}

impl Size {
    fn arriving<T>(self, change: impl FnOnce(&mut Arriving) -> T) -> T {
        ARRIVING.with(|arriving| change(&mut arriving[self as usize].borrow_mut()))
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.size.arriving(|arriving| arriving.oldest_first.remove(&self.number));
    }
}

/// Reads a body of at most `bytes_max`, one of at most `arriving_max` of its size on this thread.
pub async fn read(
    body: Incoming,
    size: Size,
    bytes_max: usize,
    arriving_max: usize,
) -> Result<Bytes, NoBody> {
    let arrival = Arrival::begin(size, arriving_max);
    tokio::select! {
        biased;
        whole = read_whole(body, bytes_max) => whole,
        () = arrival.given_up.notified() => Err(NoBody::GivenUp),
    }
}

/// One that came in a single piece is not copied.
async fn read_whole(mut body: Incoming, bytes_max: usize) -> Result<Bytes, NoBody> {
    if body.size_hint().lower() > bytes_max as u64 {
        discard(body).await;
        return Err(NoBody::TooLarge);
    }
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| NoBody::Broken)?.into_data() else { continue };
        if first.len() + whole.len() + data.len() > bytes_max {
            discard(body).await;
            return Err(NoBody::TooLarge);
        }
        if first.is_empty() && whole.is_empty() {
            first = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&data);
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

/// Takes in some of what nobody wants: a caller whose socket is closed while it sends may never
/// read why.
async fn discard(mut body: Incoming) {
    let mut discarded = 0;
    while discarded < BODY_DISCARDED_BYTES_MAX {
        match body.frame().await {
            Some(Ok(frame)) => discarded += frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => return,
        }
    }
}
