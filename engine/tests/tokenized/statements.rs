//! Remittance: every page is fetched, held against our books, and answered.

use paceline_domain::money::Micros;
use paceline_domain::statement::{Answer, LineKind, Phase, Said, Stop, Summary, Verdict};
use paceline_domain::time::Timestamp;
use paceline_engine::google::{Delivery, Page, PageLine, What};
use paceline_engine::tokenized::StatementNotified;
use paceline_engine::{Engine, report};

use crate::common::standard::*;
use crate::common::{run, text, usd};

const DAY: u64 = 24 * 60 * 60 * 1000;

fn now() -> u64 {
    use paceline_engine::Surroundings;
    paceline_engine::System.now().0
}

fn line(kind: LineKind, id: &str, amount: i64) -> PageLine {
    let (amount, fee) = (dollars(amount), Micros(100_000));
    PageLine { kind, request: request(id), amount, fee, currency: usd() }
}

/// The last one, or one of a statement with three lines.
fn page(lines: Vec<PageLine>, next: Option<u64>) -> Delivery {
    let lines_total = if next.is_some() { 3 } else { lines.len() as u64 };
    Delivery::Page(Page { lines, next, lines_total, said: Said::default() })
}

fn of_total(lines: Vec<PageLine>, next: Option<u64>, lines_total: u64) -> Delivery {
    Delivery::Page(Page { lines, next, lines_total, said: Said::default() })
}

async fn notified(engine: &Engine, total_due: Micros) -> String {
    notified_as(engine, "stmt:1", total_due).await
}

async fn notified_as(engine: &Engine, id: &str, total_due: Micros) -> String {
    notified_of(engine, id, [now() - DAY, now() + DAY], total_due).await
}

/// - `period`: from the one to the other.
async fn notified_of(engine: &Engine, id: &str, period: [u64; 2], total_due: Micros) -> String {
    let [period_start, period_end] = period.map(Timestamp);
    let summary = Summary {
        made_at: Timestamp(0),
        period_start,
        period_end,
        due_at: Timestamp(0),
        currency: usd(),
        total_due,
        memo: None,
    };
    let wanted = StatementNotified { request: request(id), integrator: piaid(), summary };
    let key = keyed("remittanceStatementNotification", id, 1);
    words(engine.statement_notified(wanted, key).await)
}

/// Two captures and a refund of ours, all settled.
async fn books(integrator: &Integrator) -> Engine {
    let engine = linked(integrator).await;
    capture(&engine, "cap:1", "gpt", dollars(12)).await;
    capture(&engine, "cap:2", "gpt", dollars(8)).await;
    refund(&engine, "ref:1", "cap:1", dollars(5)).await;
    while engine.account(&account("acct-sally")).await.unwrap().moved.len() > 1 {
        tokio::task::yield_now().await; // all but the funding is settled
    }
    engine
}

/// Waits for the answer, and tells what the lines came to.
async fn answered(integrator: &Integrator) -> (Answer, Vec<(String, Verdict)>) {
    answered_as(integrator, "stmt:1").await
}

async fn answered_as(integrator: &Integrator, id: &str) -> (Answer, Vec<(String, Verdict)>) {
    loop {
        let found = report::remittance(&*integrator.shop.log, &piaid(), &request(id));
        let found = found.unwrap().unwrap();
        if let Phase::Answered { answer, .. } = found.statement.phase {
            let told = |line: &paceline_domain::statement::Line| {
                (line.request.to_string(), line.verdict())
            };
            return (answer, found.lines.iter().map(told).collect());
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_statement_that_agrees_is_accepted_after_its_last_page() {
    run(async {
        let integrator = Integrator::new();
        let engine = books(&integrator).await;
        let pages = [
            (0, page(vec![line(LineKind::Capture, "cap:1", 12)], Some(1))),
            (1, page(vec![line(LineKind::Capture, "cap:2", 8)], Some(2))),
            (2, of_total(vec![line(LineKind::Refund, "ref:1", 5)], None, 3)),
        ];
        integrator.google.pages.lock().unwrap().extend(pages);
        let noted = notified(&engine, Micros(14_700_000)).await;
        assert!(noted.starts_with("200 StatementNoted"), "{noted}");
        let (answer, lines) = answered(&integrator).await;
        assert_eq!(answer, Answer::Accept, "{lines:?}");
        assert!(lines.iter().all(|(_, verdict)| *verdict == Verdict::Matched), "{lines:?}");
        let accepted = |call: &paceline_engine::google::Call| {
            matches!(call.what, What::AcceptStatement { .. })
        };
        integrator.google.hears(accepted).await;
        assert_eq!(notified(&engine, Micros(14_700_000)).await, noted);
        assert_eq!(integrator.google.calls().iter().filter(|call| accepted(call)).count(), 1);
    });
}

#[test]
fn a_statement_that_differs_is_answered_with_what_our_books_come_to() {
    run(async {
        let integrator = Integrator::new();
        let engine = books(&integrator).await;
        let lines = vec![
            line(LineKind::Capture, "cap:1", 13), // we have 12
            line(LineKind::Capture, "cap:9", 1),  // we have not
            line(LineKind::Refund, "ref:1", 5),
        ];
        integrator.google.pages.lock().unwrap().insert(0, page(lines, None));
        notified(&engine, Micros(8_700_000)).await;
        let (answer, lines) = answered(&integrator).await;
        let verdict = |id: &str| lines.iter().find(|(line, _)| line == id).unwrap().1;
        assert_eq!(verdict("cap:1"), Verdict::Different);
        assert_eq!(verdict("cap:9"), Verdict::MissingHere);
        assert_eq!(verdict("ref:1"), Verdict::Matched);
        assert_eq!(verdict("cap:2"), Verdict::MissingThere);
        // 12 and 8 captured, 5 refunded, and the fees of the two lines that are ours and theirs.
        assert_eq!(answer, Answer::Propose { total_due: Micros(14_800_000) });
        integrator.google.hears(|call| matches!(call.what, What::ProposeStatement { .. })).await;
    });
}

#[test]
fn a_statement_without_lines_ends_by_the_absence_of_a_next_page() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        integrator.google.pages.lock().unwrap().insert(0, page(vec![], None));
        notified(&engine, Micros(0)).await;
        assert_eq!(answered(&integrator).await, (Answer::Accept, vec![]));
    });
}

