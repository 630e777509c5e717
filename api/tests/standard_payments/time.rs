//! What time does to passwords, tokens and answers, as Google hears it: the wire in this process, on
//! engines whose clock goes ahead.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::ArbiterHandle;
use paceline_api::config::Config;
use paceline_api::standard_payments::development::Development;
use paceline_api::standard_payments::{Door, Method, Wire, Words};
use paceline_api::ucp;
use paceline_domain::tables::Tables;
use paceline_domain::time::Timestamp;
use paceline_engine::bank::Asking;
use paceline_engine::gateway::simulated::{Simulated, SimulatedOptions};
use paceline_engine::messenger::{Message, Messenger, Sent};
use paceline_engine::{Engine, Options, Outside, SealKey, Surroundings, System, Voices};
use paceline_envelope::Envelope;
use paceline_storage::MemoryLog;
use serde_json::{Value, json};

use super::google::{SALLY, capture, request};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The machine, so far ahead.
struct Ahead(Duration);

impl Surroundings for Ahead {
    fn now(&self) -> Timestamp {
        System.now().after(self.0)
    }

    fn unguessable(&self) -> u128 {
        System.unguessable()
    }

    fn workers(&self, count: usize) -> Vec<ArbiterHandle> {
        System.workers(count)
    }

    fn aside(&self, work: Box<dyn FnOnce() + Send>) {
        System.aside(work);
    }
}

/// Remembers the last message.
#[derive(Default)]
struct Telephone(Mutex<Option<Message>>);

impl Telephone {
    fn password(&self) -> String {
        let last = self.0.lock().unwrap();
        std::str::from_utf8(last.as_ref().unwrap().password.expose()).unwrap().to_owned()
    }
}

impl Messenger for Telephone {
    fn send(&self, message: Message) -> Asking<'_, Sent> {
        *self.0.lock().unwrap() = Some(message);
        Box::pin(async { Sent::Sent })
    }
}

/// As it is shipped; engines run on it one after the other.
struct Integrator {
    config: Config,
    log: Arc<MemoryLog>,
    telephone: Arc<Telephone>,
    wire: Arc<Wire<Method>>,
}

impl Integrator {
    fn new() -> Self {
        let config = Config::load(None, []).unwrap();
        let wanted = &config.tokenized;
        let wire = Wire::new(Door {
            base_path: wanted.base_path.clone(),
            accounts: wanted.accounts.clone(),
            envelope: Arc::new(Envelope::Plaintext),
            clock_tolerance: wanted.clock_tolerance,
            dialect: Arc::clone(&wanted.dialect),
        });
        Self { log: Arc::new(MemoryLog::new()), telephone: Arc::default(), wire, config }
    }

    /// - `ahead`: how far this engine's clock is.
    fn open(&self, ahead: Duration) -> Engine {
        let wanted = &self.config.tokenized;
        let none = Duration::ZERO;
        let at_once = SimulatedOptions { seed: 1, latency_median: none, latency_p99: none };
        let gateway = Arc::new(Simulated::new(at_once, Arc::new(MemoryLog::new())));
        let messenger = Some(Arc::clone(&self.telephone) as Arc<dyn Messenger>);
        let settings = self.config.merchant.settings(&self.config.platform, "http://127.0.0.1:1");
        let words = Words::new(wanted.results.clone(), wanted.dialect.unknown_capture);
        let voices = Voices {
            tokenized: Some(Arc::new(words)),
            ..Voices::new(Arc::new(ucp::Words::new(&settings)))
        };
        Engine::start(
            self.options(),
            Arc::clone(&self.log) as _,
            Outside { messenger, ..Outside::new(gateway) },
            voices,
            Arc::new(Ahead(ahead)),
            Arc::new(Tables::default()),
            SealKey::new(&[7; 32]),
        )
    }

    fn options(&self) -> Options {
        Options {
            workers: 1,
            asks_max: 64,
            actors_live_max: 64,
            answers_cached_bytes_max: 1 << 20,
            session_lives: DAY,
            answers_kept: DAY,
            complete_deadline: DAY,
            gateway_timeout: DAY,
            tokenized: self.config.tokenized.options.clone(),
            card: paceline_engine::card::Options::default(),
        }
    }

