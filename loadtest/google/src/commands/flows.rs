//! The flows of a payment method's life, one after the other as a person goes through them.

use std::time::{Duration, SystemTime};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::Options;
use crate::books::{Books, Kind, Ledger, Link, Payment};
use crate::failure::Failure;
use crate::google::{Google, Price, Proof};
use crate::host::Host;
use crate::limits::{LOOK_EVERY, NOTICE_WITHIN};
use crate::statement;
use crate::wire::{Request, amount, fresh, micros};

/// How long a person may take to sign in.
const SIGN_IN_WITHIN: Duration = Duration::from_secs(10 * 60);

/// What the integrator's page answers when the user has agreed.
const AUTHENTICATED: &str = "100";

pub async fn echo(google: &Google, message: &str) -> Result<bool, Failure> {
    let answer = google.echo(message).await?;
    Ok(answer.status == 200 && answer.body["clientMessage"] == message)
}

pub async fn link(google: &Google, phone: &str) -> Result<bool, Failure> {
    let proof = google.prove_by_otp(phone).await?;
    println!("The password came by SMS, and the user typed it.\n");
    associate(google, &proof).await
}

pub async fn link_by_browser(google: &Google, options: &Options) -> Result<bool, Failure> {
    let host = options.host(google).await?;
    let host = host.ok_or("`google serve` has the address: stop it, and link again")?;
    let request = fresh("auth");
    let asked = json!({"requestId": request, "paymentIntegratorAccountId": google.account});
    let envelope = &google.integrator.envelope;
    let asked = envelope.seal_parameter(asked.to_string().as_bytes(), SystemTime::now())?;
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    println!(
        "Open this in a browser, sign in, and approve:\n\n{}?gspMajorVersion=1\
         &gspAuthenticationRequest={}&gspCallbackUrl={}\n",
        options.page,
        escaped(&asked),
        escaped(&host.callback())
    );
    let returned = come_back(&host).await?;
    let [result, answer] = ["gspResult", "gspAuthenticationResponse"].map(|name| {
        let pairs = returned.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next();
        percent_decode_str(value.unwrap_or_default()).decode_utf8_lossy().into_owned()
    });
    println!("The browser came back: gspResult={result}\n");
    if result != AUTHENTICATED {
        return Ok(false);
    }
    let opened = envelope.open_parameter(&answer, SystemTime::now());
    let opened = opened.map_err(|why| Failure(format!("gspAuthenticationResponse: {why}")))?;
    let said: Value = serde_json::from_slice(&opened.json)?;
    if said["requestId"] != request.as_str() {
        return Err(Failure(format!("the page answers another request: {said}")));
    }
    associate(google, &Proof::Redirect(request)).await
}

pub async fn buy(
    google: &Google,
    options: &Options,
    how_much: &str,
    currency: &str,
    later: bool,
) -> Result<bool, Failure> {
    let price = price(how_much, currency)?;
    let link = last_link(google)?;
    if !later {
        let request = google.capture(&link.token, &price);
        let answer = google.pay(Kind::Capture, &request).await?;
        return Ok(answer.is(200, "SUCCESS"));
    }
    // In place before it is asked for: the result may overtake the acknowledgement.
    let _host = options.host(google).await?;
    let request = google.capture_later(&link.token, &price);
    let answer = google.pay(Kind::AsynchronousCapture, &request).await?;
    if !answer.is(200, "ACKNOWLEDGED") {
        return Ok(false);
    }
    let told = |ledger: &Ledger| {
        let payment = ledger.payments.iter().find(|payment| payment.request == request.id);
        payment.and_then(|payment| payment.result.clone())
    };
    let result = wait(&google.books, "captureResultNotification", told).await?;
    println!("{} ended with {result}", request.id);
    Ok(result == "SUCCESS")
}

pub async fn refund(
    google: &Google,
    how_much: Option<&str>,
    capture: Option<&str>,
) -> Result<bool, Failure> {
    let ledger = google.books.read()?;
    let mut payments = ledger.payments.iter().rev();
    let capture = payments.find(|payment| match capture {
        Some(request) => payment.request == request,
        None => payment.kind.is_capture() && payment.succeeded(),
    });
    let capture = capture.ok_or("there is no such purchase: `google buy 12.50` makes one")?;
    let price = match how_much {
        Some(text) => price(text, &capture.currency)?,
        None => Price { micros: remainder(&ledger, capture), currency: capture.currency.clone() },
    };
    let request = google.refund(&capture.request, &price);
    let answer = google.pay(Kind::Refund, &request).await?;
    Ok(answer.is(200, "SUCCESS"))
}

