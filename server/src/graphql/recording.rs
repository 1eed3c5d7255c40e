//! The record of mutations: what was asked for is read from the document, what came of it from the answer.
//!
//! Refusals are data of the payloads (`userErrors`), which a client need not ask for. So they are asked for beside what the
//! client selected, and taken out of the answer again.

use std::collections::BTreeSet;

use async_graphql::{
    Name, PathSegment, Positioned, Request, Response, ServerResult, Value,
    parser::types::{Directive, ExecutableDocument, Field, OperationType, Selection, SelectionSet},
};
use domain::digest::sha256_hex;

use super::{distinct, errors::ErrorCode, parts, principal, root_fields};
use crate::access::{Act, ActKind, Journal, Outcome};

/// The name under which refusals are asked for.
const REFUSALS: &str = "hubRecordedRefusals";

/// Members of inputs that are secrets.
const SECRETS: [&str; 3] = ["password", "currentPassword", "newPassword"];

/// What a mutation is about to do. Dropped before its [end](Self::end), it was broken off, and is recorded as that.
pub(super) struct Recording {
    journal: Journal,
    actor: String,
    address: Option<std::net::IpAddr>,
    asked: Vec<Asked>,
}

struct Asked {
    key: Name,
    act: Act,
}

impl Recording {
    /// Of a request that would run a mutation; `None` of any other.
    pub(super) fn of(request: &mut Request, journal: &Journal) -> Option<Self> {
        let operation = root_fields::mutation_of_request(request).ok()??;
        let principal = principal::of(request)?.clone();
        let variable = |name: &Name| {
            request.variables.get(name).or_else(|| operation.defaults.get(name)).cloned().unwrap_or_default()
        };
        let asked: Vec<Asked> = operation.fields.iter().filter_map(|field| read(&field.node, variable)).collect();
        let (actor, address) = (principal.name().to_owned(), principal.address());
        Some(Self { journal: journal.clone(), actor, address, asked })
    }

    /// Records what came of it, and takes out of the answer what the client did not ask for.
    pub(super) async fn end(mut self, response: &mut Response) {
        let mut acts = Vec::new();
        for asked in std::mem::take(&mut self.asked) {
            match outcome(&asked.key, response) {
                Ended::As(outcome, detail) => acts.push(Act { outcome, detail, ..asked.act }),
                Ended::NotRun => {}
            }
        }
        clean(&mut response.data);
        self.journal.record(&self.actor, self.address, acts).await;
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let acts: Vec<Act> = std::mem::take(&mut self.asked).into_iter().map(|asked| asked.act).collect();
        if !acts.is_empty() {
            // It is written by a task of its own; nobody is left to wait for it.
            drop(self.journal.record(&self.actor, self.address, acts));
        }
    }
}

/// Asks a mutation for what came of it. It comes after the guard, which measures what the client wrote and no more.
pub(super) fn ask_for_outcomes(request: &mut Request) -> ServerResult<()> {
    let name = request.operation_name.clone();
    let document = request.parsed_query()?;
    let asked = root_fields::operation(document, name.as_deref());
    let Some(operation) = asked.filter(|operation| operation.ty == OperationType::Mutation) else { return Ok(()) };
    distinct::check(document, operation)?;
    let mut document = document.clone();
    ask_for_refusals(&mut document, name.as_deref());
    request.set_parsed_query(document);
    Ok(())
}

enum Ended {
    As(Outcome, Option<String>),
    NotRun,
}

/// What came of one root field. They run one after the other, and none after one that fails.
fn outcome(key: &Name, response: &Response) -> Ended {
    if let Value::Object(data) = &response.data {
        return data.get(key).map_or(Ended::NotRun, |payload| {
            let codes = refusals(payload);
            if !codes.is_empty() {
                return Ended::As(Outcome::Refused, Some(codes));
            }
            let (outcome, detail) = parts::outcome(payload);
            Ended::As(outcome, detail)
        });
    }
    let code_of = |error: &async_graphql::ServerError| match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code.clone()),
        _ => None,
    };
    let of_field = |error: &&async_graphql::ServerError| {
        error.path.first().is_some_and(|segment| matches!(segment, PathSegment::Field(name) if *name == key.as_str()))
    };
    if let Some(error) = response.errors.iter().find(of_field) {
        let code = code_of(error);
        if error.path.len() > 1 {
            // It ran to its end; what was asked of its payload failed, and took the answer with it.
            let detail = format!("its answer failed: {}", code.unwrap_or_default());
            return Ended::As(Outcome::BrokenOff, Some(detail));
        }
        let is_ours = code.as_deref().is_none_or(|code| code == ErrorCode::Internal.as_str());
        return Ended::As(if is_ours { Outcome::Failed } else { Outcome::Refused }, code);
    }
    match response.errors.iter().find(|error| error.path.is_empty()).and_then(code_of) {
        Some(code) if code == ErrorCode::Forbidden.as_str() => Ended::As(Outcome::Refused, Some(code)),
        // The document was refused before anything ran, or another field failed.
        Some(_) => Ended::NotRun,
        // Another field failed, before this one or after it: data of those before is lost with it.
        None => Ended::As(Outcome::BrokenOff, Some("another field of the operation failed".to_owned())),
    }
}

