//! Product feeds: what both formats mean, and what is wrong with a bad one, line by line.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

use paceline_api::catalogue::{EMBEDDED, Feed};
use paceline_api::limits;
use paceline_domain::ids::ProductId;
use paceline_domain::market::Offer;
use proptest::prelude::*;

const HEADER: &str = "id\ttitle\tprice\tavailability\tquantity\n";

#[test]
fn the_sample_is_good_and_has_what_the_guide_sells() {
    let feed = Feed::parse(EMBEDDED.as_bytes());
    assert_eq!(feed.problems, []);
    let shoes = offer(&feed, "product_12345");
    assert_eq!(shoes.title.as_str(), "Running Shoes");
    assert_eq!((shoes.price.0, shoes.currency.as_str()), (10_000, "USD"));
    assert_eq!(shoes.units, 1_000_000);
    assert!(shoes.image_url.is_some());
    assert_eq!(offer(&feed, "product_100").units, 100);
    assert_eq!(offer(&feed, "product_0").units, 0);
    assert_eq!(offer(&feed, "product_jpy").price.0, 1_500);
    assert_eq!(offer(&feed, "product_kwd").price.0, 12_500);
    assert_eq!(offer(&feed, "product_sale").price.0, 1_250);
}

#[test]
fn headers_are_known_in_any_case_with_blanks_or_underscores_and_in_any_order() {
    let feed = tsv("Availability\tIMAGE LINK\tSale Price\tPrice\tcolor\tTitle\tQuantity\tg:id\n\
         in stock\thttps://x/i.jpg\t8.00 USD\t10 USD\tred\tShoe\t5\ta\n");
    assert_eq!(feed.problems, []);
    assert_eq!(offer(&feed, "a").price.0, 800);
    assert_eq!(offer(&feed, "a").image_url.as_deref(), Some("https://x/i.jpg"));
}

#[test]
fn text_may_have_a_mark_at_its_start_and_any_line_ends() {
    let feed = tsv(
        "\u{feff}id\ttitle\tprice\tavailability\tquantity\r\na\tShoe\t1 USD\tin_stock\t1\r\n\r\nb\tShoe\t1 USD\tin_stock\t1",
    );
    assert_eq!(feed.problems, []);
    assert_eq!(feed.products.len(), 2);
}

#[test]
fn quoted_fields_may_hold_tabs_and_quotes() {
    let feed = tsv(&format!(
        "{HEADER}a\t\"Shoe \"\"fast\"\"\"\t1 USD\tin_stock\t1\nb\t6\" pan\t1 USD\tin_stock\t1\n"
    ));
    assert_eq!(feed.problems, []);
    assert_eq!(offer(&feed, "a").title.as_str(), "Shoe \"fast\"");
    assert_eq!(offer(&feed, "b").title.as_str(), "6\" pan");
}

#[test]
fn what_is_out_of_stock_has_no_units_and_what_can_be_ordered_has_as_many_as_are_counted() {
    let feed = tsv(&format!(
        "{HEADER}a\tA\t1 USD\tout of stock\t5\nb\tB\t1 USD\tout_of_stock\t\n\
         c\tC\t1 USD\tPreorder\t7\nd\tD\t1 USD\tbackorder\t8\n"
    ));
    assert_eq!(feed.problems, []);
    let units = ["a", "b", "c", "d"].map(|id| offer(&feed, id).units);
    assert_eq!(units, [0, 0, 7, 8]);
}

