//! What the judges look at: purchases as a platform of 2026-01-11 makes them, and whatever can
//! come of them.

use serde_json::{Value, json};

use crate::common::caller::path_of;
use crate::common::{Answer, Caller, Serving, awaited, guide};

/// The processor can be late, and is not waited for that long.
const CONFIG: &str = "[engine]\ncomplete_deadline = \"1s\"\ngateway_timeout = \"1500ms\"\n\
    [processor]\nlatency_median = \"0s\"\nlatency_p99 = \"0s\"\n";

/// The word of the protocol for what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Create,
    Read,
    Update,
    Complete,
    Cancel,
}

impl Operation {
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
        }
    }
}

/// One question and its answer.
pub struct Exchange {
    /// What is to be seen here.
    pub name: &'static str,
    pub operation: Operation,
    pub request: Option<Value>,
    pub checkout: Value,
}

/// Everything that was said.
pub struct Record {
    pub exchanges: Vec<Exchange>,
    /// Answers that show no checkout.
    pub refusals: Vec<Value>,
    pub profile: Value,
}

impl Record {
    pub fn refusal_messages(&self) -> impl Iterator<Item = &Value> {
        self.refusals.iter().flat_map(|body| body["messages"].as_array().unwrap())
    }

    /// A good checkout with something wrong in it.
    pub fn spoilt(&self, pointer: &str, value: Value) -> Value {
        let good = self.exchanges.iter().find(|exchange| exchange.name == "another option");
        let mut checkout = good.unwrap().checkout.clone();
        *checkout.pointer_mut(pointer).unwrap() = value;
        checkout
    }
}

/// Makes the purchases.
pub fn record() -> Record {
    let serving = Serving::with(CONFIG);
    let mut buyer = Buyer::of(&serving);
    buyer.buys();
    buyer.is_declined();
    buyer.waits();
    buyer.gives_up();
    buyer.has_codes();
    buyer.picks_up();
    buyer.asks_for_too_much();
    let profile = buyer.caller.ask("GET", "/.well-known/ucp", "").json();
    let mut exchanges = buyer.exchanges;
    exchanges.push(expired());
    Record { exchanges, refusals: refusals(&buyer.caller), profile }
}

/// A checkout whose time is over; it takes a program of its own.
fn expired() -> Exchange {
    let serving = Serving::with("[engine]\nsession_lives = \"50ms\"\n");
    let mut buyer = Buyer::of(&serving);
    buyer.creates("opened for a moment", create());
    let checkout = awaited(|| {
        let checkout = buyer.caller.get(&buyer.id).json();
        (checkout["status"] == "canceled").then_some(checkout)
    });
    Exchange { name: "expired", operation: Operation::Read, request: None, checkout }
}

fn refusals(caller: &Caller) -> Vec<Value> {
    let later = caller.with("ucp-agent", "profile=\"https://p.example\"; version=\"2099-01-01\"");
    let answers = [
        caller.create(&json!({"line_items": [], "currency": "USD", "payment": {}})),
        caller.create(&guide::create_of("product_0", "USD")),
        caller.get("chk_1"),
        caller.ask("DELETE", "/checkout-sessions", ""),
        later.create(&guide::create()),
    ];
    answers.map(|answer| answer.json()).into()
}

/// What 2026-01-11 asks for and the first guide does not send: the member `payment`.
fn create() -> Value {
    let mut body = guide::create();
    body["payment"] = json!({});
    body
}

/// An update names its methods by ids that a create must have asked for.
fn shipped() -> Value {
    let mut body = create();
    body["fulfillment"] = json!({"methods": [{"type": "shipping"}]});
    body
}

/// Somebody with a session, who says all that 2026-01-11 wants said.
struct Buyer {
    caller: Caller,
    id: String,
    exchanges: Vec<Exchange>,
}

impl Buyer {
    fn of(serving: &Serving) -> Self {
        let caller = serving.caller().from("https://platform.example/.well-known/ucp");
        Self { caller, id: String::new(), exchanges: vec![] }
    }

    fn buys(&mut self) {
        self.creates("the guide's create", create());
        self.reads("lacks nearly everything");
        self.readies();
        self.updates("another option", option("ship_express"));
        self.updates("a card for show", json!({"payment": card()}));
        self.updates("consent", consent());
        self.completes("paid for", guide::TOKEN, "completed");
        self.reads("paid for, read again");
    }

    fn is_declined(&mut self) {
        self.readies();
        self.completes("declined", "sim_decline_insufficient_funds", "ready_for_complete");
        let challenge = "sim_decline_authentication_required";
        self.completes("handed to the buyer's bank", challenge, "requires_escalation");
        self.reads("with the buyer's bank");
        self.completes("paid for at last", guide::TOKEN, "completed");
    }

    fn waits(&mut self) {
        self.readies();
        self.completes("in progress", "sim_timeout_then_approve", "complete_in_progress");
        self.reads("still in progress");
        self.asks(
            "not changed while in progress",
            Operation::Update,
            json!({"buyer": {"email": "b@example.com"}}),
        );
        awaited(|| (self.caller.get(&self.id).json()["status"] == "completed").then_some(()));
        self.reads("paid for late");
    }

    fn gives_up(&mut self) {
        self.readies();
        let answer = self.caller.cancel(&self.id);
        self.note("given up", Operation::Cancel, None, &answer);
    }

