//! Inquiries, chargebacks, evidence, fraud, references, settlement, and the story of it all.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use paceline_domain::card_payment::{CaseKind, DisputeReason, Flow, RawResult, Stage, Subject};
use paceline_domain::money::Millionths;
use paceline_domain::notice;
use paceline_domain::settlement::{self, Part};
use paceline_engine::Engine;
use paceline_engine::card::keyring::Keyring;
use paceline_engine::card::{Defend, Expiry, Raise, Raised, Refusal, Unsettled};
use paceline_engine::google::{Call, What};
use paceline_engine::inspect::inspect;

use crate::common::card::*;
use crate::common::standard::{currency, dollars, keyed, request, secret, words};
use crate::common::{run, text};

fn raw(code: &str) -> RawResult {
    RawResult { scope: Some(text("VISA")), code: text(code) }
}

async fn raise(engine: &Engine, what: Raised) -> Result<(), Refusal> {
    engine.raise(Raise { integrator: piaid(), what }).await.unwrap()
}

fn chargeback(case: &str, amount: i64) -> Raised {
    Raised::Case {
        capture: request("cap:1"),
        case: text(case),
        kind: CaseKind::Chargeback(Stage::First),
        amount: dollars(amount),
        reason: DisputeReason::Fraud,
        raw: raw("10.4"),
        raised_on: now(),
        reply_by: now().after(std::time::Duration::from_secs(3600)),
    }
}

/// Waits until Google is told a part of a settlement that `is_it`.
async fn part_of(cards: &Cards, is_it: impl Fn(&Part) -> bool) -> Part {
    let part = |call: &Call| match &call.what {
        What::Result(notice::Subject::Settlement(part)) => Some((**part).clone()),
        _ => None,
    };
    let call = cards.google.hears(|call| part(call).is_some_and(|part| is_it(&part))).await;
    part(&call).unwrap()
}

async fn defend(engine: &Engine, id: &str) -> String {
    let wanted = Defend {
        request: request(id),
        integrator: piaid(),
        capture: Some(request("cap:1")),
        document: secret("%PDF-1.4"),
    };
    words(engine.defend_chargeback(wanted, keyed("defendChargeback", id, 1)).await)
}

#[test]
fn a_chargeback_is_told_defended_and_reversed_by_its_own_name() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        take(&engine, "cap:1", GOOD, 25).await;
        assert_eq!(defend(&engine, "dfd:1").await, "400 Refused(CaseUnknown)");
        raise(&engine, chargeback("case-1", 25)).await.unwrap();
        raise(&engine, chargeback("case-2", 1)).await.unwrap_err();
        let (told, _) = cards.told(|told| matches!(told, Subject::Chargeback { .. })).await;
        let said = defend(&engine, "dfd:1").await;
        assert!(said.starts_with("200 Defended"), "{said}");
        let said = refund(&engine, "ref:1", "cap:1", 5).await;
        assert!(said.starts_with("200"), "acknowledged, and told to have failed: {said}");
        let (_, failed) = cards.told(|told| matches!(told, Subject::Refunded { .. })).await;
        assert!(format!("{failed:?}").contains("ChargebackInPlace"), "{failed:?}");
        let won = Raised::ChargebackReversal {
            capture: request("cap:1"),
            case: text("case-1"),
            raw: raw("WON"),
            reversed_on: now(),
        };
        raise(&engine, won.clone()).await.unwrap();
        let (_, reversed) =
            cards.told(|told| matches!(told, Subject::ChargebackReversed { .. })).await;
        let Subject::ChargebackReversed { chargeback, .. } = reversed else { unreachable!() };
        assert_eq!(chargeback.to_string(), told.request.as_str());
        raise(&engine, won).await.unwrap();
        assert_eq!(defend(&engine, "dfd:2").await, "400 Refused(CaseClosed)");
        let payment = engine.card_payment(&piaid(), &request("cap:1")).await.unwrap();
        let kept = engine.document(payment.cases[0].documents[0]).await.unwrap();
        assert_eq!(kept, secret("%PDF-1.4"));
    });
}

