//! Tokens, accounts and the proofs that bring them together.

use futures_util::future::join_all;
use paceline_domain::account::Closure;
use paceline_domain::ids::AssociationId;
use paceline_engine::Engine;
use paceline_engine::tokenized::{Approval, OtpReceiver, Proven, Refresh, SendOtp, VerifyOtp};

use crate::common::standard::*;
use crate::common::{run, text};

const PHONE: &str = "+15550100001";

async fn send_otp(engine: &Engine, id: &str, to: OtpReceiver) -> String {
    let wanted = SendOtp { request: request(id), to, matching_token: text("Qm4tZ8kLp0w") };
    words(engine.send_otp(wanted, keyed("sendOtp", id, 1)).await)
}

async fn send_to_phone(engine: &Engine, id: &str) -> String {
    send_otp(engine, id, OtpReceiver::Phone(text(PHONE))).await
}

async fn verify(engine: &Engine, id: &str, sent_by: &str, password: &str) -> String {
    let (request, sent_by) = (request(id), request(sent_by));
    let wanted = VerifyOtp { request, sent_by, password: secret(password) };
    words(engine.verify_otp(wanted, keyed("verifyOtp", id, 1)).await)
}

async fn refresh(engine: &Engine, id: &str, token: &str, proven: Proven) -> String {
    let wanted = Refresh { request: request(id), token: secret(token), proven };
    words(engine.refresh_token(wanted, keyed("refreshToken", id, 1)).await)
}

async fn approve(engine: &Engine, id: &str, who: &str) {
    approve_for(engine, id, who, None).await;
}

async fn approve_for(engine: &Engine, id: &str, who: &str, association: Option<AssociationId>) {
    let (authentication, account) = (request(id), account(who));
    let approval = Approval { authentication, account, association };
    engine.approve(approval).await.unwrap().unwrap();
}

fn sent(integrator: &Integrator, sent_by: &str) -> Proven {
    Proven::Password { sent_by: request(sent_by), password: integrator.phones.password() }
}

fn guessed(sent_by: &str, password: &str) -> Proven {
    Proven::Password { sent_by: request(sent_by), password: secret(password) }
}

#[test]
fn a_token_is_linked_by_a_redirect_and_a_repeat_hears_the_same() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        sally(&engine).await;
        let first = link(&engine, "acct-sally", "gpt").await;
        assert!(first.contains("account: acct-sally, nickname: \"***-91\""), "{first}");
        let again = words(associate(&engine, "gpt", "assoc:gpt", redirect("gpt")).await);
        assert_eq!(again, first);
        let engine = integrator.open();
        let again = words(associate(&engine, "gpt", "assoc:gpt", redirect("gpt")).await);
        assert_eq!(again, first);
    });
}

#[test]
fn a_token_is_linked_by_a_one_time_password() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        sally(&engine).await;
        let answer = send_to_phone(&engine, "otp:1").await;
        assert!(answer.contains("OtpSent") && answer.contains("Ok(())"), "{answer}");
        let proof = sent(&integrator, "otp:1");
        let linked = words(associate(&engine, "gpt", "assoc:1", proof).await);
        assert!(linked.contains("account: acct-sally"), "{linked}");
    });
}

#[test]
fn a_repeat_of_send_otp_sends_no_second_message() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        sally(&engine).await;
        let first = send_to_phone(&engine, "otp:1").await;
        assert_eq!(send_to_phone(&engine, "otp:1").await, first);
        assert_eq!(send_to_phone(&integrator.open(), "otp:1").await, first);
        assert_eq!(integrator.phones.messages.lock().unwrap().len(), 1);
    });
}

#[test]
fn a_password_is_used_by_one_request_and_its_repeat() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        sally(&engine).await;
        send_to_phone(&engine, "otp:1").await;
        let password = integrator.phones.password();
        let password = std::str::from_utf8(password.expose()).unwrap();
        let right = verify(&engine, "ver:1", "otp:1", password).await;
        assert!(right.contains("OtpVerified") && right.contains("Ok(())"), "{right}");
        assert_eq!(verify(&integrator.open(), "ver:1", "otp:1", password).await, right);
        let other = verify(&engine, "ver:2", "otp:1", password).await;
        assert!(other.contains("ProofAlreadyUsed"), "{other}");
        let linked = words(associate(&engine, "gpt", "a:1", guessed("otp:1", password)).await);
        assert!(linked.contains("ProofAlreadyUsed"), "{linked}");
    });
}

