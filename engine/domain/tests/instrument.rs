//! The payment instrument: each attempt is reserved at most once and captured at most once.

mod common;

use common::{Instruments, after, attempt, cents, currency, given, usd};
use paceline_domain::decline::DeclineReason;
use paceline_domain::instrument::{
    Command, Effect, Event, Instrument, Progress, Rejection, apply, decide, owes, pending,
};
use proptest::prelude::*;

const POOR: DeclineReason = DeclineReason::InsufficientFunds;

#[test]
fn a_reservation_is_written_before_the_processor_is_asked() {
    given::<Instruments>(&[]).when(reserve(1)).then(&[started(1)]);
    let (amount, currency) = (cents(11_350), usd());
    let question = Effect::Reserve { attempt: attempt(1), amount, currency };
    assert_eq!(pending(&after::<Instruments>(&[started(1)])), [question]);
}

#[test]
fn a_repeated_reservation_starts_nothing() {
    for story in [
        &[started(1)][..],
        &[started(1), reserved(1)],
        &[started(1), declined(1)],
        &[started(1), reserved(1), capturing(1), captured(1)],
    ] {
        given::<Instruments>(story).when(reserve(1)).then_nothing();
    }
}

#[test]
fn an_attempt_never_changes_its_amount() {
    for (amount, currency) in [(cents(11_351), usd()), (cents(11_350), currency("EUR"))] {
        given::<Instruments>(&[started(1)])
            .when(Command::Reserve { attempt: attempt(1), amount, currency })
            .then_refused(Rejection::AmountDiffers);
    }
}

#[test]
fn one_instrument_pays_several_attempts() {
    given::<Instruments>(&[started(1), declined(1)]).when(reserve(2)).then(&[started(2)]);
}

#[test]
fn the_processors_word_ends_a_reservation() {
    given::<Instruments>(&[started(1)]).when(reserve_answered(1, Ok(()))).then(&[reserved(1)]);
    given::<Instruments>(&[started(1)]).when(reserve_answered(1, Err(POOR))).then(&[declined(1)]);
    assert_eq!(pending(&after::<Instruments>(&[started(1), reserved(1)])), []);
    assert_eq!(pending(&after::<Instruments>(&[started(1), declined(1)])), []);
}

#[test]
fn the_first_word_on_a_reservation_stands() {
    given::<Instruments>(&[started(1), declined(1)])
        .when(reserve_answered(1, Ok(())))
        .then_nothing();
    given::<Instruments>(&[started(1), reserved(1)])
        .when(reserve_answered(1, Err(POOR)))
        .then_nothing();
    given::<Instruments>(&[started(1), reserved(1), capturing(1)])
        .when(reserve_answered(1, Ok(())))
        .then_nothing();
}

#[test]
fn a_word_on_an_attempt_that_nobody_made_is_refused() {
    for command in [
        reserve_answered(1, Ok(())),
        Command::Capture { attempt: attempt(1) },
        capture_answered(1, Ok(())),
    ] {
        given::<Instruments>(&[]).when(command).then_refused(Rejection::AttemptUnknown);
    }
}

#[test]
fn what_is_reserved_can_be_captured() {
    given::<Instruments>(&[started(1), reserved(1)]).when(capture(1)).then(&[capturing(1)]);
    let (amount, currency) = (cents(11_350), usd());
    let question = Effect::Capture { attempt: attempt(1), amount, currency };
    let story = [started(1), reserved(1), capturing(1)];
    assert_eq!(pending(&after::<Instruments>(&story)), [question]);
}

#[test]
fn what_is_not_reserved_cannot_be_captured() {
    for story in [&[started(1)][..], &[started(1), declined(1)]] {
        given::<Instruments>(story).when(capture(1)).then_refused(Rejection::NotReserved);
        given::<Instruments>(story)
            .when(capture_answered(1, Ok(())))
            .then_refused(Rejection::NotReserved);
    }
}

#[test]
fn a_capture_that_nobody_asked_for_is_refused() {
    given::<Instruments>(&[started(1), reserved(1)])
        .when(capture_answered(1, Ok(())))
        .then_refused(Rejection::NotReserved);
}

