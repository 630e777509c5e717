//! The README's quick start, as it is printed: what a new user pastes is what runs here.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Serving, guide, paceline, run};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The commands in a section's `sh` blocks, in their order.
fn commands(section: &str) -> Vec<String> {
    let readme = page("README.md");
    let (_, from) = readme.split_once(&format!("## {section}\n")).unwrap();
    let section = from.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

fn amount(checkout: &Value, kind: &str) -> u64 {
    let totals = checkout["totals"].as_array().unwrap();
    totals.iter().find(|total| total["type"] == kind).unwrap()["amount"].as_u64().unwrap()
}

#[test]
fn the_quick_start_runs_as_printed_and_comes_to_what_the_page_says() {
    let serving = Serving::with("");
    let mut blocks = commands("Quick start");
    assert_eq!(blocks.remove(0), "make run\n");
    // The ports of the page may be taken on this machine.
    let script = blocks
        .concat()
        .replace("127.0.0.1:8080", &serving.public.to_string())
        .replace("127.0.0.1:9464", &serving.admin.to_string());
    let pasted = tempfile::tempdir().unwrap();
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", &script]).current_dir(&pasted);
    let (ok, told, complaint) = run(&mut bash);
    assert!(ok, "{complaint}");

    let checkout = |file: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(pasted.path().join(file)).unwrap()).unwrap()
    };
    assert_eq!(checkout("created.json")["status"], "incomplete");
    let updated = checkout("updated.json");
    assert_eq!(updated["status"], "ready_for_complete");
    let amounts = ["subtotal", "fulfillment", "tax", "total"].map(|kind| amount(&updated, kind));
    assert_eq!(amounts, [10_000, 500, 850, 11_350]);
    let options = &updated["fulfillment"]["methods"][0]["groups"][0]["options"];
    assert_eq!((&options[1]["id"], &options[1]["total"]), (&"ship_express".into(), &1500.into()));
    assert_eq!(checkout("completed.json")["status"], "completed");
    assert_eq!(checkout("canceled.json")["status"], "canceled");
    assert!(told.contains("completed by attempt 1"), "the story at the end: {told}");

    let readme = page("README.md");
    for said in ["subtotal 10000", "shipping 500", "1500", "tax 850", "total 11350"] {
        assert!(readme.contains(said), "the page says {said}");
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    for name in ["README.md", "ARCHITECTURE.md", "benches/RESULTS.md"] {
        let words = page(name);
        let from = root().join(name).parent().unwrap().to_owned();
        let links = words.split("](").skip(1).map(|link| link.split(')').next().unwrap());
        for link in links.filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let led_to = if file.is_empty() { root().join(name) } else { from.join(file) };
            assert!(led_to.exists(), "{name} leads to {link}, which is not there");
            let found = heading.is_empty() || anchors(&led_to).iter().any(|found| found == heading);
            assert!(found, "{name} leads to {link}, a heading that is not there");
        }
    }
}

/// The headings of a page, as a link names them.
fn anchors(page: &Path) -> Vec<String> {
    let words = fs::read_to_string(page).unwrap();
    words.lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}

fn anchor(title: &str) -> String {
    let kept = title.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// Placeholders stand for what a user has: a configuration, a feed, a session.
#[test]
fn every_command_line_of_the_page_is_taken_by_the_program() {
    let mut serving = Serving::with("");
    let id = guide::opened(&serving.caller());
    serving.kill();
    let sample = |name: &str| root().join("sample").join(name).to_str().unwrap().to_owned();
    let page = page("README.md");
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("paceline ")).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    for line in lines {
        let typed = line.split("   ").next().unwrap().replace(['[', ']'], "");
        let file =
            sample(if typed.contains("catalogue") { "catalogue.tsv" } else { "paceline.toml" });
        let word = |word: &str| match word {
            "FILE" => file.clone(),
            "ADDR" => "127.0.0.1:0".to_owned(),
            "DIR" => "data".to_owned(),
            "ENTITY" => "session".to_owned(),
            "ID" => id.clone(),
            word => word.to_owned(),
        };
        let mut command = paceline();
        command.args(typed.split_whitespace().skip(1).map(word)).current_dir(serving.home());
        let (ok, told, complaint) = match typed.contains(" serve ") {
            true => greeted(command),
            false => run(&mut command),
        };
        assert!(ok && !told.is_empty(), "{typed}: {complaint}");
    }
}

#[test]
fn every_target_of_make_that_a_page_names_is_there() {
    let makefile = page("Makefile");
    for name in ["README.md", "ARCHITECTURE.md", "benches/RESULTS.md"] {
        let words = page(name);
        let named =
            ["`make ", "\nmake "].into_iter().flat_map(|before| words.split(before).skip(1));
        for rest in named {
            let target = rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap();
            assert!(makefile.contains(&format!("\n{target}:")), "{name}: make {target}");
        }
    }
}

/// Starts to serve, hears the first words, and stops it.
fn greeted(mut serve: Command) -> (bool, String, String) {
    let mut process = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut told = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut told).unwrap();
    let stopped = Command::new("kill").arg(process.id().to_string()).status().unwrap();
    (stopped.success() && process.wait().unwrap().success(), told, "it does not serve".to_owned())
}
