from __future__ import annotations

import json
from secrets import token_hex

from flask import Blueprint, Response, g, request
from graphql import GraphQLError, GraphQLSyntaxError, execute_sync, parse, validate

from handoff_sandbox.graphql.schema import SCHEMA
from handoff_sandbox.rest.access import bearer
from handoff_sandbox.shop import current_shop

bp = Blueprint("graphql", __name__)


@bp.post("/graphql")
def serve() -> Response:
    """Answer 200 to whatever could be parsed, errors of every kind included; else 500."""
    shop = current_shop()
    g.view = shop.views.by_code(request.headers.get("Store")) or shop.views.first
    user = bearer(shop)
    g.customer = shop.people.customer(user.id) if user is not None and user.is_customer else None
    body = request.get_json(force=True, silent=True)
    given = body if isinstance(body, dict) else {}
    data, status = _run(str(given.get("query", "")), given.get("variables"))
    response = Response(json.dumps(whole(data)), status, content_type="application/json")
    session = shop.sessions.start(request.cookies.get("PHPSESSID"))
    _set(response, shop.cookies.session(session.id))
    _set(response, shop.cookies.private_content_version(token_hex(16)))
    if g.get("logged_in"):
        _set(response, shop.cookies.no_form_key())
    return response


def _run(query: str, variables: object) -> tuple[dict[str, object], int]:
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        return {"errors": [shown(error)]}, 500
    errors = validate(SCHEMA, document)
    if errors:
        return {"errors": [shown(error) for error in errors]}, 200
    result = execute_sync(
        SCHEMA, document, variable_values=variables if isinstance(variables, dict) else None
    )
    answer: dict[str, object] = {}
    if result.errors:
        answer["errors"] = [shown(error) for error in result.errors]
    if result.data is not None:
        answer["data"] = result.data
    return answer, 200


def shown(error: GraphQLError) -> dict[str, object]:
    """Give an error as the PHP library words it: the quotation marks and full stops differ."""
    message = error.message
    if isinstance(error, GraphQLSyntaxError):
        message = message.removesuffix(".")
    if not error.extensions:
        message = message.replace("'", '"')
    return {**error.formatted, "message": message}


def whole(value: object) -> object:
    """Write 11.0 as 11 throughout, as PHP does."""
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _set(response: Response, cookie: str) -> None:
    response.headers.add("Set-Cookie", cookie)
