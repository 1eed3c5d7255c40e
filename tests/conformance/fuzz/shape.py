"""Whether the data of an answer is what the schema promises for its document."""

import datetime
import re

import graphql

SCALARS = {
    "Int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "Float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "String": lambda value: isinstance(value, str),
    "ID": lambda value: isinstance(value, str),
    "Boolean": lambda value: isinstance(value, bool),
    "Date": lambda value: bool(datetime.date.fromisoformat(value)),
    "DateTime": lambda value: datetime.datetime.fromisoformat(value).tzinfo is not None,
    "Month": lambda value: bool(re.fullmatch(r"\d{4}-\d{2}", value)),
    "JSON": lambda value: True,
}


def faults(schema, document, data):
    """Yields a sentence for everything that the schema does not allow."""
    operation = next(node for node in document.definitions if isinstance(node, graphql.OperationDefinitionNode))
    root = schema.get_root_type(operation.operation)
    yield from _object(schema, root, operation.selection_set, data, operation.operation.value)


def _object(schema, kind, selections, data, path):
    if not isinstance(data, dict):
        yield f"{path}: {data!r} is no {kind}"
        return
    for name, (declared, inner) in _fields(schema, kind, selections).items():
        if name not in data:
            yield f"{path}.{name} is missing"
        else:
            yield from _value(schema, declared, inner, data[name], f"{path}.{name}")


def _fields(schema, kind, selections):
    """The selected fields by the names they answer under: each with its type, and all that is selected of it."""
    found = {}
    for node in selections.selections:
        if isinstance(node, graphql.InlineFragmentNode):
            condition = node.type_condition and schema.get_type(node.type_condition.name.value)
            if condition in (None, kind):
                found.update(_fields(schema, kind, node.selection_set))
        elif node.name.value != "__typename":
            name = (node.alias or node.name).value
            merged = [*found.get(name, (None, []))[1], *([node.selection_set] if node.selection_set else [])]
            found[name] = (kind.fields[node.name.value].type, merged)
    return found


def _value(schema, declared, inner, value, path):
    if graphql.is_non_null_type(declared):
        declared = declared.of_type
        if value is None:
            yield f"{path} is null, and may not be"
            return
    if value is None:
        return
    if graphql.is_list_type(declared):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for place, item in enumerate(value):
            yield from _value(schema, declared.of_type, inner, item, f"{path}[{place}]")
    elif graphql.is_enum_type(declared):
        if value not in declared.values:
            yield f"{path}: {value!r} is no {declared}"
    elif graphql.is_scalar_type(declared):
        if not _is_scalar(declared.name, value):
            yield f"{path}: {value!r} is no {declared}"
    elif graphql.is_object_type(declared):
        for selections in inner:
            yield from _object(schema, declared, selections, value, path)
    elif not isinstance(value, dict):
        # Which type it is of, only __typename would tell.
        yield f"{path}: {value!r} is no {declared}"


def _is_scalar(name, value):
    try:
        return SCALARS[name](value)
    except (TypeError, ValueError):
        return False
