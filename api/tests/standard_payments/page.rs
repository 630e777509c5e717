//! The page, request by request: what only a browser that was shown a form can do.

use serde_json::{Value, json};

use super::google::{balance, capture, done, linked, refused, request, send};
use crate::common::{Answer, Serving, exchange};

const CALLBACK: &str = "http://127.0.0.1:9/back?state=1";

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = |chunk: &[u8]| {
        let wide = chunk
            .iter()
            .enumerate()
            .fold(0_u32, |sum, (at, byte)| sum | u32::from(*byte) << (16 - 8 * at));
        (0..=chunk.len())
            .map(move |at| DIGITS[(wide >> (18 - 6 * at) & 63) as usize] as char)
            .collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn opened(serving: &Serving, asked: &Value, callback: &str, more: &str) -> Answer {
    opened_in(serving, "", asked, callback, more)
}

/// - `cookie`: what the browser has from before.
fn opened_in(serving: &Serving, cookie: &str, asked: &Value, callback: &str, more: &str) -> Answer {
    let asked = base64url(asked.to_string().as_bytes());
    let callback = escaped(callback);
    exchange(
        serving.public,
        format!(
            "GET /tokenized/authenticate?gspMajorVersion=1&gspAuthenticationRequest={asked}\
             &gspCallbackUrl={callback}{more} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             cookie: {cookie}\r\n\r\n"
        ),
    )
}

/// A form, and the cookie that goes with it.
struct Shown {
    ticket: String,
    cookie: String,
    body: String,
}

impl Shown {
    fn of(answer: &Answer) -> Self {
        let after = |text: &str, mark: &str| text.split_once(mark).unwrap().1.to_owned();
        let ticket = after(&answer.body, "name=\"ticket\" value=\"");
        let cookie = answer.header("set-cookie").unwrap();
        Self {
            ticket: ticket.split('"').next().unwrap().to_owned(),
            cookie: cookie.split(';').next().unwrap().to_owned(),
            body: answer.body.clone(),
        }
    }

    fn send(&self, serving: &Serving, fields: &str) -> Answer {
        submit(serving, &self.cookie, &format!("ticket={}&{fields}", self.ticket))
    }

    fn signed_in(&self, serving: &Serving) -> Self {
        self.signed_in_as(serving, "sally")
    }

    fn signed_in_as(&self, serving: &Serving, who: &str) -> Self {
        let fields = format!("intent=sign-in&who={who}%40otheremail.com&password=paceline");
        let answer = self.send(serving, &fields);
        assert_eq!(answer.status, 200, "{}", answer.body);
        Self::of(&answer)
    }
}

fn submit(serving: &Serving, cookie: &str, form: &str) -> Answer {
    exchange(
        serving.public,
        format!(
            "POST /tokenized/authenticate HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: {cookie}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        ),
    )
}

fn associate(authentication: &str, token: &str) -> Value {
    json!({"googlePaymentToken": token, "associationId": format!("as-{token}"),
        "provideUserInformation": false, "authenticationRequestId": authentication})
}

#[test]
fn who_signs_in_and_approves_is_sent_back_and_can_be_linked() {
    let serving = Serving::with("");
    let form = opened(&serving, &json!({"requestId": "auth:1"}), CALLBACK, "");
    assert_eq!(form.status, 200);
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-frame-options", "deny"),
        ("referrer-policy", "no-referrer"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(form.header(name), Some(value));
    }
    let policy = form.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("form-action"), "it would stop redirects behind the callback");
    assert!(form.header("set-cookie").unwrap().contains("httponly; samesite=lax"));
    let approval = Shown::of(&form).signed_in(&serving);
    assert!(approval.body.contains("Sally&#x27;s account"), "{}", approval.body);
    // Nothing is proven before it is approved.
    let early = send(&serving, "associateAccount", &request("early", associate("auth:1", "t")));
    assert_eq!(refused(&early).1, "INVALID_IDENTIFIER");
    let back = approval.send(&serving, "intent=approve");
    assert_eq!(back.status, 303);
    let location = back.header("location").unwrap();
    assert!(location.starts_with("http://127.0.0.1:9/back?state=1&gspresult=100&gspauth"));
    let told = done(&serving, "associateAccount", "a", associate("auth:1", "t"));
    assert_eq!((&told["result"], &told["accountId"]), (&json!("SUCCESS"), &json!("acct-sally")));
    // It proves one thing once.
    let again = send(&serving, "associateAccount", &request("b", associate("auth:1", "u")));
    assert_eq!(refused(&again).1, "PRECONDITION_VIOLATION");
}

#[test]
fn who_declines_or_turns_back_proves_nothing() {
    let serving = Serving::with("");
    for (id, signs_in) in [("auth:1", false), ("auth:2", true)] {
        let mut form = Shown::of(&opened(&serving, &json!({"requestId": id}), CALLBACK, ""));
        if signs_in {
            form = form.signed_in(&serving);
        }
        let back = form.send(&serving, "intent=decline");
        assert_eq!(back.header("location"), Some("http://127.0.0.1:9/back?state=1&gspresult=201"));
        let asked = request("a", associate(id, "t"));
        assert_ne!(send(&serving, "associateAccount", &asked).status, 200);
    }
}

#[test]
fn a_form_is_sent_only_by_the_browser_that_it_was_shown_in() {
    let serving = Serving::with("");
    let form = Shown::of(&opened(&serving, &json!({"requestId": "auth:1"}), CALLBACK, ""));
    let other = Shown::of(&opened(&serving, &json!({"requestId": "auth:2"}), CALLBACK, ""));
    let approval = form.signed_in(&serving);
    let approve = format!("ticket={}&intent=approve", approval.ticket);
    for cookie in ["", "paceline_authentication=", &other.cookie] {
        assert_eq!(submit(&serving, cookie, &approve).status, 403, "{cookie}");
    }
    // What nobody has sealed, and what was sealed before anybody had signed in.
    assert_eq!(submit(&serving, &approval.cookie, "ticket=00ff&intent=approve").status, 403);
    assert_eq!(form.send(&serving, "intent=approve").status, 403);
    let asked = request("a", associate("auth:1", "t"));
    assert_eq!(send(&serving, "associateAccount", &asked).status, 404);
}

#[test]
fn every_tab_and_step_of_one_browser_can_be_sent_and_loaded_again() {
    let serving = Serving::with("");
    let show = |cookie: &str, id: &str| {
        Shown::of(&opened_in(&serving, cookie, &json!({"requestId": id}), CALLBACK, ""))
    };
    let first = show("", "auth:1");
    let again = show(&first.cookie, "auth:1");
    let tab = show(&first.cookie, "auth:2");
    let approval = first.signed_in(&serving);
    let reloaded = first.signed_in(&serving);
    for form in [&again, &tab, &approval, &reloaded] {
        assert_eq!(form.cookie, first.cookie);
    }
    let also = tab.signed_in(&serving);
    for form in [approval, also, again.signed_in(&serving), reloaded] {
        assert_eq!(form.send(&serving, "intent=approve").status, 303);
    }
    for id in ["auth:1", "auth:2"] {
        let told = done(&serving, "associateAccount", id, associate(id, id));
        assert_eq!(told["result"], "SUCCESS");
    }
}

#[test]
fn a_cookie_that_we_cannot_have_made_is_not_kept() {
    let serving = Serving::with("");
    for made_up in ["", "1", "x; secure", &"A".repeat(32), &"0".repeat(33)] {
        let cookie = format!("paceline_authentication={made_up}");
        let form = opened_in(&serving, &cookie, &json!({"requestId": "auth:1"}), CALLBACK, "");
        let told = Shown::of(&form).cookie;
        assert!(told != cookie && told.len() == "paceline_authentication=".len() + 32, "{told}");
    }
}

#[test]
fn what_cannot_be_approved_any_more_is_sent_back_as_failed() {
    let serving = Serving::with("");
    let failed = Some("http://127.0.0.1:9/back?state=1&gspresult=202");
    let asked = json!({"requestId": "auth:1"});
    let declined = Shown::of(&opened(&serving, &asked, CALLBACK, "")).signed_in(&serving);
    assert_eq!(declined.send(&serving, "intent=decline").status, 303);
    assert_eq!(declined.send(&serving, "intent=approve").header("location"), failed);
    let form = Shown::of(&opened(&serving, &json!({"requestId": "auth:2"}), CALLBACK, ""));
    let approval = form.signed_in(&serving);
    assert_eq!(approval.send(&serving, "intent=approve").status, 303);
    let bob = form.signed_in_as(&serving, "bob").send(&serving, "intent=approve");
    assert_eq!(bob.header("location"), failed);
    let told = done(&serving, "associateAccount", "a", associate("auth:2", "t"));
    assert_eq!(told["accountId"], "acct-sally");
}

#[test]
fn who_declines_when_the_proof_was_used_is_sent_back_with_what_stands() {
    let serving = Serving::with("");
    let form = Shown::of(&opened(&serving, &json!({"requestId": "auth:1"}), CALLBACK, ""));
    let approval = form.signed_in(&serving);
    approval.send(&serving, "intent=approve");
    let told = done(&serving, "associateAccount", "a", associate("auth:1", "t"));
    assert_eq!(told["result"], "SUCCESS");
    for late in [&form, &approval] {
        let back = late.send(&serving, "intent=decline");
        let location = back.header("location").unwrap();
        assert!(location.contains("gspresult=100&gspauthenticationresponse="), "{location}");
    }
    // Nobody has approved for this association, whoever has the id.
    let other = json!({"requestId": "auth:1", "associationId": "as-t"});
    let other = Shown::of(&opened(&serving, &other, CALLBACK, ""));
    let failed = "http://127.0.0.1:9/back?state=1&gspresult=202";
    assert_eq!(other.send(&serving, "intent=decline").header("location"), Some(failed));
    assert_eq!(done(&serving, "capture", "c", capture("t", 1_000_000))["result"], "SUCCESS");
}

/// Somebody approves under this id, for this association or for none.
fn approved(serving: &Serving, who: &str, id: &str, association: Option<&str>) {
    let asked = json!({"requestId": id, "associationId": association});
    let form = Shown::of(&opened(serving, &asked, CALLBACK, ""));
    let back = form.signed_in_as(serving, who).send(serving, "intent=approve");
    assert!(back.header("location").unwrap().contains("gspresult=100"), "{}", back.body);
}

#[test]
fn a_sign_in_for_something_else_is_refused_whatever_it_is_presented_for_and_stays_good() {
    let serving = Serving::with("");
    linked(&serving, "token");
    approved(&serving, "bob", "auth:bob", None);
    done(&serving, "associateAccount", "bob", associate("auth:bob", "bobs"));
    approved(&serving, "sally", "auth:none", None);
    approved(&serving, "bob", "auth:other", Some("as-bobs"));
    for (number, sign_in) in ["auth:none", "auth:other", "auth:bob"].into_iter().enumerate() {
        let refresh = json!({"googlePaymentToken": "token", "authenticationRequestId": sign_in});
        let mut charged = capture("token", 1_000_000);
        charged["authenticationRequestId"] = json!(sign_in);
        let linking = associate(sign_in, "new");
        for (method, members) in
            [("refreshToken", refresh), ("capture", charged), ("associateAccount", linking)]
        {
            if (method, sign_in) == ("associateAccount", "auth:none") {
                continue; // that is what it is for
            }
            let asked = request(&format!("{method}:{number}"), members);
            let (status, code, what) = refused(&send(&serving, method, &asked));
            let told = (status, code.as_str());
            assert_eq!(told, (400, "PRECONDITION_VIOLATION"), "{method} {sign_in}: {what}");
        }
    }
    assert_eq!(balance(&serving, "acct-sally"), "500.00");
    let told = done(&serving, "associateAccount", "n", associate("auth:none", "new"));
    assert_eq!(told["accountId"], "acct-sally");
    let refresh = json!({"googlePaymentToken": "bobs", "authenticationRequestId": "auth:other"});
    assert_eq!(done(&serving, "refreshToken", "r", refresh)["result"], "SUCCESS");
}

#[test]
fn a_wrong_password_is_told_and_too_many_end_the_guessing() {
    let serving = Serving::with("");
    let form = Shown::of(&opened(&serving, &json!({"requestId": "auth:1"}), CALLBACK, ""));
    let guess = |password: &str| {
        form.send(&serving, &format!("intent=sign-in&who=bob%40otheremail.com&password={password}"))
    };
    for _ in 0..10 {
        let answer = guess("wrong");
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("are not right") && !answer.body.contains("wrong"));
    }
    assert!(guess("paceline").body.contains("Too many tries"));
}