#[test]
fn every_bad_row_is_told_with_its_line_and_what_is_wrong() {
    let long = "x".repeat(51);
    for (row, expected) in [
        ("\tShoe\t1 USD\tin_stock\t1", "id: it is missing"),
        ("a\t\t1 USD\tin_stock\t1", "title: it is missing"),
        ("a\tShoe\t\tin_stock\t1", "price: it is missing"),
        ("a\tShoe\t1 USD\t\t1", "availability: it is missing"),
        ("a\tShoe\t1 USD\tin_stock\t", "quantity: it is missing"),
        ("a\tShoe\t1\tin_stock\t1", "`1` is not an amount and a currency"),
        ("a\tShoe\tUSD 1\tin_stock\t1", "`1` is not a currency"),
        ("a\tShoe\t1,00 USD\tin_stock\t1", "`1,00` is not an amount of USD"),
        ("a\tShoe\t-1 USD\tin_stock\t1", "`-1` is not an amount of USD"),
        ("a\tShoe\t1.5 JPY\tin_stock\t1", "at most 0 decimals"),
        ("a\tShoe\t99999999999999999999 USD\tin_stock\t1", "is not an amount of USD"),
        ("a\tShoe\t1 XXX\tin_stock\t1", "`XXX` is not a currency code"),
        ("a\tShoe\t1 usd\tin_stock\t1", "`usd` is not a currency code"),
        ("a\tShoe\t0 USD\tin_stock\t1", "nothing is sold for nothing"),
        ("a\tShoe\t1 USD\tsoon\t1", "`soon` is none of in_stock"),
        ("a\tShoe\t1 USD\tin_stock\t-1", "`-1` is not a whole number"),
        ("a\tShoe\t1 USD\tin_stock\t1.5", "`1.5` is not a whole number"),
        ("a\tShoe\t1 USD\tin_stock\t+1", "`+1` is not a whole number"),
        ("a\tShoe\t1 USD\tin_stock\t1000000000001", "is not a whole number from 0"),
        (&format!("{long}\tShoe\t1 USD\tin_stock\t1"), "1 to 50 characters"),
        ("a\tShoe\t1 USD\tin_stock", "it has 4 fields, the header has 5"),
        ("a\tShoe\t1 USD\tin_stock\t1\t2", "it has 6 fields, the header has 5"),
        ("a\tSh\u{7}oe\t1 USD\tin_stock\t1", "a control character, U+0007"),
    ] {
        let feed = tsv(&format!("{HEADER}good\tShoe\t1 USD\tin_stock\t1\n{row}\n"));
        let told: Vec<String> = feed.problems.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|told| told.contains(expected)), "{row}: {told:#?}");
        assert!(feed.problems.iter().all(|bad| bad.line == Some(3)), "{row}: {told:#?}");
        assert!(feed.checked().is_err());
    }
}

#[test]
fn all_that_is_wrong_with_a_row_is_told_at_once() {
    let feed = tsv(&format!("{HEADER}\t\t1\tsoon\tmany\n"));
    assert_eq!(feed.problems.len(), 5, "{:#?}", feed.problems);
}

#[test]
fn a_sale_price_is_in_the_same_currency_and_not_above() {
    let header =
        "id\ttitle\tprice\tsale_price\tavailability\tquantity\tsale_price_effective_date\n";
    for (sale, dates, expected) in [
        ("1 EUR", "", "it is in EUR, and the price is in USD"),
        ("3 USD", "", "it is above the price"),
        ("0 USD", "", "nothing is sold for nothing"),
        ("cheap", "", "not an amount and a currency"),
        ("1 USD", "2026-01-01/2026-02-01", "dated sales are not supported"),
    ] {
        let feed = tsv(&format!("{header}a\tA\t2 USD\t{sale}\tin_stock\t1\t{dates}\n"));
        assert_eq!(feed.problems.len(), 1, "{sale}: {:?}", feed.problems);
        assert!(feed.problems[0].what.contains(expected), "{sale}: {:?}", feed.problems);
    }
}

#[test]
fn an_id_is_given_once() {
    let row = "a\tShoe\t1 USD\tin_stock\t1\n";
    let feed = tsv(&format!("{HEADER}{row}{row}"));
    assert_eq!(feed.problems.len(), 1);
    assert_eq!(feed.problems[0].to_string(), "line 3: `a`: an earlier row has the same id");
}

#[test]
fn a_header_without_what_is_needed_is_refused() {
    let feed = tsv("id\ttitle\tprice\tid\na\tb\tc\td\n");
    let told: Vec<&str> = feed.problems.iter().map(|bad| bad.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "two columns are called id",
            "no column is called availability",
            "no column is called quantity"
        ]
    );
    for empty in ["", "\n\n", HEADER] {
        assert_eq!(tsv(empty).problems.len(), 1, "{empty:?}");
    }
}

