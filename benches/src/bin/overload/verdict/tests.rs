use std::time::Instant;

use paceline_api::config::Config;

use super::*;
use crate::tally::Answered;

const CALM: Duration = Duration::from_millis(5);
/// Beyond three times the calm one, and beyond 50 ms.
const SLOW: Duration = Duration::from_millis(500);

/// What was answered well and what was refused, each so long after it was due.
fn tally(good: (usize, Duration), refused: (usize, Duration)) -> Rc<Tally> {
    let tally = Tally::lasting(Duration::from_secs(1));
    let due = |ago| Instant::now().checked_sub(ago).expect("the clock began before");
    (0..good.0).for_each(|_| tally.answered(due(good.1), &Answered::Completed));
    (0..refused.0).for_each(|_| tally.answered(due(refused.1), &Answered::Refused));
    tally
}

fn calm() -> Rc<Tally> {
    tally((1000, CALM), (0, CALM))
}

/// A server that answers so many a second.
fn found(goodput: f64) -> Sustained {
    Sustained { rate: goodput, peak: goodput, highest: goodput }
}

/// What was missed, in words.
fn missed(judge: impl FnOnce(&mut Verdict)) -> String {
    let mut verdict = Verdict::new();
    judge(&mut verdict);
    verdict.end().err().map_or(String::new(), |missed| missed.to_string())
}

#[test]
fn normal_is_fast_and_answered_well_ninety_nine_times_of_a_hundred() {
    assert!(is_normal(&calm(), &calm()));
    assert!(is_normal(&calm(), &tally((99, CALM), (1, CALM))));
    assert!(!is_normal(&calm(), &tally((98, CALM), (2, CALM))));
    assert!(!is_normal(&calm(), &tally((100, SLOW), (0, CALM))));
}

#[test]
fn a_second_in_which_nothing_is_answered_well_is_not_normal() {
    assert!(!is_normal(&calm(), &tally((0, CALM), (1000, CALM))));
    assert!(!is_normal(&calm(), &tally((0, CALM), (0, CALM))));
    let wrong = Tally::lasting(Duration::from_secs(1));
    wrong.answered(Instant::now(), &Answered::Wrong("500".to_owned()));
    assert!(!is_normal(&calm(), &wrong));
}

#[test]
fn a_service_that_refuses_everybody_after_the_overload_has_not_recovered() {
    let refuses = tally((0, CALM), (1000, CALM));
    let seconds = |refusing: usize| -> Vec<Rc<Tally>> {
        let second = |number| if number < refusing { refuses.clone() } else { calm() };
        (0..RECOVERY_WATCHED).map(second).collect()
    };
    assert_eq!(missed(|verdict| verdict.recovery(&calm(), &seconds(NORMAL_AFTER))), "");
    let late = missed(|verdict| verdict.recovery(&calm(), &seconds(NORMAL_AFTER + 1)));
    assert_eq!(late, "normal after: 6 s");
    let never = missed(|verdict| verdict.recovery(&calm(), &seconds(RECOVERY_WATCHED)));
    assert_eq!(never, "normal after: 10 s");
}

#[test]
fn goodput_below_four_fifths_of_the_peak_is_missed() {
    let overloaded = tally((800, CALM), (2000, CALM));
    assert_eq!(missed(|verdict| verdict.overload(&overloaded, &found(1000.0))), "");
    assert!(missed(|verdict| verdict.overload(&overloaded, &found(1001.0))).starts_with("goodput"));
}

#[test]
fn refusals_are_judged_by_ninety_nine_of_a_hundred_as_the_table_says() {
    let mut verdict = Verdict::new();
    let slow_ones = |slow: usize| {
        let tally = tally((100, CALM), (1000 - slow, CALM));
        let due = Instant::now().checked_sub(SLOW).expect("the clock began before");
        (0..slow).for_each(|_| tally.answered(due, &Answered::Refused));
        tally
    };
    verdict.overload(&slow_ones(9), &found(100.0));
    assert!(verdict.table().contains("99 of 100 within 50ms"), "{}", verdict.table());
    assert!(verdict.end().is_ok());
    let missed = missed(|verdict| verdict.overload(&slow_ones(11), &found(100.0)));
    assert!(missed.starts_with("refused"), "{missed}");
}

#[test]
fn a_load_of_which_nothing_is_refused_proves_nothing() {
    let nobody = tally((100, CALM), (0, CALM));
    assert!(missed(|verdict| verdict.overload(&nobody, &found(100.0))).starts_with("refused"));
}

#[test]
fn answers_that_are_neither_and_a_generator_that_holds_back_are_missed() {
    let wrong = tally((100, CALM), (1, CALM));
    wrong.answered(Instant::now(), &Answered::Wrong("500: oh".to_owned()));
    assert_eq!(
        missed(|verdict| verdict.overload(&wrong, &found(100.0))),
        "other answers: 1 500: oh"
    );
    let unsent = tally((100, CALM), (1, CALM));
    unsent.unsent();
    assert!(missed(|verdict| verdict.overload(&unsent, &found(100.0))).starts_with("generator"));
}

#[test]
fn memory_beyond_what_is_configured_is_missed_and_the_table_says_where_the_bound_is_from() {
    let config = Config::load(None, []).expect("the embedded configuration is right");
    let configured = Configured::of(&config, 3).with_requests_in_flight(&config);
    let mut verdict = Verdict::new();
    verdict.memory(0, configured.bytes(), &configured);
    assert!(verdict.table().contains("requests in flight"), "{}", verdict.table());
    assert!(verdict.end().is_ok());
    let missed = missed(|verdict| verdict.memory(0, configured.bytes() + 1, &configured));
    assert!(missed.starts_with("memory"), "{missed}");
}

#[test]
fn whoever_is_refused_or_waits_beside_the_hostile_is_not_served() {
    let beside = |tally: &Tally| missed(|verdict| verdict.beside(Behaviour::Idle, &calm(), tally));
    assert_eq!(beside(&calm()), "");
    assert!(!beside(&tally((98, CALM), (2, CALM))).is_empty());
    assert!(!beside(&tally((100, SLOW), (0, CALM))).is_empty());
    assert!(!beside(&tally((0, CALM), (0, CALM))).is_empty());
}

#[test]
fn hostile_clients_that_are_not_there_prove_nothing() {
    let there = |there| missed(|verdict| verdict.hostile(Behaviour::Idle, 10_000, there));
    assert_eq!(there(9_998), "");
    assert_eq!(there(5_000), "");
    assert!(there(4_999).contains("4999"), "{}", there(4_999));
}

#[test]
fn an_objective_that_is_missed_is_told_and_no_error() {
    let within = Duration::from_millis(10);
    let mut verdict = Verdict::new();
    verdict.objective("creates", [CALM, Duration::from_millis(27)], within);
    assert!(verdict.table().contains("missed by 17.0ms"), "{}", verdict.table());
    assert!(verdict.end().is_ok());
    let mut verdict = Verdict::new();
    verdict.objective("creates", [CALM, within], within);
    assert!(!verdict.table().contains("missed"), "{}", verdict.table());
}

#[test]
fn normal_is_told_in_the_table_with_its_bound() {
    let mut verdict = Verdict::new();
    verdict.beside(Behaviour::Idle, &calm(), &calm());
    assert!(verdict.table().contains("p99 within 50 ms (3 × the calm one"), "{}", verdict.table());
}
