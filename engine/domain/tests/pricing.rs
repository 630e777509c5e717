//! What a cart costs: lines, discounts, delivery and tax, and that they always add up.

mod common;

use common::shop::{POT, Shop, TEA, amount, leaf10, percent, product, seattle, six_off};
use common::{cents, currency, text, usd};
use paceline_domain::ids::LineId;
use paceline_domain::market::{Address, Discount};
use paceline_domain::money::{AMOUNT_MAX, Millionths, MinorUnits};
use paceline_domain::pricing::{
    Applied, CodeRefusal, CodeRefused, Delivery, PricingError, Quote, quote,
};
use paceline_domain::session::{Line, Quantity};
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_000);

#[test]
fn a_cart_of_lines_and_delivery_adds_up() {
    let priced = a_cart().shipped_to(&seattle(), 650).priced();
    assert_eq!(priced.lines.iter().map(|l| l.subtotal.0).collect::<Vec<_>>(), [3_780, 6_400]);
    assert_eq!(priced.subtotal, cents(10_180));
    assert_eq!(priced.fulfillment, cents(650));
    assert_eq!(priced.tax, cents(1_054)); // 10.35 % of 10180 is 1053.63
    assert_eq!(priced.total, cents(11_884));
    assert_eq!((priced.items_discount, priced.discount), (cents(0), cents(0)));
}

#[test]
fn ten_percent_off_every_line_is_allocated_to_the_lines() {
    let priced = a_cart().with(&["LEAF10", "OLD5"]).shipped_to(&seattle(), 650).priced();
    assert_eq!(
        priced.applied,
        [Applied {
            code: Some(text("LEAF10")),
            title: text("LEAF10"),
            amount: cents(1_018),
            priority: 1,
            allocations: vec![(0, cents(378)), (1, cents(640))],
        }]
    );
    assert_eq!(priced.codes_refused, [refused(1, CodeRefusal::Expired)]);
    assert_eq!(priced.subtotal, cents(10_180));
    assert_eq!(priced.items_discount, cents(1_018));
    assert_eq!(priced.discount, MinorUnits::ZERO);
    assert_eq!(priced.tax, cents(948)); // 10.35 % of 9162
    assert_eq!(priced.total, cents(10_760));
    assert_eq!(priced.lines[0].total() + priced.lines[1].total(), cents(9_162));
}

#[test]
fn a_percentage_is_rounded_once_over_all_lines() {
    let mut cart = Cart::of(&[(5, 1), (5, 1), (5, 1)]);
    cart.shop.coded = vec![leaf10()];
    let priced = cart.with(&["LEAF10"]).priced(); // 1.5 of 15, not three times 0.5
    assert_eq!(priced.items_discount, cents(2));
    assert_eq!(priced.applied[0].allocations, [(0, cents(1)), (1, cents(1))]);
}

#[test]
fn a_fixed_amount_is_taken_off_the_order_and_allocated_to_no_line() {
    let priced = a_cart().with(&["SIXOFF"]).priced();
    assert_eq!((priced.items_discount, priced.discount), (cents(0), cents(600)));
    assert_eq!(priced.applied[0].allocations, []);
    assert_eq!(priced.total, cents(9_580));
}

#[test]
fn a_fixed_amount_takes_no_more_than_there_is() {
    let mut cart = Cart::of(&[(250, 1)]);
    cart.shop.coded = vec![six_off()];
    let priced = cart.with(&["SIXOFF"]).shipped_to(&seattle(), 650).priced();
    assert_eq!(priced.discount, cents(250));
    assert_eq!(priced.applied[0].amount, cents(250));
    assert_eq!(priced.tax, MinorUnits::ZERO);
    assert_eq!(priced.total, cents(650), "delivery is not what was reduced");
}

