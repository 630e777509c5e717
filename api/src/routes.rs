//! The table: method, path, handler.
//!
//! Promise: every request is answered, in JSON, in its wire's own shape. Nothing of the admin
//! listener can be reached from here, and no browser of another site is let in: there are no CORS
//! headers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use paceline_domain::ids::SessionId;
use paceline_engine::{Engine, Reply};

use crate::limits::REQUEST_ID_BYTES_MAX;
use crate::metrics::Told;
use crate::operation;
use crate::server::Size;
use crate::standard_payments::development::Development;
use crate::standard_payments::{self, Fault, Method as TokenizedMethod, card, serve::bare};
use crate::ucp::serve::Asked;
use crate::ucp::{Operation, Refusal, Wire, agent, ids, profile};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Everything that a request needs.
pub struct Site {
    engine: Engine,
    ucp: Arc<Wire>,
    /// `None` where Standard Payments is not spoken.
    tokenized: Option<Tokenized>,
    card: Option<Arc<standard_payments::Wire<card::Method>>>,
}

/// Standard Payments, where it is spoken.
pub struct Tokenized {
    pub wire: Arc<standard_payments::Wire<TokenizedMethod>>,
    pub page: standard_payments::Page,
    pub development: Option<Arc<Development>>,
}

impl Tokenized {
    async fn ready(&self, engine: &Engine) {
        if let Some(development) = &self.development {
            development.open_samples(engine).await;
        }
    }
}

/// A request whose body was read and is within bounds.
pub struct Inbound<'a> {
    pub head: &'a Parts,
    pub body: Bytes,
}

/// A path of Standard Payments; `None` inside for one that there is not.
#[derive(Clone, Copy)]
enum Called {
    Tokenized(Option<TokenizedMethod>),
    Card(Option<card::Method>),
}

/// One path: what can be asked there, and the session that it names.
struct Route {
    get: Option<Operation>,
    post: Option<Operation>,
    put: Option<Operation>,
    /// As the `Allow` header says it.
    allow: &'static str,
    session: Option<SessionId>,
}

impl Site {
    pub fn new(
        engine: Engine,
        ucp: Arc<Wire>,
        tokenized: Option<Tokenized>,
        card: Option<Arc<standard_payments::Wire<card::Method>>>,
    ) -> Self {
        Self { engine, ucp, tokenized, card }
    }

    /// The answer, and what was asked.
    pub async fn answer(&self, request: Inbound<'_>) -> (Told, Response<Full<Bytes>>) {
        let mut told = Told::default();
        let head = request.head;
        if let Some(called) = self.called(head) {
            return self.standard(called, request).await;
        }
        if let (Some(page), Some(tokenized)) = (self.page(head), &self.tokenized) {
            told.operation = Some(operation::Operation::Authenticate);
            tokenized.ready(&self.engine).await;
            return (told, page.answer(&self.engine, head, &request.body).await);
        }
        let mut response = match self.ucp.route(head.uri.path()) {
            None => refusal(&Refusal::not_found()),
            Some(route) => match route.operation(&head.method) {
                None => refusal(&Refusal::method_not_allowed(route.allow)),
                Some(Operation::Profile) => {
                    told = Told::of(Operation::Profile);
                    self.profile()
                }
                Some(operation) => {
                    self.checkout(operation, route.session, &request, &mut told).await
                }
            },
        };
        if head.method == Method::HEAD {
            response = without_body(response);
        }
        (told, response)
    }

    /// The answer to a request that is refused before anybody looks at its body, and what was asked.
    pub fn refused(&self, head: &Parts, why: &Refusal) -> (Told, Response<Full<Bytes>>) {
        if let Some(page) = self.page(head) {
            let operation = Some(operation::Operation::Authenticate);
            return (Told { operation, ..Told::default() }, page.refused(why.status, &why.content));
        }
        match self.called(head) {
            Some(called) => (called.told(), standard(bare(&Fault::from(why)))),
            None => (self.told(head), refusal(why)),
        }
    }

