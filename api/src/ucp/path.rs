//! Where something lies in a body, written down only if somebody must be told.

use std::fmt;

/// A JSONPath that costs nothing until it is shown.
///
/// # Source
/// RFC 9535: `$.line_items[0].quantity`.
#[derive(Clone, Copy)]
pub enum Path<'a> {
    Root,
    Member(&'a Path<'a>, &'static str),
    Item(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub fn member(&'a self, name: &'static str) -> Self {
        Self::Member(self, name)
    }

    pub fn item(&'a self, index: usize) -> Self {
        Self::Item(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("$"),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_members_and_items_from_the_root() {
        let lines = Path::Root.member("line_items");
        assert_eq!(lines.item(2).member("quantity").to_string(), "$.line_items[2].quantity");
        assert_eq!(Path::Root.to_string(), "$");
    }
}
