//! Fields of a query or of a form that was sent.

use std::collections::BTreeMap;

/// By name; of a name that is repeated the first counts.
pub struct Form(BTreeMap<String, String>);

/// The button that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    SignIn,
    Approve,
    Decline,
}

impl Form {
    pub fn parse(encoded: &[u8]) -> Self {
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            fields.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self(fields)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn intent(&self) -> Option<Intent> {
        match self.get("intent")? {
            "sign-in" => Some(Intent::SignIn),
            "approve" => Some(Intent::Approve),
            "decline" => Some(Intent::Decline),
            _ => None,
        }
    }
}
