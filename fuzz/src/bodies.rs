//! Bodies of the wire: read, decided on, worded; and the answer sent back as Google does.

use std::sync::{Arc, LazyLock};

use memchr::memmem;
use paceline_api::limits::ERROR_PATH_BYTES_MAX;
use paceline_api::ucp::error::Malformed;
use paceline_api::ucp::request::{parse_cancel, parse_complete, parse_create, parse_update};
use paceline_api::ucp::{Dialect, Operation, Refusal, Words, manner};
use paceline_benches::purchase::{self, Purchase};
use paceline_benches::shop::{self, Shop};
use paceline_domain::market::Market;
use paceline_domain::session::{self, Changes, Command, Complete, Create, State, Update};
use paceline_engine::{Reply, Voice};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::bounds::{WIRE, within};
use crate::json::Json;

/// What a message repeats by chance is shorter.
const TELLING_BYTES: usize = 24;

/// The sample shop and a purchase in it, as far as it has come.
struct Desk {
    market: Arc<dyn Market>,
    words: Words,
    purchase: Purchase,
}

static DESK: LazyLock<Desk> = LazyLock::new(|| Desk {
    market: Shop::open(),
    words: shop::words(),
    purchase: Purchase::make(),
});

pub fn create(bytes: &[u8]) {
    let Some(changes) = read(bytes, parse_create) else { return };
    let Command::Create(asked) = purchase::create(&DESK.market) else { unreachable!("a create") };
    let create = Create { changes, ..*asked };
    answered(Operation::Create, None, Command::Create(Box::new(create)));
}

pub fn update(bytes: &[u8]) {
    let session = DESK.purchase.ready.as_ref().expect("it was created").id;
    let Some(changes) = read(bytes, |bytes| parse_update(bytes, session)) else { return };
    answered(Operation::Update, DESK.purchase.ready.clone(), updating(changes));
}

pub fn complete(bytes: &[u8]) {
    let Some(offered) = read(bytes, parse_complete) else { return };
    let token = offered.credential.expose();
    assert!(serde_json::from_slice::<IgnoredAny>(bytes).is_ok(), "what was read is JSON");
    // What nobody reads may be half a surrogate pair or a number without bounds: JSON all the same.
    let Some(body) = Json::parse(bytes) else { return };
    let texts = body.texts();
    let holders = texts.iter().filter(|text| memmem::find(text.as_bytes(), token).is_some());
    assert!(texts.iter().any(|text| text.as_bytes() == token), "the token is what was written");
    let only = holders.count() == 1;
    let Command::Complete(asked) = purchase::complete(&DESK.market) else {
        unreachable!("a complete")
    };
    let command = Command::Complete(Box::new(Complete { shown: offered.shown, ..*asked }));
    let reply = answered(Operation::Complete, DESK.purchase.ready.clone(), command);
    if only && token.len() >= TELLING_BYTES {
        assert!(memmem::find(&reply.body, token).is_none(), "the token is never shown");
    }
}

pub fn cancel(bytes: &[u8]) {
    if read(bytes, parse_cancel).is_some() && !bytes.is_empty() {
        assert!(bytes.trim_ascii_start().starts_with(b"{"), "only an object is no mistake");
    }
}

/// Reads a body within its bounds, or looks at how it was refused.
fn read<T>(bytes: &[u8], parse: impl Fn(&[u8]) -> Result<T, Malformed>) -> Option<T> {
    match within(WIRE, bytes, parse) {
        Ok(read) => Some(read),
        Err(malformed) => {
            refused(bytes, malformed);
            None
        }
    }
}

/// A refusal says what and where, in the wire's shape, and nothing that the caller wrote.
fn refused(bytes: &[u8], malformed: Malformed) {
    let Malformed { code, path, what } = malformed.clone();
    assert!(path.starts_with('$') && path.len() <= ERROR_PATH_BYTES_MAX + 64, "{path}");
    assert!(!what.is_empty() && what.len() < 256 && !what.contains(char::is_control), "{what}");
    if let Some(body) = Json::parse(bytes) {
        // What is missing is missed in something that is there.
        let there = match code {
            "missing" => path.rsplit_once('.').map_or("$", |(parent, _)| parent),
            _ => &path,
        };
        assert!(body.has(there), "{path} leads nowhere: {what}");
        let mut telling = body.texts();
        telling.retain(|text| text.len() >= TELLING_BYTES);
        assert!(!telling.iter().any(|text| what.contains(text)), "{what} repeats a value");
    }
    let answer: Value = serde_json::from_slice(&Refusal::from(malformed).body()).expect("JSON");
    let message = &answer["messages"][0];
    assert_eq!((&message["code"], &message["path"]), (&Value::from(code), &Value::from(path)));
}

fn updating(changes: Changes) -> Command {
    let Command::Update(asked) = purchase::update(&DESK.market) else { unreachable!("an update") };
    Command::Update(Box::new(Update { changes, ..*asked }))
}

/// Decides, words the answer, and, if it shows a checkout that can still be changed, sends it
/// back: whoever does so changes nothing.
fn answered(operation: Operation, mut state: State, command: Command) -> Reply {
    let manner = manner(Dialect::D1, operation);
    let reply = match session::decide(&state, command) {
        Ok(events) => {
            events.iter().for_each(|event| session::apply(&mut state, event));
            let session = state.as_ref().expect("something was decided on");
            DESK.words.session(manner, session, None)
        }
        Err(rejection) => {
            let reply = match &state {
                Some(session) => DESK.words.session(manner, session, Some(&rejection)),
                None => DESK.words.refusal(manner, &rejection),
            };
            assert!(serde_json::from_slice::<Value>(&reply.body).is_ok(), "an answer is JSON");
            return reply;
        }
    };
    assert!(serde_json::from_slice::<Value>(&reply.body).is_ok(), "an answer is JSON");
    if operation != Operation::Complete {
        sent_back(state, &reply.body);
    }
    reply
}

fn sent_back(mut state: State, answer: &[u8]) {
    let was = state.clone().expect("it was answered");
    let changes = parse_update(answer, was.id).expect("what was sent can be sent back");
    let events = session::decide(&state, updating(changes)).expect("and is no mistake");
    events.iter().for_each(|event| session::apply(&mut state, event));
    let is = state.expect("it is still there");
    assert_eq!((is.contents, is.quote), (was.contents, was.quote), "and changes nothing");
}
