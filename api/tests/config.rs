//! The configuration: what is taken, what is refused, and in which words.

// Helpers are tests too.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use paceline_api::config::{Config, Development, EMBEDDED};
use paceline_api::standard_payments::TotalDue;
use paceline_api::ucp::IdForm;
use paceline_domain::market::{Address, Reduction};
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_domain::text::Text;
use proptest::prelude::*;

#[test]
fn without_a_file_everything_has_a_value() {
    let config = Config::load(None, []).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.admin.listen.to_string(), "127.0.0.1:9464");
    assert_eq!(config.storage.data_dir, Path::new("data"));
    assert_eq!(config.engine.session_lives, Duration::from_secs(6 * 60 * 60));
    assert_eq!(config.merchant.ids, IdForm::Gid);
    assert!(config.server.tls.is_none());
    assert!(config.feed.is_none());
    assert!(config.platform.api_keys.is_empty());
}

#[test]
fn the_sample_file_is_the_defaults_and_whoever_has_a_file_asks_for_development() {
    let mut from_file = Config::parse(EMBEDDED, Path::new("paceline.toml"), []).unwrap();
    let from_nothing = Config::load(None, []).unwrap();
    let development = |config: &Config| config.tokenized.development;
    assert_eq!(development(&from_file), Development::Unsaid);
    assert_eq!(development(&from_nothing), Development::WherePossible);
    from_file.tokenized.development = Development::WherePossible;
    assert_eq!(format!("{from_file:?}"), format!("{from_nothing:?}"));
}

#[test]
fn every_key_that_the_sample_only_mentions_is_a_key() {
    let told: String = EMBEDDED
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| is_key(key)) => rest,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = parse(&told).unwrap();
    assert!(config.server.tls.is_some());
    assert!(config.engine.workers.is_some());
    assert!(config.merchant.endpoint.is_some());
    assert!(config.feed.is_some());
}

#[test]
fn the_sample_gives_the_numbers_of_the_guide() {
    let tables = Config::load(None, []).unwrap().tables;
    let usd = CurrencyCode::parse("USD").unwrap();
    let mountain_view = Address {
        region: Some(text("CA")),
        country: Some(text("US")),
        postal_code: Some(text("94043")),
        ..Address::default()
    };
    let rates: Vec<(String, u64)> = tables
        .rates(&mountain_view, usd)
        .iter()
        .map(|rate| (rate.id.to_string(), rate.price.0))
        .collect();
    assert_eq!(rates, [("ship_ground".to_owned(), 500), ("ship_express".to_owned(), 1500)]);
    assert_eq!(tables.tax(&mountain_view, MinorUnits(10_000)), MinorUnits(850));
    assert!(tables.takes_handler("gpay"));
    for automatic in tables.discounts_automatic() {
        assert!(automatic.subtotal_min > MinorUnits(10_000), "it would change the guide's total");
    }
    for code in ["JPY", "KWD"] {
        assert_eq!(tables.rates(&mountain_view, CurrencyCode::parse(code).unwrap()).len(), 2);
    }
}

#[test]
fn the_sample_shows_each_kind_of_discount() {
    let tables = Config::load(None, []).unwrap().tables;
    let percent = tables.discount("tenoff").unwrap();
    assert!(matches!(percent.reduction, Reduction::Percent(_)) && percent.combines);
    let amount = tables.discount("FIVEOFF").unwrap();
    assert!(matches!(amount.reduction, Reduction::Amount(MinorUnits(500), _)));
    assert_eq!(amount.subtotal_min, MinorUnits(2_000));
    assert!(!tables.discount("SOLO20").unwrap().combines);
    assert_eq!(tables.discount("SUMMER25").unwrap().expires_at.unwrap().0, 1_756_684_800_000);
    assert_eq!(tables.discounts_automatic().len(), 1);
}

#[test]
fn the_sample_carries_the_handler_of_the_guide() {
    let config = Config::load(None, []).unwrap();
    let settings = config.merchant.settings(&config.platform, "http://127.0.0.1:8080");
    assert_eq!(settings.endpoint, "http://127.0.0.1:8080");
    let handler = &settings.handlers[0];
    assert_eq!((&handler["id"], &handler["name"]), (&"gpay".into(), &"com.google.pay".into()));
    let passed_on = &handler["config"];
    assert_eq!(passed_on["api_version"], 2);
    assert_eq!(passed_on["api_version_minor"], 0);
    assert_eq!(passed_on["merchant_info"]["merchant_id"], "12345678901234567890");
    let method = &passed_on["allowed_payment_methods"][0];
    assert_eq!(method["parameters"]["allowed_auth_methods"][1], "CRYPTOGRAM_3DS");
    assert_eq!(method["tokenization_specification"]["parameters"]["gateway"], "example");
    let kinds: Vec<&str> = settings.links.iter().map(|link| link.kind.as_str()).collect();
    assert_eq!(kinds, ["privacy_policy", "terms_of_service"]);
}

