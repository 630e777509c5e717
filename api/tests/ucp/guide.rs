//! Google's guide, exchange by exchange: what is asked, and the whole of what is answered.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::body;
use crate::common::{Answer, Caller, Serving, guide};

#[test]
fn the_guides_purchase_is_answered_as_it_is_written_down_here() {
    let serving = Serving::with("");
    let mut guide = Guide::open(&serving);
    guide.play("1-create");
    guide.play("2-get");
    guide.play("3-update");
    guide.play("4-choose-express");
    guide.play("5-complete");
    guide.play("6-get-completed");
}

#[test]
fn the_guides_cancel_is_answered_as_it_is_written_down_here() {
    let serving = Serving::with("");
    let mut guide = Guide::open(&serving);
    guide.play("1-create");
    guide.play("7-cancel");
}

#[test]
fn the_profile_is_answered_as_it_is_written_down_here() {
    let serving = Serving::with("[merchant]\nendpoint = \"https://merchant.example.com\"\n");
    let mut guide = Guide::open(&serving);
    guide.play("8-profile");
}

#[test]
fn whoever_completes_at_once_pays_for_what_was_chosen_for_them() {
    let serving = Serving::with("");
    let caller = serving.caller();
    let id = guide::ready(&caller);
    let checkout = body(&caller.complete(&id, &guide::complete(guide::TOKEN)), 200);
    assert_eq!(
        crate::totals(&checkout),
        ["subtotal 10000", "fulfillment 500", "tax 850", "total 11350"]
    );
    assert_eq!(checkout["status"], "completed");
}

/// A checkout that follows the guide, with its ids as they come.
struct Guide {
    caller: Caller,
    id: String,
}

impl Guide {
    fn open(serving: &Serving) -> Self {
        Self { caller: serving.caller(), id: String::new() }
    }

    /// Asks what the file asks, and compares the answer, member by member.
    fn play(&mut self, step: &str) {
        let file = format!("tests/ucp/guide/{step}.json");
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let exchange: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let word = |name: &str| exchange[name].as_str().unwrap();
        let asked = exchange.get("body").map(Value::to_string).unwrap_or_default();
        let asked = asked.replace("{id}", &self.id);
        let answer =
            self.caller.ask(word("method"), &word("path").replace("{id}", &self.id), asked);
        if self.id.is_empty() {
            self.id = last(&answer, "/id").unwrap_or_default();
        }
        let known = [
            ("{id}", Some(self.id.clone())),
            ("{order}", last(&answer, "/order_id")),
            ("{expires_at}", last(&answer, "/expires_at")),
        ];
        let expected = exchange["answer"].to_string();
        let expected = known.iter().fold(expected, |text, (name, value)| {
            value.as_ref().map_or(text.clone(), |value| text.replace(name, value))
        });
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let status = exchange["status"].as_u64().unwrap();
        let told = body(&answer, u16::try_from(status).unwrap());
        for (name, member) in told.as_object().unwrap() {
            assert_eq!(Some(member), expected.get(name), "{step}: {name}");
        }
        assert_eq!(told, expected, "{step}");
    }
}

/// The last component of an id in the answer.
fn last(answer: &Answer, pointer: &str) -> Option<String> {
    let body = answer.json();
    let id = body.pointer(pointer)?.as_str()?;
    id.rsplit('/').next().map(str::to_owned)
}