#[test]
fn an_inquiry_and_a_report_of_fraud_move_no_money() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        take(&engine, "cap:1", GOOD, 25).await;
        let Raised::Case { capture, case, amount, reason, raw: code, raised_on, reply_by, .. } =
            chargeback("case-1", 25)
        else {
            unreachable!()
        };
        let kind = CaseKind::Inquiry;
        let inquiry =
            Raised::Case { capture, case, kind, amount, reason, raw: code, raised_on, reply_by };
        raise(&engine, inquiry).await.unwrap();
        let fraud = Raised::Fraud {
            capture: request("cap:1"),
            kind: text("FRAUDULENT_USE"),
            raw: raw("TC40-6"),
        };
        raise(&engine, fraud).await.unwrap();
        cards.told(|told| matches!(told, Subject::Inquiry(_))).await;
        cards.told(|told| matches!(told, Subject::FraudReported { .. })).await;
        let payment = engine.card_payment(&piaid(), &request("cap:1")).await.unwrap();
        assert_eq!(payment.remainder(), dollars(25));
    });
}

#[test]
fn another_reference_number_for_the_same_capture_is_refused() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        // No number comes with the answer of this card.
        take(&engine, "cap:1", "4000012300000004", 25).await;
        let number = |number: &str| Raised::CaptureReference {
            capture: request("cap:1"),
            number: reference(number),
        };
        raise(&engine, number("24011345260000310078117")).await.unwrap();
        raise(&engine, number("24011345260000310078117")).await.unwrap();
        let other = raise(&engine, number("24011345263000000088402")).await;
        assert_eq!(other, Err(Refusal::ReferenceDiffers));
        cards.told(|told| matches!(told, Subject::CaptureReferenced { .. })).await;
    });
}

#[test]
fn a_refund_that_had_succeeded_can_be_reversed_once() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        take(&engine, "cap:1", GOOD, 25).await;
        refund(&engine, "ref:1", "cap:1", 5).await;
        cards.told(|told| matches!(told, Subject::Refunded { outcome: Ok(()), .. })).await;
        let reversed = || Raised::RefundReversal { refund: request("ref:1"), raw: raw("46") };
        raise(&engine, reversed()).await.unwrap();
        raise(&engine, reversed()).await.unwrap();
        cards.told(|told| matches!(told, Subject::RefundReversed { .. })).await;
        let unknown = Raised::RefundReversal { refund: request("ref:2"), raw: raw("46") };
        assert_eq!(raise(&engine, unknown).await, Err(Refusal::RefundUnknown));
    });
}