#[test]
fn a_file_changes_what_it_names_and_nothing_else() {
    let config = parse("[server]\nlisten = \"[::1]:80\"\n[tax]\nrates = []\n").unwrap();
    assert_eq!(config.server.listen.to_string(), "[::1]:80");
    assert_eq!(config.server.body_bytes_max, 131_072);
    assert_eq!(config.tables.tax(&california(), MinorUnits(10_000)), MinorUnits::ZERO);
    assert_eq!(config.tables.shipping.len(), 2);
}

#[test]
fn a_path_starts_where_it_is_written() {
    let file = Path::new("/etc/paceline/paceline.toml");
    let text = "[storage]\ndata_dir = \"data\"\n[catalogue]\nfeed = \"/srv/feed.xml\"\n";
    let config = Config::parse(text, file, []).unwrap();
    assert_eq!(config.storage.data_dir, Path::new("/etc/paceline/data"));
    assert_eq!(config.feed.as_deref(), Some(Path::new("/srv/feed.xml")));
    let config = Config::parse(text, file, env(&[("PACELINE_STORAGE__DATA_DIR", "here")])).unwrap();
    assert_eq!(config.storage.data_dir, Path::new("here"));
}

#[test]
fn the_environment_has_the_last_word() {
    let said = env(&[
        ("PACELINE_SERVER__LISTEN", "[::]:9000"),
        ("PACELINE_SERVER__CONNECTIONS_MAX", "7"),
        ("PACELINE_ENGINE__SESSION_LIVES", "90m"),
        ("PACELINE_MERCHANT__HOST", "42.example"),
        ("PACELINE_TAX__RATES", "[{ country = \"US\", rate = \"1%\" }]"),
        ("PATH", "/bin"),
    ]);
    let text = "[server]\nlisten = \"127.0.0.1:1\"\n";
    let config = Config::parse(text, Path::new("p.toml"), said).unwrap();
    assert_eq!(config.server.listen.to_string(), "[::]:9000");
    assert_eq!(config.server.connections_max, 7);
    assert_eq!(config.engine.session_lives, Duration::from_secs(90 * 60));
    assert_eq!(config.merchant.host, "42.example");
    assert_eq!(config.tables.tax(&california(), MinorUnits(10_000)), MinorUnits(100));
}

#[test]
fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
    assert_eq!(
        problems("[server]\n\nlisen = \"127.0.0.1:1\"\n"),
        ["p.toml:3: unknown key `server.lisen`; did you mean `listen`?"]
    );
    assert_eq!(
        problems("[servers]\n"),
        ["p.toml:1: unknown section `servers`; did you mean `server`?"]
    );
    assert_eq!(problems("[admin]\nzzz = 1\n"), ["p.toml:2: unknown key `admin.zzz`"]);
    assert_eq!(
        problems(
            "[shipping]\noptions = [{ id = \"a\", titel = \"b\", serves = [], prices = [\"1 USD\"] }]"
        ),
        [
            "p.toml:2: `shipping.options[0]`: `title` is missing",
            "p.toml:2: unknown key `shipping.options[0].titel`; did you mean `title`?",
        ]
    );
}

#[test]
fn an_unknown_variable_is_refused_unless_it_is_somebody_elses() {
    let refused = |name| {
        let problems = Config::load(None, env(&[(name, "1")])).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        refused("PACELINE_SERVER__LISEN"),
        ["unknown variable `PACELINE_SERVER__LISEN`; did you mean `PACELINE_SERVER__LISTEN`?"]
    );
    assert_eq!(
        refused("PACELINE_SERVER_LISTEN"),
        ["unknown variable `PACELINE_SERVER_LISTEN`; did you mean `PACELINE_SERVER__LISTEN`?"]
    );
    // Kubernetes sets these for a service called paceline.
    for name in ["PACELINE_PORT", "PACELINE_SERVICE_HOST", "PACELINE_PORT_8080_TCP_ADDR"] {
        assert!(Config::load(None, env(&[(name, "1")])).is_ok(), "{name}");
    }
}

