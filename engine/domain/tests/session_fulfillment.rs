//! What an update does to deliveries: ids, destinations and choices that it does not touch stay,
//! and what cannot be honoured is told.

mod common;

use common::checkout::{
    Checkout, buyer, destination, everything, ines, lines, methods, opened, opened_with, pickup,
    ready, selecting, shipping, tea_and_pot, to_address, wanted,
};
use common::shop::{POT, Shop, TEA, address, seattle};
use common::{cents, text};
use paceline_domain::ids::{GroupId, LineId, MethodId};
use paceline_domain::market::Address;
use paceline_domain::session::{
    Change, Changes, GroupWanted, MethodKind, MethodWanted, Notice, Problem, Rejection, Status,
};

#[test]
fn the_first_quote_chooses_the_cheapest_option() {
    let checkout = ready();
    assert_eq!(checkout.option(), Some("ship_ground"));
    assert_eq!(checkout.session().quote.fulfillment, cents(650));
    assert_eq!(checkout.method().id, MethodId(1));
    assert_eq!(checkout.method().group.id, GroupId(1));
    assert_eq!(checkout.method().lines, [LineId(1), LineId(2)]);
}

#[test]
fn the_buyer_chooses_another_option() {
    let mut checkout = ready();
    checkout.update_method(selecting(Some("ship_express"))).unwrap();
    assert_eq!(checkout.option(), Some("ship_express"));
    assert_eq!(checkout.total(), 13_034);
}

#[test]
fn an_unrelated_update_keeps_ids_destinations_and_the_chosen_option() {
    let mut checkout = express();
    let before = checkout.session().contents.methods.clone();
    checkout.update(buyer(ines())).unwrap();
    assert_eq!(checkout.session().contents.methods, before);
    checkout.update(lines(vec![wanted(TEA, 5), wanted(POT, 1)])).unwrap();
    assert_eq!(checkout.session().contents.methods, before);
}

#[test]
fn a_method_that_says_nothing_keeps_everything() {
    for sparse in [MethodWanted::default(), shipping(), by_id(1)] {
        let mut checkout = express();
        let before = checkout.session().contents.methods.clone();
        checkout.update_method(sparse).unwrap();
        assert_eq!(checkout.session().contents.methods, before);
        assert_eq!(checkout.session().notices, []);
    }
}

#[test]
fn a_method_is_matched_by_its_id_before_its_kind() {
    let mut checkout = ready();
    checkout.update(methods(vec![by_id(1), shipping()])).unwrap();
    checkout.update(methods(vec![shipping(), by_id(1)])).unwrap();
    let ids: Vec<MethodId> = checkout.session().contents.methods.iter().map(|m| m.id).collect();
    assert_eq!(ids, [MethodId(2), MethodId(1)]);
}

#[test]
fn a_method_that_nobody_knows_is_refused() {
    let refused = ready().update_method(by_id(9));
    assert_eq!(refused, Err(Rejection::MethodUnknown { index: 0, id: MethodId(9) }));
    let twice = ready().update(methods(vec![by_id(1), by_id(1)]));
    assert_eq!(twice, Err(Rejection::MethodUnknown { index: 1, id: MethodId(1) }));
}

#[test]
fn a_new_method_says_its_kind() {
    let refused = opened().update_method(MethodWanted::default());
    assert_eq!(refused, Err(Rejection::MethodKindMissing { index: 0 }));
}

#[test]
fn the_id_of_a_method_that_is_gone_is_never_used_again() {
    let mut checkout = ready();
    checkout.update(methods(vec![])).unwrap();
    checkout.update_method(shipping()).unwrap();
    assert_eq!(checkout.method().id, MethodId(2));
    assert_eq!(checkout.method().group.id, GroupId(2));
}

