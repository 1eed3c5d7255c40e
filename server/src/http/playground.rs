//! The playground's files, built from `playground/` and carried inside the binary, so that it works without internet.

use axum::{
    Router,
    extract::Path,
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use include_dir::{Dir, include_dir};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../playground/dist");

/// GraphiQL runs its editor's language services in workers and writes its styles into the page; everything else comes
/// from this server, and the page talks to nobody else.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The page. It names its files by hash, so it must not be kept itself.
pub(crate) fn page() -> Response {
    let Some(index) = FILES.get_file("index.html") else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "accept"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    (headers, index.contents()).into_response()
}

/// The files that the page asks for.
pub(crate) fn assets() -> Router {
    Router::new().route("/graphql/assets/{*path}", get(asset))
}

async fn asset(Path(path): Path<String>) -> Response {
    let Some(file) = FILES.get_file(format!("assets/{path}")) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, content_type(&path)),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        // A worker is governed by the policy of its own answer, not by the page's.
        (header::CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, file.contents()).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ttf") => "font/ttf",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_a_content_type() {
        let assets = FILES.get_dir("assets").expect("the playground is built");
        for file in assets.files() {
            let path = file.path().to_str().unwrap();
            assert_ne!(content_type(path), "application/octet-stream", "{path}");
        }
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        let page = FILES.get_file("index.html").and_then(|file| file.contents_utf8()).unwrap();
        for attribute in ["src=\"", "href=\""] {
            for target in page.split(attribute).skip(1) {
                assert!(target.starts_with("/graphql/assets/"), "{target}");
            }
        }
    }
}