#[test]
fn a_repeated_capture_captures_nothing_more() {
    for story in [
        &[started(1), reserved(1), capturing(1)][..],
        &[started(1), reserved(1), capturing(1), captured(1)],
        &[started(1), reserved(1), capturing(1), capture_refused(1)],
    ] {
        given::<Instruments>(story).when(capture(1)).then_nothing();
    }
}

#[test]
fn the_processors_word_ends_a_capture() {
    let story = [started(1), reserved(1), capturing(1)];
    given::<Instruments>(&story).when(capture_answered(1, Ok(()))).then(&[captured(1)]);
    given::<Instruments>(&story).when(capture_answered(1, Err(POOR))).then(&[capture_refused(1)]);
}

#[test]
fn the_first_word_on_a_capture_stands() {
    given::<Instruments>(&[started(1), reserved(1), capturing(1), captured(1)])
        .when(capture_answered(1, Err(POOR)))
        .then_nothing();
    given::<Instruments>(&[started(1), reserved(1), capturing(1), capture_refused(1)])
        .when(capture_answered(1, Ok(())))
        .then_nothing();
}

#[test]
fn open_questions_are_asked_oldest_attempt_first() {
    let story = [started(2), started(1), started(3), reserved(3), capturing(3)];
    let asked: Vec<u32> = pending(&after::<Instruments>(&story))
        .iter()
        .map(|effect| match effect {
            Effect::Reserve { attempt, .. } | Effect::Capture { attempt, .. } => attempt.number,
        })
        .collect();
    assert_eq!(asked, [1, 2, 3]);
}

proptest! {
    #[test]
    fn whatever_is_said_in_any_order_money_moves_at_most_once(
        commands in prop::collection::vec(any_command(), 0..80)
    ) {
        let mut instrument = Instrument::default();
        let mut events = vec![];
        for command in commands {
            let Ok(decided) = decide(&instrument, command) else { continue };
            decided.iter().for_each(|event| apply(&mut instrument, event));
            events.extend(decided);
            prop_assert_eq!(owes(&instrument), !pending(&instrument).is_empty());
        }
        for (attempt, payment) in &instrument.payments {
            let times = |event: Event| events.iter().filter(|e| **e == event).count();
            let reserved = times(Event::Reserved { attempt: *attempt });
            let captured = times(Event::Captured { attempt: *attempt });
            prop_assert!(reserved <= 1 && captured <= reserved);
            prop_assert_eq!(captured == 1, payment.progress == Progress::Captured);
        }
        let replayed = after::<Instruments>(&events);
        prop_assert_eq!(pending(&replayed), pending(&instrument));
        prop_assert_eq!(replayed, instrument);
    }
}

fn any_command() -> impl Strategy<Value = Command> {
    let answer = any::<bool>().prop_map(|yes| if yes { Ok(()) } else { Err(POOR) });
    (1..4_u32, 0..4_u8, answer).prop_map(|(number, what, answer)| match what {
        0 => reserve(number),
        1 => reserve_answered(number, answer),
        2 => capture(number),
        _ => capture_answered(number, answer),
    })
}

fn reserve(number: u32) -> Command {
    Command::Reserve { attempt: attempt(number), amount: cents(11_350), currency: usd() }
}

fn reserve_answered(number: u32, answer: Result<(), DeclineReason>) -> Command {
    Command::ReserveAnswered { attempt: attempt(number), answer }
}

fn capture(number: u32) -> Command {
    Command::Capture { attempt: attempt(number) }
}

fn capture_answered(number: u32, answer: Result<(), DeclineReason>) -> Command {
    Command::CaptureAnswered { attempt: attempt(number), answer }
}

fn started(number: u32) -> Event {
    Event::ReservationStarted { attempt: attempt(number), amount: cents(11_350), currency: usd() }
}

fn reserved(number: u32) -> Event {
    Event::Reserved { attempt: attempt(number) }
}

fn declined(number: u32) -> Event {
    Event::Declined { attempt: attempt(number), reason: POOR }
}

fn capturing(number: u32) -> Event {
    Event::CaptureStarted { attempt: attempt(number) }
}

fn captured(number: u32) -> Event {
    Event::Captured { attempt: attempt(number) }
}

fn capture_refused(number: u32) -> Event {
    Event::CaptureRefused { attempt: attempt(number), reason: POOR }
}