#[test]
fn a_new_address_is_quoted_anew_and_keeps_the_chosen_option_if_it_is_offered() {
    let mut checkout = express();
    let portland = address("US", "OR", "97201");
    checkout.update_method(to_address("dest_1", portland.clone())).unwrap();
    assert_eq!(checkout.option(), Some("ship_express"));
    assert_eq!(checkout.method().destination().unwrap().address, portland);
    assert_eq!(checkout.session().quote.tax, cents(0), "Oregon takes none");
    assert_eq!(checkout.session().notices, []);
    assert_eq!(checkout.method().group.id, GroupId(1));
}

#[test]
fn an_option_that_is_not_offered_any_more_is_replaced_and_told() {
    let mut checkout = express();
    checkout.update_method(to_address("dest_1", address("CA", "BC", "V5K 0A1"))).unwrap();
    assert_eq!(checkout.option(), Some("ship_ground"));
    assert_eq!(checkout.session().quote.fulfillment, cents(2_200));
    let was = text("ship_express");
    let replaced = Notice::OptionReplaced { method: 0, group: 0, was };
    assert_eq!(checkout.session().notices, [replaced]);
    assert_eq!(checkout.status(), Status::ReadyForComplete, "a warning blocks nobody");
}

#[test]
fn who_chooses_from_the_new_options_is_told_of_no_replacement() {
    let mut checkout = express();
    let mut method = to_address("dest_1", address("CA", "BC", "V5K 0A1"));
    method.groups = selecting(Some("ship_ground")).groups;
    checkout.update_method(method).unwrap();
    assert_eq!(checkout.option(), Some("ship_ground"));
    assert_eq!(checkout.session().notices, []);
}

#[test]
fn an_option_that_the_merchant_withdraws_is_replaced_by_the_next_update() {
    let mut checkout = express();
    checkout.shop.rates.get_mut("US").unwrap().pop();
    checkout.update(buyer(ines())).unwrap();
    assert_eq!(checkout.option(), Some("ship_ground"));
    assert_eq!(checkout.session().notices.len(), 1);
}

#[test]
fn an_option_is_the_same_option_wherever_it_stands_in_the_list() {
    let mut checkout = express();
    checkout.shop.rates.get_mut("US").unwrap().reverse();
    checkout.update(buyer(ines())).unwrap();
    assert_eq!(checkout.option(), Some("ship_express"));
}

#[test]
fn an_unknown_option_is_told_and_the_one_before_stays() {
    let mut checkout = express();
    checkout.update_method(selecting(Some("by_balloon"))).unwrap();
    assert_eq!(checkout.option(), Some("ship_express"));
    let asked = text("by_balloon");
    assert_eq!(checkout.session().notices, [Notice::OptionUnknown { method: 0, group: 0, asked }]);
    let problem = Problem::OptionUnknown { method: 0, group: 0 };
    assert_eq!(checkout.session().problems(), [problem]);
    assert_eq!(checkout.status(), Status::Incomplete);
    checkout.update_method(selecting(Some("ship_ground"))).unwrap();
    assert_eq!(checkout.status(), Status::ReadyForComplete);
}

#[test]
fn an_option_can_be_chosen_together_with_the_address() {
    let mut method = to_address("dest_1", seattle());
    method.groups = selecting(Some("ship_express")).groups;
    let checkout = opened_with(Changes { methods: Change::Set(vec![method]), ..everything() });
    assert_eq!(checkout.option(), Some("ship_express"));
}

#[test]
fn an_option_that_is_cleared_stays_cleared() {
    let mut checkout = express();
    checkout.update_method(selecting(None)).unwrap();
    assert_eq!(checkout.option(), None);
    assert_eq!(checkout.session().problems(), [Problem::OptionMissing { method: 0 }]);
    assert_eq!(checkout.session().quote.fulfillment, cents(0));
    checkout.update(buyer(ines())).unwrap();
    assert_eq!(checkout.option(), None);
}

#[test]
fn there_is_one_group_and_it_keeps_its_name() {
    let group = |id| GroupWanted { id: Some(GroupId(id)), selected_option: None };
    let with = |groups| MethodWanted { groups: Some(groups), ..shipping() };
    assert_eq!(ready().update_method(with(vec![group(1)])), Ok(()));
    let unknown = |index| Err(Rejection::GroupUnknown { method: 0, index });
    assert_eq!(ready().update_method(with(vec![group(2)])), unknown(0));
    assert_eq!(ready().update_method(with(vec![group(1), group(2)])), unknown(1));
}

