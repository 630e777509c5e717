//! The page on which a customer signs in and approves: redirect authentication.
//!
//! Why: Google sends the customer's browser here, and has to learn which account is theirs without
//! seeing how they prove it. What is approved is remembered under the id of Google's request, and
//! that is the only proof there is: the browser carries nothing that could be forged.
//! Promise: only a request that Google has signed opens a form; only the browser that was shown a
//! form can send it, from any of its tabs and again; it is sent back only to where the configuration
//! allows; what ends anywhere but in "approve" proves nothing. Works without scripts.
//! Left out: new customers. Whoever has no account is told so.
//!
//! # Source
//! Standard Payments, redirect authentication (web).

pub mod callback;
pub mod form;
mod ticket;
mod tries;
mod views;

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use paceline_domain::ids::{AssociationId, RequestId};
use paceline_domain::link::Customer;
use paceline_domain::name::Identifier;
use paceline_domain::text::Text;
use paceline_engine::tokenized::{Approval, TurnedBack};
use paceline_engine::{Engine, EngineError, Secret};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::read::Members;
use super::serve::{aside, millis};
use super::settings::Settings;
use super::{Fault, MAJOR};
use crate::limits::{SIGN_IN_NAME_BYTES_MAX, SIGN_INS_MAX};
use callback::{Callback, Ending};
use form::{Form, Intent};
use ticket::{Nonce, Ticket};
use tries::Tries;
use views::Views;

pub type Answer = Response<Full<Bytes>>;

/// Under the base path of the methods.
const PATH: &str = "/authenticate";
const STYLE: &str = "/authenticate/style.css";
/// Holds what ties a form to the browser that it was shown in.
const COOKIE: &str = "paceline_authentication";
/// Without `form-action`: Chromium holds it against every redirect that follows a form, and where
/// Google's callback leads on to is Google's. What keeps a form to us is its ticket, which is worth
/// nothing elsewhere, and templates that let nobody write another form.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'";

pub struct Page {
    settings: Arc<Settings>,
    views: Views,
    tries: Tries,
    /// One permit for whoever is signing in.
    room: Semaphore,
}

/// How a cookie may travel.
#[derive(Clone, Copy)]
enum Transport {
    Secure,
    Any,
}

/// What Google asks for, once its signature has checked out.
struct Asked {
    request: RequestId,
    association: Option<AssociationId>,
}

impl Page {
    pub fn new(settings: Arc<Settings>) -> Self {
        let views = Views::new(&settings.name);
        Self { settings, views, tries: Tries::default(), room: Semaphore::new(SIGN_INS_MAX) }
    }

    pub fn is_at(&self, path: &str) -> bool {
        path.strip_prefix(&self.settings.door.base_path)
            .is_some_and(|rest| matches!(rest, PATH | STYLE))
    }

    pub async fn answer(&self, engine: &Engine, head: &Parts, body: &Bytes) -> Answer {
        let is_style = head.uri.path().ends_with(STYLE);
        match head.method {
            Method::GET | Method::HEAD if is_style => style(),
            Method::GET | Method::HEAD => {
                self.open(engine, head.uri.query().unwrap_or_default(), &head.headers).await
            }
            Method::POST if !is_style => self.submitted(engine, &head.headers, body).await,
            _ => {
                let mut refused = self.refused(StatusCode::METHOD_NOT_ALLOWED, "Open this page.");
                let allow = if is_style { "GET, HEAD" } else { "GET, HEAD, POST" };
                refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
                refused
            }
        }
    }

    /// Words for a person, where there is nowhere to send them.
    pub fn refused(&self, status: StatusCode, what: &str) -> Answer {
        html(status, self.views.error(what), None)
    }

    /// Google has sent a browser.
    async fn open(&self, engine: &Engine, query: &str, headers: &HeaderMap) -> Answer {
        let form = Form::parse(query.as_bytes());
        let callback = form.get("gspCallbackUrl").and_then(|url| {
            Callback::parse(url, &self.settings.callback_hosts, self.is_development())
        });
        let Some(callback) = callback else {
            let what = "This link does not say where to return to. Please start again at Google.";
            return self.refused(StatusCode::BAD_REQUEST, what);
        };
        let asked = match self.asked(&form).await {
            Ok(asked) => asked,
            Err(error) => {
                tracing::warn!(error, "an authentication was not opened");
                return callback.end(Ending::Failed, None);
            }
        };
        if let Some(association) = &asked.association {
            match engine.account_behind(association).await {
                Ok(Some(_)) => {}
                Ok(None) => return callback.end(Ending::Failed, None),
                Err(error) => return self.trouble(&error),
            }
        }
        let Asked { request, association } = asked;
        // Kept while it is there: another tab may have a form that goes with it.
        let browser = browser(headers).unwrap_or_else(Nonce::fresh);
        let ticket = Ticket::fresh(request, association, callback, browser, SystemTime::now());
        self.sign_in_form(engine, &ticket, None)
    }