#[test]
fn what_runs_later_sees_what_is_left() {
    let mut cart = Cart::of(&[(10_000, 1)]);
    let fixed_first = Discount { priority: 0, ..amount(Some("FIVER"), 500) };
    cart.shop.coded = vec![leaf10(), fixed_first];
    let priced = cart.with(&["LEAF10", "FIVER"]).priced();
    let taken: Vec<_> = priced.applied.iter().map(|a| (a.title.as_str(), a.amount.0)).collect();
    assert_eq!(taken, [("FIVER", 500), ("LEAF10", 950)], "10 % of 95.00, not of 100.00");
    assert_eq!(priced.total, cents(8_550));
}

#[test]
fn percentages_run_one_after_the_other_by_priority() {
    let mut cart = Cart::of(&[(10_000, 1)]);
    let half = Discount { priority: 0, ..percent(Some("HALF"), "50%") };
    cart.shop.coded = vec![leaf10(), half];
    let priced = cart.with(&["leaf10", "half"]).priced();
    let taken: Vec<_> = priced.applied.iter().map(|a| (a.priority, a.amount.0)).collect();
    assert_eq!(taken, [(0, 5_000), (1, 500)]);
}

#[test]
fn among_equals_codes_run_before_automatic_discounts() {
    let mut cart = Cart::of(&[(10_000, 1)]);
    cart.shop.automatic = vec![percent(None, "50%")];
    let priced = cart.with(&["LEAF10"]).priced();
    let taken: Vec<_> = priced.applied.iter().map(|a| (a.code.is_some(), a.amount.0)).collect();
    assert_eq!(taken, [(true, 1_000), (false, 4_500)]);
}

#[test]
fn an_automatic_discount_needs_no_code_and_has_none() {
    let mut cart = a_cart();
    cart.shop.automatic = vec![percent(None, "10%")];
    let priced = cart.priced();
    assert_eq!(priced.applied[0].code, None);
    assert_eq!(priced.items_discount, cents(1_018));
}

#[test]
fn an_automatic_discount_out_of_reach_is_silent() {
    let mut cart = a_cart();
    cart.shop.automatic = vec![
        Discount { subtotal_min: cents(10_181), ..percent(None, "10%") },
        Discount { expires_at: Some(NOW), ..percent(None, "10%") },
    ];
    let priced = cart.priced();
    assert_eq!((priced.applied, priced.codes_refused), (vec![], vec![]));
}

#[test]
fn a_code_is_matched_whatever_its_case_and_told_as_it_was_submitted() {
    let priced = a_cart().with(&["lEaF10"]).priced();
    assert_eq!(priced.applied[0].code, Some(text("lEaF10")));
}

#[test]
fn a_code_that_nobody_knows_is_invalid() {
    assert_eq!(refusal(&["NOPE"], vec![]), CodeRefusal::Invalid);
    assert_eq!(refusal(&[""], vec![]), CodeRefusal::Invalid);
}

#[test]
fn a_code_expires_at_its_end_not_after_it() {
    let until = |end| Discount { expires_at: Some(Timestamp(end)), ..percent(Some("SALE"), "5%") };
    assert_eq!(refusal(&["SALE"], vec![until(NOW.0)]), CodeRefusal::Expired);
    let mut cart = a_cart();
    cart.shop.coded = vec![until(NOW.0 + 1)];
    assert_eq!(cart.with(&["SALE"]).priced().codes_refused, []);
}

#[test]
fn a_code_counts_once_in_whatever_case_it_is_repeated() {
    let priced = a_cart().with(&["LEAF10", "leaf10"]).priced();
    assert_eq!(priced.codes_refused, [refused(1, CodeRefusal::AlreadyApplied)]);
    assert_eq!(priced.items_discount, cents(1_018));
}

#[test]
fn a_code_that_stands_alone_tolerates_no_other() {
    let alone = Discount { combines: false, ..percent(Some("ALONE"), "5%") };
    let discounts = vec![leaf10(), alone];
    let second = CodeRefusal::CombinationDisallowed;
    assert_eq!(refusal(&["LEAF10", "ALONE"], discounts.clone()), second);
    assert_eq!(refusal(&["ALONE", "LEAF10"], discounts), second);
}

