"""The `paths` of the OpenAPI document: transfers, links, direct entry and health checks.

Problems and result pages come from their own tables, so each is described at the addresses where
it occurs. No program parses the pages. They are described for firewalls, which have to know the
requests that each address accepts.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from handoff import problems
from handoff.entry.result_pages import DIRECT_ENTRY, LINK, RESULT_PAGES
from handoff.problems import Problem
from handoff.settings import Settings

SCHEMA_REF = "#/components/schemas/"

TEXT = {"type": "string"}
_STATE = {"enum": ["ok", "failing"]}
_STATUSES_WITH_RETRY_AFTER = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_RETRY_AFTER = {
    "Retry-After": {
        "description": "The seconds after which the same request may succeed.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
_DIRECT_ENTRY_FIELDS = {
    "quote_id": {"type": "string", "minLength": 1, "maxLength": 255},
    "token_id": {"type": "string", "maxLength": 4096, "pattern": "^[!-~]*$"},
}
_TRANSFER_STATUS_PROBLEMS: dict[int, list[type[Problem]]] = {
    401: [problems.KeyRejected],
    404: [problems.NotFound],
    429: [problems.TooManyRequests],
    503: [problems.LedgerUnavailable, problems.RecordUnreadable],
}
_READINESS_FIELDS = ("status", "ledger", "session_store")


def build_paths(settings: Settings) -> dict[str, Any]:
    """Return the description of every path that a service with these settings has."""
    paths = {
        "/api/cart-transfer": {"post": _describe_transfer_operation("transfer", [])},
        "/api/handoffs/{reference}": {"get": _describe_transfer_status_operation()},
        **_describe_link_paths(),
        **_describe_web_checkout_paths(),
        **_describe_health_paths(),
    }
    if settings.key_in_path:
        in_path = _describe_transfer_operation("transferByPath", [_build_path_parameter("key")])
        paths["/api/cart-transfer/{key}"] = {"post": {**in_path, "security": []}}
    if settings.direct_entry:
        paths["/enter"] = {
            "post": {
                "operationId": "enterDirectly",
                "summary": "Check a quote that the web view brings, and redirect to checkout.",
                "requestBody": _build_form_body(_DIRECT_ENTRY_FIELDS, "quote_id"),
                "responses": {
                    "303": _describe_checkout_redirect_response(),
                    **_describe_result_page_responses(DIRECT_ENTRY),
                },
            }
        }
    return paths


def _describe_transfer_operation(
    operation_id: str, parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "operationId": operation_id,
        "summary": "Turn a bag, a guest's quote or a customer's quote into a link to checkout.",
        "security": [{"key": []}, {"bearer": []}],
        "parameters": parameters,
        "requestBody": {
            "required": True,
            "content": _build_json_content({"$ref": f"{SCHEMA_REF}TransferBody"}),
        },
        "responses": {
            "200": {
                "description": "The instruction by which the app opens the web view.",
                "content": _build_json_content({"$ref": f"{SCHEMA_REF}Instruction"}),
            },
            **_describe_problem_responses(),
        },
    }


def _describe_transfer_status_operation() -> dict[str, Any]:
    return {
        "operationId": "showTransferStatus",
        "summary": "What has become of one of the caller's own transfers.",
        "security": [{"key": []}, {"bearer": []}],
        "parameters": [_build_path_parameter("reference")],
        "responses": {
            "200": {
                "description": "The state, the times and the orders.",
                "content": _build_json_content({"$ref": f"{SCHEMA_REF}TransferStatus"}),
            },
            **{
                str(status): _describe_problem_response(status, found)
                for status, found in _TRANSFER_STATUS_PROBLEMS.items()
            },
        },
    }


def _describe_problem_responses() -> dict[str, Any]:
    """Return a response for each status, with all problems of that status."""
    by_status: dict[int, list[type[Problem]]] = {}
    for problem in _list_problems():
        by_status.setdefault(problem.status, []).append(problem)
    return {
        str(status): _describe_problem_response(status, by_status[status])
        for status in sorted(by_status)
    }


def _list_problems() -> list[type[Problem]]:
    """Return the problems that have their own code."""
    classes = [cls for cls in vars(problems).values() if isinstance(cls, type)]
    return [cls for cls in classes if issubclass(cls, Problem) and "code" in vars(cls)]


def _describe_problem_response(status: int, found: list[type[Problem]]) -> dict[str, Any]:
    codes = sorted({problem.code for problem in found})
    schema = {
        "allOf": [{"$ref": f"{SCHEMA_REF}Problem"}, {"properties": {"code": {"enum": codes}}}]
    }
    return {
        "description": " ".join(f"`{problem.code}`: {problem.title}" for problem in found),
        "headers": _choose_headers(status),
        "content": {"application/problem+json": {"schema": schema}},
    }


def _describe_link_paths() -> dict[str, Any]:
    token = _build_path_parameter("token")
    pages = _describe_result_page_responses(LINK)
    use_link = {
        "200": _describe_page_response(
            "A page that asks first, because another website sent the browser here."
        ),
        "303": _describe_checkout_redirect_response(),
        **pages,
    }
    return {
        "/h/{token}": {
            "get": {
                "operationId": "showEntryPage",
                "parameters": [token],
                "summary": "Show a page that posts itself. It changes nothing.",
                "responses": {"200": _describe_page_response("The entry page."), **pages},
            },
            "post": {
                "operationId": "useLink",
                "parameters": [token],
                "summary": "Use the link: write a new shop session and redirect to checkout.",
                "responses": use_link,
            },
        },
        "/h": {
            "post": {
                "operationId": "useLinkFromForm",
                "summary": "The same for the form style, with the token in the body.",
                "requestBody": _build_form_body({"token": TEXT}, "token"),
                "responses": {
                    **use_link,
                    "413": _describe_page_response("The form is larger than 4 KiB."),
                },
            }
        },
    }


def _describe_web_checkout_paths() -> dict[str, Any]:
    script = {"description": "The script.", "content": {"text/javascript": {"schema": TEXT}}}
    names = [{"name": n, "in": "query", "schema": TEXT} for n in ("version", "integrity")]
    return {
        "/web-checkout.js": {
            "get": {
                "operationId": "showWebCheckoutScript",
                "summary": "The script for the shop's checkout and success page.",
                "responses": {"200": script, "304": {"description": "It has not changed."}},
            }
        },
        "/web-checkout/poq.js": {
            "get": {
                "operationId": "showPoqScript",
                "parameters": names,
                "summary": "Poq's own script in a version, if it has this hash.",
                "responses": {"200": script, "404": {"description": "There is no such script."}},
            }
        },
        "/web-checkout/orders": {"post": _describe_order_report_operation()},
        "/web-checkout/cart-page": {
            "post": {
                "operationId": "reportCartPage",
                "summary": "Note that checkout has sent a web view to the cart page.",
                "responses": {
                    "204": {"description": "Done."},
                    "503": {"description": "The ledger cannot be reached."},
                },
            }
        },
        "/web-checkout/session": {
            "post": {
                "operationId": "renewWebCheckoutCookies",
                "summary": "Prolong the cookies of a web view that is in checkout.",
                "responses": {"204": {"description": "Done."}},
            }
        },
    }


def _describe_order_report_operation() -> dict[str, Any]:
    return {
        "operationId": "reportOrders",
        "summary": "Ask which orders the page has to tell the app about.",
        "requestBody": _build_form_body({"page": TEXT}),
        "responses": {
            "200": {
                "description": "The orders, and whether one may still come.",
                "content": _build_json_content({"type": "object"}),
            },
            "413": {"description": "The form is larger than 1 KiB."},
            "429": {"description": "The page asks too often."},
            "503": {"description": "The ledger cannot be reached."},
        },
    }


def _describe_result_page_responses(address: str) -> dict[str, Any]:
    """Return a response for each status of the result pages that an address answers with."""
    titles: dict[int, list[str]] = {}
    for page in RESULT_PAGES:
        if address in page.shown_at:
            titles.setdefault(page.status, []).append(f"`{page.code}`: {page.title}.")
    return {
        str(int(status)): {
            **_describe_page_response(" ".join(titles[status])),
            "headers": _choose_headers(status),
        }
        for status in sorted(titles)
    }


def _describe_health_paths() -> dict[str, Any]:
    states = dict.fromkeys(_READINESS_FIELDS, _STATE)
    optional = {
        "admin_login": {"enum": ["ok", "refused", "unknown"]},
        "webhooks": {"enum": ["ok", "behind", "unknown"]},
        "webhook_delay": {"type": "integer"},
        "paused": {"const": True},
    }
    ready = _build_json_content(build_object_schema(states, optional))
    alive = _build_json_content(build_object_schema({"status": _STATE, "version": TEXT}))
    return {
        "/healthz": {
            "get": {
                "operationId": "healthz",
                "summary": "Whether the process answers.",
                "responses": {"200": {"description": "Yes.", "content": alive}},
            }
        },
        "/readyz": {
            "get": {
                "operationId": "readyz",
                "summary": "Whether shoppers can be let in.",
                "responses": {
                    "200": {"description": "Yes, or the service is paused.", "content": ready},
                    "503": {"description": "No; `failing` says why.", "content": ready},
                },
            }
        },
    }


def build_object_schema(
    required: dict[str, Any], optional: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def _build_path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


def _build_json_content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _build_form_body(fields: dict[str, Any], *required: str) -> dict[str, Any]:
    schema = {"type": "object", "required": list(required), "properties": fields}
    return {
        "required": True,
        "content": {"application/x-www-form-urlencoded": {"schema": schema}},
    }


def _describe_page_response(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"text/html": {"schema": TEXT}}}


def _describe_checkout_redirect_response() -> dict[str, Any]:
    return {
        "description": "To checkout, with the shop's session cookie.",
        "headers": {"Location": {"required": True, "schema": TEXT}},
    }


def _choose_headers(status: int) -> dict[str, Any]:
    return _RETRY_AFTER if status in _STATUSES_WITH_RETRY_AFTER else {}
