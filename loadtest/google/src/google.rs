//! Google, as it acts: each call that it makes, with what it writes into its books.
//!
//! Promise: what is about to be asked is in the books before it is asked, because the integrator
//! may tell the result before its own answer has arrived.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::books::{Books, Kind, Ledger, Link, Payment};
use crate::failure::Failure;
use crate::integrator::{Answer, Integrator, get};
use crate::wire::{Request, fresh, millis};

#[derive(Clone, Debug)]
pub struct Google {
    pub integrator: Integrator,
    /// The integrator's account with Google.
    pub account: String,
    pub books: Books,
    /// Where is shown what was sent by SMS: the integrator's development mode, or our own host.
    pub messages: String,
}

/// How a user proves that an account is theirs.
#[derive(Clone, Debug)]
pub enum Proof {
    Otp { sent: String, otp: String },
    Redirect(String),
}

impl Proof {
    pub fn member(&self) -> (&'static str, Value) {
        match self {
            Self::Otp { sent, otp } => {
                ("otpVerification", json!({"sendOtpRequestId": sent, "otp": otp}))
            }
            Self::Redirect(request) => ("authenticationRequestId", request.as_str().into()),
        }
    }
}

/// What is to be paid.
#[derive(Clone, Debug)]
pub struct Price {
    pub micros: i64,
    pub currency: String,
}

impl Google {
    pub async fn echo(&self, message: &str) -> Result<Answer, Failure> {
        let request = Request::new(fresh("echo"), json!({"clientMessage": message}));
        self.integrator.call("echo", &request).await
    }

    /// By a password that is sent to a telephone, which makes a link.
    pub async fn prove_by_otp(&self, phone: &str) -> Result<Proof, Failure> {
        self.prove(send_otp(phone), phone).await
    }

    /// By one that is sent to whoever is behind a link, at this number: for what is done with it.
    pub async fn prove_again(&self, link: &Link, phone: &str) -> Result<Proof, Failure> {
        let matching = secret(11);
        let members = json!({"smsMatchingToken": matching, "associationId": link.association});
        self.prove((Request::new(fresh("otp"), members), matching), phone).await
    }

    async fn prove(&self, asked: (Request, String), phone: &str) -> Result<Proof, Failure> {
        let (request, matching) = asked;
        let answer = self.integrator.call("sendOtp", &request).await?;
        if !answer.is(200, "SUCCESS") {
            return Err(Failure(format!("sendOtp: {answer}")));
        }
        let otp = self.read_otp(phone, &matching).await?;
        Ok(Proof::Otp { sent: request.id, otp })
    }

    /// The password in the newest message that has the matching token.
    pub async fn read_otp(&self, phone: &str, matching: &str) -> Result<String, Failure> {
        let newest = self.messages(phone, matching).await?.into_iter().next();
        let password = newest.and_then(|text| digits(&text.replace(matching, "")));
        password.ok_or_else(|| Failure(format!("no message to {phone} has {matching} in it")))
    }

    /// What was sent by SMS and has the matching token in it, newest first.
    pub async fn messages(&self, phone: &str, matching: &str) -> Result<Vec<String>, Failure> {
        let shown = self.messages.trim_end_matches('/');
        let url = format!("{shown}/development/sms?phone={}", phone.replace('+', "%2B"));
        let (status, body) = get(&url).await?;
        if status != 200 {
            return Err(Failure(format!("{url}: {status}; are messages shown there?")));
        }
        let mut messages = texts(&serde_json::from_slice(&body)?);
        messages.retain(|text| text.contains(matching));
        Ok(messages)
    }

    /// Associates a new token with the account that the proof is of.
    pub async fn associate(&self, proof: &Proof) -> Result<(Link, Answer), Failure> {
        let (request, link) = association(proof);
        let answer = self.integrator.call("associateAccount", &request).await?;
        let link = self.linked(link, &answer)?;
        Ok((link, answer))
    }

    /// Writes down what came of an association.
    pub fn linked(&self, link: Link, answer: &Answer) -> Result<Link, Failure> {
        if !answer.is(200, "SUCCESS") {
            return Ok(link);
        }
        let text = |member: &str| answer.body[member].as_str().unwrap_or_default().to_owned();
        let link = Link { account: text("accountId"), nickname: text("accountNickname"), ..link };
        self.books.change(|ledger| ledger.links.push(link.clone()))?;
        Ok(link)
    }

    /// A link to the account of this phone.
    pub async fn link(&self, phone: &str) -> Result<Link, Failure> {
        let proof = self.prove_by_otp(phone).await?;
        let (link, answer) = self.associate(&proof).await?;
        if link.account.is_empty() {
            return Err(Failure(format!("associateAccount: {answer}")));
        }
        Ok(link)
    }

    /// A capture that has not been asked for.
    pub fn capture(&self, token: &str, price: &Price) -> Request {
        let members = json!({
            "paymentIntegratorAccountId": self.account,
            "googlePaymentToken": token,
            "transactionDescription": "Google - a simulated purchase",
            "currencyCode": price.currency,
            "amount": price.micros.to_string(),
            "captureContext": {},
        });
        Request::new(fresh("cap"), members)
    }

    /// One whose result is told later.
    pub fn capture_later(&self, token: &str, price: &Price) -> Request {
        let members = json!({
            "paymentIntegratorAccountId": self.account,
            "tokenizedInstrumentDetails": {"googlePaymentToken": token},
            "transactionDescription": "Google - a simulated purchase",
            "currencyCode": price.currency,
            "amount": price.micros.to_string(),
        });
        Request { version: [1, 1, 0], ..Request::new(fresh("acap"), members) }
    }

