"""The API for people to read: made from the same description that programs get at /openapi.json."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from web import render
from web.feed_pages import base_of

#: the groups in the order in which a reader needs them, with their headings
_GROUPS = {
    "search": "Search and export",
    "articles": "Articles and stories",
    "versions": "Versions and changes",
    "recrawls": "Recrawls",
    "watches": "Watches",
    "state": "State",
}


@dataclass(frozen=True, kw_only=True)
class FieldLine:
    """A parameter of a request, or a field of a body."""

    name: str
    type: str
    means: str
    default: str = ""
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class ApiOperation:
    """One thing that a program can ask."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[FieldLine, ...]
    #: facets, which all filter alike
    filters: tuple[FieldLine, ...]
    body: tuple[FieldLine, ...]
    #: what comes back: its model's name and fields
    answer: str
    fields: tuple[FieldLine, ...]
    errors: tuple[tuple[str, str], ...]
    needs_token: bool
    #: a command that asks it
    example: str


async def api_page(request: Request) -> Response:
    """Answer `GET /api`."""
    base = base_of(request)
    groups = [(title, list(_operations(request.app.openapi(), tag, base))) for tag, title in _heads(request)]
    return render.page("api.html", groups=groups, described=request.app.openapi()["info"])


def _heads(request: Request) -> list[tuple[str, str]]:
    """Return the groups that have an operation; one that is new here has its tag for a heading."""
    found = {tag: "" for _, _, operation in _all(request.app.openapi()) for tag in operation.get("tags", ())}
    named = {tag: title for tag, title in _GROUPS.items() if tag in found}
    return [*(named | {tag: tag.capitalize() for tag in found if tag not in named}).items()]


def _all(described: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            yield path, method.upper(), operation


def _operations(described: Mapping[str, Any], tag: str, base: str) -> Iterator[ApiOperation]:
    schemas = described["components"]["schemas"]
    for path, method, each in _all(described):
        if tag not in each.get("tags", ()):
            continue
        parameters = each.get("parameters", [])
        lines = [_line(one["name"], one["schema"], schemas, one) for one in parameters]
        filters = {one["name"] for one in parameters if one.get("description", "").startswith("Filter by ")}
        responses = each["responses"]
        good = next((status for status in responses if status.startswith("2")), "")
        answer = _model(responses.get(good, {}))
        body = each.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        yield ApiOperation(
            id=each["operationId"],
            method=method,
            path=path,
            summary=each["summary"],
            description=each["description"],
            parameters=tuple(line for line in lines if line.name not in filters),
            filters=tuple(line for line in lines if line.name in filters),
            body=_fields(body, schemas),
            answer=answer,
            fields=_fields(schemas.get(answer, {}), schemas),
            errors=tuple(
                (status, said["description"]) for status, said in responses.items() if not status.startswith("2")
            ),
            needs_token=bool(each.get("security")),
            example=_example(method, path, parameters, body, base),
        )


def _model(response: Mapping[str, Any]) -> str:
    """Return the name of the model that an answer has, "" for one that is no JSON of ours."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[FieldLine, ...]:
    required = schema.get("required", ())
    return tuple(
        _line(name, each, schemas, {"required": name in required})
        for name, each in schema.get("properties", {}).items()
    )


def _line(name: str, schema: Mapping[str, Any], schemas: Mapping[str, Any], stated: Mapping[str, Any]) -> FieldLine:
    default = schema.get("default")
    return FieldLine(
        name=name,
        type=_type(schema, schemas),
        means=stated.get("description") or schema.get("description") or "",
        default="" if default in (None, "", [], False) else str(default),
        required=bool(stated.get("required")),
    )


def _type(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """Return in words what a value may be."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        values = schemas.get(name, {}).get("enum")
        return " | ".join(map(str, values)) if values and len(values) <= 8 else name
    if "anyOf" in schema:
        kinds = [_type(each, schemas) for each in schema["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), schemas)}"
    return str(schema.get("format") or schema.get("type") or "any")


def _example(method: str, path: str, parameters: list[Mapping[str, Any]], body: Mapping[str, Any], base: str) -> str:
    """Return a command that asks it, with the examples of the description."""
    shown: list[tuple[str, str]] = []
    for each in parameters:
        example = next(iter(each["schema"].get("examples") or each.get("examples") or ()), None)
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(example) if example is not None else "1")
        elif example is not None and (each.get("required") or not shown):
            shown.append((each["name"], str(example)))
    address = f"{base}{path}{'?' if shown else ''}{urlencode(shown)}"
    if method == "GET":
        return f"curl '{address}'"
    sent = {name: each["examples"][0] for name, each in body.get("properties", {}).items() if each.get("examples")}
    content = render.json_bytes(sent).decode()
    return f"curl -X {method} '{address}' -H 'Content-Type: application/json' -d '{content}'"