    /// What is looked at in a browser, where nobody has a certificate.
    pub fn is_for_people(&self, head: &Parts) -> bool {
        self.page(head).is_some()
    }

    /// How large a body is expected there.
    pub fn size(&self, head: &Parts) -> Size {
        match self.called(head) {
            Some(Called::Card(Some(card::Method::DefendChargeback))) => Size::Large,
            _ => Size::Usual,
        }
    }

    fn page(&self, head: &Parts) -> Option<&standard_payments::Page> {
        let page = &self.tokenized.as_ref()?.page;
        page.is_at(head.uri.path()).then_some(page)
    }

    /// The method of Standard Payments that a path names, if it is a path of that wire.
    fn called(&self, head: &Parts) -> Option<Called> {
        let path = head.uri.path();
        let tokenized = || self.tokenized.as_ref()?.wire.method(path).map(Called::Tokenized);
        let card = || self.card.as_ref()?.method(path).map(Called::Card);
        tokenized().or_else(card)
    }

    async fn standard(
        &self,
        called: Called,
        request: Inbound<'_>,
    ) -> (Told, Response<Full<Bytes>>) {
        let told = called.told();
        if told.operation.is_some() && request.head.method != Method::POST {
            let refused = Refusal::method_not_allowed("POST");
            let mut response = standard(bare(&Fault::from(&refused)));
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return (told, response);
        }
        let answer = match (called, &self.tokenized, &self.card) {
            (Called::Tokenized(Some(method)), Some(tokenized), _) => {
                tokenized.ready(&self.engine).await;
                tokenized.wire.answer(&self.engine, method, request.body).await
            }
            (Called::Card(Some(method)), _, Some(card)) => {
                card.answer(&self.engine, method, request.body).await
            }
            _ => bare(&Fault::from(&Refusal::not_found())),
        };
        (told, standard(answer))
    }

    fn told(&self, head: &Parts) -> Told {
        let route = self.ucp.route(head.uri.path());
        let asked = route.and_then(|route| Some((route.operation(&head.method)?, route.session)));
        match asked {
            None => Told::default(),
            Some((Operation::Profile, _)) => Told::of(Operation::Profile),
            Some((operation, session)) => {
                let dialect = agent::dialect_told(&head.headers);
                Told { dialect: Some(dialect), session, ..Told::of(operation) }
            }
        }
    }

    fn profile(&self) -> Response<Full<Bytes>> {
        let profile = &self.ucp.profile;
        let mut response = json(StatusCode::OK, profile.body.clone());
        let cache = HeaderValue::from_str(&profile.cache_control).expect("ASCII of our own");
        response.headers_mut().insert(header::CACHE_CONTROL, cache);
        response
    }

    async fn checkout(
        &self,
        operation: Operation,
        session: Option<SessionId>,
        request: &Inbound<'_>,
        told: &mut Told,
    ) -> Response<Full<Bytes>> {
        let Inbound { head, body } = request;
        let (path, headers) = (head.uri.path(), &head.headers);
        let asked = Asked { operation, session, path, headers, body };
        let (dialect, answer) = self.ucp.answer(&self.engine, asked).await;
        let session = session.or_else(|| ids::session_of_answer(answer.as_ref().ok()?));
        *told = Told { dialect: Some(dialect), session, ..Told::of(operation) };
        let mut response = match answer {
            Ok(Reply { status, body }) => {
                json(StatusCode::from_u16(status).unwrap_or(StatusCode::OK), body)
            }
            Err(refused) => refusal(&refused),
        };
        // The buyer's address is in it.
        let store = HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, store);
        response
    }
}