#[test]
fn a_settlement_adds_up_event_by_event() {
    run(async {
        let mut cards = Cards::new();
        cards.shop.options.card.fee = Millionths::from_percent("2%").unwrap();
        let engine = cards.open();
        take(&engine, "cap:1", GOOD, 100).await;
        take(&engine, "cap:2", GOOD, 40).await;
        refund(&engine, "ref:1", "cap:2", 10).await;
        cards.told(|told| matches!(told, Subject::Refunded { .. })).await;
        let closed = loop {
            let story = |id: &str| inspect(&*cards.shop.log, &*cards.shop.book, "settlement", id);
            let day = paceline_engine::inspect::day(now());
            let entered = story(&format!("InvisiCardUSA_USD/USD/{day}"));
            if entered.is_ok_and(|story| story.events.len() >= 4) {
                break engine.close_settlement(&piaid(), currency("USD"), now()).await.unwrap();
            }
            tokio::task::yield_now().await;
        };
        let part = part_of(&cards, |_| true).await;
        assert_eq!(part.of, closed.day.of);
        assert_eq!(part.of.ends, part.closed_at, "the day still runs");
        assert_eq!((part.entries.len(), closed.movements), (3, 3));
        // 100 and 40 captured, 10 given back, 2 % of what was captured kept.
        assert_eq!(part.total.0, dollars(130).0 - 2_800_000);
        // What comes later belongs to the next day.
        take(&engine, "cap:3", GOOD, 7).await;
        let again = engine.close_settlement(&piaid(), currency("USD"), now()).await.unwrap();
        assert_eq!(again.movements, closed.movements);
        let tomorrow = now().after(DAY);
        let refused = engine.close_settlement(&piaid(), currency("USD"), tomorrow).await;
        assert_eq!(refused, Err(Unsettled::Refused(settlement::Rejection::NotBegun)));
        cards.clock.skip_a_day();
        let late = loop {
            let late = engine.close_settlement(&piaid(), currency("USD"), tomorrow).await;
            if let Ok(late) = late {
                break late;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!((late.movements, late.day.of.starts > closed.day.of.ends), (1, true));
        let part = part_of(&cards, |part| part.of.id == late.day.of.id).await;
        assert_eq!(
            part.of.starts.0,
            closed.day.of.ends.0 + 1,
            "it tells of the rest of today, too"
        );
        let [entry] = &part.entries[..] else { panic!("{:?}", part.entries) };
        assert_eq!((&entry.line.request, entry.line.amount), (&request("cap:3"), dollars(7)));
    });
}

/// A part takes a thousand movements.
#[test]
fn a_large_day_is_told_in_parts_of_one_settlement() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        for hundred in 0..10 {
            let ids: Vec<_> = (0..100).map(|number| format!("cap:{hundred}-{number}")).collect();
            let taken = join_all(ids.iter().map(|id| take(&engine, id, GOOD, 1))).await;
            assert!(taken.iter().all(|said| said.starts_with("200")), "{taken:?}");
        }
        take(&engine, "cap:last", GOOD, 1).await;
        let story = |id: &str| inspect(&*cards.shop.log, &*cards.shop.book, "settlement", id);
        let day = format!("InvisiCardUSA_USD/USD/{}", paceline_engine::inspect::day(now()));
        // The first event opens the day.
        while !story(&day).is_ok_and(|story| story.events.len() > 1_001) {
            tokio::task::yield_now().await;
        }
        let closed = engine.close_settlement(&piaid(), currency("USD"), now()).await.unwrap();
        assert_eq!(closed.movements, 1_001);
        let mut parts = vec![];
        for wanted in 0..2 {
            let part = part_of(&cards, |part| part.number == wanted).await;
            assert_eq!((part.parts, part.total, &part.of), (2, dollars(1_001), &closed.day.of));
            parts.push(part);
        }
        let told: Vec<_> = parts.iter().map(|part| part.entries.len()).collect();
        assert_eq!(told, [1_000, 1]);
        let movements: BTreeSet<_> =
            parts.iter().flat_map(|part| &part.entries).map(|entry| entry.line.movement).collect();
        assert_eq!(movements.len(), 1_001, "each is in one part");
    });
}

#[test]
fn a_card_tells_the_story_of_all_its_payments() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        reserve(&engine, "rsv:1", GOOD, 25).await;
        capture(&engine, "cap:0", "rsv:1", 20).await;
        cards.told(|told| matches!(told, Subject::Captured { .. })).await;
        take(&engine, "cap:1", GOOD, 7).await;
        raise(&engine, chargeback("case-1", 7)).await.unwrap();
        let story = cards.story_in_which("is on its way", 4, "cap:1").await;
        assert_eq!(story, cards.story("cap:0"), "one card, one story");
        let order = ["rsv:1", "cap:0", "captured", "cap:1", "chargeback case-1"];
        let places: Vec<_> = order.iter().map(|word| story.find(word).expect(word)).collect();
        assert!(places.is_sorted(), "{story}");
        assert!(!story.contains(GOOD) && story.contains("1111"), "{story}");
    });
}

#[test]
fn a_story_goes_on_at_its_end_though_all_of_it_happened_in_one_millisecond() {
    run(async {
        let cards = Cards::new();
        cards.clock.stand_still();
        let engine = cards.open();
        let mut mistaken = authorize(Flow::Reserve, "rsv:1", GOOD, 25);
        mistaken.card.expires = Some(Expiry { month: 4, year: 2019 });
        ask(&engine, mistaken).await;
        // Now it is known when the card expires, which is sealed with it.
        take(&engine, "cap:1", GOOD, 25).await;
        let before = cards.story("cap:1");
        refund(&engine, "ref:1", "cap:1", 5).await;
        let after = cards.story("cap:1");
        assert!(before.contains("sealed by"), "{before}");
        assert!(after.contains("asked for by ref:1") && after.starts_with(&before), "{after}");
    });
}

