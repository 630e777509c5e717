//! Enums whose variants are told apart by name, so that none is forgotten.

use paceline_domain::decline::DeclineReason;
use paceline_domain::pricing::CodeRefusal;
use paceline_domain::session::{self, CancelReason, MethodKind, Notice, Phase};
use paceline_domain::{instrument, order, stock};
use paceline_engine::gateway::simulated::{Entry, Movement};

/// An enum that is stored.
pub trait Variants {
    /// What samples of it are called.
    const WORD: &'static str;
    /// Every variant's name.
    const ALL: &'static [&'static str];

    fn variant(&self) -> &'static str;
}

/// The values, if no variant is missing among them.
pub fn all<T: Variants>(values: Vec<T>) -> Vec<T> {
    for variant in T::ALL {
        let found = values.iter().any(|value| value.variant() == *variant);
        assert!(found, "there is no sample of {} {variant}", T::WORD);
    }
    values
}

/// The match has no `_` arm: a new variant does not compile until it is named here, and then does
/// not pass until it has a sample.
macro_rules! variants {
    ($type:ty, $word:literal, { $($pattern:pat => $name:literal,)+ }) => {
        impl Variants for $type {
            const WORD: &'static str = $word;
            const ALL: &'static [&'static str] = &[$($name),+];

            fn variant(&self) -> &'static str {
                match self {
                    $($pattern => $name,)+
                }
            }
        }
    };
}

pub(crate) use variants;

variants!(session::Event, "session", {
    session::Event::Created(_) => "created",
    session::Event::Updated { .. } => "updated",
    session::Event::CompletionAccepted { .. } => "completion-accepted",
    session::Event::AskerLeft { .. } => "asker-left",
    session::Event::StockRefused { .. } => "stock-refused",
    session::Event::PaymentDeclined { .. } => "payment-declined",
    session::Event::Completed { .. } => "completed",
    session::Event::Released { .. } => "released",
    session::Event::Settled => "settled",
    session::Event::Cancelled { .. } => "cancelled",
});

variants!(instrument::Event, "instrument", {
    instrument::Event::ReservationStarted { .. } => "reservation-started",
    instrument::Event::Reserved { .. } => "reserved",
    instrument::Event::Declined { .. } => "declined",
    instrument::Event::CaptureStarted { .. } => "capture-started",
    instrument::Event::Captured { .. } => "captured",
    instrument::Event::CaptureRefused { .. } => "capture-refused",
});

variants!(stock::Event, "stock", {
    stock::Event::Counted { .. } => "counted",
    stock::Event::Held { .. } => "held",
    stock::Event::Sold { .. } => "sold",
    stock::Event::Released { .. } => "released",
});

variants!(order::Event, "order", {
    order::Event::Placed(_) => "placed",
});

variants!(Entry, "book", {
    Entry { movement: Movement::Reserved, outcome: Ok(()), .. } => "reserved",
    Entry { movement: Movement::Reserved, outcome: Err(_), .. } => "declined",
    Entry { movement: Movement::Captured, outcome: Ok(()), .. } => "captured",
    Entry { movement: Movement::Captured, outcome: Err(_), .. } => "capture-refused",
});

variants!(Phase, "phase", {
    Phase::Open { .. } => "open",
    Phase::Completing(_) => "completing",
    Phase::Completed { .. } => "completed",
    Phase::Cancelled { .. } => "cancelled",
});

variants!(instrument::Progress, "progress", {
    instrument::Progress::Reserving => "reserving",
    instrument::Progress::Declined(_) => "declined",
    instrument::Progress::Reserved => "reserved",
    instrument::Progress::Capturing => "capturing",
    instrument::Progress::Captured => "captured",
    instrument::Progress::CaptureRefused(_) => "capture-refused",
});

variants!(Notice, "notice", {
    Notice::OptionUnknown { .. } => "option-unknown",
    Notice::DestinationUnknown { .. } => "destination-unknown",
    Notice::OptionReplaced { .. } => "option-replaced",
    Notice::TotalsChanged { .. } => "totals-changed",
});

variants!(CancelReason, "cancel reason", {
    CancelReason::Asked => "asked",
    CancelReason::Expired => "expired",
});

variants!(MethodKind, "method kind", {
    MethodKind::Shipping => "shipping",
    MethodKind::Pickup => "pickup",
});

variants!(CodeRefusal, "code refusal", {
    CodeRefusal::Invalid => "invalid",
    CodeRefusal::Expired => "expired",
    CodeRefusal::AlreadyApplied => "already-applied",
    CodeRefusal::CombinationDisallowed => "combination-disallowed",
    CodeRefusal::Ineligible => "ineligible",
});

variants!(DeclineReason, "decline reason", {
    DeclineReason::DoNotHonor => "do-not-honor",
    DeclineReason::InsufficientFunds => "insufficient-funds",
    DeclineReason::ExpiredCard => "expired-card",
    DeclineReason::IncorrectCvc => "incorrect-cvc",
    DeclineReason::LostOrStolen => "lost-or-stolen",
    DeclineReason::SuspectedFraud => "suspected-fraud",
    DeclineReason::LimitExceeded => "limit-exceeded",
    DeclineReason::AuthenticationRequired => "authentication-required",
    DeclineReason::InvalidCredential => "invalid-credential",
});