    /// # Errors
    /// Words for the log. Why is nobody's business out there.
    async fn asked(&self, form: &Form) -> Result<Asked, String> {
        let major = form.get("gspMajorVersion").and_then(|major| major.parse::<i64>().ok());
        if major != Some(MAJOR) {
            return Err("another major version".to_owned());
        }
        let parameter = form.get("gspAuthenticationRequest").unwrap_or_default().to_owned();
        let now = SystemTime::now();
        let opened = aside(&self.settings.door.envelope, move |envelope| {
            envelope.open_parameter(&parameter, now)
        });
        let json = opened.await.map_err(|error| error.to_string())?.json;
        let body: Map<String, Value> = serde_json::from_slice(&json).map_err(|e| e.to_string())?;
        let words = |fault: Fault| fault.description.unwrap_or_default();
        let members = Members::new(&body, "");
        let request = members.parsed("requestId", RequestId::parse).map_err(words)?;
        let account = members.has("paymentIntegratorAccountId");
        if account && !self.is_ours(members).map_err(words)? {
            return Err("an account that is not known here".to_owned());
        }
        let association = match members.has("associationId") {
            true => Some(members.parsed("associationId", AssociationId::parse).map_err(words)?),
            false => None,
        };
        // What stands beside is not signed: it may only say the same.
        let beside = form.get("gspAssociationId");
        if beside.is_some() && beside != association.as_ref().map(AssociationId::as_str) {
            return Err("two associations".to_owned());
        }
        Ok(Asked { request, association })
    }

    fn is_ours(&self, members: Members<'_>) -> Result<bool, Fault> {
        let account = members.text("paymentIntegratorAccountId")?;
        Ok(self.settings.door.accounts.iter().any(|ours| ours.as_str() == account.as_str()))
    }

    async fn submitted(&self, engine: &Engine, headers: &HeaderMap, body: &Bytes) -> Answer {
        let form = Form::parse(body);
        let browser = browser(headers);
        let ticket = form.get("ticket").and_then(|sealed| Ticket::open(engine, sealed));
        let now = SystemTime::now();
        let Some(ticket) = ticket.filter(|t| t.is_of(browser.as_ref()) && !t.has_expired(now))
        else {
            let what = "This page has expired. Please start again at Google.";
            return self.refused(StatusCode::FORBIDDEN, what);
        };
        match form.intent() {
            Some(Intent::SignIn) => self.sign_in(engine, ticket, &form).await,
            Some(Intent::Approve) => self.approve(engine, ticket).await,
            Some(Intent::Decline) => self.decline(engine, ticket).await,
            None => self.refused(StatusCode::BAD_REQUEST, "This form is not one of ours."),
        }
    }

    async fn sign_in(&self, engine: &Engine, ticket: Ticket, form: &Form) -> Answer {
        let who = form.get("who").unwrap_or_default().trim().to_owned();
        let password = Secret::new(form.get("password").unwrap_or_default().as_bytes().to_vec());
        let customer = match identifier(&who) {
            Some(identifier) => match self.signed_in(engine, &identifier, &password).await {
                Some(Ok(customer)) => customer,
                Some(Err(error)) => return self.trouble(&error),
                None => {
                    let what = "Too many tries. Please wait a quarter of an hour.";
                    return self.sign_in_form(engine, &ticket, Some((&who, what)));
                }
            },
            None => None,
        };
        let wanted = match &ticket.association {
            Some(association) => match engine.account_behind(association).await {
                Ok(account) => account,
                Err(error) => return self.trouble(&error),
            },
            None => None,
        };
        match customer {
            None => {
                let what = "E-mail address or phone number, or password, are not right.";
                self.sign_in_form(engine, &ticket, Some((&who, what)))
            }
            Some(customer) if wanted.is_some_and(|wanted| wanted != customer.account) => {
                let what = "Google asks for another account. Please sign in to that one.";
                self.sign_in_form(engine, &ticket, Some((&who, what)))
            }
            Some(customer) if customer.standing.check().is_err() => {
                let what = "This account cannot be used at the moment.";
                self.sign_in_form(engine, &ticket, Some((&who, what)))
            }
            Some(customer) => self.approval_form(engine, ticket, &customer),
        }
    }

    /// The customer, if this is the password. A try counts before the password is looked at, so
    /// that many at the same moment are no more than one after the other; it is taken back unless
    /// the password was wrong. `None` if there were too many.
    async fn signed_in(
        &self,
        engine: &Engine,
        who: &Identifier,
        password: &Secret,
    ) -> Option<Result<Option<Customer>, EngineError>> {
        let now = SystemTime::now();
        let Ok(_room) = self.room.try_acquire() else { return Some(Err(EngineError::Overloaded)) };
        if !self.tries.begin(who, now) {
            return None;
        }
        let found = engine.sign_in(who, password).await;
        if !matches!(found, Ok(None)) {
            self.tries.take_back(who, now);
        }
        Some(found)
    }

