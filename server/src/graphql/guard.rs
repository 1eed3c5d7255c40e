//! Refuses documents that would cost too much, before anything walks them.
//!
//! async-graphql measures depth and complexity by walking the document with its fragments written out, which takes
//! exponential time for fragments that spread fragments, and its parser recurses once per bracket. So the text is
//! scanned for nesting before it is parsed, and the expanded size is computed with one visit per fragment, in the hook
//! that runs before both (`prepare_request`; the others are too late). The hook runs over HTTP and WebSocket alike.

mod extent;
mod nesting;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_graphql::{
    Request, Response, ServerError, ServerResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest},
    parser::{
        parse_query,
        types::{ExecutableDocument, OperationType},
    },
};

use self::extent::Excess;
use super::{errors::ErrorCode, limits::GraphqlLimits};

/// Brackets inside brackets that the parser is given; more than any document within the limit of depth needs.
const MAX_NESTING: usize = 100;

/// Makes a guard for each request.
pub(super) struct Guard(pub(super) GraphqlLimits);

impl ExtensionFactory for Guard {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(RequestGuard { limits: self.0, only_reads: AtomicBool::new(false) })
    }
}

struct RequestGuard {
    limits: GraphqlLimits,
    only_reads: AtomicBool,
}

#[async_trait::async_trait]
impl Extension for RequestGuard {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let document = check(&request.query, &self.limits)?;
        self.only_reads.store(only_reads(&document), Ordering::Relaxed);
        request.set_parsed_query(document);
        next.run(ctx, request).await
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let run = next.run(ctx, operation_name);
        if !self.only_reads.load(Ordering::Relaxed) {
            return run.await;
        }
        let late = || {
            let message = format!("the query took longer than {} s", self.limits.query_time.as_secs());
            Response::from_errors(vec![refusal(ErrorCode::Timeout, message)])
        };
        tokio::time::timeout(self.limits.query_time, run).await.unwrap_or_else(|_| late())
    }
}

fn only_reads(document: &ExecutableDocument) -> bool {
    document.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query)
}

/// Parses a document that is within the limits.
fn check(query: &str, limits: &GraphqlLimits) -> ServerResult<ExecutableDocument> {
    if query.len() > limits.document_bytes {
        return Err(too_complex(format!("the document is longer than {} bytes", limits.document_bytes)));
    }
    if nesting::depth(query) > MAX_NESTING {
        return Err(too_complex(format!("the document nests brackets deeper than {MAX_NESTING}")));
    }
    let document = parse_query(query).map_err(|error| {
        let mut refused = ServerError::from(error);
        refused.extensions = Some(ErrorCode::ParseFailed.extensions());
        refused
    })?;
    match extent::check(&document, limits) {
        Ok(()) => Ok(document),
        Err(Excess::Selections) => {
            Err(too_complex(format!("the document selects more than {} fields", limits.selections)))
        }
        Err(Excess::Depth) => Err(too_complex(format!("the document nests fields deeper than {}", limits.depth))),
        Err(Excess::Fragments) => {
            Err(too_complex(format!("the document nests fragments deeper than {}", extent::MAX_FRAGMENT_NESTING)))
        }
        Err(Excess::Cycle(name)) => {
            Err(refusal(ErrorCode::ValidationFailed, format!("the fragment `{name}` spreads itself")))
        }
    }
}

fn too_complex(message: String) -> ServerError {
    refusal(ErrorCode::QueryTooComplex, message)
}

fn refusal(code: ErrorCode, message: String) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions = Some(code.extensions());
    error
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::Value;

    use super::*;

    fn code_of(query: &str) -> Option<String> {
        let error = check(query, &GraphqlLimits::default()).err()?;
        let Some(Value::String(code)) = error.extensions.and_then(|values| values.get("code").cloned()) else {
            panic!("an error without a code")
        };
        Some(code)
    }

    /// `levels` fragments, each of which spreads the next one `spreads` times.
    fn bomb(levels: usize, spreads: usize) -> String {
        let mut query = "{ ...f0 }".to_owned();
        for level in 0..levels {
            let spread = format!("...f{} ", level + 1).repeat(spreads);
            write!(query, " fragment f{level} on Query {{ {spread} }}").unwrap();
        }
        query + &format!(" fragment f{levels} on Query {{ a }}")
    }

    #[test]
    fn a_fragment_bomb_is_refused() {
        assert_eq!(code_of(&bomb(100, 50)).as_deref(), Some("QUERY_TOO_COMPLEX"));
        assert_eq!(code_of(&bomb(10, 10)).as_deref(), Some("QUERY_TOO_COMPLEX"));
        assert_eq!(code_of(&bomb(3, 3)), None);
    }

    #[test]
    fn fragments_in_a_circle_are_refused() {
        let query = "{ ...a } fragment a on Query { ...b } fragment b on Query { x ...a }";
        assert_eq!(code_of(query).as_deref(), Some("GRAPHQL_VALIDATION_FAILED"));
        assert_eq!(
            code_of("{ a } fragment b on Query { ...b }").as_deref(),
            Some("GRAPHQL_VALIDATION_FAILED"),
            "an unused one too"
        );
    }

    #[test]
    fn deep_nesting_is_refused_before_it_is_parsed() {
        let deep = 120_000;
        assert_eq!(code_of(&"{a".repeat(deep)).as_deref(), Some("QUERY_TOO_COMPLEX"));
        assert_eq!(code_of(&format!("{{ a(b: {})}}", "[".repeat(deep))).as_deref(), Some("QUERY_TOO_COMPLEX"));
        let fields = |levels: usize| format!("{}a{}", "{ a ".repeat(levels), "}".repeat(levels));
        assert_eq!(code_of(&fields(40)).as_deref(), Some("QUERY_TOO_COMPLEX"));
        assert_eq!(code_of(&fields(10)), None);
    }

    #[test]
    fn aliases_and_directives_count() {
        let aliases: String = (0..6000).fold(String::new(), |query, n| query + &format!("a{n}: a "));
        assert_eq!(code_of(&format!("{{ {aliases} }}")).as_deref(), Some("QUERY_TOO_COMPLEX"));
        let directives = "@skip(if: false) ".repeat(11_000);
        assert_eq!(code_of(&format!("{{ a {directives} }}")).as_deref(), Some("QUERY_TOO_COMPLEX"));
        assert_eq!(code_of(&format!("{{ {} }}", "a ".repeat(6000))), None);
    }

    #[test]
    fn what_is_no_graphql_fails_to_parse() {
        assert_eq!(code_of("{ a ").as_deref(), Some("GRAPHQL_PARSE_FAILED"));
        assert_eq!(code_of("").as_deref(), Some("GRAPHQL_PARSE_FAILED"));
    }

    #[test]
    fn a_document_that_is_too_long_is_refused() {
        let long = format!("{{ a }} #{}", "x".repeat(300_000));
        assert_eq!(code_of(&long).as_deref(), Some("QUERY_TOO_COMPLEX"));
    }
}
