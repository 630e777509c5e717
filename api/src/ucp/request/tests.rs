//! What a body means, in every spelling, and what is no body.

use paceline_domain::session::MethodWanted;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::limits::TOKEN_BYTES_MAX;
use crate::ucp::testing::{SESSION, TOKEN, guide_complete, guide_create, guide_update, text};

fn create(body: Value) -> Changes {
    parse_create(body.to_string().as_bytes()).unwrap()
}

fn update(body: Value) -> Changes {
    parse_update(body.to_string().as_bytes(), SESSION).unwrap()
}

/// The code and the path that a create is refused with.
fn create_refused(body: &str) -> (&'static str, String) {
    let refused = parse_create(body.as_bytes()).err().unwrap();
    (refused.code, refused.path)
}

fn update_refused(body: Value) -> (&'static str, String) {
    let refused = parse_update(body.to_string().as_bytes(), SESSION).err().unwrap();
    (refused.code, refused.path)
}

fn complete_refused(body: Value) -> (&'static str, String) {
    let refused = parse_complete(body.to_string().as_bytes()).err().unwrap();
    (refused.code, refused.path)
}

fn methods(changes: Changes) -> Vec<MethodWanted> {
    match changes.methods {
        Change::Set(methods) => methods,
        Change::Keep | Change::Clear => panic!("no methods"),
    }
}

#[test]
fn the_guides_create_asks_for_its_items_and_nothing_else() {
    let changes = create(guide_create());
    let line = LineWanted {
        id: None,
        product: ProductId::parse("product_12345").unwrap(),
        quantity: Quantity::new(1).unwrap(),
    };
    let currency = CurrencyCode::parse("USD").ok();
    let expected = Changes { lines: Some(vec![line]), currency, ..Changes::default() };
    assert_eq!(changes, expected);
}

#[test]
fn the_guides_update_is_read_with_its_own_spelling_of_the_country() {
    let changes = update(guide_update());
    assert_eq!(changes.lines.as_ref().unwrap()[0].id, Some(LineId(1)));
    let methods = methods(changes);
    let destination = &methods[0].destinations.as_ref().unwrap()[0];
    assert_eq!(destination.address.country, Some(text("US")));
    assert_eq!(destination.id, Some(text("dest_1")));
    assert_eq!(methods[0].selected_destination, Some(Some(text("dest_1"))));
    assert_eq!(methods[0].groups, None);
    assert_eq!(methods[0].lines, None);
}

#[test]
fn whoever_sends_back_both_spellings_of_the_country_is_understood() {
    let mut body = guide_update();
    body["fulfillment"]["methods"][0]["destinations"][0]["address_country"] = json!("CA");
    let methods = methods(update(body));
    let country = methods[0].destinations.as_ref().unwrap()[0].address.country.clone();
    assert_eq!(country, Some(text("CA")));
}

#[test]
fn a_place_may_have_its_address_inside() {
    let body = json!({"fulfillment": {"methods": [{"type": "pickup", "destinations": [
        {"id": "store_1", "name": "Main Street", "address": {"postal_code": "94043"}}
    ]}]}});
    let methods = methods(update(body));
    let address = methods[0].destinations.as_ref().unwrap()[0].address.clone();
    assert_eq!(address.postal_code, Some(text("94043")));
}

#[test]
fn a_whole_checkout_as_it_was_answered_can_be_sent_back() {
    let mut desk = crate::ucp::testing::Desk::open();
    desk.create(&guide_create());
    let (_, answer) = desk.update(&guide_update());
    let (status, again) = desk.update(&answer);
    assert_eq!((status, again), (200, answer));
}

#[test]
fn absent_keeps_and_null_and_empty_clear() {
    assert_eq!(update(json!({})), Changes::default());
    for nothing in [json!(null), json!({})] {
        let changes = update(json!({
            "buyer": nothing, "fulfillment": nothing, "discounts": nothing, "payment": nothing,
        }));
        assert_eq!(changes.buyer, Change::Clear);
        assert_eq!(changes.methods, Change::Clear);
        assert_eq!(changes.codes, Change::Clear);
        assert_eq!(changes.payment, Change::Clear);
    }
    let changes = update(json!({"fulfillment": {"methods": []}, "discounts": {"codes": []}}));
    assert_eq!((changes.methods, changes.codes), (Change::Clear, Change::Clear));
}

