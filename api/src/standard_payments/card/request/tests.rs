use paceline_engine::card::{StoredCredential, TokenKind};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::standard_payments::card::Method;

const NUMBER: &str = "4111111111111111";
const NAME: &str = "D. Okafor-Søndergård";
const CVN: &str = "717";
const CRYPTOGRAM: &str = "AgAAAAAAAIR8CQrXcIhbQAAAAAA=";
const CAVV: &str = "jBqD4VkYhPXqARIkQkNTAQMAAAI=";

fn none_applies() -> Value {
    json!({
        "userSelectedProcessingNetworkTypeNotApplicable": {},
        "electronicCommerceIndicatorNotApplicable": {},
        "threeDSecureNotAppplicable": {},
        "storedCredentialTransactionInformationNotApplicable": {},
        "scaExemptionNotApplicable": {},
    })
}

fn all_apply() -> Value {
    json!({
        "userSelectedProcessingNetworkType": "VISA",
        "electronicCommerceIndicator": "05",
        "threeDSecureAuthenticationDetails": {
            "directoryServerTransactionId": "ds-1", "cavv": CAVV, "threeDsVersion": "2.2.0",
            "threeDsServerTransactionId": "srv-1", "unknownMember": 1,
        },
        "storedCredentialTransactionInformation": {"merchantInitiated": {
            "transactionIntentClassification": "RECURRING",
            "previousTransactionInformation": {"networkTransactionIdentifier": "net-7"},
        }},
        "scaLowValueExemption": {"upTo": "30000000"},
    })
}

fn card() -> Value {
    json!({"accountNumber": NUMBER, "nameOnCard": NAME, "expiryMonth": "04", "expiryYear": "28",
        "cvn": CVN, "issuanceDateMonth": "01", "issuanceDateYear": "19"})
}

fn reserve() -> Value {
    json!({
        "accountDetails": {"card": card()},
        "currencyCode": "USD", "amount": "24990000",
        "transactionDescription": "GOOGLE*Sky Atlas", "merchantCategoryCode": "5815",
        "addressVerificationData": {"addressLine": ["88 Foundry Lane", "Unit 5"],
            "localityName": "Providence", "administrativeAreaName": "RI",
            "postalCodeNumber": "02903", "countryCode": "US"},
        "additionalTransactionProcessingOptions": none_applies(),
    })
}

fn with_token() -> Value {
    let mut body = reserve();
    body["accountDetails"] = json!({"paymentToken": {"paymentTokenAccountNumber": NUMBER,
        "nameOnCard": NAME, "expiryMonth": "12", "expiryYear": "30", "cryptogram": CRYPTOGRAM,
        "tokenTypeDeviceToken": {}}});
    body["additionalTransactionProcessingOptions"] = all_apply();
    body
}

fn verification() -> Value {
    let mut body = reserve();
    body["card"] = card();
    let members = body.as_object_mut().unwrap();
    members.remove("accountDetails");
    members.remove("amount");
    body
}

fn defence(payload: &str) -> Value {
    json!({"defenseMaterialDocument": {"mimeType": "APPLICATION_PDF", "payload": payload},
        "captureRequestId": "rsvcap:9c02"})
}

fn ids() -> (RequestId, IntegratorAccountId) {
    (RequestId::parse("r").unwrap(), IntegratorAccountId::parse("Acme_USD").unwrap())
}

fn members(body: &Value) -> &Map<String, Value> {
    body.as_object().unwrap()
}

fn authorized(flow: Flow, body: &Value) -> Result<Authorize, Fault> {
    let (request, integrator) = ids();
    authorize(Members::new(members(body), ""), flow, request, integrator)
}

fn defended(body: &Value) -> Result<Defend, Fault> {
    let (request, integrator) = ids();
    defend(Members::new(members(body), ""), request, integrator)
}

