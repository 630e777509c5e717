//! The page on which customers sign in, under keys: what Google asks of it and what it tells Google
//! travel sealed through the browser.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::SystemTime;

use common::{Keys, start};
use paceline_google::google::Proof;
use paceline_google::wire::fresh;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

const CALLBACK: &str = "https://pay.google.com/back";

/// A browser without scripts: it keeps the cookie and the hidden field of the form that it shows.
struct Browser {
    address: String,
    cookie: String,
    ticket: String,
}

impl Browser {
    /// The head of the answer, after which the form that came with it is shown.
    fn ask(&mut self, method: &str, query: &str, form: &str) -> String {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "{method} /tokenized/authenticate{query} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             cookie: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{form}",
            self.cookie,
            form.len()
        );
        socket.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        if let Some(cookie) = header(head, "set-cookie") {
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        if let Some((_, ticket)) = body.split_once("name=\"ticket\" value=\"") {
            self.ticket = ticket.split('"').next().unwrap().to_owned();
        }
        head.to_owned()
    }

    fn submit(&mut self, fields: &str) -> String {
        let form = format!("ticket={}&{fields}", self.ticket);
        self.ask("POST", "", &form)
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(said, _)| said.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn who_signs_in_is_sent_back_with_a_sealed_proof_that_links_the_account() {
    let keys = Keys::exchanged();
    let files = tempfile::tempdir().unwrap();
    let (stage, paceline) = start(&files, Some(&keys)).await;
    let google = &stage.google;
    let envelope = &google.integrator.envelope;
    let id = fresh("auth");
    let asked = json!({"requestId": id, "paymentIntegratorAccountId": google.account});
    let asked = envelope.seal_parameter(asked.to_string().as_bytes(), SystemTime::now()).unwrap();

    let address = paceline.url(0).trim_start_matches("http://").to_owned();
    let mut browser = Browser { address, cookie: String::new(), ticket: String::new() };
    let (sealed, callback) = (escaped(&asked), escaped(CALLBACK));
    let bare = escaped(&fresh("eyJyZXF1ZXN0SWQiOiJhIn0"));
    for (asked, status) in [(bare, "303"), (sealed, "200")] {
        let query = format!(
            "?gspMajorVersion=1&gspAuthenticationRequest={asked}&gspCallbackUrl={callback}"
        );
        let head = browser.ask("GET", &query, "");
        assert_eq!(head.split(' ').nth(1), Some(status), "{head}");
    }
    browser.submit("intent=sign-in&who=sally%40otheremail.com&password=paceline");
    let back = browser.submit("intent=approve");

    let location = header(&back, "location").unwrap();
    let told = location.strip_prefix(CALLBACK).unwrap();
    let (_, sealed) = told.split_once("?gspResult=100&gspAuthenticationResponse=").unwrap();
    let sealed = percent_decode_str(sealed).decode_utf8().unwrap();
    let opened = envelope.open_parameter(&sealed, SystemTime::now()).unwrap();
    assert!(opened.signed_by.is_some());
    let told: Value = serde_json::from_slice(&opened.json).unwrap();
    assert_eq!(told["requestId"], id.as_str());

    let (link, answer) = google.associate(&Proof::Redirect(id)).await.unwrap();
    assert_eq!(link.account, "acct-sally", "{answer}");
}
