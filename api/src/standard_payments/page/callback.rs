//! Where the browser is sent back to, and what it tells there.
//!
//! Promise: nowhere but to a host that the configuration allows, and over TLS; in development also
//! to this machine itself.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, Uri, header};
use http_body_util::Full;
use serde::{Deserialize, Serialize};

use super::Answer;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback(String);

/// How an authentication ends. The number is the wire's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Approved = 100,
    /// The user has turned back.
    Cancelled = 201,
    Failed = 202,
}

impl Callback {
    /// - `hosts`: allowed, with everything below them.
    pub fn parse(url: &str, hosts: &[String], development: bool) -> Option<Self> {
        // What a browser and we might read differently is refused.
        let plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"'<>`".contains(&byte));
        let uri: Uri = url.parse().ok().filter(|_| plain)?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        if authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host().to_ascii_lowercase();
        // What is neither a name nor an address is read by each in its own way.
        let named = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        let port = &authority.as_str()[host.len()..];
        if !named && host != "[::1]" || !port.is_empty() && !is_port(port) {
            return None;
        }
        let within = |allowed: &String| {
            host == *allowed || host.strip_suffix(allowed).is_some_and(|sub| sub.ends_with('.'))
        };
        let here = matches!(host.as_str(), "127.0.0.1" | "localhost" | "[::1]");
        let allowed = match scheme {
            "https" => hosts.iter().any(within) || development && here,
            "http" => development && here,
            _ => false,
        };
        allowed.then(|| Self(url.to_owned()))
    }

    /// - `response`: sealed.
    pub fn end(&self, ending: Ending, response: Option<&str>) -> Answer {
        let (url, fragment) = match self.0.split_once('#') {
            Some((url, fragment)) => (url, format!("#{fragment}")),
            None => (self.0.as_str(), String::new()),
        };
        let mut added = form_urlencoded::Serializer::new(String::new());
        added.append_pair("gspResult", &(ending as u16).to_string());
        if let Some(response) = response {
            added.append_pair("gspAuthenticationResponse", response);
        }
        let joint = if url.contains('?') { '&' } else { '?' };
        let location = format!("{url}{joint}{}{fragment}", added.finish());
        let mut answer = Response::new(Full::new(Bytes::new()));
        *answer.status_mut() = StatusCode::SEE_OTHER;
        let headers = answer.headers_mut();
        let location = HeaderValue::from_str(&location).expect("it was visible ASCII");
        headers.insert(header::LOCATION, location);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        answer
    }
}

/// - `text`: with its colon.
fn is_port(text: &str) -> bool {
    let digits = text.strip_prefix(':').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    digits.is_some_and(|digits| digits.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(url: &str, development: bool) -> bool {
        Callback::parse(url, &["google.com".to_owned()], development).is_some()
    }

    #[test]
    fn only_allowed_hosts_and_what_is_below_them_are_returned_to_over_tls() {
        for url in ["https://google.com/cb", "https://Payments.Google.com:443/a?b=c#d"] {
            assert!(allowed(url, false), "{url}");
        }
        for url in [
            "http://payments.google.com/cb",
            "https://evilgoogle.com/",
            "https://google.com.evil.example/",
            "https://google.com@evil.example/",
            "https://user@google.com/",
            "https://evil.example\\.google.com/",
            "https://evil.example/?.google.com",
            "https://google.com:;sandbox/",
            "https://google.com:80;sandbox/",
            "https://x;sandbox.google.com/",
            "https://google.com:port/",
            "https://google.com:65536/",
            "https://google.com:+80/",
            "javascript:alert(1)",
            "//google.com/",
            "/google.com",
            "https://google.com/\nset-cookie: a=b",
            "",
            "https://127.0.0.1/",
        ] {
            assert!(!allowed(url, false), "{url}");
        }
    }

    #[test]
    fn development_returns_to_this_machine_too() {
        for url in ["http://127.0.0.1:8090/cb", "http://localhost/", "http://[::1]:1/"] {
            assert!(allowed(url, true) && !allowed(url, false), "{url}");
        }
        assert!(!allowed("http://127.0.0.1.evil.example/", true));
    }

    #[test]
    fn what_is_told_is_added_to_what_the_address_has_already() {
        let end = |url: &str| {
            let callback = Callback::parse(url, &["google.com".to_owned()], false).unwrap();
            let answer = callback.end(Ending::Approved, Some("a+b"));
            answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
        };
        let told = "gspResult=100&gspAuthenticationResponse=a%2Bb";
        assert_eq!(end("https://google.com/cb"), format!("https://google.com/cb?{told}"));
        assert_eq!(
            end("https://google.com/cb?x=1#y"),
            format!("https://google.com/cb?x=1&{told}#y")
        );
    }
}
