"""Whether JSON is as a schema has it: as much of JSON Schema as the site's OpenAPI document uses."""

from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


def faults(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """A line for each place that is not as it should be; `document` is what references point into."""
    if "$ref" in schema:
        yield from faults(value, _found(document, schema["$ref"]), document, at)
    if "anyOf" in schema:
        tried = [list(faults(value, each, document, at)) for each in schema["anyOf"]]
        yield from [] if [] in tried else min(tried, key=len)
    if "type" in schema and not _is_a(value, schema["type"]):
        yield f"{at or 'it'} is {type(value).__name__}, not {schema['type']}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{at or 'it'} is {value!r}, none of {schema['enum']}"
    elif isinstance(value, dict):
        yield from _faults_of_object(value, schema, document, at)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from faults(each, schema.get("items", {}), document, f"{at}[{index}]")


def _faults_of_object(
    value: Mapping[str, Any], schema: Mapping[str, Any], document: Mapping[str, Any], at: str
) -> Iterator[str]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    yield from (f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value)
    for name, each in value.items():
        expected = properties.get(name, others)
        if expected is False:
            yield f"{at}.{name} is not in the schema"
        elif isinstance(expected, Mapping):
            yield from faults(each, expected, document, f"{at}.{name}")


def _is_a(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _found(document: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)
