//! Lines: matched to those that are there, looked up in the catalogue.

use crate::ids::LineId;
use crate::market::Market;
use crate::money::{CurrencyCode, MinorUnits};
use crate::session::{Contents, Line, LineWanted, List, Rejection};
use crate::text::Text;

/// The currency a new session is in: the one asked for, or the first product's.
pub(super) fn currency(
    wanted: Option<&[LineWanted]>,
    asked: Option<CurrencyCode>,
    market: &dyn Market,
) -> Result<CurrencyCode, Rejection> {
    let first = wanted.and_then(<[_]>::first).ok_or(Rejection::NoLines)?;
    let sold_in = market.offer(&first.product).map(|offer| offer.currency);
    let unknown = Rejection::ItemUnknown { index: 0, product: first.product.clone() };
    asked.or(sold_in).ok_or(unknown)
}

/// Puts the wanted lines in the place of those that are there. A named line keeps its id; one
/// without a name takes the unclaimed line of the same product, or a new id. Returns those that
/// were there.
pub(super) fn replace(
    contents: &mut Contents,
    wanted: &[LineWanted],
) -> Result<Vec<Line>, Rejection> {
    if wanted.is_empty() {
        return Err(Rejection::NoLines);
    }
    List::Lines.check(wanted.len())?;
    check(contents, wanted)?;
    let named: Vec<LineId> = wanted.iter().filter_map(|line| line.id).collect();
    let by_product = |line: &LineWanted| {
        contents
            .lines
            .iter()
            .find(|kept| kept.product == line.product && !named.contains(&kept.id))
            .map(|kept| kept.id)
    };
    let mut lines = Vec::with_capacity(wanted.len());
    for line in wanted {
        let id = match line.id.or_else(|| by_product(line)) {
            Some(id) => id,
            None => contents.issued.line()?,
        };
        lines.push(Line::wanted(id, line));
    }
    Ok(std::mem::replace(&mut contents.lines, lines))
}

/// Every question about the wanted lines that needs no catalogue.
fn check(contents: &Contents, wanted: &[LineWanted]) -> Result<(), Rejection> {
    for (index, line) in wanted.iter().enumerate() {
        if let Some(id) = line.id {
            if !contents.lines.iter().any(|kept| kept.id == id) {
                return Err(Rejection::LineUnknown { index, line: id });
            }
            if wanted[..index].iter().any(|earlier| earlier.id == Some(id)) {
                return Err(Rejection::LineNamedTwice { index, line: id });
            }
        }
        if wanted[..index].iter().any(|earlier| earlier.product == line.product) {
            return Err(Rejection::LineDuplicate { index, product: line.product.clone() });
        }
    }
    Ok(())
}

/// Takes title, price, picture and stock of each line from the market.
///
/// - `before`: the lines as they were. One whose product was withdrawn since stays as it was, with
///   nothing left of it; only a line that is new is refused.
pub(super) fn look_up(
    contents: &mut Contents,
    before: &[Line],
    market: &dyn Market,
) -> Result<(), Rejection> {
    let asked = contents.currency;
    for (index, line) in contents.lines.iter_mut().enumerate() {
        let product = line.product.clone();
        let offer = match market.offer(&product) {
            Some(offer) if offer.currency == asked => offer,
            withdrawn => {
                let was = before.iter().find(|was| was.id == line.id && was.product == product);
                let Some(was) = was else {
                    return Err(match withdrawn.map(|offer| offer.currency) {
                        None => Rejection::ItemUnknown { index, product },
                        Some(sold_in) => {
                            Rejection::CurrencyDiffers { index, product, sold_in, asked }
                        }
                    });
                };
                *line = Line { quantity: line.quantity, short: Some(0), ..was.clone() };
                continue;
            }
        };
        let left = market.left(&product);
        line.title = offer.title.clone();
        line.price = offer.price;
        line.image_url.clone_from(&offer.image_url);
        line.short = (left < line.quantity.units()).then_some(left);
    }
    Ok(())
}

impl Line {
    /// As asked for; the market has yet to say what it is and costs.
    fn wanted(id: LineId, wanted: &LineWanted) -> Self {
        Self {
            id,
            product: wanted.product.clone(),
            title: Text::default(),
            price: MinorUnits::ZERO,
            image_url: None,
            quantity: wanted.quantity,
            short: None,
        }
    }
}
