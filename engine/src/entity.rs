//! What the engine asks of a state machine, and those it runs: four of the merchant's checkout,
//! thirteen of the integrator's payments.
//!
//! Why: a turn, a mailbox, a directory and a timer are the same for all of them. What differs is
//! here: the three functions of the core, what an asker may wait for, and how it is answered.

/// What is the same for every state machine: its types and functions, by the names that all of them
/// have in the core, and where its instances live. Belongs into an `impl Entity`.
macro_rules! machine {
    ($core:ident, $state:ident, $place:ident) => {
        type State = $core::$state;
        type Command = $core::Command;
        type Event = $core::Event;
        type Rejection = $core::Rejection;

        fn directory(world: &$crate::world::World) -> &$crate::directory::Directory<Self> {
            &world.$place
        }

        fn cells(host: &$crate::host::Local) -> &std::cell::RefCell<$crate::actors::Cells<Self>> {
            &host.$place
        }

        fn decide(
            state: &Self::State,
            command: Self::Command,
        ) -> Result<Vec<Self::Event>, Self::Rejection> {
            $core::decide(state, command)
        }

        fn apply(state: &mut Self::State, event: &Self::Event) {
            $core::apply(state, event);
        }
    };
}

mod account;
mod card;
mod card_payment;
mod challenge;
mod document;
mod instrument;
mod journal;
mod link;
mod name;
mod notice;
mod order;
mod payment;
mod session;
mod settlement;
mod statement;
mod stock;
mod telephone;

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use paceline_domain::asked::Asked;
use paceline_domain::time::Timestamp;
use paceline_storage::StreamId;
use ring::digest::{Context, SHA256};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use account::Accounts;
pub use card::Cards;
pub use card_payment::CardPayments;
pub(crate) use card_payment::refusal as card_refusal;
pub use challenge::Challenges;
pub(crate) use challenge::decline;
pub use document::Documents;
pub use instrument::Instruments;
pub use journal::Journals;
pub use link::Links;
pub use name::{CardMoved, Names};
pub use notice::Notices;
pub use order::Orders;
pub use payment::Payments;
pub use session::Sessions;
pub use settlement::Settlements;
pub use statement::Statements;
pub use stock::Stocks;
pub use telephone::Telephones;

use crate::actors::Cells;
use crate::directory::{Directory, Glance};
use crate::engine::Options;
use crate::host::Local;
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::voice::{Manner, Reply, Voices};
use crate::world::World;

/// What kind of entity a stream belongs to. The number is on disk: it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    Session = 1,
    Instrument = 2,
    Stock = 3,
    Order = 4,
    Account = 5,
    Name = 6,
    Link = 7,
    Challenge = 8,
    Payment = 9,
    Statement = 10,
    Notice = 11,
    Journal = 12,
    Telephone = 13,
    Card = 14,
    CardPayment = 15,
    Document = 16,
    Settlement = 17,
}

impl Kind {
    pub const ALL: [Self; 17] = [
        Self::Session,
        Self::Instrument,
        Self::Stock,
        Self::Order,
        Self::Account,
        Self::Name,
        Self::Link,
        Self::Challenge,
        Self::Payment,
        Self::Statement,
        Self::Notice,
        Self::Journal,
        Self::Telephone,
        Self::Card,
        Self::CardPayment,
        Self::Document,
        Self::Settlement,
    ];

    /// The word in metrics, logs and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Instrument => "instrument",
            Self::Stock => "stock",
            Self::Order => "order",
            Self::Account => "account",
            Self::Name => "name",
            Self::Link => "link",
            Self::Challenge => "challenge",
            Self::Payment => "payment",
            Self::Statement => "statement",
            Self::Notice => "notice",
            Self::Journal => "journal",
            Self::Telephone => "telephone",
            Self::Card => "card",
            Self::CardPayment => "card-payment",
            Self::Document => "document",
            Self::Settlement => "settlement",
        }
    }

    pub fn stream(self, id: u128) -> StreamId {
        StreamId { kind: self as u8, id: id.to_be_bytes() }
    }

    pub(crate) fn of(stream: StreamId) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == stream.kind)
    }
}

/// What became of something owed.
pub(crate) enum Carried<C> {
    /// The command that tells the entity how it went.
    Done(C),
    /// The world is not ready: it is tried again at this time, and nothing is kept in memory for
    /// it until then.
    Later(Timestamp),
}