#[test]
fn no_line_items_are_given_as_an_empty_list_or_as_null() {
    for nothing in [json!([]), json!(null)] {
        assert_eq!(update(json!({"line_items": nothing})).lines, Some(vec![]));
    }
}

#[test]
fn a_selection_is_made_unmade_or_left_alone() {
    let one =
        |method: Value| methods(update(json!({"fulfillment": {"methods": [method]}}))).remove(0);
    assert_eq!(one(json!({})).selected_destination, None);
    let unmade =
        one(json!({"selected_destination_id": null, "groups": [{"selected_option_id": null}]}));
    assert_eq!(unmade.selected_destination, Some(None));
    assert_eq!(unmade.groups.unwrap()[0].selected_option, Some(None));
}

#[test]
fn ids_of_lines_methods_and_groups_are_read_on_update_and_ours_to_give_on_create() {
    let mut body = json!({
        "line_items": [{"id": "line_7", "item": {"id": "a"}, "quantity": 1}],
        "fulfillment": {"methods": [{
            "id": "method_3", "type": "shipping", "line_item_ids": ["line_7"],
            "groups": [{"id": "group_2", "selected_option_id": "ship_express"}]
        }]}
    });
    let changes = update(body.clone());
    assert_eq!(changes.lines.as_ref().unwrap()[0].id, Some(LineId(7)));
    let method = &methods(changes)[0];
    assert_eq!(method.id.unwrap().0, 3);
    assert_eq!(method.lines, Some(vec![LineId(7)]));
    assert_eq!(method.groups.as_ref().unwrap()[0].id.unwrap().0, 2);
    body["line_items"][0]["id"] = json!("my own");
    let changes = create(body);
    assert_eq!(changes.lines.as_ref().unwrap()[0].id, None);
    let method = &methods(changes)[0];
    assert_eq!((method.id, &method.lines), (None, &None));
    let group = &method.groups.as_ref().unwrap()[0];
    assert_eq!((group.id, &group.selected_option), (None, &Some(Some(text("ship_express")))));
}

#[test]
fn on_create_several_methods_name_lines_by_what_they_will_be_called() {
    let changes = create(json!({
        "line_items": [
            {"id": "shoes", "item": {"id": "a"}, "quantity": 1},
            {"item": {"id": "b"}, "quantity": 1},
            {"item": {"id": "c"}, "quantity": 1}
        ],
        "fulfillment": {"methods": [
            {"type": "shipping", "line_item_ids": ["shoes", "c"]},
            {"type": "pickup", "line_item_ids": ["line_2"]}
        ]}
    }));
    let methods = methods(changes);
    assert_eq!(methods[0].lines, Some(vec![LineId(1), LineId(3)]));
    assert_eq!(methods[1].lines, Some(vec![LineId(2)]));
}

#[test]
fn a_line_that_cannot_be_meant_is_refused_where_it_is_named() {
    let body = json!({
        "line_items": [{"item": {"id": "a"}, "quantity": 1}],
        "fulfillment": {"methods": [
            {"type": "shipping", "line_item_ids": ["line_1"]},
            {"type": "pickup", "line_item_ids": ["line_1", "line_2"]}
        ]}
    });
    let at = "$.fulfillment.methods[1].line_item_ids[1]";
    assert_eq!(create_refused(&body.to_string()), ("invalid", at.to_owned()));
}

#[test]
fn ids_that_cannot_be_ours_are_refused_where_they_stand() {
    for (body, path) in [
        (
            json!({"line_items": [{"id": "x", "item": {"id": "a"}, "quantity": 1}]}),
            "$.line_items[0].id",
        ),
        (json!({"fulfillment": {"methods": [{"id": "m"}]}}), "$.fulfillment.methods[0].id"),
        (
            json!({"fulfillment": {"methods": [{"groups": [{"id": "g"}]}]}}),
            "$.fulfillment.methods[0].groups[0].id",
        ),
        (
            json!({"fulfillment": {"methods": [{"line_item_ids": ["product_12345"]}]}}),
            "$.fulfillment.methods[0].line_item_ids[0]",
        ),
    ] {
        assert_eq!(update_refused(body), ("invalid", path.to_owned()));
    }
}

