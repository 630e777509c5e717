//! Reads a table key by key, and knows afterwards which keys there are.
//!
//! Why: whoever mistypes a key must hear of it, with the key they meant. The keys that exist are
//! those that the code asks for, so there is no second list of them to forget one in.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Problem;
use super::node::{Kind, Node, Place, Table, parse_variable};

/// How far a word may be from the one that was meant, for it to be suggested.
const LIKENESS_MIN: f64 = 0.75;

/// Where problems are gathered: all of them are told, not only the first.
pub type Problems = RefCell<Vec<Problem>>;

/// One table that is being read.
pub struct Section<'a> {
    /// Such as `server` or `shipping.options[2]`.
    name: String,
    /// Where the table starts, if it was given at all.
    place: Option<Place>,
    given: Option<&'a Table>,
    defaults: Option<&'a Table>,
    variables: Option<&'a Variables>,
    asked: Vec<&'static str>,
    problems: &'a Problems,
}

impl<'a> Section<'a> {
    /// A section of the document, over that of the embedded one, under the environment.
    pub fn of_document(
        name: &'static str,
        document: &'a Table,
        defaults: &'a Table,
        variables: &'a Variables,
        problems: &'a Problems,
    ) -> Self {
        let default = defaults.get(name).and_then(|node| node.table().ok());
        let mut section = Self {
            name: name.to_owned(),
            place: document.get(name).map(|node| node.place.clone()),
            given: None,
            defaults: Some(default.expect("the embedded configuration has every section")),
            variables: Some(variables),
            asked: vec![],
            problems,
        };
        if let Some(node) = document.get(name) {
            match node.table() {
                Ok(table) => section.given = Some(table),
                Err(what) => section.refuse(&node.place, None, &what),
            }
        }
        section
    }

    /// A key that the embedded configuration has: what was given, or else that.
    pub fn value<T>(&mut self, key: &'static str, read: impl Fn(&Node) -> Result<T, String>) -> T {
        if let Some(value) = self.optional(key, &read) {
            return value;
        }
        let default = self.defaults.and_then(|defaults| defaults.get(key));
        let default = default.expect("the embedded configuration has every key");
        read(default).expect("the embedded configuration is right")
    }