    fn has_codes(&mut self) {
        self.readies();
        let codes = |codes: Value| json!({"discounts": {"codes": codes}});
        self.updates("a share off", codes(json!(["TENOFF"])));
        self.updates("a share and an amount off", codes(json!(["TENOFF", "FIVEOFF"])));
        let rejected = ["TENOFF", "tenoff", "SOLO20", "SUMMER25", "NOSUCH"];
        self.updates("codes rejected", codes(json!(rejected)));
        let five = json!([{"id": "line_1", "item": {"id": "product_12345"}, "quantity": 5}]);
        self.updates("an automatic discount", json!({"line_items": five}));
        self.completes("paid for with less", guide::TOKEN, "completed");
    }

    fn picks_up(&mut self) {
        self.creates("for pickup", create());
        let method = json!({"type": "pickup"});
        self.asks("shops to choose from", Operation::Update, methods(method));
        let method = json!({"type": "pickup", "selected_destination_id": "shop_mountain_view"});
        self.asks("a shop chosen", Operation::Update, methods(method));
    }

    fn asks_for_too_much(&mut self) {
        let mut yen = create();
        yen["line_items"][0]["item"]["id"] = json!("product_jpy");
        yen["currency"] = json!("JPY");
        self.creates("without decimals", yen);
        let mut short = create();
        short["line_items"] = json!([
            {"item": {"id": "product_12345"}, "quantity": 1},
            {"item": {"id": "product_0"}, "quantity": 1}
        ]);
        self.creates("out of stock", short);
        self.readies();
        self.updates("an unknown option", option("ship_rocket"));
        let nowhere = json!({"id": "method_1", "type": "shipping", "line_item_ids": ["line_1"],
            "selected_destination_id": null, "groups": []});
        self.updates("no destination", methods(nowhere));
        let far = json!({"id": "method_1", "type": "shipping", "line_item_ids": ["line_1"],
            "destinations": [{"id": "pole", "postal_code": "0001", "address_country": "AQ"}],
            "selected_destination_id": "pole", "groups": []});
        self.updates("not served", methods(far));
    }

    /// Up to the point where only a payment is missing.
    fn readies(&mut self) {
        self.creates("one more, to be shipped", shipped());
        self.updates("its address", address());
    }

    fn creates(&mut self, name: &'static str, request: Value) {
        let answer = self.caller.create(&request);
        self.id = guide::id(&answer.json());
        self.note(name, Operation::Create, Some(request), &answer);
    }

    fn reads(&mut self, name: &'static str) {
        let answer = self.caller.get(&self.id);
        self.note(name, Operation::Read, None, &answer);
    }

    /// Sends the change with everything that an update of 2026-01-11 must have.
    fn updates(&mut self, name: &'static str, change: Value) {
        let before = self.caller.get(&self.id).json();
        let mut request = json!({
            "id": self.id, "currency": before["currency"], "payment": {},
            "line_items": before["line_items"].as_array().unwrap().iter().map(|line| json!({
                "id": line["id"], "item": {"id": line["item"]["id"]}, "quantity": line["quantity"]
            })).collect::<Vec<_>>()
        });
        request.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.asks(name, Operation::Update, request);
    }

    fn completes(&mut self, name: &'static str, token: &str, status: &str) {
        let payment = guide::complete(token);
        self.asks(name, Operation::Complete, payment);
        assert_eq!(self.exchanges.last().unwrap().checkout["status"], status, "{name}");
    }

    fn asks(&mut self, name: &'static str, operation: Operation, request: Value) {
        let answer = match operation {
            Operation::Update => self.caller.update(&self.id, &request),
            _ => self.caller.ask("POST", &path_of(&self.id, operation.word()), request.to_string()),
        };
        self.note(name, operation, Some(request), &answer);
    }

    fn note(
        &mut self,
        name: &'static str,
        operation: Operation,
        request: Option<Value>,
        answer: &Answer,
    ) {
        let checkout = answer.json();
        assert!(checkout.get("line_items").is_some(), "{name}: {}", answer.body);
        self.exchanges.push(Exchange { name, operation, request, checkout });
    }
}

fn methods(method: Value) -> Value {
    json!({"fulfillment": {"methods": [method]}})
}

fn address() -> Value {
    let mut change = methods(json!({
        "id": "method_1", "type": "shipping", "line_item_ids": ["line_1"], "selected_destination_id": "dest_1",
        "destinations": [{
            "id": "dest_1", "street_address": "1600 Amphitheatre Parkway",
            "address_locality": "Mountain View", "address_region": "CA",
            "postal_code": "94043", "address_country": "US"
        }]
    }));
    change["buyer"] =
        json!({"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com"});
    change
}

fn option(option: &str) -> Value {
    methods(json!({"id": "method_1", "type": "shipping", "line_item_ids": ["line_1"],
        "groups": [{"id": "group_1", "selected_option_id": option}]}))
}

fn card() -> Value {
    json!({"selected_instrument_id": "pi_9", "instruments": [{
        "id": "pi_9", "handler_id": "gpay", "type": "card", "brand": "visa",
        "last_digits": "1111", "expiry_month": 12, "expiry_year": 2030,
        "rich_text_description": "Google Pay 1111",
        "rich_card_art": "https://pay.google.com/art.png",
        "billing_address": {"postal_code": "94043", "address_country": "US"}
    }]})
}

fn consent() -> Value {
    json!({"buyer": {
        "first_name": "Jane", "last_name": "Doe", "full_name": "Jane Doe",
        "email": "jane@example.com", "phone_number": "+16505550100",
        "consent": {"analytics": true, "marketing": false}
    }})
}