fn refusals(payload: &Value) -> String {
    let Value::Object(payload) = payload else { return String::new() };
    payload.get(REFUSALS).map(|errors| codes(errors).join(" ")).unwrap_or_default()
}

/// The codes of a list of user errors.
pub(super) fn codes(errors: &Value) -> Vec<String> {
    let Value::List(errors) = errors else { return Vec::new() };
    let code = |error: &Value| match error {
        Value::Object(error) => error.get("code").map(|code| code.to_string().trim_matches('"').to_owned()),
        _ => None,
    };
    errors.iter().filter_map(code).collect()
}

fn clean(data: &mut Value) {
    let Value::Object(fields) = data else { return };
    for payload in fields.values_mut() {
        if let Value::Object(payload) = payload {
            payload.shift_remove(REFUSALS);
            parts::clean(payload);
        }
    }
}

fn read(field: &Field, variable: impl Fn(&Name) -> Value) -> Option<Asked> {
    let operation = field.name.node.to_string();
    if operation.starts_with("__") {
        return None;
    }
    let value = |name: Name| Ok::<_, ()>(variable(&name));
    let arguments = field
        .arguments
        .iter()
        .map(|(name, given)| (name.node.clone(), given.node.clone().into_const_with(value).unwrap_or_default()));
    let mut arguments = Value::Object(arguments.collect());
    let mut told = BTreeSet::new();
    take_secrets(&mut arguments, &mut told);
    let digest = sha256_hex(arguments.to_string());
    gather(&arguments, "", &mut told);
    let target = told.into_iter().collect::<Vec<_>>().join(", ");
    let act = Act {
        target: Some(target).filter(|target| !target.is_empty()),
        arguments_digest: Some(digest),
        ..Act::new(ActKind::Mutation, operation, Outcome::BrokenOff)
    };
    Some(Asked { key: field.response_key().node.clone(), act })
}

/// Takes secrets out of arguments, so that not even a digest of them is kept; that they were given is told.
fn take_secrets(value: &mut Value, told: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if SECRETS.contains(&name.as_str()) && !matches!(member, Value::Null) {
                    *member = Value::Null;
                    told.insert(format!("{name} given"));
                }
                take_secrets(member, told);
            }
        }
        Value::List(items) => items.iter_mut().for_each(|item| take_secrets(item, told)),
        _ => {}
    }
}

/// What says what something is done to, and which power is given or taken.
fn gather(value: &Value, name: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| gather(value, name, found)),
        Value::List(items) => items.iter().for_each(|item| gather(item, name, found)),
        Value::String(text) => {
            let tells = ["id", "ids", "name", "month", "role", "schedule", "vendorSiteKey", "issuer", "subject"]
                .contains(&name)
                || name.ends_with("Id")
                || name.ends_with("Ids");
            if tells {
                found.insert(format!("{name} {text}"));
            }
        }
        Value::Boolean(is_so) => drop(found.insert(format!("{name} {is_so}"))),
        Value::Enum(word) => drop(found.insert(format!("{name} {word}"))),
        _ => {}
    }
}

fn ask_for_refusals(document: &mut ExecutableDocument, name: Option<&str>) {
    let Some(operation) = root_fields::operation(document, name) else { return };
    let spread = root_fields::spread_fragments(document, operation);
    for fragment in spread {
        if let Some(fragment) = document.fragments.get_mut(&fragment) {
            extend(&mut fragment.node.selection_set.node);
        }
    }
    if let Some(operation) = root_fields::operation_mut(document, name) {
        extend(&mut operation.selection_set.node);
    }
}

fn extend(selections: &mut SelectionSet) {
    for selection in &mut selections.items {
        let pos = selection.pos;
        match &mut selection.node {
            Selection::Field(field) if !field.node.name.node.starts_with("__") => {
                let code = leaf("code", None, Vec::new(), pos);
                let refusals = leaf("userErrors", Some(REFUSALS), vec![code], pos);
                // A payload without a selection is refused anyway, and is to be refused as it was written.
                if !field.node.selection_set.node.items.is_empty() {
                    let parts = parts::wanted(field.node.name.node.as_str(), pos);
                    field.node.selection_set.node.items.extend([refusals].into_iter().chain(parts));
                }
            }
            Selection::InlineFragment(fragment) => extend(&mut fragment.node.selection_set.node),
            Selection::Field(_) | Selection::FragmentSpread(_) => {}
        }
    }
}

pub(super) fn leaf(
    name: &str,
    alias: Option<&str>,
    items: Vec<Positioned<Selection>>,
    pos: async_graphql::Pos,
) -> Positioned<Selection> {
    let at = |text: &str| Positioned::new(Name::new(text), pos);
    let field = Field {
        alias: alias.map(at),
        name: at(name),
        arguments: Vec::new(),
        directives: Vec::<Positioned<Directive>>::new(),
        selection_set: Positioned::new(SelectionSet { items }, pos),
    };
    Positioned::new(Selection::Field(Positioned::new(field, pos)), pos)
}
