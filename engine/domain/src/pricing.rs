//! Lines, discounts, delivery and tax, added up.
//!
//! Promise: every amount is a whole minor unit; a share is rounded once, half up; what is
//! allocated to lines sums to what is taken off; the total is the sum of its parts, always.

use serde::{Deserialize, Serialize};

use crate::ids::LineId;
use crate::market::{Address, Discount, Market, Reduction};
use crate::money::{CurrencyCode, MinorUnits};
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
    /// The goods do not reach the amount from which the code applies.
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
    for (discount, code) in chosen {
        priced.take_off(discount, code);
    }
    priced.fulfillment =
        MinorUnits::checked_sum(deliveries.iter().map(|d| d.price)).ok_or(PricingError)?;
    priced.tax = priced.taxed(lines, deliveries, market);
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
    fn take_off(&mut self, discount: &Discount, code: Option<Text>) {
        let allocations = match discount.reduction {
            Reduction::Percent(share) => self.take_off_lines(|left| share.of(left)),
            Reduction::Amount(amount, _) => {
                let amount = amount.min(self.net());
                self.discount = self.discount + amount;
                return self.record(discount, code, amount, vec![]);
            }
        };
        let amount = MinorUnits(allocations.iter().map(|(_, part)| part.0).sum());
        self.items_discount = self.items_discount + amount;
        self.record(discount, code, amount, allocations);
    }

    /// A share of each line, but never more than the order-level discounts have left.
    fn take_off_lines(
        &mut self,
        part: impl Fn(MinorUnits) -> MinorUnits,
    ) -> Vec<(usize, MinorUnits)> {
        let mut left = self.net();
        let mut allocations = vec![];
        for (index, line) in self.lines.iter_mut().enumerate() {
            let taken = part(line.total()).min(left);
            left = left - taken;
            line.discount = line.discount + taken;
            if taken > MinorUnits::ZERO {
                allocations.push((index, taken));
            }
        }
        allocations
    }

    fn record(
        &mut self,
        discount: &Discount,
        code: Option<Text>,
        amount: MinorUnits,
        allocations: Vec<(usize, MinorUnits)>,
    ) {
        if amount > MinorUnits::ZERO {
            let (title, priority) = (discount.title.clone(), discount.priority);
            self.applied.push(Applied { code, title, amount, priority, allocations });
        }
    }

    /// Tax on the goods of each delivery, where they go; nothing while that is unknown. The
    /// order-level discount is shared out over the deliveries by what their goods cost.
    fn taxed(&self, lines: &[Line], deliveries: &[Delivery<'_>], market: &dyn Market) -> MinorUnits {
        let goods = self.subtotal - self.items_discount;
        let mut shared = MinorUnits::ZERO;
        let mut seen = MinorUnits::ZERO;
        let mut tax = MinorUnits::ZERO;
        for delivery in deliveries {
            let net: u64 = lines
                .iter()
                .zip(&self.lines)
                .filter(|(line, _)| delivery.lines.contains(&line.id))
                .map(|(_, quote)| quote.total().0)
                .sum();
            seen = seen + MinorUnits(net);
            let so_far = portion(self.discount, seen, goods);
            let taxable = MinorUnits(net).saturating_sub(so_far - shared);
            shared = so_far;
            if let Some(address) = delivery.address {
                tax = tax + market.tax(address, taxable);
            }
        }
        tax
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

type Chosen<'a> = Vec<(&'a Discount, Option<Text>)>;

/// Which discounts apply, in the order of their priority, and which codes do not.
fn choose<'a>(
    codes: &[Text],
    subtotal: MinorUnits,
    currency: CurrencyCode,
    market: &'a dyn Market,
    now: Timestamp,
) -> (Chosen<'a>, Vec<CodeRefused>) {
    let mut chosen: Chosen<'a> = vec![];
    let mut refused = vec![];
    for (index, code) in codes.iter().enumerate() {
        match rule_on(code, &chosen, subtotal, currency, market, now) {
            Ok(discount) => chosen.push((discount, Some(code.clone()))),
            Err(why) => refused.push(CodeRefused { index, why }),
        }
    }
    for discount in market.discounts_automatic() {
        if eligible(discount, subtotal, currency, now).is_ok() {
            chosen.push((discount, None));
        }
    }
    chosen.sort_by_key(|(discount, _)| discount.priority); // stable: codes before automatic ones
    (chosen, refused)
}

fn rule_on<'a>(
    code: &Text,
    chosen: &Chosen<'a>,
    subtotal: MinorUnits,
    currency: CurrencyCode,
    market: &'a dyn Market,
    now: Timestamp,
) -> Result<&'a Discount, CodeRefusal> {
    let discount = market.discount(code).ok_or(CodeRefusal::Invalid)?;
    if chosen.iter().any(|(earlier, _)| earlier.code == discount.code) {
        return Err(CodeRefusal::AlreadyApplied);
    }
    eligible(discount, subtotal, currency, now)?;
    let alone = |d: &Discount| !d.combines;
    if !chosen.is_empty() && (alone(discount) || chosen.iter().any(|(d, _)| alone(d))) {
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
    let foreign = matches!(discount.reduction, Reduction::Amount(_, sold_in) if sold_in != currency);
    if foreign || subtotal < discount.subtotal_min {
        return Err(CodeRefusal::Ineligible);
    }
    Ok(())
}
