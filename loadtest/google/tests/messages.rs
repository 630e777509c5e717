//! One-time passwords on their way to telephones, through a provider.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

mod common;

use common::{Keys, start};
use paceline_google::behaviours::{PHONE_WITH_LITTLE, PHONE_WITH_MONEY};
use paceline_google::google::send_otp;

#[tokio::test]
async fn a_telephone_gets_so_many_passwords_and_no_more_whatever_dies_in_between() {
    let keys = Keys { passwords_max: 3, ..Keys::exchanged() };
    let files = tempfile::tempdir().unwrap();
    let (stage, mut paceline) = start(&files, Some(&keys)).await;
    let integrator = &stage.google.integrator;
    let asked = async |phone: &str| {
        let (request, matching) = send_otp(phone);
        let answer = integrator.call("sendOtp", &request).await.unwrap();
        let messages = stage.google.messages(phone, &matching).await.unwrap();
        (request, answer.result().to_owned(), messages.len())
    };
    for _ in 0..2 {
        let (_, result, messages) = asked(PHONE_WITH_MONEY).await;
        assert_eq!((result.as_str(), messages), ("SUCCESS", 1));
    }
    paceline.kill_and_start().await;
    let (last, result, messages) = asked(PHONE_WITH_MONEY).await;
    assert_eq!((result.as_str(), messages), ("SUCCESS", 1));
    let (over, result, messages) = asked(PHONE_WITH_MONEY).await;
    assert_eq!((result.as_str(), messages), ("OTP_LIMIT_REACHED", 0));
    // The answers stay what they were, and the other telephone is another one.
    paceline.kill_and_start().await;
    for (request, result) in [(last, "SUCCESS"), (over, "OTP_LIMIT_REACHED")] {
        let again = integrator.call("sendOtp", &request).await.unwrap();
        assert!(again.is(200, result), "{again}");
    }
    assert_eq!(asked(PHONE_WITH_LITTLE).await.1, "SUCCESS");
}
