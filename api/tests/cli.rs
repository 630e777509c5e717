//! What a person types, and what the program says and does.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use common::{Serving, paceline, run, serve_in, until};
use paceline_api::catalogue;

#[test]
fn serving_needs_nothing_and_greets_with_a_checkout_that_works_when_pasted() {
    let serving = Serving::with("");
    assert!(serving.greeting.contains(&format!("http://{}", serving.public)));
    assert!(serving.greeting.contains(&format!("http://{}", serving.admin)));
    let pasted = serving.greeting.lines().find(|line| line.contains("curl")).unwrap();
    let (ok, told, _) = run(Command::new("sh").args(["-c", pasted]));
    assert!(ok);
    let checkout: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(checkout["line_items"][0]["item"]["title"], "Running Shoes");
    assert_eq!(checkout["totals"][0]["amount"], 10_000);
    for stored in ["PACELINE", "shard-000"] {
        assert!(serving.home().join("data").join(stored).exists(), "{stored}");
    }
}

#[test]
fn help_says_first_what_the_program_is() {
    let (ok, told, _) = run(paceline().arg("--help"));
    assert!(ok);
    let first = told.lines().next().unwrap();
    assert!(first.contains("merchant") && first.contains("UCP"), "{first}");
}

#[test]
fn without_a_data_directory_named_it_is_made_where_the_program_runs() {
    let home = tempfile::tempdir().unwrap();
    let mut command = paceline();
    command.args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
    let mut process =
        command.current_dir(&home).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let greeted = std::io::BufRead::read_line(
        &mut std::io::BufReader::new(process.stdout.take().unwrap()),
        &mut String::new(),
    );
    assert!(greeted.unwrap() > 0);
    assert!(home.path().join("data/PACELINE").exists());
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn the_sample_configuration_is_printed_and_is_good() {
    let (ok, sample, _) = run(paceline().args(["config", "sample"]));
    assert!(ok);
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("paceline.toml");
    fs::write(&file, sample).unwrap();
    let (ok, told, _) = run(paceline().args(["config", "check"]).arg(&file));
    assert_eq!((ok, told.as_str()), (true, "OK\n"));
}

#[test]
fn checking_a_configuration_tells_every_problem_and_fails() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("paceline.toml");
    fs::write(&file, "[server]\nlisen = \"x\"\nbody_bytes_max = 0\n").unwrap();
    let (ok, _, told) = run(paceline().args(["config", "check"]).arg(&file));
    assert!(!ok);
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.contains("paceline.toml:2: unknown key `server.lisen`; did you mean `listen`?"));
    assert!(told.contains("paceline.toml:3: `server.body_bytes_max`"));
}

#[test]
fn checking_a_feed_counts_its_products_or_tells_every_bad_row_and_fails() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("feed.tsv");
    fs::write(&file, catalogue::EMBEDDED).unwrap();
    let (ok, told, _) = run(paceline().args(["catalogue", "check"]).arg(&file));
    assert_eq!((ok, told.as_str()), (true, "OK: 6 products, 1 of them out of stock\n"));
    let bad =
        "id\ttitle\tprice\tavailability\tquantity\na\tA\t1\tin_stock\t1\n\tB\t1 USD\tin_stock\t1\n";
    fs::write(&file, bad).unwrap();
    let (ok, _, told) = run(paceline().args(["catalogue", "check"]).arg(&file));
    assert!(!ok);
    assert!(told.contains("feed.tsv: line 2: `a`: price: `1` is not an amount"), "{told}");
    assert!(told.contains("feed.tsv: line 3: id: it is missing"), "{told}");
    let (ok, _, told) = run(paceline().args(["catalogue", "check", "/nowhere"]));
    let expected = "/nowhere: No such file or directory (os error 2)\n\
                    1 problem in 0 rows: not served\n";
    assert_eq!((ok, told.as_str()), (false, expected));
}

