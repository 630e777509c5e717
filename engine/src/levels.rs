//! What is left of each product, as its stock last said: for prices and warnings, never a
//! promise. Units are promised by a hold.

use std::sync::Arc;

use dashmap::DashMap;
use paceline_domain::ids::ProductId;
use paceline_domain::market::{Address, Discount, Market, Offer, Place, Rate};
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_domain::tables::Tables;
use paceline_storage::StreamId;

use crate::entity::Stocks;

/// Units left by the stream of the stock. Bounded by the number of products ever asked for.
#[derive(Default)]
pub(crate) struct Levels(DashMap<StreamId, u64>);

impl Levels {
    pub fn set(&self, stock: StreamId, left: u64) {
        self.0.insert(stock, left);
    }

    pub fn get(&self, stock: StreamId) -> Option<u64> {
        self.0.get(&stock).map(|left| *left)
    }
}

/// The merchant's tables and the stock as it was last heard of: what a command takes along.
pub(crate) struct Sale {
    pub tables: Arc<Tables>,
    pub levels: Arc<Levels>,
}

impl Market for Sale {
    fn offer(&self, product: &ProductId) -> Option<&Offer> {
        self.tables.offer(product)
    }

    fn left(&self, product: &ProductId) -> u64 {
        let counted = || self.tables.offer(product).map_or(0, |offer| offer.units);
        self.levels.get(Stocks::stream(product)).unwrap_or_else(counted)
    }

    fn rates(&self, address: &Address, currency: CurrencyCode) -> Vec<Rate> {
        self.tables.rates(address, currency)
    }

    fn places(&self, currency: CurrencyCode) -> Vec<(Place, Rate)> {
        self.tables.places(currency)
    }

    fn tax(&self, address: &Address, taxable: MinorUnits) -> MinorUnits {
        self.tables.tax(address, taxable)
    }

    fn discount(&self, code: &str) -> Option<&Discount> {
        self.tables.discount(code)
    }

    fn discounts_automatic(&self) -> &[Discount] {
        self.tables.discounts_automatic()
    }

    fn takes_handler(&self, handler_id: &str) -> bool {
        self.tables.takes_handler(handler_id)
    }
}