/// Reads a body as the method does. Whatever comes of it is a fault or nothing.
fn read(method: Method, body: &Value) -> Option<Fault> {
    let (request, integrator) = ids();
    let of = Members::new(members(body), "");
    match method {
        Method::Echo => None,
        Method::ReserveFunds => authorized(Flow::Reserve, body).err(),
        Method::Capture => authorized(Flow::Capture, body).err(),
        Method::VerifyCardWithMinimumReservation => authorized(Flow::Verify, body).err(),
        Method::AsynchronousCaptureFundsReservation => capture(of, request, integrator).err(),
        Method::AsynchronousCancelFundsReservation => void(of, request, integrator).err(),
        Method::AsynchronousRefund => refund(of, request, integrator).err(),
        Method::DefendChargeback => defended(body).err(),
    }
}

/// The code of what is wrong, and the field that it names.
fn wrong(fault: Fault) -> (&'static str, String) {
    let description = fault.description.unwrap();
    let field = description.split([':', ' ']).next().unwrap().to_owned();
    (fault.code.unwrap(), field)
}

#[test]
fn a_card_is_read_whole() {
    let asked = authorized(Flow::Reserve, &reserve()).unwrap();
    assert_eq!(asked.card.number.expose(), NUMBER.as_bytes());
    assert_eq!(asked.card.name.expose(), NAME.as_bytes());
    let expires = asked.card.expires.unwrap();
    assert_eq!((expires.month, expires.year), (4, 2028));
    assert_eq!(asked.card.token, None);
    assert_eq!(asked.cvn.unwrap().expose(), CVN.as_bytes());
    assert_eq!(asked.amount.unwrap().0, 24_990_000);
    assert_eq!(asked.category.0, *b"5815");
    let address = asked.address.unwrap();
    assert_eq!(address.lines.len(), 2);
    assert_eq!(address.country.as_deref(), Some("US"));
    assert_eq!(asked.processing, paceline_engine::card::Processing::default());
}

