//! Lines, discounts, delivery and tax, added up.
//!
//! Promise: every amount is a whole minor unit; a share is rounded once, half up; what is
//! allocated to lines sums to what is taken off; the total is the sum of its parts, always.

use serde::{Deserialize, Serialize};

use crate::ids::LineId;
use crate::market::{Address, Discount, Market, Reduction};
use crate::money::{CurrencyCode, Millionths, MinorUnits};
use crate::session::Line;
use crate::text::Text;
use crate::time::Timestamp;

/// What everything costs. All parts are positive; a wire decides on signs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Price × quantity, one a line, in the order of the lines.
    pub lines: Vec<LineQuote>,
    /// The sum of the lines before discounts.
    pub subtotal: MinorUnits,
    /// What was taken off lines.
    pub items_discount: MinorUnits,
    /// What was taken off the order.
    pub discount: MinorUnits,
    pub fulfillment: MinorUnits,
    pub tax: MinorUnits,
    pub total: MinorUnits,
    pub applied: Vec<Applied>,
    pub codes_refused: Vec<CodeRefused>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineQuote {
    pub subtotal: MinorUnits,
    pub discount: MinorUnits,
}

impl LineQuote {
    pub fn total(&self) -> MinorUnits {
        self.subtotal - self.discount
    }
}

/// A discount that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// As submitted; `None` for an automatic one.
    pub code: Option<Text>,
    pub title: Text,
    pub amount: MinorUnits,
    pub priority: u16,
    /// Index of the line and its part of `amount`; empty if it was taken off the order.
    pub allocations: Vec<(usize, MinorUnits)>,
}

/// A code that took nothing off, by its index in the submitted codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRefused {
    pub index: usize,
    pub why: CodeRefusal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeRefusal {
    Invalid,
    Expired,
    AlreadyApplied,
    CombinationDisallowed,
    /// The goods do not reach the amount from which the code applies, or it would take nothing off.
    Ineligible,
}

/// The amounts do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amounts are too large")]
pub struct PricingError;

/// Where some lines go and what bringing them there costs.
pub struct Delivery<'a> {
    pub lines: &'a [LineId],
    pub address: Option<&'a Address>,
    pub price: MinorUnits,
}

/// Prices everything as of `now`.
///
/// # Errors
/// [`PricingError`] if a sum is over [`crate::money::AMOUNT_MAX`].
pub fn quote(
    lines: &[Line],
    deliveries: &[Delivery<'_>],
    codes: &[Text],
    currency: CurrencyCode,
    market: &dyn Market,
    now: Timestamp,
) -> Result<Quote, PricingError> {
    let mut priced = Quote::default();
    for line in lines {
        let subtotal = line.price.checked_mul(line.quantity.units()).ok_or(PricingError)?;
        priced.lines.push(LineQuote { subtotal, discount: MinorUnits::ZERO });
    }
    priced.subtotal =
        MinorUnits::checked_sum(priced.lines.iter().map(|l| l.subtotal)).ok_or(PricingError)?;
    let (chosen, refused) = choose(codes, priced.subtotal, currency, market, now);
    priced.codes_refused = refused;
    for chosen in chosen {
        priced.take_off(chosen, codes);
    }
    priced.codes_refused.sort_by_key(|refused| refused.index);
    priced.fulfillment =
        MinorUnits::checked_sum(deliveries.iter().map(|d| d.price)).ok_or(PricingError)?;
    priced.tax = priced.taxed(lines, deliveries, market).ok_or(PricingError)?;
    priced.total = MinorUnits::checked_sum([priced.net(), priced.fulfillment, priced.tax])
        .ok_or(PricingError)?;
    priced.assert_adds_up();
    Ok(priced)
}

impl Quote {
    /// Goods after every discount.
    fn net(&self) -> MinorUnits {
        self.subtotal - self.items_discount - self.discount
    }

    /// Takes one discount off what those before it have left.
    fn take_off(&mut self, Chosen { discount, code }: Chosen<'_>, codes: &[Text]) {
        let (amount, allocations) = match discount.reduction {
            Reduction::Percent(share) => self.take_off_lines(share),
            Reduction::Amount(amount, _) => (self.take_off_order(amount), vec![]),
        };
        if amount > MinorUnits::ZERO {
            let (title, priority) = (discount.title.clone(), discount.priority);
            let code = code.map(|index| codes[index].clone());
            self.applied.push(Applied { code, title, amount, priority, allocations });
        } else if let Some(index) = code {
            self.codes_refused.push(CodeRefused { index, why: CodeRefusal::Ineligible });
        }
    }

    fn take_off_lines(&mut self, share: Millionths) -> (MinorUnits, Vec<(usize, MinorUnits)>) {
        let parts = share.of_each(&self.lines_left());
        for (line, part) in self.lines.iter_mut().zip(&parts) {
            line.discount = line.discount + *part;
        }
        let amount = MinorUnits(parts.iter().map(|part| part.0).sum());
        self.items_discount = self.items_discount + amount;
        let taken = |(_, part): &(usize, MinorUnits)| *part > MinorUnits::ZERO;
        (amount, parts.into_iter().enumerate().filter(taken).collect())
    }

    fn take_off_order(&mut self, amount: MinorUnits) -> MinorUnits {
        let amount = amount.min(self.net());
        self.discount = self.discount + amount;
        amount
    }

    /// What is left of each line once the order-level discounts are shared out by what the lines
    /// cost: what later percentages and the tax are taken of.
    fn lines_left(&self) -> Vec<MinorUnits> {
        let goods = self.subtotal - self.items_discount;
        let (mut seen, mut shared) = (MinorUnits::ZERO, MinorUnits::ZERO);
        let left = |line: &LineQuote| {
            seen = seen + line.total();
            let before = std::mem::replace(&mut shared, portion(self.discount, seen, goods));
            line.total() - (shared - before)
        };
        self.lines.iter().map(left).collect()
    }

    /// Tax on the goods of each delivery, where they go; nothing while that is unknown. `None`
    /// if it does not fit.
    fn taxed(
        &self,
        lines: &[Line],
        deliveries: &[Delivery<'_>],
        market: &dyn Market,
    ) -> Option<MinorUnits> {
        let left = self.lines_left();
        let taxed = |delivery: &Delivery<'_>| {
            let address = delivery.address?;
            let brought =
                lines.iter().zip(&left).filter(|(line, _)| delivery.lines.contains(&line.id));
            let taxable = MinorUnits(brought.map(|(_, left)| left.0).sum());
            Some(market.tax(address, taxable))
        };
        MinorUnits::checked_sum(deliveries.iter().filter_map(taxed))
    }

    /// The invariant of every quote, live and on replay.
    pub fn assert_adds_up(&self) {
        let sum = |amounts: &mut dyn Iterator<Item = MinorUnits>| amounts.map(|a| a.0).sum::<u64>();
        let lines = sum(&mut self.lines.iter().map(|line| line.subtotal));
        let off_lines = sum(&mut self.lines.iter().map(|line| line.discount));
        let applied = sum(&mut self.applied.iter().map(|applied| applied.amount));
        assert_eq!(lines, self.subtotal.0, "the subtotal is the sum of the lines");
        assert_eq!(off_lines, self.items_discount.0, "line discounts are the lines' own");
        assert_eq!(
            applied,
            self.items_discount.0 + self.discount.0,
            "what is taken off is what the applied discounts say"
        );
        for Applied { amount, allocations, .. } in &self.applied {
            let allocated = sum(&mut allocations.iter().map(|(_, part)| *part));
            let whole = allocations.is_empty() || allocated == amount.0;
            assert!(whole, "what is allocated to lines sums to what is taken off");
        }
        assert_eq!(
            self.net() + self.fulfillment + self.tax,
            self.total,
            "the total is the sum of its parts"
        );
    }
}

/// `amount × part / whole`, rounded down: cumulative, so that the portions sum to the amount.
fn portion(amount: MinorUnits, part: MinorUnits, whole: MinorUnits) -> MinorUnits {
    if whole == MinorUnits::ZERO {
        return MinorUnits::ZERO;
    }
    let exact = u128::from(amount.0) * u128::from(part.0) / u128::from(whole.0);
    MinorUnits(u64::try_from(exact).expect("a portion is at most the amount"))
}

/// A discount that applies, and the index of the code that brought it.
struct Chosen<'a> {
    discount: &'a Discount,
    code: Option<usize>,
}

