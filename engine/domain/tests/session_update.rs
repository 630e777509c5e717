//! What an update does to lines, buyer, codes and payment: what is named is replaced, what is not
//! named stays, and no id is lost or used again.

mod common;

use common::checkout::{
    buyer, card, codes, ines, lines, methods, named, names, opened, opened_with, ready, shipping,
    tea_and_pot, to_address, wanted,
};
use common::shop::{POT, TEA, WHISK, leaf10, product, seattle};
use common::{cents, text, usd};
use paceline_domain::ids::LineId;
use paceline_domain::pricing::{CodeRefusal, CodeRefused};
use paceline_domain::session::{
    Buyer, Change, Changes, Consent, List, PaymentShown, Quantity, Rejection,
};

#[test]
fn an_update_that_names_nothing_changes_nothing() {
    let mut checkout = ready();
    let before = checkout.session().clone();
    checkout.update(Changes::default()).unwrap();
    assert_eq!(checkout.session(), &before);
}

#[test]
fn lines_that_are_not_named_stay() {
    let mut checkout = opened();
    let before = checkout.lines().to_vec();
    checkout.update(buyer(ines())).unwrap();
    assert_eq!(checkout.lines(), before);
}

#[test]
fn lines_are_replaced_as_a_whole() {
    let mut checkout = opened();
    checkout.update(lines(vec![wanted(POT, 3)])).unwrap();
    assert_eq!(checkout.line_ids(), [id("line_2", POT)]);
    assert_eq!(checkout.total(), 19_200);
}

#[test]
fn a_session_is_never_left_without_lines() {
    assert_eq!(opened().update(lines(vec![])), Err(Rejection::NoLines));
}

#[test]
fn a_named_line_keeps_its_id_whatever_becomes_of_it() {
    let mut checkout = ready();
    checkout.shop.sell("cup", "Cup", 900, usd());
    checkout.update(lines(vec![named(2, "cup", 4), named(1, TEA, 9)])).unwrap();
    assert_eq!(checkout.line_ids(), [id("line_2", "cup"), id("line_1", TEA)]);
    let units: Vec<u64> = checkout.lines().iter().map(|line| line.quantity.units()).collect();
    assert_eq!(units, [4, 9]);
}

#[test]
fn a_line_without_a_name_is_matched_by_its_product() {
    let mut checkout = ready();
    checkout.update(lines(vec![wanted(POT, 2), wanted(TEA, 1)])).unwrap();
    assert_eq!(checkout.line_ids(), [id("line_2", POT), id("line_1", TEA)]);
}

#[test]
fn a_line_that_another_names_is_not_matched_by_its_product() {
    let mut checkout = ready();
    checkout.shop.sell("cup", "Cup", 900, usd());
    checkout.update(lines(vec![named(1, "cup", 1), wanted(TEA, 1)])).unwrap();
    assert_eq!(checkout.line_ids(), [id("line_1", "cup"), id("line_3", TEA)]);
}

#[test]
fn the_id_of_a_line_that_is_gone_is_never_used_again() {
    let mut checkout = ready();
    checkout.update(lines(vec![wanted(TEA, 2)])).unwrap();
    checkout.update(lines(tea_and_pot())).unwrap();
    assert_eq!(checkout.line_ids(), [id("line_1", TEA), id("line_3", POT)]);
    let gone = Rejection::LineUnknown { index: 0, line: LineId(2) };
    assert_eq!(checkout.update(lines(vec![named(2, POT, 1)])), Err(gone));
}

#[test]
fn a_line_is_named_once() {
    let refused = opened().update(lines(vec![named(1, TEA, 1), named(1, POT, 1)]));
    assert_eq!(refused, Err(Rejection::LineNamedTwice { index: 1, line: LineId(1) }));
}

#[test]
fn an_unknown_item_is_refused_by_its_index() {
    let refused = opened().update(lines(vec![wanted(TEA, 1), wanted("gone", 1)]));
    assert_eq!(refused, Err(Rejection::ItemUnknown { index: 1, product: product("gone") }));
}

