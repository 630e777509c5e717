//! How the networks are to take a payment: five unions, of each exactly one member.
//!
//! Why so strict: a member that we did not know would be a wish that nobody hears. What the words
//! mean is the networks' business: they are passed on, and so is the whole of an object whose members
//! are not all published.
//! Source: Standard Payments, card form of payment, version 1:
//! `AdditionalTransactionProcessingOptions`, `StoredCredentialTransactionInformation`.

use paceline_domain::text::Text;
use paceline_engine::card::{Exemption, Processing, StoredCredential, ThreeDSecure};

use crate::standard_payments::Fault;
use crate::standard_payments::read::Members;

pub fn options(options: Members<'_>) -> Result<Processing, Fault> {
    const NETWORK: &str = "userSelectedProcessingNetworkType";
    const INDICATOR: &str = "electronicCommerceIndicator";
    const AUTHENTICATED: &str = "threeDSecureAuthenticationDetails";
    // With three p on the wire.
    const NOT_AUTHENTICATED: &str = "threeDSecureNotAppplicable";
    const STORED: &str = "storedCredentialTransactionInformation";
    Ok(Processing {
        network: either(
            options,
            NETWORK,
            "userSelectedProcessingNetworkTypeNotApplicable",
            Members::text,
        )?,
        commerce_indicator: either(
            options,
            INDICATOR,
            "electronicCommerceIndicatorNotApplicable",
            Members::text,
        )?,
        three_d_secure: either(options, AUTHENTICATED, NOT_AUTHENTICATED, |options, name| {
            options.object(name, three_d_secure)
        })?,
        stored_credential: either(
            options,
            STORED,
            "storedCredentialTransactionInformationNotApplicable",
            |options, name| options.object(name, stored_credential),
        )?,
        exemption: exemption(options)?,
    })
}

/// What applies, or that nothing does, which is an empty object.
fn either<'a, T>(
    options: Members<'a>,
    applies: &'static str,
    not_applicable: &'static str,
    read: impl FnOnce(&Members<'a>, &str) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    match options.one_of([applies, not_applicable])? == applies {
        true => read(&options, applies).map(Some),
        false => options.object(not_applicable, |_| Ok(None)),
    }
}

fn three_d_secure(details: Members<'_>) -> Result<ThreeDSecure, Fault> {
    Ok(ThreeDSecure {
        directory_server_transaction: details
            .known("directoryServerTransactionId", Members::text)?,
        cavv: details.known("cavv", Members::secret)?,
        version: details.known("threeDsVersion", Members::text)?,
        server_transaction: details.known("threeDsServerTransactionId", Members::text)?,
        details: details.whole(),
    })
}

fn stored_credential(credential: Members<'_>) -> Result<StoredCredential, Fault> {
    const INTENT: &str = "transactionIntentClassification";
    match credential.one_of(["customerInitiated", "merchantInitiated"])? {
        "customerInitiated" => credential.object("customerInitiated", |customer| {
            let intent = customer.known(INTENT, Members::text)?;
            let storage = customer.known("instrumentStorageType", Members::text)?;
            Ok(StoredCredential::Customer { intent, storage, details: customer.whole() })
        }),
        merchant => credential.object(merchant, |merchant| {
            let intent = merchant.known(INTENT, Members::text)?;
            let previous = previous(merchant)?;
            Ok(StoredCredential::Merchant { intent, previous, details: merchant.whole() })
        }),
    }
}

/// A third alternative, a payment of before, has no published name: it is the object that is there in
/// the place of the others, and in the details.
fn previous(merchant: Members<'_>) -> Result<Option<Text>, Fault> {
    const KNOWN: &str = "previousTransactionInformation";
    const NOT_PROVIDED: &str = "previousTransactionInformationNotProvided";
    let said = match merchant.objects() {
        0 => Some(merchant.one_of([KNOWN, NOT_PROVIDED])?),
        1 => merchant.union([KNOWN, NOT_PROVIDED])?,
        _ => return Err(merchant.invalid(KNOWN, "it and its like exclude each other")),
    };
    match said {
        Some(KNOWN) => merchant
            .object(KNOWN, |previous| previous.text("networkTransactionIdentifier"))
            .map(Some),
        Some(not_provided) => merchant.object(not_provided, |_| Ok(None)),
        None => Ok(None),
    }
}

/// Of the reasons why nobody need be authenticated only one has its whole name published.
fn exemption(options: Members<'_>) -> Result<Option<Exemption>, Fault> {
    const NOT_APPLICABLE: &str = "scaExemptionNotApplicable";
    let name = options.one_with_prefix("sca", NOT_APPLICABLE)?;
    if name == NOT_APPLICABLE {
        return options.object(NOT_APPLICABLE, |_| Ok(None));
    }
    let details = options.object(name, |exemption| Ok(exemption.whole()))?;
    let name = Text::parse(name)
        .map_err(|_| options.invalid(NOT_APPLICABLE, "what stands in its place has a long name"))?;
    Ok(Some(Exemption { name, details }))
}
