//! Asks the admin listener of a server that runs.
//!
//! In HTTP/1.0, where an answer ends with its connection: all that is needed of HTTP here.

use std::io::{Read, Write};
use std::net::TcpStream;

use http::Uri;

use super::Failure;
use crate::limits::{ADMIN_TIMEOUT, STORY_BYTES_MAX};

/// Gets a path, or posts JSON to it.
pub fn ask(admin: &Uri, path: &str, accept: &str, json: Option<&str>) -> Result<String, Failure> {
    let known = admin.authority().filter(|_| admin.scheme_str().is_none_or(|it| it == "http"));
    let Some(authority) = known else {
        return Err(format!("{admin} is no address such as http://127.0.0.1:9464").into());
    };
    let unreachable = |cause| format!("{authority} does not answer: {cause}");
    let mut socket = TcpStream::connect(authority.as_str()).map_err(unreachable)?;
    socket.set_read_timeout(Some(ADMIN_TIMEOUT)).map_err(unreachable)?;
    let method = if json.is_some() { "POST" } else { "GET" };
    let body = json.unwrap_or_default();
    let asked = format!(
        "{method} {path} HTTP/1.0\r\nhost: {authority}\r\naccept: {accept}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(asked.as_bytes()).map_err(unreachable)?;
    let mut heard = String::new();
    socket.take(STORY_BYTES_MAX).read_to_string(&mut heard).map_err(unreachable)?;
    let (head, body) = heard.split_once("\r\n\r\n").unwrap_or((&heard, ""));
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        Some(_) => Err(body.trim_end().into()),
        None => Err(format!("{authority} does not speak HTTP").into()),
    }
}
