//! What stands before a body: who calls, what the path names, what the request is called.

use http::{HeaderMap, HeaderName, HeaderValue};
use paceline_api::limits::REQUEST_ID_BYTES_MAX;
use paceline_api::routes::{REQUEST_ID, echo_request_id};
use paceline_api::ucp::agent::{Agent, agent as read};
use paceline_api::ucp::{Dialect, ids};

use crate::bounds::{WIRE, within};

const UCP_AGENT: HeaderName = HeaderName::from_static("ucp-agent");

/// `UCP-Agent`, in as many lines as there are.
pub fn agent(bytes: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        // Others never get past hyper.
        let Ok(line) = HeaderValue::from_bytes(line) else { return };
        headers.append(UCP_AGENT, line);
    }
    match within(WIRE, bytes, |_| read(&headers)) {
        Ok(known) => {
            let url = known.profile.as_deref().expect("a header names a profile");
            assert!(url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://")));
            assert_eq!(known.dialect, Dialect::D1);
            assert_eq!(read_again(url), known);
        }
        Err(refusal) => {
            assert_eq!(refusal.status, http::StatusCode::BAD_REQUEST);
            assert!(!refusal.content.is_empty() && refusal.content.len() < 128);
        }
    }
}

fn read_again(url: &str) -> Agent {
    let quoted = url.replace('\\', "\\\\").replace('"', "\\\"");
    let line = HeaderValue::try_from(format!("profile=\"{quoted}\"")).expect("it was a header");
    let mut headers = HeaderMap::new();
    headers.insert(UCP_AGENT, line);
    read(&headers).expect("what was read can be written")
}

/// A component of a path, and an id in a body.
pub fn session_id(bytes: &[u8]) {
    let Ok(given) = std::str::from_utf8(bytes) else { return };
    let in_path = within(WIRE, bytes, |_| ids::session_in_path(given));
    for named in [in_path, ids::session(given)].into_iter().flatten() {
        let name = named.to_string();
        assert_eq!(ids::session_in_path(&name), Some(named));
        assert_eq!(ids::session(&format!("gid://shop.example/Checkout/{name}")), Some(named));
    }
    if let Some(named) = ids::session(given) {
        assert!(given.ends_with(&named.to_string()), "one id has one name");
    }
}

/// `Request-Id`, which goes back as it came or not at all.
pub fn request_id(bytes: &[u8]) {
    let Ok(given) = HeaderValue::from_bytes(bytes) else { return };
    let (mut asked, mut answer) = (HeaderMap::new(), HeaderMap::new());
    asked.insert(REQUEST_ID, given.clone());
    echo_request_id(&asked, &mut answer);
    let plain = bytes.iter().all(u8::is_ascii_graphic);
    let echoed = plain && (1..=REQUEST_ID_BYTES_MAX).contains(&bytes.len());
    assert_eq!(answer.get(REQUEST_ID), echoed.then_some(&given));
}
