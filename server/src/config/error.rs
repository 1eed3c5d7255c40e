//! Why the hub doesn't start with these settings. No message repeats a secret.

use std::{io, path::PathBuf};

/// A setting that is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key that the hub doesn't have, most likely misspelt.
    #[error("{key} is no setting of the hub; did you mean {nearest}?")]
    UnknownKey {
        /// The key as it was given.
        key: String,
        /// The known key that looks most like it.
        nearest: String,
    },
    /// A value that its key can't have.
    #[error("{key}: expected {expected}{}", found.as_ref().map(|found| format!(", found \"{found}\"")).unwrap_or_default())]
    BadValue {
        /// The key, as its source spells it.
        key: String,
        /// What would be good.
        expected: String,
        /// What was given, unless it may hold a secret.
        found: Option<String>,
    },
    /// A secret in the settings file, which is copied and committed more easily than an environment.
    #[error("{key}: secrets belong in the environment: set {name}, or {name}_FILE with the name of a file")]
    SecretInFile {
        /// The key in the file.
        key: String,
        /// The environment name to use instead.
        name: String,
    },
    /// Both a secret and a file that holds it.
    #[error("{name} and {name}_FILE are both set; keep one")]
    GivenTwice {
        /// The environment name without `_FILE`.
        name: String,
    },
    /// A named file that can't be read.
    #[error("{key}: the file {} can't be read", path.display())]
    Unreadable {
        /// The key that names the file.
        key: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A settings file that isn't TOML.
    #[error("{} line {line}: {message}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// Some of the required names of a vendor, or of a place that alerts go to, are set, others are not.
    #[error("{vendor} is set up by half: {} {} missing", missing.join(", "), if missing.len() == 1 { "is" } else { "are" })]
    Incomplete {
        /// The vendor or the place, as people write it.
        vendor: &'static str,
        /// The required names that are not set.
        missing: Vec<&'static str>,
    },
    /// A certificate without its key, or a key without its certificate.
    #[error("TLS is set up by half: {missing} is missing")]
    HalfOfTls {
        /// The environment name that is not set.
        missing: &'static str,
    },
    /// An address that other machines could reach.
    #[error(
        "{key}: {address} is not a loopback address; without sign-in the hub answers on loopback only, so set \
         HUB_SIGN_IN=on, or listen on 127.0.0.1 and put a reverse proxy with sign-in or an SSH tunnel on the same machine"
    )]
    NotLoopback {
        /// The key, as its source spells it.
        key: String,
        /// The address.
        address: String,
    },
}
