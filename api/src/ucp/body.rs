//! Request bodies, as lenient as the protocol asks for.
//!
//! Why: five dialects spell the same wishes differently. Whatever spelling arrives is read here
//! once; `request.rs` turns it into the one thing that was meant.
//! Promise: members nobody knows are ignored, titles and prices among them; what is absent,
//! `null` and given stays told apart; words are borrowed from the body wherever they can be; a list
//! that is too long is not kept.
//! Left out: `Debug`. A body may hold a credential.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use paceline_domain::session::{
    CODES_MAX, DESTINATIONS_MAX, INSTRUMENTS_MAX, LINES_MAX, METHODS_MAX,
};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The body of create and of update.
#[derive(Deserialize)]
pub struct CheckoutBody<'a> {
    #[serde(borrow)]
    pub id: Option<Word<'a>>,
    #[serde(borrow, default)]
    pub line_items: Member<Few<Object<LineBody<'a>>, LINES_MAX>>,
    #[serde(borrow)]
    pub currency: Option<Word<'a>>,
    #[serde(borrow, default)]
    pub buyer: Member<Object<BuyerBody<'a>>>,
    #[serde(borrow, default)]
    pub fulfillment: Member<Object<FulfillmentBody<'a>>>,
    #[serde(borrow, default)]
    pub discounts: Member<Object<DiscountsBody<'a>>>,
    #[serde(borrow, default)]
    pub payment: Member<Object<PaymentBody<'a>>>,
}

/// The body of complete: `payment_data` of the first dialects, `payment` of the later ones.
#[derive(Deserialize)]
pub struct CompleteBody<'a> {
    #[serde(borrow, default)]
    pub payment_data: Member<Object<InstrumentBody<'a>>>,
    #[serde(borrow, default)]
    pub payment: Member<Object<PaymentBody<'a>>>,
}

/// The body of cancel, which has nothing to say.
#[derive(Deserialize)]
pub struct CancelBody {}

#[derive(Deserialize)]
pub struct LineBody<'a> {
    #[serde(borrow)]
    pub id: Option<Word<'a>>,
    #[serde(borrow)]
    pub item: Object<ItemBody<'a>>,
    pub quantity: Whole,
}

#[derive(Deserialize)]
pub struct ItemBody<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
}

#[derive(Deserialize)]
pub struct BuyerBody<'a> {
    #[serde(borrow)]
    pub first_name: Option<Word<'a>>,
    #[serde(borrow)]
    pub last_name: Option<Word<'a>>,
    #[serde(borrow)]
    pub full_name: Option<Word<'a>>,
    #[serde(borrow)]
    pub email: Option<Word<'a>>,
    #[serde(borrow)]
    pub phone_number: Option<Word<'a>>,
    #[serde(default)]
    pub consent: Member<Object<ConsentBody>>,
}

#[derive(Deserialize)]
pub struct ConsentBody {
    pub analytics: Option<bool>,
    pub preferences: Option<bool>,
    pub marketing: Option<bool>,
    pub sale_of_data: Option<bool>,
}

#[derive(Deserialize)]
pub struct FulfillmentBody<'a> {
    #[serde(borrow, default)]
    pub methods: Member<Few<Object<MethodBody<'a>>, METHODS_MAX>>,
}

#[derive(Deserialize)]
pub struct MethodBody<'a> {
    #[serde(borrow)]
    pub id: Option<Word<'a>>,
    #[serde(borrow, rename = "type")]
    pub kind: Option<Word<'a>>,
    #[serde(borrow)]
    pub line_item_ids: Option<Few<Word<'a>, LINES_MAX>>,
    #[serde(borrow, default)]
    pub destinations: Member<Few<Object<DestinationBody<'a>>, DESTINATIONS_MAX>>,
    #[serde(borrow, default)]
    pub selected_destination_id: Member<Word<'a>>,
    #[serde(borrow, default)]
    pub groups: Member<Few<Object<GroupBody<'a>>, 1>>,
}

/// A postal address with an id, or a place with its address inside.
#[derive(Deserialize)]
pub struct DestinationBody<'a> {
    #[serde(borrow)]
    pub id: Option<Word<'a>>,
    #[serde(borrow, default)]
    pub address: Member<Object<AddressBody<'a>>>,
    #[serde(borrow)]
    pub street_address: Option<Word<'a>>,
    #[serde(borrow)]
    pub extended_address: Option<Word<'a>>,
    #[serde(borrow)]
    pub address_locality: Option<Word<'a>>,
    #[serde(borrow)]
    pub address_region: Option<Word<'a>>,
    #[serde(borrow)]
    pub address_country: Option<Word<'a>>,
    #[serde(borrow)]
    pub country: Option<Word<'a>>,
    #[serde(borrow)]
    pub postal_code: Option<Word<'a>>,
    #[serde(borrow)]
    pub first_name: Option<Word<'a>>,
    #[serde(borrow)]
    pub last_name: Option<Word<'a>>,
    #[serde(borrow)]
    pub full_name: Option<Word<'a>>,
    #[serde(borrow)]
    pub phone_number: Option<Word<'a>>,
}

