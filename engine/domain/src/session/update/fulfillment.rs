//! Fulfillment: methods matched to those that are there, quoted for where they go.
//!
//! Promise: what an update does not touch stays: ids, destinations, the chosen option as long as
//! it is offered. What cannot be honoured is told by a notice.

use crate::ids::{GroupId, LineId, MethodId};
use crate::market::{Market, Place, Rate};
use crate::money::CurrencyCode;
use crate::session::contents::Issued;
use crate::session::{
    Contents, Destination, DestinationWanted, Group, GroupWanted, List, Method, MethodKind,
    MethodWanted, Notice, Rejection,
};
use crate::text::Text;

/// What the update says of one group's option: `None` explicitly chooses none.
pub(super) struct OptionAsked {
    method: usize,
    option: Option<Text>,
}

/// Where a method went before an update.
enum Before {
    /// It had no destinations yet.
    Nowhere,
    /// It had some, and the caller wanted none of them.
    Unchosen,
    Chosen(Text),
}

impl Before {
    fn of(method: &Method) -> Self {
        match method.destination() {
            Some(destination) => Self::Chosen(destination.id.clone()),
            None if method.destinations.is_empty() => Self::Nowhere,
            None => Self::Unchosen,
        }
    }
}

/// Puts the wanted methods in the place of those that are there. A named method keeps what it
/// does not mention; one without a name takes the first unclaimed one of its kind.
pub(super) fn replace(
    contents: &mut Contents,
    wanted: Vec<MethodWanted>,
    market: &dyn Market,
    notices: &mut Vec<Notice>,
) -> Result<Vec<OptionAsked>, Rejection> {
    List::Methods.check(wanted.len())?;
    let named: Vec<MethodId> = wanted.iter().filter_map(|method| method.id).collect();
    let claimed: Vec<LineId> = wanted.iter().flat_map(|m| &m.lines).flatten().copied().collect();
    let lines: Vec<LineId> = contents.lines.iter().map(|line| line.id).collect();
    let mut kept = std::mem::take(&mut contents.methods);
    let mut asked = vec![];
    for (index, mut wanted) in wanted.into_iter().enumerate() {
        let mut method = match position(&kept, &wanted, &named, index)? {
            Some(at) => kept.remove(at),
            None => Method::new(&mut contents.issued, index, wanted.kind)?,
        };
        match wanted.lines.take() {
            Some(own) => method.claim(index, own, &lines)?,
            None => method.lines.retain(|line| !claimed.contains(line)),
        }
        method.become_kind(wanted.kind);
        let before = Before::of(&method);
        match (method.kind, wanted.destinations) {
            (MethodKind::Pickup, _) => method.destinations = shops(market, contents.currency),
            (MethodKind::Shipping, None) => {}
            (MethodKind::Shipping, Some(destinations)) => {
                method.replace_destinations(index, destinations, &mut contents.issued)?;
            }
        }
        method.select(index, before, wanted.selected_destination, notices);
        if let Some(option) = method.group.asked(index, wanted.groups.unwrap_or_default())? {
            asked.push(OptionAsked { method: index, option });
        }
        contents.methods.push(method);
    }
    Ok(asked)
}

/// Which of those that are there is meant, if any.
fn position(
    kept: &[Method],
    wanted: &MethodWanted,
    named: &[MethodId],
    index: usize,
) -> Result<Option<usize>, Rejection> {
    let Some(id) = wanted.id else {
        return Ok(kept.iter().position(|method| {
            wanted.kind.is_none_or(|kind| kind == method.kind) && !named.contains(&method.id)
        }));
    };
    let at = kept.iter().position(|method| method.id == id);
    at.map(Some).ok_or(Rejection::MethodUnknown { index, id })
}

/// Every line belongs to one method: the first that has it, or else the first of all. Lines that
/// are gone are forgotten.
pub(super) fn cover_lines(contents: &mut Contents) {
    let mut left: Vec<LineId> = contents.lines.iter().map(|line| line.id).collect();
    for method in &mut contents.methods {
        method.lines.retain(|line| left.contains(line));
        left.retain(|line| !method.lines.contains(line));
    }
    if let Some(first) = contents.methods.first_mut() {
        first.lines.append(&mut left);
        first.lines.sort();
    }
}

/// Quotes each method for where it goes. A chosen option that is still offered stays chosen; the
/// first quote chooses the cheapest, and so does one that no longer has what was chosen.
pub(super) fn look_up(contents: &mut Contents, market: &dyn Market, notices: &mut Vec<Notice>) {
    let currency = contents.currency;
    for (index, method) in contents.methods.iter_mut().enumerate() {
        let options = method.offers(market, currency);
        let group = &mut method.group;
        let default = (!options.is_empty()).then_some(0);
        group.selected = match group.option() {
            Some(was) => options.iter().position(|rate| rate.id == was.id).or_else(|| {
                if default.is_some() {
                    let was = was.id.clone();
                    notices.push(Notice::OptionReplaced { method: index, group: 0, was });
                }
                default
            }),
            None if group.options.is_empty() => default,
            None => None,
        };
        group.options = options;
    }
}