/// Which discounts apply, in the order of their priority, and which codes do not.
fn choose<'a>(
    codes: &[Text],
    subtotal: MinorUnits,
    currency: CurrencyCode,
    market: &'a dyn Market,
    now: Timestamp,
) -> (Vec<Chosen<'a>>, Vec<CodeRefused>) {
    let mut chosen: Vec<Chosen<'a>> = vec![];
    let mut refused = vec![];
    for (index, code) in codes.iter().enumerate() {
        match rule_on(code, &chosen, subtotal, currency, market, now) {
            Ok(discount) => chosen.push(Chosen { discount, code: Some(index) }),
            Err(why) => refused.push(CodeRefused { index, why }),
        }
    }
    for discount in market.discounts_automatic() {
        if eligible(discount, subtotal, currency, now).is_ok() {
            chosen.push(Chosen { discount, code: None });
        }
    }
    chosen.sort_by_key(|chosen| chosen.discount.priority); // stable: codes before automatic ones
    (chosen, refused)
}

fn rule_on<'a>(
    code: &Text,
    chosen: &[Chosen<'a>],
    subtotal: MinorUnits,
    currency: CurrencyCode,
    market: &'a dyn Market,
    now: Timestamp,
) -> Result<&'a Discount, CodeRefusal> {
    let discount = market.discount(code).ok_or(CodeRefusal::Invalid)?;
    if chosen.iter().any(|earlier| earlier.discount.code == discount.code) {
        return Err(CodeRefusal::AlreadyApplied);
    }
    eligible(discount, subtotal, currency, now)?;
    let alone = |d: &Discount| !d.combines;
    if !chosen.is_empty() && (alone(discount) || chosen.iter().any(|c| alone(c.discount))) {
        return Err(CodeRefusal::CombinationDisallowed);
    }
    Ok(discount)
}

fn eligible(
    discount: &Discount,
    subtotal: MinorUnits,
    currency: CurrencyCode,
    now: Timestamp,
) -> Result<(), CodeRefusal> {
    if discount.expires_at.is_some_and(|end| end <= now) {
        return Err(CodeRefusal::Expired);
    }
    let foreign =
        matches!(discount.reduction, Reduction::Amount(_, sold_in) if sold_in != currency);
    if foreign || subtotal < discount.subtotal_min {
        return Err(CodeRefusal::Ineligible);
    }
    Ok(())
}