/// Both spellings of the country are read: whoever sends back what we sent sends both.
#[derive(Default, Deserialize)]
pub struct AddressBody<'a> {
    #[serde(borrow)]
    pub street_address: Option<Word<'a>>,
    #[serde(borrow)]
    pub extended_address: Option<Word<'a>>,
    #[serde(borrow)]
    pub address_locality: Option<Word<'a>>,
    #[serde(borrow)]
    pub address_region: Option<Word<'a>>,
    #[serde(borrow)]
    pub address_country: Option<Word<'a>>,
    #[serde(borrow)]
    pub country: Option<Word<'a>>,
    #[serde(borrow)]
    pub postal_code: Option<Word<'a>>,
    #[serde(borrow)]
    pub first_name: Option<Word<'a>>,
    #[serde(borrow)]
    pub last_name: Option<Word<'a>>,
    #[serde(borrow)]
    pub full_name: Option<Word<'a>>,
    #[serde(borrow)]
    pub phone_number: Option<Word<'a>>,
}

#[derive(Deserialize)]
pub struct GroupBody<'a> {
    #[serde(borrow)]
    pub id: Option<Word<'a>>,
    #[serde(borrow, default)]
    pub selected_option_id: Member<Word<'a>>,
}

#[derive(Deserialize)]
pub struct DiscountsBody<'a> {
    #[serde(borrow)]
    pub codes: Option<Few<Word<'a>, CODES_MAX>>,
}

#[derive(Deserialize)]
pub struct PaymentBody<'a> {
    #[serde(borrow)]
    pub selected_instrument_id: Option<Word<'a>>,
    #[serde(borrow)]
    pub instruments: Option<Few<Object<InstrumentBody<'a>>, INSTRUMENTS_MAX>>,
}

/// What there is to see of a card lies flat in the first dialects, in `display` in the later.
#[derive(Deserialize)]
pub struct InstrumentBody<'a> {
    #[serde(borrow)]
    pub id: Option<Word<'a>>,
    #[serde(borrow)]
    pub handler_id: Option<Word<'a>>,
    #[serde(borrow, rename = "type")]
    pub kind: Option<Word<'a>>,
    pub selected: Option<bool>,
    #[serde(borrow)]
    pub brand: Option<Word<'a>>,
    #[serde(borrow)]
    pub last_digits: Option<Word<'a>>,
    pub expiry_month: Option<Whole>,
    pub expiry_year: Option<Whole>,
    #[serde(borrow)]
    pub rich_text_description: Option<Word<'a>>,
    #[serde(borrow)]
    pub rich_card_art: Option<Word<'a>>,
    #[serde(borrow, default)]
    pub display: Member<Object<DisplayBody<'a>>>,
    #[serde(borrow, default)]
    pub billing_address: Member<Object<AddressBody<'a>>>,
    #[serde(borrow, default)]
    pub credential: Member<Object<CredentialBody<'a>>>,
}

#[derive(Default, Deserialize)]
pub struct DisplayBody<'a> {
    #[serde(borrow)]
    pub brand: Option<Word<'a>>,
    #[serde(borrow)]
    pub last_digits: Option<Word<'a>>,
    pub expiry_month: Option<Whole>,
    pub expiry_year: Option<Whole>,
    #[serde(borrow)]
    pub description: Option<Word<'a>>,
    #[serde(borrow)]
    pub card_art: Option<Word<'a>>,
}

#[derive(Deserialize)]
pub struct CredentialBody<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Option<Word<'a>>,
    #[serde(borrow)]
    pub token: Option<Word<'a>>,
}

/// What a body says of one member.
#[derive(Default)]
pub enum Member<T> {
    #[default]
    Absent,
    Null,
    Given(T),
}

impl<T> Member<T> {
    /// `None` for absent and for `null`.
    pub fn given(self) -> Option<T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Given))
    }
}

/// A JSON object. A derived reader alone would take an array of its members in order, too.
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// A list of a bounded length. Of a longer one, one more is kept, so that whoever counts refuses
/// it, and the rest is read past: an empty object costs two bytes to send and a kilobyte to keep.
pub struct Few<T, const MAX: usize>(pub Vec<T>);

impl<T, const MAX: usize> Default for Few<T, MAX> {
    fn default() -> Self {
        Self(vec![])
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Few<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FewVisitor(PhantomData))
    }
}

struct FewVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for FewVisitor<T, MAX> {
    type Value = Few<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut kept = vec![];
        while kept.len() <= MAX {
            match seq.next_element()? {
                Some(element) => kept.push(element),
                None => return Ok(Few(kept)),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Few(kept))
    }
}

/// A string, borrowed from the body unless it had escapes to be resolved.
pub struct Word<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(WordVisitor)
    }
}

struct WordVisitor;

impl<'de> Visitor<'de> for WordVisitor {
    type Value = Word<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, word: &'de str) -> Result<Self::Value, E> {
        Ok(Word(Cow::Borrowed(word)))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
        Ok(Word(Cow::Owned(word.to_owned())))
    }
}

/// A whole number of any sign. Which of them mean something is decided where they are used.
#[derive(Clone, Copy)]
pub struct Whole(pub i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(WholeVisitor)
    }
}

struct WholeVisitor;

impl Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Whole(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Whole(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}
