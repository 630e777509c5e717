//! Product feeds, tab-separated and XML.

use std::collections::BTreeMap;
use std::fmt::Write;

use paceline_api::catalogue::Feed;
use paceline_api::limits::FEED_PROBLEMS_MAX;
use paceline_domain::ids::ProductId;
use paceline_domain::market::Offer;

use crate::bounds::{FILE, within};

pub fn feed(bytes: &[u8]) {
    let feed = within(FILE, bytes, Feed::parse);
    // Line ends of every system are counted.
    let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    assert!(feed.problems.len() <= FEED_PROBLEMS_MAX + 1);
    for problem in &feed.problems {
        let line = problem.line.expect("a feed of this size is read");
        assert!((1..=lines).contains(&line), "line {line} of {lines}: {problem}");
        assert!(!problem.what.is_empty() && problem.to_string().len() < 1024, "{problem}");
    }
    if let Ok(products) = feed.checked() {
        assert!(!products.is_empty());
        let again = Feed::parse(written(&products).as_bytes()).checked();
        assert_eq!(again.expect("what was read can be written"), products);
    }
}

/// As text between tabs, each value in quotes.
fn written(products: &BTreeMap<ProductId, Offer>) -> String {
    let mut feed = "id\ttitle\tprice\tavailability\tquantity\timage_link\n".to_owned();
    for (id, Offer { title, price, currency, image_url, units }) in products {
        let decimals = currency.exponent() as usize;
        let unit = 10u64.pow(currency.exponent());
        let (whole, part) = (price.0 / unit, price.0 % unit);
        let price = match decimals {
            0 => whole.to_string(),
            _ => format!("{whole}.{part:0decimals$}"),
        };
        let image = image_url.as_deref().unwrap_or_default();
        let (id, title, image) = (quoted(id.as_str()), quoted(title), quoted(image));
        writeln!(feed, "{id}\t{title}\t{price} {currency}\tin_stock\t{units}\t{image}")
            .expect("a text takes all there is");
    }
    feed
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}