#[test]
fn rss_means_what_text_means() {
    let feed = tsv(r#"<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>
  <title>The shop</title>
  <item>
    <g:id>a</g:id><title>Plain</title><g:title>Tea &amp; <![CDATA[<pot>]]> &#x2615;</g:title>
    <g:shipping><g:country>US</g:country><g:price>9.00 USD</g:price></g:shipping>
    <g:price>10.00 USD</g:price><g:sale_price>8.00 USD</g:sale_price>
    <g:availability>in stock</g:availability><g:quantity>5</g:quantity>
    <g:image_link>https://x/a.jpg</g:image_link>
  </item>
  <item><g:id>b</g:id><title>Plain</title><g:price>10.00 USD</g:price>
    <g:availability>out_of_stock</g:availability></item>
</channel></rss>"#);
    assert_eq!(feed.problems, []);
    assert_eq!(offer(&feed, "a").title.as_str(), "Tea & <pot> \u{2615}");
    assert_eq!((offer(&feed, "a").price.0, offer(&feed, "a").units), (800, 5));
    assert_eq!(offer(&feed, "b").title.as_str(), "Plain");
}

#[test]
fn the_namespace_counts_and_not_its_prefix() {
    let feed =
        tsv(r#"<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://base.google.com/ns/1.0">
<entry><id>tag:1</id><title>Shoe</title><x:id>a</x:id><x:price>1 USD</x:price>
<x:availability>in_stock</x:availability><x:quantity>1</x:quantity></entry></feed>"#);
    assert_eq!(feed.problems, []);
    assert_eq!(offer(&feed, "a").title.as_str(), "Shoe");
    let feed = tsv("<rss><channel>\n<item><g:id>a</g:id></item></channel></rss>");
    assert_eq!(feed.problems[0].line, Some(2));
    assert!(
        feed.problems[0].what.contains("the prefix `g` is not declared"),
        "{:?}",
        feed.problems
    );
}

#[test]
fn a_bad_row_of_rss_is_told_with_the_line_of_its_item() {
    let feed =
        rss("<item><g:id>a</g:id></item>\n\n<item>\n<g:id>b</g:id><g:id>c</g:id>&nbsp;</item>");
    let lines: Vec<u64> = feed.problems.iter().filter_map(|bad| bad.line).collect();
    assert_eq!(lines, [2, 2, 2, 4, 4, 4, 4, 4], "{:#?}", feed.problems);
    assert!(feed.problems.iter().any(|bad| bad.what == "id: it is given twice"));
    assert!(feed.problems.iter().any(|bad| bad.what == "`&nbsp;` is not an entity of XML"));
}

#[test]
fn what_is_no_xml_is_refused_with_its_line() {
    assert_eq!(tsv("<rss>\n<item>\n</rss>").problems[0].line, Some(3));
    let cut = rss("<item>\n<g:id>a");
    assert!(!cut.problems.is_empty());
    assert_eq!(
        Feed::parse(b"<rss>\n\xff</rss>").problems[0].to_string(),
        "line 2: it is not UTF-8"
    );
    assert_eq!(tsv("<rss/>").problems[0].what, "there is no product in it");
}

#[test]
fn entities_are_not_expanded() {
    let feed = tsv(
        r#"<!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss><item>&b;</item></rss>"#,
    );
    assert_eq!(feed.problems.len(), 1);
    assert_eq!(feed.problems[0].what, "a document type is not accepted");
}

#[test]
fn nesting_and_the_length_of_values_are_bounded() {
    let deep = "<a>".repeat(limits::FEED_DEPTH_MAX + 1);
    assert_eq!(tsv(&deep).problems[0].what, "elements are nested too deep");
    let long = "x".repeat(limits::FIELD_BYTES_MAX + 1);
    let feed = rss(&format!("<item><g:id>a</g:id><g:title>{long}</g:title></item>"));
    assert!(feed.problems[0].what.starts_with("title: it has more than"), "{:?}", feed.problems);
    let feed = tsv(&format!("{HEADER}a\t{long}\t1 USD\tin_stock\t1\n"));
    assert!(feed.problems[0].what.len() < 200, "{:?}", feed.problems);
}

#[test]
fn another_encoding_is_refused() {
    let bytes: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let feed = Feed::parse(&[b"\xff\xfe", &bytes[..]].concat());
    assert!(feed.problems[0].what.contains("UTF-16"));
    let latin = [HEADER.as_bytes(), b"a\tSch\xf6n\t1 USD\tin_stock\t1\n"].concat();
    assert_eq!(Feed::parse(&latin).problems[0].to_string(), "line 2: `a`: title: it is not UTF-8");
}

#[test]
fn reading_stops_after_so_many_bad_rows() {
    let feed = tsv(&format!("{HEADER}{}", "a\tb\tc\td\te\n".repeat(2 * limits::FEED_PROBLEMS_MAX)));
    assert!(feed.problems.len() <= limits::FEED_PROBLEMS_MAX + 1);
    assert!(feed.problems.last().unwrap().what.contains("the rest was not read"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        Feed::parse(&bytes);
    }

    #[test]
    fn no_rows_make_the_reader_panic(rows in "([\\PC\t\"\r\n]|in_stock|1 USD){0,200}") {
        Feed::parse(format!("{HEADER}{rows}").as_bytes());
    }

    #[test]
    fn no_markup_makes_the_reader_panic(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<item>", "</item>", "<item/>", "<g:id>", "</g:id>", "<g:price>", "</g:price>", "<title>",
            "</title>", "&amp;", "&#0;", "&#x110000;", "&x;", "<![CDATA[", "]]>", "<!--", "-->", "a",
            "1 USD", "<", ">", "\n", "<?x ", "?>", "<!DOCTYPE x>", "xmlns:g=\"\"", "\u{0}",
        ]), 0..40),
    ) {
        rss(&parts.concat());
    }

    /// What was written as a good row is read back as it was.
    #[test]
    fn a_good_row_is_taken_as_it_is(
        id in "[a-zA-Z0-9_-]{1,50}",
        title in "[a-zA-Z0-9 ,.'&<>-]{0,100}x",
        cents in 1u64..1_000_000_000,
        units in 0u64..1_000_000,
    ) {
        let price = format!("{}.{:02} USD", cents / 100, cents % 100);
        let text = tsv(&format!("{HEADER}{id}\t{title}\t{price}\tin_stock\t{units}\n"));
        prop_assert_eq!(&text.problems, &[]);
        let taken = offer(&text, &id);
        prop_assert_eq!(taken.title.as_str(), title.trim());
        prop_assert_eq!((taken.price.0, taken.units), (cents, units));
        let escaped = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let xml = rss(&format!(
            "<item><g:id>{id}</g:id><g:title>{escaped}</g:title><g:price>{price}</g:price>\
             <g:availability>in_stock</g:availability><g:quantity>{units}</g:quantity></item>"
        ));
        prop_assert_eq!(xml.products, text.products);
    }
}

fn tsv(text: &str) -> Feed {
    Feed::parse(text.as_bytes())
}

/// Items from line 2 on.
fn rss(items: &str) -> Feed {
    tsv(&format!(
        "<rss xmlns:g=\"http://base.google.com/ns/1.0\" version=\"2.0\"><channel>\n{items}</channel></rss>"
    ))
}

fn offer<'a>(feed: &'a Feed, id: &str) -> &'a Offer {
    feed.products.get(&ProductId::parse(id).unwrap()).unwrap()
}

#[test]
fn text_with_commas_gets_one_hint_and_not_a_complaint_a_column() {
    let feed = tsv("id,title,price,availability,quantity\na,Shoe,1 USD,in_stock,1\n");
    let [problem] = &feed.problems[..] else { panic!("{:#?}", feed.problems) };
    assert!(problem.to_string().starts_with("line 1: the columns look comma-separated"));
}

#[test]
fn what_is_wrong_with_the_whole_file_has_no_line() {
    let feed = Feed::read(std::path::Path::new("/nowhere"));
    assert!(feed.problems[0].to_string().starts_with("No such file"), "{:#?}", feed.problems);
}
