//! Standard Payments, tokenized: what a wire may ask of the engine, and what it has to put into
//! words.
//!
//! Why: the answer to a keyed request is stored in the same append as the events it tells of, so
//! it is worded inside the turn. What the words are is the wire's; what they say is here, typed.
//! Every method takes a [`Keyed`](crate::Keyed): its key names the caller, the operation (with the
//! integrator account where the method carries one) and the request's id.
//! Promise: a refusal and an unfinished request are never remembered; everything else is, and a
//! repeat gets the same words.

mod accounts;
mod links;
mod otp;
mod payments;
mod redirect;
mod statements;

use std::time::Duration;

use paceline_domain::decline::Decline;
use paceline_domain::ids::{
    AccountId, AssociationId, ChallengeId, IntegratorAccountId, LinkId, PaymentId, RefundId,
    RequestId, StatementId,
};
use paceline_domain::link::Associated;
use paceline_domain::money::{CurrencyCode, Micros};
use paceline_domain::statement::Summary;
use paceline_domain::telephone::Limit;
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;

pub use accounts::{AccountError, NewAccount};

use crate::asking::Worded;
use crate::limits::{OWED_FIRST, OWED_LONGEST};
use crate::secret::Secret;
use crate::voice::{Reply, Voices};

/// What an operator turns.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long an answer is repeated: Google may repeat a request for 30 days.
    pub answers_kept: Duration,
    /// When a caller is told to ask again. Google gives up after 7 seconds.
    pub deadline: Duration,
    /// Of a one-time password.
    pub otp_digits: u32,
    /// Wrong tries at a one-time password, after which nothing matches it.
    pub otp_tries_max: usize,
    /// How long a one-time password may be used.
    pub otp_lives: Duration,
    /// How many one-time passwords go to one telephone.
    pub otp_limit: Limit,
    /// How long somebody who has signed in on our page stays proven.
    pub authentication_lives: Duration,
    /// How long a token may be spent from until it has to be refreshed: at least a year.
    pub token_lives: Duration,
    /// What we did so long before the end of a statement's period may stand in the next one.
    pub statement_margin: Duration,
    /// Of what is owed to Google, by either family.
    pub google_retry: Retry,
}

/// When something is tried again: after about `first`, then after half of the time for which it has
/// been owed, and never later than after `longest`.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    pub first: Duration,
    pub longest: Duration,
}

impl Default for Options {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            answers_kept: 30 * DAY,
            deadline: Duration::from_secs(5),
            otp_digits: 6,
            otp_tries_max: 5,
            otp_lives: Duration::from_secs(5 * 60),
            otp_limit: Limit { messages: 10, within: Duration::from_secs(60 * 60) },
            authentication_lives: Duration::from_secs(10 * 60),
            token_lives: 2 * 365 * DAY,
            statement_margin: Duration::from_secs(5 * 60),
            google_retry: Retry { first: OWED_FIRST, longest: OWED_LONGEST },
        }
    }
}

/// `sendOtp`.
#[derive(Clone, Debug)]
pub struct SendOtp {
    pub request: RequestId,
    pub to: OtpReceiver,
    pub matching_token: Text,
}

/// To whom a one-time password goes.
#[derive(Clone, Debug)]
pub enum OtpReceiver {
    /// E.164.
    Phone(Text),
    /// The customer behind it, at the number that the bank knows.
    Association(AssociationId),
}

/// `verifyOtp`.
#[derive(Clone, Debug)]
pub struct VerifyOtp {
    pub request: RequestId,
    pub sent_by: RequestId,
    pub password: Secret,
}

/// How somebody has proven which account is theirs.
#[derive(Clone, Debug)]
pub enum Proven {
    /// By the one-time password that the request `sent_by` had sent.
    Password { sent_by: RequestId, password: Secret },
    /// On our page, in the authentication of this id.
    Redirect { authentication: RequestId },
}

/// `associateAccount`.
#[derive(Clone, Debug)]
pub struct Associate {
    pub request: RequestId,
    pub token: Secret,
    pub association: AssociationId,
    pub proven: Proven,
    pub with_information: bool,
}

/// `refreshToken`.
#[derive(Clone, Debug)]
pub struct Refresh {
    pub request: RequestId,
    pub token: Secret,
    pub proven: Proven,
}

