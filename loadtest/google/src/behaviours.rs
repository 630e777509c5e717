//! How an integrator has to behave, check by check.
//!
//! Why: each is something that Google does one day, and that is easily got wrong. The same checks
//! run by hand against any Paceline (`google behaviours`) and as tests.
//! Promise: a check brings its own link and payments, so that it holds whatever was done before;
//! what it has bought it gives back, so that it can be run again.
//! Left out: what cannot be seen from outside, such as a database that is down for one request;
//! those are tested where they happen.

mod card_notices;
mod cards;
mod header;
mod keys;
mod links;
mod money;
mod notices;
mod repeats;
mod statements;

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::books::cards::CardKind;
use crate::books::{Kind, Link};
use crate::cards::{APPROVED, Cards};
use crate::failure::Failure;
use crate::google::{Google, Price};
use crate::host::{Delivery, Host};
use crate::integrator::Answer;
use crate::limits::LOOK_EVERY;
use crate::wire::Request;

/// Google, and its methods served.
pub struct Stage {
    pub google: Google,
    pub cards: Cards,
    pub host: Host,
}

/// What came of a check that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Held,
    /// It cannot be seen here, and why.
    Skipped(&'static str),
}

type Checking<'a> = Pin<Box<dyn Future<Output = Result<Verdict, Failure>> + 'a>>;

pub struct Behaviour {
    pub name: &'static str,
    pub run: fn(&Stage) -> Checking<'_>,
}

macro_rules! behaviours {
    ($($module:ident: $($name:ident)*;)*) => {
        pub const ALL: &[Behaviour] = &[$($(Behaviour {
            name: stringify!($name),
            run: |stage| Box::pin($module::$name(stage)),
        }),*),*];
    };
}

behaviours! {
    repeats:
        a_concluded_request_is_answered_the_same_again
        a_decline_is_repeated_after_its_cause_is_gone
        what_was_refused_is_looked_at_afresh
        the_same_request_with_another_amount_is_412
        the_same_request_with_another_token_is_412
        two_equal_requests_at_the_same_moment_have_one_effect
        a_repeat_whose_time_stamp_is_off_is_refused_and_the_next_is_answered
        the_same_bytes_again_are_a_repeat_and_a_minute_later_too_old;
    header:
        a_time_stamp_61_s_off_is_refused_both_ways
        a_time_stamp_50_s_off_is_accepted_both_ways
        minor_versions_and_unknown_members_are_accepted
        another_major_version_is_refused
        an_unknown_account_of_the_integrator_is_404
        a_missing_field_and_an_unusable_one_are_named
        what_is_no_json_is_refused
        a_body_over_the_limit_is_refused;
    keys:
        a_signature_by_another_key_is_401
        one_trusted_signature_of_two_is_accepted
        a_body_to_somebody_else_is_400
        an_unencrypted_body_is_400
        an_unsigned_body_is_401;
    links:
        a_token_that_was_seen_before_is_an_error
        an_association_that_was_seen_before_is_an_error
        a_password_serves_one_request_and_its_repeats
        a_wrong_password_is_told_and_does_not_link
        a_repeated_send_otp_sends_one_message
        a_password_is_verified_alone_and_serves_nothing_else
        a_sign_in_that_never_was_proves_nothing
        a_proof_of_another_account_pays_nothing
        a_password_for_a_new_link_pays_nothing
        a_password_for_another_link_pays_nothing
        a_challenged_purchase_uses_its_password_up
        a_refreshed_token_is_the_same_token
        an_unknown_token_is_404_and_is_not_repeated
        a_closed_account_is_not_linked
        two_links_of_one_account_spend_from_it_both;
    money:
        a_refund_above_the_remainder_is_refused
        partial_refunds_reach_exactly_the_remainder
        racing_refunds_never_exceed_what_was_captured
        a_refund_of_a_capture_that_never_was_is_an_error
        a_refund_in_another_currency_is_refused
        more_than_the_account_has_is_declined
        a_reward_is_paid_once
        an_amount_that_is_no_amount_is_refused;
    notices:
        a_later_capture_is_told_once
        a_notice_is_repeated_until_it_is_heard
        a_generic_error_of_google_stops_nothing
        an_acknowledgement_is_the_same_after_the_result;
    statements:
        a_statement_that_agrees_is_accepted
        a_statement_in_many_pages_is_read_to_its_end
        a_statement_whose_last_page_is_empty_is_read_to_its_end
        a_statement_that_differs_is_not_accepted_as_it_is;
    cards:
        a_card_request_is_answered_the_same_again
        a_declined_card_request_is_declined_again
        after_a_503_a_card_request_is_looked_at_afresh
        the_same_card_request_with_another_amount_is_412
        two_equal_card_requests_at_once_have_one_effect
        two_captures_of_one_reservation_are_one
        a_card_request_of_another_time_or_version_is_refused
        an_unknown_account_of_the_acquirer_is_404
        partial_refunds_of_a_card_reach_exactly_the_remainder
        racing_refunds_of_a_card_never_exceed_the_capture
        what_names_nothing_that_is_known_is_an_error
        a_reservation_that_has_lapsed_is_cancelled_all_the_same;
    card_notices:
        a_capture_of_a_reservation_is_repeated_until_it_is_heard
        a_card_acknowledgement_is_the_same_after_the_result
        a_bare_404_to_a_card_notice_stops_nothing
        an_acquirer_reference_number_follows_what_has_moved
        a_verified_card_is_let_go_of;
}

