//! Numbers, names, codes and cryptograms are nowhere but where they have to be: in no line of the
//! log, no file, no answer, no metric and no story, however much is logged.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use super::google::{
    CVN, Google, NAME, cancel, capture, card, defence, none_applies, operate, payment, refund,
    verification,
};
use crate::common::{JSON, Serving, serve_in, until};
use crate::standard_payments::google::request;

const ONE: &str = "4485275742308327";
const TWO: &str = "4929814301274431";
const THREE: &str = "5425233430109903";
const DECLINED: &str = "4000005100000000";
/// Its first answer is lost.
const LOST: &str = "4000011000000009";
const UNAVAILABLE: &str = "4000001900000001";
/// Under way when the process dies.
const SLOW: &str = "4000011400000005";
/// All that are sent. Each passes Luhn's check.
const NUMBERS: [&str; 7] = [ONE, TWO, THREE, DECLINED, LOST, UNAVAILABLE, SLOW];
const CRYPTOGRAM: &str = "AgAAAAAAqT8z4bYb6UuAAAZ7xQM=";
const CAVV: &str = "jBqD4VkYhPXqARIkQkNTAQMXyzI=";

fn base64(bytes: &[u8], shift: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole = &bytes[shift..shift + (bytes.len() - shift) / 3 * 3];
    let sextets = |three: &[u8]| {
        let word = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
        [18, 12, 6, 0].map(|at| char::from(ALPHABET[(word >> at & 63) as usize]))
    };
    whole.chunks(3).flat_map(sextets).collect()
}

/// Two digits a byte, as ISO 8583 writes numbers.
fn packed(digits: &str) -> Vec<u8> {
    let even = &digits.as_bytes()[..digits.len() / 2 * 2];
    even.chunks(2).map(|two| (two[0] - b'0') << 4 | (two[1] - b'0')).collect()
}

fn hex(secret: &str) -> String {
    secret.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// As a list of numbers, which is how bytes are shown to programmers.
fn listed(secret: &str, between: &str) -> String {
    let numbers: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
    numbers.join(between)
}

/// A secret in every form in which somebody could have written it.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    // Wherever in a longer text it begins, some of these are in it.
    forms.extend((0..3).map(|shift| base64(secret.as_bytes(), shift).into_bytes()));
    forms.extend([", ", ",", " "].map(|between| listed(secret, between).into_bytes()));
    forms.extend([hex(secret), hex(secret).to_uppercase()].map(String::into_bytes));
    if secret.len() >= 12 && secret.bytes().all(|byte| byte.is_ascii_digit()) {
        forms.push(packed(secret));
        forms.push(packed(&format!("0{secret}")));
        let spaced: Vec<&str> = [&secret[..4], &secret[4..8], &secret[8..12], &secret[12..]].into();
        forms.extend([spaced.join(" "), spaced.join("-")].map(String::into_bytes));
    }
    forms
}

/// A verification code is so short that it stands in random bytes by chance: as a text in JSON, as a
/// field in a line of words, and with its length before it, as a record would have it; in forms that
/// are longer, by itself.
fn code_forms() -> Vec<Vec<u8>> {
    let hex = hex(CVN);
    let between = [format!("\"{CVN}\""), format!("={CVN}"), format!("\u{4}{CVN}")];
    let longer = [format!("\"{hex}\""), format!("={hex}"), format!("x{hex}")];
    let lists = [", ", ",", " "].map(|between| format!("[{}]", listed(CVN, between)));
    let forms = [between, longer, lists].into_iter().flatten();
    forms.map(String::into_bytes).collect()
}

fn secrets() -> Vec<Vec<u8>> {
    let whole = NUMBERS.iter().chain(&[NAME, CRYPTOGRAM, CAVV]).flat_map(|secret| forms(secret));
    whole.chain(code_forms()).collect()
}

fn searched(place: &str, bytes: &[u8], secrets: &[Vec<u8>]) {
    for secret in secrets {
        let found = bytes.windows(secret.len()).position(|window| window == secret);
        assert!(found.is_none(), "{place}, at byte {found:?}: {}", String::from_utf8_lossy(secret));
    }
}

fn all_files(dir: &Path, secrets: &[Vec<u8>]) -> usize {
    let mut read = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => read += all_files(&path, secrets),
            false => {
                searched(&path.display().to_string(), &fs::read(&path).unwrap(), secrets);
                read += 1;
            }
        }
    }
    read
}

/// Whoever asks, and keeps everything that is said to it.
struct Asking<'a> {
    serving: &'a Serving,
    heard: &'a RefCell<String>,
}

