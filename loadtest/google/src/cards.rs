//! Google, as it acts with a card: each call that it makes, with what it writes into its books.
//!
//! Promise: what is about to be asked is in the books before it is asked, because the integrator
//! may tell the result before its own answer has arrived. The books hold no number of a card.

use serde_json::{Value, json};

use crate::books::Books;
use crate::books::cards::{Asked, CardKind, CardLedger};
use crate::failure::Failure;
use crate::google::Price;
use crate::integrator::{Answer, Integrator};
use crate::wire::{Request, fresh};

/// Approved by every simulated acquirer.
pub const APPROVED: &str = "4111111111111111";

/// What the card methods' paths have in front of them.
const SERVICE: &str = "payment-integrator-card-fop-api";

#[derive(Clone, Debug)]
pub struct Cards {
    pub integrator: Integrator,
    /// The integrator's account with Google.
    pub account: String,
    pub books: Books,
}

impl Cards {
    pub async fn echo(&self, message: &str) -> Result<Answer, Failure> {
        let request = Request::new(fresh("echo"), json!({"clientMessage": message}));
        self.integrator.call("echo", &request).await
    }

    pub fn reserve(&self, number: &str, price: &Price) -> Request {
        Request::new(fresh("rsv"), self.payment(number, price))
    }

    /// Reserved and captured in one message.
    pub fn buy(&self, number: &str, price: &Price) -> Request {
        Request::new(fresh("ccap"), self.payment(number, price))
    }

    pub fn verify(&self, number: &str) -> Request {
        let members = json!({
            "paymentIntegratorAccountId": self.account,
            "card": card(number),
            "currencyCode": "USD",
            "transactionDescription": "GOOGLE*TEMP HOLD",
            "merchantCategoryCode": "5815",
            "additionalTransactionProcessingOptions": nothing_applies(),
        });
        Request::new(fresh("vfy"), members)
    }

    pub fn capture(&self, reservation: &str, micros: i64) -> Request {
        let mut members = self.naming("reservationRequestId", reservation);
        members["amount"] = micros.to_string().into();
        Request::new(fresh("rcap"), members)
    }

    pub fn cancel(&self, reservation: &str) -> Request {
        Request::new(fresh("rcan"), self.naming("reservationRequestId", reservation))
    }

    pub fn refund(&self, capture: &str, micros: i64) -> Request {
        let mut members = self.naming("captureRequestId", capture);
        members["refundAmount"] = micros.to_string().into();
        Request::new(fresh("cref"), members)
    }

    /// Hands over evidence against a chargeback.
    pub async fn defend(&self, capture: &str) -> Result<Answer, Failure> {
        let mut members = self.naming("captureRequestId", capture);
        // An empty document is one, too.
        members["defenseMaterialDocument"] =
            json!({"mimeType": "APPLICATION_PDF", "payload": "JVBERi0xLjQKJSVFT0YK"});
        let method = "payment-integrator-dispute-api/defendChargeback";
        self.integrator.call(method, &Request::new(fresh("dfd"), members)).await
    }

    /// Asks for it, and writes down before and after what is known of it.
    pub async fn ask(&self, kind: CardKind, request: &Request) -> Result<Answer, Failure> {
        self.books.change(|ledger| about_to(&mut ledger.cards, kind, request))?;
        let answer = self.integrator.call(&method(kind), request).await?;
        if answer.status == 200 && answer.result() != "ACKNOWLEDGED" {
            let done = |ledger: &mut CardLedger| conclude(ledger, &request.id, answer.result());
            self.books.change(|ledger| done(&mut ledger.cards))??;
        }
        Ok(answer)
    }

    pub fn find(&self, request: &str) -> Result<Option<Asked>, Failure> {
        Ok(self.books.read()?.cards.find(request).cloned())
    }

    fn payment(&self, number: &str, price: &Price) -> Value {
        json!({
            "paymentIntegratorAccountId": self.account,
            "accountDetails": {"card": card(number)},
            "currencyCode": price.currency,
            "amount": price.micros.to_string(),
            "transactionDescription": "GOOGLE*A simulated purchase",
            "merchantCategoryCode": "5815",
            "additionalTransactionProcessingOptions": nothing_applies(),
        })
    }

    fn naming(&self, member: &str, request: &str) -> Value {
        json!({"paymentIntegratorAccountId": self.account, member: request})
    }
}

/// The path of its method.
pub fn method(kind: CardKind) -> String {
    let word = match kind {
        CardKind::Reservation => "reserveFunds",
        CardKind::Verification => "verifyCardWithMinimumReservation",
        CardKind::Capture => "asynchronousCaptureFundsReservation",
        CardKind::Cancellation => "asynchronousCancelFundsReservation",
        CardKind::Payment => "capture",
        CardKind::Refund => "asynchronousRefund",
    };
    format!("{SERVICE}/{word}")
}

fn card(number: &str) -> Value {
    json!({
        "accountNumber": number,
        "nameOnCard": "Sally Sun",
        "expiryMonth": "12",
        "expiryYear": "49",
        "cvn": "717",
    })
}

/// One member of each union, of which each says no.
fn nothing_applies() -> Value {
    json!({
        "userSelectedProcessingNetworkTypeNotApplicable": {},
        "electronicCommerceIndicatorNotApplicable": {},
        "threeDSecureNotAppplicable": {}, // As the wire spells it.
        "storedCredentialTransactionInformationNotApplicable": {},
        "scaExemptionNotApplicable": {},
    })
}

/// A repeated request is not another one.
fn about_to(ledger: &mut CardLedger, kind: CardKind, request: &Request) {
    if ledger.find(&request.id).is_some() {
        return;
    }
    let text = |member: &str| request.members[member].as_str().map(str::to_owned);
    let of = text("reservationRequestId").or_else(|| text("captureRequestId"));
    let amount = text("amount").or_else(|| text("refundAmount"));
    let currency = text("currencyCode").or_else(|| {
        let named = of.as_ref().and_then(|of| ledger.find(of));
        named.map(|named| named.currency.clone())
    });
    ledger.asked.push(Asked {
        kind,
        request: request.id.clone(),
        of,
        micros: amount.and_then(|amount| amount.parse().ok()).unwrap_or_default(),
        currency: currency.unwrap_or_default(),
        result: None,
        reference: None,
        reversed: false,
    });
}

/// The first result is the result.
///
/// # Errors
/// If it was another one before, or nobody asked.
pub fn conclude(ledger: &mut CardLedger, request: &str, result: &str) -> Result<(), Failure> {
    let asked = ledger.asked.iter_mut().find(|asked| asked.request == request);
    let asked = asked.ok_or("it was written down before it was asked")?;
    match &asked.result {
        Some(before) if before != result => {
            Err(Failure(format!("{request} was told to be {before}, and is now {result}")))
        }
        _ => {
            asked.result = Some(result.to_owned());
            Ok(())
        }
    }
}
