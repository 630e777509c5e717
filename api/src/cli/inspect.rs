//! `paceline inspect`: the story of one entity, from a stopped data directory or a running server.

use std::path::{Path, PathBuf};

use http::Uri;
use paceline_engine::inspect::{Story, inspect};
use paceline_storage::{DataDirError, RocksLog};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::ask::ask;
use super::{Failure, say};
use crate::{admin, data_dir};

#[derive(clap::Args)]
pub struct Args {
    /// Such as session, payment, card-payment; a word that is none is answered with all there are
    entity: String,
    /// As it stands in an answer or in the log; a product's id for stock, an attempt's for
    /// processor
    id: String,
    /// The data directory of a server that is stopped
    #[arg(long, value_name = "DIR", default_value = "data", conflicts_with = "admin")]
    data_dir: PathBuf,
    /// The admin listener of a server that runs, such as http://127.0.0.1:9464
    #[arg(long, value_name = "URL")]
    admin: Option<Uri>,
    /// For programs
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let told = match &args.admin {
        Some(admin) => {
            let escaped = |part| utf8_percent_encode(part, NON_ALPHANUMERIC);
            let path = format!("/inspect/{}/{}", escaped(&args.entity), escaped(&args.id));
            let accept = if args.json { "application/json" } else { "text/plain" };
            ask(admin, &path, accept, None)?
        }
        None => {
            let story = read(&args.data_dir, args)?;
            if args.json { admin::story_json(&story) } else { admin::story_text(&story) }
        }
    };
    say(&told)
}

fn read(dir: &Path, args: &Args) -> Result<Story, Failure> {
    let log = RocksLog::open_read_only(dir).map_err(|cause| match cause {
        DataDirError::InUse { .. } => {
            Failure(vec![cause.to_string(), "or ask it, with --admin URL".to_owned()])
        }
        cause => cause.into(),
    })?;
    let book = RocksLog::open_read_only(&data_dir::book(dir))?;
    Ok(inspect(&log, &book, &args.entity, &args.id)?)
}
