//! The device filter `df`: terms joined by AND, no OR. Unless a term names the status, pending devices are hidden.

use super::listing::Entry;

/// A filter that was understood.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Online(bool),
    Matches { field: Field, among: bool, values: Vec<String> },
    Created { compare: Compare, day: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Organization,
    Location,
    Role,
    Id,
    Class,
    Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    On,
    Before,
    After,
}

/// The filter cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadFilter;

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Self, BadFilter> {
        let joined = text.replace("&&", " AND ");
        let mut terms = Vec::new();
        let mut words: Vec<&str> = Vec::new();
        for word in joined.split_whitespace().chain(["AND"]) {
            if !word.eq_ignore_ascii_case("and") {
                words.push(word);
            } else if !words.is_empty() {
                terms.push(Term::parse(&words.join(" "))?);
                words.clear();
            }
        }
        Ok(Self { terms })
    }

    pub(crate) fn admits(&self, entry: &Entry) -> bool {
        let names_status = self.terms.iter().any(|term| matches!(term, Term::Matches { field: Field::Status, .. }));
        (names_status || !entry.is_pending()) && self.terms.iter().all(|term| term.admits(entry))
    }
}

impl Term {
    fn parse(text: &str) -> Result<Self, BadFilter> {
        match text.to_ascii_lowercase().as_str() {
            "online" => return Ok(Self::Online(true)),
            "offline" => return Ok(Self::Online(false)),
            _ => {}
        }
        let key_end = text.find(|letter: char| !letter.is_ascii_alphabetic()).ok_or(BadFilter)?;
        let (key, rest) = text.split_at(key_end);
        let (operator, value) = operator(rest.trim_start()).ok_or(BadFilter)?;
        let value = value.trim();
        if value.is_empty() {
            return Err(BadFilter);
        }
        if key.eq_ignore_ascii_case("created") {
            return Self::created(operator, value);
        }
        let field = field(key).ok_or(BadFilter)?;
        let among = match operator {
            "=" | "eq" | "in" => true,
            "!=" | "<>" | "neq" | "nin" | "notin" | "!in" => false,
            _ => return Err(BadFilter),
        };
        let inner = value.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(value);
        let values: Vec<String> = inner.split(',').map(|one| one.trim().to_owned()).collect();
        let numeric = !matches!(field, Field::Class | Field::Status);
        if numeric && values.iter().any(|one| one.parse::<i64>().is_err()) {
            return Err(BadFilter);
        }
        Ok(Self::Matches { field, among, values })
    }

    fn created(operator: &str, value: &str) -> Result<Self, BadFilter> {
        let compare = match operator {
            "=" | "eq" => Compare::On,
            "<" | "before" => Compare::Before,
            ">" | "after" => Compare::After,
            _ => return Err(BadFilter),
        };
        let digits: String = value.chars().filter(char::is_ascii_digit).take(8).collect();
        if digits.len() != 8 {
            return Err(BadFilter);
        }
        Ok(Self::Created { compare, day: digits })
    }

    fn admits(&self, entry: &Entry) -> bool {
        match self {
            Self::Online(online) => entry.offline != *online,
            Self::Created { compare, day } => {
                let created = chrono::DateTime::from_timestamp(entry.created, 0).unwrap_or_default();
                let created = created.format("%Y%m%d").to_string();
                match compare {
                    Compare::On => created == *day,
                    Compare::Before => created < *day,
                    Compare::After => created > *day,
                }
            }
            Self::Matches { field, among, values } => {
                let number = match field {
                    Field::Organization => entry.organization,
                    Field::Location => entry.location,
                    Field::Role => entry.role,
                    Field::Id => entry.id,
                    Field::Class => return values.contains(&entry.class) == *among,
                    Field::Status => return values.contains(&entry.status) == *among,
                };
                values.iter().any(|one| one.parse() == Ok(number)) == *among
            }
        }
    }
}

fn field(key: &str) -> Option<Field> {
    Some(match key.to_ascii_lowercase().as_str() {
        "org" | "organization" => Field::Organization,
        "loc" | "location" => Field::Location,
        "role" => Field::Role,
        "id" => Field::Id,
        "class" => Field::Class,
        "status" => Field::Status,
        _ => return None,
    })
}

/// Splits the operator off what follows the key.
fn operator(rest: &str) -> Option<(&'static str, &str)> {
    const SYMBOLS: [&str; 6] = ["!=", "<>", "!in", "=", "<", ">"];
    const WORDS: [&str; 7] = ["neq", "eq", "notin", "nin", "in", "before", "after"];
    for symbol in SYMBOLS {
        if let Some(value) = rest.strip_prefix(symbol) {
            return Some((symbol, value));
        }
    }
    WORDS.into_iter().find_map(|word| {
        let value = rest.strip_prefix(word)?;
        value.starts_with([' ', '(']).then_some((word, value))
    })
}

#[cfg(test)]
mod tests {
    use super::{BadFilter, Filter};
    use crate::ninja::listing::Entry;

    fn entry(id: i64, organization: i64, status: &str) -> Entry {
        Entry {
            id,
            device: None,
            organization,
            location: 9,
            role: 201,
            class: "WINDOWS_SERVER".to_owned(),
            status: status.to_owned(),
            offline: false,
            created: 1_700_000_000,
            ghost: false,
            edited: false,
        }
    }

    fn admits(filter: &str, entry: &Entry) -> bool {
        Filter::parse(filter).unwrap().admits(entry)
    }

    #[test]
    fn terms_are_joined_by_and_in_both_spellings() {
        let device = entry(101, 5, "APPROVED");
        assert!(admits("org = 5 AND class=WINDOWS_SERVER", &device));
        assert!(admits("org=5&&id in (101, 102)&&online", &device));
        assert!(!admits("org=5 AND id notin (101,102)", &device));
        assert!(!admits("organization neq 5", &device));
        assert!(!admits("offline", &device));
        assert!(admits("created after 2023-11-01 AND created < 20231201", &device));
    }

    #[test]
    fn pending_devices_are_hidden_unless_the_status_is_named() {
        let device = entry(101, 5, "PENDING");
        assert!(!admits("", &device));
        assert!(!admits("org = 5", &device));
        assert!(admits("status = PENDING", &device));
        assert!(admits("status != APPROVED", &device));
        assert!(admits("", &entry(101, 5, "STAGED")));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for text in ["nonsense", "org = five", "org", "org =", "status ~ APPROVED", "created = soon", "or = 1"] {
            assert_eq!(Filter::parse(text), Err(BadFilter), "{text}");
        }
    }
}