/// With the pauses between some tries.
const HEARD_WITHIN: Duration = Duration::from_secs(60);

/// In development; whoever runs the checks elsewhere has given such customers these phones.
pub const PHONE_WITH_MONEY: &str = "+15550100001";

/// With less than a dozen dollars.
pub const PHONE_WITH_LITTLE: &str = "+15550100002";

/// Whose owner has closed the account.
pub const PHONE_OF_A_CLOSED_ACCOUNT: &str = "+15550100003";

impl Stage {
    /// A new link to the account that has money.
    pub async fn link(&self) -> Result<Link, Failure> {
        self.google.link(PHONE_WITH_MONEY).await
    }

    /// A purchase that succeeds.
    pub async fn bought(&self, link: &Link, cents: i64) -> Result<String, Failure> {
        let request = self.google.capture(&link.token, &usd(cents));
        let answer = self.google.pay(Kind::Capture, &request).await?;
        expect(answer.is(200, "SUCCESS"), "a purchase", &answer)?;
        Ok(request.id)
    }

    /// As it was before a capture that was refused: there is nothing to give back.
    pub async fn nothing_was_captured(&self, capture: &Request) -> Result<(), Failure> {
        let answer = self.give_back(&capture.id, 1).await?;
        let unknown = answer.is(404, "INVALID_IDENTIFIER") || answer.status == 400;
        expect(unknown, "a refund of what was refused", &answer)
    }

    pub async fn give_back(&self, capture: &str, cents: i64) -> Result<Answer, Failure> {
        self.google.pay(Kind::Refund, &self.google.refund(capture, &usd(cents))).await
    }

    /// Held on a card.
    pub async fn reserved(&self, cents: i64) -> Result<String, Failure> {
        let request = self.cards.reserve(APPROVED, &usd(cents));
        let answer = self.cards.ask(CardKind::Reservation, &request).await?;
        expect(answer.is(200, "SUCCESS"), "a reservation", &answer)?;
        Ok(request.id)
    }

    /// Taken from a card in one message.
    pub async fn card_bought(&self, cents: i64) -> Result<String, Failure> {
        let request = self.cards.buy(APPROVED, &usd(cents));
        let answer = self.cards.ask(CardKind::Payment, &request).await?;
        expect(answer.is(200, "SUCCESS"), "a payment by card", &answer)?;
        Ok(request.id)
    }

    pub async fn return_card(&self, capture: &str, cents: i64) -> Result<Answer, Failure> {
        let refund = self.cards.refund(capture, usd(cents).micros);
        self.cards.ask(CardKind::Refund, &refund).await
    }

    /// What is left of a capture by card goes back, and had it moved twice there would be more.
    pub async fn all_goes_back(&self, capture: &str, cents: i64) -> Result<Verdict, Failure> {
        let all = self.return_card(capture, cents).await?;
        expect(all.is(200, "ACKNOWLEDGED"), "a refund of all of it", &all)?;
        let more = self.return_card(capture, 1).await?;
        expect(more.is(400, "PRECONDITION_VIOLATION"), "a cent more", &more)?;
        Ok(Verdict::Held)
    }

    /// Waits until it was told how this ended.
    pub async fn concluded(&self, request: &str, result: &str) -> Result<(), Failure> {
        let told = |stage: &Stage| {
            let asked = stage.cards.find(request)?;
            Ok(asked.and_then(|asked| asked.result))
        };
        let seen = self.wait(&format!("a result of {request}"), HEARD_WITHIN, told).await?;
        match seen == result {
            true => Ok(()),
            false => Err(Failure(format!("{request} ended with {seen}"))),
        }
    }

    /// Waits until it is so, or says what was waited for.
    pub async fn wait<T>(
        &self,
        what: &str,
        within: Duration,
        look: impl Fn(&Stage) -> Result<Option<T>, Failure>,
    ) -> Result<T, Failure> {
        let began = Instant::now();
        loop {
            if let Some(found) = look(self)? {
                return Ok(found);
            }
            if began.elapsed() > within {
                return Err(Failure(format!("{what}: not within {within:?}")));
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

pub fn usd(cents: i64) -> Price {
    Price { micros: cents * 10_000, currency: "USD".to_owned() }
}

/// # Errors
/// What came instead.
pub fn expect(holds: bool, what: &str, answer: &Answer) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure(format!("{what}: {answer}"))) }
}

/// # Errors
/// Both, if they are not the same.
pub fn same(what: &str, one: &Answer, other: &Answer) -> Result<(), Failure> {
    if one.status == other.status && one.members() == other.members() {
        return Ok(());
    }
    Err(Failure(format!("{what}: first {one}, then {other}")))
}

/// One id and one result, and each try a time stamp of its own.
fn one_notice(tries: &[Delivery], result: &str) -> Result<(), Failure> {
    for pair in tries.windows(2) {
        let (one, next) = (&pair[0], &pair[1]);
        let same_id = one.request() == next.request();
        let same_result = one.body[result] == next.body[result];
        if !same_id || !same_result || one.sent_at() >= next.sent_at() {
            return Err(Failure(format!("{} and then {}", one.body, next.body)));
        }
    }
    Ok(())
}
