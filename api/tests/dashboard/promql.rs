//! What a PromQL expression names, and what an exposition has: as much of either as it takes to
//! compare them.

/// What an expression names.
pub struct Named {
    pub metrics: Vec<Metric>,
    pub grouped_by: Vec<String>,
}

/// A metric as an expression selects it.
pub struct Metric {
    name: String,
    /// Labels, each with a value that it is compared with; one of several alternatives is one.
    compared: Vec<Label>,
}

pub type Label = (String, String);

/// The series of an exposition.
pub struct Exported(Vec<Series>);

struct Series {
    name: String,
    labels: Vec<Label>,
}

/// Made by Prometheus, not by what it scrapes.
const OF_PROMETHEUS: &str = "up";
const OPERATORS: [&str; 4] = ["and", "or", "unless", "bool"];

impl Named {
    pub fn of(expression: &str) -> Self {
        let mut named = Self { metrics: vec![], grouped_by: vec![] };
        let mut rest = expression;
        while let Some(next) = rest.chars().next() {
            rest = match next {
                '[' => split_at(rest, ']').1,
                '0'..='9' => rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '.'),
                _ if is_of_name(next) => {
                    let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
                    named.take(&rest[..end], rest[end..].trim_start())
                }
                _ => &rest[next.len_utf8()..],
            };
        }
        named
    }

    /// Takes a word for what it is, by what comes after it; returns what is left.
    fn take<'e>(&mut self, word: &str, rest: &'e str) -> &'e str {
        if word == "by" {
            let (labels, rest) = split_at(rest, ')');
            self.grouped_by.extend(labels[1..].split(',').map(|label| label.trim().to_owned()));
            return rest;
        }
        if rest.starts_with('(') || rest.starts_with("by") || OPERATORS.contains(&word) {
            return rest; // a function, an aggregation, an operator
        }
        let (selector, rest) = if rest.starts_with('{') { split_at(rest, '}') } else { ("", rest) };
        let compared = labels(selector.trim_start_matches('{'));
        self.metrics.push(Metric { name: word.to_owned(), compared });
        rest
    }
}

impl Exported {
    /// Parses the text that Prometheus scrapes.
    pub fn parse(exposition: &str) -> Self {
        let series = exposition.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let series = series.map(|line| {
            let end = line.find(['{', ' ']).expect("a name is followed by labels or a value");
            let braces = line[end..].strip_prefix('{').and_then(|rest| rest.split_once('}'));
            let inside = braces.map_or("", |(inside, _)| inside);
            Series { name: line[..end].to_owned(), labels: labels(inside) }
        });
        Self(series.collect())
    }

    /// What of the metric no series has.
    pub fn lacks(&self, metric: &Metric) -> Vec<String> {
        let Metric { name, compared } = metric;
        if name == OF_PROMETHEUS {
            return vec![];
        }
        if self.named(name).next().is_none() {
            return vec![name.clone()];
        }
        let unseen = |label: &&Label| !self.named(name).any(|s| s.labels.contains(label));
        let unseen = compared.iter().filter(unseen);
        unseen.map(|(label, value)| format!("{name}{{{label}=\"{value}\"}}")).collect()
    }

    pub fn is_labelled(&self, metric: &Metric, label: &str) -> bool {
        // Prometheus adds the instance to whatever it scrapes.
        let has = |s: &Series| s.labels.iter().any(|(name, _)| name == label);
        label == "instance" || self.named(&metric.name).any(has)
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Series> {
        self.0.iter().filter(move |series| series.name == name)
    }
}

/// The labels of `a="b",c=~"d|e"`: `c` twice, once for each value. No value of ours has a comma
/// or a brace in it.
fn labels(inside: &str) -> Vec<Label> {
    let mut labels = vec![];
    for (name, values) in inside.split(',').filter_map(|label| label.split_once('=')) {
        let values = values.trim_start_matches('~').trim_matches('"');
        labels.extend(values.split('|').map(|value| (name.trim().to_owned(), value.to_owned())));
    }
    labels
}

/// Up to and without `end`, and what is after it.
fn split_at(text: &str, end: char) -> (&str, &str) {
    let at = text.find(end).unwrap_or_else(|| panic!("no {end} in {text}"));
    (&text[..at], &text[at + 1..])
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

#[test]
fn metrics_labels_and_groups_are_told_from_functions_and_durations() {
    let Named { metrics, grouped_by } = Named::of(
        r#"histogram_quantile(0.95, sum by (le, shard) (rate(a_bucket{x="y",z=~"v|w"}[5m]))) > 4 or b"#,
    );
    let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(names, ["a_bucket", "b"]);
    let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(metrics[0].compared, [label("x", "y"), label("z", "v"), label("z", "w")]);
    assert_eq!(grouped_by, ["le", "shard"]);
}

#[test]
fn a_metric_and_a_value_that_are_not_exported_are_told() {
    let exported = Exported::parse("# HELP a\na{x=\"y\"} 1\nb 2\n");
    let missing = |expression: &str| -> Vec<String> {
        Named::of(expression).metrics.iter().flat_map(|metric| exported.lacks(metric)).collect()
    };
    assert_eq!(missing(r#"rate(a{x="y"}[1m]) + b"#), Vec::<String>::new());
    assert_eq!(missing(r#"a{x=~"y|z"} + c"#), [r#"a{x="z"}"#, "c"]);
}
