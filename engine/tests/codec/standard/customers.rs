//! Of customers: their accounts, what they are known by, and their telephones.

use std::collections::BTreeMap;

use paceline_domain::account::{self, Account, Closure, Opening, PostalAddress, Profile, Purpose};
use paceline_domain::ids::{ChallengeId, MovementId};
use paceline_domain::money::Micros;
use paceline_domain::name::{self, Holder, StatementLine};
use paceline_domain::telephone::{self, Telephone};

use super::{CHALLENGE, LINK, PAYMENT, account_id, dollars, hidden, piaid};
use crate::parts::{AT, LATER, currency, text};
use crate::variants::{Variants, all, variants};

pub fn account_events() -> Vec<account::Event> {
    use account::Event;
    let moved = |purpose| {
        let (movement, amount) = (MovementId(7), Micros(-12_000_000));
        Event::Moved { movement, purpose, amount, at: AT }
    };
    let purposes = all(vec![
        Purpose::Capture(piaid()),
        Purpose::Refund(piaid()),
        Purpose::Disbursement(piaid()),
        Purpose::Funding(text("cash")),
    ]);
    let mut events: Vec<_> = purposes.into_iter().map(moved).collect();
    let opened = |profile, password| {
        let (id, currency) = (account_id(), currency("USD"));
        Event::Opened(Box::new(Opening { id, currency, profile, password, at: AT }))
    };
    events.extend([
        opened(profile(), Some(hidden())),
        opened(Profile::default(), None),
        Event::Forgotten { movement: MovementId(7) },
        Event::Held { at: AT },
        Event::Released { at: LATER },
    ]);
    let closed = |why| Event::Closed { why, at: LATER };
    events.extend(
        all(vec![Closure::Asked, Closure::TakenOver, Closure::Fraud]).into_iter().map(closed),
    );
    events
}

fn profile() -> Profile {
    Profile {
        name: text("Sally"),
        nickname: text("***-91"),
        email: Some(text("sally@otheremail.com")),
        phone: Some(text("+15550100001")),
        vpa: Some(text("sally@larkbank")),
        address: Some(address()),
    }
}

pub fn address() -> PostalAddress {
    PostalAddress {
        lines: vec![text("14 rue des Tanneurs")],
        locality: text("Nantes"),
        administrative_area: text("Pays de la Loire"),
        postal_code: text("44000"),
        country: text("FR"),
    }
}

pub fn account() -> account::State {
    Some(Account {
        id: account_id(),
        currency: currency("USD"),
        profile: profile(),
        password: Some(hidden()),
        standing: account::Standing::Closed(Closure::TakenOver),
        balance: dollars(488),
        moved: BTreeMap::from([(MovementId(7), Micros(-12_000_000))]),
    })
}

pub fn name_events() -> Vec<name::Event> {
    let holders = vec![Holder::Link(LINK), Holder::Account(account_id()), Holder::Payment(PAYMENT)];
    all(holders.iter().cloned().chain(later_holders()).chain(remitted()).collect());
    let mut events: Vec<_> = holders.into_iter().map(name::Event::Taken).collect();
    events.push(name::Event::GivenBack);
    events
}

/// Those that have come since the sample of the others was kept.
fn later_holders() -> Vec<Holder> {
    vec![Holder::CardPayment(PAYMENT)]
}

pub fn later_name_events() -> Vec<name::Event> {
    later_holders().into_iter().map(name::Event::Taken).collect()
}

fn remitted() -> Vec<Holder> {
    vec![Holder::Line(StatementLine { statement: super::STATEMENT, since: AT, number: 1_000 })]
}

pub fn remitted_names() -> Vec<name::Event> {
    remitted().into_iter().map(name::Event::Taken).collect()
}

pub fn telephone_events() -> Vec<telephone::Event> {
    vec![telephone::Event::Granted { challenge: CHALLENGE, at: LATER, counted_since: AT }]
}

pub fn telephone() -> Telephone {
    Telephone { granted: BTreeMap::from([(CHALLENGE, AT), (ChallengeId(1), LATER)]) }
}

variants!(account::Event, "account", {
    account::Event::Opened(_) => "opened",
    account::Event::Moved { .. } => "moved",
    account::Event::Forgotten { .. } => "forgotten",
    account::Event::Held { .. } => "held",
    account::Event::Released { .. } => "released",
    account::Event::Closed { .. } => "closed",
});

variants!(Purpose, "purpose", {
    Purpose::Capture(_) => "capture",
    Purpose::Refund(_) => "refund",
    Purpose::Disbursement(_) => "disbursement",
    Purpose::Funding(_) => "funding",
});

variants!(Closure, "closure", {
    Closure::Asked => "asked",
    Closure::TakenOver => "taken-over",
    Closure::Fraud => "fraud",
});

variants!(name::Event, "name", {
    name::Event::Taken(_) => "taken",
    name::Event::GivenBack => "given-back",
});

variants!(Holder, "holder", {
    Holder::Link(_) => "link",
    Holder::Account(_) => "account",
    Holder::Payment(_) => "payment",
    Holder::CardPayment(_) => "card-payment",
    Holder::Line(_) => "line",
});

variants!(telephone::Event, "telephone", {
    telephone::Event::Granted { .. } => "granted",
});
