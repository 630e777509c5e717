//! What Google answers when it is told or asked something: a line with what that was and the status,
//! then the JSON.
//!
//! Why: the answer is signed, but what it says decides what is agreed to, and whether anybody tries
//! again.

use http::StatusCode;
use paceline_api::standard_payments::line::Heard;
use paceline_api::standard_payments::outbound::delivery;
use paceline_domain::ids::{IntegratorAccountId, RequestId, StatementId};
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::statement::{
    self, Command, Line, Notify, Ours, Phase, Stop, Summary, Unlisted,
};
use paceline_domain::time::Timestamp;
use paceline_engine::google::{Call, Delivery, Page, Trouble, What};
use serde_json::{Map, Value};

use crate::bounds::within;
use crate::tokenized::{DIALECT, SIGNED};

const LINES_MAX: u32 = 1_000;
const WHY_CHARS_MAX: usize = 120;
const ON: Timestamp = Timestamp(1_795_411_509_210);

pub fn google(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, json) = bytes.split_at(end);
    let json = json.get(1..).unwrap_or_default();
    let Some((word, status)) = std::str::from_utf8(line).ok().and_then(|l| l.split_once(' '))
    else {
        return;
    };
    let Some(what) = asked().into_iter().find(|what| what.word() == word) else { return };
    let Ok(status) = StatusCode::from_bytes(status.as_bytes()) else { return };
    let call = Call { request: name("s1:p0"), integrator: integrator(), what };
    let dialect = &**DIALECT; // read once, and not on this input's account
    let (opens, delivered) = within(SIGNED, json, |json| {
        let answer: Option<Map<String, Value>> = serde_json::from_slice(json).ok();
        (answer.is_some(), delivery(&call, Heard { status, answer }, dialect))
    });
    let pages = matches!(call.what, What::StatementPage { .. });
    match delivered {
        Delivery::Heard => assert!(status == StatusCode::OK && opens && !pages),
        Delivery::Page(page) => {
            assert!(status == StatusCode::OK && opens && pages);
            assert!(page.lines.len() <= LINES_MAX as usize, "{} lines", page.lines.len());
            settled(page);
        }
        Delivery::Refused(why) => {
            let agreeing =
                matches!(call.what, What::AcceptStatement { .. } | What::ProposeStatement { .. });
            assert!(
                status == StatusCode::PRECONDITION_FAILED || status == StatusCode::OK && agreeing
            );
            assert!(why.chars().count() <= WHY_CHARS_MAX && !why.contains(char::is_control));
        }
        Delivery::NotYet(Trouble::NeedsMending) => {
            assert!(status.is_client_error() || status == StatusCode::OK && (pages || !opens));
        }
        Delivery::Unreadable => assert!(pages && status == StatusCode::OK),
        Delivery::NotYet(Trouble::Passing) => assert_ne!(status, StatusCode::OK),
    }
}

/// What is asked of Google, of either kind.
fn asked() -> [What; 3] {
    let statement = name("s1");
    [
        What::StatementPage { statement: statement.clone(), offset: 0, lines_max: LINES_MAX },
        What::AcceptStatement { statement: statement.clone() },
        What::ProposeStatement { statement, total_due: Micros(1), currency: dollars() },
    ]
}

/// Whatever amounts a page has, they come to an answer; and a page that does not lead to the end of
/// its statement is the last one that is asked for.
fn settled(Page { lines, next, lines_total, said }: Page) {
    let line = |line: paceline_engine::google::PageLine| Line {
        kind: line.kind,
        request: line.request,
        theirs: Some(line.amount),
        ours: Ours::Amount(line.amount),
        fee: line.fee,
    };
    let lines: Vec<Line> = lines.into_iter().map(line).collect();
    let count = lines.len() as u64;
    let mut state = None;
    for command in [
        Command::Notify(Box::new(notified())),
        Command::PageRead { offset: 0, lines, next, total: lines_total, said, now: ON },
        Command::Compared { missing_there: vec![], unlisted: Unlisted::default() },
    ] {
        let events = statement::decide(&state, command).expect("it was notified");
        events.iter().for_each(|event| statement::apply(&mut state, event));
    }
    let statement = state.expect("it was notified");
    if let Phase::Stopped { why: Stop::OtherPage { .. } | Stop::OtherSummary, .. } = statement.phase
    {
        return assert_eq!(statement.tally.lines, 0, "{said:?} is not what was notified");
    }
    assert_eq!((statement.tally.lines, statement.tally.matched), (count, count));
    match (next, statement.phase) {
        (Some(next), Phase::Reading { offset }) => {
            assert!(next == offset && 0 < next && next <= lines_total && count <= lines_total);
        }
        (None, Phase::Answering(_)) => assert_eq!(count, lines_total),
        (Some(next), Phase::Stopped { why: Stop::Astray { next: told }, .. }) => {
            assert!(next == told && (next == 0 || next > lines_total));
        }
        (_, Phase::Stopped { why: Stop::Miscounted { total, read }, .. }) => {
            assert!((total, read) == (lines_total, count) && read != total);
        }
        (next, phase) => panic!("after {next:?} it is {phase:?}"),
    }
}

fn notified() -> Notify {
    Notify {
        id: StatementId(1),
        integrator: integrator(),
        request: name("s1"),
        summary: Summary {
            made_at: ON,
            period_start: ON,
            period_end: ON,
            due_at: ON,
            currency: dollars(),
            total_due: Micros::ZERO,
            memo: None,
        },
        at: ON,
    }
}

fn integrator() -> IntegratorAccountId {
    IntegratorAccountId::parse("InvisiCashUSA_USD").expect("an account of the sample")
}

fn name(text: &str) -> RequestId {
    RequestId::parse(text).expect("a name of a request")
}

fn dollars() -> CurrencyCode {
    CurrencyCode::parse("USD").expect("a currency")
}
