//! Ids of checkouts as the wire spells them: in paths, in bodies, plain or global.
//!
//! Promise: only the last component of an id decides what it names, whichever form it came in.

use memchr::memmem;
use percent_encoding::percent_decode_str;

use paceline_domain::ids::SessionId;
use paceline_engine::Reply;

/// How ids of checkouts and orders are written in bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdForm {
    /// `gid://<host>/Checkout/<id>`.
    Gid,
    /// `<id>`.
    Plain,
}

/// The session that a global or a plain id names.
pub fn session(id: &str) -> Option<SessionId> {
    let last = match id.strip_prefix("gid://") {
        Some(global) => global.rsplit_once('/')?.1,
        None => id,
    };
    SessionId::parse(last).ok()
}

/// The session that a path component names, which may be a whole global id, encoded or not.
pub fn session_in_path(component: &str) -> Option<SessionId> {
    if !component.contains('%') {
        return session(component);
    }
    session(&percent_decode_str(component).decode_utf8().ok()?)
}

/// The session that an answer shows: how a create is known by what it made. Nothing that a caller
/// chose comes before its id, so it is the first in the answer; a refusal shows none, and may quote
/// what the caller sent.
pub fn session_of_answer(answer: &Reply) -> Option<SessionId> {
    let id = |from| {
        let id = answer.body.get(from..from + SessionId::BYTES)?;
        SessionId::parse(str::from_utf8(id).ok()?).ok()
    };
    let is_success = (200..300).contains(&answer.status);
    is_success.then(|| memmem::find_iter(&answer.body, SessionId::PREFIX).find_map(id))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "chk_000102030405060708090a0b0c0d0e0f";
    const OTHER: &str = "chk_ffffffffffffffffffffffffffffffff";

    #[test]
    fn a_checkout_is_named_by_its_plain_id_its_global_id_and_its_encoded_global_id() {
        let named = SessionId::parse(ID).ok();
        assert!(named.is_some());
        assert_eq!(session(ID), named);
        assert_eq!(session(&format!("gid://shop.example/Checkout/{ID}")), named);
        let encoded = format!("gid%3A%2F%2Fshop.example%2FCheckout%2F{ID}");
        assert_eq!(session_in_path(&encoded), named);
        assert_eq!(session_in_path(&ID.replace("chk", "%63hk")), named);
        assert_eq!(session_in_path(&format!("gid://shop.example/Checkout/{ID}")), named);
    }

    #[test]
    fn what_is_no_id_of_ours_names_nothing() {
        for other in ["", "chk_1", "gid://", "gid://shop.example/Checkout/", "%ff", "a/b"] {
            assert_eq!(session_in_path(other), None, "{other}");
        }
    }

    #[test]
    fn a_session_is_known_by_the_answer_that_shows_it_whatever_its_merchant_is_called() {
        let answer = |status, body: String| Reply { status, body: body.into() };
        let shown = session_of_answer(&answer(201, format!(r#"{{"id":"{ID}","note":"{OTHER}"}}"#)));
        assert_eq!(shown, SessionId::parse(ID).ok());
        let global = format!(r#"{{"id":"gid://chk_shop.example/Checkout/{ID}"}}"#);
        assert_eq!(session_of_answer(&answer(200, global)), SessionId::parse(ID).ok());
        assert_eq!(session_of_answer(&answer(200, "chk_".to_owned())), None);
    }

    #[test]
    fn a_refusal_that_quotes_the_name_of_a_session_shows_none() {
        let body = format!(r#"{{"messages":[{{"content":"no product {OTHER}"}}]}}"#).into();
        assert_eq!(session_of_answer(&Reply { status: 400, body }), None);
    }
}
