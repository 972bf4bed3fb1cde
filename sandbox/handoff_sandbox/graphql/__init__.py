"""Magento's GraphQL API, `POST /graphql`."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from secrets import token_hex

from flask import Blueprint, Flask, Response, g, request
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from handoff_sandbox.formats import JsonObject
from handoff_sandbox.graphql import mutation_resolvers, query_resolvers
from handoff_sandbox.graphql.errors import serialize_error
from handoff_sandbox.magento_version import MagentoVersion
from handoff_sandbox.rest.authorization import read_token_user
from handoff_sandbox.shop import get_current_shop

_blueprint = Blueprint("graphql", __name__)


def register_routes(app: Flask) -> None:
    """Add the GraphQL endpoint to the shop's application."""
    app.register_blueprint(_blueprint)


@_blueprint.post("/graphql")
def answer_query() -> Response:
    """Answer 200 to every query that can be parsed, even with errors, and 500 to any other."""
    shop = get_current_shop()
    g.view = shop.views.find_by_code(request.headers.get("Store")) or shop.views.first
    user = read_token_user(shop)
    is_customer = user is not None and user.is_customer
    g.customer = shop.accounts.find_customer(user.id) if user is not None and is_customer else None
    body = request.get_json(force=True, silent=True)
    given = body if isinstance(body, dict) else {}
    schema = _SCHEMAS[shop.version]
    data, status = _execute(schema, str(given.get("query", "")), given.get("variables"))
    if _is_denied(data):
        status = shop.version.status_of_denied_query
    content = json.dumps(_convert_whole_floats(data))
    response = Response(content, status, content_type="application/json")
    session = shop.sessions.start(request.cookies.get("PHPSESSID"))
    cookies = [shop.cookies.build_session_cookie(session.id)]
    cookies.append(shop.cookies.build_private_content_version_cookie(token_hex(16)))
    if g.get("logged_in"):
        cookies.append(shop.cookies.build_expired_form_key_cookie())
    for cookie in cookies:
        response.headers.add("Set-Cookie", cookie)
    return response


def _is_denied(data: JsonObject) -> bool:
    return "graphql-authorization" in json.dumps(data.get("errors"))


def _load_schema(version: MagentoVersion) -> GraphQLSchema:
    """Return the schema of a version, with the resolvers of its fields."""
    schema = build_schema((Path(__file__).parent / "schema.graphql").read_text())
    resolvers = {"Query": query_resolvers.RESOLVERS, "Mutation": mutation_resolvers.RESOLVERS}
    for type_name, fields in resolvers.items():
        object_type = schema.get_type(type_name)
        for field, resolver in fields.items():
            object_type.fields[field].resolve = resolver  # type: ignore[union-attr]
    for type_name, missing in version.missing_graphql_fields.items():
        for field in missing:
            del schema.get_type(type_name).fields[field]  # type: ignore[union-attr]
    return schema


_SCHEMAS = {version: _load_schema(version) for version in MagentoVersion}


def _execute(schema: GraphQLSchema, query: str, variables: object) -> tuple[JsonObject, int]:
    """Return the answer's JSON and status."""
    try:
        document, errors = _parse(schema, query)
    except GraphQLSyntaxError as error:
        return {"errors": [serialize_error(error)]}, 500
    if errors:
        return {"errors": [serialize_error(errors[0])]}, 200  # Magento names one
    result = execute_sync(
        schema, document, variable_values=variables if isinstance(variables, dict) else None
    )
    answer: JsonObject = {}
    if result.errors:
        answer["errors"] = [serialize_error(error) for error in result.errors]
    if result.data is not None:
        answer["data"] = result.data
    return answer, 200


@lru_cache(maxsize=100)
def _parse(schema: GraphQLSchema, query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """Return the query's document, and why it does not fit the schema."""
    document = parse(query)
    return document, validate(schema, document)


def _convert_whole_floats(value: object) -> object:
    """Replace 11.0 by 11 in all values, as PHP writes them."""
    if isinstance(value, dict):
        return {key: _convert_whole_floats(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_convert_whole_floats(child) for child in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
