from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_from_directory

from handoff_sandbox.catalogue import lab_catalogue
from handoff_sandbox.display import BRAND, display_of
from handoff_sandbox.phone import others
from handoff_sandbox.phone.cloud import Cloud
from handoff_sandbox.phone.steps import Event, lines
from handoff_sandbox.phone.store import SessionStore
from handoff_sandbox.phone.tap import Tap
from handoff_sandbox.phone.watch import openings
from handoff_sandbox.phone.world import World, current_world

bp = Blueprint("phone", __name__)
PICTURES = Path(__file__).parents[1] / "static" / "pictures"


@bp.get("/")
def page() -> str:
    """Show the phone. What has sold out since the app looked is offered, too."""
    goods = [(one, display_of(one.sku)) for one in lab_catalogue().enabled()]
    return render_template("phone.html", goods=goods, brand=BRAND, world=current_world())


@bp.get("/opening")
def opening() -> str:
    """Show what the app's web view shows until it knows what to open."""
    return render_template("opening.html", brand=BRAND)


@bp.get("/pictures/<name>")
def picture(name: str) -> Response:
    return send_from_directory(PICTURES, name)


@bp.post("/checkout")
def check_out() -> Response:
    """Play Poq's cloud: one line for each call as it is made, an instruction at the end."""
    try:
        tap = Tap.read(_given())
    except ValueError:
        abort(400)
    return _told(Cloud(current_world(), tap).check_out())


@bp.post("/others/<who>")
def other(who: str) -> Response:
    """Let somebody else come by the link: a preview bot, a second phone, or one who buys."""
    link = Link.read(_given(), current_world())
    players = {
        "bot": lambda: others.preview(link.instruction),
        "second": lambda: others.second_phone(link.instruction, link.token),
        "buyer": lambda: others.buyer(link.instruction, link.token),
    }
    if who not in players:
        abort(404)
    return _told(players[who]())


@bp.get("/openings/<handoff>")
def watch(handoff: str) -> dict[str, Any]:
    """Tell what came in for a link, but for the first `seen` requests."""
    found = openings(current_world().logs, handoff)
    seen = request.args.get("seen", 0, int)
    return {"steps": [step.event() for step in found[seen:]], "seen": len(found)}


@bp.get("/session-store")
def session_store() -> dict[str, bool]:
    return {"away": SessionStore(current_world().sessions).is_away}


@bp.post("/session-store")
def move_session_store() -> dict[str, bool]:
    """Take the shop's session store away, or give it back."""
    store = SessionStore(current_world().sessions)
    if _given().get("away"):
        store.take()
    else:
        store.give_back()
    return {"away": store.is_away}


@dataclass(frozen=True, slots=True)
class Link:
    """An instruction that came from one of the services, and the token in it."""

    instruction: dict[str, Any]
    token: str

    @classmethod
    def read(cls, given: dict[str, Any], world: World) -> Link:
        instruction, token = given.get("instruction"), str(given.get("token"))
        if not isinstance(instruction, dict) or instruction.get("method") not in ("GET", "POST"):
            abort(400)
        url = str(instruction.get("url"))
        if not any(url.startswith(f"{service}/h") for service in world.services.values()):
            abort(400)
        return cls(instruction, token)


def _given() -> dict[str, Any]:
    """Read JSON, which no other site can send here without being allowed to."""
    given = request.get_json()
    if not isinstance(given, dict):
        abort(400)
    return given


def _told(events: Iterable[Event]) -> Response:
    return Response(lines(events), mimetype="application/x-ndjson")