#[test]
fn a_quantity_is_at_least_one_and_not_absurd() {
    assert_eq!(Quantity::new(0), None);
    assert_eq!(Quantity::new(10_001), None);
    assert_eq!(Quantity::new(10_000).map(Quantity::units), Some(10_000));
}

#[test]
fn every_update_is_priced_anew() {
    let mut checkout = ready();
    checkout.shop.reprice(TEA, 2_000);
    checkout.update(buyer(ines())).unwrap();
    assert_eq!(checkout.session().quote.subtotal, cents(10_400));
    assert_eq!(checkout.lines()[0].price, cents(2_000));
}

#[test]
fn every_update_looks_at_the_stock_anew() {
    let mut checkout = ready();
    checkout.shop.leave(TEA, 1);
    checkout.update(Changes::default()).unwrap();
    assert_eq!(checkout.lines()[0].short, Some(1));
    checkout.shop.leave(TEA, 2);
    checkout.update(Changes::default()).unwrap();
    assert_eq!(checkout.lines()[0].short, None);
}

#[test]
fn a_given_buyer_replaces_the_whole_buyer() {
    let mut checkout = ready();
    let consent = Some(Consent { marketing: Some(false), ..Consent::default() });
    checkout.update(buyer(Buyer { consent, ..ines() })).unwrap();
    assert_eq!(checkout.session().contents.buyer.as_ref().unwrap().consent, consent);
    let email = Buyer { email: Some(text("new@example.com")), ..Buyer::default() };
    checkout.update(buyer(email.clone())).unwrap();
    assert_eq!(checkout.session().contents.buyer, Some(email));
}

#[test]
fn consent_that_was_not_given_stays_unknown() {
    let consent = Consent { analytics: Some(true), ..Consent::default() };
    let checkout = opened_with(Changes {
        lines: Some(tea_and_pot()),
        ..buyer(Buyer { consent: Some(consent), ..ines() })
    });
    let kept = checkout.session().contents.buyer.as_ref().unwrap().consent;
    assert_eq!(kept, Some(consent));
    assert_eq!(kept.unwrap().marketing, None);
}

#[test]
fn what_is_not_named_stays_and_what_is_cleared_goes() {
    let shown = PaymentShown {
        selected_instrument_id: Some(text("pi_9")),
        instruments: vec![card("pi_9")],
    };
    let mut checkout = ready();
    let payment = Change::Set(shown.clone());
    checkout.update(Changes { payment, ..codes(&["LEAF10"]) }).unwrap();
    checkout.update(lines(tea_and_pot())).unwrap();
    let contents = &checkout.session().contents;
    assert_eq!(contents.buyer, Some(ines()));
    assert_eq!(names(&contents.codes), ["LEAF10"]);
    assert_eq!(contents.payment, shown);
    assert_eq!(contents.methods.len(), 1);
    checkout
        .update(Changes {
            buyer: Change::Clear,
            codes: Change::Clear,
            payment: Change::Clear,
            methods: Change::Clear,
            ..Changes::default()
        })
        .unwrap();
    let contents = &checkout.session().contents;
    assert_eq!(contents.buyer, None);
    assert_eq!(names(&contents.codes), [""; 0]);
    assert_eq!(contents.payment, PaymentShown::default());
    assert_eq!(contents.methods, []);
    assert_eq!(checkout.total(), 10_180);
}

#[test]
fn given_codes_replace_all_earlier_ones_and_none_is_dropped() {
    let mut checkout = ready();
    checkout.update(codes(&["SIXOFF"])).unwrap();
    assert_eq!(checkout.session().quote.discount, cents(600));
    checkout.update(codes(&["NOPE", "LEAF10", "OLD5"])).unwrap();
    assert_eq!(names(&checkout.session().contents.codes), ["NOPE", "LEAF10", "OLD5"]);
    let quote = &checkout.session().quote;
    assert_eq!((quote.items_discount, quote.discount), (cents(1_018), cents(0)));
    assert_eq!(
        quote.codes_refused,
        [
            CodeRefused { index: 0, why: CodeRefusal::Invalid },
            CodeRefused { index: 2, why: CodeRefusal::Expired },
        ]
    );
}

