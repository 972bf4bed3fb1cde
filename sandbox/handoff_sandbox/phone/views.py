"""The phone's page, and the addresses that its scripts call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_from_directory
from standardwebhooks import WebhookVerificationError

from handoff_sandbox.catalogue import create_demo_catalogue
from handoff_sandbox.demo_content import BRAND, require_demo_content
from handoff_sandbox.phone import poq_script, visitors
from handoff_sandbox.phone.call_log import Event, write_lines
from handoff_sandbox.phone.checkout_request import CheckoutRequest
from handoff_sandbox.phone.demo_context import DemoContext, get_current_context
from handoff_sandbox.phone.log_reader import read_openings
from handoff_sandbox.phone.poq_cloud import PoqCloud

blueprint = Blueprint("phone", __name__)
PICTURES = Path(__file__).parents[1] / "static" / "pictures"


@blueprint.get("/")
def show_phone() -> Response:
    """Show the phone. It offers sold out products as well, as an app does that has not noticed.

    The app gives its web view the cookies that Poq's app for iOS gives it. Cookies do not know
    ports, so the pages of the shop and of the service get them too.
    """
    enabled = create_demo_catalogue().list_enabled()
    products = [(product, require_demo_content(product.sku)) for product in enabled]
    page = render_template(
        "phone.html", products=products, brand=BRAND, context=get_current_context()
    )
    response = Response(page)
    for name, value in poq_script.build_cookies().items():
        response.set_cookie(f"poq.webcheckout.{name}", value, samesite="Lax")
    return response


@blueprint.get(f"/poq/web-checkout.{poq_script.VERSION}.min.js")
def send_poq_script() -> Response:
    """Send the stand-in for Poq's web checkout script, as `assets.poq.io` sends Poq's own."""
    return Response(poq_script.read_script(), mimetype="text/javascript")


@blueprint.get("/opening")
def show_opening() -> str:
    """Show the page of the web view until there is an instruction."""
    return render_template("opening.html", brand=BRAND)


@blueprint.get("/pictures/<name>")
def send_picture(name: str) -> Response:
    return send_from_directory(PICTURES, name)


@blueprint.post("/checkout")
def check_out() -> Response:
    """Answer as Poq's cloud: one line for each call as it is made, the instruction at the end."""
    try:
        checkout = CheckoutRequest.read(_read_body())
    except ValueError:
        abort(400)
    return _stream_events(PoqCloud(get_current_context(), checkout).check_out())


@blueprint.post("/visitors/<visitor>")
def send_visitor(visitor: str) -> Response:
    """Let a preview bot, a second phone or a buyer open the link."""
    link = IssuedLink.read(_read_body(), get_current_context())
    visits = {
        "bot": lambda: visitors.preview_link(link.instruction),
        "second": lambda: visitors.open_on_second_phone(link.instruction, link.token),
        "buyer": lambda: visitors.buy_bag(link.instruction, link.token),
    }
    if visitor not in visits:
        abort(404)
    return _stream_events(visits[visitor]())


@blueprint.get("/openings/<handoff>")
def show_openings(handoff: str) -> dict[str, Any]:
    """Return the requests for a link, without the first `seen` ones, and all its webhooks."""
    context = get_current_context()
    openings, webhooks = read_openings(context.logs, handoff), context.webhooks.list_calls(handoff)
    seen = request.args.get("seen", 0, int)
    return {
        "calls": [call.as_event() for call in openings[seen:]],
        "seen": len(openings),
        "webhooks": [call.as_event() for call in webhooks],
    }


@blueprint.post("/webhook")
def receive_webhook() -> tuple[str, HTTPStatus]:
    """Receive an event of a service, as a server of Poq's would."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        get_current_context().webhooks.receive(request.get_data(as_text=True), headers)
    except WebhookVerificationError:
        abort(HTTPStatus.UNAUTHORIZED)
    return "", HTTPStatus.NO_CONTENT


@blueprint.get("/outages")
def show_outages() -> dict[str, bool]:
    return {name: outage.is_active for name, outage in get_current_context().outages.items()}


@blueprint.post("/outages/<name>")
def change_outage(name: str) -> dict[str, bool]:
    """Start or end an outage of the shop, or of its session store."""
    outage = get_current_context().outages.get(name) or abort(404)
    if _read_body().get("away"):
        outage.start()
    else:
        outage.end()
    return show_outages()


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """An instruction from one of the services, and the token in it."""

    instruction: dict[str, Any]
    token: str

    @classmethod
    def read(cls, body: dict[str, Any], context: DemoContext) -> IssuedLink:
        """Return the link of a JSON body, or answer 400 if it is not one of the services'."""
        instruction, token = body.get("instruction"), str(body.get("token"))
        if not isinstance(instruction, dict) or instruction.get("method") not in ("GET", "POST"):
            abort(400)
        url = str(instruction.get("url"))
        if not any(url.startswith(f"{service}/h") for service in context.services.values()):
            abort(400)
        return cls(instruction, token)


def _read_body() -> dict[str, Any]:
    """Return the JSON body. Browsers do not let another site send JSON here."""
    body = request.get_json()
    if not isinstance(body, dict):
        abort(400)
    return body


def _stream_events(events: Iterable[Event]) -> Response:
    return Response(write_lines(events), mimetype="application/x-ndjson")