/// `capture`, `asynchronousCapture`, `disburseFunds`.
#[derive(Clone, Debug)]
pub struct Pay {
    pub request: RequestId,
    pub integrator: IntegratorAccountId,
    pub with: Instrument,
    /// Above zero.
    pub amount: Micros,
    pub currency: CurrencyCode,
    pub description: Text,
    /// In a challenged capture.
    pub proven: Option<Proven>,
}

/// From or to what money moves.
#[derive(Clone, Debug)]
pub enum Instrument {
    Token(Secret),
    /// UPI address; `asynchronousCapture` alone has it.
    Vpa(Text),
}

/// `refund`.
#[derive(Clone, Debug)]
pub struct Refund {
    pub request: RequestId,
    pub integrator: IntegratorAccountId,
    pub capture: RequestId,
    pub amount: Micros,
    pub currency: CurrencyCode,
}

/// `remittanceStatementNotification`.
#[derive(Clone, Debug)]
pub struct StatementNotified {
    pub request: RequestId,
    pub integrator: IntegratorAccountId,
    pub summary: Summary,
}

/// Somebody who has signed in on our page approves.
#[derive(Clone, Debug)]
pub struct Approval {
    /// The id of the authentication.
    pub authentication: RequestId,
    pub account: AccountId,
    /// The association that the page was opened for, if it was for one.
    pub association: Option<AssociationId>,
}

/// What became of an authentication whose user turned back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnedBack {
    /// It proves nothing.
    InTime,
    /// A request has used what was approved for this association, or for none, and that stands.
    TooLate { association: Option<AssociationId> },
}

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    OtpSent {
        challenge: ChallengeId,
        result: Result<(), Decline>,
    },
    OtpVerified {
        challenge: ChallengeId,
        result: Result<(), Decline>,
    },
    Associated {
        link: LinkId,
        result: Result<&'a Associated, Decline>,
    },
    Refreshed {
        link: LinkId,
        result: Result<Timestamp, Decline>,
    },
    Captured {
        payment: PaymentId,
        result: Result<(), Decline>,
    },
    /// A capture that is concluded later, unless it is declined already.
    Acknowledged {
        payment: PaymentId,
        result: Result<(), Decline>,
    },
    Refunded {
        refund: RefundId,
        result: Result<(), Decline>,
    },
    Disbursed {
        payment: PaymentId,
        result: Result<(), Decline>,
    },
    StatementNoted {
        statement: StatementId,
    },
    /// Nothing was done, and the same request may come again: no 200.
    Refused(Refusal),
    /// Under way, and longer than the caller can wait: 503. What comes of it is notified, and
    /// whoever asks again hears it too.
    Unfinished,
}

/// Why nothing was done. None of these is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the Google payment token is not known")]
    TokenUnknown,
    #[error("the association id is not known")]
    AssociationUnknown,
    #[error("no customer has this UPI address")]
    CustomerUnknown,
    #[error("no one-time password was sent by this request")]
    OtpUnknown,
    #[error("nobody has authenticated under this id")]
    AuthenticationUnknown,
    #[error("the authentication was used, has expired, was given up or is another account's")]
    AuthenticationUnusable,
    #[error("the Google payment token was linked by another request")]
    TokenLinked,
    #[error("the association id was linked by another request")]
    AssociationTaken,
    #[error("another request for the same is under way")]
    InProgress,
    #[error("the request's id names another payment")]
    RequestTaken,
    #[error("there is no such capture")]
    CaptureUnknown,
    #[error("nothing was captured that could be refunded")]
    NotCaptured,
    #[error("the refund is in another currency than its capture")]
    CurrencyDiffers,
    #[error("the refund is above what is left of the capture: {} micros", left.0)]
    RefundExceedsRemainder { left: Micros },
    #[error("the capture has been refunded in too many parts")]
    TooManyRefunds,
}

/// A wire's words. The body is all that follows the header of the answer, whose time is the moment
/// of each delivery.
pub trait Voice: Send + Sync + 'static {
    fn words(&self, outcome: &Outcome<'_>) -> Reply;
}

impl Worded for Outcome<'_> {
    fn reply(&self, voices: &Voices) -> Reply {
        voices.tokenized().words(self)
    }

    fn lasts(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Unfinished)
    }
}