#[test]
fn a_code_below_its_smallest_order_is_ineligible() {
    let from = |min| Discount { subtotal_min: cents(min), ..percent(Some("BIG"), "5%") };
    assert_eq!(refusal(&["BIG"], vec![from(10_181)]), CodeRefusal::Ineligible);
    let mut cart = a_cart();
    cart.shop.coded = vec![from(10_180)];
    assert_eq!(cart.with(&["BIG"]).priced().codes_refused, []);
}

#[test]
fn an_amount_in_another_currency_is_ineligible() {
    let mut cart = Cart::of(&[(1_200, 1)]);
    cart.shop.coded = vec![six_off()];
    cart.codes = vec![text("SIXOFF")];
    let yen = quote(&cart.lines, &[], &cart.codes, currency("JPY"), &cart.shop, NOW).unwrap();
    assert_eq!(yen.codes_refused, [refused(0, CodeRefusal::Ineligible)]);
    assert_eq!(yen.total, cents(1_200));
}

#[test]
fn a_code_that_would_take_nothing_off_is_told() {
    let all = Discount { priority: 0, ..percent(Some("ALL"), "100%") };
    let mut cart = a_cart();
    cart.shop.coded = vec![all, six_off()];
    let priced = cart.with(&["SIXOFF", "NOPE", "ALL"]).priced();
    assert_eq!(
        priced.codes_refused,
        [refused(0, CodeRefusal::Ineligible), refused(1, CodeRefusal::Invalid)]
    );
    assert_eq!(priced.applied.len(), 1);
    assert_eq!(priced.total, MinorUnits::ZERO);
}

#[test]
fn the_order_level_discount_is_shared_over_deliveries_before_tax() {
    let cart = a_cart().with(&["SIXOFF"]);
    let (tea, pot) = ([LineId(1)], [LineId(2)]);
    let untaxed = Address::default();
    let taxed_on = |tea_to: &Address, pot_to: &Address| {
        let deliveries = [to(&tea, tea_to), to(&pot, pot_to)];
        quote(&cart.lines, &deliveries, &cart.codes, usd(), &cart.shop, NOW).unwrap().tax.0
    };
    let share = |of| Millionths::from_percent("10.35%").unwrap().of(cents(of)).0;
    // 6.00 off 101.80 is 2.22 off the tea of 37.80, and 3.78 off the pot of 64.00.
    assert_eq!(taxed_on(&seattle(), &untaxed), share(3_780 - 222));
    assert_eq!(taxed_on(&untaxed, &seattle()), share(6_400 - 378));
    assert_eq!(taxed_on(&seattle(), &seattle()), share(3_558) + share(6_022));
}

#[test]
fn nothing_is_taxed_while_nobody_knows_where_it_goes() {
    let cart = a_cart();
    let all = [LineId(1), LineId(2)];
    let delivery = Delivery { lines: &all, address: None, price: cents(650) };
    let priced = quote(&cart.lines, &[delivery], &[], usd(), &cart.shop, NOW).unwrap();
    assert_eq!((priced.tax, priced.total), (MinorUnits::ZERO, cents(10_830)));
}

#[test]
fn amounts_that_do_not_fit_are_refused() {
    let too_much = |lines: &[(u64, u32)], delivery| {
        let cart = Cart::of(lines).shipped_to(&seattle(), delivery);
        cart.try_priced() == Err(PricingError)
    };
    assert!(too_much(&[(AMOUNT_MAX, 2)], 0), "of a line");
    assert!(too_much(&[(AMOUNT_MAX, 1), (1, 1)], 0), "of all lines");
    assert!(too_much(&[(AMOUNT_MAX, 1)], 0), "with the tax");
    assert!(too_much(&[(1, 1)], AMOUNT_MAX), "with the delivery");
    assert!(!too_much(&[(AMOUNT_MAX / 2, 1)], 1));
}

