//! Who is calling, and which version of the protocol they speak.
//!
//! Promise: a version up to ours is spoken, a later one is refused in words that every version
//! understands. Left out: fetching the caller's profile. Nothing in these dialects depends on it.

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use paceline_domain::text::Text;
use sfv::{Dictionary, ListEntry, Parser};

use super::error::{Refusal, Severity};
use super::{Dialect, VERSION};
use crate::limits::AGENT_BYTES_MAX;

const UCP_AGENT: HeaderName = HeaderName::from_static("ucp-agent");

/// The platform as the `UCP-Agent` header names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// `None` if the header is absent, as in Google's first guide.
    pub profile: Option<Text>,
    pub dialect: Dialect,
}

/// # Errors
/// A [`Refusal`] of a header that cannot be read, and of a version later than ours.
pub fn agent(headers: &HeaderMap) -> Result<Agent, Refusal> {
    let mut lines = headers.get_all(UCP_AGENT).iter();
    let Some(first) = lines.next() else {
        return Ok(Agent { profile: None, dialect: Dialect::D0 });
    };
    let (profile, version) = match lines.next() {
        None => parse(first.as_bytes())?,
        Some(_) => parse(&joined(headers))?,
    };
    match version {
        Some(version) if !is_version(&version) => {
            Err(Refusal::bad_request("The version in UCP-Agent is not a date."))
        }
        // Dates in this form compare as the days they stand for.
        Some(version) if version.as_str() > VERSION => Err(unsupported(&version)),
        Some(_) | None => Ok(Agent { profile: Some(profile), dialect: Dialect::D1 }),
    }
}

/// The dialect of an answer, also to a header that is refused: every version understands that.
pub fn dialect_told(headers: &HeaderMap) -> Dialect {
    agent(headers).map_or(Dialect::D1, |agent| agent.dialect)
}

/// # Source
/// RFC 8941, section 4.2: several lines of a field are one, joined by commas.
fn joined(headers: &HeaderMap) -> Vec<u8> {
    let lines: Vec<&[u8]> = headers.get_all(UCP_AGENT).iter().map(HeaderValue::as_bytes).collect();
    lines.join(&b", "[..])
}

/// The profile and, where it is named beside or behind it, the version.
fn parse(field: &[u8]) -> Result<(Text, Option<String>), Refusal> {
    let malformed = || Refusal::bad_request("UCP-Agent is not a dictionary of RFC 8941.");
    if field.len() > AGENT_BYTES_MAX {
        return Err(Refusal::bad_request("UCP-Agent is too long."));
    }
    let members: Dictionary = Parser::new(field).parse().map_err(|_| malformed())?;
    let Some(ListEntry::Item(profile)) = members.get("profile") else {
        return Err(Refusal::bad_request("UCP-Agent names no profile."));
    };
    let beside = match members.get("version") {
        Some(ListEntry::Item(item)) => Some(&item.bare_item),
        Some(ListEntry::InnerList(_)) => return Err(malformed()),
        None => None,
    };
    let version = match profile.params.get("version").or(beside) {
        Some(version) => Some(version.as_string().ok_or_else(malformed)?.as_str().to_owned()),
        None => None,
    };
    let url = profile.bare_item.as_string().map(|url| url.as_str()).filter(|url| is_https(url));
    let profile = url.and_then(|url| Text::parse(url).ok());
    let no_url = || Refusal::bad_request("The profile in UCP-Agent is not an https URL.");
    Ok((profile.ok_or_else(no_url)?, version))
}

fn is_https(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|url| {
        url.scheme_str() == Some("https") && url.host().is_some_and(|host| !host.is_empty())
    })
}

/// `YYYY-MM-DD`.
fn is_version(version: &str) -> bool {
    version.len() == VERSION.len()
        && version.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

fn unsupported(version: &str) -> Refusal {
    let content = format!("Version {version} is not supported. This server speaks {VERSION}.");
    Refusal {
        code: "version_unsupported",
        severity: Severity::RequiresBuyerInput,
        ..Refusal::bad_request(content)
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn said(field: &str) -> Result<Agent, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(UCP_AGENT, HeaderValue::from_str(field).unwrap());
        agent(&headers)
    }

    fn known(field: &str) -> String {
        said(field).unwrap().profile.unwrap().as_str().to_owned()
    }

    const URL: &str = "https://platform.example/.well-known/ucp";

    #[test]
    fn a_caller_without_the_header_speaks_the_first_dialect() {
        let agent = agent(&HeaderMap::new()).unwrap();
        assert_eq!(agent, Agent { profile: None, dialect: Dialect::D0 });
    }

    #[test]
    fn the_profile_is_a_quoted_url_and_other_members_are_ignored() {
        assert_eq!(known(&format!("profile=\"{URL}\"")), URL);
        assert_eq!(known(&format!("name=token, profile=\"{URL}\";a=1, b=(1 2)")), URL);
    }

    #[test]
    fn the_header_may_come_in_several_lines() {
        let mut headers = HeaderMap::new();
        headers.append(UCP_AGENT, HeaderValue::from_static("version=\"2026-01-11\""));
        let line = format!("profile=\"{URL}\"");
        headers.append(UCP_AGENT, HeaderValue::from_str(&line).unwrap());
        assert_eq!(agent(&headers).unwrap().profile.unwrap().as_str(), URL);
    }

    #[test]
    fn a_platform_of_our_version_or_an_earlier_one_is_served() {
        for version in ["2026-01-11", "2025-12-31"] {
            assert_eq!(known(&format!("profile=\"{URL}\"; version=\"{version}\"")), URL);
            assert_eq!(known(&format!("profile=\"{URL}\", version=\"{version}\"")), URL);
        }
    }

    #[test]
    fn a_later_version_is_refused_as_unsupported() {
        for field in [
            "profile=\"https://p.example/u\"; version=\"2026-01-23\"",
            "profile=\"https://p.example/u\", version=\"2027-01-01\"",
        ] {
            let refusal = said(field).unwrap_err();
            assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
            assert_eq!(refusal.code, "version_unsupported");
            let body: serde_json::Value = serde_json::from_slice(&refusal.body()).unwrap();
            assert_eq!(body["status"], "requires_escalation");
            assert_eq!(body["messages"][0]["content"], body["messages"][0]["message"]);
            assert_eq!(body["messages"][0]["severity"], "requires_buyer_input");
        }
    }

    #[test]
    fn what_is_no_header_of_this_kind_is_refused() {
        for field in [
            "profile",
            "profile=https://platform.example/u",
            "profile=\"http://platform.example/u\"",
            "profile=\"https://\"",
            "profile=\"ftp\"",
            "profile=(\"https://platform.example/u\")",
            "version=\"2026-01-11\"",
            "profile=\"https://platform.example/u",
            "profile=\"https://platform.example/u\"; version=\"soon\"",
            "profile=\"https://platform.example/u\"; version=2026",
            "profile=\"https://platform.example/u\", version=(1)",
            "",
        ] {
            let refusal = said(field).unwrap_err();
            assert_eq!(
                (refusal.status, refusal.code),
                (StatusCode::BAD_REQUEST, "invalid"),
                "{field}"
            );
        }
    }
}
