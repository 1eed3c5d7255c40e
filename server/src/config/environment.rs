//! Settings from the environment, and secrets from the files that it names.

use std::{collections::BTreeMap, path::Path};

use super::{
    ReadFile,
    error::ConfigError,
    keys::{CONFIG, Given, Key, keys, unknown},
};

/// Prefixes that are the hub's: a name with one of them that no key has is misspelt.
const PREFIXES: [&str; 3] = ["HUB_", "NINJA_", "THREATLOCKER_"];

/// Names of the project's own tests, which run beside a hub's settings.
const TEST_PREFIX: &str = "HUB_TEST_";

/// The environment of this process. Names and values that aren't Unicode are shown with replacement characters rather
/// than dropped, so that a bad value is still refused.
pub fn of_process() -> BTreeMap<String, String> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect()
}

/// Takes the hub's names; a blank value counts as not set, except that it switches a schedule off.
pub(super) fn read(environment: &BTreeMap<String, String>, read_file: ReadFile<'_>) -> Result<Given, ConfigError> {
    refuse_unknown(environment)?;
    let mut given = Given::default();
    for key in keys() {
        if let Some(text) = environment.get(key.name).filter(|text| !text.trim().is_empty() || key.blank_says_off) {
            given.insert_text(key.name, key.name, text.clone());
        }
        if key.secret
            && let Some(text) = read_secret(key, environment, read_file)?
        {
            given.insert_text(key.name, &format!("{}_FILE", key.name), text);
        }
    }
    Ok(given)
}

/// A value that isn't blank.
pub(super) fn find<'a>(environment: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    environment.get(name).map(String::as_str).filter(|text| !text.trim().is_empty())
}

fn read_secret(
    key: &Key,
    environment: &BTreeMap<String, String>,
    read_file: ReadFile<'_>,
) -> Result<Option<String>, ConfigError> {
    let file_name = format!("{}_FILE", key.name);
    let Some(path) = find(environment, &file_name).map(Path::new) else { return Ok(None) };
    if find(environment, key.name).is_some() {
        return Err(ConfigError::GivenTwice { name: key.name.to_owned() });
    }
    let text = read_file(path).map_err(|source| ConfigError::Unreadable {
        key: file_name.clone(),
        path: path.to_owned(),
        source,
    })?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.trim().is_empty() {
        let expected = format!("a secret in the file {}, which is empty", path.display());
        return Err(ConfigError::BadValue { key: file_name, expected, found: None });
    }
    Ok(Some(secret.to_owned()))
}

fn refuse_unknown(environment: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    let is_ours = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && !name.starts_with(TEST_PREFIX);
    match environment.keys().find(|name| is_ours(name) && !known().any(|known| known == **name)) {
        Some(name) => Err(unknown(name, name, known())),
        None => Ok(()),
    }
}

fn known() -> impl Iterator<Item = String> {
    let names = keys().map(|key| key.name.to_owned());
    let files = keys().filter(|key| key.secret).map(|key| format!("{}_FILE", key.name));
    names.chain(files).chain([CONFIG.to_owned()])
}
