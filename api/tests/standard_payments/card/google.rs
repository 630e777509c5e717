//! Whoever calls as Google does with a card, and whoever is called as Google.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::common::{Answer, JSON, Serving, awaited, paceline, run};
use crate::standard_payments::google::{refused, request};

pub const ACCOUNT: &str = "InvisiCardUSA_USD";
pub const APPROVES: &str = "4111111111111111";
pub const NAME: &str = "Dolores Okafor-Quine";
pub const CVN: &str = "8317";

/// What is paid with a card of the reader's choice.
pub fn payment(number: &str, micros: i64) -> Value {
    json!({
        "paymentIntegratorAccountId": ACCOUNT,
        "accountDetails": {"card": card(number)},
        "currencyCode": "USD", "amount": micros.to_string(),
        "transactionDescription": "GOOGLE*Sky Atlas", "merchantCategoryCode": "5815",
        "addressVerificationData": {"addressLine": ["88 Foundry Lane"], "localityName": "Providence",
            "administrativeAreaName": "RI", "postalCodeNumber": "02903", "countryCode": "US"},
        "additionalTransactionProcessingOptions": none_applies(),
    })
}

pub fn verification(number: &str) -> Value {
    let mut body = payment(number, 1);
    let members = body.as_object_mut().unwrap();
    members.remove("amount");
    members.remove("accountDetails");
    body["card"] = card(number);
    body
}

pub fn card(number: &str) -> Value {
    json!({"accountNumber": number, "nameOnCard": NAME, "expiryMonth": "04", "expiryYear": "39",
        "cvn": CVN})
}

pub fn none_applies() -> Value {
    json!({
        "userSelectedProcessingNetworkTypeNotApplicable": {},
        "electronicCommerceIndicatorNotApplicable": {}, "threeDSecureNotAppplicable": {},
        "storedCredentialTransactionInformationNotApplicable": {}, "scaExemptionNotApplicable": {},
    })
}

pub fn capture(reservation: &str, micros: i64) -> Value {
    json!({"paymentIntegratorAccountId": ACCOUNT, "reservationRequestId": reservation,
        "amount": micros.to_string()})
}

pub fn cancel(reservation: &str) -> Value {
    json!({"paymentIntegratorAccountId": ACCOUNT, "reservationRequestId": reservation})
}

pub fn refund(capture: &str, micros: i64) -> Value {
    json!({"paymentIntegratorAccountId": ACCOUNT, "captureRequestId": capture,
        "refundAmount": micros.to_string()})
}

pub fn defence(capture: &str) -> Value {
    json!({"paymentIntegratorAccountId": ACCOUNT, "captureRequestId": capture,
        "defenseMaterialDocument": {"mimeType": "APPLICATION_PDF",
            "payload": "JVBERi0xLjQKJSBleGFtcGxlCg=="}})
}

pub fn send(serving: &Serving, method: &str, request: &Value) -> Answer {
    serving.post(&format!("/card/v1/{method}"), JSON, &request.to_string())
}

/// The members of a 200 but its header.
pub fn done(serving: &Serving, method: &str, id: &str, members: Value) -> Value {
    let answer = send(serving, method, &request(id, members));
    assert_eq!(answer.status, 200, "{method} {id}: {}", answer.body);
    let mut told = answer.json();
    told.as_object_mut().unwrap().remove("responseHeader").unwrap();
    told
}

/// Status, code and words of what is refused.
pub fn fails(serving: &Serving, method: &str, id: &str, members: Value) -> (u16, String, String) {
    refused(&send(serving, method, &request(id, members)))
}

/// Captures once the capture before has come to its end.
pub fn captured(serving: &Serving, reservation: &str, capture_id: &str, micros: i64) {
    done(serving, "reserveFunds", reservation, payment(APPROVES, micros));
    let asked = capture(reservation, micros);
    done(serving, "asynchronousCaptureFundsReservation", capture_id, asked);
    awaited(|| {
        let (ok, shown, _) = operate(serving, &["dispute", "show", capture_id]);
        (ok && shown.lines().any(|line| line.starts_with("capture") && line.contains("captured")))
            .then_some(())
    });
}

/// Runs a command of an operator's: whether it went well, and what it said.
pub fn operate(serving: &Serving, args: &[&str]) -> (bool, String, String) {
    let mut command: Command = paceline();
    command.args(args).args(["--admin", &format!("http://{}", serving.admin)]);
    run(&mut command)
}

/// Google's side, which takes everything.
pub struct Google {
    pub address: SocketAddr,
    heard: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Google {
    pub fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<(String, Value)>>>::default();
        let told = Arc::clone(&heard);
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (told, socket) = (Arc::clone(&told), socket.unwrap());
                thread::spawn(move || take(socket, &told));
            }
        });
        Self { address, heard }
    }

    /// The configuration of whoever is to reach it.
    pub fn config(&self) -> String {
        format!("[google]\nbase_url = \"http://{}/gsp\"\n", self.address)
    }

    /// The path and body of a notification of this method, once it is there.
    pub fn awaited(&self, method: &str) -> (String, Value) {
        awaited(|| self.all(method).into_iter().next())
    }

    pub fn all(&self, method: &str) -> Vec<(String, Value)> {
        let heard = self.heard.lock().unwrap();
        let named = format!("/{method}/");
        heard.iter().filter(|(path, _)| path.contains(&named)).cloned().collect()
    }

    /// All that was ever sent.
    pub fn everything(&self) -> String {
        format!("{:?}", self.heard.lock().unwrap())
    }
}

fn take(socket: std::net::TcpStream, told: &Mutex<Vec<(String, Value)>>) {
    let mut reader = BufReader::new(socket);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let path = line.split(' ').nth(1).unwrap().to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let header = header.trim().to_lowercase();
            if let Some(bytes) = header.strip_prefix("content-length: ") {
                length = bytes.parse().unwrap();
            }
            if header.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        told.lock().unwrap().push((path, serde_json::from_slice(&body).unwrap()));
        let answer = r#"{"responseHeader":{"responseTimestamp":"1"},"result":"SUCCESS"}"#;
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        reader.get_mut().write_all((head + answer).as_bytes()).unwrap();
    }
}
