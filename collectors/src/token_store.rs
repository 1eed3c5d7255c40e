//! Where a rotated refresh token lives between runs.
//!
//! Ninja may replace the refresh token at every use (vendor-apis.md 1.2): the old one is dead at once, and two workers that
//! redeem the same one lock the account out. So a store gives out an exclusive guard, across processes, and what is
//! stored through it is durable before `store` returns. Nothing here ever throws a token away.

use std::{
    fmt::Debug,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::answer::json_problem;

/// A refresh token as kept.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// The token to redeem next.
    pub refresh_token: SecretString,
    /// SHA-256 (hex) of the configured token that this one descends from; `None` when none was configured. A configured
    /// token with another fingerprint is newer than the stored one and wins.
    pub seed_sha256: Option<String>,
}

/// Keeps one refresh token.
#[async_trait]
pub trait RefreshTokenStore: Debug + Send + Sync {
    /// Waits until no other worker, of this or another process, holds the store, and holds it until the guard is dropped.
    async fn exclusive(&self) -> Result<Box<dyn TokenGuard>, TokenStoreError>;
}

/// The store, held by one worker.
#[async_trait]
pub trait TokenGuard: Send {
    /// The token kept now; `None` when none was ever stored.
    async fn load(&mut self) -> Result<Option<StoredToken>, TokenStoreError>;

    /// Keeps a token in place of the former one. Durable when it returns.
    async fn store(&mut self, token: &StoredToken) -> Result<(), TokenStoreError>;
}

/// Why the refresh token could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum TokenStoreError {
    /// Reading, writing or locking failed.
    #[error("refresh token store could not {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: String,
        /// How it failed.
        source: io::Error,
    },
    /// The file holds something else. It is left as it is: only a person can tell whether it may be replaced.
    #[error("refresh token store holds {problem} in {path}: mend it, or remove it to start from the configured token")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong, without contents.
        problem: String,
    },
    /// A store of another kind failed.
    #[error("refresh token store failed: {0}")]
    Other(String),
}

/// Keeps the token in a file that only its owner can read.
///
/// The file is replaced by rename after its successor was written and flushed, so a crash leaves the old or the new one.
/// The lock is on a file beside it (`<name>.lock`), since the file itself is replaced.
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    path: PathBuf,
}

impl FileTokenStore {
    /// A store in this file; its directory must exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl RefreshTokenStore for FileTokenStore {
    async fn exclusive(&self) -> Result<Box<dyn TokenGuard>, TokenStoreError> {
        let path = self.path.clone();
        let lock = blocking(move || {
            let lock_path = beside(&path, ".lock");
            let open = private_options().create(true).truncate(false).open(&lock_path);
            let file = open.map_err(|source| failed("open", &lock_path, source))?;
            file.lock().map_err(|source| failed("lock", &lock_path, source))?;
            Ok(file)
        })
        .await?;
        Ok(Box::new(FileGuard { path: self.path.clone(), _lock: lock }))
    }
}

/// The locked file store; dropping it closes the lock file and so releases the lock.
struct FileGuard {
    path: PathBuf,
    _lock: File,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct FileContents {
    refresh_token: String,
    #[serde(default)]
    seed_sha256: Option<String>,
}

#[async_trait]
impl TokenGuard for FileGuard {
    async fn load(&mut self) -> Result<Option<StoredToken>, TokenStoreError> {
        let path = self.path.clone();
        blocking(move || read(&path)).await
    }

    async fn store(&mut self, token: &StoredToken) -> Result<(), TokenStoreError> {
        let (path, token) = (self.path.clone(), token.clone());
        blocking(move || replace(&path, &token)).await
    }
}

fn read(path: &Path) -> Result<Option<StoredToken>, TokenStoreError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("read", path, error)),
    };
    let malformed = |problem| TokenStoreError::Malformed { path: path.display().to_string(), problem };
    let contents: FileContents = serde_json::from_str(&text).map_err(|error| malformed(json_problem(&error)))?;
    if contents.refresh_token.is_empty() {
        return Err(malformed("an empty token".to_owned()));
    }
    Ok(Some(StoredToken { refresh_token: contents.refresh_token.into(), seed_sha256: contents.seed_sha256 }))
}

