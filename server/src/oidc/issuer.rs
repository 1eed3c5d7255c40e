//! One issuer: where people are sent to, and what it says of who comes back.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{access::Role, clock::Clock};
use jsonwebtoken::{decode_header, jwk::JwkSet};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use url::{Url, form_urlencoded};

use super::{
    IssuerError, OidcSettings, OidcSettingsError,
    claims::Claims,
    client::Asking,
    discovery::Document,
    id_token::{self, Expected},
    keys::{self, Found},
    tenants::Tenants,
};
use crate::signatures;

/// How long what the issuer says of itself is believed without asking again.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// Characters of a code at most.
const LONGEST_CODE: usize = 4096;

/// What a sign-in is begun with; three secrets of one sign-in.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What the browser brings back.
    pub state: &'a str,
    /// What the ID token repeats.
    pub nonce: &'a str,
    /// What PKCE proves (RFC 7636).
    pub verifier: &'a str,
}

/// What the browser brought back.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// What is exchanged for a token, once.
    pub code: &'a str,
    /// Who says so (RFC 9207); `None` where the issuer does not tell.
    pub issuer: Option<&'a str>,
}

/// Somebody whom the issuer vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// The issuer, as its token names it.
    pub issuer: String,
    /// Its own name for them, which never changes.
    pub subject: String,
    /// What they may be called, the best first.
    pub names: Vec<String>,
    /// What they may do.
    pub role: Role,
}

/// An issuer. Cheap to clone: every clone is the same.
#[derive(Clone)]
pub struct Issuer {
    settings: Arc<OidcSettings>,
    tenants: Tenants,
    clock: Arc<dyn Clock>,
    asking: Asking,
    places: Arc<Semaphore>,
    known: Arc<Mutex<Option<Known>>>,
}

/// What the issuer said of itself, and when.
#[derive(Clone)]
struct Known {
    at: DateTime<Utc>,
    document: Arc<Document>,
    keys: Arc<JwkSet>,
}

#[derive(Deserialize)]
struct Exchanged {
    id_token: String,
    access_token: Option<String>,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}

impl Issuer {
    /// By these settings. Nothing is asked yet: a hub starts without its issuer.
    pub fn new(settings: OidcSettings, clock: Arc<dyn Clock>) -> Result<Self, OidcSettingsError> {
        signatures::install();
        settings.check()?;
        let tenants = Tenants::of(&settings)?;
        let url = Url::parse(&settings.issuer).map_err(|_| OidcSettingsError::Issuer)?;
        let asking = Asking::new(&url, settings.limits).map_err(|_| OidcSettingsError::Issuer)?;
        let places = Arc::new(Semaphore::new(settings.limits.at_once));
        Ok(Self { settings: Arc::new(settings), tenants, clock, asking, places, known: Arc::default() })
    }

    /// Where somebody is sent to who wants to sign in.
    pub async fn ask(&self, question: Question<'_>) -> Result<Url, IssuerError> {
        let _place = self.places.try_acquire().map_err(|_| IssuerError::Busy)?;
        let known = self.known().await?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(question.verifier.as_bytes()));
        let mut url = known.document.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.settings.redirect_uri())
            .append_pair("scope", &self.settings.scopes)
            .append_pair("state", question.state)
            .append_pair("nonce", question.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Exchanges the code, and reads who the issuer says they are.
    pub async fn vouch(&self, question: Question<'_>, answer: Answer<'_>) -> Result<Vouched, IssuerError> {
        let _place = self.places.try_acquire().map_err(|_| IssuerError::Busy)?;
        let known = self.known().await?;
        self.check_sender(&known.document, answer.issuer)?;
        let exchanged = self.exchange(&known.document, answer.code, question.verifier).await?;
        let claims = self.claims(known, &exchanged.id_token).await?;
        let expected = Expected {
            settings: &self.settings,
            tenants: &self.tenants,
            nonce: question.nonce,
            access_token: exchanged.access_token.as_deref(),
            now: self.clock.now(),
        };
        id_token::check(&claims, expected).map_err(IssuerError::BadToken)?;
        let role = self.settings.roles.highest(&claims.texts(&self.settings.roles.claim)).ok_or(IssuerError::NoRole)?;
        let names = claims.names(&self.settings.name_claim);
        Ok(Vouched { names, role, issuer: claims.iss, subject: claims.sub })
    }

    /// Of several issuers that a browser knows, another one must not answer for this one.
    fn check_sender(&self, document: &Document, told: Option<&str>) -> Result<(), IssuerError> {
        let is_due = document.authorization_response_iss_parameter_supported;
        match told {
            Some(told) if told == self.settings.issuer => Ok(()),
            None if !is_due => Ok(()),
            // An issuer of many answers as one of its tenants; the token tells which.
            Some(_) if matches!(self.tenants, Tenants::Some { .. }) => Ok(()),
            _ => Err(IssuerError::BadToken("the answer's iss")),
        }
    }

    async fn exchange(&self, document: &Document, code: &str, verifier: &str) -> Result<Exchanged, IssuerError> {
        if code.is_empty() || code.len() > LONGEST_CODE {
            return Err(IssuerError::CodeRefused);
        }
        let redirect_uri = self.settings.redirect_uri();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", verifier),
            ("client_id", &self.settings.client_id),
        ];
        let secret = self.settings.client_secret.as_ref().map(SecretString::expose_secret);
        let in_form = secret.filter(|_| document.wants_secret_in_form());
        form.extend(in_form.map(|secret| ("client_secret", secret)));
        let mut request = self.asking.form(document.token_endpoint.clone(), &form);
        if let (Some(secret), None) = (secret, in_form) {
            // Each part is encoded as in a form first, says RFC 6749, section 2.3.1.
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            request = request.basic_auth(encoded(&self.settings.client_id), Some(encoded(secret)));
        }
        match self.asking.send(request).await? {
            (StatusCode::OK, body) => {
                serde_json::from_slice(&body).map_err(|_| IssuerError::Unreadable("the token response"))
            }
            (StatusCode::BAD_REQUEST, _) => Err(IssuerError::CodeRefused),
            (status, _) => Err(IssuerError::Status(status.as_u16())),
        }
    }

    /// What a token says that one of the issuer's keys signed. For a key that is not known the issuer is asked once more:
    /// it may have made a new one.
    async fn claims(&self, known: Known, token: &str) -> Result<Claims, IssuerError> {
        let header = decode_header(token).map_err(|_| IssuerError::BadToken("header"))?;
        let found = match keys::find(&known.keys, &header) {
            Found::Unknown => keys::find(&self.learn().await?.keys, &header),
            found => found,
        };
        match found {
            Found::Key(key) => id_token::read(token, &header, &key).map_err(IssuerError::BadToken),
            Found::Unknown => Err(IssuerError::BadToken("kid")),
            Found::Refused(part) => Err(IssuerError::BadToken(part)),
        }
    }

    async fn known(&self) -> Result<Known, IssuerError> {
        let now = self.clock.now();
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match kept.filter(|known| known.at <= now && now < known.at + KEPT) {
            Some(known) => Ok(known),
            None => self.learn().await,
        }
    }

    async fn learn(&self) -> Result<Known, IssuerError> {
        let document = Document::read(&self.asking, &self.settings.issuer, &self.tenants).await?;
        let keys = self.asking.read(document.jwks_uri.clone(), "the keys").await?;
        let known = Known { at: self.clock.now(), document: Arc::new(document), keys: Arc::new(keys) };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }
}