#[test]
fn checking_a_configuration_tells_what_is_wrong_with_all_that_it_names() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("paceline.toml");
    let text = "[server]\nlisten = \"0.0.0.0:7001\"\ntls_cert_file = \"no.crt\"\n\
                tls_key_file = \"no.key\"\n[admin]\nlisten = \"127.0.0.1:7001\"\n\
                [catalogue]\nfeed = \"bad.tsv\"\n";
    fs::write(&file, text).unwrap();
    fs::write(home.path().join("bad.tsv"), "id,title,price,availability,quantity\n").unwrap();
    let (ok, _, told) = run(paceline().args(["config", "check"]).arg(&file));
    assert!(!ok);
    for (line, expected) in told.lines().zip(["choose another port", "no.crt", "bad.tsv: line 1"]) {
        assert!(line.contains(expected), "{told}");
    }
    assert_eq!(told.lines().count(), 3, "{told}");
}

#[test]
fn what_cannot_be_served_is_refused_in_words() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for (config, expected) in [
        ("[server]\nlisten = 1\n".to_owned(), "paceline.toml:2: `server.listen`"),
        ("[catalogue]\nfeed = \"nowhere.tsv\"\n".to_owned(), "nowhere.tsv"),
        ("[catalogue]\nfeed = \"paceline.toml\"\n".to_owned(), "paceline.toml: line 1: no column"),
        ("[server]\ntls_cert_file = \"no.crt\"\ntls_key_file = \"no.key\"\n".to_owned(), "no.crt"),
        (
            "[server]\ntls_cert_file = \"paceline.toml\"\ntls_key_file = \"paceline.toml\"\n"
                .to_owned(),
            "there is no certificate in it",
        ),
    ] {
        refused(&config, &[], expected);
    }
    let same = ["--listen", "127.0.0.1:7002", "--admin-listen", "127.0.0.1:7002"];
    refused("", &same, "choose another port");
    let in_use = format!("{address} is in use");
    refused("", &["--listen", &address.to_string()], &in_use);
    refused("", &["--admin-listen", &address.to_string()], &in_use);
}

#[test]
fn a_data_directory_that_is_not_ours_to_use_is_refused_in_words() {
    let serving = Serving::with("");
    let dir = serving.data_dir();
    refused("", &["--data-dir", dir.to_str().unwrap()], "is in use by process");
    drop_and_keep(serving, |dir| {
        let shards = "[storage]\nshards = 7\n";
        refused(shards, &["--data-dir", dir.to_str().unwrap()], "was created with `shards = 1`");
    });
    let strange = tempfile::tempdir().unwrap();
    fs::write(strange.path().join("thesis.txt"), "mine").unwrap();
    let dir = strange.path().to_str().unwrap();
    refused("", &["--data-dir", dir], "not a Paceline data directory");
}

#[test]
fn a_lost_key_is_told_with_what_is_lost_and_never_replaced_unasked() {
    let mut serving = Serving::with("");
    serving.kill();
    let dir = serving.data_dir();
    fs::remove_file(dir.join("SEAL_KEY")).unwrap();
    refused("", &["--data-dir", dir.to_str().unwrap()], "SEAL_KEY is missing");
    assert!(!dir.join("SEAL_KEY").exists());
    let (_, _, told) = run(&mut serve_in(serving.home()));
    let (_, remedy) = told.split_once("make a new one: ").unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", remedy]).current_dir(serving.home());
    assert!(run(&mut shell).0, "{remedy}");
    assert_eq!(serving.again().create("product_12345").status, 201);
}

#[test]
fn the_greeting_buys_what_the_configured_feed_has_whatever_it_is_called() {
    let home = tempfile::tempdir().unwrap();
    let feed = "id\ttitle\tprice\tavailability\tquantity\n\
                a\tTea\t2 EUR\tout_of_stock\t5\nit's \\b\tTea\t1 EUR\tin_stock\t5\n";
    fs::write(home.path().join("feed.tsv"), feed).unwrap();
    let key = "key-0123456789abcdef";
    let keys = format!("api_keys = [{{ caller = \"google\", key = \"{key}\" }}]");
    let serving =
        Serving::of(home, &format!("[catalogue]\nfeed = \"feed.tsv\"\n[platform]\n{keys}\n"));
    let command = serving.greeting.lines().find(|line| line.contains("curl")).unwrap();
    let pasted = command.replace("ONE-OF-YOUR-KEYS", key);
    let (_, told, _) = run(Command::new("sh").args(["-c", &pasted]));
    let checkout: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(checkout["line_items"][0]["item"]["id"], "it's \\b");
    assert_eq!(checkout["currency"], "EUR");
}