    /// A key without a default: what was given, unless it is wrong.
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Node) -> Result<T, String>,
    ) -> Option<T> {
        self.asked.push(key);
        let node = self.node(key)?;
        read(&node).map_err(|what| self.refuse(&node.place, Some(key), &what)).ok()
    }

    /// A key that each row of a list must have.
    pub fn required<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&Node) -> Result<T, String>,
    ) -> Option<T> {
        if self.node(key).is_none() {
            self.complain(&format!("`{key}` is missing"));
        }
        self.optional(key, read)
    }

    /// A list of tables, each read by `read`; those it gives up on are left out.
    pub fn rows<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&mut Section<'_>) -> Option<T>,
    ) -> Vec<T> {
        self.asked.push(key);
        let default = || self.defaults.and_then(|defaults| defaults.get(key)).cloned();
        let Some(node) = self.node(key).or_else(default) else { return vec![] };
        let list = match node.list() {
            Ok(list) => list,
            Err(what) => {
                self.refuse(&node.place, Some(key), &what);
                return vec![];
            }
        };
        let row = |(index, entry): (usize, &Node)| {
            let name = format!("{}.{key}[{index}]", self.name);
            Section::of_table(name, entry, self.problems, &read)
        };
        list.iter().enumerate().filter_map(row).collect()
    }

    /// A table inside a table.
    pub fn table<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&mut Section<'_>) -> Option<T>,
    ) -> Option<T> {
        self.asked.push(key);
        let node = self.node(key)?;
        Section::of_table(format!("{}.{key}", self.name), &node, self.problems, &read)
    }

    /// Something is wrong with the table as a whole.
    pub fn complain(&self, what: &str) {
        let problem = format!("`{}`: {what}", self.name);
        self.problems.borrow_mut().push(Problem { place: self.place.clone(), what: problem });
    }

    /// Refuses the keys that nobody asked for, and says which exist.
    pub fn finish(self) -> Vec<String> {
        for (key, node) in self.given.into_iter().flatten() {
            if !self.asked.contains(&key.as_str()) {
                let what = format!("unknown key `{}.{key}`{}", self.name, hint(key, &self.asked));
                self.problems.borrow_mut().push(Problem { place: Some(node.place.clone()), what });
            }
        }
        self.asked.iter().map(|key| Variables::name(&self.name, key)).collect()
    }

    fn of_table<T>(
        name: String,
        node: &Node,
        problems: &Problems,
        read: impl Fn(&mut Section<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut section = Section {
            name,
            place: Some(node.place.clone()),
            given: node.table().ok(),
            defaults: None,
            variables: None,
            asked: vec![],
            problems,
        };
        if let Err(what) = node.table() {
            section.complain(&what);
            return None;
        }
        let value = read(&mut section);
        section.finish();
        value
    }

    fn node(&self, key: &str) -> Option<Node> {
        let variable = self.variables.and_then(|variables| variables.get(&self.name, key));
        let Some(node) = variable else {
            return self.given.and_then(|given| given.get(key)).cloned();
        };
        let default = self.defaults.and_then(|defaults| defaults.get(key));
        if !matches!(default.map(|node| &node.kind), Some(Kind::List(_) | Kind::Table(_))) {
            return Some(node);
        }
        match parse_variable(node.text().expect("a variable is text"), &node.place) {
            Ok(node) => Some(node),
            Err(what) => {
                self.refuse(&node.place, Some(key), &what);
                None
            }
        }
    }

    fn refuse(&self, place: &Place, key: Option<&str>, what: &str) {
        let name = key.map_or(self.name.clone(), |key| format!("{}.{key}", self.name));
        let problem = Problem { place: Some(place.clone()), what: format!("`{name}`: {what}") };
        self.problems.borrow_mut().push(problem);
    }
}

/// What the environment says, by the names of its variables.
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    const PREFIX: &'static str = "PACELINE_";
    /// How the programs that play Google know it.
    const GOOGLE: &'static str = "PACELINE_GOOGLE_BASE_URL";

    pub fn of(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = environment.into_iter().filter(|(name, _)| name.starts_with(Self::PREFIX));
        let named = |(name, value): (String, String)| match name.as_str() {
            Self::GOOGLE => (Self::name("google", "base_url"), value),
            _ => (name, value),
        };
        Self(ours.map(named).collect())
    }

    pub fn name(section: &str, key: &str) -> String {
        format!("{}{section}__{key}", Self::PREFIX).to_uppercase()
    }

    fn get(&self, section: &str, key: &str) -> Option<Node> {
        let name = Self::name(section, key);
        let word = self.0.get(&name)?.clone();
        Some(Node { place: Place::Variable(Rc::from(name)), kind: Kind::Word(word) })
    }

    /// Refuses the variables that name no key. One without `__` is only refused if it is a key
    /// with a slip: Kubernetes sets others, such as `PACELINE_PORT`, for a service of our name.
    pub fn refuse_unknown(&self, known: &[String], problems: &Problems) {
        for name in self.0.keys().filter(|name| !known.contains(name)) {
            let slip = known.iter().any(|known| known.replace("__", "_") == *name);
            if slip || name.contains("__") {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let what = format!("unknown variable `{name}`{}", hint(name, &known));
                problems.borrow_mut().push(Problem { place: None, what });
            }
        }
    }
}

/// `; did you mean …?`, or nothing if no known word is like it.
pub fn hint(unknown: &str, known: &[&str]) -> String {
    let likeness = |word: &str| strsim::jaro_winkler(unknown, word);
    let best = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match best.filter(|best| likeness(best) >= LIKENESS_MIN) {
        Some(best) => format!("; did you mean `{best}`?"),
        None => String::new(),
    }
}
