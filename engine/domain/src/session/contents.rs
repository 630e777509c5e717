//! What a session holds, and what a caller may ask to have changed in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Rejection;
use crate::ids::{GroupId, LineId, MethodId, ProductId};
use crate::market::{Address, Rate};
use crate::money::{CurrencyCode, MinorUnits};
use crate::text::Text;

/// How many units of one product one line may ask for.
pub const QUANTITY_MAX: u32 = 10_000;

/// The longest cart: every write prices and answers all of it.
pub const LINES_MAX: usize = 200;

/// Ways to split one cart over destinations.
pub const METHODS_MAX: usize = 10;

/// Addresses to choose from for one method.
pub const DESTINATIONS_MAX: usize = 20;

/// Codes at once, refused ones included: they are echoed.
pub const CODES_MAX: usize = 20;

/// Instruments shown at once; of those that were paid with, the latest.
pub const INSTRUMENTS_MAX: usize = 20;

/// What a caller may give too many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Lines,
    Methods,
    /// Of the method with this index.
    Destinations {
        method: usize,
    },
    Codes,
    Instruments,
}

impl List {
    /// # Errors
    /// [`Rejection::TooMany`].
    pub(super) fn check(self, length: usize) -> Result<(), Rejection> {
        let max = match self {
            Self::Lines => LINES_MAX,
            Self::Methods => METHODS_MAX,
            Self::Destinations { .. } => DESTINATIONS_MAX,
            Self::Codes => CODES_MAX,
            Self::Instruments => INSTRUMENTS_MAX,
        };
        if length <= max { Ok(()) } else { Err(Rejection::TooMany { list: self, max }) }
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lines => "line items",
            Self::Methods => "fulfillment methods",
            Self::Destinations { .. } => "destinations of a fulfillment method",
            Self::Codes => "discount codes",
            Self::Instruments => "payment instruments",
        })
    }
}

/// The client-writable facts of a session, with the products as they were priced last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    pub currency: CurrencyCode,
    pub lines: Vec<Line>,
    pub buyer: Option<Buyer>,
    pub methods: Vec<Method>,
    /// As submitted, the refused ones included.
    pub codes: Vec<Text>,
    pub payment: PaymentShown,
    pub issued: Issued,
}

/// The highest number given to anything of a kind: no id is ever used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    pub lines: u16,
    pub methods: u16,
    pub groups: u16,
    pub destinations: u16,
}

impl Issued {
    pub(super) fn line(&mut self) -> Result<LineId, Rejection> {
        next(&mut self.lines).map(LineId)
    }

    pub(super) fn method(&mut self) -> Result<MethodId, Rejection> {
        next(&mut self.methods).map(MethodId)
    }

    pub(super) fn group(&mut self) -> Result<GroupId, Rejection> {
        next(&mut self.groups).map(GroupId)
    }

    /// The next id of ours that is not taken: callers may name destinations themselves.
    pub(super) fn destination(&mut self, taken: &[Text]) -> Result<Text, Rejection> {
        loop {
            let number = next(&mut self.destinations)?;
            let id = Text::parse(&format!("dest_{number}")).expect("a short word");
            if !taken.contains(&id) {
                return Ok(id);
            }
        }
    }
}

fn next(issued: &mut u16) -> Result<u16, Rejection> {
    *issued = issued.checked_add(1).ok_or(Rejection::IdsExhausted)?;
    Ok(*issued)
}

/// How many units: 1 to [`QUANTITY_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quantity(u32);

impl Quantity {
    /// `None` for zero and for more than [`QUANTITY_MAX`].
    pub fn new(units: u32) -> Option<Self> {
        (1..=QUANTITY_MAX).contains(&units).then_some(Self(units))
    }

