//! Refuses documents that would cost too much, before anything walks them.
//!
//! async-graphql measures depth and complexity by walking the document with its fragments written out, which takes
//! exponential time for fragments that spread fragments. So the expanded size is computed here with one visit per
//! fragment, before the first such walk, over HTTP and WebSocket alike. How deep a text nests brackets is counted by `http`, before it is parsed.

mod cost;
mod extent;
mod introspection;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_graphql::{
    ServerError, ServerResult, ValidationResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::types::ExecutableDocument,
};

use self::extent::Excess;
pub(super) use self::{
    cost::{Cost, is_asked as is_cost_asked, tell as tell_cost},
    extent::Extent,
};
use super::{errors::ErrorCode, limits::GraphqlLimits};

/// Told the complexity of a request that is measured.
#[derive(Clone, Debug)]
pub(super) struct Measured(Arc<AtomicUsize>);

impl Default for Measured {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(usize::MAX)))
    }
}

impl Measured {
    /// The complexity; `None` while it was not measured.
    pub(super) fn complexity(&self) -> Option<usize> {
        Some(self.0.load(Ordering::Relaxed)).filter(|found| *found != usize::MAX)
    }
}

/// Measures complexity, for schemas of requests that want to be told or have too much. It is an extension, because nothing
/// else of async-graphql tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure(pub(super) GraphqlLimits);

impl ExtensionFactory for Measure {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_trait::async_trait]
impl Extension for Measure {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await?;
        if let Some(Measured(told)) = ctx.data_opt::<Measured>() {
            told.store(result.complexity, Ordering::Relaxed);
        }
        if result.complexity > self.0.complexity {
            let (found, limit) = (result.complexity, self.0.complexity);
            let message =
                format!("the document's complexity is {found}, lists counted as their pages; at most {limit}");
            return Err(vec![refusal(ErrorCode::QueryTooComplex, message)]);
        }
        Ok(result)
    }
}

/// What a document extends to; or why it is refused.
pub(super) fn check(document: &ExecutableDocument, limits: &GraphqlLimits) -> ServerResult<Extent> {
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
