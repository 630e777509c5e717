//! What stored events and states are made of, with every optional member there once and absent
//! once.

use paceline_domain::asked::Asked;
use paceline_domain::decline::DeclineReason;
use paceline_domain::ids::{
    AttemptId, GroupId, InstrumentId, LineId, MethodId, OrderId, ProductId, SessionId,
};
use paceline_domain::market::{Address, Rate};
use paceline_domain::money::{CurrencyCode, MinorUnits};
use paceline_domain::order::Placement;
use paceline_domain::pricing::{Applied, CodeRefusal, CodeRefused, LineQuote, Quote};
use paceline_domain::session::{
    Attempt, Buyer, CancelReason, Consent, Contents, Destination, Group, InstrumentShown, Line,
    Method, MethodKind, Notice, PaymentShown, Quantity,
};
use paceline_domain::text::Text;
use paceline_domain::time::Timestamp;

use crate::variants::all;

pub const SESSION: SessionId = SessionId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
pub const ORDER: OrderId = OrderId(0xfedc_ba98_7654_3210_fedc_ba98_7654_3210);
pub const INSTRUMENT: InstrumentId = InstrumentId(0x1111_2222_3333_4444_5555_6666_7777_8888);
pub const AT: Timestamp = Timestamp(1_767_225_600_000);
pub const LATER: Timestamp = Timestamp(1_767_247_200_000);

pub fn attempt_id(number: u32) -> AttemptId {
    AttemptId { session: SESSION, number }
}

pub fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

pub fn product(id: &str) -> ProductId {
    ProductId::parse(id).unwrap()
}

pub fn currency(code: &str) -> CurrencyCode {
    CurrencyCode::parse(code).unwrap()
}

pub fn decline_reasons() -> Vec<DeclineReason> {
    all(DeclineReason::ALL.into())
}

pub fn cancel_reasons() -> Vec<CancelReason> {
    all(vec![CancelReason::Asked, CancelReason::Expired])
}

pub fn notices() -> Vec<Notice> {
    all(vec![
        Notice::OptionUnknown { method: 0, group: 1, asked: text("ship_moon") },
        Notice::DestinationUnknown { method: 1, asked: text("dest_9") },
        Notice::OptionReplaced { method: 2, group: 0, was: text("ship_express") },
        Notice::TotalsChanged { was: MinorUnits(11_350), now: MinorUnits(9_007_199_254_740_991) },
    ])
}

fn code_refusals() -> Vec<CodeRefused> {
    let refusals = all(vec![
        CodeRefusal::Invalid,
        CodeRefusal::Expired,
        CodeRefusal::AlreadyApplied,
        CodeRefusal::CombinationDisallowed,
        CodeRefusal::Ineligible,
    ]);
    refusals.into_iter().enumerate().map(|(index, why)| CodeRefused { index, why }).collect()
}

/// Everything that may be there is there.
pub fn contents() -> Contents {
    let kinds = all(vec![MethodKind::Shipping, MethodKind::Pickup]);
    let mut contents = Contents {
        currency: currency("USD"),
        lines: vec![line(1, "product_12345", 1, None), line(3, "größe-42", 10_000, Some(7))],
        buyer: Some(buyer()),
        methods: kinds.into_iter().zip(1..).map(|(kind, number)| method(kind, number)).collect(),
        codes: vec![text("TENOFF"), text("nosuch")],
        payment: payment_shown(),
        ..contents_bare()
    };
    contents.issued.lines = 3;
    contents.issued.methods = 2;
    contents.issued.groups = 300;
    contents.issued.destinations = u16::MAX;
    contents
}

/// Nothing is there that may be absent.
pub fn contents_bare() -> Contents {
    Contents {
        currency: currency("JPY"),
        lines: vec![],
        buyer: None,
        methods: vec![],
        codes: vec![],
        payment: PaymentShown::default(),
        issued: Default::default(),
    }
}

fn line(id: u16, name: &str, units: u32, short: Option<u64>) -> Line {
    Line {
        id: LineId(id),
        product: product(name),
        title: text("Running Shoes"),
        price: MinorUnits(10_000),
        image_url: short.map(|_| text("https://merchant.example/shoes.png")),
        quantity: Quantity::new(units).unwrap(),
        short,
    }
}