/// Lines at a price and a quantity, to one address, with any discounts.
#[derive(Debug)]
struct AnyCart {
    lines: Vec<(u64, u32)>,
    discounts: Vec<Discount>,
    codes: Vec<usize>,
    automatic: usize,
    tax: u32,
    delivery: u64,
    split: usize,
}

fn any_cart() -> impl Strategy<Value = AnyCart> {
    let line = (prop_oneof![0..200_u64, 0..1_000_000_000_u64], 1..50_u32);
    let reduction = (any::<bool>(), 0..=1_000_000_u32, 0..20_000_u64);
    let discount = (reduction, 0..4_u16, any::<bool>(), 0..3_000_u64, 0..2_000_u64).prop_map(
        |((fixed, millionths, off), priority, combines, subtotal_min, ends)| Discount {
            priority,
            combines,
            subtotal_min: cents(subtotal_min),
            expires_at: (ends < 1_500).then_some(Timestamp(ends)),
            ..if fixed { amount(None, off) } else { percent(None, &percent_text(millionths)) }
        },
    );
    (
        prop::collection::vec(line, 1..8),
        prop::collection::vec(discount, 0..6),
        prop::collection::vec(0..6_usize, 0..8),
        0..3_usize,
        0..=300_000_u32,
        0..5_000_u64,
        0..8_usize,
    )
        .prop_map(|(lines, discounts, codes, automatic, tax, delivery, split)| AnyCart {
            lines,
            discounts,
            codes,
            automatic,
            tax,
            delivery,
            split,
        })
}

proptest! {
    #[test]
    fn whatever_is_bought_adds_up(any in any_cart()) {
        let mut cart = Cart::of(&any.lines).with_delivery(any.delivery);
        cart.shop.tax = Millionths::from_percent(&percent_text(any.tax)).unwrap();
        let automatic = any.automatic.min(any.discounts.len());
        cart.shop.automatic = any.discounts[..automatic].to_vec();
        cart.shop.automatic.sort_by_key(|discount| discount.priority);
        let coded = any.discounts[automatic..].iter().cloned().enumerate();
        let code = |at: usize| text(&format!("CODE{at}"));
        cart.shop.coded = coded.map(|(at, d)| Discount { code: Some(code(at)), ..d }).collect();
        cart.codes = any.codes.iter().copied().map(code).collect();

        let ids: Vec<LineId> = cart.lines.iter().map(|line| line.id).collect();
        let (here, there) = ids.split_at(any.split.min(ids.len()));
        let address = seattle();
        let deliveries = [
            Delivery { lines: here, address: Some(&address), price: cart.delivery },
            Delivery { lines: there, address: Some(&address), price: MinorUnits::ZERO },
        ];
        let priced = quote(&cart.lines, &deliveries, &cart.codes, usd(), &cart.shop, NOW).unwrap();
        let again = quote(&cart.lines, &deliveries, &cart.codes, usd(), &cart.shop, NOW).unwrap();
        prop_assert_eq!(&priced, &again, "the same question gets the same answer");

        let sum = |amounts: &mut dyn Iterator<Item = MinorUnits>| amounts.map(|a| a.0).sum::<u64>();
        prop_assert_eq!(sum(&mut priced.lines.iter().map(|l| l.subtotal)), priced.subtotal.0);
        prop_assert_eq!(sum(&mut priced.lines.iter().map(|l| l.discount)), priced.items_discount.0);
        let taken_off = priced.items_discount.0 + priced.discount.0;
        prop_assert!(taken_off <= priced.subtotal.0);
        prop_assert_eq!(
            priced.total.0,
            priced.subtotal.0 - taken_off + priced.fulfillment.0 + priced.tax.0
        );
        for line in &priced.lines {
            prop_assert!(line.discount <= line.subtotal);
        }
        let mut by_line = vec![0; priced.lines.len()];
        for applied in &priced.applied {
            prop_assert!(applied.amount > MinorUnits::ZERO);
            for (line, part) in &applied.allocations {
                prop_assert!(*part > MinorUnits::ZERO);
                by_line[*line] += part.0;
            }
            if !applied.allocations.is_empty() {
                let parts = sum(&mut applied.allocations.iter().map(|(_, part)| *part));
                prop_assert_eq!(parts, applied.amount.0);
            }
        }
        let discounts: Vec<u64> = priced.lines.iter().map(|line| line.discount.0).collect();
        prop_assert_eq!(by_line, discounts);
        prop_assert!(priced.applied.is_sorted_by_key(|applied| applied.priority));

        let applied_codes = priced.applied.iter().filter(|applied| applied.code.is_some()).count();
        prop_assert_eq!(applied_codes + priced.codes_refused.len(), cart.codes.len());
        prop_assert!(priced.codes_refused.is_sorted_by_key(|refused| refused.index));
        let taxable = priced.subtotal.0 - taken_off;
        let exact = u128::from(taxable) * u128::from(any.tax);
        let tax = u128::from(priced.tax.0) * 1_000_000;
        prop_assert!(tax.abs_diff(exact) <= 1_000_000, "two deliveries, half a unit each");
    }
}

