//! `paceline inspect`: the story of one entity, from a stopped data directory or a running server.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use http::Uri;
use paceline_engine::inspect::{Story, inspect};
use paceline_storage::{DataDirError, RocksLog};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Failure, say};
use crate::limits::{ADMIN_TIMEOUT, STORY_BYTES_MAX};
use crate::{admin, data_dir};

#[derive(clap::Args)]
pub struct Args {
    /// One of session, instrument, stock, order, processor
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
        Some(admin) => ask(admin, args)?,
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

/// Asks in HTTP/1.0, where an answer ends with its connection: all that is needed of HTTP here.
fn ask(admin: &Uri, args: &Args) -> Result<String, Failure> {
    let known = admin.authority().filter(|_| admin.scheme_str().is_none_or(|it| it == "http"));
    let Some(authority) = known else {
        return Err(format!("{admin} is no address such as http://127.0.0.1:9464").into());
    };
    let unreachable = |cause| format!("{authority} does not answer: {cause}");
    let mut socket = TcpStream::connect(authority.as_str()).map_err(unreachable)?;
    socket.set_read_timeout(Some(ADMIN_TIMEOUT)).map_err(unreachable)?;
    let escaped = |part| utf8_percent_encode(part, NON_ALPHANUMERIC);
    let (entity, id) = (escaped(&args.entity), escaped(&args.id));
    let accept = if args.json { "application/json" } else { "text/plain" };
    let asked = format!(
        "GET /inspect/{entity}/{id} HTTP/1.0\r\nhost: {authority}\r\naccept: {accept}\r\n\r\n"
    );
    socket.write_all(asked.as_bytes()).map_err(unreachable)?;
    let mut heard = String::new();
    socket.take(STORY_BYTES_MAX).read_to_string(&mut heard).map_err(unreachable)?;
    let (head, body) = heard.split_once("\r\n\r\n").unwrap_or((&heard, ""));
    match head.split(' ').nth(1) {
        Some("200") => Ok(body.to_owned()),
        Some(_) => Err(body.trim_end().into()),
        None => Err(format!("{authority} does not speak HTTP").into()),
    }
}