    async fn approve(&self, engine: &Engine, ticket: Ticket) -> Answer {
        let Some(account) = ticket.account.clone() else {
            return self.refused(StatusCode::FORBIDDEN, "Please sign in first.");
        };
        let (authentication, association) = (ticket.request.clone(), ticket.association.clone());
        match engine.approve(Approval { authentication, account, association }).await {
            Ok(Ok(())) => self.proven(ticket).await,
            // Declined or another's meanwhile: nothing comes of it any more, and Google is to know.
            Ok(Err(_)) => ticket.callback.end(Ending::Failed, None),
            Err(error) => self.trouble(&error),
        }
    }

    async fn decline(&self, engine: &Engine, ticket: Ticket) -> Answer {
        match engine.give_up(&ticket.request).await {
            Ok(TurnedBack::InTime) => ticket.callback.end(Ending::Cancelled, None),
            // What was approved has been used: Google would believe a cancellation and keep what it
            // has. It is told again what is true, and there the customer sees it and can undo it.
            Ok(TurnedBack::TooLate { association }) if association == ticket.association => {
                self.proven(ticket).await
            }
            Ok(TurnedBack::TooLate { .. }) => ticket.callback.end(Ending::Failed, None),
            Err(error) => self.trouble(&error),
        }
    }

    /// Tells Google, sealed, that its request was approved.
    async fn proven(&self, ticket: Ticket) -> Answer {
        let Ticket { request, association, callback, .. } = ticket;
        let mut response = json!({"requestId": request.as_str()});
        if let Some(association) = &association {
            response["associationId"] = association.as_str().into();
        }
        let (json, now) = (response.to_string(), SystemTime::now());
        let sealing = move |envelope: &paceline_envelope::Envelope| {
            envelope.seal_parameter(json.as_bytes(), now)
        };
        match aside(&self.settings.door.envelope, sealing).await {
            Ok(response) => callback.end(Ending::Approved, Some(&response)),
            Err(error) => {
                tracing::error!(%error, "an authentication response was not sealed");
                callback.end(Ending::Failed, None)
            }
        }
    }

    fn sign_in_form(&self, engine: &Engine, ticket: &Ticket, said: Option<(&str, &str)>) -> Answer {
        let view = self.views.sign_in(&ticket.seal(engine), said, ticket.association.is_some());
        let status = if said.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        html(status, view, Some((ticket, self.transport())))
    }

    fn approval_form(&self, engine: &Engine, ticket: Ticket, customer: &Customer) -> Answer {
        let again = ticket.association.is_some();
        let ticket = ticket.signed_in(customer.account.clone());
        let profile = &customer.profile;
        let view =
            self.views.approve(&ticket.seal(engine), &profile.name, &profile.nickname, again);
        html(StatusCode::OK, view, Some((&ticket, self.transport())))
    }

    fn trouble(&self, error: &EngineError) -> Answer {
        tracing::warn!(%error, "the page has trouble");
        let what = "We cannot do this at the moment. Please try again in a minute.";
        self.refused(StatusCode::SERVICE_UNAVAILABLE, what)
    }

    /// In development there may be no TLS on the way.
    fn transport(&self) -> Transport {
        if self.is_development() { Transport::Any } else { Transport::Secure }
    }

    fn is_development(&self) -> bool {
        matches!(*self.settings.door.envelope, paceline_envelope::Envelope::Plaintext)
    }
}

/// An e-mail address has an at sign; blanks and dashes in a phone number are nothing.
fn identifier(who: &str) -> Option<Identifier> {
    if who.len() > SIGN_IN_NAME_BYTES_MAX {
        return None;
    }
    if who.contains('@') {
        return Text::parse(&who.to_lowercase()).ok().map(Identifier::Email);
    }
    let digits: String = who.chars().filter(|c| !" -()./".contains(*c)).collect();
    Text::parse(&digits).ok().filter(|digits| !digits.is_empty()).map(Identifier::Phone)
}

/// Who was shown a form before, if it may still send it.
fn browser(headers: &HeaderMap) -> Option<Nonce> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';'));
    let nonce = pairs.find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    nonce.and_then(Nonce::parse)
}

fn style() -> Answer {
    let mut response = Response::new(Full::new(Bytes::from_static(views::STYLE.as_bytes())));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response
}

/// - `ticket`: of the form in it, if there is one.
fn html(status: StatusCode, view: String, ticket: Option<(&Ticket, Transport)>) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from(view)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some((ticket, transport)) = ticket {
        headers.insert(header::SET_COOKIE, cookie(&ticket.browser, transport));
    }
    response
}

/// Its life begins anew with every form, so that it outlives the ticket. `Lax` and not `Strict`: it
/// has to come along when Google sends the browser a second time; no other site's form brings it.
fn cookie(browser: &Nonce, transport: Transport) -> HeaderValue {
    let lives = ticket::LIVES.as_secs();
    let secure = match transport {
        Transport::Secure => "; Secure",
        Transport::Any => "",
    };
    let cookie = format!("{COOKIE}={browser}; HttpOnly; SameSite=Lax; Max-Age={lives}{secure}");
    HeaderValue::from_str(&cookie).expect("a nonce is digits")
}
