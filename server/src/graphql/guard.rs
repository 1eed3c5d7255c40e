//! Refuses documents that would cost too much, before anything walks them.
//!
//! async-graphql measures depth and complexity by walking the document with its fragments written out, which takes
//! exponential time for fragments that spread fragments. So the expanded size is computed here with one visit per
//! fragment, in the hook that runs before the first such walk (`prepare_request`; the others are too late). The hook
//! runs over HTTP and WebSocket alike. How deep a text nests brackets is counted by `http`, before it is parsed.

mod cost;
mod extent;
mod introspection;

use std::sync::{Arc, OnceLock};

use async_graphql::{
    Request, Response, ServerError, ServerResult, ValidationResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextRequest, NextValidation},
    parser::types::ExecutableDocument,
};

use self::{
    cost::Cost,
    extent::{Excess, Extent},
};
use super::{errors::ErrorCode, limits::GraphqlLimits};

/// Checks the document of every request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guard(pub(super) GraphqlLimits);

impl ExtensionFactory for Guard {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Watch { limits: self.0, asked: OnceLock::new(), extent: OnceLock::new(), complexity: OnceLock::new() })
    }
}

/// The guard of one request.
#[derive(Debug)]
struct Watch {
    limits: GraphqlLimits,
    /// Set when the request asks for its cost.
    asked: OnceLock<()>,
    extent: OnceLock<Extent>,
    complexity: OnceLock<usize>,
}

impl Watch {
    /// The answer, with the cost if it was asked for.
    fn told(&self, mut response: Response) -> Response {
        if self.asked.get().is_some() {
            let cost = Cost { extent: self.extent.get(), complexity: self.complexity.get(), limits: &self.limits };
            response.extensions.insert(cost::NAME.to_owned(), cost.to_value());
        }
        response
    }
}

#[async_trait::async_trait]
impl Extension for Watch {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        self.told(next.run(ctx).await)
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        if cost::is_asked(&request) {
            let _ = self.asked.set(());
        }
        // Parsed once: by `http`, or here for whoever executes without it.
        let document = request.parsed_query().map_err(|mut error| {
            error.extensions = Some(ErrorCode::ParseFailed.extensions());
            error
        })?;
        let _ = self.extent.set(check(document, &self.limits)?);
        next.run(ctx, request).await
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await?;
        let _ = self.complexity.set(result.complexity);
        if result.complexity > self.limits.complexity {
            let (found, limit) = (result.complexity, self.limits.complexity);
            let message =
                format!("the document's complexity is {found}, lists counted as their pages; at most {limit}");
            return Err(vec![refusal(ErrorCode::QueryTooComplex, message)]);
        }
        Ok(result)
    }
}

fn check(document: &ExecutableDocument, limits: &GraphqlLimits) -> ServerResult<Extent> {
    let (code, message) = match extent::check(document, limits) {
        Ok(_) if !limits.introspection && introspection::is_asked(document) => {
            (ErrorCode::ValidationFailed, "introspection is switched off".to_owned())
        }
        Ok(extent) => return Ok(extent),
        Err(Excess::Selections) => {
            (ErrorCode::QueryTooComplex, format!("the document selects more than {} fields", limits.selections))
        }
        Err(Excess::Depth) => {
            (ErrorCode::QueryTooComplex, format!("the document nests fields deeper than {}", limits.depth))
        }
        Err(Excess::Aliases) => {
            (ErrorCode::QueryTooComplex, format!("the document has more than {} aliases", limits.aliases))
        }
        Err(Excess::Directives) => {
            (ErrorCode::QueryTooComplex, format!("the document has more than {} directives", limits.directives))
        }
        Err(Excess::Nesting) => {
            let message = format!("the document nests fragments deeper than {}", extent::MAX_NESTING);
            (ErrorCode::QueryTooComplex, message)
        }
        Err(Excess::Cycle(name)) => (ErrorCode::ValidationFailed, format!("the fragment `{name}` spreads itself")),
    };
    Err(refusal(code, message))
}

fn refusal(code: ErrorCode, message: String) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions = Some(code.extensions());
    error
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql::{Value, parser::parse_query};

    use super::*;

    fn code_of(query: &str) -> Option<String> {
        let error = check(&parse_query(query).unwrap(), &GraphqlLimits::default()).err()?;
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
    fn deep_fields_are_refused_also_through_fragments() {
        let fields = |levels: usize| format!("{}a{}", "{ a ".repeat(levels), "}".repeat(levels));
        assert_eq!(code_of(&fields(17)).as_deref(), Some("QUERY_TOO_COMPLEX"));
        assert_eq!(code_of(&fields(10)), None);
        let through = format!("{{ a {{ ...f }} }} fragment f on Query {}", fields(16));
        assert_eq!(code_of(&through).as_deref(), Some("QUERY_TOO_COMPLEX"));
        let inline = format!("{} a {}", "{ ...".repeat(40), "}".repeat(40));
        assert_eq!(code_of(&inline).as_deref(), Some("QUERY_TOO_COMPLEX"));
    }

    #[test]
    fn aliases_and_directives_have_limits_of_their_own() {
        let alias = |n: usize| format!("a{n}: a ");
        let aliases = |count: usize| format!("{{ {} }}", (0..count).map(alias).collect::<String>());
        assert_eq!((code_of(&aliases(500)), code_of(&aliases(501)).is_some()), (None, true));
        let directives = |count: usize| format!("{{ a {} }}", "@skip(if: false) ".repeat(count));
        assert_eq!((code_of(&directives(500)), code_of(&directives(501)).is_some()), (None, true));
        let spread = format!("{{ {} }} fragment F on Query {{ x: a }}", "...F ".repeat(501));
        assert_eq!(code_of(&spread).as_deref(), Some("QUERY_TOO_COMPLEX"), "as often as they are spread");
    }

    #[test]
    fn aliases_and_directives_count() {
        let aliases: String = (0..6000).fold(String::new(), |query, n| query + &format!("a{n}: a "));
        assert_eq!(code_of(&format!("{{ {aliases} }}")).as_deref(), Some("QUERY_TOO_COMPLEX"));
        let directives = "@skip(if: false) ".repeat(11_000);
        assert_eq!(code_of(&format!("{{ a {directives} }}")).as_deref(), Some("QUERY_TOO_COMPLEX"));
        assert_eq!(code_of(&format!("{{ {} }}", "a ".repeat(6000))), None);
    }
}
