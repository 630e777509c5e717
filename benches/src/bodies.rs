//! The bodies of one purchase, as Google's native-checkout guide has them.
//!
//! Why: a measurement on a toy body measures a toy. The guide's are what Google sends, so every
//! bench and the ratio to the floor use these and no others.

/// What is bought.
pub const PRODUCT: &str = "product_12345";

/// Of `POST /checkout-sessions`.
pub const CREATE: &str = r#"{"line_items":[{"item":{"id":"product_12345","title":"Running Shoes"},"quantity":1}],"currency":"USD"}"#;

/// Of `PUT /checkout-sessions/{id}`: who buys, where to, and the card as it is shown. Names no
/// session, as the path does that, so one body serves all.
pub const UPDATE: &str = r#"{
  "currency": "USD",
  "line_items": [
    {"item": {"id": "product_12345", "title": "Running Shoes", "price": 10000}, "quantity": 1}
  ],
  "buyer": {"first_name": "John", "last_name": "Doe", "email": "johndoe@example.com"},
  "fulfillment": {
    "methods": [
      {
        "type": "shipping",
        "destinations": [
          {
            "id": "dest_1",
            "street_address": "1600 Amphitheatre Pkwy",
            "address_locality": "Mountain View",
            "address_region": "CA",
            "postal_code": "94043",
            "country": "US"
          }
        ],
        "selected_destination_id": "dest_1"
      }
    ]
  },
  "payment": {
    "selected_instrument_id": "pi_gpay_5678",
    "instruments": [
      {
        "id": "pi_gpay_5678",
        "handler_id": "gpay",
        "type": "card",
        "brand": "mastercard",
        "last_digits": "5678",
        "rich_text_description": "Google Pay •••• 5678"
      }
    ]
  }
}"#;

/// Of `POST /checkout-sessions/{id}/complete`, with a token as long as Google Pay's are.
pub fn complete() -> String {
    let signed_message = "c2lnbmVkLW1lc3NhZ2U".repeat(40);
    let token = format!(
        r#"{{\"protocolVersion\":\"ECv2\",\"signature\":\"MEQCIH6Q4OwQ0jAceFEkGF0JID6s\",\"signedMessage\":\"{signed_message}\"}}"#
    );
    format!(
        r#"{{
  "payment_data": {{
    "id": "pi_gpay_5678",
    "handler_id": "gpay",
    "type": "card",
    "brand": "mastercard",
    "last_digits": "5678",
    "billing_address": {{
      "street_address": "1600 Amphitheatre Pkwy",
      "address_locality": "Mountain View",
      "address_region": "CA",
      "address_country": "US",
      "postal_code": "94043"
    }},
    "credential": {{"type": "PAYMENT_GATEWAY", "token": "{token}"}}
  }}
}}"#
    )
}
