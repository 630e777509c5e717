//! A document is kept as it came, once, and encrypted.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/machine.rs"]
mod machine;

use std::sync::Arc;

use machine::*;
use paceline_domain::asked::Hidden;
use paceline_domain::card::Sealed;
use paceline_domain::document::{self, Command, Document, Event, Plain, Rejection, State};
use paceline_domain::ids::DocumentId;
use paceline_domain::text::Text;

fn new() -> Machine<State, Command, Event, Rejection> {
    Machine::new(document::decide, document::apply)
}

fn hidden(bytes: &[u8]) -> Hidden {
    Hidden(Arc::from(bytes))
}

fn sealed(key: &str) -> Sealed {
    Sealed { key: Text::parse(key).unwrap(), bytes: hidden(b"its own key") }
}

fn document(content: &[u8], mark: &[u8]) -> Document {
    let (content, mark) = (hidden(content), hidden(mark));
    Document { id: DocumentId(1), content, key: sealed("key-1"), mark, at: NOW }
}

fn keep(document: Document) -> Command {
    Command::Keep(Box::new(document))
}

#[test]
fn a_document_is_kept_as_it_came() {
    let mut machine = new();
    assert_eq!(machine.give(Command::Look), Err(Rejection::Unknown));
    machine.give(keep(document(b"\x01\x02", b"mark"))).unwrap();
    assert_eq!(machine.state, State::Encrypted(Box::new(document(b"\x01\x02", b"mark"))));
    assert_eq!(machine.give(Command::Look), Ok(vec![]));
}

#[test]
fn a_repeat_is_nothing_new_and_another_under_its_name_is_refused() {
    let mut machine = new();
    machine.give(keep(document(b"\x01\x02", b"mark"))).unwrap();
    // The same is never encrypted to the same bytes.
    let again = Document { at: LATER, ..document(b"\x03\x04", b"mark") };
    assert_eq!(machine.give(keep(again)), Ok(vec![]));
    let other = machine.give(keep(document(b"\x01\x02", b"other")));
    assert_eq!(other, Err(Rejection::AnotherThere));
}

#[test]
fn its_key_is_sealed_anew_in_place_of_what_was_seen() {
    let mut machine = new();
    let (old, new_one) = (sealed("key-1"), sealed("key-2"));
    let reseal = Command::Reseal { replaced: old, sealed: new_one.clone() };
    assert_eq!(machine.give(reseal.clone()), Err(Rejection::Unknown));
    machine.give(keep(document(b"\x01\x02", b"mark"))).unwrap();
    assert_eq!(machine.give(reseal.clone()), Ok(vec![Event::Resealed(new_one.clone())]));
    assert_eq!(machine.give(reseal), Ok(vec![]), "somebody was faster");
    let State::Encrypted(kept) = &machine.state else { panic!("it is encrypted") };
    assert_eq!((&kept.key, &kept.content), (&new_one, &hidden(b"\x01\x02")));
}

#[test]
fn what_was_kept_in_the_clear_before_is_there_still() {
    let mut state = State::default();
    let plain = Plain { id: DocumentId(1), content: hidden(b"%PDF-1.4"), at: NOW };
    document::apply(&mut state, &Event::Kept(plain.clone()));
    assert_eq!(state, State::Plain(plain));
    assert_eq!(document::decide(&state, Command::Look), Ok(vec![]));
    let another = document::decide(&state, keep(document(b"\x01\x02", b"mark")));
    assert_eq!(another, Err(Rejection::AnotherThere));
}

#[test]
fn a_document_is_not_shown() {
    assert!(!format!("{:?}", document(b"%PDF-1.4", b"mark")).contains("PDF"));
}