#[test]
fn destinations_that_are_given_replace_those_that_are_there() {
    let mut checkout = ready();
    let to = vec![
        destination(Some("home"), seattle()),
        destination(Some("work"), address("US", "OR", "97201")),
    ];
    let method = MethodWanted { destinations: Some(to), ..shipping() };
    checkout.update_method(method).unwrap();
    assert_eq!(destination_ids(&checkout), ["home", "work"]);
    assert_eq!(checkout.destination(), Some("home"), "dest_1 is gone, the first is taken");
    checkout.update_method(to_destination(Some("work"))).unwrap();
    assert_eq!(destination_ids(&checkout), ["home", "work"]);
    assert_eq!(checkout.destination(), Some("work"));
    checkout.update_method(shipping()).unwrap();
    assert_eq!(checkout.destination(), Some("work"));
}

#[test]
fn a_destination_without_an_id_is_given_one_and_keeps_it() {
    let nameless = |address| MethodWanted {
        destinations: Some(vec![destination(None, address)]),
        ..shipping()
    };
    let mut checkout = opened();
    checkout.update_method(nameless(seattle())).unwrap();
    assert_eq!(destination_ids(&checkout), ["dest_1"]);
    checkout.update_method(nameless(address("US", "OR", "97201"))).unwrap();
    assert_eq!(destination_ids(&checkout), ["dest_1"]);
    assert_eq!(checkout.destination(), Some("dest_1"));
}

#[test]
fn no_destination_is_given_an_id_that_another_has() {
    let mut checkout = opened();
    let to = |ids: &[Option<&str>]| MethodWanted {
        destinations: Some(ids.iter().map(|id| destination(*id, seattle())).collect()),
        ..shipping()
    };
    checkout.update_method(to(&[None, Some("dest_1")])).unwrap();
    assert_eq!(destination_ids(&checkout), ["dest_2", "dest_1"]);
    checkout.update_method(to(&[Some("dest_3"), None])).unwrap();
    assert_eq!(destination_ids(&checkout), ["dest_3", "dest_1"]);
    checkout.update_method(to(&[None, None, None])).unwrap();
    assert_eq!(destination_ids(&checkout), ["dest_3", "dest_1", "dest_4"]);
}

#[test]
fn a_destination_is_named_once() {
    let to = vec![destination(Some("home"), seattle()), destination(Some("home"), seattle())];
    let refused = ready().update_method(MethodWanted { destinations: Some(to), ..shipping() });
    assert_eq!(refused, Err(Rejection::DestinationNamedTwice { method: 0, index: 1 }));
}

#[test]
fn an_unknown_destination_is_told_and_the_one_before_stays() {
    let mut checkout = express();
    checkout.update_method(to_destination(Some("the_moon"))).unwrap();
    assert_eq!(checkout.destination(), Some("dest_1"));
    assert_eq!(checkout.option(), Some("ship_express"));
    let asked = text("the_moon");
    assert_eq!(checkout.session().notices, [Notice::DestinationUnknown { method: 0, asked }]);
    assert_eq!(checkout.session().problems(), [Problem::DestinationUnknown { method: 0 }]);
}

#[test]
fn a_destination_that_is_cleared_stays_cleared() {
    let mut checkout = ready();
    checkout.update_method(to_destination(None)).unwrap();
    assert_eq!(checkout.session().problems(), [Problem::DestinationMissing { method: 0 }]);
    assert_eq!(checkout.total(), 10_180, "no delivery and no tax to nowhere");
    checkout.update_method(shipping()).unwrap();
    assert_eq!(checkout.destination(), None);
    checkout.update_method(to_destination(Some("dest_1"))).unwrap();
    assert_eq!(checkout.status(), Status::ReadyForComplete);
}

