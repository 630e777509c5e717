//! A request's body, whole and within its bounds.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::limits::BODY_DISCARDED_BYTES_MAX;

/// Why there is no body to look at.
pub enum NoBody {
    TooLarge,
    /// The caller has left, or broke the rules of HTTP.
    Broken,
}

/// Reads a body of at most `bytes_max`. One that came in a single piece is not copied.
pub async fn read(mut body: Incoming, bytes_max: usize) -> Result<Bytes, NoBody> {
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
