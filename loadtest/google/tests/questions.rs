//! What people of the integrator ask Google from the command line.

#![allow(clippy::unwrap_used)] // In helpers of tests, too.

mod common;

use common::{Keys, start};
use paceline_google::host::Refusing;

#[tokio::test]
async fn an_echo_proves_the_keys_in_the_direction_to_google() {
    let keys = Keys::exchanged();
    let files = tempfile::tempdir().unwrap();
    let (stage, paceline) = start(&files, Some(&keys)).await;
    let echo = ["google", "echo", "do you hear us? ü"];
    let told = paceline.ask(&echo).await.unwrap();
    assert!(told.contains("do you hear us? ü") && told.contains("Google's side"), "{told}");
    stage.host.script().refuse("echo", &[Refusing::Generic(404)]);
    let told = paceline.ask(&echo).await.unwrap_err();
    assert!(told.contains("Google refuses: 404"), "{told}");
}

#[tokio::test]
async fn a_contested_capture_is_looked_up_at_google() {
    let files = tempfile::tempdir().unwrap();
    let (stage, paceline) = start(&files, None).await;
    let link = stage.link().await.unwrap();
    let capture = stage.bought(&link, 300).await.unwrap();
    let ask = async |args: &[&str]| paceline.ask(&[&["google", "dispute"], args].concat()).await;
    let told = ask(&[&capture]).await.unwrap();
    assert!(told.contains("report.order.orderId") && told.contains(&capture), "{told}");
    let json = ask(&[&capture, "--format", "json"]).await.unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = json["rows"].as_array().unwrap();
    for (member, value) in
        [("captureRequestId", capture.as_str()), ("amount.amountMicros", "3000000")]
    {
        let member = format!("report.payment.{member}");
        let row = rows.iter().find(|row| row["member"] == member.as_str()).unwrap();
        assert_eq!(row["value"], value);
    }
    for (args, why) in [
        (vec!["cap:never"], "404 INVALID_IDENTIFIER: captureRequestId"),
        (vec!["cap:never", "--account", "NobodysPay_USD"], "Google refuses: 404"),
        (vec!["no id"], "a request id"),
    ] {
        let told = ask(&args).await.unwrap_err();
        assert!(told.contains(why), "{args:?}: {told}");
    }
}