#[test]
fn a_refused_code_keeps_nobody_from_completing() {
    let mut checkout = ready();
    checkout.update(codes(&["NOPE"])).unwrap();
    assert_eq!(checkout.session().problems(), []);
}

#[test]
fn a_code_counts_again_at_every_update() {
    let mut checkout = ready();
    checkout.update(codes(&["LEAF10"])).unwrap();
    checkout.shop.coded = vec![];
    checkout.update(Changes::default()).unwrap();
    assert_eq!(checkout.session().quote.items_discount, cents(0));
    checkout.shop.coded = vec![leaf10()];
    checkout.update(Changes::default()).unwrap();
    assert_eq!(checkout.session().quote.items_discount, cents(1_018));
}

#[test]
fn every_list_has_a_length() {
    let refused = |list, max, changes| {
        assert_eq!(ready().update(changes), Err(Rejection::TooMany { list, max }));
    };
    let many = |id: &dyn Fn(usize) -> String, n| (0..n).map(id).collect::<Vec<String>>();
    let products = many(&|n| format!("product_{n}"), 201);
    refused(List::Lines, 200, lines(products.iter().map(|id| wanted(id, 1)).collect()));
    refused(List::Methods, 10, methods(vec![shipping(); 11]));
    let mut method = to_address("dest_1", seattle());
    let destination = method.destinations.take().unwrap().remove(0);
    method.destinations = Some(vec![destination; 21]);
    refused(List::Destinations { method: 1 }, 20, methods(vec![shipping(), method]));
    refused(List::Codes, 20, codes(&["LEAF10"; 21]));
    let payment = PaymentShown { instruments: vec![card("pi_9"); 21], ..PaymentShown::default() };
    let payment = Change::Set(payment);
    refused(List::Instruments, 20, Changes { payment, ..Changes::default() });
}

#[test]
fn a_session_that_has_used_up_its_ids_is_refused_and_not_broken() {
    let mut checkout = ready();
    checkout.state.as_mut().unwrap().contents.issued.lines = u16::MAX;
    checkout.shop.sell("cup", "Cup", 900, usd());
    assert_eq!(checkout.update(lines(vec![wanted("cup", 1)])), Err(Rejection::IdsExhausted));
    assert_eq!(checkout.update(lines(vec![wanted(TEA, 1)])), Ok(()));
    checkout.state.as_mut().unwrap().contents.issued.methods = u16::MAX;
    let two = methods(vec![shipping(), shipping()]);
    assert_eq!(checkout.update(two), Err(Rejection::IdsExhausted));
}

#[test]
fn a_product_that_was_withdrawn_keeps_nobody_from_changing_the_rest() {
    let mut checkout = ready();
    let before = checkout.lines()[1].clone();
    checkout.shop.offers.remove(&product(POT));
    assert_eq!(checkout.update(buyer(ines())), Ok(()));
    assert_eq!(checkout.lines()[1].price, before.price);
    assert_eq!(checkout.lines()[1].short, Some(0));
    assert_eq!(checkout.update(lines(tea_and_pot())), Ok(()));
    assert_eq!(checkout.update(lines(vec![wanted(TEA, 2)])), Ok(()));
    let gone = Rejection::ItemUnknown { index: 1, product: product(POT) };
    assert_eq!(checkout.update(lines(tea_and_pot())), Err(gone), "it is new again");
}

#[test]
fn a_line_cannot_be_exchanged_for_one_in_another_currency() {
    let refused = ready().update(lines(vec![named(1, WHISK, 1)]));
    assert!(matches!(refused, Err(Rejection::CurrencyDiffers { index: 0, .. })));
}

fn id(line: &str, product: &str) -> (String, String) {
    (line.to_owned(), product.to_owned())
}
