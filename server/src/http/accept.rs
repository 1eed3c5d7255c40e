//! What a client wants back, from its Accept header.
//!
//! Nothing is answered 406: whoever asks for neither kind of JSON gets `application/json`, which the GraphQL-over-HTTP
//! specification allows and which shows a person more than an empty page.

use axum::http::{HeaderMap, header};

/// The two kinds of JSON that the GraphQL-over-HTTP specification knows, the second with older or more precise statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/json`: status 200 for every well-formed request, errors are in the body.
    Json,
    /// `application/graphql-response+json`: the status tells a refused document from an executed one.
    GraphqlResponse,
    /// The same by the statuses of the specification's first edition: 422 is a document or variables that do not fit, 294 data
    /// with errors.
    PreciseResponse,
}

/// The outcome of reading the Accept header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accept {
    /// The kind of JSON to answer with.
    pub(crate) media: Media,
    /// Rather a stream of server-sent events than either JSON.
    pub(crate) wants_events: bool,
    /// A browser that shows a page rather than data.
    pub(crate) prefers_html: bool,
}

impl Accept {
    /// Reads the header; without one, `application/json` is meant.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let ranges: Vec<Range> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(Range::parse)
            .filter(|range| range.quality > 0.0)
            .collect();
        let json = find(&ranges, &["application/json"]);
        let response = find(&ranges, &["application/graphql-response+json"]);
        let events = find(&ranges, &["text/event-stream"]);
        let html = find(&ranges, &["text/html", "application/xhtml+xml"]);
        let wildcard = find(&ranges, &["application/*", "*/*"]);
        let media = if better(response, json) && better(response, wildcard.map(|(_, quality)| (usize::MAX, quality))) {
            Media::GraphqlResponse
        } else {
            Media::Json
        };
        let rather = |range| better(range, json) && better(range, response);
        Self { media, wants_events: rather(events), prefers_html: rather(html) }
    }

    /// The same with the more precise statuses, where these are on.
    pub(crate) fn precisely(self, is_on: bool) -> Self {
        let is_telling = is_on && self.media == Media::GraphqlResponse;
        Self { media: if is_telling { Media::PreciseResponse } else { self.media }, ..self }
    }
}

struct Range {
    name: String,
    quality: f32,
}

impl Range {
    fn parse(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        Self { name, quality }
    }
}

/// Place and quality of the best range that has one of these names.
fn find(ranges: &[Range], names: &[&str]) -> Option<(usize, f32)> {
    let found = ranges.iter().enumerate().filter(|(_, range)| names.contains(&range.name.as_str()));
    found.map(|(place, range)| (place, range.quality)).reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// Whether `left` is asked for rather than `right`: by quality, then by what was written first.
fn better(left: Option<(usize, f32)>, right: Option<(usize, f32)>) -> bool {
    match (left, right) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(left), Some(right)) => left.1 > right.1 || (left.1 >= right.1 && left.0 < right.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_header_decides_the_kind_of_answer() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        for (accept, media, prefers_html) in [
            ("", Media::Json, false),
            ("*/*", Media::Json, false),
            ("application/json", Media::Json, false),
            ("application/graphql-response+json", Media::GraphqlResponse, false),
            ("Application/GraphQL-Response+JSON; charset=utf-8", Media::GraphqlResponse, false),
            ("application/graphql-response+json, application/json;q=0.9", Media::GraphqlResponse, false),
            ("application/graphql-response+json;q=0.5, application/json", Media::Json, false),
            ("application/graphql-response+json, application/json, */*", Media::GraphqlResponse, false),
            ("application/json, application/graphql-response+json", Media::Json, false),
            ("application/graphql-response+json;q=0, */*", Media::Json, false),
            ("image/png", Media::Json, false),
            ("nonsense;;q=x,,", Media::Json, false),
            (browser, Media::Json, true),
            ("application/json, text/html", Media::Json, false),
            ("application/json;q=0.1, text/html", Media::Json, true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            let found = Accept::of(&headers);
            assert_eq!((found.media, found.prefers_html), (media, prefers_html), "{accept}");
        }
    }
    #[test]
    fn events_are_for_those_who_rather_have_them() {
        for (accept, wants_events) in [
            ("text/event-stream", true),
            ("text/event-stream, application/json;q=0.5", true),
            ("text/event-stream, multipart/mixed, application/json", true),
            ("application/graphql-response+json, application/json, text/event-stream, multipart/mixed", false),
            ("application/json, text/event-stream;q=0.9", false),
            ("text/event-stream;q=0", false),
            ("*/*", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accept.parse().unwrap())]);
            assert_eq!(Accept::of(&headers).wants_events, wants_events, "{accept}");
        }
    }
}
