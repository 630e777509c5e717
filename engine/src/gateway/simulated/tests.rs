use std::time::Duration;

use futures_util::FutureExt;
use paceline_domain::ids::SessionId;
use paceline_storage::MemoryLog;

use super::*;

const NO_TIME: SimulatedOptions =
    SimulatedOptions { seed: 1, latency_median: Duration::ZERO, latency_p99: Duration::ZERO };

fn charge(number: u32) -> Charge {
    Charge {
        attempt: AttemptId { session: SessionId(1), number },
        amount: MinorUnits(11_350),
        currency: CurrencyCode::parse("USD").unwrap(),
    }
}

fn token(word: &str) -> Secret {
    Secret::new(word.as_bytes().to_vec())
}

/// A processor and its book.
fn opened() -> (Simulated, Arc<MemoryLog>) {
    let book = Arc::new(MemoryLog::new());
    (Simulated::new(NO_TIME, Arc::clone(&book) as Arc<dyn EventLog>), book)
}

/// What moved, in the book's order.
fn moved(book: &MemoryLog, charge: Charge) -> Vec<(Movement, Result<(), DeclineReason>)> {
    let entries = Simulated::book_of(book, charge.attempt).unwrap();
    for entry in &entries {
        let Entry { attempt, amount, currency, .. } = *entry;
        assert_eq!(Charge { attempt, amount, currency }, charge);
    }
    entries.into_iter().map(|entry| (entry.movement, entry.outcome)).collect()
}

const RESERVED: (Movement, Result<(), DeclineReason>) = (Movement::Reserved, Ok(()));
const CAPTURED: (Movement, Result<(), DeclineReason>) = (Movement::Captured, Ok(()));

/// Asks, and sees that there is no answer once the book says that it was carried out.
async fn unanswered(mut asking: Asking<'_>, book: &MemoryLog, charge: Charge) {
    while moved(book, charge).is_empty() {
        assert_eq!(asking.as_mut().now_or_never(), None);
        tokio::task::yield_now().await;
    }
    assert_eq!(asking.now_or_never(), None);
}

#[tokio::test]
async fn an_ordinary_token_is_reserved_and_captured_once_each() {
    let (processor, book) = opened();
    for _ in 0..3 {
        assert_eq!(processor.reserve(charge(1), token("tok")).await, Answer::Approved);
    }
    for _ in 0..3 {
        assert_eq!(processor.capture(charge(1)).await, Answer::Approved);
    }
    assert_eq!(moved(&book, charge(1)), [RESERVED, CAPTURED]);
}

#[tokio::test]
async fn each_decline_has_its_token() {
    for reason in DeclineReason::ALL {
        let (processor, book) = opened();
        let declines = token(&format!("sim_decline_{}", reason.word()));
        for _ in 0..2 {
            let answer = processor.reserve(charge(1), declines.clone()).await;
            assert_eq!(answer, Answer::Declined(reason));
        }
        assert_eq!(moved(&book, charge(1)), [(Movement::Reserved, Err(reason))]);
    }
}

#[tokio::test]
async fn a_magic_token_with_a_slip_in_it_buys_nothing() {
    let declined = Answer::Declined(DeclineReason::InvalidCredential);
    for word in ["sim_decline_whatever", "sim_decline_expired_card ", "sim_timeout", "sim_"] {
        let (processor, _) = opened();
        assert_eq!(processor.reserve(charge(1), token(word)).await, declined, "{word}");
    }
    for word in ["SIM_outage", " sim_outage", "sim", ""] {
        let (processor, _) = opened();
        assert_eq!(processor.reserve(charge(1), token(word)).await, Answer::Approved, "{word}");
    }
}

#[tokio::test]
async fn a_time_out_then_an_approval() {
    let (processor, book) = opened();
    let slow = token("sim_timeout_then_approve");
    unanswered(processor.reserve(charge(1), slow.clone()), &book, charge(1)).await;
    assert_eq!(processor.reserve(charge(1), slow).await, Answer::Approved);
    assert_eq!(moved(&book, charge(1)), [RESERVED]);
}

#[tokio::test]
async fn a_time_out_then_a_decline() {
    let (processor, book) = opened();
    let slow = token("sim_timeout_then_decline");
    unanswered(processor.reserve(charge(1), slow.clone()), &book, charge(1)).await;
    let declined = DeclineReason::DoNotHonor;
    assert_eq!(processor.reserve(charge(1), slow).await, Answer::Declined(declined));
    assert_eq!(moved(&book, charge(1)), [(Movement::Reserved, Err(declined))]);
}

#[tokio::test]
async fn a_duplicate_moves_once() {
    let (processor, book) = opened();
    assert_eq!(processor.reserve(charge(1), token("sim_duplicate")).await, Answer::Approved);
    assert_eq!(moved(&book, charge(1)), [RESERVED]);
}

#[tokio::test]
async fn an_outage_swallows_its_questions_then_approves() {
    let (processor, book) = opened();
    for _ in 0..OUTAGE_ASKS {
        assert_eq!(processor.reserve(charge(1), token("sim_outage")).await, Answer::Unknown);
        assert_eq!(moved(&book, charge(1)), []);
    }
    // Another attempt has an outage of its own.
    assert_eq!(processor.reserve(charge(2), token("sim_outage")).await, Answer::Unknown);
    assert_eq!(processor.reserve(charge(1), token("sim_outage")).await, Answer::Approved);
    assert_eq!(moved(&book, charge(1)), [RESERVED]);
}

#[tokio::test]
async fn nothing_is_captured_that_was_not_reserved() {
    let (processor, book) = opened();
    let refused = Answer::Declined(DeclineReason::DoNotHonor);
    assert_eq!(processor.capture(charge(1)).await, refused);
    processor.reserve(charge(2), token("sim_decline_expired_card")).await;
    assert_eq!(processor.capture(charge(2)).await, refused);
    assert_eq!(moved(&book, charge(1)), []);
    assert_eq!(moved(&book, charge(2)).len(), 1);
}

#[tokio::test]
async fn the_book_decides_whatever_the_token_says_and_whoever_reads_it() {
    let (processor, book) = opened();
    assert_eq!(processor.reserve(charge(1), token("tok")).await, Answer::Approved);
    let again = Simulated::new(NO_TIME, Arc::clone(&book) as Arc<dyn EventLog>);
    let declines = token("sim_decline_expired_card");
    assert_eq!(again.reserve(charge(1), declines).await, Answer::Approved);
    assert_eq!(moved(&book, charge(1)), [RESERVED]);
}

#[tokio::test]
async fn a_movement_that_cannot_be_written_down_is_unknown() {
    let (processor, book) = opened();
    book.crash();
    assert_eq!(processor.reserve(charge(1), token("tok")).await, Answer::Unknown);
}