impl Wire {
    /// The table. A session may be named by its whole global id, slashes and all.
    fn route(&self, path: &str) -> Option<Route> {
        let none = Route { get: None, post: None, put: None, allow: "", session: None };
        if path == profile::PATH {
            return Some(Route { get: Some(Operation::Profile), allow: "GET, HEAD", ..none });
        }
        let rest = path.strip_prefix(&self.base_path)?.strip_prefix("/checkout-sessions")?;
        let Some(rest) = rest.strip_prefix('/') else {
            let create = Route { post: Some(Operation::Create), allow: "POST", ..none };
            return rest.is_empty().then_some(create);
        };
        if let Some(id) = rest.strip_suffix("/complete") {
            let post = Some(Operation::Complete);
            return component(id).map(|session| Route { post, allow: "POST", session, ..none });
        }
        if let Some(id) = rest.strip_suffix("/cancel") {
            let post = Some(Operation::Cancel);
            return component(id).map(|session| Route { post, allow: "POST", session, ..none });
        }
        let (get, put) = (Some(Operation::Get), Some(Operation::Update));
        component(rest).map(|session| Route { get, put, allow: "GET, HEAD, PUT", session, ..none })
    }
}

/// `None` if it is no single component of a path; `Some(None)` if it names no session.
fn component(id: &str) -> Option<Option<SessionId>> {
    let single = !id.is_empty() && !id.contains('/');
    (single || id.starts_with("gid://")).then(|| ids::session_in_path(id))
}

impl Called {
    fn told(self) -> Told {
        let operation = match self {
            Self::Tokenized(method) => method.map(operation::Operation::Tokenized),
            Self::Card(method) => method.map(operation::Operation::Card),
        };
        Told { operation, ..Told::default() }
    }
}

impl Route {
    fn operation(&self, method: &Method) -> Option<Operation> {
        match *method {
            Method::GET | Method::HEAD => self.get,
            Method::POST => self.post,
            Method::PUT => self.put,
            _ => None,
        }
    }
}

fn standard(answer: standard_payments::serve::Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(after) = answer.retry_after {
        headers.insert(header::RETRY_AFTER, seconds(after));
    }
    response
}

/// Whole ones, never none.
fn seconds(span: Duration) -> HeaderValue {
    HeaderValue::from(span.as_secs().max(1))
}

