//! Words from which it can be told which version of a session they show: a sum of all its state.

use bytes::Bytes;
use paceline_domain::ids::SessionId;
use paceline_domain::session::{Rejection, Session, State};
use paceline_engine::{Manner, Reply, Voice, codec};

use crate::simulation::chance::Sum;

pub const ACCEPTED: u16 = 200;
/// Refused, and the same question is refused alike forever.
pub const REFUSED: u16 = 409;
/// Refused for the moment.
pub const NOT_NOW: u16 = 423;
/// No session to show.
pub const NOT_FOUND: u16 = 404;
/// No session was opened.
pub const NOT_OPENED: u16 = 400;

/// Where the words of a session begin.
pub const SHOWN: &[u8] = b"[[";

pub struct Exact;

impl Voice for Exact {
    fn session(&self, manner: Manner, session: &Session, refused: Option<&Rejection>) -> Reply {
        let status = match refused {
            None => ACCEPTED,
            Some(Rejection::InProgress) => NOT_NOW,
            Some(_) => REFUSED,
        };
        let why = refused.map(ToString::to_string).unwrap_or_default();
        let (state, total) = (sum(&Some(session.clone())), session.quote.total.0);
        let shown = session.status();
        let body = format!("[[{} {state} {total} {shown:?} {}]]{why}", session.id, manner.0);
        Reply { status, body: body.into() }
    }

    fn again(&self, manner: Manner, shown: Bytes) -> Reply {
        let words = std::str::from_utf8(&shown).unwrap();
        let (same, _) = words.rsplit_once(' ').unwrap();
        Reply { status: ACCEPTED, body: format!("{same} {}]]", manner.0).into() }
    }

    fn refusal(&self, _: Manner, refused: &Rejection) -> Reply {
        let status = if *refused == Rejection::NotFound { NOT_FOUND } else { NOT_OPENED };
        Reply { status, body: refused.to_string().into() }
    }
}

/// Of everything a session is.
pub fn sum(state: &State) -> u64 {
    Sum::of(&codec::encode(state))
}

/// What a reply shows of a session.
#[derive(Clone, Debug)]
pub struct Shown {
    pub session: SessionId,
    pub sum: u64,
    pub total: u64,
    pub status: String,
    pub manner: u8,
}

impl Shown {
    pub fn of(reply: &Reply) -> Option<Self> {
        let words = std::str::from_utf8(&reply.body).ok()?.strip_prefix("[[")?;
        let mut parts = words.split("]]").next()?.split(' ');
        Some(Self {
            session: SessionId::parse(parts.next()?).ok()?,
            sum: parts.next()?.parse().ok()?,
            total: parts.next()?.parse().ok()?,
            status: parts.next()?.to_owned(),
            manner: parts.next()?.parse().ok()?,
        })
    }
}
