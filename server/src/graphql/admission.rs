//! What happens to every request before the schema executes it, and to its answers after.
//!
//! These are no extensions of async-graphql. As soon as a schema has one, whatever it does, every field of every object is
//! wrapped in a future of its own for each of them: six took most of the time of a page of a hundred rows. Here each
//! thing is done once for a request. Only who asks what a document costs is answered by a schema with an extension.

use async_graphql::{
    Request, Response, ServerError, ServerResult,
    parser::types::{DocumentOperations, ExecutableDocument},
};

use super::{
    coding,
    errors::ErrorCode,
    guard::{self, Cost, Extent},
    limits::GraphqlLimits,
    ordering::{self, Plan},
    recording, rights, variables,
};

/// What async-graphql says of a document that is over the limit.
const TOO_COMPLEX: &str = "Query is too complex.";

/// Whether a request says which operation to run, as async-graphql reads it: one without a name can't be named.
fn names_operation(document: &ExecutableDocument, name: Option<&str>) -> bool {
    match (&document.operations, name) {
        (DocumentOperations::Single(_), name) => name.is_none(),
        (DocumentOperations::Multiple(named), None) => named.len() == 1,
        (DocumentOperations::Multiple(named), Some(name)) => named.contains_key(name),
    }
}

/// What is known of a request once it was looked at.
pub(super) struct Admission {
    limits: GraphqlLimits,
    /// Whether the answer tells the cost.
    pub(super) tells_cost: bool,
    extent: Option<Extent>,
    plan: Option<Plan>,
    /// Whether the request says which operation to run.
    runs: bool,
}

impl Admission {
    /// Looks at a request, and makes it ready to be executed; or says why it is not.
    pub(super) fn of(request: &mut Request, limits: GraphqlLimits) -> Result<Self, Box<Response>> {
        let tells_cost = guard::is_cost_asked(request);
        let mut admission = Self { limits, tells_cost, extent: None, plan: None, runs: false };
        match admission.look(request) {
            Ok(()) => Ok(admission),
            Err(error) => Err(Box::new(admission.finish(Response::from_errors(vec![error]), None))),
        }
    }

    fn look(&mut self, request: &mut Request) -> ServerResult<()> {
        let name = request.operation_name.clone();
        // Parsed once: by `http`, or here for whoever executes without it.
        let document = request.parsed_query().map_err(|error| coding::coded(error, ErrorCode::ParseFailed))?;
        self.extent = Some(guard::check(document, &self.limits)?);
        self.plan = ordering::plan(document, name.as_deref());
        self.runs = names_operation(document, name.as_deref());
        variables::check_given(request)?;
        rights::check(request)?;
        recording::ask_for_outcomes(request)
    }

    /// The answer with its fields in order, a code in every error, and the cost if it was asked for.
    pub(super) fn finish(&self, mut response: Response, complexity: Option<usize>) -> Response {
        if let Some(plan) = &self.plan {
            plan.order(&mut response.data);
        }
        for error in &mut response.errors {
            *error = self.coded(std::mem::replace(error, ServerError::new("", None)));
        }
        if self.tells_cost {
            let (extent, limits) = (self.extent.as_ref(), &self.limits);
            guard::tell_cost(&mut response, &Cost { extent, complexity, limits });
        }
        response
    }

    /// Our resolvers' errors have their codes by now; what is left is an argument that could not be read (with a path), a
    /// document that does not fit the schema, or a request that does not say which operation to run.
    fn coded(&self, mut error: ServerError) -> ServerError {
        if error.message == TOO_COMPLEX && error.path.is_empty() {
            let limit = self.limits.complexity;
            error.message = format!(
                "the document's complexity is over {limit}, lists counted as their pages; the cost in `extensions` tells it"
            );
            return coding::coded(error, ErrorCode::QueryTooComplex);
        }
        let is_of_request = error.path.is_empty();
        let code = match (is_of_request, self.runs || !error.locations.is_empty()) {
            (false, _) => ErrorCode::BadUserInput,
            (true, true) => ErrorCode::ValidationFailed,
            (true, false) => ErrorCode::OperationResolutionFailure,
        };
        coding::coded(error, code)
    }
}
