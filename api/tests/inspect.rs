//! "What happened to this checkout?", asked of a running server and of a stopped one.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Serving, paceline, run};
use serde_json::Value;

#[test]
fn a_running_server_and_a_stopped_one_tell_the_same_story() {
    let mut serving = Serving::with("");
    let id = serving.create("product_12345").json()["id"].as_str().unwrap().to_owned();
    let plain = id.rsplit('/').next().unwrap().to_owned();
    let admin = format!("http://{}", serving.admin);
    let (ok, running, _) = run(paceline().args(["inspect", "session", &id, "--admin", &admin]));
    assert!(ok);
    assert_eq!(running.lines().next(), Some(format!("session {id}").as_str()));
    assert!(running.lines().count() > 1, "{running}");
    let by_hand = serving.ask_admin("GET", &format!("/inspect/session/{plain}"));
    assert_eq!(by_hand.status, 200);

    serving.signal("TERM");
    assert!(serving.ended().success());
    let dir = serving.data_dir();
    let ask = |more: &[&str]| {
        run(paceline().args(["inspect", "session", &id, "--data-dir"]).arg(&dir).args(more))
    };
    assert_eq!(ask(&[]), (true, running, String::new()));
    let (ok, json, _) = ask(&["--json"]);
    assert!(ok);
    let story: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(story["entity"], "session");
    assert_eq!(story["events"][0]["version"], 1);
}

#[test]
fn a_story_that_cannot_be_told_says_why() {
    let serving = Serving::with("");
    let admin = format!("http://{}", serving.admin);
    let nobody = format!("chk_{}", "0".repeat(32));
    for (entity, id, status, expected) in [
        ("session", nobody.as_str(), 404, "nothing is stored of session"),
        ("session", "x", 400, "is no id of this kind"),
        ("sessions", "x", 400, "is no entity"),
        ("stock", "no such/product?", 404, "nothing is stored of stock `no such/product?`"),
    ] {
        let (ok, _, told) = run(paceline().args(["inspect", entity, id, "--admin", &admin]));
        assert!(!ok && told.contains(expected), "{told}");
        if !id.contains(' ') {
            let path = format!("/inspect/{entity}/{id}");
            assert_eq!(serving.ask_admin("GET", &path).status, status);
        }
    }
    let (ok, _, told) =
        run(paceline().args(["inspect", "session", &nobody, "--data-dir"]).arg(serving.data_dir()));
    assert!(!ok && told.contains("is in use by process") && told.contains("--admin"), "{told}");
    let (ok, _, told) = run(paceline().args(["inspect", "session", &nobody, "--admin", "ftp://x"]));
    assert!(!ok && told.contains("is no address such as"), "{told}");
    let (ok, _, told) =
        run(paceline().args(["inspect", "session", &nobody, "--data-dir", "/nowhere"]));
    assert!(!ok && told.contains("is not a Paceline data directory"), "{told}");
}
