"""What schemathesis has to know of the hub, and what it asks of every answer.

With FUZZ=valid, arguments keep to what their descriptions say, and an answer has no errors: what a user can expect is
data. With FUZZ=any they are whatever their types allow, and an answer may have errors that tell the client of its
arguments, never a fault of the hub."""

import atexit
import collections
import os

import graphql
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from arguments import keep_to_descriptions
from facts import DAYS
from shape import faults

IS_VALID = os.environ["FUZZ"] == "valid"

# With arguments that are as described: no collection is held in the demo, so no id of one is there; and a place is looked
# for only inside an organization, which no type says.
EXPECTED = {
    "Query.missingDevices": {"BAD_USER_INPUT"},
    "Mutation.applyHeldCollection": {"BAD_USER_INPUT"},
    "Mutation.discardHeldCollection": {"BAD_USER_INPUT"},
    "Query.countSeries": {"BAD_USER_INPUT"},
    "Query.suggestedLinks": {"NOT_FOUND"},
}
# With any arguments: all that tell a client of them.
OF_ARGUMENTS = {
    "BAD_CURSOR",
    "BAD_USER_INPUT",
    "GRAPHQL_VALIDATION_FAILED",
    "NOT_FOUND",
    "NO_DATA",
    "PAGE_SIZE",
    "QUERY_TOO_COMPLEX",
}

# Drawn by number, the newest day being 0: the same documents are made on whatever day the demo is started, but for the
# dates that stand in them.
DAY = st.integers(0, 7).map(lambda ago: DAYS[-1 - ago % len(DAYS)])
schemathesis.graphql.scalar("Date", DAY.map(nodes.String))
schemathesis.graphql.scalar("DateTime", DAY.map(lambda day: nodes.String(f"{day}T02:10:00-05:00")))
schemathesis.graphql.scalar("Month", DAY.map(lambda day: nodes.String(day[:7])))

told = collections.Counter()
atexit.register(lambda: print("answers:", *(f"{count} {code}," for code, count in sorted(told.items()))))


@schemathesis.hook
def map_body(context, body):
    return keep_to_descriptions(context.operation.schema.client_schema, body) if IS_VALID else body


@schemathesis.check
def is_as_promised(_context, response, case):
    assert response.status_code < 500, f"status {response.status_code}"
    answer = response.json()
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    told.update(codes or ["without errors"])
    allowed = EXPECTED.get(case.operation.label, set()) if IS_VALID else OF_ARGUMENTS
    assert codes <= allowed, f"errors {codes}: {answer['errors'][0]['message']}"
    if not codes:
        schema = case.operation.schema.client_schema
        found = list(faults(schema, graphql.parse(case.body), answer["data"]))
        assert not found, "\n".join(found[:10])
