//! What an authorization needs while it is under way, as bytes that nothing can print.
//!
//! Why: it is handed from the turn to whoever asks the acquirer beside the event, not in it: the
//! event is stored, and this must not be. It never outlives the process.

use paceline_domain::text::Text;
use serde::{Deserialize, Serialize};

use super::{
    Address, Authorize, CardOnFile, Exemption, Expiry, MerchantCategory, NetworkToken, Processing,
    StoredCredential, ThreeDSecure, TokenKind,
};
use crate::codec;
use crate::secret::Secret;

pub(crate) struct InFlight {
    pub card: CardOnFile,
    pub cvn: Option<Secret>,
    pub category: MerchantCategory,
    pub address: Option<Address>,
    pub processing: Processing,
}

impl InFlight {
    pub fn of(ask: &Authorize) -> Self {
        let Authorize { card, cvn, category, address, processing, .. } = ask.clone();
        Self { card, cvn, category, address, processing }
    }

    pub fn to_secret(&self) -> Secret {
        let Self { card, cvn, category, address, processing } = self;
        let bytes = |secret: &Secret| secret.expose().to_vec();
        let Processing { network, commerce_indicator, three_d_secure, .. } = processing.clone();
        Secret::new(codec::encode(&Bytes {
            number: bytes(&card.number),
            name: bytes(&card.name),
            expires: card.expires.map(|expires| (expires.month, expires.year)),
            token: card
                .token
                .as_ref()
                .map(|token| (token.kind, token.cryptogram.as_ref().map(bytes))),
            cvn: cvn.as_ref().map(bytes),
            category: category.0,
            address: address.as_ref().map(|address| {
                let Address { lines, locality, administrative_area, postal_code, country } =
                    address.clone();
                (lines, [locality, administrative_area, postal_code, country])
            }),
            network,
            commerce_indicator,
            three_d_secure: three_d_secure.map(|secure| {
                let ThreeDSecure {
                    directory_server_transaction,
                    cavv,
                    version,
                    server_transaction,
                    details,
                } = secure;
                let words = [directory_server_transaction, version, server_transaction];
                (words, cavv.as_ref().map(bytes), bytes(&details))
            }),
            stored: processing.stored_credential.as_ref().map(|stored| match stored.clone() {
                StoredCredential::Customer { intent, storage, details } => {
                    (true, [intent, storage], bytes(&details))
                }
                StoredCredential::Merchant { intent, previous, details } => {
                    (false, [intent, previous], bytes(&details))
                }
            }),
            exemption: processing
                .exemption
                .as_ref()
                .map(|exemption| (exemption.name.clone(), bytes(&exemption.details))),
        }))
    }

    /// `None` if it is something else.
    pub fn from_secret(secret: &Secret) -> Option<Self> {
        let read: Bytes = codec::decode(secret.expose()).ok()?;
        let expires = read.expires.map(|(month, year)| Expiry { month, year });
        let token = read.token.map(|(kind, cryptogram)| {
            let cryptogram = cryptogram.map(Secret::new);
            NetworkToken { kind, cryptogram }
        });
        let (number, name) = (Secret::new(read.number), Secret::new(read.name));
        let card = CardOnFile { number, name, expires, token };
        let address = read.address.map(|(lines, words)| {
            let [locality, administrative_area, postal_code, country] = words;
            Address { lines, locality, administrative_area, postal_code, country }
        });
        let three_d_secure = read.three_d_secure.map(|(words, cavv, details)| {
            let [directory_server_transaction, version, server_transaction] = words;
            let (cavv, details) = (cavv.map(Secret::new), Secret::new(details));
            ThreeDSecure {
                directory_server_transaction,
                cavv,
                version,
                server_transaction,
                details,
            }
        });
        let stored_credential = read.stored.map(|(by_customer, [intent, other], details)| {
            let details = Secret::new(details);
            match by_customer {
                true => StoredCredential::Customer { intent, storage: other, details },
                false => StoredCredential::Merchant { intent, previous: other, details },
            }
        });
        let exemption =
            read.exemption.map(|(name, details)| Exemption { name, details: Secret::new(details) });
        let Bytes { network, commerce_indicator, cvn, category, .. } = read;
        let processing = Processing {
            network,
            commerce_indicator,
            three_d_secure,
            stored_credential,
            exemption,
        };
        let (cvn, category) = (cvn.map(Secret::new), MerchantCategory(category));
        Some(Self { card, cvn, category, address, processing })
    }
}

/// Its words, its proof, and all of it.
type ThreeDSecureParts = ([Option<Text>; 3], Option<Vec<u8>>, Vec<u8>);

/// Lives between two lines of this file.
#[derive(Serialize, Deserialize)]
struct Bytes {
    number: Vec<u8>,
    name: Vec<u8>,
    expires: Option<(u8, u16)>,
    token: Option<(Option<TokenKind>, Option<Vec<u8>>)>,
    cvn: Option<Vec<u8>>,
    category: [u8; 4],
    address: Option<(Vec<Text>, [Option<Text>; 4])>,
    network: Option<Text>,
    commerce_indicator: Option<Text>,
    three_d_secure: Option<ThreeDSecureParts>,
    /// Whether the customer began it, its words, and all of it.
    stored: Option<(bool, [Option<Text>; 2], Vec<u8>)>,
    exemption: Option<(Text, Vec<u8>)>,
}
