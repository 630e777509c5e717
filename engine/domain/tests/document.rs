//! A document is kept as it came, once.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

#[path = "common/machine.rs"]
mod machine;

use std::sync::Arc;

use machine::*;
use paceline_domain::asked::Hidden;
use paceline_domain::document::{self, Command, Document, Event, Rejection, State};
use paceline_domain::ids::DocumentId;

fn new() -> Machine<State, Command, Event, Rejection> {
    Machine::new(document::decide, document::apply)
}

fn document(content: &[u8]) -> Document {
    Document { id: DocumentId(1), content: Hidden(Arc::from(content)), at: NOW }
}

#[test]
fn a_document_is_kept_as_it_came() {
    let mut machine = new();
    assert_eq!(machine.give(Command::Look), Err(Rejection::Unknown));
    machine.give(Command::Keep(document(b"%PDF-1.4"))).unwrap();
    assert_eq!(machine.state, Some(document(b"%PDF-1.4")));
    assert_eq!(machine.give(Command::Look), Ok(vec![]));
}

#[test]
fn a_repeat_is_nothing_new_and_another_under_its_name_is_refused() {
    let mut machine = new();
    machine.give(Command::Keep(document(b"%PDF-1.4"))).unwrap();
    let again = Document { at: LATER, ..document(b"%PDF-1.4") };
    assert_eq!(machine.give(Command::Keep(again)), Ok(vec![]));
    let other = machine.give(Command::Keep(document(b"%PDF-1.7")));
    assert_eq!(other, Err(Rejection::AnotherThere));
}

#[test]
fn a_document_is_not_shown() {
    assert!(!format!("{:?}", document(b"%PDF-1.4")).contains("PDF"));
}