#[test]
fn a_password_that_was_sent_to_an_association_is_verified_on_its_own() {
    run(async {
        let integrator = Integrator::new();
        let engine = linked(&integrator).await;
        let to = OtpReceiver::Association(association("association-gpt"));
        send_otp(&engine, "otp:1", to).await;
        let password = integrator.phones.password();
        let password = std::str::from_utf8(password.expose()).unwrap();
        let right = verify(&engine, "ver:1", "otp:1", password).await;
        assert!(right.contains("OtpVerified") && right.contains("Ok(())"), "{right}");
    });
}

#[test]
fn wrong_passwords_are_counted_and_then_the_right_one_does_not_match_either() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        sally(&engine).await;
        send_to_phone(&engine, "otp:1").await;
        for number in 0..5 {
            let wrong = verify(&engine, &format!("ver:{number}"), "otp:1", "no").await;
            assert!(wrong.contains("ProofNotMatched"), "{wrong}");
            // A repeat is no further try.
            assert_eq!(verify(&engine, &format!("ver:{number}"), "otp:1", "no").await, wrong);
        }
        let password = integrator.phones.password();
        let password = std::str::from_utf8(password.expose()).unwrap();
        let late = verify(&engine, "ver:9", "otp:1", password).await;
        assert!(late.contains("ProofNotMatched"), "{late}");
    });
}

#[test]
fn a_wrong_password_leaves_token_and_association_free() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        sally(&engine).await;
        send_to_phone(&engine, "otp:1").await;
        let wrong = words(associate(&engine, "gpt", "a:1", guessed("otp:1", "no")).await);
        assert!(wrong.contains("Associated") && wrong.contains("ProofNotMatched"), "{wrong}");
        let linked = words(associate(&engine, "gpt", "a:2", sent(&integrator, "otp:1")).await);
        assert!(linked.contains("account: acct-sally"), "{linked}");
        let again = words(associate(&engine, "gpt", "a:1", guessed("otp:1", "no")).await);
        assert_eq!(again, wrong, "the first answer stays the answer");
    });
}

#[test]
fn a_token_or_association_seen_under_another_request_is_refused() {
    run(async {
        let engine = linked(&Integrator::new()).await;
        approve(&engine, "auth:2", "acct-sally").await;
        let proof = Proven::Redirect { authentication: request("auth:2") };
        let token = words(associate(&engine, "gpt", "a:2", proof.clone()).await);
        assert_eq!(token, "400 Refused(TokenLinked)");
        let wanted = paceline_engine::tokenized::Associate {
            request: request("a:3"),
            token: secret("other"),
            association: association("association-gpt"),
            proven: proof,
            with_information: false,
        };
        let taken = engine.associate(wanted, keyed("associateAccount", "a:3", 1)).await;
        assert_eq!(words(taken), "400 Refused(AssociationTaken)");
        let spent = capture(&engine, "cap:1", "other", dollars(1)).await;
        assert_eq!(spent, "400 Refused(TokenUnknown)", "nothing has changed");
    });
}

#[test]
fn a_proof_that_nobody_gave_or_that_was_given_up_is_refused() {
    run(async {
        let engine = Integrator::new().open();
        sally(&engine).await;
        let nobody = words(associate(&engine, "gpt", "a:1", redirect("gpt")).await);
        assert_eq!(nobody, "400 Refused(AuthenticationUnknown)");
        approve(&engine, "auth:gpt", "acct-sally").await;
        engine.give_up(&request("auth:gpt")).await.unwrap();
        let given_up = words(associate(&engine, "gpt", "a:1", redirect("gpt")).await);
        assert_eq!(given_up, "400 Refused(AuthenticationUnusable)");
        let unsent = words(associate(&engine, "gpt", "a:1", guessed("otp:9", "123456")).await);
        assert_eq!(unsent, "400 Refused(OtpUnknown)");
    });
}