impl Asking<'_> {
    fn sent(&self, method: &str, body: &str) -> u16 {
        let answer = self.serving.post(&format!("/card/v1/{method}"), JSON, body);
        *self.heard.borrow_mut() += &(answer.headers + &answer.body);
        answer.status
    }

    fn answered(&self, method: &str, id: &str, members: Value) -> u16 {
        self.sent(method, &request(id, members).to_string())
    }

    fn done(&self, method: &str, id: &str, members: Value) {
        assert_eq!(self.answered(method, id, members), 200, "{method} {id}");
    }

    fn fails(&self, method: &str, id: &str, members: Value) {
        let status = self.answered(method, id, members);
        assert!((400..500).contains(&status), "{method} {id}: {status}");
    }

    fn operated(&self, args: &[&str]) -> (bool, String) {
        let (ok, out, err) = operate(self.serving, args);
        *self.heard.borrow_mut() += &format!("{out}{err}");
        (ok, out)
    }

    fn ran(&self, args: &[&str]) -> String {
        let (ok, out) = self.operated(args);
        assert!(ok, "{args:?}");
        out
    }
}

/// Everything that can be asked, with every way in which it can end.
fn every_flow(asking: &Asking<'_>, google: &Google) {
    asking.done("reserveFunds", "r1", payment(ONE, 20_000_000));
    asking.done("asynchronousCaptureFundsReservation", "c1", capture("r1", 15_000_000));
    asking.done("reserveFunds", "r2", payment(TWO, 5_000_000));
    asking.done("asynchronousCancelFundsReservation", "x2", cancel("r2"));
    asking.done("capture", "c3", payment(THREE, 7_000_000));
    asking.done("reserveFunds", "r4", payment(DECLINED, 7_000_000));
    asking.done("verifyCardWithMinimumReservation", "v1", verification(ONE));
    asking.done("capture", "t1", paid_with_a_token());
    google.awaited("captureFundsReservationResultNotification");
    asking.done("asynchronousRefund", "f1", refund("c1", 5_000_000));
    google.awaited("refundResultNotification");
    let lost = payment(LOST, 1_000_000);
    assert!(matches!(asking.answered("reserveFunds", "lost", lost), 200 | 503));
    let unavailable = payment(UNAVAILABLE, 1_000_000);
    assert_eq!(asking.answered("reserveFunds", "unavailable", unavailable), 503);
    operators_flows(asking);
    wrong_flows(asking);
}

fn paid_with_a_token() -> Value {
    let mut body = payment(ONE, 9_000_000);
    body["accountDetails"] = json!({"paymentToken": {"paymentTokenAccountNumber": ONE,
        "nameOnCard": NAME, "expiryMonth": "11", "expiryYear": "38", "cryptogram": CRYPTOGRAM,
        "tokenTypeDeviceToken": {}}});
    let mut options = none_applies();
    options.as_object_mut().unwrap().remove("threeDSecureNotAppplicable");
    options["threeDSecureAuthenticationDetails"] = json!({"cavv": CAVV, "threeDsVersion": "2.2.0"});
    body["additionalTransactionProcessingOptions"] = options;
    body
}

fn operators_flows(asking: &Asking<'_>) {
    asking.ran(&["dispute", "inquire", "c1", "--case", "q", "--code", "10.4"]);
    asking.ran(&["dispute", "open", "c1", "--case", "cb", "--code", "10.4"]);
    let mut evidence = defence("c1");
    let receipt = format!("%PDF-1.4 card {ONE} of {NAME}, verification code=\"{CVN}\"");
    let pdf = format!("{receipt:120}"); // whole groups of base64
    evidence["defenseMaterialDocument"]["payload"] = json!(base64(pdf.as_bytes(), 0));
    asking.done("defendChargeback", "d1", evidence);
    asking.ran(&["dispute", "reverse", "c1", "--case", "cb", "--code", "WON"]);
    asking.ran(&["fraud", "report", "c1", "--code", "TC40"]);
    let another =
        asking.operated(&["card", "reference", "capture", "c1", "74537605259000000000011"]);
    assert!(!another.0, "the acquirer has told one already");
    asking.ran(&["card", "refund-reversed", "f1", "--code", "46"]);
    asking.ran(&["card", "settle"]);
    asking.ran(&["keys", "rotate", "--cards"]);
    asking.ran(&["keys", "reseal"]);
    asking.ran(&["keys", "retire", "--cards", "key-1"]);
    asking.ran(&["keys", "list", "--cards"]);
    let shown = asking.ran(&["dispute", "show", "c1"]);
    for (entity, prefix) in [("card", "crd_"), ("card-payment", "pay_")] {
        let id = shown.split_whitespace().find(|word| word.starts_with(prefix)).unwrap();
        asking.ran(&["inspect", entity, id]);
    }
    let document = shown.split_whitespace().find(|word| word.starts_with("doc_")).unwrap();
    let handed_on = asking.serving.ask_admin("GET", &format!("/cards/documents/{document}"));
    assert_eq!(handed_on.body, pdf, "whoever passes it on gets it as it came");
    // What is under the newer key opens.
    asking.done("asynchronousRefund", "f2", refund("c3", 1_000_000));
}

