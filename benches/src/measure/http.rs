//! One kept-alive HTTP/1.1 connection, as cheap as it can be.
//!
//! Why: the generator shares the machine with what it measures, so what it spends is missing
//! there. Requests are bytes made beforehand; an answer is read in place.
//! Left out: chunked answers, redirects, HTTP/2. A server that sends such ends the run.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Connection {
    socket: TcpStream,
    buffer: Vec<u8>,
}

pub struct Answer<'a> {
    pub status: u16,
    /// The caller is told when to come back.
    pub retry_after: bool,
    /// Nothing more comes on this connection.
    pub closes: bool,
    pub body: &'a [u8],
}

struct Head {
    status: u16,
    retry_after: bool,
    closes: bool,
    bytes: usize,
    body_bytes: usize,
}

/// More than any answer here has.
const HEADERS_MAX: usize = 32;

impl Connection {
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends one request and reads its answer to the end.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.socket.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.read_more().await?;
            if let Some(head) = parse(&self.buffer)? {
                break head;
            }
        };
        let end = head.bytes + head.body_bytes;
        while self.buffer.len() < end {
            self.read_more().await?;
        }
        let Head { status, retry_after, closes, bytes, .. } = head;
        Ok(Answer { status, retry_after, closes, body: &self.buffer[bytes..end] })
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.socket.read_buf(&mut self.buffer).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server hung up")),
            _ => Ok(()),
        }
    }
}

/// `None` if the head is not all there yet.
fn parse(bytes: &[u8]) -> io::Result<Option<Head>> {
    let bad = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(bytes).map_err(|error| bad(error.to_string()))?;
    let httparse::Status::Complete(head_bytes) = parsed else { return Ok(None) };
    let header =
        |name: &str| response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    let body_bytes = header("content-length")
        .and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok())
        .ok_or_else(|| bad("an answer without Content-Length".to_owned()))?;
    let status = response.code.ok_or_else(|| bad("an answer without a status".to_owned()))?;
    let retry_after = header("retry-after").is_some();
    let closes =
        header("connection").is_some_and(|header| header.value.eq_ignore_ascii_case(b"close"));
    Ok(Some(Head { status, retry_after, closes, bytes: head_bytes, body_bytes }))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_head_is_read_once_it_is_all_there() {
        let whole = b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\n\r\nhello";
        assert!(parse(&whole[..30]).unwrap().is_none());
        let head = parse(whole).unwrap().unwrap();
        assert_eq!((head.status, head.bytes, head.body_bytes), (201, 43, 5));
    }

    #[test]
    fn an_answer_of_unknown_length_is_an_error() {
        assert!(parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