    pub fn units(self) -> u64 {
        u64::from(self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub id: LineId,
    pub product: ProductId,
    pub title: Text,
    /// For one unit, as of the last write.
    pub price: MinorUnits,
    pub image_url: Option<Text>,
    pub quantity: Quantity,
    /// What was left when the line was last looked at, if that was too little.
    pub short: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    pub first_name: Option<Text>,
    pub last_name: Option<Text>,
    pub full_name: Option<Text>,
    pub email: Option<Text>,
    pub phone_number: Option<Text>,
    pub consent: Option<Consent>,
}

/// What the buyer said about each use of their data. Absent is unknown, not refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    pub analytics: Option<bool>,
    pub preferences: Option<bool>,
    pub marketing: Option<bool>,
    pub sale_of_data: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MethodKind {
    Shipping,
    Pickup,
}

/// One way of getting some lines to one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    pub id: MethodId,
    pub kind: MethodKind,
    pub lines: Vec<LineId>,
    pub destinations: Vec<Destination>,
    /// Index into `destinations`.
    pub selected: Option<usize>,
    /// One, as long as the platform has not said that it can show several.
    pub group: Group,
}

impl Method {
    pub fn destination(&self) -> Option<&Destination> {
        self.selected.and_then(|index| self.destinations.get(index))
    }

    /// What the chosen option costs; nothing while there is nothing to bring.
    pub(super) fn price(&self) -> MinorUnits {
        let option = self.group.option().filter(|_| !self.lines.is_empty());
        option.map(|rate| rate.price).unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The caller's id, or one given here.
    pub id: Text,
    /// The shop's name, for pickup.
    pub name: Option<Text>,
    pub address: Address,
}

/// The package the merchant forms, and the ways it can travel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub id: GroupId,
    /// Cheapest first; none until the destination is known and served.
    pub options: Vec<Rate>,
    /// Index into `options`.
    pub selected: Option<usize>,
}

impl Group {
    pub fn option(&self) -> Option<&Rate> {
        self.selected.and_then(|index| self.options.get(index))
    }
}

/// How the buyer means to pay, as far as it may be shown: never a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentShown {
    pub selected_instrument_id: Option<Text>,
    pub instruments: Vec<InstrumentShown>,
}

impl PaymentShown {
    /// Puts the instrument in its place, selected.
    pub(super) fn show(&mut self, shown: InstrumentShown) {
        self.selected_instrument_id = Some(shown.id.clone());
        match self.instruments.iter_mut().find(|known| known.id == shown.id) {
            Some(known) => *known = shown,
            None => {
                let over = (self.instruments.len() + 1).saturating_sub(INSTRUMENTS_MAX);
                self.instruments.drain(..over);
                self.instruments.push(shown);
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstrumentShown {
    pub id: Text,
    pub handler_id: Text,
    pub kind: Text,
    pub brand: Option<Text>,
    pub last_digits: Option<Text>,
    pub expiry_month: Option<u8>,
    pub expiry_year: Option<u16>,
    pub rich_text_description: Option<Text>,
    pub rich_card_art: Option<Text>,
    pub billing_address: Option<Address>,
}

impl Contents {
    /// Units to hold, one entry a product: no product is on two lines.
    pub(super) fn units(&self) -> Vec<(ProductId, u64)> {
        self.lines.iter().map(|line| (line.product.clone(), line.quantity.units())).collect()
    }

    pub(super) fn mark_short(&mut self, left: &[(ProductId, u64)]) {
        for line in &mut self.lines {
            line.short =
                left.iter().find(|(product, _)| *product == line.product).map(|(_, units)| *units);
        }
    }
}

/// What an update says of one member: section 11 of the protocol reference, D0 to D3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Omitted: stays.
    #[default]
    Keep,
    /// Given: replaces the whole member.
    Set(T),
    /// Given as `null`, `{}` or `[]`.
    Clear,
}

/// What a create or an update asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub lines: Option<Vec<LineWanted>>,
    pub currency: Option<CurrencyCode>,
    pub buyer: Change<Buyer>,
    pub methods: Change<Vec<MethodWanted>>,
    pub codes: Change<Vec<Text>>,
    pub payment: Change<PaymentShown>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineWanted {
    pub id: Option<LineId>,
    pub product: ProductId,
    pub quantity: Quantity,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MethodWanted {
    pub id: Option<MethodId>,
    pub kind: Option<MethodKind>,
    /// `None`: as before, or all.
    pub lines: Option<Vec<LineId>>,
    /// `None`: as before. Ignored for pickup, where the merchant names the places.
    pub destinations: Option<Vec<DestinationWanted>>,
    /// `Some(None)`: explicitly none.
    pub selected_destination: Option<Option<Text>>,
    pub groups: Option<Vec<GroupWanted>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DestinationWanted {
    pub id: Option<Text>,
    pub address: Address,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupWanted {
    pub id: Option<GroupId>,
    pub selected_option: Option<Option<Text>>,
}
