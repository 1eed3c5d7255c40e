//! Documents that select all that the schema has below a field, made from what the schema tells of itself.

use std::{collections::HashMap, fmt::Write};

use serde_json::Value;

/// What a schema tells of itself, as far as [`Everything`] needs it.
pub const INTROSPECTION: &str = "{ __schema { queryType { fields { name } } types { name kind possibleTypes { name } \
    fields { name args { name defaultValue type { kind } } type { ...T } } } } } \
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Selects everything.
#[derive(Debug)]
pub struct Everything(HashMap<String, Value>);

impl Everything {
    /// Of the answer to [`INTROSPECTION`].
    pub fn of(data: &Value) -> Self {
        let types = data["__schema"]["types"].as_array().cloned().unwrap_or_default();
        Self(types.into_iter().map(|one| (text(&one["name"]), one)).collect())
    }

    /// The names of the fields of a type.
    pub fn fields(&self, of: &str) -> Vec<String> {
        self.list(of, "fields").iter().map(|field| text(&field["name"])).collect()
    }

    /// A query of one root field with these arguments (in parentheses, or none), and everything below it to this depth.
    pub fn query(&self, field: &str, arguments: &str, depth: usize) -> String {
        let fields = self.list("Query", "fields");
        let found = fields.iter().find(|one| one["name"] == field);
        let found = found.unwrap_or_else(|| panic!("there is no root field {field}"));
        format!("{{ {field}{arguments} {} }}", self.select(&named(&found["type"]), depth, ""))
    }

    /// A selection for each leaf of a type to this depth, which leads to it alone. Fields that need arguments are left out, and
    /// lists that are read by pages.
    pub fn leaves(&self, of: &str, depth: usize) -> Vec<String> {
        let is_in_the_way = |one: &Value| {
            (one["type"]["kind"] == "NON_NULL" && one["defaultValue"].is_null()) || one["name"] == "first"
        };
        let is_free = |field: &Value| !field["args"].as_array().is_some_and(|all| all.iter().any(is_in_the_way));
        let fields = self.list(of, "fields").into_iter().filter(is_free);
        let leaves = fields.flat_map(|field| {
            let (name, below) = (text(&field["name"]), named(&field["type"]));
            match self.0.get(&below).map(|found| text(&found["kind"])).as_deref() {
                Some("OBJECT") if depth > 0 => {
                    let below = self.leaves(&below, depth - 1).into_iter();
                    below.map(|leaf| format!("{name} {{ {leaf} }}")).collect()
                }
                Some("SCALAR" | "ENUM") => vec![name],
                _ => Vec::new(),
            }
        });
        leaves.collect()
    }

    fn list(&self, of: &str, what: &str) -> Vec<Value> {
        self.0.get(of).and_then(|found| found[what].as_array().cloned()).unwrap_or_default()
    }

    /// Nothing for a leaf; fields of an interface's objects have a prefix, as theirs may differ in type.
    fn select(&self, name: &str, depth: usize, prefix: &str) -> String {
        let mut chosen = match self.0.get(name).map(|found| text(&found["kind"])).as_deref() {
            Some("OBJECT") => self.fields_of(name, depth, prefix),
            Some("INTERFACE" | "UNION") => {
                let each = self.list(name, "possibleTypes").into_iter().map(|one| text(&one["name"]));
                each.map(|one| format!("... on {one} {}", self.select(&one, depth, &format!("{one}_")))).collect()
            }
            _ => return String::new(),
        };
        chosen.insert(0, "__typename".to_owned());
        format!("{{ {} }}", chosen.join(" "))
    }

    fn fields_of(&self, name: &str, depth: usize, prefix: &str) -> Vec<String> {
        let mut chosen = Vec::new();
        for field in self.list(name, "fields") {
            let arguments = field["args"].as_array().cloned().unwrap_or_default();
            let is_needed = |one: &Value| one["type"]["kind"] == "NON_NULL" && one["defaultValue"].is_null();
            let below = named(&field["type"]);
            let is_leaf = matches!(self.0.get(&below).map(|it| text(&it["kind"])).as_deref(), Some("SCALAR" | "ENUM"));
            if arguments.iter().any(is_needed) || (depth == 0 && !is_leaf) {
                continue;
            }
            let page = if arguments.iter().any(|one| one["name"] == "first") { "(first: 3)" } else { "" };
            let field = text(&field["name"]);
            let mut selection = if prefix.is_empty() { String::new() } else { format!("{prefix}{field}: ") };
            let _ = write!(selection, "{field}{page} {}", self.select(&below, depth.saturating_sub(1), ""));
            chosen.push(selection);
        }
        chosen
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The name of a type without its lists and nulls.
fn named(value: &Value) -> String {
    if value["ofType"].is_null() { text(&value["name"]) } else { named(&value["ofType"]) }
}