/// Chooses what the update asked for, now that it is known what is offered.
pub(super) fn choose(contents: &mut Contents, asked: Vec<OptionAsked>, notices: &mut Vec<Notice>) {
    for OptionAsked { method, option } in asked {
        let group = &mut contents.methods[method].group;
        let Some(asked) = option else {
            group.selected = None;
            continue;
        };
        match group.options.iter().position(|rate| rate.id == asked) {
            Some(at) => {
                group.selected = Some(at);
                notices.retain(|notice| !is_replacement(notice, method));
            }
            None => notices.push(Notice::OptionUnknown { method, group: 0, asked }),
        }
    }
}

fn is_replacement(notice: &Notice, index: usize) -> bool {
    matches!(notice, Notice::OptionReplaced { method, .. } if *method == index)
}

impl Method {
    fn new(issued: &mut Issued, index: usize, kind: Option<MethodKind>) -> Result<Self, Rejection> {
        let kind = kind.ok_or(Rejection::MethodKindMissing { index })?;
        let (id, group) = (issued.method()?, Group::new(issued.group()?));
        Ok(Self { id, kind, lines: vec![], destinations: vec![], selected: None, group })
    }

    fn claim(
        &mut self,
        index: usize,
        mut claimed: Vec<LineId>,
        lines: &[LineId],
    ) -> Result<(), Rejection> {
        claimed.sort();
        claimed.dedup();
        if let Some(line) = claimed.iter().find(|line| !lines.contains(line)) {
            return Err(Rejection::MethodLineUnknown { method: index, line: *line });
        }
        self.lines = claimed;
        Ok(())
    }

    /// Whoever changes from shipping to pickup starts over with destination and option.
    fn become_kind(&mut self, wanted: Option<MethodKind>) {
        if let Some(kind) = wanted.filter(|kind| *kind != self.kind) {
            self.kind = kind;
            (self.destinations, self.selected) = (vec![], None);
            (self.group.options, self.group.selected) = (vec![], None);
        }
    }

    /// What the market offers for where the method goes.
    fn offers(&self, market: &dyn Market, currency: CurrencyCode) -> Vec<Rate> {
        let Some(to) = self.destination() else { return vec![] };
        match self.kind {
            MethodKind::Shipping if !to.address.is_quotable() => vec![],
            MethodKind::Shipping => market.rates(&to.address, currency),
            MethodKind::Pickup => market
                .places(currency)
                .into_iter()
                .filter(|(place, _)| place.id == to.id)
                .map(|(_, rate)| rate)
                .collect(),
        }
    }

    /// A destination without an id keeps the id of the one in its place.
    fn replace_destinations(
        &mut self,
        method: usize,
        wanted: Vec<DestinationWanted>,
        issued: &mut Issued,
    ) -> Result<(), Rejection> {
        List::Destinations { method }.check(wanted.len())?;
        let kept: Vec<Text> = self.destinations.drain(..).map(|to| to.id).collect();
        let named: Vec<Text> = wanted.iter().filter_map(|to| to.id.clone()).collect();
        let taken = [kept.as_slice(), named.as_slice()].concat();
        for (index, DestinationWanted { id, address }) in wanted.into_iter().enumerate() {
            let in_place = || kept.get(index).filter(|id| !named.contains(id)).cloned();
            let id = match id.or_else(in_place) {
                Some(id) => id,
                None => issued.destination(&taken)?,
            };
            if self.destinations.iter().any(|to| to.id == id) {
                return Err(Rejection::DestinationNamedTwice { method, index });
            }
            self.destinations.push(Destination { id, name: None, address });
        }
        Ok(())
    }

    /// What is asked for, or what was chosen before, or the first to ship to. Who explicitly chose
    /// none has none, and nobody is sent to a shop that was not chosen.
    fn select(
        &mut self,
        index: usize,
        before: Before,
        asked: Option<Option<Text>>,
        notices: &mut Vec<Notice>,
    ) {
        let at = |id: &Text| self.destinations.iter().position(|to| to.id == *id);
        let first = self.kind == MethodKind::Shipping && !self.destinations.is_empty();
        let default = first.then_some(0);
        let before = match before {
            Before::Nowhere => default,
            Before::Unchosen => None,
            Before::Chosen(was) => at(&was).or(default),
        };
        self.selected = match asked {
            None => before,
            Some(None) => None,
            Some(Some(asked)) => at(&asked).or_else(|| {
                notices.push(Notice::DestinationUnknown { method: index, asked });
                before
            }),
        };
    }
}

impl Group {
    fn new(id: GroupId) -> Self {
        Self { id, options: vec![], selected: None }
    }

    /// The option asked for, if the update speaks of one.
    fn asked(
        &self,
        method: usize,
        wanted: Vec<GroupWanted>,
    ) -> Result<Option<Option<Text>>, Rejection> {
        let mut asked = None;
        for (index, wanted) in wanted.into_iter().enumerate() {
            if index > 0 || wanted.id.is_some_and(|id| id != self.id) {
                return Err(Rejection::GroupUnknown { method, index });
            }
            asked = wanted.selected_option;
        }
        Ok(asked)
    }
}

fn shops(market: &dyn Market, currency: CurrencyCode) -> Vec<Destination> {
    let destination =
        |place: Place| Destination { id: place.id, name: Some(place.name), address: place.address };
    market.places(currency).into_iter().map(|(place, _)| destination(place)).collect()
}