#[test]
fn the_body_may_name_the_session_of_the_path_and_no_other() {
    for id in [SESSION.to_string(), format!("gid://merchant.example.com/Checkout/{SESSION}")] {
        assert_eq!(update(json!({"id": id})), Changes::default());
    }
    let another = SessionId(SESSION.0 + 1).to_string();
    for id in ["", "chk_1", "gid://merchant.example.com/Checkout/other", another.as_str()] {
        assert_eq!(update_refused(json!({"id": id})), ("invalid", "$.id".to_owned()));
    }
}

#[test]
fn consent_is_kept_as_it_was_given_and_never_assumed() {
    let changes = update(json!({"buyer": {"consent": {"marketing": false, "analytics": true}}}));
    let Change::Set(Buyer { consent, .. }) = changes.buyer else { panic!("a buyer was given") };
    let expected = Consent { analytics: Some(true), marketing: Some(false), ..Consent::default() };
    assert_eq!(consent, Some(expected));
}

#[test]
fn a_quantity_is_a_whole_number_within_bounds() {
    let body = |quantity: &str| {
        format!(r#"{{"line_items":[{{"item":{{"id":"a"}},"quantity":{quantity}}}]}}"#)
    };
    let at = "$.line_items[0].quantity".to_owned();
    for (quantity, code) in [
        ("0", "quantity_invalid_minimum_not_met"),
        ("-1", "quantity_invalid_minimum_not_met"),
        ("-9223372036854775808", "quantity_invalid_minimum_not_met"),
        ("10001", "quantity_invalid_limit_exceeded"),
        ("4294967297", "quantity_invalid_limit_exceeded"),
        ("18446744073709551615", "quantity_invalid_limit_exceeded"),
        ("18446744073709551616", "invalid"),
        ("1.5", "invalid"),
        ("1.0", "invalid"),
        ("1e2", "invalid"),
        ("1e999", "invalid"),
        ("\"1\"", "invalid"),
        ("null", "invalid"),
        ("true", "invalid"),
        ("[1]", "invalid"),
    ] {
        assert_eq!(create_refused(&body(quantity)), (code, at.clone()), "{quantity}");
    }
    assert!(parse_create(body("10000").as_bytes()).is_ok());
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (body, code, path) in [
        ("", "missing", "$"),
        ("{}", "missing", "$.line_items"),
        ("{", "invalid", "$"),
        ("[]", "invalid", "$"),
        ("null", "invalid", "$"),
        ("nonsense", "invalid", "$"),
        ("{\"line_items\":[]} {}", "invalid", "$"),
        ("{\"line_items\":{}}", "invalid", "$.line_items"),
        ("{\"line_items\":[1]}", "invalid", "$.line_items[0]"),
        ("{\"line_items\":[[\"line_1\",{\"id\":\"a\"},1]]}", "invalid", "$.line_items[0]"),
        ("{\"line_items\":[{\"quantity\":1}]}", "missing", "$.line_items[0].item"),
        ("{\"line_items\":[{\"item\":{\"id\":\"a\"}}]}", "missing", "$.line_items[0].quantity"),
        ("{\"line_items\":[{\"item\":{},\"quantity\":1}]}", "missing", "$.line_items[0].item.id"),
        (
            "{\"line_items\":[{\"item\":{\"id\":\"\"},\"quantity\":1}]}",
            "invalid",
            "$.line_items[0].item.id",
        ),
        (
            "{\"line_items\":[{\"item\":{\"id\":\"a\"},\"quantity\":1,\"quantity\":2}]}",
            "invalid",
            "$.line_items[0]",
        ),
        ("{\"line_items\":[],\"line_items\":[]}", "invalid", "$"),
        ("{\"line_items\":[],\"currency\":\"usd\"}", "invalid", "$.currency"),
        ("{\"line_items\":[],\"currency\":\"XXQ\"}", "invalid", "$.currency"),
        ("{\"line_items\":[],\"currency\":840}", "invalid", "$.currency"),
        ("{\"line_items\":[],\"buyer\":[]}", "invalid", "$.buyer"),
        ("{\"line_items\":[],\"buyer\":{\"email\":7}}", "invalid", "$.buyer.email"),
        ("{\"line_items\":[],\"buyer\":{\"email\":\"jane\"}}", "invalid", "$.buyer.email"),
        ("{\"line_items\":[],\"buyer\":{\"email\":\"a\\u0000\"}}", "invalid", "$.buyer.email"),
        (
            "{\"line_items\":[],\"buyer\":{\"consent\":{\"marketing\":\"yes\"}}}",
            "invalid",
            "$.buyer.consent.marketing",
        ),
        (
            "{\"line_items\":[],\"fulfillment\":{\"methods\":[{\"type\":\"drone\"}]}}",
            "invalid",
            "$.fulfillment.methods[0].type",
        ),
        (
            "{\"line_items\":[],\"discounts\":{\"codes\":[\"A\",1]}}",
            "invalid",
            "$.discounts.codes[1]",
        ),
        ("{\"line_items\":NaN}", "invalid", "$.line_items"),
        ("{\"line_items\":[1,]}", "invalid", "$.line_items[0]"),
        ("{'line_items':[]}", "invalid", "$"),
    ] {
        assert_eq!(create_refused(body), (code, path.to_owned()), "{body}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    for body in [&b"{\"line_items\":[],\"x\":\"\xff\"}"[..], b"\xff\xfe{}", b"\xef\xbb\xbf{}"] {
        assert_eq!(parse_create(body).err().unwrap().code, "invalid");
    }
}

#[test]
fn no_depth_of_nesting_overflows_the_stack() {
    let nested = |depth: usize| {
        format!("{{\"line_items\":[],\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
    };
    assert!(parse_create(nested(1_000_000).as_bytes()).is_ok(), "unknown members are ignored");
    assert_eq!(create_refused(&"[".repeat(1_000_000)).0, "invalid");
    assert_eq!(create_refused(&"{\"line_items\":".repeat(1_000_000)).0, "invalid");
    assert_eq!(create_refused(&"{\"x\":".repeat(1_000_000)).0, "invalid");
}

#[test]
fn no_refusal_repeats_what_the_caller_wrote() {
    let secret = "4111111111111111";
    for body in [
        json!({"payment_data": secret}),
        json!({"payment_data": {"credential": secret}}),
        json!({"payment_data": {"credential": {"token": {"number": secret}}}}),
        json!({"payment_data": {"id": "a", "expiry_month": secret}}),
        json!({"payment_data": {"id": "a", "selected": format!("{secret}, expected {secret}")}}),
        json!({"payment": {"instruments": [secret]}}),
        json!({secret: {secret: secret}, "payment_data": 4_111_111_111_111_111_u64}),
        json!({"payment_data": {"id": format!("{secret}\u{0}"), "handler_id": "gpay"}}),
    ] {
        let refused = parse_complete(body.to_string().as_bytes()).err().unwrap();
        assert!(!refused.to_string().contains("4111"), "{refused}");
    }
    let cut = format!("{{\"{secret}\": \"{secret}");
    assert!(!parse_complete(cut.as_bytes()).err().unwrap().to_string().contains("4111"));
}

#[test]
fn the_token_is_forwarded_character_for_character() {
    let offered = parse_complete(guide_complete().to_string().as_bytes()).unwrap();
    assert_eq!(offered.credential.expose(), TOKEN.as_bytes());
    assert_eq!(offered.shown.id, text("pi_1"));
    assert_eq!(offered.shown.billing_address.unwrap().country, Some(text("US")));
}

#[test]
fn the_instrument_comes_as_payment_data_or_as_the_selected_one_of_several() {
    let card = |id: &str, selected: bool| {
        json!({"id": id, "handler_id": "gpay", "selected": selected,
            "display": {"brand": "visa", "last_digits": "1111", "expiry_month": 12,
                "expiry_year": 2030, "description": "Visa 1111"},
            "credential": {"type": "PAYMENT_GATEWAY", "token": id, "binding": {"checkout_id": "x"}}})
    };
    for body in [
        json!({"payment_data": card("b", false)}),
        json!({"payment": {"instruments": [card("b", false)]}}),
        json!({"payment": {"instruments": [card("a", false), card("b", true)]}}),
        json!({"payment": {"instruments": [card("a", true), card("b", false)],
            "selected_instrument_id": "b"}}),
    ] {
        let offered = parse_complete(body.to_string().as_bytes()).unwrap();
        assert_eq!(offered.credential.expose(), b"b");
        assert_eq!((offered.shown.id, offered.shown.kind), (text("b"), text("card")));
        assert_eq!(offered.shown.brand, Some(text("visa")));
        assert_eq!(offered.shown.expiry_month, Some(12));
        assert_eq!(offered.shown.rich_text_description, Some(text("Visa 1111")));
    }
}

#[test]
fn without_exactly_one_usable_instrument_there_is_nothing_to_charge() {
    let card = |selected: bool| json!({"id": "a", "handler_id": "gpay", "selected": selected});
    let all = "$.payment.instruments";
    for (body, code, path) in [
        (json!({}), "missing", "$.payment_data"),
        (json!({"payment_data": null}), "missing", "$.payment_data"),
        (json!({"payment_data": {}}), "missing", "$.payment_data.id"),
        (json!({"payment_data": {"id": "a"}}), "missing", "$.payment_data.handler_id"),
        (json!({"payment_data": card(true)}), "missing", "$.payment_data.credential"),
        (json!({"payment_data": [card(true)]}), "invalid", "$.payment_data"),
        (json!({"payment": {}}), "missing", all),
        (json!({"payment": {"instruments": []}}), "missing", all),
        (json!({"payment": {"instruments": [card(false), card(false)]}}), "invalid", all),
        (json!({"payment": {"instruments": [card(true), card(true)]}}), "invalid", all),
        (
            json!({"payment": {"instruments": [card(true)], "selected_instrument_id": "b"}}),
            "invalid",
            all,
        ),
    ] {
        assert_eq!(complete_refused(body.clone()), (code, path.to_owned()), "{body}");
    }
}

#[test]
fn a_credential_is_a_token_and_never_a_card_number() {
    let with = |credential: Value| {
        complete_refused(json!({"payment_data": {"id": "a", "handler_id": "gpay",
            "credential": credential}}))
    };
    let path = |tail: &str| format!("$.payment_data.credential{tail}");
    assert_eq!(with(json!({"type": "card", "number": "4111"})), ("invalid", path("")));
    assert_eq!(with(json!({})), ("missing", path(".token")));
    assert_eq!(with(json!({"token": ""})), ("missing", path(".token")));
    assert_eq!(with(json!({"token": {"a": 1}})), ("invalid", path(".token")));
    let long = "x".repeat(TOKEN_BYTES_MAX + 1);
    assert_eq!(with(json!({"token": long})), ("invalid", path(".token")));
}

#[test]
fn a_card_number_is_refused_wherever_it_would_be_shown() {
    let with = |member: &str, words: &str| {
        let mut body = json!({"payment_data": {"id": "pi_1", "handler_id": "gpay", "type": "card",
            "credential": {"type": "PAYMENT_GATEWAY", "token": "tok"}}});
        body["payment_data"][member] = json!(words);
        parse_complete(body.to_string().as_bytes()).err().map(|error| error.path)
    };
    let path = |member: &str| Some(format!("$.payment_data.{member}"));
    for number in ["4111111111111111", "4111 1111 1111 1111", "378282246310005"] {
        for member in ["id", "brand", "rich_text_description", "last_digits"] {
            assert_eq!(with(member, number), path(member), "{number}");
        }
    }
    assert_eq!(with("last_digits", "12345"), path("last_digits"));
    assert_eq!(with("last_digits", "1111"), None);
    assert_eq!(with("id", "4111111111111112"), None, "no card has this check digit");
    assert_eq!(with("rich_text_description", "Visa 1111, 12/2030"), None);
}

#[test]
fn what_is_wrong_in_the_display_of_an_instrument_is_named_there() {
    let with = |member: &str, value: Value| {
        let mut body = json!({"payment_data": {"id": "pi_1", "handler_id": "gpay",
            "display": {}, "credential": {"token": "tok"}}});
        body["payment_data"]["display"][member] = value;
        complete_refused(body)
    };
    for (member, value) in [
        ("brand", json!("4111111111111111")),
        ("last_digits", json!("11q1")),
        ("expiry_month", json!(0)),
        ("expiry_year", json!(10_000)),
        ("description", json!("4111111111111111")),
        ("card_art", json!("4111111111111111")),
    ] {
        let place = format!("$.payment_data.display.{member}");
        assert_eq!(with(member, value), ("invalid", place));
    }
}

#[test]
fn a_list_without_an_end_is_refused_by_its_length() {
    let many = |element: Value, count: usize| vec![element; count];
    let instruments = |count| json!({"payment": {"instruments": many(json!({}), count)}});
    assert_eq!(complete_refused(instruments(21)), ("invalid", "$.payment.instruments".into()));
    let words = parse_complete(instruments(9_999).to_string().as_bytes()).err().unwrap().what;
    assert_eq!(words, "at most 20 payment instruments can be given");
    let named = |count| json!({"fulfillment": {"methods": [{"line_item_ids": many(json!("line_1"), count)}]}});
    let path = "$.fulfillment.methods[0].line_item_ids";
    assert_eq!(update_refused(named(201)), ("invalid", path.into()));
    assert!(parse_update(named(200).to_string().as_bytes(), SESSION).is_ok());
    // One more than may be, for the core to count.
    let codes = update(json!({"discounts": {"codes": many(json!("TEN"), 9_999)}})).codes;
    assert_eq!(codes, Change::Set(vec![text("TEN"); 21]));
}

#[test]
fn cancel_has_no_body_or_an_object() {
    assert!(parse_cancel(b"").is_ok());
    assert!(parse_cancel(b"{}").is_ok());
    assert!(parse_cancel(b"{\"reason\":\"changed my mind\"}").is_ok());
    assert!(parse_cancel(b"[]").is_err());
    assert!(parse_cancel(b"x").is_err());
}

/// JSON of any shape, made of members that mean something here more often than not.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9_{}\"\\\\\u{7f}-\u{ff}]{0,12}".prop_map(Value::from),
        Just(json!("shipping")),
        Just(json!("line_1")),
        Just(json!(1)),
    ];
    let member = prop_oneof![
        Just("line_items"),
        Just("item"),
        Just("id"),
        Just("quantity"),
        Just("currency"),
        Just("buyer"),
        Just("email"),
        Just("fulfillment"),
        Just("methods"),
        Just("type"),
        Just("destinations"),
        Just("groups"),
        Just("selected_option_id"),
        Just("discounts"),
        Just("codes"),
        Just("payment"),
        Just("payment_data"),
        Just("instruments"),
        Just("credential"),
        Just("token"),
        Just("handler_id"),
        Just("unknown"),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(member.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A body that is right, with some bytes of it changed.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop_oneof![
        Just(guide_create().to_string()),
        Just(guide_update().to_string()),
        Just(guide_complete().to_string()),
        any_json().prop_map(|json| json.to_string()),
    ];
    let edit = (any::<prop::sample::Index>(), any::<u8>(), 0..4u8);
    (whole, prop::collection::vec(edit, 0..4)).prop_map(|(whole, edits)| {
        let mut bytes = whole.into_bytes();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            match kind {
                0 => bytes.insert(at, byte),
                1 => bytes.insert(at, b"\"\\{}[],:0-9.eu"[usize::from(byte) % 14]),
                2 if at < bytes.len() => bytes[at] = byte,
                _ if at < bytes.len() => drop(bytes.remove(at)),
                _ => {}
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = parse_create(&bytes);
        let _ = parse_update(&bytes, SESSION);
        let _ = parse_complete(&bytes);
        let _ = parse_cancel(&bytes);
    }

    #[test]
    fn no_damage_makes_the_parser_panic(bytes in damaged()) {
        let _ = parse_create(&bytes);
        let _ = parse_update(&bytes, SESSION);
        let _ = parse_complete(&bytes);
        let _ = parse_cancel(&bytes);
    }
}

#[test]
fn an_email_is_a_name_at_a_host_with_a_dot_and_has_no_blanks() {
    for good in ["jane@example.com", "j.d+x@mail.example.co.uk", "\"a@b\"@example.com", "é@é.fr"]
    {
        assert!(is_email(good), "{good}");
    }
    for bad in [
        "jane",
        "jane@",
        "@example.com",
        "jane@example",
        "j d@example.com",
        "j@example.",
        "j@.com",
        "j@a..b",
        "j@example.com ",
    ] {
        assert!(!is_email(bad), "{bad}");
    }
}
