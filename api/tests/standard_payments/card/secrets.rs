//! Numbers, names, codes and cryptograms are nowhere but where they have to be: in no line of the
//! log, no file, no metric and no story, however much is logged.

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::json;

use super::google::{
    CVN, Google, NAME, cancel, capture, card, defence, done, fails, none_applies, operate, payment,
    refund, verification,
};
use crate::common::{Serving, serve_in, until};

/// Used here and nowhere else. Each passes Luhn's check.
const NUMBERS: [&str; 4] =
    ["4485275742308327", "4929814301274431", "5425233430109903", "4000005100000000"];
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

/// A secret in every form in which somebody could have written it.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    // Wherever in a longer text it begins, some of these are in it.
    forms.extend((0..3).map(|shift| base64(secret.as_bytes(), shift).into_bytes()));
    if secret.len() >= 12 && secret.bytes().all(|byte| byte.is_ascii_digit()) {
        forms.push(packed(secret));
        forms.push(packed(&format!("0{secret}")));
        let spaced: Vec<&str> = [&secret[..4], &secret[4..8], &secret[8..12], &secret[12..]].into();
        forms.extend([spaced.join(" "), spaced.join("-")].map(String::into_bytes));
    }
    forms
}

/// A verification code is so short that it stands in random bytes by chance: as a text in JSON, as a
/// field in a line of words, and with its length before it, as a record would have it.
fn code_forms() -> [Vec<u8>; 3] {
    [format!("\"{CVN}\""), format!("={CVN}"), format!("\u{4}{CVN}")].map(String::into_bytes)
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

/// Everything that can be asked, with every way in which it can end.
fn every_flow(serving: &Serving, google: &Google) {
    let [one, two, three, declined] = NUMBERS;
    done(serving, "reserveFunds", "r1", payment(one, 20_000_000));
    done(serving, "asynchronousCaptureFundsReservation", "c1", capture("r1", 15_000_000));
    done(serving, "reserveFunds", "r2", payment(two, 5_000_000));
    done(serving, "asynchronousCancelFundsReservation", "x2", cancel("r2"));
    done(serving, "capture", "c3", payment(three, 7_000_000));
    done(serving, "reserveFunds", "r4", payment(declined, 7_000_000));
    done(serving, "verifyCardWithMinimumReservation", "v1", verification(one));
    let mut token = payment(one, 9_000_000);
    token["accountDetails"] = json!({"paymentToken": {"paymentTokenAccountNumber": one,
        "nameOnCard": NAME, "expiryMonth": "11", "expiryYear": "38", "cryptogram": CRYPTOGRAM,
        "tokenTypeDeviceToken": {}}});
    let mut options = none_applies();
    options.as_object_mut().unwrap().remove("threeDSecureNotAppplicable");
    options["threeDSecureAuthenticationDetails"] = json!({"cavv": CAVV, "threeDsVersion": "2.2.0"});
    token["additionalTransactionProcessingOptions"] = options;
    done(serving, "capture", "t1", token.clone());
    google.awaited("captureFundsReservationResultNotification");
    done(serving, "asynchronousRefund", "f1", refund("c1", 5_000_000));
    google.awaited("refundResultNotification");
    assert!(operate(serving, &["dispute", "open", "c1", "--case", "cb", "--code", "10.4"]).0);
    done(serving, "defendChargeback", "d1", defence("c1"));
    assert!(operate(serving, &["dispute", "reverse", "c1", "--case", "cb", "--code", "WON"]).0);
    assert!(operate(serving, &["keys", "rotate", "--cards"]).0);

    // What is wrong, with secrets in places where nobody expects them.
    fails(serving, "reserveFunds", "r1", payment(two, 1_000_000));
    let mut wrong = payment(one, 1_000_000);
    wrong["accountDetails"]["card"]["accountNumber"] = json!(format!("{one}x"));
    fails(serving, "capture", "w1", wrong);
    let mut wrong = payment(one, 1_000_000);
    wrong["accountDetails"]["card"]["expiryMonth"] = json!(one);
    wrong["currencyCode"] = json!(two);
    fails(serving, "capture", "w2", wrong);
    let mut wrong = payment(one, 1_000_000);
    wrong["accountDetails"]["card"]["cvn"] = json!(format!("{CVN}1"));
    fails(serving, "capture", "w3", wrong);
    token["accountDetails"]["card"] = card(one);
    fails(serving, "capture", "w4", token);
    let broken = format!("{{\"accountNumber\": \"{one}\", ");
    serving.post("/card/v1/capture", crate::common::JSON, &broken);
    for number in ["4000011000000009", "4000001900000001"] {
        let answer = super::google::send(
            serving,
            "reserveFunds",
            &crate::standard_payments::google::request(number, payment(number, 1_000_000)),
        );
        assert!(matches!(answer.status, 200 | 503), "{}", answer.body);
    }
}

/// The answer never comes; what it takes to ask again is on disk.
fn dies_while_the_acquirer_is_asked(serving: &mut Serving) {
    const SLOW: &str = "4000011400000005";
    thread::scope(|scope| {
        let asked = super::super::google::request("slow", payment(SLOW, 3_000_000));
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
    let google = Google::listen();
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("paceline.toml"), google.config()).unwrap();
    let mut serve = serve_in(home.path());
    serve.env("RUST_LOG", "trace");
    let serving = Serving::spawned(home, serve);
    every_flow(&serving, &google);
    until(|| operate(&serving, &["notices", "list", "--format", "csv"]).1.lines().count() == 1);

    let secrets = NUMBERS.iter().chain(&[NAME, CRYPTOGRAM, CAVV]).flat_map(|secret| forms(secret));
    let secrets: Vec<Vec<u8>> = secrets.chain(code_forms()).collect();
    let metrics = serving.ask_admin("GET", "/metrics").body;
    searched("the metrics", metrics.as_bytes(), &secrets);
    searched("what Google was told", google.everything().as_bytes(), &secrets);
    let shown = operate(&serving, &["dispute", "show", "c1"]).1;
    searched("dispute show", shown.as_bytes(), &secrets);
    let word = |prefix: &str| {
        let word = shown.split_whitespace().find(|word| word.starts_with(prefix)).unwrap();
        word.to_owned()
    };
    for (entity, id) in [("card", word("crd_")), ("card-payment", word("pay_"))] {
        let story = operate(&serving, &["inspect", entity, &id]);
        assert!(story.0, "{}", story.2);
        searched(entity, story.1.as_bytes(), &secrets);
    }
    let data = serving.data_dir();
    let log = serving.home().join("log");
    let while_it_runs = all_files(&data, &secrets);
    assert!(while_it_runs > 10, "{while_it_runs} files");
    serving.signal("TERM");
    let mut serving = serving;
    assert!(serving.ended().success());
    all_files(&data, &secrets);
    let log = fs::read(log).unwrap();
    assert!(log.windows(5).any(|level| level == b"TRACE"), "it is the most verbose log");
    searched("the log", &log, &secrets);

    let mut serving = serving.again_with("RUST_LOG", Path::new("trace"));
    dies_while_the_acquirer_is_asked(&mut serving);
    all_files(&data, &secrets);
    searched("the log", &fs::read(serving.home().join("log")).unwrap(), &secrets);
}