fn replace(path: &Path, token: &StoredToken) -> Result<(), TokenStoreError> {
    let contents = FileContents {
        refresh_token: token.refresh_token.expose_secret().to_owned(),
        seed_sha256: token.seed_sha256.clone(),
    };
    let text = serde_json::to_vec(&contents).map_err(|error| failed("write", path, error.into()))?;
    let next = beside(path, ".next");
    write_durably(&next, &text).map_err(|source| failed("write", &next, source))?;
    fs::rename(&next, path).map_err(|source| failed("replace", path, source))?;
    flush_directory(path).map_err(|source| failed("flush the directory of", path, source))
}

fn write_durably(path: &Path, text: &[u8]) -> io::Result<()> {
    // A successor left by a crash may have other permissions: it is made anew.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private_options().create_new(true).open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// Makes a rename durable; only Unix lets a directory be opened for that.
fn flush_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

/// Options to write a file that only its owner can read.
fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The path with something added to its file name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> TokenStoreError {
    TokenStoreError::Io { action, path: path.display().to_string(), source }
}

/// Runs file work outside the async workers: locks and flushes may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TokenStoreError> + Send + 'static,
) -> Result<T, TokenStoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|stopped| Err(TokenStoreError::Other(stopped.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> StoredToken {
        StoredToken { refresh_token: text.into(), seed_sha256: Some("fingerprint".into()) }
    }

    #[tokio::test]
    async fn a_stored_token_is_read_back_by_another_store_on_the_same_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ninja.json");
        let store = FileTokenStore::new(&path);
        assert!(store.exclusive().await.unwrap().load().await.unwrap().is_none());
        for text in ["rt-1", "rt-2"] {
            store.exclusive().await.unwrap().store(&token(text)).await.unwrap();
        }
        let read = FileTokenStore::new(&path).exclusive().await.unwrap().load().await.unwrap().unwrap();
        assert_eq!(read.refresh_token.expose_secret(), "rt-2");
        assert_eq!(read.seed_sha256.as_deref(), Some("fingerprint"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_can_read_the_file_even_after_a_crash_left_a_readable_one() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ninja.json");
        let leftover = directory.path().join("ninja.json.next");
        fs::write(&leftover, "half").unwrap();
        fs::set_permissions(&leftover, fs::Permissions::from_mode(0o644)).unwrap();
        FileTokenStore::new(&path).exclusive().await.unwrap().store(&token("rt-1")).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!leftover.exists());
    }

    #[tokio::test]
    async fn the_second_worker_waits_until_the_first_lets_go() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ninja.json");
        let store = FileTokenStore::new(&path);
        let mut first = store.exclusive().await.unwrap();
        let lock = File::open(directory.path().join("ninja.json.lock")).unwrap();
        assert!(matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)));
        let second = async {
            let mut second = store.exclusive().await.unwrap();
            second.load().await.unwrap().unwrap().refresh_token.expose_secret().to_owned()
        };
        let first = async {
            first.store(&token("rt-of-the-first")).await.unwrap();
            drop(first);
        };
        let (seen, ()) = tokio::join!(second, first);
        assert_eq!(seen, "rt-of-the-first");
    }

    #[tokio::test]
    async fn a_file_with_something_else_is_an_error_that_does_not_show_it_and_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ninja.json");
        for text in ["planted-secret", r#"{"refresh_token":["planted-secret"]}"#, r#"{"refresh_token":""}"#, ""] {
            fs::write(&path, text).unwrap();
            let error = FileTokenStore::new(&path).exclusive().await.unwrap().load().await.unwrap_err();
            assert!(matches!(error, TokenStoreError::Malformed { .. }), "{text}");
            assert!(!format!("{error} {error:?}").contains("planted-secret"), "{error:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[tokio::test]
    async fn a_store_that_cannot_be_written_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let store = FileTokenStore::new(directory.path().join("missing").join("ninja.json"));
        let Err(error) = store.exclusive().await else { panic!("the directory does not exist") };
        assert!(matches!(error, TokenStoreError::Io { action: "open", .. }), "{error}");
    }
}
