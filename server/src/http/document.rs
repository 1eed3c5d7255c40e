//! Reading a document before it is executed: is it GraphQL at all, and which operation would run?
//!
//! The parser recurses once per nested list, object or selection; some hundred list literals exhaust a thread's stack,
//! which ends the process. So nesting is counted first. How much work a document asks for is not judged here: that is
//! the schema's own guard, which sees HTTP and WebSocket alike.

use async_graphql::{
    Request, ServerError,
    parser::types::{DocumentOperations, ExecutableDocument, OperationType},
};

use super::answer::{Code, Refusal};

/// Deepest nesting of brackets, braces and parentheses. async-graphql's own limit on selections is 64.
const NESTING_LIMIT: usize = 100;

/// Parses the request's document (the executor reuses the result) and tells the kind of operation that it would run.
pub(crate) fn operation_type(request: &mut Request) -> Result<OperationType, Refusal> {
    if nests_too_deep(&request.query) {
        return Err(Refusal::new(Code::ParseFailed, format!("the document nests deeper than {NESTING_LIMIT} levels")));
    }
    let name = request.operation_name.clone();
    let document = request.parsed_query().map_err(|error| syntax_error(&error))?;
    select(document, name.as_deref())
}

/// Whether parsing a text could exhaust the stack.
pub(super) fn nests_too_deep(document: &str) -> bool {
    nests_deeper_than(document, NESTING_LIMIT)
}

/// The name of the operation that would run, if it has one.
pub(crate) fn operation_name(request: &mut Request) -> Option<String> {
    let given = request.operation_name.clone();
    let DocumentOperations::Multiple(operations) = &request.parsed_query().ok()?.operations else { return None };
    given.or_else(|| operations.keys().next().map(ToString::to_string))
}

/// Chooses as the executor does.
fn select(document: &ExecutableDocument, name: Option<&str>) -> Result<OperationType, Refusal> {
    let refuse = |message: String| Err(Refusal::new(Code::OperationResolutionFailure, message));
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(operation.node.ty),
        (DocumentOperations::Single(_), Some(name)) => refuse(format!("unknown operation named \"{name}\"")),
        (DocumentOperations::Multiple(operations), Some(name)) => match operations.get(name) {
            Some(operation) => Ok(operation.node.ty),
            None => refuse(format!("unknown operation named \"{name}\"")),
        },
        (DocumentOperations::Multiple(operations), None) => match operations.values().next() {
            Some(operation) if operations.len() == 1 => Ok(operation.node.ty),
            _ => refuse("the document has several operations: operationName must name one".to_owned()),
        },
    }
}

/// The parser draws the offending line under its message, however long it is; only the conclusion is kept.
fn syntax_error(error: &ServerError) -> Refusal {
    let conclusion = error.message.lines().last().unwrap_or_default().trim().trim_start_matches("= ");
    Refusal::new(Code::ParseFailed, format!("syntax error: {conclusion}")).at(error.locations.clone())
}

/// Counts open brackets outside of strings and comments, by the lexical grammar of GraphQL.
fn nests_deeper_than(document: &str, limit: usize) -> bool {
    let mut rest = document.as_bytes();
    let mut depth = 0_usize;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'#' => skip_comment(after),
            b'"' if after.starts_with(b"\"\"") => skip_block_string(&after[2..]),
            b'"' => skip_string(after),
            _ => after,
        };
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

fn skip_comment(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    end.map_or(&[], |end| &bytes[end..])
}

/// A string ends at its quote, and at the latest with its line, where the parser gives up.
fn skip_string(mut bytes: &[u8]) -> &[u8] {
    loop {
        bytes = match bytes {
            [] | [b'\n' | b'\r', ..] => return bytes,
            [b'"', rest @ ..] => return rest,
            [b'\\', _, rest @ ..] | [_, rest @ ..] => rest,
        };
    }
}

fn skip_block_string(mut bytes: &[u8]) -> &[u8] {
    loop {
        bytes = match bytes {
            [] => return bytes,
            [b'"', b'"', b'"', rest @ ..] => return rest,
            [b'\\', b'"', b'"', b'"', rest @ ..] | [_, rest @ ..] => rest,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, name: Option<&str>) -> Result<OperationType, Code> {
        let mut request = Request::new(query);
        request.operation_name = name.map(str::to_owned);
        operation_type(&mut request).map_err(|refusal| refusal.code)
    }

    #[test]
    fn the_operation_that_would_run_is_found() {
        let two = "query A { a } mutation B { b }";
        for (query, name, expected) in [
            ("{ a }", None, Ok(OperationType::Query)),
            ("subscription { a }", None, Ok(OperationType::Subscription)),
            ("mutation M { a }", None, Ok(OperationType::Mutation)),
            (two, Some("A"), Ok(OperationType::Query)),
            (two, Some("B"), Ok(OperationType::Mutation)),
            (two, None, Err(Code::OperationResolutionFailure)),
            (two, Some("C"), Err(Code::OperationResolutionFailure)),
            ("{ a }", Some("A"), Err(Code::OperationResolutionFailure)),
            ("{", None, Err(Code::ParseFailed)),
            ("", None, Err(Code::ParseFailed)),
            ("fragment F on A { a }", None, Err(Code::ParseFailed)),
        ] {
            assert_eq!(read(query, name), expected, "{query} {name:?}");
        }
    }

    #[test]
    fn nesting_that_would_exhaust_the_stack_is_refused() {
        for (open, close) in
            [("[", "]"), ("{b:", "}"), ("[\"]]\",", "]"), ("[#]\n", "]"), ("[\"\"\"]\\\"\"\"]\"\"\"", "]")]
        {
            let query = format!("{{a(x:{}{})}}", open.repeat(5000), close.repeat(5000));
            assert_eq!(read(&query, None), Err(Code::ParseFailed), "{open}");
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let brackets = "[".repeat(500);
        let escaped = format!("{{ a(x: \"\\\"{brackets}\", y: \"\"\"{brackets}\"\"\") # {brackets}\n }}");
        assert_eq!(read(&escaped, None), Ok(OperationType::Query));
    }

    #[test]
    fn a_syntax_error_does_not_repeat_the_document() {
        let mut request = Request::new(format!("{{ a(x: \"{}\") ", "long".repeat(1000)));
        let error = operation_type(&mut request).unwrap_err().into_error();
        assert!(error.message.len() < 400, "{}", error.message);
        assert_eq!(error.locations.len(), 1);
    }
}
