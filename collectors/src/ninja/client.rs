//! Requests to Ninja's API: a bearer token, GET only, retries, and one new token after a 401.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::auth::Auth;
use crate::{
    answer::Answer,
    error::CollectError,
    http::Http,
    retry::{Failure, Patience, Retrier},
};

/// One GET: path below the base URL, and query.
#[derive(Clone, Debug)]
pub(super) struct Get<'a> {
    pub(super) path: &'a str,
    pub(super) query: Vec<(&'static str, String)>,
}

impl<'a> Get<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        Self { path, query: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }
}

/// Talks to one Ninja instance.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) http: Arc<Http>,
    pub(super) retrier: Arc<Retrier>,
    pub(super) auth: Auth,
    pub(super) page_size: u32,
}

/// Reads an answer's body.
type Read<T> = fn(&Answer) -> Result<T, Failure>;

impl Client {
    /// Gets and reads, with retries.
    pub(super) async fn get<T: Send>(&self, get: &Get<'_>, read: Read<T>) -> Result<T, CollectError> {
        let token = self.auth.token().await?;
        match self.retrier.run(|| self.attempt(get, &token, read)).await {
            Err(error) if error.status() == Some(401) => {
                let token = self.renewed(&token).await?;
                self.retrier.run(|| self.attempt(get, &token, read)).await
            }
            done => done,
        }
    }

    /// Gets and reads without retries, for what must not be asked twice. A 401 was not carried out, so it may be.
    pub(super) async fn get_once<T: Send>(&self, get: &Get<'_>, read: Read<T>) -> Result<T, Failure> {
        let token = self.auth.token().await.map_err(Failure::last)?;
        match self.attempt(get, &token, read).await {
            Err(failure) if failure.error.status() == Some(401) => {
                let token = self.renewed(&token).await.map_err(Failure::last)?;
                self.attempt(get, &token, read).await
            }
            done => done,
        }
    }

    /// Gets and reads what is asked of one device, with retries as long as the caller waits.
    pub(super) async fn get_until<T: Send>(
        &self,
        get: &Get<'_>,
        read: Read<T>,
        patience: Patience,
    ) -> Result<T, Failure> {
        let token = self.auth.token().await.map_err(Failure::last)?;
        match self.retrier.run_until(patience, || self.attempt(get, &token, read)).await {
            Err(failure) if failure.error.status() == Some(401) => {
                let token = self.renewed(&token).await.map_err(Failure::last)?;
                self.retrier.run_until(patience, || self.attempt(get, &token, read)).await
            }
            done => done,
        }
    }

    async fn renewed(&self, refused: &SecretString) -> Result<SecretString, CollectError> {
        tracing::info!("Ninja refused the access token: fetching a new one");
        self.auth.forget(refused).await;
        self.auth.token().await
    }

    async fn attempt<T: Send>(&self, get: &Get<'_>, token: &SecretString, read: Read<T>) -> Result<T, Failure> {
        let request =
            self.http.client.get(self.http.url(get.path)).query(&get.query).header(AUTHORIZATION, bearer(token)?);
        let answer = self.http.send(get.path, request).await?.checked(self.retrier.now())?;
        read(&answer)
    }
}

/// The header, marked so that no library prints it.
fn bearer(token: &SecretString) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).map_err(|_| {
        let at = crate::CallSite { vendor: super::VENDOR, path: "access token".to_owned(), incident: None };
        let problem = "holds characters that an HTTP header cannot carry".to_owned();
        Failure::last(CollectError::UnexpectedAnswer { at, status: 200, problem })
    })?;
    value.set_sensitive(true);
    Ok(value)
}