#[test]
fn guesses_at_the_same_moment_and_under_other_spellings_count_as_all_the_others() {
    let serving = Serving::with("");
    let form = Shown::of(&opened(&serving, &json!({"requestId": "auth:1"}), CALLBACK, ""));
    let guess = &|number: usize| {
        let who = ["%2B1+555-010-0002", "%2B15550100002", "%2B1%28555%290100002"][number % 3];
        form.send(&serving, &format!("intent=sign-in&who={who}&password=wrong")).body
    };
    let told: Vec<String> = std::thread::scope(|scope| {
        let guessing: Vec<_> = (0..20).map(|number| scope.spawn(move || guess(number))).collect();
        guessing.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    let looked_at = told.iter().filter(|body| body.contains("are not right")).count();
    assert_eq!(looked_at, 10, "{told:?}");
    assert!(guess(0).contains("Too many tries"));
    // What can be nobody's name is refused without a look.
    let long = format!("{}%40otheremail.com", "b".repeat(300));
    let nobody = form.send(&serving, &format!("intent=sign-in&who={long}&password=wrong"));
    assert!(nobody.body.contains("are not right"));
}

#[test]
fn a_closed_account_and_another_than_the_linked_one_do_not_approve() {
    let serving = Serving::with("");
    linked(&serving, "token");
    let asked = json!({"requestId": "auth:1", "associationId": "assoc-token"});
    let beside = "&gspAssociationId=assoc-token";
    let form = Shown::of(&opened(&serving, &asked, CALLBACK, beside));
    let other = form.send(&serving, "intent=sign-in&who=bob%40otheremail.com&password=paceline");
    assert!(other.status == 422 && other.body.contains("another account"), "{}", other.body);
    let closed = Shown::of(&opened(&serving, &json!({"requestId": "auth:2"}), CALLBACK, ""));
    let carol =
        closed.send(&serving, "intent=sign-in&who=carol%40otheremail.com&password=paceline");
    assert!(carol.status == 422 && carol.body.contains("cannot be used"));
    assert!(form.signed_in(&serving).body.contains("Confirm it is you"));
}

#[test]
fn what_cannot_be_opened_is_sent_back_as_failed_and_to_nowhere_else() {
    let serving = Serving::with("");
    let failed = Some("http://127.0.0.1:9/back?state=1&gspresult=202");
    let asked = json!({"requestId": "auth:1"});
    let unreadable = serving.get(&format!(
        "/tokenized/authenticate?gspMajorVersion=1&gspAuthenticationRequest=!&gspCallbackUrl={}",
        escaped(CALLBACK)
    ));
    assert_eq!(unreadable.header("location"), failed);
    let beside = "&gspAssociationId=another";
    assert_eq!(opened(&serving, &asked, CALLBACK, beside).header("location"), failed);
    let unknown = json!({"requestId": "auth:1", "associationId": "never"});
    assert_eq!(opened(&serving, &unknown, CALLBACK, "").header("location"), failed);
    for callback in ["https://evil.example/", "javascript:alert(1)", ""] {
        let answer = opened(&serving, &asked, callback, "");
        assert_eq!((answer.status, answer.header("location")), (400, None), "{callback}");
    }
}

#[test]
fn an_address_of_two_thousand_characters_is_read() {
    let serving = Serving::with("");
    let long = format!("http://127.0.0.1:9/back?state={}", "s".repeat(1500));
    let answer = opened(&serving, &json!({"requestId": "auth:1"}), &long, "");
    assert_eq!(answer.status, 200);
}