/// A refusal as an answer, for whoever must refuse before there is a request to route.
pub fn refusal(refusal: &Refusal) -> Response<Full<Bytes>> {
    let mut response = json(refusal.status, refusal.body().into());
    let headers = response.headers_mut();
    if let Some(after) = refusal.retry_after {
        headers.insert(header::RETRY_AFTER, seconds(after));
    }
    if let Some(allow) = refusal.allow {
        headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    response
}

fn json(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// The head of an answer, with the length that its body has.
fn without_body(response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let length = hyper::body::Body::size_hint(response.body()).exact().unwrap_or(0);
    let mut response = response.map(|_| Full::new(Bytes::new()));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// Every answer carries the caller's name for its request, whoever answers.
pub fn echo_request_id(asked: &HeaderMap, answer: &mut HeaderMap) {
    if let Some(id) = asked.get(REQUEST_ID).filter(|id| is_request_id(id)) {
        answer.insert(REQUEST_ID, id.clone());
    }
}

fn is_request_id(id: &HeaderValue) -> bool {
    let id = id.as_bytes();
    (1..=REQUEST_ID_BYTES_MAX).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ucp::IdForm;
    use crate::ucp::testing::{SESSION, settings};

    fn wire(base_path: &str) -> Arc<Wire> {
        let settings = settings(IdForm::Gid);
        Wire::new(&crate::ucp::Settings { base_path: base_path.into(), ..settings })
    }

    fn asked(method: Method, path: &str) -> Option<(Operation, Option<SessionId>)> {
        let route = wire("").route(path)?;
        Some((route.operation(&method)?, route.session))
    }

    #[test]
    fn every_operation_has_one_method_and_path() {
        let of_session = |tail: &str| format!("/checkout-sessions/{SESSION}{tail}");
        for (method, path, operation, session) in [
            (Method::POST, "/checkout-sessions".to_owned(), Operation::Create, None),
            (Method::GET, of_session(""), Operation::Get, Some(SESSION)),
            (Method::HEAD, of_session(""), Operation::Get, Some(SESSION)),
            (Method::PUT, of_session(""), Operation::Update, Some(SESSION)),
            (Method::POST, of_session("/complete"), Operation::Complete, Some(SESSION)),
            (Method::POST, of_session("/cancel"), Operation::Cancel, Some(SESSION)),
            (Method::GET, "/.well-known/ucp".to_owned(), Operation::Profile, None),
        ] {
            assert_eq!(asked(method, &path), Some((operation, session)), "{path}");
        }
    }

    #[test]
    fn a_session_is_named_by_its_global_id_too_encoded_or_with_its_slashes() {
        for id in ["gid%3A%2F%2Fshop.example%2FCheckout%2F", "gid://shop.example/Checkout/"] {
            for (tail, method, operation) in
                [("", Method::GET, Operation::Get), ("/cancel", Method::POST, Operation::Cancel)]
            {
                let path = format!("/checkout-sessions/{id}{SESSION}{tail}");
                assert_eq!(asked(method, &path), Some((operation, Some(SESSION))), "{path}");
            }
        }
    }

    #[test]
    fn an_id_that_cannot_be_ours_names_no_session() {
        assert_eq!(asked(Method::GET, "/checkout-sessions/x"), Some((Operation::Get, None)));
    }

    #[test]
    fn what_is_not_in_the_table_is_not_there() {
        for path in [
            "/",
            "",
            "/checkout-sessions/",
            "/checkout-sessionsx",
            "/checkout-sessions//complete",
            "/checkout-sessions/a/b",
            "/checkout-sessions/a/complete/",
            "/checkout-sessions/a/refund",
            "/.well-known/ucp/",
            "/metrics",
            "//checkout-sessions",
        ] {
            assert!(wire("").route(path).is_none(), "{path}");
        }
    }

    #[test]
    fn paths_start_with_the_configured_base_and_the_profile_does_not() {
        let wire = wire("/ucp/v1");
        assert!(wire.route("/ucp/v1/checkout-sessions").is_some());
        assert!(wire.route("/checkout-sessions").is_none());
        assert!(wire.route("/.well-known/ucp").is_some());
    }

    #[test]
    fn another_method_is_told_which_there_are() {
        let id = format!("/checkout-sessions/{SESSION}");
        for (method, path, allow) in [
            (Method::GET, "/checkout-sessions".to_owned(), "POST"),
            (Method::OPTIONS, "/checkout-sessions".to_owned(), "POST"),
            (Method::DELETE, id.clone(), "GET, HEAD, PUT"),
            (Method::POST, id.clone(), "GET, HEAD, PUT"),
            (Method::GET, format!("{id}/complete"), "POST"),
            (Method::POST, "/.well-known/ucp".to_owned(), "GET, HEAD"),
        ] {
            let route = wire("").route(&path).unwrap();
            assert_eq!(route.operation(&method), None, "{method} {path}");
            let response = refusal(&Refusal::method_not_allowed(route.allow));
            assert_eq!(response.headers()[header::ALLOW], allow);
        }
    }

    #[test]
    fn the_head_of_an_answer_tells_the_length_of_its_body() {
        let response = without_body(json(StatusCode::OK, Bytes::from_static(b"{}")));
        assert_eq!(response.headers()[header::CONTENT_LENGTH], "2");
        assert_eq!(hyper::body::Body::size_hint(response.body()).exact(), Some(0));
    }

    #[test]
    fn whoever_is_turned_away_for_a_while_is_told_for_how_long() {
        let response = refusal(&Refusal::overloaded(std::time::Duration::from_millis(200)));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    }

    #[test]
    fn a_request_id_is_echoed_if_it_is_short_and_visible() {
        let fits = |id: &'static str| is_request_id(&HeaderValue::from_static(id));
        assert!(fits("3b9f2c1e-6a57-4d0c-9f1b-2c7d5e8a4410"));
        assert!(!fits("") && !fits("a b"));
        let long = HeaderValue::from_str(&"x".repeat(REQUEST_ID_BYTES_MAX + 1)).unwrap();
        assert!(!is_request_id(&long));
    }
}
