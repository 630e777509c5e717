//! A data directory that this program must not use: it says why and what to do, and leaves it
//! as it was.

use std::fs;
use std::path::Path;

use crate::common::{Serving, guide, run, serve_in};

/// What it says when it is started on a directory that it refuses.
fn refusal(home: &Path, args: &[&str]) -> String {
    let (ok, greeted, told) = run(serve_in(home).args(args));
    assert!(!ok && greeted.is_empty(), "{greeted}");
    told
}

#[test]
fn a_directory_that_is_refused_is_left_as_it_was() {
    let mut serving = Serving::with("[storage]\nshards = 3\n");
    let id = guide::completed(&serving.caller());
    let told = serving.caller().get(&id).body;

    let in_use = refusal(serving.home(), &[]);
    assert!(in_use.contains("is in use by process"), "{in_use}");
    assert!(in_use.contains("stop that process first, or name another directory"), "{in_use}");
    serving.kill();

    let config = serving.home().join("paceline.toml");
    fs::write(&config, "[storage]\nshards = 5\n").unwrap();
    let other_shards = refusal(serving.home(), &[]);
    assert!(
        other_shards.contains("with `shards = 3`, and `shards = 5` is configured"),
        "{other_shards}"
    );
    assert!(other_shards.contains("set it back to 3"), "{other_shards}");
    fs::write(&config, "[storage]\nshards = 3\n").unwrap();

    let marker = serving.data_dir().join("PACELINE");
    let ours = fs::read_to_string(&marker).unwrap();
    fs::write(&marker, ours.replace("format = 1", "format = 2\nsomething = \"new\"")).unwrap();
    let newer = refusal(serving.home(), &[]);
    assert!(newer.contains("has data format 2"), "{newer}");
    assert!(newer.contains("run the version that wrote it, or a newer one"), "{newer}");
    fs::write(&marker, ours).unwrap();

    let serving = serving.again();
    assert_eq!(serving.caller().get(&id).body, told);
}

#[test]
fn a_directory_that_cannot_be_written_is_refused_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("paceline.toml"), "").unwrap();
    fs::write(home.path().join("file"), "").unwrap();
    // Permissions would not stop a superuser; these do.
    for nowhere in ["file/data", "/proc/data"] {
        let told = refusal(home.path(), &["--data-dir", nowhere]);
        assert!(told.contains(nowhere), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}