    /// What a 200 says, but for its header.
    async fn done(&self, engine: &Engine, method: Method, id: &str, members: Value) -> Value {
        let body = request(id, members).to_string();
        let answer = self.wire.answer(engine, method, body.into()).await;
        let mut told: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer.status, 200, "{id}: {told}");
        told.as_object_mut().unwrap().remove("responseHeader").unwrap();
        told
    }

    /// Has a password sent, and presents it.
    async fn sent(&self, engine: &Engine, id: &str, to: Value) -> Value {
        let mut members = to;
        members["smsMatchingToken"] = json!("Qm4tZ8kLp0w");
        let told = self.done(engine, Method::SendOtp, id, members).await;
        assert_eq!(told["result"], "SUCCESS");
        json!({"sendOtpRequestId": id, "otp": self.telephone.password()})
    }

    /// Links Sally's account.
    async fn linked(&self, engine: &Engine) -> Value {
        Development::default().open_samples(engine).await;
        let otp = self.sent(engine, "otp:link", json!({"accountPhoneNumber": SALLY})).await;
        self.done(engine, Method::AssociateAccount, "link", link(&otp)).await
    }
}

fn link(otp: &Value) -> Value {
    json!({"googlePaymentToken": "token", "associationId": "association",
        "provideUserInformation": true, "otpVerification": otp})
}

fn refresh(otp: &Value) -> Value {
    json!({"googlePaymentToken": "token", "otpVerification": otp})
}

fn run(story: impl Future<Output = ()> + 'static) {
    actix::System::new().block_on(story);
}

#[test]
fn a_token_that_has_expired_is_answered_with_token_refresh_required_until_it_is_refreshed() {
    run(async {
        let integrator = Integrator::new();
        integrator.linked(&integrator.open(Duration::ZERO)).await;
        let engine = integrator.open(integrator.config.tokenized.options.token_lives + DAY);
        let told = integrator.done(&engine, Method::Capture, "c", capture("token", 10_000)).await;
        assert_eq!(told["result"], "TOKEN_REFRESH_REQUIRED");
        let association = json!({"associationId": "association"});
        let otp = integrator.sent(&engine, "otp:refresh", association).await;
        let told = integrator.done(&engine, Method::RefreshToken, "r", refresh(&otp)).await;
        assert_eq!(told["result"], "SUCCESS");
        let told = integrator.done(&engine, Method::Capture, "d", capture("token", 10_000)).await;
        assert_eq!(told["result"], "SUCCESS");
    });
}

#[test]
fn a_password_that_has_expired_is_answered_with_otp_expired_whatever_it_is_presented_for() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open(Duration::ZERO);
        integrator.linked(&engine).await;
        let association = json!({"associationId": "association"});
        let unbound = integrator.sent(&engine, "a", json!({"accountPhoneNumber": SALLY})).await;
        let bound = integrator.sent(&engine, "b", association).await;
        let engine = integrator.open(integrator.config.tokenized.options.otp_lives);
        let mut linking = link(&unbound);
        linking["googlePaymentToken"] = json!("another");
        linking["associationId"] = json!("another");
        let mut charged = capture("token", 10_000);
        charged["otpVerification"] = bound.clone();
        for (method, members) in [
            (Method::VerifyOtp, unbound.clone()),
            (Method::AssociateAccount, linking),
            (Method::RefreshToken, refresh(&bound)),
            (Method::Capture, charged),
        ] {
            let told = integrator.done(&engine, method, "late", members).await;
            assert_eq!(told["result"], "OTP_EXPIRED", "{method:?}");
        }
    });
}

#[test]
fn a_repeat_just_before_its_thirtieth_day_gets_the_first_answer() {
    run(async {
        let integrator = Integrator::new();
        let engine = integrator.open(Duration::ZERO);
        let linked = integrator.linked(&engine).await;
        let (some, too_much) = (capture("token", 1_000_000), capture("token", 900_000_000));
        let refund = json!({"paymentIntegratorAccountId": super::google::ACCOUNT,
            "captureRequestId": "some", "currencyCode": "USD", "refundAmount": "1000000"});
        let asked = [
            (Method::Capture, "some", some),
            (Method::Capture, "too-much", too_much),
            (Method::Refund, "refund", refund),
        ];
        let mut first = vec![];
        for (method, id, members) in &asked {
            first.push(integrator.done(&engine, *method, id, members.clone()).await);
        }
        let engine = integrator.open(30 * DAY - Duration::from_secs(60));
        for ((method, id, members), first) in asked.into_iter().zip(first) {
            let again = integrator.done(&engine, method, id, members).await;
            assert_eq!(again, first, "{id}");
        }
        let otp = json!({"sendOtpRequestId": "otp:link", "otp": integrator.telephone.password()});
        let again = integrator.done(&engine, Method::AssociateAccount, "link", link(&otp)).await;
        assert_eq!(again, linked);
        let sally = paceline_domain::ids::AccountId::parse("acct-sally").unwrap();
        assert_eq!(engine.account(&sally).await.unwrap().balance.0, 500_000_000);
    });
}
