//! JSON as it was written: with repeated members, which the wire's own reader may have stopped at.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A document, with as much of it as a test asks for.
pub enum Json {
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
    Other,
}

impl Json {
    /// `None` for what is no JSON, or has a text or a number that nothing here can hold.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Whether a JSONPath of members and items leads to something here.
    pub fn has(&self, path: &str) -> bool {
        !self.at(path).is_empty()
    }

    /// Everything that a path leads to: several, if members are repeated.
    pub fn at(&self, path: &str) -> Vec<&Json> {
        let steps = path.strip_prefix('$').expect("a path starts at the root");
        let steps = steps.replace('[', ".[");
        let mut found = vec![self];
        for step in steps.split('.').filter(|step| !step.is_empty()) {
            found = found.into_iter().flat_map(|json| json.step(step)).collect();
        }
        found
    }

    fn step(&self, step: &str) -> Vec<&Json> {
        let index = step.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match (self, index.map(str::parse::<usize>)) {
            (Self::List(list), Some(Ok(index))) => list.get(index).into_iter().collect(),
            (Self::Object(members), None) => {
                let named = members.iter().filter(|(name, _)| name == step);
                named.map(|(_, json)| json).collect()
            }
            _ => vec![],
        }
    }

    /// Every text that is the value of something.
    pub fn texts(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(list) => list.iter().flat_map(Json::texts).collect(),
            Self::Object(members) => members.iter().flat_map(|(_, json)| json.texts()).collect(),
            Self::Other => vec![],
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut list = vec![];
        while let Some(json) = seq.next_element()? {
            list.push(json);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = vec![];
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }
}