pub async fn disburse(google: &Google, how_much: &str, currency: &str) -> Result<bool, Failure> {
    let price = price(how_much, currency)?;
    let request = google.disburse(&last_link(google)?.token, &price);
    let answer = google.pay(Kind::Disbursement, &request).await?;
    Ok(answer.is(200, "SUCCESS"))
}

pub async fn settle(google: &Google, options: &Options) -> Result<bool, Failure> {
    let _host = options.host(google).await?;
    let statement = statement::of_all_unsettled(&google.books.read()?, SystemTime::now());
    let statement = statement.ok_or("there is nothing to settle: `google buy 12.50` first")?;
    let id = statement.id.clone();
    let members = json!({
        "paymentIntegratorAccountId": google.account,
        "remittanceStatementSummary": statement.summary,
    });
    google.books.change(|ledger| ledger.statements.push(statement))?;
    let request = Request::new(&id, members);
    let answer = google.integrator.call("remittanceStatementNotification", &request).await?;
    if !answer.is(200, "ACCEPTED") {
        return Ok(false);
    }
    let agreed = |ledger: &Ledger| {
        let statement = ledger.statements.iter().find(|statement| statement.id == id);
        statement.and_then(|statement| statement.accepted.clone())
    };
    let how = wait(&google.books, "acceptance of the statement", agreed).await?;
    println!("{id} was agreed to: {how}");
    Ok(how == "acceptRemittanceStatement")
}

pub async fn serve(google: &Google, options: &Options) -> Result<bool, Failure> {
    let host = options.host(google).await?;
    let host = host.ok_or_else(|| Failure(format!("{} is taken", options.listen)))?;
    println!("Google's methods are at http://{}/v1/<method>/{}", host.address, google.account);
    println!("and /google-card-fop-api/v1/<method>/{}", options.card_account);
    std::future::pending().await
}

async fn associate(google: &Google, proof: &Proof) -> Result<bool, Failure> {
    let (link, answer) = google.associate(proof).await?;
    if !answer.is(200, "SUCCESS") {
        return Ok(false);
    }
    println!("{} ({}) is linked: `google buy 12.50`", link.nickname, link.account);
    Ok(true)
}

fn last_link(google: &Google) -> Result<Link, Failure> {
    let links = google.books.read()?.links;
    links.into_iter().next_back().ok_or("no account is linked: `google link`".into())
}

pub fn price(text: &str, currency: &str) -> Result<Price, Failure> {
    Ok(Price { micros: micros(text)?, currency: currency.to_owned() })
}

fn remainder(ledger: &Ledger, capture: &Payment) -> i64 {
    let refunds = ledger.payments.iter().filter(|payment| {
        payment.kind == Kind::Refund
            && payment.capture.as_ref() == Some(&capture.request)
            && payment.succeeded()
    });
    let left = capture.micros - refunds.map(|payment| payment.micros).sum::<i64>();
    println!("{} of {} is left of {}\n", amount(left), amount(capture.micros), capture.request);
    left
}

async fn come_back(host: &Host) -> Result<String, Failure> {
    let began = Instant::now();
    while began.elapsed() < SIGN_IN_WITHIN {
        let returned = host.script().take_returns().into_iter().next();
        if let Some(query) = returned {
            return Ok(query);
        }
        sleep(LOOK_EVERY).await;
    }
    Err("no browser came back".into())
}

/// Looks into the books until it is there: whoever serves wrote it down.
pub async fn wait<T>(
    books: &Books,
    what: &str,
    look: impl Fn(&Ledger) -> Option<T>,
) -> Result<T, Failure> {
    let began = Instant::now();
    loop {
        if let Some(found) = look(&books.read()?) {
            return Ok(found);
        }
        if began.elapsed() > NOTICE_WITHIN {
            return Err(Failure(format!("no {what} within {NOTICE_WITHIN:?}")));
        }
        sleep(LOOK_EVERY).await;
    }
}
