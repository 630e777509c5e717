//! Discounts by their code, and those that need none.

use std::collections::BTreeMap;

use super::MalformedRow;
use crate::market::Discount;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discounts {
    /// By the code without its case.
    by_code: BTreeMap<String, Discount>,
    /// Sorted by priority, those of one priority by title.
    automatic: Vec<Discount>,
}

impl Discounts {
    /// Adds a discount, an automatic one if it has no code.
    ///
    /// # Errors
    /// [`MalformedRow`] if the code is empty or differs from another only by case.
    pub fn insert(&mut self, discount: Discount) -> Result<(), MalformedRow> {
        let Some(code) = discount.code.clone() else {
            self.automatic.push(discount);
            self.automatic.sort_by(|a, b| (a.priority, &a.title).cmp(&(b.priority, &b.title)));
            return Ok(());
        };
        let key = folded(&code);
        if key.is_empty() {
            return Err(MalformedRow::CodeEmpty);
        }
        if self.by_code.contains_key(&key) {
            return Err(MalformedRow::CodeRepeated(code));
        }
        self.by_code.insert(key, discount);
        Ok(())
    }

    pub(super) fn by_code(&self, code: &str) -> Option<&Discount> {
        self.by_code.get(&folded(code))
    }

    pub(super) fn automatic(&self) -> &[Discount] {
        &self.automatic
    }
}

/// As codes are compared. A buyer who types a blank too many means the code.
fn folded(code: &str) -> String {
    code.trim().to_lowercase()
}