/// A cart that is priced, and where it goes.
struct Cart {
    shop: Shop,
    lines: Vec<Line>,
    codes: Vec<Text>,
    address: Option<Address>,
    delivery: MinorUnits,
}

/// Two tins of tea at 18.90 and a pot at 64.00.
fn a_cart() -> Cart {
    Cart::of(&[(1_890, 2), (6_400, 1)])
}

impl Cart {
    fn of(lines: &[(u64, u32)]) -> Self {
        let shop = Shop::open();
        let lines = (1..).zip(lines).map(|(number, (price, units))| line(number, *price, *units));
        let lines = lines.collect();
        Self { shop, lines, codes: vec![], address: None, delivery: MinorUnits::ZERO }
    }

    fn with(mut self, codes: &[&str]) -> Self {
        self.codes = codes.iter().map(|code| text(code)).collect();
        self
    }

    fn with_delivery(mut self, price: u64) -> Self {
        self.delivery = MinorUnits(price);
        self
    }

    fn shipped_to(mut self, address: &Address, price: u64) -> Self {
        self.address = Some(address.clone());
        self.with_delivery(price)
    }

    fn priced(&self) -> Quote {
        self.try_priced().expect("the amounts fit")
    }

    fn try_priced(&self) -> Result<Quote, PricingError> {
        let lines: Vec<LineId> = self.lines.iter().map(|line| line.id).collect();
        let (address, price) = (self.address.as_ref(), self.delivery);
        let delivery = Delivery { lines: &lines, address, price };
        quote(&self.lines, &[delivery], &self.codes, usd(), &self.shop, NOW)
    }
}

fn line(number: u16, price: u64, units: u32) -> Line {
    Line {
        id: LineId(number),
        product: product(if number == 1 { TEA } else { POT }),
        title: text("a thing"),
        price: MinorUnits(price),
        image_url: None,
        quantity: Quantity::new(units).expect("a quantity of a test"),
        short: None,
    }
}

fn to<'a>(lines: &'a [LineId], address: &'a Address) -> Delivery<'a> {
    Delivery { lines, address: Some(address), price: MinorUnits::ZERO }
}

/// Why the one code that is refused is refused, when only these discounts exist.
fn refusal(codes: &[&str], discounts: Vec<Discount>) -> CodeRefusal {
    let mut cart = a_cart();
    cart.shop.coded = discounts;
    let refused = cart.with(codes).priced().codes_refused;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].index, codes.len() - 1);
    refused[0].why
}

fn refused(index: usize, why: CodeRefusal) -> CodeRefused {
    CodeRefused { index, why }
}

fn percent_text(millionths: u32) -> String {
    format!("{}.{:04}%", millionths / 10_000, millionths % 10_000)
}