#[test]
fn a_refresh_keeps_the_token_and_moves_its_end() {
    run(async {
        let mut integrator = Integrator::new();
        integrator.shop.options.tokenized.token_lives = std::time::Duration::ZERO;
        let engine = linked(&integrator).await;
        let expired = capture(&engine, "cap:1", "gpt", dollars(1)).await;
        assert!(expired.contains("RefreshRequired"), "{expired}");
        integrator.shop.options.tokenized.token_lives = std::time::Duration::from_secs(3600);
        let engine = integrator.open();
        let to = OtpReceiver::Association(association("association-gpt"));
        send_otp(&engine, "otp:2", to).await;
        let refreshed = refresh(&engine, "ref:1", "gpt", sent(&integrator, "otp:2")).await;
        assert!(refreshed.contains("Refreshed") && refreshed.contains("Ok("), "{refreshed}");
        assert!(capture(&engine, "cap:2", "gpt", dollars(1)).await.contains("Ok(())"));
        let before = capture(&engine, "cap:1", "gpt", dollars(1)).await;
        assert_eq!(before, expired, "a decline is terminal");
        let unknown = refresh(&engine, "ref:2", "never", sent(&integrator, "otp:2")).await;
        assert_eq!(unknown, "400 Refused(TokenUnknown)");
    });
}

#[test]
fn a_proof_of_another_account_charges_nobody() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        sally(&engine).await;
        customer(&engine, "bob", "bob@otheremail.com", "+15550100002", 5).await;
        link(&engine, "bob", "gpt").await;
        send_to_phone(&engine, "otp:1").await;
        let mut challenged = pay("cap:1", "gpt", dollars(1));
        challenged.proven = Some(sent(&integrator, "otp:1"));
        let other = words(engine.capture(challenged.clone(), keyed("capture", "cap:1", 1)).await);
        assert!(other.contains("ProofNotMatched"), "{other}");
        approve(&engine, "auth:sally", "acct-sally").await;
        challenged.request = request("cap:2");
        challenged.proven = Some(Proven::Redirect { authentication: request("auth:sally") });
        let other = words(engine.capture(challenged.clone(), keyed("capture", "cap:2", 1)).await);
        assert_eq!(other, "400 Refused(AuthenticationUnusable)");
        assert_eq!(balance(&engine, "bob").await, dollars(5));
        approve(&engine, "auth:none", "bob").await;
        challenged.proven = Some(Proven::Redirect { authentication: request("auth:none") });
        let unbound = words(engine.capture(challenged.clone(), keyed("capture", "cap:2", 1)).await);
        assert_eq!(
            unbound, "400 Refused(AuthenticationUnusable)",
            "what makes a link pays nothing"
        );
        let bound = Some(association("association-gpt"));
        approve_for(&engine, "auth:bob", "bob", bound).await;
        challenged.proven = Some(Proven::Redirect { authentication: request("auth:bob") });
        let own = words(engine.capture(challenged.clone(), keyed("capture", "cap:2", 1)).await);
        assert!(own.contains("Ok(())"), "{own}");
        challenged.request = request("cap:3");
        let used = words(engine.capture(challenged, keyed("capture", "cap:3", 1)).await);
        assert_eq!(used, "400 Refused(AuthenticationUnusable)");
    });
}

#[test]
fn a_revoked_link_has_its_own_result() {
    run(async {
        let engine = linked(&Integrator::new()).await;
        engine.invalidate_link(&association("association-gpt")).await.unwrap();
        let revoked = capture(&engine, "cap:1", "gpt", dollars(1)).await;
        assert!(revoked.contains("LinkInvalidated"), "{revoked}");
        let bound = Some(association("association-gpt"));
        approve_for(&engine, "auth:again", "acct-sally", bound).await;
        let again = Proven::Redirect { authentication: request("auth:again") };
        let refreshed = refresh(&engine, "ref:1", "gpt", again.clone()).await;
        assert!(refreshed.contains("Refreshed") && refreshed.contains("LinkInvalidated"));
        assert_eq!(refresh(&engine, "ref:1", "gpt", again).await, refreshed);
    });
}