/// What is wrong, with secrets in places where nobody expects them.
fn wrong_flows(asking: &Asking<'_>) {
    let right = payment(ONE, 1_000_000);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        wrong
    };
    let in_card = |member: &str, value: String| {
        with(&|wrong| wrong["accountDetails"]["card"][member] = json!(value))
    };
    asking.fails("reserveFunds", "r1", payment(TWO, 1_000_000));
    asking.fails("capture", "w1", in_card("accountNumber", format!("{ONE}x")));
    asking.fails("capture", "w2", in_card("expiryMonth", ONE.to_owned()));
    asking.fails("capture", "w3", in_card("cvn", format!("{CVN}1")));
    asking.fails("capture", "w4", with(&|wrong| wrong["currencyCode"] = json!(TWO)));
    asking.fails("capture", "w5", with(&|wrong| wrong["amount"] = json!(ONE)));
    asking.fails("capture", "w6", with(&|wrong| wrong["merchantCategoryCode"] = json!(ONE)));
    let described = with(&|wrong| wrong["transactionDescription"] = json!(format!("of {ONE}")));
    asking.fails("capture", "w7", described);
    asking.fails("capture", ONE, right.clone());
    assert_eq!(asking.sent(TWO, "{}"), 404);
    let mut both = paid_with_a_token();
    both["accountDetails"]["card"] = card(ONE);
    asking.fails("capture", "w8", both);
    assert_eq!(asking.sent("capture", &format!("{{\"accountNumber\": \"{ONE}\", ")), 400);
}

/// The answer never comes; what it takes to ask again is on disk.
fn dies_while_the_acquirer_is_asked(serving: &mut Serving) {
    thread::scope(|scope| {
        let asked = request("slow", payment(SLOW, 3_000_000));
        let asking = {
            let serving = &*serving;
            scope.spawn(move || super::google::send(serving, "reserveFunds", &asked))
        };
        let story = ["inspect", "card-payment", "InvisiCardUSA_USD/slow"];
        until(|| operate(serving, &story).0);
        serving.signal("KILL");
        assert!(asking.join().is_err(), "nobody answers");
    });
    assert!(!serving.ended().success());
}

#[test]
fn no_secret_of_a_card_is_written_anywhere() {
    let secrets = secrets();
    let google = Google::listen();
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("paceline.toml"), google.config()).unwrap();
    let mut serve = serve_in(home.path());
    serve.env("RUST_LOG", "trace");
    let mut serving = Serving::spawned(home, serve);
    let (data, log) = (serving.data_dir(), serving.home().join("log"));
    let heard = RefCell::new(String::new());
    every_flow(&Asking { serving: &serving, heard: &heard }, &google);
    let all_is_told = |serving: &Serving| {
        until(|| operate(serving, &["notices", "list", "--format", "csv"]).1.lines().count() == 1);
    };
    all_is_told(&serving);
    let metrics = serving.ask_admin("GET", "/metrics").body;
    searched("the metrics", metrics.as_bytes(), &secrets);
    let while_it_runs = all_files(&data, &secrets);
    assert!(while_it_runs > 10, "{while_it_runs} files");
    serving.signal("TERM");
    assert!(serving.ended().success());
    all_files(&data, &secrets);

    let mut serving = serving.again_with("RUST_LOG", Path::new("trace"));
    dies_while_the_acquirer_is_asked(&mut serving);
    all_files(&data, &secrets);
    let mut serving = serving.again_with("RUST_LOG", Path::new("trace"));
    let asking = Asking { serving: &serving, heard: &heard };
    until(|| asking.answered("reserveFunds", "slow", payment(SLOW, 3_000_000)) == 200);
    asking.done("asynchronousCaptureFundsReservation", "late", capture("slow", 3_000_000));
    asking.ran(&["inspect", "card-payment", "InvisiCardUSA_USD/slow"]);
    all_is_told(&serving);
    serving.signal("TERM");
    assert!(serving.ended().success());

    all_files(&data, &secrets);
    let log = fs::read(log).unwrap();
    assert!(log.windows(5).any(|level| level == b"TRACE"), "it is the most verbose log");
    searched("the log", &log, &secrets);
    searched("what Google was told", google.everything().as_bytes(), &secrets);
    searched("the answers", heard.borrow().as_bytes(), &secrets);
}

#[test]
fn a_secret_is_found_in_each_of_its_forms() {
    let secrets = secrets();
    for told in [
        ONE.to_owned(),
        format!("{:?}", ONE.as_bytes()),
        format!("{:?}", CVN.as_bytes()),
        format!("x{}", hex(NAME)),
        format!("={}", hex(CVN)),
        "5425-2334-3010-9903".to_owned(),
        base64(format!("ab{SLOW}").as_bytes(), 0),
    ] {
        let found = std::panic::catch_unwind(|| searched("here", told.as_bytes(), &secrets));
        assert!(found.is_err(), "{told}");
    }
}
