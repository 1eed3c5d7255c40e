//! Documents that are asked for by a name: trusted ones from a manifest, and automatic ones that a client taught us.
//!
//! A manifest is made when the dashboards are built (`persisted-documents.json`: an object of ids and documents). It can be
//! an allow-list. What clients teach (Apollo's automatic persisted queries) never is: whoever may ask may teach, and all that
//! it saves is bytes. It is kept by the document's SHA-256, so nobody can give a document another's name, and only as much
//! as was asked for last.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{Request, Value, parser::parse_query};
use domain::digest::sha256_hex;
use lru::LruCache;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::{
    answer::{Code, Refusal},
    document,
};

/// The member of a request, and of its extensions here, that names a document of the manifest.
pub(super) const DOCUMENT_ID: &str = "documentId";
/// The extension of automatic persisted queries.
pub(super) const PERSISTED_QUERY: &str = "persistedQuery";
/// Longer documents are executed and not kept: with the number of those that are, this bounds the memory.
const LONGEST_KEPT: usize = 16 * 1024;
/// Documents that are kept where nothing is set.
const USUALLY_KEPT: usize = 1000;

/// Documents by their ids, from a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedDocuments {
    by_id: HashMap<String, Arc<str>>,
    texts: HashSet<Arc<str>>,
}

impl TrustedDocuments {
    /// Reads a manifest: a JSON object whose members are documents. The error says what is wrong with it.
    pub fn read(manifest: &str) -> Result<Self, String> {
        let members: Map<String, Json> =
            serde_json::from_str(manifest).map_err(|error| format!("no JSON object of documents: {error}"))?;
        let mut trusted = Self::default();
        for (id, text) in members {
            let Json::String(text) = text else { return Err(format!("the document {id} is no text")) };
            if document::nests_too_deep(&text) || parse_query(&text).is_err() {
                return Err(format!("the document {id} is no GraphQL"));
            }
            let text = Arc::<str>::from(text);
            trusted.texts.insert(Arc::clone(&text));
            trusted.by_id.insert(id.strip_prefix("sha256:").unwrap_or(&id).to_owned(), text);
        }
        Ok(trusted)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    fn find(&self, id: &str) -> Option<&Arc<str>> {
        self.by_id.get(id.strip_prefix("sha256:").unwrap_or(id))
    }
}

type Digested = [u8; 32];

/// What clients taught, by its hash.
type Taught = Mutex<LruCache<Digested, Arc<str>>>;

/// Which documents are executed, and which can be asked for by name. Clones share what clients taught.
#[derive(Clone)]
pub struct Documents {
    trusted: Arc<TrustedDocuments>,
    only_trusted: bool,
    taught: Option<Arc<Taught>>,
}

impl Default for Documents {
    fn default() -> Self {
        Self::any(TrustedDocuments::default(), USUALLY_KEPT)
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trusted = self.trusted.len();
        f.debug_struct("Documents").field("trusted", &trusted).field("only", &self.only_trusted).finish_non_exhaustive()
    }
}

impl Documents {
    /// Any document is executed, and up to this many are kept that clients taught; 0 keeps none.
    pub fn any(trusted: TrustedDocuments, kept: usize) -> Self {
        let taught = NonZeroUsize::new(kept).map(|kept| Arc::new(Mutex::new(LruCache::new(kept))));
        Self { trusted: Arc::new(trusted), only_trusted: false, taught }
    }

    /// Only these documents are executed.
    pub fn only(trusted: TrustedDocuments) -> Self {
        Self { trusted: Arc::new(trusted), only_trusted: true, taught: None }
    }

    /// Puts the document into a request that names one, and refuses what is not trusted where only that is executed.
    pub(super) fn resolve(&self, request: &mut Request) -> Result<(), Refusal> {
        if let Some(id) = text_of(request.extensions.get(DOCUMENT_ID)) {
            let found = self.trusted.find(id).ok_or_else(not_found)?;
            request.query = found.to_string();
        }
        let hash = asked_hash(request)?;
        if request.query.is_empty()
            && let Some(hash) = &hash
        {
            request.query = self.find(hash)?.to_string();
        } else if let Some(hash) = &hash
            && hash != &sha256_hex(&request.query)
        {
            return Err(Refusal::new(Code::BadRequest, "provided sha does not match query"));
        }
        if self.only_trusted && !self.trusted.texts.contains(request.query.as_str()) {
            let message = "only trusted documents are executed here: name one of them by documentId";
            return Err(Refusal::new(Code::DocumentNotTrusted, message));
        }
        Ok(())
    }

