//! The key of access tokens where none is configured: made once, and kept in a file that only the hub reads.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use secrecy::{ExposeSecret, SecretString};

use super::secret;

/// The key in the file, which is made if it is not there. Of several processes that make it at once, one does.
pub fn kept_key(file: &Path) -> io::Result<SecretString> {
    let made = secret::make();
    let own = file.with_extension(uuid::Uuid::new_v4().simple().to_string());
    let kept = write_new(&own, &made).and_then(|()| match fs::hard_link(&own, file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // A link that is left is the same secret, for nobody else to read.
    let removed = fs::remove_file(&own);
    kept.and(removed)?;
    let key = fs::read_to_string(file)?;
    match key.trim() {
        key if key.len() >= made.expose_secret().len() => Ok(SecretString::from(key)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} holds no key", file.display()))),
    }
}

/// Complete before it gets its name, and readable by its owner alone.
fn write_new(file: &Path, secret: &SecretString) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut opened = options.open(file)?;
    opened.write_all(secret.expose_secret().as_bytes())?;
    opened.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once() {
        let folder = std::env::temp_dir().join(uuid::Uuid::new_v4().simple().to_string());
        fs::create_dir(&folder).unwrap();
        let file = folder.join("sign-in-key");
        let first = kept_key(&file).unwrap();
        assert_eq!(kept_key(&file).unwrap().expose_secret(), first.expose_secret());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        fs::write(&file, "short").unwrap();
        assert!(kept_key(&file).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
