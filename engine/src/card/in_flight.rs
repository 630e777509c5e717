//! What an authorization needs while it is under way, as bytes that nothing can print.
//!
//! Why: it is handed from the turn to whoever asks the acquirer beside the event, not in it: the
//! event is stored, and this must not be. It never outlives the process.

use paceline_domain::text::Text;
use serde::{Deserialize, Serialize};

use super::{
    Address, Authorize, CardOnFile, Expiry, MerchantCategory, NetworkToken, Processing,
    StoredCredential, ThreeDSecure,
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
            expires: (card.expires.month, card.expires.year),
            token: card.token.as_ref().map(|token| token.cryptogram.as_ref().map(bytes)),
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
                } = secure;
                let words = [directory_server_transaction, version, server_transaction];
                (words, cavv.as_ref().map(bytes))
            }),
            stored: processing.stored_credential.as_ref().map(|stored| match stored.clone() {
                StoredCredential::Customer { intent, storage } => (true, [intent, storage]),
                StoredCredential::Merchant { intent, previous } => (false, [intent, previous]),
            }),
            exemption: processing.exemption.clone(),
        }))
    }

    /// `None` if it is something else.
    pub fn from_secret(secret: &Secret) -> Option<Self> {
        let read: Bytes = codec::decode(secret.expose()).ok()?;
        let (month, year) = read.expires;
        let token = read.token.map(|cryptogram| {
            let cryptogram = cryptogram.map(Secret::new);
            NetworkToken { cryptogram }
        });
        let (number, name) = (Secret::new(read.number), Secret::new(read.name));
        let card = CardOnFile { number, name, expires: Expiry { month, year }, token };
        let address = read.address.map(|(lines, words)| {
            let [locality, administrative_area, postal_code, country] = words;
            Address { lines, locality, administrative_area, postal_code, country }
        });
        let three_d_secure = read.three_d_secure.map(|(words, cavv)| {
            let [directory_server_transaction, version, server_transaction] = words;
            let cavv = cavv.map(Secret::new);
            ThreeDSecure { directory_server_transaction, cavv, version, server_transaction }
        });
        let stored_credential = read.stored.map(|stored| match stored {
            (true, [intent, storage]) => StoredCredential::Customer { intent, storage },
            (false, [intent, previous]) => StoredCredential::Merchant { intent, previous },
        });
        let Bytes { network, commerce_indicator, exemption, cvn, category, .. } = read;
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

/// Its words, and its proof.
type ThreeDSecureParts = ([Option<Text>; 3], Option<Vec<u8>>);

/// Lives between two lines of this file.
#[derive(Serialize, Deserialize)]
struct Bytes {
    number: Vec<u8>,
    name: Vec<u8>,
    expires: (u8, u16),
    token: Option<Option<Vec<u8>>>,
    cvn: Option<Vec<u8>>,
    category: [u8; 4],
    address: Option<(Vec<Text>, [Option<Text>; 4])>,
    network: Option<Text>,
    commerce_indicator: Option<Text>,
    three_d_secure: Option<ThreeDSecureParts>,
    stored: Option<(bool, [Option<Text>; 2])>,
    exemption: Option<Text>,
}
