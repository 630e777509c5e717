//! The text of one HTTP/1.1 request, as a target is given it.

use bytes::Bytes;
use http::Request;
use http::request::Parts;
use memchr::memmem;

const HEADERS_MAX: usize = 32;

/// Head and body; `None` for what never gets past hyper.
pub fn parse(bytes: &[u8]) -> Option<(Parts, Bytes)> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(end) = parsed.parse(bytes).ok()? else { return None };
    let mut request = Request::builder().method(parsed.method?).uri(parsed.path?);
    for header in parsed.headers {
        request = request.header(header.name, header.value);
    }
    let body = Bytes::copy_from_slice(&bytes[end..]);
    Some((request.body(()).ok()?.into_parts().0, body))
}

/// Puts something that is there in the place of each word that stands for it, where it stands first.
pub fn filled<'a>(bytes: &[u8], words: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut filled = bytes.to_vec();
    for (word, with) in words {
        let word = word.as_bytes();
        if let Some(at) = memmem::find(&filled, word) {
            filled.splice(at..at + word.len(), with.bytes());
        }
    }
    filled
}
