//! Settings from `inventory-hub.toml`.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use domain::billing::NodeClassRule;
use toml::{
    Table, Value,
    de::{DeTable, DeValue},
};

use super::{
    DEFAULT_FILE, ReadFile, environment,
    error::ConfigError,
    keys::{CONFIG, Content, Entry, Given, NODE_CLASS_RULES, keys, unknown},
};

/// What the file gave.
#[derive(Default)]
pub(super) struct File {
    pub(super) given: Given,
    pub(super) node_class_rules: BTreeMap<String, NodeClassRule>,
}

/// Reads the file that the flag names, else `HUB_CONFIG`, else the default one, which alone may be missing.
pub(super) fn read(
    flag: Option<&Path>,
    environment: &BTreeMap<String, String>,
    read_file: ReadFile<'_>,
) -> Result<File, ConfigError> {
    let named = flag
        .map(|path| ("--config", path.to_owned()))
        .or_else(|| environment::find(environment, CONFIG).map(|path| (CONFIG, PathBuf::from(path))));
    let (key, path) = named.clone().unwrap_or((CONFIG, PathBuf::from(DEFAULT_FILE)));
    match read_file(&path) {
        Ok(text) => parse(&path, &text),
        Err(source) if named.is_none() && source.kind() == ErrorKind::NotFound => Ok(File::default()),
        Err(source) => Err(ConfigError::Unreadable { key: key.to_owned(), path, source }),
    }
}

fn parse(path: &Path, text: &str) -> Result<File, ConfigError> {
    let table: Table = text.parse().map_err(|error| bad_file(path, text, &error))?;
    let lines = lines(text).map_err(|error| bad_file(path, text, &error))?;
    let mut file = File::default();
    for (key, value) in flatten(table) {
        let line = lines.get(&key).map_or_else(String::new, |line| format!(" line {line}"));
        let origin = format!("{key} in {}{line}", path.display());
        match key.strip_prefix(NODE_CLASS_RULES).and_then(|rest| rest.strip_prefix('.')) {
            Some(class) => {
                file.node_class_rules.insert(class.to_owned(), rule(&origin, value)?);
            }
            None => take(&mut file.given, &key, origin, value)?,
        }
    }
    Ok(file)
}

fn take(given: &mut Given, name: &str, origin: String, value: Value) -> Result<(), ConfigError> {
    let Some(key) = keys().find(|key| key.in_file == name) else {
        let known = keys().filter(|key| !key.secret).map(|key| key.in_file.to_owned());
        return Err(unknown(name, &origin, known.chain([NODE_CLASS_RULES.to_owned()])));
    };
    if key.secret {
        return Err(ConfigError::SecretInFile { key: origin, name: key.name.to_owned() });
    }
    let content = match value {
        // Blank counts as not set here too, except that it switches a schedule off.
        Value::String(text) if text.trim().is_empty() && !key.blank_says_off => return Ok(()),
        Value::String(text) => Content::Text(text),
        Value::Integer(number) => Content::Text(number.to_string()),
        Value::Array(items) => {
            Content::List(items.into_iter().map(|item| text(&origin, item)).collect::<Result<_, _>>()?)
        }
        _ => return Err(bad(origin, "a text, a whole number or a list of texts")),
    };
    if let Some(other) = given.find(key.name) {
        return Err(bad(origin, &format!("one place for the setting; {} is there too", other.origin)));
    }
    given.insert(key.name, Entry { origin, content });
    Ok(())
}

fn text(origin: &str, value: Value) -> Result<String, ConfigError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(bad(origin.to_owned(), "a list of texts")),
    }
}

fn rule(origin: &str, value: Value) -> Result<NodeClassRule, ConfigError> {
    value.try_into().map_err(|_| bad(origin.to_owned(), "\"billable\", \"guest\" or \"default\""))
}

/// Tables become dotted keys.
fn flatten(table: Table) -> Vec<(String, Value)> {
    let mut entries = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) => {
                entries.extend(inner.into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            value => entries.push((name, value)),
        }
    }
    entries
}

/// The line of every dotted key, from 1.
fn lines(text: &str) -> Result<BTreeMap<String, usize>, toml::de::Error> {
    let line = |offset| line_at(text, offset);
    let mut lines = BTreeMap::new();
    for (name, value) in DeTable::parse(text)?.get_ref() {
        match value.get_ref() {
            DeValue::Table(inner) => {
                let keys =
                    inner.keys().map(|key| (format!("{}.{}", name.get_ref(), key.get_ref()), line(key.span().start)));
                lines.extend(keys);
            }
            _ => drop(lines.insert(name.get_ref().to_string(), line(name.span().start))),
        }
    }
    Ok(lines)
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn bad(key: String, expected: &str) -> ConfigError {
    ConfigError::BadValue { key, expected: expected.to_owned(), found: None }
}

/// The parser's own message quotes the line, which may hold a secret; only its reason and the line's number are kept.
fn bad_file(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let offset = error.span().map_or(0, |span| span.start);
    let line = line_at(text, offset);
    ConfigError::BadFile { path: path.to_owned(), line, message: error.message().to_owned() }
}
