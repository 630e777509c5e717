//! How an integrator has to behave: each check, on a Paceline that was started for it, and all of
//! them under keys.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

mod common;

use common::{Keys, play, start};
use paceline_google::behaviours::{ALL, Verdict};

macro_rules! held {
    ($($name:ident)*) => {
        $(#[tokio::test]
        async fn $name() {
            assert_eq!(play(stringify!($name)).await, Verdict::Held);
        })*

        const IN_THE_OPEN: &[&str] = &[$(stringify!($name)),*];
    };
}

held! {
    a_concluded_request_is_answered_the_same_again
    a_decline_is_repeated_after_its_cause_is_gone
    what_was_refused_is_looked_at_afresh
    the_same_request_with_another_amount_is_412
    the_same_request_with_another_token_is_412
    two_equal_requests_at_the_same_moment_have_one_effect
    a_repeat_whose_time_stamp_is_off_is_refused_and_the_next_is_answered
    the_same_bytes_again_are_a_repeat_and_a_minute_later_too_old
    a_time_stamp_61_s_off_is_refused_both_ways
    a_time_stamp_50_s_off_is_accepted_both_ways
    minor_versions_and_unknown_members_are_accepted
    another_major_version_is_refused
    an_unknown_account_of_the_integrator_is_404
    a_missing_field_and_an_unusable_one_are_named
    what_is_no_json_is_refused
    a_body_over_the_limit_is_refused
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
    two_links_of_one_account_spend_from_it_both
    a_refund_above_the_remainder_is_refused
    partial_refunds_reach_exactly_the_remainder
    racing_refunds_never_exceed_what_was_captured
    a_refund_of_a_capture_that_never_was_is_an_error
    a_refund_in_another_currency_is_refused
    more_than_the_account_has_is_declined
    a_reward_is_paid_once
    an_amount_that_is_no_amount_is_refused
    a_later_capture_is_told_once
    a_notice_is_repeated_until_it_is_heard
    a_generic_error_of_google_stops_nothing
    an_acknowledgement_is_the_same_after_the_result
    a_statement_that_agrees_is_accepted
    a_statement_in_many_pages_is_read_to_its_end
    a_statement_whose_last_page_is_empty_is_read_to_its_end
    a_statement_that_differs_is_not_accepted_as_it_is
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
    a_reservation_that_has_lapsed_is_cancelled_all_the_same
    a_capture_of_a_reservation_is_repeated_until_it_is_heard
    a_card_acknowledgement_is_the_same_after_the_result
    a_bare_404_to_a_card_notice_stops_nothing
    an_acquirer_reference_number_follows_what_has_moved
    a_verified_card_is_let_go_of
}

/// One after the other at one Paceline, so that keys are made once.
#[tokio::test]
async fn under_keys_every_check_holds() {
    let keys = Keys::exchanged();
    let files = tempfile::tempdir().unwrap();
    let (stage, _paceline) = start(&files, Some(&keys)).await;
    for check in ALL {
        let verdict = (check.run)(&stage).await;
        assert_eq!(verdict, Ok(Verdict::Held), "{}", check.name);
    }
}

/// What needs a key to be seen is seen above alone.
#[tokio::test]
async fn every_check_is_a_test() {
    for check in ALL.iter().filter(|check| !IN_THE_OPEN.contains(&check.name)) {
        assert!(matches!(play(check.name).await, Verdict::Skipped(_)), "{}", check.name);
    }
    assert!(IN_THE_OPEN.iter().all(|name| ALL.iter().any(|check| check.name == *name)));
}