    /// Keeps a document that its client wants to name from now on. It could be read, and the name is its own.
    pub(super) fn keep(&self, request: &Request) {
        let Some(taught) = self.taught.as_ref().filter(|_| request.query.len() <= LONGEST_KEPT) else { return };
        if request.extensions.contains_key(PERSISTED_QUERY) {
            let mut taught = taught.lock().unwrap_or_else(PoisonError::into_inner);
            taught.get_or_insert(digest(&request.query), || Arc::from(request.query.as_str()));
        }
    }

    fn find(&self, hash: &str) -> Result<Arc<str>, Refusal> {
        if let Some(trusted) = self.trusted.find(hash) {
            return Ok(Arc::clone(trusted));
        }
        let Some(taught) = &self.taught else {
            return Err(Refusal::new(Code::PersistedQueryNotSupported, "PersistedQueryNotSupported"));
        };
        let digest = unhex(hash).ok_or_else(not_found)?;
        let found = taught.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned();
        found.ok_or_else(not_found)
    }
}

/// Apollo's clients know the message.
fn not_found() -> Refusal {
    Refusal::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound")
}

/// The hash of an automatic persisted query, in lower case.
fn asked_hash(request: &Request) -> Result<Option<String>, Refusal> {
    let refuse = |message| Err(Refusal::new(Code::BadRequest, message));
    let asked = match request.extensions.get(PERSISTED_QUERY) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(asked)) => asked,
        Some(_) => return refuse("extensions.persistedQuery must be an object"),
    };
    if asked.get("version") != Some(&Value::from(1)) {
        return refuse("extensions.persistedQuery.version must be 1");
    }
    match text_of(asked.get("sha256Hash")) {
        Some(hash) => Ok(Some(hash.to_ascii_lowercase())),
        None => refuse("extensions.persistedQuery.sha256Hash must be a string"),
    }
}

fn text_of(value: Option<&Value>) -> Option<&str> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn digest(text: &str) -> Digested {
    Sha256::digest(text.as_bytes()).into()
}

fn unhex(text: &str) -> Option<Digested> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use domain::digest::hex;

    use super::*;

    #[test]
    fn a_manifest_is_an_object_of_documents() {
        for (manifest, word) in [
            ("", "no JSON"),
            ("[]", "no JSON object"),
            ("{\"a\": 1}", "a is no text"),
            ("{\"a\": \"{\"}", "a is no GraphQL"),
        ] {
            let error = TrustedDocuments::read(manifest).unwrap_err();
            assert!(error.contains(word), "{manifest}: {error}");
        }
        let trusted = TrustedDocuments::read("{\"a\": \"{ b }\", \"sha256:c\": \"{ d }\"}").unwrap();
        assert_eq!(trusted.len(), 2);
        assert!(["a", "c", "sha256:c"].iter().all(|id| trusted.find(id).is_some()) && trusted.find("b").is_none());
    }

    #[test]
    fn what_clients_teach_is_bounded_and_the_oldest_is_forgotten() {
        let documents = Documents::any(TrustedDocuments::default(), 2);
        let asked = |query: &str| {
            let mut request = Request::new(query);
            request.extensions.insert(PERSISTED_QUERY.to_owned(), Value::Null);
            request
        };
        let long = format!("{{ {} }}", "a ".repeat(LONGEST_KEPT));
        for query in ["{ a }", "{ b }", "{ c }", long.as_str()] {
            documents.keep(&asked(query));
        }
        let known = |query: &str| documents.find(&hex(&digest(query))).is_ok();
        assert_eq!([known("{ a }"), known("{ b }"), known("{ c }"), known(&long)], [false, true, true, false]);
        documents.keep(&Request::new("{ d }"));
        assert!(!known("{ d }"), "nobody asked to keep it");
    }

    #[test]
    fn hashes_are_read_as_they_are_written() {
        let digest = digest("{ a }");
        assert_eq!(unhex(&hex(&digest)), Some(digest));
        assert!(["", "zz", &"é".repeat(32), &"0".repeat(63)].iter().all(|text| unhex(text).is_none()));
    }
}