#[test]
fn a_closed_account_is_not_linked() {
    run(async {
        let engine = Integrator::new().open();
        sally(&engine).await;
        engine.close_account(&account("acct-sally"), Closure::Asked).await.unwrap();
        let closed = link(&engine, "acct-sally", "gpt").await;
        assert!(closed.contains("AccountClosed"), "{closed}");
    });
}

#[test]
fn who_signs_in_is_the_customer_with_this_password_and_nobody_else() {
    run(async {
        use paceline_domain::account::Profile;
        use paceline_domain::name::Identifier;
        let engine = Integrator::new().open();
        let email = Some(text("sally@otheremail.com"));
        let profile = Profile { email, ..Profile::default() };
        let new = paceline_engine::tokenized::NewAccount {
            id: account("sally"),
            currency: crate::common::usd(),
            profile,
            password: Some(secret("correct horse")),
        };
        engine.open_account(new).await.unwrap();
        let who = Identifier::Email(text("Sally@otheremail.com"));
        let found = engine.sign_in(&who, &secret("correct horse")).await.unwrap();
        assert_eq!(found.unwrap().account, account("sally"));
        assert_eq!(engine.sign_in(&who, &secret("battery")).await, Ok(None));
        let nobody = Identifier::Email(text("nobody@otheremail.com"));
        assert_eq!(engine.sign_in(&nobody, &secret("correct horse")).await, Ok(None));
    });
}

#[test]
fn neither_a_token_nor_a_password_is_on_the_disk_or_printed() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        sally(&engine).await;
        send_to_phone(&engine, "otp:1").await;
        let token = "Zk3vQ0p7bT1xS2dXb0VfTGFya0dQVC03NzE";
        let proof = sent(&integrator, "otp:1");
        let wanted = paceline_engine::tokenized::Associate {
            request: request("assoc:1"),
            token: secret(token),
            association: association("public"),
            proven: proof.clone(),
            with_information: true,
        };
        let linked = engine.associate(wanted, keyed("associateAccount", "assoc:1", 1)).await;
        assert!(words(linked).contains("account: acct-sally"));
        capture(&engine, "cap:1", token, dollars(1)).await;
        let password = integrator.phones.password();
        let kept = everything(&integrator);
        assert!(kept.windows(5).any(|part| part == b"cap:1"), "something is looked through");
        for secret in [token.as_bytes(), password.expose()] {
            assert!(!kept.windows(secret.len()).any(|part| part == secret));
        }
        let printed = format!("{:?} {proof:?}", pay("cap:2", token, dollars(1)));
        assert!(!printed.contains(token) && printed.contains("Secret(…)"), "{printed}");
    });
}

/// All bytes of all streams.
fn everything(integrator: &Integrator) -> Vec<u8> {
    use paceline_storage::EventLog;
    let log = &integrator.shop.log;
    let mut bytes = vec![];
    for kind in paceline_engine::Kind::ALL {
        for stream in log.streams(kind as u8, None, usize::MAX).unwrap() {
            let stored = log.read(stream).unwrap();
            bytes.extend(stored.due.into_iter().flat_map(|due| due.note));
            bytes.extend(log.history(stream).unwrap().into_iter().flatten());
        }
    }
    bytes
}

#[test]
fn a_telephone_gets_so_many_passwords_and_no_more_though_they_are_asked_for_at_once() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open();
        sally(&engine).await;
        let most = integrator.shop.options.tokenized.otp_limit.messages;
        let ids: Vec<String> = (0..2 * most).map(|number| format!("otp:{number}")).collect();
        let answers = join_all(ids.iter().map(|id| send_to_phone(&engine, id))).await;
        let over = |answer: &&String| answer.contains("TooManyMessages");
        assert_eq!(answers.iter().filter(over).count(), most, "{answers:?}");
        assert_eq!(integrator.phones.messages.lock().unwrap().len(), most);
        // Another owner of the same streams.
        let engine = integrator.open();
        assert!(send_to_phone(&engine, "otp:more").await.contains("TooManyMessages"));
        for (id, answer) in ids.iter().zip(&answers) {
            assert_eq!(&send_to_phone(&engine, id).await, answer);
        }
    });
}