fn buyer() -> Buyer {
    Buyer {
        first_name: Some(text("Inês")),
        last_name: Some(text("Sousa")),
        full_name: Some(text("Inês Sousa")),
        email: Some(text("ines@example.com")),
        phone_number: Some(text("+16505550100")),
        consent: Some(Consent {
            analytics: Some(true),
            preferences: Some(false),
            marketing: None,
            sale_of_data: Some(false),
        }),
    }
}

/// The first with a choice made, the others without.
fn method(kind: MethodKind, number: u16) -> Method {
    let chosen = (number == 1).then_some(0);
    Method {
        id: MethodId(number),
        kind,
        lines: vec![LineId(1), LineId(3)],
        destinations: vec![Destination {
            id: text("dest_1"),
            name: chosen.map(|_| text("Castro Street")),
            address: if number == 1 { address() } else { Address::default() },
        }],
        selected: chosen,
        group: Group { id: GroupId(number), options: vec![rate(chosen)], selected: chosen },
    }
}

fn rate(chosen: Option<usize>) -> Rate {
    Rate {
        id: text("ship_ground"),
        title: text("Ground (3-5 days)"),
        description: chosen.map(|_| text("By truck")),
        carrier: chosen.map(|_| text("Example Post")),
        price: MinorUnits(500),
    }
}

fn address() -> Address {
    Address {
        street_address: Some(text("1600 Amphitheatre Parkway")),
        extended_address: Some(text("Building 40")),
        locality: Some(text("Mountain View")),
        region: Some(text("CA")),
        country: Some(text("US")),
        postal_code: Some(text("94043")),
        first_name: Some(text("Inês")),
        last_name: Some(text("Sousa")),
        full_name: Some(text("Inês Sousa")),
        phone_number: Some(text("+16505550100")),
    }
}

fn payment_shown() -> PaymentShown {
    let bare = InstrumentShown {
        id: text("pi_2"),
        handler_id: text("gpay"),
        kind: text("card"),
        brand: None,
        last_digits: None,
        expiry_month: None,
        expiry_year: None,
        rich_text_description: None,
        rich_card_art: None,
        billing_address: None,
    };
    let instruments = vec![instrument_shown(), bare];
    PaymentShown { selected_instrument_id: Some(text("pi_1")), instruments }
}

pub fn instrument_shown() -> InstrumentShown {
    InstrumentShown {
        id: text("pi_1"),
        handler_id: text("gpay"),
        kind: text("card"),
        brand: Some(text("visa")),
        last_digits: Some(text("1234")),
        expiry_month: Some(12),
        expiry_year: Some(2031),
        rich_text_description: Some(text("Visa •••• 1234")),
        rich_card_art: Some(text("https://wallet.example/art.png")),
        billing_address: Some(address()),
    }
}

/// It adds up.
pub fn quote() -> Quote {
    let lines = vec![
        LineQuote { subtotal: MinorUnits(10_000), discount: MinorUnits(1_000) },
        LineQuote { subtotal: MinorUnits(500), discount: MinorUnits(50) },
    ];
    let applied = vec![
        Applied {
            code: Some(text("TENOFF")),
            title: text("10% off"),
            amount: MinorUnits(1_050),
            priority: 100,
            allocations: vec![(0, MinorUnits(1_000)), (1, MinorUnits(50))],
        },
        Applied {
            code: None,
            title: text("5 USD off"),
            amount: MinorUnits(500),
            priority: u16::MAX,
            allocations: vec![],
        },
    ];
    Quote {
        lines,
        subtotal: MinorUnits(10_500),
        items_discount: MinorUnits(1_050),
        discount: MinorUnits(500),
        fulfillment: MinorUnits(500),
        tax: MinorUnits(761),
        total: MinorUnits(10_211),
        applied,
        codes_refused: code_refusals(),
    }
}

pub fn attempt(number: u32, asked: Option<Asked>) -> Attempt {
    Attempt { number, instrument: INSTRUMENT, order: ORDER, accepted_at: AT, asked }
}

pub fn asked() -> Asked {
    Asked {
        key: b"\x00\x04self\x00\x08complete8f1c"[..].into(),
        fingerprint: [0xa5; 32],
        manner: 7,
    }
}

pub fn placement() -> Placement {
    Placement { id: ORDER, session: SESSION, contents: contents(), quote: quote(), at: LATER }
}