#[test]
fn a_page_that_google_does_not_give_is_asked_for_again_after_a_restart() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        integrator.google.go_away();
        notified(&engine, Micros(0)).await;
        integrator.google.hears(|_| true).await;
        integrator.google.say(Delivery::Heard);
        integrator.google.pages.lock().unwrap().insert(0, page(vec![], None));
        let _next = integrator.open();
        assert_eq!(answered(&integrator).await.0, Answer::Accept);
        let calls = integrator.google.calls();
        assert_eq!(calls[0], calls[1], "under one id");
    });
}

fn verdicts(lines: Vec<(String, Verdict)>) -> Vec<Verdict> {
    lines.into_iter().map(|(_, verdict)| verdict).collect()
}

#[test]
fn what_is_listed_twice_is_repeated_and_counts_once() {
    run(async {
        let integrator = Integrator::new();
        let engine = books(&integrator).await;
        let (bought, given_back) = (line(LineKind::Capture, "cap:1", 12), LineKind::Refund);
        let on_one_page = vec![bought.clone(), bought.clone(), line(LineKind::Capture, "cap:2", 8)];
        integrator.google.pages.lock().unwrap().extend([
            (0, of_total(on_one_page, Some(3), 5)),
            (3, of_total(vec![bought, line(given_back, "ref:1", 5)], None, 5)),
        ]);
        notified(&engine, Micros(38_500_000)).await; // what Google's lines come to
        let (answer, lines) = answered(&integrator).await;
        use Verdict::{Matched, Repeated};
        assert_eq!(verdicts(lines), [Matched, Repeated, Matched, Repeated, Matched]);
        assert_eq!(answer, Answer::Propose { total_due: Micros(14_700_000) });
    });
}

#[test]
fn what_an_accepted_statement_has_counted_no_later_one_counts() {
    run(async {
        let integrator = Integrator::new();
        let engine = books(&integrator).await;
        let captures =
            || [line(LineKind::Capture, "cap:1", 12), line(LineKind::Capture, "cap:2", 8)];
        let all = [captures().to_vec(), vec![line(LineKind::Refund, "ref:1", 5)]].concat();
        integrator.google.pages.lock().unwrap().insert(0, page(all, None));
        notified(&engine, Micros(14_700_000)).await;
        assert_eq!(answered(&integrator).await.0, Answer::Accept);
        integrator.google.pages.lock().unwrap().insert(0, page(captures().to_vec(), None));
        notified_as(&engine, "stmt:2", Micros(19_800_000)).await;
        let (answer, lines) = answered_as(&integrator, "stmt:2").await;
        assert_eq!(verdicts(lines), [Verdict::Repeated; 2], "and the refund is not missing");
        let Answer::Propose { .. } = answer else { panic!("it is accepted twice") };
    });
}

