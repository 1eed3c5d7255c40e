"""Makes of a generated document one whose arguments keep to what their descriptions say: page sizes, ids of what is there,
ranges that do not run backward. Types alone can't say that, and generators know types alone."""

import graphql
from graphql import TypeInfo, TypeInfoVisitor, Visitor, visit
from graphql.language import ArgumentNode, IntValueNode, NameNode, ObjectFieldNode, StringValueNode

from facts import DAYS, IDS

# What an id is of, by the names that lead to it, the innermost first.
KIND_OF = {
    "organizationId": "organization",
    "organizationIds": "organization",
    "organization": "organization",
    "exceptionId": "exception",
    "exception": "exception",
    "device": "device",
    "batchId": "batch",
    "batch": "batch",
    "jobId": "run",
}
EVERY_ID = [some for ids in IDS.values() for some in ids]
PAGING = ("first", "after", "last", "before")
LONGEST_PAGE = {"suggestedLinks": 100}
# Inputs with @oneOf, which the generator's GraphQL library does not know yet.
ONE_OF = {"ExceptionSelectionInput", "ExceptionChangeInput"}
# Arguments of which one is given, by their field; the generator knows no record for the first.
ONE_ARGUMENT = {"suggestedLinks": ("identity", "exceptionId", "organizationId")}
# Shorter parts of a text are not looked for.
PART_FIELDS = {"contains"}


class Keep(Visitor):
    """Rewrites values in place of those that were made up."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types

    def enter_field(self, node, *_):
        name = node.name.value
        arguments = page(node.arguments, LONGEST_PAGE.get(name, 500))
        choice = [argument for argument in arguments if argument.name.value in ONE_ARGUMENT.get(name, ())]
        node.arguments = tuple(argument for argument in arguments if argument not in choice[:-1])
        in_order(node.arguments, "from", "to")

    def enter_object_value(self, node, *_):
        named = graphql.get_named_type(self.types.get_input_type())
        if named is not None and named.name in ONE_OF:
            node.fields = node.fields[:1]
        in_order(node.fields, "gte", "lte")

    def enter_string_value(self, node, _key, parent, _path, ancestors):
        named = graphql.get_named_type(self.types.get_input_type())
        names = names_above([*ancestors, parent])
        if named is not None and named.name == "ID":
            return StringValueNode(value=known_id(node.value, names))
        if names and names[0] in PART_FIELDS:
            return StringValueNode(value=f"{node.value}desk")
        return None

    def enter_int_value(self, node, *rest):
        return self.enter_string_value(node, *rest)


def page(arguments, longest):
    """One page from either end: the generator gives both ends and cursors of nothing."""
    given = {argument.name.value: argument for argument in arguments}
    kept = [argument for argument in arguments if argument.name.value not in PAGING]
    for end in ("first", "last"):
        value = given[end].value if end in given else None
        if isinstance(value, IntValueNode):
            size = IntValueNode(value=str(1 + int(value.value) % longest))
            return [*kept, ArgumentNode(name=NameNode(value=end), value=size)]
    return kept


def in_order(nodes, first, last):
    """Days, instants and numbers in their order; a comparison is of two days."""
    values = {node.name.value: node.value for node in nodes if hasattr(node.value, "value")}
    if first not in values or last not in values:
        return
    start, end = values[first], values[last]
    if isinstance(start, IntValueNode):
        start.value, end.value = sorted((start.value, end.value), key=int)
    elif start.value == end.value and first == "from":
        start.value, end.value = DAYS[0], DAYS[-1]
    else:
        start.value, end.value = sorted((start.value, end.value))


def names_above(ancestors):
    """The names of arguments, fields of inputs and selected fields that lead to a value, the innermost first."""
    nodes = [node for node in ancestors if not isinstance(node, (list, tuple))]
    named = (ArgumentNode, ObjectFieldNode, graphql.FieldNode)
    return [node.name.value for node in reversed(nodes) if isinstance(node, named)]


def known_id(text, names):
    kinds = (KIND_OF[name] for name in names if name in KIND_OF)
    kind = next(kinds, "exception" if any("xception" in name for name in names) else None)
    ids = IDS.get(kind) or EVERY_ID
    return ids[len(text) % len(ids)]


def keep_to_descriptions(schema, document):
    types = TypeInfo(schema)
    return visit(document, TypeInfoVisitor(types, Keep(types)))