#[test]
fn a_payment_is_told_in_the_order_in_which_it_happened_whatever_the_clock_said() {
    run(async {
        let cards = Cards::new();
        cards.clock.skip_a_day();
        let engine = cards.open();
        take(&engine, "cap:1", GOOD, 25).await;
        cards.clock.go_back_a_day();
        refund(&engine, "ref:1", "cap:1", 5).await;
        let story = cards.story("cap:1");
        let order = ["asked for by cap:1", "approved", "asked for by ref:1"];
        let places: Vec<_> = order.iter().map(|word| story.find(word).expect(word)).collect();
        assert!(places.is_sorted(), "{story}");
    });
}

#[test]
fn what_left_for_nobody_and_what_a_refund_names_are_in_the_story_of_their_card() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        let mut expired = authorize(Flow::Reserve, "rsv:expired", GOOD, 25);
        expired.card.expires = Some(Expiry { month: 4, year: 2019 });
        assert!(ask(&engine, expired).await.starts_with("200"), "a decline is an answer");
        // It never had anything else.
        let story = cards.story("rsv:expired");
        assert!(story.contains("rsv:expired") && story.contains("declined"), "{story}");
        take(&engine, "cap:1", GOOD, 25).await;
        refund(&engine, "ref:1", "cap:1", 5).await;
        let story = cards.story("ref:1");
        assert!(story.contains("rsv:expired") && story.contains("asked for by ref:1"), "{story}");
        // What is owed is still on its way.
        let later = cards.story("cap:1");
        assert!(later.starts_with(&story), "one card, one story: {later}");
        let (log, book) = (&*cards.shop.log, &*cards.shop.book);
        inspect(log, book, "card-payment", "InvisiCardUSA_USD/ref:1").unwrap();
        // Another card under the name of a payment is not listed with it.
        let mut taken = authorize(Flow::Reserve, "rsv:expired", "4000000000000002", 25);
        taken.card.expires = Some(Expiry { month: 4, year: 2019 });
        let key = keyed("capture", "rsv:expired", 1);
        assert!(!words(engine.authorize_card(taken, key).await).starts_with("200"));
        assert!(!cards.story("rsv:expired").contains("card ending in 0002"));
    });
}

#[test]
fn every_card_is_sealed_afresh_under_a_new_key() {
    run(async {
        let cards = Cards::new();
        let engine = cards.open();
        take(&engine, "cap:1", GOOD, 25).await;
        take(&engine, "cap:2", "4000000000000002", 25).await;
        raise(&engine, chargeback("case-1", 5)).await.unwrap();
        defend(&engine, "dfd:1").await;
        let old = Keyring::load(&cards.keys).unwrap().current().clone();
        Keyring::rotate(&cards.keys).unwrap();
        cards.acquiring.replace_keys(Keyring::load(&cards.keys).unwrap()).unwrap();
        let told = engine.reseal_cards().await.unwrap();
        assert_eq!((told.cards, told.documents, told.resealed, told.unread), (2, 1, 3, 0));
        Keyring::retire(&cards.keys, &old).unwrap();
        cards.acquiring.replace_keys(Keyring::load(&cards.keys).unwrap()).unwrap();
        // The evidence still opens, and so does its repeat.
        let payment = engine.card_payment(&piaid(), &request("cap:1")).await.unwrap();
        let kept = engine.document(payment.cases[0].documents[0]).await.unwrap();
        assert_eq!(kept, secret("%PDF-1.4"));
        assert!(defend(&engine, "dfd:1").await.starts_with("200"));
        // The number is still there for what the acquirer has to be asked.
        refund(&engine, "ref:1", "cap:1", 5).await;
        cards.told(|told| matches!(told, Subject::Refunded { outcome: Ok(()), .. })).await;
    });
}
