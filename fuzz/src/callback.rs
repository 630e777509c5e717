//! Where a browser is sent back to after it has signed in: whoever makes a link writes it.

use http::header;
use paceline_api::standard_payments::page::callback::{Callback, Ending};

use crate::bounds::{WIRE, within};

/// Allowed, with what is below it.
pub const HOST: &str = "google.com";

const SEALED: &str = "a+b/c=";
const TOLD: &str = "gspResult=100&gspAuthenticationResponse=a%2Bb%2Fc%3D";

pub fn callback(bytes: &[u8]) {
    let Ok(url) = std::str::from_utf8(bytes) else { return };
    let hosts = [HOST.to_owned()];
    for development in [false, true] {
        let read = within(WIRE, bytes, |_| Callback::parse(url, &hosts, development));
        let Some(callback) = read else { continue };
        assert!(is_allowed(url, development), "{url} leads elsewhere");
        ended(url, &callback);
    }
}

/// Where a browser goes, read apart from the library that the page reads it with.
///
/// # Source
/// WHATWG URL Standard: the authority ends at a slash, either way round, a question mark or a
/// number sign.
pub fn is_allowed(url: &str, development: bool) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return false;
    }
    let host = match authority.split_once(']') {
        Some((address, _)) => format!("{address}]"),
        None => authority.split(':').next().unwrap_or_default().to_ascii_lowercase(),
    };
    let within = host == HOST || host.ends_with(&format!(".{HOST}"));
    let here = development && ["127.0.0.1", "localhost", "[::1]"].contains(&&*host);
    match scheme.to_ascii_lowercase().as_str() {
        "https" => within || here,
        "http" => here,
        _ => false,
    }
}

/// What is told is added to the query, and nothing else is changed.
fn ended(url: &str, callback: &Callback) {
    let answer = callback.end(Ending::Approved, Some(SEALED));
    let location = answer.headers()[header::LOCATION].to_str().expect("visible ASCII");
    let (url, fragment) = url.split_once('#').map_or((url, None), |(url, end)| (url, Some(end)));
    let joint = if url.contains('?') { '&' } else { '?' };
    let told = format!("{url}{joint}{TOLD}");
    assert_eq!(location, fragment.map_or(told.clone(), |end| format!("{told}#{end}")));
}