/// A state machine with one stream for each of its instances.
pub(crate) trait Entity: Sized + 'static {
    const KIND: Kind;
    /// Whether the log has to bring it up when it owes something. Not so where whoever asked goes
    /// on asking until it is done, after a crash too.
    const WOKEN_BY_LOG: bool = true;

    /// Whether a credential that is needed is kept, sealed, for whoever goes on after a crash.
    const SECRET_OUTLIVES: bool = true;

    type State: Default + Serialize + DeserializeOwned + Send + Unpin;
    type Command: Send;
    type Event: Serialize + DeserializeOwned + Send;
    type Rejection: fmt::Debug + Send;
    /// Something owed to the world.
    type Effect: Send;
    /// What an asker may have to wait for.
    type Step: Copy + PartialEq + Send + Unpin;
    type Reply: Clone + Send;

    fn directory(world: &World) -> &Directory<Self>;

    /// Those that live on this thread.
    fn cells(host: &Local) -> &RefCell<Cells<Self>>;

    fn decide(
        state: &Self::State,
        command: Self::Command,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    fn apply(state: &mut Self::State, event: &Self::Event);

    /// Words for whoever asked.
    fn reply(
        voices: &Voices,
        manner: Manner,
        state: &Self::State,
        step: Option<Self::Step>,
        refused: Option<&Self::Rejection>,
    ) -> Self::Reply;

    /// Whether a refusal says nothing of the request itself, only of the moment: it is not
    /// remembered under the key, so that the same question may be asked again.
    fn is_passing(_: &Self::Rejection) -> bool {
        false
    }

    /// The reply as a wire would send it again, if a wire may have asked.
    fn to_remember(_: &Self::Reply) -> Option<&Reply> {
        None
    }

    /// How long an answer is repeated.
    fn answers_kept(options: &Options) -> Duration {
        options.answers_kept
    }

    /// What a reader may be told from now on without a turn, if this was the reply to whoever
    /// asked last.
    fn glance(_: &Self::State, _: &Self::Reply) -> Option<Glance> {
        None
    }

    /// What is owed, to be carried out in this order.
    fn pending(_: &Self::State) -> Vec<Self::Effect> {
        vec![]
    }

    /// Whether `pending` has anything to say.
    fn owes(_: &Self::State) -> bool {
        false
    }

    /// When what is owed can be carried out, if that is not now.
    fn sleeps_until(_: &Self::State) -> Option<Timestamp> {
        None
    }

    /// What time alone has brought about, for whoever looks.
    fn tick(_: &Self::State, _now: Timestamp) -> Option<Self::Command> {
        None
    }

    /// What whoever sends this command to this state waits for, should it be accepted.
    fn step(_: &Self::State, _: &Self::Command) -> Option<Self::Step> {
        None
    }

    /// Whether waiting for a step is over.
    fn is_over(_: &Self::State, _: Self::Step) -> bool {
        true
    }

    /// The step in progress, if this command is a repeat of the one that started it.
    fn joins(_: &Self::State, _: &Self::Command) -> Option<Self::Step> {
        None
    }

    /// The keyed questions that are still to be answered, each with the step that it waits for.
    /// They end in any order; a turn ends one of them at most.
    fn asked(_: &Self::State) -> impl Iterator<Item = (Self::Step, &Asked)> {
        std::iter::empty()
    }

    /// Tells the entity that its asker was told to look again.
    fn leave(_: Self::Step) -> Option<Self::Command> {
        None
    }

    /// Whether what is owed needs the credential that came with the command.
    fn needs_secret(_: &Self::State) -> bool {
        false
    }

    /// Carries out what is owed, as often as it takes, or until it is better tried again later.
    fn carry_out(
        world: Arc<World>,
        effect: Self::Effect,
        secret: Option<Secret>,
    ) -> impl Future<Output = Carried<Self::Command>>;

    /// Tells the rest of the process what it may want to know at once.
    fn publish(_: &World, _: StreamId, _: &Self::State) {}

    /// Counts an event that has become durable.
    fn count(_: &Self::Event, _: &Metrics) {}
}

/// The id of something that others name: a hash of the words that name it, each told from the next.
pub(crate) fn hashed(words: &[&str]) -> u128 {
    let mut context = Context::new(&SHA256);
    for word in words {
        context.update(&(word.len() as u64).to_be_bytes());
        context.update(word.as_bytes());
    }
    let hash = context.finish();
    let half = hash.as_ref()[..16].try_into().expect("a SHA-256 has 32 bytes");
    u128::from_be_bytes(half)
}
