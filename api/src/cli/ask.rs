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
    let heard = ask_bytes(admin, path, accept, json)?;
    Ok(String::from_utf8_lossy(&heard).into_owned())
}

/// The same, whatever the answer holds.
pub fn ask_bytes(
    admin: &Uri,
    path: &str,
    accept: &str,
    json: Option<&str>,
) -> Result<Vec<u8>, Failure> {
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
    let mut heard = vec![];
    socket.take(STORY_BYTES_MAX).read_to_end(&mut heard).map_err(unreachable)?;
    let end = heard.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(heard.len());
    let body = heard.split_off((end + 4).min(heard.len()));
    match String::from_utf8_lossy(&heard).split(' ').nth(1) {
        Some("200") => Ok(body),
        Some(_) => Err(String::from_utf8_lossy(&body).trim_end().into()),
        None => Err(format!("{authority} does not speak HTTP").into()),
    }
}