#[test]
fn a_corrected_statement_counts_what_the_one_before_it_had_wrong() {
    run(async {
        let integrator = Integrator::new();
        let engine = books(&integrator).await;
        let lines = |first| {
            let captures = [("cap:1", first), ("cap:2", 8)];
            let captures = captures.map(|(id, amount)| line(LineKind::Capture, id, amount));
            page([captures.to_vec(), vec![line(LineKind::Refund, "ref:1", 5)]].concat(), None)
        };
        integrator.google.pages.lock().unwrap().insert(0, lines(13));
        notified(&engine, Micros(15_700_000)).await;
        let Answer::Propose { .. } = answered(&integrator).await.0 else { panic!("13 are not 12") };
        integrator.google.pages.lock().unwrap().insert(0, lines(12));
        notified_as(&engine, "stmt:2", Micros(14_700_000)).await;
        assert_eq!(answered_as(&integrator, "stmt:2").await.0, Answer::Accept);
    });
}

#[test]
fn what_is_done_shortly_before_an_end_is_missing_only_if_the_next_statement_lacks_it_too() {
    run(async {
        let integrator = Integrator::new();
        let engine = books(&integrator).await;
        integrator.google.pages.lock().unwrap().insert(0, page(vec![], None));
        // By Google's clock the period was over already.
        let end = now() + 60_000;
        notified_of(&engine, "stmt:1", [end - DAY, end], Micros(0)).await;
        assert_eq!(answered(&integrator).await, (Answer::Accept, vec![]));
        notified_of(&engine, "stmt:2", [end, end + DAY], Micros(0)).await;
        let (answer, lines) = answered_as(&integrator, "stmt:2").await;
        assert_eq!(answer, Answer::Propose { total_due: dollars(15) });
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|(_, verdict)| *verdict == Verdict::MissingThere), "{lines:?}");
    });
}

/// Waits until a person has to look, and tells why.
async fn stopped(integrator: &Integrator) -> Stop {
    loop {
        let found = report::remittance(&*integrator.shop.log, &piaid(), &request("stmt:1"));
        if let Phase::Stopped { why, .. } = found.unwrap().unwrap().statement.phase {
            return why;
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_statement_that_is_cut_short_is_not_answered_until_somebody_has_it_read_again() {
    run(async {
        let integrator = Integrator::new();
        let engine = books(&integrator).await;
        let line = |kind, id, amount| line(kind, id, amount);
        let first = vec![line(LineKind::Capture, "cap:1", 12)];
        let rest = [("cap:2", LineKind::Capture, 8), ("ref:1", LineKind::Refund, 5)];
        let rest = rest.map(|(id, kind, amount)| line(kind, id, amount)).to_vec();
        integrator.google.pages.lock().unwrap().insert(0, of_total(first.clone(), None, 3));
        notified(&engine, Micros(14_700_000)).await;
        assert_eq!(stopped(&integrator).await, Stop::Miscounted { total: 3, read: 1 });
        let all = [first, rest].concat();
        integrator.google.pages.lock().unwrap().insert(0, page(all, None));
        engine.read_statement_again(&piaid(), &request("stmt:1")).await.unwrap();
        let (answer, lines) = answered(&integrator).await;
        assert_eq!((answer, lines.len()), (Answer::Accept, 3), "{lines:?}");
    });
}

#[test]
fn a_page_that_leads_back_stops_the_reading() {
    run(async {
        let integrator = Integrator::new();
        let engine = books(&integrator).await;
        let lines = vec![line(LineKind::Capture, "cap:1", 12)];
        integrator.google.pages.lock().unwrap().insert(0, of_total(lines, Some(0), 3));
        notified(&engine, Micros(11_900_000)).await;
        assert_eq!(stopped(&integrator).await, Stop::Astray { next: 0 });
    });
}

#[test]
fn a_page_that_google_refuses_is_asked_for_once_and_again_when_somebody_has_looked() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        integrator.google.say(Delivery::Refused(text("another request had this id")));
        notified(&engine, Micros(0)).await;
        assert_eq!(stopped(&integrator).await, Stop::Refused);
        assert_eq!(integrator.google.calls().len(), 1);
        integrator.google.say(Delivery::Heard);
        integrator.google.pages.lock().unwrap().insert(0, page(vec![], None));
        engine.read_statement_again(&piaid(), &request("stmt:1")).await.unwrap();
        assert_eq!(answered(&integrator).await.0, Answer::Accept);
    });
}

#[test]
fn a_page_that_cannot_be_read_stops_the_reading_and_is_asked_for_anew_when_somebody_has_looked() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        integrator.google.say(Delivery::Unreadable);
        notified(&engine, Micros(0)).await;
        assert_eq!(stopped(&integrator).await, Stop::Unreadable);
        integrator.google.say(Delivery::Heard);
        integrator.google.pages.lock().unwrap().insert(0, page(vec![], None));
        engine.read_statement_again(&piaid(), &request("stmt:1")).await.unwrap();
        assert_eq!(answered(&integrator).await.0, Answer::Accept);
        let calls = integrator.google.calls();
        assert_ne!(
            calls[0].request, calls[1].request,
            "what was said once under a name is said again"
        );
    });
}
