//! A server that answers by a closure per path and writes down what it was asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, Response},
};
use tokio::{net::TcpListener, task::JoinSet};
use url::Url;

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.query.get(name).map_or(0, |text| text.parse().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// A field of a form body.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        let fields = url::form_urlencoded::parse(self.body.as_bytes());
        fields.into_owned().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: vec![("content-type", "application/json".into())], body: body.into() }
    }

    pub(crate) fn html(status: u16, body: &str) -> Self {
        Self { status, headers: vec![("content-type", "text/html; charset=utf-8".into())], body: body.into() }
    }

    pub(crate) fn bare(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// An answer to the n-th request (from 1) of one path.
type Route = Box<dyn Fn(&Asked, usize) -> Reply + Send + Sync>;

/// A server being described.
#[derive(Default)]
pub(crate) struct Script {
    routes: HashMap<String, Route>,
}

impl Script {
    /// Answers a path; later descriptions replace earlier ones.
    pub(crate) fn on(mut self, path: &str, route: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        self.routes.insert(path.to_owned(), Box::new(route));
        self
    }

    pub(crate) async fn start(self) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/base", listener.local_addr().unwrap()).parse().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, routes) = (Arc::clone(&asked), Arc::new(self.routes));
        let app =
            Router::new().fallback(move |request: Request| answer(Arc::clone(&log), Arc::clone(&routes), request));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Fake { url, asked, _server: server }
    }
}

/// A running server; dropping it stops it.
pub(crate) struct Fake {
    /// Its base URL, which has a path, as white-label and test instances do.
    pub(crate) url: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
    _server: JoinSet<()>,
}

impl Fake {
    /// What a path was asked, in order.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.path == path).cloned().collect()
    }

    pub(crate) fn all(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(log: Arc<Mutex<Vec<Asked>>>, routes: Arc<HashMap<String, Route>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().strip_prefix("/base").unwrap().to_owned(),
        query,
        headers: parts.headers,
        body: String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap(),
    };
    let nth = {
        let mut log = log.lock().unwrap();
        log.push(asked.clone());
        log.iter().filter(|earlier| earlier.path == asked.path).count()
    };
    let reply = routes.get(&asked.path).map_or_else(
        || Reply::status(404, r#"{"resultCode":"NOT_FOUND","incidentId":"WEB-42"}"#),
        |route| route(&asked, nth),
    );
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}