    pub fn refund(&self, capture: &str, price: &Price) -> Request {
        let members = json!({
            "paymentIntegratorAccountId": self.account,
            "captureRequestId": capture,
            "currencyCode": price.currency,
            "refundAmount": price.micros.to_string(),
        });
        Request::new(fresh("ref"), members)
    }

    pub fn disburse(&self, token: &str, price: &Price) -> Request {
        let members = json!({
            "paymentIntegratorAccountId": self.account,
            "googlePaymentToken": token,
            "transactionDescription": "Google - a simulated reward",
            "currencyCode": price.currency,
            "amount": price.micros.to_string(),
        });
        Request::new(fresh("dis"), members)
    }

    /// Asks for a payment, and writes down before and after what is known of it.
    pub async fn pay(&self, kind: Kind, request: &Request) -> Result<Answer, Failure> {
        self.books.change(|ledger| about_to(ledger, kind, request))?;
        let answer = self.integrator.call(method(kind), request).await?;
        if answer.status == 200 && answer.result() != "ACKNOWLEDGED" {
            let settled = self.books.change(|ledger| settle(ledger, &request.id, &answer))?;
            settled?;
        }
        Ok(answer)
    }

    pub fn payment(&self, request: &str) -> Result<Option<Payment>, Failure> {
        let ledger = self.books.read()?;
        Ok(ledger.payments.into_iter().find(|payment| payment.request == request))
    }
}

pub fn method(kind: Kind) -> &'static str {
    match kind {
        Kind::Capture => "capture",
        Kind::AsynchronousCapture => "asynchronousCapture",
        Kind::Refund => "refund",
        Kind::Disbursement => "disburseFunds",
    }
}

/// The request, and the token by which an Android phone would recognize the message.
pub fn send_otp(phone: &str) -> (Request, String) {
    let matching = secret(11);
    let members = json!({
        "smsMatchingToken": matching,
        "otpContext": {"association": {}},
        "accountPhoneNumber": phone,
    });
    (Request::new(fresh("otp"), members), matching)
}

/// A new token and its public twin, to be bound to the account that the proof is of.
pub fn association(proof: &Proof) -> (Request, Link) {
    let link = Link {
        token: secret(40),
        association: format!("assoc-{:016x}", rand::random::<u64>()),
        account: String::new(),
        nickname: String::new(),
    };
    let (name, value) = proof.member();
    let mut members = json!({
        "googlePaymentToken": link.token,
        "associationId": link.association,
        "provideUserInformation": true,
    });
    members[name] = value;
    (Request::new(fresh("assoc"), members), link)
}

/// Web-safe, as Google's tokens are.
pub fn secret(length: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..length).map(|_| char::from(ALPHABET[usize::from(rand::random::<u8>() & 63)])).collect()
}

/// A repeated request is not another payment.
fn about_to(ledger: &mut Ledger, kind: Kind, request: &Request) {
    if ledger.payments.iter().any(|payment| payment.request == request.id) {
        return;
    }
    let text = |member: &str| request.members[member].as_str().map(str::to_owned);
    let amount = text("amount").or_else(|| text("refundAmount"));
    let details = &request.members["tokenizedInstrumentDetails"]["googlePaymentToken"];
    ledger.payments.push(Payment {
        kind,
        request: request.id.clone(),
        capture: text("captureRequestId"),
        token: text("googlePaymentToken").or_else(|| details.as_str().map(str::to_owned)),
        currency: text("currencyCode").unwrap_or_default(),
        micros: amount.and_then(|amount| amount.parse().ok()).unwrap_or_default(),
        at: millis(SystemTime::now()),
        result: None,
        theirs: None,
    });
}

fn settle(ledger: &mut Ledger, request: &str, answer: &Answer) -> Result<(), Failure> {
    let mut payments = ledger.payments.iter_mut();
    let payment = payments.find(|payment| payment.request == request);
    let payment = payment.ok_or("it was written down before it was asked")?;
    let result = answer.result();
    if let Some(before) = &payment.result {
        if before != result {
            return Err(Failure(format!("{request} was told to be {before}, and is now {result}")));
        }
        return Ok(());
    }
    payment.result = Some(result.to_owned());
    let names = [
        "paymentIntegratorTransactionId",
        "paymentIntegratorRefundId",
        "paymentIntegratorDisburseFundsId",
    ];
    payment.theirs = names.iter().find_map(|name| answer.body[*name].as_str()).map(str::to_owned);
    Ok(())
}

/// Every text in it, in its order.
fn texts(shown: &Value) -> Vec<String> {
    match shown {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => vec![],
    }
}

/// The first number that is long enough for a password.
fn digits(text: &str) -> Option<String> {
    let runs = text.split(|it: char| !it.is_ascii_digit());
    runs.filter(|run| (4..=10).contains(&run.len())).map(str::to_owned).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_found_whatever_stands_around_it() {
        let shown = json!({"messages": [{"text": "Your code is 408215.\nQm4tZ8k1234"}]});
        let text = texts(&shown).remove(0).replace("Qm4tZ8k1234", "");
        assert_eq!(digits(&text), Some("408215".to_owned()));
        assert_eq!(digits("no code, 123"), None);
    }
}