#[test]
fn an_address_that_is_not_served_offers_nothing() {
    let mut checkout = express();
    checkout.update_method(to_address("dest_1", address("AQ", "Ross", "1"))).unwrap();
    assert_eq!(checkout.method().group.options, []);
    assert_eq!(checkout.session().quote.fulfillment, cents(0));
    checkout.update_method(to_address("dest_1", seattle())).unwrap();
    assert_eq!(checkout.option(), Some("ship_ground"));
    assert_eq!(checkout.status(), Status::ReadyForComplete);
}

#[test]
fn an_address_replaces_the_one_before_as_a_whole() {
    let mut checkout = ready();
    let street = Address { street_address: Some(text("1 Pike Pl")), ..seattle() };
    checkout.update_method(to_address("dest_1", street.clone())).unwrap();
    assert_eq!(checkout.method().destination().unwrap().address, street);
    checkout.update_method(to_address("dest_1", seattle())).unwrap();
    assert_eq!(checkout.method().destination().unwrap().address.street_address, None);
}

#[test]
fn a_shop_must_be_chosen_before_goods_are_collected_there() {
    let mut checkout = opened();
    let somewhere = MethodWanted { selected_destination: None, ..pickup("kiln") };
    checkout.update(Changes { buyer: everything().buyer, ..methods(vec![somewhere]) }).unwrap();
    assert_eq!(destination_ids(&checkout), ["kiln"]);
    assert_eq!(checkout.session().problems(), [Problem::DestinationMissing { method: 0 }]);
    checkout.update_method(pickup("kiln")).unwrap();
    assert_eq!(checkout.option(), Some("collect"));
    assert_eq!(checkout.status(), Status::ReadyForComplete, "whatever the shop's address says");
}

#[test]
fn nobody_collects_at_an_address_of_their_own() {
    let mut checkout = ready();
    let mine = MethodWanted { kind: Some(MethodKind::Pickup), ..to_address("home", seattle()) };
    checkout.update(methods(vec![mine])).unwrap();
    assert_eq!(destination_ids(&checkout), ["kiln"]);
}

#[test]
fn a_shop_that_closes_serves_nobody() {
    let mut checkout =
        opened_with(Changes { methods: Change::Set(vec![pickup("kiln")]), ..everything() });
    assert_eq!(checkout.status(), Status::ReadyForComplete);
    checkout.shop.places.clear();
    checkout.update(buyer(ines())).unwrap();
    let closed = Problem::NotServed { method: 0, destination: 0 };
    assert_eq!(checkout.session().problems(), [closed]);
}

#[test]
fn a_method_that_changes_its_kind_keeps_its_id_and_starts_over() {
    let mut checkout = express();
    let collect = MethodWanted { id: Some(MethodId(1)), ..pickup("kiln") };
    checkout.update_method(collect).unwrap();
    assert_eq!((checkout.method().id, checkout.method().kind), (MethodId(1), MethodKind::Pickup));
    assert_eq!((checkout.destination(), checkout.option()), (Some("kiln"), Some("collect")));
    assert_eq!(checkout.session().notices, []);
}

#[test]
fn a_kind_without_an_id_takes_a_method_of_that_kind_or_a_new_one() {
    let mut checkout = ready();
    checkout.update_method(pickup("kiln")).unwrap();
    assert_eq!(checkout.method().id, MethodId(2));
}

#[test]
fn every_line_belongs_to_one_method() {
    let mut checkout = ready();
    let pot = MethodWanted { lines: Some(vec![LineId(2)]), ..pickup("kiln") };
    checkout.update(methods(vec![shipping(), pot])).unwrap();
    assert_eq!(lines_by_method(&checkout), [vec![1], vec![2]], "a claim beats a habit");
    checkout.update(lines(vec![wanted(TEA, 1)])).unwrap();
    assert_eq!(lines_by_method(&checkout), [vec![1], vec![]]);
    assert_eq!(checkout.session().quote.fulfillment, cents(650));
    checkout.update(lines(tea_and_pot())).unwrap();
    assert_eq!(lines_by_method(&checkout), [vec![1, 3], vec![]]);
}

