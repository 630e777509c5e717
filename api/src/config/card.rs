//! The section of Standard Payments' card family: contracts, what is taken of each, words.
//!
//! What belongs to the connection with Google, keys and clocks, stands in the section of the
//! tokenized family, and is the same for both.

use std::collections::{BTreeMap, BTreeSet};

use paceline_domain::authorization::Network;
use paceline_domain::ids::IntegratorAccountId;
use paceline_domain::money::Millionths;
use paceline_engine::Secret;
use paceline_engine::card::Options;
use paceline_engine::card::keyring::KeySource;

use super::node::Node;
use super::read::duration;
use super::section::Section;
use super::tokenized::{accounts, base_path, enum_word, one_of};
use crate::standard_payments::card::spelling::{MEMBERS, Spelling};
use crate::standard_payments::card::told::{METHODS, Paths, Telling};

#[derive(Clone, Debug)]
pub struct Card {
    pub base_path: String,
    pub accounts: BTreeSet<IntegratorAccountId>,
    pub telling: Telling,
    /// `None`: a file in the data directory.
    pub keys: Option<KeySource>,
    pub options: Options,
}

pub fn card(section: &mut Section<'_>) -> Card {
    let options = Options {
        networks: section.value("networks", networks),
        fee: section.value("fee", |node| {
            Millionths::from_percent(node.text()?).map_err(|cause| cause.to_string())
        }),
        settles_after: section.value("settles_after", duration),
    };
    Card {
        base_path: section.value("base_path", base_path),
        accounts: section.value("accounts", accounts),
        telling: Telling {
            paths: Paths {
                usual: section.value("google_path", base_path),
                by_method: google_paths(section),
            },
            spelling: spelling(section),
        },
        keys: keys(section),
        options,
    }
}

fn keys(section: &mut Section<'_>) -> Option<KeySource> {
    let file = section.optional("keys_file", Node::path);
    let words = section.optional("keys", |node| Ok(Secret::new(node.text()?.to_owned())));
    if file.is_some() && words.is_some() {
        section.complain("`keys_file` or `keys` is wanted, and not both");
    }
    let named = |words| KeySource::Variable { name: "card.keys".to_owned(), words };
    file.map(KeySource::File).or(words.map(named))
}

fn networks(node: &Node) -> Result<Vec<Network>, String> {
    let network = |node: &Node| {
        let word = node.text()?;
        let known = Network::ALL.into_iter().find(|network| network.word() == word);
        known.ok_or_else(|| {
            let all = Network::ALL.map(Network::word).join(", ");
            format!("`{word}` is none of {all}")
        })
    };
    node.list()?.iter().map(network).collect()
}

fn google_paths(section: &mut Section<'_>) -> BTreeMap<String, String> {
    let rows = section.rows("google_paths", |row| {
        let method = row.required("method", |node| one_of(node, &METHODS));
        let path = row.required("path", base_path);
        Some((method?, path?))
    });
    rows.into_iter().collect()
}

fn spelling(section: &mut Section<'_>) -> Spelling {
    let rows = section.rows("words", |row| {
        let member = row.required("member", |node| one_of(node, &MEMBERS));
        let ours = row.required("ours", enum_word);
        let theirs = row.required("theirs", enum_word);
        Some(((member?, ours?), theirs?))
    });
    Spelling(rows.into_iter().collect())
}