#[test]
fn a_networks_token_and_every_option_are_read() {
    let asked = authorized(Flow::Capture, &with_token()).unwrap();
    let token = asked.card.token.unwrap();
    assert_eq!(token.cryptogram.unwrap().expose(), CRYPTOGRAM.as_bytes());
    assert_eq!(token.kind, Some(TokenKind::Device));
    assert_eq!(asked.cvn, None);
    let processing = asked.processing;
    assert_eq!(processing.network.as_deref(), Some("VISA"));
    assert_eq!(processing.commerce_indicator.as_deref(), Some("05"));
    let exemption = processing.exemption.unwrap();
    assert_eq!(&*exemption.name, "scaLowValueExemption");
    assert_eq!(exemption.details.expose(), br#"{"upTo":"30000000"}"#);
    let authentication = processing.three_d_secure.unwrap();
    assert_eq!(authentication.cavv.unwrap().expose(), CAVV.as_bytes());
    assert_eq!(authentication.version.as_deref(), Some("2.2.0"));
    let whole = String::from_utf8(authentication.details.expose().to_vec()).unwrap();
    assert!(whole.contains(r#""unknownMember":1"#), "what is not published is passed on");
    let Some(StoredCredential::Merchant { intent, previous, .. }) = processing.stored_credential
    else {
        panic!("the merchant began it");
    };
    assert_eq!((intent.as_deref(), previous.as_deref()), (Some("RECURRING"), Some("net-7")));
}

#[test]
fn a_payment_of_before_that_is_known_by_another_name_is_passed_on() {
    let mut body = with_token();
    let stored = "storedCredentialTransactionInformation";
    body["additionalTransactionProcessingOptions"][stored] =
        json!({"merchantInitiated": {"legacyMerchantTransaction": {"id": "old-1"}}});
    let asked = authorized(Flow::Capture, &body).unwrap();
    let Some(StoredCredential::Merchant { previous, details, .. }) =
        asked.processing.stored_credential
    else {
        panic!("the merchant began it");
    };
    assert_eq!(previous, None);
    assert_eq!(details.expose(), br#"{"legacyMerchantTransaction":{"id":"old-1"}}"#);
}

#[test]
fn a_networks_token_may_come_without_its_expiry_but_not_with_half_of_it() {
    let mut body = with_token();
    let token = body["accountDetails"]["paymentToken"].as_object_mut().unwrap();
    token.remove("expiryMonth");
    let fault = authorized(Flow::Capture, &body).unwrap_err();
    let field = "accountDetails.paymentToken.expiryMonth";
    assert_eq!(wrong(fault), ("MISSING_REQUIRED_FIELD", field.into()));
    body["accountDetails"]["paymentToken"].as_object_mut().unwrap().remove("expiryYear");
    assert_eq!(authorized(Flow::Capture, &body).unwrap().card.expires, None);
}

#[test]
fn what_is_asked_shows_no_secret_when_it_is_printed() {
    for body in [reserve(), with_token()] {
        let told = format!("{:?}", authorized(Flow::Reserve, &body).unwrap());
        for secret in [NUMBER, NAME, CVN, CRYPTOGRAM, CAVV, "Foundry"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[test]
fn a_verification_has_its_card_in_the_open_and_no_amount() {
    let asked = authorized(Flow::Verify, &verification()).unwrap();
    assert_eq!((asked.amount, asked.card.number.expose()), (None, NUMBER.as_bytes()));
    assert_eq!(
        wrong(authorized(Flow::Verify, &reserve()).unwrap_err()),
        ("MISSING_REQUIRED_FIELD", "card".into())
    );
}

#[test]
fn each_field_that_is_wrong_is_named() {
    const MISSING: &str = "MISSING_REQUIRED_FIELD";
    const INVALID: &str = "INVALID_FIELD_VALUE";
    let card = "/accountDetails/card";
    let options = "/additionalTransactionProcessingOptions";
    let gone = Value::Null;
    for (at, name, value, code) in [
        ("", "accountDetails", gone.clone(), MISSING),
        ("", "accountDetails", json!({}), MISSING),
        ("", "accountDetails", json!("card"), INVALID),
        ("/accountDetails", "paymentToken", json!({}), INVALID),
        (card, "accountNumber", gone.clone(), MISSING),
        (card, "accountNumber", json!("41111111111"), INVALID),
        (card, "accountNumber", json!("41111111111111111111"), INVALID),
        (card, "accountNumber", json!("4111 1111 1111 1111"), INVALID),
        (card, "accountNumber", json!(4_111_111_111_111_111_u64), INVALID),
        (card, "nameOnCard", gone.clone(), MISSING),
        (card, "nameOnCard", json!(""), INVALID),
        (card, "nameOnCard", json!("a\nb"), INVALID),
        (card, "nameOnCard", json!("a".repeat(513)), INVALID),
        (card, "expiryMonth", gone.clone(), MISSING),
        (card, "expiryMonth", json!("4"), INVALID),
        (card, "expiryMonth", json!("13"), INVALID),
        (card, "expiryMonth", json!("00"), INVALID),
        (card, "expiryYear", gone.clone(), MISSING),
        (card, "expiryYear", json!("2028"), INVALID),
        (card, "expiryYear", json!("+8"), INVALID),
        (card, "cvn", json!("71"), INVALID),
        (card, "cvn", json!("71777"), INVALID),
        (card, "cvn", json!("7l7"), INVALID),
        (card, "issuanceDateMonth", json!("13"), INVALID),
        (card, "issuanceDateYear", json!("199"), INVALID),
        ("", "currencyCode", gone.clone(), MISSING),
        ("", "currencyCode", json!("usd"), INVALID),
        ("", "amount", gone.clone(), MISSING),
        ("", "amount", json!("0"), INVALID),
        ("", "amount", json!("-1"), INVALID),
        ("", "amount", json!("12345"), INVALID),
        ("", "amount", json!(NUMBER), INVALID),
        ("", "amount", json!("9223372036854775808"), INVALID),
        ("", "amount", json!(1.5), INVALID),
        ("", "transactionDescription", gone.clone(), MISSING),
        ("", "transactionDescription", json!("a\u{7}"), INVALID),
        ("", "transactionDescription", json!("card 4111-1111 1111.1111"), INVALID),
        ("", "merchantCategoryCode", gone.clone(), MISSING),
        ("", "merchantCategoryCode", json!("581"), INVALID),
        ("", "merchantCategoryCode", json!("58a5"), INVALID),
        ("", "addressVerificationData", json!([]), INVALID),
        ("/addressVerificationData", "addressLine", json!("one"), INVALID),
        ("/addressVerificationData", "addressLine", json!([1]), INVALID),
        ("/addressVerificationData", "addressLine", json!(vec!["x"; 11]), INVALID),
        ("/addressVerificationData", "localityName", json!({}), INVALID),
        ("/addressVerificationData", "countryCode", json!("USA"), INVALID),
        ("", "additionalTransactionProcessingOptions", gone.clone(), MISSING),
        (options, "threeDSecureAuthenticationDetails", json!({}), INVALID),
        (options, "scaExemptionNotApplicable", json!(true), INVALID),
        (options, "threeDSecureNotAppplicable", json!("yes"), INVALID),
    ] {
        let mut body = reserve();
        body.pointer_mut(at).unwrap()[name] = value.clone();
        let fault = authorized(Flow::Reserve, &body).expect_err(name);
        let description = fault.description.as_deref().unwrap();
        assert!(!description.contains("4111"), "{description}");
        let (told, field) = wrong(fault);
        assert_eq!(told, code, "{at}/{name}: {value}");
        let named = field.rsplit('.').next().unwrap();
        let union = ["card", "scaExemptionNotApplicable", "threeDSecureNotAppplicable"];
        assert!(named == name || name == "accountDetails" || union.contains(&named), "{field}");
    }
}

#[test]
fn a_request_is_not_named_by_the_number_of_its_card() {
    for (flow, body) in
        [(Flow::Reserve, reserve()), (Flow::Capture, with_token()), (Flow::Verify, verification())]
    {
        for id in [NUMBER, "rsv:4111-1111-1111-1111", "a4111111111111111b"] {
            let request = RequestId::parse(id).unwrap();
            let of = Members::new(members(&body), "");
            let fault = authorize(of, flow, request, ids().1).unwrap_err();
            assert!(!fault.description.as_deref().unwrap().contains("4111"), "{fault:?}");
            let field = "requestHeader.requestId";
            assert_eq!(wrong(fault), ("INVALID_FIELD_VALUE", field.into()), "{id}");
        }
    }
}

#[test]
fn a_union_without_a_member_is_missing_and_with_two_it_is_wrong() {
    for (one, other) in [
        (
            "userSelectedProcessingNetworkTypeNotApplicable",
            ("userSelectedProcessingNetworkType", json!("VISA")),
        ),
        ("electronicCommerceIndicatorNotApplicable", ("electronicCommerceIndicator", json!("05"))),
        ("threeDSecureNotAppplicable", ("threeDSecureAuthenticationDetails", json!({}))),
        (
            "storedCredentialTransactionInformationNotApplicable",
            ("storedCredentialTransactionInformation", json!({"customerInitiated": {}})),
        ),
        ("scaExemptionNotApplicable", ("scaTransactionRiskAnalysisExemption", json!({}))),
    ] {
        let mut body = reserve();
        let of = |body: &Value| {
            authorized(Flow::Reserve, body).map_err(|fault| fault.code.unwrap()).map(drop)
        };
        body["additionalTransactionProcessingOptions"][other.0] = other.1.clone();
        assert_eq!(of(&body), Err("INVALID_FIELD_VALUE"), "{one} and {}", other.0);
        body["additionalTransactionProcessingOptions"].as_object_mut().unwrap().remove(one);
        assert_eq!(of(&body), Ok(()), "{}", other.0);
        body["additionalTransactionProcessingOptions"].as_object_mut().unwrap().remove(other.0);
        assert_eq!(of(&body), Err("MISSING_REQUIRED_FIELD"), "{one}");
    }
}

#[test]
fn inside_a_stored_credential_the_same_holds() {
    let of = |credential: Value| {
        let mut body = with_token();
        let options = &mut body["additionalTransactionProcessingOptions"];
        options["storedCredentialTransactionInformation"] = credential;
        authorized(Flow::Reserve, &body).map_err(|fault| fault.code.unwrap()).map(drop)
    };
    let intent = json!({"transactionIntentClassification": "A_WORD_THAT_NOBODY_KNOWS_YET"});
    assert_eq!(of(json!({"customerInitiated": intent.clone()})), Ok(()));
    assert_eq!(of(json!({"merchantInitiated": intent.clone()})), Err("MISSING_REQUIRED_FIELD"));
    assert_eq!(of(json!({})), Err("MISSING_REQUIRED_FIELD"));
    let two = json!({"customerInitiated": intent, "merchantInitiated": {}});
    assert_eq!(of(two), Err("INVALID_FIELD_VALUE"));
    let previous = json!({"previousTransactionInformation": {}});
    assert_eq!(of(json!({"merchantInitiated": previous})), Err("MISSING_REQUIRED_FIELD"));
    let both = json!({"previousTransactionInformation": {"networkTransactionIdentifier": "1"},
        "previousTransactionInformationNotProvided": {}});
    assert_eq!(of(json!({"merchantInitiated": both})), Err("INVALID_FIELD_VALUE"));
    let with_another = json!({"previousTransactionInformationNotProvided": {},
        "legacyMerchantTransaction": {"id": "old-1"}});
    assert_eq!(of(json!({"merchantInitiated": with_another})), Err("INVALID_FIELD_VALUE"));
    let words = json!({"previousTransactionInformation": "net-7"});
    assert_eq!(of(json!({"merchantInitiated": words})), Err("INVALID_FIELD_VALUE"));
    let none = json!({"previousTransactionInformationNotProvided": {}});
    assert_eq!(of(json!({"merchantInitiated": none})), Ok(()));
}

#[test]
fn a_part_of_an_address_that_is_empty_is_none() {
    let mut body = reserve();
    body["addressVerificationData"]["localityName"] = json!("");
    let asked = authorized(Flow::Reserve, &body).unwrap();
    assert_eq!(asked.address.unwrap().locality, None);
}

#[test]
fn two_token_types_exclude_each_other() {
    let mut body = with_token();
    body["accountDetails"]["paymentToken"]["tokenTypeMerchantToken"] = json!({});
    let fault = authorized(Flow::Reserve, &body).unwrap_err();
    let field = "accountDetails.paymentToken.tokenTypeMerchantToken";
    assert_eq!(wrong(fault), ("INVALID_FIELD_VALUE", field.into()));
}

#[test]
fn what_follows_a_reservation_names_it_and_an_amount() {
    let (request, integrator) = ids();
    let body = json!({"reservationRequestId": "rsv:9c01", "amount": "21990000"});
    let asked = capture(Members::new(members(&body), ""), request, integrator).unwrap();
    assert_eq!((asked.reservation.as_str(), asked.amount.0), ("rsv:9c01", 21_990_000));
    let method = Method::AsynchronousCaptureFundsReservation;
    let none = json!({"reservationRequestId": "rsv:9c01", "amount": "0"});
    assert_eq!(wrong(read(method, &none).unwrap()), ("INVALID_FIELD_VALUE", "amount".into()));
    let method = Method::AsynchronousRefund;
    let none = json!({"captureRequestId": "a b", "refundAmount": "1"});
    let field = "captureRequestId";
    assert_eq!(wrong(read(method, &none).unwrap()), ("INVALID_FIELD_VALUE", field.into()));
    let method = Method::AsynchronousCancelFundsReservation;
    let field = "reservationRequestId";
    assert_eq!(wrong(read(method, &json!({})).unwrap()), ("MISSING_REQUIRED_FIELD", field.into()));
}

#[test]
fn a_document_comes_in_either_base64_with_or_without_padding() {
    let pdf = b"%PDF-1.4\n%\xff\xfe\xfb?>";
    for payload in
        ["JVBERi0xLjQKJf/++z8+", "JVBERi0xLjQKJf_--z8-", "JVBERi0xLjQKJf/++z8+JQ==", "JVBERi0x"]
    {
        let asked = defended(&defence(payload)).unwrap();
        let got = asked.document.expose();
        let begins = got.len() < pdf.len() || got.starts_with(pdf);
        assert!(got.starts_with(b"%PDF") && begins, "{payload}");
    }
    assert!(defended(&defence("JVBERi0xLjQKJQ")).is_ok(), "without padding");
}

#[test]
fn a_document_may_have_the_largest_size_and_something_before_its_header() {
    let encoded = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let sized = |length: usize| {
        let mut pdf = b"%PDF-1.4".to_vec();
        pdf.resize(length, 0);
        defended(&defence(&encoded(&pdf))).map(|asked| asked.document.expose().len())
    };
    for length in DOCUMENT_BYTES_MAX - 2..=DOCUMENT_BYTES_MAX {
        assert_eq!(sized(length).unwrap(), length);
    }
    assert!(sized(DOCUMENT_BYTES_MAX + 1).is_err());
    let after = |before: usize| {
        let pdf = [&vec![b'\n'; before], b"%PDF-1.4".as_slice()].concat();
        defended(&defence(&encoded(&pdf)))
    };
    assert!(after(1).is_ok() && after(1_023).is_ok());
    assert!(after(1_024).is_err(), "readers look no further");
}

#[test]
fn what_is_no_document_is_refused() {
    let field = |body: Value| wrong(defended(&body).unwrap_err()).1;
    let payload = "defenseMaterialDocument.payload";
    for wrong in ["", "JVBE", "aGVsbG8gd29ybGQ=", "JVBERi0x*", "JVBERi0 xLjQ="] {
        assert_eq!(field(defence(wrong)), payload, "{wrong}");
    }
    let large = format!("JVBERi0x{}", "A".repeat(DOCUMENT_BYTES_MAX / 3 * 4 + 8));
    assert_eq!(field(defence(&large)), payload);
    let mut other = defence("JVBERi0x");
    other["defenseMaterialDocument"]["mimeType"] = json!("IMAGE_PNG");
    assert_eq!(field(other), "defenseMaterialDocument.mimeType");
    let mut both = defence("JVBERi0x");
    both["mrnPaymentDetails"] = json!({"merchantId": "m"});
    assert_eq!(field(both.clone()), "mrnPaymentDetails");
    both.as_object_mut().unwrap().remove("captureRequestId");
    assert_eq!(defended(&both).unwrap().capture, None);
}

/// Every place in a body, as a pointer.
fn places(body: &Value, at: String, all: &mut Vec<String>) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                places(value, format!("{at}/{name}"), all);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                places(value, format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
    if !at.is_empty() {
        all.push(at);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
        "[0-9]{0,24}".prop_map(Value::from),
        // Somebody who writes a secret into the wrong field.
        prop_oneof![Just(NUMBER), Just(NAME), Just(CVN), Just(CRYPTOGRAM), Just(CAVV)]
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,20}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Any place of any body may hold anything.
    #[test]
    fn whatever_is_wrong_there_is_an_answer_without_a_secret(
        body in prop_oneof![Just(reserve()), Just(with_token()), Just(verification()),
            Just(defence("JVBERi0x"))],
        method in prop::sample::select(&Method::ALL[..]),
        place in any::<prop::sample::Index>(),
        value in any_value(),
    ) {
        let mut body = body;
        let mut all = vec![];
        places(&body, String::new(), &mut all);
        *body.pointer_mut(&all[place.index(all.len())]).unwrap() = value;
        if let Some(fault) = read(method, &body) {
            let told = format!("{fault:?}");
            for secret in [NUMBER, NAME, CVN, CRYPTOGRAM, CAVV] {
                prop_assert!(!told.contains(secret), "{told}");
            }
        }
    }
}