#[test]
fn every_problem_is_told_with_its_line() {
    let text = "[server]\nlisten = \"here\"\nbody_bytes_max = 1\nheaders_timeout = \"soon\"\n\
                [engine]\nasks_max = \"many\"\nsession_lives = \"0s\"\nanswers_kept = \"1h\"\n";
    let told = problems(text);
    let expected = [
        "p.toml:2: `server.listen`: `here` is not an address",
        "p.toml:3: `server.body_bytes_max`: 1 is not between",
        "p.toml:4: `server.headers_timeout`: `soon` is not a time",
        "p.toml:6: `engine.asks_max`: a whole number is wanted, and this is a text",
        "p.toml:7: `engine.session_lives`: a time longer than none",
        "p.toml:5: `engine`: `answers_kept`: the protocol asks for 24h",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    let told = problems("[server]\nlisten = \n[server]\n");
    assert!(told[0].starts_with("p.toml:2: "), "{told:?}");
    assert!(Config::load(Some(Path::new("/nowhere/p.toml")), []).is_err());
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (text, expected) in [
        ("[server]\ntls_cert_file = \"c\"\n", "together or not at all"),
        ("[storage]\nshards = 0\n", "`storage.shards`"),
        ("[storage]\nshards = 65\n", "`storage.shards`"),
        ("[merchant]\nhost = \"a b\"\n", "is not a host"),
        ("[merchant]\nids = \"guid\"\n", "neither \"gid\" nor \"plain\""),
        ("[merchant]\nendpoint = \"ftp://x\"\n", "starts with https://"),
        ("[merchant]\nbase_path = \"ucp/\"\n", "a path such as"),
        ("[merchant]\norder_permalink = \"https://x/\"\n", "{id}"),
        ("[merchant]\nlinks = [{ type = \"faq\" }]\n", "`url` is missing"),
        ("[merchant]\nhandlers = [1]\n", "a table is wanted"),
        ("[platform]\nwho = 1\n", "unknown key"),
        ("[tax]\nrates = [{ country = \"US\", rate = \"101%\" }]\n", "percentage"),
        ("[tax]\nrates = [{ country = \"USA\", rate = \"1%\" }]\n", "not a country"),
        (
            "[tax]\nrates = [{ country = \"US\", rate = \"1%\" }, { country = \"us\", rate = \"2%\" }]\n",
            "a rate for US already",
        ),
        ("[shipping]\noptions = 1\n", "a list is wanted"),
        ("[discounts]\noffers = [{ title = \"x\", off = \"5 XXX\" }]\n", "not a currency"),
        (
            "[discounts]\noffers = [{ title = \"x\", off = \"5%\", subtotal_min = \"5 USD\" }]\n",
            "goes with an `off`",
        ),
        (
            "[discounts]\noffers = [{ code = \"A\", title = \"x\", off = \"5%\" }, { code = \"a\", title = \"x\", off = \"5%\" }]\n",
            "the code a already",
        ),
        (
            "[discounts]\noffers = [{ title = \"x\", off = \"5%\", expires_at = \"tomorrow\" }]\n",
            "not a moment",
        ),
        ("[processor]\nlatency_median = \"2s\"\nlatency_p99 = \"1s\"\n", "at least"),
        ("[processor]\nseed = 1.5\n", "a number with a point"),
        ("server = 1\n", "a table is wanted"),
        ("[server]\nrequest_timeout = \"4s\"\n", "is longer than `engine.complete_deadline`"),
    ] {
        let told = problems(text);
        assert_eq!(told.len(), 1, "{text}: {told:#?}");
        assert!(told[0].contains(expected), "{text}: {told:?}");
    }
}

#[test]
fn what_is_said_of_cards_is_checked() {
    let words = |row: &str| format!("[card]\nwords = [{row}]\n");
    for (text, what) in [
        ("[card]\nbase_path = \"/tokenized\"\n".to_owned(), "a path has one meaning"),
        ("[card]\naccounts = []\n".to_owned(), "at least one account"),
        ("[card]\nnetworks = [\"VISTA\"]\n".to_owned(), "`VISTA` is none of VISA"),
        ("[card]\nfee = \"2\"\n".to_owned(), "percentage"),
        ("[card]\nkeys_file = \"a\"\nkeys = \"b\"\n".to_owned(), "not both"),
        (
            "[card]\ngoogle_paths = [{ method = \"capture\", path = \"/v1\" }]\n".to_owned(),
            "`capture` is none of",
        ),
        (words(r#"{ member = "stage", ours = "SECOND", theirs = "B" }"#), "`stage` is none of"),
        (words(r#"{ member = "cvnResult", ours = "MATCH", theirs = "match" }"#), "`match` is no"),
    ] {
        let told = problems(&text).join("\n");
        assert!(told.contains(what), "{text}: {told}");
    }
    let said = env(&[("PACELINE_CARD__KEYS", "lookup feedface0451")]);
    let config = Config::load(None, said).unwrap();
    assert!(config.card.keys.is_some());
    assert!(!format!("{config:?}").contains("feedface0451"), "keys are never shown");
}

#[test]
fn what_googles_documents_leave_open_is_configured_and_checked() {
    let results = |row: &str| format!("results = [{row}]");
    for (text, what) in [
        ("answers_kept = \"29d\"".to_owned(), "30 days at least"),
        ("otp_digits = 3".to_owned(), "3 is not between 4 and 10"),
        ("otp_tries_max = 11".to_owned(), "11 is not between 1 and 10"),
        ("google_retry_first = \"10m\"".to_owned(), "is longer than `google_retry_longest`"),
        ("unknown_capture_status = 500".to_owned(), "neither 400 nor 404"),
        ("total_due_above_zero = \"us\"".to_owned(), "neither \"integrator owes\" nor"),
        ("event_fee_member = \"a b\"".to_owned(), "`a b` is no member such as"),
        (
            results(r#"{ method = "sendOTP", outcome = "phone_unknown", result = "A" }"#),
            "`sendOTP` is none of sendOtp, ",
        ),
        (
            results(r#"{ method = "sendOtp", outcome = "unknown_phone", result = "A" }"#),
            "`unknown_phone` is none of account_closed, ",
        ),
        (
            results(r#"{ method = "capture", outcome = "risk_declined", result = "SUCCESS" }"#),
            "`SUCCESS` is no word for a refusal",
        ),
        (
            results(
                r#"{ method = "capture", outcome = "risk_declined", result = "A" },
                { method = "capture", outcome = "risk_declined", result = "B" }"#,
            ),
            "two words for risk_declined of capture",
        ),
    ] {
        let told = problems(&format!("[tokenized]\n{text}\n")).join("\n");
        assert!(told.contains(what), "{text}: {told}");
    }
    let text = "[tokenized]\notp_digits = 8\nunknown_capture_status = 400\n\
                total_due_above_zero = \"google owes\"\nmodified_total_member = \"vat\"\n\
                google_retry_longest = \"1h\"\n";
    let wanted = parse(text).unwrap().tokenized;
    assert_eq!(wanted.options.otp_digits, 8);
    assert_eq!(wanted.options.google_retry.longest, Duration::from_secs(60 * 60));
    assert_eq!(wanted.dialect.unknown_capture.as_u16(), 400);
    assert_eq!(wanted.dialect.total_due, TotalDue::GoogleOwes);
    assert_eq!(wanted.dialect.modified_total, "vat");
}

#[test]
fn two_options_of_one_id_are_refused() {
    let option = "{ id = \"a\", title = \"b\", serves = [\"US\"], prices = [\"1 USD\"] }";
    let told = problems(&format!("[shipping]\noptions = [{option}, {option}]\n"));
    assert_eq!(told, ["p.toml:1: `shipping`: two of `options` have the id `a`"]);
}

#[test]
fn an_api_key_is_never_shown() {
    let keys = "[platform]\napi_keys = [{ caller = \"google\", key = \"0123456789abcdef\" }]\n";
    let config = parse(keys).unwrap();
    assert_eq!(config.platform.api_keys.len(), 1);
    assert!(!format!("{config:?}").contains("0123456789abcdef"));
    for key in ["hunter2", "with a blank in its middle"] {
        let text = format!("[platform]\napi_keys = [{{ caller = \"google\", key = \"{key}\" }}]\n");
        let told = problems(&text);
        assert_eq!(told.len(), 1);
        assert!(!told[0].contains(key), "{told:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\PC|\n){0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_value_makes_the_reader_panic(
        section in "(server|engine|storage|merchant|platform|tax|shipping|pickup|discounts|processor)",
        key in "(listen|shards|session_lives|host|ids|links|handlers|api_keys|rates|options|places|offers|seed)",
        value in "(1|-1|1\\.5|true|\"\"|\"x\"|\\[\\]|\\[1\\]|\\[\\{\\}\\]|\\{\\}|2020-01-01|9223372036854775807)",
    ) {
        let _ = parse(&format!("[{section}]\n{key} = {value}\n"));
    }
}

fn parse(text: &str) -> Result<Config, Vec<paceline_api::config::Problem>> {
    Config::parse(text, Path::new("p.toml"), [])
}

fn problems(text: &str) -> Vec<String> {
    parse(text).unwrap_err().iter().map(ToString::to_string).collect()
}

fn env(said: &[(&str, &str)]) -> Vec<(String, String)> {
    said.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

fn california() -> Address {
    Address { region: Some(text("CA")), country: Some(text("US")), ..Address::default() }
}

fn is_key(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[test]
fn two_callers_with_one_key_are_refused_by_name_and_the_key_is_not_repeated() {
    let row = |caller| format!("{{ caller = \"{caller}\", key = \"key-0123456789abcdef\" }}");
    let told = problems(&format!("[platform]\napi_keys = [{}, {}]\n", row("google"), row("other")));
    let expected = "p.toml:1: `platform`: `google` and `other` of `api_keys` have the same key";
    assert_eq!(told, [expected]);
}
