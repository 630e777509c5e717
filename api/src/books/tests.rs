use paceline_domain::ids::{IntegratorAccountId, StatementId};
use paceline_domain::statement::{Ours, Summary, Tally};

use paceline_domain::text::Text;

use super::*;

#[test]
fn amounts_are_written_exactly_with_two_decimals_at_least() {
    for (micros, written) in [
        (0, "0.00"),
        (1, "0.000001"),
        (5_500_000, "5.50"),
        (-1_230_000, "-1.23"),
        (1_234_500, "1.2345"),
        (i64::MIN, "-9223372036854.775808"),
    ] {
        assert_eq!(decimal(micros), written);
    }
    let of_many = i128::from(i64::MAX) * 2;
    assert_eq!(decimal(of_many), "18446744073709.551614");
}

#[test]
fn a_report_has_the_same_cells_in_every_shape() {
    let rows = vec![vec!["a,b".to_owned(), "1".to_owned()]];
    let report = Report { columns: &["one", "other one"], rows, notes: vec![("sum", "1".into())] };
    assert_eq!(report.shaped(Shape::Text), "one  other one\na,b  1\nsum: 1\n");
    assert_eq!(report.shaped(Shape::Csv), "one,other one\n\"a,b\",1\n");
    let json: Value = serde_json::from_str(&report.shaped(Shape::Json)).unwrap();
    assert_eq!(json, json!({"rows": [{"one": "a,b", "other_one": "1"}], "sum": "1"}));
}

#[test]
fn a_statement_is_shown_line_by_line_in_every_shape() {
    let id = |text| RequestId::parse(text).unwrap();
    let line = |request, theirs, ours| {
        let (kind, fee) = (LineKind::Capture, Micros(10_000));
        Line { kind, request: id(request), theirs, ours, fee }
    };
    let (some, other) = (Some(Micros(1_000_000)), Micros(2_000_000));
    let lines = vec![
        line("cap:1", some, Ours::Amount(Micros(1_000_000))),
        line("cap:2", some, Ours::Nothing),
        line("cap:3", None, Ours::Amount(other)),
        line("cap:4", some, Ours::Amount(other)),
        line("cap:5", some, Ours::Counted),
    ];
    let at = Timestamp(0);
    let statement = Statement {
        id: StatementId(1),
        integrator: IntegratorAccountId::parse("InvisiCashUSA_USD").unwrap(),
        request: id("stmt:1"),
        summary: Summary {
            made_at: at,
            period_start: at,
            period_end: at,
            due_at: Timestamp(1_758_751_200_000),
            currency: CurrencyCode::parse("USD").unwrap(),
            total_due: Micros(4_960_000),
            memo: Some(Text::parse("LRK-250915-EUR").unwrap()),
        },
        notified_at: at,
        phase: Phase::Comparing,
        tally: Tally { lines: 5, matched: 1, ..Tally::default() },
    };
    let report = remittance(&Remittance { statement, lines });
    let verdicts = ["matched", "missing here", "missing at Google", "different", "repeated"];
    let (text, csv) = (report.shaped(Shape::Text), report.shaped(Shape::Csv));
    let json: Value = serde_json::from_str(&report.shaped(Shape::Json)).unwrap();
    for (number, verdict) in (1_usize..).zip(verdicts) {
        let request = format!("cap:{number}");
        let has_both = |line: &str| line.contains(verdict) && line.contains(&request);
        assert!(text.lines().any(has_both), "{verdict}: {text}");
        assert!(csv.lines().any(has_both), "{verdict}: {csv}");
        let row = &json["rows"][number - 1];
        assert!(row.to_string().contains(verdict), "{row}");
    }
    assert_eq!(csv.lines().count(), 6, "{csv}");
    assert!(text.contains("total due, Google: 4.96 USD"), "{text}");
    assert_eq!(json["total_due_google"], "4.96 USD");
    assert_eq!(
        (&json["pay_by"], &json["memo"]),
        (&json!("2025-09-24T22:00:00Z"), &json!("LRK-250915-EUR"))
    );
}

#[test]
fn what_google_tells_is_shown_member_by_member() {
    let told = json!({"result": "SUCCESS", "report": {"items": [{"quantity": 1}, "a\nb"]}});
    let rows = members(told.as_object().unwrap()).rows;
    let expected = [("report.items[0].quantity", "1"), ("report.items[1]", "a b")];
    let expected = expected.into_iter().chain([("result", "SUCCESS")]);
    assert!(rows.iter().map(|row| (&*row[0], &*row[1])).eq(expected), "{rows:?}");
}

#[test]
fn the_shape_is_the_one_that_is_accepted() {
    assert_eq!(Shape::accepted("application/json"), Shape::Json);
    assert_eq!(Shape::accepted("text/csv"), Shape::Csv);
    assert_eq!(Shape::accepted("*/*"), Shape::Text);
}
