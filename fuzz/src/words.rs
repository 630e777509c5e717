//! Small words that stand in feeds and configurations: prices, shares, areas, ids, templates.

use paceline_api::catalogue::price;
use paceline_api::ucp::Template;
use paceline_domain::ids::{
    AttemptId, GroupId, InstrumentId, LineId, MethodId, OrderId, ProductId, SessionId,
};
use paceline_domain::money::{Millionths, MinorUnits};
use paceline_domain::tables::Area;
use paceline_domain::text::Text;

use crate::bounds::{WIRE, within};

pub fn words(bytes: &[u8]) {
    let Ok(word) = std::str::from_utf8(bytes) else { return };
    within(WIRE, bytes, |_| each(word));
}

fn each(word: &str) {
    if let Ok((currency, MinorUnits(minor))) = price(word) {
        let decimals = currency.exponent() as usize;
        let padded = format!("{minor:0width$}", width = decimals + 1);
        let (whole, part) = padded.split_at(padded.len() - decimals);
        let point = if decimals == 0 { "" } else { "." };
        let written = format!("{whole}{point}{part} {currency}");
        assert_eq!(price(&written), Ok((currency, MinorUnits(minor))));
    }
    if let Ok(share) = Millionths::from_percent(word) {
        assert!(share <= Millionths::WHOLE);
        let parts = share.of_each(&[MinorUnits(1), MinorUnits(99), MinorUnits(12_345)]);
        assert_eq!(parts.iter().map(|part| part.0).sum::<u64>(), share.of(MinorUnits(12_445)).0);
    }
    if let Ok(template) = Template::parse(word) {
        assert_eq!(template.with("{id}").to_string(), word, "a template is what was written");
    }
    if let Ok(area) = Area::parse(word) {
        assert_eq!(Area::parse(&word.to_ascii_uppercase()).as_ref(), Ok(&area));
    }
    if let Ok(text) = Text::parse(word) {
        assert_eq!(&*text, word);
    }
    one_name(word);
}

/// What an id was read from is what it is written as.
fn one_name(word: &str) {
    let names = [
        SessionId::parse(word).ok().map(|id| id.to_string()),
        OrderId::parse(word).ok().map(|id| id.to_string()),
        InstrumentId::parse(word).ok().map(|id| id.to_string()),
        LineId::parse(word).ok().map(|id| id.to_string()),
        MethodId::parse(word).ok().map(|id| id.to_string()),
        GroupId::parse(word).ok().map(|id| id.to_string()),
        AttemptId::parse(word).ok().map(|id| id.to_string()),
        ProductId::parse(word).ok().map(|id| id.to_string()),
    ];
    for name in names.into_iter().flatten() {
        assert_eq!(name, word, "one thing has one name");
    }
}
