//! The README's two sections of Standard Payments, as they are printed: what a new user pastes is what
//! runs here.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use common::Paceline;

/// The commands in a section's `sh` blocks, in their order.
fn commands(section: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent).unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let (_, from) = readme.split_once(&format!("## {section}\n")).unwrap();
    let section = from.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// Both programs as the page calls them, on the ports that are free here.
fn prelude(paceline: &Paceline, google: &str) -> String {
    let (public, admin) = (paceline.url(0), paceline.url(1));
    format!(
        r#"
        google_here() {{
            "{GOOGLE}" "$@" --integrator {public}/tokenized --card-integrator {public}/card \
                --messages {admin} --listen {google}
        }}
        paceline_here() {{
            case "$*" in
                *--admin*) "{}" "$@" ;;
                *) "{}" "$@" --admin {admin} ;;
            esac
        }}
        GOOGLE=google_here PACELINE=paceline_here
        "#,
        common::program().display(),
        common::program().display(),
        GOOGLE = env!("CARGO_BIN_EXE_google"),
    )
}

/// Building, and where what was built is, is not what is tried here.
fn is_about_building(line: &str) -> bool {
    ["make google", "GOOGLE=", "PACELINE="].iter().any(|begins| line.starts_with(begins))
}

#[tokio::test]
async fn linking_buying_cards_and_disputes_run_as_printed_and_come_to_what_the_page_says() {
    let mut blocks = commands("Link, buy, refund, settle");
    assert_eq!(blocks.remove(0), "PACELINE_GOOGLE_BASE_URL=http://127.0.0.1:8090 make run\n");
    blocks.extend(commands("Reserve, capture, refund, dispute"));

    let files = tempfile::tempdir().unwrap();
    let google = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let environment = vec![("PACELINE_GOOGLE_BASE_URL", format!("http://{google}"))];
    let data = files.path().join("data");
    let paceline = Paceline::start(["127.0.0.1:0", "127.0.0.1:0"], data, environment).await;

    let lines = blocks.iter().flat_map(|block| block.lines());
    let pasted: Vec<&str> = lines.filter(|line| !is_about_building(line)).collect();
    let pasted = pasted.join("\n").replace("http://127.0.0.1:9464", &paceline.url(1));
    let script = prelude(&paceline, &google) + &pasted;
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &script]).current_dir(files.path());
    let done = tokio::task::spawn_blocking(move || bash.output()).await.unwrap().unwrap();
    let told = String::from_utf8(done.stdout).unwrap();
    let complaint = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success(), "{complaint}\n{told}");
    for end in [
        "Sally's account (acct-sally) is linked",
        "was agreed to: acceptRemittanceStatement",
        "balances: yes",
        "has 15.00 back: it was won; 32.67 of 40.00 is left",
        "is complete, 1 part(s), and adds up",
        "chargeback cb-1 was won",
    ] {
        assert!(told.contains(end), "{end}: {told}");
    }
}