#[test]
fn a_method_that_brings_nothing_costs_and_lacks_nothing() {
    let mut checkout = ready();
    let empty = |id| MethodWanted { lines: Some(vec![]), ..to_address(id, seattle()) };
    checkout.update(methods(vec![shipping(), empty("work")])).unwrap();
    assert_eq!(lines_by_method(&checkout), [vec![1, 2], vec![]]);
    assert_eq!(checkout.session().quote.fulfillment, cents(650));
    let nowhere = MethodWanted { lines: Some(vec![]), ..pickup("nowhere") };
    checkout.update(methods(vec![shipping(), nowhere])).unwrap();
    assert_eq!(checkout.session().problems(), [Problem::DestinationUnknown { method: 1 }]);
}

#[test]
fn what_two_methods_claim_goes_to_the_first() {
    let mut checkout = ready();
    let claims = |lines: &[u16], method| MethodWanted {
        lines: Some(lines.iter().copied().map(LineId).collect()),
        ..method
    };
    let greedy = methods(vec![claims(&[2, 2], shipping()), claims(&[1, 2], pickup("kiln"))]);
    checkout.update(greedy).unwrap();
    assert_eq!(lines_by_method(&checkout), [vec![2], vec![1]]);
}

#[test]
fn the_lines_of_a_method_that_is_gone_go_to_the_first() {
    let mut checkout = ready();
    let pot = MethodWanted { lines: Some(vec![LineId(2)]), ..pickup("kiln") };
    checkout.update(methods(vec![shipping(), pot])).unwrap();
    checkout.update(methods(vec![by_id(1)])).unwrap();
    assert_eq!(lines_by_method(&checkout), [vec![1, 2]]);
}

#[test]
fn no_method_brings_a_line_that_is_not_there() {
    let method = MethodWanted { lines: Some(vec![LineId(1), LineId(9)]), ..shipping() };
    let refused = Err(Rejection::MethodLineUnknown { method: 0, line: LineId(9) });
    assert_eq!(ready().update_method(method), refused);
}

#[test]
fn the_only_method_of_a_new_session_brings_all_lines_whatever_it_calls_them() {
    let mut method = to_address("dest_1", seattle());
    method.id = Some(MethodId(7));
    method.lines = Some(vec![LineId(77)]);
    method.groups = Some(vec![GroupWanted { id: Some(GroupId(5)), selected_option: None }]);
    let mut checkout = Checkout::of(Shop::open());
    let changes = Changes { methods: Change::Set(vec![method]), ..everything() };
    checkout.create(changes).unwrap();
    assert_eq!(lines_by_method(&checkout), [vec![1, 2]]);
    assert_eq!((checkout.method().id, checkout.method().group.id), (MethodId(1), GroupId(1)));
}

#[test]
fn a_caller_may_name_a_destination_and_choose_it_at_once() {
    let mut method = to_address("mine", seattle());
    method.selected_destination = Some(Some(text("mine")));
    let checkout = opened_with(Changes { methods: Change::Set(vec![method]), ..everything() });
    assert_eq!(checkout.destination(), Some("mine"));
    assert_eq!(checkout.session().notices, []);
}

/// A session that is ready, with express chosen.
fn express() -> Checkout {
    let mut checkout = ready();
    checkout.update_method(selecting(Some("ship_express"))).expect("express is offered");
    checkout
}

fn by_id(id: u16) -> MethodWanted {
    MethodWanted { id: Some(MethodId(id)), ..MethodWanted::default() }
}

fn to_destination(id: Option<&str>) -> MethodWanted {
    MethodWanted { selected_destination: Some(id.map(text)), ..shipping() }
}

fn destination_ids(checkout: &Checkout) -> Vec<&str> {
    checkout.method().destinations.iter().map(|to| to.id.as_str()).collect()
}

fn lines_by_method(checkout: &Checkout) -> Vec<Vec<u16>> {
    let methods = checkout.session().contents.methods.iter();
    methods.map(|method| method.lines.iter().map(|line| line.0).collect()).collect()
}
