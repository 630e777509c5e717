//! Customers with money whose accounts are linked, so that there is somebody to take it from.
//!
//! Why so many: a sale has many buyers. One account alone would be asked by all of them at once.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::Outcome;
use super::http::Connection;
use super::server::Server;

pub const PAYERS: u64 = 100;
/// Enough for every capture of a long run.
const DOLLARS: &str = "1000000.00";

/// The Google payment token of a payer.
pub fn token(payer: u64) -> String {
    format!("payer-token-{:024}", payer % PAYERS)
}

/// Opens, funds and links them all.
///
/// # Errors
/// If anything is not as it should be.
pub async fn link(server: &Server) -> Outcome<()> {
    let mut public = Connection::open(server.address()).await?;
    for payer in 0..PAYERS {
        let (id, phone) = (format!("payer-{payer}"), format!("+1555020{payer:04}"));
        let opening = json!({"id": id, "currency": "USD", "name": id, "phone": phone});
        admin(server.admin()?, "POST", "/accounts", &opening).await?;
        let funds = json!({"amount": DOLLARS, "movement": "start"});
        admin(server.admin()?, "POST", &format!("/accounts/{id}/fund"), &funds).await?;
        let sent = json!({"smsMatchingToken": "Qm4tZ8kLp0w", "accountPhoneNumber": phone});
        ask(&mut public, "sendOtp", &format!("otp-{payer}"), sent).await?;
        let messages = format!("/development/sms?phone=%2B1555020{payer:04}");
        let messages = admin(server.admin()?, "GET", &messages, &Value::Null).await?;
        let text = messages[0]["text"].as_str().ok_or("a message was sent")?;
        let otp: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
        let link = json!({
            "googlePaymentToken": token(payer),
            "associationId": format!("assoc-{payer}"),
            "provideUserInformation": false,
            "otpVerification": {"sendOtpRequestId": format!("otp-{payer}"), "otp": otp},
        });
        ask(&mut public, "associateAccount", &format!("assoc-{payer}"), link).await?;
    }
    Ok(())
}

/// The body of a request with its header, sent now.
pub fn request(id: &str, mut members: Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    members["requestHeader"] = json!({
        "protocolVersion": {"major": 1, "minor": 0, "revision": 0},
        "requestId": id,
        "requestTimestamp": now.to_string(),
    });
    members.to_string()
}

async fn ask(to: &mut Connection, method: &str, id: &str, members: Value) -> Outcome<()> {
    let body = request(id, members);
    let answer = to.ask(&posted(&format!("/tokenized/v1/{method}"), &body)).await?;
    let told: Value = serde_json::from_slice(answer.body)?;
    match told["result"].as_str() {
        Some("SUCCESS") => Ok(()),
        _ => Err(format!("{method}: {told}").into()),
    }
}

/// That listener ends its connection after each answer.
async fn admin(to: SocketAddr, method: &str, path: &str, body: &Value) -> Outcome<Value> {
    let mut connection = Connection::open(to).await?;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = String::from_utf8(posted(path, &body))?.replacen("POST", method, 1);
    let answer = connection.ask(request.as_bytes()).await?;
    match answer.status {
        200 => Ok(serde_json::from_slice(answer.body)?),
        _ => Err(format!("{path}: {}", String::from_utf8_lossy(answer.body)).into()),
    }
}

fn posted(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: pay.example\r\nContent-Type: application/json\r\n\
         Accept: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
