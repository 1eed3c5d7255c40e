//! Passwords: Argon2id with the parameters that OWASP's Password Storage Cheat Sheet gives first.
//!
//! One hash takes 19 MiB and some 30 ms of a core. So they are made on threads where waiting is allowed, few at once, and
//! no more may wait than are soon done: who signs in can't take the machine away from those who are.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::{AccessError, secret};

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Hashes that are made at once.
const AT_ONCE: usize = 2;

/// Passwords that are hashed or wait for it.
const WAITING: usize = 64;

/// Bytes of a password at most.
pub(super) const LONGEST: usize = 1024;

/// Characters of a new password at least.
pub(super) const FEWEST: usize = 12;

/// No password has this hash. It is compared with where there is no user, so that it takes as long as where there is one.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Makes and compares hashes.
#[derive(Clone)]
pub(super) struct Passwords {
    places: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(WAITING)), working: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// The hash to store, as a PHC string.
    pub(super) async fn hash(&self, password: SecretString) -> Result<String, AccessError> {
        self.work(move || {
            let salt = secret::random::<16>();
            let hash = argon2()?.hash_password_with_salt(password.expose_secret().as_bytes(), &salt);
            Ok(hash.map_err(failed)?.to_string())
        })
        .await
    }

    /// Whether it is the password; never where none is stored, and then it takes as long.
    pub(super) async fn is_right(&self, password: SecretString, stored: Option<String>) -> Result<bool, AccessError> {
        self.work(move || {
            let hash = PasswordHash::new(stored.as_deref().unwrap_or(NOBODYS)).map_err(failed)?;
            // A password that is too long for a new one is nobody's; a short one is compared.
            let password = password.expose_secret().as_bytes();
            let compared = argon2()?.verify_password(password.get(..LONGEST).unwrap_or(password), &hash);
            match compared {
                Ok(()) => Ok(stored.is_some() && password.len() <= LONGEST),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(failed(error)),
            }
        })
        .await
    }

    /// Whether a stored hash was made cheaper than hashes are made now, or in another way.
    pub(super) fn is_outdated(stored: &str) -> bool {
        let Ok(hash) = PasswordHash::new(stored) else { return false };
        let is_usual = hash.algorithm == argon2::ARGON2ID_IDENT && hash.version == Some(Version::V0x13.into());
        let (memory, passes, lanes) = COST;
        let is_enough = Params::try_from(&hash)
            .is_ok_and(|costs| costs.m_cost() >= memory && costs.t_cost() >= passes && costs.p_cost() >= lanes);
        !(is_usual && is_enough)
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AccessError> + Send + 'static,
    ) -> Result<T, AccessError> {
        let _place = self.places.try_acquire().map_err(|_| AccessError::Busy)?;
        let turn = Arc::clone(&self.working).acquire_owned().await.map_err(failed)?;
        // The turn goes with the work: one that nobody waits for any more still takes its core.
        let working = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        working.await.map_err(failed)?
    }
}

fn argon2() -> Result<Argon2<'static>, AccessError> {
    let (memory, passes, lanes) = COST;
    let parameters = Params::new(memory, passes, lanes, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

fn failed(error: impl std::fmt::Display) -> AccessError {
    AccessError::Hashing(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let passwords = Passwords::default();
        let stored = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let again = passwords.hash("correct horse battery".into()).await.unwrap();
        assert_ne!(stored, again, "each hash has a salt of its own");
        for (password, stored, right) in [
            ("correct horse battery", Some(&stored), true),
            ("correct horse batterz", Some(&stored), false),
            ("", Some(&stored), false),
            ("correct horse battery", None, false),
        ] {
            assert_eq!(passwords.is_right(password.into(), stored.cloned()).await.unwrap(), right, "{password}");
        }
    }

    #[test]
    fn what_was_made_cheaper_is_outdated() {
        let salt_and_hash = "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for (made, outdated) in [
            ("argon2id$v=19$m=19456,t=2,p=1", false),
            ("argon2id$v=19$m=65536,t=3,p=1", false),
            ("argon2id$v=19$m=12288,t=3,p=1", true),
            ("argon2id$v=19$m=19456,t=1,p=1", true),
            ("argon2id$v=16$m=19456,t=2,p=1", true),
            ("argon2i$v=19$m=19456,t=2,p=1", true),
        ] {
            assert_eq!(Passwords::is_outdated(&format!("${made}${salt_and_hash}")), outdated, "{made}");
        }
        assert!(!Passwords::is_outdated("none"), "where there is no hash, none is made anew");
    }

    #[tokio::test]
    async fn more_than_may_wait_are_turned_away() {
        let passwords = Passwords { places: Arc::new(Semaphore::new(0)), ..Passwords::default() };
        assert!(matches!(passwords.is_right("any".into(), None).await, Err(AccessError::Busy)));
    }

    #[test]
    fn nobodys_hash_costs_as_much_as_anybodys() {
        let hash = PasswordHash::new(NOBODYS).unwrap();
        let costs = Params::try_from(&hash).unwrap();
        assert_eq!((costs.m_cost(), costs.t_cost(), costs.p_cost()), COST);
    }
}
