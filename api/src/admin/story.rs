//! `/inspect/<entity>/<id>`: what happened to one entity.

use http::{HeaderMap, StatusCode, header};
use paceline_engine::inspect::{InspectError, Story, inspect};
use percent_encoding::percent_decode_str;

use super::Admin;
use super::answer::{Answer, plain, text};

pub const PATH: &str = "/inspect/";

/// Text for people, unless JSON is asked for.
pub fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/json"))
}

/// - `named`: what follows [`PATH`]. An id may have slashes in it, or be percent-encoded.
pub async fn answer(admin: &Admin, named: &str, as_json: bool) -> Answer {
    let Some((entity, id)) = named.split_once('/') else {
        return plain(StatusCode::NOT_FOUND, "the path is /inspect/<entity>/<id>");
    };
    let decoded = |part| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let (entity, id) = (decoded(entity), decoded(id));
    let Some(logs) = admin.logs() else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "starting");
    };
    // Reading waits for the disk, and others ask here, too.
    let read = move || inspect(&*logs.log, &*logs.book, &entity, &id);
    let told = tokio::task::spawn_blocking(read).await;
    match told.expect("telling a story does not panic") {
        Ok(story) if as_json => text(StatusCode::OK, "application/json", story_json(&story)),
        Ok(story) => text(StatusCode::OK, "text/plain; charset=utf-8", story_text(&story)),
        Err(error) => plain(status(&error), &error.to_string()),
    }
}

fn status(error: &InspectError) -> StatusCode {
    match error {
        InspectError::EntityUnknown(_) | InspectError::Malformed { .. } => StatusCode::BAD_REQUEST,
        InspectError::Nothing { .. } => StatusCode::NOT_FOUND,
        InspectError::Damaged(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A line an event.
pub fn story_text(story: &Story) -> String {
    let mut told = format!("{} {}\n", story.entity, story.id);
    for chapter in &story.events {
        told.push_str(&format!("{:>5}  {}\n", chapter.version, chapter.told));
    }
    told
}

pub fn story_json(story: &Story) -> String {
    let told = serde_json::to_string_pretty(story).expect("a story is plain data");
    format!("{told}\n")
}
