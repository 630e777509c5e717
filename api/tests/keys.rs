//! A key's life as an operator sees it: made, exchanged, rotated, retired.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{paceline, run};
use serde_json::Value;

struct Keys<'a>(&'a Path);

impl Keys<'_> {
    fn run(&self, args: &[&str]) -> (bool, String, String) {
        run(paceline().arg("keys").args(args).arg("--keys").arg(self.0))
    }

    fn said(&self, args: &[&str]) -> String {
        let (ok, said, told) = self.run(args);
        assert!(ok, "{args:?}: {told}");
        said
    }

    fn refused(&self, args: &[&str]) -> String {
        let (ok, said, told) = self.run(args);
        assert!(!ok && said.is_empty(), "{args:?}: {said}");
        told
    }

    fn listed(&self) -> Vec<Value> {
        let listed: Value = serde_json::from_str(&self.said(&["list", "--json"])).unwrap();
        listed["keys"].as_array().unwrap().clone()
    }

    fn make(&self, how: &str) -> String {
        let made: Value = serde_json::from_str(&self.said(&[how, "--json"])).unwrap();
        made["fingerprint"].as_str().unwrap().to_owned()
    }
}

#[test]
fn two_sides_make_exchange_and_rotate_their_keys() {
    let home = tempfile::tempdir().unwrap();
    let (we, they) = (home.path().join("we"), home.path().join("they"));
    let (we, they) = (Keys(&we), Keys(&they));
    assert!(we.said(&["list"]).contains("none: `paceline keys generate` makes one"));
    assert!(we.refused(&["export"]).contains("keys generate"));
    assert!(we.refused(&["rotate"]).contains("keys generate"));

    let (ours, theirs) = (we.make("generate"), they.make("generate"));
    assert!(we.refused(&["generate"]).contains("keys rotate"));
    let file = home.path().join("theirs.asc");
    std::fs::write(&file, they.said(&["export"])).unwrap();
    let said = we.said(&["import", file.to_str().unwrap()]);
    assert!(said.contains(&theirs), "{said}");
    let listed = we.listed();
    assert_eq!(listed.len(), 2);
    for (key, (side, name)) in listed.iter().zip([("own", &ours), ("peers", &theirs)]) {
        assert_eq!((&key["side"], &key["fingerprint"]), (&side.into(), &name.as_str().into()));
        assert_eq!(key["state"], "valid");
        let lives = key["valid_until"].as_u64().unwrap() - key["valid_from"].as_u64().unwrap();
        assert_eq!(lives, 365 * 24 * 60 * 60);
    }

    assert!(we.said(&["list"]).contains("bodies can be exchanged until 2"));
    let next = we.make("rotate");
    let both = we.said(&["export"]);
    assert_eq!(both.matches("BEGIN PGP PUBLIC KEY BLOCK").count(), 2);
    let one = we.said(&["export", &next[32..].to_lowercase()]);
    assert_eq!(one.matches("BEGIN PGP PUBLIC KEY BLOCK").count(), 1);
    assert!(both.contains(&one) && !both.contains("PRIVATE"));

    we.said(&["retire", &ours]);
    let left: Vec<Value> = we.listed();
    assert!(left.iter().all(|key| key["fingerprint"] != ours.as_str()));
    assert!(we.0.join("retired").join(&ours).with_extension("asc").exists(), "it is kept");
    assert!(we.refused(&["retire", &next]).contains("the last key"));
    assert!(we.refused(&["retire", "ABCDEF"]).contains("no key is named ABCDEF"));
    let told = we.refused(&["export", &theirs]);
    assert!(told.contains("is theirs"), "{told}");
}

#[test]
fn a_private_key_that_others_can_read_is_refused_and_none_is_imported() {
    let home = tempfile::tempdir().unwrap();
    let keys = home.path().join("keys");
    let keys = Keys(&keys);
    let name = keys.make("generate");
    let file = keys.0.join("own").join(name).with_extension("asc");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(keys.said(&["list"]).contains("each side needs a valid key"));
    let told = keys.refused(&["import", file.to_str().unwrap()]);
    assert!(told.contains("this is a private key"), "{told}");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let told = keys.refused(&["list"]);
    assert!(told.contains("more than its owner can read it (mode 0644); chmod 600 it"), "{told}");
}

#[test]
fn the_help_of_rotate_tells_the_steps() {
    let (ok, said, _) = run(paceline().args(["keys", "rotate", "--help"]));
    assert!(ok);
    for step in ["keys export", "echo", "keys retire", "SIGHUP", "keys import"] {
        assert!(said.contains(step), "{step}: {said}");
    }
}
