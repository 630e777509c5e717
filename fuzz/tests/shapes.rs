//! Inputs of full size in the worst shapes that we know of: a fuzzer makes small ones.
//!
//! Each is something short that is repeated until the input is full. What takes more memory for
//! one of them than its own bytes allow, or looks at all of them for each, is over its bounds.

use paceline_fuzz::named;

/// What stands before, what is repeated under its number `%`, what stands behind.
type Shape = (&'static str, &'static str, &'static str);

const METHOD: &str = r#"{"fulfillment":{"methods":[{"type":"shipping","#;

#[test]
fn lists_of_a_create_cost_no_more_than_their_bytes() {
    full(
        "create",
        &[
            (r#"{"line_items":["#, r#"{"item":{"id":"%"},"quantity":1},"#, "{}]}"),
            (r#"{"line_items":["#, "{},", "{}]}"),
            ("{", r#""member_%":0,"#, r#""x":0}"#),
        ],
    );
}

#[test]
fn lists_of_an_update_cost_no_more_than_their_bytes() {
    let [names, destinations, groups] = ["line_item_ids", "destinations", "groups"]
        .map(|list| -> &'static str { format!("{METHOD}\"{list}\":[").leak() });
    full(
        "update",
        &[
            (r#"{"fulfillment":{"methods":["#, "{},", "{}]}}"),
            (names, r#""line_%","#, r#""line_1"]}]}}"#),
            (destinations, "{},", "{}]}]}}"),
            (destinations, r#"{"id":"%"},"#, "{}]}]}}"),
            (groups, "{},", "{}]}]}}"),
            (r#"{"discounts":{"codes":["#, r#""%","#, r#""x"]}}"#),
            (r#"{"payment":{"instruments":["#, r#"{"id":"a","handler_id":"b"},"#, "{}]}}"),
        ],
    );
}

#[test]
fn instruments_of_a_complete_cost_no_more_than_their_bytes() {
    full(
        "complete",
        &[
            (r#"{"payment":{"instruments":["#, "{},", "{}]}}"),
            (r#"{"payment":{"instruments":["#, r#"{"id":"%"},"#, "{}]}}"),
        ],
    );
}

#[test]
fn names_of_lines_are_not_looked_for_again_and_again() {
    let target = named("create").expect("there is such a target");
    let half = target.bytes_max / 2 - 200;
    let mut body = filled((r#"{"line_items":["#, r#"{"item":{"id":"%"},"quantity":1},"#, ""), half);
    body.pop();
    let names =
        filled((r#"],"fulfillment":{"methods":[{"line_item_ids":["#, r#""1500","#, ""), half);
    body.push_str(&names);
    body.push_str(r#""1500"]},{}]}}"#);
    (target.run)(body.as_bytes());
}

#[test]
fn nesting_escapes_and_numbers_without_end_are_refused_cheaply() {
    let shapes = [
        ("", "[", ""),
        ("", r#"{"a":"#, ""),
        (r#"{"id":""#, r"\n", r#""}"#),
        (r#"{"line_items":[{"quantity":"#, "9", "}]}"),
        (r#"{"x":0."#, "9", "}"),
    ];
    for name in ["create", "update", "complete", "cancel"] {
        full(name, &shapes);
    }
}

#[test]
fn members_of_what_google_signs_cost_no_more_than_their_bytes() {
    let shapes = |before: &str| -> Vec<Shape> {
        let before = |list: &str| -> &'static str { format!("{before}\n{{\"x\":{list}").leak() };
        vec![
            (before("["), r#"{"a":0},"#, "{}]}"),
            (before("["), "{},", "{}]}"),
            (before("["), r#""","#, "0]}"),
            (before("0,"), r#""m%":0,"#, r#""x":0}"#),
            (before("\""), r"\n", "\"}"),
            (before(""), r#"{"a":"#, ""),
        ]
    };
    full("tokenized", &shapes("capture"));
    full("card", &shapes("reserveFunds"));
    full("google", &shapes("acceptRemittanceStatement 200"));
    const PAGE: &str = "remittanceStatementDetails 200\n{\"totalEvents\":\"0\",\"captureEvents\":[";
    const EVENT: &str =
        r#"{"eventRequestId":"%","eventAmount":{"amountMicros":"1","currencyCode":"USD"}},"#;
    full("google", &[(PAGE, EVENT, "{}]}"), (PAGE, "{},", "{}]}")]);
}

#[test]
fn forms_of_many_fields_cost_no_more_than_their_bytes() {
    const POST: &str = "POST /tokenized/authenticate HTTP/1.1\r\nhost: x\r\n\r\n";
    full("page", &[(POST, "f%=&", ""), (POST, "&", ""), (POST, "a=%41&", ""), (POST, "%41", "")]);
}

#[test]
fn a_feed_costs_no_more_than_its_bytes() {
    full(
        "feed_text",
        &[
            ("", "\t", ""),
            ("", "\n", ""),
            ("", "\"", ""),
            ("", "id\t", ""),
            ("id\ttitle\tprice\tavailability\tquantity\n", "a\n", ""),
            ("id\ttitle\tprice\tavailability\tquantity\n", "%\tb\t1 USD\tin_stock\t1\n", ""),
        ],
    );
    full(
        "feed_xml",
        &[
            ("<rss ", "a%=\"\" ", "/>"),
            ("<rss ", "xmlns:a%=\"x\" ", "><z:b/></rss>"),
            ("<rss>", "<item/>", "</rss>"),
            ("<rss><item>", "<id>&amp;</id>", "</item></rss>"),
            ("<rss><item><title>", "&#65;", "</title></item></rss>"),
            ("", "<a>", ""),
        ],
    );
}

#[test]
fn a_configuration_costs_no_more_than_its_bytes() {
    full(
        "config",
        &[
            ("", "a.", "b = 1"),
            ("a = ", "[", ""),
            ("", "k%=1\n", ""),
            ("", "[k%]\n", ""),
            ("", "a.b.c.d.k%=1\n", ""),
            ("[tax]\nrates=[", "{},", "{}]"),
            ("", "=\n", ""),
            (
                "[shipping]\noptions=[",
                "{id=\"%\",title=\"a\",serves=[\"US\"],prices=[\"1 USD\"]},",
                "]",
            ),
        ],
    );
}

fn full(name: &str, shapes: &[Shape]) {
    let target = named(name).expect("there is such a target");
    for shape in shapes {
        eprintln!("{name}: {shape:?}");
        (target.run)(filled(*shape, target.bytes_max).as_bytes());
    }
}

fn filled((before, repeated, behind): Shape, bytes: usize) -> String {
    let mut input = before.to_owned();
    for number in 0.. {
        let one = repeated.replace('%', &number.to_string());
        if input.len() + one.len() + behind.len() > bytes {
            break;
        }
        input.push_str(&one);
    }
    input + behind
}

#[test]
fn signatures_without_end_cost_no_more_than_their_bytes() {
    // Each asks for a hash of all that follows it: half of it signatures, half of it text.
    let target = named("inside").expect("there is such a target");
    let one_pass: [u8; 15] = [0xC4, 13, 3, 0, 8, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    let before: [u8; 12] = [0xC2, 10, 4, 0, 1, 8, 0, 0, 0, 0, 0, 0];
    let half = target.bytes_max / 2;
    let length = u32::try_from(half - 16).expect("a body is short").to_be_bytes();
    let mut literal = [&[0xCB, 0xFF][..], &length, &[b'b', 0, 0, 0, 0, 0]].concat();
    literal.resize(half - 10, b' ');
    for piece in [&one_pass[..], &before] {
        let mut input = piece.repeat(half / piece.len());
        input.extend(&literal);
        (target.run)(&input);
    }
}