#[test]
fn the_environment_and_then_the_command_line_have_the_last_word() {
    let home = tempfile::tempdir().unwrap();
    let mut command = serve_in(home.path());
    fs::write(home.path().join("paceline.toml"), "").unwrap();
    let (ok, _, told) = run(command.env("PACELINE_SERVER__LISEN", "x"));
    assert!(!ok && told.contains("did you mean `PACELINE_SERVER__LISTEN`?"), "{told}");
    let (ok, _, told) = run(command
        .env_remove("PACELINE_SERVER__LISEN")
        .env("PACELINE_CATALOGUE__FEED", "elsewhere.tsv"));
    assert!(!ok && told.contains("elsewhere.tsv"), "{told}");
}

#[test]
fn a_termination_ends_it_with_success() {
    let mut serving = Serving::with("");
    assert_eq!(serving.create("product_12345").status, 201);
    serving.signal("TERM");
    assert_eq!(serving.ended().code(), Some(0));
}

#[test]
fn a_hangup_reads_the_feed_again_and_a_bad_one_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let feed = |price: &str| {
        format!("id\ttitle\tprice\tavailability\tquantity\na\tTea\t{price}\tin_stock\t5\n")
    };
    let file = home.path().join("feed.tsv");
    fs::write(&file, feed("1.00 USD")).unwrap();
    let serving = Serving::of(home, "[catalogue]\nfeed = \"feed.tsv\"\n");
    let price =
        |serving: &Serving| serving.create("a").json()["line_items"][0]["item"]["price"].clone();
    assert_eq!(price(&serving), 100);

    fs::write(&file, feed("2.00 USD")).unwrap();
    serving.signal("HUP");
    until(|| serving.metric(r#"api_catalogue_reloads_total{outcome="taken"}"#) == Some(1.0));
    assert_eq!(price(&serving), 200);

    fs::write(&file, feed("3.00")).unwrap();
    serving.signal("HUP");
    until(|| serving.metric(r#"api_catalogue_reloads_total{outcome="refused"}"#) == Some(1.0));
    assert_eq!(price(&serving), 200);
    let log = serving.stopped_log();
    assert!(log.contains("line 2: `a`: price: `3.00` is not an amount"), "{log}");
}

#[test]
fn whoever_stops_listening_to_what_is_said_ends_nothing() {
    let nobody = || {
        let (listening, speaking) = std::io::pipe().unwrap();
        drop(listening);
        speaking
    };
    let sample = paceline().args(["config", "sample"]).stdout(nobody()).output().unwrap();
    assert!(sample.status.success() && sample.stderr.is_empty());

    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("paceline.toml"), "").unwrap();
    let spare = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = paceline();
    command.args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", &spare.to_string()]);
    let mut process = command.current_dir(&home).stdout(nobody()).spawn().unwrap();
    until(|| std::net::TcpStream::connect(spare).is_ok());
    let pid = process.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

/// Serving ends at once, without success, and says why.
fn refused(config: &str, args: &[&str], expected: &str) {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("paceline.toml"), config).unwrap();
    let mut command = paceline();
    command.arg("serve").arg("--config").arg(home.path().join("paceline.toml")).current_dir(&home);
    for flag in ["--listen", "--admin-listen"].iter().filter(|flag| !args.contains(flag)) {
        command.args([flag, &"127.0.0.1:0"]);
    }
    let (ok, out, told) = run(command.args(args));
    assert!(!ok && out.is_empty(), "{config}{args:?}: {out}");
    assert!(told.contains(expected), "{config}{args:?}: {told}");
}

/// Ends a program, and lends its data directory.
fn drop_and_keep(mut serving: Serving, then: impl Fn(&Path)) {
    serving.signal("KILL");
    assert!(!serving.ended().success());
    then(&serving.data_dir());
}
